"""What was known of a city on the evening of a day: predictors without look-ahead.

Each predictor of day t is made of days up to t, never later; a test plants later values and
expects unchanged predictors. All are anomalies of logarithms from what is usual, so that cities
and seasons can be pooled; what is missing is 0, "as usual".
"""

from dataclasses import dataclass

import numpy as np

from forecast.fields.arrays import Booleans, Float, Integers
from forecast.fields.city_daily import CITY_POLLUTANTS, CityDaily, Days
from forecast.postprocess.climatology import Climatology, fit_climatology, season_of_days
from forecast.postprocess.sample import Sample

TARGETS = {"pm25": 115.0, "aqi": 150.0}
"""What is forecast, and from which value on a day is heavy."""
LEAST = {"co": 0.05, "aqi": 10.0}
"""Values below are taken as this before the logarithm; 1 for the others."""
USUAL_RANGE = 0.8
"""Usual logarithm of the greatest over the least hourly index of a day."""
NEAR, FAR = 120.0, 250.0
"""Reach of neighbours and of the four quarters of the sky, km."""
MEMORY = 120
"""Days before a day that its predictors may need."""
ANALOG_PREDICTORS = ("own_0", "region_0", "region_1", "own_7", "region_7", "o3", "range")
"""Predictors by which analog days are found."""


@dataclass(frozen=True)
class Usual:
    """What is usual of every pollutant and of the index.

    Attributes:
        of: Climatology of each pollutant and of "aqi".
        cities: Cities to whose order they belong.
    """

    of: dict[str, Climatology]
    cities: tuple[str, ...]


def series(daily: CityDaily, name: str) -> Float:
    """Values of a pollutant or of the index, kept above `LEAST`, (city, day)."""
    values = daily.aqi if name == "aqi" else daily.of(name)
    return np.asarray(np.maximum(values, LEAST.get(name, 1.0)))


def learn_usual(daily: CityDaily) -> Usual:
    """Fit what is usual from all days given."""
    names = (*CITY_POLLUTANTS, "aqi")
    found = {name: fit_climatology(np.log(series(daily, name)), daily.days) for name in names}
    return Usual(found, daily.cities)


def evening_features(daily: CityDaily, usual: Usual) -> tuple[Float, tuple[str, ...]]:
    """Predictors of the evening of every day, (city, day, predictor), and their names."""
    anomaly = {
        name: np.log(series(daily, name)) - clim.at(daily.days) for name, clim in usual.of.items()
    }
    shares = _shares(daily)
    own = anomaly["pm25"]
    own = np.where(np.isfinite(own), own, _share(own, shares["near"]))
    region = np.broadcast_to(_mean(own), own.shape)
    found: dict[str, Float] = {f"own_{back}": _back(own, back) for back in range(4)}
    found |= {f"own_{length}": _recent(own, length) for length in (7, 30, 90)}
    found |= {f"region_{back}": _back(region, back) for back in range(3)}
    found["region_7"] = _recent(region, 7)
    found |= {name: _share(own, weights) for name, weights in shares.items()}
    found |= {name: anomaly[name] for name in ("pm10", "so2", "no2", "co", "o3", "aqi")}
    found["co_1"], found["o3_1"] = _back(anomaly["co"], 1), _back(anomaly["o3"], 1)
    for name in ("o3", "so2"):
        found[f"region_{name}"] = np.broadcast_to(_mean(anomaly[name]), own.shape)
    found["range"] = np.log(np.maximum(daily.aqi_high, 5.0) / np.maximum(daily.aqi_low, 5.0))
    found["range"] = found["range"] - USUAL_RANGE
    stacked = np.nan_to_num(np.stack(list(found.values()), axis=-1))
    return stacked, tuple(found)


def make_sample(
    daily: CityDaily, usual: Usual, target: str, evenings: Integers, leads: int
) -> Sample:
    """Rows of every lead, city and evening.

    A forecast that is made on a day knows the evening before; lead 1 is the day after it is made.

    Args:
        daily: Observations; of an evening only those up to it enter its predictors.
        usual: What is usual, learned before.
        target: "pm25" or "aqi".
        evenings: Indices of the last day that is known, (evening).
        leads: Leads 1 to this.

    Returns:
        Rows ordered (lead, city, evening); `observed` is NaN after the last day.
    """
    features, names = evening_features(daily, usual)
    values = series(daily, target)
    last = int(evenings.max()) + 1 + leads
    days = daily.days[0] + np.arange(last + 1)
    base = usual.of[target].at(days)
    padded = np.full((len(daily.cities), last + 1), np.nan)
    count = min(values.shape[1], last + 1)
    padded[:, :count] = values[:, :count]
    calendar, season = _calendar(days), season_of_days(days)
    shape = (len(daily.cities), evenings.size)
    parts: dict[str, list[Float]] = {"x": [], "lead": [], "day": [], "season": [], "b": [], "y": []}
    for lead in range(1, leads + 1):
        valid = evenings + 1 + lead
        dated = np.broadcast_to(calendar[valid], (*shape, calendar.shape[1]))
        rows = np.concatenate([features[:, evenings], dated], axis=-1)
        parts["x"].append(rows.reshape(-1, rows.shape[-1]))
        parts["lead"].append(np.full(shape, float(lead)).ravel())
        parts["day"].append(np.broadcast_to(valid.astype(np.float64), shape).ravel())
        parts["season"].append(np.broadcast_to(season[valid], shape).ravel())
        parts["b"].append(base[:, valid].ravel())
        parts["y"].append(padded[:, valid].ravel())
    joined = {name: np.concatenate(found) for name, found in parts.items()}
    return Sample(
        features=joined["x"],
        names=(*names, "heating", "weekend", "holiday"),
        lead=joined["lead"].astype(np.int64),
        day=joined["day"].astype(np.int64),
        season=joined["season"],
        base=joined["b"],
        observed=joined["y"],
    )


def _calendar(days: Days) -> Float:
    """Heating season (15 November to 15 March), weekend, public holiday; (day, 3)."""
    from holidays import country_holidays

    months = days.astype("datetime64[M]")
    month = months.astype(np.int64) % 12 + 1
    of_month = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    number = month * 100 + of_month
    weekday = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    years = sorted({int(str(day)[:4]) for day in days})
    free = country_holidays("CN", years=years)
    holiday = np.array([day in free for day in days.astype(object)])
    return np.column_stack([(number >= 1115) | (number <= 315), weekday >= 5, holiday]).astype(
        np.float64
    )


def _shares(daily: CityDaily) -> dict[str, Float]:
    """Weights of other cities: near ones, and those in each quarter of the sky, (city, city)."""
    east = (daily.longitude[None] - daily.longitude[:, None]) * 111.2
    middle = (daily.latitude[None] + daily.latitude[:, None]) / 2.0
    east = np.nan_to_num(east * np.cos(np.deg2rad(middle)))
    north = np.nan_to_num((daily.latitude[None] - daily.latitude[:, None]) * 111.2)
    distance = np.hypot(east, north)
    other = ~np.eye(len(daily.cities), dtype=bool)
    quarters: dict[str, Booleans] = {
        "northwest": north - east > 50.0,
        "southwest": -north - east > 50.0,
        "southeast": east - north > 50.0,
        "northeast": east + north > 50.0,
    }
    found = {"near": other * np.exp(-((distance / NEAR) ** 2))}
    found |= {name: inside * np.exp(-((distance / FAR) ** 2)) for name, inside in quarters.items()}
    return found


def _share(own: Float, weights: Float) -> Float:
    """Weighted mean over the cities that are there, NaN without any, (city, day)."""
    weight = weights @ np.isfinite(own)
    total = weights @ np.nan_to_num(own)
    return np.asarray(np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), np.nan))


def _mean(values: Float) -> Float:
    """Mean over the cities that are there, NaN without any, (day)."""
    count = np.isfinite(values).sum(axis=0)
    total = np.nan_to_num(values).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _back(values: Float, count: int) -> Float:
    """The values so many days earlier."""
    out = np.full_like(values, np.nan)
    out[:, count:] = values[:, : values.shape[1] - count]
    return out


def _recent(values: Float, length: int) -> Float:
    """Mean of the last days, shrunk to 0 where few are there."""
    padded = np.pad(values, ((0, 0), (length, 0)), constant_values=np.nan)
    total = np.cumsum(np.nan_to_num(padded), axis=1)
    count = np.cumsum(np.isfinite(padded), axis=1)
    number = count[:, length:] - count[:, :-length]
    return np.asarray((total[:, length:] - total[:, :-length]) / (number + 0.1 * length))
