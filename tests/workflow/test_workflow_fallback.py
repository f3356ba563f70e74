"""Nights in which nothing can be computed: there is a product all the same, and it says what it is.

The cycle before is made of stub members, so that no model runs here.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.fields.inputs import InputsRecord, RungKind
from forecast.stages.entry import run_stage
from forecast.storage.records import read_record
from tests.workflow.night import REANALYSIS, deliver, stub_members

FORMER, CYCLE = "2021-12-31T16", "2022-01-01T04"
SETTINGS = [
    "ensemble.members=2", "forecast.spin_up_hours=0", "forecast.horizon_hours=72",
    "forecast.hourly_hours=48", "workflow.ranks=2", "clock.poll_seconds=0.2",
    "meteorology.arrival.stable_seconds=1", "meteorology.fallback.previous_cycles=0",
]  # fmt: skip
NO_MODEL = "site.launcher=/bin/false"
"""No member can be started."""


def _settings(folder: Path) -> list[str]:
    return [*SETTINGS, f"meteorology.path={folder}/met_{{cycle}}.nc"]


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Path:
    """A folder of runs with the product of the cycle before."""
    folder = tmp_path_factory.mktemp("night")
    deliver(project_root / REANALYSIS, folder / f"met_{FORMER}.nc")
    run = RunPaths(folder / "runs" / FORMER)
    run.folder.mkdir(parents=True)
    configuration = resolve("january_2022", domain="drill", settings=_settings(folder))
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    assert run_stage("prepare", run.folder) == 0
    stub_members(run, configuration)
    for stage in ("gate", "combine", "index", "warn", "publish"):
        assert run_stage(stage, run.folder) == 0
    assert run.latest_revision == 0
    return folder


@pytest.fixture
def night(former: Path, tmp_path: Path) -> Path:
    """A folder of its own with the cycle before in it."""
    shutil.copytree(former / "runs", tmp_path / "runs", symlinks=True)
    return tmp_path


def _start(folder: Path, *settings: str) -> subprocess.Popen[str]:
    options = [word for text in [*_settings(folder), *settings] for word in ("--set", text)]
    command = [
        sys.executable, "-m", "forecast", "run", CYCLE, "--case", "january_2022",
        "--domain", "drill", "--runs", str(folder / "runs"), *options,
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _finish(process: subprocess.Popen[str], code: int = 0) -> str:
    said, _ = process.communicate(timeout=240)
    assert process.returncode == code, said
    return said


def _codes(run: RunPaths) -> dict[str, str]:
    lines = run.alerts.read_text(encoding="utf-8").splitlines()
    return {alert["code"]: alert["severity"] for alert in map(json.loads, lines)}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_without_meteorology_the_forecast_before_is_published_and_marked(night: Path) -> None:
    _finish(_start(night))
    run = RunPaths(night / "runs" / CYCLE)
    decision = _read(run.members)
    assert (decision["origin"], decision["origin_shift"]) == (FORMER, 12)
    assert "准备阶段失败" in decision["degradations"][0]["effect"]
    page = (run.latest / "products" / "bulletin.html").read_text(encoding="utf-8")
    assert "未更新，沿用北京时间2022年1月1日00时起报的预报" in page
    assert _codes(run)["product-shifted"] == "warning"
    # every hour is that of the same time in the forecast before
    rows, before = (
        {
            (row["city_en"], row["time_local"]): row["pm25_mean"]
            for row in _read(place.latest / "products" / "cities_hourly.json")["rows"]
        }
        for place in (run, RunPaths(night / "runs" / FORMER))
    )
    common = rows.keys() & before.keys()
    assert len(common) == 16 * 36
    assert all(rows[key] == pytest.approx(before[key]) for key in common)
    # nothing of the cycle before was touched
    assert RunPaths(night / "runs" / FORMER).revisions() == (0,)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_late_input_is_waited_for_and_members_that_never_start_are_replaced(
    night: Path, project_root: Path
) -> None:
    process = _start(night, NO_MODEL, "clock.inputs_minutes=3")
    run = RunPaths(night / "runs" / CYCLE)
    deadline = time.monotonic() + 120
    while not (run.alerts.is_file() and "input-late" in run.alerts.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.2)
    path = deliver(project_root / REANALYSIS, night / f"met_{CYCLE}.nc")
    said = _finish(process)
    assert f"waiting for meteorology: '{path}' is not there until" in said
    used = read_record(InputsRecord, run.inputs_record).of("meteorology")
    assert used is not None
    assert (used.kind, used.rung) == (RungKind.OWN, 0)
    decision = _read(run.members)
    assert decision["origin"] == FORMER
    assert "m00" in decision["degradations"][0]["what"]
    codes = _codes(run)
    assert codes["input-late"] == "note"
    assert codes["product-shifted"] == "warning"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_with_nothing_to_fall_back_on_the_product_says_that_there_is_none(night: Path) -> None:
    said = _finish(_start(night, "fallback.oldest_hours=6"), code=1)
    assert "no forecast" in said
    run = RunPaths(night / "runs" / CYCLE)
    page = (run.latest / "products" / "bulletin.html").read_text(encoding="utf-8")
    assert "本时次无预报" in page
    assert _read(run.latest / "products" / "no_forecast.json")["quality"] == "none"
    assert not list((run.latest / "products").glob("*.csv"))
    assert _codes(run)["no-product"] == "fatal"
