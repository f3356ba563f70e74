"""The equilibrium of a solution against a slow solution of the same equations in float64.

The reference halves the bracket of H+ to the end and repeats water and activity coefficients three
hundred times with much damping, so it shows what few sweeps in float32 cost.
"""

from typing import Any

import numpy as np

from forecast.chemistry.kernels import thermodynamics as kernels
from forecast.chemistry.lanes import LANES
from forecast.chemistry.thermodynamics import SALT_WATER, WATER

GAS_CONSTANT = 8.20574e-5
LN_10 = np.log(10.0)
CHARGE = np.array([2, 1, 1, 1])
# Kusik-Meissner q of cation (H, NH4, Na) and anion (SO4, HSO4, NO3, Cl): table 4 of the paper
Q = {
    (0, 0): -0.1, (0, 1): 8.0, (0, 2): 2.6, (0, 3): 6.0, (1, 0): -0.25, (1, 2): -1.15,
    (1, 3): 0.82, (2, 0): -0.19, (2, 2): -0.39, (2, 3): 2.23,
}  # fmt: skip


def constant(k: float, a: float, b: float, temperature: Any) -> Any:
    """K at a temperature (van 't Hoff), table 2 of the paper."""
    ratio = 298.15 / temperature
    return k * np.exp(a * (ratio - 1) + b * (1 + np.log(ratio) - ratio))


def coefficients(cations: Any, anions: Any, temperature: Any) -> Any:
    """Ln of the activity coefficients of H, NH4, Na and of SO4, HSO4, NO3, Cl."""
    whole = np.maximum(0.5 * (cations.sum(0) + anions.sum(0)) + 1.5 * anions[0], 1e-6)
    ionic = np.minimum(whole, 100.0)
    root = np.sqrt(ionic)
    debye = 0.511 * LN_10 * root / (1 + root)
    celsius = 0.005 * (temperature - 273.15)
    cooling = (0.125 - celsius) * LN_10 * (0.039 * ionic**0.92 - 0.41 * root / (1 + root))
    single = {}
    for (i, j), q in Q.items():
        b, c = 0.75 - 0.065 * q, 1 + 0.055 * q * np.exp(-0.023 * ionic**3)
        reduced = np.log(1 + b * (1 + 0.1 * ionic) ** q - b)
        reduced -= 0.5107 * LN_10 * root / (1 + c * root)
        single[i, j] = CHARGE[j] * ((1.125 - celsius) * reduced - cooling)
    for i in (1, 2):
        single[i, 1] = single[i, 3] + single[0, 1] - single[0, 3]
    plus = np.zeros_like(cations) - debye
    minus = np.zeros_like(anions) - CHARGE[:, None] ** 2 * debye
    for i in range(3):
        for j in range(4):
            z = CHARGE[j]
            part = ((1 + z) / 2) ** 2 / whole
            plus[i] += part * anions[j] * (single[i, j] + z * debye)
            minus[j] += z * part * cations[i] * (single[i, j] + z * debye)
    return plus, minus


def salt_water(humidity: Any) -> dict[str, Any]:
    """Water of a mole of each salt alone, kg."""
    a = np.clip(humidity, 0.1, 0.99)
    return {
        name: np.exp(np.polyval(np.array(c), np.sqrt(1 - a))) * a / (1 - a)
        for name, c in SALT_WATER.items()
    }


def mixed_water(single: dict[str, Any], cations: Any, anions: Any) -> Any:
    """Water of a solution (Zdanovskii, Stokes and Robinson), kg for moles of ions."""
    _, ammonium, sodium = cations
    so4, hso4, no3, cl = anions
    sulfate = so4 + hso4
    salty = sodium / np.maximum(ammonium + sodium, 1e-40)
    left = np.clip((ammonium + sodium - no3 - cl) / np.maximum(sulfate, 1e-40), 0, 2)

    def between(nodes: list[Any]) -> Any:
        result = nodes[0]
        for k, (start, length) in enumerate(((0.0, 1.0), (1.0, 0.5), (1.5, 0.5))):
            result = result + np.clip((left - start) / length, 0, 1) * (nodes[k + 1] - nodes[k])
        return result

    w = single
    half = 0.5 * (w["NaHSO4"] + w["Na2SO4"])
    with_ammonium = between([w["H2SO4"], w["NH4HSO4"], w["(NH4)3H(SO4)2"] / 2, w["(NH4)2SO4"]])
    with_sodium = between([w["H2SO4"], w["NaHSO4"], half, w["Na2SO4"]])
    pairs = [(sulfate, with_ammonium, with_sodium), (no3, w["NH4NO3"], w["NaNO3"])]
    pairs += [(cl, w["NH4Cl"], w["NaCl"])]
    return sum(x * ((1 - salty) * a + salty * b) for x, a, b in pairs)


def reference(cells: Any, sweeps: int = 300) -> Any:
    """Gases (NH3, HNO3, HCl), water and H+ of (7, n) cells in float64."""
    temperature, humidity, s, n, a, na, c = cells.astype(np.float64)
    gas = GAS_CONSTANT * temperature
    water_product = constant(1.01e-14, -22.52, 26.92, temperature)
    bisulfate = constant(1.015e-2, 8.85, 25.14, temperature)
    nitric = gas * constant(2.511e6, 29.17, 16.83, temperature)
    hydrochloric = gas * constant(1.971e6, 30.20, 19.91, temperature)
    ammonia = gas * constant(57.639, 13.79, -5.393, temperature) / water_product
    ammonia *= constant(1.805e-5, -1.5, 26.92, temperature)
    single = salt_water(humidity)
    zero, total = np.zeros_like(s), s + n + a + na + c
    water = s * single["(NH4)2SO4"] + n * single["NH4NO3"] + c * single["NaCl"]
    plus, minus = coefficients(
        np.array([zero, a, na]) / water, np.array([s, zero, n, c]) / water, temperature
    )
    for _ in range(sweeps):
        rn = np.exp(plus[0] + minus[2]) / (water * nitric)
        rc = np.exp(plus[0] + minus[3]) / (water * hydrochloric)
        ra = np.exp(plus[0] - plus[1]) * water * ammonia
        rb = np.exp(plus[0] + minus[0] - minus[1]) / bisulfate + 0.25 * 1.015e-2 / bisulfate
        low, high = np.full_like(s, -27.6), np.full_like(s, 7.0)
        for _ in range(45):
            h = np.exp(0.5 * (low + high))
            cations = np.array([h * water, a * ra * h / (1 + ra * h), na])
            so4 = s / (1 + rb * h)
            anions = np.array([so4, s - so4, n / (1 + rn * h), c / (1 + rc * h)])
            net = cations.sum(0) - anions.sum(0) - anions[0] - water_product * water / h
            low, high = np.where(net < 0, np.log(h), low), np.where(net < 0, high, np.log(h))
        new = np.maximum(mixed_water(single, cations, anions), 1e-9 * total)
        for old, now in zip(
            (plus, minus), coefficients(cations / water, anions / water, temperature), strict=True
        ):
            old += 0.5 * (now - old)
        water = np.sqrt(water * new)
    return np.array([a - cations[1], n - anions[2], c - anions[3], water, h])


def draw(rng: np.random.Generator, cells: int) -> Any:
    """Cells from clean to polluted, with and without sea salt, sulfate or ammonia."""
    result = np.empty((7, cells), np.float32)
    result[0] = rng.uniform(240, 310, cells)
    result[1] = rng.uniform(0.05, 0.99, cells)
    lowest, highest = (-9.5, -9.5, -9.0, -10.0, -10.0), (-6.5, -6.3, -6.0, -7.0, -7.0)
    for row, a, b in zip(result[2:], lowest, highest, strict=True):
        row[:] = 10.0 ** rng.uniform(a, b, cells)
    result[5:, rng.random(cells) < 0.5] = 0
    result[2, rng.random(cells) < 0.05] = 0
    result[4, rng.random(cells) < 0.05] = 0
    return result


def solve(cells: Any) -> Any:
    """The six results of the kernel."""
    results = np.zeros((6, cells.shape[1]), np.float32)
    work = np.full(kernels.WORK, np.nan, np.float32)
    kernels.equilibrate_metastable(cells, WATER, work, results)
    return results


def test_few_sweeps_in_single_precision_reach_the_solution(rng: np.random.Generator) -> None:
    cells = draw(rng, 100 * LANES)
    results, expected = solve(cells), reference(cells)
    assert np.isfinite(results).all()
    for row, total in ((0, 4), (1, 3), (2, 6)):
        share = np.maximum(cells[total], 1e-14)
        error = np.abs(results[row] - expected[row]) / share
        assert np.quantile(error, 0.99) < 1e-3
        assert error.max() < 0.06  # near the onset of particles each sweep gains little
    wet = expected[3] > 1e-5 * cells[2:].sum(0)
    water = np.abs(results[3] / expected[3] - 1)[wet]
    acidity = np.abs(np.log10(results[4] / expected[4]))[wet]
    assert np.quantile(water, 0.99) < 2e-3
    assert np.quantile(acidity, 0.99) < 0.02


def test_a_cell_gives_the_same_bits_wherever_it_stands(rng: np.random.Generator) -> None:
    cells = draw(rng, 12 * LANES)
    together = solve(cells)
    order = rng.permutation(cells.shape[1])
    np.testing.assert_array_equal(solve(np.ascontiguousarray(cells[:, order])), together[:, order])
    alone = np.repeat(cells[:, 7:8], LANES, axis=1)
    np.testing.assert_array_equal(solve(alone), np.repeat(together[:, 7:8], LANES, axis=1))
