"""An inventory folder as a whole."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model
from forecast.config.yaml_file import read_model
from forecast.fields.inventory import Inventory, LonLatBox
from forecast.sources.emissions.organics import read_organics
from forecast.sources.emissions.plants import read_stacks, read_units
from forecast.sources.emissions.profiles import (
    read_layers,
    read_spatial_mix,
    read_speciation,
    read_surrogate_cells,
    read_time_profiles,
)
from forecast.sources.emissions.provincial import (
    read_provinces,
    read_sector_map,
    read_totals,
    read_trend,
)


class _Area(Model):
    west: Annotated[float, Field(ge=-180.0, le=180.0)]
    east: Annotated[float, Field(ge=-180.0, le=180.0)]
    south: Annotated[float, Field(ge=-90.0, le=90.0)]
    north: Annotated[float, Field(ge=-90.0, le=90.0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.west >= self.east or self.south >= self.north:
            msg = "west must lie west of east, and south south of north"
            raise ValueError(msg)
        return self


class _Description(Model):
    base_year: Annotated[int, Field(ge=1950, le=2100)]
    units_area: _Area
    attribution: Annotated[tuple[str, ...], Field(min_length=1)]


def read_inventory(folder: Path) -> Inventory:
    """Read every table of an inventory folder such as `data/emissions`.

    Raises:
        InputError: A table is missing or wrong; the text names the file, the lines, what was
            expected, and all errors of that file.
        ConfigurationError: `inventory.yaml` is; the text names all its errors.
    """
    description = read_model(folder / "inventory.yaml", _Description, "inventory description")
    provinces = read_provinces(folder / "provinces.csv")
    sector_map = read_sector_map(folder / "sector_map.csv")
    area = LonLatBox(**description.units_area.model_dump())
    return Inventory(
        totals=read_totals(
            folder / "provincial_totals.csv", provinces, sector_map, description.base_year
        ),
        trend=read_trend(folder / "trend_factors.csv", tuple(provinces)),
        units=read_units(folder / "coal_units.csv", provinces, area),
        stacks=read_stacks(folder / "stacks.csv"),
        spatial_mix=read_spatial_mix(folder / "spatial_weights.csv"),
        cells=read_surrogate_cells(folder / "surrogate_cells.csv"),
        profiles=read_time_profiles(folder / "profiles"),
        layers=read_layers(folder / "profiles" / "layer.csv"),
        speciation=read_speciation(folder / "speciation.csv"),
        organics=read_organics(folder / "nmvoc"),
        attribution="; ".join(description.attribution),
    )
