"""What the guard of the gas solver saw reaches the record of the member, on any number of ranks."""

import logging
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.composition import Composition
from forecast.chemistry.solver import SolveReport
from forecast.chemistry.step import ChemistryStep
from forecast.common.errors import ModelError
from forecast.ctm.build import ModelOptions
from forecast.ctm.idealised import IdealisedCase, idealised_model, stretched_levels
from forecast.ctm.model import NoOutput, Sinks
from forecast.ctm.reaction import GuardCounts
from forecast.parallel.comm import Communicator, InProcessWorld, SerialComm
from forecast.parallel.decomposition import Decomposition

CELLS = 8
"""Cells each way: tiles of two by two ranks fill whole lanes, so no cell is repeated."""


@pytest.fixture(scope="module")
def case(composition: Composition) -> IdealisedCase:
    return IdealisedCase(CELLS, CELLS, stretched_levels(8), composition)


def _summary(composition: Composition, comm: Communicator, adaptive: int) -> dict[str, Any]:
    guard = GuardCounts(composition)
    guard.volume = np.array([1.0e9, 4.0e9])
    clipped = np.zeros(len(composition.gas.species))
    clipped[composition.gas.index("NO")] = 3.0e10 * (comm.rank + 1)
    clipped[composition.gas.index("O3")] = 1.0e12
    guard.add(SolveReport(640, 3 + comm.rank, adaptive, clipped), 0)
    guard.add(SolveReport(640, 0, 0, np.zeros_like(clipped)), 1)
    return guard.summary(comm)


def test_counts_of_ranks_add_up(composition: Composition) -> None:
    found = InProcessWorld(3).run(lambda comm: _summary(composition, comm, adaptive=0))
    assert found[0] == found[1] == found[2]
    assert found[0]["cells"] == 3 * 1280
    assert found[0]["solved_again"] == 3 + 4 + 5
    assert found[0]["solved_adaptively"] == 0
    # 6 x 3e10 molecules cm-3 of NO in 1e9 m3: 1.8e26 molecules of 30.006 g mol-1 are 8.97 kg
    assert found[0]["clipped_kg"]["NO"] == pytest.approx(8.969, rel=1e-3)
    assert list(found[0]["clipped_kg"]) == ["O3", "NO"]


def test_cells_for_the_adaptive_solver_are_told_once(
    composition: Composition, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        InProcessWorld(2).run(lambda comm: _summary(composition, comm, adaptive=2 * comm.rank))
    assert [record.getMessage() for record in caplog.records] == [
        "gas chemistry: 2 of 2560 cells could not be solved with fixed sub-steps, nor with shorter "
        "ones, and took the adaptive solver"
    ]


def test_nothing_is_told_when_all_is_well(
    composition: Composition, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _summary(composition, SerialComm(), adaptive=0)
    assert not caplog.records


def test_the_model_counts_the_same_on_one_and_four_ranks(case: IdealisedCase) -> None:
    """With two cells whose air is so odd that the first steps do not solve it."""
    table = case.composition.table
    start = case.initial()
    start[table.index("O3"), 0, 1, 1] = start[table.index("O3"), 0, 6, 5] = 8.0e-3

    def run(layout: Decomposition, comm: Communicator) -> dict[str, Any]:
        model = idealised_model(case, comm, layout, ModelOptions())
        tile = layout.tile(comm.rank)
        model.start(start[..., tile.j, tile.i])
        model.run(1, Sinks(NoOutput()))
        return model.summaries()

    alone = run(Decomposition(CELLS, CELLS, 1, 1), SerialComm())["chemistry"]
    layout = Decomposition(CELLS, CELLS, 2, 2)
    many = [found["chemistry"] for found in InProcessWorld(4).run(lambda comm: run(layout, comm))]
    assert many[0] == many[1] == many[2] == many[3]
    # 64 cells of 8 layers, three times an hour
    assert alone["cells"] == many[0]["cells"] == 64 * 8 * 3
    assert alone["solved_again"] == many[0]["solved_again"] > 0
    assert alone["solved_adaptively"] == many[0]["solved_adaptively"]
    assert alone["clipped_kg"].keys() == many[0]["clipped_kg"].keys()


def test_a_cell_that_chemistry_cannot_solve_is_named_with_layer_and_time(
    case: IdealisedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> SolveReport:
        msg = "Cell 28 of the gas chemistry starts with values that are not finite"
        raise ModelError(msg)

    model = idealised_model(case, SerialComm(), Decomposition(CELLS, CELLS, 1, 1), ModelOptions())
    monkeypatch.setattr(ChemistryStep, "advance", fail)
    told = r"layer 0 of a tile of 8 rows of 8 cells, 2022-01-01T00:10:00 UTC: Cell 28"
    with pytest.raises(ModelError, match=told):
        model.run(1, Sinks(NoOutput()))
