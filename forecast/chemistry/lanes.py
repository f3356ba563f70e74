"""How many cells advance side by side in every kernel of the chemistry."""

from forecast.chemistry.kernels.lanes import BLOCK, LANES

__all__ = ["BLOCK", "LANES", "padded_length"]


def padded_length(cells: int) -> int:
    """Smallest multiple of `LANES` that holds so many cells."""
    return -(-cells // LANES) * LANES
