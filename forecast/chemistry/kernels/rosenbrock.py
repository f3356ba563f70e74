"""Adaptive Rosenbrock method in float64 for any network of reactions, one cell after the other.

Slow and careful: the yardstick for the generated code, and what solves the cells that it cannot.
Rodas4 (Hairer and Wanner 1996, Solving Ordinary Differential Equations II, section IV.7): six
stages, order 4 with an embedded solution of order 3, L-stable and stiffly accurate. Constants are
those of the form without products of the Jacobian, autonomous.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

FLAGS = {"cache": True, "nogil": True, "error_model": "numpy"}
GAMMA = 0.25
STAGES = 6
A = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [1.544, 0.0, 0.0, 0.0, 0.0],
        [0.9466785280815826, 0.2557011698983284, 0.0, 0.0, 0.0],
        [3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0],
    ]
)
"""Weights of earlier stages in where a stage is evaluated; the last stage adds itself."""
C = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [-5.6688, 0.0, 0.0, 0.0, 0.0],
        [-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0],
        [-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0],
        [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160, 0.0],
        [
            8.083246795921522,
            -7.981132988064893,
            -31.52159432874371,
            16.31930543123136,
            -6.058818238834054,
        ],
    ]
)
"""Weights of earlier stages in the right-hand side, over h."""
SHRINK, GROW, SAFETY = 0.2, 6.0, 0.9
"""Limits of the change of step, and the part of the step that the error would allow."""


class Network(NamedTuple):
    """Reactions as numbers; species are numbered in the order of elimination.

    Attributes:
        reactants: Up to three species of a reaction, one a molecule, -1 behind, (nflow, 3).
        starts: Where the changes of a reaction start, (nflow + 1,).
        species: Species that change, (nchange,).
        gains: Molecules gained by one event, (nchange,).
    """

    reactants: np.ndarray
    starts: np.ndarray
    species: np.ndarray
    gains: np.ndarray


class Limits(NamedTuple):
    """When a step is good, and when to give up.

    Attributes:
        relative: Relative tolerance.
        absolute: Absolute tolerance, in units of concentration.
        first: First step to try, s.
        steps: Steps at most, rejected ones included.
    """

    relative: float
    absolute: float
    first: float
    steps: int


@njit(**FLAGS)
def tendency(network, constants, sources, y, out):
    """Set out to f(y) + sources."""
    for s in range(y.size):
        out[s] = sources[s]
    for m in range(constants.size):
        rate = constants[m]
        for a in range(3):
            if network.reactants[m, a] >= 0:
                rate *= y[network.reactants[m, a]]
        for n in range(network.starts[m], network.starts[m + 1]):
            out[network.species[n]] += network.gains[n] * rate


@njit(**FLAGS)
def matrix(network, constants, y, diagonal, out):
    """Set out to diagonal I - J."""
    for s in range(y.size):
        for column in range(y.size):
            out[s, column] = 0.0
        out[s, s] = diagonal
    for m in range(constants.size):
        for a in range(3):
            if network.reactants[m, a] < 0:
                continue
            partial = constants[m]
            for b in range(3):
                if b != a and network.reactants[m, b] >= 0:
                    partial *= y[network.reactants[m, b]]
            for n in range(network.starts[m], network.starts[m + 1]):
                out[network.species[n], network.reactants[m, a]] -= network.gains[n] * partial


@njit(**FLAGS)
def factorise(a):
    """Turn a matrix into its factors in place, zeros left alone, no pivoting."""
    for row in range(a.shape[0]):
        for k in range(row):
            if a[row, k] != 0.0:
                a[row, k] /= a[k, k]
                scale = a[row, k]
                for column in range(k + 1, a.shape[0]):
                    a[row, column] -= scale * a[k, column]


@njit(**FLAGS)
def substitute(a, x):
    """Solve with the factors in place."""
    size = x.size
    for row in range(size):
        total = x[row]
        for column in range(row):
            total -= a[row, column] * x[column]
        x[row] = total
    for row in range(size - 1, -1, -1):
        total = x[row]
        for column in range(row + 1, size):
            total -= a[row, column] * x[column]
        x[row] = total / a[row, row]


@njit(**FLAGS)
def attempt(network, constants, sources, y, h, work):
    """Make one step: the last row of `stages` is the estimate of its error, `at` the result."""
    stages, a, at = work
    matrix(network, constants, y, 1.0 / (h * GAMMA), a)
    factorise(a)
    for stage in range(STAGES):
        for s in range(y.size):
            total = y[s]
            for earlier in range(stage):
                total += A[stage, earlier] * stages[earlier, s]
            at[s] = total
        tendency(network, constants, sources, at, stages[stage])
        for s in range(y.size):
            for earlier in range(stage):
                stages[stage, s] += C[stage, earlier] / h * stages[earlier, s]
        substitute(a, stages[stage])
    for s in range(y.size):
        at[s] += stages[STAGES - 1, s]


@njit(**FLAGS)
def error_norm(y, new, error, limits):
    """Root mean square of the error over what is tolerated; infinite if anything is not finite."""
    total = 0.0
    for s in range(y.size):
        scale = limits.absolute + limits.relative * max(abs(y[s]), abs(new[s]))
        total += (error[s] / scale) ** 2
    norm = np.sqrt(total / y.size)
    return norm if np.isfinite(norm) else np.inf


@njit(**FLAGS)
def integrate(network, constants, sources, y, seconds, limits, work):
    """Advance one cell in place.

    Returns:
        Steps taken, rejected ones included; negative if the limit of steps was reached first.
    """
    done, h, rejected = 0.0, min(limits.first, seconds), False
    for step in range(limits.steps):
        last = done + h >= seconds * (1.0 - 1e-12)
        if last:
            h = seconds - done
        attempt(network, constants, sources, y, h, work)
        norm = error_norm(y, work[2], work[0][STAGES - 1], limits)
        factor = min(GROW, max(SHRINK, SAFETY / max(norm, 1e-12) ** 0.25))
        if norm > 1.0:
            rejected = True
            h *= min(factor, 1.0)
            continue
        for s in range(y.size):
            y[s] = work[2][s]
        done += h
        if last:
            return step + 1
        h *= min(factor, 1.0) if rejected else factor
        rejected = False
    return -limits.steps


@njit(**FLAGS)
def integrate_cells(network, constants, sources, density, seconds, limits, steps):
    """Advance cells in place.

    Args:
        network: The reactions.
        constants: Rate constants times fixed species, (ncell, nflow).
        sources: Constant sources, (ncell, nspecies).
        density: (ncell, nspecies).
        seconds: Length of the step.
        limits: When a step is good.
        steps: Set to what `integrate` returns, (ncell,).
    """
    size = density.shape[1]
    work = (np.zeros((STAGES, size)), np.zeros((size, size)), np.zeros(size))
    for cell in range(density.shape[0]):
        steps[cell] = integrate(
            network, constants[cell], sources[cell], density[cell], seconds, limits, work
        )
