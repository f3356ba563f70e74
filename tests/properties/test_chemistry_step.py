"""One step of all chemistry, for any air: what it keeps, and that cells stand alone."""

import numpy as np
import pytest

from forecast.chemistry.composition import Composition
from forecast.chemistry.lanes import LANES
from forecast.chemistry.step import CellAir, ChemistryStep
from forecast.config.chemistry import ChemistryConfig
from forecast.ctm.reaction import amount_factors
from forecast.fields.arrays import Single

N = 4 * LANES
RADICALS = 1.0e-4
"""Radicals are drawn that much rarer than the rest."""


@pytest.fixture(scope="module")
def step(composition: Composition) -> ChemistryStep:
    return ChemistryStep(composition, ChemistryConfig(), 1200.0)


def _cells(composition: Composition, seed: int) -> tuple[Single, CellAir, Single]:
    """Random amounts from nothing to heavy pollution, air of any season, day or night."""
    rng = np.random.default_rng(seed)
    gas = composition.gas.species
    amount = np.zeros((len(composition.table), N))
    amount[: len(gas)] = 10.0 ** rng.uniform(4.0, 12.0, (len(gas), N))
    short = np.array([species.short_lived for species in gas])
    amount[: len(gas)][short] *= RADICALS
    amount[len(gas) :] = 10.0 ** rng.uniform(-6.0, 2.0, (len(composition.aerosol), N))
    amount *= rng.choice([0.0, 1.0], amount.shape, p=[0.2, 0.8])
    acid = [entry.role.value for entry in composition.aerosol].index("hydrogen")
    amount[len(gas) + acid] = 10.0 ** rng.uniform(-10.0, -6.0, N)
    drawn = (
        rng.uniform(240.0, 312.0, N),
        rng.uniform(0.05, 1.0, N),
        rng.uniform(0.8e19, 2.7e19, N),
        rng.uniform(1e16, 6e17, N),
        rng.choice([0.0, 0.3, 1.0], N),
        rng.choice([0.0, 3e-4], N),
        rng.choice([0.0, 0.025], N),
    )
    air = CellAir(*(values.astype(np.float32) for values in drawn))
    light = rng.choice([0.0, 1.0], N) * rng.uniform(0.1, 1.0, (len(composition.gas.photolysis), N))
    photolysis = light * np.geomspace(1e-2, 1e-7, len(composition.gas.photolysis))[:, None]
    return amount.astype(np.float32), air, photolysis.astype(np.float32)


@pytest.mark.parametrize("seed", range(12))
def test_elements_are_kept_and_nothing_is_negative(
    composition: Composition, step: ChemistryStep, seed: int
) -> None:
    amount, air, photolysis = _cells(composition, seed)
    before = amount.astype(np.float64)
    step.advance(amount, air, photolysis)
    assert np.isfinite(amount).all()
    assert amount.min() >= 0.0
    mass = 1.0 / amount_factors(composition).astype(np.float64)[:, None]
    for element in (composition.nitrogen, composition.sulfur):
        moles = element[:, None] * mass
        held = (before * moles).sum(axis=0)
        change = ((amount - before) * moles).sum(axis=0)
        share = np.abs(change) / np.maximum(held, 1e-30)
        assert np.median(share) < 1e-6
        # what a start far from any real air makes negative is set to zero, and that adds mass
        assert share.max() < 2e-3


def test_a_cell_does_not_depend_on_its_neighbours(
    composition: Composition, step: ChemistryStep, rng: np.random.Generator
) -> None:
    """To the last bit, so that any number of ranks gives the same result."""
    amount, air, photolysis = _cells(composition, 7)
    order = rng.permutation(N)
    moved = np.ascontiguousarray(amount[:, order])
    step.advance(amount, air, photolysis)
    step.advance(
        moved,
        CellAir(*(np.ascontiguousarray(values[order]) for values in air if values is not None)),
        np.ascontiguousarray(photolysis[:, order]),
    )
    np.testing.assert_array_equal(moved, amount[:, order])
