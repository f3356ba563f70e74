"""The archive: whole, checked, never overwritten, holes and damage named."""

import subprocess
from pathlib import Path

import pytest

from forecast.common.cycle import Cycle
from forecast.common.errors import InputError, OutputError
from forecast.config.retention import ArchivedRestarts
from forecast.config.run import RunPaths
from forecast.storage.archive import Archive

CYCLES = ("2021-12-31T04", "2021-12-31T16", "2022-01-01T04")
NOBODY = ArchivedRestarts.NONE


def _write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _revision(run: RunPaths, number: int) -> None:
    files = run.of_revision(number)
    for path in (
        files.members, files.cities, files.warnings, files.products / "bulletin.html",
        files.products / "cities" / "Jinan.html", files.log("publish"), files.stage_record("gate"),
    ):  # fmt: skip
        _write(path, f"{path.name} of {number}")
    _write(files.manifest, "{}")
    run.latest.unlink(missing_ok=True)
    run.latest.symlink_to(f"r{number}")


def _run(runs: Path, cycle: str) -> RunPaths:
    run = RunPaths(runs / cycle)
    for path in (run.configuration, run.inputs_record, run.log("prepare"), run.status("m00")):
        _write(path)
    for member in ("m00", "m01"):
        checkpoint = run.restart(member, 12)
        _write(
            checkpoint / "complete.json", '{"files": 1, "hour": 12, "species": [], "numbers": {}}'
        )
        _write(checkpoint / "mixing_ratio")
    _write(run.restart("m00", 24) / "mixing_ratio")  # never completed
    _revision(run, 0)
    return run


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive" / "shandong" / "0.1.0")


def test_a_cycle_is_laid_out_by_day_and_hour(tmp_path: Path, archive: Archive) -> None:
    place = archive.add(_run(tmp_path, CYCLES[1]), ArchivedRestarts.CONTROL)
    assert place == archive.root / "20211231" / "16"
    found = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert {
        "MANIFEST.sha256", "config.yaml", "inputs.json", "members.json",
        "products/r0/products/bulletin.html", "products/r0/products/cities/Jinan.html",
        "products/r0/manifest.json", "products/r0/cities.nc", "logs/prepare.log",
        "logs/r0/publish.log", "logs/status/m00.json", "restart/m00.f012.zarr/mixing_ratio",
    } <= found  # fmt: skip
    assert not any("m01.f" in name or "f024" in name for name in found)
    assert not any(part.startswith(".") for name in found for part in name.split("/"))
    assert (archive.root / "latest").resolve() == place
    assert (place / "products" / "latest" / "members.json").read_text() == "members.json of 0"


def test_the_list_of_checksums_is_that_of_sha256sum(tmp_path: Path, archive: Archive) -> None:
    place = archive.add(_run(tmp_path, CYCLES[1]), ArchivedRestarts.ALL)
    done = subprocess.run(
        ["/usr/bin/sha256sum", "--check", "--strict", "--quiet", "MANIFEST.sha256"],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
    assert archive.verify(12) == ()


def test_a_later_revision_comes_beside_the_first(tmp_path: Path, archive: Archive) -> None:
    run = _run(tmp_path, CYCLES[1])
    place = archive.add(run, NOBODY)
    before = (place / "products" / "r0" / "products" / "bulletin.html").stat()
    _revision(run, 1)
    assert archive.add(run, NOBODY) == place
    after = (place / "products" / "r0" / "products" / "bulletin.html").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (place / "members.json").read_text() == "members.json of 1"
    assert (place / "products" / "latest").resolve().name == "r1"
    assert archive.verify(12) == ()


def test_an_archived_revision_is_never_overwritten(tmp_path: Path, archive: Archive) -> None:
    run = _run(tmp_path, CYCLES[1])
    place = archive.add(run, NOBODY)
    _write(run.products / "bulletin.html", "another text")
    with pytest.raises(OutputError, match="An archived revision is never changed"):
        archive.add(run, NOBODY)
    bulletin = place / "products" / "r0" / "products" / "bulletin.html"
    assert bulletin.read_text() == "bulletin.html of 0"


def test_what_was_archived_stays_when_the_run_is_pruned(tmp_path: Path, archive: Archive) -> None:
    run = _run(tmp_path, CYCLES[1])
    place = archive.add(run, ArchivedRestarts.CONTROL)
    for path in run.restart("m00", 12).iterdir():
        path.unlink()
    archive.add(run, ArchivedRestarts.CONTROL)
    assert (place / "restart" / "m00.f012.zarr" / "mixing_ratio").is_file()
    assert archive.verify(12) == ()


def test_damage_is_named(tmp_path: Path, archive: Archive) -> None:
    place = archive.add(_run(tmp_path, CYCLES[1]), NOBODY)
    _write(place / "config.yaml", "y")
    (place / "inputs.json").unlink()
    _write(place / "stranger")
    assert {(finding.path, finding.problem) for finding in archive.verify(12)} == {
        ("config.yaml", "the file is not as it was archived"),
        ("inputs.json", "the file is missing"),
        ("stranger", "the file is not in the list of checksums"),
    }
    (place / "MANIFEST.sha256").unlink()
    assert [finding.path for finding in archive.verify(12)] == ["MANIFEST.sha256"]


def test_a_hole_is_found_behind_a_sound_newest_cycle(tmp_path: Path, archive: Archive) -> None:
    for cycle in (CYCLES[0], CYCLES[2]):
        archive.add(_run(tmp_path, cycle), NOBODY)
    found = archive.verify(12, newest=1)
    assert [(finding.cycle, finding.problem) for finding in found] == [
        (CYCLES[1], "the cycle is not in the archive")
    ]


def test_latest_only_moves_forward(tmp_path: Path, archive: Archive) -> None:
    for cycle in (CYCLES[1], CYCLES[2], CYCLES[0]):
        archive.add(_run(tmp_path, cycle), NOBODY)
    assert (archive.root / "latest").resolve() == archive.place(Cycle.parse(CYCLES[2]))
    assert archive.verify(12) == ()


def test_a_full_disk_leaves_no_half_cycle(
    tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run(tmp_path, CYCLES[1])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copystat", full)
        with pytest.raises(OutputError, match="free some space"):
            archive.add(run, NOBODY)
    assert archive.cycles() == ()
    assert not (archive.root / "latest").is_symlink()
    archive.add(run, NOBODY)
    assert archive.verify(12) == ()


def test_a_cycle_without_product_is_not_archived(tmp_path: Path, archive: Archive) -> None:
    run = _run(tmp_path, CYCLES[1])
    run.latest.unlink()
    with pytest.raises(InputError, match="no complete product"):
        archive.add(run, NOBODY)
