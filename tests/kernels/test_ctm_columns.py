"""Edges of the domain, rain, sums and searches against plain NumPy."""

from typing import Any

import numpy as np
import pytest

from forecast.ctm.kernels.edges import fill_x, fill_y
from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array
from forecast.ctm.kernels.scavenging import scavenge
from forecast.ctm.kernels.survey import column_burden, first_wrong

NZ, NY, NX, SPECIES = 2, 4, 5, 2
OWN = (..., slice(HALO, HALO + NY), slice(HALO, HALO + NX))
STEPS = np.array([2.0, 3.0])


def _state(rng: np.random.Generator) -> Any:
    ratio, mass = ratio_array(SPECIES, NZ, NY, NX), mass_array(NZ, NY, NX)
    ratio[OWN] = rng.random(ratio[OWN].shape)
    mass[OWN] = 1.0 + rng.random(mass[OWN].shape)
    return ratio, mass


def test_west_and_east_halo_hold_inflow_or_the_outermost_cell(rng: np.random.Generator) -> None:
    ratio, mass = _state(rng)
    flux = rng.uniform(-1, 1, (NZ, NY, NX + 1)).astype(np.float32)
    outside = tuple(rng.random((SPECIES, NZ, NY), dtype=np.float32) for _ in range(2))
    crossing = (np.zeros((SPECIES, NY, NX)), np.zeros((SPECIES, NY, NX)))
    fill_x(ratio, mass, flux, np.arange(NZ), STEPS, outside, (True, True), crossing)
    own = ratio[OWN]
    west = np.where(flux[..., 0] > 0, outside[0], own[..., 0])
    east = np.where(flux[..., -1] < 0, outside[1], own[..., -1])
    for k in range(HALO):
        np.testing.assert_array_equal(ratio[..., HALO : HALO + NY, k], west)
        np.testing.assert_array_equal(ratio[..., HALO : HALO + NY, HALO + NX + k], east)
    np.testing.assert_array_equal(mass[:, HALO : HALO + NY, HALO - 1], mass[OWN][..., 0])
    air_west = STEPS[:, None] * flux[..., 0]
    air_east = -STEPS[:, None] * flux[..., -1]
    for sign, total in zip((1, -1), crossing, strict=True):
        expected = np.zeros((SPECIES, NY, NX))
        expected[..., 0] += (np.maximum(sign * air_west, 0) * west).sum(axis=1)
        expected[..., -1] += (np.maximum(sign * air_east, 0) * east).sum(axis=1)
        np.testing.assert_allclose(total, expected, rtol=1e-12)


def test_south_and_north_halo_are_those_of_the_transposed_case(rng: np.random.Generator) -> None:
    ratio, mass = _state(rng)
    turned, turned_mass = ratio_array(SPECIES, NZ, NX, NY), mass_array(NZ, NX, NY)
    inner = (..., slice(HALO, HALO + NX), slice(HALO, HALO + NY))
    turned[inner] = np.swapaxes(ratio[OWN], 2, 3)
    turned_mass[inner] = np.swapaxes(mass[OWN], 1, 2)
    flux = rng.uniform(-1, 1, (NZ, NY + 1, NX)).astype(np.float32)
    outside = tuple(rng.random((SPECIES, NZ, NX), dtype=np.float32) for _ in range(2))
    layers = np.arange(NZ)
    crossing = (np.zeros((SPECIES, NY, NX)), np.zeros((SPECIES, NY, NX)))
    fill_y(ratio, mass, flux, layers, STEPS, outside, (True, False), crossing)
    across = np.ascontiguousarray(np.swapaxes(flux, 1, 2))
    turned_crossing = (np.zeros((SPECIES, NX, NY)), np.zeros((SPECIES, NX, NY)))
    fill_x(turned, turned_mass, across, layers, STEPS, outside, (True, False), turned_crossing)
    np.testing.assert_array_equal(
        ratio[..., :HALO, HALO : HALO + NX],
        np.swapaxes(turned[..., HALO : HALO + NX, :HALO], 2, 3),
    )
    assert not ratio[..., HALO + NY :, :].any()  # the north is not an edge of the domain here
    for one, other in zip(crossing, turned_crossing, strict=True):
        np.testing.assert_array_equal(one, np.swapaxes(other, 1, 2))


def test_rain_takes_its_share_and_writes_it_down(rng: np.random.Generator) -> None:
    ratio, mass = _state(rng)
    before = ratio[OWN].astype(np.float64)
    stays = rng.random((1, NZ, NY, NX), dtype=np.float32)
    removed = np.zeros((SPECIES, NY, NX))
    scavenge(ratio, mass, stays, np.array([0, -1]), removed)
    np.testing.assert_allclose(ratio[OWN][0], before[0] * stays[0], rtol=1e-6)
    np.testing.assert_array_equal(ratio[OWN][1], before[1])
    lost = ((before - ratio[OWN]) * mass[OWN]).sum(axis=1)
    np.testing.assert_allclose(removed, lost, rtol=1e-6, atol=1e-12)


def test_burden_is_mass_of_species_in_columns(rng: np.random.Generator) -> None:
    ratio, mass = _state(rng)
    burden = np.full((SPECIES, NY, NX), 7.0)
    column_burden(ratio, mass, burden)
    np.testing.assert_allclose(burden, (ratio[OWN] * mass[OWN]).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e-12, 2.0])
def test_the_first_wrong_value_is_found_and_halos_do_not_count(
    rng: np.random.Generator, value: float
) -> None:
    ratio, _ = _state(rng)
    ratio[..., 0] = np.nan
    assert first_wrong(ratio, NY, NX, np.float32(1.5)) == (-1, -1, -1, -1)
    ratio[1, 0, HALO + 2, HALO + 3] = value
    assert first_wrong(ratio, NY, NX, np.float32(1.5)) == (1, 0, 2, 3)
