"""Members combined in pieces: any division, any engine, the same file to the last bit."""

import logging
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.many_members import make_run
from forecast.common.errors import InputError
from forecast.ensemble.combine import BYTES_A_VALUE, pieces
from forecast.fields.ensemble import EnsembleFields, Piece, PieceStatistics
from forecast.fields.membership import Membership
from forecast.stages import combine, combine_workers, gate
from forecast.stages.combine_pieces import Combination, combine_piece
from forecast.stages.task import Task
from forecast.storage.ensemble_fields import read_ensemble
from forecast.storage.member_output import read_variable
from forecast.storage.records import read_record

MEMBERS, HOURS = 5, 48
SETTINGS = [f"forecast.horizon_hours={HOURS}", "forecast.hourly_hours=24"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run whose members have ended and are decided on."""
    folder = tmp_path_factory.mktemp("runs")
    run = make_run(folder, "drill", MEMBERS, SETTINGS)
    gate.run(Task.create("gate", run.folder))
    return folder


def _combined(folder: Path, *settings: str) -> tuple[EnsembleFields, Task]:
    run = make_run(folder, "drill", MEMBERS, [*SETTINGS, *settings])
    task = Task.create("combine", run.folder)
    combine.run(task)
    return read_ensemble(run.ensemble), task


def _assert_same(one: EnsembleFields, other: EnsembleFields) -> None:
    for field in fields(EnsembleFields):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@given(
    st.tuples(*(st.integers(1, 60) for _ in range(4))),
    st.floats(1.0, 1e7),
    st.sampled_from([1, 5, 24]),
)
def test_pieces_cover_everything_once_and_fit(
    shape: tuple[int, int, int, int], memory: float, chunk: int
) -> None:
    seen = np.zeros(shape[1:3], dtype=int)
    smallest = BYTES_A_VALUE * shape[0] * shape[3] * min(chunk, shape[1])
    for piece in pieces(["pm25"], shape, memory, chunk):
        seen[piece.hours, piece.rows] += 1
        assert piece.hours.start % chunk == 0, "no chunk is read for two pieces of hours"
        hours = piece.hours.stop - piece.hours.start
        rows = piece.rows.stop - piece.rows.start
        taken = BYTES_A_VALUE * shape[0] * hours * rows * shape[3]
        assert taken <= max(memory, smallest)
    assert (seen == 1).all()


def test_the_statistics_are_those_of_the_members(folder: Path) -> None:
    found, task = _combined(folder)
    stores = [task.run.output(f"m{place:02d}") for place in range(MEMBERS)]
    values = np.stack([read_variable(store, "pm25") for store in stores])
    place = found.pollutants.index("pm25")
    assert found.mean[place] == pytest.approx(values.mean(axis=0, dtype=np.float64))
    expected = np.percentile(values.astype(np.float64), [10, 50, 90], axis=0)
    assert found.percentiles[found.ranked.index("pm25")] == pytest.approx(expected)
    for threshold, share in zip(found.thresholds, found.exceedance, strict=True):
        assert share == pytest.approx((values > threshold).mean(axis=0))
    assert (found.member_count == MEMBERS).all()


@pytest.mark.parametrize("megabytes", ["0.02", "0.1", "0.5"])
def test_small_pieces_make_the_same_file(folder: Path, megabytes: str) -> None:
    whole, _ = _combined(folder)
    found, task = _combined(folder, f"combine.piece_mb={megabytes}", "combine.readers=1")
    assert task.record.facts["pieces"] > len(found.pollutants)
    _assert_same(found, whole)


def test_a_member_that_ends_early_counts_while_it_is_there(tmp_path: Path) -> None:
    run = make_run(tmp_path, "drill", 3, SETTINGS)
    decide = Task.create("gate", run.folder)
    (run.output("m01") / "pm25" / "c.1.0.0").unlink()
    gate.run(decide)
    membership = read_record(Membership, run.members)
    assert membership.hours_of("m01") == 24
    task = Task.create("combine", run.folder)
    combine.run(task)
    found = read_ensemble(run.ensemble)
    np.testing.assert_array_equal(found.member_count, [3] * 24 + [2] * 24)
    pair = np.stack([read_variable(run.output(name), "so2") for name in ("m00", "m02")])
    mean = found.mean[found.pollutants.index("so2")]
    assert mean[24:] == pytest.approx(pair[:, 24:].mean(axis=0, dtype=np.float64))


class _Workers:
    """In place of a cluster: two pieces come back, then it is lost."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(
        self, task: Task, work: Combination, parts: list[Piece], options: object
    ) -> Iterator[PieceStatistics]:
        del task, options
        for piece in parts[1:3]:
            yield combine_piece(work, piece)
        raise self._error


def test_a_lost_cluster_is_loud_and_the_stage_does_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole, _ = _combined(folder)
    monkeypatch.setattr(combine_workers, "_combined", _Workers(OSError("scheduler is gone")))
    with caplog.at_level(logging.WARNING):
        found, task = _combined(folder, "combine.engine=dask")
    _assert_same(found, whole)
    (fallback,) = task.record.degradations
    assert fallback.code == "combine-without-workers"
    assert "scheduler is gone" in fallback.what
    assert any("scheduler is gone" in line for line in caplog.messages)


def test_a_damaged_member_is_no_matter_of_the_cluster(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combine_workers, "_combined", _Workers(InputError("m01 is damaged")))
    with pytest.raises(InputError, match="m01 is damaged"):
        _combined(folder, "combine.engine=dask")


@pytest.mark.slow
def test_workers_of_dask_make_the_same_file(folder: Path) -> None:
    whole, _ = _combined(folder)
    settings = ("combine.engine=dask", "combine.piece_mb=0.1", "combine.dask.memory_mb=1000")
    found, task = _combined(folder, *settings)
    assert task.record.degradations == []
    _assert_same(found, whole)
