"""From pollutants to species: nothing is lost, nothing is negative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.fields.inventory import POLLUTANTS, SECTORS, ProvincialTotals, SpeciationNumbers
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.prepare.speciation import speciate

GASES = {"CO": 28.01, "SO2": 64.06, "NO": 30.006, "NO2": 46.0055, "NH3": 17.03, "NMVOC": 68.0}
FINE = ("AEC", "AOC", "AOTHR", "ASO4", "ANO3", "ANH4")


def table() -> SpeciesTable:
    def entry(name: str, mass: float, phase: Phase) -> Species:
        return Species(
            name=name, long_name=name, molar_mass=mass / 1000.0, phase=phase, source="test"
        )

    entries = [entry(name, mass, Phase.GAS) for name, mass in GASES.items()]
    entries += [entry(name, 100.0, Phase.FINE) for name in FINE]
    return SpeciesTable((*entries, entry("ACORS", 100.0, Phase.COARSE)))


def numbers() -> SpeciationNumbers:
    def same(value: float) -> np.ndarray:
        return np.full(len(SECTORS), value)

    return SpeciationNumbers(same(0.9), same(1.4), same(0.16), same(0.01), same(0.004))


def totals(**mass: float) -> ProvincialTotals:
    annual = np.zeros((1, len(SECTORS), len(POLLUTANTS)))
    for name, value in mass.items():
        annual[0, 0, POLLUTANTS.index(name.replace("PM25", "PM2.5"))] = value
    return ProvincialTotals(("AA",), ("Aa",), 2022, annual)


def result(**mass: float) -> dict[str, float]:
    found = speciate(totals(**mass), numbers(), table()).annual[0, 0]
    return dict(zip(table().names, map(float, found), strict=True))


def test_nox_as_no2_goes_to_no_and_no2_by_moles() -> None:
    # 46.0055 kt of NOx as NO2 are 1 Gmol: 0.9 Gmol of NO weigh 27.0054 kt, 0.1 of NO2 4.60055 kt
    found = result(NOx=46.0055)
    assert found["NO"] == pytest.approx(27.0054, rel=1e-9)
    assert found["NO2"] == pytest.approx(4.60055, rel=1e-9)


def test_pm_by_hand() -> None:
    # BC 2, OC 5 x 1.4 = 7, rest 20 - 9 = 11: 1.76 sulfate, 0.11 nitrate, 0.044 ammonium, 9.086
    found = result(BC=2.0, OC=5.0, PM25=20.0, PM10=26.0)
    expected = {
        "AEC": 2.0, "AOC": 7.0, "ASO4": 1.76, "ANO3": 0.11, "ANH4": 0.044, "AOTHR": 9.086,
        "ACORS": 6.0,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_carbon_that_does_not_fit_fills_pm25_and_is_told() -> None:
    found = speciate(totals(BC=4.0, OC=10.0, PM25=9.0, PM10=10.0), numbers(), table())
    values = dict(zip(table().names, found.annual[0, 0], strict=True))
    assert values["AEC"] == pytest.approx(2.0)
    assert values["AOC"] == pytest.approx(7.0)
    assert sum(values[name] for name in FINE) == pytest.approx(9.0)
    assert found.notes == ("AA power: carbon, 18.00 kt, reduced to the PM2.5 of 9.00 kt",)


def test_pm10_below_pm25_gives_no_coarse_particles_and_is_told() -> None:
    found = speciate(totals(PM25=9.0, PM10=8.0), numbers(), table())
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
