"""Where the time goes: blocks in blocks, and what ranks do together."""

import time
from pathlib import Path

import pytest

from forecast.chemistry.composition import composition_of
from forecast.common.stopwatch import StopWatch
from forecast.config.chemistry import ChemistryConfig
from forecast.ctm.build import ModelOptions
from forecast.ctm.idealised import IdealisedCase, idealised_model, stretched_levels
from forecast.ctm.model import NoOutput, Sinks
from forecast.parallel.comm import Communicator, InProcessWorld
from forecast.parallel.decomposition import Decomposition


class _Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock()
    monkeypatch.setattr(StopWatch, "clock", made)
    return made


def test_a_block_inside_another_counts_once(clock: _Clock) -> None:
    watch = StopWatch()
    with watch.timing("outer"):
        clock.now += 1.0
        with watch.timing("inner"):
            clock.now += 10.0
            with watch.timing("innermost"):
                clock.now += 100.0
        clock.now += 2.0
        with watch.timing("inner"):
            clock.now += 20.0
    with watch.timing("outer"):
        clock.now += 4.0
    assert watch.seconds == {"outer": 7.0, "inner": 30.0, "innermost": 100.0}


def test_time_until_an_error_counts(clock: _Clock) -> None:
    watch = StopWatch()
    with pytest.raises(ValueError, match="planned"), watch.timing("outer"):
        clock.now += 1.0
        with watch.timing("inner"):
            clock.now += 2.0
            msg = "planned"
            raise ValueError(msg)
    with watch.timing("outer"):
        clock.now += 5.0
    assert watch.seconds == {"outer": 6.0, "inner": 2.0}


def test_the_model_shows_what_ranks_do_together(project_root: Path) -> None:
    composition = composition_of(ChemistryConfig())
    case = IdealisedCase(8, 8, stretched_levels(8), composition)
    layout = Decomposition(8, 8, 2, 1)

    def run(comm: Communicator) -> tuple[dict[str, float], float]:
        model = idealised_model(case, comm, layout, ModelOptions())
        start = time.perf_counter()
        model.run(1, Sinks(NoOutput()))
        return model.timings, time.perf_counter() - start

    for timings, wall in InProcessWorld(2).run(run):
        assert min(timings["exchange"], timings["agreement"], timings["transport"]) > 0.0
        assert 0.5 * wall < sum(timings.values()) <= wall
