"""Progress while a run goes on: a live table on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from forecast.fields.run_state import RunState
from forecast.workflow.lock import Holder
from forecast.workflow.progress import headline, share_done, stage_lines, time_left

_QUIET_SECONDS = 10.0
"""Longest time without a line when output goes to a file, s."""


class Display:
    """Shows a run's state; use it in a `with` statement.

    On a terminal the whole state is drawn again and again. Elsewhere a line is written when a
    stage or a member changes its state, and the time left now and then.
    """

    def __init__(self, slots: int, console: Console | None = None) -> None:
        self._slots = slots
        self._console = console or Console()
        self._live = Live(console=self._console, refresh_per_second=4, transient=True)
        self._seen: dict[str, str] = {}
        self._spoken = 0.0

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the live table."""
        if self._console.is_terminal:
            self._live.stop()

    def show(self, state: RunState, holder: Holder | None) -> None:
        """Show the state now."""
        if self._console.is_terminal:
            bar = ProgressBar(total=1.0, completed=share_done(state), width=60)
            lines = [headline(state, holder, self._slots), *stage_lines(state)]
            self._live.update(Group(bar, Text("\n".join(lines))))
            return
        self._speak(state)

    def _speak(self, state: RunState) -> None:
        now = time.monotonic()
        share = f"{share_done(state):>4.0%}"
        if not self._seen:
            self._say(f"{share}  {state.cycle}: {state.title}; logs in {state.folder / 'log'}")
            self._spoken = now
        for line in stage_lines(state):
            word, name = line.split()[:2]
            if self._seen.get(name, "waiting") != word:
                self._say(f"{share}  {line}")
                self._spoken = now
            self._seen[name] = word
        if now - self._spoken > _QUIET_SECONDS:
            self._say(f"{share}  {time_left(state, self._slots)}")
            self._spoken = now

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
