"""Interpolation of driving fields in time, in the horizontal and in the vertical."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from forecast.common.constants import GAS_CONSTANT_AIR, GRAVITY
from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Integers, Times
from forecast.fields.driver import FIELDS, PressureLevelDriver
from forecast.grid.horizontal import LambertGrid
from forecast.grid.overlap import bilinear_from_lonlat
from forecast.grid.vertical import VIRTUAL


class LevelFields(NamedTuple):
    """Driving fields of one instant on pressure levels of the model's columns.

    Attributes:
        air_temperature: K, (np, ny, nx).
        geopotential_height: m, (np, ny, nx).
        wind_x: Wind along grid x, m s-1, (np, ny, nx).
        wind_y: Wind along grid y, m s-1, (np, ny, nx).
        specific_humidity: kg kg-1, (np, ny, nx).
    """

    air_temperature: Float
    geopotential_height: Float
    wind_x: Float
    wind_y: Float
    specific_humidity: Float


def mean_preserving(driver: PressureLevelDriver) -> PressureLevelDriver:
    """Replace daily means by values at noon whose linear interpolation has these means.

    A line drawn through daily means at their centres has other means: 1/8, 6/8, 1/8 of the day
    before, the day itself and the day after (7/8, 1/8 at the ends, where the value is held).
    Solving that tridiagonal system for the values at the centres restores the means (Killworth
    1996, doi 10.1175/1520-0485(1996)026<1141:TIOFIO>2.0.CO;2). The same linear operator acts on
    all fields, so hydrostatic and geostrophic relations stay. Humidity is kept from falling
    below a tenth of the smallest neighbouring mean.

    Args:
        driver: Daily means without gaps; other drivers are returned as they are.
    """
    count = driver.times.size
    if not driver.is_daily_mean or count == 1:
        return driver
    system = np.eye(count) * 0.75 + (np.eye(count, k=1) + np.eye(count, k=-1)) * 0.125
    system[0, 0] = system[-1, -1] = 0.875
    inverse = np.linalg.inv(system)
    nodes: dict[str, Any] = {
        name: np.tensordot(inverse, getattr(driver, name), axes=1) for name in FIELDS
    }
    humidity = driver.specific_humidity
    before = np.concatenate([humidity[:1], humidity[:-1]])
    after = np.concatenate([humidity[1:], humidity[-1:]])
    floor = 0.1 * np.minimum(np.minimum(before, after), humidity)
    nodes["specific_humidity"] = np.maximum(nodes["specific_humidity"], floor)
    return replace(driver, **nodes)


@dataclass(frozen=True)
class DriverOnGrid:
    """A driver seen from the columns of the model grid.

    Attributes:
        driver: Values at the instants `driver.times`, linear between them, held outside.
        grid: The model's cells.
    """

    driver: PressureLevelDriver
    grid: LambertGrid

    @classmethod
    def build(cls, driver: PressureLevelDriver, grid: LambertGrid) -> "DriverOnGrid":
        """Prepare a driver of either kind.

        Raises:
            InputError: The driver does not surround the domain.
        """
        return cls(mean_preserving(driver), grid)

    @cached_property
    def _weights(self) -> Any:
        try:
            return bilinear_from_lonlat(self.driver.longitude, self.driver.latitude, self.grid)
        except InputError as error:
            msg = (
                f"The meteorology '{self.driver.name}' does not surround the domain "
                f"'{self.grid.name}': {error} Crop it with a margin of one cell or more."
            )
            raise InputError(msg) from error

    def at(self, time: np.datetime64) -> LevelFields:
        """Interpolate linearly in time and bilinearly in longitude and latitude.

        Wind is interpolated towards east and north and then turned to the grid.
        """
        driver = self.driver
        left, share = time_weight(driver.times, time)
        right = min(left + 1, driver.times.size - 1)
        both = [
            (1.0 - share) * getattr(driver, name)[left] + share * getattr(driver, name)[right]
            for name in FIELDS
        ]
        values = self.horizontally(np.stack(both))
        temperature, height, east, north, humidity = values
        wind_x, wind_y = self.grid.rotate_to_grid(east, north)
        return LevelFields(temperature, height, wind_x, wind_y, humidity)

    def horizontally(self, values: Float) -> Float:
        """Interpolate fields (..., latitude, longitude) bilinearly to cells (..., ny, nx)."""
        points = values.reshape(-1, values.shape[-2] * values.shape[-1])
        cells = (self._weights @ points.T).T
        result: Float = cells.reshape(*values.shape[:-2], *self.grid.shape)
        return result


def time_weight(times: Times, time: np.datetime64) -> tuple[int, float]:
    """Find the record before an instant and the weight of the one after it; held outside."""
    seconds = times.astype("datetime64[s]").astype(np.int64)
    wanted = int(time.astype("datetime64[s]").astype(np.int64))
    left = int(np.clip(np.searchsorted(seconds, wanted, side="right") - 1, 0, times.size - 1))
    right = min(left + 1, times.size - 1)
    if right == left or wanted <= seconds[left]:
        return left, 0.0
    return left, float((wanted - seconds[left]) / (seconds[right] - seconds[left]))


def virtual_temperature(temperature: Float, humidity: Float) -> Float:
    """T (1 + 0.608 q), K."""
    virtual: Float = temperature * (1.0 + VIRTUAL * humidity)
    return virtual


def surface_pressure(
    fields: LevelFields, pressure: Float, terrain: Float, lapse_rate: float
) -> Float:
    """Diagnose the pressure at the model's ground from heights of pressure levels.

    Between levels the virtual temperature is linear in the logarithm of pressure, and its mean
    is scaled so that the hypsometric equation gives exactly the driver's thickness; below the
    lowest level it rises by the lapse rate (the constant-lapse-rate form of the hypsometric
    equation, e.g. WMO-No. 8, Part I, chapter 3, annex on reduction of pressure).

    Args:
        fields: Driving fields.
        pressure: Levels, ground first, Pa, (np,).
        terrain: Height of the model's ground, m, (ny, nx).
        lapse_rate: K m-1, used below the lowest level.

    Returns:
        Pressure, Pa, (ny, nx).
    """
    height = fields.geopotential_height
    virtual = virtual_temperature(fields.air_temperature, fields.specific_humidity)
    layer = np.clip(np.sum(height <= terrain, axis=0) - 1, 0, pressure.size - 2)
    z0, z1 = pick(height, layer), pick(height, layer + 1)
    t0, t1 = pick(virtual, layer), pick(virtual, layer + 1)
    thickness = np.log(pressure)[layer] - np.log(pressure)[layer + 1]
    # share r of ln p at which t0 r + (t1 - t0) r^2 / 2 = (t0 + t1) / 2 times the share of height
    half = (terrain - z0) / (z1 - z0) * 0.5 * (t0 + t1)
    root = np.sqrt(np.maximum(t0**2 + 2.0 * (t1 - t0) * half, 1.0))
    inside = np.log(pressure)[layer] - thickness * 2.0 * half / (t0 + root)
    depth = np.maximum(height[0] - terrain, 0.0)
    mean = virtual[0] + 0.5 * lapse_rate * depth
    below = np.log(pressure[0]) + GRAVITY * depth / (GAS_CONSTANT_AIR * mean)
    result: Float = np.exp(np.where(height[0] > terrain, below, inside))
    return result


def to_layers(
    fields: LevelFields, pressure: Float, target: Float, lapse_rate: float
) -> LevelFields:
    """Interpolate linearly in the logarithm of pressure to model layers.

    Below the lowest level of the driver temperature rises by the lapse rate, wind and humidity
    are kept (the wind is reduced towards the ground later, by `surface_energy`); above the
    highest level all is held. The driver's own values below its ground are used as it gives them.

    Args:
        fields: Driving fields.
        pressure: Levels, ground first, Pa, (np,).
        target: Pressure of the layers, Pa, (nz, ny, nx).
        lapse_rate: K m-1.

    Returns:
        The fields on the layers; `geopotential_height` is not filled below or above the levels
        and is only meant for checks.
    """
    values = on_fixed_levels(-np.log(pressure), np.stack(fields), -np.log(target))
    exponent = lapse_rate * GAS_CONSTANT_AIR / GRAVITY
    below = np.maximum(target / pressure[0], 1.0) ** exponent
    return LevelFields(values[0] * below, *values[1:])


def to_heights(source: Float, target: Float, values: Float) -> Float:
    """Interpolate columns linearly in height to the same heights everywhere; held outside.

    Args:
        source: Heights of the values, ascending, m, (nz, ny, nx).
        target: Wanted heights, ascending, m, (nh,).
        values: (..., nz, ny, nx).

    Returns:
        (..., nh, ny, nx).
    """
    wanted = target.reshape(-1, 1, 1)
    left = np.zeros((target.size, *source.shape[1:]), np.int64)
    for layer in source[1:-1]:
        left += wanted >= layer
    low, high = pick(source, left), pick(source, left + 1)
    return _weigh(values, left, np.clip((wanted - low) / (high - low), 0.0, 1.0))


def on_fixed_levels(source: Float, values: Float, target: Float) -> Float:
    """Interpolate linearly from the same levels everywhere to varying ones; held outside.

    Args:
        source: Coordinate of the values, ascending, (nlevel,).
        values: (..., nlevel, ny, nx).
        target: Coordinate of the wanted places, (n, ny, nx).

    Returns:
        (..., n, ny, nx).
    """
    left = np.clip(np.searchsorted(source, target, side="right") - 1, 0, source.size - 2)
    share = (target - source[left]) / (source[left + 1] - source[left])
    return _weigh(values, left, np.clip(share, 0.0, 1.0))


def _weigh(values: Float, left: Integers, share: Float) -> Float:
    """Weigh each level with the one above it, (..., nz, ny, nx) to (..., n, ny, nx)."""
    low, high = pick(values, left), pick(values, left + 1)
    high -= low
    high *= share
    high += low
    return high


def pick(values: Float, index: Integers) -> Float:
    """Take one level of each column.

    Args:
        values: (..., nz, ny, nx).
        index: Level, (n, ny, nx) or (ny, nx).

    Returns:
        (..., n, ny, nx) or (..., ny, nx).
    """
    nz, ny, nx = values.shape[-3:]
    flat = index * (ny * nx) + np.arange(ny * nx).reshape(ny, nx)
    columns = values.reshape(*values.shape[:-3], nz * ny * nx)
    picked: Float = np.take(columns, flat, axis=-1)
    return picked
