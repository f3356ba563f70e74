"""Natural emissions: which sources are on, and the checked tables of the ground they rise from."""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Monthly = Annotated[tuple[Amount, ...], Field(min_length=12, max_length=12)]
MonthlyShare = Annotated[tuple[Share, ...], Field(min_length=12, max_length=12)]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$")]


class NaturalConfig(Model):
    """What soils, plants and the sea emit by themselves, each with its switch."""

    isoprene: bool = True
    """Isoprene of plants (species ISOP)."""
    terpenes: bool = True
    """Monoterpenes of plants (species TERP)."""
    soil_nitric_oxide: bool = True
    """Nitric oxide of soils (species NO)."""
    dust: bool = True
    """Wind-blown dust (species ADUST and ADUSC)."""
    sea_salt: bool = True
    """Sea salt (species ASEAS and ASEAC)."""
    tables_folder: str = "configs/natural"
    """Folder of the coefficients: vegetation.yaml, ground.yaml, biogenic.yaml, soil.yaml, dust.yaml
    and sea_salt.yaml; a relative path starts at the checkout."""


class Quantity(Model):
    """One number and where it comes from."""

    value: float
    """The number; its unit stands in the name or the description of the field."""
    source: str
    """Key of the source in the file's list."""


class SourcedFile(Model):
    """A file of coefficients in which every number cites a source."""

    title: str
    """What the file holds."""
    sources: dict[str, str]
    """Sources by key."""

    @model_validator(mode="after")
    def _cited(self) -> Self:
        unknown = sorted(
            f"{place} cites '{key}', which is no source of the file"
            for place, key in _citations(self.model_dump(exclude={"sources"}), "")
            if key not in self.sources
        )
        if unknown:
            raise ValueError("; ".join(unknown))
        return self


def _citations(content: Any, place: str) -> Iterator[tuple[str, str]]:
    """Find every `source` in plain data, with its place."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "source":
                yield place or "(file)", value
            else:
                yield from _citations(value, f"{place}.{key}" if place else str(key))
    elif isinstance(content, list | tuple):
        for index, value in enumerate(content):
            yield from _citations(value, f"{place}[{index}]")


class MonthlyShares(Model):
    """One share a month and where they come from."""

    values: MonthlyShare
    """January to December."""
    source: str
    """Key of the source."""


class GroundTable(SourcedFile):
    """How warm and wet the upper soil is, from the air above it."""

    pore_filling: MonthlyShares
    """Water-filled share of the pores without the rain of the run."""
    depth: Quantity
    """Depth of the soil layer that emits, m."""
    damping_depth: Quantity
    """Damping depth of the daily wave of temperature, m."""
    porosity: Quantity
    """Pore share of the volume."""
    wetted_depth: Quantity
    """Depth that rain wets, m."""
    drying_days: Quantity
    """Time in which the soil loses what rain added, days."""
    solid_density: Quantity
    """kg m-3."""
    melt_rate: Quantity
    """Snow melt, kg m-2 K-1 a day."""
    snow_covers: Quantity
    """Snow that covers the ground, kg m-2."""
    snowfall_below: Quantity
    """Air temperature below which it snows, K."""


class VegetationType(Model):
    """Leaves of one type of plants."""

    leaf_area: Monthly
    """Leaf area index by month, m2 m-2 of ground under these plants."""
    source: str
    """Key of the source."""


class ClassCover(Model):
    """Which plants stand on one land-use class."""

    cover: dict[str, Share]
    """Share of the ground by type of plants; the rest is bare, water or sealed."""
    source: str
    """Key of the source."""


class VegetationTable(SourcedFile):
    """What grows on the land-use classes, month by month."""

    types: Annotated[dict[str, VegetationType], Field(min_length=1)]
    """Types of plants by name."""
    classes: dict[str, ClassCover]
    """Plants by land-use class; a class that is not listed bears none."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = []
        for name, entry in self.classes.items():
            strange = sorted(set(entry.cover) - set(self.types))
            if strange:
                problems.append(f"classes.{name} has the types {strange}, which are not listed")
            if sum(entry.cover.values()) > 1.0 + 1e-9:
                problems.append(f"classes.{name} is covered {sum(entry.cover.values()):.3f} times")
        if problems:
            raise ValueError("; ".join(problems))
        return self
