"""How much an observation at the ground says about each layer."""

import numpy as np

from forecast.assimilation.kernels.letkf import gaspari_cohn_of
from forecast.common.constants import REFERENCE_PRESSURE
from forecast.fields.arrays import Float
from forecast.grid.vertical import HybridLevels

WINTER_TEMPERATURE = 270.0
"""Temperature by which layers get their nominal height, K: one for all layers and seasons, which
moves heights by 5 %, far less than is known about how high an error reaches."""


def layer_weights(levels: HybridLevels, height: float) -> Float:
    """Weight of each layer, 1 at the ground, 0 from `height` on.

    Args:
        levels: Layers.
        height: Height of no weight, m above ground.

    Returns:
        (nz,), Gaspari and Cohn's function of the height of the middle of the layer.
    """
    temperature = np.full(levels.nz, WINTER_TEMPERATURE)
    _, middle = levels.heights(
        np.asarray(REFERENCE_PRESSURE), temperature, np.zeros_like(temperature)
    )
    weights: Float = gaspari_cohn_of(middle / height)
    return weights
