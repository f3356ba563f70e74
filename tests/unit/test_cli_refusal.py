"""A cycle that cannot begin: who hears of it, and what is tried first."""

import json
from pathlib import Path

import pytest

from forecast.cli.launch import _conclude
from forecast.cli.refusal import make_room, refusals, warn_of_room
from forecast.common.errors import InputError, OutputError
from forecast.config.load import resolve, write_resolved
from forecast.config.root import Configuration
from forecast.config.run import RunPaths
from forecast.stages.alerts import alerts_of_run
from forecast.stages.room import needed_room

CYCLES = ("2021-12-30T16", "2021-12-31T04", "2021-12-31T16")


def _configuration(*settings: str) -> Configuration:
    command = "alerts.command=[{name: tell, command: [/bin/cat], least: note}]"
    return resolve("january_2022", settings=[command, "alerts.gather_seconds=0", *settings])


def _complete(runs: Path, cycle: str, size: int) -> RunPaths:
    run = RunPaths(runs / cycle)
    run.configuration.parent.mkdir(parents=True)
    run.configuration.write_text("")
    for path in (run.manifest, run.meteorology):
        path.parent.mkdir(parents=True)
    run.manifest.write_text("{}")
    run.meteorology.write_bytes(b"0" * size)
    run.latest.symlink_to("r0")
    return run


def _refuse(run: RunPaths, configuration: Configuration) -> None:
    with pytest.raises(InputError, match="not there"), refusals(run, configuration):
        raise InputError("The wind is not there.")


def test_a_refused_cycle_is_a_fatal_alert(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / CYCLES[2])
    _refuse(run, _configuration())
    (alert,) = alerts_of_run(run)
    assert (alert.code, alert.severity.value) == ("no-product", "fatal")
    assert "The wind is not there." in alert.happened


def test_at_a_terminal_without_channels_nothing_is_written(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / CYCLES[2])
    _refuse(run, resolve("january_2022"))
    assert not run.folder.exists()


def test_a_cycle_with_a_product_is_not_called_one_without(tmp_path: Path) -> None:
    run = _complete(tmp_path, CYCLES[2], 1)
    _refuse(run, _configuration())
    assert not run.alerts.exists()


def test_old_runs_make_room_where_that_is_allowed(tmp_path: Path) -> None:
    former = [_complete(tmp_path, cycle, 3_000_000) for cycle in ("2021-12-30T04", *CYCLES[:2])]
    budget = (needed_room(_configuration()).total + 7_000_000) / 1e9
    settings = [f"retention.disk_budget_gb={budget}", "retention.field_cycles=2"]
    run = RunPaths(tmp_path / CYCLES[2])
    with pytest.raises(OutputError, match="disk_budget_gb"):
        make_room(run, _configuration(*settings))
    assert former[0].meteorology.exists()
    make_room(run, _configuration(*settings, "retention.automatic=true"))
    assert not former[0].meteorology.exists()
    assert former[1].meteorology.exists()


def test_little_room_is_said_a_cycle_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, configuration = RunPaths(tmp_path / CYCLES[2]), _configuration("retention.free_gb=0")
    warn_of_room(run, configuration)
    assert not run.alerts.exists()
    need = needed_room(configuration).total
    monkeypatch.setattr("forecast.stages.room.free_bytes", lambda _: int(1.5 * need))
    warn_of_room(run, configuration)
    (alert,) = alerts_of_run(run)
    assert alert.code == "disk-short"
    assert "the next one will be refused" in alert.done


def test_a_failed_archive_is_an_alert_and_keeps_the_old_runs(tmp_path: Path) -> None:
    former = [_complete(tmp_path, cycle, 1) for cycle in ("2021-12-30T04", *CYCLES[:2])]
    run = _complete(tmp_path, CYCLES[2], 1)
    occupied = tmp_path / "occupied"
    occupied.write_text("a file where the archive should be a folder")
    settings = [f"retention.archive={occupied}", "retention.automatic=true"]
    run.configuration.write_text(write_resolved(_configuration(*settings)))
    run.manifest.write_text(json.dumps({"provenance": {}}))
    run.of_revision(0).revision_folder.joinpath("ro-crate-metadata.json").write_text("{}")
    _conclude(run)
    (alert,) = alerts_of_run(run)
    assert (alert.code, alert.subject) == ("archive-failed", str(occupied))
    assert all(one.meteorology.exists() for one in former)
