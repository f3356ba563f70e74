"""All that is needed to go on as if nothing had happened."""

from dataclasses import dataclass
from typing import Any

from forecast.fields.arrays import Float, Single


@dataclass(frozen=True)
class Checkpoint:
    """State of one tile at the end of an hour.

    The arrays are those of the tile's own cells, so the tiles of all ranks put together are the
    domain, and any other number of ranks can go on from it.

    Attributes:
        hour: Hours since the start of the run, spin-up included.
        species: Names, first axis of `mixing_ratio`.
        mixing_ratio: kg kg-1, (nspecies, nz, ny, nx), float32.
        air_mass: kg, (nz, ny, nx), float64.
        numbers: Ledger and step count, the same on every rank; integers, texts, lists and
            mappings of them, so JSON holds them exactly.
    """

    hour: int
    species: tuple[str, ...]
    mixing_ratio: Single
    air_mass: Float
    numbers: dict[str, Any]
