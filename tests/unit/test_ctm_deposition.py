"""Deposition velocities: limits, published ranges, seasons."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.removal import ParticleKind, Removal, read_removal
from forecast.config.deposition import ColdScheme, DepositionConfig, DryScheme, ParticleScheme
from forecast.ctm.deposition import DryDeposition
from forecast.ctm.process import Ground, Hour
from forecast.ctm.surfaces import Surfaces, read_surfaces
from forecast.fields.meteorology import MeteorologyHour
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.grid.land import CLASSES, ROUGHNESS, Season
from forecast.grid.season import VegetationSeason, vegetation_season
from forecast.prepare.diagnose import saturation_humidity

MASSES = {"O3": 48.0, "SO2": 64.1, "NO2": 46.0, "HNO3": 63.0, "NH3": 17.0, "PAN": 121.0,
          "H2O2": 34.0, "FORM": 30.0, "CO": 28.0, "ALD2": 44.1}  # fmt: skip
PHASES = {"ASO4": Phase.FINE, "ADUST": Phase.FINE, "ACORS": Phase.COARSE, "ADUSC": Phase.COARSE}
MIDSUMMER, LATE_AUTUMN = int(VegetationSeason.MIDSUMMER), int(VegetationSeason.LATE_AUTUMN)


def _species(name: str, mass: float, phase: Phase) -> Species:
    return Species(name=name, long_name=name, molar_mass=mass / 1e3, phase=phase, source="test")


TABLE = SpeciesTable(
    (
        *(_species(name, mass, Phase.GAS) for name, mass in MASSES.items()),
        *(_species(name, 100.0, phase) for name, phase in PHASES.items()),
    )
)


@pytest.fixture(scope="module")
def surfaces(project_root: Path) -> Surfaces:
    return read_surfaces(project_root / "configs" / "deposition" / "surfaces.yaml")


@pytest.fixture(scope="module")
def removal() -> Removal:
    return read_removal(TABLE, DepositionConfig())


def _hour(
    celsius: float, light: float, friction: float, inverse: float, *,
    humidity: float = 0.6, rain: float = 0.0, wind: float = 3.0,
) -> Hour:  # fmt: skip
    """One column of air over one cell."""

    def flat(value: float) -> Any:
        return np.full((1, 1), value, np.float32)

    def high(value: float) -> Any:
        return np.full((3, 1, 1), value, np.float32)

    kelvin = celsius + 273.15
    vapour = humidity * float(saturation_humidity(np.array(1e5), np.array(kelvin)))
    record = MeteorologyHour(
        surface_pressure=flat(1e5),
        air_temperature=high(kelvin),
        specific_humidity=high(vapour),
        cloud_area_fraction=high(0.0),
        mass_flux_x=np.zeros((3, 1, 2), np.float32),
        mass_flux_y=np.zeros((3, 2, 1), np.float32),
        air_temperature_2m=flat(kelvin),
        wind_speed_10m=flat(wind),
        friction_velocity=flat(friction),
        inverse_obukhov_length=flat(inverse),
        boundary_layer_height=flat(500.0),
        downwelling_shortwave=flat(light),
        precipitation_flux=flat(rain),
    )
    z_half = np.array([0.0, 40.0, 100.0, 200.0]).reshape(-1, 1, 1)
    full = 0.5 * (z_half[1:] + z_half[:-1])
    return Hour(0, record, record, z_half, full, high(9.9e4), high(1.25))


def _ground(shares: dict[str, float], season: int) -> Ground:
    use = np.zeros((len(CLASSES), 1, 1), np.float32)
    for name, share in shares.items():
        use[CLASSES.index(name)] = share
    summer = season in (VegetationSeason.MIDSUMMER, VegetationSeason.AUTUMN)
    row = ROUGHNESS[Season.SUMMER if summer else Season.WINTER]
    first = row[CLASSES.index(next(iter(shares)))]
    plain: dict[str, Any] = {field.name: np.zeros((1, 1)) for field in fields(Ground)}
    mine = {
        "roughness_length": np.full((1, 1), first, np.float32),
        "land_use": use,
        "season": np.full((1, 1), season),
    }
    return Ground(**(plain | mine))


Look = Callable[..., dict[str, float]]


@pytest.fixture(scope="module")
def look(removal: Removal, surfaces: Surfaces) -> Look:
    """Velocities in cm s-1 over a ground in an hour."""

    def find(
        shares: dict[str, float] | str, season: int, hour: Hour, **options: Any
    ) -> dict[str, float]:
        shares = {shares: 1.0} if isinstance(shares, str) else shares
        scheme = DryDeposition(
            removal, surfaces, DepositionConfig(**options), _ground(shares, season)
        )
        parts = scheme.parts(hour)
        total = 100.0 * (parts.turbulent + parts.settling)[:, 0, 0]
        return dict(zip(TABLE.names, map(float, total), strict=True))

    return find


SUMMER_DAY, SUMMER_NIGHT = (25.0, 500.0, 0.3, -0.02), (18.0, 0.0, 0.12, 0.03)
WINTER_DAY, WINTER_NIGHT = (5.0, 350.0, 0.3, -0.01), (-4.0, 0.0, 0.1, 0.03)


@pytest.mark.parametrize(
    ("land", "season", "hour", "name", "low", "high"),
    [
        # maize and wheat of the North China Plain: 0.40 +- 0.38 by day, 0.17 +- 0.26 at night
        # (Zhang et al. 2024, doi 10.5194/acp-24-12323-2024)
        ("cropland", MIDSUMMER, SUMMER_DAY, "O3", 0.3, 0.78),
        ("cropland", MIDSUMMER, SUMMER_NIGHT, "O3", 0.05, 0.43),
        # short grass near Beijing, early winter: SO2 0.4 +- 0.2, O3 0.4 +- 0.3
        # (Sorimachi et al. 2003)
        ("grassland", LATE_AUTUMN, WINTER_DAY, "SO2", 0.2, 0.6),
        ("grassland", LATE_AUTUMN, WINTER_DAY, "O3", 0.1, 0.7),
        # sea, Asia: SO2 0.5 in winter, 0.8 in summer (Xu and Carmichael 1998)
        ("water", LATE_AUTUMN, WINTER_DAY, "SO2", 0.4, 1.2),
        # the sea takes little ozone: 0.01 to 0.05 (Ganzeveld et al. 2009)
        ("water", LATE_AUTUMN, WINTER_DAY, "O3", 0.01, 0.06),
        # nitric acid by day: 1 to 5, limited by the air alone (Seinfeld and Pandis 2006)
        ("cropland", MIDSUMMER, SUMMER_DAY, "HNO3", 1.0, 5.0),
        # sulfate: less than 0.1 in Asia (Xu and Carmichael 1998) to 0.2 over grass (Wesely 1985)
        ("grassland", MIDSUMMER, SUMMER_DAY, "ASO4", 0.05, 0.25),
    ],
)
def test_velocities_are_those_that_were_measured(
    look: Look, land: str, season: int, hour: Any, name: str, low: float, high: float
) -> None:
    assert low <= look(land, season, _hour(*hour))[name] <= high


def test_a_calm_night_lets_nothing_down(look: Look) -> None:
    """With u* at its floor of 1 cm/s the air alone has a resistance of hundreds of s/cm."""
    calm = look("cropland", LATE_AUTUMN, _hour(-4.0, 0.0, 0.005, 0.2))
    assert max(calm[name] for name in MASSES) < 0.05
    assert calm["ADUSC"] == pytest.approx(0.25, abs=0.05)  # it falls all the same


def test_in_a_storm_the_surface_decides(look: Look) -> None:
    """Ozone over bare fields: 10 + 150 s m-1 to the ground, r_dc + 1000 in what stands there."""
    storm = look("cropland", LATE_AUTUMN, _hour(5.0, 0.0, 3.0, 0.0), largest_velocity=0.2)
    surface = 1.0 / (1.0 / 160.0 + 1.0 / (10100.0 + 1000.0))
    assert 100.0 / storm["O3"] == pytest.approx(surface, rel=0.1)
    assert storm["HNO3"] > 5.0


def test_water_takes_soluble_gases_as_fast_as_the_air_brings_them(look: Look) -> None:
    sea = look("water", MIDSUMMER, _hour(20.0, 300.0, 0.3, 0.0))
    aerodynamic = np.log(20.0 / 1e-4) / (0.4 * 0.3)
    assert 1.0 / sea["HNO3"] == pytest.approx((aerodynamic + 25.0) / 100.0, rel=0.05)
    assert sea["HNO3"] == pytest.approx(sea["SO2"], rel=0.05)
    assert sea["NO2"] < 0.02
    assert sea["ALD2"] < 0.02


def test_what_neither_dissolves_nor_reacts_stays(look: Look) -> None:
    for land in ("cropland", "water", "urban"):
        assert look(land, MIDSUMMER, _hour(*SUMMER_DAY))["CO"] == 0.0


def test_a_mixed_cell_is_the_mean_of_its_parts(look: Look) -> None:
    """Two classes of equal roughness; the mean is that of velocities."""
    hour = _hour(*SUMMER_DAY)
    parts = [look(name, MIDSUMMER, hour) for name in ("mixed forest", "deciduous broadleaf forest")]
    both = look({"mixed forest": 0.25, "deciduous broadleaf forest": 0.75}, MIDSUMMER, hour)
    for name in TABLE.names:
        expected = 0.25 * parts[0][name] + 0.75 * parts[1][name]
        assert both[name] == pytest.approx(expected, rel=1e-5), name


def test_dew_and_rain_wet_the_leaves(look: Look) -> None:
    dry = look("cropland", MIDSUMMER, _hour(15.0, 0.0, 0.2, 0.0, humidity=0.5))
    dew = look("cropland", MIDSUMMER, _hour(15.0, 0.0, 0.2, 0.0, humidity=0.97, wind=1.0))
    rain = look("cropland", MIDSUMMER, _hour(15.0, 0.0, 0.2, 0.0, rain=3e-4))
    assert dew["SO2"] > 1.5 * dry["SO2"]
    assert rain["SO2"] < dew["SO2"]
    assert rain["H2O2"] > 1.5 * dry["H2O2"]
    assert rain["O3"] > dry["O3"]


def test_snow_takes_hardly_any_ozone(look: Look) -> None:
    bare = look("cropland", LATE_AUTUMN, _hour(-3.0, 100.0, 0.3, 0.0))
    snow = look("cropland", LATE_AUTUMN, _hour(-3.0, 100.0, 0.3, 0.0, rain=3e-4))
    assert snow["O3"] < 0.3 * bare["O3"]


def test_cold_surfaces_take_less_by_either_scheme(look: Look) -> None:
    def ozone(celsius: float, cold: ColdScheme) -> float:
        return look("cropland", LATE_AUTUMN, _hour(celsius, 0.0, 0.3, 0.0), cold=cold)["O3"]

    for scheme in ColdScheme:
        assert ozone(-10.0, scheme) < ozone(3.0, scheme)
    assert ozone(-10.0, ColdScheme.ZHANG_2003) > 0.5 * ozone(3.0, ColdScheme.ZHANG_2003)
    assert ozone(-10.0, ColdScheme.WESELY_1989) < 0.01


def test_both_schemes_of_particles_have_their_shape(look: Look) -> None:
    for scheme in ParticleScheme:
        found = look("cropland", MIDSUMMER, _hour(*SUMMER_DAY), particle_scheme=scheme)
        assert 0.02 < found["ASO4"] < 0.4
        assert found["ACORS"] > found["ASO4"]


def test_sizes_deposit_as_emerson_found(surfaces: Surfaces) -> None:
    """Zhang et al. (2001) take up to tenfold of small particles and too little of coarse ones.

    So Emerson et al. (2020), whose own least velocity is near 0.1 um, the other's near 1 um.
    """
    sizes = (0.03e-6, 0.1e-6, 0.3e-6, 1.0e-6, 3.0e-6, 9.0e-6)
    found = {}
    for scheme in ParticleScheme:
        options, row = DepositionConfig(particle_scheme=scheme), []
        for diameter in sizes:
            kind = ParticleKind(
                diameter=diameter, spread=1.0, density=1500.0, hygroscopicity=0.0, cloud=1.0,
                ice=0.0, source=("test",),
            )  # fmt: skip
            one = Removal((None,), (kind,), (False,))
            ground = _ground({"grassland": 1.0}, MIDSUMMER)
            hour = _hour(15.0, 300.0, 0.3, 0.0)
            row.append(
                float(DryDeposition(one, surfaces, options, ground).velocities(hour)[0, 0, 0])
            )
        found[scheme] = np.array(row)
    zhang, emerson = found[ParticleScheme.ZHANG_2001], found[ParticleScheme.EMERSON_2020]
    assert sizes[int(zhang.argmin())] in (1.0e-6, 3.0e-6)
    assert sizes[int(emerson.argmin())] == 0.1e-6
    assert 3.0 < zhang[0] / emerson[0] < 12.0
    assert zhang[1] > 3.0 * emerson[1]
    assert np.all(zhang[3:] < 0.6 * emerson[3:])


def test_growth_makes_particles_fall_faster(look: Look) -> None:
    moist = _hour(5.0, 0.0, 0.3, 0.0, humidity=0.9)
    grown = look("cropland", LATE_AUTUMN, moist)
    dry = look("cropland", LATE_AUTUMN, moist, humidity_growth=False)
    assert grown["ACORS"] > dry["ACORS"]
    assert grown["ADUSC"] == dry["ADUSC"]


def test_dry_deposition_can_be_switched_off(removal: Removal, surfaces: Surfaces) -> None:
    options = DepositionConfig(dry=DryScheme.NONE)
    scheme = DryDeposition(removal, surfaces, options, _ground({"cropland": 1.0}, LATE_AUTUMN))
    assert not scheme.velocities(_hour(*WINTER_DAY)).any()


@pytest.mark.parametrize("settling", [True, False])
def test_settling_is_counted_once(removal: Removal, surfaces: Surfaces, settling: bool) -> None:
    options = DepositionConfig(settling=settling)
    scheme = DryDeposition(removal, surfaces, options, _ground({"cropland": 1.0}, LATE_AUTUMN))
    hour = _hour(*WINTER_DAY)
    mixed, parts = scheme.velocities(hour), scheme.parts(hour)
    dust, sulfate = TABLE.index("ADUSC"), TABLE.index("ASO4")
    assert mixed[sulfate] == parts.turbulent[sulfate] + parts.settling[sulfate]
    expected = parts.turbulent[dust] + (0.0 if settling else 1.0) * parts.settling[dust]
    assert mixed[dust] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("month", "season"),
    [(1, "LATE_AUTUMN"), (4, "SPRING"), (7, "MIDSUMMER"), (10, "AUTUMN"), (12, "LATE_AUTUMN")],
)
def test_seasons_of_jinan(month: int, season: str) -> None:
    found = vegetation_season(datetime(2022, month, 15, tzinfo=UTC), np.array([36.7]))
    assert VegetationSeason(int(found[0])).name == season


def test_seasons_follow_latitude_and_hemisphere() -> None:
    january = vegetation_season(datetime(2022, 1, 15, tzinfo=UTC), np.array([10.0, 60.0, -40.0]))
    assert [VegetationSeason(n).name for n in january] == ["MIDSUMMER", "LATE_AUTUMN", "MIDSUMMER"]
