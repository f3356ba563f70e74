"""Published tests of horizontal advection, run with the sweeps of the model.

* Rotating cone (Anderson and Fattahi 1974; Smolarkiewicz 1984): a cone on a plane of 101 x 101
  cells goes round six times.
* Deformational flow on the sphere (Nair and Lauritzen 2010, doi 10.1016/j.jcp.2010.08.014, case 4;
  Lauritzen et al. 2012, doi 10.5194/gmd-5-887-2012): two hills are drawn out into filaments and
  return, while they go once around the sphere. Run on a longitude-latitude grid, where all fluxes
  at the poles vanish.
* Smooth waves that cross a periodic plane, for the order of convergence.

Fluxes come from stream functions, so no cell has divergence and a cell's mass is its area.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecast.config.transport import TransportConfig
from forecast.ctm.horizontal import HorizontalSweeps
from forecast.ctm.process import Step
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Single
from forecast.fields.boundary import BoundaryHour
from forecast.parallel.comm import SerialComm
from forecast.parallel.decomposition import Decomposition

StreamFunction = Callable[[float], Float]
"""Stream function at cell corners, (ny + 1, nx + 1), at a time."""


@dataclass(frozen=True)
class AdvectionCase:
    """A flow, an initial field and the exact result.

    Attributes:
        area: Of the cells, (ny, nx).
        stream: Stream function: -d/dy is the flux to the east, d/dx the flux to the north.
        initial: Field at the start, (ny, nx).
        exact: Field at the end, (ny, nx).
        duration: Length of the run.
        steps: Number of steps.
        periodic: Whether the domain is periodic in (y, x).
    """

    area: Float
    stream: StreamFunction
    initial: Float
    exact: Float
    duration: float
    steps: int
    periodic: tuple[bool, bool]


@dataclass(frozen=True)
class Norms:
    """Errors at the end, normalised by the exact field, weighted with area.

    Attributes:
        l1: Mean of the absolute error over the mean of the field.
        l2: The same for squares.
        largest: Largest error over the largest value.
        minimum: Smallest value.
        maximum: Largest value.
    """

    l1: float
    l2: float
    largest: float
    minimum: float
    maximum: float


def run_case(case: AdvectionCase) -> Float:
    """Advect the initial field to the end.

    Returns:
        The final field, (ny, nx), float64.
    """
    ny, nx = case.area.shape
    layout = Decomposition(ny, nx, 1, 1, periodic_y=case.periodic[0], periodic_x=case.periodic[1])
    tile = layout.tile(0)
    state = TileState.empty(tile, 1, 1)
    state.own_ratio[0, 0] = case.initial
    state.own_mass[0] = case.area
    crossing = (np.zeros((1, ny, nx)), np.zeros((1, ny, nx)))
    sweeps = HorizontalSweeps(SerialComm(), tile, 1, TransportConfig(), crossing)
    rim = np.float32(case.initial[0, 0])
    west, south = np.full((1, 1, ny), rim), np.full((1, 1, nx), rim)
    outside = BoundaryHour(west, west, south, south)
    length = case.duration / case.steps
    for number in range(case.steps):
        flux = _fluxes(case.stream((number + 0.5) * length))
        sweeps.advance(state, flux, outside, Step(number, length), 0)
    final: Float = state.own_ratio[0, 0].astype(np.float64)
    return final


def _fluxes(stream: Float) -> tuple[Single, Single]:
    """Fluxes through west and south faces, (1, ny, nx + 1) and (1, ny + 1, nx)."""
    east = -np.diff(stream, axis=0)[None]
    north = np.diff(stream, axis=1)[None]
    return east.astype(np.float32), north.astype(np.float32)


def norms(case: AdvectionCase, final: Float) -> Norms:
    """Compare a final field with the exact one."""
    error = np.abs(final - case.exact)
    weight = case.area / case.area.sum()
    return Norms(
        l1=float((weight * error).sum() / (weight * np.abs(case.exact)).sum()),
        l2=float(np.sqrt((weight * error**2).sum() / (weight * case.exact**2).sum())),
        largest=float(error.max() / np.abs(case.exact).max()),
        minimum=float(final.min()),
        maximum=float(final.max()),
    )


def rotating_cone(rotations: int = 6) -> AdvectionCase:
    """A cone of height 4 and radius 15 on a background of 1, 25 cells from the axis."""
    cells, spin, step = 101, 0.1, 0.1
    corner = np.arange(cells + 1) - 0.5 - 50.0
    stream = -0.5 * spin * (corner[:, None] ** 2 + corner[None, :] ** 2)
    i, j = np.meshgrid(np.arange(cells), np.arange(cells))
    distance = np.hypot(i - 50.0, j - 75.0)
    cone = 1.0 + np.maximum(4.0 * (1.0 - distance / 15.0), 0.0)
    steps = 628 * rotations
    return AdvectionCase(
        np.ones((cells, cells)), lambda _: stream, cone, cone, steps * step, steps, (False, False)
    )


def deformational_flow(
    degrees: float, *, smooth: bool = False, largest_courant: float = 0.9
) -> AdvectionCase:
    """Non-divergent deformation with background rotation on the sphere of radius 1, period 5.

    Args:
        degrees: Grid distance, a divisor of 180.
        smooth: Gaussian hills instead of cosine bells.
        largest_courant: Sets the number of steps.
    """
    period, strength = 5.0, 2.0
    ny = round(180.0 / degrees)
    nx = 2 * ny
    longitude = np.linspace(0.0, 2.0 * np.pi, nx + 1)
    latitude = np.linspace(-0.5 * np.pi, 0.5 * np.pi, ny + 1)[:, None]
    area = np.diff(np.sin(latitude), axis=0) * (longitude[1] - longitude[0]) * np.ones((1, nx))

    def stream(time: float) -> Float:
        turned = longitude[None, :] - 2.0 * np.pi * time / period
        swing = np.cos(np.pi * time / period)
        wave = strength * np.sin(turned) ** 2 * np.cos(latitude) ** 2 * swing
        result: Float = wave - 2.0 * np.pi * np.sin(latitude) / period
        return result

    lon = 0.5 * (longitude[1:] + longitude[:-1])[None, :]
    lat = 0.5 * (latitude[1:] + latitude[:-1])
    shape = _gaussian_hills if smooth else _cosine_bells
    field = shape(lon, lat)
    fastest = 2.0 * strength + 2.0 * np.pi / period
    steps = int(np.ceil(period * fastest / (largest_courant * (longitude[1] - longitude[0]))))
    return AdvectionCase(area, stream, field, field, period, steps, (False, True))


def _cosine_bells(lon: Float, lat: Float) -> Float:
    """0.1 plus 0.9 times two bells of radius 1/2 (Lauritzen et al. 2012, section 3.1.2)."""
    field = np.full(np.broadcast_shapes(lon.shape, lat.shape), 0.1)
    for middle in (5.0 * np.pi / 6.0, 7.0 * np.pi / 6.0):
        distance = np.arccos(np.clip(np.cos(lat) * np.cos(lon - middle), -1.0, 1.0))
        field += 0.9 * np.where(distance < 0.5, 0.5 * (1.0 + np.cos(2.0 * np.pi * distance)), 0.0)
    return field


def _gaussian_hills(lon: Float, lat: Float) -> Float:
    """Two hills of width 5 and height 0.95 (Lauritzen et al. 2012, section 3.1.1)."""
    field = np.zeros(np.broadcast_shapes(lon.shape, lat.shape))
    for middle in (5.0 * np.pi / 6.0, 7.0 * np.pi / 6.0):
        squared = 2.0 - 2.0 * np.cos(lat) * np.cos(lon - middle)
        field += 0.95 * np.exp(-5.0 * squared)
    return field


def diagonal_waves(cells: int, courant: float = 0.4) -> AdvectionCase:
    """A smooth hill that crosses a periodic unit square once, to the north-east.

    Args:
        cells: Each way.
        courant: Courant number of each sweep.
    """
    size = 1.0 / cells
    corner = np.linspace(0.0, 1.0, cells + 1)
    stream = (corner[None, :] - corner[:, None]) * size
    fine = (np.arange(4 * cells) + 0.5) / (4 * cells)
    profile = np.exp(2.0 * (np.cos(2.0 * np.pi * (fine - 0.3)) - 1.0))
    mean = profile.reshape(cells, 4).mean(axis=1)
    field = mean[:, None] * mean[None, :]
    area = np.full((cells, cells), size**2)
    steps = round(cells / courant)
    scaled = stream / size  # flux of air with unit speed through faces of this size
    return AdvectionCase(area, lambda _: scaled, field, field, 1.0, steps, (True, True))
