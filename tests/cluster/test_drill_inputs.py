"""Drills of whole cycles over New Year: inputs that are bad or late, members that never start.

The cycle of Beijing midnight, 1 January, runs cold over midnight, month and year. The next one
begins from its restarts, or falls back on it.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.config.run import RunPaths
from forecast.fields.inputs import InputsRecord, RungKind
from forecast.fields.start import StartKind, StartPlan
from forecast.storage.manifest import digest
from forecast.storage.meteorology import read_times
from forecast.storage.records import read_record
from tests.cluster.lab import QUICK, Drill, Lab, wait_until
from tests.workflow.night import REANALYSIS, cut_off, deliver

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

FORMER, CYCLE = "2021-12-31T16", "2022-01-01T04"
HOURS, CITIES, PATIENCE = 48, 16, 600
NO_MODEL = "site.launcher=/bin/false"
"""No member can be started."""
Night = Callable[..., Drill]


def _drill(lab: Lab, folder: Path, cycle: str, *settings: str) -> Drill:
    """A cycle with files of meteorology that are delivered into a folder."""
    run = RunPaths(folder / "runs" / cycle)
    run.folder.parent.mkdir(parents=True, exist_ok=True)
    wanted = [
        "ensemble.members=2", QUICK, "meteorology.format=ncep_reanalysis",
        f"meteorology.path={folder}/met_{{cycle}}.nc", "meteorology.arrival.stable_seconds=1",
        *settings,
    ]  # fmt: skip
    return Drill(lab, run, [word for text in wanted for word in ("--set", text)])


@pytest.fixture(scope="module")
def former(
    cluster: Lab, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Drill]:
    """The first cycle, complete; nobody may change it."""
    folder = tmp_path_factory.mktemp("new_year")
    deliver(project_root / REANALYSIS, folder / f"met_{FORMER}.nc", days=-2)
    cycle = _drill(cluster, folder, FORMER)
    cycle.finish(cycle.start(), PATIENCE)
    yield cycle
    cycle.end()


@pytest.fixture
def night(former: Drill, lab: Lab, tmp_path: Path) -> Iterator[Night]:
    """The second cycle, in a folder of its own with the first one in it."""
    made: list[Drill] = []
    place = former.run.folder.parents[1]
    shutil.copytree(place / "runs", tmp_path / "runs", symlinks=True)
    shutil.copyfile(place / f"met_{FORMER}.nc", tmp_path / f"met_{FORMER}.nc")

    def make(*settings: str) -> Drill:
        made.append(_drill(lab, tmp_path, CYCLE, *settings))
        return made[-1]

    yield make
    for cycle in made:
        cycle.end()


def _hourly(run: RunPaths, hours: int = HOURS) -> dict[tuple[str, str], Any]:
    text = (run.latest / "products" / "cities_hourly.json").read_text(encoding="utf-8")
    rows = json.loads(text)["rows"]
    found = {(row["city_en"], row["time_local"]): row["pm25_mean"] for row in rows}
    assert len(found) == len(rows) == CITIES * hours, "no hour is there twice"
    return found


def _severities(cycle: Drill) -> dict[str, str]:
    return {alert["code"]: alert["severity"] for alert in cycle.alerts()}


def test_a_cycle_over_midnight_month_and_year(former: Drill) -> None:
    times = read_times(former.run.meteorology)
    assert (times[0], times[-1]) == (
        np.datetime64("2021-12-30T16:00:00"),
        np.datetime64("2022-01-02T16:00:00"),
    )
    assert set(np.diff(times)) == {np.timedelta64(1, "h")}
    assert {entry["hours"] for entry in former.verdicts().values()} == {HOURS}
    text = (former.run.latest / "products" / "cities_daily.json").read_text(encoding="utf-8")
    days = [row["date"] for row in json.loads(text)["rows"]]
    assert {day: days.count(day) for day in set(days)} == {
        "2022-01-01": CITIES,
        "2022-01-02": CITIES,
    }
    labels = sorted({time for _, time in _hourly(former.run)})
    assert [label[:16] for label in labels[:: HOURS - 1]] == [
        "2022-01-01T01:00",
        "2022-01-03T00:00",
    ]
    assert "2022年1月1日 00:00" in former.bulletin()


def _late(path: Path) -> None:
    """It does not come before the cycle is over."""
    path.rename(path.with_suffix(".late"))


def _wrong_date(path: Path) -> None:
    deliver(path, path, days=365)


@pytest.mark.parametrize(
    ("damage", "brief"), [(cut_off, "损坏或内容有误"), (_wrong_date, "时段不符"), (_late, "未到达")]
)
def test_without_its_own_meteorology_a_cycle_takes_that_of_the_cycle_before(
    night: Night, former: Drill, project_root: Path, damage: Callable[[Path], None], brief: str
) -> None:
    cycle = night("clock.inputs_minutes=0.1")
    folder = cycle.run.folder.parents[1]
    own = deliver(project_root / REANALYSIS, folder / f"met_{CYCLE}.nc", days=-1)
    damage(own)
    delivered = {path: digest(path) for path in folder.glob("met_*")}
    text = cycle.finish(cycle.start(), PATIENCE)

    used = read_record(InputsRecord, cycle.run.inputs_record).of("meteorology")
    assert used is not None
    assert (used.kind, used.path) == (RungKind.PREVIOUS_CYCLE, str(folder / f"met_{FORMER}.nc"))
    assert read_record(StartPlan, cycle.run.start_plan).kinds == {StartKind.WARM: 2}
    assert {entry["hours"] for entry in cycle.verdicts().values()} == {HOURS}
    assert _hourly(cycle.run).keys() != _hourly(former.run).keys()
    for words in (brief, "改用前期（北京时间2022年01月01日00时）资料"):
        assert words in cycle.bulletin()
    assert _severities(cycle)["meteorology-previous-cycle"] == "warning"
    if damage is _late:
        assert "no longer waiting for meteorology" in text
        assert _severities(cycle)["input-late"] == "note"
    assert "product-shifted" not in cycle.codes()
    assert {path: digest(path) for path in folder.glob("met_*")} == delivered, "nothing is lost"


def test_when_no_member_can_start_the_product_of_the_cycle_before_is_shifted(
    night: Night, former: Drill, project_root: Path
) -> None:
    """The meteorology comes late, and in time."""
    cycle = night(NO_MODEL, "clock.inputs_minutes=5")
    driver = cycle.start()
    wait_until(lambda: "input-late" in cycle.codes(), f"the wait to be told:\n{cycle.text()}")
    folder = cycle.run.folder.parents[1]
    own = deliver(project_root / REANALYSIS, folder / f"met_{CYCLE}.nc", days=-1)
    cycle.finish(driver, PATIENCE)

    used = read_record(InputsRecord, cycle.run.inputs_record).of("meteorology")
    assert used is not None
    assert (used.kind, used.path) == (RungKind.OWN, str(own))
    decision = cycle.decision()
    assert (decision["origin"], decision["origin_shift"]) == (FORMER, 12)
    assert {cycle.status(name)["state"] for name in ("m00", "m01")} == {"failed"}
    assert "未更新，沿用北京时间2022年1月1日00时起报的预报" in cycle.bulletin()
    found = _severities(cycle)
    assert (found["product-shifted"], found["member-failed"]) == ("warning", "warning")
    before, now = _hourly(former.run), _hourly(cycle.run, HOURS - 12)
    assert all(now[key] == pytest.approx(before[key]) for key in now)
    kept = RunPaths(cycle.run.folder.parent / FORMER)
    assert (kept.revisions(), digest(kept.manifest)) == ((0,), digest(former.run.manifest))
