"""Factors on the emissions of regions, estimated beside the state.

The members were run with different emissions. Where those with more emissions are closer to the
observations, the factor of the region is raised: the logarithm of a member's factor is one more
field of the state, corrected by the same filter (Evensen 2009, chapter 9; Tang et al. 2011, doi
10.5194/acp-11-12901-2011, for emissions in China). Its spread is that of the members' own
perturbations, drawn anew for every cycle, so it neither collapses nor needs inflation.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast.config.assimilation import EmissionFactorConfig
from forecast.fields.arrays import Float


def cell_factor(emission_factor: Float, area_rate: Float) -> Float:
    """Logarithm of a member's factor on all that a cell emits.

    Sectors count by their mean share in the species that the cell emits.

    Args:
        emission_factor: Of a member, (nsector, ny, nx).
        area_rate: kg s-1 a cell, (nsector, nspecies, ny, nx).

    Returns:
        (ny, nx); the plain mean over sectors where nothing is emitted.
    """
    total = area_rate.sum(axis=0)
    share = np.divide(area_rate, total[None], out=np.zeros_like(area_rate), where=total > 0.0)
    weight = share.sum(axis=1)
    everywhere = weight.sum(axis=0)
    weight = np.where(everywhere > 0.0, weight / np.maximum(everywhere, 1e-300), 1.0 / len(weight))
    logarithm: Float = np.log((weight * emission_factor).sum(axis=0))
    return logarithm


def update_factors(
    former: Mapping[str, float],
    increment: Float,
    emitted: Float,
    shares: Any,  # noqa: ANN401  (scipy.sparse has no types)
    regions: tuple[str, ...],
    options: EmissionFactorConfig,
) -> dict[str, float]:
    """Correct the factor of every region by the mean increment over what it emits.

    Args:
        former: Factor of each region in the cycle before; 1 for those that it lacks.
        increment: Of the logarithm of the members' mean factor, (ny, nx).
        emitted: Weight of the cells, such as their emission, (ny, nx).
        shares: Share of each cell in each region, csr (nregion, ny * nx).
        regions: Their codes.
        options: Memory and bounds.

    Returns:
        Factors within the bounds, by code.
    """
    weight = np.asarray(emitted, np.float64).ravel()
    amount = shares @ weight
    change = np.divide(
        shares @ (weight * increment.ravel()), amount, out=np.zeros(len(regions)), where=amount > 0
    )
    low, high = np.log(options.least), np.log(options.largest)
    return {
        code: float(
            np.exp(np.clip(options.memory * np.log(former.get(code, 1.0)) + delta, low, high))
        )
        for code, delta in zip(regions, change, strict=True)
    }


def factor_field(
    factors: Mapping[str, float],
    shares: Any,  # noqa: ANN401
    regions: tuple[str, ...],
    shape: tuple[int, int],
) -> Float:
    """Factor of every cell; a cell of several regions gets their mean in the logarithm.

    Args:
        factors: By code of the region; 1 for those that it lacks.
        shares: Share of each cell in each region, csr (nregion, ny * nx).
        regions: Their codes.
        shape: (ny, nx).
    """
    logarithms = np.log([factors.get(code, 1.0) for code in regions])
    field: Float = np.exp((shares.T @ logarithms).reshape(shape))
    return field
