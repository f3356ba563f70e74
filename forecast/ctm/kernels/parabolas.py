"""Parabolas through layers of unequal thickness (Colella and Woodward 1984).

Equations 1.6 to 1.8 for slopes and faces, 1.10 for monotony (doi 10.1016/0021-9991(84)90143-8).
"""

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

TWO = np.float32(2.0)
ZERO = np.float32(0.0)


def curve_coefficients(thickness: np.ndarray) -> np.ndarray:
    """Coefficients of Colella and Woodward's equations 1.6 and 1.7 for each layer.

    Args:
        thickness: Of each layer, from the ground up, (nz,), any unit.

    Returns:
        (nz, 5), float32: the slope of layer k is c0 (q_(k+1) - q_k) + c1 (q_k - q_(k-1)); its top
        face is q_k + c2 (q_(k+1) - q_k) - c3 slope_(k+1) + c4 slope_k.
    """
    nz = thickness.size
    d = np.concatenate(([thickness[0]], thickness, [thickness[-1]] * 2))
    below, here, above, above2 = d[:nz], d[1 : nz + 1], d[2 : nz + 2], d[3 : nz + 3]
    scale = here / (below + here + above)
    left = (below + here) / (2 * here + above)
    right = (above2 + above) / (2 * above + here)
    total = below + here + above + above2
    coefficients = np.stack(
        (
            scale * (2 * below + here) / (above + here),
            scale * (here + 2 * above) / (below + here),
            here / (here + above) + 2 * above * here / (here + above) * (left - right) / total,
            here * left / total,
            above * right / total,
        ),
        axis=1,
    )
    return coefficients.astype(np.float32)


@njit(**FLAGS)
def limited_slope(before, here, after, curve):
    """Slope of a layer, equations 1.7 and 1.8: zero at an extremum."""
    down, up = here - before, after - here
    slope = curve[0] * up + curve[1] * down
    size = min(abs(slope), TWO * min(abs(up), abs(down)))
    return np.copysign(size, slope) if up * down > ZERO else ZERO


@njit(**FLAGS)
def top_face(here, after, slope_here, slope_after, curve):
    """Value at the top of a layer, equation 1.6."""
    return here + (curve[2] * (after - here) - curve[3] * slope_after + curve[4] * slope_here)


@njit(**FLAGS)
def limited_edge(edge, other):
    """Edge of a parabola, relative to the mean, so that the parabola is monotone (1.10)."""
    size = min(abs(edge), TWO * abs(other))
    return np.copysign(size, edge) if edge * other < ZERO else ZERO
