"""Output and checkpoints of a member: tiles, interruptions, other rank counts, damage."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import DecompositionError, InputError, OutputError
from forecast.fields.arrays import Single
from forecast.fields.variables import POLLUTANTS
from forecast.storage.member_output import (
    MemberOutput,
    OutputFrame,
    ensure_output,
    output_matches,
    read_output,
    read_variable,
    written_pollutants,
)
from forecast.storage.restart import (
    RestartOrigin,
    RestartState,
    begin_restart,
    complete_restarts,
    finish_restart,
    prune_restarts,
    read_restart,
    remove_restarts,
    verify_restart,
    write_restart_tile,
)
from forecast.storage.tiles import Tile

DOMAIN = (7, 10)
HOURS = 30
START = np.datetime64("2022-01-01T00", "s")


def _tiles(rows: int, columns: int) -> Iterator[Tile]:
    ny, nx = DOMAIN
    for j in range(0, ny, rows):
        for i in range(0, nx, columns):
            yield Tile(
                slice(j, min(j + rows, ny)), slice(i, min(i + columns, nx)), DOMAIN, (rows, columns)
            )


def _frame(hours: int = HOURS) -> OutputFrame:
    labels = np.datetime64("2022-01-01T01", "s") + np.arange(hours) * np.timedelta64(3600, "s")
    return OutputFrame(labels, np.arange(7.0), np.arange(10.0), "m01")


def _fields() -> Single:
    generator = np.random.default_rng(1)
    return generator.random((HOURS, len(POLLUTANTS), *DOMAIN), dtype=np.float32)


def _write(path: Path, fields: Single, tiles: list[Tile], first: int, last: int) -> None:
    for tile in tiles:
        output = MemberOutput(path, tile)
        for record in range(first, last):
            output.write(record, fields[record][:, tile.rows, tile.columns])
        output.flush()


def test_an_interrupted_output_goes_on_with_another_rank_count(tmp_path: Path) -> None:
    path, fields = tmp_path / "m01.zarr", _fields()
    four, one = list(_tiles(4, 5)), [Tile.whole(DOMAIN)]
    ensure_output(path, _frame(), four[0], fresh=True)
    _write(path, fields, four, 0, 27)
    early = read_output(path)
    assert np.isnan(early["pm25"].values[27:]).all()
    assert not np.isnan(early["pm25"].values[:27]).any()
    ensure_output(path, _frame(), one[0], fresh=False)
    _write(path, fields, one, 24, HOURS)
    found = read_output(path)
    for place, name in enumerate(POLLUTANTS):
        np.testing.assert_array_equal(found[name].values, fields[:, place])
    np.testing.assert_array_equal(found["time"].values, _frame().labels)


def test_an_existing_store_is_kept_only_if_it_fits(tmp_path: Path) -> None:
    path, tile = tmp_path / "m01.zarr", Tile.whole(DOMAIN)
    assert not output_matches(path, _frame())
    ensure_output(path, _frame(), tile, fresh=False)
    _write(path, _fields(), [tile], 0, 3)
    assert output_matches(path, _frame())
    assert not output_matches(path, _frame(HOURS + 1))
    ensure_output(path, _frame(), tile, fresh=True)
    assert np.isnan(read_output(path)["pm25"].values).all()


def test_a_store_holds_what_the_member_makes_and_no_more(tmp_path: Path) -> None:
    path, tile = tmp_path / "m01.zarr", Tile.whole(DOMAIN)
    frame = replace(_frame(), pollutants=("pm25", "o3"))
    ensure_output(path, frame, tile, fresh=True)
    _write(path, _fields()[:, :2], [tile], 0, HOURS)
    assert written_pollutants(path) == ("pm25", "o3")
    np.testing.assert_array_equal(read_output(path)["o3"].values, _fields()[:, 1])
    assert "so2" not in read_output(path)
    assert output_matches(path, frame)
    assert not output_matches(path, _frame())  # of another mechanism: the member starts anew
    with pytest.raises(InputError):
        read_variable(path, "so2")


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(0, 3), slice(0, 5)), (slice(2, 6), slice(0, 5)), (slice(0, 4), slice(5, 9))],
)
def test_tiles_that_share_a_chunk_are_refused(tmp_path: Path, rows: slice, columns: slice) -> None:
    path = tmp_path / "m01.zarr"
    ensure_output(path, _frame(), next(_tiles(4, 5)), fresh=True)
    with pytest.raises(DecompositionError, match="lose data"):
        MemberOutput(path, Tile(rows, columns, DOMAIN, (4, 5)))


def test_a_damaged_chunk_is_an_error_not_a_gap(tmp_path: Path) -> None:
    path, tile = tmp_path / "m01.zarr", Tile.whole(DOMAIN)
    ensure_output(path, _frame(), tile, fresh=True)
    _write(path, _fields(), [tile], 0, HOURS)
    chunk = path / "pm25" / "c.0.0.0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 0xFF
    chunk.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        read_output(path)


def _state(hour: int) -> RestartState:
    generator = np.random.default_rng(hour)
    mixing = generator.random((2, 3, *DOMAIN), dtype=np.float32)
    mass = generator.random((3, *DOMAIN))
    origin = RestartOrigin("2022-01-01T00", START + np.timedelta64(hour, "h"), "grid")
    return RestartState(hour, ("CO", "NO"), mixing, mass, {"ledger": [1.5, 2.5]}, origin)


def _cut(state: RestartState, tile: Tile) -> RestartState:
    cells = (..., tile.rows, tile.columns)
    return RestartState(
        state.hour,
        state.species,
        state.mixing_ratio[cells],
        state.air_mass[cells],
        state.numbers,
        state.origin,
    )


def _save(path: Path, state: RestartState, tiles: list[Tile]) -> None:
    begin_restart(path, _cut(state, tiles[0]), tiles[0])
    for tile in tiles:
        write_restart_tile(path, _cut(state, tile), tile)
    finish_restart(path, state)


def test_a_checkpoint_reads_back_bit_for_bit_on_other_ranks(tmp_path: Path) -> None:
    state = _state(24)
    _save(tmp_path / "m01.f024.zarr", state, list(_tiles(4, 5)))
    for tile in _tiles(3, 4):
        found = read_restart(tmp_path / "m01.f024.zarr", tile.rows, tile.columns)
        expected = _cut(state, tile)
        np.testing.assert_array_equal(found.mixing_ratio, expected.mixing_ratio)
        np.testing.assert_array_equal(found.air_mass, expected.air_mass)
        assert (found.hour, found.species, found.numbers) == (24, state.species, state.numbers)


def test_a_checkpoint_says_where_and_when_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "m01.f024.zarr"
    _save(path, _state(24), list(_tiles(4, 5)))
    time = START + np.timedelta64(24, "h")
    marker = verify_restart(path, valid_time=time, species=("CO", "NO"), grid="grid")
    assert (marker.hour, marker.origin) == (24, RestartOrigin("2022-01-01T00", time, "grid"))
    assert verify_restart(path) == marker
    with pytest.raises(InputError, match="for the time '2022-01-02T00:00:00', expected"):
        verify_restart(path, valid_time=time + np.timedelta64(12, "h"))
    with pytest.raises(InputError, match="the species 'CO, NO', expected 'NO, CO'"):
        verify_restart(path, species=("NO", "CO"))
    with pytest.raises(InputError, match="the domain 'grid', expected 'other'"):
        verify_restart(path, grid="other")
    # a copy under the name of another hour is still of its own time
    (tmp_path / "m01.f024.zarr").rename(tmp_path / "m01.f036.zarr")
    with pytest.raises(InputError, match="for the time"):
        verify_restart(tmp_path / "m01.f036.zarr", valid_time=START + np.timedelta64(36, "h"))


@pytest.mark.parametrize("harm", ["byte", "cut", "gone", "marker", "nan"])
def test_a_damaged_checkpoint_is_found_before_it_is_used(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "m01.f024.zarr"
    state = _state(24)
    if harm == "nan":
        state.mixing_ratio[1, 2, 3, 4] = np.nan
    _save(path, state, list(_tiles(4, 5)))
    chunk = path / "mixing_ratio" / "c.0.0.1.1"
    content = bytearray(chunk.read_bytes())
    if harm == "byte":
        content[len(content) // 2] ^= 1
        chunk.write_bytes(content)
    elif harm == "cut":
        chunk.write_bytes(content[:-10])
    elif harm == "gone":
        chunk.unlink()
    elif harm == "marker":
        (path / "complete.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="damaged|no readable JSON"):
        verify_restart(path)


def test_only_complete_checkpoints_count(tmp_path: Path) -> None:
    tiles = list(_tiles(4, 5))
    for hour in (24, 48, 72, 96):
        _save(tmp_path / f"m01.f{hour:03d}.zarr", _state(hour), tiles)
    _save(tmp_path / "m10.f120.zarr", _state(120), tiles)
    (tmp_path / "m01.f072.zarr" / "complete.json").unlink()
    (tmp_path / "m01.f096.zarr" / "air_mass" / "c.0.0.0").unlink()
    begin_restart(tmp_path / "m01.f120.zarr", _state(120), tiles[0])  # killed before its end
    assert list(complete_restarts(tmp_path, "m01")) == [24, 48]


def test_pruning_keeps_the_newest(tmp_path: Path) -> None:
    for hour in (24, 48, 72):
        _save(tmp_path / f"m01.f{hour:03d}.zarr", _state(hour), [Tile.whole(DOMAIN)])
    prune_restarts(tmp_path, "m01", 2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["m01.f048.zarr", "m01.f072.zarr"]
    begin_restart(tmp_path / "m01.f096.zarr", _state(96), Tile.whole(DOMAIN))  # then killed
    prune_restarts(tmp_path, "m01", 1, always=(48,))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["m01.f048.zarr", "m01.f072.zarr"]
    prune_restarts(tmp_path, "m01", 0, always=(48,))
    assert list(complete_restarts(tmp_path, "m01")) == [48], "a later cycle begins from it"
    remove_restarts(tmp_path, "m01")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_the_older_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tile = Tile.whole(DOMAIN)
    _save(tmp_path / "m01.f024.zarr", _state(24), [tile])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    begin_restart(tmp_path / "m01.f048.zarr", _state(48), tile)
    write_restart_tile(tmp_path / "m01.f048.zarr", _state(48), tile)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="free some space"):
        finish_restart(tmp_path / "m01.f048.zarr", _state(48))
    assert list(complete_restarts(tmp_path, "m01")) == [24]
    assert len(list(tmp_path.iterdir())) == 1
