"""Height of the boundary layer, and the diurnal cycle that the driver does not have.

A column of thin layers keeps the departure of virtual potential temperature from the driver's
profile. Cooling of the ground takes heat out of the lowest air (an exponential nocturnal
inversion, as deep as the layer that cools), heating mixes from the ground up as far as the heat
reaches (thermodynamic encroachment), the mean over a day stays that of the driver, and what a day
has done is forgotten in the next. The height is then the
level at which the bulk Richardson number of this column becomes critical.
"""

from typing import NamedTuple

import numpy as np

from forecast.common.constants import GRAVITY
from forecast.config.meteorology import BoundaryLayerConfig
from forecast.fields.arrays import Float
from forecast.prepare.interpolate import pick
from forecast.prepare.surface_energy import SurfaceFluxes, convective_velocity

EDGES = np.array(
    [0, 20, 40, 65, 95, 130, 170, 215, 265, 320, 380, 450, 530, 620, 720, 830, 950, 1080, 1220,
     1370, 1540, 1740, 1980, 2260, 2600, 3000, 3500], np.float64,
)  # fmt: skip
"""Interfaces of the column, m above ground."""
HEIGHTS = 0.5 * (EDGES[:-1] + EDGES[1:])
"""Middles of its layers, m above ground."""
THICKNESS = np.diff(EDGES)
"""Thickness of its layers, m."""
OFFSET = np.interp(HEIGHTS, [1000.0, 2500.0], [1.0, 0.0])[:, None, None]
"""Share of the mean anomaly that is taken off again, (nh, 1, 1)."""
LOWEST_KILOMETRE = np.where(EDGES[1:] <= 1080.0, THICKNESS, 0.0) / 1080.0
"""Weights of the mean over the lowest kilometre, (nh,)."""
THERMAL_EXCESS = 8.5
"""Excess of thermals over the air around, in units of w'theta'/w_m (Holtslag and Boville 1993)."""
LARGEST_EXCESS = 3.0
"""Largest excess of thermals, K (Hong et al. 2006, doi 10.1175/MWR3199.1)."""


class ColumnAir(NamedTuple):
    """The driver's air on the layers of the column, at one instant.

    Attributes:
        theta: Virtual potential temperature, K, (nh, ny, nx).
        speed_squared: Wind speed squared, with the reduction towards the ground and the part
            that the driver's cells do not resolve, m2 s-2, (nh, ny, nx).
    """

    theta: Float
    speed_squared: Float


class ColumnState(NamedTuple):
    """What the column remembers from hour to hour.

    Attributes:
        anomaly: What heating and cooling have done to the virtual potential temperature, K,
            (nh, ny, nx).
        mean: Its running mean over a day and over the lowest kilometre, K, (ny, nx).
        age: Hours since the column began.
        height: Boundary-layer height, m, (ny, nx).
        flux: Upward kinematic heat flux of the land times its share, K m s-1, (ny, nx).
    """

    anomaly: Float
    mean: Float
    age: int
    height: Float
    flux: Float

    @classmethod
    def start(cls, shape: tuple[int, int], options: BoundaryLayerConfig) -> "ColumnState":
        """Begin with the driver's own profile."""
        column = np.zeros((HEIGHTS.size, *shape))
        return cls(
            column,
            np.zeros(shape),
            0,
            np.full(shape, 2.0 * options.minimum_height),
            np.zeros(shape),
        )

    @property
    def departure(self) -> Float:
        """Virtual potential temperature minus the driver's, K, (nh, ny, nx).

        The driver's daily mean already holds what day and night have done on average, so the
        mean over a day and the lowest kilometre is taken off. Its levels are 600 m apart and do
        not hold the shape: taking the mean off height by height would count a lid twice.
        """
        return self.anomaly - OFFSET * self.mean


def advance(
    state: ColumnState,
    air: ColumnAir,
    fluxes: SurfaceFluxes,
    land_fraction: Float,
    coriolis: Float,
    options: BoundaryLayerConfig,
) -> ColumnState:
    """Carry the column over one hour and diagnose the boundary layer at its end.

    Only land drives the diurnal cycle: over sea the driver's profile is already adjusted to the
    surface. In stable air the height is not below `equilibrium_height`, the depth that wind alone
    stirs (the larger of the two counts, as in CALMET, Scire et al. 2000, section 2.3).

    Args:
        state: One hour ago.
        air: The driver's air now.
        fluxes: Exchange at the ground now.
        land_fraction: Share of land, (ny, nx).
        coriolis: Coriolis parameter, s-1, (ny, nx).
        options: Constants.
    """
    flux = land_fraction * fluxes.land_flux
    heat = 0.5 * (state.flux + flux) * 3600.0
    base = air.theta - OFFSET * state.mean
    theta = base + state.anomaly * np.exp(-1.0 / options.relaxation_hours)
    theta = warm(theta, np.maximum(heat, 0.0))
    theta = cool(theta, np.maximum(-heat, 0.0), state.height)
    height = richardson_height(air._replace(theta=theta), fluxes, state.height, options)
    stirred = equilibrium_height(fluxes, coriolis)
    height = np.where(fluxes.flux > 0.0, height, np.maximum(height, stirred))
    height = np.clip(height, options.minimum_height, options.maximum_height)
    anomaly = theta - base
    low = np.tensordot(LOWEST_KILOMETRE, anomaly, axes=1)
    mean = state.mean + (low - state.mean) / min(state.age + 1, 24)
    return ColumnState(anomaly, mean, state.age + 1, height, flux)


def warm(theta: Float, heat: Float) -> Float:
    """Mix from the ground up as far as the heat reaches (encroachment, Stull 1988, section 11.2).

    Layers 0..k are mixed when bringing them all to the temperature of layer k takes no more than
    the given heat; the rest of the heat warms the mixed layer. Heat is conserved exactly.
    Entrainment is left to the thermals in `richardson_height`.

    Args:
        theta: K, (nh, ny, nx).
        heat: K m, >= 0, (ny, nx).

    Returns:
        New theta. Layers without heat and without instability stay as they are.
    """
    thickness = THICKNESS[:, None, None]
    content = np.cumsum(theta * thickness, axis=0)
    needed = theta * EDGES[1:, None, None] - content
    reached = np.logical_and.accumulate(needed <= heat, axis=0)
    top = np.sum(reached, axis=0) - 1
    mixed = (pick(content, top) + heat) / EDGES[1:][top]
    result: Float = np.where(reached, mixed, theta)
    return result


def cool(theta: Float, heat: Float, depth: Float) -> Float:
    """Take heat out with an exponential profile (Stull 1983, doi 10.1007/BF00120528).

    Args:
        theta: K, (nh, ny, nx).
        heat: K m, >= 0, (ny, nx).
        depth: Height scale of the inversion, m, (ny, nx).
    """
    shape = np.exp(-HEIGHTS[:, None, None] / depth)
    shape /= np.sum(shape * THICKNESS[:, None, None], axis=0)
    result: Float = theta - heat * shape
    return result


def richardson_height(
    air: ColumnAir, fluxes: SurfaceFluxes, before: Float, options: BoundaryLayerConfig
) -> Float:
    """Height at which the bulk Richardson number becomes critical.

    Ri = (g / theta_s)(theta - theta_s)(z - z_s) / (u^2 + v^2), with s the lowest layer and the wind
    at the ground set to zero, the form that Seidel et al. (2012, doi 10.1029/2012JD018143) find
    right for data of coarse vertical resolution (Vogelezang and Holtslag 1996, doi
    10.1007/BF02430331, discuss the alternatives). When the ground heats, theta_s holds the excess
    of thermals 8.5 w'theta'/w_m, w_m^3 = u*^3 + 0.6 w*^3 (Holtslag and Boville 1993, doi
    10.1175/1520-0442(1993)006<1825:LVNBLD>2.0.CO;2), at most 3 K.

    Args:
        air: Column with its diurnal cycle.
        fluxes: Exchange at the ground.
        before: Height one hour ago, for w*, m.
        options: Critical number.

    Returns:
        m, (ny, nx); the middle of the highest layer where the number stays below.
    """
    flux = np.maximum(fluxes.flux, 0.0)
    velocity = convective_velocity(flux, before, air.theta[0])
    turbulent = np.cbrt(fluxes.friction_velocity**3 + 0.6 * velocity**3)
    excess = np.minimum(THERMAL_EXCESS * flux / turbulent, LARGEST_EXCESS)
    surface = air.theta[0] + excess
    rise = (HEIGHTS - HEIGHTS[0])[:, None, None]
    number = GRAVITY / surface * (air.theta - surface) * rise / air.speed_squared
    return _first_crossing(number, options.critical_richardson)


def _first_crossing(number: Float, critical: float) -> Float:
    """Interpolate the height at which the number first exceeds the critical one."""
    below = np.logical_and.accumulate(number <= critical, axis=0)
    last = np.sum(below, axis=0) - 1
    above = np.minimum(last + 1, HEIGHTS.size - 1)
    low, high = pick(number, last), pick(number, above)
    share = np.clip((critical - low) / np.maximum(high - low, 1.0e-9), 0.0, 1.0)
    result: Float = HEIGHTS[last] + share * (HEIGHTS[above] - HEIGHTS[last])
    return result


def equilibrium_height(fluxes: SurfaceFluxes, coriolis: Float) -> Float:
    """Depth that stable stratification and rotation allow, m.

    h = (0.3 u*/f) / (1 + 1.9 h/L), solved for h: Nieuwstadt (1981, doi 10.1007/BF00119398), which
    tends to 0.3 u*/f when neutral and to 0.4 (u* L / f)^(1/2) when stable (Zilitinkevich 1972).
    """
    neutral = 0.3 * fluxes.friction_velocity / coriolis
    inverse = np.maximum(fluxes.inverse_length, 1.0e-6)
    result: Float = (np.sqrt(1.0 + 7.6 * neutral * inverse) - 1.0) / (3.8 * inverse)
    return result
