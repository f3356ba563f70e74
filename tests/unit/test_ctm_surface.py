"""Deposition velocities, rain zones, products, and the watch over the state."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast.chemistry.mechanism import GasUptake, Mechanism, read_mechanism
from forecast.common.errors import InputError
from forecast.config.deposition import DepositionConfig, DryScheme
from forecast.ctm.deposition import (
    CROPLAND,
    TOWN,
    WATER,
    DryDeposition,
    fine_velocity,
    settling_velocity,
    surface_resistance,
)
from forecast.ctm.emission import SpeciesMap, emission_rows
from forecast.ctm.idealised import IdealisedCase, stretched_levels
from forecast.ctm.kernels.layout import HALO
from forecast.ctm.monitor import SurfaceMonitor, find_problem
from forecast.ctm.process import Ground, Hour
from forecast.ctm.state import TileState
from forecast.ctm.wet_scavenging import rain_zones
from forecast.fields.variables import POLLUTANTS
from forecast.parallel.decomposition import Decomposition

SO2 = GasUptake(henry=1.0e5, reactivity=0.0, diffusivity_ratio=1.9)
NO2 = GasUptake(henry=0.01, reactivity=0.1, diffusivity_ratio=1.6)
MILD, NIGHT = np.full((1, 1), 290.0), np.zeros((1, 1))


@pytest.fixture(scope="module")
def mechanism(project_root: Path) -> Mechanism:
    return read_mechanism(project_root / "configs" / "mechanisms" / "simple.yaml")


@pytest.fixture(scope="module")
def case(mechanism: Mechanism) -> IdealisedCase:
    return IdealisedCase(6, 8, stretched_levels(9), mechanism)


def _hour(case: IdealisedCase, index: int) -> Hour:
    return Hour.between(index, case.meteorology(index), case.meteorology(index + 1), case.levels)


def test_surface_resistances_are_those_of_the_table() -> None:
    """Wesely (1989), season 3: SO2 on bare fields 10 + 150, on town 100 + 400, on water near 0."""
    assert float(surface_resistance(CROPLAND, SO2, MILD, NIGHT)[0, 0]) == pytest.approx(
        160, rel=1e-3
    )
    assert float(surface_resistance(TOWN, SO2, MILD, NIGHT)[0, 0]) == pytest.approx(500, rel=1e-3)
    assert float(surface_resistance(WATER, SO2, MILD, NIGHT)[0, 0]) < 2.0


def test_no2_hardly_deposits_on_water_and_less_than_so2_on_land() -> None:
    on_water = float(surface_resistance(WATER, NO2, MILD, NIGHT)[0, 0])
    on_land = float(surface_resistance(CROPLAND, NO2, MILD, NIGHT)[0, 0])
    assert on_water == pytest.approx(20000, rel=0.01)  # r_gsO / 0.1
    assert 1000 < on_land < 2000


def test_cold_surfaces_take_less() -> None:
    cold = surface_resistance(CROPLAND, SO2, MILD - 30.0, NIGHT)
    assert float(cold[0, 0]) > 500.0


def test_fine_particles_deposit_faster_in_convection() -> None:
    """u*/500 in neutral air; the factor is 1 + (300 / 30)^(2/3) = 5.64 at L = -30 m."""
    friction = np.array([0.3])
    assert fine_velocity(friction, np.array([0.0]))[0] == pytest.approx(6.0e-4)
    assert fine_velocity(friction, np.array([0.05]))[0] == pytest.approx(6.0e-4)
    assert fine_velocity(friction, np.array([-1 / 30]))[0] == pytest.approx(
        6.0e-4 * 5.642, rel=1e-3
    )


def test_stokes_settling() -> None:
    """A sphere of 5 um and 2000 kg m-3 falls about 1.5 mm a second."""
    assert settling_velocity(5.0e-6, 2000.0) == pytest.approx(1.55e-3, rel=0.02)


def test_velocities_of_a_day_are_ordered_as_known(
    case: IdealisedCase, mechanism: Mechanism
) -> None:
    deposition = DryDeposition(mechanism, DepositionConfig(), case.ground)
    noon, night = (deposition.velocities(_hour(case, index)) for index in (12, 0))
    index = mechanism.table.index
    assert np.all(noon >= 0.0)
    assert noon.max() < 0.1
    assert not noon[index("CO")].any()
    land = case.ground.land_fraction > 0.9
    sea = case.ground.land_fraction < 0.1
    so2, no2 = noon[index("SO2")], noon[index("NO2")]
    assert 1e-3 < so2[land].mean() < 1e-2
    assert np.all(so2 > no2)
    assert so2[sea].mean() > so2[land].mean()
    assert noon[index("ASO4")].mean() > 3 * night[index("ASO4")].mean()
    assert np.all(noon[index("ACORS")] > noon[index("ASO4")])


def test_dry_deposition_can_be_switched_off(case: IdealisedCase, mechanism: Mechanism) -> None:
    deposition = DryDeposition(mechanism, DepositionConfig(dry=DryScheme.NONE), case.ground)
    assert not deposition.velocities(_hour(case, 12)).any()


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


def test_products_have_the_units_of_the_registry(case: IdealisedCase, mechanism: Mechanism) -> None:
    """One part in 1e8 of mass everywhere: gases at the reference density, particles at the real."""
    tile = Decomposition(6, 8, 1, 1).tile(0)
    state = TileState.empty(tile, len(mechanism.table), 9)
    state.own_ratio[:] = 1.0e-8
    monitor = SurfaceMonitor(mechanism, 6, 8)
    for _ in range(3):
        monitor.add(state)
    hour = _hour(case, 3)
    dry_hour = replace(
        hour, middle=replace(hour.middle, specific_humidity=0 * hour.middle.specific_humidity)
    )
    surface = monitor.finish(dry_hour)
    assert surface.names == tuple(name for name in POLLUTANTS if name in mechanism.products)
    assert "o3" not in surface.names
    values = dict(zip(surface.names, surface.values, strict=True))
    reference = 101325.0 / (8.314462618 / 0.0289644 * 298.15)  # kg m-3
    np.testing.assert_allclose(values["so2"], 1e-8 * reference * 1e9, rtol=1e-6)
    np.testing.assert_allclose(values["co"], 1e-8 * reference * 1e6, rtol=1e-6)
    particles = 1e-8 * hour.density[0] * 1e9
    np.testing.assert_allclose(values["no3"], particles, rtol=1e-6)
    np.testing.assert_allclose(values["pm25"], 6 * particles, rtol=1e-6)
    np.testing.assert_allclose(values["pm10"], 7 * particles, rtol=1e-6)


def test_the_mean_of_an_hour_is_the_mean_of_its_steps(
    case: IdealisedCase, mechanism: Mechanism
) -> None:
    tile = Decomposition(6, 8, 1, 1).tile(0)
    monitor, hour, found = SurfaceMonitor(mechanism, 6, 8), _hour(case, 3), []
    for steps in ([1e-9, 3e-9], [2e-9], [0.0, 4e-9]):
        for value in steps:
            state = TileState.empty(tile, len(mechanism.table), 9)
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
    np.testing.assert_array_equal(rows.rates[..., :5], rates)
    assert not rows.rates[..., 5:].any()


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_impossible_emissions_are_refused(value: float) -> None:
    rates = np.zeros((2, 1, 2, 2), np.float32)
    rates[1, 0, 1, 0] = value
    with pytest.raises(InputError, match="'B' in hour 9, layer 0, row 1 and column 0"):
        emission_rows(rates, ("A", "B"), 9)


def test_species_of_another_order_find_their_places(mechanism: Mechanism) -> None:
    mapped = SpeciesMap(("NO2", "CO"), mechanism.table)(np.array([[1.0], [2.0]], np.float32))
    assert mapped[mechanism.table.index("NO2")] == 1.0
    assert mapped[mechanism.table.index("CO")] == 2.0
    assert mapped.sum() == 3.0


def test_a_ground_is_cut_to_its_tile(case: IdealisedCase) -> None:
    cut = case.ground.cut(slice(2, 5), slice(1, 3))
    assert isinstance(cut, Ground)
    np.testing.assert_array_equal(cut.cell_area, case.ground.cell_area[2:5, 1:3])
