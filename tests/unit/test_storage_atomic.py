"""Atomic writes: after any failure the former file is whole and nothing else is left."""

import errno
import os
from pathlib import Path

import pytest

from forecast.common.errors import InputError, OutputError
from forecast.storage import atomic


def _full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_text_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    atomic.write_text(path, "first")
    atomic.write_text(path, "山东")
    assert path.read_text(encoding="utf-8") == "山东"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


def test_a_full_disk_leaves_the_former_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    atomic.write_json(path, {"a": 1})
    monkeypatch.setattr(os, "fsync", _full_disk)
    with pytest.raises(OutputError, match="free some space") as caught:
        atomic.write_json(path, {"a": 2})
    assert str(path) in str(caught.value)
    assert atomic.read_json(path) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_an_error_of_the_writer_leaves_the_former_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic.write_text(path, "first")
    with pytest.raises(KeyboardInterrupt), atomic.replacing(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise KeyboardInterrupt
    assert path.read_text(encoding="utf-8") == "first"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_leftover_of_a_killed_process_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.with_name(".a.txt.partial").write_text("half", encoding="utf-8")
    atomic.write_text(path, "whole")
    assert path.read_text(encoding="utf-8") == "whole"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "store"
    for name in ("old", "new"):
        with atomic.replacing(path) as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert [entry.name for entry in path.iterdir()] == ["new"]
    assert len(list(tmp_path.iterdir())) == 1


def test_numbers_that_json_does_not_know_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        atomic.write_json(tmp_path / "a.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", '{"a": 1', "\xff"])
def test_a_cut_off_json_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.json"):
        atomic.read_json(path)
