"""Background profiles: the file, the conversion, the sides and the initial state."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from forecast.chemistry.composition import read_composition
from forecast.common.errors import ConfigurationError, InputError
from forecast.config.boundary import BackgroundProfiles
from forecast.config.domain import DomainConfig
from forecast.fields.boundary import BoundarySeries
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.grid.domain import Domain
from forecast.prepare.boundary import prepare_boundary, read_background, unnamed_species

GASES = ("CO", "SO2", "NO", "NO2", "NH3")
FINE = ("AEC", "AOC", "AOTHR", "ASO4", "ANO3", "ANH4", "ASOA1", "ASOA2", "ABOA1", "ADUST", "ASEAS")


def species(*names: str) -> SpeciesTable:
    return SpeciesTable(
        tuple(
            Species(
                name=name,
                long_name=name,
                molar_mass=0.02801,
                phase=Phase.GAS if name in GASES else Phase.FINE,
                source="test",
            )
            for name in names
        )
    )


def content() -> dict[str, object]:
    """A small file: gas falls with height, aerosol is even; each side has its own level."""

    def air(level: float) -> dict[str, object]:
        gas = {"units": "ppb", "values": [100.0 * level, 0.0], "source": "s"}
        dust = {"units": "ug m-3", "values": [10.0 * level, 10.0 * level], "source": "s"}
        return {"description": "air", "species": {"CO": gas, "AEC": dust}}

    return {
        "title": "Test background",
        "period": "2020",
        "first_day": "12-01",
        "last_day": "02-29",
        "heights": [0, 20000],
        "sources": {"s": "made"},
        "sides": {"west": "a", "east": "b", "south": "c", "north": "d"},
        "air_masses": {"a": air(1.0), "b": air(2.0), "c": air(3.0), "d": air(4.0)},
    }


def write(tmp_path: Path, data: dict[str, object]) -> Path:
    path = tmp_path / "background.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def domain() -> Domain:
    return Domain.from_config(DomainConfig(nx=8, ny=6, x_west=-108000.0, y_south=-81000.0))


def meteorology(place: Domain, first: str = "2021-12-30T16") -> MeteorologySeries:
    nz, ny, nx = place.shape
    flat, deep = np.zeros((2, ny, nx), np.float32), np.zeros((2, nz, ny, nx), np.float32)
    hour = MeteorologyHour(
        surface_pressure=flat + np.float32(100000.0),
        air_temperature=deep + np.float32(280.0),
        specific_humidity=deep,
        cloud_area_fraction=deep,
        mass_flux_x=deep,
        mass_flux_y=deep,
        air_temperature_2m=flat,
        wind_speed_10m=flat,
        friction_velocity=flat,
        inverse_obukhov_length=flat,
        boundary_layer_height=flat,
        downwelling_shortwave=flat,
        precipitation_flux=flat,
    )
    times = np.datetime64(first, "s") + np.arange(2) * np.timedelta64(3600, "s")
    return MeteorologySeries(times, hour, False, "made")


def prepared(tmp_path: Path) -> BoundarySeries:
    table, place = species("CO", "AEC"), domain()
    profiles = read_background(write(tmp_path, content()), table)
    return prepare_boundary(profiles, place, meteorology(place), table)


def test_amounts_become_mixing_ratios(tmp_path: Path) -> None:
    found = prepared(tmp_path)
    # Isothermal at 280 K: layer centre z = R T / g ln(100000 / p), R = 287.06
    pressure = domain().levels.pressure_full(np.array(100000.0))
    height = 287.06 * 280.0 / 9.80665 * np.log(100000.0 / pressure)
    ppb = 100.0 * (1.0 - height / 20000.0)
    np.testing.assert_allclose(found.west[0, 0, :, 2], ppb * 1e-9 * 28.01 / 28.9644, rtol=2e-4)
    density = pressure / (287.06 * 280.0)
    np.testing.assert_allclose(found.west[0, 1, :, 2], 10e-9 / density, rtol=2e-4)


def test_moist_air_holds_less_dry_air(tmp_path: Path) -> None:
    table, place = species("CO", "AEC"), domain()
    profiles = read_background(write(tmp_path, content()), table)
    series = meteorology(place)
    moist = series.hour_fields.specific_humidity + np.float32(0.01)
    wet = replace(series, hour_fields=replace(series.hour_fields, specific_humidity=moist))
    ratio = (
        prepare_boundary(profiles, place, wet, table).west[0, 0, 0]
        / prepare_boundary(profiles, place, series, table).west[0, 0, 0]
    )
    assert ratio == pytest.approx(0.99, abs=2e-5)


def test_every_side_has_its_air(tmp_path: Path) -> None:
    found = prepared(tmp_path)
    nz, ny, nx = domain().shape
    assert found.west.shape == found.east.shape == (1, 2, nz, ny)
    assert found.south.shape == found.north.shape == (1, 2, nz, nx)
    first = found.west[0, 1, 0, 0]
    for side, level in ((found.east, 2.0), (found.south, 3.0), (found.north, 4.0)):
        assert side[0, 1, 0] / first == pytest.approx(level, rel=1e-5)


def test_the_start_blends_the_sides(tmp_path: Path) -> None:
    found = prepared(tmp_path)
    aerosol = found.initial[1, 0] / found.west[0, 1, 0, 0]
    assert aerosol.min() > 1.0
    assert aerosol.max() < 4.0
    assert aerosol[:, 0].mean() < aerosol[:, -1].mean()
    assert aerosol[-1].mean() > aerosol[0].mean()
    # next to the middle of the western edge: distances 0.5, 7.5, 2.5 and 3.5 cells
    weights = np.array([2.0, 1 / 7.5, 1 / 2.5, 1 / 3.5])
    expected = weights @ [1.0, 2.0, 3.0, 4.0] / weights.sum()
    assert aerosol[2, 0] == pytest.approx(expected, rel=1e-5)


def test_the_season_must_fit(tmp_path: Path) -> None:
    table, place = species("CO", "AEC"), domain()
    profiles = read_background(write(tmp_path, content()), table)
    with pytest.raises(InputError, match=r"'2022-07-01' \(Beijing\)"):
        prepare_boundary(profiles, place, meteorology(place, "2022-06-30T16"), table)


@pytest.mark.parametrize(
    ("day", "first", "last", "holds"),
    [
        ("12-01", "12-01", "02-29", True),
        ("02-29", "12-01", "02-29", True),
        ("03-01", "12-01", "02-29", False),
        ("07-15", "06-01", "08-31", True),
        ("05-31", "06-01", "08-31", False),
    ],
)
def test_seasons(day: str, first: str, last: str, holds: bool) -> None:
    data = {**content(), "first_day": first, "last_day": last}
    assert BackgroundProfiles.model_validate(data).holds_on(day) is holds


def test_all_errors_of_the_species_are_told_at_once(tmp_path: Path) -> None:
    data = yaml.safe_load(yaml.safe_dump(content()))
    del data["air_masses"]["a"]["species"]["AEC"]
    data["air_masses"]["b"]["species"]["CO"]["units"] = "ug m-3"
    data["air_masses"]["c"]["species"]["O4"] = dict(data["air_masses"]["c"]["species"]["CO"])
    with pytest.raises(InputError) as caught:
        read_background(write(tmp_path, data), species("CO", "AEC"))
    text = str(caught.value)
    assert "3 error(s)" in text
    assert "a.species.AEC: the profile is missing" in text
    assert "b.species.CO: the units are 'ug m-3'; 'ppb' was expected" in text
    rows = write(tmp_path, data).read_text(encoding="utf-8").splitlines()
    line = rows.index("      O4:") + 2  # the first line of what the key holds
    assert f"line {line}: air_masses.c.species.O4: the model has no such species" in text


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("air_masses", "a", "species", "CO", "values"), [1.0, -2.0], "greater than or equal to 0"),
        (("air_masses", "a", "species", "CO", "values"), [1.0], "1 values for 2 heights"),
        (("air_masses", "a", "species", "CO", "units"), "ppt", "'ppb' or 'ug m-3'"),
        (("air_masses", "a", "species", "CO", "source"), "t", "cites 't', which is no source"),
        (("heights",), [500, 0], "heights must rise"),
        (("sides", "west"), "z", "names 'z', which is no air mass"),
        (("first_day",), "13-01", "first_day"),
        (("titel",), "x", "titel"),
    ],
)
def test_a_wrong_file_is_told(
    tmp_path: Path, place: tuple[str, ...], value: object, said: str
) -> None:
    data = yaml.safe_load(yaml.safe_dump(content()))
    node = data
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    with pytest.raises(ConfigurationError, match=said):
        read_background(write(tmp_path, data), species("CO", "AEC"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none.yaml"):
        read_background(tmp_path / "none.yaml", species("CO"))


def test_what_a_model_lacks_counts_as_what_stands_for_it(tmp_path: Path) -> None:
    data = yaml.safe_load(yaml.safe_dump(content()))
    for air in data["air_masses"].values():
        air["species"]["ASOA1"] = {"units": "ug m-3", "values": [4.0, 4.0], "source": "s"}
        air["species"]["O3"] = {"units": "ppb", "values": [40.0, 40.0], "source": "s"}
    data["may_lack"] = {"ASOA1": {"AEC": 0.5}, "O3": {}}
    place, path = domain(), write(tmp_path, data)
    poor, rich = species("CO", "AEC"), species("CO", "AEC", "ASOA1", "O1D")
    found = prepare_boundary(read_background(path, poor), place, meteorology(place), poor)
    folder = tmp_path / "plain"
    folder.mkdir()
    plain = prepared(folder)
    np.testing.assert_allclose(found.west[:, 1], plain.west[:, 1] * 1.2, rtol=1e-6)
    whole = prepare_boundary(read_background(path, rich), place, meteorology(place), rich)
    np.testing.assert_allclose(whole.west[:, 1], plain.west[:, 1], rtol=1e-6)
    np.testing.assert_allclose(whole.west[:, 2], plain.west[:, 1] * 0.4, rtol=1e-6)
    assert not whole.west[:, 3].any()
    assert unnamed_species(read_background(path, rich), rich) == ("O1D",)
    data["may_lack"]["ASOA1"] = {"CO": 1.0}
    with pytest.raises(InputError, match=r"ASOA1: the units are 'ug m-3'; 'ppb' was expected"):
        read_background(write(tmp_path, data), poor)


@pytest.mark.parametrize("season", ["winter", "summer"])
@pytest.mark.parametrize("mechanism", ["cb05", "cb6r3"])
def test_the_backgrounds_of_the_project(project_root: Path, season: str, mechanism: str) -> None:
    configs = project_root / "configs"
    table = read_composition(
        configs / "mechanisms" / f"{mechanism}.yaml",
        (configs / "mechanisms" / "haze.yaml",),
        configs / "aerosol.yaml",
    ).table
    profiles = read_background(configs / "background" / f"{season}.yaml", table)
    assert profiles.holds_on({"winter": "01-03", "summer": "07-20"}[season])
    place = domain()
    first = {"winter": "2021-12-30T16", "summer": "2022-07-20T16"}[season]
    found = prepare_boundary(profiles, place, meteorology(place, first), table)
    density = 100000.0 / (287.06 * 280.0)
    fine = [table.index(name) for name in table.names if name in FINE]
    for side in (found.west[0, :, 0], found.east[0, :, 0]):
        assert 5.0 < side[fine].sum(axis=0).mean() * density * 1e9 < 40.0
    unnamed = unnamed_species(profiles, table)
    assert not set(GASES[:5]) & set(unnamed)
    ozone = found.north[0, table.index("O3"), 0, 0] * 28.9644 / 47.997 * 1e9
    assert 30.0 < ozone < 60.0
    assert {"OH", "HO2", "NO3"} < set(unnamed)
    transported = {"O3", "PAN", "HNO3", "H2O2", "FORM", "PAR", "ETHA", "TOL", "ASOA1", "ADUST"}
    assert not transported & set(unnamed)
    assert ("NTR" if mechanism == "cb05" else "PRPA") not in unnamed
