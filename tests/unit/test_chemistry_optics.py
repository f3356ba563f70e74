"""Cloud water, optical depths, ozone and albedo against published numbers and limits."""

from pathlib import Path

import numpy as np
import pytest

from forecast.chemistry.optics import (
    CloudWater,
    ParticleOptics,
    cloud_optical_depth,
    cloud_water,
    ozone_column,
    read_ozone,
    read_particle_light,
    surface_albedo,
    water_column,
)
from forecast.common.errors import ConfigurationError
from forecast.config.photolysis import PhotolysisConfig
from forecast.fields.arrays import Single

OPTIONS = PhotolysisConfig()
FINE = ("ASO4", "ANO3", "ANH4", "AOC", "AEC", "AOTHR", "AH2O")


@pytest.fixture
def optics(project_root: Path) -> ParticleOptics:
    light = read_particle_light(project_root / "configs" / "photolysis" / "particles.yaml")
    return ParticleOptics(light, FINE, np.array([310.0, 550.0, 610.0]))


def extinction(optics: ParticleOptics, **mass: float) -> Single:
    """(scattering, absorption) in Mm-1 by band, of masses in ug m-3."""
    masses = np.array([mass.get(name, 0.0) for name in FINE], np.float32)
    layer = np.ascontiguousarray(masses[:, None] * np.ones(16, np.float32))
    depths = optics.depths(layer, np.full(16, 1000.0, np.float32))[:, 0]
    result: Single = 1000.0 * depths.reshape(2, 3)
    return result


def test_dry_particles_follow_the_improve_equation(optics: ParticleOptics) -> None:
    # 3 (sulfate + nitrate) + 4 organic matter + 10 elemental carbon + 1 soil, Mm-1 a ug m-3;
    # here elemental carbon scatters 2.5 more, organic matter absorbs a little more
    fields = extinction(optics, ASO4=10.0, ANO3=5.0, ANH4=5.0, AOC=10.0, AOTHR=3.0)
    assert fields[:, 1].sum() == pytest.approx(3.0 * 20.0 + 4.0 * 10.0 + 3.0, rel=0.01)
    assert extinction(optics, AEC=2.0)[1, 1] == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("humidity", "growth"), [(0.60, 1.5), (0.70, 1.9), (0.80, 2.4), (0.85, 2.9), (0.90, 4.0)]
)
def test_water_makes_salts_scatter_as_the_improve_growth_curve(
    optics: ParticleOptics, humidity: float, growth: float
) -> None:
    # growth of scattering by ammonium sulfate, read from the curve of the IMPROVE equation; its
    # water by kappa 0.53 (Petters and Kreidenweis 2007) and 1.77 g cm-3
    water = 10.0 * 0.53 / 1.77 * humidity / (1.0 - humidity)
    wet = extinction(optics, ASO4=10.0, AH2O=water)[0, 1]
    assert wet / extinction(optics, ASO4=10.0)[0, 1] == pytest.approx(growth, rel=0.25)


def test_short_waves_see_more_and_organic_matter_browns(optics: ParticleOptics) -> None:
    salts, organics = extinction(optics, ASO4=1.0), extinction(optics, AOC=1.0)
    assert salts[0, 0] > salts[0, 1] > salts[0, 2]
    assert organics[1, 0] / organics[1, 1] == pytest.approx((550.0 / 310.0) ** 6, rel=1e-3)


def test_a_haze_of_the_region_has_the_optical_depth_that_is_seen(optics: ParticleOptics) -> None:
    # 150 ug m-3 at 75 % humidity, 500 m deep: of the order of one, scattering albedo near 0.9
    fields = extinction(
        optics, ASO4=30.0, ANO3=45.0, ANH4=22.0, AOC=35.0, AEC=6.0, AOTHR=12.0, AH2O=80.0
    )
    scattering, absorption = fields[:, 1]
    assert 0.3 < (scattering + absorption) * 0.5e-3 < 1.0
    assert 0.85 < scattering / (scattering + absorption) < 0.95


def test_a_particle_without_a_class_is_refused(project_root: Path) -> None:
    light = read_particle_light(project_root / "configs" / "photolysis" / "particles.yaml")
    with pytest.raises(ConfigurationError, match=r"no class for the particles \['APOLLEN'\]"):
        ParticleOptics(light, (*FINE, "APOLLEN"), np.array([550.0]))


def test_every_particle_of_the_model_has_a_class(project_root: Path) -> None:
    light = read_particle_light(project_root / "configs" / "photolysis" / "particles.yaml")
    names = {name for entry in light.classes.values() for name in entry.species}
    modes = {"ASO4", "ANO3", "ANH4", "AEC", "AOC", "AOTHR", "ASEAS", "ADUST", "AH2O"}
    coarse = {"ACORS", "ASEAC", "ADUSC"}
    organics = {f"{kind}{bin_}" for kind in ("ASOA", "ABOA") for bin_ in range(1, 5)}
    assert names == modes | coarse | organics


def test_a_species_in_two_classes_is_refused(project_root: Path, tmp_path: Path) -> None:
    text = (project_root / "configs" / "photolysis" / "particles.yaml").read_text()
    path = tmp_path / "particles.yaml"
    path.write_text(text.replace("[AEC]", "[AEC, ASO4]"))
    with pytest.raises(ConfigurationError, match=r"\['ASO4'\] stand in more than one class"):
        read_particle_light(path)


def test_cloud_water_is_that_of_the_diagnosis() -> None:
    vapour = np.array([np.expm1(1.0), np.expm1(2.0)])
    temperature = np.array([[280.0, 280.0], [253.15, 253.15], [220.0, 220.0]])
    height = np.array([[0.0, 0.0], [700.0, 1400.0], [1400.0, 2800.0]])
    water = cloud_water(temperature, height, vapour, OPTIONS)
    expected = 2.1e-4 * np.exp([0.0, -1.0, -2.0])[:, None] * np.ones(2)
    np.testing.assert_allclose(water.liquid + water.ice, expected, rtol=1e-5)
    np.testing.assert_allclose(
        water.ice / (water.liquid + water.ice), [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]
    )


def test_water_column_is_vapour_over_gravity() -> None:
    column = water_column(np.full((2, 1), 0.01), np.array([[1.0e5], [6.0e4], [2.0e4]]))
    assert column[0] == pytest.approx(0.01 * 8.0e4 / 9.80665)


def test_optical_depth_of_cloud() -> None:
    # 100 g m-2 of droplets of 8 um: 1.5 W / (density r) = 18.75 for large particles; Slingo's
    # fit has 19.1. Ice: 1.5 W / (0.92 density r) with 30 um gives 5.4, Ebert and Curry 8.4
    liquid = CloudWater(np.full(1, 2.0e-4, np.float32), np.zeros(1, np.float32))
    depth = cloud_optical_depth(liquid, np.ones(1), np.full(1, 500.0), OPTIONS)
    assert depth[0] == pytest.approx(19.1, abs=0.1)
    ice = CloudWater(liquid.ice, liquid.liquid)
    frozen = cloud_optical_depth(ice, np.ones(1), np.full(1, 500.0), OPTIONS)
    assert frozen[0] == pytest.approx(8.4, abs=0.1)
    part = cloud_optical_depth(liquid, np.full(1, 0.25), np.full(1, 500.0), OPTIONS)
    assert part[0] == pytest.approx(depth[0] * 0.125)
    none = cloud_optical_depth(liquid, np.zeros(1), np.full(1, 500.0), OPTIONS)
    assert none[0] == 0.0


def test_ozone_follows_month_and_latitude(project_root: Path) -> None:
    climatology = read_ozone(project_root / "configs" / "photolysis" / "ozone.yaml")

    def at(time: str, latitude: float) -> float:
        moment = np.datetime64(time, "s")
        return float(ozone_column(climatology, moment, np.array([latitude]), OPTIONS)[0])

    assert at("2022-01-16T12", 40.0) == pytest.approx(333.1, abs=0.1)
    assert at("2022-01-16T12", 35.0) == pytest.approx(0.5 * (333.1 + 277.8), abs=0.1)
    assert at("2022-07-16T12", 30.0) == pytest.approx(289.8, abs=0.1)
    year_end = 0.5 * (311.7 + 333.1)
    assert at("2021-12-31T23:59:59", 40.0) == pytest.approx(year_end, abs=0.1)
    assert at("2022-01-01T00", 40.0) == pytest.approx(year_end, abs=0.1)
    fixed = PhotolysisConfig(ozone_column=310.0)
    column = ozone_column(climatology, np.datetime64("2022-05-01"), np.zeros((2, 3)), fixed)
    np.testing.assert_array_equal(column, np.full((2, 3), 310.0, np.float32))


def test_albedo_follows_land() -> None:
    albedo = surface_albedo(np.array([0.0, 0.5, 1.0]), OPTIONS)
    np.testing.assert_allclose(albedo, [0.07, 0.055, 0.04], rtol=1e-6)
