"""Solubility of gases, and the files that say how species leave the air."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from forecast.chemistry.composition import composition_of
from forecast.chemistry.removal import Gas, SurfaceRule, read_removal
from forecast.chemistry.solubility import Solubility, effective_henry
from forecast.common.errors import ConfigurationError
from forecast.config.chemistry import ChemistryConfig
from forecast.config.deposition import DepositionConfig
from forecast.config.yaml_file import read_yaml
from forecast.fields.species import Phase, Species, SpeciesTable

CB05 = [
    "O3",
    "NO",
    "NO2",
    "NO3",
    "N2O5",
    "HONO",
    "HNO3",
    "PNA",
    "NH3",
    "O",
    "O1D",
    "OH",
    "HO2",
    "H2O2",
    "CO",
    "SO2",
    "SULF",
    "XO2",
    "XO2N",
    "MEO2",
    "HCO3",
    "C2O3",
    "CXO3",
    "ROR",
    "TO2",
    "CRO",
    "NTR",
    "PAN",
    "PANX",
    "MEPX",
    "ROOH",
    "FACD",
    "AACD",
    "PACD",
    "MEOH",
    "ETOH",
    "FORM",
    "ALD2",
    "ALDX",
    "MGLY",
    "OPEN",
    "ISPD",
    "PAR",
    "ETHA",
    "ETH",
    "OLE",
    "IOLE",
    "TOL",
    "XYL",
    "CRES",
    "ISOP",
    "TERP",
]
CB6 = [
    "NTR1",
    "NTR2",
    "INTR",
    "CRON",
    "OPAN",
    "GLY",
    "GLYD",
    "ACET",
    "KET",
    "PRPA",
    "BENZ",
    "ETHY",
    "XYLMN",
    "NAPH",
    "CAT1",
    "XOPN",
    "ISPX",
    "HPLD",
    "EPOX",
    "EPX2",
    "ISO2",
    "BZO2",
    "XLO2",
    "OPO3",
    "XO2H",
    "RO2",
    "XPRP",
    "XPAR",
    "APIN",
    "SESQ",
    "ECH4",
]


def _table(names: list[str], phase: Phase = Phase.GAS) -> SpeciesTable:
    entries = (
        Species(name=n, long_name=n, molar_mass=0.048, phase=phase, source="test") for n in names
    )
    return SpeciesTable(tuple(entries))


@pytest.mark.parametrize(
    ("ph", "expected"), [(7.0, 3.0e5), (5.0, 1.8e3), (2.0, 3.2)], ids=["neutral", "rain", "acid"]
)
def test_sulfur_dioxide_dissolves_as_its_ions_do(ph: float, expected: float) -> None:
    """H (1 + K1/h + K1 K2/h2) with 1.4 M atm-1, 1.3e-2 and 6.6e-8 M."""
    gas = Solubility(henry=1.4, warmth=2900, acid=((1.3e-2, 1960), (6.6e-8, 1500)))
    assert float(effective_henry(gas, 298.15, ph)) == pytest.approx(expected, rel=0.02)


def test_ammonia_dissolves_better_in_acid() -> None:
    """61 M atm-1 times 1 + Kb h / Kw: 170 more at pH 7, 17,000 at pH 5."""
    gas = Solubility(henry=61.0, warmth=4200, base=(1.7e-5, -450))
    found = [float(effective_henry(gas, 298.15, ph)) for ph in (7.0, 5.0)]
    np.testing.assert_allclose(found, [61 * 171, 61 * 17001], rtol=1e-6)


def test_a_gas_without_ions_follows_vant_hoff() -> None:
    """Formaldehyde, 3200 M atm-1 and 6800 K: 8.06 times more at the freezing point."""
    gas = Solubility(henry=3200.0, warmth=6800)
    found = effective_henry(gas, np.array([273.15, 298.15]), 7.0)
    np.testing.assert_allclose(found, [3200 * 8.06, 3200.0], rtol=2e-3)


def test_every_gas_of_carbon_bond_is_known() -> None:
    removal = read_removal(_table(CB05 + CB6), DepositionConfig())
    known = dict(zip(CB05 + CB6, removal.gases, strict=True))
    for name in ("CO", "OH", "HO2", "PAR", "ISOP", "XO2", "TOL"):
        assert known[name] is None, name
    for name in ("O3", "NO2", "HNO3", "NH3", "PAN", "H2O2", "FORM", "ALD2", "NTR2", "GLY"):
        assert known[name] is not None, name
    assert not any(removal.coarse)


def test_every_gas_of_every_mechanism_file_is_known(project_root: Path) -> None:
    files = sorted((project_root / "configs" / "mechanisms").glob("*.yaml"))
    species = [entry for path in files for entry in read_yaml(path).get("species", ())]
    names = {entry["name"] for entry in species if entry.get("phase", "gas") == "gas"}
    assert len(names) > 60
    read_removal(_table(sorted(names)), DepositionConfig())


def test_the_species_of_the_model_are_covered() -> None:
    table = composition_of(ChemistryConfig()).table
    removal = read_removal(table, DepositionConfig())
    sulfur = removal.gases[table.index("SO2")]
    assert isinstance(sulfur, Gas)
    assert sulfur.entry.rule is SurfaceRule.SULFUR_DIOXIDE
    assert sulfur.diffusivity_ratio == pytest.approx(1.9, abs=0.02)  # Wesely (1989), table 2
    kinds = dict(zip(table.names, removal.particles, strict=True))
    assert kinds["SO2"] is None
    fine, coarse, carbon = kinds["ASO4"], kinds["ACORS"], kinds["AEC"]
    assert fine is not None
    assert coarse is not None
    assert carbon is not None
    assert fine.diameter < 1e-6 < coarse.diameter
    assert carbon.cloud < fine.cloud
    assert [name for name, c in zip(table.names, removal.coarse, strict=True) if c] == [
        "ACORS",
        "ASEAC",
        "ADUSC",
    ]


@pytest.mark.parametrize(
    ("name", "ratio"),
    [("O3", 1.6), ("NO2", 1.6), ("NO", 1.3), ("HNO3", 1.9), ("H2O2", 1.4), ("NH3", 0.97),
     ("PAN", 2.6), ("FORM", 1.3), ("FACD", 1.6), ("HONO", 1.6)],
)  # fmt: skip
def test_diffusivities_are_those_of_weselys_table(name: str, ratio: float) -> None:
    masses = {"O3": 48.0, "NO2": 46.0, "NO": 30.0, "HNO3": 63.0, "H2O2": 34.0, "NH3": 17.03,
              "PAN": 121.05, "FORM": 30.03, "FACD": 46.03, "HONO": 47.01}  # fmt: skip
    entry = Species(
        name=name, long_name=name, molar_mass=masses[name] / 1e3, phase=Phase.GAS, source="test"
    )
    gas = read_removal(SpeciesTable((entry,)), DepositionConfig()).gases[0]
    assert gas is not None
    assert gas.diffusivity_ratio == pytest.approx(ratio, abs=0.06)


def test_a_forgotten_gas_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"gases \['XENON'\] .* 'not_deposited'"):
        read_removal(_table(["O3", "XENON"]), DepositionConfig())


def _broken(project_root: Path, tmp_path: Path, which: str, change: Any) -> DepositionConfig:
    path = project_root / "configs" / "deposition" / f"{which}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    target = tmp_path / f"{which}.yaml"
    target.write_text(yaml.safe_dump(content), encoding="utf-8")
    return DepositionConfig(**{f"{which}_file": str(target)})


@pytest.mark.parametrize(
    ("which", "change", "text"),
    [
        ("gases", lambda c: c["gases"]["O3"].update(henry=-1.0), "gases.O3.henry"),
        ("gases", lambda c: c["gases"]["O3"].update(source=["rumour"]), "rumour"),
        ("gases", lambda c: c["not_deposited"].append("O3"), "'O3'.* also under"),
        ("particles", lambda c: c["species"].update(AEC="tar"), "'tar'"),
        ("particles", lambda c: c["phases"].pop("coarse_aerosol"), "coarse_aerosol"),
        ("particles", lambda c: c["kinds"]["coarse"].update(diameter=1.0), "kinds.coarse.diameter"),
    ],
)
def test_wrong_files_are_refused_with_their_fault(
    project_root: Path, tmp_path: Path, which: str, change: Any, text: str
) -> None:
    with pytest.raises(ConfigurationError, match=text):
        read_removal(_table(["O3"]), _broken(project_root, tmp_path, which, change))
