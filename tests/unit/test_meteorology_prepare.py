"""Preparing hourly meteorology: coverage, holding, spin-up, and what the series holds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError, CycleError, InputError
from forecast.config.domain import DomainConfig
from forecast.config.meteorology import HazeWeekConfig, MeteorologyConfig
from forecast.fields.driver import PressureLevelDriver
from forecast.fields.meteorology import MeteorologySeries
from forecast.grid.domain import Domain
from forecast.grid.static import StaticFields
from forecast.prepare.coverage import check_coverage, usable_horizon
from forecast.prepare.diagnose import saturation_humidity
from forecast.prepare.mass_balance import vertical_fluxes
from forecast.prepare.meteorology import prepare
from forecast.sources.meteorology import haze_week, ncep_reanalysis, standard_air

CYCLE = Cycle.parse("2021-12-31T16")
OPTIONS = MeteorologyConfig()
PLAIN = DomainConfig(name="plain", nx=10, ny=9, x_west=-300000.0, y_south=-100000.0)


def flat(domain: Domain, land: float = 1.0) -> StaticFields:
    """A plain at 20 m, all land or all sea."""
    shape = domain.horizontal.shape
    field = np.ones(shape, np.float32)
    return StaticFields(
        terrain_height=20.0 * field,
        land_fraction=land * field,
        urban_fraction=0.1 * land * field,
        roughness_length=0.3 * field,
        land_use=np.zeros((20, *shape), np.float32),
        population=np.zeros(shape),
        province_codes=("SD",),
        province_index=np.zeros(shape, np.int64),
        province_shares=csr_array((1, shape[0] * shape[1])),
        province_inside=np.ones(1),
    )


@pytest.fixture(scope="module")
def reanalysis(project_root: Path) -> PressureLevelDriver:
    return ncep_reanalysis.read(project_root / OPTIONS.path)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.from_config(PLAIN)


@pytest.fixture(scope="module")
def winter(reanalysis: PressureLevelDriver, domain: Domain) -> MeteorologySeries:
    times = CYCLE.hours(-24, 72)
    return prepare(reanalysis, domain, flat(domain), times, OPTIONS, CYCLE.start)[0]


# --- which hours are covered


def test_the_default_case_is_cut_at_the_end_of_its_fifth_day(
    reanalysis: PressureLevelDriver, caplog: pytest.LogCaptureFixture
) -> None:
    hours, records = usable_horizon(reanalysis, CYCLE.start, 168)
    assert hours == 120
    assert [record.original for record in records] == ["168 h"]
    assert "120小时" in records[0].effect
    assert len(caplog.records) == 1
    assert usable_horizon(reanalysis, CYCLE.start, 72) == (72, [])


def test_a_cycle_without_a_whole_local_day_left_keeps_what_is_covered(
    reanalysis: PressureLevelDriver,
) -> None:
    start = Cycle.parse("2022-01-05T00").start
    assert usable_horizon(reanalysis, start, 168)[0] == 24
    with pytest.raises(CycleError, match=r"2022-01-01T00:00:00 to 2022-01-06T00:00:00"):
        usable_horizon(reanalysis, Cycle.parse("2022-01-05T12").start, 168)


def test_hours_outside_are_held_loudly_and_not_too_long(
    reanalysis: PressureLevelDriver, caplog: pytest.LogCaptureFixture
) -> None:
    hour = np.timedelta64(1, "h")
    first, last = reanalysis.first, reanalysis.last
    assert check_coverage(reanalysis, first, last, 12) == []
    records = check_coverage(reanalysis, first - 8 * hour, last + 12 * hour, 12)
    assert [record.replacement[-4:-2] for record in records] == [" 8", "12"]
    assert len(caplog.records) == 2
    with pytest.raises(CycleError, match=r"13 h after .* at most 12 h"):
        check_coverage(reanalysis, first, last + 13 * hour, 12)
    with pytest.raises(CycleError, match=r"13 h before"):
        check_coverage(reanalysis, first - 13 * hour, last, 12)


def test_spin_up_before_the_data_is_no_degradation_of_the_forecast(
    reanalysis: PressureLevelDriver, domain: Domain
) -> None:
    start = Cycle.parse("2022-01-01T00")
    _, records = prepare(reanalysis, domain, flat(domain), start.hours(-3, 2), OPTIONS, start.start)
    assert [record.original for record in records] == ["precipitation_flux"]
    assert "降水" in records[0].effect


def test_a_cycle_of_another_year_is_refused(
    reanalysis: PressureLevelDriver, domain: Domain
) -> None:
    times = Cycle.parse("2023-01-01T00").hours(0, 24)
    with pytest.raises(CycleError, match="covers 2022-01-01T00:00:00"):
        prepare(reanalysis, domain, flat(domain), times, OPTIONS)


def test_times_that_are_not_hourly_are_refused(
    reanalysis: PressureLevelDriver, domain: Domain
) -> None:
    with pytest.raises(ConfigurationError, match="bounds of hours"):
        prepare(reanalysis, domain, flat(domain), CYCLE.hours(0, 6)[::3], OPTIONS)


# --- what the series holds


def test_series_has_float32_arrays_of_the_documented_shapes(winter: MeteorologySeries) -> None:
    nz, ny, nx = 16, 9, 10
    hours = winter.hour_fields
    assert hours.mass_flux_x.shape == (97, nz, ny, nx + 1)
    assert hours.mass_flux_y.shape == (97, nz, ny + 1, nx)
    assert hours.air_temperature.shape == (97, nz, ny, nx)
    for name, values in vars(hours).items():
        assert values.dtype == np.float32, name
        assert np.all(np.isfinite(values)), name
    assert not winter.precipitation_known
    assert not hours.precipitation_flux.any()
    assert not hours.mass_flux_x[-1].any()
    assert hours.mass_flux_x[-2].any()


def test_fluxes_of_a_series_close_every_column(winter: MeteorologySeries, domain: Domain) -> None:
    hours = winter.hour_fields
    for index in (0, 40, 95):
        before, after = (hours.surface_pressure[index + k].astype(np.float64) for k in (0, 1))
        flux_x, flux_y = hours.mass_flux_x[index], hours.mass_flux_y[index]
        upward = vertical_fluxes(
            domain, flux_x.astype(np.float64), flux_y.astype(np.float64), before, after
        )
        column = domain.levels.layer_mass(before).sum(axis=0) * domain.horizontal.cell_area
        assert np.abs(upward[-1] * 3600.0 / column).max() < 1e-6


def test_winter_day_has_a_diurnal_cycle_over_land(winter: MeteorologySeries) -> None:
    hours = winter.hour_fields
    local = (winter.times.astype("datetime64[h]").astype(int) + 8) % 24
    height = hours.boundary_layer_height.mean(axis=(1, 2))
    day, night = height[(local >= 13) & (local <= 15)], height[(local >= 1) & (local <= 6)]
    assert 500.0 < day.mean() < 1300.0
    assert 60.0 < night.mean() < 400.0
    screen = hours.air_temperature_2m.mean(axis=(1, 2))
    assert screen[local == 14].mean() > screen[local == 6].mean() + 2.0
    assert hours.downwelling_shortwave[local == 0].max() == 0.0
    assert 300.0 < hours.downwelling_shortwave[local == 12].mean() < 560.0
    assert np.all(hours.inverse_obukhov_length[local == 13] < 0.0)
    assert np.all(hours.inverse_obukhov_length[local == 1] > 0.0)
    wind = hours.wind_speed_10m.mean(axis=(1, 2))
    assert wind[local == 14].mean() > 1.3 * wind[local == 2].mean()


def test_result_does_not_depend_on_where_the_run_begins(
    reanalysis: PressureLevelDriver, domain: Domain, winter: MeteorologySeries
) -> None:
    later, _ = prepare(reanalysis, domain, flat(domain), CYCLE.hours(24, 30), OPTIONS, CYCLE.start)
    first = winter.hour_fields.boundary_layer_height[48:55]
    found = later.hour_fields.boundary_layer_height
    # the memory of a day fades, with two days of warm-up to a tenth
    assert found.mean() == pytest.approx(first.mean(), rel=0.1)
    np.testing.assert_allclose(found, first, rtol=0.2)
    np.testing.assert_array_equal(
        later.hour_fields.surface_pressure, winter.hour_fields.surface_pressure[48:55]
    )


def test_sea_has_no_day_and_night(reanalysis: PressureLevelDriver, domain: Domain) -> None:
    times = Cycle.parse("2022-01-02T00").hours(0, 23)
    series, _ = prepare(reanalysis, domain, flat(domain, land=0.0), times, OPTIONS)
    screen = series.hour_fields.air_temperature_2m
    assert np.abs(np.diff(screen, axis=0)).max() < 1.0


def test_constant_fields_stay_constant(domain: Domain) -> None:
    times = np.datetime64("2022-01-01T00", "s") + np.arange(3) * np.timedelta64(6, "h")
    # as dry as the stratosphere, so that no layer is saturated
    driver = standard_air.make(times, humidity=1e-7, wind=(0.0, 0.0))
    hours = prepare(
        driver, domain, flat(domain), Cycle.parse("2022-01-01T00").hours(0, 12), OPTIONS
    )[0].hour_fields
    np.testing.assert_allclose(hours.specific_humidity, 1e-7, rtol=2e-7)
    np.testing.assert_array_equal(hours.surface_pressure, hours.surface_pressure[0, 0, 0])
    # at rest: no flux but rounding of 1e8 kg s-1 of a light breeze
    assert np.abs(hours.mass_flux_x).max() < 1.0


def test_no_air_holds_more_water_than_it_can(domain: Domain) -> None:
    times = np.datetime64("2022-01-01T00", "s") + np.arange(2) * np.timedelta64(12, "h")
    driver = standard_air.make(times, humidity=0.02, temperature=280.0)
    hours = prepare(
        driver, domain, flat(domain), Cycle.parse("2022-01-01T00").hours(0, 2), OPTIONS
    )[0].hour_fields
    pressure = hours.surface_pressure.astype(np.float64)
    ground = saturation_humidity(pressure, hours.air_temperature[:, 0].astype(np.float64))
    # the layer's own pressure is a little lower than that of the ground
    assert np.all(hours.specific_humidity[:, 0] <= 1.004 * ground)
    assert hours.specific_humidity[:, 0].min() > 0.004


def test_known_precipitation_is_kept(domain: Domain) -> None:
    times = np.datetime64("2022-01-01T00", "s") + np.arange(2) * np.timedelta64(12, "h")
    driver = standard_air.make(times)
    rain = np.full((2, driver.latitude.size, driver.longitude.size), 2e-4)
    series, records = prepare(
        replace(driver, precipitation_flux=rain),
        domain,
        flat(domain),
        Cycle.parse("2022-01-01T00").hours(0, 4),
        OPTIONS,
    )
    assert series.precipitation_known
    assert records == []
    np.testing.assert_allclose(series.hour_fields.precipitation_flux[:-1], 2e-4, rtol=1e-6)


def test_driving_fields_with_holes_are_refused_with_place_and_time() -> None:
    times = np.datetime64("2022-01-01T00", "s") + np.arange(2) * np.timedelta64(12, "h")
    driver = standard_air.make(times)
    broken = driver.eastward_wind.copy()
    broken[1, 2, 3, 4] = np.nan
    place = f"{driver.latitude[3]:g} N, {driver.longitude[4]:g} E"
    told = f"'eastward_wind' .* 1 value.* 'nan' at 2022-01-01T12:00:00 UTC.*{place}"
    with pytest.raises(InputError, match=told):
        replace(driver, eastward_wind=broken)


def test_meteorology_that_is_no_number_is_refused_with_cell_and_time(
    winter: MeteorologySeries,
) -> None:
    broken = winter.hour_fields.air_temperature.copy()
    broken[5, 2, 3, 4] = np.inf
    rain = winter.hour_fields.precipitation_flux.copy()
    rain[1, 6, 0] = np.nan
    hours = replace(winter.hour_fields, air_temperature=broken, precipitation_flux=rain)
    with pytest.raises(InputError) as caught:
        replace(winter, hour_fields=hours).require_numbers()
    text = str(caught.value)
    assert f"'air_temperature' is 'inf' at {winter.times[5]} UTC in layer 2, row 3, col" in text
    assert f"'precipitation_flux' is 'nan' at {winter.times[1]} UTC in row 6, column 0" in text


def test_ground_that_is_no_number_stops_the_preparation(
    reanalysis: PressureLevelDriver, domain: Domain
) -> None:
    ground = flat(domain)
    rough = ground.roughness_length.copy()
    rough[2, 3] = np.nan
    times = Cycle.parse("2022-01-02T00").hours(0, 2)
    with pytest.raises(InputError, match="'friction_velocity' is 'nan' .* row 2, column 3"):
        prepare(reanalysis, domain, replace(ground, roughness_length=rough), times, OPTIONS)


# --- the made week


@pytest.fixture(scope="module")
def week(domain: Domain) -> MeteorologySeries:
    driver = haze_week.make(HazeWeekConfig())
    start = np.datetime64(HazeWeekConfig().start, "s")
    times = start + np.arange(-24, 169) * np.timedelta64(3600, "s")
    return prepare(driver, domain, flat(domain), times, OPTIONS, start)[0]


def mean_of(series: MeteorologySeries, name: str, first: float, last: float) -> float:
    """Mean over the domain from one day of the week to another."""
    start = np.datetime64(HazeWeekConfig().start, "s")
    days = (series.times - start) / np.timedelta64(86400, "s")
    values = getattr(series.hour_fields, name)[(days >= first) & (days < last)]
    return float(values.mean())


def test_calm_days_are_shallow_humid_and_still(week: MeteorologySeries) -> None:
    hours = week.hour_fields
    local = (week.times.astype("datetime64[h]").astype(int) + 8) % 24
    start = np.datetime64(HazeWeekConfig().start, "s")
    days = (week.times - start) / np.timedelta64(86400, "s")
    calm = (days >= 2.0) & (days < 4.6)
    height = hours.boundary_layer_height.mean(axis=(1, 2))
    afternoon, night = calm & (local >= 12) & (local <= 14), calm & (local <= 6)
    assert 250.0 < height[afternoon].mean() < 500.0
    assert 70.0 < height[night].mean() < 180.0
    assert mean_of(week, "wind_speed_10m", 2.0, 4.6) < 1.6
    low = hours.air_temperature[calm, 0].astype(np.float64)
    pressure = hours.surface_pressure[calm].astype(np.float64)
    relative = hours.specific_humidity[calm, 0] / saturation_humidity(pressure, low)
    assert 0.8 < relative.mean() < 1.0
    # an inversion: layer 6 (890 m) is warmer than layer 4 (410 m)
    profile = hours.air_temperature[calm].mean(axis=(0, 2, 3))
    assert profile[6] > profile[4] + 2.0


def test_front_turns_the_wind_and_ends_the_haze_weather(week: MeteorologySeries) -> None:
    def wind(day: float) -> tuple[float, float]:
        start = np.datetime64(HazeWeekConfig().start, "s")
        index = int(np.argmin(np.abs((week.times - start) / np.timedelta64(86400, "s") - day)))
        hours = week.hour_fields
        return float(hours.mass_flux_x[index, 1].mean()), float(hours.mass_flux_y[index, 1].mean())

    before, after = wind(3.5), wind(5.75)
    assert before[1] > 0.0  # southerly
    assert after[0] > 0.0 > after[1]  # north-westerly
    assert np.hypot(*after) > 3.0 * np.hypot(*before)
    cooling = mean_of(week, "air_temperature_2m", 3.0, 4.0) - mean_of(
        week, "air_temperature_2m", 6.0, 7.0
    )
    assert 8.0 < cooling < 16.0
    assert mean_of(week, "surface_pressure", 6.0, 7.0) > 1000.0 + mean_of(
        week, "surface_pressure", 4.0, 5.0
    )
    ratio = mean_of(week, "specific_humidity", 6.0, 7.0) / mean_of(
        week, "specific_humidity", 3.0, 4.0
    )
    assert ratio < 0.6
    assert mean_of(week, "boundary_layer_height", 5.5, 7.0) > 2.0 * mean_of(
        week, "boundary_layer_height", 2.5, 4.5
    )
