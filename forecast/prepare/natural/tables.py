"""The coefficients of all natural sources, read and checked against each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.common.errors import ConfigurationError
from forecast.config.natural import GroundTable, VegetationTable
from forecast.config.natural_gases import BiogenicTable, SoilTable
from forecast.config.natural_particles import DustTable, SeaSaltTable
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float
from forecast.grid.land import CLASSES


@dataclass(frozen=True)
class NaturalTables:
    """All coefficients.

    Attributes:
        vegetation: Plants of the land-use classes.
        ground: Soil temperature, moisture and snow.
        biogenic: Plants' emissions.
        soil: Nitric oxide.
        dust: Dust.
        sea_salt: Sea salt.
    """

    vegetation: VegetationTable
    ground: GroundTable
    biogenic: BiogenicTable
    soil: SoilTable
    dust: DustTable
    sea_salt: SeaSaltTable

    def __post_init__(self) -> None:
        problems = [
            *_strange("vegetation.yaml, classes", self.vegetation.classes, CLASSES),
            *_strange("soil.yaml, biome", self.soil.biome, CLASSES),
            *_strange("soil.yaml, fertilised", self.soil.fertilised, CLASSES),
            *_strange("dust.yaml, classes", self.dust.classes, CLASSES),
        ]
        for name, compound in self.biogenic.compounds.items():
            place = f"biogenic.yaml, compounds.{name}.emission_factor"
            known = tuple(self.vegetation.types)
            problems += _strange(place, compound.emission_factor, known)
            missing = sorted(set(known) - set(compound.emission_factor))
            if missing:
                problems.append(f"{place} lacks the plants {missing}")
            if compound.species not in ("ISOP", "TERP"):
                problems.append(
                    f"biogenic.yaml, compounds.{name}.species is '{compound.species}', neither "
                    "ISOP nor TERP"
                )
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            msg = (
                f"The tables of natural emissions do not fit together in {len(problems)} "
                f"point(s):\n{listed}\nCorrect the files."
            )
            raise ConfigurationError(msg)

    def leaf_area(self, month: int) -> Float:
        """Leaf area index of each land-use class over its whole ground, (20,).

        Args:
            month: 1 to 12.
        """
        area = np.zeros(len(CLASSES))
        for name, entry in self.vegetation.classes.items():
            area[CLASSES.index(name)] = sum(
                share * self.vegetation.types[plant].leaf_area[month - 1]
                for plant, share in entry.cover.items()
            )
        return area


def read_tables(folder: Path) -> NaturalTables:
    """Read the files of a folder such as configs/natural.

    Raises:
        ConfigurationError: A file is missing or wrong, or they do not fit together.
    """
    title = "table of natural emissions"
    return NaturalTables(
        vegetation=read_model(folder / "vegetation.yaml", VegetationTable, title),
        ground=read_model(folder / "ground.yaml", GroundTable, title),
        biogenic=read_model(folder / "biogenic.yaml", BiogenicTable, title),
        soil=read_model(folder / "soil.yaml", SoilTable, title),
        dust=read_model(folder / "dust.yaml", DustTable, title),
        sea_salt=read_model(folder / "sea_salt.yaml", SeaSaltTable, title),
    )


def _strange(place: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Name what is not known."""
    allowed = tuple(known)
    return [f"{place} has '{name}', which is none of {allowed}" for name in names
            if name not in allowed]  # fmt: skip
