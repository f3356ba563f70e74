"""What a driver is given by the command: the package of the workflow reads no run files itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from forecast.fields.history import History
from forecast.fields.run_state import RunState
from forecast.workflow.lock import Holder


@dataclass(frozen=True)
class Ports:
    """The eyes and hands of a driver.

    Attributes:
        describe: Reads the state of the run.
        close_member: Notes that a member has ended, with the reason.
        limit_member: Tells a member after how many forecast hours to stop, with the reason.
        show: Shows the state while the run goes on.
        alert: Raises an alert: its code, what it is about, and facts for its sentences.
        waiting_for: Says which inputs are not there yet.
        history: Reads what is known from past runs.
        places: How many members run at a time; None when each gets its nodes by itself.
    """

    describe: Callable[[], RunState]
    close_member: Callable[[str, str], None]
    limit_member: Callable[[str, int, str], None]
    show: Callable[[RunState, Holder | None], None]
    alert: Callable[..., None] = lambda *_, **__: None
    waiting_for: Callable[[], Sequence[str]] = tuple
    history: Callable[[], History] = History
    places: int | None = None
