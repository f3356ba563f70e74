"""Natural sources one by one: limits, published numbers, and what the equations say by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from forecast.config.natural import Quantity
from forecast.prepare.natural import NaturalTables, biogenic, dust, read_tables, sea_salt, soil
from forecast.prepare.natural.biogenic import Climate


@pytest.fixture(scope="module")
def tables(project_root: Path) -> NaturalTables:
    return read_tables(project_root / "configs" / "natural")


def response(tables: NaturalTables, name: str, leaf: float, photons: float, leaves: float) -> float:
    """All responses of MEGAN with the sun at 60 degrees and a standard climate."""
    table = tables.biogenic
    one = table.compounds[name]
    climate = Climate(leaf, 297.0, 297.0)
    sun = biogenic.light_response(photons, 400.0, np.sin(np.pi / 3), 101.25, table.light)
    share = one.light_dependent
    weather = share * sun * biogenic.heat_response(climate, one, table)
    weather += (1.0 - share) * biogenic.storage_response(leaf, one, table)
    age = biogenic.age_response(biogenic.STANDARD_AGE, one.age)
    canopy = biogenic.leaf_area_response(leaves, table)
    return float(weather * age * canopy * biogenic.normalisation(one, table))


def test_every_compound_emits_its_factor_at_standard_conditions(tables: NaturalTables) -> None:
    photons = 0.6 * np.sin(np.pi / 3) * 3000.0
    for name in tables.biogenic.compounds:
        assert response(tables, name, 303.0, photons, 5.0) == pytest.approx(1.0, abs=1e-3), name


def test_the_normalisation_corrects_little(tables: NaturalTables) -> None:
    """The responses are 1 at standard conditions but for rounding (Guenther et al. 2012).

    What remains is the mix of leaf ages and the constant 200 instead of 230 for deactivation.
    """
    factor = biogenic.normalisation(tables.biogenic.compounds["isoprene"], tables.biogenic)
    assert factor == pytest.approx(1.0, abs=0.05)


def test_isoprene_doubles_in_eight_degrees_and_falls_beyond_its_optimum(
    tables: NaturalTables,
) -> None:
    """Guenther et al. (1993), fig. 3: about 2.0-2.5 times from 25 to 33 degrees, peak near 40."""
    table, one = tables.biogenic, tables.biogenic.compounds["isoprene"]
    at = {
        celsius: biogenic.heat_response(Climate(273.15 + celsius, 297.0, 297.0), one, table)
        for celsius in (0, 25, 33, 40, 48)
    }
    assert 1.9 < at[33] / at[25] < 2.6
    assert at[48] < at[40] > at[33]
    assert at[0] < 0.06


def test_terpenes_have_the_exponent_of_1993(tables: NaturalTables) -> None:
    one = tables.biogenic.compounds["limonene"]
    warm, cool = (biogenic.storage_response(t, one, tables.biogenic) for t in (303.0, 293.0))
    assert warm / cool == pytest.approx(math.e)


def test_no_light_no_isoprene_but_terpenes(tables: NaturalTables) -> None:
    assert response(tables, "isoprene", 298.0, 0.0, 5.0) == 0.0
    assert response(tables, "limonene", 298.0, 0.0, 5.0) > 0.3
    light = tables.biogenic.light
    assert biogenic.light_response(100.0, 400.0, -0.1, 180.0, light) == 0.0


def test_leaf_ages_add_up_and_follow_the_season(tables: NaturalTables) -> None:
    for now, before in ((3.0, 3.0), (3.0, 1.0), (1.0, 3.0), (0.2, 0.0), (0.0, 0.2)):
        shares = biogenic.leaf_ages(now, before, 290.0, tables.biogenic)
        assert sum(shares) == pytest.approx(1.0)
        assert min(shares) >= 0.0
    assert biogenic.leaf_ages(3.0, 1.0, 290.0, tables.biogenic)[0] > 0.2
    assert biogenic.leaf_ages(1.0, 3.0, 290.0, tables.biogenic)[3] == pytest.approx(2 / 3)
    assert biogenic.leaf_ages(3.0, 3.0, 290.0, tables.biogenic) == (0.0, 0.1, 0.8, 0.1)


def test_soil_responses_at_their_ends(tables: NaturalTables) -> None:
    table = tables.soil
    frozen, cold, warm, hot = soil.warmth_response(np.array([-0.1, 0.0, 20.0, 40.0]), table)
    assert frozen == cold == 0.0
    assert warm == pytest.approx(np.exp(2.06))
    assert hot == pytest.approx(np.exp(3.09))
    filling = np.linspace(0.0, 1.0, 1001)
    moisture = soil.moisture_response(filling, table)
    assert moisture.max() == pytest.approx(1.0, abs=0.005)
    assert filling[moisture.argmax()] == pytest.approx(0.3, abs=0.005)
    assert moisture[0] == 0.0
    assert soil.canopy_escape(0.0, table) == 1.0
    assert soil.canopy_escape(4.0, table) == pytest.approx(0.597, abs=0.001)


def test_rain_after_a_dry_week_starts_a_pulse(tables: NaturalTables) -> None:
    """Yan et al. (2005): 13.01 ln(168) - 53.6 = 13.06, gone by e in 14.7 hours."""
    filling = np.full((240, 1, 1), 0.2)
    wetting = np.zeros_like(filling)
    wetting[169] = 0.05
    pulse = soil.rain_pulse(filling, wetting, tables.soil)[:, 0, 0]
    assert np.all(pulse[:169] == 1.0)
    assert pulse[169] == pytest.approx(13.01 * np.log(168.0) - 53.6)
    assert pulse[179] == pytest.approx(pulse[169] * np.exp(-0.68))
    assert pulse[-1] == 1.0
    early = np.zeros_like(filling)
    early[50] = 0.05
    assert np.all(soil.rain_pulse(filling, early, tables.soil) == 1.0)


def test_fertiliser_adds_up_over_the_years(tables: NaturalTables) -> None:
    """A year's mean store is what is spread times the time it stays, 120 of 365 days."""
    days = np.arange(np.datetime64("2022-01-01"), np.datetime64("2023-01-01"))
    left = np.array([soil.fertiliser_left(day, tables.soil) for day in days])
    spread = sum(entry.amount for entry in tables.soil.fertiliser) * 0.8 / 1.0e4 * 1.0e12
    assert left.mean() == pytest.approx(spread * 120.0 / 365.0, rel=0.01)
    assert np.argmax(left) > np.argmin(left)


def test_dust_needs_its_threshold_and_then_grows(tables: NaturalTables) -> None:
    table = tables.dust
    threshold = dust.dry_threshold(1.225, table)
    assert 0.19 < threshold < 0.24
    below, at, above, storm = dust.dust_flux(
        np.array([0.5, 1.0, 1.3, 2.0]) * threshold, threshold, 1.225, 0.1, table
    )
    assert below == at == 0.0
    assert storm > 3.0 * above > 0.0


def test_dust_flux_by_hand(tables: NaturalTables) -> None:
    """Kok et al. (2014, eq. 18) with u = 0.4, t = s = 0.24, clay 0.1, air 1.225, s0 = 0.16.

    C_d = 4.4e-5 exp(-1) = 1.619e-5, exponent 1.35, so 1.619e-5 0.1 1.225 0.1024/0.24 1.993.
    """
    flux = dust.dust_flux(np.array(0.4), np.array(0.24), 1.225, 0.1, tables.dust)
    assert flux == pytest.approx(1.6864e-6, rel=1e-3)


def test_moisture_and_roughness_hold_dust_back(tables: NaturalTables) -> None:
    """Fecan et al. (1999): no effect below 0.0014 C^2 + 0.17 C, C the percentage of clay.

    That is 2.865 % at 15 % clay; 5 % of moisture then asks for sqrt(1 + 1.21 2.135^0.68) = 1.741.
    """
    assert dust.moisture_factor(2.8, 0.15) == 1.0
    assert dust.moisture_factor(5.0, 0.15) == pytest.approx(1.741, abs=0.002)
    smooth = 2.0 * 1.27e-4 / 30.0
    assert dust.drag_share(smooth, tables.dust) == 1.0
    shares = [dust.drag_share(z, tables.dust) for z in (1e-4, 1e-3, 1e-2, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0.0


def test_dry_lands_of_north_china_erode_above_8_to_13_m_s_in_spring(
    tables: NaturalTables,
) -> None:
    """Kurosaki and Mikami (2007), thresholds of the 10 m wind."""
    table = tables.dust
    for name in ("barren", "open shrubland", "grassland"):
        entry = table.classes[name]
        wind = np.linspace(2.0, 25.0, 2301).reshape(-1, 1, 1)
        cell = np.full((1, 1), entry.roughness)
        friction = dust.soil_friction(wind, cell, entry.roughness, table)
        threshold = dust.dry_threshold(1.15, table)
        threshold *= dust.moisture_factor(entry.moisture[3], entry.clay)
        first = float(wind[np.argmax(friction > threshold), 0, 0])
        assert 8.0 < first < 13.0, (name, first)


def test_dust_sizes_are_those_of_kok(tables: NaturalTables) -> None:
    """Kok (2011): 4.4 +- 1.0 % of the mass up to 20 um is below 2 um."""
    fine, coarse = dust.size_shares(tables.dust)
    clay = tables.dust.model_copy(update={"fine_diameter": Quantity(value=2.0, source="kok2011")})
    assert dust.size_shares(clay)[0] == pytest.approx(0.044, abs=0.010)
    assert 0.04 < fine < 0.10
    assert 0.5 < coarse < 0.8


def test_drops_of_one_micrometre_by_hand(tables: NaturalTables) -> None:
    """At r80 = 1 um and 10 m/s Gong (2003) has 14 550 m-2 s-1 um-1.

    1.373 2570.4 1.057 10^(1.607/e). Monahan et al. (1986), whom he follows above 0.2 um, have
    1.373 2570.4 1.057 10^(1.19 exp(-(0.38/0.65)^2)) = 26 140.
    """
    flux = sea_salt.drop_flux(1.0, tables.sea_salt) * 10.0**3.41
    assert flux == pytest.approx(14550.0, rel=2e-3)
    assert 0.5 < flux / 26140.0 < 2.0


def monahan(radius: float) -> float:
    """Drops at a wind of 1 m s-1 after Monahan et al. (1986), m-2 s-1 um-1."""
    shape = ((0.380 - np.log10(radius)) / 0.650) ** 2
    return float(1.373 * radius**-3 * (1 + 0.057 * radius**1.05) * 10 ** (1.19 * np.exp(-shape)))


def test_gong_follows_monahan_above_and_stays_below_it_under_a_fifth_of_a_micrometre(
    tables: NaturalTables,
) -> None:
    for radius in (0.8, 1.0, 2.0, 4.0, 8.0):
        ratio = sea_salt.drop_flux(radius, tables.sea_salt) / monahan(radius)
        assert 0.4 < ratio < 2.5, (radius, ratio)
    assert sea_salt.drop_flux(0.08, tables.sea_salt) < 0.5 * monahan(0.08)


def test_the_world_s_sea_salt(tables: NaturalTables) -> None:
    """GEOS-Chem with Gong (2003), dry radii of 0.01 to 8 um: 5200 Tg a year (Jaegle et al. 2011).

    With Rayleigh winds of mean 7 m/s over 3.4e14 m2 of open water; the 3.41th moment makes the
    result very sensitive to the wind.
    """
    scale = 7.0 / (np.sqrt(np.pi) / 2.0)
    speed = np.linspace(0.0, 40.0, 4001)
    density = 2.0 * speed / scale**2 * np.exp(-((speed / scale) ** 2))
    moment = float(np.sum(density * speed**3.41) * (speed[1] - speed[0]))
    flux = sea_salt.dry_mass_flux(0.07, 16.0, tables.sea_salt) * moment
    assert 3000.0 < flux * 3.4e14 * 3.156e7 / 1.0e9 < 8000.0


def test_sea_salt_masses_and_temperature(tables: NaturalTables) -> None:
    table = tables.sea_salt
    fine, coarse = sea_salt.fine_and_coarse(table)
    whole = sea_salt.dry_mass_flux(0.07, 10.0, table)
    assert fine + coarse == pytest.approx(whole, rel=1e-5)
    assert 0.1 < fine / whole < 0.35
    cold, mild, warm = sea_salt.temperature_factor(np.array([2.0, 15.0, 28.0]), table)
    assert 0.4 < cold < 0.6 < mild < 1.0 < warm
    off = table.model_copy(update={"temperature_dependence": False})
    assert sea_salt.temperature_factor(np.array(2.0), off) == 1.0
