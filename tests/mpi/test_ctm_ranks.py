"""The same answer on any number of ranks, with threads and with MPI, and after a restart."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.ctm.build import ModelOptions
from forecast.ctm.checkpoint import Checkpoint
from forecast.ctm.idealised import idealised_model
from forecast.ctm.model import NoOutput, Order, Sinks
from forecast.ctm.monitor import SurfaceFields
from forecast.parallel.collect import gather_field
from forecast.parallel.comm import Communicator, InProcessWorld, SerialComm
from forecast.parallel.decomposition import Decomposition
from tests.mpi.idealised_ranks import NX, NY, made_case, result

HOURS = 4
ARRANGEMENTS = [(2, 1), (1, 2), (2, 2), (1, 4), (3, 3)]


def _assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, values in expected.items():
        assert found[name].tobytes() == values.tobytes(), name


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    return result(SerialComm(), Decomposition(NY, NX, 1, 1), HOURS)


@pytest.mark.parametrize(("rows", "columns"), ARRANGEMENTS)
def test_threads_give_the_same_bits(alone: dict[str, Any], rows: int, columns: int) -> None:
    layout = Decomposition(NY, NX, rows, columns)
    for found in InProcessWorld(layout.size).run(lambda comm: result(comm, layout, HOURS)):
        _assert_same(found, alone)


@pytest.mark.mpi
@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_mpi_ranks_give_the_same_bits(
    alone: dict[str, Any], ranks: int, tmp_path: Path, project_root: Path
) -> None:
    path = tmp_path / "result.npz"
    program = [sys.executable, "-m", "tests.mpi.idealised_ranks", str(path), str(HOURS)]
    launcher = str(Path(sys.executable).with_name("mpiexec"))
    done = subprocess.run(
        [launcher, "-n", str(ranks), *program],
        cwd=project_root,
        env={**os.environ, "PYTHONPATH": str(project_root), "NUMBA_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(path) as found:
        _assert_same(dict(found), alone)


class _Keep:
    """Keeps all checkpoints and output of one tile."""

    def __init__(self) -> None:
        self.checkpoints: list[Checkpoint] = []
        self.surface: dict[int, Any] = {}


class _Checkpoints(_Keep):
    def write(self, checkpoint: Checkpoint) -> None:
        self.checkpoints.append(checkpoint)


class _Output(_Keep):
    def write(self, index: int, surface: SurfaceFields) -> None:
        self.surface[index] = surface.values


def _whole(comm: Communicator, layout: Decomposition, part: Checkpoint) -> Checkpoint:
    return Checkpoint(
        part.hour,
        part.species,
        gather_field(comm, layout, part.mixing_ratio),
        gather_field(comm, layout, part.air_mass),
        part.numbers,
    )


@pytest.fixture(scope="module")
def checkpoints() -> list[Checkpoint]:
    """Checkpoints of the whole domain after hours 1 to 4, from a run on two ranks."""
    layout = Decomposition(NY, NX, 2, 1)

    def work(comm: Communicator) -> list[Checkpoint]:
        keep = _Checkpoints()
        model = idealised_model(made_case(), comm, layout, ModelOptions())
        model.run(HOURS, Sinks(NoOutput(), keep, checkpoint_hours=(1, 2, 3, HOURS)))
        return [_whole(comm, layout, part) for part in keep.checkpoints]

    return InProcessWorld(2).run(work)[0]


@pytest.mark.parametrize("hour", [1, 2, 3])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (2, 1)])
def test_a_restart_on_any_ranks_goes_on_with_the_same_bits(
    alone: dict[str, Any], checkpoints: list[Checkpoint], hour: int, rows: int, columns: int
) -> None:
    layout = Decomposition(NY, NX, rows, columns)
    start = checkpoints[hour - 1]
    assert start.hour == hour

    def work(comm: Communicator) -> dict[str, Any]:
        tile = layout.tile(comm.rank)
        model = idealised_model(made_case(), comm, layout, ModelOptions())
        cut = (..., tile.j, tile.i)
        model.restore(
            Checkpoint(
                start.hour,
                start.species,
                start.mixing_ratio[cut],
                start.air_mass[cut],
                start.numbers,
            )  # fmt: skip
        )
        model.run(HOURS, Sinks(NoOutput()))
        return {
            "mixing_ratio": gather_field(comm, layout, model.state.own_ratio),
            "air_mass": gather_field(comm, layout, model.state.own_mass),
            "ledger": np.array(json.dumps(model.ledger.as_record(), sort_keys=True)),
            "counts": model.checkpoint().numbers["counts"],
        }

    found = InProcessWorld(layout.size).run(work)[0]
    counts = found.pop("counts")
    assert counts["chemistry"][0] > 0
    if (rows, columns) == (2, 1):  # cells that fill up lanes, and masses, are counted by tiles
        assert counts == checkpoints[-1].numbers["counts"], "of both parts of the run"
    _assert_same(found, alone)


def test_output_hours_are_counted_and_the_same_after_a_restart() -> None:
    layout, straight, later = Decomposition(NY, NX, 1, 1), _Output(), _Output()
    keep = _Checkpoints()
    model = idealised_model(made_case(), SerialComm(), layout, ModelOptions())
    seen: list[tuple[int, int]] = []
    model.run(
        3, Sinks(straight, keep, (2,), progress=lambda done, total: seen.append((done, total)))
    )
    assert list(straight.surface) == [0, 1, 2]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    model.restore(keep.checkpoints[0])
    assert model.hour == 2
    model.run(3, Sinks(later))
    assert list(later.surface) == [2]
    np.testing.assert_array_equal(later.surface[2], straight.surface[2])


class _Pilot:
    """Asks for a checkpoint after one hour and for the end after another."""

    def __init__(self, save: int, stop: int) -> None:
        self._save, self._stop = save, stop

    def after_hour(self, hours_done: int) -> Order:
        return Order(checkpoint=hours_done == self._save, stop=hours_done == self._stop)


def test_a_run_saves_and_stops_when_it_is_told_to() -> None:
    layout, output, keep = Decomposition(NY, NX, 1, 1), _Output(), _Checkpoints()
    model = idealised_model(made_case(), SerialComm(), layout, ModelOptions())
    model.run(HOURS, Sinks(output, keep, steering=_Pilot(save=1, stop=2)))
    assert model.hour == 2
    assert list(output.surface) == [0, 1]
    assert [part.hour for part in keep.checkpoints] == [1]


def test_a_warm_start_takes_mixing_ratios_and_the_air_of_its_own_meteorology(
    checkpoints: list[Checkpoint],
) -> None:
    layout, case = Decomposition(NY, NX, 1, 1), made_case()
    other = checkpoints[1]
    model = idealised_model(case, SerialComm(), layout, ModelOptions())
    model.start(other.mixing_ratio, hour=2)
    assert model.hour == 2
    np.testing.assert_array_equal(model.state.own_ratio, other.mixing_ratio)
    pressure = case.meteorology(2).surface_pressure
    air = case.levels.layer_mass(pressure) * case.ground.cell_area
    np.testing.assert_array_equal(model.state.own_mass, air)
    np.testing.assert_allclose(
        model.ledger.kilograms("initial"),
        (other.mixing_ratio.astype(np.float64) * air).sum(axis=(1, 2, 3)),
        rtol=1e-5,
        atol=1e-3,
    )
    assert not any(any(counts) for counts in model.ledger.totals.values()), "the ledger is new"
    # the same operators in the same order as in the run that went through
    model.run(3, Sinks(NoOutput()))
    found, expected = model.state.own_ratio, checkpoints[2].mixing_ratio
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-12)
