"""Natural emissions of whole hours: limits, file and back, published totals, the job as it is."""

import logging
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.common.errors import ConfigurationError, InputError
from forecast.common.sun import solar_position
from forecast.config.domain import DomainConfig
from forecast.config.natural import NaturalConfig
from forecast.fields.arrays import Float
from forecast.fields.emissions import EmissionSet, NaturalEmissions, PointSources
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.grid.domain import Domain
from forecast.grid.land import CLASSES, WATER
from forecast.grid.static import StaticFields, build_static
from forecast.prepare.natural import NaturalTables, natural_emissions, of_species, read_tables
from forecast.prepare.natural.weather import local_wind, salt_water, soil_water, trailing_mean
from forecast.prepare.surface_energy import downwelling_shortwave
from forecast.storage.emissions import read_emissions, write_emissions

ALL = ("ISOP", "TERP", "NO", "ADUST", "ADUSC", "ASEAS", "ASEAC")
MONTH = 30.4 * 86400.0
"""s."""


@pytest.fixture(scope="module")
def tables(project_root: Path) -> NaturalTables:
    return read_tables(project_root / "configs" / "natural")


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.from_config(DomainConfig())


@pytest.fixture(scope="module")
def static(domain: Domain, project_root: Path) -> StaticFields:
    return build_static(domain, project_root / "data" / "static")


def weather(
    domain: Domain, start: str, celsius: float, *, days: int = 2, **changes: float
) -> MeteorologySeries:
    """Made weather: the same everywhere but for the sun, +-5 K with its peak at 15 h in Beijing."""
    count, (ny, nx) = 24 * days + 1, domain.horizontal.shape
    times = np.datetime64(start, "s") + np.arange(count) * np.timedelta64(3600, "s")
    hour = (np.arange(count) + int(start[11:13]) + 8) % 24
    daily = 5.0 * np.cos(2.0 * np.pi * (hour - 15) / 24.0)
    grid, cloud = domain.horizontal, np.full((ny, nx), changes.get("cloud", 0.5))
    sun = [
        downwelling_shortwave(solar_position(t, grid.longitude, grid.latitude), cloud)
        for t in times
    ]
    values: dict[str, Any] = {
        field.name: np.zeros((count, ny, nx), np.float32) for field in fields(MeteorologyHour)
    }
    values["surface_pressure"] += np.float32(1.0e5)
    values["air_temperature_2m"] += (273.15 + celsius + daily)[:, None, None].astype(np.float32)
    values["wind_speed_10m"] += np.float32(changes.get("wind", 4.0))
    values["precipitation_flux"] += np.float32(changes.get("rain", 0.0))
    values["downwelling_shortwave"] = np.stack(sun).astype(np.float32)
    return MeteorologySeries(times, MeteorologyHour(**values), True, "made")


@pytest.fixture(scope="module")
def compute(
    domain: Domain, static: StaticFields, tables: NaturalTables
) -> Callable[[MeteorologySeries], dict[str, Float]]:
    def run(series: MeteorologySeries) -> dict[str, Float]:
        found = natural_emissions(series, static, domain, NaturalConfig(), tables)
        assert found.species == ALL
        assert found.rate.dtype == np.float32
        assert found.rate.shape == (series.times.size - 1, len(ALL), *domain.horizontal.shape)
        assert np.all(np.isfinite(found.rate))
        assert found.rate.min() >= 0.0
        rate = found.rate.astype(np.float64)
        return {name: rate[:, place] for place, name in enumerate(ALL)}

    return run


@pytest.fixture(scope="module")
def july(compute: Any, domain: Domain) -> dict[str, Float]:
    """A midsummer day and the next: 27 degrees on average, half cloudy, 4 m/s."""
    found: dict[str, Float] = compute(weather(domain, "2022-07-14T16", 27.0))
    return found


def in_shandong(rate: Float, static: StaticFields) -> float:
    """Mean of the hours in the province, kg s-1."""
    place = static.province_codes.index("SD")
    share = static.province_shares[place].toarray().reshape(rate.shape[1:])
    return float((rate.mean(axis=0) * share).sum())


def test_isoprene_sleeps_at_night_and_peaks_at_noon(july: dict[str, Float]) -> None:
    hourly = july["ISOP"].sum(axis=(1, 2))
    beijing = np.arange(hourly.size) % 24  # the run begins at Beijing midnight
    assert np.all(hourly[beijing < 4] == 0.0)
    assert np.all(hourly[(beijing >= 20)] < 1e-3 * hourly.max())
    assert beijing[hourly.argmax()] in (12, 13, 14)
    terpenes = july["TERP"].sum(axis=(1, 2))
    assert terpenes.min() > 0.1 * terpenes.max()


def test_soil_follows_the_afternoon_with_a_lag(july: dict[str, Float]) -> None:
    hourly = july["NO"].sum(axis=(1, 2))[24:]
    assert hourly.argmax() in (15, 16, 17, 18)
    assert 1.3 < hourly.max() / hourly.min() < 4.0


def test_sea_and_land_keep_to_themselves(july: dict[str, Float], static: StaticFields) -> None:
    water = static.land_use[WATER]
    for name in ("ASEAS", "ASEAC"):
        assert np.all(july[name][:, water == 0.0] == 0.0)
        salt = np.all(july[name][:, water == 1.0] > 0.0, axis=0)
        assert salt.mean() > 0.995, "all but scraps that the edge of the domain cuts off"
    for name in ("ISOP", "TERP", "NO", "ADUST", "ADUSC"):
        assert np.all(july[name][:, water == 1.0] == 0.0)


def test_lakes_give_no_salt() -> None:
    use = np.zeros((len(CLASSES), 9, 9))
    use[WATER, :, 6:] = 1.0
    use[WATER, 2, 1] = 1.0
    use[WATER, 5, 5] = 0.3
    area = np.full((9, 9), 27000.0**2)
    sea = salt_water(use, area)
    assert sea[2, 1] == 0.0
    assert np.all(sea[:, 6:] == 1.0)
    assert sea[5, 5] == 0.3
    assert not salt_water(np.zeros_like(use), area).any()


def test_july_isoprene_of_shandong_is_between_published_inventories(
    july: dict[str, Float], static: StaticFields
) -> None:
    """12 Gg C a year (1981) and 325.6 Gg C (2018) by the same study, a quarter to a third in July.

    MEGAN 2.1 with local plants for natural vegetation of Shandong (doi
    10.1016/j.envres.2021.111462); it has 18.2 Gg C of monoterpenes. July is a quarter to a third
    of a year here (112 and 21 Gg of the species in docs/science/natural_emissions.md).
    """
    isoprene = in_shandong(july["ISOP"], static) * MONTH / 1.0e6 * 60.05 / 68.12
    assert 0.25 * 12.0 < isoprene < 0.33 * 325.6
    terpenes = in_shandong(july["TERP"], static) * MONTH / 1.0e6 * 120.11 / 136.23
    assert 0.5 * 0.25 * 18.2 < terpenes < 2.0 * 0.33 * 18.2


def test_july_isoprene_of_the_domain_is_a_plausible_part_of_china_s(
    july: dict[str, Float],
) -> None:
    """25.4 to 37.4 Tg of biogenic compounds a year (Ma et al. 2023, doi 10.5194/acp-23-4311-2023).

    About half of it isoprene and 22 % of that in July are 2.8 to 4.1 Tg; the domain's land has a
    fifth of China's area, more forest in its hills than the west of the country, and Korea.
    """
    total = july["ISOP"].mean(axis=0).sum() * MONTH / 1.0e9
    assert 0.1 * 2.8 < total < 0.4 * 4.1


def test_soil_nitrogen_of_july_is_in_the_published_range(
    july: dict[str, Float], static: StaticFields, domain: Domain
) -> None:
    """Huang et al. (2023, doi 10.5194/acp-23-14919-2023) and Liao et al. (2022, Yangtze delta).

    China 1157.9 (715.7-1902.6) Gg N in 2018: with Shandong's 4 to 8 % of fertiliser and fields and
    13 to 18 % in July, 3.7 to 27 Gg N. The delta (Anhui, Jiangsu, Zhejiang, Shanghai, 3.58e5 km2)
    has 213.6 kt, 19.9 % of it in June: 21 or 46 ng N m-2 s-1, as kt of NO or of N.
    """
    to_nitrogen = 14.007 / 30.006
    nitrogen = in_shandong(july["NO"], static) * MONTH / 1.0e6 * to_nitrogen
    assert 3.7 < nitrogen < 27.0
    fields_ = static.land_use[CLASSES.index("cropland")] > 0.95
    flux = july["NO"].mean(axis=0)[fields_] / domain.horizontal.cell_area[fields_]
    assert 12.0 < flux.mean() * 1.0e12 * to_nitrogen < 46.0


def test_winter_is_quiet(compute: Any, domain: Domain, july: dict[str, Float]) -> None:
    winter = compute(weather(domain, "2022-01-14T16", -10.0, wind=6.0))
    assert np.all(winter["NO"] == 0.0), "frozen soil"
    assert np.all(winter["ADUST"] == 0.0), "frozen soil"
    assert winter["ISOP"].sum() < 1e-3 * july["ISOP"].sum()
    assert winter["ASEAC"].sum() > july["ASEAC"].sum(), "stronger wind"


def test_a_spring_storm_raises_dust_and_a_breeze_none(compute: Any, domain: Domain) -> None:
    """Two storms of March 2021 raised 2.8 Mt from China's deserts, 7.5 Mt from Mongolia's.

    (Atmospheric modelling with source tagging, "Source contributions to two super dust storms over
    northern China in March 2021".) The dry lands of the domain, the east of Inner Mongolia and the
    north of Shanxi, may raise a part of the first number in half a day of 13 m/s.
    """
    calm = compute(weather(domain, "2022-04-10T00", 13.0, days=1, wind=6.0, cloud=0.2))
    assert np.all(calm["ADUST"] == 0.0)
    assert np.all(calm["ADUSC"] == 0.0)
    storm = compute(weather(domain, "2022-04-10T00", 13.0, days=1, wind=13.0, cloud=0.2))
    up_to_20 = (storm["ADUST"] + storm["ADUSC"]).mean(axis=0).sum() / 0.729
    assert 0.05 < up_to_20 * 43200.0 / 1.0e9 < 2.8
    assert 0.05 < storm["ADUST"].sum() / storm["ADUSC"].sum() < 0.2
    wet = compute(weather(domain, "2022-04-10T00", 13.0, days=1, wind=13.0, rain=5.0e-4))
    assert wet["ADUST"][12:].sum() < 0.05 * storm["ADUST"][12:].sum()


def test_rain_and_snow_stay_for_a_while(tables: NaturalTables) -> None:
    temperature = np.full((72, 1, 1), 283.15)
    rain = np.zeros((72, 1, 1))
    rain[10] = 10.0 / 3600.0
    filling, wetting, snow = soil_water(temperature, rain, tables.ground, 4)
    usual = tables.ground.pore_filling.values[3]
    assert np.all(filling[:11] == usual)
    assert wetting[11, 0, 0] == pytest.approx(10.0 / 44.0)
    assert filling[-1, 0, 0] - usual == pytest.approx(10.0 / 44.0 * np.exp(-60.0 / 72.0))
    assert not snow.any()
    filling, _, snow = soil_water(temperature - 20.0, rain, tables.ground, 4)
    assert np.all(filling == usual)
    assert snow[-1, 0, 0] == pytest.approx(10.0)
    temperature[:11] -= 20.0
    filling, _, snow = soil_water(temperature, rain, tables.ground, 4)
    assert snow[12, 0, 0] == pytest.approx(10.0 - 4.0 / 24.0 * 10.0)
    assert snow[-1, 0, 0] == 0.0


def test_memory_and_local_wind() -> None:
    values = np.arange(48.0)
    mean = trailing_mean(values, 24)
    assert np.all(mean[:24] == values[:24].mean())
    assert mean[30] == values[7:31].mean()
    assert np.all(trailing_mean(values, 240) == values.mean())
    wind = np.full((1, 1, 1), 5.0)
    assert local_wind(wind, np.full((1, 1), 1e-3), 1e-3)[0, 0, 0] == pytest.approx(5.0)
    assert local_wind(wind, np.full((1, 1), 0.1), 1e-3)[0, 0, 0] > 5.5


def table_of(*names: str) -> SpeciesTable:
    return SpeciesTable(
        tuple(
            Species(name=name, long_name=name, molar_mass=0.03, phase=Phase.GAS, source="test")
            for name in names
        )
    )


def small(natural: NaturalEmissions, names: tuple[str, ...]) -> EmissionSet:
    """An inventory without stacks around natural emissions."""
    count, shape = natural.times.size, natural.rate.shape[2:]
    points = PointSources(
        "power",
        row=np.zeros(0, np.int64),
        column=np.zeros(0, np.int64),
        rate=np.zeros((0, len(names))),
        time_factor=np.ones(count),
        layer_fraction=np.zeros((count, 0, 2), np.float32),
    )
    return EmissionSet(
        times=natural.times,
        sectors=("power", "industry"),
        species=names,
        area_rate=np.full((2, len(names), *shape), 0.25),
        time_factor=np.ones((count, 2)),
        layer_fraction=np.array([[0.4, 0.6], [1.0, 0.0]]),
        points=points,
        attribution="test",
        natural=natural,
    )


def test_only_the_model_s_species_are_kept_and_the_others_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    times = np.datetime64("2022-07-01T00", "s") + np.arange(3) * np.timedelta64(3600, "s")
    rate = np.arange(3 * 7 * 2 * 2, dtype=np.float32).reshape(3, 7, 2, 2)
    natural = NaturalEmissions(times, ALL, rate, "test")
    with caplog.at_level(logging.INFO):
        kept = of_species(natural, table_of("CO", "NO", "ASEAC"))
    assert kept is not None
    assert kept.species == ("NO", "ASEAC")
    np.testing.assert_array_equal(kept.rate, rate[:, [2, 6]])
    assert "ISOP, TERP, ADUST, ADUSC, ASEAS" in caplog.text
    assert of_species(natural, table_of("CO")) is None


def test_mass_of_every_hour_goes_to_the_file_and_back(tmp_path: Path) -> None:
    """Sector factors double the inventory and leave nature alone."""
    times = np.datetime64("2022-07-01T00", "s") + np.arange(3) * np.timedelta64(3600, "s")
    rng = np.random.default_rng(5)
    rate = rng.random((3, 2, 4, 5)).astype(np.float32)
    natural = NaturalEmissions(times, ("NO", "ASEAC"), rate, "from nature")
    emissions = small(natural, ("CO", "ASEAC", "NO"))
    write_emissions(tmp_path / "a.nc", emissions)
    found = read_emissions(tmp_path / "a.nc")
    assert found.natural is not None
    assert (found.natural.species, found.natural.attribution) == (natural.species, "from nature")
    np.testing.assert_array_equal(found.natural.rate, rate, strict=True)
    without = replace(emissions, natural=None)
    factor = np.full((2, 4, 5), 2.0)
    for hour in range(3):
        for one in (emissions, found):
            added = one.hour(hour, factor).astype(float) - without.hour(hour, factor)
            assert np.all(added[0] == 0.0)
            assert np.all(added[:, 1] == 0.0)
            np.testing.assert_allclose(added[2, 0], rate[hour, 0], rtol=1e-6, atol=1e-7)
            assert added.sum() == pytest.approx(rate[hour].astype(float).sum(), rel=1e-6)
    write_emissions(tmp_path / "b.nc", without)
    assert read_emissions(tmp_path / "b.nc").natural is None


def test_switches_leave_sources_out(
    domain: Domain, static: StaticFields, tables: NaturalTables
) -> None:
    series = weather(domain, "2022-07-14T16", 27.0, days=1)
    options = NaturalConfig(isoprene=False, dust=False, sea_salt=False)
    assert natural_emissions(series, static, domain, options, tables).species == ("TERP", "NO")
    off = NaturalConfig(
        isoprene=False, terpenes=False, soil_nitric_oxide=False, dust=False, sea_salt=False
    )
    nothing = natural_emissions(series, static, domain, off, tables)
    assert nothing.species == ()
    assert of_species(nothing, table_of("NO")) is None


def test_weather_that_is_no_number_is_named_with_cell_and_time(
    domain: Domain, static: StaticFields, tables: NaturalTables
) -> None:
    series = weather(domain, "2022-07-14T16", 27.0, days=1)
    series.hour_fields.wind_speed_10m[5, 3, 7] = np.nan
    with pytest.raises(InputError, match=r"wind_speed_10m.*2022-07-14T21:00:00 UTC in row 3, col"):
        natural_emissions(series, static, domain, NaturalConfig(), tables)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("soil.yaml", "source: yan}", "source: nobody}", "cites 'nobody'"),
        ("soil.yaml", "  cropland: {value", "  croplund: {value", "'croplund', which is none"),
        ("biogenic.yaml", "species: ISOP", "species: ISO", "species is 'ISO'"),
        ("biogenic.yaml", "grass: 800.0, ", "gras: 800.0, ", "lacks the plants \\['grass'\\]"),
        ("vegetation.yaml", "{crop: 0.75", "{crop: 0.95", "is covered 1.010 times"),
        ("vegetation.yaml", "{shrub: 0.8}", "{schrub: 0.8}", "types \\['schrub'\\]"),
        ("dust.yaml", "roughness: 3.0e-4", "roughness: -1", "greater than 0"),
        ("sea_salt.yaml", "theta: {value: 30.0", "theta: {value: x", "valid number"),
    ],
)
def test_wrong_tables_say_where(
    tmp_path: Path, project_root: Path, name: str, old: str, new: str, message: str
) -> None:
    for path in (project_root / "configs" / "natural").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if path.name == name:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        read_tables(tmp_path)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"vegetation\.yaml"):
        read_tables(tmp_path)
