"""Everything there is to know about one run, read together: state, outlook, alerts."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from forecast.config.load import read_resolved
from forecast.config.root import Configuration
from forecast.config.site import Scheduler
from forecast.fields.alert import Alert
from forecast.fields.run_state import RunState
from forecast.stages.alerts import AlertDesk, alerts_of_run
from forecast.stages.describe import describe
from forecast.stages.history import history_of
from forecast.workflow.lock import Holder, read_holder
from forecast.workflow.outlook import Outlook, look_ahead
from forecast.workflow.page import status_page, write_page
from forecast.workflow.paths import RunPaths
from forecast.workflow.report import beijing

PAGE_SECONDS = 3.0
"""Shortest time between two writes of the live page, s."""


@dataclass(frozen=True)
class Survey:
    """One run, seen from outside.

    Attributes:
        state: Where it stands.
        holder: Who runs it; None when nobody does.
        outlook: What is to come.
        alerts: What was raised.
    """

    state: RunState
    holder: Holder | None
    outlook: Outlook
    alerts: tuple[Alert, ...]


def survey(run: RunPaths) -> Survey:
    """Look at a run from outside.

    Raises:
        InputError: There is no such run.
    """
    holder = living(run)
    state = describe(run, held=holder is not None)
    configuration = read_resolved(run.configuration)
    return Survey(state, holder, outlook_of(run, state, configuration), alerts_of_run(run))


def living(run: RunPaths) -> Holder | None:
    """Who runs a cycle; None when nobody does any more."""
    holder = read_holder(run.lock)
    return holder if holder is not None and holder.alive else None


def outlook_of(run: RunPaths, state: RunState, configuration: Configuration) -> Outlook:
    """Look ahead from the state of a run."""
    history = history_of(run, configuration)
    places = slots(configuration) if configuration.site.scheduler is Scheduler.LOCAL else None
    return look_ahead(state, configuration, history, datetime.now(UTC), places)


def slots(configuration: Configuration) -> int:
    """How many members run at a time on this machine."""
    return max(1, len(os.sched_getaffinity(0)) // configuration.workflow.ranks)


class PageWriter:
    """Keeps the live page of a run fresh while it is driven."""

    def __init__(self, run: RunPaths, configuration: Configuration, desk: AlertDesk) -> None:
        """Remember what does not change."""
        self._run = run
        self._configuration = configuration
        self._desk = desk
        self._next = 0.0

    def show(self, state: RunState, holder: Holder | None, *, now: bool = False) -> None:
        """Draw the page when it is time, and warn of a cutoff that is at risk."""
        if not now and time.monotonic() < self._next:
            return
        begun = time.monotonic()
        outlook = outlook_of(self._run, state, self._configuration)
        self._warn(outlook)
        page = status_page(state, holder, outlook, self._desk.alerts, self._desk.channels)
        write_page(self._run.status_page, page)
        spent = time.monotonic() - begun
        # never more than a tenth of the driver's time, whatever the number of members
        self._next = time.monotonic() + max(PAGE_SECONDS, 10.0 * spent)

    def _warn(self, outlook: Outlook) -> None:
        """Say before a cutoff that the quorum will probably not be there."""
        for cutoff in outlook.at_risk:
            if cutoff.expected is None or cutoff.left.total_seconds() <= 0.0:
                continue
            self._desk.raise_alert(
                "cutoff-at-risk",
                cutoff.product,
                time=beijing(cutoff.time),
                members=len(cutoff.expected.whole),
                action=cutoff.action,
                log=str(self._run.status_page),
            )
