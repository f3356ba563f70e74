"""NMVOC as compounds and as lumped species: the project's tables, and errors in such tables."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from forecast.chemistry.composition import Composition, read_composition
from forecast.common.errors import InputError
from forecast.fields.inventory import POLLUTANTS, SECTORS, Inventory, ProvincialTotals
from forecast.fields.species import SpeciesTable
from forecast.prepare.speciation import SpeciatedTotals, speciate
from forecast.prepare.trend import scale_to_year
from forecast.sources.emissions import read_inventory
from forecast.sources.emissions.organics import read_organics

CARBON = 0.0120107
"""kg mol-1."""


@pytest.fixture(scope="module")
def inventory(project_root: Path) -> Inventory:
    return read_inventory(project_root / "data" / "emissions")


@pytest.fixture(scope="module")
def totals(inventory: Inventory) -> ProvincialTotals:
    return scale_to_year(inventory.totals, inventory.trend, 2022)


def composition(root: Path, mechanism: str) -> Composition:
    folder = root / "configs" / "mechanisms"
    return read_composition(
        folder / f"{mechanism}.yaml", (folder / "haze.yaml",), root / "configs" / "aerosol.yaml"
    )


@pytest.fixture(scope="module", params=["cb05", "cb6r3"])
def species(project_root: Path, request: pytest.FixtureRequest) -> SpeciesTable:
    return composition(project_root, request.param).table


@pytest.fixture(scope="module")
def speciated(
    inventory: Inventory, totals: ProvincialTotals, species: SpeciesTable
) -> SpeciatedTotals:
    return speciate(totals, inventory.speciation, inventory.organics, species)


def test_shandong_2022_is_the_same_before_and_after(
    totals: ProvincialTotals, species: SpeciesTable, speciated: SpeciatedTotals
) -> None:
    """Mass of what stays itself, moles of nitrogen, mass of particles; by sector."""
    row = totals.provinces.index("SD")

    def before(name: str) -> np.ndarray:
        return totals.annual[row, :, POLLUTANTS.index(name)]

    def after(*names: str) -> np.ndarray:
        return sum(
            (speciated.annual[row, :, species.index(n)] for n in names), np.zeros(len(SECTORS))
        )

    for name in ("CO", "SO2", "NH3"):
        np.testing.assert_allclose(after(name), before(name), rtol=1e-12)
    fine = after("AEC", "AOC", "AOTHR", "ASO4", "ANO3", "ANH4")
    np.testing.assert_allclose(fine, before("PM2.5"), rtol=1e-12)
    np.testing.assert_allclose(fine + after("ACORS"), before("PM10"), rtol=1e-12)
    molar = {entry.name: entry.molar_mass for entry in species.entries}
    oxides = [name for name in ("NO", "NO2", "HONO") if name in molar]
    moles = sum(after(name) / molar[name] for name in oxides)
    np.testing.assert_allclose(moles, before("NOx") / molar["NO2"], rtol=1e-12)
    assert speciated.annual.min() >= 0.0


def test_the_carbon_of_nmvoc_is_in_the_species_or_told(
    inventory: Inventory,
    totals: ProvincialTotals,
    species: SpeciesTable,
    speciated: SpeciatedTotals,
) -> None:
    row = totals.provinces.index("SD")
    mass = totals.annual[row, :, POLLUTANTS.index("NMVOC")]
    found = sum(
        speciated.annual[row, :, species.index(name)]
        / species.entries[species.index(name)].molar_mass
        * atoms
        * CARBON
        for name, atoms in inventory.organics.carbon.items()
        if name in species.names
    )
    carbon, lost = speciated.organic_carbon[row], speciated.unreactive_carbon[row]
    np.testing.assert_allclose(found + lost, carbon, rtol=1e-9)
    # NMVOC of Shandong: between ethane (0.80) and toluene (0.91) less what holds oxygen
    assert 0.7 < carbon.sum() / mass.sum() < 0.85
    assert lost.sum() < 0.1 * carbon.sum()


@pytest.mark.parametrize("mechanism", ["cb05", "cb6r3"])
def test_lumps_have_the_carbon_of_the_mechanism(
    project_root: Path, inventory: Inventory, mechanism: str
) -> None:
    gas = composition(project_root, mechanism).gas
    stated = {s.name: s.carbon for s in gas.species if s.name in inventory.organics.carbon}
    # Carbon Bond writes butanone as KET + 3 PAR and propanal as ALDX + PAR; the mechanism file
    # gives both the formula of the whole molecule
    whole = {"KET", "ALDX"} if mechanism == "cb6r3" else {"KET"}
    for name in stated.keys() - whole:
        assert stated[name] == inventory.organics.carbon[name], name


def test_composition_is_like_that_of_published_inventories(inventory: Inventory) -> None:
    """Solvents in China: 42 % oxygenated, 28 % alkanes, 21 % aromatics (Mo et al. 2021)."""
    organics = inventory.organics
    names = [compound.name for compound in organics.compounds]

    def share(sector: str, *wanted: str) -> float:
        return float(
            sum(organics.share[SECTORS.index(sector), names.index(name)] for name in wanted)
        )

    np.testing.assert_allclose(organics.share.sum(axis=1), 1.0, rtol=1e-12)
    assert share("residential", "ethene") > share("industry", "ethene")
    assert 0.15 < share("industry", "toluene", "xylenes") < 0.3
    assert share("transportation", "pentanes", "butanes") > 0.2


@pytest.fixture
def copy(project_root: Path, tmp_path: Path) -> Path:
    target = tmp_path / "nmvoc"
    shutil.copytree(project_root / "data" / "emissions" / "nmvoc", target)
    return target


@pytest.mark.parametrize(
    ("file", "old", "new", "text"),
    [
        ("lumping.csv", "PRPA:1", "PRPX:1", "line .*'PRPX' is not in lumps.csv"),
        ("lumping.csv", "PRPA:1", "PRPA:2", "'propane' has 3 carbon atoms, its cb6 species have 6"),
        ("lumping.csv", "PRPA:1", "PRPA", "'PRPA' is not of the form"),
        ("profiles.csv", "road,ethyne,0.0327", "road,ethyne,0.1327", "'road' add up to 1.10000"),
        ("profiles.csv", "road,ethyne", "road,acetylene", "nothing for group 'acetylene'"),
        ("compounds.csv", "household,higher_alkanes,hexanes", "household,higher_alkanes,hexane",
         "expected one of"),
        ("compounds.csv", "ketones,acetone,0.5", "ketones,acetone,0.4", "add up to 0.90000"),
        ("sources.csv", "transportation,road", "transportation,rail", "'profile' is 'rail'"),
        ("sources.csv", "power,process,1", "power,process,0.5", "'power' add up to 0.5"),
    ],
)  # fmt: skip
def test_errors_in_the_tables_are_told(
    copy: Path, file: str, old: str, new: str, text: str
) -> None:
    path = copy / file
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=text):
        read_organics(copy)
