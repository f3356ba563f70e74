"""Diagnosed winter boundary layer over the North China Plain beside a published product.

`FORECAST_REFERENCE_DATA=FOLDER python -m benchmarks.boundary_layer` prepares the meteorology of the
default case and prints, by local hour, the mean height over the plain on 1 to 5 January 2022 beside
the climatology of January and of winter 2020 (merged radiosonde and ERA5, 0.25 degrees, 3-hourly).
The years differ, so this judges the daily cycle, not single days. The product may be read but not
shipped; without its folder the comparison is skipped by name. The last line is one JSON object.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from forecast.common.cycle import Cycle
from forecast.config.domain import DomainConfig
from forecast.config.load import project_path
from forecast.config.meteorology import MeteorologyConfig
from forecast.fields.arrays import Booleans, Float, Times
from forecast.fields.meteorology import MeteorologySeries
from forecast.grid.domain import Domain
from forecast.grid.horizontal import LambertGrid
from forecast.grid.static import StaticFields, build_static
from forecast.prepare.mass_balance import vertical_fluxes
from forecast.prepare.meteorology import prepare
from forecast.sources.meteorology import open_driver

FOLDER = "FORECAST_REFERENCE_DATA"
FILE = "meteorology/pblh_NCP_2020_3h.nc"
CYCLE = Cycle.parse("2021-12-31T16")
HOURS = 120
BOX = (113.5, 119.0, 34.0, 40.0)
"""West, east, south and north of the plain, degrees."""
HIGHEST_GROUND = 100.0
"""The plain lies below this height, m."""
DAY, NIGHT = (11, 14), (20, 23, 2, 5)
"""Local hours that the means over day and night take; 8 and 17 are in transition."""


@dataclass(frozen=True)
class Comparison:
    """Heights by local hour, m; keys are 2, 5, 8, … 23.

    Attributes:
        diagnosed: Mean of 1 to 5 January 2022.
        january: Mean of the product in January 2020.
        winter: Mean of the product in January, February and December 2020.
        cells: Number of model cells on the plain.
        seconds: Time that preparing the meteorology took.
        imbalance: Largest share of a column's air that the stored fluxes lose in an hour.
    """

    diagnosed: dict[int, float]
    january: dict[int, float]
    winter: dict[int, float]
    cells: int
    seconds: float
    imbalance: float

    def bias(self, reference: dict[int, float]) -> dict[int, float]:
        """Diagnosed minus a reference, m, by local hour."""
        return {hour: self.diagnosed[hour] - reference[hour] for hour in reference}


def mean_over(heights: dict[int, float], hours: tuple[int, ...]) -> float:
    """Mean of some local hours, m."""
    return float(np.mean([heights[hour] for hour in hours]))


def compare(folder: Path) -> Comparison:
    """Prepare the default case and read the product.

    Args:
        folder: Of the reference data.
    """
    domain = Domain.from_config(DomainConfig())
    static = build_static(domain, project_path("data/static"))
    options = MeteorologyConfig()
    driver = open_driver(options, project_path)
    times = CYCLE.hours(-48, HOURS)
    begin = time.perf_counter()
    series, _ = prepare(driver, domain, static, times, options, CYCLE.start)
    seconds = time.perf_counter() - begin
    plain = plain_cells(domain.horizontal, static)
    kept = series.times >= CYCLE.start
    heights = series.hour_fields.boundary_layer_height[kept][:, plain].astype(np.float64)
    reference, when = read_product(folder / FILE, domain.horizontal, plain)
    months = when.astype("datetime64[M]").astype(int) % 12
    january, winter = months == 0, np.isin(months, (11, 0, 1))
    return Comparison(
        diagnosed=by_local_hour(series.times[kept], heights),
        january=by_local_hour(when[january], reference[january]),
        winter=by_local_hour(when[winter], reference[winter]),
        cells=int(plain.sum()),
        seconds=seconds,
        imbalance=largest_imbalance(series, domain),
    )


def plain_cells(grid: LambertGrid, static: StaticFields) -> Booleans:
    """Tell which cells are low land in the box of the plain, (ny, nx)."""
    west, east, south, north = BOX
    inside = (grid.longitude > west) & (grid.longitude < east)
    inside &= (grid.latitude > south) & (grid.latitude < north)
    low: Booleans = (static.terrain_height < HIGHEST_GROUND) & (static.land_fraction > 0.95)
    return inside & low


def read_product(path: Path, grid: LambertGrid, plain: Booleans) -> tuple[Float, Times]:
    """Read the points of the product that lie in cells of the plain.

    Returns:
        Heights, m, NaN where missing, (ntime, npoint), and their times, UTC.
    """
    with netCDF4.Dataset(path) as file:
        longitude, latitude = np.meshgrid(file["lon"][:], file["lat"][:])
        heights = np.ma.filled(np.ma.asarray(file["pblh"][:], np.float64), np.nan)
        hours = np.asarray(file["time"][:], np.int64)
    inside = grid.contains(longitude, latitude)
    on_plain = np.zeros(longitude.shape, bool)
    on_plain[inside] = plain[grid.cell_of(longitude[inside], latitude[inside])]
    start = np.datetime64("2020-01-01T00", "s")
    return heights[:, on_plain], start + hours * np.timedelta64(3600, "s")


def by_local_hour(times: Times, heights: Float) -> dict[int, float]:
    """Mean over points and days at 2, 5, … 23 Beijing time, m."""
    local = (times.astype("datetime64[h]").astype(np.int64) + 8) % 24
    return {hour: float(np.nanmean(heights[local == hour])) for hour in range(2, 24, 3)}


def largest_imbalance(series: MeteorologySeries, domain: Domain) -> float:
    """Largest share of a column's air that float32 fluxes lose or make in one hour."""
    hours, largest = series.hour_fields, 0.0
    area = domain.horizontal.cell_area
    for index in range(series.times.size - 1):
        before, after = (hours.surface_pressure[index + k].astype(np.float64) for k in (0, 1))
        flux_x = hours.mass_flux_x[index].astype(np.float64)
        flux_y = hours.mass_flux_y[index].astype(np.float64)
        left = vertical_fluxes(domain, flux_x, flux_y, before, after)[-1] * 3600.0
        column = domain.levels.layer_mass(before).sum(axis=0) * area
        largest = max(largest, float(np.abs(left / column).max()))
    return largest


def report(found: Comparison) -> dict[str, Any]:
    """Print the table and return what the JSON line holds."""
    january, winter = found.bias(found.january), found.bias(found.winter)
    print(f"boundary-layer height over {found.cells} cells of the North China Plain, m")
    print("local hour  diagnosed  Jan 2020  bias  winter 2020  bias")
    for hour in sorted(found.diagnosed):
        print(
            f"{hour:10d} {found.diagnosed[hour]:10.0f} {found.january[hour]:9.0f}"
            f" {january[hour]:+5.0f} {found.winter[hour]:12.0f} {winter[hour]:+5.0f}"
        )
    return {
        "benchmark": "boundary_layer",
        "diagnosed_m": _rounded(found.diagnosed),
        "bias_january_2020_m": _rounded(january),
        "bias_winter_2020_m": _rounded(winter),
        "day_ratio": round(mean_over(found.diagnosed, DAY) / mean_over(found.january, DAY), 3),
        "night_ratio": round(
            mean_over(found.diagnosed, NIGHT) / mean_over(found.january, NIGHT), 3
        ),
        "rms_bias_january_m": round(float(np.sqrt(np.mean(np.square(list(january.values()))))), 1),
        "cells": found.cells,
        "prepare_seconds": round(found.seconds, 2),
        "prepared_hours": HOURS + 48,
        "largest_hourly_imbalance": found.imbalance,
    }


def _rounded(heights: dict[int, float]) -> dict[str, float]:
    return {str(hour): round(value, 1) for hour, value in sorted(heights.items())}


def main() -> None:
    """Run the comparison, or say why not."""
    folder = os.environ.get(FOLDER, "")
    if not folder or not (Path(folder) / FILE).is_file():
        reason = f"{FOLDER} does not name a folder with {FILE}"
        print(f"skipped: {reason}", file=sys.stderr)
        print(json.dumps({"benchmark": "boundary_layer", "skipped": reason}))
        return
    print(json.dumps(report(compare(Path(folder)))))


if __name__ == "__main__":
    main()
