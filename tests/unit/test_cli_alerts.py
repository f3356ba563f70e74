"""`forecast alerts`, `status` and `explain` as a person types them."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from forecast.cli import app
from forecast.common.errors import InputError
from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.fields.status import MemberState, MemberStatus
from forecast.stages.alerts import alerts_of_run, raise_alert
from forecast.storage.status import write_status

CYCLE = "2022-01-09T16"


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    """A run of which only the configuration and one member exist; nobody drives it."""
    paths = RunPaths(tmp_path / "runs" / CYCLE)
    paths.folder.mkdir(parents=True)
    script = tmp_path / "take.py"
    script.write_text(f"open({str(tmp_path / 'taken')!r}, 'a').write('x')\n", "utf-8")
    command = [sys.executable, "-I", "-S", str(script)]
    setting = f"alerts.command=[{{name: c, command: {json.dumps(command)}}}]"
    configuration = resolve("haze_week", settings=["ensemble.members=2", setting])
    paths.configuration.write_text(write_resolved(configuration), "utf-8")
    write_status(paths.status("m01"), MemberStatus("m01", MemberState.FAILED, reason="a wall"))
    return paths


def _type(run: RunPaths, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--runs", str(run.folder.parent)])


def test_alerts_are_shown_with_who_has_got_them(run: RunPaths) -> None:
    assert _type(run, "alerts").stdout == "No alerts.\n"
    raise_alert(run, "member-failed", "m01", reason="a wall")

    shown = _type(run, "alerts", CYCLE)

    assert shown.exit_code == 0
    assert "集合成员运行失败" in shown.stdout
    assert "a wall" in shown.stdout


def test_what_was_not_taken_is_sent_by_hand(run: RunPaths, tmp_path: Path) -> None:
    raise_alert(run, "member-failed", "m01", reason="a wall")

    for _ in range(2):
        assert _type(run, "alerts", CYCLE, "--send").exit_code == 0

    assert (tmp_path / "taken").read_text("utf-8") == "x"
    assert "Channel c has taken 1 of 1." in _type(run, "alerts").stdout


def test_the_watch_of_cron_tells_of_a_driver_that_is_gone_once(
    run: RunPaths, tmp_path: Path
) -> None:
    for _ in range(2):
        assert _type(run, "alerts", "--check").exit_code == 0

    assert [alert.code for alert in alerts_of_run(run)] == ["driver-gone"]
    assert (tmp_path / "taken").read_text("utf-8") == "x"


def test_channels_are_tried_with_the_options_of_a_run(tmp_path: Path) -> None:
    none = CliRunner().invoke(app, ["alerts", "--test"])
    assert "No channel is configured" in none.stdout

    dead = 'alerts.command=[{name: c, command: ["/no/such/program"]}]'
    failed = CliRunner().invoke(app, ["alerts", "--test", "--set", dead])
    assert failed.exit_code != 0
    assert "Channel c: the command '/no/such/program' cannot be started" in failed.stdout


def test_the_status_is_told_in_words_and_as_values(run: RunPaths) -> None:
    words = _type(run, "status", CYCLE)
    values = _type(run, "status", CYCLE, "--json")

    assert "Waiting for: nobody runs the cycle" in words.stdout
    facts = json.loads(values.stdout)
    assert facts["cutoffs"] == []
    assert set(facts["expected"]) == {"m00", "m01"}


def test_explain_says_that_there_is_nothing_yet_and_refuses_strange_revisions(
    run: RunPaths,
) -> None:
    assert "There is no decision" in _type(run, "explain", CYCLE).stdout
    refused = _type(run, "explain", CYCLE, "--revision", "7")
    assert isinstance(refused.exception, InputError)
    assert "no revision 7" in str(refused.exception)
