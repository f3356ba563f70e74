"""Compiling the kernels once, before several ranks would each do it."""

import logging
import time
from datetime import UTC, datetime

from forecast.chemistry.composition import composition_of
from forecast.ctm.build import ModelOptions
from forecast.ctm.warm import warm
from forecast.stages.task import Task
from forecast.storage.atomic import write_text

logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Compile every kernel that a member needs."""
    begun = time.monotonic()
    configuration = task.configuration
    composition = composition_of(configuration.chemistry)
    options = ModelOptions(
        configuration.transport, configuration.chemistry, configuration.deposition
    )
    warm(composition, options)
    write_text(task.run.warm_stamp, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")
    task.record.wrote(task.run.warm_stamp)
    logger.info("kernels are compiled after %.0f s", time.monotonic() - begun)
