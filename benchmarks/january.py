"""PM2.5 of the default case beside observed Januaries: level, coast against inland, day to day.

`FORECAST_REFERENCE_DATA=FOLDER python -m benchmarks.january runs/2021-12-31T16` reads the daily
city table of a run and the daily observations of the Januaries 2014, 2015 and 2016. The years
differ and emissions fell by about half between them and 2022, so shares and contrasts are
compared, not days. The observations may be read but not shipped; without their folder the
comparison is skipped by name. The last line is one JSON object.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = "FORECAST_REFERENCE_DATA"
FILE = "observations/shandong_cities_daily_20131202-20161031.csv"
COAST = ("Qingdao", "Yantai", "Weihai", "Rizhao")
INLAND = ("Jinan", "Zibo", "Zaozhuang", "Jining", "Taian", "Dezhou", "Liaocheng", "Heze")
YEARS = (2014, 2015, 2016)
SPAN = 5
"""Days of the forecast; observed Januaries are cut into spans of this length."""


def contrasts(table: pd.DataFrame) -> dict[str, float]:
    """Describe a table of daily PM2.5, ug m-3, with a row a day and a column a city."""
    daily = table.mean(axis=1)
    return {
        "mean": float(table.to_numpy().mean()),
        "coast_over_inland": float(table[list(COAST)].mean().mean())
        / float(table[list(INLAND)].mean().mean()),
        "day_to_day_cv": float(daily.std(ddof=0) / daily.mean()),
        "mean_step_share": float(daily.diff().abs().mean() / daily.mean()),
        "city_to_city_cv": float((table.std(axis=1, ddof=0) / daily).mean()),
    }


def forecast_table(run: Path) -> pd.DataFrame:
    """Read the daily ensemble means of a run."""
    rows = pd.read_csv(run / "latest" / "products" / "cities_daily.csv")
    return rows.pivot_table(index="date", columns="city_en", values="pm25_mean")


def observed_spans(path: Path) -> list[pd.DataFrame]:
    """Cut the observed Januaries into spans of `SPAN` days that have every city."""
    rows = pd.read_csv(path)
    rows = rows[rows["city_en"].isin(COAST + INLAND)]
    table = rows.pivot_table(index="date", columns="city_en", values="pm25")
    spans = []
    for year in YEARS:
        month = table[table.index.str.startswith(f"{year}-01-")].dropna()
        spans += [month.iloc[at : at + SPAN] for at in range(0, len(month) - SPAN + 1, SPAN)]
    return spans


def main() -> int:
    """Print the comparison."""
    folder = os.environ.get(FOLDER)
    if not folder:
        print(json.dumps({"skipped": f"{FOLDER} is not set"}))
        return 0
    run = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/2021-12-31T16")
    found = contrasts(forecast_table(run)[list(COAST + INLAND)])
    spans = pd.DataFrame([contrasts(span) for span in observed_spans(Path(folder) / FILE)])
    low, middle, high = np.percentile(spans.to_numpy(), [10, 50, 90], axis=0)
    result = {
        name: {
            "forecast": round(value, 3),
            "observed_p10_p50_p90": [round(float(q), 3) for q in (low[k], middle[k], high[k])],
        }
        for k, (name, value) in enumerate(found.items())
    }
    for name, row in result.items():
        print(f"{name:20s} forecast {row['forecast']:8}  observed {row['observed_p10_p50_p90']}")
    print(json.dumps({"spans": len(spans), **result}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
