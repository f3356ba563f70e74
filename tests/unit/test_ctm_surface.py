"""Rain zones, products, and the watch over the state."""

from dataclasses import replace

import numpy as np
import pytest

from forecast.chemistry.composition import Composition, Mode
from forecast.common.errors import InputError
from forecast.ctm.emission import emission_rows
from forecast.ctm.idealised import IdealisedCase, stretched_levels
from forecast.ctm.kernels.layout import HALO, row_width
from forecast.ctm.monitor import SurfaceMonitor, find_problem
from forecast.ctm.process import Ground, Hour
from forecast.ctm.state import TileState
from forecast.ctm.wet_scavenging import rain_zones
from forecast.fields.variables import POLLUTANTS
from forecast.parallel.decomposition import Decomposition


@pytest.fixture(scope="module")
def case(composition: Composition) -> IdealisedCase:
    return IdealisedCase(6, 8, stretched_levels(9), composition)


def _hour(case: IdealisedCase, index: int) -> Hour:
    return Hour.between(index, case.meteorology(index), case.meteorology(index + 1), case.levels)


def test_rain_falls_below_the_highest_cloud() -> None:
    pressure = np.array([98e3, 90e3, 75e3, 60e3, 30e3]).reshape(5, 1, 1)
    cover = np.zeros((5, 1, 1))
    cover[[1, 3]] = 0.5
    inside, below = rain_zones(cover, pressure, 0.3)
    assert inside[:, 0, 0].tolist() == [False, True, False, True, False]
    assert below[:, 0, 0].tolist() == [True, False, True, False, False]
    inside, below = rain_zones(np.zeros((5, 1, 1)), pressure, 0.3)
    assert not inside.any()
    assert below[:, 0, 0].tolist() == [True, True, True, True, False]


def test_products_have_the_units_of_the_registry(
    case: IdealisedCase, composition: Composition
) -> None:
    """One part in 1e8 of mass everywhere: gases at the reference density, particles at the real."""
    tile = Decomposition(6, 8, 1, 1).tile(0)
    state = TileState.empty(tile, len(composition.table), 9)
    state.own_ratio[:] = 1.0e-8
    monitor = SurfaceMonitor(composition, 6, 8)
    for _ in range(3):
        monitor.add(state)
    hour = _hour(case, 3)
    dry_hour = replace(
        hour, middle=replace(hour.middle, specific_humidity=0 * hour.middle.specific_humidity)
    )
    surface = monitor.finish(dry_hour)
    assert surface.names == tuple(name for name in POLLUTANTS if name in composition.products)
    assert {"o3", "soa", "water"} < set(surface.names)
    values = dict(zip(surface.names, surface.values, strict=True))
    reference = 101325.0 / (8.314462618 / 0.0289644 * 298.15)  # kg m-3
    np.testing.assert_allclose(values["so2"], 1e-8 * reference * 1e9, rtol=1e-6)
    np.testing.assert_allclose(values["co"], 1e-8 * reference * 1e6, rtol=1e-6)
    particles = 1e-8 * hour.density[0] * 1e9
    np.testing.assert_allclose(values["no3"], particles, rtol=1e-6)
    fine = [e for e in composition.aerosol if e.mode is Mode.FINE and not e.diagnosed]
    coarse = [e for e in composition.aerosol if e.mode is Mode.COARSE]
    np.testing.assert_allclose(values["pm25"], len(fine) * particles, rtol=1e-6)
    np.testing.assert_allclose(values["pm10"], len((*fine, *coarse)) * particles, rtol=1e-6)


def test_the_mean_of_an_hour_is_the_mean_of_its_steps(
    case: IdealisedCase, composition: Composition
) -> None:
    tile = Decomposition(6, 8, 1, 1).tile(0)
    monitor, hour, found = SurfaceMonitor(composition, 6, 8), _hour(case, 3), []
    for steps in ([1e-9, 3e-9], [2e-9], [0.0, 4e-9]):
        for value in steps:
            state = TileState.empty(tile, len(composition.table), 9)
            state.own_ratio[:, 0] = value
            monitor.add(state)
        found.append(monitor.finish(hour).values)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    np.testing.assert_allclose(found[2], found[1], rtol=1e-6)


def test_a_wrong_value_is_named_with_species_place_and_hour() -> None:
    tile = Decomposition(6, 8, 1, 1).tile(0)
    state = TileState.empty(tile, 2, 3)
    assert find_problem(state, ("A", "B"), 7, (10, 20), 1e-2) is None
    state.mixing_ratio[1, 2, HALO + 4, HALO + 5] = np.nan
    text = find_problem(state, ("A", "B"), 7, (10, 20), 1e-2)
    assert text is not None
    for part in ("'B'", "layer 2", "row 14", "column 25", "hour 7", "'nan'"):
        assert part in text
    state.mixing_ratio[:] = 0.0
    state.air_mass[0, HALO, HALO] = -1.0
    assert "air in layer 0" in str(find_problem(state, ("A", "B"), 7, (0, 0), 1e-2))


def test_emission_layers_are_counted_for_each_species() -> None:
    rates = np.zeros((3, 4, 2, 5), np.float32)
    rates[1, 2, 0, 0] = 1.0
    rates[2, 0, 1, 4] = 2.0
    rows = emission_rows(rates, ("A", "B", "C"), 0)
    assert rows.emitting.tolist() == [0, 3, 1]
    width = row_width(5)
    laid = rows.rates[..., : 2 * width].reshape(3, 4, 2, width)
    np.testing.assert_array_equal(laid[..., HALO : HALO + 5], rates)
    assert rows.rates.sum() == rates.sum()


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_impossible_emissions_are_refused(value: float) -> None:
    rates = np.zeros((2, 1, 2, 2), np.float32)
    rates[1, 0, 1, 0] = value
    with pytest.raises(InputError, match="'B' in hour 9, layer 0, row 1 and column 0"):
        emission_rows(rates, ("A", "B"), 9)


def test_a_ground_is_cut_to_its_tile(case: IdealisedCase) -> None:
    cut = case.ground.cut(slice(2, 5), slice(1, 3))
    assert isinstance(cut, Ground)
    np.testing.assert_array_equal(cut.cell_area, case.ground.cell_area[2:5, 1:3])
    np.testing.assert_array_equal(cut.land_use, case.ground.land_use[:, 2:5, 1:3])
    assert cut.season.shape == (3, 2)
