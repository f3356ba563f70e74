"""Status files and manifests."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from forecast.common.degradation import Degradation
from forecast.common.errors import InputError
from forecast.fields.status import MemberState, MemberStatus
from forecast.storage.atomic import read_json
from forecast.storage.manifest import (
    StageRecord,
    degradations_of,
    digest,
    read_stage_records,
    write_manifest,
)
from forecast.storage.status import read_status, read_statuses, write_status

STATUS = MemberStatus(
    "m01",
    MemberState.FAILED,
    hours_total=168,
    hours_done=84,
    spin_up_hours=48,
    reason="a sentence",
    exit_code=1,
    started=datetime(2026, 1, 1, tzinfo=UTC),
    updated=datetime(2026, 1, 1, 1, tzinfo=UTC),
)


def test_a_status_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "m01.json"
    write_status(path, STATUS)
    assert read_status(path) == STATUS
    record = read_json(path)
    assert (record["progress"], record["hours_available"]) == (0.5, 36)


def test_members_without_a_readable_status(tmp_path: Path) -> None:
    write_status(tmp_path / "m01.json", STATUS)
    (tmp_path / "m02.json").write_text('{"member": "m02"', encoding="utf-8")
    found = read_statuses((name, tmp_path / f"{name}.json") for name in ("m00", "m01", "m02"))
    assert [status.state for status in found] == ["waiting", "failed", "failed"]
    assert "m02.json" in found[2].reason


def test_a_foreign_status_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m01.json"
    path.write_text('{"state": "bored"}', encoding="utf-8")
    with pytest.raises(InputError, match="no status file"):
        read_status(path)


def test_hours_of_the_spin_up_are_not_available() -> None:
    assert replace(STATUS, hours_done=30).hours_available == 0


def test_records_are_merged_with_hashes_and_fallbacks(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "2022-01-01T00"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("a: 1\n", encoding="utf-8")
    (tmp_path / "input.txt").write_text("abc", encoding="utf-8")
    fallback = Degradation("prepare", "no rain", "rain", "none", "无降水资料")
    for stage in ("prepare", "perturb"):
        record = StageRecord(stage, run, tmp_path, run / "config.yaml")
        record.read(tmp_path / "input.txt", tmp_path / "input.txt")
        record.wrote(run / "config.yaml")
        record.fell_back(fallback)
        record.write(run / "manifest" / f"{stage}.json")
    records = read_stage_records(run / "manifest")
    assert records[0]["inputs"] == [{"path": "input.txt", "sha256": sha256(b"abc").hexdigest()}]
    assert records[0]["outputs"][0]["path"] == "config.yaml"
    assert degradations_of(records) == (fallback,)
    write_manifest(run / "manifest.json", "2022-01-01T00", records, tmp_path)
    merged = read_json(run / "manifest.json")
    assert len(merged["stages"]) == 2
    assert len(merged["configuration_sha256"]) == 1


def test_the_hash_of_a_folder_follows_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    (folder / "c").mkdir(parents=True)
    (folder / "c" / "0").write_bytes(b"1")
    first = digest(folder)
    (folder / "c" / "0").rename(folder / "c" / "1")
    second = digest(folder)
    (folder / "c" / "1").write_bytes(b"2")
    assert len({first, second, digest(folder)}) == 3
    with pytest.raises(InputError, match="does not exist"):
        digest(tmp_path / "nothing")
