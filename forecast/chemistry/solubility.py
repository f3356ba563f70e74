"""Solubility of gases in water that holds them also as ions."""

from typing import Annotated

import numpy as np
from pydantic import Field

from forecast.config.base import Model
from forecast.fields.arrays import Float, Reals

STANDARD = 298.15
"""Temperature of the constants, K."""
WATER = (1.0e-14, -6710.0)
"""Ion product of water at 298.15 K, M2, and its -dH/R, K (Smith and Martell 1976)."""
TERMS = 3
"""Most terms of an effective Henry constant: undissociated, first and second ion."""

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Warmth = Annotated[float, Field(ge=-20000.0, le=20000.0)]
Constant = tuple[Positive, Warmth]
"""A constant at 298.15 K and its -dH/R, K."""


class Solubility(Model):
    """Henry constant and dissociation of a gas."""

    henry: Positive
    """At 298.15 K, M atm-1, undissociated."""
    warmth: Warmth
    """-dH/R of the Henry constant, K."""
    acid: Annotated[tuple[Constant, ...], Field(max_length=TERMS - 1)] = ()
    """Dissociation constants, M, one proton after the other."""
    base: Constant | None = None
    """Constant of the reaction of a base with water, M."""

    def terms(self, ph: float) -> tuple[Float, Float]:
        """Write the effective Henry constant at a pH as a sum of a exp(b (1/T - 1/298.15)).

        H* = H (1 + K1/h + K1 K2/h^2) of an acid and H (1 + Kb h/Kw) of a base (Seinfeld and
        Pandis 2006, section 7.3).

        Returns:
            a, M atm-1, and b, K, (3,) each; unused terms are zero.
        """
        proton = 10.0**-ph
        size, warmth = [self.henry], [self.warmth]
        for constant, heat in self.acid:
            size.append(size[-1] * constant / proton)
            warmth.append(warmth[-1] + heat)
        if self.base is not None:
            size.append(self.henry * self.base[0] * proton / WATER[0])
            warmth.append(self.warmth + self.base[1] - WATER[1])
        empty = [0.0] * (TERMS - len(size))
        return np.array(size + empty), np.array(warmth + empty)


def effective_henry(gas: Solubility, temperature: Reals | float, ph: float) -> Float:
    """Effective Henry constant at a temperature and pH, M atm-1, the shape of temperature.

    Args:
        gas: Constants.
        temperature: K.
        ph: pH of the water.
    """
    size, warmth = gas.terms(ph)
    warm = 1.0 / np.asarray(temperature, np.float64)[..., None] - 1.0 / STANDARD
    result: Float = (size * np.exp(warmth * warm)).sum(axis=-1)
    return result
