"""When a delivered file counts: whole, still, marked, and not the one of the day before."""

import hashlib
import os
from pathlib import Path

import pytest

from forecast.common.cycle import Cycle
from forecast.config.arrival import ArrivalConfig
from forecast.config.load import resolve
from forecast.sources.delivery import DeliveryError, look, require_complete, require_new
from forecast.stages.arrivals import Arrivals

CYCLE = Cycle.parse("2022-01-01T00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A delivered file."""
    file = tmp_path / "met_2022-01-01T00.nc"
    file.write_bytes(b"half")
    return file


def _changed(path: Path) -> float:
    seen = look(path)
    assert seen is not None
    return seen.changed


def test_a_file_that_stands_still_counts_at_once(path: Path) -> None:
    waits: list[float] = []
    later = _changed(path) + 61
    require_complete(path, ArrivalConfig(), now=lambda: later, sleep=waits.append)
    assert waits == []


def test_a_young_file_is_watched_for_the_rest_of_the_time(path: Path) -> None:
    waits: list[float] = []
    later = _changed(path) + 20
    require_complete(path, ArrivalConfig(), now=lambda: later, sleep=waits.append)
    assert waits == [pytest.approx(40.0)]


def test_a_file_that_grows_meanwhile_does_not_count(path: Path) -> None:
    def grow(_: float) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(DeliveryError, match="still being written") as caught:
        require_complete(path, ArrivalConfig(), now=lambda: _changed(path), sleep=grow)
    assert caught.value.brief == "仍在传输"


def test_an_old_time_of_modification_does_not_hide_that_a_file_is_new(path: Path) -> None:
    """As copying tools leave it behind: the date is that of the original."""
    os.utime(path, (1, 1))
    waits: list[float] = []
    require_complete(path, ArrivalConfig(), now=lambda: _changed(path), sleep=waits.append)
    assert waits == [60.0]


def test_the_marker_is_asked_for_and_its_checksum_believed(path: Path) -> None:
    options = ArrivalConfig(stable_seconds=0, done_marker=".sha256")
    with pytest.raises(DeliveryError, match="marker"):
        require_complete(path, options)
    mark = path.with_name(path.name + ".sha256")
    mark.write_text(f"{hashlib.sha256(b'whole').hexdigest()}  {path.name}\n", encoding="utf-8")
    with pytest.raises(DeliveryError, match="SHA-256") as caught:
        require_complete(path, options)
    assert caught.value.brief == "校验和不符"
    path.write_bytes(b"whole")
    require_complete(path, options)
    mark.write_text("done\n", encoding="utf-8")
    require_complete(path, options)


def test_nothing_and_an_empty_folder_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("folder", "file.nc"):
        with pytest.raises(DeliveryError, match="is not there"):
            require_complete(tmp_path / name, ArrivalConfig(stable_seconds=0))


def test_a_copy_of_the_file_before_is_not_new(path: Path, tmp_path: Path) -> None:
    before = tmp_path / "met_2021-12-31T12.nc"
    require_new(path, before)
    before.write_bytes(b"HALF")
    require_new(path, before)
    before.write_bytes(b"half")
    with pytest.raises(DeliveryError, match="same content"):
        require_new(path, before)


# --- waiting


class _Hours:
    """Clocks that a test sets."""

    def __init__(self, wall: float) -> None:
        self.wall, self.steady = wall, 0.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def _arrivals(folder: Path, clocks: _Hours, *settings: str) -> Arrivals:
    configuration = resolve(settings=[f"meteorology.path={folder}/met_{{cycle}}.nc", *settings])
    return Arrivals(CYCLE, configuration, lambda: clocks.wall, lambda: clocks.steady)


def test_what_is_waited_for_is_named_until_it_stands_still(tmp_path: Path) -> None:
    clocks = _Hours(0.0)
    arrivals = _arrivals(tmp_path, clocks)
    (line,) = arrivals.waiting()
    assert line.startswith("meteorology: ")
    assert line.endswith("met_2022-01-01T00.nc' is not there")
    path = tmp_path / "met_2022-01-01T00.nc"
    path.write_bytes(b"half")
    clocks.wall = _changed(path) + 5
    assert "has not been still for 60 s" in arrivals.waiting()[0]
    clocks.pass_(50)
    path.write_bytes(b"whole")
    clocks.wall = _changed(path) + 1
    assert arrivals.waiting()
    clocks.pass_(58)
    assert arrivals.waiting()
    clocks.pass_(2)
    assert arrivals.waiting() == ()


def test_a_disk_whose_clock_is_ahead_delays_nothing_for_ever(path: Path) -> None:
    clocks = _Hours(_changed(path) - 3600)
    arrivals = _arrivals(path.parent, clocks)
    assert arrivals.waiting()
    clocks.pass_(30)
    assert arrivals.waiting()
    clocks.pass_(30)
    assert arrivals.waiting() == ()


def test_files_without_a_date_are_not_waited_for(tmp_path: Path) -> None:
    clocks = _Hours(0.0)
    assert Arrivals(CYCLE, resolve("january_2022"), lambda: clocks.wall).waiting() == ()
    lines = _arrivals(
        tmp_path, clocks, f"emissions.inventory={tmp_path}/emissions/{{year}}"
    ).waiting()
    assert [line.partition(":")[0] for line in lines] == ["meteorology", "emissions"]
