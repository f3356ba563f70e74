"""The table of surfaces: what each class of land use takes of gases and particles, by season."""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Booleans, Float
from forecast.grid.land import CLASSES
from forecast.grid.season import VegetationSeason

NEVER = 1.0e20
"""A resistance that nothing passes, s m-1."""

Resistance = Annotated[float, Field(ge=0.0, le=1.0e5)] | None
BySeason = tuple[Resistance, Resistance, Resistance, Resistance, Resistance]
Radius = Annotated[float, Field(gt=0.0, le=100.0)]


class ResistanceRow(Model):
    """Resistances of one kind of land in Wesely's table, s m-1; None lets nothing pass."""

    stomata: BySeason
    """Least bulk resistance of stomata to water vapour."""
    cuticle: BySeason
    """Upper canopy."""
    canopy: BySeason
    """Transfer in the canopy."""
    ground_s: BySeason
    """Ground to SO2."""
    ground_o: BySeason
    """Ground to O3."""
    lower_s: BySeason
    """Lower canopy to SO2."""
    lower_o: BySeason
    """Lower canopy to O3."""


ROWS = tuple(ResistanceRow.model_fields)
"""Names of the resistances, in the order of `Surfaces.resistance`."""


class CollectorRow(Model):
    """What collects particles on one kind of land."""

    alpha: Annotated[float, Field(gt=0.0)]
    """Constant of impaction."""
    gamma: Annotated[float, Field(gt=0.3, lt=0.8)]
    """Exponent of the Schmidt number."""
    radius: tuple[Radius, Radius, Radius, Radius, Radius] | None
    """Of collectors by season, mm; None where the surface is smooth."""
    wet: bool = False
    """Whether it is always wet, so that nothing bounces off."""


class LandRow(Model):
    """Rows of the two tables that a class of land use takes."""

    gases: str
    """Row of the resistances."""
    particles: str
    """Row of the collectors."""
    season: str | None = None
    """Season that it has all the year."""


class _SurfaceFile(Model):
    name: str
    date: datetime.date
    description: str
    sources: tuple[str, ...]
    resistances: dict[str, ResistanceRow]
    collectors: dict[str, CollectorRow]
    land: dict[str, LandRow]


@dataclass(frozen=True)
class Surfaces:
    """Arrays over the classes of `forecast.grid.land.CLASSES`.

    Attributes:
        resistance: s m-1, (nclass, 5 seasons, 7); `ROWS` names the last axis.
        urban: Built-up land, (nclass,).
        water: Open water, which rain and dew do not change, (nclass,).
        alpha: Impaction, (nclass,).
        gamma: Brownian diffusion, (nclass,).
        radius: Of collectors, m, 0 where smooth, (nclass, 5).
        wet: Nothing bounces off, (nclass,).
    """

    resistance: Float
    urban: Booleans
    water: Booleans
    alpha: Float
    gamma: Float
    radius: Float
    wet: Booleans


def read_surfaces(path: Path) -> Surfaces:
    """Read the table.

    Raises:
        ConfigurationError: The file is missing, has unknown keys, or names rows or classes that
            do not exist; the text lists all that is wrong.
    """
    file = read_model(path, _SurfaceFile, "table of surfaces")
    problems = _problems(file)
    if problems:
        msg = f"The table of surfaces '{path}' contradicts itself: {'; '.join(problems)}."
        raise ConfigurationError(msg)
    land = [file.land[name] for name in CLASSES]
    collectors = [file.collectors[row.particles] for row in land]
    return Surfaces(
        resistance=np.stack([_resistances(file.resistances[row.gases], row) for row in land]),
        urban=np.array([row.gases == "urban" for row in land]),
        water=np.array([row.gases == "water" for row in land]),
        alpha=np.array([row.alpha for row in collectors]),
        gamma=np.array([row.gamma for row in collectors]),
        radius=np.array([_radii(file, row) for row in land]),
        wet=np.array([row.wet for row in collectors]),
    )


def _seasons(row: LandRow) -> list[int]:
    """Which column of the tables stands for each season."""
    if row.season is None:
        return [season.value for season in VegetationSeason]
    return [VegetationSeason[row.season.upper()].value] * len(VegetationSeason)


def _resistances(values: ResistanceRow, row: LandRow) -> Float:
    columns = [
        [NEVER if value is None else value for value in getattr(values, name)] for name in ROWS
    ]
    return np.array(columns, dtype=np.float64).T[_seasons(row)]


def _radii(file: _SurfaceFile, row: LandRow) -> list[float]:
    radius = file.collectors[row.particles].radius
    return [0.0 if radius is None else 1.0e-3 * radius[season] for season in _seasons(row)]


def _problems(file: _SurfaceFile) -> list[str]:
    problems = []
    missing = [name for name in CLASSES if name not in file.land]
    unknown = [name for name in file.land if name not in CLASSES]
    if missing or unknown:
        problems.append(
            f"'land' must have the classes of land use: missing {missing}, unknown {unknown}"
        )
    seasons = [season.name.lower() for season in VegetationSeason]
    for name, row in file.land.items():
        if row.gases not in file.resistances:
            problems.append(f"'{name}' takes the resistances of '{row.gases}', which are not there")
        if row.particles not in file.collectors:
            problems.append(
                f"'{name}' takes the collectors of '{row.particles}', which are not there"
            )
        if row.season is not None and row.season not in seasons:
            problems.append(f"'{name}' has the season '{row.season}'; known are {seasons}")
    return problems
