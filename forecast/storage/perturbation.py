"""What a member changes in its inputs, on disk."""

from pathlib import Path

import xarray as xr

from forecast.fields.perturbation import Perturbation
from forecast.fields.variables import REGISTRY
from forecast.storage.datasets import read_dataset, strings, write_dataset

_NAMES = ("emission_factor", "boundary_layer_factor", "diffusivity_factor", "stream_function")


def write_perturbation(path: Path, perturbation: Perturbation) -> None:
    """Write the perturbation of one member.

    Raises:
        OutputError: A field is not as the registry says, or the disk refuses the file.
    """
    dataset = xr.Dataset(
        {name: (REGISTRY[name].dims, getattr(perturbation, name)) for name in _NAMES},
        coords={"sector": list(perturbation.sectors)},
        attrs={"title": "perturbation of one member", "member": perturbation.member},
    )
    write_dataset(path, dataset, compression=1)


def read_perturbation(path: Path) -> Perturbation:
    """Read the perturbation of one member.

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    data = read_dataset(path, ("sector", *_NAMES))
    return Perturbation(
        member=str(data.attrs["member"]),
        sectors=strings(data["sector"]),
        emission_factor=data["emission_factor"].values,
        boundary_layer_factor=data["boundary_layer_factor"].values,
        diffusivity_factor=data["diffusivity_factor"].values,
        stream_function=data["stream_function"].values,
    )
