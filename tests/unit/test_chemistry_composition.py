"""What the model carries: gases and aerosol in one table, and the products they make."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from forecast.chemistry.composition import Composition, Mode, Role, read_composition
from forecast.common.errors import ConfigurationError
from forecast.config.yaml_file import read_yaml
from forecast.fields.species import Phase
from forecast.fields.variables import POLLUTANTS


@pytest.fixture(scope="module")
def configs(project_root: Path) -> Path:
    return project_root / "configs"


@pytest.fixture(scope="module")
def composition(configs: Path) -> Composition:
    return read_composition(configs / "mechanisms/cb05.yaml", (), configs / "aerosol.yaml")


def _changed(configs: Path, folder: Path, change: Callable[[Any], object]) -> Path:
    content = read_yaml(configs / "aerosol.yaml")
    change(content)
    target = folder / "aerosol.yaml"
    target.write_text(yaml.safe_dump(content, default_style="'"), encoding="utf-8")
    return target


def test_gases_come_first_in_the_order_of_the_mechanism(composition: Composition) -> None:
    table, gases = composition.table, composition.gas.names
    assert table.names[: len(gases)] == gases
    assert table.names[len(gases) :] == tuple(entry.name for entry in composition.aerosol)
    assert table.indices(Phase.GAS) == tuple(range(len(gases)))
    coarse = [table.names[place] for place in table.indices(Phase.COARSE)]
    assert coarse == ["ACORS", "ASEAC", "ADUSC"]


def test_pm25_is_dry_and_the_sum_of_its_components(composition: Composition) -> None:
    parts = ("so4", "no3", "nh4", "ec", "oc", "soa", "other_pm25", "dust", "sea_salt")
    rows = [POLLUTANTS.index(name) for name in parts]
    pm25 = composition.particle_weights[POLLUTANTS.index("pm25")]
    np.testing.assert_array_equal(composition.particle_weights[rows].sum(axis=0), pm25)
    assert pm25[composition.table.index("AH2O")] == 0.0
    extra = composition.particle_weights[POLLUTANTS.index("pm10")] - pm25
    assert np.flatnonzero(extra).tolist() == list(composition.positions(Mode.COARSE))
    assert set(extra[extra > 0]) == {1e9}  # kg m-3 to ug m-3


def test_every_product_is_made(composition: Composition) -> None:
    missing = set(POLLUTANTS) - set(composition.products)
    assert missing <= {"nh3"}  # ammonia comes with an extension of the mechanism
    o3 = composition.gas_weights[POLLUTANTS.index("o3")]
    assert np.flatnonzero(o3).tolist() == [composition.table.index("O3")]
    co = composition.gas_weights[POLLUTANTS.index("co")]
    assert co[composition.table.index("CO")] == 1e6  # mg m-3


def test_nitrogen_and_sulfur_are_counted_a_kilogram(composition: Composition) -> None:
    at = composition.table.index
    assert composition.nitrogen[at("NO2")] == pytest.approx(1 / 0.0460055, rel=1e-4)
    assert composition.nitrogen[at("N2O5")] == pytest.approx(2 / 0.1080104, rel=1e-4)
    assert composition.nitrogen[at("ANH4")] == pytest.approx(1 / 0.0180385, rel=1e-6)
    assert composition.sulfur[at("ASO4")] == pytest.approx(1 / 0.0960626, rel=1e-6)
    assert composition.sulfur[at("SO2")] == pytest.approx(1 / 0.0640638, rel=1e-3)
    assert composition.nitrogen[at("O3")] == composition.sulfur[at("ASEAS")] == 0.0


def test_species_are_found_by_mode_and_role(composition: Composition) -> None:
    names = composition.table.names
    organic = composition.positions(Mode.FINE, Role.PRIMARY_ORGANIC, Role.SECONDARY_ORGANIC)
    found = [names[place] for place in organic]
    assert found == ["AOC", *(f"A{kind}OA{n}" for kind in "SB" for n in range(1, 5))]


def test_a_mechanism_without_ammonia_makes_no_product_of_it(configs: Path) -> None:
    tiny = read_composition(configs / "mechanisms/tiny.yaml", (), configs / "aerosol.yaml")
    assert "NH3" not in tiny.table.names
    assert "nh3" not in tiny.products
    assert "pm25" in tiny.products


def test_conditioned_particles_weigh_their_water_too(configs: Path, tmp_path: Path) -> None:
    """Ammonium sulfate at 50 %: 0.61 / 1.77 g of water a g; the measured convention."""

    def moist(content: Any) -> None:
        content["convention"] = {"basis": "conditioned", "humidity": 0.5}

    found = read_composition(
        configs / "mechanisms/tiny.yaml", (), _changed(configs, tmp_path, moist)
    )
    pm25 = found.particle_weights[POLLUTANTS.index("pm25")] * 1e-9
    at = found.table.index
    assert pm25[at("ASO4")] == pytest.approx(1 + 0.61 / 1.77)
    assert pm25[at("AEC")] == pytest.approx(1.0)
    assert pm25[at("AH2O")] == 0.0
    so4 = found.particle_weights[POLLUTANTS.index("so4")] * 1e-9
    assert so4[at("ASO4")] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda c: c["products"].pop("soa"), r"missing \['soa'\]"),
        (lambda c: c["products"].update(pm1={"gas": "O3"}), r"unknown \['pm1'\]"),
        (lambda c: c["products"].update(soa={"particles": ["fine tar"]}), "'fine tar' is no part"),
        (lambda c: c["products"].update(ec={"particles": ["coarse black_carbon"]}), "no species"),
        (lambda c: c["products"].update(o3={}), "needs either"),
        (lambda c: c["species"][0].update(source="hearsay"), "'hearsay', which is no source"),
        (lambda c: c["species"][0].update(name="O3"), r"both have species named \['O3'\]"),
        (lambda c: c["species"][0].update(name="ANO3"), r"\['ANO3'\] more than once"),
        (lambda c: c["species"][0].update(molar_mass="-1"), "greater than 0"),
    ],
)
def test_errors_name_what_is_wrong(
    configs: Path, tmp_path: Path, change: Callable[[Any], object], text: str
) -> None:
    with pytest.raises(ConfigurationError, match=text):
        read_composition(configs / "mechanisms/tiny.yaml", (), _changed(configs, tmp_path, change))
