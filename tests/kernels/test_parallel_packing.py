"""Messages: what is packed on one side arrives in the halo of the other."""

from typing import Any

import numpy as np

from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array
from forecast.parallel.kernels.packing import pack_x, pack_y, unpack_x, unpack_y

SPECIES, NZ, NY, NX = 2, 3, 4, 5
LAYERS = np.array([0, 2])


def _state(rng: np.random.Generator) -> Any:
    ratio, mass = ratio_array(SPECIES, NZ, NY, NX), mass_array(NZ, NY, NX)
    ratio[:] = rng.random(ratio.shape)
    mass[:] = rng.random(mass.shape)
    return ratio, mass


def test_columns_arrive_in_the_halo_of_the_neighbour(rng: np.random.Generator) -> None:
    ratio, mass = _state(rng)
    target, target_mass = _state(rng)
    untouched = target.copy()
    words = np.zeros(200)
    used = pack_x(ratio, mass, LAYERS, NX, HALO + NX - 1, words, words.view(np.float32))
    assert used == LAYERS.size * NY + (SPECIES * LAYERS.size * NY * HALO + 1) // 2
    unpack_x(target, target_mass, LAYERS, 0, HALO - 1, words, words.view(np.float32))
    rows = slice(HALO, HALO + NY)
    for layer in LAYERS:
        np.testing.assert_array_equal(
            target[:, layer, rows, :HALO], ratio[:, layer, rows, NX : NX + HALO]
        )
        np.testing.assert_array_equal(
            target_mass[layer, rows, HALO - 1], mass[layer, rows, HALO + NX - 1]
        )
    np.testing.assert_array_equal(target[:, 1], untouched[:, 1])
    np.testing.assert_array_equal(target[..., HALO:], untouched[..., HALO:])


def test_rows_arrive_in_the_halo_of_the_neighbour(rng: np.random.Generator) -> None:
    ratio, mass = _state(rng)
    target, target_mass = _state(rng)
    untouched = target.copy()
    words = np.zeros(200)
    pack_y(ratio, mass, LAYERS, HALO, HALO, NX, words, words.view(np.float32))
    unpack_y(target, target_mass, LAYERS, HALO + NY, HALO + NY, NX, words, words.view(np.float32))
    columns = slice(HALO, HALO + NX)
    for layer in LAYERS:
        np.testing.assert_array_equal(
            target[:, layer, HALO + NY :, columns], ratio[:, layer, HALO : 2 * HALO, columns]
        )
        np.testing.assert_array_equal(
            target_mass[layer, HALO + NY, columns], mass[layer, HALO, columns]
        )
    np.testing.assert_array_equal(target[:, 1], untouched[:, 1])
    np.testing.assert_array_equal(target[:, :, : HALO + NY], untouched[:, :, : HALO + NY])
