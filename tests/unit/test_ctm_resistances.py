"""Surface resistances against the published table, and the table of surfaces itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from forecast.common.errors import ConfigurationError
from forecast.ctm.kernels.uptake import (
    CUTICLE,
    STOMATA,
    GasSets,
    add_gases,
    stomatal_resistance,
    wet_canopy,
)
from forecast.ctm.surfaces import NEVER, ROWS, Surfaces, read_surfaces
from forecast.grid.land import CLASSES

FOREST = CLASSES.index("deciduous broadleaf forest")
TEMPERATURE = (25.0, 10.0, 2.0, 0.0, 10.0)
LIGHT = (800.0, 500.0, 300.0, 100.0, 0.0)
# solubility, reactivity, ratio of diffusivities, rule
GASES = {
    "SO2": (1.0e5, 0.0, 1.9, 1), "O3": (0.01, 1.0, 1.6, 2), "NO2": (0.01, 0.1, 1.6, 0),
    "H2O2": (1.0e5, 1.0, 1.4, 0), "HCHO": (6.0e3, 0.0, 1.3, 0), "ORA": (4.0e6, 0.0, 1.6, 0),
    "NH3": (2.0e4, 0.0, 0.97, 0), "PAN": (3.6, 0.1, 2.6, 0), "HNO2": (1.0e5, 0.1, 1.6, 0),
}  # fmt: skip
# five seasons; light as above, then night with dew, with rain
PUBLISHED = {
    "SO2": ((130, 140, 160, 380, 1000, 100, 1200), (1400, 1400, 1400, 1400, 1500, 100, 1300),
            (1100, 1100, 1100, 1100, 1200, 90, 1000), (1000, 1000, 1000, 1000, 1100, 1100, 1100),
            (270, 290, 330, 620, 1100, 90, 1000)),
    "O3": ((100, 110, 130, 320, 960, 960, 580), (430, 470, 520, 710, 1300, 950, 580),
           (390, 420, 460, 610, 960, 770, 510), (560, 620, 710, 1100, 3200, 3200, 3200),
           (180, 200, 230, 440, 950, 820, 530)),
    "NO2": ((120, 130, 160, 480, 2900, 2700, 2300), (1900, 1900, 1900, 2000, 2700, 2500, 2200),
            (1700, 1700, 1800, 1900, 2400, 2300, 2000), (3900, 4000, 4100, 4500, None, None, None),
            (270, 290, 350, 850, 2500, 2300, 2000)),
    "H2O2": ((90, 90, 110, 250, 640, 90, 80), (400, 430, 480, 650, 1100, 90, 90),
             (370, 390, 430, 550, 840, 90, 80), (400, 430, 470, 620, 1000, 1000, 1000),
             (160, 170, 200, 370, 750, 90, 80)),
    "HCHO": ((100, 110, 140, 450, 6700, 1400, 1400), (8700, 8700, 8700, 8700, 8700, 1400, 1400),
             (8300, 8300, 8300, 8300, 8400, 1400, 1400), (2900,) * 7,
             (250, 270, 340, 1000, 7500, 1400, 1400)),
    "ORA": ((30, 30, 30, 40, 50, 10, 10), (140, 140, 150, 170, 190, 10, 10),
            (130, 140, 140, 160, 180, 10, 10), (310, 340, 390, 550, 910, 910, 910),
            (60, 60, 70, 80, 90, 10, 10)),
    "NH3": ((80, 80, 100, 320, 2700, 430, 430), (3400, 3400, 3400, 3400, 3400, 440, 440),
            (3000, 3000, 3000, 3000, 3100, 430, 430), (1500,) * 7,
            (180, 200, 240, 680, 2800, 430, 430)),
    "PAN": ((190, 210, 250, 700, 2900, 2700, 2300), (1900, 1900, 1900, 2000, 2700, 2500, 2200),
            (1700, 1700, 1800, 1900, 2400, 2300, 2000), (3900, 4000, 4100, 4500, None, None, None),
            (410, 430, 510, 1100, 2500, 2300, 2000)),
    "HNO2": ((110, 120, 140, 330, 950, 90, 90), (1000, 1000, 1000, 1100, 1400, 90, 90),
             (860, 860, 870, 910, 1100, 90, 90), (820, 830, 830, 870, 1000, 1000, 1000),
             (220, 240, 280, 530, 1000, 90, 90)),
}  # fmt: skip
"""Walmsley and Wesely (1996, doi 10.1016/1352-2310(95)00403-3), table 1: deciduous forest, s m-1,
rounded there to one or two digits; None is beyond 9999."""


@pytest.fixture(scope="module")
def surfaces(project_root: Path) -> Surfaces:
    return read_surfaces(project_root / "configs" / "deposition" / "surfaces.yaml")


def _sets() -> GasSets:
    values = np.array([row[:3] for row in GASES.values()])
    single = values.astype(np.float32)
    rules = np.array([row[3] for row in GASES.values()])
    laminar = np.zeros(len(GASES), np.float32)
    empty = np.zeros((3, len(GASES)))
    return GasSets(empty, empty, single[:, 1], single[:, 2], laminar, rules, 10.0)


def _resistances(surfaces: Surfaces, season: int, light: float, wetness: int) -> Any:
    rows = surfaces.resistance[FOREST, season]
    stomata = stomatal_resistance(rows[STOMATA], light, TEMPERATURE[season], wetness > 0)
    convection = 100.0 * (1.0 + 1000.0 / (light + 10.0))
    canopy = wet_canopy(rows[CUTICLE], wetness, False)
    state = np.array([0.0, 1.0, stomata, convection, 1.0, 0.0, wetness, *canopy])
    henry = np.array([row[0] for row in GASES.values()], np.float32)
    velocity = np.zeros(len(GASES), np.float32)
    add_gases(_sets(), henry, rows, state, 1.0, velocity)
    return 1.0 / velocity


@pytest.mark.parametrize("season", range(5))
def test_resistances_are_those_of_walmsley_and_wesely(surfaces: Surfaces, season: int) -> None:
    wet = season != 3  # nothing is wet under snow
    cases = [(light, 0) for light in LIGHT] + [(0.0, 1 if wet else 0), (0.0, 2 if wet else 0)]
    found = np.array([_resistances(surfaces, season, *case) for case in cases])
    for row, name in enumerate(GASES):
        for value, published in zip(found[:, row], PUBLISHED[name][season], strict=True):
            if published is None:
                assert value > 9000.0
            else:
                assert value == pytest.approx(published, rel=0.1, abs=10.5), (name, season)


def test_surfaces_have_the_rows_of_wesely(surfaces: Surfaces) -> None:
    """Numbers of table 1: late autumn on farmland, midsummer in towns, water."""
    row = dict(zip(ROWS, surfaces.resistance[CLASSES.index("cropland"), 2], strict=True))
    assert row == {
        "stomata": NEVER, "cuticle": NEVER, "canopy": 10, "ground_s": 150, "ground_o": 150,
        "lower_s": NEVER, "lower_o": 1000,
    }  # fmt: skip
    town = dict(zip(ROWS, surfaces.resistance[CLASSES.index("urban"), 0], strict=True))
    assert (town["canopy"], town["ground_s"], town["ground_o"]) == (100, 400, 300)
    assert surfaces.urban.tolist() == [name == "urban" for name in CLASSES]
    assert surfaces.water.tolist() == [name == "water" for name in CLASSES]
    assert surfaces.radius[CLASSES.index("cropland")].tolist() == [
        0.002,
        0.002,
        0.005,
        0.005,
        0.002,
    ]
    assert not surfaces.radius[CLASSES.index("water")].any()
    ice = surfaces.resistance[CLASSES.index("snow and ice")]
    np.testing.assert_array_equal(ice, np.broadcast_to(ice[3], ice.shape))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda c: c["land"].pop("urban"), "missing .'urban'."),
        (lambda c: c["land"]["water"].update(gases="sea"), "'sea'"),
        (lambda c: c["land"]["water"].update(season="monsoon"), "monsoon"),
        (lambda c: c["resistances"]["water"].update(canopy=[0, 0]), "canopy"),
        (lambda c: c["collectors"]["crops"].update(alpha=-1.0), "alpha"),
    ],
)
def test_a_wrong_table_is_refused_with_its_fault(
    project_root: Path, tmp_path: Path, change: Any, text: str
) -> None:
    path = project_root / "configs" / "deposition" / "surfaces.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    target = tmp_path / "broken.yaml"
    target.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=text):
        read_surfaces(target)
