"""The local ensemble transform Kalman filter, column by column.

Hunt, Kostelich and Szunyogh (2007, doi 10.1016/j.physd.2006.11.008), equations 20 to 24, with
observation localisation. All observations lie at the ground, so the weight of height multiplies all
of them alike: it scales the eigenvalues and leaves the eigenvectors, and one decomposition serves
every layer of a column.

Adaptive inflation: Miyoshi (2011, doi 10.1175/2010MWR3570.1), a local multiplicative factor that
innovation statistics estimate and a scalar Kalman filter smooths in time.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

_FLAGS = {"cache": True, "nogil": True, "error_model": "numpy"}

LEAST_TRUST = 1.0e-6
"""Sum of weights over error variance times spread below which nothing is estimated."""


class Observed(NamedTuple):
    """Observations of one analysis.

    Attributes:
        x: Position, m, (nobs,).
        y: Position, m, (nobs,).
        departure: Observation minus mean of the members, (nobs,).
        spread: Members minus their mean, (nobs, nmember).
        precision: One over the error variance, (nobs,).
    """

    x: np.ndarray
    y: np.ndarray
    departure: np.ndarray
    spread: np.ndarray
    precision: np.ndarray


class Settings(NamedTuple):
    """Numbers of one analysis.

    Attributes:
        cutoff: Distance at which an observation has no weight any more, m.
        inflation_variance: Error variance of the former inflation factor; 0 keeps it.
        least_inflation: Lower bound of the factor.
        largest_inflation: Upper bound of the factor.
    """

    cutoff: float
    inflation_variance: float
    least_inflation: float
    largest_inflation: float


@njit(**_FLAGS)
def gaspari_cohn(ratio):
    """Gaspari and Cohn (1999, doi 10.1002/qj.49712555417), equation 4.10; zero from 1 on.

    Args:
        ratio: Distance over the distance of no weight.
    """
    z = 2.0 * abs(ratio)
    if z >= 2.0:
        return 0.0
    if z <= 1.0:
        return (((-0.25 * z + 0.5) * z + 0.625) * z - 5.0 / 3.0) * z * z + 1.0
    tail = ((((z / 12.0 - 0.5) * z + 0.625) * z + 5.0 / 3.0) * z - 5.0) * z + 4.0
    return max(tail - 2.0 / (3.0 * z), 0.0)


@njit(**_FLAGS)
def gaspari_cohn_of(ratios):
    """Return `gaspari_cohn` of each of some ratios, (n,)."""
    result = np.empty(ratios.shape[0])
    for k in range(ratios.shape[0]):
        result[k] = gaspari_cohn(ratios[k])
    return result


@njit(**_FLAGS)
def _gather(x, y, observed, cutoff, matrix, vector, sums):
    """Sum what the observations near a column say.

    Fills `matrix` with Y' R^-1 Y, `vector` with Y' R^-1 d, `sums` with the weights, the weighted
    squared departures and the weighted spread, both over the error variance.
    """
    nmember = vector.shape[0]
    matrix[:] = 0.0
    vector[:] = 0.0
    sums[:] = 0.0
    for k in range(observed.x.shape[0]):
        dx, dy = observed.x[k] - x, observed.y[k] - y
        square = dx * dx + dy * dy
        if square >= cutoff * cutoff:
            continue
        taper = gaspari_cohn(np.sqrt(square) / cutoff)
        weight = taper * observed.precision[k]
        row = observed.spread[k]
        variance = 0.0
        for m in range(nmember):
            scaled = weight * row[m]
            vector[m] += scaled * observed.departure[k]
            variance += row[m] * row[m]
            for n in range(m + 1):
                matrix[m, n] += scaled * row[n]
        sums[0] += taper
        sums[1] += weight * observed.departure[k] ** 2
        sums[2] += weight * variance / (nmember - 1)
    for m in range(nmember):
        for n in range(m):
            matrix[n, m] = matrix[m, n]


@njit(**_FLAGS)
def estimate_inflation(former, sums, settings):
    """Inflation of the spread's variance, from the departures near a column.

    Args:
        former: Factor of the cycle before.
        sums: Weights, weighted squared departures, weighted spread (see `_gather`).
        settings: Variance of the former factor and bounds.
    """
    if settings.inflation_variance <= 0.0 or sums[2] < LEAST_TRUST or sums[0] < LEAST_TRUST:
        return former
    seen = (sums[1] - sums[0]) / sums[2]
    variance = 2.0 / sums[0] * ((former * sums[2] + sums[0]) / sums[2]) ** 2
    gain = settings.inflation_variance / (settings.inflation_variance + variance)
    factor = former + gain * (seen - former)
    return min(max(factor, settings.least_inflation), settings.largest_inflation)


@njit(**_FLAGS)
def _update(values, taper, inflation, eigenvalues, vectors, vector):
    """Update the members of one column, layer by layer, in place.

    Args:
        values: (nlayer, nmember).
        taper: Weight of each layer, 0 to 1, (nlayer,).
        inflation: Factor of the variance where the weight is one.
        eigenvalues: Of Y' R^-1 Y, (nmember,).
        vectors: Its eigenvectors, one a column, (nmember, nmember).
        vector: Y' R^-1 d in their basis, (nmember,).
    """
    nmember = values.shape[1]
    room = nmember - 1.0
    turned = np.empty(nmember)
    for layer in range(values.shape[0]):
        s = taper[layer]
        if s <= 0.0:
            continue
        inflated = 1.0 + s * (inflation - 1.0)
        row = values[layer]
        mean = row.mean()
        shift = 0.0
        for m in range(nmember):
            part = 0.0
            for n in range(nmember):
                part += (row[n] - mean) * vectors[n, m]
            share = room + s * inflated * eigenvalues[m]
            shift += inflated * s * part * vector[m] / share
            turned[m] = part * np.sqrt(inflated * room / share)
        for n in range(nmember):
            part = 0.0
            for m in range(nmember):
                part += turned[m] * vectors[n, m]
            row[n] = mean + shift + part


@njit(**_FLAGS)
def analyse_columns(x, y, values, taper, inflation, observed, settings):
    """Update the members in columns, in place.

    Args:
        x: Position of the columns, m, (ncolumn,).
        y: Position of the columns, m, (ncolumn,).
        values: Members, float64, (ncolumn, nlayer, nmember).
        taper: Weight of the layers, 0 to 1, (ncolumn, nlayer).
        inflation: Factor of the cycle before, replaced by the new one, (ncolumn,).
        observed: Observations.
        settings: Numbers.
    """
    nmember = values.shape[2]
    matrix = np.empty((nmember, nmember))
    vector = np.empty(nmember)
    sums = np.empty(3)
    for column in range(x.shape[0]):
        _gather(x[column], y[column], observed, settings.cutoff, matrix, vector, sums)
        if sums[0] < LEAST_TRUST:
            continue
        inflation[column] = estimate_inflation(inflation[column], sums, settings)
        eigenvalues, vectors = np.linalg.eigh(matrix)
        turned = vectors.T @ vector
        _update(
            values[column],
            taper[column],
            inflation[column],
            np.maximum(eigenvalues, 0.0),
            vectors,
            turned,
        )
