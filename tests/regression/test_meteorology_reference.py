"""The diagnosed winter boundary layer beside a product that may be read but not shipped."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from benchmarks.boundary_layer import DAY, NIGHT, compare, mean_over
from forecast.sources.meteorology import ncep_reanalysis
from tools.make_meteorology import crop

UNCROPPED = "meteorology/ncep_reanalysis_daily_20220101-05_east_asia.nc"


@pytest.mark.slow
def test_winter_boundary_layer_of_the_plain_is_credible(reference_data: Path) -> None:
    found = compare(reference_data)
    # five days of one year beside a month of another: a third by day, a half by night
    day = mean_over(found.diagnosed, DAY) / mean_over(found.january, DAY)
    night = mean_over(found.diagnosed, NIGHT) / mean_over(found.january, NIGHT)
    assert 0.67 < day < 1.5
    assert 0.5 < night < 2.0
    # it grows by day and the afternoon is the highest
    assert max(found.diagnosed, key=lambda hour: found.diagnosed[hour]) == 14
    assert found.diagnosed[14] > 2.5 * found.diagnosed[5]
    assert found.imbalance < 1e-6


def test_the_shipped_reanalysis_is_a_crop_of_the_published_one(
    project_root: Path, reference_data: Path, tmp_path: Path
) -> None:
    crop(reference_data / UNCROPPED, tmp_path / "crop.nc")
    made = ncep_reanalysis.read(tmp_path / "crop.nc")
    shipped = ncep_reanalysis.read(project_root / "data/meteorology/ncep_reanalysis_20220101-05.nc")
    for field in fields(made):
        if field.name not in ("name", "precipitation_flux"):
            one, two = getattr(made, field.name), getattr(shipped, field.name)
            np.testing.assert_array_equal(one, two, err_msg=field.name)
