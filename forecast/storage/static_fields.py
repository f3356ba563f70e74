"""Fields that do not change in time, with the axes and layers of the domain."""

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.common.errors import InputError
from forecast.fields.variables import REGISTRY
from forecast.grid.domain import Domain
from forecast.grid.static import StaticFields
from forecast.storage.datasets import read_dataset, write_dataset

_FIELDS = (
    "terrain_height", "land_fraction", "urban_fraction", "roughness_length", "land_use",
    "population",
)  # fmt: skip


def write_static(path: Path, static: StaticFields, domain: Domain) -> None:
    """Write the fields of a domain.

    Raises:
        OutputError: A field is not as the registry says, or the disk refuses the file.
    """
    grid, levels = domain.horizontal, domain.levels
    values = {name: getattr(static, name) for name in _FIELDS} | {
        "cell_area": grid.cell_area,
        "a_half": levels.a_half,
        "b_half": levels.b_half,
    }
    dataset = xr.Dataset(
        {name: (REGISTRY[name].dims, value) for name, value in values.items()},
        coords={
            "x": grid.x_centre,
            "y": grid.y_centre,
            "longitude": (("y", "x"), grid.longitude),
            "latitude": (("y", "x"), grid.latitude),
        },
        attrs={
            "title": f"ground, land and people of the domain {domain.name}",
            "domain_fingerprint": domain.fingerprint,
            "attribution": static.attribution,
        },
    )
    write_dataset(path, dataset, compression=1)


def read_static(path: Path, domain: Domain) -> xr.Dataset:
    """Read the fields of a domain.

    Raises:
        InputError: The file is missing, cut off, not as the registry says, or of another domain.
    """
    data = read_dataset(path, (*_FIELDS, "a_half", "b_half", "x", "y"))
    found = data.attrs.get("domain_fingerprint")
    if found != domain.fingerprint or not np.array_equal(data["a_half"], domain.levels.a_half):
        msg = (
            f"'{path}' was made for another domain ('{found}', this one is '{domain.name}', "
            f"'{domain.fingerprint}'); run the stage 'prepare' again."
        )
        raise InputError(msg)
    return data
