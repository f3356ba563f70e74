"""Vertical remapping against the integral of the parabolas in double precision."""

from typing import Any

import numpy as np
import pytest

from forecast.ctm.kernels import far, parabolas, vertical
from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array

GRAVITY = 9.80665
ETA = np.array([1.0, 0.99, 0.97, 0.93, 0.86, 0.74, 0.55, 0.30, 0.0])
NZ = ETA.size - 1


def _table(top: Any = 10000.0) -> Any:
    a_half, b_half = top * (1.0 - ETA), ETA
    a, b = -np.diff(a_half) / GRAVITY, -np.diff(b_half) / GRAVITY
    return vertical.LayerTable(a, b, parabolas.curve_coefficients(a + b * 101325.0))


def _monotone_parabolas(q: Any, depth: Any) -> Any:
    """Edges by Colella and Woodward's equations 1.6 to 1.8 and 1.10, written as in the paper."""
    n = q.size
    d = np.concatenate(([depth[0]], depth, [depth[-1], depth[-1]]))
    a = np.concatenate(([q[0]], q, [q[-1], q[-1]]))
    slope = np.zeros(n + 2)
    for j in range(1, n + 1):
        up, down = a[j + 1] - a[j], a[j] - a[j - 1]
        mean = d[j] / (d[j - 1] + d[j] + d[j + 1]) * (
            (2 * d[j - 1] + d[j]) / (d[j + 1] + d[j]) * up
            + (d[j] + 2 * d[j + 1]) / (d[j - 1] + d[j]) * down
        )  # fmt: skip
        if up * down > 0:
            slope[j] = np.sign(mean) * min(abs(mean), 2 * abs(up), 2 * abs(down))
    face = np.zeros(n + 1)
    face[0], face[n] = q[0], q[-1]
    for j in range(1, n):
        total = d[j - 1] + d[j] + d[j + 1] + d[j + 2]
        pair = d[j] + d[j + 1]
        left = (d[j - 1] + d[j]) / (2 * d[j] + d[j + 1])
        right = (d[j + 2] + d[j + 1]) / (2 * d[j + 1] + d[j])
        face[j] = (
            a[j]
            + d[j] / pair * (a[j + 1] - a[j])
            + 1
            / total
            * (
                2 * d[j + 1] * d[j] / pair * (left - right) * (a[j + 1] - a[j])
                - d[j] * left * slope[j + 1]
                + d[j + 1] * right * slope[j]
            )
        )
    low, high = face[:-1].copy(), face[1:].copy()
    for j in range(n):
        change, curve = high[j] - low[j], 6 * (q[j] - (low[j] + high[j]) / 2)
        if (high[j] - q[j]) * (q[j] - low[j]) <= 0:
            low[j] = high[j] = q[j]
        elif change * curve > change**2:
            low[j] = 3 * q[j] - 2 * high[j]
        elif -(change**2) > change * curve:
            high[j] = 3 * q[j] - 2 * low[j]
    return low, high


def _remap(q: Any, old: Any, new: Any, depth: Any) -> Any:
    """Cut the column at the new interfaces: differences of the integral over mass."""
    low, high = _monotone_parabolas(q, depth)
    edges = np.concatenate(([0.0], np.cumsum(old)))

    def integral(place: Any) -> Any:
        total = 0.0
        for k in range(q.size):
            x = np.clip((place - edges[k]) / old[k], 0.0, 1.0)
            curve = 6 * (q[k] - (low[k] + high[k]) / 2)
            parabola = low[k] * x + (high[k] - low[k] + curve) * x**2 / 2 - curve * x**3 / 3
            total += old[k] * parabola
        return total

    places = np.concatenate(([0.0], np.cumsum(new)))
    content = np.diff([integral(place) for place in places])
    return content / new


def _column_state(rng: np.random.Generator, ny: int, nx: int, disorder: float) -> Any:
    table = _table()
    ratio = ratio_array(2, NZ, ny, nx)
    own = (..., slice(HALO, HALO + ny), slice(HALO, HALO + nx))
    ratio[own] = rng.choice([0.0, 0.5, 1.0], ratio[own].shape) + 0.2 * rng.random(ratio[own].shape)
    mass = mass_array(NZ, ny, nx)
    area = 1.0 + rng.random((ny, nx))
    pressure = 95000.0 + 8000.0 * rng.random((ny, nx))
    target = area * (table.a[:, None, None] + table.b[:, None, None] * pressure)
    mass[own] = target * (1.0 + disorder * rng.uniform(-1.0, 1.0, target.shape))
    return table, ratio, mass, area


@pytest.mark.parametrize(("disorder", "nx"), [(0.05, 4), (0.2, 35), (0.5, 130), (0.95, 3)])
def test_remap_follows_the_reference_at_any_courant_number(
    rng: np.random.Generator, disorder: float, nx: int
) -> None:
    table, ratio, mass, area = _column_state(rng, 2, nx, disorder)
    before, air = ratio.astype(np.float64), mass.copy()
    vertical.advance_vertical(ratio, mass, area, table, vertical.vertical_work(NZ))
    depth = table.a + table.b * 101325.0
    deepest = 0.0
    for j in range(2):
        for i in range(nx):
            place = (slice(None), HALO + j, HALO + i)
            old = air[place]
            pressure = (old.sum() / area[j, i] - table.a.sum()) / table.b.sum()
            new = area[j, i] * (table.a + table.b * pressure)
            np.testing.assert_allclose(mass[place], new, rtol=1e-12)
            crossing = np.abs(np.cumsum(old - new))[:-1]
            deepest = max(deepest, (crossing / np.minimum(old[:-1], old[1:])).max())
            for species in range(2):
                expected = _remap(before[(species, *place)], old, new, depth)
                got = ratio[(species, *place)]
                np.testing.assert_allclose(got, expected, rtol=3e-6, atol=3e-6)
    assert (deepest > 2.0) == (disorder > 0.9)  # the last case is the one with large numbers


def test_a_uniform_mixing_ratio_stays_bit_for_bit(rng: np.random.Generator) -> None:
    table, ratio, mass, area = _column_state(rng, 2, 5, 0.9)
    ratio[:] = np.float32(0.3)
    vertical.advance_vertical(ratio, mass, area, table, vertical.vertical_work(NZ))
    assert np.all(ratio == np.float32(0.3))


def test_the_general_case_is_the_common_one_where_little_moves(rng: np.random.Generator) -> None:
    """Columns beside one that needs the general case come out the same, bit for bit."""
    table, ratio, mass, area = _column_state(rng, 1, 4, 0.1)
    alone, alone_mass = ratio.copy(), mass.copy()
    column = mass[:, HALO, HALO + 2]
    column[0] += 20.0 * column[0]
    vertical.advance_vertical(ratio, mass, area, table, vertical.vertical_work(NZ))
    vertical.advance_vertical(alone, alone_mass, area, table, vertical.vertical_work(NZ))
    others = [HALO, HALO + 1, HALO + 3]
    np.testing.assert_array_equal(ratio[..., HALO, others], alone[..., HALO, others])
    work = vertical.vertical_work(NZ)
    work.far[:4] = True  # every column the slow way
    again, air = alone.copy(), alone_mass.copy()
    first = HALO * again.shape[3] + HALO
    plane = again.shape[2] * again.shape[3]
    air[0, HALO, HALO : HALO + 4] *= 1.05
    vertical.vertical_weights(air, 0, (0, 4, 0), area, table, work)
    cells = again[0].reshape(-1)
    far.keep_columns(cells, first, plane, work)
    quick = cells.copy()
    vertical.climb(quick, first, plane, table.curve, work)
    far.far_columns(cells, first, plane, table.curve, work)
    np.testing.assert_array_equal(cells[first : first + 4], quick[first : first + 4])
    np.testing.assert_array_equal(again[0], cells.reshape(again[0].shape))
