"""The verification report as a browser shows it: whole, offline, and doing what its choices say."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from forecast.aqi.standard import StandardSet
from forecast.fields.arrays import Float
from forecast.fields.city_forecast import AQI_POLLUTANTS
from forecast.fields.warnings import WarningLevel
from forecast.verification.cubes import DayForecast, Stream
from forecast.verification.observed import observed_days
from forecast.verification.report import report_page
from forecast.verification.summary import (
    ObservedWarnings,
    StreamForecasts,
    Verification,
    verify,
)
from forecast.verification.warnings import Proposals, Spell, local_hour
from tools.browser import Browser, find

pytestmark = pytest.mark.browser

CITIES = ("Jinan", "Dezhou", "Heze")
FIRST = np.datetime64("2021-11-01", "D")
LEADS, DAYS, MEMBERS = 5, 60, 8


@pytest.fixture(scope="module")
def verification(project_root: Path) -> Verification:
    """Sixty cycles of a made winter with members that drop out, raw and issued."""
    random = np.random.default_rng(7)
    days = np.arange(FIRST - 800, FIRST + 80)
    values = np.full((len(AQI_POLLUTANTS), len(CITIES), days.size), np.nan)
    values[0] = random.gamma(2.0, 50.0, size=values.shape[1:])
    standards = StandardSet.read(project_root / "configs" / "aqi")
    observed = observed_days(CITIES, days, values, standards, ("pm25",))
    rows = tuple(_rows(random, values[0, :, 800:]))
    issued = tuple(row for row in rows if row.lead_day <= 3)
    spell = Spell("Jinan", WarningLevel.YELLOW, _hour(10), _hour(12))
    proposals = tuple(
        Proposals(_hour(day), _hour(day), _hour(day + LEADS), (spell,) if day in (8, 9) else ())
        for day in range(DAYS)
    )
    spells = ObservedWarnings("the rules", (WarningLevel.YELLOW,), 24, (spell,))
    names = tuple(f"m{k:02d}" for k in range(MEMBERS))
    streams = [
        StreamForecasts(Stream.RAW, rows, names, proposals),
        StreamForecasts(Stream.ISSUED, issued, names),
    ]
    return verify(streams, observed, standards, spells, ("A note with </script> in it.",))


def _hour(day: int) -> np.datetime64:
    start: np.datetime64 = (FIRST + day).astype("datetime64[h]")
    return start


def _rows(random: np.random.Generator, truth: Float) -> Iterator[DayForecast]:
    for made in range(DAYS):
        cycle = (FIRST + made).astype("datetime64[s]") - np.timedelta64(8, "h")
        assert local_hour(cycle) == _hour(made)
        for lead in range(1, LEADS + 1):
            for place, city in enumerate(CITIES):
                pm25 = truth[place, made + lead - 1] * random.lognormal(0, 0.2 * lead, MEMBERS)
                pm25[random.integers(4, MEMBERS + 1) :] = np.nan
                aqi = np.interp(pm25, [0, 75, 150, 250, 500], [0, 100, 200, 300, 500])
                known = aqi[np.isfinite(aqi)]
                yield DayForecast(
                    cycle=cycle,
                    known=FIRST + made - 1,
                    lead_day=lead,
                    day=FIRST + made + lead - 1,
                    city=city,
                    values=[float(np.nanmean(pm25)), *[np.nan] * 5],
                    aqi=float(np.ceil(np.median(known))),
                    primary=("pm25",),
                    probability=[float(np.mean(known > limit)) for limit in (100, 150, 200, 300)],
                    pm25_quantiles=np.nanquantile(pm25, [0.1, 0.5, 0.9]).tolist(),
                    pm25_members=pm25.tolist(),
                    aqi_members=aqi.tolist(),
                )


@pytest.fixture(scope="module")
def path(verification: Verification, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("verification") / "report.html"
    written.write_text(report_page(verification), encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip("there is no Chromium: make test-browser")
    with Browser(program) as running:
        yield running


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_is_whole_and_asks_nobody_for_anything(
    browser: Browser, path: Path, project_root: Path, width: int
) -> None:
    page = browser.open(path, width)
    assert page.requests == [path.resolve().as_uri()]
    assert page.complaints == []
    # heavy table, series, scores, reliability, ROC, ranks
    assert page.evaluate("document.querySelectorAll('svg').length") == 5
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    assert "</script>" in page.evaluate("document.querySelector('.notes').textContent")
    folder = project_root / "build" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"verification-{width}.png").write_bytes(page.picture())


def choose(name: str, value: str) -> str:
    """A program that makes a choice as a reader does."""
    return (
        f"(() => {{ const s = document.getElementById('{name}'); s.value = '{value}'; "
        "s.dispatchEvent(new Event('change')); return s.value; })()"
    )


def test_the_headline_is_that_of_the_choice(
    browser: Browser, path: Path, verification: Verification
) -> None:
    page = browser.open(path)
    own = verification.streams[0].comparison
    for limit in (200, 150):
        for lead in (0, 3):
            page.evaluate(choose("limit", str(limit)))
            page.evaluate(choose("lead", str(lead)))
            told = page.evaluate(
                "[...document.querySelectorAll('#headline b')].map(b => +b.textContent)"
            )
            expected = [
                own.of("raw", "aqi", f"{name}_{limit}")[lead, -1]
                for name in ("hits", "misses", "false_alarms")
            ]
            assert told == expected
    page.evaluate(choose("rule", "_p30"))
    told = page.evaluate("[...document.querySelectorAll('#headline b')].map(b => +b.textContent)")
    assert told[0] == own.of("raw", "aqi", "hits_150_p30")[3, -1]
    assert page.complaints == []


def test_every_choice_can_be_drawn(browser: Browser, path: Path) -> None:
    page = browser.open(path)
    for name in ("stream", "limit", "rule", "city", "lead", "quantity", "score"):
        options = page.evaluate(f"[...document.getElementById('{name}').options].map(o => o.value)")
        assert len(options) > 1
        for value in options:
            assert page.evaluate(choose(name, value)) == value
    assert page.complaints == []


def test_the_table_shows_what_the_scores_say(
    browser: Browser, path: Path, verification: Verification
) -> None:
    page = browser.open(path)
    page.evaluate(choose("city", "1"))
    page.evaluate(choose("score", "pm25:rmse"))
    cells = page.evaluate(
        "[...document.querySelectorAll('#score-table tbody tr:first-child td')]"
        ".map(cell => +cell.firstChild.textContent)"
    )
    expected = verification.streams[0].comparison.of("raw", "pm25", "rmse")[:, 1]
    assert cells == pytest.approx(expected, rel=0.01)
