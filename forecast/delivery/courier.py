"""Takes alerts to the channels beside the run: one thread a channel, none waits for another.

A channel that does not take its alerts is tried again, ever less often, for as long as the run
lasts; nothing of that ever reaches the run but a line in the log and an alert through the others.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from forecast.common.errors import ForecastError
from forecast.config.alerts import AlertsConfig
from forecast.delivery.alerts import message
from forecast.delivery.channels import Channel, ChannelError
from forecast.fields.alert import Alert

logger = logging.getLogger(__name__)

Key = tuple[str, str]
_MOST = 20
"""Most alerts of one message."""


@dataclass(frozen=True)
class ChannelState:
    """How a channel does.

    Attributes:
        name: Word by which it is spoken of.
        delivered: Alerts that it has taken.
        waiting: Alerts that it has still to take.
        problem: Why it did not take the last ones; empty when it did.
    """

    name: str
    delivered: int
    waiting: int
    problem: str = ""


@dataclass(frozen=True)
class Office:
    """What a courier is given by its owner.

    Attributes:
        alerts: Reads all alerts there are.
        remember: Keeps what each channel has taken, so that another courier goes on from there.
        channel_failed: Told name and reason when a channel stops taking alerts.
    """

    alerts: Callable[[], Sequence[Alert]]
    remember: Callable[[Mapping[str, frozenset[Key]]], None]
    channel_failed: Callable[[str, str], None]


class Courier:
    """Delivers alerts while the run goes on; use it in a `with` statement.

    At the end of the block each channel gets what is left, within the time of two answers.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        office: Office,
        taken: Mapping[str, frozenset[Key]],
        options: AlertsConfig,
    ) -> None:
        """Remember what does not change.

        Args:
            channels: The ways out.
            office: Where alerts are and what has become of them.
            taken: Keys of the alerts that each channel has taken before.
            options: Times.
        """
        self._office = office
        self._options = options
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._rounds = [_Round(channel, set(taken.get(channel.name, ()))) for channel in channels]
        self._threads = [
            threading.Thread(target=self._serve, args=(entry,), daemon=True, name=entry.name)
            for entry in self._rounds
        ]

    def __enter__(self) -> Self:
        """Begin to deliver."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give each channel a last try, and wait no longer than that takes."""
        self._ending.set()
        self._join(self._threads)
        # a channel that failed just now is news for the others
        well = [state.name for state in self.states() if state.waiting and not state.problem]
        last = [
            threading.Thread(target=self._deliver, args=(entry,), daemon=True)
            for entry, thread in zip(self._rounds, self._threads, strict=True)
            if entry.name in well and not thread.is_alive()
        ]
        for thread in last:
            thread.start()
        self._join(last)
        for state in self.states():
            if state.waiting:
                logger.warning(
                    "the channel '%s' has not taken %d alert(s): %s; `forecast alerts CYCLE "
                    "--send` tries again",
                    state.name,
                    state.waiting,
                    state.problem or "it is still busy",
                )

    def _join(self, threads: Sequence[threading.Thread]) -> None:
        """Wait for threads, no longer than a channel may take."""
        patience = time.monotonic() + self._options.timeout_seconds + 1.0
        for thread in threads:
            thread.join(max(0.0, patience - time.monotonic()))

    def states(self) -> tuple[ChannelState, ...]:
        """How the channels do now."""
        alerts = self._read()
        with self._lock:
            return tuple(
                ChannelState(
                    entry.name, len(entry.taken), len(entry.pending(alerts)), entry.problem
                )
                for entry in self._rounds
            )

    def _serve(self, entry: "_Round") -> None:
        """Deliver through one channel until the end; for its thread."""
        while not self._ending.wait(self._options.gather_seconds):
            if time.monotonic() >= entry.next_try:
                self._deliver(entry)
        self._deliver(entry)

    def _deliver(self, entry: "_Round") -> None:
        """Hand over what is waiting; a failure is noted and nothing more."""
        with self._lock:
            waiting = entry.pending(self._read())
        while waiting:
            now, waiting = waiting[:_MOST], waiting[_MOST:]
            try:
                entry.channel.send(message(now))
            except ChannelError as error:
                self._failed(entry, str(error))
                return
            except Exception as error:  # noqa: BLE001  (a channel must never end the thread)
                self._failed(entry, f"{type(error).__name__}: {error}")
                return
            self._delivered(entry, now)

    def _delivered(self, entry: "_Round", alerts: Sequence[Alert]) -> None:
        with self._lock:
            again = bool(entry.problem)
            entry.problem, entry.failures, entry.next_try = "", 0, 0.0
            entry.taken |= {alert.key for alert in alerts}
            taken = {each.name: frozenset(each.taken) for each in self._rounds}
            try:
                self._office.remember(taken)
            except ForecastError as error:
                logger.warning("%s", error)
        if again:
            logger.info("the channel '%s' takes alerts again", entry.name)

    def _failed(self, entry: "_Round", reason: str) -> None:
        options = self._options
        with self._lock:
            first = not entry.problem
            entry.problem = reason
            entry.failures += 1
            pause = options.retry_seconds * 2.0 ** min(entry.failures - 1, 30)
            entry.next_try = time.monotonic() + min(pause, options.longest_retry_seconds)
        if first:
            logger.warning("the channel '%s' does not take alerts: %s", entry.name, reason)
            try:
                self._office.channel_failed(entry.name, reason)
            except ForecastError as error:
                logger.warning("%s", error)

    def _read(self) -> Sequence[Alert]:
        """All alerts; none when the file cannot be read just now."""
        try:
            return self._office.alerts()
        except ForecastError as error:
            logger.warning("%s", error)
            return ()


class _Round:
    """One channel, what it has taken, and when it is tried again."""

    def __init__(self, channel: Channel, taken: set[Key]) -> None:
        self.channel = channel
        self.name = channel.name
        self.taken = taken
        self.problem = ""
        self.failures = 0
        self.next_try = 0.0

    def pending(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Alerts for this channel that it has not taken; its own failure is no news to it."""
        own = ("alert-channel-dead", self.name)
        return [
            alert
            for alert in alerts
            if alert.severity.rank <= self.channel.least.rank
            and alert.key not in self.taken
            and alert.key != own
        ]
