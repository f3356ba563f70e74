"""Rate constants of the mechanism files against independent evaluations of the published forms."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.gas.rates import Photolysis, bare_constants
from forecast.fields.arrays import Float

BOLTZMANN = 1.380649e-23
AVOGADRO = 6.02214076e23
DATA = Path(__file__).parent / "data"


def _read(project_root: Path, name: str) -> GasMechanism:
    return read_gas_mechanism(project_root / "configs/mechanisms" / f"{name}.yaml")


def _table(name: str) -> dict[str, list[float]]:
    """A table of rate constants by label, without comments and heading."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))[1:]
    return {row[0]: [float(value) for value in row[1:]] for row in rows}


def _constants(mechanism: GasMechanism, temperature: Float, air: Float) -> dict[str, Float]:
    """Rate constants by label, photolysis left at 1."""
    cells = len(temperature)
    photolysis = np.ones((len(mechanism.photolysis), cells))
    uptake = np.ones((len(mechanism.uptake), cells))
    values = bare_constants(mechanism, temperature, air, photolysis, uptake)
    return {reaction.label: row for reaction, row in zip(mechanism.reactions, values, strict=True)}


def test_cb05_has_the_published_constants_at_five_temperatures(project_root: Path) -> None:
    temperature = np.array([298.15, 273.15, 253.15, 313.15, 220.0])
    pressure = np.array([101325.0, 101325.0, 70000.0, 95000.0, 25000.0])
    air = pressure / (BOLTZMANN * temperature) * 1e-6
    mechanism = _read(project_root, "cb05")
    ours = _constants(mechanism, temperature, air)
    table = _table("cb05_camp_rate_constants.csv")
    thermal = [
        reaction.label
        for reaction in mechanism.reactions
        if not isinstance(reaction.rate, Photolysis)
    ]
    assert set(table) == set(thermal)
    for label, expected in table.items():
        np.testing.assert_allclose(ours[label], expected, rtol=2e-6, err_msg=label)


def test_cb6r3_has_the_constants_that_cmaq_prints(project_root: Path) -> None:
    mechanism = _read(project_root, "cb6r3")
    ours = _constants(mechanism, np.array([298.15, 275.15]), np.array([2.4615e19, 2.0936e19]))
    table = _table("cb6r3_cmaq_rate_constants.csv")
    assert len(table) > 120
    for label, expected in table.items():
        # five digits are printed, of numbers that were single precision
        np.testing.assert_allclose(ours[label], expected, rtol=2e-4, err_msg=label)


def _music_box_constant(reaction: dict[str, Any], temperature: float, air: float) -> float:
    """Rate constant of a music-box reaction in mol m-3 and s; air in mol m-3."""
    if reaction["type"] == "ARRHENIUS":
        form = (reaction["A"], reaction["B"], reaction["C"])
        return _arrhenius(form, temperature)
    low, high = (
        _arrhenius(tuple(reaction[f"{limit}_{part}"] for part in "ABC"), temperature)
        for limit in ("k0", "kinf")
    )
    ratio = low * air / high
    width = 1.0 / (1.0 + np.log10(ratio) ** 2 / reaction["N"])
    value: float = low * air / (1.0 + ratio) * reaction["Fc"] ** width
    return value


def _arrhenius(form: tuple[float, ...], temperature: float) -> float:
    value: float = form[0] * (temperature / 300.0) ** form[1] * np.exp(form[2] / temperature)
    return value


@pytest.mark.parametrize("temperature", [298.15, 258.0])
def test_cb05_agrees_with_music_box(
    project_root: Path, reference_data: Path, temperature: float
) -> None:
    text = (reference_data / "reference/musicbox_carbon_bond_5_config.json").read_text("utf-8")
    air = 101325.0 / (BOLTZMANN * AVOGADRO * temperature)
    theirs: defaultdict[tuple[Any, Any], float] = defaultdict(float)
    for entry in json.loads(text)["mechanism"]["reactions"]:
        if entry["type"] not in ("ARRHENIUS", "TROE"):
            continue
        names: list[str] = []
        for part in entry["reactants"]:
            names += [part["species name"]] * int(part["coefficient"])
        made = {part["species name"] for part in entry["products"]}
        key = _sides(names, made - {"M", "TOLRO2", "XYLRO2"})
        constant = _music_box_constant(entry, temperature, air) * air ** names.count("M")
        theirs[key] += constant * (1e6 / AVOGADRO) ** (len(key[0]) - 1)
    mechanism = _read(project_root, "cb05")
    density = air * AVOGADRO * 1e-6
    constants = _constants(mechanism, np.array([temperature]), np.array([density]))
    ours: defaultdict[tuple[Any, Any], float] = defaultdict(float)
    for reaction in mechanism.reactions:
        if not isinstance(reaction.rate, Photolysis):
            names = [*reaction.reactants, *reaction.fixed]
            key = _sides(names, {name for name, _ in reaction.products})
            ours[key] += constants[reaction.label][0] * density ** names.count("M")
    assert len(ours) > 130
    for key, value in ours.items():
        assert theirs[key] == pytest.approx(value, rel=1e-4), key


def _sides(names: list[str], products: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Reactants without the third body, and products, in an order that compares."""
    return tuple(sorted(name for name in names if name != "M")), tuple(sorted(products))
