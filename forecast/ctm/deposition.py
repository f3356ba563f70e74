"""Dry deposition velocities over the land use of each cell.

Gases: v = 1 / (r_a + r_b + r_c), with the surface resistances of Wesely (1989, doi
10.1016/0004-6981(89)90153-4) and the corrections of Walmsley and Wesely (1996, doi
10.1016/1352-2310(95)00403-3), for each class of land use and weighted by area. Particles: Zhang et
al. (2001, doi 10.1016/S1352-2310(00)00326-5), or their scheme with the coefficients of Emerson et
al. (2020, doi 10.1073/pnas.2014761117). See docs/science/deposition.md.
"""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.removal import Gas, ParticleKind, Removal, SurfaceRule
from forecast.chemistry.solubility import TERMS
from forecast.config.deposition import (
    ColdScheme,
    DepositionConfig,
    DryScheme,
    ParticleScheme,
)
from forecast.ctm.kernels.uptake import (
    GasSets,
    Land,
    ParticleSets,
    Weather,
    gas_velocities,
    particle_velocities,
)
from forecast.ctm.particle_motion import (
    MOST_HUMID,
    diffusivity,
    growth_factor,
    settling_velocity,
    size_nodes,
    viscosity,
    wet_density,
)
from forecast.ctm.process import Ground, Hour
from forecast.ctm.surfaces import Surfaces
from forecast.fields.arrays import Float, Single
from forecast.grid.land import ROUGHNESS, Season
from forecast.grid.season import VegetationSeason
from forecast.prepare.diagnose import saturation_humidity
from forecast.prepare.similarity import stable_momentum, unstable_heat, unstable_momentum

PRANDTL = 0.72
"""Prandtl number of air (Wesely and Hicks 1977)."""
VAPOUR_DIFFUSIVITY = 2.3e-5
"""Diffusivity of water vapour, m2 s-1 (Massman 1998, near 280 K)."""
AIR_VISCOSITY = 1.4e-5
"""Kinematic viscosity of air near 280 K, m2 s-1."""
SULFUR_DIOXIDE_SOLUBILITY = 1.0e5
"""Effective Henry constant of SO2 in Wesely's table, M atm-1: what the resistances to SO2 belong
to. Its own temperature dependence is not applied, since they were measured for SO2 itself."""
NODES = 3
"""Sizes that stand for the distribution of one kind of particles."""
LEVELS = 39
"""Humidities of the tables, from 0 to `MOST_HUMID`."""
TABLE_TEMPERATURE, TABLE_PRESSURE = 280.0, 1.0e5
"""Air of the tables of particles, K and Pa: sizes vary far more than the air near the ground."""
DEW = 0.19
"""Dew forms where (1 - humidity) (wind at 10 m + 0.6 m s-1) is below this, m s-1 (as RADM and
CAMx)."""
FROST = 273.15
"""Temperature below which there is no dew, K."""
SUMMERLY = (VegetationSeason.MIDSUMMER, VegetationSeason.AUTUMN)
"""Seasons with the roughness of summer."""
_RULES = {SurfaceRule.MIXED: 0, SurfaceRule.SULFUR_DIOXIDE: 1, SurfaceRule.OZONE: 2}


@dataclass(frozen=True)
class Velocities:
    """Deposition velocities at the middle of the lowest layer, m s-1, (nspecies, ny, nx) each.

    Attributes:
        turbulent: By turbulence and uptake.
        settling: By settling, zero for gases.
    """

    turbulent: Single
    settling: Single


def gas_sets(gases: list[Gas], options: DepositionConfig) -> GasSets:
    """Bring properties of gases into the order of the kernel."""
    size, warmth = np.zeros((TERMS, len(gases))), np.zeros((TERMS, len(gases)))
    for n, gas in enumerate(gases):
        if gas.entry.rule is SurfaceRule.SULFUR_DIOXIDE:
            size[0, n] = SULFUR_DIOXIDE_SOLUBILITY
        else:
            size[:, n], warmth[:, n] = gas.entry.terms(options.surface_ph)
    ratio = np.array([gas.diffusivity_ratio for gas in gases])
    schmidt = AIR_VISCOSITY * ratio / VAPOUR_DIFFUSIVITY
    return GasSets(
        size,
        warmth,
        np.array([gas.entry.reactivity for gas in gases], np.float32),
        ratio.astype(np.float32),
        ((schmidt / PRANDTL) ** (2.0 / 3.0)).astype(np.float32),
        np.array([_RULES[gas.entry.rule] for gas in gases], np.int64),
        options.least_resistance,
    )


def particle_sets(
    kinds: list[ParticleKind], surfaces: Surfaces, options: DepositionConfig
) -> ParticleSets:
    """Tabulate kinds of particles over humidity.

    Diffusion: Sc^-gamma of the class (Zhang et al. 2001, equation 6), or 0.2 Sc^(-2/3) of Emerson
    et al. (2020), whose constants of impaction and interception stand beside it.
    """
    emerson = options.particle_scheme is ParticleScheme.EMERSON_2020
    humidity = np.linspace(0.0, MOST_HUMID, LEVELS)
    shape = (len(kinds), LEVELS, NODES)
    settling, wide, schmidt = np.zeros(shape), np.zeros(shape), np.ones(shape)
    weight = np.zeros((len(kinds), NODES))
    for n, kind in enumerate(kinds):
        nodes, weight[n] = size_nodes(kind, NODES)
        growth = growth_factor(kind.hygroscopicity * options.humidity_growth, humidity)
        wide[n] = nodes * growth[:, None]
        air = (TABLE_TEMPERATURE, TABLE_PRESSURE)
        settling[n] = settling_velocity(wide[n], wet_density(kind, growth)[:, None], *air)
        density = TABLE_PRESSURE / (287.0 * TABLE_TEMPERATURE)
        kinematic = viscosity(TABLE_TEMPERATURE) / density
        schmidt[n] = kinematic / diffusivity(wide[n], *air)
    exponents = np.full(surfaces.gamma.shape, 2.0 / 3.0) if emerson else surfaces.gamma
    brownian = (0.2 if emerson else 1.0) * schmidt ** -exponents[:, None, None, None]
    return ParticleSets(
        settling,
        wide,
        brownian,
        weight,
        float(humidity[1]),
        3.0,
        np.array([0.4, 1.7] if emerson else [1.0, 2.0]),
        np.array([2.5, 0.8] if emerson else [0.5, 2.0]),
    )


class DryDeposition:
    """Deposition velocities of all species on a tile."""

    def __init__(
        self, removal: Removal, surfaces: Surfaces, options: DepositionConfig, ground: Ground
    ) -> None:
        """Keep what does not change in time.

        Args:
            removal: Properties of the species.
            surfaces: The table of surfaces.
            options: Schemes and limits.
            ground: Land use and season of the tile.
        """
        self._options = options
        self._season = np.asarray(ground.season, np.int64)
        self._roughness = np.asarray(ground.roughness_length, np.float64)
        self._land = _land(surfaces, ground)
        gases = [gas for gas in removal.gases if gas is not None]
        kinds = [kind for kind in removal.particles if kind is not None]
        self._gases = list(dict.fromkeys(map(_key, gases)))
        self._kinds = list(dict.fromkeys(kinds))
        distinct = [gases[[*map(_key, gases)].index(key)] for key in self._gases]
        self._gas_sets = gas_sets(distinct, options)
        self._particle_sets = particle_sets(self._kinds, surfaces, options)
        sinks = np.array(removal.coarse) & options.settling
        self._falls_here = np.where(sinks, 0.0, 1.0).astype(np.float32)[:, None, None]
        self._gas_of = [-1 if g is None else self._gases.index(_key(g)) for g in removal.gases]
        self._kind_of = [-1 if k is None else self._kinds.index(k) for k in removal.particles]

    def velocities(self, hour: Hour) -> Single:
        """Velocities that act on the lowest layer while it is mixed, m s-1, (nspecies, ny, nx).

        Coarse particles reach the ground by settling as a process of its own, if that is on.
        """
        parts = self.parts(hour)
        return parts.turbulent + parts.settling * self._falls_here

    def parts(self, hour: Hour) -> Velocities:
        """Deposition velocities in an hour, by what causes them."""
        ny, nx = self._season.shape
        shape = (len(self._gas_of), ny, nx)
        result = Velocities(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
        if self._options.dry is DryScheme.NONE:
            return result
        weather = self._weather(hour)
        gases = np.zeros((len(self._gases), ny, nx), np.float32)
        if self._gases:
            gas_velocities(weather, self._land, self._gas_sets, gases)
        particles = np.zeros((2, len(self._kinds), ny, nx), np.float32)
        if self._kinds:
            particle_velocities(weather, self._land, self._particle_sets, *particles)
        largest = np.float32(self._options.largest_velocity)
        for species, (gas, kind) in enumerate(zip(self._gas_of, self._kind_of, strict=True)):
            if gas >= 0:
                np.minimum(gases[gas], largest, out=result.turbulent[species])
            elif kind >= 0:
                np.minimum(particles[0, kind], largest, out=result.turbulent[species])
                np.minimum(particles[1, kind], largest, out=result.settling[species])
        return result

    def _weather(self, hour: Hour) -> Weather:
        """Collect what the kernels need of an hour."""
        middle = hour.middle
        temperature = np.asarray(middle.air_temperature_2m, np.float64)
        inverse = np.asarray(middle.inverse_obukhov_length, np.float64)
        height = np.maximum(hour.z_full[0], 2.0 * self._roughness)
        stable, unstable = height * np.maximum(inverse, 0.0), height * np.minimum(inverse, 0.0)
        momentum = stable_momentum(stable) - unstable_momentum(unstable)
        saturated = saturation_humidity(
            np.asarray(middle.surface_pressure, np.float64), temperature
        )
        humidity = np.clip(middle.specific_humidity[0] / saturated, 0.0, 1.0)
        raining = hour.fluxes.precipitation_flux > 0.0
        cold = temperature < self._options.snow_temperature
        growing, added = _cold(self._options.cold, temperature)
        dew = (1.0 - humidity) * (middle.wind_speed_10m + 0.6) < DEW
        wetness = np.where(raining & ~cold, 2, np.where(dew & (temperature > FROST), 1, 0))
        return Weather(
            np.maximum(np.asarray(middle.friction_velocity, np.float64), 1.0e-3),
            np.maximum(np.log(height / self._roughness) + momentum, 0.5),
            np.log(height),
            momentum,
            stable_momentum(stable) - unstable_heat(unstable),
            temperature,
            np.asarray(middle.downwelling_shortwave, np.float64),
            humidity,
            growing,
            added,
            wetness.astype(np.int64),
            np.where(raining & cold, int(VegetationSeason.WINTER), self._season),
        )


def _key(gas: Gas) -> tuple[object, ...]:
    """Everything that makes gases deposit alike."""
    entry = gas.entry
    ions = (entry.henry, entry.warmth, entry.acid, entry.base)
    return (*ions, entry.reactivity, entry.rule, gas.diffusivity_ratio)


def _land(surfaces: Surfaces, ground: Ground) -> Land:
    """Join land use and its tables."""
    roughness = np.array(
        [
            ROUGHNESS[Season.SUMMER if season in SUMMERLY else Season.WINTER]
            for season in VegetationSeason
        ]
    ).T
    return Land(
        np.ascontiguousarray(ground.land_use, np.float64),
        np.ascontiguousarray(np.log(roughness)),
        surfaces.resistance,
        surfaces.urban,
        surfaces.water,
        surfaces.alpha,
        surfaces.radius,
        surfaces.wet,
    )


def _cold(scheme: ColdScheme, temperature: Float) -> tuple[Float, Float]:
    """Factor and addition of cold to surface resistances.

    Zhang et al. (2003, doi 10.5194/acp-3-2067-2003): exp(0.2 (-1 - T)), from 1 to 2. Wesely (1989):
    1000 exp(-T - 4) s m-1; T in degrees C.
    """
    celsius = temperature - 273.15
    if scheme is ColdScheme.ZHANG_2003:
        return np.clip(np.exp(0.2 * (-1.0 - celsius)), 1.0, 2.0), np.zeros_like(celsius)
    return np.ones_like(celsius), np.minimum(1000.0 * np.exp(-celsius - 4.0), 1.0e10)
