"""Secondary organic matter: which species share it, and how it divides between gas and particles.

Four classes of volatility, a basis set after Donahue et al. (2006, doi 10.1021/es052297c), with
absorption after Pankow (1994, doi 10.1016/1352-2310(94)90093-0) and Clausius and Clapeyron. The
yields are in configs/mechanisms/haze.yaml; docs/science/haze.md has the equations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.chemistry.gas.mechanism import GasMechanism
from forecast.chemistry.kernels import organics as kernel
from forecast.chemistry.kernels.organics import Volatility
from forecast.common.constants import AVOGADRO, GAS_CONSTANT
from forecast.common.errors import ConfigurationError
from forecast.config.haze import OrganicConfig
from forecast.fields.arrays import Single

SATURATION = (1.0, 10.0, 100.0, 1000.0)
"""Saturation concentration of the classes at 298 K, ug m-3."""
GASES = tuple(f"SV{kind}{number}" for kind in "AB" for number in range(1, 5))
"""Semi-volatile gases: anthropogenic, biogenic, of rising volatility."""
PARTICLES = tuple(f"A{kind}{number}" for kind in ("SOA", "BOA") for number in range(1, 5))
"""The same in particles."""
PRIMARY = "AOC"
"""Primary organic matter."""


@dataclass(frozen=True)
class Organics:
    """Partitioning of organic matter for one mechanism and one list of particles.

    Attributes:
        options: Switches and coefficients.
        table: Rows and constants of the species.
        primary: Row of primary organic matter.
    """

    options: OrganicConfig
    table: Volatility
    primary: int

    @classmethod
    def of(
        cls, mechanism: GasMechanism, aerosol: Sequence[str], options: OrganicConfig
    ) -> "Organics":
        """Find the species.

        Args:
            mechanism: Gases, with the extension `haze`.
            aerosol: Names of the particles in the order of their array.
            options: Switches and coefficients.

        Raises:
            ConfigurationError: A semi-volatile species is missing.
        """
        missing = [name for name in GASES if name not in mechanism.names]
        missing += [name for name in (*PARTICLES, PRIMARY) if name not in aerosol]
        if missing:
            msg = (
                f"Organic matter needs the species {', '.join(missing)}, which neither the"
                f" mechanism '{mechanism.name}' nor the aerosol has; add the extension 'haze' to"
                " the mechanism and the particles to the aerosol file."
            )
            raise ConfigurationError(msg)
        molar = np.array([mechanism.species[mechanism.index(name)].molar_mass for name in GASES])
        table = Volatility(
            gases=np.array([mechanism.index(name) for name in GASES]),
            particles=np.array([list(aerosol).index(name) for name in PARTICLES]),
            factors=(molar * 1e15 / AVOGADRO).astype(np.float32),
            saturation=np.array(SATURATION, np.float32),
            warmth=np.float32(options.enthalpy / GAS_CONSTANT),
        )
        return cls(options, table, list(aerosol).index(PRIMARY))

    @cached_property
    def _work(self) -> Single:
        return np.zeros(kernel.WORK, np.float32)

    def partition(self, density: Single, mass: Single, temperature: Single) -> None:
        """Bring semi-volatile gases and particles into equilibrium.

        Args:
            density: Gases, (nspecies, n), molecules cm-3; updated.
            mass: Particles, (naerosol, n), ug m-3; updated.
            temperature: K, (n,).
        """
        if not self.options.enabled:
            return
        absorbing = np.float32(self.options.primary_share) * mass[self.primary]
        kernel.partition(density, mass, absorbing, temperature, self.table, self._work)
