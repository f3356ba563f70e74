"""Code for rate constants: what depends on temperature, air, water and rates given at run time.

Everything is written about 300 K: A (T/300)^B exp(C/T) = A' exp(B ln(T/300) + C (1/T - 1/300))
with A' = A exp(C/300) worked out in float64, so the float32 exponential sees small arguments.
Densities of air and water are in units of 2^64 molecules cm-3 (1.8e19), which keeps third-order
constants and squares of densities inside float32; the powers of two are part of A'.

The work goes in steps, because exponentials and logarithms are loops over many rows at once:
arguments of exponentials (e), their exponentials; ratios of fall-off forms (q), their logarithms;
arguments of broadening, their exponentials; constants.
"""

import math
from dataclasses import dataclass, field

from forecast.chemistry.codegen.layout import Names
from forecast.chemistry.codegen.structure import Structure
from forecast.chemistry.codegen.text import INDENT, WIDTH, Constants, assignment, function, row
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
)
from forecast.common.errors import ConfigurationError

DENSITY_UNIT = 2.0**64
"""Unit of the densities of air and water inside the generated code, molecules cm-3."""
REFERENCE = 300.0
"""Temperature about which rate constants are written, K."""
SMALLEST, LARGEST = 1e-36, 1e36
"""Numbers that generated code may hold: well inside float32."""


RATE_CONSTANTS = """

@njit(**FLAGS)
def rate_constants(w, flat):
    \"""All rate constants of a block from its conditions.\"""
    exponents(w)
    exp_rows(flat, E_FIRST, E_LAST)
    falloffs(w)
    log10_rows(flat, Q_FIRST, Q_LAST)
    broadenings(w)
    exp_rows(flat, Q_FIRST, Q_LAST)
    constants(w)
"""


@dataclass
class RateWriter:
    """Writes the statements of all rate constants; exponentials that several share come once.

    Attributes:
        mechanism: The mechanism.
        names: Names of slots.
        constants: Where numbers get their names.
        exponentials: Slot of every pair (B, C) that is needed.
        falloffs: Tags of the fall-off forms.
    """

    mechanism: GasMechanism
    names: Names
    constants: Constants
    exponentials: dict[tuple[float, float], str] = field(default_factory=dict)
    falloffs: list[str] = field(default_factory=list)
    _ratios: list[str] = field(default_factory=list)
    _broadenings: list[str] = field(default_factory=list)
    _label: str = ""
    _numbers: int = 0

    def functions(self, structure: Structure) -> list[str]:
        """Return the functions of all steps; the last one calls the others."""
        by_label = {reaction.label: reaction for reaction in self.mechanism.reactions}
        lines: list[str] = []
        for flow in structure.flows:
            reaction = self.mechanism.reactions[flow.reaction]
            self._label, self._numbers = self.names.reactions[flow.reaction], 0
            lines.append(f"{INDENT}# {flow.label}: {' '.join(flow.equation.split())}"[:WIDTH])
            target = row(self.names.reaction("k", flow.reaction))
            lines += assignment(target, self._rate(reaction, by_label))
        made = (
            ("exponents", "Arguments of exponentials.", self._exponents()),
            ("falloffs", "Low-pressure limits over 1 + ratio, and ratios.", self._ratios),
            ("broadenings", "Logarithms of broadening factors.", self._broadenings),
            ("constants", "Rate constants times fixed species.", lines),
        )
        text = [line for name, summary, body in made for line in function(name, "w", summary, body)]
        return text + RATE_CONSTANTS.splitlines()

    def _exponents(self) -> list[str]:
        """Arguments of exponentials."""
        lines: list[str] = []
        for (b, c), name in self.exponentials.items():
            parts = [
                f"{self.constants.number(factor)} * {row(slot)}"
                for factor, slot in ((b, "t_log"), (c, "t_inverse"))
                if factor
            ]
            lines += assignment(row(name), " + ".join(parts))
        return lines

    def _rate(self, reaction: Reaction, by_label: dict[str, Reaction]) -> str:
        """The expression of one constant."""
        rate, factor, densities = reaction.rate, 1.0, []
        for name in reaction.fixed:
            share = 1.0 if name == "H2O" else self.mechanism.mole_fractions[name]
            factor *= DENSITY_UNIT * share
            densities.append(row("water" if name == "H2O" else "air"))
        if isinstance(rate, Equilibrium):
            reverse = Arrhenius(A=1.0, B=-rate.B, C=-rate.C)
            factor /= rate.A * math.exp(rate.C / REFERENCE)
            forward = self._form(by_label[rate.forward].rate, factor)
            return " * ".join([f"({forward})", *self._exponential(reverse), *densities])
        expression = self._form(rate, factor)
        if densities and " + " in expression:
            expression = f"({expression})"
        return " * ".join([expression, *densities])

    def _form(self, rate: Rate, factor: float) -> str:
        """Expression of a rate form times a factor."""
        match rate:
            case Arrhenius():
                return self._arrhenius(rate, factor)
            case Troe():
                return self._troe(rate, factor)
            case LinearPressure():
                slope = self._arrhenius(rate.k2, factor * DENSITY_UNIT)
                return f"{self._arrhenius(rate.k1, factor)} + {slope} * {row('air')}"
            case ComplexForming():
                return self._complex_forming(rate, factor)
            case Photolysis():
                place = self.mechanism.photolysis.index(rate.name)
                return self._times(rate.factor * factor, row(f"j_{self.names.photolysis[place]}"))
            case Uptake():
                place = self.mechanism.uptake.index(rate.name)
                return self._times(rate.factor * factor, row(f"v_{self.names.uptake[place]}"))
            case Sum():
                return " + ".join(self._form(term, factor) for term in rate.terms)
        msg = f"The rate form {rate!r} of reaction '{self._label}' has no code."
        raise ConfigurationError(msg)

    def _exponential(self, form: Arrhenius) -> list[str]:
        """The exponential of temperature, if there is any; its slot is noted."""
        if not form.B and not form.C:
            return []
        fresh = f"e_{len(self.exponentials) + 1}"
        return [row(self.exponentials.setdefault((form.B, form.C), fresh))]

    def _arrhenius(self, form: Arrhenius, factor: float) -> str:
        """A' times its exponential."""
        value = form.A * factor * math.exp(form.C / REFERENCE)
        self._numbers += 1
        self._check(value)
        comment = f"{form.A:g} (T/300)^{form.B:g} exp({form.C:g}/T) at 300 K"
        name = self.constants.named(f"a_{self._label}_{self._numbers}", value, comment)
        return " * ".join([name, *self._exponential(form)])

    def _troe(self, rate: Troe, factor: float) -> str:
        """Fall-off with broadening."""
        tag = f"{self._label}_{self._numbers + 1}"
        self.falloffs.append(tag)
        low, ratio = f"low_{tag}", row(f"q_{tag}")
        limit = f"{self._arrhenius(rate.k0, DENSITY_UNIT)} * {row('air')}"
        self._ratios += assignment(low, limit)
        self._ratios += assignment(ratio, f"{low} / ({self._arrhenius(rate.kinf, 1.0)})")
        self._ratios += assignment(row(f"z_{tag}"), f"{low} / (ONE + {ratio})")
        centre = self.constants.named(f"b_{tag}", math.log(rate.Fc), f"ln {rate.Fc:g}")
        square = f"{ratio} * {ratio}"
        if rate.N != 1.0:
            square = f"{self.constants.number(rate.N**-2)} * {square}"
        self._broadenings += assignment(ratio, f"{centre} / (ONE + {square})")
        return self._times(factor, f"{row(f'z_{tag}')} * {ratio}")

    def _complex_forming(self, rate: ComplexForming, factor: float) -> str:
        """Direct channel and one through a complex."""
        direct = self._arrhenius(rate.k0, factor)
        low = f"{self._arrhenius(rate.k3, DENSITY_UNIT)} * {row('air')}"
        high = self._arrhenius(rate.k2, 1.0)
        return f"{direct} + {self._times(factor, low)} / (ONE + {low} / ({high}))"

    def _times(self, factor: float, expression: str) -> str:
        """A product with a number, if it is not 1."""
        if factor == 1.0:
            return expression
        self._check(factor)
        self._numbers += 1
        name = self.constants.named(f"a_{self._label}_{self._numbers}", factor)
        return f"{name} * {expression}"

    def _check(self, value: float) -> None:
        """Refuse numbers that float32 cannot hold well.

        Raises:
            ConfigurationError: It cannot.
        """
        if not SMALLEST < value < LARGEST:
            msg = (
                f"The rate constant of reaction '{self._label}' needs the number {value:.3g} (at"
                f" 300 K, densities over 2^64 molecules cm-3), which float32 cannot hold; expected"
                f" {SMALLEST:.0e} to {LARGEST:.0e}. Correct its rate in the mechanism file."
            )
            raise ConfigurationError(msg)
