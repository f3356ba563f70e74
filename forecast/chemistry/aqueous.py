"""Oxidation of SO2 in the water of particles and in clouds, and its uptake on particles.

S(IV) meets H2O2, O3 and NO2, each pair integrated exactly, so neither becomes negative and sulfur
and nitrogen are kept; Fe(III) and Mn(II) let it react with O2. Product is the gas SULF, which the
equilibrium of particles takes up. Equations, sources, comparisons: docs/science/haze.md.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from forecast.chemistry.gas.mechanism import GasMechanism
from forecast.chemistry.kernels import aqueous as kernel
from forecast.chemistry.kernels.aqueous import Table
from forecast.chemistry.kernels.sulfite import ROUTES as ROUTE_NUMBER
from forecast.chemistry.kernels.sulfite import WORK
from forecast.chemistry.uptake import FineParticles
from forecast.config.haze import HumidUptake, NitrogenDioxideRate, SulfurConfig
from forecast.fields.arrays import Single

GASES = ("SO2", "H2O2", "O3", "NO2", "HONO", "SULF", "HNO3", "NH3")
"""Gases that take part, in the order of the kernel."""
ROUTES = (
    "particle_h2o2",
    "particle_o3",
    "particle_no2",
    "particle_metals",
    "particle_surface",
    "cloud_h2o2",
    "cloud_o3",
    "cloud_no2",
    "cloud_metals",
)
"""Ways from SO2 to sulfate, in the order of the kernel."""
FULL_LIGHT = 8.0e-3
"""Photolysis rate of NO2 at which Fe(III) has its share of the day, s-1."""
_NO2_RATES = {
    NitrogenDioxideRate.CLIFTON: (5.3, 1.24e7, 8.7, 1.67e7),
    NitrogenDioxideRate.LEE_SCHWARTZ: (5.0, 1.4e5, 6.0, 2.0e6),
}
"""pH and rate constant (M-1 s-1) of S(IV) + NO2 at the lower and at the upper end."""


class CloudyCells(NamedTuple):
    """Air and clouds of n cells, each array (n,), float32.

    Attributes:
        temperature: K.
        humidity: Relative humidity over water, 0 to 1.
        air: molecules cm-3.
        light: Photolysis rate of NO2, s-1.
        cloud: Cloudy share of the cell, 0 to 1.
        cloud_water: Liquid water in the cloud, kg m-3.
    """

    temperature: Single
    humidity: Single
    air: Single
    light: Single
    cloud: Single
    cloud_water: Single


@dataclass(frozen=True)
class Aqueous:
    """Oxidation of SO2 in water for one mechanism.

    Attributes:
        table: Rows, switches and coefficients.
    """

    table: Table

    @classmethod
    def of(cls, mechanism: GasMechanism, options: SulfurConfig) -> "Aqueous":
        """Find the gases and turn the configuration into what the kernel takes.

        Raises:
            ConfigurationError: The mechanism lacks a gas.
        """
        mechanism.require(GASES, "the oxidation of SO2 in water")
        rows = np.array([mechanism.index(name) for name in GASES])
        return cls(_table(rows, options))

    @cached_property
    def _work(self) -> Single:
        return np.zeros(WORK, np.float32)

    def oxidise(
        self,
        density: Single,
        cells: CloudyCells,
        particles: FineParticles,
        hydrogen: Single,
        step: float,
    ) -> Single:
        """Advance SO2, its oxidants and SULF by one step.

        Args:
            density: Gases, (nspecies, n), molecules cm-3; updated.
            cells: Air and clouds.
            particles: Masses, water and surface.
            hydrogen: H+ of particle water, mol kg-1, (n,).
            step: s.

        Returns:
            Sulfate formed by each of `ROUTES`, (9, n), molecules cm-3.
        """
        formed = np.zeros((ROUTE_NUMBER, hydrogen.size), np.float32)
        wet = particles.water, hydrogen, particles.surface, particles.diameter
        kernel.oxidise(
            density, cells, particles.mass, wet, self.table, np.float32(step), formed, self._work
        )
        return formed


def _table(rows: np.ndarray, options: SulfurConfig) -> Table:
    """Collect switches and coefficients."""
    particles, clouds, metals = options.particles, options.clouds, options.metals
    single = np.float32
    low, slow, high, fast = _NO2_RATES[options.no2_rate]
    return Table(
        gases=rows,
        particles=_singles(
            particles.hydrogen_peroxide,
            particles.ozone,
            particles.nitrogen_dioxide,
            particles.metals,
            particles.surface.enabled,
        ),
        clouds=_singles(
            clouds.hydrogen_peroxide, clouds.ozone, clouds.nitrogen_dioxide, clouds.metals
        ),
        no2=_singles(low, np.log(slow), np.log(fast / slow) / (high - low), high - low),
        ionic=single(options.ionic_strength),
        surface=_humid(particles.surface),
        tops_up=single(particles.surface_tops_up),
        driest=single(particles.lowest_humidity),
        metals=_singles(
            metals.iron_other, metals.iron_dust, metals.manganese_other, metals.manganese_dust
        ),
        ferric=_singles(
            metals.ferric_night,
            (metals.ferric_night - metals.ferric_day) / FULL_LIGHT,
            metals.ferric_day,
        ),
        radius=single(clouds.droplet_radius),
        acidity=single(0.0 if clouds.acidity is None else 10.0**-clouds.acidity),
        alkalinity=single(clouds.dust_alkalinity),
        coldest=single(clouds.coldest),
    )


def _humid(uptake: HumidUptake) -> tuple[np.float32, ...]:
    """Coefficient in dry air, growth with humidity, where it starts, coefficient in humid air."""
    slope = (uptake.humid - uptake.dry) / (uptake.to_humidity - uptake.from_humidity)
    return _singles(uptake.dry, slope, uptake.from_humidity, uptake.humid)


def _singles(*values: float) -> tuple[np.float32, ...]:
    """Numbers that a kernel takes."""
    return tuple(np.float32(value) for value in values)
