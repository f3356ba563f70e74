"""Which chemistry is computed, and with which files."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from forecast.config.base import Model
from forecast.config.haze import HazeConfig
from forecast.config.photolysis import PhotolysisConfig
from forecast.config.thermodynamics import ThermodynamicsConfig

LONGEST_STEP = 1200.0
"""Longest step of chemistry, s: errors of longer ones were not measured."""


class Scheme(StrEnum):
    """What reacts."""

    NONE = "none"
    """Nothing: pure transport of the species."""
    FULL = "full"
    """Gases, light, particles and clouds."""


class ChemistryConfig(Model):
    """Chemistry of the transport model; sources in docs/science/index.md."""

    scheme: Scheme = Scheme.FULL
    """What reacts."""
    mechanism: str = "configs/mechanisms/cb05.yaml"
    """Gas mechanism: cb05.yaml or cb6r3.yaml of that folder, or another file of the same form."""
    extension_files: tuple[str, ...] = ("configs/mechanisms/haze.yaml",)
    """Species and reactions that are added to the mechanism."""
    aerosol_file: str = "configs/aerosol.yaml"
    """Species of the aerosol, and what PM2.5, PM10 and all products are made of."""
    sub_steps: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """Sub-steps of the gas solver, s; their sum is the step of chemistry, twice
    transport.time_step. None: those of docs/science/solver.md for that step. Fewer are faster and
    less exact; the table there has the errors."""
    photolysis: PhotolysisConfig = PhotolysisConfig()
    """Light."""
    haze: HazeConfig = HazeConfig()
    """Wet particles, clouds, organic matter."""
    thermodynamics: ThermodynamicsConfig = ThermodynamicsConfig()
    """Inorganic particles and their gases."""
