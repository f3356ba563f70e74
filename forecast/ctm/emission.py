"""Emission of an hour, in the form that the vertical solve takes."""

from dataclasses import dataclass

import numpy as np

from forecast.common.errors import InputError
from forecast.ctm.kernels.layout import flat_rows
from forecast.fields.arrays import Integers, Single


@dataclass(frozen=True)
class EmissionRows:
    """Emission of one hour on a tile.

    Attributes:
        rates: kg s-1 a cell, (nspecies, nz_emission, blocks * BLOCK), float32; see `flat_rows`.
        emitting: Number of layers with any emission of each species, (nspecies,), int64.
    """

    rates: Single
    emitting: Integers


def emission_rows(rates: Single, names: tuple[str, ...], index: int) -> EmissionRows:
    """Check the emission of an hour and lay it out for the kernel.

    Args:
        rates: kg s-1 a cell, (nspecies, nz_emission, ny, nx).
        names: Species of the first axis.
        index: Hour, for messages.

    Raises:
        InputError: A value is negative or not finite.
    """
    sound = np.isfinite(rates) & (rates >= 0.0)
    if not sound.all():
        species, layer, j, i = (int(n) for n in np.argwhere(~sound)[0])
        msg = (
            f"The emission of '{names[species]}' in hour {index}, layer {layer}, row {j} and "
            f"column {i} of the tile is '{rates[species, layer, j, i]}'; expected a finite number "
            "of kg s-1 that is not negative. Prepare the emissions again."
        )
        raise InputError(msg)
    present = (rates > 0.0).any(axis=(2, 3))
    layers = np.arange(1, rates.shape[1] + 1)
    emitting = np.where(present, layers, 0).max(axis=1)
    return EmissionRows(flat_rows(rates), emitting.astype(np.int64))
