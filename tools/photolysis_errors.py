"""Print how far the photolysis rates of the model are from TUV-x, as tables for the docs.

    python -m tools.photolysis_errors data/photolysis

Reads tuvx.nc and check.nc, which tools/make_photolysis.py writes; needs no TUV-x.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import netCDF4
import numpy as np

from forecast.chemistry.kernels.photolysis import Columns, Turbidity
from forecast.chemistry.lanes import padded_length
from forecast.chemistry.photolysis import (
    Photolysis,
    PhotolysisTable,
    clear_air,
    read_photolysis_table,
)
from forecast.config.photolysis import PhotolysisConfig
from forecast.fields.arrays import Float, Reals, Single

MIE_EXPONENT = 1.3
SELECTED = (
    "jNO2", "jO3_O1D", "jO3_O3P", "jNO3_NO2", "jHONO", "jH2O2", "jHNO3", "jHCHO_H", "jHCHO_H2",
    "jCH3CHO", "jPAN", "jACETONE", "jMGLY",
)  # fmt: skip


def clear_errors(table: PhotolysisTable, path: Path) -> tuple[Float, Float]:
    """Compare clear air at points that are not in the table.

    Only the table is compared: light above sea level with the true pressure is what it holds.

    Returns:
        Zenith angle of the points, degrees, (point,); model over TUV-x - 1, (point, rate).
    """
    with netCDF4.Dataset(path) as file:
        point = {name: np.asarray(file[f"point_{name}"][:]) for name in (*AXES, "rate")}
    n = padded_length(point["zenith"].size)
    places = np.minimum(np.arange(n), point["zenith"].size - 1)
    field = {name: point[name][places].astype(np.float32) for name in AXES}
    layers = np.ones((2, 1), np.float32)
    columns = Columns(
        cosine=np.cos(np.radians(field["zenith"])),
        ozone=field["ozone"],
        albedo=field["albedo"],
        height=layers * field["height"],
        # all air in the lower layer: the light is that of the table, whatever the height
        pressure=np.array([[101325.0], [50000.0], [10.0]], np.float32) * np.ones(n, np.float32),
        temperature=layers * np.interp(
            field["height"], table.height, table.temperature
        ).astype(np.float32),
    )  # fmt: skip
    model = Photolysis(table, table.names, PhotolysisConfig(night_zenith=96.0))
    rates = model.rates(columns, clear_air(2, n))[0].T
    return point["zenith"], rates[: point["zenith"].size] / point["rate"] - 1.0


AXES = ("zenith", "ozone", "albedo", "height")


def column_errors(table: PhotolysisTable, path: Path) -> tuple[Single, Single, Single, Single]:
    """Compare columns with haze, cloud, high ground and other temperatures.

    Returns:
        Optical depth of cloud and of particles, (case,) each; rates of the model and of TUV-x,
        s-1, (case, rate, nz) each.
    """
    with netCDF4.Dataset(path) as file:
        case = {
            name.removeprefix("case_"): np.asarray(variable[:], np.float32)
            for name, variable in file.variables.items()
            if name.startswith("case_")
        }
        bounds = np.asarray(file["layer_height"][:], np.float32)
    columns, turbidity = case_columns(case, bounds, table.wavelength)
    model = Photolysis(table, table.names, PhotolysisConfig())
    rates = model.rates(columns, turbidity)[:, :, : case["zenith"].size].transpose(2, 1, 0)
    return case["cloud"].sum(axis=1), case["particles"].sum(axis=1), rates, case["rate"]


def case_columns(
    case: Mapping[str, Reals], bounds: Reals, wavelength: Float
) -> tuple[Columns, Turbidity]:
    """Bring columns of check.nc into the shape of the model, filled up with repeats.

    Args:
        case: Arrays by field, (case, …).
        bounds: Interfaces of layers, m above ground, (nz + 1,).
        wavelength: Of the bands, nm.
    """
    n = case["zenith"].size
    places = np.minimum(np.arange(padded_length(n)), n - 1)
    across = {
        name: np.ascontiguousarray(values[places].T, dtype=np.float32)
        for name, values in case.items()
        if name != "rate"
    }
    middle = 0.5 * (bounds[1:] + bounds[:-1])
    stretch = (550.0 / wavelength[:, None, None]) ** MIE_EXPONENT
    columns = Columns(
        cosine=np.cos(np.radians(across["zenith"])).astype(np.float32),
        ozone=across["ozone"],
        albedo=across["albedo"],
        height=(middle[:, None] + 1000.0 * across["ground"]).astype(np.float32),
        pressure=across["pressure"],
        temperature=across["temperature"],
    )
    scattered, particles = across["scattered"], across["particles"]
    return columns, Turbidity(
        cloud=across["cloud"],
        scattering=(particles * scattered * stretch).astype(np.float32),
        absorption=(particles * (1.0 - scattered) * stretch).astype(np.float32),
    )


def _rows(names: tuple[str, ...], groups: list[tuple[str, Float]]) -> list[str]:
    """Markdown: mean and largest size of the error of selected rates in groups, %."""
    lines = ["| rate | " + " | ".join(title for title, _ in groups) + " |"]
    lines.append("|---" * (len(groups) + 1) + "|")
    for name in (*SELECTED, "all"):
        cells = []
        for _, errors in groups:
            part = errors if name == "all" else errors[:, names.index(name)]
            size = 100.0 * np.abs(part[np.isfinite(part)])
            cells.append(f"{np.sqrt((size**2).mean()):.1f} / {size.max():.1f}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def error_tables(folder: Path) -> str:
    """Write both tables as Markdown."""
    table = read_photolysis_table(folder / "tuvx.nc")
    zenith, clear = clear_errors(table, folder / "check.nc")
    groups = [
        ("sun above 10 degrees", clear[zenith < 80.0]),
        ("10 to 0 degrees", clear[(zenith >= 80.0) & (zenith < 90.0)]),
        ("0 to -4 degrees", clear[zenith >= 90.0]),
    ]
    lines = ["Clear air, root mean square / largest error, %", "", *_rows(table.names, groups), ""]
    cloud, particles, model, tuvx = column_errors(table, folder / "check.nc")
    errors = np.asarray(model / tuvx - 1.0, np.float64)
    groups = [
        ("clear", errors[(cloud == 0) & (particles == 0)]),
        ("haze", errors[(cloud == 0) & (particles > 0)]),
        ("cloud", errors[(cloud > 0) & (particles == 0)]),
        ("both", errors[(cloud > 0) & (particles > 0)]),
    ]
    title = "Columns, root mean square / largest error of layers, %"
    return "\n".join([*lines, title, "", *_rows(table.names, groups)])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    print(error_tables(parser.parse_args().folder))


if __name__ == "__main__":
    main()
