"""Box runs against the published results of NCAR's music-box: CB05 in the dark, and Chapman."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.box_cases import COMPARED, BoxCase, SlowSolver
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.fields.arrays import Float

DATA = Path(__file__).parent / "data"
MOLECULES = 6.02214076e17
"""Molecules cm-3 in one mol m-3."""


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.reader(line for line in lines if not line.startswith("#")))


def test_cb05_gives_the_published_result(project_root: Path) -> None:
    rows = _rows("music_box_cb05.csv")
    seconds = np.array([float(name.removesuffix("_s")) for name in rows[0][1:]])
    theirs = {row[0]: np.array(row[1:], dtype=np.float64) * MOLECULES for row in rows[1:]}
    air = 40.87404452357612 * MOLECULES
    fractions = {name: theirs[name][0] / air for name in ("O2", "CH4", "H2")}
    chlorine = (DATA / "cb05_chlorine.yaml",)
    mechanism = read_gas_mechanism(project_root / "configs/mechanisms/cb05.yaml", chlorine)
    mechanism = replace(mechanism, mole_fractions={"M": 1.0, **fractions})
    case = BoxCase(
        name="music-box",
        mechanism=mechanism,
        hours=3,
        temperature=298.15,
        air=air,
        water=float(theirs["H2O"][0]),
        photolysis=np.zeros(len(mechanism.photolysis)),
        density=np.array([theirs[name][0] if name in theirs else 0.0 for name in mechanism.names]),
        sources=np.zeros(len(mechanism.species)),
    )
    ours = dict(zip(mechanism.names, SlowSolver(mechanism).run(case, seconds[1:]), strict=True))
    for species in COMPARED:
        np.testing.assert_allclose(ours[species], theirs[species][1:], rtol=1e-4, err_msg=species)
        np.testing.assert_allclose(
            ours[species][-1], theirs[species][-1], rtol=1e-5, err_msg=species
        )
    checked = {name for name in ours if name in theirs and theirs[name][-1] > 1e-12 * air}
    assert len(checked) > 30
    for species in checked:
        np.testing.assert_allclose(
            ours[species][1:], theirs[species][2:], rtol=5e-4, err_msg=species
        )


def test_chapman_gives_the_published_result_over_three_days() -> None:
    table = np.array(_rows("music_box_chapman.csv")[1:], dtype=np.float64)
    mechanism = read_gas_mechanism(DATA / "chapman.yaml")
    assert mechanism.names == ("O3", "O", "O1D", "OXY", "NIT")
    assert mechanism.photolysis == ("jO2", "jO3_O1D", "jO3_O3P")
    theirs = table[:, 4:] * MOLECULES
    density = theirs[0]
    for hour, rates in enumerate(table[:-1, 1:4]):
        case = BoxCase(
            name="chapman",
            mechanism=mechanism,
            hours=1,
            temperature=217.6,
            air=0.7706605911584233 * MOLECULES,
            water=0.0,
            photolysis=rates,
            density=density,
            sources=np.zeros(5),
        )
        density = _one_hour(case)
        expected = theirs[hour + 1]
        np.testing.assert_allclose(density[[0, 3, 4]], expected[[0, 3, 4]], rtol=1e-6)
        if rates.all():
            # the atoms follow the light within seconds; the next row's light is not on yet
            np.testing.assert_allclose(density[1:3], expected[1:3], rtol=1e-4, err_msg=str(hour))


def _one_hour(case: BoxCase) -> Float:
    """Solve one hour; what is left of the atoms in the dark cannot be negative."""
    solver = SlowSolver(case.mechanism, absolute_tolerance=1e-6)
    return np.maximum(solver.run(case, np.array([3600.0]))[:, -1], 0.0)
