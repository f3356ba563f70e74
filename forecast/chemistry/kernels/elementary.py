"""Exponential, logarithm and power in float32, as polynomials that loops over lanes can hold.

numba calls the C library for these unless Intel's vector library is there, one lane after the
other. The polynomials are those of Cephes (Moshier 1989, expf.c and logf.c), the arguments are
reduced by powers of two through the bits of the number. There is no table and no branch, so
every lane takes the same path, and NaN has no defined result: look for it elsewhere.

Errors stand in each function and are tested; "relative" is against the exact function of the
float32 argument.
"""

import numpy as np
from numba import njit

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

FLAGS = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "ninf", "nsz", "contract"},
}
"""Sums are not reordered: the reduction of the argument lives on the order of its differences."""

ONE = np.float32(1.0)
HALF = np.float32(0.5)

LOWEST, HIGHEST = np.float32(-87.0), np.float32(88.0)
LOG2_E = np.float32(1.4426950408889634)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
ROUNDER = np.float32(12582912.0)  # 1.5 * 2**23: a sum with it has no digits behind the point
BIAS = np.int32(127 << 23)
MANTISSA = np.int32(23)
E1, E2, E3, E4, E5, E6 = (
    np.float32(value)
    for value in (
        5.0000001201e-1,
        1.6666665459e-1,
        4.1665795894e-2,
        8.3334519073e-3,
        1.3981999507e-3,
        1.9875691500e-4,
    )
)

SMALLEST = np.float32(1.1754943508222875e-38)
ROOT_HALF_BITS = np.int32(0x3F3504F3)  # of sqrt(1/2)
ONE_BITS = np.int32(0x3F800000)
FRACTION_BITS = np.int32(0x007FFFFF)
L0, L1, L2, L3, L4, L5, L6, L7, L8 = (
    np.float32(value)
    for value in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)

LN_10 = np.float32(2.302585092994046)
LOG10_E = np.float32(0.4342944819032518)


@njit(**FLAGS)
def exp32(x):
    """Return e to the x; relative error below 1.2e-7.

    Arguments below -87 or above 88 are taken as those, where the result nearly leaves float32.
    """
    held = min(max(x, LOWEST), HIGHEST)
    shifted = held * LOG2_E + ROUNDER
    whole = shifted - ROUNDER
    rest = held - whole * LN2_HIGH
    rest = rest - whole * LN2_LOW
    series = ((((E6 * rest + E5) * rest + E4) * rest + E3) * rest + E2) * rest + E1
    bits = np.float32(shifted).view(np.int32)
    scale = np.int32((bits << MANTISSA) + BIAS)
    return (series * rest * rest + rest + ONE) * np.int32(scale).view(np.float32)


@njit(**FLAGS)
def log32(x):
    """Return the natural logarithm; error below 1.2e-7 of it, or below 4e-8 near x = 1.

    Arguments below the smallest normal number (1.2e-38), zero and negative ones among them, are
    taken as that: the result is -87.3 at least.
    """
    held = max(x, SMALLEST)
    bits = np.int32(np.float32(held).view(np.int32) + (ONE_BITS - ROOT_HALF_BITS))
    exponent = np.float32((bits >> MANTISSA) - np.int32(127))
    fraction = np.int32((bits & FRACTION_BITS) + ROOT_HALF_BITS)
    y = np.int32(fraction).view(np.float32) - ONE
    square = y * y
    series = (((L0 * y + L1) * y + L2) * y + L3) * y + L4
    series = (((series * y + L5) * y + L6) * y + L7) * y + L8
    tail = y * square * series + exponent * LN2_LOW
    return exponent * LN2_HIGH + (y + (tail - HALF * square))


@njit(**FLAGS)
def pow32(x, exponent):
    """Return x to the exponent, for x > 0; relative error below 2e-7 (1 + abs(exponent ln x))."""
    return exp32(exponent * log32(x))


@njit(**FLAGS)
def exp10_32(x):
    """Return 10 to the x; relative error below 2e-7 (1 + abs(x))."""
    return exp32(x * LN_10)


@njit(**FLAGS)
def log10_32(x):
    """Return the logarithm to base 10; see `log32`."""
    return log32(x) * LOG10_E
