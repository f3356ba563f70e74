"""The registry at the door: what differs is refused on write and on read, all points at once."""

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from forecast.common.errors import InputError, OutputError
from forecast.storage.datasets import read_dataset, write_dataset


def _dataset() -> xr.Dataset:
    times = np.datetime64("2022-01-01T00", "s") + np.arange(3) * np.timedelta64(3600, "s")
    pressure = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    return xr.Dataset(
        {
            "surface_pressure": (("time", "y", "x"), pressure),
            "time_factor": (("time", "sector"), np.ones((3, 2))),
        },
        coords={"time": times, "sector": ["power", "industry"]},
    )


def test_values_times_and_texts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    dataset = _dataset()
    write_dataset(path, dataset, chunks={"time": 1}, compression=1)
    found = read_dataset(path, ["surface_pressure"])
    assert found.equals(dataset)
    assert found["time"].dtype == "datetime64[s]"
    assert found["surface_pressure"].attrs["units"] == "Pa"
    assert found["surface_pressure"].attrs["standard_name"] == "surface_air_pressure"
    assert found.attrs["Conventions"] == "CF-1.11"


def test_all_differences_are_reported_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    dataset = _dataset().assign(nonsense=("x", [1, 2]))
    dataset["surface_pressure"] = dataset["surface_pressure"].astype(np.float64)
    dataset["time_factor"] = dataset["time_factor"].transpose("sector", "time")
    dataset["time_factor"].attrs["units"] = "kg"
    with pytest.raises(OutputError) as caught:
        write_dataset(path, dataset)
    text = str(caught.value)
    for part in ("4 point(s)", "'nonsense'", "float64", "('sector', 'time')", "units 'kg'"):
        assert part in text
    assert list(tmp_path.iterdir()) == []


def test_other_units_in_a_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    write_dataset(path, _dataset())
    with netCDF4.Dataset(path, "r+") as handle:
        handle["surface_pressure"].units = "hPa"
    with pytest.raises(InputError, match="units 'hPa', expected 'Pa'"):
        read_dataset(path)


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    write_dataset(path, _dataset())
    with pytest.raises(InputError, match="'air_temperature' is missing"):
        read_dataset(path, ["air_temperature"])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_cut_off_file_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "a.nc"
    write_dataset(path, _dataset())
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"a\.nc.*cut off"):
        read_dataset(path)


def test_a_missing_file_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="surface_pressure"):
        read_dataset(tmp_path / "a.nc", ["surface_pressure"])


def test_a_failed_write_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.nc"
    write_dataset(path, _dataset())

    def fail(_: xr.Dataset, target: Path, **__: object) -> None:
        target.write_bytes(b"half")
        msg = "NetCDF: HDF error"
        raise RuntimeError(msg)

    monkeypatch.setattr(xr.Dataset, "to_netcdf", fail)
    with pytest.raises(OutputError, match="HDF error"):
        write_dataset(path, _dataset())
    monkeypatch.undo()
    assert read_dataset(path).equals(_dataset())
    assert len(list(tmp_path.iterdir())) == 1
