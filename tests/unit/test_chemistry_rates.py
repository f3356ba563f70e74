"""Rates of the simple scheme and the mechanism file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from forecast.chemistry.kernels.simple import Rates
from forecast.chemistry.mechanism import Mechanism, read_mechanism
from forecast.chemistry.simple import (
    hourly_rates,
    molecular_speed,
    relative_humidity,
    substances,
    surface_growth,
    uptake_coefficient,
)
from forecast.common.errors import ConfigurationError
from forecast.config.chemistry import ChemistryConfig, UptakeConfig
from forecast.fields.species import Phase
from forecast.fields.variables import POLLUTANTS


@pytest.fixture(scope="module")
def path(project_root: Path) -> Path:
    return project_root / "configs" / "mechanisms" / "simple.yaml"


@pytest.fixture(scope="module")
def mechanism(path: Path) -> Mechanism:
    return read_mechanism(path)


def test_the_species_are_those_agreed_on(mechanism: Mechanism) -> None:
    names = "CO SO2 NO NO2 NH3 NMVOC AEC AOC AOTHR ACORS ASO4 ANO3 ANH4"
    assert mechanism.table.names == tuple(names.split())
    assert [mechanism.table.names[n] for n in mechanism.table.indices(Phase.COARSE)] == ["ACORS"]


def test_pm25_is_made_of_fine_particles_and_pm10_of_all(mechanism: Mechanism) -> None:
    pm25, pm10 = (POLLUTANTS.index(name) for name in ("pm25", "pm10"))
    fine = np.flatnonzero(mechanism.particle_weights[pm25])
    assert fine.tolist() == list(mechanism.table.indices(Phase.FINE))
    extra = mechanism.particle_weights[pm10] - mechanism.particle_weights[pm25]
    assert np.flatnonzero(extra).tolist() == [mechanism.table.index("ACORS")]
    assert not mechanism.gas_weights[[pm25, pm10]].any()


def _broken(path: Path, tmp_path: Path, change: Any) -> Path:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    target = tmp_path / "broken.yaml"
    target.write_text(yaml.safe_dump(content), encoding="utf-8")
    return target


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda c: c["products"].pop("no2"), "missing .'no2'."),
        (lambda c: c["products"]["pm25"].update(DUST=1.0), "DUST"),
        (lambda c: c["species"][0].update(colour="blue"), "species.0.colour"),
        (lambda c: c.update(colour="blue"), "colour"),
    ],
)
def test_a_wrong_mechanism_is_refused_with_its_fault(
    path: Path, tmp_path: Path, change: Any, text: str
) -> None:
    with pytest.raises(ConfigurationError, match=text):
        read_mechanism(_broken(path, tmp_path, change))


def test_a_mechanism_without_a_reacting_species_is_refused(path: Path, tmp_path: Path) -> None:
    def drop(content: dict[str, Any]) -> None:
        content["species"] = [s for s in content["species"] if s["name"] != "NH3"]
        content["products"]["nh3"] = {}

    smaller = read_mechanism(_broken(path, tmp_path, drop))
    with pytest.raises(ConfigurationError, match="'NH3'"):
        substances(smaller, ChemistryConfig(), 600.0)


def test_relative_humidity_of_known_air() -> None:
    """Saturation at 20 C is 23.4 hPa: 7.0 g/kg at 1000 hPa is 0.48."""
    found = relative_humidity(np.array([293.15]), np.array([7.0e-3]), np.array([1.0e5]))
    assert found[0] == pytest.approx(0.478, abs=0.005)


def test_uptake_is_constant_when_dry_and_linear_when_humid() -> None:
    options = UptakeConfig(dry=2e-5, humid=5e-5, product_yield=0.5)
    found = uptake_coefficient(options, np.array([0.0, 0.5, 0.75, 1.0]))
    np.testing.assert_allclose(found, 0.5 * np.array([2e-5, 2e-5, 3.5e-5, 5e-5]))


def test_uptake_that_falls_with_humidity_is_refused() -> None:
    with pytest.raises(ValueError, match="below dry '0.0001'"):
        UptakeConfig(dry=1e-4, humid=1e-5)


def test_particles_grow_with_humidity() -> None:
    """Kappa 0.3 at 80 %: diameter (1 + 1.2)^(1/3) = 1.30 times, surface 1.69 times."""
    assert surface_growth(0.3, np.array([0.0, 0.8]))[0] == 1.0
    assert surface_growth(0.3, np.array([0.8]))[0] == pytest.approx(1.692, rel=1e-3)
    assert np.isfinite(surface_growth(0.3, np.array([1.0]))[0])


def test_molecules_of_so2_move_at_300_metres_a_second() -> None:
    assert molecular_speed(np.array([273.15]), 0.064)[0] == pytest.approx(300.6, rel=1e-3)


def test_conversion_in_haze_is_some_percent_an_hour(mechanism: Mechanism) -> None:
    """150 ug m-3 of fine particles at 0 C and 80 %: SO2 1 to 6, NO2 2 to 6 percent an hour.

    Winter haze in the North China Plain: Cheng et al. (2016, doi 10.1126/sciadv.1601530) and
    Zheng et al. (2015) infer a few percent an hour for SO2.
    """
    temperature, pressure = 273.15, 1.0e5
    humid = 0.8 * 0.622 * 611.2 / pressure
    warmth, vapour, weight = (
        np.full((1, 1, 3), value, np.float32) for value in (temperature, humid, pressure)
    )

    def rates(radiation: float) -> Rates:
        light = np.full((1, 3), radiation, np.float32)
        return hourly_rates(mechanism, ChemistryConfig(), warmth, vapour, weight, light)

    night, noon = rates(0.0), rates(450.0)
    fine = 150e-9 / (pressure / (287.05 * temperature))
    so2 = 3600 * float(night.so2_surface[0, 0, 0]) * fine
    no2 = 3600 * float(night.no2_surface[0, 0, 0]) * fine
    assert 0.01 < so2 < 0.06
    assert 0.02 < no2 < 0.06
    assert not night.so2_gas.any()
    # OH of 2.4e6: about 0.8 % an hour of SO2, 9.5 % of NO2
    assert 3600 * float(noon.so2_gas[0, 0, 0]) == pytest.approx(0.0082, rel=0.01)
    assert 3600 * float(noon.no2_gas[0, 0, 0]) == pytest.approx(0.095, rel=0.01)
    assert not noon.no2_gas[..., 3:].any()  # behind the end of the row


def test_nitric_oxide_has_its_lifetime(mechanism: Mechanism) -> None:
    table = substances(mechanism, ChemistryConfig(nitric_oxide_lifetime=1800.0), 600.0)
    assert float(table.oxidised) == pytest.approx(1.0 - np.exp(-1.0 / 3.0), rel=1e-6)
