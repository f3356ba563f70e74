"""From the base year to the case year: chains of factors, and what comes out for Shandong."""

from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import InputError
from forecast.fields.inventory import POLLUTANTS, SECTORS, ProvincialTotals, TrendFactor
from forecast.prepare.trend import scale_to_year
from forecast.sources.emissions import read_inventory


def step(first: int, last: int, factor: float, province: str = "*") -> TrendFactor:
    name = f"{first}-{last}"
    return TrendFactor(name, first, last, province, "power", "SO2", factor, "good", "test")


def totals() -> ProvincialTotals:
    annual = np.zeros((2, len(SECTORS), len(POLLUTANTS)))
    annual[:, SECTORS.index("power"), POLLUTANTS.index("SO2")] = (100.0, 10.0)
    return ProvincialTotals(("AA", "BB"), ("Aa", "Bb"), 2015, annual)


def power_so2(result: ProvincialTotals) -> list[float]:
    values = result.annual[:, SECTORS.index("power"), POLLUTANTS.index("SO2")]
    return [float(value) for value in values]


def test_factors_of_a_chain_multiply_in_any_order() -> None:
    chain = [step(2017, 2022, 0.5), step(2015, 2017, 0.8), step(2017, 2017, 0.9)]
    result = scale_to_year(totals(), chain, 2022)
    assert result.year == 2022
    assert power_so2(result) == pytest.approx([36.0, 3.6])


def test_later_steps_wait_for_later_years() -> None:
    chain = [step(2015, 2017, 0.8), step(2017, 2022, 0.5), step(2022, 2022, 0.1, "AA")]
    assert power_so2(scale_to_year(totals(), chain, 2017)) == pytest.approx([80.0, 8.0])


def test_a_province_can_have_its_own_level() -> None:
    chain = [step(2015, 2022, 0.5), step(2022, 2022, 0.2, "BB")]
    assert power_so2(scale_to_year(totals(), chain, 2022)) == pytest.approx([50.0, 1.0])


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ([], "the steps end in 2015"),
        ([step(2015, 2017, 0.8)], "the steps end in 2017"),
        ([step(2015, 2017, 0.8), step(2019, 2022, 0.8)], "starts in 2019 but 2017 was reached"),
    ],
)
def test_a_gap_stops_with_its_place(chain: list[TrendFactor], said: str) -> None:
    with pytest.raises(InputError, match=rf"power SO2: .*{said}"):
        scale_to_year(totals(), chain, 2022)


def test_shandong_in_2022_is_plausible(project_root: Path) -> None:
    inventory = read_inventory(project_root / "data" / "emissions")
    result = scale_to_year(inventory.totals, inventory.trend, 2022)
    shandong = result.annual[result.provinces.index("SD")].sum(axis=0)
    # From inventories and statistics of 2020 to 2022 for the province (docs/science/emissions.md)
    plausible = {
        "SO2": (150, 350), "NOx": (900, 1300), "PM2.5": (300, 500), "CO": (7000, 9000),
        "NH3": (600, 900), "NMVOC": (1500, 2300),
    }  # fmt: skip
    for name, (low, high) in plausible.items():
        assert low < shandong[POLLUTANTS.index(name)] < high, name


def test_every_factor_of_the_project_has_a_source(project_root: Path) -> None:
    inventory = read_inventory(project_root / "data" / "emissions")
    assert all(len(factor.source) > 10 for factor in inventory.trend)
    unknown = [factor for factor in inventory.trend if factor.step == "unknown"]
    assert unknown
    assert all(factor.factor == 1.0 for factor in unknown)
