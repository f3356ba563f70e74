"""Oxidation of SO2 in water: conservation, limits, double precision, lanes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from forecast.chemistry.aqueous import GASES, Aqueous, CloudyCells
from forecast.chemistry.gas.mechanism import GasMechanism, read_gas_mechanism
from forecast.chemistry.lanes import LANES
from forecast.chemistry.uptake import FineParticles
from forecast.config.haze import (
    CloudConfig,
    HumidUptake,
    ParticleWaterConfig,
    SulfurConfig,
)

N = 4 * LANES
AIR = 2.5e19
PER_LITRE = 1000 / 6.02214076e23
STEP = 300.0
OFF = HumidUptake(enabled=False, dry=0.0, humid=0.0)
NO_PARTICLES = ParticleWaterConfig(
    hydrogen_peroxide=False, ozone=False, nitrogen_dioxide=False, metals=False, surface=OFF
)
NO_CLOUDS = CloudConfig(hydrogen_peroxide=False, ozone=False, nitrogen_dioxide=False, metals=False)
SO2, H2O2, O3, NO2, HONO, SULF, HNO3, NH3 = range(8)


@pytest.fixture(scope="module")
def mechanism() -> GasMechanism:
    folder = Path(__file__).resolve().parents[2] / "configs" / "mechanisms"
    return read_gas_mechanism(folder / "cb05.yaml", (folder / "haze.yaml",))


def _full(value: float) -> Any:
    return np.full(N, value, np.float32)


def _case(mechanism: GasMechanism, rng: np.random.Generator) -> SimpleNamespace:
    """Cells from clean to polluted, dry to foggy."""
    density = np.zeros((len(mechanism.species), N), np.float32)
    ranges = ((-2, 2), (-3, 0.5), (-1, 2), (-2, 2), (-2, 0), (-5, -2), (-2, 1), (-2, 1.5))
    rows = [mechanism.index(name) for name in GASES]
    for row, (low, high) in zip(rows, ranges, strict=True):
        density[row] = 10 ** rng.uniform(low, high, N) * 1e-9 * AIR
    mass = (10 ** rng.uniform(-1, 2, (9, N))).astype(np.float32)
    water = (10 ** rng.uniform(-2, 2.7, N)).astype(np.float32)
    water[:5] = 0.0
    cloud = np.where(rng.random(N) < 0.5, rng.random(N), 0.0).astype(np.float32)
    cells = CloudyCells(
        rng.uniform(245, 300, N).astype(np.float32),
        rng.uniform(0.2, 1, N).astype(np.float32),
        _full(AIR),
        rng.uniform(0, 0.008, N).astype(np.float32),
        cloud,
        np.where(cloud > 0, 10 ** rng.uniform(-5, -3, N), 0.0).astype(np.float32),
    )
    diameter = rng.uniform(3e-7, 8e-7, N).astype(np.float32)
    surface = (6e-12 * (mass.sum(axis=0) / 1.6 + water) / diameter).astype(np.float32)
    particles = FineParticles(mass, water, surface, diameter)
    hydrogen = (10 ** rng.uniform(-7, 0, N)).astype(np.float32)
    return SimpleNamespace(
        density=density, rows=rows, cells=cells, particles=particles, hydrogen=hydrogen
    )


def _run(case: Any, aqueous: Aqueous, step: float = STEP) -> tuple[Any, Any, Any]:
    """Gases before and after in the order of GASES, and what was formed."""
    density = case.density.copy()
    formed = aqueous.oxidise(density, case.cells, case.particles, case.hydrogen, step)
    return case.density[case.rows].astype(float), density[case.rows].astype(float), formed


def test_sulfur_nitrogen_and_oxidants_are_kept(
    mechanism: GasMechanism, rng: np.random.Generator
) -> None:
    case = _case(mechanism, rng)
    before, after, formed = _run(case, Aqueous.of(mechanism, SulfurConfig()))
    assert (after >= 0).all()
    np.testing.assert_allclose(after[SO2] + after[SULF], before[SO2] + before[SULF], rtol=2e-7)
    np.testing.assert_allclose(after[NO2] + after[HONO], before[NO2] + before[HONO], rtol=2e-7)
    lost = before[SO2] - after[SO2]
    scale = 2e-7 * before[SO2].max()
    np.testing.assert_allclose(formed.sum(axis=0), lost, rtol=2e-6, atol=scale)
    np.testing.assert_allclose(
        before[H2O2] - after[H2O2], formed[0] + formed[5], rtol=1e-3, atol=1e-6 * before[H2O2].max()
    )
    np.testing.assert_allclose(
        before[NO2] - after[NO2],
        2 * (formed[2] + formed[7]),
        rtol=1e-3,
        atol=1e-6 * before[NO2].max(),
    )
    assert (formed.max(axis=1) > 0).all()
    np.testing.assert_array_equal(after[[HNO3, NH3]], before[[HNO3, NH3]])


def test_a_cell_does_not_see_its_neighbours(
    mechanism: GasMechanism, rng: np.random.Generator
) -> None:
    """Cells with and without clouds share blocks in one order and not in the other."""
    case = _case(mechanism, rng)
    aqueous = Aqueous.of(mechanism, SulfurConfig())
    _, after, formed = _run(case, aqueous)
    order = np.argsort(case.cells.cloud, kind="stable")
    particles = case.particles
    sorted_case = SimpleNamespace(
        density=np.ascontiguousarray(case.density[:, order]),
        rows=case.rows,
        cells=CloudyCells(*(field[order] for field in case.cells)),
        particles=FineParticles(
            np.ascontiguousarray(particles.mass[:, order]),
            particles.water[order],
            particles.surface[order],
            particles.diameter[order],
        ),
        hydrogen=case.hydrogen[order],
    )
    _, other, other_formed = _run(sorted_case, aqueous)
    np.testing.assert_array_equal(other, after[:, order])
    np.testing.assert_array_equal(other_formed, formed[:, order])


def test_switches_off_change_nothing(mechanism: GasMechanism, rng: np.random.Generator) -> None:
    case = _case(mechanism, rng)
    options = SulfurConfig(particles=NO_PARTICLES, clouds=NO_CLOUDS)
    before, after, formed = _run(case, Aqueous.of(mechanism, options))
    np.testing.assert_array_equal(after, before)
    assert (formed == 0).all()


@pytest.mark.parametrize(
    ("route", "name"),
    [(0, "hydrogen_peroxide"), (1, "ozone"), (2, "nitrogen_dioxide"), (3, "metals")],
)
def test_one_switch_stops_one_route(
    mechanism: GasMechanism, rng: np.random.Generator, route: int, name: str
) -> None:
    case = _case(mechanism, rng)
    options = SulfurConfig(
        particles=ParticleWaterConfig().model_copy(update={name: False}),
        clouds=CloudConfig().model_copy(update={name: False}),
    )
    _, _, formed = _run(case, Aqueous.of(mechanism, options))
    stopped = np.zeros(9, bool)
    stopped[[route, route + 5]] = True
    np.testing.assert_array_equal(formed.max(axis=1) == 0, stopped)


def test_dry_particles_and_ice_clouds_do_not_react(
    mechanism: GasMechanism, rng: np.random.Generator
) -> None:
    case = _case(mechanism, rng)
    options = SulfurConfig(particles=ParticleWaterConfig(surface=OFF))
    case.cells = case.cells._replace(humidity=_full(0.4), temperature=_full(240.0))
    before, after, _ = _run(case, Aqueous.of(mechanism, options))
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize(("so2", "h2o2"), [(2.0, 0.5), (0.5, 2.0), (1.0, 1.0)])
def test_hydrogen_peroxide_in_cloud_stops_at_the_smaller_of_the_two(
    mechanism: GasMechanism, so2: float, h2o2: float
) -> None:
    """An hour of cloud uses up the scarcer one (Seinfeld and Pandis 2006, section 7.5)."""
    case = _case(mechanism, np.random.default_rng(1))
    case.density[:] = 0.0
    case.particles.mass[:] = 0.0
    case.density[case.rows[SO2]] = so2 * 1e-9 * AIR
    case.density[case.rows[H2O2]] = h2o2 * 1e-9 * AIR
    case.cells = CloudyCells(
        _full(283.0), _full(1.0), _full(AIR), _full(0.0), _full(0.5), _full(5e-4)
    )
    options = SulfurConfig(
        particles=NO_PARTICLES, clouds=NO_CLOUDS.model_copy(update={"hydrogen_peroxide": True})
    )
    _, after, formed = _run(case, Aqueous.of(mechanism, options), step=3600.0)
    made = formed[5] / (1e-9 * AIR)
    # only the cloudy half of the cell reacts
    expected = 0.5 * min(so2, h2o2)
    np.testing.assert_allclose(made, expected, rtol=5e-3 if so2 != h2o2 else 0.25)
    assert (made <= expected * (1 + 1e-6)).all()
    np.testing.assert_allclose(after[H2O2] / (1e-9 * AIR), h2o2 - made, rtol=1e-5, atol=1e-6)


def _passage(area: float, radius: float, stick: float, molar: float, warmth: float) -> float:
    diffusion = 9.45e13 * np.sqrt(warmth * (0.03472 + 1 / molar)) / AIR
    speed = np.sqrt(8 * 8314.462618 * warmth / np.pi / molar)
    return float(area / (radius / diffusion + 4 / (speed * stick)))


def _penetration(radius: float, loss: float) -> float:
    q = radius * np.sqrt(loss / 2e-9)
    return float(1 - q * q / 15 if q < 0.05 else 3 * (q / np.tanh(q) - 1) / q**2)


class _Drops:
    """A cloud in double precision, its acidity solved at every moment."""

    def __init__(self, case: Any, cell: int) -> None:
        self.gas = case.density[case.rows, cell].astype(float) * PER_LITRE
        self.warmth = float(case.cells.temperature[cell])
        self.water = float(case.cells.cloud_water[cell]) * 1e-3
        mass = case.particles.mass[:, cell].astype(float) * 1e-9
        moles = mass[:3] / (96.0626, 62.0049, 18.0385)
        self.sulfate = moles[0] + self.gas[SULF]
        self.nitrate, self.ammonia = moles[1] + self.gas[HNO3], moles[2] + self.gas[NH3]
        self.bases = mass[8] * 1e-3 * 1.5
        self.ions = (2 * moles[0] + 0.5 * (moles[1] + moles[2])) / self.water
        ferric = 0.9 - 0.8 * float(case.cells.light[cell]) / 8e-3
        self.iron = ferric * (6e-4 * mass[6] + 3.5e-4 * mass[8]) / 55.845 / self.water
        self.manganese = (1.4e-3 * mass[6] + 3e-4 * mass[8]) / 54.938 / self.water

    def henry(self, at_298: float, heat: float) -> float:
        return at_298 * 0.08205746 * self.warmth * self.warm(heat)

    def warm(self, heat: float) -> float:
        return float(np.exp(heat * (1 / self.warmth - 1 / 298.15)))

    def sulfite(self, h: float) -> tuple[float, float, float]:
        zero = self.henry(1.23, 3145)
        one = zero * 1.3e-2 * self.warm(1960) / h
        return zero, one, one * 6.6e-8 * self.warm(1500) / h

    def charge(self, h: float, so2: float) -> float:
        water, sulfate = self.water, self.sulfate + self.gas[SO2] - so2
        kw = 1e-14 * self.warm(-6710)
        zero, one, two = self.sulfite(h)
        ammonium = self.henry(62.0, 4110) * 1.7e-5 * self.warm(-450) / kw * h
        acid = self.henry(2.1e5 * 15.4, 8700) / h
        carbonate = 4.2e-4 * 3.4e-2 * 4.3e-7 * self.warm(1440) / h
        total = h + self.bases / water - kw / h - carbonate
        total += self.ammonia * ammonium / (1 + (self.henry(62.0, 4110) + ammonium) * water)
        total -= so2 * (one + 2 * two) / (1 + (zero + one + two) * water)
        total -= self.nitrate * acid / (1 + acid * water)
        return float(total - sulfate / water * (1 + 1.2e-2 / (1.2e-2 + h)))

    def acidity(self, so2: float) -> float:
        if self.charge(1e-8, so2) > 0 or self.charge(1e-2, so2) < 0:
            return 1e-8 if self.charge(1e-8, so2) > 0 else 1e-2
        return float(10 ** brentq(lambda x: self.charge(10.0**x, so2), -8.0, -2.0))

    def change(self, _: float, amounts: Any) -> list[float]:
        so2, peroxide, ozone, dioxide = np.maximum(amounts, 0.0)
        h, water, ions = self.acidity(so2), self.water, self.ions
        zero, one, two = self.sulfite(h)
        four = zero + one + two
        gas, held = water / (1 + four * water), so2 / (1 + four * water)
        strong = min(ions, 5.0)
        salt = 0.36 * strong - 1.015 * np.sqrt(strong) / (1 + 0.17 * np.sqrt(strong))
        solubility = self.henry(1e5, 7300)
        by_peroxide = gas * 7.5e7 * self.warm(-4430) * 10**salt / (1 + 13 * h) * h * one
        by_peroxide *= solubility / (1 + solubility * water)
        loss = 2.4e4 * zero + 3.7e5 * self.warm(-5530) * one + 1.5e9 * self.warm(-5280) * two
        loss *= 1 + 1.94 * min(ions, 4.0)
        by_ozone = gas * loss * _penetration(8e-6, loss * held) * self.henry(1.1e-2, 2540)
        above = min(max(-np.log10(h) - 5.3, 0.0), 3.4) / 3.4
        pace = 1.24e7 * (1.67 / 1.24) ** above * four
        by_dioxide = gas * pace * _penetration(8e-6, pace * held) * self.henry(1.2e-2, 2500)
        root = np.sqrt(min(ions, 2.0))
        metal = min(3.72e7 * h**-0.74, 2.51e13 * h**0.67) * 10 ** (-4.07 * root / (1 + root))
        metal *= np.exp(-8431.6 * (1 / self.warmth - 1 / 297.0))
        metal *= min(self.iron, 9.12e3 * h**3 + 58.9 * h**2 + 1.95e-2 * h) * self.manganese
        by_metals = gas * metal * four
        area = 3 * water / 8e-6
        s, p, o, n = (
            _passage(area, 8e-6, stick, molar, self.warmth)
            for stick, molar in ((0.11, 64.064), (0.23, 34.0147), (2e-3, 47.9982), (2e-4, 46.0055))
        )
        by_peroxide /= 1 + by_peroxide * (peroxide / s + so2 / p)
        by_ozone /= 1 + by_ozone * (ozone / s + so2 / o)
        by_dioxide /= 1 + by_dioxide * (dioxide / s + 2 * so2 / n)
        by_metals /= 1 + by_metals / s
        rates = by_peroxide * peroxide, by_ozone * ozone, by_dioxide * dioxide
        lost = so2 * (sum(rates) + by_metals)
        return [-lost, -so2 * rates[0], -so2 * rates[1], -2 * so2 * rates[2]]


def test_clouds_follow_an_adaptive_solution(
    mechanism: GasMechanism, rng: np.random.Generator
) -> None:
    """Four parts of a step with fixed acidity against the acidity of every moment."""
    case = _case(mechanism, rng)
    cloudy = (10 ** rng.uniform(-4.3, -3, N)).astype(np.float32)
    case.cells = case.cells._replace(
        cloud=_full(1.0),
        cloud_water=cloudy,
        temperature=rng.uniform(262, 298, N).astype(np.float32),
    )
    _, _, formed = _run(case, Aqueous.of(mechanism, SulfurConfig(particles=NO_PARTICLES)))
    errors = []
    for cell in range(0, N, 2):
        drops = _Drops(case, cell)
        start = drops.gas[:4]
        end = solve_ivp(drops.change, (0, STEP), start, "LSODA", rtol=1e-6, atol=1e-20).y[:, -1]
        got = formed[:, cell].sum() * PER_LITRE
        errors.append(abs(got - (start[0] - end[0])) / start[0])
    assert np.mean(errors) < 0.01
    assert np.max(errors) < 0.08
