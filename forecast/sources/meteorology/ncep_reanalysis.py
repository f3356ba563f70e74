"""Reader of NCEP/NCAR Reanalysis 1: netCDF, pressure levels, daily means, 2.5 degrees.

Kalnay et al. (1996), doi 10.1175/1520-0477(1996)077<0437:TNYRP>2.0.CO;2. The fields of one file
may be merged from the yearly files of NOAA PSL (`air`, `hgt`, `uwnd`, `vwnd`, `shum`). The record
labelled with day D at 00 UTC is the mean of D 00 to 24 UTC. Specific humidity ends at 300 hPa.
"""

from pathlib import Path
from typing import Any, NamedTuple

import netCDF4
import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Times
from forecast.fields.driver import PressureLevelDriver

LEVELS = (1000, 925, 850, 700, 600, 500, 400, 300, 250, 200, 150, 100)
"""Levels that a file must have, hPa; more are welcome."""
HUMIDITY_TOP = 30000.0
"""Specific humidity must be complete from the ground up to here, Pa."""
HUMIDITY_EXPONENT = 3.0
"""Fall of specific humidity with pressure above its last level, q ~ p**3: the mid-latitude
winter value of Smith (1966, doi 10.1175/1520-0450(1966)005<0726:NOTRBT>2.0.CO;2), rounded."""
HUMIDITY_FLOOR = 2.0e-6
"""Specific humidity of the stratosphere, kg kg-1, about 3.5 ppmv."""


class _Expected(NamedTuple):
    """What a variable of the file must look like."""

    units: tuple[str, ...]
    lowest: float
    highest: float


_VARIABLES = {
    "air": _Expected(("degK", "K", "kelvin"), 150.0, 340.0),
    "hgt": _Expected(("m", "gpm"), -1000.0, 40000.0),
    "uwnd": _Expected(("m/s", "m s-1", "m s**-1"), -200.0, 200.0),
    "vwnd": _Expected(("m/s", "m s-1", "m s**-1"), -200.0, 200.0),
    "shum": _Expected(("kg/kg", "kg kg-1", "1"), -1.0e-4, 0.06),
}
_LEVEL_FACTOR = {"millibar": 100.0, "mb": 100.0, "hPa": 100.0, "Pa": 1.0}
_DAY = np.timedelta64(24, "h")
_ATTRIBUTION = (
    "NCEP/NCAR Reanalysis 1 (Kalnay et al. 1996), provided by NOAA PSL, Boulder, Colorado, USA; "
    "public domain"
)


def read(path: Path) -> PressureLevelDriver:
    """Read a file of daily means.

    Args:
        path: The netCDF file.

    Returns:
        The fields, axes ascending, specific humidity extended above its last level.

    Raises:
        InputError: The file is missing, truncated, no netCDF, or a name, unit, level, time,
            axis or value is not as expected.
    """
    if not path.is_file():
        msg = (
            f"The meteorological file '{path}' does not exist; give the path of an NCEP/NCAR "
            "reanalysis netCDF file in 'meteorology.path'."
        )
        raise InputError(msg)
    try:
        with netCDF4.Dataset(path) as dataset:
            return _read(dataset, path)
    except (OSError, RuntimeError) as error:
        msg = (
            f"The meteorological file '{path}' cannot be read ({error}); it is truncated or no "
            "netCDF file. Fetch it again and compare its size."
        )
        raise InputError(msg) from error


def _read(dataset: Any, path: Path) -> PressureLevelDriver:
    names = (*_VARIABLES, "time", "level", "lat", "lon")
    missing = [name for name in names if name not in dataset.variables]
    if missing:
        msg = (
            f"'{path}' has no variable {', '.join(map(repr, missing))}; an NCEP/NCAR reanalysis "
            f"file with {', '.join(names)} was expected."
        )
        raise InputError(msg)
    pressure = _levels(dataset, path)
    longitude, latitude = _axis(dataset, "lon", path), _axis(dataset, "lat", path)
    valid_from = _days(dataset, path)
    order = np.ix_(
        np.arange(valid_from.size),
        np.argsort(-pressure),
        np.argsort(latitude),
        np.argsort(longitude),
    )
    values = {name: _field(dataset, name, path)[order] for name in _VARIABLES}
    pressure = np.sort(pressure)[::-1]
    axes = (valid_from, pressure, np.sort(latitude), np.sort(longitude))
    for name, field in values.items():
        _complete(name, field, axes, path)
    if np.any(np.diff(values["hgt"], axis=1) <= 0.0):
        msg = f"'hgt' of '{path}' does not rise from level to level; the file is damaged."
        raise InputError(msg)
    return PressureLevelDriver(
        times=valid_from + _DAY // 2,
        valid_from=valid_from,
        valid_to=valid_from + _DAY,
        is_daily_mean=True,
        pressure=pressure,
        longitude=np.sort(longitude),
        latitude=np.sort(latitude),
        air_temperature=values["air"],
        geopotential_height=values["hgt"],
        eastward_wind=values["uwnd"],
        northward_wind=values["vwnd"],
        specific_humidity=extend_humidity(values["shum"], pressure),
        precipitation_flux=None,
        name=str(path),
        attribution=_ATTRIBUTION,
    )


def extend_humidity(humidity: Float, pressure: Float) -> Float:
    """Fill missing specific humidity above the last level that has it.

    q = q_last (p / p_last)**3, at least 2e-6; small negative means of packed data become 0.

    Args:
        humidity: kg kg-1, (nt, np, ny, nx), NaN where missing.
        pressure: Pa, (np,), ground first.

    Returns:
        Complete field of the same shape.
    """
    full = np.maximum(humidity, 0.0)
    for level in range(1, pressure.size):
        ratio = (pressure[level] / pressure[level - 1]) ** HUMIDITY_EXPONENT
        decayed = np.maximum(full[:, level - 1] * ratio, HUMIDITY_FLOOR)
        full[:, level] = np.where(np.isnan(full[:, level]), decayed, full[:, level])
    return full


def _units(dataset: Any, name: str, known: tuple[str, ...], path: Path) -> str:
    units = str(getattr(dataset[name], "units", ""))
    if units not in known:
        msg = (
            f"'{name}' of '{path}' has the units '{units}'; {' or '.join(known)} was expected. "
            "Convert the file or correct its attribute."
        )
        raise InputError(msg)
    return units


def _levels(dataset: Any, path: Path) -> Float:
    units = _units(dataset, "level", tuple(_LEVEL_FACTOR), path)
    pressure = _axis(dataset, "level", path) * _LEVEL_FACTOR[units]
    lacking = [level for level in LEVELS if not np.any(np.isclose(pressure, level * 100.0))]
    if lacking:
        msg = (
            f"'{path}' lacks the levels {lacking} hPa; the levels {', '.join(map(str, LEVELS))} "
            "hPa are needed. Crop the file in longitude and latitude only."
        )
        raise InputError(msg)
    return pressure


def _axis(dataset: Any, name: str, path: Path) -> Float:
    variable = dataset[name]
    values = np.ma.filled(variable[:].astype(np.float64), np.nan)
    steps = np.diff(values)
    monotone = np.all(steps > 0.0) or np.all(steps < 0.0)
    if variable.ndim != 1 or values.size < 2 or not np.all(np.isfinite(values)) or not monotone:
        msg = (
            f"The coordinate '{name}' of '{path}' is not a list of at least two values in order, "
            f"found '{values.ravel()[:6]}…'; the file is damaged or of another kind."
        )
        raise InputError(msg)
    return values


def _days(dataset: Any, path: Path) -> Times:
    variable = dataset["time"]
    units = str(getattr(variable, "units", ""))
    calendar = str(getattr(variable, "calendar", "standard"))
    stored = np.ma.filled(np.ma.asarray(variable[:], np.float64), np.nan)
    try:
        dates = netCDF4.num2date(stored, units, calendar, only_use_cftime_datetimes=False)
        times = np.array([np.datetime64(str(date), "s") for date in np.ravel(np.asarray(dates))])
    except ValueError as error:
        msg = (
            f"The times of '{path}' with the units '{units}' cannot be understood ({error}); "
            "'hours since 1800-01-01' was expected."
        )
        raise InputError(msg) from error
    whole = times.astype("datetime64[D]").astype("datetime64[s]") == times
    if times.size == 0 or not np.all(whole) or np.any(np.diff(times) != _DAY):
        msg = (
            f"The times of '{path}' are '{', '.join(map(str, times[:6]))}'; one record a day at "
            "00 UTC without gaps was expected, as in the daily means of NOAA PSL."
        )
        raise InputError(msg)
    return times


def _field(dataset: Any, name: str, path: Path) -> Float:
    variable = dataset[name]
    _units(dataset, name, _VARIABLES[name].units, path)
    if variable.dimensions != ("time", "level", "lat", "lon"):
        msg = (
            f"'{name}' of '{path}' has the dimensions '{variable.dimensions}'; (time, level, lat, "
            "lon) was expected."
        )
        raise InputError(msg)
    values: Float = np.ma.filled(variable[:].astype(np.float64), np.nan)
    return values


def _complete(name: str, field: Float, axes: tuple[Times, Float, Float, Float], path: Path) -> None:
    """Refuse missing or impossible values; humidity may be missing above 300 hPa.

    Args:
        name: In the file.
        field: (time, level, latitude, longitude).
        axes: Its axes: days, Pa, degrees north, degrees east.
        path: The file.
    """
    times, pressure, latitude, longitude = axes
    needed = field[:, pressure >= HUMIDITY_TOP - 1.0] if name == "shum" else field
    holes = np.argwhere(~np.isfinite(needed))
    if holes.size:
        t, k, j, i = holes[0]
        msg = (
            f"'{name}' of '{path}' misses {len(holes)} of {needed.size} values (fill or NaN), the "
            f"first on {times[t].astype('datetime64[D]')} at {pressure[k] / 100.0:g} hPa, "
            f"{latitude[j]:g} N, {longitude[i]:g} E; complete fields were expected. The file is "
            "truncated or was cropped wrongly: fetch it again."
        )
        raise InputError(msg)
    expected = _VARIABLES[name]
    lowest, highest = float(np.nanmin(field)), float(np.nanmax(field))
    if lowest < expected.lowest or highest > expected.highest:
        msg = (
            f"'{name}' of '{path}' runs from '{lowest:.6g}' to '{highest:.6g}' "
            f"{expected.units[0]}; {expected.lowest:g} to {expected.highest:g} was expected. The "
            "file is damaged, or its scale factor is wrong."
        )
        raise InputError(msg)
