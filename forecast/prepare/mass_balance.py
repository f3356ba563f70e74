"""Horizontal air-mass fluxes whose column convergence is the driving surface-pressure tendency.

Interpolated winds do not conserve mass: their column convergence differs from the tendency of the
interpolated surface pressure. A barotropic potential wind takes the difference up: its potential
solves a Poisson equation over the cells, with the potential zero outside of the domain, so that
the net in-flow through the sides matches the total tendency at the same time. The correction is
shared out over the layers in proportion to their mass, the least change of kinetic energy that
removes the difference. Vertical fluxes then follow from continuity in the transport model; here
they are only computed for checks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import splu

from forecast.common.constants import GRAVITY
from forecast.fields.arrays import Float
from forecast.grid.domain import Domain

HOUR = 3600.0
"""Length of a record, s."""


def face_fluxes(
    domain: Domain, surface_pressure: Float, wind_x: Float, wind_y: Float
) -> tuple[Float, Float]:
    """Mass fluxes of interpolated winds: layer mass, wind and length of each face.

    Mass and wind of a face are means of the two cells beside it; at the sides of the domain those
    of the one cell. The length is the cell size over the map factor of the face.

    Args:
        domain: Cells and layers.
        surface_pressure: Pa, (ny, nx).
        wind_x: Along x, m s-1, (nz, ny, nx).
        wind_y: Along y, m s-1, (nz, ny, nx).

    Returns:
        kg s-1 through west faces (nz, ny, nx + 1) and south faces (nz, ny + 1, nx).
    """
    grid = domain.horizontal
    mass = domain.levels.layer_mass(surface_pressure)
    length_x = grid.cell_size / grid.map_factor_x
    length_y = grid.cell_size / grid.map_factor_y
    flux_x = on_faces(mass, 2) * on_faces(wind_x, 2) * length_x
    flux_y = on_faces(mass, 1) * on_faces(wind_y, 1) * length_y
    return flux_x, flux_y


def on_faces(values: Float, axis: int) -> Float:
    """Average neighbours along an axis; the outermost faces take the value beside them."""
    values = np.moveaxis(values, axis, -1)
    middle = 0.5 * (values[..., :-1] + values[..., 1:])
    faces = np.concatenate([values[..., :1], middle, values[..., -1:]], axis=-1)
    return np.moveaxis(faces, -1, axis)


def convergence(flux_x: Float, flux_y: Float) -> Float:
    """Net horizontal flux into each cell, kg s-1, (..., ny, nx)."""
    into: Float = flux_x[..., :-1] - flux_x[..., 1:] + flux_y[..., :-1, :] - flux_y[..., 1:, :]
    return into


def mass_tendency(domain: Domain, before: Float, after: Float) -> Float:
    """Rate at which columns gain air over an hour, kg s-1, (ny, nx).

    Args:
        domain: Cells.
        before: Surface pressure at the start, Pa, (ny, nx).
        after: At the end.
    """
    rate: Float = (after - before) * domain.horizontal.cell_area / (GRAVITY * HOUR)
    return rate


@dataclass(frozen=True)
class MassBalance:
    """The factorised Poisson operator of one domain.

    Attributes:
        domain: Cells and layers.
        conductance_x: Mass per potential of west faces, kg m-2, (ny, nx + 1).
        conductance_y: Of south faces, kg m-2, (ny + 1, nx).
        solver: Sparse factors of the operator.
        operator: The operator itself, for the refinement of solutions.
    """

    domain: Domain
    conductance_x: Float
    conductance_y: Float
    solver: Any
    operator: Any

    @classmethod
    def build(cls, domain: Domain, surface_pressure: Float) -> "MassBalance":
        """Factorise once for a run.

        Any positive conductances give an exact balance; those of a typical surface pressure make
        the correction a nearly uniform wind in the vertical.

        Args:
            domain: Cells and layers.
            surface_pressure: Typical values, Pa, (ny, nx).
        """
        mass = domain.levels.layer_mass(surface_pressure).sum(axis=0)
        # face length over distance of centres is 1 on a conformal map
        across, along = on_faces(mass, 1), on_faces(mass, 0)
        operator = _poisson(across, along)
        return cls(domain, across, along, splu(operator), operator)

    def correct(
        self, flux_x: Float, flux_y: Float, before: Float, after: Float
    ) -> tuple[Float, Float]:
        """Make the column convergence equal to the tendency of surface pressure.

        Args:
            flux_x: Mean of the hour through west faces, kg s-1, (nz, ny, nx + 1).
            flux_y: Through south faces, kg s-1, (nz, ny + 1, nx).
            before: Surface pressure at its start, Pa, (ny, nx).
            after: At its end, Pa, (ny, nx).

        Returns:
            The corrected fluxes, float64.
        """
        missing = mass_tendency(self.domain, before, after)
        missing = missing - convergence(flux_x, flux_y).sum(axis=0)
        potential = self._solve(missing.ravel()).reshape(missing.shape)
        rim = np.pad(potential, 1)
        column_x = self.conductance_x * (rim[1:-1, :-1] - rim[1:-1, 1:])
        column_y = self.conductance_y * (rim[:-1, 1:-1] - rim[1:, 1:-1])
        mass = self.domain.levels.layer_mass(0.5 * (before + after))
        share_x, share_y = on_faces(mass, 2), on_faces(mass, 1)
        share_x /= share_x.sum(axis=0)
        share_y /= share_y.sum(axis=0)
        return flux_x + share_x * column_x, flux_y + share_y * column_y

    def _solve(self, missing: Float) -> Float:
        potential = self.solver.solve(missing)
        refined: Float = potential + self.solver.solve(missing - self.operator @ potential)
        return refined


def _poisson(across: Float, along: Float) -> Any:
    """Operator from potential to convergence of its flux, potential 0 outside, csc."""
    ny, nx = across.shape[0], along.shape[1]
    cell = np.arange(ny * nx).reshape(ny, nx)
    diagonal = across[:, :-1] + across[:, 1:] + along[:-1] + along[1:]
    west, east = cell[:, :-1].ravel(), cell[:, 1:].ravel()
    south, north = cell[:-1].ravel(), cell[1:].ravel()
    inner_x, inner_y = across[:, 1:-1].ravel(), along[1:-1].ravel()
    rows = np.concatenate([cell.ravel(), west, east, south, north])
    columns = np.concatenate([cell.ravel(), east, west, north, south])
    values = np.concatenate([-diagonal.ravel(), inner_x, inner_x, inner_y, inner_y])
    return csc_array(coo_array((values, (rows, columns)), (ny * nx, ny * nx)))


def vertical_fluxes(
    domain: Domain, flux_x: Float, flux_y: Float, before: Float, after: Float
) -> Float:
    """Upward fluxes that continuity asks for, integrated from the ground.

    Args:
        domain: Cells and layers.
        flux_x: Mean of the hour, kg s-1, (nz, ny, nx + 1).
        flux_y: kg s-1, (nz, ny + 1, nx).
        before: Surface pressure at the start of the hour, Pa, (ny, nx).
        after: At its end, Pa, (ny, nx).

    Returns:
        kg s-1 through interfaces, upward, (nz + 1, ny, nx); what is left at the top is the
        imbalance of the column.
    """
    levels, area = domain.levels, domain.horizontal.cell_area
    growth = (levels.layer_mass(after) - levels.layer_mass(before)) * area / HOUR
    surplus = convergence(flux_x, flux_y) - growth
    upward = np.zeros((surplus.shape[0] + 1, *surplus.shape[1:]))
    np.cumsum(surplus, axis=0, out=upward[1:])
    return upward
