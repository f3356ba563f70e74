"""slurm/cycle.sh: which cycle the clock means, and one launch at a time."""

import fcntl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "slurm" / "cycle.sh"


def _call(
    folder: Path, now: str, *arguments: str, code: int = 0, variables: dict[str, str] | None = None
) -> list[str]:
    """Call the script with a Python that writes down its arguments."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/said"\nexit {code}\n')
    python.chmod(0o755)
    seconds = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT), *arguments],
        env={
            "PATH": "/usr/bin:/bin",
            "FORECAST_RUNS": str(folder / "runs"),
            "FORECAST_PYTHON": str(python),
            "FORECAST_NOW": str(int(seconds)),
            **(variables or {}),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = folder / "said"
    lines = said.read_text().splitlines() if said.exists() else []
    return [str(done.returncode), done.stderr, *lines]


@pytest.mark.parametrize(
    ("now", "cycle"),
    [
        ("2022-01-01T03:59:59", "2021-12-31T16"),  # across a year
        ("2022-01-01T04:00:00", "2022-01-01T04"),
        ("2022-01-01T15:59:00", "2022-01-01T04"),
        ("2022-01-01T16:00:00", "2022-01-01T16"),
        ("2024-03-01T00:10:00", "2024-02-29T16"),  # across a month of a leap year
        ("2022-01-01T00:00:00", "2021-12-31T16"),  # midnight
    ],
)
def test_the_newest_cycle_is_named(tmp_path: Path, now: str, cycle: str) -> None:
    answer = _call(tmp_path, now, "--site", "mine")
    assert answer == [
        "0", "",
        f"-m forecast launch {cycle} --runs {tmp_path}/runs --unless-failed --site mine",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "every", "delay", "cycle"),
    [
        ("0", "24", "0", "2022-01-10T00"),
        ("8", "24", "0", "2022-01-09T08"),
        ("08", "12", "0", "2022-01-09T20"),
        ("0", "6", "0", "2022-01-10T06"),
        ("0", "6", "61", "2022-01-10T00"),
        ("23", "1", "30", "2022-01-10T06"),
    ],
)
def test_a_site_says_when_its_cycles_begin(
    tmp_path: Path, first: str, every: str, delay: str, cycle: str
) -> None:
    answer = _call(
        tmp_path, "2022-01-10T07:00:00",
        variables={
            "FORECAST_FIRST_HOUR": first, "FORECAST_CYCLE_HOURS": every,
            "FORECAST_DELAY_MINUTES": delay,
        },
    )  # fmt: skip
    assert answer[2].split()[3] == cycle


@pytest.mark.parametrize(("code", "ends"), [(0, "0"), (3, "0"), (4, "0"), (1, "1"), (2, "2")])
def test_a_cycle_that_runs_or_has_failed_is_no_error_of_the_script(
    tmp_path: Path, code: int, ends: str
) -> None:
    assert _call(tmp_path, "2022-01-01T04:00:00", code=code)[0] == ends


def test_the_second_of_two_calls_leaves_it_to_the_first(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with (tmp_path / "runs" / ".cycle.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, words, *launched = _call(tmp_path, "2022-01-01T04:00:00")
    assert (code, launched) == ("0", [])
    assert "another call is launching" in words


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("FORECAST_CYCLE_HOURS", "7", "does not divide 24"),
        ("FORECAST_CYCLE_HOURS", "0", "does not divide 24"),
        ("FORECAST_FIRST_HOUR", "four", "no whole number"),
        ("FORECAST_PYTHON", "/nowhere/python", "make environment"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, value: str, words: str) -> None:
    answer = _call(tmp_path, "2022-01-01T04:00:00", variables={variable: value})
    assert answer[0] == "1"
    assert words in answer[1]
    assert answer[2:] == []
