"""What the members say together on the grid, hour by hour."""

from dataclasses import dataclass

from forecast.fields.arrays import Float, Integers, Single, Times


@dataclass(frozen=True)
class EnsembleFrame:
    """What ensemble fields are about.

    Attributes:
        cycle: Name of the cycle.
        members: Names of the members counted.
        labels: Ends of the hours, UTC, (nt,).
        pollutants: Names of all fields.
        ranked: Names of those with percentiles.
        thresholds: Hourly PM2.5, ug m-3, (nthreshold,).
    """

    cycle: str
    members: tuple[str, ...]
    labels: Times
    pollutants: tuple[str, ...]
    ranked: tuple[str, ...]
    thresholds: Float


@dataclass(frozen=True)
class Piece:
    """Some hours and rows of one pollutant.

    Attributes:
        name: Of the pollutant.
        hours: Places on the time axis.
        rows: Cells to the north.
    """

    name: str
    hours: slice
    rows: slice


@dataclass(frozen=True)
class PieceStatistics:
    """What the members say together in one piece.

    Attributes:
        piece: Where and of what.
        mean: (nhour, nrow, nx).
        percentiles: At `forecast.fields.variables.PERCENTILES`, (3, nhour, nrow, nx), or None.
        exceedance: Share of members above each threshold, (nthreshold, nhour, nrow, nx), or None.
        member_count: Members that cover each hour, (nhour,), or None.
    """

    piece: Piece
    mean: Single
    percentiles: Single | None = None
    exceedance: Single | None = None
    member_count: Integers | None = None


@dataclass(frozen=True)
class EnsembleFields:
    """Mean, percentiles and exceedance of the hourly surface fields, all in memory.

    Attributes:
        cycle: Name of the cycle.
        members: Names of the members counted.
        labels: Ends of the hours, UTC, (nt,).
        member_count: Members that cover each hour, (nt,).
        pollutants: Names, first axis of `mean`.
        mean: In the units of the registry, (npollutant, nt, ny, nx).
        ranked: Names, first axis of `percentiles`.
        percentiles: At `forecast.fields.variables.PERCENTILES`, (nranked, 3, nt, ny, nx).
        thresholds: Hourly PM2.5, ug m-3, (nthreshold,).
        exceedance: Share of members above each threshold, (nthreshold, nt, ny, nx).
    """

    cycle: str
    members: tuple[str, ...]
    labels: Times
    member_count: Integers
    pollutants: tuple[str, ...]
    mean: Single
    ranked: tuple[str, ...]
    percentiles: Single
    thresholds: Float
    exceedance: Single
