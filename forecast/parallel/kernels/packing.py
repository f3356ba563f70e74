"""Copies between fields with halos and message buffers, all species of chosen layers at once.

A message holds, as float64 words, first the mass of air one cell deep, then the mixing ratios
three cells deep, two float32 in one word. Both views of one buffer are passed: `words` (float64)
and `halves` (float32).
"""

from numba import njit

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

FLAGS = {"cache": True, "nogil": True, "error_model": "numpy"}
HALO = 3


@njit(**FLAGS)
def pack_x(ratio, mass, layers, first, edge, words, halves):
    """Copy columns into a message.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32.
        mass: Air mass, (nz, ny + 6, width), float64.
        layers: Layers to send, (n,), int64.
        first: First of the three columns of mixing ratio.
        edge: Column of the mass, the one next to the neighbour.
        words: Message, float64.
        halves: The same memory, float32.

    Returns:
        Number of float64 words used.
    """
    rows = ratio.shape[2] - 2 * HALO
    count = 0
    for layer in layers:
        for j in range(rows):
            words[count] = mass[layer, HALO + j, edge]
            count += 1
    place = 2 * count
    for species in range(ratio.shape[0]):
        for layer in layers:
            for j in range(rows):
                for k in range(HALO):
                    halves[place] = ratio[species, layer, HALO + j, first + k]
                    place += 1
    return (place + 1) // 2


@njit(**FLAGS)
def unpack_x(ratio, mass, layers, first, edge, words, halves):
    """Copy a message into the halo columns `first` to `first + 2`; see `pack_x`."""
    rows = ratio.shape[2] - 2 * HALO
    count = 0
    for layer in layers:
        for j in range(rows):
            mass[layer, HALO + j, edge] = words[count]
            count += 1
    place = 2 * count
    for species in range(ratio.shape[0]):
        for layer in layers:
            for j in range(rows):
                for k in range(HALO):
                    ratio[species, layer, HALO + j, first + k] = halves[place]
                    place += 1


@njit(**FLAGS)
def pack_y(ratio, mass, layers, first, edge, columns, words, halves):
    """Copy rows `first` to `first + 2`, the columns of the tile, into a message; see `pack_x`.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32.
        mass: Air mass, (nz, ny + 6, width), float64.
        layers: Layers to send, (n,), int64.
        first: First of the three rows of mixing ratio.
        edge: Row of the mass.
        columns: Cells of the tile from west to east.
        words: Message, float64.
        halves: The same memory, float32.

    Returns:
        Number of float64 words used.
    """
    count = 0
    for layer in layers:
        for i in range(columns):
            words[count] = mass[layer, edge, HALO + i]
            count += 1
    place = 2 * count
    for species in range(ratio.shape[0]):
        for layer in layers:
            for k in range(HALO):
                row = ratio[species, layer, first + k, HALO : HALO + columns]
                target = halves[place : place + columns]
                for i in range(columns):  # slices let this be vectorised
                    target[i] = row[i]
                place += columns
    return (place + 1) // 2


@njit(**FLAGS)
def unpack_y(ratio, mass, layers, first, edge, columns, words, halves):
    """Copy a message into the halo rows `first` to `first + 2`; see `pack_y`."""
    count = 0
    for layer in layers:
        for i in range(columns):
            mass[layer, edge, HALO + i] = words[count]
            count += 1
    place = 2 * count
    for species in range(ratio.shape[0]):
        for layer in layers:
            for k in range(HALO):
                row = ratio[species, layer, first + k, HALO : HALO + columns]
                source = halves[place : place + columns]
                for i in range(columns):
                    row[i] = source[i]
                place += columns
