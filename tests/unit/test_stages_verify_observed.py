"""Days of cities from hourly readings of stations, against the same worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from forecast.aqi.standard import StandardSet
from forecast.common.errors import InputError
from forecast.fields.arrays import Float
from forecast.fields.observations import COLUMNS, Flag, Readings, ReferenceState, StationRecord
from forecast.grid.stations import StationKind
from forecast.stages.verify_observed import Observed, observed_in, read_observed
from forecast.storage.observation_store import ObservationStore

STATIONS = (
    StationRecord("1001A", city_en="Jinan"),
    StationRecord("1002A", city_en="Jinan"),
    StationRecord("1003A", city_en="Jinan", kind=StationKind.BACKGROUND),
    StationRecord("2001A", city_en="Heze"),
    StationRecord("3001A"),
)
BEGIN = np.datetime64("2022-01-09T16:00:00", "s")
"""Beijing midnight of 10 January."""


@pytest.fixture
def standards(project_root: Path) -> StandardSet:
    return StandardSet.read(project_root / "configs" / "aqi")


def readings(values: dict[tuple[str, str], Float]) -> Readings:
    """Hourly values from the hour that ends at 01:00 on, by station and pollutant."""
    rows: dict[str, list[object]] = {name: [] for name in COLUMNS}
    codes = [station.code for station in STATIONS]
    pollutants = ("pm25", "o3")
    for (code, pollutant), own in values.items():
        for hour, value in enumerate(own, start=1):
            flag = Flag.RANGE if value > 900 else Flag.OK
            state = ReferenceState.ACTUAL if pollutant == "pm25" else ReferenceState.AT_298K
            time = BEGIN + np.timedelta64(hour, "h")
            row = (codes.index(code), pollutants.index(pollutant), time, 3600, value, state, time,
                   flag)  # fmt: skip
            for name, cell in zip(COLUMNS, row, strict=True):
                rows[name].append(cell)
    columns = {name: np.array(rows[name]).astype(kind) for name, kind in COLUMNS.items()}
    return Readings(STATIONS, pollutants, **columns)


def made() -> Readings:
    hours = np.arange(48.0)
    ozone = np.full(48, 50.0)
    ozone[12:20] = 180.0  # the hours that end at 13:00 to 20:00 of the first day
    gaps = np.full(48, 40.0)
    gaps[24:29] = np.nan  # 19 hours of the second day: no mean
    first = hours.copy()
    first[3] = 999.0  # doubted
    return readings(
        {
            ("1001A", "pm25"): first,
            ("1002A", "pm25"): hours + 10.0,
            ("1003A", "pm25"): np.zeros(48),
            ("1001A", "o3"): ozone,
            ("2001A", "pm25"): gaps,
            ("3001A", "pm25"): np.full(48, 500.0),
        }
    )


def check(found: Observed, *, doubted: bool) -> None:
    daily = found.daily
    assert daily.cities == ("Heze", "Jinan")
    assert [str(day) for day in daily.days] == ["2022-01-10", "2022-01-11"]
    jinan = [k + 5.0 for k in range(24)]
    jinan[3] = 13.0 if doubted else (999.0 + 13.0) / 2
    assert daily.of("pm25")[1, 0] == pytest.approx(np.mean(jinan))
    assert daily.of("pm25")[0, 0] == pytest.approx(40.0)
    assert np.isnan(daily.of("pm25")[0, 1])
    assert found.mda8[1, 0] == pytest.approx(180.0)
    assert np.isnan(found.mda8[0]).all()
    assert found.pollutants == ("pm25", "o3")


def test_a_city_is_the_mean_of_its_urban_stations(standards: StandardSet) -> None:
    check(observed_in(made(), standards, Path("made")), doubted=False)


def test_the_store_is_read_without_doubted_values(tmp_path: Path, standards: StandardSet) -> None:
    ObservationStore(tmp_path / "store").land(made())
    check(read_observed(tmp_path / "store", standards), doubted=True)


def test_a_store_without_urban_stations_is_refused(standards: StandardSet) -> None:
    rows = made()
    only = rows.take(rows.station >= 4)
    with pytest.raises(InputError, match="no hourly reading of an urban station"):
        observed_in(only, standards, Path("made"))
