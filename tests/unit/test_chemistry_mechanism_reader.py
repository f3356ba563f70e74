"""Mechanism files: what is read, what is refused with file and line, and what extensions add."""

from pathlib import Path

import numpy as np
import pytest

from forecast.chemistry.gas.atoms import count_atoms, formula_mass
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.equation import parse_equation
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.gas.rates import Photolysis, rate_constants
from forecast.common.errors import ConfigurationError

HEAD = """name: small
date: 2026-11-23
description: for tests
sources:
  paper: a publication
mole_fractions:
  CH4: {value: 1.9e-6, source: paper}
species:
  - {name: O3, long_name: ozone, formula: O3, molar_mass: 0.048, source: paper}
  - {name: "NO", long_name: nitrogen monoxide, formula: "NO", molar_mass: 0.030006, source: paper}
  - {name: NO2, long_name: nitrogen dioxide, formula: NO2, molar_mass: 0.046005, source: paper}
  - {name: SO2, long_name: sulfur dioxide, formula: SO2, molar_mass: 0.064058, source: paper}
  - {name: SULF, long_name: sulfuric acid, formula: H2SO4, molar_mass: 0.098072, source: paper}
  - {name: NTR, long_name: nitrates, molar_mass: 0.13, nitrogen: 1, carbon: 4, source: paper}
reactions:
"""
TITRATION = """  - {label: A1, equation: "O3 + NO -> NO2 + O2", source: paper,
     arrhenius: {A: 3.0e-12, C: -1500}}
"""


def _write(folder: Path, reactions: str, name: str = "small.yaml") -> Path:
    path = folder / name
    path.write_text(HEAD + TITRATION + reactions, encoding="utf-8")
    return path


def _read(project_root: Path, name: str) -> GasMechanism:
    return read_gas_mechanism(project_root / "configs/mechanisms" / f"{name}.yaml")


def _errors(path: Path, *extensions: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_gas_mechanism(path, extensions)
    return str(caught.value)


def test_an_equation_keeps_what_chemistry_changes() -> None:
    equation = parse_equation("2 NO + O2 -> 2 NO2")
    assert equation.reactants == ("NO", "NO")
    assert equation.fixed == ("O2",)
    assert equation.products == (("NO2", 2.0),)


def test_products_named_twice_are_added_and_may_be_negative() -> None:
    equation = parse_equation("NO3 + OLE -> NO2 + 0.5 FORM - PAR + 0.25 FORM + CO2 + H2O")
    assert dict(equation.products) == {"NO2": 1.0, "FORM": 0.75, "PAR": -1.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("O3 + NO", "needs an arrow"),
        ("-> NO2", "names no species"),
        ("M + O2 -> O", "names no species"),
        ("0.5 NO + O3 -> NO2", "coefficient 0.5"),
        ("NO + ? -> NO2", "does not start with a term"),
        ("NO2 -> NO + hv", "is no product"),
        ("2 A + 2 B -> C", "more than three"),
    ],
)
def test_what_is_no_equation_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", "[?]")):
        parse_equation(text)


def test_atoms_are_counted_through_brackets() -> None:
    assert count_atoms("CH3C(O)O2NO2") == {"C": 2, "H": 3, "O": 5, "N": 1}
    assert formula_mass(count_atoms("H2SO4")) == pytest.approx(0.098072, rel=1e-5)
    assert count_atoms("Ca(NO3)2".replace("Ca", "S")) == {"S": 1, "N": 2, "O": 6}
    with pytest.raises(ValueError, match="Xx"):
        count_atoms("XxO2")


def test_the_tiny_mechanism_is_read(project_root: Path) -> None:
    mechanism = _read(project_root, "tiny")
    assert mechanism.names[:3] == ("O3", "NO", "NO2")
    assert mechanism.index("SULF") == 15
    assert mechanism.uptake == ("uN2O5",)
    assert mechanism.photolysis[0] == "jNO2"
    reaction = mechanism.reactions[13]
    assert (reaction.label, reaction.reactants, reaction.fixed) == ("T14", ("OH",), ("CH4",))
    text = (project_root / "configs/mechanisms/tiny.yaml").read_text(encoding="utf-8")
    assert "label: T14" in text.splitlines()[reaction.line - 1]
    peroxy = mechanism.species[mechanism.index("PNA")]
    assert (peroxy.nitrogen, peroxy.sulfur, peroxy.carbon) == (1, 0, 0.0)
    with pytest.raises(ConfigurationError, match="has no species 'XYZ'"):
        mechanism.index("XYZ")


def test_a_process_learns_at_once_what_the_mechanism_lacks(project_root: Path) -> None:
    mechanism = _read(project_root, "tiny")
    mechanism.require(["SO2", "O3"], "aqueous oxidation")
    with pytest.raises(ConfigurationError, match="lacks NH3, ISOP, which emission needs"):
        mechanism.require(["NH3", "SO2", "ISOP"], "emission")


def test_same_as_takes_the_rate_of_the_other_reaction(project_root: Path) -> None:
    by_label = {reaction.label: reaction for reaction in _read(project_root, "tiny").reactions}
    assert by_label["T32"].rate == by_label["T9"].rate


def test_an_equilibrium_is_the_forward_rate_over_the_constant(project_root: Path) -> None:
    mechanism = _read(project_root, "tiny")
    temperature, air = np.array([280.0]), np.array([2.6e19])
    photolysis = np.full((len(mechanism.photolysis), 1), 2e-3)
    values = rate_constants(
        mechanism, temperature, air, 0.01 * air, photolysis, np.full((1, 1), 3e-4)
    )
    k = {reaction.label: row[0] for reaction, row in zip(mechanism.reactions, values, strict=True)}
    assert k["T23"] == pytest.approx(k["T22"] / (2.1e-27 * np.exp(10900.0 / 280.0)), rel=1e-12)
    assert k["T31"] == pytest.approx(0.9 * 2e-3)
    assert k["T12"] == pytest.approx(3e-4)
    # 2 HO2 + H2O: k1 + k2 [M], times water
    direct = 3.22e-34 * np.exp(2800.0 / 280.0) + 2.38e-54 * np.exp(3200.0 / 280.0) * 2.6e19
    assert k["T26"] == pytest.approx(direct * 2.6e17, rel=1e-12)
    # O + O2 + M
    assert k["T2"] == pytest.approx(6e-34 * (280.0 / 300.0) ** -2.4 * 0.2095 * 2.6e19**2, rel=1e-12)


@pytest.mark.parametrize("name", ["cb05", "cb6r3"])
def test_the_mechanisms_hold_what_the_model_needs(project_root: Path, name: str) -> None:
    mechanism = _read(project_root, name)
    needed = "O3 NO NO2 NO3 N2O5 HONO HNO3 PNA PAN PANX H2O2 HO2 OH CO SO2 SULF NH3 FORM ISOP TERP"
    assert set(needed.split()) <= set(mechanism.names)
    assert len(mechanism.reactions) == {"cb05": 156, "cb6r3": 218}[name]
    made_sulfate = [r for r in mechanism.reactions if dict(r.products).get("SULF")]
    assert [sorted(reaction.reactants) for reaction in made_sulfate] == [["OH", "SO2"]]


@pytest.mark.parametrize("name", ["tiny", "cb05", "cb6r3"])
def test_every_reaction_keeps_nitrogen_and_sulfur(project_root: Path, name: str) -> None:
    mechanism = _read(project_root, name)
    atoms = {s.name: np.array([s.nitrogen, s.sulfur]) for s in mechanism.species}
    for reaction in mechanism.reactions:
        before = sum((atoms[n] for n in reaction.reactants), start=np.zeros(2))
        after = sum((y * atoms[n] for n, y in reaction.products), start=np.zeros(2))
        np.testing.assert_allclose(after, before, atol=1e-9, err_msg=reaction.label)


@pytest.mark.parametrize("name", ["tiny", "cb05", "cb6r3"])
def test_only_shipped_photolysis_rates_are_used(project_root: Path, name: str) -> None:
    shipped = (project_root / "configs/photolysis/rates.yaml").read_text(encoding="utf-8")
    for rate in _read(project_root, name).photolysis:
        assert f"  {rate}:" in shipped


def test_all_errors_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        """  - {label: A2, equation: "NO2 + XYZ -> NO", arrhenius: {A: 1.0e-12}, source: paper}
  - {label: A3, equation: "NO2 -> NO", photolysis: {name: jNO2}, source: paper}
  - {label: A4, equation: "SO2 -> O3", arrhenius: {A: 1.0e-5}, source: paper}
  - {label: A5, equation: "NO2 + NO -> O3", arrhenius: {A: 1.0e-5}, source: nowhere}
  - {label: A6, equation: "O3 + NO -> NO2", arrhenius: {A: 2.0e-12}, source: paper}
  - {label: A1, equation: "O3 -> NO", same_as: A9, source: paper}
  - {label: A7, equation: "O3 + O3 ->", lindemann: {A: 2.0e-12}, source: paper}
  - {label: A8, equation: "O3 + O3 -> O3", troe: {k0: {A: -1.0}}, source: paper}
  - {label: A10, equation: "O3 + M -> ", troe: {k0: {A: 1.0}, kinf: {A: 1.0}}, source: paper}
  - {label: A11, equation: "O3 + H2 -> ", arrhenius: {A: 1.0}, source: paper}
  - {label: A12, equation: "O3 + NO -> NTR", uptake: {name: u}, source: paper}
""",
    )
    text = _errors(path)
    first = (HEAD + TITRATION).count("\n") + 1
    for offset, said in [
        (0, "unknown species 'XYZ'"),
        (1, "'hv' among the reactants and a photolysis rate belong together"),
        (2, "sulfur goes from 1 to 0 atoms"),
        (3, "nitrogen goes from 2 to 0 atoms"),
        (3, "source 'nowhere' is not a key"),
        (4, "A6: the same equation and kind of rate as A1"),
        (5, "A1: the same label as A1"),
        (5, "nitrogen goes from 0 to 1 atoms"),
        (5, "same_as 'A9' names no reaction"),
        (6, "lindemann: Extra inputs are not permitted"),
        (7, "troe.k0.A: Input should be greater than 0, not '-1.0'"),
        (7, "troe.kinf: Field required"),
        (8, "leave M out of the equation"),
        (9, "'mole_fractions' has no 'H2'"),
        (10, "one molecule reacts"),
    ]:
        lines = [line for line in text.splitlines() if f"line {first + offset}:" in line]
        assert any(said in line for line in lines), (said, text)
    assert str(path) in text


def test_a_loss_of_nitrogen_needs_a_reason(tmp_path: Path) -> None:
    loss = '  - {label: A2, equation: "NTR -> O3", arrhenius: {A: 1.0e-5}, source: paper, %s}\n'
    said = "unbalanced: {nitrogen: published loss to products that are not followed}"
    mechanism = read_gas_mechanism(_write(tmp_path, loss % said))
    assert len(mechanism.reactions) == 2
    assert "nitrogen goes from 1 to 0" in _errors(
        _write(tmp_path, loss % 'unbalanced: {nitrogen: ""}')
    )
    kept = '  - {label: A2, equation: "NTR -> NO2", arrhenius: {A: 1.0}, source: paper, %s}\n'
    assert "is kept; drop the declaration" in _errors(_write(tmp_path, kept % said))
    assert "not 'carbon'" in _errors(_write(tmp_path, kept % "unbalanced: {carbon: why}"))


def test_species_are_checked(tmp_path: Path) -> None:
    head = HEAD.replace("0.046005", "0.047").replace("nitrogen: 1, carbon: 4", "nitrogen: -1")
    head = head.replace("name: SULF", "name: O2").replace("formula: O3", "formula: O3, sulfur: 1")
    path = tmp_path / "small.yaml"
    path.write_text(head + TITRATION, encoding="utf-8")
    text = _errors(path)
    assert "line 11: species 'NO2': molar mass 0.047" in text
    assert "line 9: species 'O3' states 1 S, its formula has 0" in text
    assert "line 13: 'O2' is kept for fixed species" in text
    assert "line 14: species.5.nitrogen: Input should be greater than or equal to 0" in text


def test_a_species_that_cannot_be_read_is_not_called_unknown_too(tmp_path: Path) -> None:
    path = _write(
        tmp_path, '  - {label: A2, equation: "NTR -> NO2", arrhenius: {A: 1.0}, source: paper}\n'
    )
    text = path.read_text(encoding="utf-8").replace("molar_mass: 0.13,", "")
    path.write_text(text, encoding="utf-8")
    assert "unknown species" not in _errors(path)


def test_a_missing_file_and_no_yaml_are_said(tmp_path: Path) -> None:
    assert "cannot be read" in _errors(tmp_path / "nothing.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: {", encoding="utf-8")
    assert "is not valid YAML" in _errors(broken)
    broken.write_text("name: a\nname: b\n", encoding="utf-8")
    assert "more than once" in _errors(broken)
    broken.write_text("- 1\n", encoding="utf-8")
    assert "(file)" in _errors(broken)


EXTENSION = """name: more
date: 2026-11-23
description: adds
sources:
  other: another publication
species:
  - {name: SV, long_name: vapour, molar_mass: 0.15, source: other}
  - {name: NTR, long_name: nitrates, molar_mass: 0.13, nitrogen: 1, optional: true, source: other}
reactions:
  - {label: X1, equation: "SO2 -> SULF", uptake: {name: uSO2}, source: other}
  - {label: X2, equation: "INTR -> NTR", uptake: {name: uINTR}, optional: true, source: other}
  - {label: X3, equation: "O3 + NO -> NTR", arrhenius: {A: 1.0}, if_absent: true, source: other}
additional_products:
  - {reactants: ["NO", O3], products: {SV: 0.1}, source: other}
  - {reactants: [TOL, OH], products: {SV: 0.1}, optional: true, source: other}
"""


def test_an_extension_adds_species_reactions_and_products(tmp_path: Path) -> None:
    base = _write(tmp_path, "")
    more = tmp_path / "more.yaml"
    more.write_text(EXTENSION, encoding="utf-8")
    plain, extended = read_gas_mechanism(base), read_gas_mechanism(base, (more,))
    assert extended.name == "small+more"
    assert extended.names == (*plain.names, "SV")
    assert [reaction.label for reaction in extended.reactions] == ["A1", "X1"]
    assert extended.reactions[0].products == (("NO2", 1.0), ("SV", 0.1))
    assert extended.uptake == ("uSO2",)
    assert extended.digest != plain.digest
    assert read_gas_mechanism(base).digest == plain.digest


def test_errors_of_an_extension_name_its_file_and_line(tmp_path: Path) -> None:
    base = _write(tmp_path, "")
    more = tmp_path / "more.yaml"
    text = EXTENSION.replace(", optional: true", "").replace("SULF", "SULF + NTR")
    more.write_text(text.replace("products: {SV: 0.1}", "products: {SW: 0.1}"), encoding="utf-8")
    said = _errors(base, more)
    assert f"{more}, line 8: the species 'NTR' is already in '{base}', line 14" in said
    assert f"{more}, line 10: X1: nitrogen goes from 0 to 1" in said
    assert f"{more}, line 11: X2: unknown species 'INTR'" in said
    assert f"{more}, line 14: the additional products ['SW'] are no species" in said
    assert f"{more}, line 15: no reaction of TOL + OH" in said


def test_a_mechanism_itself_is_no_extension(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        """  - {label: A2, equation: "NTR -> NO2", uptake: {name: u}, optional: true, source: paper}
additional_products:
  - {reactants: [O3], products: {NTR: 1}, source: paper}
""",
    )
    text = _errors(path)
    assert "A2: 'optional' and 'if_absent' are for extensions" in text
    assert "additional_products belong into an extension" in text


def test_the_digest_follows_the_numbers_not_the_words(tmp_path: Path) -> None:
    base = read_gas_mechanism(_write(tmp_path, ""))
    same = tmp_path / "words.yaml"
    same.write_text((HEAD + TITRATION).replace("for tests", "other words"), encoding="utf-8")
    assert read_gas_mechanism(same).digest == base.digest
    same.write_text((HEAD + TITRATION).replace("-1500", "-1501"), encoding="utf-8")
    assert read_gas_mechanism(same).digest != base.digest


def test_photolysis_rates_are_listed_once_in_the_order_of_first_use(project_root: Path) -> None:
    mechanism = _read(project_root, "cb6r3")
    named = [r.rate.name for r in mechanism.reactions if isinstance(r.rate, Photolysis)]
    assert len(named) > len(set(named)) == len(mechanism.photolysis)
    assert mechanism.photolysis == tuple(dict.fromkeys(named))


def test_cb6_counts_every_peroxy_radical_that_it_makes(project_root: Path) -> None:
    """RO2 is the sum of the organic peroxy radicals: a slip in a yield would break it."""
    radicals = {"XO2", "XO2H", "XO2N", "MEO2", "ISO2", "EPX2", "BZO2", "TO2", "XLO2"}
    miscounted = []
    for reaction in _read(project_root, "cb6r3").reactions:
        made = dict(reaction.products)
        kept = 1.0 if "RO2" in reaction.reactants and "RO2" in made else 0.0
        counted = made.get("RO2", 0.0) - kept
        if counted != pytest.approx(sum(made.get(name, 0.0) for name in radicals), abs=1e-9):
            miscounted.append(reaction.label)
    # as published: R66 uses RO2 up, R197 makes XO2H alone
    assert miscounted == ["R66", "R197"]
