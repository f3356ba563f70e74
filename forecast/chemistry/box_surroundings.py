"""What surrounds a box: air from the sides, emissions, and loss at the ground, as vectors.

Amounts are molecules cm-3 of gases and ug m-3 of particles, in the order of a composition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.chemistry.composition import Composition
from forecast.common.constants import AVOGADRO
from forecast.common.errors import ConfigurationError
from forecast.config.boundary import BackgroundProfiles
from forecast.config.box import BoxBackground, BoxConfig, BoxEmissions
from forecast.config.load import project_path
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float

PER_BILLION = 1.0e-9
_CENTIMETRE = 0.01
_GAS_FLUX = AVOGADRO * 1.0e-12 / 3600.0
"""mol km-2 h-1 to molecules cm-3 m s-1."""
_PARTICLE_FLUX = 1.0 / 3600.0
"""g km-2 h-1 to ug m-2 s-1."""


def spread(
    named: Mapping[str, float],
    may_lack: Mapping[str, Mapping[str, float]],
    composition: Composition,
) -> Float:
    """Put named values in the order of the species, (nspecies,).

    Args:
        named: Values by species.
        may_lack: Species that the composition may lack, with what stands for one unit of them.
        composition: Species.

    Raises:
        ConfigurationError: A species is not known and nothing stands for it.
    """
    values = np.zeros(len(composition.table))
    unknown = []
    for name, value in named.items():
        if name in composition.table.names:
            values[composition.table.index(name)] += value
        elif name in may_lack:
            for other, share in may_lack[name].items():
                if other in composition.table.names:
                    values[composition.table.index(other)] += share * value
        else:
            unknown.append(name)
    if unknown:
        msg = (
            f"The mechanism '{composition.name}' with its aerosol has no species "
            f"{', '.join(unknown)}; correct the names in the box, or name what stands for them."
        )
        raise ConfigurationError(msg)
    return values


def background(box: BoxBackground, composition: Composition, air: float) -> Float:
    """Amounts beside the mixed layer and beside the air above it, (LAYERS, nspecies).

    Args:
        box: Which profiles.
        composition: Species.
        air: molecules cm-3.

    Raises:
        ConfigurationError: The file cannot be read, or lacks the air mass or a species.
    """
    path = project_path(box.profiles)
    profiles = read_model(path, BackgroundProfiles, "background file")
    if box.air_mass not in profiles.air_masses:
        msg = f"'{path}' has no air mass '{box.air_mass}'; it has {', '.join(profiles.air_masses)}."
        raise ConfigurationError(msg)
    series = profiles.air_masses[box.air_mass].species
    known = {*composition.table.names, *series, *profiles.may_lack}
    unknown = sorted(set(box.instead) - known)
    if unknown:
        msg = f"background.instead names {', '.join(unknown)}, which no species is."
        raise ConfigurationError(msg)
    rows = []
    for height in (box.height, box.height_aloft):
        named = {}
        for name in {**series, **box.instead}:
            values = series[name].values if name in series else (1.0,) * len(profiles.heights)
            near, here = (
                float(np.interp(z, profiles.heights, values)) for z in (box.height, height)
            )
            given = box.instead.get(name)
            fall = here / near if near > 0.0 else 1.0
            named[name] = here if given is None else given * fall
        rows.append(spread(named, profiles.may_lack, composition))
    amounts = np.array(rows)
    amounts[:, : len(composition.gas.species)] *= PER_BILLION * air
    return amounts


@dataclass(frozen=True)
class Emissions:
    """Emissions of an area in one month.

    Attributes:
        rate: Mean of the day, amount m s-1, (nsector, nspecies).
        hour: Factors, (nsector, 24).
        height: m, (nsector,).
    """

    rate: Float
    hour: Float
    height: Float

    @classmethod
    def of(cls, box: BoxConfig, composition: Composition) -> "Emissions":
        """Read the emissions of a box.

        Raises:
            ConfigurationError: The file cannot be read, or names an unknown species.
        """
        path: Path = project_path(box.emissions)
        file = read_model(path, BoxEmissions, "file of emissions")
        sectors = file.sectors.values()
        month = int(box.day[5:7]) - 1
        rate = np.array(
            [
                spread(sector.rates, file.may_lack, composition) * sector.month[month]
                for sector in sectors
            ]
        )
        gases = len(composition.gas.species)
        rate[:, :gases] *= box.emission_factor * _GAS_FLUX
        rate[:, gases:] *= box.emission_factor * _PARTICLE_FLUX
        return cls(
            rate,
            np.array([sector.hour for sector in sectors]),
            np.array([sector.height for sector in sectors]),
        )

    def at(self, hour: float, mixing_height: float) -> Float:
        """Emission into both layers, amount m s-1, (LAYERS, nspecies).

        Args:
            hour: Of the day, local time.
            mixing_height: Depth of the mixed layer, m.
        """
        rate = self.rate * self.hour[:, int(hour) % 24, None]
        low = self.height < mixing_height
        return np.array([rate[low].sum(axis=0), rate[~low].sum(axis=0)])


def deposition(box: BoxConfig, composition: Composition) -> Float:
    """Velocity by day and by night, m s-1, (2, nspecies).

    Species of other mechanisms may be named.
    """
    velocity = np.zeros((2, len(composition.table)))
    for name, values in box.deposition.items():
        if name in composition.table.names:
            velocity[:, composition.table.index(name)] = np.array(values) * _CENTIMETRE
    return velocity
