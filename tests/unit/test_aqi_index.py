"""The index against the standards' worked values and an exact reference in fractions."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from forecast.aqi.averaging import DayTable
from forecast.aqi.index import daily_index, hourly_index, individual_index, rounded
from forecast.aqi.standard import AqiStandard, StandardSet, read_standard
from forecast.fields.city_forecast import ABSENT, AQI_POLLUTANTS

# Tables 1 of HJ 633-2012 and HJ 633-2026, written down once more and apart from the data files.
IAQI = (0, 50, 100, 150, 200, 300, 400, 500)
TABLE = {
    "so2_24h": (0, 50, 150, 475, 800, 1600, 2100, 2620),
    "so2_1h": (0, 150, 500, 650, 800),
    "no2_24h": (0, 40, 80, 180, 280, 565, 750, 940),
    "no2_1h": (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    "co_24h": (0, 2, 4, 14, 24, 36, 48, 60),
    "co_1h": (0, 5, 10, 35, 60, 90, 120, 150),
    "o3_1h": (0, 160, 200, 300, 400, 800, 1000, 1200),
    "o3_8h": (0, 100, 160, 215, 265, 800),
}
CHANGED = {
    "hj633_2012": {
        "pm10_24h": (0, 50, 150, 250, 350, 420, 500, 600),
        "pm25_24h": (0, 35, 75, 115, 150, 250, 350, 500),
    },
    "hj633_2026": {
        "pm10_24h": (0, 50, 120, 250, 350, 420, 500, 600),
        "pm25_24h": (0, 35, 60, 115, 150, 250, 350, 500),
    },
}
NAMES = tuple(CHANGED)
# PM2.5, PM10 and O3 of 8 hours: concentration -> IAQI by HJ 633-2012 and by HJ 633-2026
VECTORS = {
    "pm25_24h": {
        35: (50, 50), 36: (52, 52), 60: (82, 100), 61: (83, 101), 75: (100, 114), 76: (102, 115),
        90: (119, 128), 115: (150, 150), 116: (152, 152), 150: (200, 200), 151: (201, 201),
        250: (300, 300), 251: (301, 301),
    },
    "pm10_24h": {
        120: (85, 100), 121: (86, 101), 150: (100, 112), 151: (101, 112), 250: (150, 150),
    },
    "o3_8h": {
        100: (50, 50), 160: (100, 100), 161: (101, 101), 215: (150, 150), 216: (151, 151),
        265: (200, 200), 266: (201, 201), 800: (300, 300),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def standards() -> dict[str, AqiStandard]:
    folder = Path(__file__).resolve().parents[2] / "configs" / "aqi"
    return {name: read_standard(folder / f"{name}.yaml") for name in NAMES}


def _exact(points: tuple[int, ...], concentration: Fraction) -> int:
    """IAQI by equation 1 in fractions, rounded up."""
    for k in range(1, len(points)):
        if concentration <= points[k]:
            low, high = points[k - 1], points[k]
            slope = Fraction(IAQI[k] - IAQI[k - 1], high - low)
            return ceil(slope * (concentration - low) + IAQI[k - 1])
    return IAQI[len(points) - 1]


@pytest.mark.parametrize("column", VECTORS)
def test_worked_values(standards: dict[str, AqiStandard], column: str) -> None:
    for which, name in enumerate(NAMES):
        standard = standards[name]
        given = np.array(list(VECTORS[column]), dtype=np.float64)
        expected = [pair[which] for pair in VECTORS[column].values()]
        found, _ = individual_index(standard.columns[column], standard.iaqi, given)
        assert found.tolist() == expected, name


@pytest.mark.parametrize("name", NAMES)
def test_every_whole_concentration_of_every_column(
    standards: dict[str, AqiStandard], name: str
) -> None:
    standard = standards[name]
    table = {**TABLE, **CHANGED[name]}
    assert set(standard.columns) == set(table)
    assert standard.iaqi == IAQI
    for key, points in table.items():
        scale = 10 if key.startswith("co") else 1
        whole = np.arange(points[-1] * scale + 1)
        found, _ = individual_index(standard.columns[key], standard.iaqi, whole / scale)
        expected = [_exact(points, Fraction(int(c), scale)) for c in whole]
        assert found.tolist() == expected, key


@pytest.mark.parametrize("name", NAMES)
def test_above_the_table(standards: dict[str, AqiStandard], name: str) -> None:
    standard = standards[name]
    for key in ("so2_24h", "no2_1h", "co_24h", "pm25_24h", "pm10_24h", "o3_1h"):
        found, refused = individual_index(standard.columns[key], IAQI, np.array([5000.0, 1e9]))
        assert found.tolist() == [500, 500]
        assert not refused.any()
    so2, _ = individual_index(standard.columns["so2_1h"], IAQI, np.array([800.0, 801.0]))
    o3, _ = individual_index(standard.columns["o3_8h"], IAQI, np.array([800.0, 801.0]))
    assert so2.tolist() == ([200, 200] if name == "hj633_2026" else [200, ABSENT])
    assert o3.tolist() == ([300, 300] if name == "hj633_2026" else [300, ABSENT])


def test_rounding_is_half_to_even() -> None:
    assert rounded(np.array([0.5, 1.5, 2.5, 74.5, 75.5, 75.51]), 0).tolist() == [
        0,
        2,
        2,
        74,
        76,
        76,
    ]
    tenths = np.arange(0, 6000, 5) / 100.0  # 0.00, 0.05, 0.10 ... as decimal texts would be read
    expected = [
        int(Decimal(f"{value:.2f}").quantize(Decimal("0.1"), ROUND_HALF_EVEN) * 10)
        for value in tenths
    ]
    assert rounded(tenths, 1).tolist() == expected


def test_missing_and_negative_concentrations_have_no_index() -> None:
    assert rounded(np.array([np.nan, -0.4, -0.6, np.inf]), 0).tolist() == [
        ABSENT,
        0,
        ABSENT,
        ABSENT,
    ]


def _day(**concentration: float) -> tuple[list[np.ndarray], DayTable]:
    """One natural day of constant values; what is not named is missing."""
    labels = np.datetime64("2022-01-01T17", "s") + np.arange(24) * np.timedelta64(1, "h")
    series = [np.full(24, concentration.get(name, np.nan)) for name in AQI_POLLUTANTS]
    return series, DayTable.of(labels)


COMPLETE = {"pm25": 76.0, "pm10": 90.0, "so2": 10.0, "no2": 40.0, "co": 1.0, "o3": 60.0}


def test_primary_pollutants_and_ties(standards: dict[str, AqiStandard]) -> None:
    standard = standards["hj633_2012"]
    result = daily_index(standard, *_day(**COMPLETE))
    assert result.value.tolist() == [102]
    assert result.primary[:, 0].tolist() == [True] + [False] * 5
    # PM2.5 of 115 and PM10 of 250 both have 150
    result = daily_index(standard, *_day(**{**COMPLETE, "pm25": 115.0, "pm10": 250.0}))
    assert result.primary[:, 0].tolist() == [True, True, False, False, False, False]
    # at 50 there is no primary pollutant
    clean = daily_index(standard, *_day(**{**COMPLETE, "pm25": 35.0, "pm10": 50.0}))
    assert clean.value.tolist() == [50]
    assert not clean.primary.any()


def test_missing_pollutants_2026(standards: dict[str, AqiStandard]) -> None:
    """5.3.1: with a pollutant missing, published above 100 only."""
    standard = standards["hj633_2026"]
    without_o3 = {key: value for key, value in COMPLETE.items() if key != "o3"}
    at_100 = daily_index(standard, *_day(**{**without_o3, "pm25": 60.0}))
    assert (at_100.available.tolist(), at_100.value.tolist()) == ([100], [ABSENT])
    above = daily_index(standard, *_day(**{**without_o3, "pm25": 61.0}))
    assert above.value.tolist() == [101]
    assert above.missing[:, 0].tolist() == [False] * 5 + [True]
    assert daily_index(standard, *_day(**{**COMPLETE, "pm25": 60.0})).value.tolist() == [100]
    assert daily_index(standard, *_day()).value.tolist() == [ABSENT]


def test_missing_pollutants_2012(standards: dict[str, AqiStandard]) -> None:
    """Own choice: O3 may be missing, PM2.5 may not unless the others are above 100."""
    standard = standards["hj633_2012"]
    without_o3 = {key: value for key, value in COMPLETE.items() if key != "o3"}
    low = {**without_o3, "pm25": 36.0, "pm10": 50.0}
    assert daily_index(standard, *_day(**low)).value.tolist() == [52]
    without_pm25 = {key: value for key, value in COMPLETE.items() if key != "pm25"}
    assert daily_index(standard, *_day(**without_pm25)).value.tolist() == [ABSENT]
    dusty = {**without_pm25, "pm10": 250.0}
    assert daily_index(standard, *_day(**dusty)).value.tolist() == [150]


def test_o3_of_one_hour_counts_in_the_daily_report_of_2012_only(
    standards: dict[str, AqiStandard],
) -> None:
    series, table = _day(**{**COMPLETE, "pm25": 20.0, "pm10": 20.0, "no2": 20.0, "o3": 40.0})
    o3 = series[AQI_POLLUTANTS.index("o3")]
    o3[14] = 300.0  # one hour: IAQI 150 by 1 hour; MDA8 (7 x 40 + 300) / 8 = 72.5 -> 72: 36
    assert daily_index(standards["hj633_2012"], series, table).value.tolist() == [150]
    assert daily_index(standards["hj633_2026"], series, table).value.tolist() == [36]


def test_o3_of_8_hours_above_800(standards: dict[str, AqiStandard]) -> None:
    series, table = _day(**{**COMPLETE, "o3": 850.0})
    # 2012: the hour decides: 300 + 100 * 50 / 200 = 325; 2026: 300
    assert daily_index(standards["hj633_2012"], series, table).value.tolist() == [325]
    assert daily_index(standards["hj633_2026"], series, table).value.tolist() == [300]


def test_real_time_reports(standards: dict[str, AqiStandard]) -> None:
    """2012: moving 24-hour means of particles; 2026: hourly means through the same columns."""
    series, table = _day(**COMPLETE)
    series[0][:] = 0.0
    series[0][23] = 240.0  # 24-hour mean 10
    last_2012 = hourly_index(standards["hj633_2012"], series, table)
    last_2026 = hourly_index(standards["hj633_2026"], series, table)
    assert last_2012.iaqi[0, 23] == _exact(CHANGED["hj633_2012"]["pm25_24h"], Fraction(10))
    assert last_2026.iaqi[0, 23] == _exact(CHANGED["hj633_2026"]["pm25_24h"], Fraction(240))
    assert (last_2012.iaqi[0, :19] == ABSENT).all()
    assert (last_2012.iaqi[0, 19:] != ABSENT).all()
    assert (last_2026.iaqi[0] != ABSENT).all()


def test_so2_of_one_hour_above_800(standards: dict[str, AqiStandard]) -> None:
    series, table = _day(**COMPLETE)
    so2 = series[AQI_POLLUTANTS.index("so2")]
    so2[:] = 100.0
    so2[23] = 900.0  # 24-hour mean (23 x 100 + 900) / 24 = 133.3 -> 133: 50 + 50 * 83 / 100 = 91.5
    found = hourly_index(standards["hj633_2012"], series, table).iaqi[2]
    assert found[23] == 92
    so2[3] = 900.0  # too early for a 24-hour mean: no index
    assert hourly_index(standards["hj633_2012"], series, table).iaqi[2, 3] == ABSENT
    assert hourly_index(standards["hj633_2026"], series, table).iaqi[2, 23] == 200


def test_smallest_index(standards: dict[str, AqiStandard]) -> None:
    clean = dict.fromkeys(AQI_POLLUTANTS, 0.0)
    assert daily_index(standards["hj633_2012"], *_day(**clean)).value.tolist() == [0]
    assert daily_index(standards["hj633_2026"], *_day(**clean)).value.tolist() == [1]


def test_members_and_cities_together_equal_one_by_one(
    standards: dict[str, AqiStandard], rng: np.random.Generator
) -> None:
    standard = standards["hj633_2026"]
    labels = np.datetime64("2026-03-01T17", "s") + np.arange(72) * np.timedelta64(1, "h")
    table = DayTable.of(labels)
    values = rng.lognormal(4.0, 0.8, (6, 3, 2, 72))
    values[rng.random(values.shape) < 0.1] = np.nan
    whole = daily_index(standard, list(values), table)
    for member in range(3):
        for city in range(2):
            single = daily_index(standard, list(values[:, member, city]), table)
            assert np.array_equal(whole.value[member, city], single.value)
            assert np.array_equal(whole.primary[:, member, city], single.primary)


def test_standards_by_date() -> None:
    folder = Path(__file__).resolve().parents[2] / "configs" / "aqi"
    found = StandardSet.read(folder)
    assert found.on(date(2026, 2, 28)).id == "hj633_2012"
    assert found.on(date(2026, 3, 1)).id == "hj633_2026"
    assert found.on(date(2022, 1, 1)).id == "hj633_2012"


def test_category_names_and_colours(standards: dict[str, AqiStandard]) -> None:
    for standard in standards.values():
        ends = {entry.aqi_to: (entry.name_zh, entry.colour) for entry in standard.categories}
        assert ends == {
            50: ("优", "#00E400"), 100: ("良", "#FFFF00"), 150: ("轻度污染", "#FF7E00"),
            200: ("中度污染", "#FF0000"), 300: ("重度污染", "#99004C"),
            500: ("严重污染", "#7E0023"),
        }  # fmt: skip
        assert [standard.category(a).level for a in (50, 51, 200, 201, 300, 301)] == [
            1, 2, 4, 5, 5, 6,
        ]  # fmt: skip
