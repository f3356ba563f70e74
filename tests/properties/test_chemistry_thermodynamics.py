"""Whatever is asked, the inorganic equilibrium keeps every mole and every bound."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.chemistry.thermodynamics import Totals, equilibrate
from forecast.config.thermodynamics import Branch

AMOUNT = st.one_of(st.just(0.0), st.floats(-13, -5).map(lambda power: float(10.0**power)))
CELL = st.tuples(st.floats(240, 310), st.floats(0.01, 0.99), AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT)


@given(cells=st.lists(CELL, min_size=1, max_size=40), branch=st.sampled_from(list(Branch)))
@settings(max_examples=60)
def test_moles_are_kept_and_nothing_leaves_its_bounds(
    cells: list[tuple[float, ...]], branch: Branch
) -> None:
    columns = np.array(cells).T
    totals = Totals(*columns[2:])
    result = equilibrate(columns[0], columns[1], totals, branch)
    pairs = (
        (result.ammonia, result.ammonium, totals.ammonium),
        (result.nitric_acid, result.nitrate, totals.nitrate),
        (result.hydrochloric_acid, result.chloride, totals.chloride),
    )
    for gas, particle, total in pairs:
        single = total.astype(np.float32)
        assert (gas >= 0).all()
        assert (particle >= 0).all()
        assert (gas <= single).all()
        # the particles are what the gas leaves, so only the last bit of the sum can differ
        assert (np.abs(gas + particle - single) <= np.spacing(single)).all()
    for values in (result.water, result.hydrogen, result.hydrogen_coefficient, result.ph):
        assert np.isfinite(values).all()
    assert (result.water >= 0).all()
    assert ((result.ph > -3.1) & (result.ph < 12.1)).all()


@given(cell=CELL, factor=st.floats(0.1, 10), branch=st.sampled_from(list(Branch)))
@settings(max_examples=40)
def test_water_grows_with_what_it_serves(
    cell: tuple[float, ...], factor: float, branch: Branch
) -> None:
    """More of the sulfate and of its ammonia never means less water."""
    temperature, humidity, sulfate = cell[:3]
    amounts = np.array([sulfate, sulfate * (1 + factor)])
    zero = np.zeros(2)
    totals = Totals(amounts, zero, 2.5 * amounts, zero, zero)
    result = equilibrate(np.full(2, temperature), np.full(2, humidity), totals, branch)
    assert result.water[1] >= result.water[0] * (1 - 1e-5)
