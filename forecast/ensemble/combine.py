"""Mean, quantiles and exceedance probabilities over the members that are there.

The member axis is the first. NaN marks a member that is out at a place or time; the number of
members may differ from value to value. Where no member is in, the result is NaN.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from forecast.fields.arrays import Float, Integers, Reals, Single
from forecast.fields.ensemble import Piece, PieceStatistics
from forecast.fields.variables import PERCENTILES

BYTES_A_VALUE = 12
"""Memory of one value of one member while a piece is combined: itself, sorted, and masks."""


def count(values: Reals) -> Integers:
    """Count the members that have a value.

    Args:
        values: (member, ...), NaN where a member is out.

    Returns:
        Numbers of members, (...).
    """
    return np.asarray(np.count_nonzero(np.isfinite(values), axis=0), dtype=np.int64)


def mean(values: Reals) -> Float:
    """Arithmetic mean over the members that have a value, (...)."""
    total = np.zeros(values.shape[1:])
    for member in values:  # one after the other: the same sum however the field is divided
        total += np.where(np.isfinite(member), member, 0.0)
    return _share(total, count(values))


def quantiles(values: Reals, probabilities: tuple[float, ...]) -> Float:
    """Quantiles over the members, linear between order statistics.

    Type 7 of Hyndman and Fan (1996, doi 10.1080/00031305.1996.10473566): the quantile p of n
    values stands at the place 1 + (n - 1) p of the sorted values, as HJ 663 counts percentiles.

    Args:
        values: (member, ...), NaN where a member is out.
        probabilities: Between 0 and 1.

    Returns:
        (len(probabilities), ...).
    """
    ordered = np.where(np.isfinite(values), values, np.nan)
    ordered.sort(axis=0)
    number = count(values)
    found = np.full((len(probabilities), *ordered.shape[1:]), np.nan)
    for index, probability in enumerate(probabilities):
        place = probability * np.maximum(number - 1, 0)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(number - 1, 0))
        low = _chosen(ordered, below)
        high = _chosen(ordered, above)
        found[index] = low + (place - below) * (high - low)
    return found


def _chosen(ordered: Reals, place: Integers) -> Float:
    taken = np.take_along_axis(ordered, place[None], axis=0)[0]
    return np.asarray(taken, dtype=np.float64)


def exceedance(values: Reals, threshold: float) -> Float:
    """Share of the members that are strictly above a threshold, (...).

    The plain count: with few members it can only take few values, and 0 and 1 are no certainty.
    """
    above = np.isfinite(values) & np.greater(values, threshold)
    return _share(np.asarray(np.count_nonzero(above, axis=0), dtype=np.float64), count(values))


def _share(total: Float, number: Integers) -> Float:
    share: Float = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return share


def pieces(
    names: Sequence[str], shape: tuple[int, int, int, int], memory: float, chunk_hours: int
) -> Iterator[Piece]:
    """Divide the work, so that all members fit into the memory for one piece.

    A piece holds as many chunks of hours as fit, or some rows of one chunk, at the least one row.

    Args:
        names: Pollutants.
        shape: Members, hours, rows, columns.
        memory: For one piece, bytes.
        chunk_hours: Hours that lie together on disk.

    Yields:
        Pieces that cover everything once; all pollutants of some hours come together.
    """
    members, hours, rows, columns = shape
    row = BYTES_A_VALUE * members * columns * min(chunk_hours, hours)
    fit = max(1, int(memory // row))
    height = min(rows, fit)
    length = min(chunk_hours, hours) if height < rows else chunk_hours * (fit // rows)
    for first in range(0, hours, length):
        for south in range(0, rows, height):
            for name in names:
                yield Piece(
                    name,
                    slice(first, min(first + length, hours)),
                    slice(south, min(south + height, rows)),
                )


def statistics(
    piece: Piece, values: Single, thresholds: Sequence[float], *, ranked: bool
) -> PieceStatistics:
    """Say what the members say together in one piece.

    Args:
        piece: Where and of what.
        values: (member, hour, row, column), NaN where a member is out.
        thresholds: Concentrations whose exceedance is counted; with none, nothing is counted.
        ranked: Whether percentiles are wanted.
    """
    probabilities = tuple(percent / 100 for percent in PERCENTILES)
    return PieceStatistics(
        piece,
        mean=mean(values).astype(np.float32),
        percentiles=quantiles(values, probabilities).astype(np.float32) if ranked else None,
        exceedance=np.stack([exceedance(values, limit).astype(np.float32) for limit in thresholds])
        if thresholds
        else None,
        member_count=count(values[:, :, 0, 0]) if thresholds else None,
    )
