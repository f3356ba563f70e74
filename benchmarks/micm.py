"""A mechanism of ours in the solver MICM of NCAR's MUSICA, an independent implementation.

MICM reads mechanisms as data as well (its configuration format 1). `to_micm` writes one of ours in
that format, so both solve the same equations; `MicmBoxes` runs it. The package `musica` (about
230 MB) is no dependency of the model: `pip install musica==0.17.*` where comparisons are made.

What differs in form and how it is carried over, without approximation:

* MICM counts in mol m-3. A rate constant of order n is multiplied by (6.022e17)^(n-1).
* Its Troe form has 1 / (1 + log10(r)^2 / N) in the exponent, ours 1 / (1 + (log10(r) / N)^2):
  its N is the square of ours.
* k1 + k2 [M] is two reactions, the second with the third body; k0 + k3 [M] / (1 + k3 [M] / k2) is
  an Arrhenius and a Troe reaction with Fc = 1; a sum is one reaction a term; an equilibrium has the
  parameters of the forward reaction divided by those of the constant.
* O2, N2, H2O, CH4 and H2 stand on both sides of their reactions and so keep their values.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from forecast.chemistry.gas.definition import GasMechanism, Reaction
from forecast.chemistry.gas.rates import (
    Arrhenius,
    ComplexForming,
    Equilibrium,
    LinearPressure,
    Photolysis,
    Rate,
    Sum,
    Troe,
    Uptake,
    fixed_densities,
)
from forecast.common.constants import GAS_CONSTANT
from forecast.common.errors import ConfigurationError
from forecast.fields.arrays import Float

MOLECULES = 6.02214076e17
"""Molecules cm-3 in one mol m-3."""
INSTALL = "MICM is not installed; it is in the package musica: pip install musica==0.17.*"
ARRHENIUS_TEMPERATURE = 300.0


def to_micm(mechanism: GasMechanism, emitted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Write a mechanism in MICM's configuration format 1.

    Photolysis, uptake and source rates become parameters `PHOTO.<label>`, `USER.<label>` and
    `EMIS.<species>`.

    Args:
        mechanism: The mechanism.
        emitted: Species that have sources.
    """
    fixed = sorted({name for reaction in mechanism.reactions for name in reaction.fixed} - {"M"})
    names = [*mechanism.names, *fixed, "M"]
    species: list[dict[str, Any]] = [{"name": name} for name in names[:-1]]
    species.append({"name": "M", "is third body": True})
    forward = {reaction.label: reaction.rate for reaction in mechanism.reactions}
    reactions = [entry for reaction in mechanism.reactions for entry in _entries(reaction, forward)]
    reactions += [
        {
            "type": "EMISSION",
            "name": name,
            "gas phase": "gas",
            "scaling factor": 1.0,
            "products": [{"species name": name, "coefficient": 1.0}],
        }
        for name in emitted
    ]
    return {
        "version": "1.0.0",
        "name": mechanism.name,
        "species": species,
        "phases": [{"name": "gas", "species": [{"name": name} for name in names]}],
        "reactions": reactions,
    }


def _entries(reaction: Reaction, forward: Mapping[str, Rate]) -> Iterator[dict[str, Any]]:
    """The entries of one reaction: one for each term of its rate."""
    order = len(reaction.reactants) + len(reaction.fixed)
    for number, (kind, parameters, third_body) in enumerate(_terms(reaction.rate, order, forward)):
        kept = [name for name in reaction.fixed if name != "M"]
        reactants = [*reaction.reactants, *reaction.fixed, *(["M"] if third_body else [])]
        products = dict(reaction.products)
        for name in kept:
            products[name] = products.get(name, 0.0) + 1.0
        label = f"{reaction.label}_{number}" if number else reaction.label
        yield {
            "type": kind,
            "name": label,
            "gas phase": "gas",
            "reactants": [
                {"species name": name, "coefficient": float(reactants.count(name))}
                for name in dict.fromkeys(reactants)
            ],
            "products": [
                {"species name": name, "coefficient": amount} for name, amount in products.items()
            ],
            **parameters,
        }


def _terms(
    rate: Rate, order: int, forward: Mapping[str, Rate]
) -> Iterator[tuple[str, dict[str, float], bool]]:
    """(type of MICM, parameters, whether the third body joins the reactants) of each term."""
    match rate:
        case Photolysis():
            yield "PHOTOLYSIS", {"scaling factor": rate.factor}, False
        case Uptake():
            yield "USER_DEFINED", {"scaling factor": rate.factor}, False
        case Arrhenius():
            yield "ARRHENIUS", _arrhenius(rate, order), False
        case Troe():
            yield "TROE", _troe(rate.k0, rate.kinf, order, rate.Fc, rate.N), False
        case LinearPressure():
            yield "ARRHENIUS", _arrhenius(rate.k1, order), False
            yield "ARRHENIUS", _arrhenius(rate.k2, order + 1), True
        case ComplexForming():
            yield "ARRHENIUS", _arrhenius(rate.k0, order), False
            yield "TROE", _troe(rate.k3, rate.k2, order, 1.0, 1.0), False
        case Sum():
            for term in rate.terms:
                yield from _terms(term, order, forward)
        case Equilibrium():
            yield from _terms(_reverse(forward[rate.forward], rate), order, forward)


def _reverse(forward: Rate, constant: Equilibrium) -> Rate:
    """The forward rate over the equilibrium constant; the ratio of limits stays what it was."""
    if isinstance(forward, Arrhenius):
        return _quotient(forward, constant)
    if isinstance(forward, Troe):
        return Troe(
            k0=_quotient(forward.k0, constant),
            kinf=_quotient(forward.kinf, constant),
            Fc=forward.Fc,
            N=forward.N,
        )
    msg = f"An equilibrium of the form '{type(forward).__name__}' has no counterpart in MICM."
    raise ConfigurationError(msg)


def _quotient(form: Arrhenius, constant: Equilibrium) -> Arrhenius:
    return Arrhenius(A=form.A / constant.A, B=form.B - constant.B, C=form.C - constant.C)


def _arrhenius(form: Arrhenius, order: int) -> dict[str, float]:
    factor = form.A * MOLECULES ** (order - 1)
    return {"A": factor, "B": form.B, "C": form.C, "D": ARRHENIUS_TEMPERATURE, "E": 0.0}


def _troe(
    low: Arrhenius, high: Arrhenius, order: int, broadening: float, width: float
) -> dict[str, float]:
    return {
        "k0_A": low.A * MOLECULES**order,
        "k0_B": low.B,
        "k0_C": low.C,
        "kinf_A": high.A * MOLECULES ** (order - 1),
        "kinf_B": high.B,
        "kinf_C": high.C,
        "Fc": broadening,
        "N": width**2,
    }


@dataclass
class MicmBoxes:
    """Boxes that MICM solves, with the arrays of our own solvers.

    Attributes:
        mechanism: The mechanism.
        cells: Number of boxes, which MICM advances with one common step.
        emitted: Species that have sources.
        relative_tolerance: Of MICM's Rosenbrock solver.
        absolute_tolerance: The same for every species, molecules cm-3.
        vectors: Let MICM hold its cells in vectors.
    """

    mechanism: GasMechanism
    cells: int
    emitted: tuple[str, ...] = ()
    relative_tolerance: float = 1e-6
    absolute_tolerance: float = 1.0
    vectors: bool = False
    _solver: Any = field(init=False, repr=False)
    _state: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            import musica
            from musica.mechanism_configuration import parse
            from musica.micm.solver_parameters import RosenbrockSolverParameters
        except ImportError as error:
            raise ConfigurationError(INSTALL) from error
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mechanism.json"
            path.write_text(json.dumps(to_micm(self.mechanism, self.emitted)), encoding="utf-8")
            parsed = parse(str(path))
        kinds = musica.SolverType
        kind = kinds.rosenbrock if self.vectors else kinds.rosenbrock_standard_order
        self._solver = musica.MICM(mechanism=parsed, solver_type=kind)
        names = self._solver.create_state(1).get_species_ordering()
        self._solver.set_solver_parameters(
            RosenbrockSolverParameters(
                relative_tolerance=self.relative_tolerance,
                absolute_tolerances=[self.absolute_tolerance / MOLECULES] * len(names),
                max_number_of_steps=100_000,
            )
        )
        self._state = self._solver.create_state(self.cells)

    def set_conditions(self, temperature: Float, air: Float, water: Float) -> None:
        """Set temperature (K), air and water vapour (molecules cm-3), each (cells,)."""
        density = np.asarray(air) / MOLECULES
        self._state.set_conditions(
            temperatures=list(map(float, temperature)),
            pressures=list(map(float, density * GAS_CONSTANT * temperature)),
            air_densities=list(map(float, density)),
        )
        present = self._state.get_species_ordering()
        fixed = fixed_densities(self.mechanism.mole_fractions, air, water)
        self._state.set_concentrations(
            {
                name: list(map(float, value / MOLECULES))
                for name, value in fixed.items()
                if name in present and name != "M"
            }
        )

    def set_rates(self, photolysis: Float, uptake: Float) -> None:
        """Set photolysis (nphotolysis, cells) and uptake rates (nuptake, cells), s-1."""
        values = {}
        for reaction in self.mechanism.reactions:
            rate = reaction.rate
            if isinstance(rate, Photolysis):
                row = photolysis[self.mechanism.photolysis.index(rate.name)]
                values[f"PHOTO.{reaction.label}"] = list(map(float, row))
            elif isinstance(rate, Uptake):
                row = uptake[self.mechanism.uptake.index(rate.name)]
                values[f"USER.{reaction.label}"] = list(map(float, row))
        self._state.set_user_defined_rate_parameters(values)

    def set_sources(self, sources: Float) -> None:
        """Set sources of the emitted species, molecules cm-3 s-1, (nemitted, cells)."""
        values = np.asarray(sources, np.float64) / MOLECULES
        self._state.set_user_defined_rate_parameters(
            {f"EMIS.{name}": list(row) for name, row in zip(self.emitted, values, strict=True)}
        )

    @property
    def density(self) -> Float:
        """Densities of the species of the mechanism, molecules cm-3, (nspecies, cells)."""
        found = self._state.get_concentrations()
        return np.array([found[name] for name in self.mechanism.names]) * MOLECULES

    def set_density(self, density: Float) -> None:
        """Set the densities of the species of the mechanism, molecules cm-3, (nspecies, cells)."""
        values = np.asarray(density, np.float64) / MOLECULES
        self._state.set_concentrations(
            {name: list(row) for name, row in zip(self.mechanism.names, values, strict=True)}
        )

    def advance(self, seconds: float) -> None:
        """Solve over an interval.

        Raises:
            ConfigurationError: MICM did not reach its end.
        """
        left = seconds
        while left > 1e-6 * seconds:
            result = self._solver.solve(self._state, left)
            if result.state.name != "Converged":
                msg = f"MICM stopped {left} s before the end of a step: {result.state.name}."
                raise ConfigurationError(msg)
            left -= result.stats.final_time
