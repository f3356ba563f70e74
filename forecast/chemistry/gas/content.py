"""What a mechanism file and an extension file may hold."""

import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from forecast.chemistry.gas.rates import (
    Arrhenius,
    ComplexForming,
    Equilibrium,
    LinearPressure,
    Photolysis,
    Rate,
    Sum,
    Term,
    Troe,
    Uptake,
)
from forecast.config.base import Model

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class Fraction(Model):
    """Mole fraction of a fixed species."""

    value: float = Field(ge=0.0, le=1.0)
    """Mole fraction."""
    source: str
    """Key of `sources`."""


class SpeciesEntry(Model):
    """One species of the file."""

    name: Name
    """Name in the mechanism."""
    long_name: str
    """What it is, in words."""
    formula: str = ""
    """Chemical formula; empty for lumps and operators. Atoms are counted from it."""
    molar_mass: float = Field(gt=0.0, allow_inf_nan=False)
    """kg mol-1."""
    nitrogen: int | None = Field(default=None, ge=0)
    """Atoms of nitrogen, for what has no formula."""
    sulfur: int | None = Field(default=None, ge=0)
    """Atoms of sulfur, for what has no formula."""
    carbon: float | None = Field(default=None, ge=0.0)
    """Atoms of carbon, for what has no formula."""
    short_lived: bool = False
    """In balance with its sources within minutes; the wind need not carry it."""
    optional: bool = False
    """In an extension: only added where the mechanism does not have it."""
    source: str
    """Key of `sources`."""


class TermEntry(Model):
    """One term of a sum: exactly one form."""

    arrhenius: Arrhenius | None = None
    troe: Troe | None = None
    linear_pressure: LinearPressure | None = None
    complex_forming: ComplexForming | None = None

    @model_validator(mode="after")
    def _one(self) -> "TermEntry":
        _exactly_one(self, tuple(TermEntry.model_fields))
        return self

    @property
    def term(self) -> Term:
        """The form given."""
        form: Term = _given(self, tuple(TermEntry.model_fields))
        return form


FORMS = (
    "arrhenius",
    "troe",
    "equilibrium",
    "linear_pressure",
    "complex_forming",
    "photolysis",
    "uptake",
    "same_as",
    "sum",
)


class ReactionEntry(Model):
    """One reaction of the file: an equation, one form of rate, a source."""

    label: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    """Name of the reaction in the publication."""
    equation: str
    """Such as `NO2 + hv -> NO + O`."""
    source: str
    """Key of `sources`."""
    note: str = ""
    """What a reader should know."""
    unbalanced: dict[str, str] = {}
    """Element (nitrogen, sulfur) that the equation does not keep, with the reason."""
    optional: bool = False
    """In an extension: left out where the mechanism lacks one of its species."""
    if_absent: bool = False
    """In an extension: left out where the mechanism has a reaction of these reactants."""
    arrhenius: Arrhenius | None = None
    troe: Troe | None = None
    equilibrium: Equilibrium | None = None
    linear_pressure: LinearPressure | None = None
    complex_forming: ComplexForming | None = None
    photolysis: Photolysis | None = None
    uptake: Uptake | None = None
    same_as: str | None = None
    """Label of a reaction that has the same rate constant."""
    sum: tuple[TermEntry, ...] | None = Field(default=None, min_length=2)
    """Terms to add."""

    @model_validator(mode="after")
    def _one(self) -> "ReactionEntry":
        _exactly_one(self, FORMS)
        return self

    @property
    def rate(self) -> Rate | None:
        """The form given, None where another reaction has it (`same_as`)."""
        if self.sum is not None:
            return Sum(terms=tuple(entry.term for entry in self.sum))
        if self.same_as is not None:
            return None
        form: Rate = _given(self, FORMS)
        return form


class AdditionalProducts(Model):
    """Products that an extension adds to every reaction of the given reactants."""

    reactants: tuple[Name, ...] = Field(min_length=1, max_length=3)
    """Variable reactants in any order."""
    products: dict[Name, float] = Field(min_length=1)
    """Species and yields."""
    optional: bool = False
    """Left out where the mechanism has no such reaction."""
    source: str
    """Key of `sources`."""


class Header(Model):
    """The file around its lists, whose entries are checked one by one."""

    name: str
    """Name of the mechanism or extension."""
    date: datetime.date
    """Date of this version."""
    description: str
    """What it is."""
    sources: dict[str, str]
    """Publications by short key."""
    mole_fractions: dict[str, Fraction] = {}
    """Fixed gases with a constant share of air: CH4 and H2."""
    species: list[Any] = []
    """Species that chemistry changes: `SpeciesEntry`."""
    reactions: list[Any] = []
    """Reactions: `ReactionEntry`."""
    additional_products: list[Any] = []
    """Products added to reactions of the mechanism, in extensions only: `AdditionalProducts`."""


def _exactly_one(entry: Model, names: tuple[str, ...]) -> None:
    """Refuse an entry without a form or with several."""
    given = [name for name in names if getattr(entry, name) is not None]
    if len(given) != 1:
        raise ValueError(
            f"a rate needs exactly one of {', '.join(names)}; given: {', '.join(given) or 'none'}"
        )


def _given(entry: Model, names: tuple[str, ...]) -> Any:
    """The one form of an entry."""
    forms = (getattr(entry, name) for name in names)
    return next(form for form in forms if form is not None)
