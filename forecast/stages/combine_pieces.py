"""One piece of the combination: read it from all members, say what they say together.

This is what a worker does, in the stage itself or on another node; it is told everything that it
needs to know.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.ensemble.combine import statistics
from forecast.fields.arrays import Single
from forecast.fields.ensemble import Piece, PieceStatistics
from forecast.storage.member_output import read_variable

COUNTED = "pm25"
"""The pollutant whose exceedance is counted, and by which members are."""


@dataclass(frozen=True)
class MemberPart:
    """Where the output of a member lies and how much of it counts.

    Attributes:
        path: Its store.
        first: Record of the store that is the first hour of the forecast.
        hours: Hours from there on that count.
    """

    path: Path
    first: int
    hours: int


@dataclass(frozen=True)
class Combination:
    """What all pieces have in common.

    Attributes:
        members: Who is in.
        columns: Cells to the east.
        ranked: Pollutants with percentiles.
        thresholds: Hourly PM2.5 whose exceedance is counted, ug m-3.
        readers: Members that are read at a time.
    """

    members: tuple[MemberPart, ...]
    columns: int
    ranked: tuple[str, ...]
    thresholds: tuple[float, ...]
    readers: int


def combine_piece(work: Combination, piece: Piece) -> PieceStatistics:
    """Combine one piece.

    Raises:
        InputError: An output is missing or damaged.
    """
    values = read_piece(work, piece)
    thresholds = work.thresholds if piece.name == COUNTED else ()
    return statistics(piece, values, thresholds, ranked=piece.name in work.ranked)


def read_piece(work: Combination, piece: Piece) -> Single:
    """Read one piece of every member, (member, hour, row, column), NaN where one is out."""
    length = piece.hours.stop - piece.hours.start
    height = piece.rows.stop - piece.rows.start
    shape = (len(work.members), length, height, work.columns)
    values = np.full(shape, np.nan, dtype=np.float32)

    def read(place: int) -> None:
        member = work.members[place]
        number = min(length, member.hours - piece.hours.start)
        if number <= 0:
            return
        first = member.first + piece.hours.start
        hours = slice(first, first + number)
        values[place, :number] = read_variable(member.path, piece.name, hours, piece.rows)

    if work.readers == 1:
        for place in range(len(work.members)):
            read(place)
        return values
    with ThreadPoolExecutor(work.readers) as pool:
        for _ in pool.map(read, range(len(work.members))):
            pass
    return values
