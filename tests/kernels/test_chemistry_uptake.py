"""Surface of particles and uptake: limits, published values, double precision, lanes."""

from typing import Any

import numpy as np
import pytest

from forecast.chemistry.lanes import LANES
from forecast.chemistry.uptake import (
    RATES,
    Cells,
    FineParticles,
    add_ground,
    aerosol_surface,
    by_class,
    class_rows,
    uptake_rates,
)
from forecast.common.errors import ConfigurationError
from forecast.config.haze import (
    DinitrogenPentoxide,
    GroundConfig,
    HazeConfig,
    HumidUptake,
    UptakeConfig,
)

DENSITIES = (1770.0, 1720.0, 1750.0, 1300.0, 1400.0, 1800.0, 2200.0, 2200.0, 2600.0)
N = 2 * LANES


def _full(value: float) -> Any:
    return np.full(N, value, np.float32)


def _cells(**given: Any) -> Cells:
    values = {"temperature": 275.0, "humidity": 0.7, "air": 2.6e19, "light": 0.0, "hydroxyl": 0.0}
    values |= given
    return Cells(**{name: _full(1.0) * np.float32(1) * value for name, value in values.items()})


def _mass(**given: float) -> Any:
    names = ("sulfate", "nitrate", "ammonium", "poa", "soa", "bc", "other", "salt", "dust")
    return np.array([[given.get(name, 0.0)] * N for name in names], np.float32)


def _uptake(**given: Any) -> HazeConfig:
    return HazeConfig(uptake=UptakeConfig(**given))


def _coefficient(rates: Any, name: str, particles: FineParticles, molar_mass: float) -> Any:
    """Undo surface, speed and diffusion, in double precision."""
    rate = rates[RATES.index(name)].astype(float)
    speed = np.sqrt(8 * 8.314462618 * 275.0 / np.pi / molar_mass)
    area, diameter = particles.surface.astype(float), particles.diameter.astype(float)
    diffusion = 9.45e13 * np.sqrt(275.0 * (0.03472 + 1e-3 / molar_mass)) / 2.6e19
    return 4.0 / speed / (area / rate - diameter / 2 / diffusion)


def test_surface_of_a_dry_and_of_a_wet_particle() -> None:
    mass = _mass(sulfate=17.7, dust=26.0)
    dry = aerosol_surface(mass, _full(0.0), DENSITIES, HazeConfig())
    np.testing.assert_allclose(dry.diameter, 3e-7, rtol=1e-6)
    np.testing.assert_allclose(dry.surface, 6 * 2e-11 / 3e-7, rtol=1e-6)  # 20 um3 cm-3
    wet = aerosol_surface(mass, _full(140.0), DENSITIES, HazeConfig())  # eight times the volume
    np.testing.assert_allclose(wet.diameter, 6e-7, rtol=1e-6)
    np.testing.assert_allclose(wet.surface, 4 * dry.surface, rtol=1e-6)


def test_no_particles_have_no_surface_and_take_nothing_up() -> None:
    particles = aerosol_surface(_mass(), _full(50.0), DENSITIES, HazeConfig())
    assert (particles.surface == 0).all()
    rates = uptake_rates(RATES, _cells(light=0.008), particles, DENSITIES, HazeConfig())
    assert (rates == 0).all()


@pytest.mark.parametrize(
    ("mass", "water", "expected"),
    [
        (_mass(sulfate=30.0), 300.0, 3.2e-8 * 1.15e6),  # dilute, no nitrate: the upper limit
        (_mass(sulfate=30.0), 0.0, 0.005),  # dry
        # water 27.4 M and nitrate 7.4 M: 0.0368 (1 - exp(-3.56)) / (1 + 7.4 / (0.06 x 27.4))
        (_mass(nitrate=45.0, sulfate=14.0), 48.5, 0.0065),
    ],
)
def test_n2o5_after_bertram_and_thornton(mass: Any, water: float, expected: float) -> None:
    particles = aerosol_surface(mass, _full(water), DENSITIES, HazeConfig())
    rates = uptake_rates(RATES, _cells(), particles, DENSITIES, HazeConfig())
    got = _coefficient(rates, "uN2O5", particles, 0.10801)
    np.testing.assert_allclose(got, expected, rtol=0.03)


@pytest.mark.parametrize(
    ("mass", "humidity", "expected"),
    [
        (_mass(sulfate=96.063, ammonium=36.078), 0.7, 0.02537),  # A2: 1 / (1 + e^3.64849)
        (_mass(sulfate=96.063, ammonium=18.039), 0.7, 0.06460),  # A1: 1 / (1 + e^2.6727)
        (_mass(nitrate=62.005, ammonium=18.039), 0.6, 0.00567),  # 6: 1 / (1 + e^5.16654)
        (_mass(nitrate=62.005, ammonium=18.039), 0.95, 0.0154),  # 8: the limit
    ],
)
def test_n2o5_after_davis(mass: Any, humidity: float, expected: float) -> None:
    options = _uptake(dinitrogen_pentoxide=DinitrogenPentoxide.DAVIS)
    particles = aerosol_surface(mass, _full(30.0), DENSITIES, options)
    rates = uptake_rates(RATES, _cells(humidity=humidity), particles, DENSITIES, options)
    np.testing.assert_allclose(
        _coefficient(rates, "uN2O5", particles, 0.10801), expected, rtol=2e-3
    )


def test_nitrate_and_coating_slow_n2o5_down() -> None:
    values = []
    for nitrate, coated in ((0.0, False), (20.0, False), (20.0, True)):
        options = _uptake(organic_coating=coated)
        mass = _mass(sulfate=20.0, nitrate=nitrate, soa=30.0)
        particles = aerosol_surface(mass, _full(40.0), DENSITIES, options)
        rates = uptake_rates(RATES, _cells(), particles, DENSITIES, options)
        values.append(_coefficient(rates, "uN2O5", particles, 0.10801)[0])
    assert values[0] > 1.5 * values[1] > 1.5 * values[2]


def test_large_particles_are_limited_by_diffusion() -> None:
    options = _uptake(nitrate_radical=1.0)
    particles = FineParticles(_mass(dust=1.0), _full(0.0), _full(1e-3), _full(2e-3))
    rates = uptake_rates(RATES, _cells(), particles, DENSITIES, options)
    diffusion = 9.45e13 * np.sqrt(275.0 * (0.03472 + 1 / 62.005)) / 2.6e19
    np.testing.assert_allclose(rates[3], 1e-3 / 1e-3 * diffusion, rtol=2e-3)  # 4 pi R D


def test_haze_and_clean_air_have_the_lifetimes_of_the_literature() -> None:
    """N2O5 lives minutes in haze and hours in dry clean air; NO2 is hardly lost in the dark."""
    haze = _mass(sulfate=40.0, nitrate=60.0, ammonium=30.0, poa=30.0, soa=20.0, bc=8.0, other=25.0)
    clean = 0.06 * haze
    lifetimes = []
    for mass, water, humidity in ((haze, 120.0, 0.8), (clean, 0.0, 0.3)):
        particles = aerosol_surface(mass, _full(water), DENSITIES, HazeConfig())
        cells = _cells(humidity=humidity)
        rates = uptake_rates(RATES, cells, particles, DENSITIES, HazeConfig())
        lifetimes.append(1 / rates[:2, 0])
    assert 180 < lifetimes[0][0] < 1200
    assert 2400 < lifetimes[1][0] < 30000
    assert lifetimes[0][1] > 24 * 3600
    assert lifetimes[1][1] > 100 * 24 * 3600


def test_nitrogen_dioxide_follows_humidity_and_light() -> None:
    particles = aerosol_surface(_mass(sulfate=50.0), _full(50.0), DENSITIES, HazeConfig())
    humidity = np.linspace(0.2, 1.0, N, dtype=np.float32)
    cells = _cells(humidity=humidity, light=0.004)
    rates = uptake_rates(RATES, cells, particles, DENSITIES, HazeConfig())
    expected = np.clip(1e-6 + 9e-6 * (humidity - 0.4) / 0.3, 1e-6, 1e-5)
    np.testing.assert_allclose(
        _coefficient(rates, "uNO2", particles, 0.0460055), expected, rtol=1e-3
    )
    light = _coefficient(rates, "uNO2_light", particles, 0.0460055)
    np.testing.assert_allclose(light, 1e-5, rtol=1e-3)


def test_hydroperoxyl_is_divided_and_ageing_follows_hydroxyl() -> None:
    options = _uptake(hydrogen_peroxide_share=0.25)
    particles = aerosol_surface(_mass(sulfate=50.0), _full(50.0), DENSITIES, options)
    rates = uptake_rates(RATES, _cells(hydroxyl=3e6), particles, DENSITIES, options)
    whole = uptake_rates(RATES, _cells(), particles, DENSITIES, HazeConfig())[4]
    np.testing.assert_allclose(rates[4] + rates[5], whole, rtol=1e-6)
    np.testing.assert_allclose(rates[5], 0.25 * whole, rtol=1e-6)
    np.testing.assert_allclose(rates[6], 3e-5, rtol=1e-6)


def test_switches_off_give_zero() -> None:
    options = _uptake(
        dinitrogen_pentoxide=DinitrogenPentoxide.OFF,
        nitrogen_dioxide=HumidUptake(enabled=False, dry=1e-6, humid=1e-5),
        light_nitrogen_dioxide=0.0,
        nitrate_radical=0.0,
        hydroperoxyl=0.0,
    )
    particles = aerosol_surface(_mass(sulfate=50.0, soa=9.0), _full(50.0), DENSITIES, options)
    rates = uptake_rates(RATES, _cells(light=0.01), particles, DENSITIES, options)
    assert (rates == 0).all()


def test_ground_makes_nitrous_acid_in_the_dark_and_in_light() -> None:
    """In the dark HONO at 5e-5 m s-1 times surface over volume, half of the NO2 that goes."""
    names, shallow = ("uNO2_light", "uHO2", "uNO2"), _full(1.0 / 40.0)
    rates = np.zeros((3, N), np.float32)
    add_ground(rates, names, _cells(light=0.0), shallow, HazeConfig())
    np.testing.assert_allclose(0.5 * rates[2], 5e-5 * 1.7 / 40.0, rtol=0.15)
    assert (rates[:2] == 0).all()
    add_ground(rates, names, _cells(light=0.004), shallow, HazeConfig())
    speed = np.sqrt(8 * 8.314462618 * 275.0 / np.pi / 0.0460055)
    kept = 0.25 * speed * 1e-5 * 1.7
    np.testing.assert_allclose(rates[0], 0.025 / (1 / kept + 1 / 0.01), rtol=1e-5)
    assert (rates[1] == 0).all()


def test_sea_makes_none_and_the_ground_can_be_switched_off() -> None:
    rates = np.zeros((len(RATES), N), np.float32)
    add_ground(rates, RATES, _cells(light=0.01), _full(0.0), HazeConfig())
    assert (rates == 0).all()
    add_ground(
        rates, RATES, _cells(light=0.01), _full(0.1), _uptake(ground=GroundConfig(enabled=False))
    )
    assert (rates == 0).all()


def test_a_cell_does_not_see_its_neighbours(rng: np.random.Generator) -> None:
    options = _uptake(organic_coating=True)
    mass = (10 ** rng.uniform(-2, 2, (9, N))).astype(np.float32)
    water = (10 ** rng.uniform(-2, 2.5, N)).astype(np.float32)
    cells = _cells(humidity=rng.random(N, np.float32), temperature=_full(250) + 9 * mass[0] ** 0.2)
    order = rng.permutation(N)

    def run(place: Any) -> Any:
        air = Cells(*(np.ascontiguousarray(field[place]) for field in cells))
        some = np.ascontiguousarray(mass[:, place])
        particles = aerosol_surface(some, water[place].copy(), DENSITIES, options)
        return uptake_rates(RATES, air, particles, DENSITIES, options)

    np.testing.assert_array_equal(run(order), run(np.arange(N))[:, order])


def test_names_choose_and_order_the_rates() -> None:
    particles = aerosol_surface(_mass(sulfate=5.0), _full(5.0), DENSITIES, HazeConfig())
    every = uptake_rates(RATES, _cells(), particles, DENSITIES, HazeConfig())
    some = uptake_rates(("uHO2", "uN2O5"), _cells(), particles, DENSITIES, HazeConfig())
    np.testing.assert_array_equal(some, every[[4, 0]])
    with pytest.raises(ConfigurationError, match="uClNO3"):
        uptake_rates(("uClNO3",), _cells(), particles, DENSITIES, HazeConfig())


def test_densities_are_checked() -> None:
    with pytest.raises(ConfigurationError, match="densities between 500 and 5000"):
        aerosol_surface(_mass(), _full(0.0), (*DENSITIES[:8], 2.6), HazeConfig())


def test_species_are_summed_by_their_role() -> None:
    roles = ("sulfate", "", "secondary_organic", "dust", "secondary_organic", "water")
    mass = np.arange(6, dtype=np.float32)[:, None] * np.ones((1, N), np.float32)
    classes = by_class(mass, class_rows(roles))
    np.testing.assert_array_equal(classes[:, 0], [0, 0, 0, 0, 6, 0, 0, 0, 3])
