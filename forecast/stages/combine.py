"""What the members say together on the grid."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from forecast.common.cycle import local_dates
from forecast.config.combine import Engine
from forecast.ensemble.combine import pieces
from forecast.fields.ensemble import EnsembleFrame, Piece, PieceStatistics
from forecast.fields.membership import Membership
from forecast.fields.variables import REGISTRY
from forecast.grid.domain import Domain
from forecast.stages.combine_pieces import Combination, combine_piece
from forecast.stages.combine_workers import combine_with_workers
from forecast.stages.members_in import member_parts, modelled, read_membership
from forecast.stages.standards import pm25_limits, read_standards
from forecast.stages.task import Task
from forecast.storage.ensemble_fields import create_ensemble
from forecast.storage.member_output import RECORD_CHUNK

_MEGABYTE = 1.0e6


def run(task: Task) -> None:
    """Write mean, percentiles and exceedance of the members that are in, piece by piece."""
    membership = read_membership(task)
    frame = _frame(task, membership)
    grid = Domain.from_config(task.configuration.domain).horizontal
    options = task.configuration.combine
    work = Combination(
        members=member_parts(task, membership),
        columns=grid.nx,
        ranked=frame.ranked,
        thresholds=tuple(frame.thresholds.tolist()),
        readers=options.readers,
    )
    shape = (len(work.members), membership.hours_covered, grid.ny, grid.nx)
    memory = options.piece_mb * _MEGABYTE
    parts = list(pieces(frame.pollutants, shape, memory, RECORD_CHUNK))
    attrs = {"title": "ensemble fields, hourly"}
    with create_ensemble(task.run.ensemble, frame, grid, attrs) as file:
        for found in _combined(task, work, parts):
            file.write(found)
    task.record.read(*(member.path for member in work.members))
    task.record.wrote(task.run.ensemble)
    task.record.note(pieces=len(parts), engine=str(options.engine))


def _frame(task: Task, membership: Membership) -> EnsembleFrame:
    labels = task.cycle.hours(1, membership.hours_covered)
    day: date = local_dates(labels)[0].astype(object)
    names = modelled(task, membership)
    return EnsembleFrame(
        cycle=task.cycle.name,
        members=membership.members,
        labels=labels,
        pollutants=names,
        ranked=tuple(name for name in names if f"{name}_p50" in REGISTRY),
        thresholds=np.array(pm25_limits(read_standards(task).on(day))),
    )


def _combined(task: Task, work: Combination, parts: list[Piece]) -> Iterator[PieceStatistics]:
    """Combine all pieces, by the engine that is configured."""
    left = dict.fromkeys(map(_key, parts))
    options = task.configuration.combine
    if options.engine is Engine.DASK:
        for found in combine_with_workers(task, work, parts):
            del left[_key(found.piece)]
            yield found
    for piece in parts:
        if _key(piece) in left:
            yield combine_piece(work, piece)


def _key(piece: Piece) -> tuple[str, int, int]:
    """Tell pieces apart; slices cannot be hashed everywhere."""
    return piece.name, piece.hours.start, piece.rows.start
