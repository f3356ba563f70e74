"""The process that drives a cycle: members in the background, the clock, decisions, products.

The members and the products of each decision are Snakemake invocations of their own; between them
this process looks at members and clock and decides. It may be killed at any moment: what it has
decided is in `driver.json`, what was made is in the files, and the next start goes on from there.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from forecast.common.errors import ForecastError
from forecast.config.root import Configuration
from forecast.fields.decision import Decision, DriverRecord, MemberView, Trigger, views
from forecast.fields.run_state import RunState, StageState
from forecast.workflow import clock
from forecast.workflow.clock import HOURLY, TREND, ProductPlan
from forecast.workflow.launch import (
    Invocation,
    Running,
    signals_raise,
    start_stage,
    start_workflow,
)
from forecast.workflow.lock import RunLock, read_holder
from forecast.workflow.memory import REVISE, read_memory, requests, with_gate, write_memory
from forecast.workflow.paths import RunPaths, member_names
from forecast.workflow.ports import Ports as Ports
from forecast.workflow.progress import BEFORE_MEMBERS
from forecast.workflow.tending import Tending

logger = logging.getLogger(__name__)

RESTARTS = 2
"""How often the workflow of the members is started again when it broke off by itself."""
BACK_OFF = 5.0
"""Time before the first of these starts, s; doubled each time."""
TRIES = 2
"""How often the products of a decision are tried."""
BLIND_SECONDS = 600.0
"""How long the files of the run may be out of reach before the driver gives up, s."""
_SAID_AGAIN = 60.0
"""Time after which is said again what is waited for, s."""


class WorkflowFailedError(ForecastError):
    """A stage stopped with an error, or Snakemake did."""


@dataclass(frozen=True)
class Look:
    """What is seen at one look.

    Attributes:
        now: The time, UTC.
        state: The run.
        ended: Members that have left their stamp.
        views: What is known of the members.
        plans: The products with their cutoffs.
    """

    now: datetime
    state: RunState
    ended: frozenset[str]
    views: tuple[MemberView, ...]
    plans: tuple[ProductPlan, ...]


class Driver:
    """Drives one cycle to its end; use it once."""

    def __init__(
        self, invocation: Invocation, lock: RunLock, ports: Ports, configuration: Configuration
    ) -> None:
        """Remember what a former driver of the cycle has decided.

        Raises:
            InputError: The memory of the former driver is damaged.
        """
        self._invocation = invocation
        self._run = invocation.run
        self._lock = lock
        self._ports = ports
        self._configuration = configuration
        self._options = configuration.clock
        self._names = member_names(configuration.ensemble.members)
        self._record = self._recall()
        self._tending = Tending(
            self._run, ports.close_member, ports.limit_member, ports.alert, ports.places,
            batch=invocation.site.batch,
        )  # fmt: skip
        self._members: Running | None = None
        self._open: list[Running] = []
        self._restarts = 0
        self._start_after = 0.0
        self._unprepared = False
        self._asked = False
        self._failed: set[int] = set()
        self._blind_since: float | None = None
        self._state: RunState | None = None

    def _recall(self) -> DriverRecord:
        """The record of the cycle, begun when it is first started."""
        known = read_memory(self._run)
        if known is not None:
            return replace(known, over=False)
        now = datetime.now(UTC)
        origin = clock.origin_of(self._run.cycle, now, self._options)
        record = DriverRecord(self._run.folder.name, origin, launched=now)
        write_memory(self._run, record)
        return record

    @property
    def record(self) -> DriverRecord:
        """What it has decided."""
        return self._record

    def _remember(self, record: DriverRecord) -> None:
        if record != self._record:
            write_memory(self._run, record)
            self._record = record

    def drive(self) -> RunState:
        """Go on until nothing is waited for any more.

        Returns:
            The state at the end.

        Raises:
            WorkflowFailedError: There is no product.
            Interrupted: A signal asked to stop; everything that was started has ended.
        """
        with signals_raise():
            try:
                self._await_inputs()
                state = self._loop()
            finally:
                for running in self._open:
                    if running.code is None:
                        running.end()
        if self._failed and self._run.latest_revision is None:
            raise WorkflowFailedError(failure(state, self._run.of_revision(max(self._failed))))
        return state

    def revise(self) -> None:
        """Decide at the first look, whatever the clock says."""
        self._asked = True

    # --- looking
    def _look(self) -> Look:
        state = self._describe()
        ended = frozenset(name for name in self._names if self._run.stamp(name).exists())
        seen = views(state.members, ended)
        return Look(datetime.now(UTC), state, ended, seen, self._plans(state))

    def _describe(self) -> RunState:
        """Read the state of the run; a shared disk may be away for a while.

        Raises:
            InputError, OSError: It has been away for too long.
        """
        try:
            state = self._ports.describe()
        except (ForecastError, OSError) as error:
            now = time.monotonic()
            if self._blind_since is None:
                logger.warning("the state of the run cannot be read: %s", error)
                self._blind_since = now
            if self._state is None or now - self._blind_since > BLIND_SECONDS:
                raise
            return self._state
        self._blind_since, self._state = None, state
        return state

    def _plans(self, state: RunState) -> tuple[ProductPlan, ...]:
        forecast = self._configuration.forecast
        known = [m.hours_total - m.spin_up_hours for m in state.members if m.hours_total]
        horizon = max(known, default=forecast.horizon_hours)
        hours = {HOURLY: min(forecast.hourly_hours, horizon), TREND: horizon}
        return clock.plans(
            self._run.cycle, self._record.origin, self._options, len(self._names), hours
        )

    def _watch(self) -> RunState:
        """Show where the run stands."""
        state = self._describe()
        self._ports.show(state, read_holder(self._run.lock))
        return state

    # --- waiting
    def _await_inputs(self) -> None:
        """Wait for inputs that are not there yet, until the clock says that this is enough."""
        if self._record.decisions or not self._options.inputs_minutes:
            return
        until = self._record.origin + timedelta(minutes=self._options.inputs_minutes)
        said, spoken = "", 0.0
        while missing := self._ports.waiting_for():
            if datetime.now(UTC) >= until:
                logger.warning("no longer waiting for %s: it is past %s", _listed(missing), until)
                return
            text = _listed(missing)
            limit = f"{until:%Y-%m-%d %H:%M:%S} UTC"
            if text != said or time.monotonic() - spoken > _SAID_AGAIN:
                logger.info("waiting for %s until %s", text, limit)
                said, spoken = text, time.monotonic()
                for clause in missing:
                    name, _, reason = clause.partition(": ")
                    self._ports.alert("input-late", name, reason=reason, until=limit)
            self._watch()
            time.sleep(self._options.poll_seconds)

    def _loop(self) -> RunState:
        history = self._ports.history()
        while True:
            look = self._look()
            self._serve(look)
            self._keep_members_going(look)
            tended = self._tending.tend(
                look.state, look.ended, look.plans, self._record, self._options, history, look.now
            )
            self._remember(tended)
            self._decide(look)
            if self._over(look):
                return self._watch()
            self._ports.show(look.state, read_holder(self._run.lock))
            time.sleep(self._options.poll_seconds)

    def _serve(self, look: Look) -> None:
        """Do what others have asked for."""
        for request in requests(self._run):
            if request.kind == REVISE:
                self._asked = True
            elif request.member in look.ended:
                self._tending.release(request.member)

    # --- members
    def _keep_members_going(self, look: Look) -> None:
        """Start the workflow of the members, again when it broke off, and close who is lost."""
        missing = [name for name in self._names if not self._run.stamp(name).exists()]
        running = self._members is not None and self._members.code is None
        if running or not missing or self._record.over or self._unprepared:
            return
        if self._members is None or self._tending.released(missing):
            self._start_members()
            return
        if any(stage.stage in BEFORE_MEMBERS for stage in look.state.failed):
            self._unprepared = True
        elif self._restarts < RESTARTS:
            self._start_again()
        elif _prepared(look.state):
            for name in missing:
                self._tending.close(name, "its job was killed before it could say why")
        else:
            self._unprepared = True

    def _start_members(self) -> None:
        self._members = self._begin(start_workflow(self._invocation))
        self._start_after = 0.0

    def _start_again(self) -> None:
        now = time.monotonic()
        if not self._start_after:
            pause = BACK_OFF * 2**self._restarts
            logger.warning(
                "the workflow of the members broke off; starting it again in %.0f s", pause
            )
            self._start_after = now + pause
        elif now >= self._start_after:
            self._restarts += 1
            self._start_members()

    def _begin(self, running: Running) -> Running:
        self._open = [entry for entry in self._open if entry.code is None]
        self._open.append(running)
        self._lock.started(running.session)
        return running

    # --- decisions
    def _decide(self, look: Look) -> None:
        last = self._record.last
        if self._configuration.start.chain_only:
            return
        if last is not None and not self._done(last):
            self._carry_out(last)  # a former driver was killed on the way
            return
        decision = clock.next_decision(look.plans, look.views, self._record, look.now)
        if decision is None and (self._asked or (self._unprepared and last is None)):
            trigger = Trigger.ASKED if self._asked else Trigger.NOT_PREPARED
            number = 0 if last is None else last.revision + 1
            decision = Decision(number, trigger, (), look.now, look.views)
        if decision is not None:
            self._asked = False
            self._carry_out(decision)
        else:
            settled = clock.settled_now(look.plans, look.views, self._record, look.now)
            self._remember(replace(self._record, settled=(*self._record.settled, *settled)))

    def _carry_out(self, decision: Decision) -> None:
        """Make a decision and its products.

        When that fails, members that still run go on, and what they add is another decision; the
        next start of the driver tries this one again.
        """
        run = self._run.of_revision(decision.revision)
        self._remember(self._record.with_decision(decision))
        logger.info("revision %d: %s", decision.revision, decision.trigger.value)
        made = run.members.is_file() or self._finish(lambda: start_stage(run, "gate"))
        if made:
            # members go on between our look and the gate's: what it took in is no news any more
            decision = with_gate(run, decision)
            self._remember(self._record.with_decision(decision))
        products = self._invocation.of_products(decision.revision)
        if made and not run.manifest.is_file():
            made = any(self._finish(lambda: start_workflow(products)) for _ in range(TRIES))
        if not made:
            text = failure(self._ports.describe(), run)
            logger.error("revision %d could not be made: %s", decision.revision, text)
            if self._run.latest_revision is None:
                self._ports.alert("no-product", f"r{decision.revision}", reason=text)
            self._failed.add(decision.revision)
            return
        self._remember(self._record.with_decision(replace(decision, complete=True)))

    def _done(self, decision: Decision) -> bool:
        """Tell whether this driver has nothing more to do for a decision."""
        return decision.complete or decision.revision in self._failed

    def _finish(self, start: Callable[[], Running]) -> bool:
        """Start a command, wait for its end, and say whether it ended well."""
        running = self._begin(start())
        while running.code is None:
            self._watch()
            time.sleep(min(self._options.poll_seconds, 1.0))
        return running.code == 0

    # --- the end
    def _over(self, look: Look) -> bool:
        """Tell whether nothing is waited for any more; give up late members at their time.

        Raises:
            WorkflowFailedError: A run for its restarts only could not be prepared.
        """
        ended = all(self._run.stamp(name).exists() for name in self._names)
        if self._configuration.start.chain_only:
            if self._unprepared and not ended:
                raise WorkflowFailedError(failure(look.state, self._run))
            return ended
        if self._record.last is None or not self._done(self._record.last) or self._asked:
            return False
        if self._unprepared and not ended:
            return True
        if ended:
            again = clock.next_decision(look.plans, look.views, self._record, look.now)
            fresh = all(view.ended for view in look.views)
            return again is None and fresh
        if not clock.given_up(self._options, self._record.origin, look.now):
            return False
        self._give_up(look)
        return True

    def _give_up(self, look: Look) -> None:
        """End the members that still run; what they have is not used any more."""
        self._remember(replace(self._record, over=True))
        if self._members is not None and self._members.code is None:
            self._members.end()
        for name in set(self._names) - look.ended:
            with suppress(ForecastError):
                self._tending.close(name, "it still ran when late members were no longer awaited")


def _prepared(state: RunState) -> bool:
    ready = {stage.stage for stage in state.stages if stage.state is StageState.FINISHED}
    return ready.issuperset(BEFORE_MEMBERS)


def _listed(missing: Sequence[str]) -> str:
    return "; ".join(missing)


def failure(state: RunState, run: RunPaths) -> str:
    """Say which stage failed and where its log is, or what Snakemake said last."""
    if state.failed:
        return "\n".join(
            f"The stage '{stage.stage}' failed: {stage.reason}\n  Its log: {stage.log}"
            for stage in state.failed
        )
    logs = (run.products_log, run.log_folder / "snakemake.log")
    log = next((path for path in logs if path.is_file()), logs[-1])
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    except OSError:
        lines = []
    tail = "\n".join(f"  {line}" for line in lines)
    return f"The workflow stopped before its end; the last lines of '{log}':\n{tail}"
