"""Archived forecasts: calibration walks forward, learns no later day, and gains."""

import csv
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from forecast.cli import app
from forecast.common.errors import InputError
from forecast.stages.calibrate import calibrate_file

CUT = np.datetime64("2022-01-10")
COLUMNS = ("valid_date", "lead_day", "site", "pollutant", "forecast", "observed", "wind")


def made_pairs(path: Path, spoil_from: str = "9999-01-01") -> Path:
    """A model that has 60 % of what comes, with an error that grows with the lead."""
    rng = np.random.default_rng(3)
    days = np.datetime64("2021-10-01") + np.arange(150)
    weather = np.zeros(days.size)
    for day in range(1, days.size):
        weather[day] = 0.7 * weather[day - 1] + 0.7 * rng.normal()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for day, valid in enumerate(days):
            for site in range(3):
                wind = np.exp(-0.5 * weather[day] + 0.3 * rng.normal())
                observed = np.exp(4.2 + 0.6 * weather[day] + 0.15 * rng.normal())
                if str(valid) >= spoil_from:
                    observed = 999.0
                for lead in (1, 2):
                    raw = 0.6 * np.exp(4.2 + 0.6 * weather[day] + 0.2 * lead * rng.normal())
                    cells = [f"{raw:.2f}", f"{observed:.2f}", f"{wind:.3f}"]
                    writer.writerow([valid, lead, f"s{site}", "pm25", *cells])
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_gains_and_its_quantiles_hold(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    source = made_pairs(tmp_path / "pairs.csv")
    given = ["--pairs", str(source), "--train-until", str(CUT), "--out", str(out)]
    done = CliRunner().invoke(app, ["calibrate", *given])
    assert done.exit_code == 0, done.output
    rows = rows_of(out)
    assert len(rows) == 48 * 3 * 2
    assert all(np.datetime64(row["valid_date"]) > CUT and row["learned"] == "true" for row in rows)
    observed = np.array([float(row["observed"]) for row in rows])
    inside = np.mean(
        [float(r["q10"]) <= o <= float(r["q90"]) for r, o in zip(rows, observed, strict=True)]
    )
    assert 0.65 < inside < 0.95
    scores = {(s["lead_day"], s["which"]): s for s in rows_of(tmp_path / "out_scores.csv")}
    for lead in ("1", "2"):
        raw, better = scores[lead, "raw"], scores[lead, "calibrated"]
        first = [row for row in rows if row["lead_day"] == lead]
        came = np.array([float(row["observed"]) for row in first])
        told = np.array([float(row["forecast"]) for row in first])
        assert float(raw["nmb"]) == pytest.approx((told - came).sum() / came.sum(), abs=1e-3)
        assert float(raw["crps"]) == pytest.approx(np.abs(told - came).mean(), rel=1e-3)
        assert float(better["rmse"]) < 0.8 * float(raw["rmse"])
        assert float(better["crps"]) < 0.6 * float(raw["crps"])
        assert abs(float(better["nmb"])) < 0.12
        assert int(better["heavy_hits"]) > int(raw["heavy_hits"])


def test_later_observations_change_no_earlier_row(tmp_path: Path) -> None:
    calibrate_file(made_pairs(tmp_path / "a.csv"), CUT, tmp_path / "honest.csv")
    calibrate_file(made_pairs(tmp_path / "b.csv", "2022-02-01"), CUT, tmp_path / "planted.csv")
    honest, planted = rows_of(tmp_path / "honest.csv"), rows_of(tmp_path / "planted.csv")

    def before(rows: list[dict[str, str]], day: str) -> list[str]:
        # made on the day before valid_date (lead 1), with what was older than that day
        chosen = [row for row in rows if row["lead_day"] == "1" and row["valid_date"] <= day]
        return [row["calibrated"] + row["q90"] for row in chosen]

    assert before(honest, "2022-02-02") == before(planted, "2022-02-02")
    assert before(honest, "2022-02-04") != before(planted, "2022-02-04")


def test_too_little_passes_through_raw_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = made_pairs(tmp_path / "pairs.csv")
    out = tmp_path / "out.csv"
    calibrate_file(source, np.datetime64("2021-10-05"), out)
    first = rows_of(out)[0]
    assert first["learned"] == "false"
    assert float(first["calibrated"]) == pytest.approx(float(first["forecast"]), abs=0.01)
    assert "pass through raw" in caplog.text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("valid_date,lead_day\n2022-01-01,1\n", "lacks the column"),
        (",".join(COLUMNS[:6]) + "\n", "holds no row"),
        (",".join(COLUMNS[:6]) + "\n2022-13-01,1,s,pm25,x,3\n", "2 error"),
        (",".join(COLUMNS[:6]) + "\n2022-01-01,1,s\n", "in row 2"),
        (",".join(COLUMNS[:6]) + "\n2022-01-01,1,s,pm25,2,3\n", "No forecast is valid after"),
    ],
)
def test_wrong_pairs_are_refused(tmp_path: Path, content: str, expected: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=expected):
        calibrate_file(path, CUT, tmp_path / "out.csv")
