"""Tables of readings from rows that each name their station, pollutant, time and unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forecast.config.observations import State, Unit
from forecast.fields.observations import HOUR, Flag, Readings, ReferenceState, StationRecord
from forecast.fields.reference_state import published_state
from forecast.sources.observations.dense import PUBLISHED_AFTER

MOLAR_MASS = {"so2": 64.066, "no2": 46.006, "co": 28.010, "o3": 47.998}
"""g mol-1, from the standard atomic weights of IUPAC."""
_MOLAR_VOLUME = 8.314462618 * 298.15 / 101_325.0 * 1000.0
"""Volume of a mole of air at 298.15 K and 1013.25 hPa, l."""
_STATES = {
    State.ACTUAL: ReferenceState.ACTUAL,
    State.AT_298K: ReferenceState.AT_298K,
    State.AT_273K: ReferenceState.AT_273K,
}


@dataclass
class Rows:
    """Hourly values as they are read.

    Attributes:
        known: Stations by code, for their places; more are added by `describe`.
    """

    known: dict[str, StationRecord]
    _codes: dict[str, int] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)
    _rows: list[tuple[int, int, np.datetime64, float, int]] = field(default_factory=list)

    @classmethod
    def of(cls, known: Mapping[str, StationRecord]) -> "Rows":
        """Begin with what is known of stations."""
        return cls(dict(known))

    def describe(self, record: StationRecord) -> None:
        """Say more of a station that is not known."""
        self.known.setdefault(record.code, record)

    def add(
        self, code: str, pollutant: str, end: np.datetime64, value: float, unit: Unit, state: State
    ) -> None:
        """Add an hourly mean; a missing one, or one below zero, makes no row.

        Args:
            code: Of the station.
            pollutant: One of the observed ones.
            end: End of the hour, UTC.
            value: In `unit`.
            unit: Parts of the air become a concentration at 298.15 K.
            state: Air to which a concentration refers.

        Raises:
            ValueError: The unit does not fit the pollutant.
        """
        if not value >= 0.0:
            return
        if unit in {Unit.PPB, Unit.PPM}:
            if pollutant not in MOLAR_MASS:
                msg = f"{pollutant} is no gas, so it cannot be given in {unit.value}"
                raise ValueError(msg)
            scale = 1.0 if unit is Unit.PPB else 1000.0
            value *= scale * MOLAR_MASS[pollutant] / _MOLAR_VOLUME
            state, unit = State.AT_298K, Unit.UG
        in_ug = value * (1000.0 if unit is Unit.MG else 1.0)
        number = in_ug / 1000.0 if pollutant == "co" else in_ug
        if state is State.PUBLISHED:
            known = int(published_state([pollutant], np.array([end]))[0])
        else:
            known = int(_STATES[state])
        station = self._codes.setdefault(code, len(self._codes))
        name = self._names.setdefault(pollutant, len(self._names))
        self._rows.append((station, name, end, number, known))

    def table(self, received: np.datetime64 | None = None) -> Readings:
        """Make the table.

        Args:
            received: From when all of it was known, UTC; None: an hour after each hour's end.
        """
        if not self._rows:
            return Readings.empty()
        station, name, end, number, state = zip(*self._rows, strict=True)
        time = np.array(end, "datetime64[s]")
        known = time + PUBLISHED_AFTER if received is None else np.full(time.size, received)
        return Readings(
            stations=tuple(self.known.get(code, StationRecord(code)) for code in self._codes),
            pollutants=tuple(self._names),
            station=np.array(station, np.int32),
            pollutant=np.array(name, np.int16),
            time=time,
            period_seconds=np.full(time.size, HOUR, np.int32),
            value=np.array(number, np.float32),
            state=np.array(state, np.uint8),
            received=known.astype("datetime64[s]"),
            flag=np.full(time.size, int(Flag.OK), np.uint16),
        )
