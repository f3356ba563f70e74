"""What a box is made of: its file, its air, its sources, and how layers exchange."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad

from forecast.chemistry.box import Box, box_run, read_box
from forecast.chemistry.box_air import LAYERS, BoxLight, Conditions, lanes_of
from forecast.chemistry.box_budget import atoms_of
from forecast.chemistry.box_mixing import entrain, relax
from forecast.chemistry.box_surroundings import Emissions, background, deposition, spread
from forecast.chemistry.composition import Composition
from forecast.chemistry.lanes import LANES
from forecast.common.errors import ConfigurationError
from forecast.config.box import BoxBackground, BoxConfig
from forecast.config.chemistry import ChemistryConfig
from forecast.config.photolysis import PhotolysisConfig
from forecast.config.yaml_file import read_yaml, write_yaml

BOXES = ("jinan_winter", "jinan_winter_clean", "jinan_summer")


@pytest.fixture(scope="module")
def haze() -> BoxConfig:
    return read_box("jinan_winter")


def _changed(box: BoxConfig, **changes: Any) -> BoxConfig:
    return BoxConfig.model_validate(box.model_dump() | changes)


def test_an_unknown_box_is_refused_with_the_names_of_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no box 'jinan'.*jinan_summer, jinan_winter"):
        box_run("jinan")


def test_all_errors_of_a_file_are_told_at_once(haze: BoxConfig, tmp_path: Path) -> None:
    content = haze.model_dump(mode="json") | {"days": 0, "latitude": 99.0, "humid": 1}
    path = tmp_path / "box.yaml"
    path.write_text(write_yaml(content))
    with pytest.raises(ConfigurationError, match=r"3 error\(s\)") as found:
        read_box(str(path))
    assert all(name in str(found.value) for name in ("days", "latitude", "humid"))


def test_the_top_lies_above_the_mixed_layer(haze: BoxConfig) -> None:
    with pytest.raises(ValidationError, match="must lie above it"):
        _changed(haze, top=max(haze.mixing_height))


def test_values_instead_of_a_profile_need_a_source() -> None:
    with pytest.raises(ValidationError, match="does not say where they come from"):
        BoxBackground(
            profiles="configs/background/winter.yaml", air_mass="loess", instead={"SO2": 5.0}
        )


def test_hours_of_emission_must_have_mean_one(
    haze: BoxConfig, composition: Composition, tmp_path: Path
) -> None:
    content = read_yaml(Path(__file__).parents[2] / haze.emissions)
    content["sectors"]["power"]["hour"] = [2.0] * 24
    path = tmp_path / "emissions.yaml"
    path.write_text(write_yaml(content))
    with pytest.raises(ConfigurationError, match=r"sectors.power.*mean of the hours is '2.0000'"):
        Emissions.of(_changed(haze, emissions=str(path)), composition)


def test_a_step_that_does_not_fit_into_an_hour_is_refused(haze: BoxConfig) -> None:
    with pytest.raises(ConfigurationError, match="'700.0' s; an hour must be"):
        Box("haze", haze, ChemistryConfig(), 700.0)


def test_what_a_mechanism_lacks_is_replaced_and_what_nobody_knows_is_refused(
    composition: Composition,
) -> None:
    values = spread({"O3": 2.0, "ACET": 1.0}, {"ACET": {"PAR": 3.0}}, composition)
    assert values[composition.table.index("O3")] == 2.0
    assert values[composition.table.index("PAR")] == 3.0
    assert values.sum() == 5.0
    with pytest.raises(ConfigurationError, match="no species XYZ"):
        spread({"XYZ": 1.0}, {}, composition)


def test_background_falls_with_height_as_its_profile_does(composition: Composition) -> None:
    box = BoxBackground(
        profiles="configs/background/winter.yaml",
        air_mass="loess",
        height_aloft=1500.0,
        instead={"SO2": 10.0},
        instead_source="a test",
    )
    found = background(box, composition, 2.0e19)
    assert found.shape == (LAYERS, len(composition.table))
    # configs/background/winter.yaml, loess: O3 26 and 42 ppb, SO2 falls to a quarter, AEC in ug m-3
    ozone, dioxide, soot = (composition.table.index(name) for name in ("O3", "SO2", "AEC"))
    np.testing.assert_allclose(found[:, ozone], [26e-9 * 2e19, 42e-9 * 2e19])
    np.testing.assert_allclose(found[:, dioxide], [10e-9 * 2e19, 2.5e-9 * 2e19])
    np.testing.assert_allclose(found[:, soot], [0.82, 0.328])


def test_background_of_an_unknown_air_mass_is_refused(composition: Composition) -> None:
    box = BoxBackground(profiles="configs/background/winter.yaml", air_mass="mars")
    with pytest.raises(ConfigurationError, match="no air mass 'mars'; it has steppe"):
        background(box, composition, 2.0e19)


def test_emissions_have_their_units_and_go_where_they_are(
    haze: BoxConfig, composition: Composition
) -> None:
    emissions = Emissions.of(haze, composition)
    carbon, soot = composition.table.index("CO"), composition.table.index("AEC")
    low, high = emissions.at(12.5, 200.0)
    # stacks of power plants stand at 400 m: 23.5 mol km-2 h-1 of CO, January 0.975, noon 1.186
    molecules = 6.02214076e23 * 23.5 * 0.975 * 1.186 / 1e6 / 3600.0 * 1e-6
    assert high[carbon] == pytest.approx(molecules, rel=1e-3)
    assert high[soot] == pytest.approx(0.03227 * 0.975 * 1.186 / 3600.0, rel=1e-3)
    assert low[carbon] > 10.0 * high[carbon]
    both = emissions.at(12.5, 500.0)
    np.testing.assert_allclose(both[0], low + high)
    assert not both[1].any()


def test_velocities_are_metres_a_second_by_day_and_by_night(
    haze: BoxConfig, composition: Composition
) -> None:
    velocity = deposition(haze, composition)
    ozone = composition.table.index("O3")
    np.testing.assert_allclose(velocity[:, ozone], [0.0045, 0.0015])
    assert velocity[:, composition.table.index("CO")].sum() == 0.0


def test_the_air_of_a_box(haze: BoxConfig) -> None:
    flat = _changed(
        haze, temperature=(273.15,) * 24, humidity=(0.5,) * 24, pressure=101325.0, elevation=0.0
    )
    conditions = Conditions(flat)
    # Loschmidt's number, molecules cm-3 at 273.15 K and 101325 Pa
    assert conditions.reference == pytest.approx(2.686780e19, rel=1e-6)
    air = conditions.layers(3.0)
    # half of saturation at 0 degrees C, 611 Pa
    assert air.vapour[0] / air.air[0] == pytest.approx(0.5 * 611.2 / 101325.0, rel=0.02)
    assert air.depth.sum() == pytest.approx(flat.top)
    assert air.cells().temperature.shape == (LANES,)
    assert conditions.time(30.0) == np.datetime64("2022-01-11T06:00:00")


def test_series_are_linear_between_hours_and_across_midnight(haze: BoxConfig) -> None:
    heights = [100.0] * 24
    heights[23], heights[0] = 300.0, 200.0
    conditions = Conditions(_changed(haze, mixing_height=tuple(heights)))
    assert conditions.mixing_height(23.5) == pytest.approx(250.0)
    assert conditions.mixing_height(24.25) == pytest.approx(175.0)


def test_lanes_hold_both_layers_in_turn() -> None:
    lanes = lanes_of(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert lanes.shape == (2, LANES)
    np.testing.assert_array_equal(lanes[1], [3.0, 4.0] * (LANES // 2))


def test_a_growing_layer_takes_from_above_and_a_shrinking_one_leaves_air_there() -> None:
    amounts = np.array([[10.0], [2.0]])
    low, high = np.array([200.0, 800.0]), np.array([600.0, 400.0])
    grown = entrain(amounts, low, high)
    np.testing.assert_allclose(grown, [[(10.0 * 200.0 + 2.0 * 400.0) / 600.0], [2.0]])
    shrunk = entrain(amounts, high, low)
    np.testing.assert_allclose(shrunk, [[10.0], [(2.0 * 400.0 + 10.0 * 400.0) / 800.0]])
    np.testing.assert_allclose(high @ grown, low @ amounts)


def test_a_uniform_amount_stays_uniform() -> None:
    amounts = np.full((2, 3), 7.0)
    np.testing.assert_allclose(
        entrain(amounts, np.array([150.0, 550.0]), np.array([420.0, 280.0])), amounts
    )


@pytest.mark.parametrize("loss", [0.0, 1e-9, 3.2e-7, 3.4e-7, 1e-5, 1e-3, 1.0])
def test_sources_and_sinks_are_solved_exactly(loss: float) -> None:
    start, gain, seconds = 5.0, 0.01, 300.0

    def amount(time: float) -> float:
        if loss == 0.0:
            return start + gain * time
        return gain / loss + (start - gain / loss) * float(np.exp(-loss * time))

    after, exposure = relax(np.array([start]), np.array([gain]), np.array([loss]), seconds)
    assert after[0] == pytest.approx(amount(seconds), rel=1e-7)
    assert exposure[0] == pytest.approx(quad(amount, 0.0, seconds)[0], rel=1e-7)
    assert after[0] == pytest.approx(start + gain * seconds - loss * exposure[0], rel=1e-9)


def test_light_goes_out_at_night_and_haze_dims_it_at_the_ground(
    haze: BoxConfig, composition: Composition
) -> None:
    mass = np.zeros((len(composition.aerosol), LAYERS), np.float32)
    names = [entry.name for entry in composition.aerosol]
    mass[names.index("ASO4")], mass[names.index("AEC")] = 150.0, 15.0
    air = Conditions(haze).layers(12.0)
    rates = {}
    for dims in (False, True):
        options = PhotolysisConfig(haze_dims=dims)
        light = BoxLight(haze, Conditions(haze), composition, options)
        assert not light.rates(0.0, air, mass).any()
        assert light.shines(12.0)
        assert not light.shines(0.0)
        rates[dims] = light.rates(12.2, air, mass)[composition.gas.photolysis.index("jNO2")]
    assert rates[True][0] < 0.95 * rates[False][0]


@pytest.mark.parametrize("name", BOXES)
def test_every_box_can_be_made_ready_and_says_where_it_comes_from(name: str) -> None:
    box = read_box(name)
    assert set(box.sources) >= {"air", "mixing_height", "exchange", "deposition"}
    assert Box(name, box, ChemistryConfig()).composition.gas.name == "cb05+haze"


def test_atoms_of_a_column(composition: Composition) -> None:
    atoms = atoms_of("nitrogen", composition)
    # N2O5 has two atoms; a molecule cm-3 over a m is 1e6 molecules m-2
    assert atoms[composition.table.index("N2O5")] == pytest.approx(2e6 / 6.02214076e23)
    assert atoms[composition.table.index("ANO3")] == pytest.approx(1e-6 / 62.0049)
    assert atoms[composition.table.index("O3")] == 0.0
