"""What stations measured: a long table of readings, and the same as dense series.

Times are UTC and label the end of what was averaged. Units are those of the products: ug m-3, CO
in mg m-3; weather in the units of the registry (K, Pa, m s-1). To which temperature and pressure
a concentration refers is said row by row, for networks changed it on a day (2018-09-01 in China).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np

from forecast.common.as_of import AsOf
from forecast.common.errors import InputError
from forecast.fields.arrays import Single, Times
from forecast.grid.stations import Station, StationKind

Int = np.ndarray[Any, np.dtype[np.integer[Any]]]
"""Array of whole numbers."""

OBSERVED = ("pm25", "pm10", "so2", "no2", "co", "o3")
"""Pollutants of the national networks."""
WEATHER = (
    "air_temperature_2m",
    "dew_point_2m",
    "surface_pressure",
    "precipitation_flux",
    "wind_speed_10m",
    "wind_from_direction",
)
"""Weather that stations give: K, K, Pa, kg m-2 s-1, m s-1, degrees."""
HOUR = 3600
"""Averaging period of hourly values, s."""


class Flag(IntFlag):
    """Why a value is doubted; the numbers are in files and stay as they are."""

    OK = 0
    MISSING = 1
    """The source gives the row without a value."""
    RANGE = 2
    """Outside of what can be."""
    STEP = 4
    """A jump that comes and goes, or that no neighbour shares."""
    STUCK = 8
    """The same value for hours."""
    SPATIAL = 16
    """Far from what the neighbours measure."""
    RATIO = 32
    """PM2.5 above PM10."""
    BLOCKED = 64
    """On the block list at this date."""
    SOURCE = 128
    """Marked by who sent it: calibration, fault, maintenance."""


REASONS = {
    Flag.MISSING: "no value was given",
    Flag.RANGE: "outside of what can be",
    Flag.STEP: "a jump that no neighbour shares",
    Flag.STUCK: "the same value for too long",
    Flag.SPATIAL: "far from the neighbours",
    Flag.RATIO: "PM2.5 above PM10",
    Flag.BLOCKED: "on the block list",
    Flag.SOURCE: "marked by the sender",
}
"""Each flag in words."""


class ReferenceState(IntEnum):
    """Temperature and pressure at which the volume of air is taken; numbers are in files."""

    ACTUAL = 0
    """As they were at the station."""
    AT_298K = 1
    """298.15 K and 1013.25 hPa: gases in China since 2018-09-01."""
    AT_273K = 2
    """273.15 K and 1013.25 hPa: gases and particles in China before."""
    NONE = 3
    """The quantity is no concentration."""


@dataclass(frozen=True)
class StationRecord:
    """A place where something is measured, of any network.

    Attributes:
        code: Code of the network.
        name: Name in the language of the network.
        city_en: English name of its city, empty when it is not known.
        longitude: Degrees east, NaN when it is not known.
        latitude: Degrees north, NaN when it is not known.
        kind: What it stands for.
    """

    code: str
    name: str = ""
    city_en: str = ""
    longitude: float = float("nan")
    latitude: float = float("nan")
    kind: StationKind = StationKind.CITY

    @classmethod
    def of(cls, station: Station) -> "StationRecord":
        """Take over a station of the table of places."""
        return cls(
            code=station.code,
            name=station.name,
            city_en=station.city_en,
            longitude=station.longitude,
            latitude=station.latitude,
            kind=station.kind,
        )


@dataclass(frozen=True)
class Readings:
    """A long table of values, one row a station, pollutant, time and version.

    Attributes:
        stations: The stations that rows point to.
        pollutants: The names that rows point to, of `OBSERVED` or `WEATHER`.
        station: Place in `stations`, (row) int32.
        pollutant: Place in `pollutants`, (row) int16.
        time: End of the averaging period, UTC, (row) datetime64[s].
        period_seconds: Length of the averaging period, s, (row) int32.
        value: (row) float32, NaN where there is none.
        state: To which air it refers, `ReferenceState`, (row) uint8.
        received: From when this value was known, UTC, (row) datetime64[s].
        flag: Union of `Flag`, (row) uint16.
    """

    stations: tuple[StationRecord, ...]
    pollutants: tuple[str, ...]
    station: Int
    pollutant: Int
    time: Times
    period_seconds: Int
    value: Single
    state: Int
    received: Times
    flag: Int

    def __post_init__(self) -> None:
        """Refuse columns of different length and rows that point nowhere."""
        sizes = {name: getattr(self, name).size for name in COLUMNS}
        if len(set(sizes.values())) > 1:
            msg = f"The columns of a table of readings differ in length: {sizes}."
            raise InputError(msg)
        for name, places in (("station", self.stations), ("pollutant", self.pollutants)):
            index = getattr(self, name)
            if index.size and not 0 <= int(index.min()) <= int(index.max()) < len(places):
                msg = f"Rows of a table of readings point to a {name} that it does not list."
                raise InputError(msg)

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.value.size)

    @classmethod
    def empty(cls) -> "Readings":
        """Make a table without rows."""
        return cls(stations=(), pollutants=(), **{k: np.empty(0, d) for k, d in COLUMNS.items()})

    def take(self, rows: Any) -> "Readings":  # noqa: ANN401
        """Some rows, by a mask, indices or a slice."""
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})

    @classmethod
    def joined(cls, parts: Sequence["Readings"]) -> "Readings":
        """Put tables one after the other; stations of one code become one, the last one counts."""
        records = {record.code: record for part in parts for record in part.stations}
        names = tuple(dict.fromkeys(name for part in parts for name in part.pollutants))
        places = {code: index for index, code in enumerate(records)}
        columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for part in parts:
            stations = np.array([places[s.code] for s in part.stations], dtype=np.int32)
            pollutants = np.array([names.index(n) for n in part.pollutants], dtype=np.int16)
            for name in COLUMNS:
                columns[name].append(getattr(part, name))
            columns["station"][-1] = stations[part.station]
            columns["pollutant"][-1] = pollutants[part.pollutant]
        return cls(
            stations=tuple(records.values()),
            pollutants=names,
            **{
                name: np.concatenate([np.empty(0, dtype), *columns[name]]).astype(dtype)
                for name, dtype in COLUMNS.items()
            },
        )

    def newest(self, as_of: AsOf | None = None) -> "Readings":
        """Keep one row a station, pollutant, time and period: the one that came last.

        Args:
            as_of: Rows that came later than this clock are left out; None: none are.
        """
        table = self
        if as_of is not None and as_of.time is not None:
            limit = np.datetime64(as_of.time.astimezone(UTC).replace(tzinfo=None), "s")
            table = table.take(table.received <= limit)
        keys = (table.station, table.pollutant, table.time, table.period_seconds)
        order = np.lexsort((table.received, *reversed(keys)))
        last = np.ones(order.size, dtype=bool)
        last[:-1] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
        return table.take(order[last])


COLUMNS: dict[str, str] = {
    "station": "int32",
    "pollutant": "int16",
    "time": "datetime64[s]",
    "period_seconds": "int32",
    "value": "float32",
    "state": "uint8",
    "received": "datetime64[s]",
    "flag": "uint16",
}
"""Columns of `Readings` and their types."""


@dataclass(frozen=True)
class StationSeries:
    """The same on a regular calendar.

    Attributes:
        stations: Stations of the second axis.
        pollutants: Names of the first axis.
        times: End of each averaging period, UTC, (time), evenly spaced.
        values: (pollutant, station, time) float32, NaN where there is none.
        flags: Union of `Flag`, (pollutant, station, time) uint16; MISSING where there is none.
        states: `ReferenceState` of each value, (pollutant, station, time) uint8.
    """

    stations: tuple[StationRecord, ...]
    pollutants: tuple[str, ...]
    times: Times
    values: Single
    flags: Int
    states: Int

    def of(self, pollutant: str) -> Single:
        """Values of one pollutant, (station, time).

        Raises:
            InputError: There is no such pollutant.
        """
        if pollutant not in self.pollutants:
            msg = f"There is no pollutant '{pollutant}'; there are {', '.join(self.pollutants)}."
            raise InputError(msg)
        found: Single = self.values[self.pollutants.index(pollutant)]
        return found

    def good(self, doubts: Flag = ~Flag.OK) -> Single:
        """Values without those that carry any of some flags (all flags unless given)."""
        bad = (self.flags & np.uint16(int(doubts) & 0xFFFF)) != 0
        kept: Single = np.where(bad, np.float32(np.nan), self.values)
        return kept


def series(
    readings: Readings,
    begin: np.datetime64 | None = None,
    end: np.datetime64 | None = None,
    *,
    as_of: AsOf | None = None,
    period_seconds: int = HOUR,
) -> StationSeries:
    """Put readings on a calendar; of several versions of a value the last received counts.

    Args:
        readings: Rows of any order; rows of other periods and between the hours are left out.
        begin: First label, UTC; the first of the rows unless given.
        end: Last label, UTC; the last of the rows unless given.
        as_of: Rows that were received after this clock are left out.
        period_seconds: Averaging period and spacing, s.

    Raises:
        InputError: There is no row and no `begin` and `end`.
    """
    rows = readings.take(readings.period_seconds == period_seconds).newest(as_of)
    if rows.size == 0 and (begin is None or end is None):
        msg = "There are no readings of that period, so their first and last time must be given."
        raise InputError(msg)
    step = np.timedelta64(period_seconds, "s")
    first = (rows.time.min() if begin is None else begin).astype("datetime64[s]")
    last = (rows.time.max() if end is None else end).astype("datetime64[s]")
    times = np.arange(first, last + step, step)
    times = times[times <= last]
    offset = (rows.time - first).astype(np.int64)
    place, rest = np.divmod(offset, period_seconds)
    inside = (rest == 0) & (place >= 0) & (place < times.size)
    rows, place = rows.take(inside), place[inside]
    shape = (len(rows.pollutants), len(rows.stations), times.size)
    values = np.full(shape, np.nan, dtype=np.float32)
    flags = np.full(shape, int(Flag.MISSING), dtype=np.uint16)
    states = np.full(shape, int(ReferenceState.NONE), dtype=np.uint8)
    where = (rows.pollutant, rows.station, place)
    values[where], flags[where], states[where] = rows.value, rows.flag, rows.state
    flags[np.isnan(values)] |= np.uint16(Flag.MISSING)
    return StationSeries(rows.stations, rows.pollutants, times, values, flags, states)


def words(flag: int) -> str:
    """Say in words what a flag means; empty for none."""
    return "; ".join(text for bit, text in REASONS.items() if flag & bit)
