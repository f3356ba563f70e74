"""Raising alerts from wherever something happens, and the desk of the driver that sends them.

Whoever raises an alert writes one line into the run's file; only the process that drives the cycle
talks to the channels, since the nodes that compute often reach no mail server. Raising never stops
the one who raises.
"""

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from forecast.common.errors import ForecastError
from forecast.config.alerts import AlertsConfig
from forecast.config.run import RunPaths
from forecast.delivery.alerts import make_alert, message
from forecast.delivery.channels import Channel, ChannelError, channels_of
from forecast.delivery.courier import ChannelState, Courier, Key, Office
from forecast.delivery.watch import alerts_of
from forecast.fields.alert import Alert, Severity
from forecast.fields.run_state import RunState
from forecast.storage.alerts import append_alert, read_alerts, read_taken, write_taken

logger = logging.getLogger(__name__)

_LEVELS = {
    Severity.FATAL: logging.CRITICAL,
    Severity.WARNING: logging.WARNING,
    Severity.NOTE: logging.INFO,
    Severity.DEBUG: logging.DEBUG,
}


def raise_alert(run: RunPaths, code: str, subject: str, **facts: Any) -> Alert:
    """Write an alert into the run's file, once a code and subject.

    Args:
        run: Files of the run.
        code: Entry of configs/alerts.yaml.
        subject: What it is about.
        facts: Values for the entry's sentences; `happened` and `done` replace them, `log` names
            the log, `effect` says in Chinese what it means for the product.

    Returns:
        The alert; it is in the log of this process, too, when it is new.
    """
    alert = make_alert(code, run.folder.name, subject, datetime.now(UTC), **facts)
    file_alert(run, alert)
    return alert


def file_alert(run: RunPaths, alert: Alert) -> bool:
    """Write an alert that was made elsewhere; a disk that refuses it is noted in the log.

    Returns:
        True when it is new and on the disk.
    """
    try:
        new = append_alert(run.alerts, alert)
    except ForecastError as error:
        logger.warning("alert '%s' about '%s' is not on the disk: %s", *alert.key, error)
        return False
    if new:
        _say(alert)
    return new


def _say(alert: Alert) -> None:
    """Put an alert into the log; fallbacks were announced by whoever took them."""
    logger.log(
        _LEVELS[alert.severity], "alert %s: %s Done: %s", alert.code, alert.happened, alert.done
    )


class AlertDesk:
    """Keeps and sends the alerts of one run; use it in a `with` statement of the driver."""

    def __init__(
        self, run: RunPaths, options: AlertsConfig, environment: Mapping[str, str] | None = None
    ) -> None:
        """Open the desk.

        Args:
            run: Files of the run.
            options: The channels.
            environment: Where secrets are looked up; by default that of this process.
        """
        self._run = run
        self._unwritten: dict[Key, Alert] = {}
        self._seen = {alert.key for alert in self._read()}
        office = Office(self._all, self._remember, self._channel_failed)
        channels = channels_of(options, os.environ if environment is None else environment)
        self._courier = Courier(channels, office, read_taken(run.alerts_taken), options)

    def __enter__(self) -> Self:
        """Begin to send."""
        self._courier.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send what is left, within the patience of the channels."""
        self._courier.__exit__(kind, error, trace)

    def raise_alert(self, code: str, subject: str, **facts: Any) -> None:
        """Raise an alert; see the function of the same name."""
        if (code, subject) not in self._seen:
            now = datetime.now(UTC)
            self._file(make_alert(code, self._run.folder.name, subject, now, **facts))

    def watch(self, state: RunState, *, ended: bool = False) -> None:
        """Raise what a state of the run gives cause for; cheap when nothing is new."""
        for alert in alerts_of(state, datetime.now(UTC), ended=ended):
            if alert.key not in self._seen:
                self._file(alert)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts of the run, those of other processes included."""
        return self._all()

    @property
    def channels(self) -> tuple[ChannelState, ...]:
        """How the channels do."""
        return self._courier.states()

    def _file(self, alert: Alert) -> None:
        """Keep an alert: on the disk, or, when that is full, in memory until the end."""
        self._seen.add(alert.key)
        try:
            if append_alert(self._run.alerts, alert):
                _say(alert)
        except ForecastError as error:
            self._unwritten[alert.key] = alert
            _say(alert)
            logger.warning("the alert is kept in memory only: %s", error)

    def _all(self) -> tuple[Alert, ...]:
        return (*self._read(), *tuple(self._unwritten.values()))

    def _read(self) -> tuple[Alert, ...]:
        try:
            return read_alerts(self._run.alerts)
        except ForecastError as error:
            logger.warning("%s", error)
            return ()

    def _remember(self, taken: Mapping[str, frozenset[Key]]) -> None:
        write_taken(self._run.alerts_taken, taken)

    def _channel_failed(self, name: str, reason: str) -> None:
        self.raise_alert("alert-channel-dead", name, reason=reason)


def send_waiting(run: RunPaths, options: AlertsConfig) -> tuple[ChannelState, ...]:
    """Try once to send what the channels have not taken; for `forecast alerts --send`.

    Returns:
        How the channels did.
    """
    with AlertDesk(run, options) as desk:
        pass
    return desk.channels


def alerts_of_run(run: RunPaths) -> tuple[Alert, ...]:
    """All alerts of a run.

    Raises:
        InputError: The disk does not give the file.
    """
    return read_alerts(run.alerts)


def taken_by_channels(run: RunPaths) -> Mapping[str, frozenset[Key]]:
    """Keys of the alerts that each channel has taken."""
    return read_taken(run.alerts_taken)


def try_channels(options: AlertsConfig, cycle: str) -> tuple[tuple[str, str], ...]:
    """Send one test message through every channel.

    Args:
        options: The channels.
        cycle: Name to show as cycle.

    Returns:
        Name of each channel and why it did not take the message; empty when it did.
    """
    return tuple(
        (channel.name, _try(channel, cycle)) for channel in channels_of(options, os.environ)
    )


def _try(channel: Channel, cycle: str) -> str:
    test = make_alert("alert-test", cycle, channel.name, datetime.now(UTC))
    try:
        channel.send(message([test]))
    except ChannelError as error:
        return str(error)
    return ""
