"""Box runs against what MICM, an independent solver, gave for the same mechanism and conditions."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.box_cases import COMPARED, SlowSolver, read_cases
from benchmarks.box_models import HOURS, MECHANISMS, error, recorded, run_model
from benchmarks.micm import to_micm
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism


def _read(project_root: Path, name: str) -> GasMechanism:
    return read_gas_mechanism(project_root / "configs/mechanisms" / f"{name}.yaml")


@pytest.mark.parametrize("name", MECHANISMS)
def test_the_equations_are_those_that_micm_solves(project_root: Path, name: str) -> None:
    theirs = recorded()
    seconds = 3600.0 * np.array(HOURS)
    mechanism = _read(project_root, name)
    cases = read_cases(mechanism)
    assert len(cases) == 5
    for case in cases:
        ours = SlowSolver(mechanism).run(case, seconds) / case.air * 1e9
        for (their_mechanism, their_case, species), values in theirs.items():
            if (their_mechanism, their_case) == (name, case.name):
                np.testing.assert_allclose(
                    ours[mechanism.index(species)],
                    values,
                    rtol=1e-6,
                    err_msg=f"{case.name} {species}",
                )


def test_the_model_solves_them_within_a_tenth_of_a_percent(project_root: Path) -> None:
    theirs = recorded()
    seconds = 3600.0 * np.array(HOURS)
    mechanism = _read(project_root, "cb05")
    for case in read_cases(mechanism):
        ours = run_model(case, seconds) / case.air * 1e9
        for species in COMPARED:
            values = theirs["cb05", case.name, species]
            off = error(ours[mechanism.index(species)], values)
            assert off < (0.02 if species == "O3" else 0.1), (case.name, species)


def test_fall_off_and_pressure_forms_are_translated(project_root: Path) -> None:
    written = to_micm(_read(project_root, "cb6r3"), ("CO",))
    by_name = {entry["name"]: entry for entry in written["reactions"]}
    assert by_name["R54"]["type"] == "TROE"
    assert by_name["R54"]["N"] == pytest.approx(1.41**2)
    assert by_name["R54"]["k0_A"] == pytest.approx(2.7e-28 * 6.02214076e17**2)
    third = [part["species name"] for part in by_name["R123_1"]["reactants"]]
    assert third == ["CO", "OH", "M"]
    # water meets and stays
    assert {"species name": "H2O", "coefficient": 1.0} in by_name["R20"]["products"]
    assert by_name["CO"]["type"] == "EMISSION"
    with pytest.raises(KeyError):
        by_name["R215"]


def test_night_titrates_ozone_and_stores_nitrate(project_root: Path) -> None:
    mechanism = _read(project_root, "cb05")
    case = next(c for c in read_cases(mechanism) if c.name == "polluted_winter_night")
    seconds = 3600.0 * np.arange(1.0, 9.0)
    ours = SlowSolver(mechanism, relative_tolerance=1e-6).run(case, seconds)
    ozone, dinitrogen = ours[mechanism.index("O3")], ours[mechanism.index("N2O5")]
    assert np.all(np.diff(ozone) < 0.0)
    assert dinitrogen.max() / case.air > 1e-10
    nitrogen = np.array([species.nitrogen for species in mechanism.species], dtype=np.float64)
    gained = nitrogen @ ours[:, -1] - nitrogen @ case.density
    assert gained == pytest.approx(nitrogen @ case.sources * seconds[-1], rel=1e-6)
