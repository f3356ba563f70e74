"""Departures, errors, groups of species, interpolation, factors on emissions."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.sparse import csr_array

from forecast.assimilation.analysis import Columns, filter_members, interpolate
from forecast.assimilation.departures import Departures, Sites, compare, joined
from forecast.assimilation.emission_factors import cell_factor, factor_field, update_factors
from forecast.assimilation.errors import observation_error
from forecast.assimilation.groups import species_factors, state_groups
from forecast.config.assimilation import (
    AssimilationConfig,
    EmissionFactorConfig,
    InterpolationConfig,
    ObservedPollutant,
    RepresentativenessConfig,
)
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.grid.stations import StationKind

OPTIONS = AssimilationConfig()
CITY = StationKind.CITY


def _sites(x: Any, y: Any, kind: StationKind = CITY) -> Sites:
    return Sites(np.asarray(x, float), np.asarray(y, float), (kind,) * len(x), 27e3)


def _departures(x: Any, y: Any, departure: Any, error: float = 0.2) -> Departures:
    values = np.asarray(departure, float)
    spread = np.zeros((values.size, 3))
    return Departures("pm25", _sites(x, y), values, spread, np.full(values.size, error), 0)


def test_a_point_says_less_about_a_larger_cell_and_a_city_less_than_the_country() -> None:
    pollutant = ObservedPollutant(error=3.0, relative_error=0.05, offset=3.0)
    place = RepresentativenessConfig()

    def error(size: float, kind: StationKind, value: float = 100.0) -> float:
        return float(observation_error(np.array([value]), [kind], size, pollutant, place)[0])

    assert error(54e3, CITY) > error(9e3, CITY) > error(9e3, StationKind.BACKGROUND)
    # by hand: instrument 5.83, its part of the place 0.5 * 5.83 * 3.674, share 0.1 * 100 * 3.674
    assert error(27e3, CITY) == pytest.approx(np.hypot(5.831, np.hypot(10.712, 36.742)) / 103, 1e-3)


def test_means_take_the_same_hours_and_bad_departures_are_refused() -> None:
    observed = np.array([[50.0, np.nan, 70.0], [np.nan, np.nan, 60.0], [9e4, 9e4, 9e4]])
    modelled = np.ones((4, 3, 3)) * np.array([40.0, 999.0, 60.0])
    modelled[1:, 0] *= 1.2
    found = compare("pm25", observed, modelled, _sites([0, 1, 2], [0, 0, 0]), OPTIONS)
    members = np.log(np.array([50.0, 60.0, 60.0, 60.0]) + 3.0)
    assert found.departure == pytest.approx([np.log(63.0) - members.mean()])
    assert found.spread[0] == pytest.approx(members - members.mean())
    assert found.refused == 1
    assert found.summary()["count"] == 1


def test_honest_members_have_a_ratio_of_one() -> None:
    rng = np.random.default_rng(1)
    spread = rng.normal(0.0, 0.4, (4000, 8))
    spread -= spread.mean(axis=1, keepdims=True)
    departure = rng.normal(0.0, np.hypot(0.4, 0.3), 4000)
    sites = _sites(np.zeros(4000), np.zeros(4000))
    found = Departures("co", sites, departure, spread, np.full(4000, 0.3), 0)
    assert found.summary()["ratio"] == pytest.approx(1.0, abs=0.08)


def test_threads_do_not_change_the_analysis_and_layers_aloft_follow_less() -> None:
    rng = np.random.default_rng(2)
    members = rng.normal(3.0, 0.5, (10, 3, 25, 30))
    columns = Columns(
        np.arange(0, 810e3, 27e3), np.arange(0, 675e3, 27e3), np.array([1.0, 0.3, 0.0])
    )
    spread = members[:, 0, 12, 15] - members[:, 0, 12, 15].mean()
    seen = Departures(
        "pm25", _sites([15 * 27e3], [12 * 27e3]), np.array([0.8]), spread[None], np.array([0.2]), 0
    )
    one, factor = filter_members(members, seen, columns, np.ones((25, 30)), OPTIONS, workers=1)
    two, _ = filter_members(members, seen, columns, np.ones((25, 30)), OPTIONS, workers=3)
    assert np.array_equal(one, two)
    change = one.mean(axis=0)[:, 12, 15] - members.mean(axis=0)[:, 12, 15]
    assert 0.3 < change[0] < 0.8
    assert change[2] == 0.0
    assert np.array_equal(one[:, :, 12, 29], members[:, :, 12, 29])  # 378 km away
    assert (factor[12, 29], factor.shape) == (1.0, (25, 30))


def test_interpolation_has_the_textbook_answer_for_one_station_and_fades() -> None:
    options = InterpolationConfig(deviation=0.5, reach=250e3)
    columns = Columns(np.array([0.0, 100e3, 260e3]), np.array([0.0]), np.array([1.0, 0.4]))
    increment = interpolate(_departures([0.0], [0.0], [1.0], 0.25), columns, options)
    assert increment[0, 0, 0] == pytest.approx(0.25 / (0.25 + 0.0625))
    assert increment[1] == pytest.approx(0.4 * increment[0])
    assert 0.0 == increment[0, 0, 2] < increment[0, 0, 1] < increment[0, 0, 0]


def test_two_equal_stations_of_one_place_count_as_one_that_is_more_exact() -> None:
    columns = Columns(np.zeros(1), np.zeros(1), np.ones(1))
    options = InterpolationConfig(deviation=0.5)
    twice = interpolate(_departures([0, 0], [0, 0], [1.0, 1.0], 0.4), columns, options)
    once = interpolate(_departures([0], [0], [1.0], 0.4 / np.sqrt(2)), columns, options)
    assert twice == pytest.approx(once)


def _table() -> SpeciesTable:
    phases = dict.fromkeys(("O3", "NO", "NO2", "NH3"), Phase.GAS)
    phases |= dict.fromkeys(("ASO4", "AEC", "AH2O"), Phase.FINE) | {"DUST": Phase.COARSE}
    return SpeciesTable(
        tuple(
            Species(name=name, long_name=name, molar_mass=0.03, phase=phase, source="test")
            for name, phase in phases.items()
        )
    )


def test_groups_keep_composition_and_hand_on_to_precursors() -> None:
    table = _table()
    weights = {"pm25": np.array([0, 0, 0, 0, 1.0, 1.0, 0, 0]),
               "pm10": np.array([0, 0, 0, 0, 1.0, 1.0, 0, 1.0])}  # fmt: skip
    groups = state_groups(table, weights, ("pm25", "pm10", "no2", "co", "o3"))
    assert [(g.pollutant, g.positions) for g in groups] == [
        ("pm25", (4, 5)), ("pm10", (7,)), ("no2", (1, 2)), ("o3", (0,)),
    ]  # fmt: skip
    state = np.arange(1.0, 9.0)[:, None, None, None] * np.ones((8, 1, 1, 1))
    assert groups[0].logarithm(state)[0, 0, 0] == pytest.approx(np.log(5.0 + 6.0))
    one = np.ones((1, 1, 1))
    changed = species_factors(table, groups, {"pm25": 4.0 * one, "no2": 9.0 * one}, 0.5, 5.0)
    flat = {table.names[place]: float(factor[0, 0, 0]) for place, factor in changed.items()}
    assert flat == {"ASO4": 4.0, "AEC": 4.0, "NO": 5.0, "NO2": 5.0, "NH3": 2.0}


def test_factors_of_regions_move_within_bounds_and_are_remembered() -> None:
    shares = csr_array(np.array([[1.0, 1.0, 0, 0], [0, 0, 0.5, 1.0]]))
    options = EmissionFactorConfig(least=0.5, largest=2.0, memory=0.9)
    increment = np.array([[0.2, 0.4], [0.0, 5.0]])
    emitted = np.array([[3.0, 1.0], [1.0, 1.0]])
    found = update_factors({"SD": 1.5}, increment, emitted, shares, ("SD", "HE"), options)
    assert found["SD"] == pytest.approx(np.exp(0.9 * np.log(1.5) + 0.25))
    assert found["HE"] == 2.0
    field = factor_field(found, shares, ("SD", "HE"), (2, 2))
    assert field[1] == pytest.approx([np.sqrt(2.0), 2.0])
    assert field[0] == pytest.approx([found["SD"]] * 2)


def test_the_factor_of_a_cell_weighs_sectors_by_what_they_emit() -> None:
    rate = np.zeros((2, 2, 1, 2))
    rate[0, :, 0, 0] = [3.0, 1.0]
    rate[1, :, 0, 0] = [1.0, 0.0]
    factor = np.array([[[2.0, 3.0]], [[1.0, 1.0]]])
    # sector 0 has 3/4 of the one and all of the other species; the second cell emits nothing
    assert np.exp(cell_factor(factor, rate)[0]) == pytest.approx([0.875 * 2.0 + 0.125, 2.0])


def test_pollutants_of_several_kinds_are_put_together() -> None:
    both = joined([_departures([0], [0], [1.0]), _departures([5, 6], [0, 0], [2.0, 3.0])])
    assert both.departure.tolist() == [1.0, 2.0, 3.0]
    assert both.sites.x.tolist() == [0.0, 5.0, 6.0]


def test_the_configuration_names_all_that_is_wrong() -> None:
    with pytest.raises(
        ValidationError, match=r"'nh3' is not assimilated.*least_hours '3'"
    ) as found:
        AssimilationConfig(
            pollutants={"nh3": ObservedPollutant(error=1, relative_error=0.1, offset=1)},
            window_hours=2, least_hours=3,
        )  # fmt: skip
    assert "emissions.pollutants has 'co'" in str(found.value)
