"""From pollutants to species: nothing is lost, nothing is negative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.common.errors import ConfigurationError
from forecast.fields.inventory import (
    POLLUTANTS,
    SECTORS,
    OrganicCompound,
    OrganicProfiles,
    ProvincialTotals,
    SpeciationNumbers,
)
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.prepare.speciation import speciate

GASES = {"CO": 28.01, "SO2": 64.06, "NO": 30.006, "NO2": 46.0055, "NH3": 17.03}
FINE = ("AEC", "AOC", "AOTHR", "ASO4", "ANO3", "ANH4")


def table(**other: float) -> SpeciesTable:
    def entry(name: str, mass: float, phase: Phase) -> Species:
        return Species(
            name=name, long_name=name, molar_mass=mass / 1000.0, phase=phase, source="test"
        )

    organic = {} if other.keys() & {"PAR", "PRPA"} else {"PAR": 14.0}
    entries = [entry(name, mass, Phase.GAS) for name, mass in (GASES | organic | other).items()]
    entries += [entry(name, 100.0, Phase.FINE) for name in FINE]
    return SpeciesTable((*entries, entry("ACORS", 100.0, Phase.COARSE)))


def numbers() -> SpeciationNumbers:
    def same(value: float) -> np.ndarray:
        return np.full(len(SECTORS), value)

    return SpeciationNumbers(
        no_mole_share=same(0.9),
        hono_mole_share=same(0.01),
        om_oc_ratio=same(1.4),
        so4_share=same(0.16),
        no3_share=same(0.01),
        nh4_share=same(0.004),
        ivoc_ratio=same(1.5),
    )


def organics() -> OrganicProfiles:
    """Half propane, half benzene by mass, in a scheme that knows both and one that does not."""
    propane = OrganicCompound(
        "propane", 0.044, 3, {"rich": (("PRPA", 1.0),), "poor": (("PAR", 1.5), ("UNR", 1.5))}
    )
    benzene = OrganicCompound(
        "benzene", 0.078, 6, {"rich": (("BENZ", 1.0),), "poor": (("PAR", 1.0), ("UNR", 5.0))}
    )
    carbon = {"PRPA": 3.0, "BENZ": 6.0, "PAR": 1.0, "UNR": 1.0}
    half = np.full((len(SECTORS), 2), 0.5)
    return OrganicProfiles((propane, benzene), half, ("rich", "poor"), carbon, "UNR")


def totals(**mass: float) -> ProvincialTotals:
    annual = np.zeros((1, len(SECTORS), len(POLLUTANTS)))
    for name, value in mass.items():
        annual[0, 0, POLLUTANTS.index(name.replace("PM25", "PM2.5"))] = value
    return ProvincialTotals(("AA",), ("Aa",), 2022, annual)


def result(species: SpeciesTable | None = None, **mass: float) -> dict[str, float]:
    species = species or table()
    found = speciate(totals(**mass), numbers(), organics(), species).annual[0, 0]
    return dict(zip(species.names, map(float, found), strict=True))


def test_nox_as_no2_goes_to_no_and_no2_by_moles() -> None:
    # 46.0055 kt of NOx as NO2 are 1 Gmol: 0.9 Gmol of NO weigh 27.0054 kt, 0.1 of NO2 4.60055 kt
    found = result(NOx=46.0055)
    assert found["NO"] == pytest.approx(27.0054, rel=1e-9)
    assert found["NO2"] == pytest.approx(4.60055, rel=1e-9)


def test_a_model_with_nitrous_acid_gets_its_share() -> None:
    found = result(table(HONO=47.0), NOx=46.0055)
    assert found["NO"] == pytest.approx(27.0054, rel=1e-9)
    assert found["HONO"] == pytest.approx(0.47, rel=1e-9)
    assert found["NO2"] == pytest.approx(0.09 * 46.0055, rel=1e-9)


def test_organic_compounds_become_the_lumps_that_the_model_has() -> None:
    # 88 kt of NMVOC: 44 kt are 1 Gmol of propane, 44 kt are 44 / 78 Gmol of benzene
    rich = result(table(PRPA=44.0, BENZ=78.0), NMVOC=88.0)
    assert (rich["PRPA"], rich["BENZ"]) == pytest.approx((44.0, 44.0))
    poor = result(table(PAR=14.0), NMVOC=88.0)
    assert poor["PAR"] == pytest.approx(14.0 * (1.5 + 44 / 78))


def test_carbon_is_kept_and_what_does_not_react_is_told() -> None:
    found = speciate(totals(NMVOC=88.0), numbers(), organics(), table(PAR=14.0))
    gigamoles = 3.0 + 6.0 * 44 / 78
    assert found.organic_carbon[0, 0] == pytest.approx(gigamoles * 12.0107)
    assert found.unreactive_carbon[0, 0] == pytest.approx((1.5 + 5.0 * 44 / 78) * 12.0107)
    assert found.notes == (
        "AA: of 76.7 kt carbon in NMVOC, 51.9 kt do not react in the species of poor and are left "
        "out",
    )
    reacts = found.annual[0, 0, table(PAR=14.0).index("PAR")] / 14.0 * 12.0107
    assert reacts + found.unreactive_carbon[0, 0] == pytest.approx(found.organic_carbon[0, 0])


def test_gases_of_intermediate_volatility_follow_organic_matter() -> None:
    found = result(table(IVOC=212.0), OC=5.0, PM25=20.0, PM10=20.0)
    assert found["IVOC"] == pytest.approx(1.5 * 7.0)


def test_a_model_without_the_species_is_refused_with_all_of_them() -> None:
    entries = tuple(e for e in table(PRPA=44.0).entries if e.name not in ("NH3", "AEC"))
    with pytest.raises(ConfigurationError) as caught:
        speciate(totals(), numbers(), organics(), SpeciesTable(entries))
    text = str(caught.value)
    assert "lacks the species NH3, AEC; for NMVOC the species BENZ (rich) or PAR (poor)" in text


def test_pm_by_hand() -> None:
    # BC 2, OC 5 x 1.4 = 7, rest 20 - 9 = 11: 1.76 sulfate, 0.11 nitrate, 0.044 ammonium, 9.086
    found = result(BC=2.0, OC=5.0, PM25=20.0, PM10=26.0)
    expected = {
        "AEC": 2.0, "AOC": 7.0, "ASO4": 1.76, "ANO3": 0.11, "ANH4": 0.044, "AOTHR": 9.086,
        "ACORS": 6.0,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_carbon_that_does_not_fit_fills_pm25_and_is_told() -> None:
    mass = totals(BC=4.0, OC=10.0, PM25=9.0, PM10=10.0)
    found = speciate(mass, numbers(), organics(), table())
    values = dict(zip(table().names, found.annual[0, 0], strict=True))
    assert values["AEC"] == pytest.approx(2.0)
    assert values["AOC"] == pytest.approx(7.0)
    assert sum(values[name] for name in FINE) == pytest.approx(9.0)
    assert found.notes == ("AA power: carbon, 18.00 kt, reduced to the PM2.5 of 9.00 kt",)


def test_pm10_below_pm25_gives_no_coarse_particles_and_is_told() -> None:
    found = speciate(totals(PM25=9.0, PM10=8.0), numbers(), organics(), table())
    assert found.annual[0, 0, table().index("ACORS")] == 0.0
    assert "PM2.5, 9.00 kt, above the PM10 of 8.00 kt" in found.notes[0]


MASS = st.floats(min_value=0.0, max_value=1e5, allow_subnormal=False)


@given(black=MASS, organic=MASS, fine=MASS, coarse=MASS, nox=MASS)
def test_mass_is_kept_and_never_negative(
    black: float, organic: float, fine: float, coarse: float, nox: float
) -> None:
    found = result(BC=black, OC=organic, PM25=fine, PM10=fine + coarse, NOx=nox)
    assert min(found.values()) >= 0.0
    assert sum(found[name] for name in FINE) == pytest.approx(fine, rel=1e-12, abs=1e-9)
    assert found["ACORS"] == pytest.approx(coarse, rel=1e-6, abs=1e-6)
    moles = found["NO"] / GASES["NO"] + found["NO2"] / GASES["NO2"]
    assert moles == pytest.approx(nox / GASES["NO2"], rel=1e-12, abs=1e-12)
