"""How many planted errors do the quality checks find, and how many good values do they doubt?

    python -m benchmarks.quality_control --data FOLDER [--begin 2014-11-01] [--days 365] [--seed 1]

FOLDER holds the hourly files of the 12 Beijing sites (`uci_beijing_*.csv.gz`, UCI 501, CC BY 4.0).
Errors are planted at random hours of random sites, each kind in about 0.2 % of the values:

* range: negative or up to ten times the greatest possible value;
* step: one hour is lifted by 1.5 to 5 times the smallest jump that is looked at;
* stuck: 8 to 36 hours keep the value of the first;
* spatial: 6 to 24 hours are multiplied by 4 to 8, or divided by that;
* ratio: PM10 becomes 0.2 to 0.7 of PM2.5 for 1 to 6 hours.

A planted value counts as found when the check of its kind flags it; columns of their own give the
share among those that were moved by more than half of `step`, and the share that any check flags.
False alarms are flags on values that nobody touched; the data are not free of true errors, so this
is an upper bound.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from forecast.config.observations import ObservationsConfig, QualityConfig
from forecast.fields.arrays import Booleans, Single
from forecast.fields.observations import OBSERVED, Flag, Readings, StationSeries, series
from forecast.observations.quality import checked
from forecast.sources.observations.uci_beijing import read_uci_beijing

KINDS = {
    "range": Flag.RANGE,
    "step": Flag.STEP,
    "stuck": Flag.STUCK,
    "spatial": Flag.SPATIAL,
    "ratio": Flag.RATIO,
}
SHARE = 0.002


def load(folder: Path, begin: np.datetime64, days: int) -> StationSeries:
    """Read all sites and take a period."""
    files = sorted(folder.glob("uci_beijing_*.csv.gz"))
    table = Readings.joined([read_uci_beijing(path) for path in files])
    hour = np.timedelta64(3600, "s")
    found = series(table, begin.astype("datetime64[s]") + hour, begin + np.timedelta64(days, "D"))
    rows = [found.pollutants.index(name) for name in OBSERVED]
    arrays = {name: getattr(found, name)[rows] for name in ("values", "flags", "states")}
    return replace(found, pollutants=OBSERVED, **arrays)


def plant(
    clean: StationSeries, kind: str, options: QualityConfig, rng: np.random.Generator
) -> tuple[StationSeries, Booleans]:
    """Damage some values; return the series and where it was touched."""
    values = clean.values.copy()
    touched = np.zeros(values.shape, dtype=bool)
    lengths = {"stuck": (8, 37), "spatial": (6, 25), "ratio": (1, 7)}.get(kind, (1, 2))
    wanted = SHARE * np.isfinite(values).sum()
    pm25, pm10 = (clean.pollutants.index(name) for name in ("pm25", "pm10"))
    while touched.sum() < wanted:
        length = int(rng.integers(*lengths))
        pollutant, station = (int(rng.integers(size)) for size in values.shape[:2])
        pollutant = pm10 if kind == "ratio" else pollutant
        first = int(rng.integers(values.shape[2] - length))
        where = (pollutant, station, slice(first, first + length))
        fine = clean.values[pm25, station, where[2]]
        if not np.isfinite(values[where]).all() or touched[where].any():
            continue
        if kind == "ratio" and not (fine > 60.0).all():
            continue
        values[where] = _damaged(kind, values[where], fine, (options, clean, pollutant), rng)
        touched[where] = True
    return replace(clean, values=values), touched


def _damaged(
    kind: str,
    good: Single,
    fine: Single,
    context: tuple[QualityConfig, StationSeries, int],
    rng: np.random.Generator,
) -> Single:
    options, clean, pollutant = context
    limits = options.ranges[clean.pollutants[pollutant]]
    if kind == "range":
        high = limits.greatest * rng.uniform(1.05, 10.0)
        return np.full_like(good, high if rng.random() < 0.5 else -rng.uniform(0.5, 50.0))
    if kind == "step":
        return (good + limits.step * rng.uniform(1.5, 5.0)).astype(np.float32)
    if kind == "stuck":
        return np.full_like(good, good[0])
    if kind == "ratio":
        return (fine * rng.uniform(0.2, 0.7)).astype(np.float32)
    factor = rng.uniform(4.0, 8.0) ** rng.choice((-1.0, 1.0))
    moved: Single = (good * factor).astype(np.float32)
    return moved


def main() -> None:
    """Print one line a check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--begin", default="2014-11-01")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    options = ObservationsConfig().quality
    clean = load(told.data, np.datetime64(told.begin, "D"), told.days)
    there = np.isfinite(clean.values)
    print(
        f"{there.sum()} values of {len(clean.stations)} sites, {told.days} days from {told.begin}"
    )
    heads = ("planted", "found", "large", "by any")
    print("check   " + "".join(f"{head:>8}" for head in heads) + "  false alarms, by pollutant")
    steps = np.array([options.ranges[name].step for name in clean.pollutants])[:, None, None]
    untouched = checked(clean, options)
    for kind, flag in KINDS.items():
        rng = np.random.default_rng([told.seed, list(KINDS).index(kind)])
        damaged, touched = plant(clean, kind, options, rng)
        flags = checked(damaged, options).flags
        hit = (flags[touched] & flag) != 0
        large = touched & (np.abs(damaged.values - clean.values) > 0.5 * steps)
        big = (flags[large] & flag) != 0
        false = ((untouched.flags & flag) != 0) & there
        shares = [
            f"{n} {100 * f.sum() / t.sum():.2f}"
            for n, f, t in zip(clean.pollutants, false, there, strict=True)
        ]
        print(
            f"{kind:8} {touched.sum():8} {100 * hit.mean():6.1f}% {100 * big.mean():6.1f}% "
            f"{100 * (flags[touched] != 0).mean():6.1f}% {100 * false[there].mean():12.3f}%, "
            + ", ".join(shares)
        )
    doubted = (untouched.flags[there] != 0).mean()
    print(f"doubted by any check without planted errors: {100 * doubted:.2f} %")


if __name__ == "__main__":
    main()
