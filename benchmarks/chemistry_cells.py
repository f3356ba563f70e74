"""Unrelated cells, clean and polluted, over a day: what the solvers of gas chemistry are timed on.

No two cells are alike: latitude, season, height, humidity, pollution, sources and exchange with
clean air are drawn at random. Before every step of chemistry a cell gets what its sources and the
exchange bring in that step, all at once, as from the transport of a model: fast radicals are then
far from their steady state, which is what a solver of a model has to live with.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from forecast.chemistry.gas.definition import GasMechanism
from forecast.fields.arrays import Float

BOXES = Path(__file__).with_name("box_cases.yaml")
BOLTZMANN = 1.380649e-23
HIGH_SUN, LOW_SUN = np.cos(np.radians(25.0)), np.cos(np.radians(62.0))
"""Cosines of the zenith angles of the two sets of photolysis rates in `BOXES`."""
PART_PER_BILLION = 1e-9
HOUR = 3600.0
TRACE = 1e-9
"""Mole fraction in ppb of what is not named."""
RANGE_OF_POLLUTION = 2.0
"""Decades between the cleanest and the dirtiest cell."""


@dataclass(frozen=True)
class Population:
    """Cells and what happens to them.

    Attributes:
        mechanism: Its species and rates.
        density: At the start, molecules cm-3, (nspecies, n).
        clean: What exchange brings in, molecules cm-3, (nspecies, n).
        sources: molecules cm-3 s-1, (nspecies, n).
        exchange: Rate of exchange with clean air, s-1, (n,).
        temperature: K, (n,).
        air: molecules cm-3, (n,).
        water: molecules cm-3, (n,).
        latitude: Radians, (n,).
        declination: Of the sun, radians, (n,).
        haze: Factor on all photolysis rates, (n,).
        rates: Photolysis rates a c^b of the cosine c of the zenith angle: a, b, (2, nphotolysis).
    """

    mechanism: GasMechanism
    density: Float
    clean: Float
    sources: Float
    exchange: Float
    temperature: Float
    air: Float
    water: Float
    latitude: Float
    declination: Float
    haze: Float
    rates: Float

    def photolysis(self, seconds: float) -> Float:
        """Photolysis rates at a time of the day, s-1, (nphotolysis, n)."""
        hour_angle = 2.0 * np.pi * (seconds / (24.0 * HOUR) - 0.5)
        cosine = np.sin(self.latitude) * np.sin(self.declination)
        cosine += np.cos(self.latitude) * np.cos(self.declination) * np.cos(hour_angle)
        height = np.maximum(cosine, 0.0)
        factor, exponent = self.rates[:, :, None]
        rates: Float = self.haze * factor * height**exponent
        return rates

    def bring(self, density: Float, seconds: float) -> Float:
        """Add what sources and exchange bring in one step, all at once."""
        share = -np.expm1(-seconds * self.exchange)
        moved: Float = density + seconds * self.sources + share * (self.clean - density)
        return moved


def draw(mechanism: GasMechanism, cells: int, seed: int = 20220101) -> Population:
    """Draw cells; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    boxes = yaml.safe_load(BOXES.read_text(encoding="utf-8"))
    temperature = rng.uniform(262.0, 305.0, cells)
    pressure = rng.uniform(7.0e4, 1.02e5, cells)
    air = pressure / (BOLTZMANN * temperature) * 1e-6
    celsius = temperature - 273.15
    saturation = 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))
    vapour = rng.uniform(0.2, 0.95, cells) * saturation
    water = vapour / pressure * air
    pollution = 10.0 ** rng.uniform(-RANGE_OF_POLLUTION, 0.0, cells)
    spread = rng.uniform(0.5, 2.0, (len(mechanism.species), cells))
    clean = _densities(mechanism, boxes["air"]["clean"], air) * spread
    dirty = _densities(mechanism, boxes["air"]["polluted"], air) * spread
    city = _densities(mechanism, boxes["sources"]["city"], air, trace=0.0) / HOUR
    return Population(
        mechanism=mechanism,
        density=clean + pollution * (dirty - clean),
        clean=clean,
        sources=2.0 * pollution * rng.uniform(0.0, 1.0, cells) * city,
        exchange=1.0 / (HOUR * rng.uniform(2.0, 24.0, cells)),
        temperature=temperature,
        air=air,
        water=water,
        latitude=np.radians(rng.uniform(20.0, 45.0, cells)),
        declination=np.radians(rng.uniform(-23.4, 23.4, cells)),
        haze=rng.uniform(0.5, 1.1, cells),
        rates=_rates(mechanism, boxes["photolysis"]),
    )


def _densities(
    mechanism: GasMechanism, fractions: dict[str, float], air: Float, trace: float = TRACE
) -> Float:
    """Number densities from mole fractions in ppb; species that are not named have a trace."""
    ppb = np.array([fractions.get(name, trace) for name in mechanism.names])
    densities: Float = PART_PER_BILLION * ppb[:, None] * air
    return densities


def _rates(mechanism: GasMechanism, known: dict[str, dict[str, float]]) -> Float:
    """Fit a c^b through the rates at two zenith angles."""
    high, low = (
        np.array([known[name][rate] for rate in mechanism.photolysis])
        for name in ("noon_summer", "noon_winter")
    )
    exponent = np.log(high / low) / np.log(HIGH_SUN / LOW_SUN)
    return np.array([high / HIGH_SUN**exponent, exponent])
