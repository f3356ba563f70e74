"""One step of chemistry in a group of cells, the same for the transport model and for boxes.

In this order:

1. surface of the wet particles, and the rates at which they and the ground take up gases;
2. gas phase with that uptake, by the generated solver;
3. oxidation of SO2 in the water of particles and clouds;
4. organic matter between gas and particles;
5. sulfuric acid into particles, then equilibrium of sulfate, nitrate, ammonium and water.

Equilibrium comes last, so that what transport, rain and the ground meet is divided as it should be.
The water of particles and its H+, which steps 1 and 3 need, are those of the end of the step
before; the state carries them.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecast.chemistry.aqueous import Aqueous, CloudyCells
from forecast.chemistry.composition import Composition, Mode, Role
from forecast.chemistry.organics import Organics
from forecast.chemistry.solver import GasSolver, SolveReport, default_sub_steps
from forecast.chemistry.thermodynamics import INPUTS, RESULTS, InorganicAerosol
from forecast.chemistry.uptake import (
    Cells,
    add_ground,
    aerosol_surface,
    by_class,
    class_rows,
    rate_order,
    uptake_rates,
)
from forecast.common.constants import AVOGADRO
from forecast.common.errors import ConfigurationError
from forecast.config.chemistry import ChemistryConfig
from forecast.fields.arrays import Single

LIGHT = "jNO2"
"""Photolysis rate that stands for the light."""
HYDROXYL = "OH"
VAPOURS = ("SULF", "HNO3", "NH3")
"""Gases that become sulfate, nitrate and ammonium."""
ABSENT_DENSITY = 1500.0
"""Stands for the density of classes without species, kg m-3."""
DRIEST = np.float32(1.0e-4)
"""Water below which particles are taken as dry, ug m-3."""
NEUTRAL = np.float32(1.0e-5)
"""H+ of particles whose water is not known yet, mol kg-1."""
HYDROGEN_MASS = np.float32(1.00784e-3)
"""kg mol-1 (IUPAC 2021 atomic weights)."""
_PER_MOLECULE = np.float32(1.0e6 / AVOGADRO)
"""From molecules cm-3 to mol m-3."""


class CellAir(NamedTuple):
    """Air of n cells, each (n,), float32.

    Attributes:
        temperature: K.
        humidity: Relative humidity over water, 0 to 1.
        air: molecules cm-3.
        vapour: Water vapour, molecules cm-3.
        cloud: Cloudy share, 0 to 1.
        cloud_water: Liquid water in the cloud, kg m-3 of cloudy air.
        ground: Area of land over volume of air, m-1; None where no cell touches the ground.
    """

    temperature: Single
    humidity: Single
    air: Single
    vapour: Single
    cloud: Single
    cloud_water: Single
    ground: Single | None = None


@dataclass(frozen=True)
class _Inorganic:
    """Rows of the inorganic gases and particles, and the molar masses of the particles, kg mol-1.

    Attributes:
        gases: Rows of SULF, HNO3 and NH3 among the gases.
        particles: Rows of sulfate, nitrate and ammonium among the particles.
        molar: Of the same three.
        water: Row of water.
        hydrogen: Row of H+.
    """

    gases: tuple[int, int, int]
    particles: tuple[int, int, int]
    molar: tuple[np.float32, np.float32, np.float32]
    water: int
    hydrogen: int

    @classmethod
    def of(cls, composition: Composition) -> "_Inorganic":
        """Find the rows; raises ConfigurationError for what is missing."""
        roles = (Role.SULFATE, Role.NITRATE, Role.AMMONIUM, Role.WATER, Role.HYDROGEN)
        rows = [composition.only(Mode.FINE, role) for role in roles]
        molar = [np.float32(composition.aerosol[row].molar_mass) for row in rows[:3]]
        gases = [composition.gas.index(name) for name in VAPOURS]
        return cls(
            (gases[0], gases[1], gases[2]),
            (rows[0], rows[1], rows[2]),
            (molar[0], molar[1], molar[2]),
            rows[3],
            rows[4],
        )


@dataclass(frozen=True)
class Parts:
    """What the processes of chemistry work with, found by name; nothing is compiled.

    Attributes:
        aqueous: Oxidation of SO2 in water.
        organics: Organic matter.
        inorganic: Rows of the equilibrium.
        classes: Rows of the fine particles by class of dry matter.
        densities: Of the classes, kg m-3.
        light: Row of the photolysis rate that stands for the light.
        hydroxyl: Row of OH.
    """

    aqueous: Aqueous
    organics: Organics
    inorganic: _Inorganic
    classes: tuple[tuple[int, ...], ...]
    densities: tuple[float, ...]
    light: int
    hydroxyl: int

    @classmethod
    def of(cls, composition: Composition, options: ChemistryConfig) -> "Parts":
        """Find everything.

        Raises:
            ConfigurationError: The mechanism or the aerosol lacks a species or a rate, or the
                mechanism asks for an uptake that nothing computes.
        """
        gas, aerosol = composition.gas, composition.aerosol
        gas.require((HYDROXYL, *VAPOURS), "the chemistry of particles")
        if LIGHT not in gas.photolysis:
            msg = (
                f"The mechanism '{gas.name}' has no reaction with the photolysis rate '{LIGHT}', "
                "by which the chemistry of particles knows the light; add the photolysis of NO2."
            )
            raise ConfigurationError(msg)
        rate_order(gas.uptake)
        fine = [(entry.role.value if entry.mode is Mode.FINE else "") for entry in aerosol]
        classes = class_rows(fine)
        return cls(
            aqueous=Aqueous.of(gas, options.haze.sulfur),
            organics=Organics.of(gas, [entry.name for entry in aerosol], options.haze.organics),
            inorganic=_Inorganic.of(composition),
            classes=classes,
            densities=tuple(
                aerosol[rows[0]].density if rows else ABSENT_DENSITY for rows in classes
            ),
            light=gas.photolysis.index(LIGHT),
            hydroxyl=gas.index(HYDROXYL),
        )


class ChemistryStep:
    """All chemistry of a group of cells for one step of fixed length."""

    def __init__(self, composition: Composition, options: ChemistryConfig, seconds: float) -> None:
        """Prepare the parts; the generated solver is compiled at its first use.

        Args:
            composition: Species.
            options: Switches and coefficients.
            seconds: Length of the step.

        Raises:
            ConfigurationError: The mechanism or the aerosol lacks a species that a part needs.
        """
        self.composition = composition
        self.seconds = seconds
        self._options = options
        self._parts = Parts.of(composition, options)
        sub_steps = options.sub_steps or default_sub_steps(seconds)
        self._solver = GasSolver(composition.gas, sub_steps)
        self._equilibrium = InorganicAerosol(options.thermodynamics.branch)
        self._cells = np.zeros((INPUTS, 0), np.float32)
        self._results = np.empty((RESULTS, 0), np.float32)

    def advance(self, amount: Single, air: CellAir, photolysis: Single) -> SolveReport:
        """Advance all cells by one step.

        Args:
            amount: Gases in molecules cm-3, then particles in ug m-3, (nspecies, n); updated.
            air: The air.
            photolysis: s-1, (nphotolysis, n), in the order of the mechanism.

        Returns:
            What the gas solver had to do beyond the rule.
        """
        parts, gases = self._parts, len(self.composition.gas.species)
        density, mass = amount[:gases], amount[gases:]
        light = photolysis[parts.light]
        water = mass[parts.inorganic.water]
        hydrogen = self._acidity(mass)
        names, haze = self.composition.gas.uptake, self._options.haze
        particles = aerosol_surface(by_class(mass, parts.classes), water, parts.densities, haze)
        cells = Cells(air.temperature, air.humidity, air.air, light, density[parts.hydroxyl])
        rates = uptake_rates(names, cells, particles, parts.densities, haze)
        if air.ground is not None:
            add_ground(rates, names, cells, air.ground, haze)
        report = self._solver.solve(
            density, air.temperature, air.air, air.vapour, photolysis, rates
        )
        cloudy = CloudyCells(
            air.temperature, air.humidity, air.air, light, air.cloud, air.cloud_water
        )
        parts.aqueous.oxidise(density, cloudy, particles, hydrogen, self.seconds)
        parts.organics.partition(density, mass, air.temperature)
        self.settle_inorganics(density, mass, air)
        return report

    def _acidity(self, mass: Single) -> Single:
        """H+ of particle water, mol kg-1, (n,)."""
        rows = self._parts.inorganic
        water, hydrogen = mass[rows.water], mass[rows.hydrogen]
        wet = (water > DRIEST) & (hydrogen > 0.0)
        kilograms = np.where(wet, water, np.float32(1.0))
        acidity: Single = np.where(wet, hydrogen / (kilograms * HYDROGEN_MASS), NEUTRAL)
        return acidity

    def settle_inorganics(self, density: Single, mass: Single, air: CellAir) -> None:
        """Condense sulfuric acid, and divide nitrate and ammonium between gas and particles.

        Sodium and chloride of sea salt take no part: the model carries no hydrochloric acid, so
        the loss of chloride could not be written down.

        Args:
            density: Gases, molecules cm-3, (ngas, n); updated.
            mass: Particles, ug m-3, (naerosol, n); updated.
            air: The air.
        """
        table, n = self._parts.inorganic, air.temperature.size
        if self._cells.shape[1] != n:
            self._cells = np.zeros((INPUTS, n), np.float32)
            self._results = np.empty((RESULTS, n), np.float32)
        cells = self._cells
        cells[0], cells[1] = air.temperature, air.humidity
        micrograms = [value * np.float32(1.0e9) for value in table.molar]
        for row, (gas, particle) in enumerate(zip(table.gases, table.particles, strict=True)):
            cells[2 + row] = density[gas] * _PER_MOLECULE + mass[particle] / micrograms[row]
        self._equilibrium.solve(cells, self._results)
        ammonia, nitric, _, water, hydrogen, _ = self._results
        for row, vapour in enumerate((np.zeros_like(nitric), nitric, ammonia)):
            density[table.gases[row]] = vapour / _PER_MOLECULE
            mass[table.particles[row]] = (cells[2 + row] - vapour) * micrograms[row]
        mass[table.water] = water * np.float32(1.0e9)
        mass[table.hydrogen] = mass[table.water] * hydrogen * HYDROGEN_MASS
