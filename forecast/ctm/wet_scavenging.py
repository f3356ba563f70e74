"""Wet deposition as a process: first-order removal in raining clouds and below them.

In clouds precipitation carries off what droplets hold: gases by their effective solubility in the
cloud's water, particles by the share that made droplets or ice. Below, drops take up gases by mass
transfer until they are in equilibrium, and collide with particles. See docs/science/deposition.md.
"""

import numpy as np

from forecast.chemistry.removal import Gas, Removal
from forecast.config.deposition import DepositionConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.kernels.scavenging import (
    Clouds,
    CollectedParticles,
    SolubleGases,
    removal_shares,
    scavenge,
)
from forecast.ctm.process import Hour, Step
from forecast.ctm.state import TileState
from forecast.ctm.washout import at_intensity, gas_washout, particle_washout
from forecast.fields.arrays import Booleans, Float, Reals, Single

RAIN_TOP = 50000.0
"""Pressure above which rain without a known cloud does not begin, Pa."""
WATER_DENSITY = 1000.0
"""kg m-3."""
LEAST_DEPTH = 500.0
"""Least depth of a raining cloud, m."""
ALL_LIQUID, ALL_ICE = 273.15, 253.15
"""Temperatures between which cloud water freezes, K (as CAMx; ECMWF: 273.16 and 250.16)."""


def rain_zones(cover: Reals, pressure: Reals, threshold: float) -> tuple[Booleans, Booleans]:
    """Say which layers are raining clouds and which lie below one.

    Without any cloud, the rain is taken to fall from the highest layer below 500 hPa, so that
    rain always cleans the air under it.

    Args:
        cover: Cloud cover of layers, 0 to 1, (nz, ny, nx).
        pressure: Of the middle of layers, Pa, (nz, ny, nx).
        threshold: Cover from which a layer counts as cloud.

    Returns:
        In cloud, below cloud; (nz, ny, nx) each, never both.
    """
    cloudy = cover >= threshold
    top_down = np.logical_or.accumulate(cloudy[::-1], axis=0)[::-1]
    unknown = ~cloudy.any(axis=0)
    below = np.where(unknown, pressure >= RAIN_TOP, top_down & ~cloudy)
    return cloudy, below


def clouds_of(hour: Hour, options: DepositionConfig, step: float) -> Clouds:
    """Describe the clouds of an hour and what falls from them.

    It rains where the cloudiest of the raining layers covers the cell, everywhere if no cloud is
    known. Cloud water becomes precipitation at the rate that the precipitation needs.
    """
    cover = hour.middle.cloud_area_fraction
    inside, below = rain_zones(cover, hour.pressure, options.cloud_threshold)
    thick = np.diff(hour.z_half, axis=0)
    largest = np.where(inside, cover, 0.0).max(axis=0).astype(np.float64)
    area = np.where(largest > 0.0, largest, 1.0)
    rain = np.maximum(np.asarray(hour.fluxes.precipitation_flux, np.float64), 0.0)
    local = rain / area
    cloud_depth = np.maximum((thick * inside).sum(axis=0), LEAST_DEPTH)
    temperature = np.asarray(hour.middle.air_temperature, np.float64)
    return Clouds(
        np.where(inside, 1, np.where(below, 2, 0)),
        temperature,
        np.clip((temperature - ALL_ICE) / (ALL_LIQUID - ALL_ICE), 0.0, 1.0),
        rain > 0.0,
        area,
        local / WATER_DENSITY,
        local / (options.cloud_water * cloud_depth),
        (thick * below).sum(axis=0),
        options.cloud_water / WATER_DENSITY,
        options.snow_temperature,
        step,
    )


class WetScavenging:
    """Removes species where it rains."""

    name = "wet"

    def __init__(
        self, removal: Removal, options: DepositionConfig, step: float, ledger: LedgerFields
    ) -> None:
        """Sort the species by their properties and tabulate rates over rain intensity.

        Args:
            removal: Properties of the species.
            options: What counts as cloud, and schemes.
            step: Length of every step, s.
            ledger: Where wet deposition is written down.
        """
        self._options = options
        self._step = step
        self._ledger = ledger
        gases = list(dict.fromkeys(gas for gas in removal.gases if gas is not None))
        kinds = list(dict.fromkeys(kind for kind in removal.particles if kind is not None))
        self._kinds = np.array(
            [
                gases.index(gas) if gas is not None
                else len(gases) + kinds.index(kind) if kind is not None
                else -1
                for gas, kind in zip(removal.gases, removal.particles, strict=True)
            ],
            dtype=np.int64,
        )  # fmt: skip
        self._terms = _terms(gases, options.rain_ph)
        self._ice = np.array([gas.entry.ice for gas in gases])
        self._gas_tables = [gas_washout(gas) for gas in gases]
        self._activated = np.array([kind.cloud for kind in kinds])
        self._frozen = np.array([kind.ice for kind in kinds])
        self._particle_tables = [
            particle_washout(kind, options.washout, options.humidity_growth) for kind in kinds
        ]
        self._stays: Single | None = None

    def begin_hour(self, hour: Hour) -> None:
        """Find what rain leaves; without rain on the tile nothing is done in this hour."""
        self._stays = None
        count = len(self._gas_tables) + len(self._particle_tables)
        if count == 0 or not (hour.fluxes.precipitation_flux > 0.0).any():
            return
        clouds = clouds_of(hour, self._options, self._step)
        intensity = clouds.drop * 3.6e6
        gases = SolubleGases(*self._terms, self._ice, _rates(self._gas_tables, intensity))
        particles = CollectedParticles(
            self._activated,
            self._frozen,
            _rates([rain for rain, _ in self._particle_tables], intensity),
            _rates([snow for _, snow in self._particle_tables], intensity),
        )
        self._stays = np.empty((count, *clouds.zone.shape), np.float32)
        removal_shares(clouds, gases, particles, self._stays)

    def advance(self, state: TileState, step: Step) -> None:
        """Remove what one step of rain takes."""
        del step
        if self._stays is not None:
            scavenge(
                state.mixing_ratio,
                state.air_mass,
                self._stays,
                self._kinds,
                self._ledger.wet_deposition,
            )


def _terms(gases: list[Gas], ph: float) -> tuple[Float, Float]:
    """Terms of the effective Henry constants, (nset, 3) each."""
    terms = [gas.entry.terms(ph) for gas in gases]
    if not terms:
        return np.zeros((0, 3)), np.zeros((0, 3))
    return np.stack([size for size, _ in terms]), np.stack([warmth for _, warmth in terms])


def _rates(tables: list[Float], intensity: Float) -> Float:
    """Rates of all tables at an intensity, (n, ny, nx)."""
    return np.array([at_intensity(table, intensity) for table in tables]).reshape(
        -1, *intensity.shape
    )
