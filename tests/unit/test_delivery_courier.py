"""Alerts on their way: none is lost, none comes twice, no channel harms another or the run."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from forecast.common.errors import InputError, OutputError
from forecast.common.severity import Severity
from forecast.config.alerts import AlertsConfig
from forecast.delivery.alerts import Message, make_alert
from forecast.delivery.channels import ChannelError
from forecast.delivery.courier import Courier, Key, Office
from forecast.fields.alert import Alert

NOW = datetime(2026, 1, 10, 4, 30, tzinfo=UTC)
QUICK = AlertsConfig(
    timeout_seconds=0.5, retry_seconds=0.05, longest_retry_seconds=0.2, gather_seconds=0.01
)


def _alert(number: int, code: str = "member-failed") -> Alert:
    return make_alert(code, "2026-01-09T16", f"m{number:02d}", NOW + timedelta(seconds=number))


class Recorder:
    """A channel that keeps what it gets, and fails as long as it is told."""

    def __init__(self, name: str, least: Severity = Severity.WARNING) -> None:
        self._name, self._least = name, least
        self.got: list[str] = []
        self.messages = 0
        self.tries = 0
        self.problem: Exception | None = None
        self.delay = 0.0

    @property
    def name(self) -> str:
        return self._name

    @property
    def least(self) -> Severity:
        return self._least

    def send(self, message: Message) -> None:
        self.tries += 1
        time.sleep(self.delay)
        if self.problem is not None:
            raise self.problem
        self.messages += 1
        self.got += [alert.subject for alert in message.alerts]


class Owner:
    """What a courier is given."""

    def __init__(self, *alerts: Alert) -> None:
        self.alerts = list(alerts)
        self.kept: Mapping[str, frozenset[Key]] = {}
        self.failures: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def office(self) -> Office:
        return Office(lambda: tuple(self.alerts), self._keep, self._failed)

    def _keep(self, taken: Mapping[str, frozenset[Key]]) -> None:
        self.kept = taken

    def _failed(self, name: str, reason: str) -> None:
        with self._lock:
            self.failures.append((name, reason))
            self.alerts.append(
                make_alert("alert-channel-dead", "2026-01-09T16", name, NOW, reason=reason)
            )


def _courier(
    owner: Owner, *channels: Recorder, taken: Mapping[str, frozenset[Key]] | None = None
) -> Courier:
    return Courier(channels, owner.office(), taken or {}, QUICK)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_raised_before_the_end_is_delivered_once() -> None:
    owner, channel = Owner(_alert(1)), Recorder("a")

    with _courier(owner, channel):
        _until(lambda: channel.got == ["m01"])
        owner.alerts.append(_alert(2))
        _until(lambda: channel.got == ["m01", "m02"])
        owner.alerts.append(_alert(3))

    assert channel.got == ["m01", "m02", "m03"]
    assert owner.kept["a"] == {("member-failed", f"m0{n}") for n in (1, 2, 3)}


def test_another_courier_goes_on_where_the_first_stopped() -> None:
    owner, first, second = Owner(_alert(1), _alert(2)), Recorder("a"), Recorder("a")
    with _courier(owner, first):
        pass
    owner.alerts.append(_alert(3))

    with _courier(owner, second, taken=owner.kept):
        pass

    assert (first.got, second.got) == (["m01", "m02"], ["m03"])


def test_many_alerts_are_few_messages() -> None:
    owner, channel = Owner(*(_alert(n) for n in range(45))), Recorder("a")

    with _courier(owner, channel):
        pass

    assert len(channel.got) == 45
    assert channel.messages == 3


def test_a_channel_gets_what_is_severe_enough() -> None:
    owner = Owner(_alert(1), _alert(2, "product-ready"), _alert(3, "stage-failed"))
    quiet, loud = Recorder("quiet", Severity.FATAL), Recorder("loud", Severity.NOTE)

    with _courier(owner, quiet, loud):
        pass

    assert quiet.got == ["m03"]
    assert sorted(loud.got) == ["m01", "m02", "m03"]


@pytest.mark.parametrize("problem", [ChannelError("no line"), RuntimeError("a bug")])
def test_a_dead_channel_is_tried_again_and_told_of_through_the_others(problem: Exception) -> None:
    owner, dead, well = Owner(_alert(1)), Recorder("dead"), Recorder("well")
    dead.problem = problem

    with _courier(owner, dead, well) as courier:
        _until(lambda: dead.tries >= 3)
        states = {state.name: state for state in courier.states()}
        dead.problem = None
        _until(lambda: dead.got == ["m01"])

    assert str(problem) in states["dead"].problem
    assert (states["dead"].delivered, states["dead"].waiting) == (0, 1)
    assert [name for name, _ in owner.failures] == ["dead"]
    assert well.got == ["m01", "dead"]


def test_the_pauses_between_tries_grow() -> None:
    owner, dead = Owner(_alert(1)), Recorder("dead")
    dead.problem = ChannelError("no line")

    with _courier(owner, dead):
        time.sleep(0.6)  # tries after 0, 0.05, 0.15, 0.35, 0.55 s and one at the end

    assert 4 <= dead.tries <= 7


def test_a_channel_that_hangs_does_not_hold_up_the_end_or_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    owner, slow, well = Owner(_alert(1)), Recorder("slow"), Recorder("well")
    slow.delay = 30.0
    begun = time.monotonic()

    with _courier(owner, slow, well):
        _until(lambda: well.got == ["m01"])

    assert time.monotonic() - begun < 4.0
    assert "'slow' has not taken 1 alert(s): it is still busy" in caplog.text


def test_a_channel_that_fails_at_the_very_end_is_told_of() -> None:
    owner, dead, well = Owner(_alert(1)), Recorder("dead"), Recorder("well")
    dead.problem, dead.delay = ChannelError("no line"), 0.1

    with _courier(owner, dead, well):
        pass

    assert well.got == ["m01", "dead"]


def test_disks_that_fail_stop_no_delivery() -> None:
    channel, alerts = Recorder("a"), [_alert(1)]

    def refuse(_: Mapping[str, frozenset[Key]]) -> None:
        raise OutputError("the disk is full")

    def refuse_once() -> Sequence[Alert]:
        if not channel.tries and alerts:
            alerts.append(_alert(2))
            if len(alerts) == 2:
                raise InputError("stale handle")
        return tuple(alerts[:1])

    office = Office(refuse_once, refuse, lambda name, reason: None)
    with Courier([channel], office, {}, QUICK):
        _until(lambda: channel.got == ["m01"])

    assert channel.got == ["m01"]
