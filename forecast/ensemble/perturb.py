"""What each member changes in its inputs, and how it is applied.

The perturbation of a member follows from (seed text, cycle, member) alone. m00, the control, has
none. Amplitudes and their sources: `forecast.config.ensemble` and docs/science/ensemble.md.
"""

from dataclasses import replace

import numpy as np

from forecast.common.errors import ConfigurationError
from forecast.config.ensemble import EnsembleConfig, WindPerturbation
from forecast.ensemble.random_fields import GaussianField, log_normal
from forecast.fields.arrays import Float, Single
from forecast.fields.meteorology import MeteorologyHour
from forecast.fields.perturbation import Perturbation
from forecast.grid.domain import Domain

CONTROL = "m00"
"""Name of the unperturbed member."""
NOMINAL_PRESSURE = 101325.0
"""Surface pressure with which the stream function is given its mass, Pa."""
SCALE_HEIGHT = 8000.0
"""Scale height that turns the pressure of a layer into a nominal height, m."""


def perturb(
    cycle: str, member: str, domain: Domain, sectors: tuple[str, ...], options: EnsembleConfig
) -> Perturbation:
    """Make the perturbation of one member.

    Args:
        cycle: Name of the cycle.
        member: Name of the member.
        domain: Where.
        sectors: Emission sectors, in the order wanted.
        options: Amplitudes and correlation lengths.

    Returns:
        Factors with mean one over many members, and a stream function with mean zero; ones and
        zeros for the control.

    Raises:
        ConfigurationError: A sector has no amplitude.
    """
    unknown = [sector for sector in sectors if sector not in options.emission.sigma]
    if unknown:
        msg = (
            f"The emission sectors {unknown} have no amplitude in ensemble.emission.sigma, which "
            f"names {sorted(options.emission.sigma)}; add them there (0 leaves them unperturbed)."
        )
        raise ConfigurationError(msg)
    if member == CONTROL:
        return _control(domain, sectors)
    stem = f"{options.seed}|{cycle}|{member}"
    grid, mixing = domain.horizontal, options.mixing

    def factor(name: str, length: float, sigma: float) -> Float:
        field = GaussianField.draw(f"{stem}|{name}", length)
        return log_normal(field.on_grid(grid.x_centre, grid.y_centre), sigma)

    emission, length = options.emission, mixing.correlation_length
    return Perturbation(
        member=member,
        sectors=sectors,
        emission_factor=np.stack(
            [
                factor(f"emission/{name}", emission.correlation_length, emission.sigma[name])
                for name in sectors
            ]
        ),
        boundary_layer_factor=factor("boundary_layer", length, mixing.boundary_layer_sigma),
        diffusivity_factor=factor("diffusivity", length, mixing.diffusivity_sigma),
        stream_function=_stream_function(stem, domain, options.wind),
    )


def _control(domain: Domain, sectors: tuple[str, ...]) -> Perturbation:
    nz, ny, nx = domain.shape
    return Perturbation(
        member=CONTROL,
        sectors=sectors,
        emission_factor=np.ones((len(sectors), ny, nx)),
        boundary_layer_factor=np.ones((ny, nx)),
        diffusivity_factor=np.ones((ny, nx)),
        stream_function=np.zeros((nz, ny + 1, nx + 1)),
    )


def _stream_function(stem: str, domain: Domain, wind: WindPerturbation) -> Float:
    """Mass stream function at corners, kg s-1.

    A stream function of variance S^2 and correlation exp(-r^2 / 2 L^2) gives each wind component
    the variance (S / L)^2, so a vector of root mean square R asks for S = R L / sqrt(2). Two
    independent fields are mixed with the height so that distant layers decorrelate.
    """
    pressure = domain.levels.pressure_full(np.array(NOMINAL_PRESSURE))
    height = -SCALE_HEIGHT * np.log(pressure / NOMINAL_PRESSURE)
    growth = 1.0 - np.exp(-height / wind.growth_height)
    rms = wind.rms_surface + (wind.rms_aloft - wind.rms_surface) * growth
    mass = domain.levels.layer_mass(np.array(NOMINAL_PRESSURE))
    amplitude = mass * rms * wind.correlation_length / np.sqrt(2.0)
    turn = 0.5 * np.pi * np.minimum(height / wind.decorrelation_height, 1.0)
    grid = domain.horizontal
    low, high = (
        GaussianField.draw(f"{stem}|wind/{index}", wind.correlation_length).on_grid(
            grid.x_edge, grid.y_edge
        )
        for index in range(2)
    )
    pattern = np.cos(turn)[:, None, None] * low + np.sin(turn)[:, None, None] * high
    stream: Float = amplitude[:, None, None] * pattern
    return stream


def perturb_hour(hour: MeteorologyHour, perturbation: Perturbation) -> MeteorologyHour:
    """Apply a perturbation to one hour of meteorology, of the domain or of a tile of both.

    Changed are the horizontal mass fluxes (by a part without divergence) and the height of the
    boundary layer. The diffusivity is diagnosed later: multiply it by `diffusivity_factor`. The
    wind speed at 10 m stays as it is, so that deposition and diagnosed turbulence do not change.

    Returns:
        A new record; the control's is the one given.
    """
    if perturbation.member == CONTROL:
        return hour
    flux_x, flux_y = flux_increments(perturbation.stream_function)
    return replace(
        hour,
        mass_flux_x=_single(hour.mass_flux_x + flux_x),
        mass_flux_y=_single(hour.mass_flux_y + flux_y),
        boundary_layer_height=_single(
            hour.boundary_layer_height * perturbation.boundary_layer_factor
        ),
    )


def flux_increments(stream_function: Float) -> tuple[Float, Float]:
    """Turn a mass stream function into face fluxes without divergence in any cell.

    Args:
        stream_function: At corners, kg s-1, (nz, ny + 1, nx + 1).

    Returns:
        Flux through west faces, (nz, ny, nx + 1), and through south faces, (nz, ny + 1, nx), both
        kg s-1.
    """
    return -np.diff(stream_function, axis=1), np.diff(stream_function, axis=2)


def sector_factors(perturbation: Perturbation, sectors: tuple[str, ...]) -> Float | None:
    """Emission factors in the order of an inventory, (sector, y, x); None for the control.

    Raises:
        ConfigurationError: The perturbation was made for other sectors.
    """
    missing = [sector for sector in sectors if sector not in perturbation.sectors]
    if missing:
        msg = (
            f"The perturbation of member '{perturbation.member}' has no factor for the sectors "
            f"{missing}; make it again with the sectors of this inventory."
        )
        raise ConfigurationError(msg)
    if perturbation.member == CONTROL:
        return None
    order = [perturbation.sectors.index(sector) for sector in sectors]
    chosen: Float = perturbation.emission_factor[order]
    return chosen


def _single(values: Float) -> Single:
    return values.astype(np.float32)
