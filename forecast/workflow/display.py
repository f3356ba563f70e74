"""Progress while a run goes on: a live table on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from forecast.fields.run_state import RunState
from forecast.workflow.lock import Holder
from forecast.workflow.progress import headline, stage_lines

_QUIET_SECONDS = 10.0
"""Longest time without a line when output goes to a file, s."""


class Display:
    """Shows a run's state; use it in a `with` statement.

    On a terminal the whole state is drawn again and again. Elsewhere a line is written when a
    stage or a member changes its state, and a headline now and then.
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
            lines = [headline(state, holder, self._slots), *stage_lines(state)]
            self._live.update(Text("\n".join(lines)))
            return
        self._speak(state, holder)

    def _speak(self, state: RunState, holder: Holder | None) -> None:
        now = time.monotonic()
        changed = False
        for line in stage_lines(state):
            word, name = line.split()[:2]
            if self._seen.get(name, "waiting") != word:
                self._say(line)
                changed = True
            self._seen[name] = word
        if changed or now - self._spoken > _QUIET_SECONDS:
            self._say(headline(state, holder, self._slots))
            self._spoken = now

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
