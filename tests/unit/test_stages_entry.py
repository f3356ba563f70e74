"""Starting a stage: environment, wrong names, errors that become one sentence."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.config.inputs import check_inputs, input_paths
from forecast.config.load import resolve, write_resolved
from forecast.stages import entry
from forecast.stages.entry import run_stage, set_environment
from forecast.stages.table import STAGES
from forecast.storage.atomic import read_json


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the environment and pytest's log handlers as they were."""
    before = dict(os.environ)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(entry, "start_log", lambda *_: None)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "2021-12-31T16"
    folder.mkdir()
    settings = ["ensemble.members=2"]
    (folder / "config.yaml").write_text(write_resolved(resolve(settings=settings)), "utf-8")
    return folder


def test_kernels_are_kept_beside_writable_sources(tmp_path: Path) -> None:
    set_environment(tmp_path)
    assert "NUMBA_CACHE_DIR" not in os.environ
    assert os.environ["NUMBA_NUM_THREADS"] == "1"


@pytest.mark.parametrize("home_is_writable", [True, False])
def test_kernels_go_elsewhere_when_the_sources_are_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home_is_writable: bool
) -> None:
    home = tmp_path / "home"
    if home_is_writable:
        home.mkdir()
    else:
        home.write_text("a file where a folder should be", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setattr(entry, "PROJECT", tmp_path / "nowhere")
    set_environment(tmp_path)
    expected = home / "forecast" / "numba" if home_is_writable else tmp_path / ".numba"
    assert os.environ["NUMBA_CACHE_DIR"] == str(expected)
    assert expected.is_dir()


def test_a_place_for_kernels_that_is_named_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "mine")
    monkeypatch.setattr(entry, "PROJECT", tmp_path / "nowhere")
    set_environment(tmp_path)
    assert os.environ["NUMBA_CACHE_DIR"] == "mine"


def test_every_stage_has_a_module(project_root: Path) -> None:
    for stage in STAGES.values():
        assert (project_root / f"{stage.module.replace('.', '/')}.py").is_file()


def test_an_unknown_stage_is_refused(run: Path) -> None:
    with pytest.raises(ConfigurationError, match="publish"):
        run_stage("publisch", run)


@pytest.mark.parametrize(
    ("stage", "member", "words"),
    [("run_member", "m07", "m00, m01"), ("close_member", "x", "m00, m01")],
)
def test_an_unknown_member_is_refused(
    run: Path, caplog: pytest.LogCaptureFixture, stage: str, member: str, words: str
) -> None:
    assert run_stage(stage, run, member) == 1
    assert words in caplog.text


def test_a_wrong_configuration_is_one_sentence(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    with (run / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("ensembel: {}\n")
    assert run_stage("gate", run) == 1
    assert "ensembel" in caplog.text
    assert "Traceback" not in caplog.text


def test_an_error_of_the_program_is_in_the_status_and_its_trace_in_the_log(
    run: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("forecast.stages.perturb.run", broken)
    with caplog.at_level(logging.ERROR):
        assert run_stage("perturb", run) == 1
    assert "Traceback" in caplog.text
    status = read_json(run / "status" / "perturb.json")
    assert status["state"] == "failed"
    assert "ZeroDivisionError" in status["reason"]


def test_every_file_of_the_configuration_is_known_and_there() -> None:
    configuration = resolve("january_2022")
    found = {key for key, _ in input_paths(configuration)}
    assert {
        "places.cities", "places.stations", "places.city_boundaries", "places.static_folder",
        "meteorology.path", "emissions.inventory", "boundary.profiles", "chemistry.mechanism",
        "aqi.folder", "warning.folder", "bulletins.advice_file",
    } <= found  # fmt: skip
    named = [
        f"{section}.{key}"
        for section, content in configuration.model_dump(mode="json").items()
        for key, value in content.items()
        if isinstance(value, str) and value.startswith(("data/", "configs/"))
    ]
    assert set(named) <= found, "a file that nobody looks for before the run"
    check_inputs(configuration)
