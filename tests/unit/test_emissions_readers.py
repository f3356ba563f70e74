"""The tables of an inventory: what they hold, and that every error of a file is told at once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import ConfigurationError, InputError
from forecast.fields.inventory import POLLUTANTS, SECTORS, Inventory
from forecast.sources.emissions import read_inventory
from forecast.sources.emissions.plants import read_stacks
from forecast.sources.emissions.profiles import read_layers, read_speciation
from forecast.sources.emissions.provincial import read_sector_map


@pytest.fixture(scope="module")
def folder(project_root: Path) -> Path:
    return project_root / "data" / "emissions"


@pytest.fixture(scope="module")
def inventory(folder: Path) -> Inventory:
    return read_inventory(folder)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    target = tmp_path / "emissions"
    shutil.copytree(folder, target)
    return target


def change(path: Path, old: str, new: str) -> int:
    """Replace a text once and return the number of its line."""
    content = path.read_text(encoding="utf-8")
    assert content.count(old) >= 1
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    return content[: content.index(old)].count("\n") + 1


def test_shandong_2015_is_what_reas_publishes(inventory: Inventory) -> None:
    totals = inventory.totals
    shandong = totals.annual[totals.provinces.index("SD")].sum(axis=0)
    published = {
        "SO2": 1584.9, "NOx": 2315.0, "CO": 13235.0, "NMVOC": 2388.3, "NH3": 962.6,
        "PM10": 1219.6, "PM2.5": 907.9,
    }  # fmt: skip
    for name, value in published.items():
        assert shandong[POLLUTANTS.index(name)] == pytest.approx(value, abs=0.05)


def test_henan_and_hunan_are_not_mixed_up(inventory: Inventory) -> None:
    totals = inventory.totals
    power = totals.annual[:, SECTORS.index("power"), POLLUTANTS.index("SO2")]
    assert totals.names[totals.provinces.index("HA")] == "Henan"
    assert power[totals.provinces.index("HA")] == pytest.approx(265.0, abs=0.1)
    assert power[totals.provinces.index("HN")] == pytest.approx(120.0, abs=0.1)


def test_traffic_is_least_in_the_small_hours_of_beijing(inventory: Inventory) -> None:
    road = inventory.profiles.hour[SECTORS.index("transportation")]
    assert road[[7, 8, 17]].min() > 1.2
    assert road[[1, 2, 3]].max() < 0.5


def test_households_burn_most_in_winter(inventory: Inventory) -> None:
    month = inventory.profiles.month[SECTORS.index("residential")]
    assert month.argmax() == 0
    assert month[0] / month[6] > 2.5


def test_shares_are_normal(inventory: Inventory) -> None:
    assert inventory.profiles.month.sum(axis=1) == pytest.approx(1.0, rel=1e-14)
    assert inventory.profiles.weekday.mean(axis=1) == pytest.approx(1.0, rel=1e-14)
    assert inventory.profiles.hour.mean(axis=1) == pytest.approx(1.0, rel=1e-14)
    assert inventory.layers.share.sum(axis=1) == pytest.approx(1.0, rel=1e-14)
    assert inventory.spatial_mix.sum(axis=1) == pytest.approx(1.0, rel=1e-14)


def test_all_errors_of_the_totals_are_told_at_once(copy: Path) -> None:
    path = copy / "provincial_totals.csv"
    lines = [
        change(path, "SD,PP,SO2,2015,688.8256,", "SD,PP,SO2,2015,-688.8,"),
        change(path, "SD,IND,CO,2015,", "XX,IND,CO,2015,"),
        change(path, "SD,ROAD,NOx,2015,", "SD,ROADS,NOx,2015,"),
        change(path, "SD,RESI,PM10,2015,", "SD,RESI,PM1,2015,"),
        change(path, "HE,PP,SO2,2015,280.1317,kt/yr", "HE,PP,SO2,2015,nan,Gg/s"),
    ]
    with pytest.raises(InputError) as caught:
        read_inventory(copy)
    text = str(caught.value)
    assert str(path) in text
    assert "error(s)" in text
    for line in lines:
        assert f"line {line}:" in text
    for part in ("'-688.8'", "'XX'", "'ROADS'", "'PM1'", "'nan'", "'Gg/s'"):
        assert part in text


def test_nox_must_be_counted_as_no2(copy: Path) -> None:
    line = change(copy / "provincial_totals.csv", "kt/yr as NO2", "kt/yr")
    with pytest.raises(InputError, match=rf"line {line}: .*NOx needs 'kt/yr as NO2'"):
        read_inventory(copy)


def test_a_pollutant_missing_in_a_province_is_told(copy: Path) -> None:
    path = copy / "provincial_totals.csv"
    kept = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not (line.startswith("SD,") and ",SO2," in line)
    ]
    path.write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(InputError, match="no row of 'SO2' for 'SD'"):
        read_inventory(copy)


def test_a_missing_column_names_what_was_expected(copy: Path) -> None:
    change(copy / "coal_units.csv", "capacity_mw", "capacity")
    with pytest.raises(InputError, match=r"coal_units.csv' lacks the column\(s\) 'capacity_mw'"):
        read_inventory(copy)


def test_a_missing_file_is_told(copy: Path) -> None:
    (copy / "stacks.csv").unlink()
    with pytest.raises(InputError, match=r"stacks.csv' cannot be read"):
        read_inventory(copy)


def test_a_row_with_too_many_cells_is_told(copy: Path) -> None:
    change(copy / "provinces.csv", "AH,Anhui,", "AH,An,hui,")
    with pytest.raises(InputError, match=r"without 4 cells, in line\(s\) \[3\]"):
        read_inventory(copy)


def test_units_outside_their_area_and_of_unknown_provinces_are_told(copy: Path) -> None:
    path = copy / "coal_units.csv"
    first = change(path, "Henan,114.27584,36.11975", "Henan,104.27584,36.11975")
    second = change(path, "Henan,114.27584,36.11975", "Honan,114.27584,36.11975")
    with pytest.raises(InputError) as caught:
        read_inventory(copy)
    assert f"line {first}: the unit lies at '104.276 E, 36.120 N'" in str(caught.value)
    assert f"line {second}: 'province' is 'Honan'" in str(caught.value)


def test_a_trend_of_one_province_must_correct_a_level(copy: Path) -> None:
    line = change(
        copy / "trend_factors.csv", "meic,2015,2017,*,power,CO", "meic,2015,2017,SD,power,CO"
    )
    with pytest.raises(InputError, match=rf"line {line}: a step of a single province"):
        read_inventory(copy)


def test_shares_that_do_not_add_up_are_told(copy: Path) -> None:
    change(copy / "profiles" / "hour.csv", "power,0.032406", "power,0.132406")
    with pytest.raises(InputError, match=r"hour.csv' .*\n.*add up to 1.1"):
        read_inventory(copy)


def test_layers_must_join(tmp_path: Path) -> None:
    path = tmp_path / "layer.csv"
    path.write_text(
        "bottom_m,top_m,power,industry,residential,transportation,agriculture\n"
        "0,20,0.5,1,1,1,1\n30,40,0.5,0,0,0,0\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="line 3: the layer starts at 30 m, not at 20 m"):
        read_layers(path)


def test_stack_classes_must_join(tmp_path: Path) -> None:
    path = tmp_path / "stacks.csv"
    path.write_text(
        "above_mw,up_to_mw,height_m,exit_temperature_k,exit_velocity_m_s,flue_gas_m3_kwh,"
        "units_per_stack\n0,60,100,323,12,4,2\n100,300,180,323,16,4,2\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="line 3: the class starts at 100 MW, not at 60 MW"):
        read_stacks(path)


def test_a_sector_that_is_split_must_be_split_whole(tmp_path: Path) -> None:
    path = tmp_path / "sector_map.csv"
    path.write_text(
        "source_sector,sector,share\nPP,power,1\nCMB,residential,0.7\nCMB,industry,0.2\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="the shares of 'CMB' add up to 0.8"):
        read_sector_map(path)


def test_organic_matter_holds_its_carbon(copy: Path) -> None:
    path = copy / "speciation.csv"
    change(path, "power,om_oc_ratio,1.4", "power,om_oc_ratio,0.9")
    with pytest.raises(InputError, match="om_oc_ratio of 'power' is below 1"):
        read_speciation(path)


def test_the_description_must_be_whole(copy: Path) -> None:
    change(copy / "inventory.yaml", "base_year: 2015", "base_yaer: 2015")
    with pytest.raises(ConfigurationError, match="base_yaer"):
        read_inventory(copy)


def test_surrogate_cells_cover_all_provinces(inventory: Inventory) -> None:
    cells = inventory.cells
    assert cells.longitude.size > 10000
    assert np.all(cells.land > 0.0)
    assert np.all(cells.urban + cells.crop <= 1.001)
