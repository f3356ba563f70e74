"""The analysis of a field: by the local filter, or by optimal interpolation."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from forecast.assimilation.departures import Departures
from forecast.assimilation.kernels.letkf import Settings, analyse_columns, gaspari_cohn_of
from forecast.config.assimilation import AssimilationConfig, InterpolationConfig
from forecast.fields.arrays import Float, Reals

CHUNK = 256
"""Columns that a thread takes at once."""


@dataclass(frozen=True)
class Columns:
    """Columns of the model.

    Attributes:
        x: Position of the centres, m, (nx,).
        y: Position of the centres, m, (ny,).
        weight: Weight of an observation in each layer, (nz,).
    """

    x: Float
    y: Float
    weight: Float

    @property
    def places(self) -> tuple[Float, Float]:
        """Position of every column, m, (ny * nx,)."""
        x, y = np.meshgrid(self.x, self.y)
        return x.ravel(), y.ravel()


def filter_members(
    members: Reals,
    departures: Departures,
    columns: Columns,
    inflation: Float,
    options: AssimilationConfig,
    workers: int = 2,
) -> tuple[Float, Float]:
    """Update all members by the local ensemble transform Kalman filter.

    Args:
        members: Logarithms, (nmember, nz, ny, nx).
        departures: What is observed.
        columns: Where the members are given.
        inflation: Factor of the cycle before on the variance, (ny, nx).
        options: Reach and inflation.
        workers: Threads.

    Returns:
        Updated members and the new factor.
    """
    x, y = columns.places
    nmember, nz, ny, nx = members.shape
    values = np.ascontiguousarray(members.reshape(nmember, nz, -1).transpose(2, 1, 0), np.float64)
    factor = np.array(inflation, np.float64).ravel()
    taper = np.broadcast_to(columns.weight[None], (x.size, nz))
    bounds = options.inflation
    settings = Settings(
        options.reach, bounds.deviation**2, float(bounds.least), float(bounds.largest)
    )
    observed = departures.observed

    def part(begin: int) -> None:
        s = slice(begin, begin + CHUNK)
        analyse_columns(x[s], y[s], values[s], taper[s], factor[s], observed, settings)

    _together(part, range(0, x.size, CHUNK), workers)
    updated = values.transpose(2, 1, 0).reshape(nmember, nz, ny, nx)
    return updated, factor.reshape(ny, nx)


def _together(part: Callable[[int], None], begins: Iterable[int], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(part, begins))


def interpolate(departures: Departures, columns: Columns, options: InterpolationConfig) -> Float:
    """Increment of the logarithm by optimal interpolation.

    Forecast errors have the same deviation everywhere and Gaspari and Cohn's correlation of
    distance; in height the increment fades like the weight of an observation.

    Returns:
        (nz, ny, nx).
    """
    x, y = columns.places
    sites = departures.sites
    ny, nx = columns.y.size, columns.x.size
    if not departures.departure.size:
        return np.zeros((columns.weight.size, ny, nx))
    variance = options.deviation**2
    between = variance * _correlation(sites.x, sites.y, sites.x, sites.y, options.reach)
    between += np.diag(departures.error**2)
    weights = np.linalg.solve(between, departures.departure)
    ground = variance * _correlation(x, y, sites.x, sites.y, options.reach) @ weights
    increment: Float = columns.weight[:, None, None] * ground.reshape(ny, nx)
    return increment


def _correlation(x: Float, y: Float, other_x: Float, other_y: Float, reach: float) -> Float:
    """Correlation of forecast errors between places, (n, nother)."""
    distance = np.hypot(x[:, None] - other_x[None], y[:, None] - other_y[None])
    correlation: Float = gaspari_cohn_of((distance / reach).ravel()).reshape(distance.shape)
    return correlation
