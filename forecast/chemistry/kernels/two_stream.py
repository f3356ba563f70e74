"""Light in a column of air, cloud and particles: two streams, blocks of `LANES` columns.

Delta-Eddington approximation (Joseph et al. 1976, doi
10.1175/1520-0469(1976)033<2452:TDEAFR>2.0.CO;2) in the form of Meador and Weaver (1980, doi
10.1175/1520-0469(1980)037<0630:TSATRT>2.0.CO;2), layers joined by the adding method. That is the
approximation of TUV-x, too. Layers are counted from the top down here.
"""

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32
from forecast.chemistry.kernels.lanes import LANES

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

SLOTS = 10
"""Fields of work space, each (nlayer + 1, LANES)."""

ZERO, ONE, TWO, THREE, FOUR, SEVEN = (np.float32(value) for value in (0.0, 1.0, 2.0, 3.0, 4.0, 7.0))
HALF, QUARTER, TENTH, TWELFTH = (np.float32(1.0 / value) for value in (2.0, 4.0, 10.0, 12.0))
TINY = np.float32(1.0e-7)
LEAST_LOSS = np.float32(4.0e-6)
"""Smallest share of light that a layer absorbs of what it takes: keeps the equations regular in
single precision, at the price of 0.3 % of the light below the thickest clouds."""
RESONANCE = np.float32(1.0e-3)
TILT = np.float32(0.999)
UNTILT = np.float32(1.0 / 0.999)
"""Where the beam fades as fast as diffuse light the equations are singular: it is tilted a bit."""
THIN = np.float32(0.1)
"""Optical depth below which the mean of a layer is that of its ends."""


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
            ends = above[lane] + below + upward + upward_below
            converging = below - upward_below - above[lane] + upward
            diffuse = work[9, layer, lane] * ends + work[8, layer, lane] * converging
            flux[layer, lane] = max(work[4, layer, lane] + diffuse, TINY * TINY)
            above[lane] = below


@njit(**FLAGS)
def _layers(scatter, absorb, forward, cosine, work):
    """Work 0 reflectance, 1 transmittance, 2 and 3 what the beam sends up and down, 4 its flux.

    Slot 2 of the layer below the last holds what of the beam reaches the ground. Quotients share
    their division where they can: divisions are what this costs.
    """
    nlayer = scatter.shape[0]
    beam = np.empty(LANES, np.float32)
    slant = np.empty(LANES, np.float32)
    for lane in range(LANES):
        beam[lane] = cosine[lane]
        slant[lane] = ONE / cosine[lane]
    for layer in range(nlayer):
        for lane in range(LANES):
            full, ahead = scatter[layer, lane], forward[layer, lane]
            inverse = ONE / max(full * (full + ahead), TINY * TINY)
            asymmetry = ahead * (full + ahead) * inverse
            g = THREE * ahead * full * inverse
            depth = max(absorb[layer, lane] + full - ahead * asymmetry, TINY)
            inverse = ONE / depth
            loss = max(absorb[layer, lane] * inverse, LEAST_LOSS)
            kept = ONE - loss
            k = np.sqrt(loss * (THREE - kept * g))
            mu = cosine[lane]
            kmu = k * mu
            singular = abs(ONE - kmu * kmu) < RESONANCE
            mu = mu * (TILT if singular else ONE)
            slope = slant[lane] * (UNTILT if singular else ONE)
            kmu = k * mu
            gamma1 = (SEVEN - kept * (FOUR + g)) * QUARTER
            gamma2 = (kept * (FOUR - g) - ONE) * QUARTER
            gamma3 = (TWO - g * mu) * QUARTER
            gamma4 = ONE - gamma3
            fade = exp32(-k * depth)
            fade2 = fade * fade
            direct = exp32(-depth * slope)
            inverse2 = ONE / ((k + gamma1 + (k - gamma1) * fade2) * (ONE - kmu * kmu))
            scale = inverse2 * (ONE - kmu * kmu)
            alpha1 = gamma1 * gamma4 + gamma2 * gamma3
            alpha2 = gamma1 * gamma3 + gamma2 * gamma4
            k3, k4 = k * gamma3, k * gamma4
            beam_scale = beam[lane] * kept * inverse2
            up = (
                (ONE - kmu) * (alpha2 + k3)
                - (ONE + kmu) * (alpha2 - k3) * fade2
                - TWO * (k3 - alpha2 * kmu) * fade * direct
            )
            down = (ONE + kmu) * (alpha1 + k4) - (ONE - kmu) * (alpha1 - k4) * fade2
            down = TWO * (k4 + alpha1 * kmu) * fade - down * direct
            work[0, layer, lane] = gamma2 * (ONE - fade2) * scale
            work[1, layer, lane] = TWO * k * fade * scale
            work[2, layer, lane] = beam_scale * up
            work[3, layer, lane] = beam_scale * down
            left = beam[lane] * direct
            both, tilted = gamma1 + gamma2, gamma4 - gamma3
            straight, curved = _beam_inside(beam[lane], left, depth, mu, slope, both, tilted)
            ease = ONE / (ONE + TENTH * k * depth * k * depth) if depth > THIN else ZERO
            work[4, layer, lane] = straight + TWO * kept * inverse * curved * ease
            work[8, layer, lane] = both * ease * depth * QUARTER
            work[9, layer, lane] = ONE + both * ease * loss * depth * depth * TWELFTH
            beam[lane] = left
    for lane in range(LANES):
        work[2, nlayer, lane] = beam[lane]


@njit(**FLAGS)
def _beam_inside(beam, left, depth, mu, slope, both, tilted):
    """Mean of the beam in a layer, and by how much what it sends out fills the layer's middle.

    The mean of diffuse light over a layer of depth t is that of its ends plus what follows from
    the equations by parts, with N the net flux, S the beam and F the mean of the ends:
    (gamma1 + gamma2) ((N(t) - N(0)) t / 8 - w int (x - t/2)^2 S dx / 2 t + (1 - w) F t^2 / 12)
    - w (gamma4 - gamma3) int (x - t/2) S dx / t. The integrals of S are done here.
    """
    lost = beam - left
    path = depth * slope
    first = mu * (lost - path * left)
    second = mu * (TWO * first - mu * path * path * left)
    arm = first - HALF * depth * lost
    arm2 = second - depth * first + QUARTER * depth * depth * lost
    thin = HALF * (beam + left) * slope
    straight = lost / depth if path > THIN else thin
    return straight, -HALF * arm2 * both - tilted * arm


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
