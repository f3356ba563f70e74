"""What the records of a run say about why its product is as it is."""

from dataclasses import dataclass

from forecast.fields.alert import Alert
from forecast.fields.inputs import InputsRecord
from forecast.fields.membership import Membership
from forecast.fields.run_state import RunState
from forecast.fields.start import StartPlan


@dataclass(frozen=True)
class Evidence:
    """The records of one revision of one run; each may be missing.

    Attributes:
        state: Where the run stands, with its fallbacks.
        membership: Who is in and why.
        inputs: What was taken for each input.
        start: From what the members began.
        alerts: What was raised.
        changed: What differs from the revision before, one sentence an entry.
    """

    state: RunState
    membership: Membership | None = None
    inputs: InputsRecord | None = None
    start: StartPlan | None = None
    alerts: tuple[Alert, ...] = ()
    changed: tuple[str, ...] = ()
