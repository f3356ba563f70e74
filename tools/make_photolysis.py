"""Make the table of photolysis rates with TUV-x, and points to check it with.

    python -m tools.make_photolysis configs/photolysis/rates.yaml data/photolysis

Needs the package musica (`pip install musica==0.17.2`), which the forecast itself does not use.
Writes tuvx.nc, the table, and check.nc, what TUV-x says where the table has no point, and prints
the errors of the table there. About two minutes on one core.
"""

import argparse
import hashlib
import importlib.metadata
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from forecast.chemistry.lanes import LANES
from forecast.chemistry.photolysis import Photolysis, PhotolysisTable, read_photolysis_table
from forecast.config.photolysis import PhotolysisConfig
from tools.photolysis_cases import (
    LAYERS,
    Rates,
    clear_points,
    random_cases,
    stacked,
    tuvx_layers,
)
from tools.photolysis_errors import case_columns, error_tables
from tools.tuvx_column import DOBSON, Float

ZENITH = np.array(
    [0.0, 20.0, 28.5, 35.0, 40.0, 44.5, 48.5, 52.0, 55.5, 58.5, 61.0, 63.5, 65.5, 67.5, 69.5, 71.5,
     73.5, 75.5, 77.0, 78.5, 80.0, 81.5, 82.5, 83.5, 84.5, 85.5, 86.5, 87.5, 88.5, 89.5, 90.5, 91.5,
     92.5, 93.5, 94.5, 96.0]
)  # fmt: skip
HEIGHT = np.array(
    [0.0, 0.5, 1.0, 2.0, 3.5, 5.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 18.0,
     20.0, 24.0]
)  # fmt: skip
"""km."""
OZONE = np.array([200.0, 260.0, 330.0, 410.0, 500.0])
ALBEDO = np.array([0.0, 0.2, 0.45, 0.9])
WARMER = 15.0
"""Change of temperature from which the slopes are taken, up and down, K."""
WAVELENGTH = np.array([310.0, 370.0, 610.0])
"""Bands in which light is followed, nm."""
OZONE_CROSS_SECTION = np.array([1.0e-19, 0.0, 4.7e-21])
"""Of ozone there, cm2 (JPL 19-5, rounded)."""
LOG_STEP, LOG_OFFSET, SLOPE_STEP = 1.0e-3, -32.0, 1.0e-6
"""Resolution of the packed numbers."""
DARKEST = 1.0e-25


RESULTS = (
    ("rate", "s-1", ("name", "layer")),
    ("temperature", "K", ("layer",)),
    ("pressure", "Pa", ("interface",)),
)
"""What TUV-x says of columns: name, units, dimensions."""


def rayleigh_depth(wavelength: Float) -> Float:
    """Optical depth of air at 1013.25 hPa from the wavelength in nm.

    Bodhaine et al. (1999, doi 10.1175/1520-0426(1999)016<1854:ORODC>2.0.CO;2), eq. 30.
    """
    square = (wavelength / 1000.0) ** 2
    upper = 1.0455996 - 341.29061 / square - 0.90230850 * square
    lower = 1.0 + 0.0027059889 / square - 85.968563 * square
    depth: Float = 0.0021520 * upper / lower
    return depth


def clear_table(rates: Rates) -> PhotolysisTable:
    """Compute the table; the shares of the bands are equal at first."""
    column = rates.column()
    rows = np.searchsorted(column.heights, HEIGHT)
    shape = (len(rates.names), ALBEDO.size, OZONE.size, ZENITH.size, HEIGHT.size)
    values = np.empty(shape)
    for i, albedo in enumerate(ALBEDO):
        column.set_albedo(albedo)
        for j, ozone in enumerate(OZONE):
            column.set_ozone(ozone)
            for k, zenith in enumerate(ZENITH):
                values[:, i, j, k] = rates.at(column, zenith)[:, rows]
    warm, cold = rates.column(warmer=WARMER), rates.column(warmer=-WARMER)
    slope = np.empty((len(rates.names), ZENITH.size, HEIGHT.size))
    for k, zenith in enumerate(ZENITH):
        high, low = (rates.at(each, zenith)[:, rows] for each in (warm, cold))
        usual = 0.5 * (high + low)
        slope[:, k] = np.where(usual > DARKEST, (high - low) / (2.0 * WARMER * usual), 0.0)
    return PhotolysisTable(
        names=rates.names,
        zenith=ZENITH,
        height=HEIGHT * 1000.0,
        ozone=OZONE,
        albedo=ALBEDO,
        temperature=column.temperature[rows],
        log_rate=np.log(np.maximum(values, DARKEST)).astype(np.float32),
        slope=slope.astype(np.float32),
        share=np.full((len(rates.names), WAVELENGTH.size), 1.0 / WAVELENGTH.size),
        wavelength=WAVELENGTH,
        rayleigh=rayleigh_depth(WAVELENGTH) / 101325.0,
        ozone_depth=OZONE_CROSS_SECTION * DOBSON,
    )


def fitted_shares(rates: Rates, table: PhotolysisTable) -> Float:
    """Shares of the bands with which cloud and haze act on each rate as in TUV-x, (rate, band)."""
    turbid = [case for index, case in enumerate(random_cases(7, 96)) if index % 4]
    cases = [replace(case, ground=0.0, warmer=0.0) for case in turbid]
    nothing = np.zeros(LAYERS.size - 1)
    ratios, temperature, pressure = [], [], []
    for case in cases:
        dimmed, warmth, weight = tuvx_layers(rates, case)
        ratios.append(
            dimmed / tuvx_layers(rates, replace(case, cloud=nothing, particles=nothing))[0]
        )
        temperature.append(warmth)
        pressure.append(weight)
    fields = {
        **stacked(cases),
        "temperature": np.array(temperature),
        "pressure": np.array(pressure),
    }
    columns, turbidity = case_columns(fields, 1000.0 * LAYERS, WAVELENGTH)
    light = Photolysis(table, rates.names, PhotolysisConfig()).light(columns, turbidity)
    light = light[:, :, : len(cases)].transpose(2, 1, 0).reshape(-1, WAVELENGTH.size)
    shares = np.empty((len(rates.names), WAVELENGTH.size))
    heavy = 1.0e3  # that they sum to one
    for rate in range(len(rates.names)):
        wanted = np.array([ratio[rate] for ratio in ratios]).ravel()
        rows = np.vstack([light / wanted[:, None], np.full((1, WAVELENGTH.size), heavy)])
        shares[rate], _ = nnls(rows, np.append(np.ones(wanted.size), heavy))
    result: Float = shares / shares.sum(axis=1, keepdims=True)
    return result


def write_table(path: Path, table: PhotolysisTable, rates: Rates, digest: str) -> None:
    """Write the table, packed."""
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(_attributes("Photolysis rates of clear air", digest))
        axes = (("zenith", "degree"), ("height", "m"), ("ozone", "DU"), ("albedo", "1"))
        for name, units in axes:
            _write(file, name, (name,), getattr(table, name), units)
        _write_names(file, "name", rates.names)
        _write_names(file, "reaction", [entry.reaction for entry in rates.entries.values()])
        _write_names(file, "source", [entry.source for entry in rates.entries.values()])
        _write(file, "temperature", ("height",), table.temperature, "K")
        _write(file, "wavelength", ("band",), table.wavelength, "nm")
        _write(file, "rayleigh", ("band",), table.rayleigh, "Pa-1")
        _write(file, "ozone_depth", ("band",), table.ozone_depth, "DU-1")
        _write(file, "share", ("name", "band"), np.round(table.share, 4), "1")
        shape = ("name", "albedo", "ozone", "zenith", "height")
        log_rate = file.createVariable(
            "log_rate", "i2", shape, zlib=True, complevel=9, shuffle=True
        )
        log_rate.setncatts({"units": "ln(s-1)", "scale_factor": LOG_STEP, "add_offset": LOG_OFFSET})
        log_rate[:] = table.log_rate
        slope = file.createVariable(
            "slope", "i2", ("name", "zenith", "height"), zlib=True, shuffle=True
        )
        slope.setncatts({"units": "K-1", "scale_factor": SLOPE_STEP})
        slope[:] = table.slope


def _attributes(title: str, digest: str) -> dict[str, str]:
    version = importlib.metadata.version("musica")
    return {
        "title": title,
        "source": f"TUV-x of musica {version}, configuration TUV 5.4, no aerosol, sun at 1 au",
        "rates": f"configs/photolysis/rates.yaml, sha256 {digest}",
        "references": "Madronich and Flocke 1999, doi 10.1007/978-3-540-69044-3_1",
        "history": "tools/make_photolysis.py",
        "license": "computed for this project; TUV-x and its data: Apache-2.0",
    }


def _write(
    file: netCDF4.Dataset,
    name: str,
    dimensions: tuple[str, ...],
    values: NDArray[np.floating],
    units: str,
) -> None:
    for dimension, size in zip(dimensions, values.shape, strict=True):
        if dimension not in file.dimensions:
            file.createDimension(dimension, size)
    kind = "f4" if values.ndim > 1 or name.startswith("case_") else "f8"
    variable = file.createVariable(name, kind, dimensions, zlib=values.ndim > 1, shuffle=True)
    variable.units = units
    variable[:] = values


def _write_names(file: netCDF4.Dataset, name: str, values: tuple[str, ...] | list[str]) -> None:
    if "name" not in file.dimensions:
        file.createDimension("name", len(values))
    file.createVariable(name, str, ("name",))[:] = np.array(values, object)


def write_checks(path: Path, rates: Rates, digest: str, points: int, columns: int) -> None:
    """Compute and write what TUV-x says at points and in columns that the table has not."""
    clear = clear_points(rates, points)
    cases = random_cases(23, columns)
    results = [tuvx_layers(rates, case) for case in cases]
    fields = stacked(cases)
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(_attributes("Photolysis rates to check the table with", digest))
        _write_names(file, "name", rates.names)
        for name, values in clear.items():
            dimensions = ("point", "name") if values.ndim > 1 else ("point",)
            _write(file, f"point_{name}", dimensions, values, "")
        for name, values in fields.items():
            dimensions = ("case", "layer") if values.ndim > 1 else ("case",)
            _write(file, f"case_{name}", dimensions, values, "")
        for place, (name, units, shape) in enumerate(RESULTS):
            values = np.array([result[place] for result in results])
            _write(file, f"case_{name}", ("case", *shape), values, units)
        _write(file, "layer_height", ("interface",), LAYERS * 1000.0, "m")


def main() -> None:
    """Make both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rates", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    rates = Rates(arguments.rates)
    digest = hashlib.sha256(arguments.rates.read_bytes()).hexdigest()
    table = clear_table(rates)
    table = replace(table, share=fitted_shares(rates, table))
    arguments.output.mkdir(parents=True, exist_ok=True)
    write_table(arguments.output / "tuvx.nc", table, rates, digest)
    read_photolysis_table(arguments.output / "tuvx.nc")
    write_checks(arguments.output / "check.nc", rates, digest, points=96, columns=4 * LANES)
    print(error_tables(arguments.output))


if __name__ == "__main__":
    main()
