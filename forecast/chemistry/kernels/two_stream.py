"""Light in a column of air, cloud and particles: two streams, blocks of `LANES` columns.

Delta-Eddington approximation (Joseph et al. 1976, doi
10.1175/1520-0469(1976)033<2452:TDEAFR>2.0.CO;2) in the form of Meador and Weaver (1980, doi
10.1175/1520-0469(1980)037<0630:TSATRT>2.0.CO;2), layers joined by the adding method. That is the
approximation of TUV-x, too. Layers are counted from the top down here.
"""

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32
from forecast.chemistry.lanes import LANES

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

SLOTS = 8
"""Fields of work space, each (nlayer + 1, LANES)."""

ONE, TWO, THREE, FOUR, SEVEN = (np.float32(value) for value in (1.0, 2.0, 3.0, 4.0, 7.0))
HALF, QUARTER = np.float32(0.5), np.float32(0.25)
TINY = np.float32(1.0e-7)
LEAST_LOSS = np.float32(4.0e-6)
"""Smallest share of light that a layer absorbs of what it takes: keeps the equations regular in
single precision, at the price of 0.3 % of the light below the thickest clouds."""
RESONANCE = np.float32(1.0e-3)
SHIFT = np.float32(0.999)
"""Where the beam fades as fast as diffuse light the equations are singular: it is tilted a bit."""
THIN = np.float32(1.0e-2)
"""Optical depth over cosine below which the mean of the beam is taken from its ends."""


@njit(**FLAGS)
def mean_actinic_flux(scatter, absorb, forward, cosine, albedo, work, flux):
    """Actinic flux of layers for a beam of 1 at the top.

    Args:
        scatter: Optical depth of scattering, (nlayer, LANES), from the top down, float32.
        absorb: Optical depth of absorption, the same.
        forward: Optical depth of scattering times asymmetry, the same.
        cosine: Of the beam, (LANES,), above 0.
        albedo: Of the ground, (LANES,).
        work: Space, (SLOTS, at least nlayer + 1, LANES).
        flux: Mean of each layer, (at least nlayer, LANES), set.
    """
    nlayer = scatter.shape[0]
    _layers(scatter, absorb, forward, cosine, work)
    _join(nlayer, albedo, work)
    above = np.zeros(LANES, np.float32)
    for layer in range(nlayer):
        for lane in range(LANES):
            upward = work[5, layer, lane] * above[lane] + work[6, layer, lane]
            passed = work[1, layer, lane] * above[lane] + work[3, layer, lane]
            returned = work[0, layer, lane] * work[6, layer + 1, lane]
            below = (passed + returned) * work[7, layer, lane]
            upward_below = work[5, layer + 1, lane] * below + work[6, layer + 1, lane]
            flux[layer, lane] = work[4, layer, lane] + (above[lane] + below + upward + upward_below)
            above[lane] = below


@njit(**FLAGS)
def _layers(scatter, absorb, forward, cosine, work):
    """Work 0 reflectance, 1 transmittance, 2 and 3 what the beam sends up and down, 4 its flux.

    Slot 2 of the layer below the last holds what of the beam reaches the ground.
    """
    nlayer = scatter.shape[0]
    beam = np.empty(LANES, np.float32)
    for lane in range(LANES):
        beam[lane] = cosine[lane]
    for layer in range(nlayer):
        for lane in range(LANES):
            full = scatter[layer, lane]
            asymmetry = forward[layer, lane] / max(full, TINY)
            depth = max(absorb[layer, lane] + full * (ONE - asymmetry * asymmetry), TINY)
            loss = max(absorb[layer, lane], LEAST_LOSS * depth) / depth
            kept = ONE - loss
            g = THREE * asymmetry / (ONE + asymmetry)
            gamma1 = (SEVEN - kept * (FOUR + g)) * QUARTER
            gamma2 = (kept * (FOUR - g) - ONE) * QUARTER
            k = np.sqrt(loss * (THREE - kept * g))
            mu = cosine[lane]
            mu = mu * (SHIFT if abs(ONE - k * mu * k * mu) < RESONANCE else ONE)
            gamma3 = (TWO - g * mu) * QUARTER
            gamma4 = ONE - gamma3
            fade = exp32(-k * depth)
            fade2 = fade * fade
            direct = exp32(-depth / mu)
            scale = ONE / (k + gamma1 + (k - gamma1) * fade2)
            kmu = k * mu
            alpha1 = gamma1 * gamma4 + gamma2 * gamma3
            alpha2 = gamma1 * gamma3 + gamma2 * gamma4
            k3, k4 = k * gamma3, k * gamma4
            beam_scale = beam[lane] * kept * scale / (ONE - kmu * kmu)
            up = (ONE - kmu) * (alpha2 + k3) - (ONE + kmu) * (alpha2 - k3) * fade2
            up = up - TWO * (k3 - alpha2 * kmu) * fade * direct
            down = (ONE + kmu) * (alpha1 + k4) - (ONE - kmu) * (alpha1 - k4) * fade2
            down = TWO * (k4 + alpha1 * kmu) * fade - down * direct
            work[0, layer, lane] = gamma2 * (ONE - fade2) * scale
            work[1, layer, lane] = TWO * k * fade * scale
            work[2, layer, lane] = beam_scale * up
            work[3, layer, lane] = beam_scale * down
            left = beam[lane] * direct
            thick = (beam[lane] - left) / depth
            thin = HALF * (beam[lane] + left) / mu
            work[4, layer, lane] = thick if depth > THIN * mu else thin
            beam[lane] = left
    for lane in range(LANES):
        work[2, nlayer, lane] = beam[lane]


@njit(**FLAGS)
def _join(nlayer, albedo, work):
    """From the ground up: 5 reflectance of all below, 6 what it sends up, 7 multiple reflection."""
    for lane in range(LANES):
        work[5, nlayer, lane] = albedo[lane]
        work[6, nlayer, lane] = albedo[lane] * work[2, nlayer, lane]
    for step in range(nlayer):
        layer = nlayer - 1 - step
        for lane in range(LANES):
            below, sent = work[5, layer + 1, lane], work[6, layer + 1, lane]
            again = ONE / (ONE - below * work[0, layer, lane])
            through = work[1, layer, lane]
            work[5, layer, lane] = work[0, layer, lane] + through * through * below * again
            work[6, layer, lane] = (
                work[2, layer, lane] + through * (sent + below * work[3, layer, lane]) * again
            )
            work[7, layer, lane] = again
