"""Hourly city means of every member, on disk."""

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.fields.city_forecast import AQI_POLLUTANTS, CityHourly, CityName
from forecast.storage.datasets import read_dataset, strings, write_dataset


def write_city_hourly(path: Path, hourly: CityHourly) -> None:
    """Write the hourly means.

    Raises:
        OutputError: A field is not as the registry says, or the disk refuses the file.
    """
    cities = hourly.cities
    dataset = xr.Dataset(
        {
            f"city_{name}": (("member", "city", "time"), hourly.series(name))
            for name in AQI_POLLUTANTS
        }
        | {
            "city_code": (("city",), [city.code for city in cities]),
            "city_zh": (("city",), [city.name_zh for city in cities]),
        },
        coords={
            "member": list(hourly.members),
            "city": [city.name_en for city in cities],
            "time": hourly.labels.astype("datetime64[s]"),
        },
        attrs={
            "title": "hourly means of cities; hours are labelled by their end",
            "cycle": hourly.cycle,
        },
    )
    write_dataset(path, dataset, compression=1)


def read_city_hourly(path: Path) -> CityHourly:
    """Read the hourly means.

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    names = [f"city_{name}" for name in AQI_POLLUTANTS]
    data = read_dataset(path, ("member", "city", "time", "city_code", "city_zh", *names))
    rows = zip(
        strings(data["city_code"]), strings(data["city"]), strings(data["city_zh"]), strict=True
    )
    return CityHourly(
        cycle=str(data.attrs["cycle"]),
        cities=tuple(CityName(*row) for row in rows),
        members=strings(data["member"]),
        labels=data["time"].values,
        concentration=np.stack([data[name].values for name in names], axis=1),
    )
