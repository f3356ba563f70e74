"""Motion of single particles, and settling as a process of the model."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.composition import Composition
from forecast.chemistry.removal import ParticleKind, read_removal
from forecast.config.chemistry import ChemistryConfig, Scheme
from forecast.config.deposition import DepositionConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.build import ModelOptions
from forecast.ctm.idealised import IdealisedCase, idealised_model, stretched_levels
from forecast.ctm.model import NoOutput, Sinks
from forecast.ctm.particle_motion import (
    growth_factor,
    mean_free_path,
    mean_settling,
    settling_velocity,
    size_nodes,
    slip_correction,
    wet_density,
)
from forecast.ctm.process import Step
from forecast.ctm.settling import Settling
from forecast.ctm.state import TileState
from forecast.parallel.comm import SerialComm
from forecast.parallel.decomposition import Decomposition


@pytest.mark.parametrize(
    ("diameter", "slip"), [(0.01e-6, 22.2), (0.1e-6, 2.85), (1.0e-6, 1.164), (10.0e-6, 1.016)]
)
def test_slip_is_that_of_textbooks(diameter: float, slip: float) -> None:
    """Seinfeld and Pandis (2006), table 9.3, 298 K and 1 atm."""
    path = mean_free_path(298.15, 101325.0)
    assert path == pytest.approx(0.0651e-6, rel=0.03)
    assert slip_correction(diameter, path) == pytest.approx(slip, rel=0.03)


def test_settling_is_that_of_textbooks() -> None:
    """Hinds (1999), table A11: a sphere of 1000 kg m-3 and 10 um falls 3.06 mm/s, 1 um 35 um/s."""
    assert settling_velocity(10e-6, 1000.0, 293.15, 101325.0) == pytest.approx(3.06e-3, rel=0.02)
    assert settling_velocity(1e-6, 1000.0, 293.15, 101325.0) == pytest.approx(3.48e-5, rel=0.03)


def _dust(**changes: Any) -> ParticleKind:
    values: dict[str, Any] = {
        "diameter": 4.5e-6, "spread": 1.6, "density": 2600.0, "hygroscopicity": 0.0, "cloud": 0.9,
        "ice": 0.2, "source": ("test",),
    }  # fmt: skip
    return ParticleKind(**(values | changes))


def test_the_mean_over_sizes_is_that_of_many_sizes() -> None:
    kind, air = _dust(), (np.array([260.0, 288.0]), np.array([5e4, 1e5]))
    nodes, weights = size_nodes(kind, 40)
    exact = [
        float(weights @ settling_velocity(nodes, kind.density, t, p))
        for t, p in zip(*air, strict=True)
    ]
    np.testing.assert_allclose(mean_settling(kind, *air, np.zeros(2)), exact, rtol=0.01)
    assert weights.sum() == pytest.approx(1.0)


def test_growth_is_that_of_kappa() -> None:
    """Kappa 1.1 at 80 %: 1 + 4.4 volumes, 1.754 diameters; salt of 2200 then weighs 1222."""
    assert float(growth_factor(1.1, 0.8)) == pytest.approx(1.754, rel=1e-3)
    assert float(growth_factor(1.1, 1.0)) == float(growth_factor(1.1, 0.95))
    assert wet_density(_dust(density=2200.0), 1.754) == pytest.approx(1222.0, rel=1e-3)


def test_particles_fall_through_layers_at_their_own_speed(composition: Composition) -> None:
    """The height of a cloud of them sinks by the settling velocity, and the rest stands still."""
    layers, step = 60, 600.0
    tile = Decomposition(3, 3, 1, 1).tile(0)
    state = TileState.empty(tile, len(composition.table), layers)
    shape, area = (layers, 3, 3), np.full((3, 3), 1e6)
    air: Any = SimpleNamespace(
        middle=SimpleNamespace(
            air_temperature=np.full(shape, 280.0), specific_humidity=np.zeros(shape)
        ),
        pressure=np.full(shape, 1e5),
        humidity=np.zeros(shape),
        density=np.full(shape, 1.2),
    )
    middle = np.arange(25.0, 3000.0, 50.0)
    state.own_mass[:] = 1.2 * 50.0 * area
    state.own_ratio[:] = np.exp(-(((middle - 2000.0) / 300.0) ** 2))[:, None, None]
    before = state.own_ratio.copy()
    ledger = LedgerFields.zeros(len(composition.table), 3, 3)
    removal = read_removal(composition.table, DepositionConfig())
    sinking = Settling(removal, DepositionConfig(), area, step, ledger)
    sinking.begin_hour(air)
    for number in range(72):
        sinking.advance(state, Step(number, step))
    coarse = composition.table.index("ACORS")
    kind = removal.particles[coarse]
    assert kind is not None
    speed = float(mean_settling(kind, np.array(280.0), np.array(1e5), np.array(0.0)))
    column = state.own_ratio[coarse, :, 1, 1].astype(np.float64)
    fallen = 2000.0 - (column * middle).sum() / column.sum()
    assert fallen == pytest.approx(72 * step * speed, rel=0.02)
    others = ~np.array(removal.coarse)
    np.testing.assert_array_equal(state.own_ratio[others], before[others])
    assert ledger.dry_deposition[coarse].max() < 1e-3 * column.sum() * 1.2 * 50 * 1e6


def test_settling_brings_more_coarse_particles_down(composition: Composition) -> None:
    """A day of the made case with and without; the ledger closes either way."""
    case = IdealisedCase(8, 10, stretched_levels(9), composition, wind=0.3)
    down = {}
    for settling in (True, False):
        options = ModelOptions(
            chemistry=ChemistryConfig(scheme=Scheme.NONE),
            deposition=DepositionConfig(settling=settling),
        )
        model = idealised_model(case, SerialComm(), Decomposition(8, 10, 1, 1), options)
        model.run(12, Sinks(NoOutput()))
        assert model.ledger.closure().max() < 1e-6
        assert ("settling" in model.timings) == settling
        down[settling] = model.ledger.kilograms("dry_deposition")
    coarse = composition.table.index("ACORS")
    assert down[True][coarse] != down[False][coarse]
    others = np.arange(len(composition.table)) != coarse
    np.testing.assert_array_equal(down[True][others], down[False][others])
