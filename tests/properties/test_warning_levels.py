"""What must hold for any air: monotone, blind to gaps, blind to the order of members."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.aqi.standard import StandardSet
from forecast.config.warning import Decision, WarningConfig
from forecast.fields.city_forecast import ABSENT, CityHourly, CityName
from forecast.fields.warnings import CityWarning
from forecast.warning.episodes import runs, spells
from forecast.warning.evaluate import evaluate
from forecast.warning.rules import Period, Persistence, WarningRules, read_rules

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
STANDARDS = StandardSet.read(CONFIGS / "aqi")
RULES = {path.stem: read_rules(path) for path in (CONFIGS / "warning").glob("*.yaml")}
HOURS = 144
NATURAL = RULES["shandong_2024"].model_copy(
    update={
        "daily_aqi": RULES["shandong_2024"].daily_aqi.model_copy(
            update={"period": Period.NATURAL_DAY}
        )
    }
)
STRICT = RULES["shandong_2024"].model_copy(update={"persistence": Persistence.UNBROKEN})
VARIANTS = (*RULES.values(), NATURAL, STRICT)
NAMES = [*RULES, "natural_day", "unbroken"]

PARTS = st.lists(
    st.tuples(st.integers(4, 60), st.sampled_from([30.0, 90.0, 117.0, 155.0, 200.0, 260.0, 520.0])),
    min_size=1,
    max_size=8,
)


@st.composite
def trajectories(draw: st.DrawFn) -> np.ndarray:
    """PM2.5 of some members, in steps, (member, hour)."""
    members = []
    for _ in range(draw(st.integers(1, 4))):
        parts = draw(PARTS)
        series = np.concatenate([np.full(hours, value) for hours, value in parts])
        members.append(np.resize(series, HOURS))
    return np.array(members)


def _judge(
    pm25: np.ndarray, rules: WarningRules, decision: Decision = Decision.PROBABILITY
) -> CityWarning:
    labels = np.datetime64("2021-12-31T17", "s") + np.arange(HOURS) * np.timedelta64(1, "h")
    values = np.full((pm25.shape[0], 6, 1, HOURS), 10.0)
    values[:, 4] = 1.0
    values[:, 0, 0] = pm25
    names = tuple(f"m{k:02d}" for k in range(pm25.shape[0]))
    city = (CityName("370100", "Jinan", "济南"),)
    hourly = CityHourly("2021-12-31T16", city, names, labels, values)
    return evaluate(hourly, rules, STANDARDS, WarningConfig(decision=decision)).cities[0]


def _chances(found: CityWarning) -> list[float]:
    return [entry.probability for entry in found.assessments]


@pytest.mark.parametrize("rules", VARIANTS, ids=NAMES)
@settings(max_examples=40)
@given(trajectories(), st.data())
def test_worse_air_never_gives_a_lower_level(
    rules: WarningRules, pm25: np.ndarray, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, HOURS - 1))
    length = data.draw(st.integers(1, 60))
    member = data.draw(st.integers(0, pm25.shape[0] - 1))
    worse = pm25.copy()
    worse[member, first : first + length] += data.draw(st.sampled_from([1.0, 40.0, 400.0]))
    for decision in Decision:
        before, after = _judge(pm25, rules, decision), _judge(worse, rules, decision)
        assert after.level.rank >= before.level.rank
        assert all(b >= a for a, b in zip(_chances(before), _chances(after), strict=True))


@pytest.mark.parametrize("rules", VARIANTS, ids=NAMES)
@settings(max_examples=40)
@given(trajectories(), st.data())
def test_missing_hours_never_create_a_level(
    rules: WarningRules, pm25: np.ndarray, data: st.DataObject
) -> None:
    gone = data.draw(st.lists(st.integers(0, pm25.size - 1), max_size=200))
    start = data.draw(st.integers(0, HOURS - 1))
    holes = pm25.copy()
    holes.reshape(-1)[gone] = np.nan
    holes[0, start : start + data.draw(st.integers(0, 12))] = np.nan
    # the cleanest hours of each day: a mean over what is left would rise
    for day in range(0, HOURS, 24):
        cleanest = np.argsort(pm25[:, day : day + 24], axis=1)[:, : data.draw(st.integers(0, 4))]
        np.put_along_axis(holes[:, day : day + 24], cleanest, np.nan, axis=1)
    before, after = _judge(pm25, rules), _judge(holes, rules)
    assert after.level.rank <= before.level.rank
    assert all(b <= a for a, b in zip(_chances(before), _chances(after), strict=True))


@given(trajectories(), st.integers(0, 2**32))
def test_the_order_of_members_does_not_matter(pm25: np.ndarray, seed: int) -> None:
    rules = RULES["shandong_2024"]
    order = np.random.default_rng(seed).permutation(pm25.shape[0])
    one, other = _judge(pm25, rules), _judge(pm25[order], rules)
    assert one.level is other.level
    assert _chances(one) == _chances(other)
    assert one.days == other.days
    assert one.reason == other.reason
    for first, second in zip(one.episodes, other.episodes, strict=True):
        assert (first.level, first.start, first.end, first.peak_aqi) == (
            second.level, second.start, second.end, second.peak_aqi,
        )  # fmt: skip


@given(trajectories())
def test_the_same_air_gives_the_same_answer(pm25: np.ndarray) -> None:
    rules = RULES["shandong_2024"]
    assert _judge(pm25, rules) == _judge(pm25.copy(), rules)


@given(trajectories())
def test_the_parts_of_a_proposal_agree(pm25: np.ndarray) -> None:
    for rules in RULES.values():
        found = _judge(pm25, rules)
        chances = _chances(found)
        assert chances == sorted(chances, reverse=True)
        worst = max(day.level.rank for day in found.days)
        assert worst <= found.level.rank
        for entry in found.assessments:
            assert entry.possible_probability >= entry.probability
            assert (entry.earliest is not None) == (entry.probability > 0.0)
            if entry.level is found.level:
                assert entry.probability == found.probability
        for episode in found.episodes:
            assert episode.start.median < episode.end.median
            assert episode.start.earliest <= episode.start.median <= episode.start.latest
            assert episode.probability >= 0.5
        assert all(day.level_probability > 0.0 for day in found.days if day.level.rank > 0)
        assert found.decidable == (not found.decidable_note)


INDEX = st.lists(st.sampled_from([ABSENT, 100, 150, 151, 200, 201, 301]), min_size=1, max_size=90)


@given(INDEX, st.sampled_from([151, 201]))
def test_spells_equal_their_definition(index: list[int], least: int) -> None:
    """An hour is covered when one of the 24 labels from it on is above the threshold."""
    aqi = np.array(index)
    covered = np.array([(aqi[hour : hour + 24] >= least).any() for hour in range(aqi.size)])
    assert spells(aqi, least, Persistence.COVERED) == runs(covered)
    strict = [(max(0, first - 23), last) for first, last in runs(aqi >= least)]
    assert spells(aqi, least, Persistence.UNBROKEN) == strict


@given(st.lists(st.booleans(), max_size=40))
def test_runs_rebuild_the_mask(mask: list[bool]) -> None:
    rebuilt = np.zeros(len(mask), dtype=bool)
    found = runs(np.array(mask, dtype=bool))
    for first, last in found:
        assert first < last
        rebuilt[first:last] = True
    assert rebuilt.tolist() == mask
    assert all(one[1] < two[0] for one, two in zip(found, found[1:], strict=False))
