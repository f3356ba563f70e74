"""Photolysis rates of columns: a table for clear air times what cloud and haze make of the light.

Columns lie side by side in blocks of `LANES`; layers are counted from the ground up, as in the
model. See `forecast.chemistry.photolysis`.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32
from forecast.chemistry.kernels.lanes import LANES
from forecast.chemistry.kernels.two_stream import SLOTS, mean_actinic_flux

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

BANDS = 3
"""Wavelengths in which light is followed."""
ZERO, ONE = np.float32(0.0), np.float32(1.0)
WARMEST = np.float32(40.0)
"""Largest difference from the table's temperature that its slope is used for, K."""
SEA_LEVEL = np.float32(101325.0)
OZONE_IN_AIR = np.float32(3.5e-4)
"""Ozone among the layers of the model, DU in 1 Pa of air: 45 nmol mol-1. In cloud, where light
goes far, it matters at short wavelengths."""


class Table(NamedTuple):
    """The table, float32; rates padded to whole groups of `LANES`.

    Attributes:
        log_rate: Natural logarithm of rates, s-1, (albedo, ozone, zenith, height, rate).
        slope: Change of the logarithm by 1 K, (zenith, height, rate).
        share: How far each band carries cloud and haze to a rate, (band, rate).
        cosine: Of the zenith angle, falling.
        height: m above sea level, rising.
        ozone: DU, rising.
        albedo: Rising.
        temperature: That of the table, K, (height,).
    """

    log_rate: Any
    slope: Any
    share: Any
    cosine: Any
    height: Any
    ozone: Any
    albedo: Any
    temperature: Any


class Columns(NamedTuple):
    """Columns of air, float32; n a multiple of `LANES`.

    Attributes:
        cosine: Of the zenith angle of the sun, (n,).
        ozone: DU, (n,).
        albedo: (n,).
        height: Of the middle of layers, m above sea level, (nz, n).
        pressure: Of interfaces, Pa, (nz + 1, n).
        temperature: K, (nz, n).
    """

    cosine: Any
    ozone: Any
    albedo: Any
    height: Any
    pressure: Any
    temperature: Any


class Turbidity(NamedTuple):
    """What stands in the light beside air, float32.

    Attributes:
        cloud: Optical depth of layers, the same in all bands, (nz, n).
        scattering: Optical depth of scattering by particles, (band, nz, n).
        absorption: Optical depth of absorption by particles, (band, nz, n).
    """

    cloud: Any
    scattering: Any
    absorption: Any


class Bands(NamedTuple):
    """The wavelengths at which light is followed, float32.

    Attributes:
        rayleigh: Optical depth of 1 Pa of air, (band,).
        ozone: Optical depth of 1 DU, (band,).
        particle_asymmetry: Of scattering by particles.
        cloud_asymmetry: Of scattering by cloud.
    """

    rayleigh: Any
    ozone: Any
    particle_asymmetry: Any
    cloud_asymmetry: Any


class Space(NamedTuple):
    """Work space for columns of nz layers, float32.

    Attributes:
        layers: Scattering, absorption, forward scattering, (3, nz + 2, LANES).
        streams: (SLOTS, nz + 3, LANES).
        flux: With and without cloud and particles, (2, nz + 2, LANES).
        ratio: Of the two, (band, nz, LANES).
        column: Rates and their slopes at the heights of the table, (2, height, rate).
        block: Rates of `LANES` columns, (LANES, nz, rate).
    """

    layers: Any
    streams: Any
    flux: Any
    ratio: Any
    column: Any
    block: Any


def work_space(nz: int, nheight: int, nrate: int) -> Space:
    """Return the space that columns of nz layers need."""
    shapes = (
        (3, nz + 2, LANES),
        (SLOTS, nz + 3, LANES),
        (2, nz + 2, LANES),
        (BANDS, nz, LANES),
        (2, nheight, nrate),
        (LANES, nz, nrate),
    )
    return Space(*(np.zeros(shape, np.float32) for shape in shapes))


@njit(**FLAGS)
def photolysis_rates(columns, turbidity, table, bands, night, factor, space, rates):
    """Rates of all layers of all columns.

    Args:
        columns: The air.
        turbidity: Cloud and particles.
        table: Clear air.
        bands: Wavelengths.
        night: Cosine of the zenith angle below which rates are 0.
        factor: (Mean distance of the sun / distance)^2.
        space: `work_space`.
        rates: s-1, (nz, wanted rates, n), set.
    """
    nz, nrate, n = rates.shape
    block = space.block
    for start in range(n // LANES):
        first = start * LANES
        dark = True
        for lane in range(LANES):
            dark = dark and columns.cosine[first + lane] < night
        if dark:
            rates[:, :, first : first + LANES] = ZERO
        else:
            light_ratio(first, columns, turbidity, bands, space)
            for lane in range(LANES):
                if columns.cosine[first + lane] < night:
                    block[lane] = ZERO
                else:
                    _table_column(first + lane, columns, table, space.column)
                    _layer_rates(first + lane, lane, columns, table, factor, space)
            for layer in range(nz):
                for r in range(nrate):
                    for lane in range(LANES):
                        rates[layer, r, first + lane] = block[lane, layer, r]


@njit(**FLAGS)
def light_ratio(first, columns, turbidity, bands, space):
    """Actinic flux over that of clear air above ground at sea level; sets `space.ratio`.

    Clear air is what the table was made for: the same layers, and below the ground more air down
    to standard pressure. So high ground counts here, too.
    """
    nz = columns.height.shape[0]
    cosine = np.empty(LANES, np.float32)
    albedo = columns.albedo[first : first + LANES]
    for lane in range(LANES):
        mu = max(columns.cosine[first + lane], ZERO)
        # slant path through a round atmosphere: 35 (1224 mu^2 + 1)^(-1/2), Rodgers (1967)
        cosine[lane] = np.sqrt(np.float32(1224.0) * mu * mu + ONE) / np.float32(35.0)
    scatter, absorb, forward = space.layers[0], space.layers[1], space.layers[2]
    for band in range(BANDS):
        air, ozone = bands.rayleigh[band], bands.ozone[band]
        for lane in range(LANES):
            place = first + lane
            scatter[0, lane] = air * columns.pressure[nz, place]
            low = OZONE_IN_AIR * (columns.pressure[0, place] - columns.pressure[nz, place])
            absorb[0, lane] = ozone * max(columns.ozone[place] - low, ZERO)
            forward[0, lane] = ZERO
            below = max(SEA_LEVEL - columns.pressure[0, place], ZERO)
            scatter[nz + 1, lane] = air * below
            absorb[nz + 1, lane] = ozone * OZONE_IN_AIR * below
            forward[nz + 1, lane] = ZERO
        for layer in range(nz):
            z = nz - 1 - layer
            for lane in range(LANES):
                place = first + lane
                here = columns.pressure[z, place] - columns.pressure[z + 1, place]
                scatter[layer + 1, lane] = air * here
                absorb[layer + 1, lane] = ozone * OZONE_IN_AIR * here
                forward[layer + 1, lane] = ZERO
        flux = space.flux[1]
        mean_actinic_flux(scatter, absorb, forward, cosine, albedo, space.streams, flux)
        for layer in range(nz):
            z = nz - 1 - layer
            for lane in range(LANES):
                place = first + lane
                particles, cloud = turbidity.scattering[band, z, place], turbidity.cloud[z, place]
                scatter[layer + 1, lane] += particles + cloud
                absorb[layer + 1, lane] += turbidity.absorption[band, z, place]
                forward[layer + 1, lane] += (
                    particles * bands.particle_asymmetry + cloud * bands.cloud_asymmetry
                )
        above = nz + 1
        mean_actinic_flux(
            scatter[:above], absorb[:above], forward[:above], cosine, albedo,
            space.streams, space.flux[0],
        )  # fmt: skip
        for layer in range(nz):
            z = nz - 1 - layer
            for lane in range(LANES):
                space.ratio[band, z, lane] = space.flux[0, layer + 1, lane] / flux[layer + 1, lane]


@njit(**FLAGS)
def _below(axis, value):
    """Interval of a rising axis that holds the value, and the place in it; ends are held."""
    return _from(0, axis, value)


@njit(**FLAGS)
def _from(place, axis, value):
    """The same, looking from an interval upward."""
    last = axis.shape[0] - 2
    while place < last and value >= axis[place + 1]:
        place += 1
    share = (value - axis[place]) / (axis[place + 1] - axis[place])
    return place, min(max(share, ZERO), ONE)


@njit(**FLAGS)
def _table_column(place, columns, table, column):
    """Rates and slopes at the heights of the table, for one column of the model."""
    nrate = column.shape[2]
    i, x = _below(table.albedo, columns.albedo[place])
    j, y = _below(table.ozone, columns.ozone[place])
    cosine = columns.cosine[place]
    k = 0
    while k < table.cosine.shape[0] - 2 and cosine <= table.cosine[k + 1]:
        k += 1
    z = (table.cosine[k] - cosine) / (table.cosine[k] - table.cosine[k + 1])
    z = min(max(z, ZERO), ONE)
    w00, w01 = (ONE - x) * (ONE - y), (ONE - x) * y
    w10, w11 = x * (ONE - y), x * y
    c00, c01 = table.log_rate[i, j], table.log_rate[i, j + 1]
    c10, c11 = table.log_rate[i + 1, j], table.log_rate[i + 1, j + 1]
    top, _ = _below(table.height, columns.height[columns.height.shape[0] - 1, place])
    for h in range(top + 2):
        for group in range(nrate // LANES):
            for lane in range(LANES):
                r = group * LANES + lane
                here = w00 * c00[k, h, r] + w01 * c01[k, h, r]
                here = here + w10 * c10[k, h, r] + w11 * c11[k, h, r]
                low = w00 * c00[k + 1, h, r] + w01 * c01[k + 1, h, r]
                low = low + w10 * c10[k + 1, h, r] + w11 * c11[k + 1, h, r]
                column[0, h, r] = exp32(here + z * (low - here))
                slope = table.slope[k, h, r]
                column[1, h, r] = slope + z * (table.slope[k + 1, h, r] - slope)


@njit(**FLAGS)
def _layer_rates(place, lane, columns, table, factor, space):
    """Rates of one column at its own heights and temperatures, with cloud and haze."""
    low, slope = space.column[0], space.column[1]
    ratio, block = space.ratio, space.block[lane]
    h = 0
    for layer in range(columns.height.shape[0]):
        h, x = _from(h, table.height, columns.height[layer, place])
        usual = table.temperature[h] + x * (table.temperature[h + 1] - table.temperature[h])
        warmer = min(max(columns.temperature[layer, place] - usual, -WARMEST), WARMEST)
        light0 = ratio[0, layer, lane] * factor
        light1 = ratio[1, layer, lane] * factor
        light2 = ratio[2, layer, lane] * factor
        for group in range(low.shape[1] // LANES):
            first = group * LANES
            for i in range(LANES):
                r = first + i
                light = light0 * table.share[0, r] + light1 * table.share[1, r]
                light = light + light2 * table.share[2, r]
                base = low[h, r] + x * (low[h + 1, r] - low[h, r])
                change = warmer * (slope[h, r] + x * (slope[h + 1, r] - slope[h, r]))
                block[layer, r] = base * max(ONE + change, ZERO) * light
