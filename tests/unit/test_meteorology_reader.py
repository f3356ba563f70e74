"""The reader of NCEP/NCAR reanalysis files takes what is right and refuses the rest in words."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from forecast.common.errors import InputError
from forecast.config.load import project_path
from forecast.config.meteorology import MeteorologyConfig, MeteorologyFormat
from forecast.sources.meteorology import ncep_reanalysis, open_driver

SHIPPED = "data/meteorology/ncep_reanalysis_20220101-05.nc"


@pytest.fixture
def copy(tmp_path: Path, project_root: Path) -> Path:
    path = tmp_path / "air.nc"
    shutil.copy(project_root / SHIPPED, path)
    return path


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    with netCDF4.Dataset(path, "a") as dataset:
        change(dataset)
    return path


def test_shipped_file_matches_what_noaa_published(project_root: Path) -> None:
    driver = ncep_reanalysis.read(project_root / SHIPPED)
    assert driver.is_daily_mean
    assert str(driver.first) == "2022-01-01T00:00:00"
    assert str(driver.last) == "2022-01-06T00:00:00"
    assert str(driver.times[0]) == "2022-01-01T12:00:00"
    assert driver.pressure[0] == 100000.0
    assert driver.pressure[-1] == 10000.0
    j, i = list(driver.latitude).index(37.5), list(driver.longitude).index(117.5)
    # printed from the uncropped daily means, 1 January 2022, 1000, 925 and 850 hPa
    assert driver.geopotential_height[0, :3, j, i] == pytest.approx([222.5, 846.0, 1515.0], abs=0.3)
    assert driver.air_temperature[0, :3, j, i] == pytest.approx([274.2, 271.3, 268.6], abs=0.06)
    assert driver.eastward_wind[0, :3, j, i] == pytest.approx([1.8, 2.6, 5.0], abs=0.06)
    assert driver.northward_wind[0, :3, j, i] == pytest.approx([-2.8, -4.4, -4.1], abs=0.06)
    assert driver.specific_humidity[0, :3, j, i] == pytest.approx(
        [1.87e-3, 1.29e-3, 1.05e-3], abs=6e-6
    )
    assert "public domain" in driver.attribution


def test_humidity_above_its_last_level_falls_with_the_cube_of_pressure() -> None:
    pressure = np.array([40000.0, 30000.0, 15000.0, 100.0])
    humidity = np.array([1e-4, 8e-5, np.nan, np.nan]).reshape(1, 4, 1, 1)
    filled = ncep_reanalysis.extend_humidity(humidity, pressure).ravel()
    assert filled == pytest.approx([1e-4, 8e-5, 1e-5, ncep_reanalysis.HUMIDITY_FLOOR])


def test_latitudes_may_run_either_way(copy: Path) -> None:
    def flip(dataset: Any) -> None:
        dataset["lat"][:] = dataset["lat"][::-1]
        for name in ("air", "hgt", "uwnd", "vwnd", "shum"):
            dataset[name][:] = dataset[name][:, :, ::-1]

    before = ncep_reanalysis.read(copy)
    after = ncep_reanalysis.read(edit(copy, flip))
    np.testing.assert_array_equal(before.latitude, after.latitude)
    np.testing.assert_array_equal(before.eastward_wind, after.eastward_wind)


def rename(dataset: Any) -> None:
    dataset.renameVariable("hgt", "height")


def celsius(dataset: Any) -> None:
    dataset["air"].units = "degC"


def levels_of_sigma(dataset: Any) -> None:
    dataset["level"].units = "sigma_level"


def no_850(dataset: Any) -> None:
    dataset["level"][2] = 840.0


def hole(dataset: Any) -> None:
    dataset["uwnd"][2, 4, 5, 5] = np.ma.masked


def nan_in_humidity(dataset: Any) -> None:
    dataset["shum"][0, 7, 3, 3] = np.nan


def impossible(dataset: Any) -> None:
    dataset["air"][0, 0, 0, 0] = 27.4


def gap(dataset: Any) -> None:
    dataset["time"][4] = dataset["time"][4] + 24.0


def noon(dataset: Any) -> None:
    dataset["time"][:] = dataset["time"][:] + 12.0


def timeless(dataset: Any) -> None:
    dataset["time"].units = "days"


def jumbled(dataset: Any) -> None:
    dataset["lon"][3] = 300.0


def upside_down(dataset: Any) -> None:
    dataset["hgt"][0, 3, 2, 2] = 100.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rename, ("no variable 'hgt'", "air, hgt, uwnd")),
        (celsius, ("'air'", "'degC'", "degK")),
        (levels_of_sigma, ("'level'", "'sigma_level'", "millibar")),
        (no_850, ("lacks the levels [850] hPa",)),
        (hole, ("'uwnd'", "misses 1 of", "on 2022-01-03 at 600 hPa", "fetch it again")),
        (nan_in_humidity, ("'shum'", "misses 1 of", "on 2022-01-01 at 300 hPa")),
        (impossible, ("'air'", "'27.4'", "150 to 340")),
        (gap, ("2022-01-06", "one record a day at 00 UTC")),
        (noon, ("T12:00:00", "one record a day at 00 UTC")),
        (timeless, ("'days'", "hours since 1800-01-01")),
        (jumbled, ("'lon'", "in order")),
        (upside_down, ("'hgt'", "does not rise")),
    ],
)
def test_a_wrong_file_is_refused_in_words(
    copy: Path, change: Callable[[Any], None], words: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        ncep_reanalysis.read(edit(copy, change))
    for part in (*words, str(copy)):
        assert part in str(caught.value)


def test_a_truncated_file_is_refused(copy: Path) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(InputError, match="truncated"):
        ncep_reanalysis.read(copy)


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "air.nc"
    path.write_text("<html>404</html>")
    with pytest.raises(InputError, match="no netCDF file"):
        ncep_reanalysis.read(path)


def test_a_missing_file_names_the_setting() -> None:
    with pytest.raises(InputError, match=r"nowhere\.nc.*meteorology\.path"):
        ncep_reanalysis.read(Path("nowhere.nc"))


def test_the_configuration_chooses_the_driver(project_root: Path) -> None:
    real = open_driver(MeteorologyConfig(), lambda text: project_root / text)
    made = open_driver(MeteorologyConfig(format=MeteorologyFormat.HAZE_WEEK))
    assert real.is_daily_mean
    assert made.name == "haze_week"


def test_messages_name_the_driver_as_the_configuration_does() -> None:
    options = MeteorologyConfig()
    assert open_driver(options, project_path).name == options.path
