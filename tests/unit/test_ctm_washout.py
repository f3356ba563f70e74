"""Rates of scavenging against published ones, clouds, and half-lives."""

import numpy as np
import pytest

from forecast.chemistry.composition import Composition
from forecast.chemistry.removal import Gas, GasEntry, ParticleKind, read_removal
from forecast.config.deposition import DepositionConfig, WashoutScheme
from forecast.ctm.budget import LedgerFields
from forecast.ctm.idealised import IdealisedCase, stretched_levels
from forecast.ctm.process import Hour, Step
from forecast.ctm.state import TileState
from forecast.ctm.washout import (
    DROPS,
    INTENSITIES,
    at_intensity,
    collision_efficiency,
    drop_numbers,
    fall_speed,
    gas_washout,
    particle_washout,
)
from forecast.ctm.wet_scavenging import WetScavenging, clouds_of
from forecast.parallel.decomposition import Decomposition

ONE = np.array(1.0)
STEP = 600.0


def _kind(diameter: float, spread: float = 1.0, density: float = 1500.0) -> ParticleKind:
    return ParticleKind(
        diameter=diameter, spread=spread, density=density, hygroscopicity=0.0,
        cloud=0.9, ice=0.1, source=("test",),
    )  # fmt: skip


def _gas(molar_mass: float) -> Gas:
    entry = GasEntry(henry=1e5, warmth=0.0, source=("test",))
    return Gas(entry, (molar_mass / 18.015) ** 0.5)


@pytest.mark.parametrize("intensity", [0.1, 1.0, 20.0])
def test_drops_carry_the_rain(intensity: float) -> None:
    carried = (np.pi / 6 * DROPS**3 * fall_speed(DROPS) * drop_numbers(intensity)).sum()
    assert carried * 3.6e6 == pytest.approx(intensity)


def test_nitric_acid_leaves_as_published() -> None:
    """EMEP MSC-W (Simpson et al. 2012): ratio 0.5e6 over 1000 m, 1.4e-4 s-1 at 1 mm/h.

    Exponents of rain intensity in the literature lie near 0.6.
    """
    table = gas_washout(_gas(63.0))
    assert float(at_intensity(table, ONE)) == pytest.approx(1.4e-4, rel=0.3)
    exponent = np.log10(at_intensity(table, 10 * ONE) / at_intensity(table, ONE))
    assert float(exponent) == pytest.approx(0.6, abs=0.05)
    assert gas_washout(_gas(17.0))[10] > table[10]


@pytest.mark.parametrize("scheme", WashoutScheme)
def test_coarse_particles_leave_as_published(scheme: WashoutScheme) -> None:
    """Feng (2007, 2009), as GEOS-Chem uses: 0.92 R^0.79 an hour, 2.6e-4 s-1 at 1 mm/h."""
    rain, _ = particle_washout(_kind(4.5e-6, 1.6, 2200.0), scheme, True)
    assert float(at_intensity(rain, ONE)) == pytest.approx(0.92 / 3600, rel=0.3)


def test_fine_particles_leave_slowly_in_theory_and_faster_in_the_field() -> None:
    """Theory of Feng (2007): 1.06e-3 R^0.61 an hour; Beijing, Xu et al. (2019): order 1e-5 s-1."""
    found = {
        scheme: float(at_intensity(particle_washout(_kind(0.4e-6, 1.8), scheme, True)[0], ONE))
        for scheme in WashoutScheme
    }
    assert found[WashoutScheme.SLINN_1984] == pytest.approx(1.06e-3 / 3600, rel=1.0)
    assert found[WashoutScheme.SLINN_1984] < found[WashoutScheme.WANG_2014] < 3e-6
    assert 0.4e-5 < found[WashoutScheme.LAAKSO_2003] < 3e-5


def test_the_efficiency_has_its_gap_between_diffusion_and_impaction() -> None:
    """Slinn's curve for a drop of 1 mm: 1e-3 and less near 1 um, near 1 at 10 um."""
    drop = int(np.argmin(abs(DROPS - 1e-3)))
    sizes = (0.01e-6, 0.5e-6, 10e-6)
    ultrafine, gap, large = (collision_efficiency(d, 1000.0)[drop] for d in sizes)
    assert gap < 2e-3
    assert ultrafine > 3 * gap
    assert 0.5 < large <= 1.0


def test_snow_takes_more_of_fine_particles_than_rain() -> None:
    rain, snow = particle_washout(_kind(0.4e-6, 1.8), WashoutScheme.WANG_2014, True)
    assert np.all(snow > 5.0 * rain)


def test_tables_follow_a_power_law_beyond_their_lowest_intensity() -> None:
    table = 2.0e-5 * INTENSITIES**0.7
    for intensity in (1e-4, 0.0123, 1.0, 99.0):
        found = float(at_intensity(table, np.array(intensity)))
        assert found == pytest.approx(2.0e-5 * intensity**0.7, rel=1e-6)


@pytest.fixture(scope="module")
def case(composition: Composition) -> IdealisedCase:
    return IdealisedCase(6, 8, stretched_levels(9), composition, rain_hour=0)


def _rain(case: IdealisedCase, index: int) -> Hour:
    return Hour.between(index, case.meteorology(index), case.meteorology(index + 1), case.levels)


def _washed(
    case: IdealisedCase, composition: Composition, index: int
) -> tuple[TileState, LedgerFields]:
    tile = Decomposition(6, 8, 1, 1).tile(0)
    state = TileState.empty(tile, len(composition.table), 9)
    state.own_ratio[:] = 1.0e-9
    ledger = LedgerFields.zeros(len(composition.table), 6, 8)
    options = DepositionConfig()
    wet = WetScavenging(read_removal(composition.table, options), options, STEP, ledger)
    wet.begin_hour(_rain(case, index))
    wet.advance(state, Step(0, STEP))
    return state, ledger


def test_clouds_become_rain_at_the_rate_of_the_rain(case: IdealisedCase) -> None:
    """Cloud water times depth times rate is the precipitation of the area where it falls."""
    hour, options = _rain(case, 1), DepositionConfig()
    clouds = clouds_of(hour, options, STEP)
    depth = (np.diff(hour.z_half, axis=0) * (clouds.zone == 1)).sum(axis=0)
    deep = clouds.raining & (depth > 500.0)
    assert deep.any()
    rain = hour.fluxes.precipitation_flux[deep]
    carried = clouds.conversion * clouds.area * options.cloud_water * depth
    np.testing.assert_allclose(carried[deep], rain, rtol=1e-6)
    np.testing.assert_allclose(clouds.drop[deep] * clouds.area[deep] * 1000.0, rain, rtol=1e-6)


def test_rain_cleans_where_it_falls_and_nowhere_else(
    case: IdealisedCase, composition: Composition
) -> None:
    state, ledger = _washed(case, composition, 1)
    dry = _rain(case, 1).fluxes.precipitation_flux == 0.0
    assert dry.any()
    left = state.own_ratio / np.float32(1.0e-9)
    assert np.all(left[..., dry] == 1.0)
    assert left.min() > 0.0
    index = composition.table.index
    wet = ~dry
    for name in ("CO", "PAR"):
        assert np.all(left[index(name)] == 1.0)
    removed = {name: 1.0 - left[index(name)][:, wet].min() for name in composition.table.names}
    assert removed["NO2"] < 1e-3 * removed["NH3"]
    assert removed["SO2"] < removed["NH3"]
    assert removed["AEC"] < removed["ASO4"]
    start = float(np.float32(1.0e-9))
    lost = (start - state.own_ratio.astype(np.float64)) * state.own_mass
    np.testing.assert_allclose(ledger.wet_deposition, lost.sum(axis=1), rtol=1e-4, atol=1e-15)


def test_half_lives_in_a_raining_cloud(case: IdealisedCase, composition: Composition) -> None:
    """At 1 mm/h the sulfate of a cloud is gone by half in ten minutes to two hours."""
    state, _ = _washed(case, composition, 1)
    share = state.own_ratio[composition.table.index("ASO4")].min() / 1e-9
    half_life = STEP * np.log(0.5) / np.log(share)
    assert 600.0 < half_life < 7200.0


def test_nothing_happens_without_rain(case: IdealisedCase, composition: Composition) -> None:
    state, ledger = _washed(case, composition, 10)
    assert np.all(state.own_ratio == np.float32(1.0e-9))
    assert not ledger.wet_deposition.any()
