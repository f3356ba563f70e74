"""Hourly meteorology on the model grid, from driving fields on pressure levels."""

from dataclasses import fields

import numpy as np

from forecast.common.degradation import Degradation
from forecast.common.errors import ConfigurationError
from forecast.config.meteorology import MeteorologyConfig
from forecast.fields.arrays import Float, Single, Times
from forecast.fields.driver import PressureLevelDriver
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.grid.domain import Domain
from forecast.grid.static import StaticFields
from forecast.prepare.atmosphere import Atmosphere, Diagnosis
from forecast.prepare.coverage import check_coverage, no_precipitation
from forecast.prepare.interpolate import time_weight
from forecast.prepare.mass_balance import MassBalance, face_fluxes

WARM_UP_HOURS = 48
"""Hours before the first record through which the diurnal columns are carried, so that no result
depends on the hour at which a run begins."""
_HOUR = np.timedelta64(1, "h")


def prepare(
    driver: PressureLevelDriver,
    domain: Domain,
    static: StaticFields,
    times: Times,
    options: MeteorologyConfig,
    forecast_start: np.datetime64 | None = None,
) -> tuple[MeteorologySeries, list[Degradation]]:
    """Interpolate, diagnose and balance.

    Outside of the driver's time range its nearest record is held: silently during spin-up, with a
    record for up to `hold_hours` of the forecast at either end.

    Args:
        driver: Driving fields.
        domain: Cells and layers.
        static: Terrain, land, towns and roughness.
        times: Bounds of the hours, from the start of spin-up to the end of the forecast, UTC,
            hourly, (nt,).
        options: Configuration.
        forecast_start: End of spin-up, UTC; the first of `times` when None.

    Returns:
        Values at each bound with fluxes of the hour that follows, and what was degraded.

    Raises:
        InputError: The driver does not surround the domain, or something is no number.
        CycleError: The driver does not cover the forecast.
        ConfigurationError: `times` are not hourly.
    """
    if times.size < 2 or np.any(np.diff(times) != _HOUR):
        msg = (
            f"The times '{times[:3]}…' of the meteorology are not two or more bounds of hours in "
            "order; build them with Cycle.hours."
        )
        raise ConfigurationError(msg)
    start = times[0] if forecast_start is None else forecast_start
    records = check_coverage(driver, start, times[-1], options.hold_hours)
    records += no_precipitation(driver)
    diagnosis = Diagnosis.build(driver, domain, static, options)
    hours = _allocate(times.size, domain.shape)
    hours.precipitation_flux[:-1] = _precipitation(driver, diagnosis, times)
    _fill(hours, diagnosis, times)
    known = driver.precipitation_flux is not None
    series = MeteorologySeries(times, hours, known, driver.attribution)
    series.require_numbers()
    return series, records


def _allocate(count: int, shape: tuple[int, int, int]) -> MeteorologyHour:
    """Make zero arrays of a series: the arrays of one hour with time in front."""
    nz, ny, nx = shape
    special = {
        "air_temperature": (nz, ny, nx),
        "specific_humidity": (nz, ny, nx),
        "cloud_area_fraction": (nz, ny, nx),
        "mass_flux_x": (nz, ny, nx + 1),
        "mass_flux_y": (nz, ny + 1, nx),
    }
    return MeteorologyHour(
        **{
            field.name: np.zeros((count, *special.get(field.name, (ny, nx))), np.float32)
            for field in fields(MeteorologyHour)
        }
    )


def _fill(hours: MeteorologyHour, diagnosis: Diagnosis, times: Times) -> None:
    """Walk through the hours: diagnose each bound, then balance the fluxes of the hour before."""
    state = diagnosis.start()
    for step in range(WARM_UP_HOURS, 0, -1):
        _, state = diagnosis.advance(times[0] - step * _HOUR, state)
    balance: MassBalance | None = None
    before: tuple[Float, Float, Float] | None = None
    for index, time in enumerate(times):
        air, state = diagnosis.advance(time, state)
        _store(hours, index, air)
        domain = diagnosis.domain
        # the rounded pressure that the transport model will see
        pressure = hours.surface_pressure[index].astype(np.float64)
        now = (pressure, *face_fluxes(domain, pressure, air.wind_x, air.wind_y))
        if before is None or balance is None:
            balance = MassBalance.build(domain, pressure)
        else:
            flux_x, flux_y = 0.5 * (before[1] + now[1]), 0.5 * (before[2] + now[2])
            balanced = balance.correct(flux_x, flux_y, before[0], pressure)
            hours.mass_flux_x[index - 1], hours.mass_flux_y[index - 1] = balanced
        before = now


def _store(hours: MeteorologyHour, index: int, air: Atmosphere) -> None:
    """Write the values of one bound as float32."""
    names = {field.name for field in fields(MeteorologyHour)}
    for name in air._fields:
        if name in names:
            getattr(hours, name)[index] = getattr(air, name)


def _precipitation(driver: PressureLevelDriver, diagnosis: Diagnosis, times: Times) -> Single:
    """Mean precipitation of each hour, kg m-2 s-1, (nt - 1, ny, nx); zero without data."""
    shape = diagnosis.domain.horizontal.shape
    flux = np.zeros((times.size - 1, *shape), np.float32)
    if driver.precipitation_flux is None:
        return flux
    middle = times[:-1] + _HOUR // 2
    for index, time in enumerate(middle):
        left, share = time_weight(driver.times, time)
        nearest = left + int(share > 0.5)
        field = driver.precipitation_flux[nearest]
        flux[index] = diagnosis.on_grid.horizontally(field)
    return flux
