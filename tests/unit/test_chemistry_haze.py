"""Chemistry of haze against the literature, and the extension file of its mechanism."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from forecast.chemistry.aqueous import Aqueous, CloudyCells
from forecast.chemistry.gas.mechanism import GasMechanism, read_gas_mechanism
from forecast.chemistry.organics import GASES, PARTICLES, Organics
from forecast.chemistry.uptake import RATES, FineParticles, rate_order
from forecast.common.errors import ConfigurationError
from forecast.config.haze import (
    HumidUptake,
    NitrogenDioxideRate,
    OrganicConfig,
    ParticleWaterConfig,
    SulfurConfig,
)

N = 16
MECHANISMS = Path(__file__).resolve().parents[2] / "configs" / "mechanisms"
HAZE = MECHANISMS / "haze.yaml"
SULFATE = 96.06e12 / 6.02214076e23  # ug m-3 for one molecule cm-3
CHENG = {"SO2": 40.0, "NO2": 66.0, "O3": 1.0, "H2O2": 0.01}
"""Heavy haze in Beijing, ppb (Cheng et al. 2016)."""


@pytest.fixture(scope="module")
def mechanism() -> GasMechanism:
    return read_gas_mechanism(MECHANISMS / "cb05.yaml", (HAZE,))


def _rates(mechanism: GasMechanism, options: SulfurConfig, acidity: float, **given: Any) -> Any:
    """Sulfate from each route, ug m-3 h-1, at the start of the reaction."""
    values: dict[str, Any] = {"temperature": 271.0, "humidity": 0.8, "water": 300.0}
    values |= {"mass": 250.0, "gases": CHENG} | given
    air = 101325.0 / (1.380649e-23 * values["temperature"]) * 1e-6
    density = np.zeros((len(mechanism.species), N), np.float32)
    for name, amount in values["gases"].items():
        density[mechanism.index(name)] = amount * 1e-9 * air
    shares = np.array([0.25, 0.22, 0.15, 0.13, 0.1, 0.03, 0.11, 0.0, 0.01])
    mass = np.tile((values["mass"] * shares)[:, None], N).astype(np.float32)

    def full(value: float) -> Any:
        return np.full(N, value, np.float32)

    volume = (values["mass"] / 1.5 + values["water"]) * 1e-12
    surface = full(values.get("surface", 6 * volume / 3e-7))
    particles = FineParticles(mass, full(values["water"]), surface, full(3e-7))
    cells = CloudyCells(
        full(values["temperature"]), full(values["humidity"]), full(air), *[full(0.0)] * 3
    )
    aqueous = Aqueous.of(mechanism, options)
    formed = aqueous.oxidise(density, cells, particles, full(10.0**-acidity), 1.0)
    return formed[:, 0] * SULFATE * 3600.0


def test_heavy_haze_in_beijing_after_cheng(mechanism: GasMechanism) -> None:
    """At pH 5.4 to 6.2 NO2 makes most sulfate in particle water, up to nearly 10 ug m-3 h-1."""
    options = SulfurConfig()
    at_58 = _rates(mechanism, options, 5.8)
    assert at_58[2] == pytest.approx(5.3, rel=0.15)
    assert at_58[2] > 5 * at_58[[0, 1, 3]].max()
    low, high = _rates(mechanism, options, 5.4)[2], _rates(mechanism, options, 6.2)[2]
    assert 1.0 < low < at_58[2] < high < 15.0
    # below pH 4.5 hydrogen peroxide and metals take over, and all of them become slow
    at_4 = _rates(mechanism, options, 4.0)
    assert at_4[0] + at_4[3] > 3 * at_4[1:3].sum()
    assert at_4[:4].sum() < 1.0
    # hydrogen peroxide does not depend on acidity
    assert at_4[0] == pytest.approx(at_58[0], rel=0.02)


def test_clean_air_makes_hardly_any_sulfate_in_particle_water(mechanism: GasMechanism) -> None:
    """Cheng et al. (2016): 0.01 ug m-3 h-1 on clean days."""
    gases = {"SO2": 5.0, "NO2": 20.0, "O3": 22.0, "H2O2": 0.1}
    clean = _rates(mechanism, SulfurConfig(), 5.0, gases=gases, water=2.0, mass=25.0, humidity=0.55)
    assert clean[:4].sum() < 0.05
    assert clean.sum() < 0.3
    dry = _rates(mechanism, SulfurConfig(), 5.0, gases=gases, water=0.0, mass=25.0, humidity=0.3)
    assert dry[:4].sum() == 0.0
    assert dry.sum() < 0.15


@pytest.mark.parametrize("acidity", [4.0, 5.0, 6.0])
def test_ozone_has_the_rate_that_maahs_measured(mechanism: GasMechanism, acidity: float) -> None:
    """Maahs (1983): (4.39e11 exp(-4131 / T) + 2.56e3 exp(-966 / T) / [H+]) [S(IV)][O3]."""
    warm, h = 298.15, 10.0**-acidity
    gases = {"SO2": 1.0, "O3": 50.0}
    options = SulfurConfig(ionic_strength=False)
    got = _rates(mechanism, options, acidity, temperature=warm, gases=gases, water=10.0)[1]
    sulfite = 1.23 * (1 + 1.3e-2 / h + 1.3e-2 * 6.6e-8 / h**2) * 1e-9
    pace = 4.39e11 * np.exp(-4131 / warm) + 2.56e3 * np.exp(-966 / warm) / h
    # mol per litre of water and second, 1e-11 litre of water in one of air, to ug m-3 h-1
    expected = pace * sulfite * 1.1e-2 * 50e-9 * 1e-11 * 96.06e9 * 3600
    assert got == pytest.approx(expected, rel=0.25)


def test_the_lower_estimate_of_nitrogen_dioxide(mechanism: GasMechanism) -> None:
    """Lee and Schwartz (1983) have 2e6 at pH 6 where Clifton et al. (1988) have 1.3e7 M-1 s-1."""
    lower = SulfurConfig(no2_rate=NitrogenDioxideRate.LEE_SCHWARTZ)
    for acidity, ratio in ((6.0, 2.0e6 / 1.317e7), (4.5, 1.4e5 / 1.24e7)):
        high = _rates(mechanism, SulfurConfig(), acidity)[2]
        assert _rates(mechanism, lower, acidity)[2] / high == pytest.approx(ratio, rel=0.15)


def test_salt_slows_metals_and_quickens_peroxide_and_ozone(mechanism: GasMechanism) -> None:
    """Cheng et al. (2016): 10^(-4.07 sqrt(2) / (1 + sqrt(2))) at the limit of 2 M for metals."""
    dilute = _rates(mechanism, SulfurConfig(ionic_strength=False), 4.0, water=30.0)
    salty = _rates(mechanism, SulfurConfig(), 4.0, water=30.0)
    assert salty[3] / dilute[3] == pytest.approx(10 ** (-4.07 * 0.5858), rel=0.02)
    assert salty[0] / dilute[0] == pytest.approx(10 ** (1.8 - 1.015 * 2.236 / 1.380), rel=0.02)
    assert salty[1] / dilute[1] == pytest.approx(1 + 1.94 * 4, rel=0.02)


@pytest.mark.parametrize(
    ("humidity", "gamma"), [(0.3, 2e-5), (0.5, 2e-5), (0.75, 3.5e-5), (1, 5e-5)]
)
def test_uptake_of_sulfur_dioxide_after_zheng(
    mechanism: GasMechanism, humidity: float, gamma: float
) -> None:
    """Zheng B. et al. (2015): 2e-5 up to 50 % relative humidity, linear to 5e-5 at 100 %."""
    gases = {"SO2": 10.0}
    got = _rates(mechanism, SulfurConfig(), 5.0, gases=gases, humidity=humidity, surface=1e-3)
    speed = np.sqrt(8 * 8.314 * 271.0 / np.pi / 0.064064)
    amount = 10e-9 * 101325 / (8.314 * 271.0) * 96.06e6
    expected = gamma * speed / 4 * 1e-3 * amount * 3600
    # what metals make is part of the uptake
    assert got.sum() == pytest.approx(expected, rel=0.01)


def test_the_uptake_only_adds_what_the_known_routes_leave_open(mechanism: GasMechanism) -> None:
    alone = SulfurConfig(particles=ParticleWaterConfig(surface_tops_up=False))
    for acidity in (4.0, 5.5, 7.0):
        topped = _rates(mechanism, SulfurConfig(), acidity)
        added = _rates(mechanism, alone, acidity)
        known, uptake = added[:4].sum(), added[4]
        np.testing.assert_allclose(topped[:4], added[:4], rtol=1e-3)
        assert topped.sum() == pytest.approx(max(known, uptake), rel=1e-3)


@pytest.mark.parametrize("name", ["cb05", "cb6r3"])
def test_the_extension_fits_both_mechanisms(name: str) -> None:
    extended = read_gas_mechanism(MECHANISMS / f"{name}.yaml", (HAZE,))
    assert sorted(rate_order(extended.uptake)) == list(range(len(RATES)))
    organics = Organics.of(extended, ("AOC", *PARTICLES), OrganicConfig())
    assert organics.table.factors.min() > 0
    Aqueous.of(extended, SulfurConfig())
    made = {
        reactants
        for reactants in (reaction.reactants for reaction in extended.reactions)
        if {"TOL", "XYL", "TERP", "ISOP", "OLE", "IOLE", "PAR", "IVOC"} & set(reactants)
    }
    assert len(made) >= 12


def _mass_yields(mechanism: GasMechanism, label: str, precursor: float) -> Any:
    reaction = next(item for item in mechanism.reactions if item.label == label)
    molar = {item.name: item.molar_mass for item in mechanism.species}
    products = dict(reaction.products)
    family = "SVB" if any(name.startswith("SVB") for name in products) else "SVA"
    names = [f"{family}{number}" for number in range(1, 5)]
    return [products.get(name, 0.0) * molar[name] / precursor for name in names]


@pytest.mark.parametrize(
    ("label", "precursor", "expected"),
    [
        ("OA1", 0.09214, (0.003, 0.165, 0.3, 0.435)),
        ("OA2", 0.09214, (0.075, 0.225, 0.375, 0.525)),
        ("OA4", 0.10617, (0.0015, 0.195, 0.3, 0.435)),
        ("OA5", 0.10617, (0.075, 0.3, 0.375, 0.525)),
        ("OA7", 0.13623, (0.012, 0.1215, 0.201, 0.507)),
        ("OA8", 0.13623, (0.1073, 0.0918, 0.3587, 0.6075)),
        ("OA10", 0.21242, (0.115, 0.41, 0.3, 0.0)),
    ],
)
def test_yields_are_those_published(
    mechanism: GasMechanism, label: str, precursor: float, expected: tuple[float, ...]
) -> None:
    """Mass yields of Murphy and Pandis (2009) at high and low NOx; Presto et al. (2010)."""
    np.testing.assert_allclose(
        _mass_yields(mechanism, label, precursor), expected, rtol=2e-3, atol=1e-5
    )


def test_a_class_weighs_the_same_as_gas_and_in_particles(mechanism: GasMechanism) -> None:
    content = yaml.safe_load((MECHANISMS.parent / "aerosol.yaml").read_text(encoding="utf-8"))
    particles = {entry["name"]: entry["molar_mass"] for entry in content["species"]}
    for gas, particle in zip(GASES, PARTICLES, strict=True):
        assert mechanism.species[mechanism.index(gas)].molar_mass == particles[particle]


def test_ageing_gains_mass(mechanism: GasMechanism) -> None:
    molar = {item.name: item.molar_mass for item in mechanism.species}
    for reaction in mechanism.reactions:
        if reaction.reactants[0] in GASES and len(reaction.reactants) == 1:
            ((product, amount),) = reaction.products
            gain = amount * molar[product] / molar[reaction.reactants[0]]
            assert gain == pytest.approx(1.075, rel=1e-4)


def test_a_mechanism_without_the_species_is_refused() -> None:
    plain = read_gas_mechanism(MECHANISMS / "tiny.yaml")
    with pytest.raises(ConfigurationError, match="NH3"):
        Aqueous.of(plain, SulfurConfig())
    with pytest.raises(ConfigurationError, match="SVA1"):
        Organics.of(plain, ("AOC", *PARTICLES), OrganicConfig())


def test_an_uptake_that_falls_with_humidity_is_refused() -> None:
    with pytest.raises(ValidationError, match="grows with humidity"):
        HumidUptake(dry=1e-4, humid=1e-5)
    with pytest.raises(ValidationError, match="not above"):
        HumidUptake(dry=1e-5, humid=1e-4, from_humidity=0.8, to_humidity=0.8)
