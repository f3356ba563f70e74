"""What was known when."""

from datetime import UTC, datetime

import numpy as np
import pytest

from forecast.common.as_of import AsOf, LookAheadError
from forecast.common.errors import CycleError


def test_a_live_run_may_use_everything() -> None:
    clock = AsOf.parse("")
    assert clock.admits(np.datetime64("2099-01-01T00", "s"))
    clock.require("tomorrow", datetime(2099, 1, 1, tzinfo=UTC))
    assert clock.text == ""


@pytest.mark.parametrize(
    ("known", "admitted"),
    [
        ("2021-12-31T23:59", True),
        ("2022-01-01T00:00", True),
        ("2022-01-01T00:01", False),
        ("2022-12-31T23:59", False),
    ],
)
def test_a_replay_may_use_what_was_known_then(known: str, admitted: bool) -> None:
    clock = AsOf.parse("2022-01-01T00")
    assert clock.admits(np.datetime64(known, "s")) is admitted
    assert clock.admits(datetime.fromisoformat(known)) is admitted, "naive times are UTC"


def test_other_zones_are_understood() -> None:
    clock = AsOf.parse("2022-01-01T00:30")
    assert clock.admits(datetime.fromisoformat("2022-01-01T08:30+08:00"))
    assert not clock.admits(datetime.fromisoformat("2022-01-01T08:31+08:00"))


def test_a_look_ahead_names_the_thing_and_both_times() -> None:
    with pytest.raises(LookAheadError, match=r"the table.*2022-01-02T00:00.*2022-01-01T00:00"):
        AsOf.parse("2022-01-01T00").require("the table", np.datetime64("2022-01-02", "s"))


@pytest.mark.parametrize("text", ["yesterday", "2022-13-01T00", "2022-01-01"])
def test_a_clock_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(CycleError, match="YYYY-MM-DDTHH"):
        AsOf.parse(text)


@pytest.mark.parametrize("text", ["2022-01-01T00:00", "2022-01-01T06:30"])
def test_the_text_reads_back(text: str) -> None:
    assert AsOf.parse(text).text == text
