"""The receiver with the observation store behind it, and who is told when it has trouble."""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecast.common.errors import ConfigurationError, InputError
from forecast.config.load import project_path
from forecast.config.receiver import ReceiverConfig
from forecast.config.root import Configuration
from forecast.delivery.alerts import make_alert, message
from forecast.delivery.channels import ChannelError, channels_of
from forecast.receiver.report import Trouble, troubles
from forecast.receiver.service import Receiver
from forecast.storage.atomic import read_json, write_json
from forecast.storage.observation_store import ObservationStore

STALE_SECONDS = 60
"""A status that is older shows that the receiver is gone, s."""


def receive(configuration: Configuration) -> None:
    """Receive packets until SIGTERM or SIGINT.

    Raises:
        ConfigurationError: Something is not set up, or nobody would get what is received.
        ForecastError: The port or the folder is taken, or the disk refuses it.
    """
    folder = configuration.observations.store
    store = ObservationStore(project_path(folder)) if folder else None
    if store is None and not configuration.receiver.relays:
        msg = (
            "Neither observations.store nor receiver.relays is set: packets would be received "
            "for nobody. Name at least one of them."
        )
        raise ConfigurationError(msg)
    asyncio.run(Receiver(configuration.receiver, store).run())


def read_status(options: ReceiverConfig) -> dict[str, Any]:
    """Read what the receiver last said of itself.

    Raises:
        ConfigurationError: No folder is named.
        InputError: It has never run there.
    """
    path = _folder(options) / "status.json"
    if not path.exists():
        msg = f"No receiver has run in '{path.parent}'; expected its status. `forecast receive`."
        raise InputError(msg)
    content: dict[str, Any] = read_json(path)
    return content


def look_for_troubles(status: dict[str, Any]) -> list[Trouble]:
    """Say what somebody must look at now."""
    return troubles(status, int(time.time()), STALE_SECONDS)


def tell(configuration: Configuration, found: Sequence[Trouble]) -> list[str]:
    """Tell every channel of troubles that it has not heard of since they began.

    Returns:
        Why channels did not take them; these are tried again at the next call.
    """
    folder = _folder(configuration.receiver)
    path, now = folder / "told.json", datetime.now(UTC)
    former = read_json(path) if path.exists() else {}
    problems, told = [], {}
    for channel in channels_of(configuration.alerts, os.environ):
        known = [key for key in former.get(channel.name, []) if key in map(_key, found)]
        new = [trouble for trouble in found if _key(trouble) not in known]
        alerts = [
            make_alert(one.code, "receiver", one.subject, now, happened=one.happened) for one in new
        ]
        alerts = [alert for alert in alerts if alert.severity.rank <= channel.least.rank]
        told[channel.name] = known + [_key(trouble) for trouble in new]
        try:
            if alerts:
                channel.send(message(alerts))
        except ChannelError as error:
            problems.append(f"Channel {channel.name}: {error}")
            told[channel.name] = known
    write_json(path, told)
    return problems


def _key(trouble: Trouble) -> str:
    return f"{trouble.code} {trouble.subject}"


def _folder(options: ReceiverConfig) -> Path:
    if not options.folder:
        msg = "receiver.folder is not set; name the configuration of the receiver with --config."
        raise ConfigurationError(msg)
    return project_path(options.folder)
