"""Forms of rate constants, as a mechanism file writes them, and their values in float64.

Units: molecules cm-3, s, K. A form that holds its own third body (`troe`, `linear_pressure`,
`complex_forming`) takes the number density of air; the equation then names no M.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.fields.arrays import Float

if TYPE_CHECKING:
    from forecast.chemistry.gas.mechanism import GasMechanism


class Arrhenius(Model):
    """A (T / 300 K)^B exp(C / T)."""

    A: float = Field(allow_inf_nan=False, gt=0.0)
    """Factor; cm3 molecule-1 s-1 for two reactants."""
    B: float = Field(default=0.0, allow_inf_nan=False)
    """Exponent of temperature over 300 K."""
    C: float = Field(default=0.0, allow_inf_nan=False)
    """Minus activation energy over the gas constant, K: negative for a barrier."""


class Troe(Model):
    """Fall-off between k0 [M] and kinf with broadening Fc (Troe 1983).

    k = k0 [M] / (1 + r) Fc^(1 / (1 + (log10(r) / N)^2)) with r = k0 [M] / kinf.
    """

    k0: Arrhenius
    """Low-pressure limit, over [M]."""
    kinf: Arrhenius
    """High-pressure limit."""
    Fc: float = Field(default=0.6, gt=0.0, le=1.0)
    """Broadening factor at the centre of the fall-off."""
    N: float = Field(default=1.0, gt=0.0)
    """Width; 1 in the NASA form, 0.75 - 1.27 log10(Fc) in the IUPAC form."""


class Equilibrium(Model):
    """Reverse of a reaction: its forward constant over A (T / 300 K)^B exp(C / T)."""

    forward: str
    """Label of the forward reaction."""
    A: float = Field(allow_inf_nan=False, gt=0.0)
    """Factor of the equilibrium constant, cm3 molecule-1 for two partners that join."""
    B: float = Field(default=0.0, allow_inf_nan=False)
    """Exponent of temperature over 300 K."""
    C: float = Field(default=0.0, allow_inf_nan=False)
    """Minus reaction enthalpy over the gas constant, K."""


class LinearPressure(Model):
    """k1 + k2 [M], as for HO2 + HO2 and CO + OH."""

    k1: Arrhenius
    """At zero pressure."""
    k2: Arrhenius
    """Slope with [M]."""


class ComplexForming(Model):
    """k0 + k3 [M] / (1 + k3 [M] / k2), as for OH + HNO3."""

    k0: Arrhenius
    """Direct channel."""
    k2: Arrhenius
    """High-pressure limit of the channel through a complex."""
    k3: Arrhenius
    """Its low-pressure limit, over [M]."""


class Photolysis(Model):
    """A photolysis rate that is given at run time, times a factor."""

    name: str
    """Name of the rate, such as jNO2."""
    factor: float = Field(default=1.0, gt=0.0, allow_inf_nan=False)
    """Factor on it."""


class Uptake(Model):
    """A first-order rate that is given at run time, such as uptake on particles."""

    name: str
    """Name of the rate."""
    factor: float = Field(default=1.0, gt=0.0, allow_inf_nan=False)
    """Factor on it."""


Term = Arrhenius | Troe | LinearPressure | ComplexForming


class Sum(Model):
    """Sum of several terms for one equation."""

    terms: tuple[Term, ...] = Field(min_length=2)
    """The terms."""


Rate = Term | Equilibrium | Photolysis | Uptake | Sum


@dataclass(frozen=True)
class Air:
    """Conditions in which thermal rate constants are evaluated.

    Attributes:
        temperature: K, (n,).
        density: Number density of air, molecules cm-3, (n,).
    """

    temperature: Float
    density: Float


def _arrhenius(form: Arrhenius | Equilibrium, air: Air) -> Float:
    value: Float = form.A * (air.temperature / 300.0) ** form.B * np.exp(form.C / air.temperature)
    return value


def _troe(form: Troe, air: Air) -> Float:
    low = _arrhenius(form.k0, air) * air.density
    ratio = low / _arrhenius(form.kinf, air)
    width = 1.0 / (1.0 + (np.log10(ratio) / form.N) ** 2)
    value: Float = low / (1.0 + ratio) * form.Fc**width
    return value


def _complex_forming(form: ComplexForming, air: Air) -> Float:
    low = _arrhenius(form.k3, air) * air.density
    return _arrhenius(form.k0, air) + low / (1.0 + low / _arrhenius(form.k2, air))


def thermal_constant(form: Rate, air: Air) -> Float:
    """Evaluate a form that depends on temperature and air density only.

    Args:
        form: The form.
        air: The conditions.

    Returns:
        The constant without the densities of fixed reactants, cm3 molecule-1 s-1 for two reactants
        (s-1 for one), (n,).

    Raises:
        ConfigurationError: The form needs a rate of run time or of another reaction.
    """
    match form:
        case Arrhenius():
            return _arrhenius(form, air)
        case Troe():
            return _troe(form, air)
        case LinearPressure():
            return _arrhenius(form.k1, air) + _arrhenius(form.k2, air) * air.density
        case ComplexForming():
            return _complex_forming(form, air)
        case Sum():
            total: Float = np.sum([thermal_constant(term, air) for term in form.terms], axis=0)
            return total
        case _:
            msg = f"{form!r} depends on more than temperature and air; use `bare_constants`."
            raise ConfigurationError(msg)


def bare_constants(
    mechanism: "GasMechanism", temperature: Float, air: Float, photolysis: Float, uptake: Float
) -> Float:
    """Evaluate the rate form of every reaction, without the densities of fixed reactants.

    Args:
        mechanism: The mechanism.
        temperature: K, (n,).
        air: Number density of air, molecules cm-3, (n,).
        photolysis: Photolysis rates in the order of `mechanism.photolysis`, s-1, (nphotolysis, n).
        uptake: First-order rates in the order of `mechanism.uptake`, s-1, (nuptake, n).

    Returns:
        (nreaction, n), float64.
    """
    conditions = Air(np.asarray(temperature, np.float64), np.asarray(air, np.float64))
    by_label = {reaction.label: reaction.rate for reaction in mechanism.reactions}
    rows = []
    for reaction in mechanism.reactions:
        rate = reaction.rate
        if isinstance(rate, Photolysis):
            row = rate.factor * photolysis[mechanism.photolysis.index(rate.name)]
        elif isinstance(rate, Uptake):
            row = rate.factor * uptake[mechanism.uptake.index(rate.name)]
        elif isinstance(rate, Equilibrium):
            forward = thermal_constant(by_label[rate.forward], conditions)
            row = forward / _arrhenius(rate, conditions)
        else:
            row = thermal_constant(rate, conditions)
        rows.append(np.broadcast_to(np.asarray(row, np.float64), conditions.temperature.shape))
    return np.array(rows)


def fixed_densities(fractions: Mapping[str, float], air: Float, water: Float) -> dict[str, Float]:
    """Number densities of the species that chemistry does not change, molecules cm-3.

    Args:
        fractions: Mole fractions of the fixed species other than water vapour.
        air: Number density of air, molecules cm-3, (n,).
        water: Water vapour, molecules cm-3, (n,).
    """
    return {name: fraction * air for name, fraction in fractions.items()} | {"H2O": water}


def rate_constants(
    mechanism: "GasMechanism",
    temperature: Float,
    air: Float,
    water: Float,
    photolysis: Float,
    uptake: Float,
) -> Float:
    """Evaluate what multiplies the product of the variable reactants of every reaction.

    Args:
        mechanism: The mechanism.
        temperature: K, (n,).
        air: Number density of air, molecules cm-3, (n,).
        water: Water vapour, molecules cm-3, (n,).
        photolysis: Photolysis rates in the order of `mechanism.photolysis`, s-1, (nphotolysis, n).
        uptake: First-order rates in the order of `mechanism.uptake`, s-1, (nuptake, n).

    Returns:
        Rate constants times the densities of their fixed reactants, (nreaction, n), float64.
    """
    constants = bare_constants(mechanism, temperature, air, photolysis, uptake)
    fixed = fixed_densities(mechanism.mole_fractions, np.asarray(air, np.float64), water)
    for row, reaction in zip(constants, mechanism.reactions, strict=True):
        for name in reaction.fixed:
            row *= fixed[name]
    return constants
