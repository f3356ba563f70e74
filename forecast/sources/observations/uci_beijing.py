"""Hourly pollutants and weather of 12 Beijing sites, 2013-03 to 2017-02.

Zhang, S., Guo, B., Dong, A., He, J., Xu, Z. and Chen, S. X. (2017): Cautionary tales on air-quality
improvement in Beijing, Proc. R. Soc. A 473, 20170457; UCI Machine Learning Repository 501, CC BY
4.0. Times are Beijing time; the label is taken as the end of the hour, as the network publishes
it, for the data do not say. Concentrations in ug m-3, also CO, at 273.15 K; weather of the nearest
station of the weather service: degrees Celsius, hPa, mm an hour, m s-1.
"""

import csv
from pathlib import Path

import numpy as np

from forecast.fields.observations import Readings, StationRecord
from forecast.sources.observations.dense import LOCAL, readings_of
from forecast.sources.observations.reading import broken, number, opened, require_columns

CELSIUS = 273.15
_POLLUTANTS = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
_WEATHER = {
    "TEMP": ("air_temperature_2m", 1.0, CELSIUS),
    "DEWP": ("dew_point_2m", 1.0, CELSIUS),
    "PRES": ("surface_pressure", 100.0, 0.0),
    "RAIN": ("precipitation_flux", 1.0 / 3600.0, 0.0),
    "WSPM": ("wind_speed_10m", 1.0, 0.0),
}
"""Name, factor and offset to the units of the registry."""
_COMPASS = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW",
    "NNW",
)  # fmt: skip
SITES = {
    "Aotizhongxin": (116.407, 40.0031), "Changping": (116.23, 40.1952),
    "Dingling": (116.17, 40.2865), "Dongsi": (116.434, 39.9522), "Guanyuan": (116.361, 39.9425),
    "Gucheng": (116.225, 39.9279), "Huairou": (116.644, 40.3937),
    "Nongzhanguan": (116.473, 39.9716), "Shunyi": (116.72, 40.1438), "Tiantan": (116.434, 39.8745),
    "Wanliu": (116.315, 39.9934), "Wanshouxigong": (116.366, 39.8673),
}  # fmt: skip
"""Longitude and latitude of the sites, of the list of national stations of PM2.5-GNN (Wang et al.
2020, doi 10.1145/3397536.3422208, MIT)."""


def read_uci_beijing(path: Path, received: np.datetime64 | None = None) -> Readings:
    """Read the file of one site.

    Args:
        path: The file, packed by gzip or not.
        received: From when all of it was known, UTC; None: an hour after each hour's end.

    Raises:
        InputError: It is not such a file, or a row is wrong.
    """
    columns = (*_POLLUTANTS, *_WEATHER)
    times, rows, sites = [], [], set()
    with opened(path) as file:
        reader = csv.DictReader(file)
        needed = ("year", "month", "day", "hour", *columns, "wd", "station")
        require_columns(path, list(reader.fieldnames or ()), needed)
        for row in reader:
            try:
                parts = [int(row[name]) for name in ("year", "month", "day", "hour")]
                times.append(np.datetime64("{:04}-{:02}-{:02}T{:02}".format(*parts), "s"))
                rows.append([*(number(row[name]) for name in columns), _direction(row["wd"])])
            except (ValueError, TypeError, AttributeError) as error:
                raise broken(
                    path, f"line {reader.line_num}: {error}", "dates and numbers"
                ) from error
            sites.add(row["station"])
    if len(sites) != 1:
        raise broken(path, f"it holds {len(sites)} sites", "the rows of one site")
    table = np.array(rows, np.float64).T
    values = dict(zip(_POLLUTANTS.values(), table, strict=False))
    values["co"] = values["co"] / 1000.0
    for line, (name, factor, offset) in zip(
        table[len(_POLLUTANTS) :], _WEATHER.values(), strict=False
    ):
        values[name] = line * factor + offset
    values["wind_from_direction"] = table[-1]
    site = sites.pop()
    longitude, latitude = SITES.get(site, (np.nan, np.nan))
    station = StationRecord(site, site, "Beijing", longitude, latitude)
    ends = (np.array(times, "datetime64[s]") - LOCAL).astype("datetime64[s]")
    lines = {name: line[np.newaxis] for name, line in values.items()}
    return readings_of([station], ends, lines, received)


def _direction(text: str) -> float:
    word = text.strip()
    return _COMPASS.index(word) * 22.5 if word in _COMPASS else number(word)
