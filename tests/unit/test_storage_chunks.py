"""Chunks read without the library are what the library reads."""

from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.common.errors import InputError
from forecast.fields.variables import REGISTRY
from forecast.storage.chunks import chunked_array, group_attributes
from forecast.storage.member_output import read_variable
from forecast.storage.tiles import create_array, create_group

SHAPE, CHUNKS = (11, 7, 9), (4, 3, 5)
PM25 = REGISTRY["pm25"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose last hours were never written, with chunks that reach over the edges."""
    path = tmp_path_factory.mktemp("chunks") / "m00.zarr"
    array = create_array(create_group(path, {"member": "m00"}), PM25, SHAPE, CHUNKS)
    array[:8] = np.random.default_rng(3).random((8, *SHAPE[1:]), dtype=np.float32)
    return path


@st.composite
def _regions(draw: st.DrawFn) -> tuple[slice, ...]:
    parts = []
    for size in SHAPE:
        start = draw(st.integers(0, size))
        parts.append(slice(start, draw(st.integers(start, size + 2))))
    return tuple(parts)


@given(_regions())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_part_is_what_the_library_reads(store: Path, region: tuple[slice, ...]) -> None:
    array = chunked_array(store, PM25)
    assert array.plain
    with_library = zarr.open_array(store / "pm25", mode="r")[region]
    np.testing.assert_array_equal(array.read(region), with_library)


def test_another_layout_is_left_to_the_library(tmp_path: Path) -> None:
    values = np.random.default_rng(4).random(SHAPE, dtype=np.float32)
    group = zarr.create_group(tmp_path / "a.zarr")
    group.create_array(
        "pm25", data=values, chunks=CHUNKS, compressors=None,
        attributes={"units": PM25.units}, dimension_names=PM25.dims,
    )  # fmt: skip
    array = chunked_array(tmp_path / "a.zarr", PM25)
    assert not array.plain
    part = (slice(2, 9), slice(None), slice(1, 3))
    np.testing.assert_array_equal(array.read(part), values[part])


@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_a_damaged_chunk_is_noticed(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "m00.zarr"
    create_array(create_group(path, {}), PM25, SHAPE, CHUNKS)[:] = 1.5
    chunk = path / "pm25" / "c.1.0.1"
    content = bytearray(chunk.read_bytes())
    content[10] ^= 1
    chunk.write_bytes(content if damage == "flip" else content[:7])
    with pytest.raises(InputError, match="checksum"):
        read_variable(path, "pm25", slice(4, 8))
    assert np.all(read_variable(path, "pm25", slice(0, 4)) == 1.5)


def test_a_store_that_is_no_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        group_attributes(tmp_path / "no.zarr", "a test")
    (tmp_path / "zarr.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="no readable Zarr group"):
        group_attributes(tmp_path, "a test")


def test_an_array_that_differs_from_the_registry_is_refused(store: Path) -> None:
    with pytest.raises(InputError, match="no readable array 'no2'"):
        chunked_array(store, REGISTRY["no2"])
    (store / "co").symlink_to(store / "pm25")
    with pytest.raises(InputError, match="units"):
        chunked_array(store, REGISTRY["co"])
