"""One alert: what happened in the night, what the system did about it, and who acts."""

from dataclasses import dataclass
from datetime import datetime

from forecast.common.severity import Severity as Severity


@dataclass(frozen=True)
class Alert:
    """One alert of one cycle.

    Attributes:
        code: Entry of the catalogue and of the runbook, such as "member-failed".
        severity: How bad it is.
        cycle: Name of the cycle.
        subject: What it is about: a member, a stage, a file. A cycle raises a code once a subject.
        happened: What happened, a sentence.
        done: What the system did about it, a sentence.
        who: Who acts, and how, a sentence.
        log: Path of the log that says more; empty when there is none.
        time: When it was raised, UTC.
        effect: What it means for the product, in Chinese, as the bulletin prints it; may be empty.
    """

    code: str
    severity: Severity
    cycle: str
    subject: str
    happened: str
    done: str
    who: str
    log: str
    time: datetime
    effect: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same alert as another one of its cycle."""
        return self.code, self.subject
