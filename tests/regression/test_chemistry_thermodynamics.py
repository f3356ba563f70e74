"""Point by point beside ISORROPIA II, in a table of temperature, humidity and composition.

The limits stand a little above what was measured (docs/science/thermodynamics.md has the figures
by regime). Where sulfate is poor, ISORROPIA forms bisulfate from H+ after its gases are in
equilibrium, so that the H+ its gases know is its H+ and bisulfate together: that is compared.
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.thermodynamics import Equilibrium, Totals, equilibrate
from forecast.config.thermodynamics import Branch

TABLE = Path(__file__).parent / "data" / "isorropia_2.csv"
AMOUNTS = ("sulfate", "nitrate", "ammonium", "sodium", "chloride")
POOR = ("heavy haze", "clean", "summer", "haze with sea salt", "coast")
RICH = ("letovicite-like", "bisulfate-like", "acid")


def read(branch: Branch, cases: tuple[str, ...] = ()) -> dict[str, Any]:
    """Columns of a branch as float64, with amounts in mol m-3."""
    with TABLE.open(encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    rows = [row for row in csv.DictReader(lines) if row["branch"] == branch.value]
    rows = [row for row in rows if not cases or row["case"] in cases]
    columns: dict[str, Any] = {
        name: np.array([float(row[name] or "nan") for row in rows])
        for name in rows[0]
        if name not in ("branch", "case")
    }
    columns["case"] = np.array([row["case"] for row in rows])
    for name in (*AMOUNTS, "ammonia_gas", "nitric_acid_gas", "hydrochloric_acid_gas"):
        columns[name] = 1e-6 * columns.pop(f"{name}_umol_m3")
    return columns


def solve(columns: dict[str, Any], branch: Branch) -> Equilibrium:
    """Our equilibrium of the table's points."""
    totals = Totals(*(columns[name] for name in AMOUNTS))
    return equilibrate(columns["temperature_K"], columns["humidity"], totals, branch)


def shares(columns: dict[str, Any], ours: Equilibrium) -> tuple[Any, Any]:
    """Difference of nitric acid as a share of nitrate, of ammonia as a share of its total."""
    nitrate = np.maximum(columns["nitrate"], 1e-12)
    nitric = np.abs(ours.nitric_acid - columns["nitric_acid_gas"]) / nitrate
    return nitric, np.abs(ours.ammonia - columns["ammonia_gas"]) / columns["ammonium"]


def acidity(columns: dict[str, Any], ours: Equilibrium) -> Any:
    """Our pH less that of the table, where the table has water and a solution with acid."""
    poor = columns["ammonium"] + columns["sodium"] >= 2 * columns["sulfate"]
    theirs = columns["hydrogen_mol_kg"] + np.where(poor, columns["bisulfate_mol_kg"], 0.0)
    known = (theirs > 1e-9) & (columns["water_ug_m3"] > 0.05) & (ours.water > 0)
    return ours.ph[known] + np.log10(theirs[known])


def test_the_table_covers_what_the_model_meets() -> None:
    columns = read(Branch.METASTABLE)
    assert len(columns["case"]) >= 300
    assert len(set(columns["case"])) >= 10
    assert columns["temperature_K"].min() < 255
    assert columns["temperature_K"].max() > 295


@pytest.mark.parametrize("branch", list(Branch))
def test_gases_agree(branch: Branch) -> None:
    columns = read(branch)
    nitric, ammonia = shares(columns, solve(columns, branch))
    assert np.median(nitric) < 1e-3
    assert np.mean(nitric) < 0.02
    assert np.mean(ammonia) < 0.005
    assert np.quantile(nitric, 0.9) < 0.06


def test_water_agrees() -> None:
    columns = read(Branch.METASTABLE)
    ours = solve(columns, Branch.METASTABLE)
    present = columns["water_ug_m3"] > 0.05
    difference = np.abs(np.log(1e9 * ours.water[present] / columns["water_ug_m3"][present]))
    assert np.median(difference) < 0.01
    assert np.quantile(difference, 0.9) < 0.06


def test_acidity_agrees_where_sulfate_is_poor() -> None:
    columns = read(Branch.METASTABLE, POOR)
    difference = acidity(columns, solve(columns, Branch.METASTABLE))
    assert len(difference) > 120
    assert np.mean(np.abs(difference)) < 0.06
    assert np.abs(difference).max() < 0.4


def test_acidity_is_near_where_sulfate_is_rich() -> None:
    columns = read(Branch.METASTABLE, RICH)
    difference = acidity(columns, solve(columns, Branch.METASTABLE))
    assert np.mean(np.abs(difference)) < 0.25
    assert np.abs(difference).max() < 1.0


def test_dry_and_wet_are_told_apart() -> None:
    columns = read(Branch.STABLE)
    ours = solve(columns, Branch.STABLE)
    ours_wet, theirs_wet = ours.water > 0, columns["water_ug_m3"] > 0.05
    assert np.mean(ours_wet == theirs_wet) > 0.75
    wet = (columns["humidity"] >= 0.85) & (ours.water > 0)
    difference = np.abs(np.log(1e9 * ours.water[wet] / columns["water_ug_m3"][wet]))
    assert np.mean(difference) < 0.03
