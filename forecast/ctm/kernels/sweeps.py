"""One-dimensional sweeps of tracers and air: piecewise parabolic, flux form, monotone.

The subgrid parabola of Colella and Woodward (1984, doi 10.1016/0021-9991(84)90143-8) with the
monotone constraint of Lin (2004, doi 10.1175/1520-0493(2004)132<2293:AVLFDC>2.0.CO;2, appendix B).
With mismatch d (half the limited slope) and face value b:

    d_i = sign(s) min(|s|, max(q) - q_i, q_i - min(q)),  s = (q_(i+1) - q_(i-1)) / 4,
          extrema over the cells i - 1, i, i + 1
    b_(i-1/2) = (q_(i-1) + q_i) / 2 + (d_(i-1) - d_i) / 3
    l_i = -sign(d_i) min(|2 d_i|, |b_(i-1/2) - q_i|)     left edge, relative to q_i
    r_i =  sign(d_i) min(|2 d_i|, |b_(i+1/2) - q_i|)     right edge

A face with Courant number c (share of the upwind cell's air that passes) carries the mean of the
upwind cell's parabola over that share: q + (1 - |c|) (e - |c| (l + r)), e the edge at the face.

Cells are updated as q + f_low (q_low - q) - f_high (q_high - q), f the mass of air through a face
over the new mass of the cell. In this form a uniform mixing ratio stays as it is, bit for bit.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS, HALO, LANES, lane_groups, row_width

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

PASS = 128
"""Length of every loop of the x sweep: whole vectors; longer ones are no faster, and a plane of a
small tile fills no more than a few."""
BLOCK = PASS - 4
"""Cells of a plane that come out right of one pass; the stencil takes the rest."""
SLOT = PASS + 16
# places of the x sweep's arrays in one flat work array; literal offsets let loops be vectorised
RATIO, SLOPE, LEFT, RIGHT, FACE = 0, SLOT, 2 * SLOT, 3 * SLOT, 4 * SLOT
X_WORK = 5 * SLOT
# places of the y sweep's arrays
Y_SLOPE, Y_FACE, Y_RIGHT, Y_SUM, Y_FLUX, Y_NEW = (LANES * n for n in range(6))
Y_WORK = 6 * LANES
# places of the three weights of a row of the y sweep
LOW, HIGH = LANES, 2 * LANES
Y_ROW = 3 * LANES

QUARTER = np.float32(0.25)
THIRD = np.float32(1.0 / 3.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
ZERO = np.float32(0.0)


class SweepWork(NamedTuple):
    """Work arrays of the sweeps of one tile; what is never written stays zero.

    Attributes:
        courant: Courant number of west faces, a plane in flat order and a block more.
        low: Air through the west face over the cell's new mass, the same shape.
        high: Air through the east face over the cell's new mass, the same shape.
        rows: The same three for the y sweep, (groups, ny + 1, 3 * LANES); row j holds the Courant
            number of the south face of cells j and the weights of cells j - 1.
        x: Work of one block of the x sweep.
        y: Work of one group of the y sweep.
    """

    courant: np.ndarray
    low: np.ndarray
    high: np.ndarray
    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray


def sweep_work(ny: int, nx: int) -> SweepWork:
    """Make the work arrays for a tile of ny x nx cells."""
    size = ny * row_width(nx) + PASS
    return SweepWork(
        np.zeros(size, np.float32),
        np.zeros(size, np.float32),
        np.zeros(size, np.float32),
        np.zeros((lane_groups(nx), ny + 1, Y_ROW), np.float32),
        np.zeros(X_WORK, np.float32),
        np.zeros(Y_WORK, np.float32),
    )


@njit(**FLAGS)
def mismatch(before, here, after):
    """Half the slope of a cell, limited so that no new extremum can arise (d above)."""
    slope = QUARTER * (after - before)
    above = max(max(before, here), after) - here
    below = here - min(min(before, here), after)
    return np.copysign(min(abs(slope), min(above, below)), slope)


@njit(**FLAGS)
def between(left, right, slope_left, slope_right):
    """Value at the face of two cells, fourth order where nothing is limited (b above)."""
    return HALF * (left + right) + THIRD * (slope_left - slope_right)


@njit(**FLAGS)
def edge_offset(slope, face, here):
    """Distance of a parabola's edge from the mean, without its sign (|l| or |r| above)."""
    return min(abs(TWO * slope), abs(face - here))


@njit(**FLAGS)
def x_weights(mass, flux, step, nx, work):
    """Move the air of one layer and set the weights of its tracers.

    Args:
        mass: Air, (ny + 6, width), float64, kg; halo of one cell in x filled; updated.
        flux: Air through west faces, (ny, nx + 1), float32, kg s-1.
        step: s.
        nx: Cells of the tile from west to east.
        work: `SweepWork`; `courant`, `low` and `high` are set.
    """
    width = mass.shape[1]
    for j in range(flux.shape[0]):
        row = mass[HALO + j]
        rates = flux[j]
        base = j * width + HALO
        courant = work.courant[base : base + nx + 1]
        low = work.low[base : base + nx]
        high = work.high[base : base + nx]
        for i in range(nx + 1):
            air = step * np.float64(rates[i])
            donor = row[HALO - 1 + i] if air > 0.0 else row[HALO + i]
            courant[i] = np.float32(air / donor)
        for i in range(nx):
            entering = step * np.float64(rates[i])
            leaving = step * np.float64(rates[i + 1])
            new = row[HALO + i] + (entering - leaving)
            low[i] = np.float32(entering / new)
            high[i] = np.float32(leaving / new)
            row[HALO + i] = new


@njit(**FLAGS)
def x_block(cells, start, work):
    """Advance one block of a plane in flat order; see `x_plane`."""
    w = work.x
    for k in range(PASS):
        w[SLOPE + k] = mismatch(w[RATIO + k], w[RATIO + k + 1], w[RATIO + k + 2])
    for k in range(PASS):
        here = w[RATIO + k + 2]
        slope = w[SLOPE + k + 1]
        west = between(w[RATIO + k + 1], here, w[SLOPE + k], slope)
        east = between(here, w[RATIO + k + 3], slope, w[SLOPE + k + 2])
        w[LEFT + k] = -np.copysign(edge_offset(slope, west, here), slope)
        w[RIGHT + k] = np.copysign(edge_offset(slope, east, here), slope)
    courant = work.courant[start : start + PASS]
    for k in range(PASS):
        share = abs(courant[k])
        from_west = courant[k] > ZERO
        # loads first: a load inside a choice would keep the loop from being vectorised
        here_west, here_east = w[RATIO + k + 2], w[RATIO + k + 3]
        right_west, left_east = w[RIGHT + k], w[LEFT + k + 1]
        bend_west = w[LEFT + k] + right_west
        bend_east = left_east + w[RIGHT + k + 1]
        upwind = here_west if from_west else here_east
        edge = right_west if from_west else left_east
        bend = bend_west if from_west else bend_east
        w[FACE + k] = upwind + (ONE - share) * (edge - share * bend)
    low = work.low[start : start + PASS]
    high = work.high[start : start + PASS]
    for k in range(PASS):
        here = w[RATIO + k + 3]
        change = low[k] * (w[FACE + k] - here) - high[k] * (w[FACE + k + 1] - here)
        w[SLOPE + k] = max(here + change, ZERO)
    for k in range(HALO):
        w[RATIO + k] = w[RATIO + BLOCK + k]
    size = min(BLOCK, cells.size - start)
    target = cells[start : start + size]
    for k in range(size):
        target[k] = w[SLOPE + k]


@njit(**FLAGS)
def x_plane(cells, work):
    """Sweep one species of one layer in x.

    The rows of the tile, halo columns included, are taken as one long row: the weights of halo
    cells are zero, so nothing crosses from row to row.

    Args:
        cells: Mixing ratio of rows 3 to 3 + ny in flat order, float32; updated.
        work: `SweepWork` with the weights of the layer.
    """
    w = work.x
    for k in range(HALO):
        w[RATIO + k] = cells[0]
    start = 0
    while start < cells.size:
        ahead = min(BLOCK + HALO, cells.size - start)
        source = cells[start : start + ahead]
        if ahead == BLOCK + HALO:
            for k in range(BLOCK + HALO):
                w[RATIO + HALO + k] = source[k]
        else:
            for k in range(ahead):
                w[RATIO + HALO + k] = source[k]
        x_block(cells, start, work)
        start += BLOCK


@njit(**FLAGS)
def sweep_x(ratio, mass, flux, layers, steps, nx, work):
    """Sweep all species of the given layers in x.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; halo in x filled; updated.
        mass: Air, (nz, ny + 6, width), float64, kg; halo in x filled; updated.
        flux: Air through west faces, (nz, ny, nx + 1), float32, kg s-1.
        layers: Which layers, (n,), int64.
        steps: Time step of each layer, (nz,), float64, s.
        nx: Cells of the tile from west to east.
        work: `SweepWork`.
    """
    ny, width = flux.shape[1], ratio.shape[3]
    for layer in layers:
        x_weights(mass[layer], flux[layer], steps[layer], nx, work)
        for species in range(ratio.shape[0]):
            plane = ratio[species, layer].reshape(-1)
            x_plane(plane[HALO * width : (HALO + ny) * width], work)


@njit(**FLAGS)
def y_weights(mass, flux, step, nx, rows):
    """Move the air of one layer and set the weights of its tracers.

    Args:
        mass: Air, (ny + 6, width), float64, kg; halo of one row in y filled; updated.
        flux: Air through south faces, (ny + 1, nx), float32, kg s-1.
        step: s.
        nx: Cells of the tile from west to east.
        rows: `SweepWork.rows`, set.
    """
    faces = flux.shape[0]
    for group in range(rows.shape[0]):
        first = group * LANES
        count = min(LANES, nx - first)
        for j in range(faces):
            weights = rows[group, j]
            rates = flux[j, first : first + count]
            south = mass[HALO - 1 + j, HALO + first : HALO + first + count]
            north = mass[HALO + j, HALO + first : HALO + first + count]
            for k in range(count):
                air = step * np.float64(rates[k])
                donor = south[k] if air > 0.0 else north[k]
                weights[k] = np.float32(air / donor)
    for group in range(rows.shape[0]):
        first = group * LANES
        count = min(LANES, nx - first)
        for j in range(faces - 1):
            weights = rows[group, j + 1]
            cell = mass[HALO + j, HALO + first : HALO + first + count]
            rates_low = flux[j, first : first + count]
            rates_high = flux[j + 1, first : first + count]
            for k in range(count):
                entering = step * np.float64(rates_low[k])
                leaving = step * np.float64(rates_high[k])
                new = cell[k] + (entering - leaving)
                weights[LOW + k] = np.float32(entering / new)
                weights[HIGH + k] = np.float32(leaving / new)
                cell[k] = new


@njit(**FLAGS)
def y_group(cells, rows, first, width, w):
    """Sweep one species of one layer in y, `LANES` columns side by side, marching north.

    Step j needs rows j to j + 3 as they were; slope and south face of row j + 1, parabola and
    south flux of row j come from the steps before. It ends with the new row j.

    Args:
        cells: Mixing ratio of the plane with its halo in flat order, float32; updated.
        rows: Weights of this group, (ny + 1, 3 * LANES), float32.
        first: First column of the group in a row of the plane.
        width: Length of a row of the plane.
        w: Work array.
    """
    ny = rows.shape[0] - 1
    for k in range(Y_WORK):
        w[k] = ZERO
    for j in range(-HALO - 1, ny):
        place = first + (j + HALO + 1) * width
        row1 = cells[place : place + LANES]
        place += width
        row2 = cells[place : place + LANES]
        place = first + min(j + 2 * HALO, ny + 2 * HALO - 1) * width
        row3 = cells[place : place + LANES]
        place = first + max(j + HALO, 0) * width
        row0 = cells[place : place + LANES]
        weights = rows[max(j, -1) + 1]
        for k in range(LANES):
            here, next1, next2 = row0[k], row1[k], row2[k]
            slope1 = w[Y_SLOPE + k]
            slope2 = mismatch(next1, next2, row3[k])
            north1 = between(next1, next2, slope1, slope2)
            left1 = -np.copysign(edge_offset(slope1, w[Y_FACE + k], next1), slope1)
            right1 = np.copysign(edge_offset(slope1, north1, next1), slope1)
            bend1 = left1 + right1
            share = abs(weights[k])
            from_south = weights[k] > ZERO
            upwind = here if from_south else next1
            edge = w[Y_RIGHT + k] if from_south else left1
            bend = w[Y_SUM + k] if from_south else bend1
            flux = upwind + (ONE - share) * (edge - share * bend)
            change = weights[LOW + k] * (w[Y_FLUX + k] - here) - weights[HIGH + k] * (flux - here)
            w[Y_NEW + k] = max(here + change, ZERO)
            w[Y_SLOPE + k] = slope2
            w[Y_FACE + k] = north1
            w[Y_RIGHT + k] = right1
            w[Y_SUM + k] = bend1
            w[Y_FLUX + k] = flux
        if j >= 0:
            for k in range(LANES):
                row0[k] = w[Y_NEW + k]


@njit(**FLAGS)
def sweep_y(ratio, mass, flux, layers, steps, nx, work):
    """Sweep all species of the given layers in y.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; halo in y filled; updated.
        mass: Air, (nz, ny + 6, width), float64, kg; halo in y filled; updated.
        flux: Air through south faces, (nz, ny + 1, nx), float32, kg s-1.
        layers: Which layers, (n,), int64.
        steps: Time step of each layer, (nz,), float64, s.
        nx: Cells of the tile from west to east.
        work: `SweepWork`.
    """
    width = ratio.shape[3]
    for layer in layers:
        y_weights(mass[layer], flux[layer], steps[layer], nx, work.rows)
        for species in range(ratio.shape[0]):
            plane = ratio[species, layer].reshape(-1)
            for group in range(work.rows.shape[0]):
                y_group(plane, work.rows[group], HALO + group * LANES, width, work.y)


@njit(**FLAGS)
def outflow_numbers(mass, flux_x, flux_y, step, x_first, numbers):
    """Largest share of a cell's air that leaves it in each layer, in x and in y.

    The mass is taken at the end of the sweep where that is smaller, so that the share stays below
    the returned number in every part of a sub-divided sweep.

    Args:
        mass: Air before the sweeps, (nz, ny + 6, width), float64, kg.
        flux_x: Air through west faces, (nz, ny, nx + 1), float32, kg s-1.
        flux_y: Air through south faces, (nz, ny + 1, nx), float32, kg s-1.
        step: s.
        x_first: Whether the x sweep comes first.
        numbers: (2, nz), float64, set; infinite where a sweep would empty a cell.
    """
    nz, ny, nx = flux_x.shape[0], flux_x.shape[1], flux_y.shape[2]
    for layer in range(nz):
        largest_x, largest_y = 0.0, 0.0
        for j in range(ny):
            row = mass[layer, HALO + j]
            west = flux_x[layer, j]
            south, north = flux_y[layer, j], flux_y[layer, j + 1]
            for i in range(nx):
                fw, fe = np.float64(west[i]), np.float64(west[i + 1])
                fs, fn = np.float64(south[i]), np.float64(north[i])
                before = row[HALO + i]
                gain_x, gain_y = step * (fw - fe), step * (fs - fn)
                after = before + (gain_x + gain_y)
                middle = before + (gain_x if x_first else gain_y)
                around_x = min(before, middle) if x_first else min(middle, after)
                around_y = min(middle, after) if x_first else min(before, middle)
                out_x = step * (max(fe, 0.0) - min(fw, 0.0))
                out_y = step * (max(fn, 0.0) - min(fs, 0.0))
                # more than a cell holds counts as a share of a millionth of it
                largest_x = max(largest_x, out_x / max(around_x, 1e-6 * before))
                largest_y = max(largest_y, out_y / max(around_y, 1e-6 * before))
        numbers[0, layer] = largest_x
        numbers[1, layer] = largest_y
