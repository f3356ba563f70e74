"""Which equilibrium the inorganic aerosol is brought to."""

from enum import StrEnum

from forecast.config.base import Model


class Branch(StrEnum):
    """Whether salts may be solid."""

    METASTABLE = "metastable"
    """Always a solution: particles that were wet once and stay so while the air dries."""
    STABLE = "stable"
    """Salts are solid below their humidity of deliquescence: particles that were dry before."""


class ThermodynamicsConfig(Model):
    """Equilibrium of sulfate, nitrate, ammonium, sodium and chloride with gases and water."""

    branch: Branch = Branch.METASTABLE
    """Whether salts may be solid."""
