"""Inorganic equilibrium: published numbers, limits, directions, refusals."""

from typing import Any

import numpy as np
import pytest

from forecast.chemistry.lanes import LANES
from forecast.chemistry.thermodynamics import (
    SALT_ONSET,
    SALT_WATER,
    Equilibrium,
    InorganicAerosol,
    Totals,
    deliquescence,
    equilibrate,
)
from forecast.common.errors import ModelError
from forecast.config.thermodynamics import Branch, ThermodynamicsConfig

MICROMOLE = 1e-6
GAS_CONSTANT = 8.20574e-5  # m3 atm mol-1 K-1


def solve(
    temperature: Any, humidity: Any, amounts: Any, branch: Branch = Branch.METASTABLE
) -> Equilibrium:
    """Equilibrium of sulfate, nitrate, ammonium, sodium, chloride in umol m-3."""
    shape = np.broadcast_shapes(np.shape(temperature), np.shape(humidity), *map(np.shape, amounts))
    totals = [MICROMOLE * np.broadcast_to(amount, shape) for amount in amounts]
    return equilibrate(
        np.broadcast_to(temperature, shape),
        np.broadcast_to(humidity, shape),
        Totals(*totals),
        branch,
    )


def mozurkewich(temperature: Any) -> Any:
    """Product of NH3 and HNO3 over solid ammonium nitrate, (mol m-3)2; published in ppb2."""
    ppb2 = np.exp(118.87 - 24084.0 / temperature - 6.025 * np.log(temperature))
    return ppb2 * 1e-18 / (GAS_CONSTANT * temperature) ** 2


# ------------------------------------------------------------------------------ published numbers


def test_gases_over_solid_ammonium_nitrate_have_the_measured_product() -> None:
    temperature = np.array([265.0, 275.0, 285.0, 298.15, 305.0])
    result = solve(temperature, 0.3, (0.0, 4.0, 5.0, 0.0, 0.0), Branch.STABLE)
    np.testing.assert_allclose(
        result.ammonia * result.nitric_acid, mozurkewich(temperature), rtol=0.02
    )
    assert (result.water == 0).all()
    assert (result.nitrate > 0).all()


def test_gases_over_the_saturated_solution_agree_with_those_over_the_solid() -> None:
    temperature = np.array([270.0, 280.0, 290.0, 298.15])
    humidity = deliquescence("NH4NO3", temperature)
    result = solve(temperature, humidity, (0.0, 20.0, 21.0, 0.0, 0.0))
    ratio = result.ammonia * result.nitric_acid / mozurkewich(temperature)
    assert ((ratio > 0.95) & (ratio < 1.15)).all()


def test_ammonium_nitrate_solution_is_that_of_another_activity_model() -> None:
    # AIOMFAC (Zuend et al. 2008, 2011) in a closed volume at 298.15 K and 80 % humidity: 4.137e-9
    # and 4.152e-9 atm of the gases, mole fractions of water 0.7325, of nitrate 0.1338
    result = solve(np.array([298.15]), 0.8, (0.0, 1.0, 1.0, 0.0, 0.0))
    pressure = GAS_CONSTANT * 298.15
    product = result.ammonia * result.nitric_acid * pressure**2
    assert product[0] / (4.137e-9 * 4.152e-9) == pytest.approx(1.0, rel=0.15)
    molality = result.nitrate / result.water
    assert molality[0] == pytest.approx(0.1338 / (0.7325 * 0.0180153), rel=0.02)


@pytest.mark.parametrize(
    ("salt", "solubility"),
    [("(NH4)2SO4", 5.77), ("NaCl", 6.15), ("NH4NO3", 26.0), ("NH4Cl", 7.39), ("NaNO3", 10.8)],
)
def test_salts_deliquesce_at_the_molality_of_handbooks(salt: str, solubility: float) -> None:
    humidity = float(deliquescence(salt, np.array(298.15)))
    root = np.sqrt(1 - humidity)
    molality = (1 - humidity) / humidity / np.exp(np.polyval(np.array(SALT_WATER[salt]), root))
    assert molality == pytest.approx(solubility, rel=0.04)


def test_winter_haze_is_as_acid_as_published() -> None:
    # Song et al. (2018, doi 10.5194/acp-18-7423-2018): pH of about 4 to 5 in northern China; here
    # 25 ug m-3 of sulfate, 28 of nitrate, 16 of ammonia above what they bind
    sulfate, nitrate, ammonia = 25.0 / 96.06, 28.0 / 62.0, 32.0 / 17.03
    humidity, temperature = np.meshgrid([0.4, 0.55, 0.7, 0.8], [266.0, 271.0, 276.0])
    result = solve(temperature.ravel(), humidity.ravel(), (sulfate, nitrate, ammonia, 0.0, 0.0))
    assert ((result.ph > 3.8) & (result.ph < 5.2)).all()


def test_deliquescence_follows_temperature_as_measured() -> None:
    temperature = np.array([275.0, 285.0, 298.15])
    published = np.exp(723.7 / temperature + 1.6954) / 100  # Mozurkewich 1993
    for offset, wet in ((-0.01, False), (0.01, True)):
        result = solve(temperature, published + offset, (0.0, 40.0, 41.0, 0.0, 0.0), Branch.STABLE)
        assert ((result.water > 0) == wet).all()
    for offset, wet in ((-0.01, False), (0.01, True)):
        sulfate = solve(
            temperature,
            deliquescence("(NH4)2SO4", temperature) + offset,
            (1.0, 0.0, 2.2, 0.0, 0.0),
            Branch.STABLE,
        )
        assert ((sulfate.water > 0) == wet).all()


def test_a_mixture_deliquesces_before_each_of_its_salts() -> None:
    # ammonium sulfate and nitrate together: 0.60 to 0.62 at 298 K (Wexler and Seinfeld 1991)
    humidity = np.linspace(0.5, 0.7, 81)
    result = solve(298.15, humidity, (5.0, 20.0, 31.0, 0.0, 0.0), Branch.STABLE)
    onset = humidity[np.argmax(result.water > 0)]
    assert 0.57 < onset < 0.625
    dry = result.water[humidity < onset - 0.02]
    assert (dry == 0).all()


# ----------------------------------------------------------------------------------------- limits


def test_without_nitrate_and_with_ammonia_to_spare_sulfate_is_neutral() -> None:
    result = solve(np.array([275.0, 298.0]), 0.7, (0.2, 0.0, 1.0, 0.0, 0.0))
    np.testing.assert_allclose(result.ammonium, 0.4e-6, rtol=0.03)
    assert (result.nitrate == 0).all()
    molality = result.ammonium / 2 / result.water
    np.testing.assert_allclose(molality, 8.57, rtol=0.05)  # of the salt alone at 70 %


def test_without_ammonia_nitric_acid_stays_a_gas() -> None:
    result = solve(np.array([280.0, 298.0]), 0.6, (0.2, 0.5, 0.0, 0.0, 0.0))
    assert (result.nitrate < 0.02 * 0.5e-6).all()
    assert (result.hydrogen > 1.0).all()


def test_with_much_ammonia_in_the_cold_all_nitrate_is_in_particles() -> None:
    result = solve(np.array([260.0]), 0.7, (0.1, 0.5, 5.0, 0.0, 0.0))
    assert result.nitric_acid[0] < 1e-5 * 0.5e-6
    assert result.ammonium[0] == pytest.approx(0.7e-6, rel=1e-2)


def test_warm_and_dry_air_leaves_no_ammonium_nitrate() -> None:
    for branch in Branch:
        result = solve(np.array([308.0]), 0.2, (0.0, 0.05, 0.05, 0.0, 0.0), branch)
        assert result.nitrate[0] < 1e-3 * 0.05e-6


def test_sea_salt_gives_its_chloride_for_nitric_acid() -> None:
    result = solve(np.array([288.0]), 0.8, (0.0, 0.1, 0.0, 0.1, 0.1))
    assert result.hydrochloric_acid[0] > 0.5 * 0.1e-6
    assert result.nitrate[0] > 0.5 * 0.1e-6
    np.testing.assert_allclose(result.nitrate + result.chloride, 0.1e-6, rtol=0.02)  # of sodium


def test_an_empty_cell_stays_empty() -> None:
    for branch in Branch:
        result = solve(np.array([280.0]), 0.7, (0.0,) * 5, branch)
        assert max(result.ammonia[0], result.nitric_acid[0], result.ammonium[0]) == 0
        assert result.water[0] < 1e-20
        assert np.isfinite(result.ph[0])


def test_stable_and_metastable_are_one_above_all_deliquescence() -> None:
    amounts = (0.3, 0.5, 1.6, 0.0, 0.0)
    temperature = np.array([280.0, 290.0, 300.0])
    one = solve(temperature, 0.9, amounts)
    other = solve(temperature, 0.9, amounts, Branch.STABLE)
    for name in ("ammonia", "nitric_acid", "water", "hydrogen"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=2e-3)


# ------------------------------------------------------------------------------------- directions


def test_nitrate_leaves_particles_as_it_gets_warmer() -> None:
    temperature = np.linspace(245, 308, 64)
    for humidity in (0.3, 0.6, 0.9):
        result = solve(temperature, humidity, (0.2, 0.4, 1.0, 0.0, 0.0))
        assert (np.diff(result.nitric_acid) > -1e-3 * 0.4e-6).all()
        assert result.nitric_acid[-1] > 0.3 * 0.4e-6


def test_water_grows_with_humidity() -> None:
    humidity = np.linspace(0.1, 0.99, 90)
    for branch in Branch:
        result = solve(278.0, humidity, (0.2, 0.4, 1.0, 0.02, 0.03), branch)
        assert (np.diff(result.water) >= -1e-4 * result.water[1:]).all()


def test_ammonia_makes_particles_less_acid_and_richer_in_nitrate() -> None:
    ammonia = np.linspace(0.2, 4.0, 64)
    result = solve(285.0, 0.7, (0.3, 0.5, ammonia, 0.0, 0.0))
    assert (np.diff(result.ph) > 0).all()
    assert (np.diff(result.nitrate) > -1e-4 * 0.5e-6).all()


# --------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("row", "value", "words"),
    [
        (0, 60.0, "temperature of cell 2 is '60' K"),
        (1, np.nan, "humidity of cell 2 is 'nan'"),
        (3, -1e-9, "nitrate of cell 2 is '-1e-09'"),
        (4, np.inf, "ammonium of cell 2 is 'inf'"),
    ],
)
def test_what_has_no_equilibrium_is_refused_by_cell(row: int, value: float, words: str) -> None:
    arrays = [np.full(5, x) for x in (280.0, 0.6, 1e-7, 1e-7, 3e-7, 0.0, 0.0)]
    arrays[row][2] = value
    with pytest.raises(ModelError, match=words):
        equilibrate(arrays[0], arrays[1], Totals(*arrays[2:]))


def test_arrays_of_another_shape_are_refused() -> None:
    aerosol = InorganicAerosol()
    with pytest.raises(ModelError, match="multiple of 16"):
        aerosol.solve(np.zeros((7, 17), np.float32), np.zeros((6, 17), np.float32))
    with pytest.raises(ModelError, match="expected"):
        aerosol.solve(np.zeros((6, LANES), np.float32), np.zeros((6, LANES), np.float32))


def test_the_solution_without_solids_is_what_is_taken_unless_asked() -> None:
    assert ThermodynamicsConfig().branch is Branch.METASTABLE
    assert InorganicAerosol().branch is Branch.METASTABLE
    assert list(SALT_ONSET) == list(SALT_WATER)
