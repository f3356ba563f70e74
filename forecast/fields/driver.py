"""Driving fields on pressure levels of a regular longitude-latitude grid, whatever their origin."""

from dataclasses import dataclass

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Times


@dataclass(frozen=True)
class PressureLevelDriver:
    """Fields of one driving model.

    Nothing in them has a diurnal cycle of the boundary layer: `prepare` diagnoses it. All
    arrays are complete (no NaN); axes ascend: pressure falls from the ground up, longitude runs
    east, latitude runs north.

    Attributes:
        times: Centre of what each record stands for, UTC, (nt,).
        valid_from: Start of what each record stands for, UTC, (nt,).
        valid_to: End of it, UTC, (nt,); equal to the start in records of one instant.
        is_daily_mean: True when a record is the mean from `valid_from` to `valid_to`.
        pressure: Levels, ground first, Pa, (np,).
        longitude: Degrees east, ascending, (nx,).
        latitude: Degrees north, ascending, (ny,).
        air_temperature: K, (nt, np, ny, nx).
        geopotential_height: m, (nt, np, ny, nx).
        eastward_wind: m s-1, (nt, np, ny, nx).
        northward_wind: m s-1, (nt, np, ny, nx).
        specific_humidity: kg kg-1, (nt, np, ny, nx).
        precipitation_flux: kg m-2 s-1, (nt, ny, nx), or None when the driver has none.
        name: Where it came from, for messages.
        attribution: Source and licence, for products.
    """

    times: Times
    valid_from: Times
    valid_to: Times
    is_daily_mean: bool
    pressure: Float
    longitude: Float
    latitude: Float
    air_temperature: Float
    geopotential_height: Float
    eastward_wind: Float
    northward_wind: Float
    specific_humidity: Float
    precipitation_flux: Float | None
    name: str
    attribution: str

    def __post_init__(self) -> None:
        shape = (self.times.size, self.pressure.size, self.latitude.size, self.longitude.size)
        for field in FIELDS:
            values = getattr(self, field)
            if values.shape != shape:
                msg = (
                    f"'{field}' of '{self.name}' has the shape '{values.shape}'; "
                    f"(time, level, latitude, longitude) = {shape} was expected; correct the "
                    "reader."
                )
                raise InputError(msg)
            self._require_numbers(field, values)
        steps = (-self.pressure, self.longitude, self.latitude, self.times.astype(np.int64))
        if any(np.any(np.diff(axis) <= 0) for axis in steps):
            msg = (
                f"The axes of '{self.name}' are not in order: pressure must fall, longitude, "
                "latitude and time must rise; correct the reader."
            )
            raise InputError(msg)

    def _require_numbers(self, field: str, values: Float) -> None:
        holes = np.argwhere(~np.isfinite(values))
        if holes.size:
            t, k, j, i = holes[0]
            msg = (
                f"'{field}' of '{self.name}' has {len(holes)} value(s) that are no numbers, the "
                f"first '{values[t, k, j, i]}' at {self.times[t]} UTC, {self.pressure[k] / 100:g} "
                f"hPa, {self.latitude[j]:g} N, {self.longitude[i]:g} E; complete fields were "
                "expected. Correct the file or its reader."
            )
            raise InputError(msg)

    @property
    def first(self) -> np.datetime64:
        """Start of the time range that the records stand for, UTC."""
        first: np.datetime64 = self.valid_from[0]
        return first

    @property
    def last(self) -> np.datetime64:
        """End of the time range that the records stand for, UTC."""
        last: np.datetime64 = self.valid_to[-1]
        return last


FIELDS = (
    "air_temperature",
    "geopotential_height",
    "eastward_wind",
    "northward_wind",
    "specific_humidity",
)
"""Names of the three-dimensional fields of a driver."""
