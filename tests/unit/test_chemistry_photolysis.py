"""Photolysis rates: TUV-x where the table has no point, limits of cloud and haze, bad input."""

import logging
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from forecast.chemistry.kernels.photolysis import BANDS, Columns, Turbidity
from forecast.chemistry.lanes import LANES, as_columns, as_grid
from forecast.chemistry.photolysis import (
    Photolysis,
    PhotolysisTable,
    clear_air,
    read_photolysis_table,
)
from forecast.common.errors import ConfigurationError, InputError
from forecast.config.photolysis import PhotolysisConfig, RateList
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float, Reals, Single
from forecast.grid.vertical import HybridLevels
from tools.photolysis_errors import clear_errors, column_errors

NZ = 20
NAMES = ("jNO2", "jO3_O1D", "jHCHO_H", "jNO3_NO2", "jPAN")
BOUNDS = 1000.0 * np.arange(NZ + 1)


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(__file__).resolve().parents[2] / "data" / "photolysis"


@pytest.fixture(scope="module")
def table(folder: Path) -> PhotolysisTable:
    return read_photolysis_table(folder / "tuvx.nc")


@pytest.fixture(scope="module")
def model(table: PhotolysisTable) -> Photolysis:
    return Photolysis(table, NAMES, PhotolysisConfig())


def air(
    table: PhotolysisTable,
    zenith: Reals | float,
    ozone: float = 300.0,
    albedo: float = 0.1,
    warmer: float = 0.0,
) -> Columns:
    """Layers of 1 km of the table's own air, one column a lane."""
    middle = 0.5 * (BOUNDS[1:] + BOUNDS[:-1])
    logarithm = np.interp(BOUNDS, [0.0, 11000.0, 20000.0], np.log([101325.0, 22632.0, 5475.0]))
    usual = np.interp(middle, table.height, table.temperature) + warmer

    def across(values: Reals) -> Single:
        lanes = np.asarray(values)[..., None] * np.ones(LANES)
        return np.ascontiguousarray(lanes, dtype=np.float32)

    return Columns(
        cosine=np.cos(np.radians(np.broadcast_to(zenith, LANES))).astype(np.float32),
        ozone=across(np.array(ozone)),
        albedo=across(np.array(albedo)),
        height=across(middle),
        pressure=across(np.exp(logarithm)),
        temperature=across(usual),
    )


def cloud(depth: float, layer: int = 2) -> Turbidity:
    turbidity = clear_air(NZ, LANES)
    turbidity.cloud[layer] = depth
    return turbidity


def haze(depth: float, scattered: float) -> Turbidity:
    """Haze below 1 km with its optical depth at 550 nm."""
    fields = np.zeros((2, BANDS, NZ, LANES), np.float32)
    stretch = (550.0 / np.array([310.0, 370.0, 610.0]))[:, None] ** 1.3
    fields[0, :, 0], fields[1, :, 0] = (
        depth * share * stretch for share in (scattered, 1.0 - scattered)
    )
    return Turbidity(np.zeros((NZ, LANES), np.float32), *fields)


def test_clear_air_agrees_with_tuvx_between_the_points_of_the_table(
    table: PhotolysisTable, folder: Path
) -> None:
    zenith, errors = clear_errors(table, folder / "check.nc")
    assert zenith.size >= 60
    high = np.abs(errors[zenith < 80.0])
    assert np.sqrt(np.mean(high**2)) < 0.006
    assert high.max() < 0.02
    low = np.abs(errors[(zenith >= 80.0) & (zenith < 90.0)])
    assert low.max() < 0.05


def test_haze_cloud_high_ground_and_cold_agree_with_tuvx(
    table: PhotolysisTable, folder: Path
) -> None:
    cloud_depth, particles, rates, tuvx = column_errors(table, folder / "check.nc")
    errors = np.abs(rates / tuvx - 1.0)
    kinds = {
        "clear": ((cloud_depth == 0.0) & (particles == 0.0), 0.012, 0.06),
        "haze": ((cloud_depth == 0.0) & (particles > 0.0), 0.025, 0.27),
        "cloud": ((cloud_depth > 0.0) & (particles == 0.0), 0.045, 0.42),
        "both": ((cloud_depth > 0.0) & (particles > 0.0), 0.045, 0.25),
    }
    for name, (cases, mean, largest) in kinds.items():
        assert cases.sum() >= 8, name
        assert np.sqrt(np.mean(errors[cases] ** 2)) < mean, name
        assert errors[cases].max() < largest, name


def test_rates_under_the_aerosol_of_elterman_are_those_of_tuv(table: PhotolysisTable) -> None:
    # TUV 5.4 by TUV-x as it stands: 300 DU, albedo 0.1, aerosol of Elterman (1968) with a single
    # scattering albedo of 0.99, asymmetry 0.61 and an exponent of 1; surface rates, s-1
    zenith = np.array([0.0, 30.0, 60.0, 75.0])
    no2 = np.array([1.1060e-2, 9.880e-3, 5.929e-3, 2.666e-3])
    o1d = np.array([4.828e-5, 3.441e-5, 8.544e-6, 1.640e-6])
    depth = np.array([
        0.10698, 0.04687, 0.02, 0.00903, 0.00548, 0.00402, 0.00321, 0.00314, 0.00312, 0.00302,
        0.00288, 0.00286, 0.00282, 0.00267, 0.00257, 0.00243, 0.00235, 0.00237, 0.00215, 0.00165,
    ])  # fmt: skip
    stretch = (550.0 / table.wavelength)[:, None, None]
    extinction = depth[:, None] * np.ones(LANES) * stretch
    nothing = np.zeros((NZ, LANES), np.float32)
    turbidity = Turbidity(
        nothing, *((share * extinction).astype(np.float32) for share in (0.99, 0.01))
    )
    columns = air(table, np.resize(zenith, LANES))
    model = Photolysis(table, NAMES[:2], PhotolysisConfig(), particle_asymmetry=0.61)
    rates = model.rates(columns, turbidity)[:2, :, :4]
    ground = 1.5 * rates[0] - 0.5 * rates[1]  # middles of layers at 500 and 1500 m
    np.testing.assert_allclose(ground[0], no2, rtol=0.03)
    np.testing.assert_allclose(ground[1], o1d, rtol=0.04)


def test_without_cloud_and_haze_the_light_is_that_of_the_table(
    model: Photolysis, table: PhotolysisTable
) -> None:
    light = model.light(air(table, np.linspace(0.0, 94.0, LANES)), clear_air(NZ, LANES))
    np.testing.assert_allclose(light, 1.0, rtol=1.0e-4)


def test_a_thick_cloud_darkens_below_and_brightens_above(
    model: Photolysis, table: PhotolysisTable
) -> None:
    columns = air(table, 40.0)
    ratio = model.rates(columns, cloud(40.0)) / model.rates(columns, clear_air(NZ, LANES))
    assert np.all(ratio[:2] < 0.6)
    assert np.all(ratio[3:6] > 1.3)
    assert np.all(ratio[2] > ratio[1])
    deeper = model.rates(columns, cloud(80.0)) / model.rates(columns, clear_air(NZ, LANES))
    assert np.all(deeper[:2] < ratio[:2])
    assert np.all(deeper[3:] > ratio[3:])


@pytest.mark.parametrize(("depth", "zenith"), [(10.0, 20.0), (20.0, 40.0), (50.0, 50.0)])
def test_dimming_below_cloud_is_near_the_formula_of_chang(
    model: Photolysis, table: PhotolysisTable, depth: float, zenith: float
) -> None:
    # Chang et al. (1987, doi 10.1029/JD092iD12p14681): 1.6 t cos(zenith) below cloud, with
    # t = (5 - exp(-depth)) / (4 + 3 depth (1 - 0.86)); for ground that reflects little
    columns = air(table, zenith, albedo=0.05)
    ratio = model.rates(columns, cloud(depth)) / model.rates(columns, clear_air(NZ, LANES))
    passed = (5.0 - np.exp(-depth)) / (4.0 + 3.0 * depth * 0.14)
    expected = 1.6 * passed * np.cos(np.radians(zenith))
    assert ratio[0, NAMES.index("jNO2"), 0] == pytest.approx(expected, rel=0.25)


def test_haze_that_absorbs_darkens_its_own_chemistry(
    model: Photolysis, table: PhotolysisTable
) -> None:
    columns = air(table, 60.0, albedo=0.04)
    clear = model.rates(columns, clear_air(NZ, LANES))[0, :, 0]
    before = clear
    for depth in (0.5, 1.0, 2.0, 4.0):
        rates = model.rates(columns, haze(depth, 0.88))[0, :, 0]
        assert np.all(rates < before)
        before = rates
    # Dickerson et al. (1997): what only scatters brightens the air in it, soot darkens it
    scattering = model.rates(air(table, 20.0), haze(0.5, 1.0))[0, 0, 0]
    absorbing = model.rates(air(table, 20.0), haze(0.5, 0.8))[0, 0, 0]
    bare = model.rates(air(table, 20.0), clear_air(NZ, LANES))[0, 0, 0]
    assert absorbing < bare < scattering


def test_rates_fall_with_the_sun_and_end_in_zero(table: PhotolysisTable) -> None:
    model = Photolysis(table, table.names, PhotolysisConfig(night_zenith=94.0))
    angles = np.concatenate([np.linspace(0.0, 93.9, 60), [94.1, 95.0, 120.0, 180.0]])
    rates = np.concatenate(
        [model.rates(air(table, part), clear_air(NZ, LANES)) for part in angles.reshape(-1, LANES)],
        axis=2,
    )
    assert np.all(rates[:, :, :60] > 0.0)
    assert np.all(np.diff(rates[:, :, :61], axis=2)[:6] < 0.0)
    assert not np.any(rates[:, :, 60:])


def test_ozone_albedo_temperature_and_distance_act_the_right_way(
    model: Photolysis, table: PhotolysisTable
) -> None:
    def rates(factor: float = 1.0, **changes: float) -> Float:
        columns = air(table, 40.0, **changes)
        surface = model.rates(columns, clear_air(NZ, LANES), factor)[0, :, 0]
        return surface.astype(np.float64)

    usual = rates()
    place = NAMES.index("jO3_O1D")
    # radiation amplification factor of jO1D: about 1.6 (Madronich and others; WMO reports)
    amplification = -np.log(rates(ozone=330.0) / usual) / np.log(1.1)
    assert 1.3 < amplification[place] < 1.9
    assert np.all(rates(albedo=0.8) > 1.3 * usual)
    warm = np.log(rates(warmer=10.0) / usual) / 10.0
    assert warm[NAMES.index("jPAN")] == pytest.approx(0.010, abs=0.002)
    assert 0.002 < warm[place] < 0.008
    np.testing.assert_allclose(rates(1.034), 1.034 * usual, rtol=1e-5)


def test_high_ground_has_less_air_below_to_send_light_up(
    model: Photolysis, table: PhotolysisTable
) -> None:
    columns = air(table, 40.0)
    high = columns._replace(
        pressure=np.ascontiguousarray(columns.pressure * np.float32(0.83)),
        height=columns.height + np.float32(1500.0),
    )
    light = model.light(high, clear_air(NZ, LANES))
    # TUV-x with its ground at 1.5 km instead of 0: jNO2 there 0.94, jO3_O1D 0.90 of before
    assert light[1, 0, 0] == pytest.approx(0.95, abs=0.02)
    assert light[0, 0, 0] == pytest.approx(0.91, abs=0.03)


def test_the_table_holds_the_rates_that_are_listed(
    table: PhotolysisTable, project_root: Path
) -> None:
    path = project_root / "configs" / "photolysis" / "rates.yaml"
    listed = read_model(path, RateList, "list of photolysis rates")
    assert table.names == tuple(listed.rates)
    assert {"jNO2", "jO3_O1D", "jISPD", "jHPALD", "jKET"} <= set(listed.rates)


def test_the_table_stays_small(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.glob("*.nc")) < 1_000_000


def test_an_unknown_rate_is_refused(table: PhotolysisTable) -> None:
    with pytest.raises(ConfigurationError, match=r"no rate \['jUNOBTAINIUM'\].*rates.yaml"):
        Photolysis(table, ("jNO2", "jUNOBTAINIUM"), PhotolysisConfig())


def test_a_domain_above_the_table_is_refused(model: Photolysis) -> None:
    shares = np.array([1.0, 0.9, 0.5, 0.0])
    model.check_levels(HybridLevels(10000.0 * (1.0 - shares), shares))
    with pytest.raises(ConfigurationError, match="24000 m"):
        model.check_levels(HybridLevels(100.0 * (1.0 - shares), np.array([1.0, 0.1, 0.005, 0.0])))


def test_arguments_outside_the_table_are_held_loudly(
    table: PhotolysisTable, caplog: pytest.LogCaptureFixture
) -> None:
    model = Photolysis(table, NAMES, PhotolysisConfig())
    with caplog.at_level(logging.WARNING):
        wild = model.rates(air(table, 40.0, ozone=700.0), clear_air(NZ, LANES))
        again = model.rates(air(table, 40.0, ozone=800.0), clear_air(NZ, LANES))
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 1
    assert "ozone column '700' DU is outside the table (200 to 500)" in messages[0]
    edge = model.rates(air(table, 40.0, ozone=500.0), clear_air(NZ, LANES))
    np.testing.assert_allclose(wild[0], edge[0], rtol=0.01)
    np.testing.assert_allclose(again[0], edge[0], rtol=0.02)


def test_a_missing_table_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read.*make_photolysis"):
        read_photolysis_table(tmp_path / "none.nc")


def test_a_damaged_table_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tuvx.nc"
    copy.write_bytes((folder / "tuvx.nc").read_bytes())
    with netCDF4.Dataset(copy, "a") as file:
        file["ozone"][1] = 900.0
        file["share"][0, 0] = np.nan
    with pytest.raises(InputError, match=r"'ozone' does not rise; 'share' has values"):
        read_photolysis_table(copy)


def test_grids_become_columns_and_come_back(rng: np.random.Generator) -> None:
    field = rng.random((3, 5, 7)).astype(np.float32)
    columns = as_columns(field)
    assert columns.shape == (3, 48)
    np.testing.assert_array_equal(columns[:, 35:], columns[:, 34:35] * np.ones(13, np.float32))
    np.testing.assert_array_equal(as_grid(columns, 5, 7), field)
