"""The gas solver: its guard, its lanes, its inputs, and what it compiles to."""

import importlib.util
import platform
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import config

from forecast.chemistry.codegen.module import generate
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.lanes import LANES, padded_length
from forecast.chemistry.reference import ReferenceSolver
from forecast.chemistry.solver import GUARD, GasSolver, default_sub_steps
from forecast.common.errors import ConfigurationError, ModelError

CELLS = 4 * LANES
PPB = {"O3": 40, "NO": 3, "NO2": 12, "HONO": 0.3, "HNO3": 2, "CO": 400, "SO2": 5, "H2O2": 1}


@pytest.fixture(scope="module")
def mechanism() -> GasMechanism:
    return read_gas_mechanism(Path(__file__).parents[2] / "configs/mechanisms/tiny.yaml")


@pytest.fixture(scope="module")
def solver(mechanism: GasMechanism) -> GasSolver:
    return GasSolver(mechanism, default_sub_steps(300.0))


def cells_of(mechanism: GasMechanism, n: int = CELLS) -> list[Any]:
    """Density and conditions of cells that differ."""
    rng = np.random.default_rng(7)
    air = rng.uniform(1.5e19, 2.6e19, n)
    ppb = np.array([PPB.get(name, 0.0) for name in mechanism.names])
    fields = (
        ppb[:, None] * 1e-9 * air * rng.uniform(0.3, 3.0, (ppb.size, n)),
        rng.uniform(255.0, 305.0, n),
        air,
        air * rng.uniform(1e-4, 2e-2, n),
        10.0 ** rng.uniform(-6, -2.5, (len(mechanism.photolysis), n)),
        10.0 ** rng.uniform(-5, -3, (len(mechanism.uptake), n)),
    )
    return [np.ascontiguousarray(field, dtype=np.float32) for field in fields]


def test_a_step_agrees_with_the_adaptive_solver(mechanism: GasMechanism, solver: GasSolver) -> None:
    density, *conditions = cells_of(mechanism)
    yardstick = ReferenceSolver(mechanism)
    constants = yardstick.constants(*conditions)
    exact = density.astype(np.float64)
    for _ in range(6):
        solver.solve(density, *conditions)
        exact = yardstick.advance(exact, constants, 300.0)
    for name, error in (("O3", 2e-4), ("NO2", 5e-4), ("HNO3", 1e-3), ("OH", 3e-3), ("HO2", 3e-3)):
        row = mechanism.index(name)
        assert np.abs(density[row] - exact[row]).mean() < error * exact[row].mean()


def test_sources_come_in_during_the_step(mechanism: GasMechanism, solver: GasSolver) -> None:
    density, *conditions = cells_of(mechanism)
    temperature, air, water, light, uptake = conditions
    sources = np.zeros_like(density)
    sources[mechanism.index("NO")] = 5e7
    sources[mechanism.index("CO")] = 1e8
    yardstick = ReferenceSolver(mechanism)
    exact = density.astype(np.float64)
    for _ in range(3):
        solver.solve(density, temperature, air, water, light, uptake, sources)
        exact = yardstick.advance(exact, yardstick.constants(*conditions), 300.0, sources)
    for name in ("O3", "NO", "NO2", "CO"):
        row = mechanism.index(name)
        assert np.abs(density[row] - exact[row]).mean() < 1e-3 * exact[row].mean()


def test_a_species_that_nothing_touches_still_has_its_source() -> None:
    path = Path(__file__).parents[2] / "configs/mechanisms/cb05.yaml"
    mechanism = read_gas_mechanism(path)
    (still,) = (
        species.name
        for species in mechanism.species
        if not any(
            species.name in (*reaction.reactants, *dict(reaction.products))
            for reaction in mechanism.reactions
        )
    )
    solver = GasSolver(mechanism, (10.0,))
    density = np.full((len(mechanism.species), LANES), 1e9, np.float32)
    temperature, air, water = (np.full(LANES, x, np.float32) for x in (288.0, 2.5e19, 2e17))
    light = np.zeros((len(mechanism.photolysis), LANES), np.float32)
    uptake = np.zeros((0, LANES), np.float32)
    sources = np.zeros_like(density)
    sources[mechanism.index(still)] = 1e7
    solver.solve(density, temperature, air, water, light, uptake, sources)
    np.testing.assert_allclose(density[mechanism.index(still)], 1.1e9, rtol=1e-6)


@pytest.mark.parametrize("lane", [0, 5, LANES - 1])
def test_neighbours_and_place_do_not_matter_to_the_last_bit(
    mechanism: GasMechanism, solver: GasSolver, lane: int
) -> None:
    fields = cells_of(mechanism)
    density, *conditions = (field.copy() for field in fields)
    solver.solve(density, *conditions)
    # one cell among copies of another, in another lane
    moved, *moved_conditions = (
        np.ascontiguousarray(np.repeat(field[..., 9:10], LANES, axis=-1)) for field in fields
    )
    for here, there in zip((moved, *moved_conditions), fields, strict=True):
        here[..., lane] = there[..., 21]
    solver.solve(moved, *moved_conditions)
    np.testing.assert_array_equal(moved[:, lane], density[:, 21])


@pytest.mark.parametrize("sent", ["overflow", "negative"])
def test_what_cannot_be_solved_in_float32_is_solved_again_and_its_neighbours_are_not(
    mechanism: GasMechanism, solver: GasSolver, sent: str
) -> None:
    fields = cells_of(mechanism)
    density, *conditions = (field.copy() for field in fields)
    clean = density.copy()
    solver.solve(clean, *conditions)
    bad = 19
    if sent == "overflow":
        density[mechanism.index("NO"), bad] = 1e24
        density[mechanism.index("O3"), bad] = 1e24
    else:
        density[mechanism.index("NO"), bad] = -5e10
    start = density[:, bad : bad + 1].copy()
    report = solver.solve(density, *conditions)
    assert (report.refined, report.adaptive) == (1, 1)
    assert report.cells == CELLS
    others = np.arange(CELLS) != bad
    np.testing.assert_array_equal(density[:, others], clean[:, others])
    yardstick = ReferenceSolver(mechanism)
    one = [field[..., bad : bad + 1] for field in conditions]
    exact = yardstick.advance(start, yardstick.constants(*one), 300.0)
    assert np.isfinite(density[:, bad]).all()
    assert density[:, bad].min() >= 0.0
    ozone = mechanism.index("O3")
    assert density[ozone, bad] == pytest.approx(max(exact[ozone, 0], 0.0), rel=1e-2, abs=1e6)


def test_a_cell_that_starts_with_nan_is_an_error_that_names_it(
    mechanism: GasMechanism, solver: GasSolver
) -> None:
    density, *conditions = cells_of(mechanism)
    density[3, 37] = np.nan
    with pytest.raises(ModelError, match="Cell 37 of the gas chemistry starts with values"):
        solver.solve(density, *conditions)


def test_overshooting_is_cut_finer_before_it_is_given_to_the_adaptive_solver(
    mechanism: GasMechanism,
) -> None:
    density, *conditions = cells_of(mechanism)
    conditions[3][:] = 0.0  # night
    density[mechanism.index("O3")] = 4e12  # titrates NO in half a minute
    coarse = GasSolver(mechanism, (100.0, 200.0))
    report = coarse.solve(density, *conditions)
    assert report.refined > CELLS // 2
    assert report.adaptive == 0
    assert report.clipped[mechanism.index("NO")] >= 0.0


def test_nitrogen_and_sulfur_are_kept(mechanism: GasMechanism, solver: GasSolver) -> None:
    density, *conditions = cells_of(mechanism)
    for element in ("nitrogen", "sulfur"):
        atoms = np.array([getattr(species, element) for species in mechanism.species])
        work = density.copy()
        for _ in range(288):
            solver.solve(work, *conditions)
        before = atoms @ density.astype(np.float64)
        after = atoms @ work.astype(np.float64)
        assert np.abs(after / before - 1.0).max() < 2e-5  # a cell, rounded 288 times
        assert abs(after.sum() / before.sum() - 1.0) < 3e-6


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        (0, np.zeros((3, CELLS), np.float32)),
        (1, np.zeros(CELLS, np.float64)),
        (4, np.zeros((1, CELLS), np.float32)),
        (2, np.zeros((CELLS, 2), np.float32)[:, 0]),
    ],
)
def test_arrays_of_another_shape_or_type_are_refused(
    mechanism: GasMechanism, solver: GasSolver, argument: int, value: Any
) -> None:
    arguments = cells_of(mechanism)
    arguments[argument] = value
    with pytest.raises(ModelError, match="expected C-contiguous float32"):
        solver.solve(*arguments)


def test_cells_come_in_whole_blocks(mechanism: GasMechanism, solver: GasSolver) -> None:
    with pytest.raises(ModelError, match="multiples of 16"):
        solver.solve(*cells_of(mechanism, CELLS + 3))
    assert [padded_length(n) for n in (1, LANES, LANES + 1)] == [LANES, LANES, 2 * LANES]


@pytest.mark.parametrize("steps", [(), (10.0, -1.0), (0.0,)])
def test_sub_steps_are_positive(mechanism: GasMechanism, steps: tuple[float, ...]) -> None:
    with pytest.raises(ModelError, match="positive numbers of seconds"):
        GasSolver(mechanism, steps)


@pytest.mark.parametrize("step", [30.0, 300.0, 450.0, 600.0, 720.0, 900.0, 1200.0])
def test_default_sub_steps_fill_the_step_short_ones_first(step: float) -> None:
    steps = default_sub_steps(step)
    assert sum(steps) == pytest.approx(step)
    assert list(steps) == sorted(steps)
    assert steps[0] <= 10.0


@pytest.mark.parametrize("step", [0.0, -300.0, 1800.0])
def test_steps_beyond_what_was_measured_are_refused(step: float) -> None:
    with pytest.raises(ConfigurationError, match="at most 1200 s"):
        default_sub_steps(step)


def test_the_guard_lets_rounding_pass() -> None:
    assert GUARD.floor < 1e-4 * 2.5e10  # a ten-thousandth of a ppb
    assert 0.0 < GUARD.share < 0.1


@pytest.mark.skipif(
    config.DISABLE_JIT,  # type: ignore[attr-defined]
    reason="nothing is compiled",
)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="looks for names of x86 registers")
def test_rows_are_vectors_in_the_machine_code(mechanism: GasMechanism, tmp_path: Path) -> None:
    path = tmp_path / "uncached_mechanism.py"
    text = generate(mechanism).replace('"cache": True', '"cache": False')
    path.write_text(text, encoding="utf-8")
    module = _imported(path)
    solver = GasSolver(mechanism, (10.0,))
    solver._module = module
    solver.solve(*cells_of(mechanism))
    assembly = module.advance.inspect_asm(module.advance.signatures[0])
    for name in ("factors", "solve", "tendency", "rates", "partials", "constants"):
        body = re.search(rf"^lanewise\.{name}:$(.*?)\bretq\b", assembly, re.DOTALL | re.MULTILINE)
        assert body
        # ps: packed single precision, all lanes of a register; ss: one number
        packed = re.findall(r"\bv?(?:mul|add|sub|div|fn?m(?:add|sub)\d+)ps\b", body[1])
        alone = re.findall(r"\bv?(?:mul|add|sub|div|fn?m(?:add|sub)\d+)ss\b", body[1])
        assert len(packed) > 10
        assert not alone


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
