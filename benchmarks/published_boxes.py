"""Boxes whose results NCAR published with music-box: CB05 for three hours, Chapman for three days.

The files are in `tests/regression/data` (from music-box, Apache-2.0). CB05 is read with its
chlorine, as music-box carries it. Its published run is dark and without emission; `run_cb05_day`
is the same box in daylight, solved by MICM from music-box's mechanism file, which others wrote.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.box_cases import BoxCase
from benchmarks.micm import MOLECULES
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.fields.arrays import Booleans, Float

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / "tests/regression/data"
CHAPMAN_AIR = 0.7706605911584233 * MOLECULES
CB05_AIR = 40.87404452357612 * MOLECULES

Solver = Callable[[BoxCase, Float], Float]
"""From a case and times (s) to densities, molecules cm-3, (nspecies, ntimes)."""


@dataclass(frozen=True)
class Published:
    """Our result beside the published one.

    Attributes:
        names: Species that both have.
        seconds: Times, (ntimes,).
        lit: Whether there was light in the hour before, (ntimes,).
        ours: molecules cm-3, (nspecies, ntimes).
        theirs: The same, published.
    """

    names: tuple[str, ...]
    seconds: Float
    lit: Booleans
    ours: Float
    theirs: Float

    def of(self, name: str) -> tuple[Float, Float]:
        """Our and the published course of a species."""
        place = self.names.index(name)
        return self.ours[place], self.theirs[place]


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.reader(line for line in lines if not line.startswith("#")))


def _case(name: str, mechanism: GasMechanism, air: float, density: Float) -> BoxCase:
    return BoxCase(
        name=name,
        mechanism=mechanism,
        hours=1,
        temperature=298.15,
        air=air,
        water=0.0,
        photolysis=np.zeros(len(mechanism.photolysis)),
        density=density,
        sources=np.zeros(len(mechanism.species)),
    )


def run_cb05(solve: Solver) -> Published:
    """Solve music-box's CB05 case."""
    rows = _rows("music_box_cb05.csv")
    seconds = np.array([float(name.removesuffix("_s")) for name in rows[0][1:]])
    theirs = {row[0]: np.array(row[1:], dtype=np.float64) * MOLECULES for row in rows[1:]}
    mechanism = _cb05({name: theirs[name][0] for name in ("O2", "CH4", "H2")})
    start = np.array([theirs[name][0] if name in theirs else 0.0 for name in mechanism.names])
    case = _case("music-box", mechanism, CB05_AIR, start)
    ours = solve(replace(case, water=float(theirs["H2O"][0])), seconds[1:])
    names = tuple(name for name in mechanism.names if name in theirs)
    return Published(
        names=names,
        seconds=seconds[1:],
        lit=np.zeros(len(seconds) - 1, np.bool_),
        ours=ours[[mechanism.index(name) for name in names]],
        theirs=np.array([theirs[name][1:] for name in names]),
    )


def run_cb05_day(solve: Solver) -> Published:
    """Solve music-box's CB05 with light and emission, which MICM solved from music-box's file."""
    head, *rows = _rows("music_box_cb05_day.csv")
    seconds = np.array([float(name.removesuffix("_s")) for name in head[2:]])
    part = {
        kind: {row[1]: np.array(row[2:], dtype=np.float64) for row in rows if row[0] == kind}
        for kind in "JEFC"
    }
    mechanism = _cb05(
        {name: value[0] * MOLECULES for name, value in part["F"].items() if name != "H2O"}
    )
    names = tuple(name for name in mechanism.names if name in part["C"])
    theirs = np.array([part["C"][name] for name in names]) * MOLECULES
    places = [mechanism.index(name) for name in names]
    start, sources = np.zeros(len(mechanism.species)), np.zeros(len(mechanism.species))
    start[places] = theirs[:, 0]
    for name, value in part["E"].items():
        sources[mechanism.index(name)] = value[0] * MOLECULES
    case = replace(
        _case("music-box day", mechanism, CB05_AIR, start),
        water=float(part["F"]["H2O"][0]) * MOLECULES,
        photolysis=np.array([part["J"][name][0] for name in mechanism.photolysis]),
        sources=sources,
    )
    return Published(
        names=names,
        seconds=seconds[1:],
        lit=np.ones(len(seconds) - 1, np.bool_),
        ours=solve(case, seconds[1:])[places],
        theirs=theirs[:, 1:],
    )


def _cb05(fixed: dict[str, Float]) -> GasMechanism:
    """CB05 with chlorine, with the densities of fixed gases of the published box."""
    mechanism = read_gas_mechanism(
        PROJECT / "configs/mechanisms/cb05.yaml", (DATA / "cb05_chlorine.yaml",)
    )
    fractions = {name: float(value) / CB05_AIR for name, value in fixed.items()}
    return replace(mechanism, mole_fractions={"M": 1.0, **fractions})


def run_chapman(solve: Solver) -> Published:
    """Solve music-box's Chapman case: light that changes at every full hour."""
    table = np.array(_rows("music_box_chapman.csv")[1:], dtype=np.float64)
    mechanism = read_gas_mechanism(DATA / "chapman.yaml")
    case = replace(
        _case("chapman", mechanism, CHAPMAN_AIR, table[0, 4:] * MOLECULES), temperature=217.6
    )
    results = []
    for rates in table[:-1, 1:4]:
        case = replace(case, photolysis=rates)
        # what a solver leaves of the atoms in the dark may be below zero by rounding
        results.append(np.maximum(solve(case, np.array([3600.0]))[:, -1], 0.0))
        case = replace(case, density=results[-1])
    return Published(
        names=mechanism.names,
        seconds=table[1:, 0],
        lit=np.asarray(table[:-1, 1:4].all(axis=1), np.bool_),
        ours=np.array(results).T,
        theirs=table[1:, 4:].T * MOLECULES,
    )
