"""How good the statistical member is, and how much weather would add to it.

    python -m benchmarks.statistical FOLDER [--hindcast TABLE] [--beijing]

FOLDER holds the daily city file (and for --beijing the hourly UCI files). The first table scores a
winter forecast by a member that learned up to the eve of it; --hindcast writes the table of
forecasts too. Persistence is the last day known when the forecast is made: two days before the
day of lead 1. Climatology is the distribution of a city's days in the training winters.
"""

import argparse
import csv
import gzip
import time
from pathlib import Path

import numpy as np

from forecast.fields.arrays import Booleans, Float
from forecast.fields.city_daily import CityDaily
from forecast.postprocess.sample import LEVELS, pinball
from forecast.postprocess.statistical import CityOutlook, outlook, train
from forecast.sources.observations.city_daily import read_city_daily
from forecast.stages.statistical import COLUMNS, table_rows
from forecast.storage.atomic import write_text

TRAIN_UNTIL = np.datetime64("2015-10-31")
LEADS = 7
FIRST, LAST = TRAIN_UNTIL + 1 + LEADS, np.datetime64("2016-03-31")
"""Valid days: those that the first forecast after the training reaches with every lead."""
WINTER = (11, 12, 1, 2, 3)
THRESHOLDS = (150.0, 200.0, 300.0)


def _winter(daily: CityDaily) -> Booleans:
    return np.isin(daily.days.astype("datetime64[M]").astype(int) % 12 + 1, WINTER)


def _rmse(error: Float) -> float:
    return float(np.sqrt(np.mean(error**2)))


def scores(daily: CityDaily, found: CityOutlook) -> None:
    """Print RMSE, CRPS, Brier skill, coverage, hits and false alarms of each lead."""
    past = daily.until(TRAIN_UNTIL)
    pm25, aqi = daily.of("pm25"), daily.aqi
    usual = past.of("pm25")[:, _winter(past)]
    usual_aqi = past.aqi[:, _winter(past)]
    season = np.nanmean(usual, axis=1)[:, None]
    spread = np.nanquantile(usual, LEVELS, axis=1).T[:, None]
    place = np.arange(daily.index(FIRST), daily.index(LAST) + 1)
    print("lead  rows  RMSE  persist  season  skill_p  skill_s  bias  CRPSS  cover80")
    for lead in range(1, LEADS + 1):
        cycle = (daily.days[place] - lead - found.cycles[0]).astype(int)
        told, persist = found.pm25_mean[lead - 1][:, cycle], pm25[:, place - lead - 1]
        came = pm25[:, place]
        good = np.isfinite(came) & np.isfinite(persist)
        own, last, mean = (
            _rmse((entry - came)[good]) for entry in (told, persist, season + 0.0 * came)
        )
        quantiles = np.exp(found.pm25[lead - 1][:, cycle][good])
        crps = pinball(quantiles, came[good]).mean()
        crps_usual = pinball((spread + np.zeros((*came.shape, 1)))[good], came[good]).mean()
        inside = (came[good] >= quantiles[:, 2]) & (came[good] <= quantiles[:, 10])
        print(
            f"{lead:4d} {good.sum():5d} {own:5.1f} {last:8.1f} {mean:7.1f} {1 - own / last:8.3f}"
            f" {1 - own / mean:8.3f} {(told - came)[good].mean():5.1f} {1 - crps / crps_usual:6.3f}"
            f" {inside.mean():8.3f}"
        )
    print("lead  AQI>   days  Brier_skill   hit  false   (warned where P > 0.3; hit, false alarms)")
    for lead in range(1, LEADS + 1):
        cycle = (daily.days[place] - lead - found.cycles[0]).astype(int)
        for threshold in THRESHOLDS:
            chance = found.aqi_above(threshold)[lead - 1][:, cycle]
            good = np.isfinite(aqi[:, place])
            event: Booleans = aqi[:, place][good] > threshold
            chance = chance[good]
            rate = np.nanmean(usual_aqi > threshold)
            skill = 1.0 - np.mean((chance - event) ** 2) / np.mean((rate - event) ** 2)
            warned = chance > 0.3
            hit = (warned & event).sum() / max(event.sum(), 1)
            false = (warned & ~event).sum() / max(warned.sum(), 1)
            print(
                f"{lead:4d} {threshold:5.0f} {event.sum():6d} {skill:12.3f} {hit:5.2f} {false:6.2f}"
            )
            if lead in (1, 3):
                _reliability(chance, event)


def _reliability(chance: Float, came: Booleans) -> None:
    """Print mean probability and frequency in bins."""
    edges = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.01])
    cells = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (chance >= low) & (chance < high)
        if inside.sum() >= 20:
            cells.append(f"{chance[inside].mean():.2f}->{came[inside].mean():.2f}({inside.sum()})")
    print("        reliability: " + " ".join(cells))


def beijing(folder: Path) -> None:
    """Print how observed weather, and degraded weather, lowers the error for Beijing."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    days, pm25, weather = _beijing_days(folder)
    log = np.log(np.maximum(pm25, 3.0))
    turn = 2.0 * np.pi * (days - days.astype("datetime64[Y]")).astype(float) / 365.25
    calendar = np.column_stack([np.sin(turn), np.cos(turn)])
    rng = np.random.default_rng(0)
    scale = np.nanstd(weather, axis=0)
    print("Beijing, 12 sites, winter 2015-11 to 2016-03; RMSE, ug m-3, and 1 - RMSE/no weather")
    print("lead  season  no_weather  observed  error_0.5_sd  error_1_sd")
    for lead in (1, 2, 3, 5, 7):
        gap = lead + 1
        known = np.column_stack([log, np.r_[np.nan, log[:-1]], weather])
        past = np.full_like(known, np.nan)
        past[gap:] = known[:-gap]
        past = np.column_stack([past, calendar])
        train_rows = np.isfinite(log) & (days <= TRAIN_UNTIL)
        test = np.isfinite(pm25) & (days >= FIRST) & (days <= LAST)
        cold = train_rows & np.isin(days.astype("datetime64[M]").astype(int) % 12 + 1, WINTER)
        errors = [_rmse(pm25[cold].mean() - pm25[test])]
        for noise in (None, 0.0, 0.5, 1.0):
            given = past
            if noise is not None:
                blurred = weather + noise * scale * rng.normal(size=weather.shape)
                given = np.column_stack([past, blurred])
            model = HistGradientBoostingRegressor(
                max_iter=120, learning_rate=0.05, max_leaf_nodes=6, min_samples_leaf=25,
                l2_regularization=5.0, random_state=0,
            )  # fmt: skip
            model.fit(given[train_rows], pm25[train_rows])
            errors.append(_rmse(model.predict(given[test]) - pm25[test]))
        gains = "  ".join(f"{error:5.1f} ({1 - error / errors[1]:+.2f})" for error in errors[2:])
        print(f"{lead:4d} {errors[0]:7.1f} {errors[1]:11.1f}   {gains}")


def _beijing_days(folder: Path) -> tuple[np.ndarray, Float, Float]:
    """Daily means over the sites: PM2.5, and T, p, dew point, rain, wind east and north, speed."""
    total: dict[str, list[Float]] = {}
    for path in sorted(folder.glob("uci_beijing_*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                day = f"{int(row['year']):04d}-{int(row['month']):02d}-{int(row['day']):02d}"
                total.setdefault(day, []).append(_hour(row))
    days = np.array(sorted(total), dtype="datetime64[D]")
    means = np.array([np.nanmean(np.array(total[str(day)]), axis=0) for day in days])
    return days, means[:, 0], means[:, 1:]


_POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW",
           "NW", "NNW")  # fmt: skip


def _hour(row: dict[str, str]) -> Float:
    def number(name: str) -> float:
        text = row.get(name, "")
        return float(text) if text not in {"", "NA"} else np.nan

    speed = number("WSPM")
    angle = 2.0 * np.pi * _POINTS.index(row["wd"]) / 16.0 if row["wd"] in _POINTS else np.nan
    wind = [speed * np.sin(angle), speed * np.cos(angle), speed]
    return np.array(
        [number("PM2.5"), *(number(k) for k in ("TEMP", "PRES", "DEWP", "RAIN")), *wind]
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hindcast", type=Path)
    parser.add_argument("--beijing", action="store_true")
    options = parser.parse_args()
    if options.beijing:
        beijing(options.folder)
        return
    daily = read_city_daily(next(options.folder.glob("shandong_cities_daily_*.csv")))
    began = time.perf_counter()
    model = train(daily.until(TRAIN_UNTIL), LEADS)
    print(f"learned from {model.first} to {model.last} in {time.perf_counter() - began:.0f} s")
    for target, blend in model.blends.items():
        print(target, dict(zip(blend.members, blend.weights.round(2).T.tolist(), strict=True)))
        print("  stretch, trust, CRPS in folds:", blend.stretch, blend.trust, blend.folds)
    found = outlook(model, daily, np.arange(TRAIN_UNTIL + 1, LAST))
    scores(daily, found)
    if options.hindcast:
        lines = [",".join(COLUMNS), *(",".join(row) for row in table_rows(found))]
        write_text(options.hindcast, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
