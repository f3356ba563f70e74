"""What the driver lacks: humidity relative to saturation, cloud, near-surface air, diffusivity."""

from typing import Any

import numpy as np

from forecast.common.constants import VON_KARMAN
from forecast.fields.arrays import Float, Reals

STABLE_SLOPE = 5.0
"""Coefficient of z/L in the stable profile functions (Holtslag and Boville 1993)."""
SURFACE_LAYER_SHARE = 0.1
"""Lowest share of the boundary layer, in which Monin-Obukhov similarity holds."""
MINIMUM_RURAL, MINIMUM_URBAN, MINIMUM_TOP = 0.01, 1.0, 500.0
"""Smallest diffusivity over open land and over towns, m2 s-1, and the height up to which the
urban value counts, m: KZL, KZU and KZMAXL of CMAQ (Byun and Ching 1999, EPA/600/R-99/030)."""


def saturation_humidity(pressure: Float, temperature: Float) -> Float:
    """Specific humidity at saturation, kg kg-1.

    Over water above 273.16 K, over ice below 250.16 K, mixed between (ECMWF 2016, IFS
    Documentation CY41R2, part IV, eqs. 7.4, 7.5 and 6.6).

    Args:
        pressure: Pa, any shape.
        temperature: K, same shape.
    """
    water = 611.21 * np.exp(17.502 * (temperature - 273.16) / (temperature - 32.19))
    ice = 611.21 * np.exp(22.587 * (temperature - 273.16) / (temperature + 0.7))
    share = np.clip((temperature - 250.16) / 23.0, 0.0, 1.0) ** 2
    vapour = np.minimum(share * water + (1.0 - share) * ice, 0.5 * pressure)
    result: Float = 0.62198 * vapour / (pressure - 0.37802 * vapour)
    return result


def cloud_fraction(relative_humidity: Float, critical: float) -> Float:
    """Cloud cover of a layer, 1 - ((1 - RH) / (1 - RHc))^(1/2).

    Sundqvist et al. (1989, doi 10.1175/1520-0493(1989)117<1641:CACPSW>2.0.CO;2), eq. 3.13.

    Args:
        relative_humidity: 0 to 1 or above, any shape.
        critical: Relative humidity at which cloud begins.
    """
    dryness = np.clip((1.0 - relative_humidity) / (1.0 - critical), 0.0, 1.0)
    result: Float = 1.0 - np.sqrt(dryness)
    return result


def total_cloud(cover: Float) -> Float:
    """Cover seen from above: maximum overlap of neighbours, random otherwise.

    Geleyn and Hollingsworth (1979, Contrib. Atmos. Phys. 52, 1-16).

    Args:
        cover: Of the layers, 0 to 1, (nz, ny, nx).
    """
    clear = 1.0 - cover[0]
    for below, above in zip(cover[:-1], cover[1:], strict=True):
        clear = clear * (1.0 - np.maximum(below, above)) / np.maximum(1.0 - below, 1.0e-6)
    result: Float = 1.0 - np.clip(clear, 0.0, 1.0)
    return result


def minimum_diffusivity(urban_fraction: Reals) -> Float:
    """Smallest diffusivity near the ground, m2 s-1, from the share of towns, any shape."""
    share = np.asarray(urban_fraction, np.float64)
    return MINIMUM_RURAL + (MINIMUM_URBAN - MINIMUM_RURAL) * share


def vertical_diffusivity(
    z_half: Reals,
    boundary_layer_height: Reals,
    friction_velocity: Reals,
    inverse_obukhov_length: Reals,
    *,
    minimum: Any = MINIMUM_RURAL,
    background: float = 0.1,
) -> Reals:
    """Eddy diffusivity of scalars at the interfaces of the layers.

    K = k w_t z (1 - z/h)^2 (Troen and Mahrt 1986, doi 10.1007/BF00122760; Holtslag and Boville
    1993). Stable: w_t = u* / (1 + 5 z/L), and u* / (5 + z/L) for z > L. Unstable: w_t = u* (1 -
    15 z/L)^(1/2) in the lowest tenth of the layer, kept above it. The counter-gradient term of
    Holtslag and Boville is left out, and with it its part of the Prandtl number, so that the
    flux stays down the gradient. Above the boundary layer the background holds (no part from the
    Richardson number: the shear of daily means would not carry it).

    Args:
        z_half: Interfaces, m above ground, (nz + 1, ny, nx); index 0 is the ground.
        boundary_layer_height: m, (ny, nx).
        friction_velocity: m s-1, (ny, nx).
        inverse_obukhov_length: 1/L, m-1, positive when stable, (ny, nx).
        minimum: Smallest value within 500 m of the ground, m2 s-1, number or (ny, nx); see
            `minimum_diffusivity`.
        background: Smallest value above the boundary layer, m2 s-1.

    Returns:
        m2 s-1, (nz + 1, ny, nx), in the precision of `z_half`; 0 at the ground and at the top.
    """
    h = np.maximum(boundary_layer_height, 1.0)
    z = np.minimum(z_half, h)
    zeta = z * np.maximum(inverse_obukhov_length, 0.0)
    damping = np.where(zeta <= 1.0, 1.0 + STABLE_SLOPE * zeta, STABLE_SLOPE + zeta)
    low = np.minimum(z, SURFACE_LAYER_SHARE * h) * np.minimum(inverse_obukhov_length, 0.0)
    scale = np.sqrt(1.0 - 15.0 * low)
    k = VON_KARMAN * friction_velocity * z * (1.0 - z / h) ** 2 * scale / damping
    floor = np.where(z_half < h, 0.0, background)
    floor = np.maximum(floor, np.where(z_half < MINIMUM_TOP, minimum, 0.0))
    k = np.maximum(k, floor).astype(z_half.dtype)
    k[0] = 0.0
    k[-1] = 0.0
    result: Reals = k
    return result
