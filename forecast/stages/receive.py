"""The receiver with the observation store behind it."""

import asyncio

from forecast.common.errors import ConfigurationError
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.receiver.service import Receiver
from forecast.storage.observation_store import ObservationStore


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
