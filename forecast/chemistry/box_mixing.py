"""How the two layers of a box exchange air, and how sources and sinks act in a step."""

import numpy as np

from forecast.fields.arrays import Float

_SMALL = 1.0e-4
"""Loss in a step below which series replace quotients."""


def entrain(amounts: Float, old: Float, new: Float) -> Float:
    """Let the mixed layer grow into the air above, or leave air there.

    Args:
        amounts: Of both layers, (2, nspecies).
        old: Depths before, m, (2,).
        new: Depths after; the sum is the same.
    """
    passed = (new[0] - old[0]) * amounts[int(new[0] > old[0])]
    column = amounts * old[:, None]
    return np.array([column[0] + passed, column[1] - passed]) / new[:, None]


def relax(amounts: Float, gain: Float, loss: Float, seconds: float) -> tuple[Float, Float]:
    """Solve dX/dt = gain - loss X exactly for a step.

    Args:
        amounts: X at the start.
        gain: A second.
        loss: s-1.
        seconds: Length of the step.

    Returns:
        X at the end, and its integral over the step.
    """
    x = loss * seconds
    small = x < _SMALL
    safe = np.where(small, 1.0, x)
    first = np.where(small, 1.0 - x / 2.0 + x**2 / 6.0, -np.expm1(-safe) / safe)
    second = np.where(small, 0.5 - x / 6.0 + x**2 / 24.0, (safe + np.expm1(-safe)) / safe**2)
    slope = gain - loss * amounts
    after = amounts + slope * first * seconds
    return after, amounts * seconds + slope * second * seconds**2
