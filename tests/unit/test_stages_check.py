"""What a run asks of its files is refused before anything is written, in words that help."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import yaml

from forecast.chemistry.composition import Composition
from forecast.chemistry.step import Parts
from forecast.common.errors import ConfigurationError, ForecastError
from forecast.config.chemistry import ChemistryConfig
from forecast.config.load import case_names, resolve
from forecast.ctm.build import ModelOptions
from forecast.ctm.check import model_problems
from forecast.ctm.idealised import stretched_levels
from forecast.grid.vertical import HybridLevels
from forecast.stages.check import check_files

WINTER = np.datetime64("2022-01-01T00", "s") + np.arange(25) * np.timedelta64(3600, "s")


@pytest.mark.parametrize("case", case_names())
def test_the_cases_of_the_project_pass(case: str) -> None:
    assert "O3" in check_files(resolve(case)).table.names


def test_both_mechanisms_pass() -> None:
    cb6 = resolve("january_2022", settings=["chemistry.mechanism=configs/mechanisms/cb6r3.yaml"])
    assert check_files(cb6, WINTER).gas.name.startswith("cb6")


def _refused(*settings: str) -> str:
    with pytest.raises(ForecastError) as caught:
        check_files(resolve("january_2022", settings=settings), WINTER)
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        # the haze extension has the semi-volatile gases
        (["chemistry.extension_files=[]"], ["SVA1", "add the extension 'haze'"]),
        # a mechanism that lacks what the extension adds to, with file and line
        (
            ["chemistry.mechanism=configs/mechanisms/tiny.yaml"],
            ["haze.yaml, line", "no reaction of TOL + OH"],
        ),
        # species of the inventory that no mechanism has: told even where nothing reacts
        (
            [
                "chemistry.mechanism=configs/mechanisms/tiny.yaml",
                "chemistry.extension_files=[]",
                "chemistry.scheme=none",
            ],
            ["emits what the model does not have: it lacks the species NH3", "TOL", "(cb05)"],
        ),
        (["chemistry.aerosol_file=configs/mechanisms/cb05.yaml"], ["aerosol file", "convention"]),
        (["chemistry.mechanism=configs/aerosol.yaml"], ["aerosol.yaml, line 17: convention"]),
        (["boundary.profiles=configs/background/summer.yaml"], ["06-01", "boundary.profiles"]),
        (["workflow.ranks=900"], ["divided over '900' ranks"]),
    ],
)
def test_files_that_do_not_fit_are_refused(settings: list[str], words: list[str]) -> None:
    text = _refused(*settings)
    for word in words:
        assert word in text


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = _refused(
        "workflow.ranks=900",
        "boundary.profiles=configs/background/summer.yaml",
        "chemistry.photolysis.particles_file=configs/photolysis/ozone.yaml",
    )
    for word in ("'900' ranks", "06-01", "ozone.yaml"):
        assert word in text


# --- tables of light


def _edit_table(project_root: Path, folder: Path, change: Callable[[Any], None]) -> Path:
    copy = folder / "table.nc"
    copy.write_bytes((project_root / "data" / "photolysis" / "tuvx.nc").read_bytes())
    with netCDF4.Dataset(copy, "a") as file:
        change(file)
    return copy


def _hole(file: Any) -> None:
    file["share"][2, 1] = np.nan


def _disorder(file: Any) -> None:
    file["zenith"][:] = file["zenith"][:][::-1]


def _no_light(file: Any) -> None:
    names = file["name"][:]
    names[list(names).index("jNO2")] = "jXX"
    file["name"][:] = names


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_hole, ["damaged", "'share' has values that are not finite", "make_photolysis"]),
        (_disorder, ["damaged", "'zenith' does not rise"]),
        (_no_light, ["no rate ['jNO2']"]),
    ],
)
def test_a_photolysis_table_that_does_not_serve_is_refused(
    project_root: Path, tmp_path: Path, change: Callable[[Any], None], words: list[str]
) -> None:
    table = _edit_table(project_root, tmp_path, change)
    text = _refused(f"chemistry.photolysis.table_file={table}")
    for word in words:
        assert word in text


def test_a_photolysis_table_that_is_cut_off_is_refused(project_root: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.nc"
    content = (project_root / "data" / "photolysis" / "tuvx.nc").read_bytes()
    table.write_bytes(content[: len(content) // 2])
    text = _refused(f"chemistry.photolysis.table_file={table}")
    assert f"'{table}' cannot be read" in text


def test_a_domain_above_the_photolysis_table_is_refused(composition: Composition) -> None:
    # the middle of the highest layer lies at about 0.5 hPa: more than 50 km
    eta = np.array([1.0, 0.5, 0.001, 0.0])
    high = HybridLevels(10.0 * (1.0 - eta), eta)
    problems = model_problems(composition, high, ModelOptions())
    assert len(problems) == 1
    assert "above sea level. Lower the top of the domain" in problems[0]
    assert model_problems(composition, stretched_levels(16), ModelOptions()) == []


# --- names that a mechanism asks for

EXTENSION = """name: mine
date: 2026-01-01
description: for a test
sources: {{paper: a publication}}
species: []
reactions:
  - {{label: X1, equation: "{equation}", {rate}, source: paper}}
"""


@pytest.mark.parametrize(
    ("equation", "rate", "words"),
    [
        ("O3 + hv -> 3 O", "photolysis: {name: jNOTHING}", "no rate ['jNOTHING']"),
        ("O3 -> ", "uptake: {name: uNOTHING}", "the rates uNOTHING at run time"),
    ],
)
def test_rates_that_nothing_computes_are_refused(
    tmp_path: Path, equation: str, rate: str, words: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(EXTENSION.format(equation=equation, rate=rate), encoding="utf-8")
    assert words in _refused(f"chemistry.extension_files=[configs/mechanisms/haze.yaml, '{path}']")


def _without(composition: Composition, name: str) -> Composition:
    gas = composition.gas
    species = tuple(entry for entry in gas.species if entry.name != name)
    return replace(composition, gas=replace(gas, species=species))


@pytest.mark.parametrize(
    ("name", "process"),
    [
        ("OH", "the chemistry of particles"),
        ("HNO3", "the chemistry of particles"),
        ("NH3", "the chemistry of particles"),
        ("SULF", "the chemistry of particles"),
        ("H2O2", "the oxidation of SO2 in water"),
        ("SO2", "the oxidation of SO2 in water"),
        ("SVA3", "Organic matter"),
    ],
)
def test_a_mechanism_without_a_species_that_a_process_needs(
    composition: Composition, name: str, process: str
) -> None:
    with pytest.raises(ConfigurationError, match=name) as caught:
        Parts.of(_without(composition, name), ChemistryConfig())
    assert process in str(caught.value)


def test_a_mechanism_without_the_light_of_no2(composition: Composition) -> None:
    names = tuple(name for name in composition.gas.photolysis if name != "jNO2")
    dark = replace(composition, gas=replace(composition.gas, photolysis=names))
    with pytest.raises(ConfigurationError, match="rate 'jNO2', by which .* knows the light"):
        Parts.of(dark, ChemistryConfig())


# --- particles


def _aerosol(project_root: Path, folder: Path, change: Callable[[Any], None]) -> str:
    content = yaml.safe_load((project_root / "configs" / "aerosol.yaml").read_text("utf-8"))
    change({entry["name"]: entry for entry in content["species"]})
    path = folder / "aerosol.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return _refused(f"chemistry.aerosol_file={path}")


def test_two_particles_with_the_same_role_are_refused(project_root: Path, tmp_path: Path) -> None:
    def twice(species: Any) -> None:
        species["ABOA4"]["role"] = "sulfate"

    text = _aerosol(project_root, tmp_path, twice)
    assert "role 'sulfate', the aerosol file has ['ASO4', 'ABOA4']; list exactly one" in text


def test_a_role_that_no_particle_has_is_named(project_root: Path, tmp_path: Path) -> None:
    def neutral(species: Any) -> None:
        species["AHP"]["role"] = "other_primary"

    text = _aerosol(project_root, tmp_path, neutral)
    assert "role 'hydrogen', the aerosol file has none; list exactly one" in text


def test_a_particle_that_light_does_not_know_is_named(project_root: Path, tmp_path: Path) -> None:
    def rename(species: Any) -> None:
        species["ADUST"]["name"] = "ASAND"

    assert "ASAND" in _aerosol(project_root, tmp_path, rename)
