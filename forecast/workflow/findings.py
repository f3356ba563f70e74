"""What `forecast doctor` finds, and what there is to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How something stands."""

    OK = "ok"
    """As it should be."""
    WARN = "warn"
    """Forecasts run, but worse than they could."""
    FAIL = "fail"
    """Forecasts do not run."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: What was looked at, a word or two.
        verdict: How it stands.
        text: What was seen, with figures.
        advice: What to do; empty when nothing is to be done.
    """

    subject: str
    verdict: Verdict
    text: str
    advice: str = ""

    def lines(self) -> str:
        """The finding for people, one line or two."""
        line = f"{self.verdict:<5} {self.subject:<18} {self.text}"
        return f"{line}\n{'':<25}-> {self.advice}" if self.advice else line


def ok(subject: str, text: str) -> Finding:
    """Something is as it should be."""
    return Finding(subject, Verdict.OK, text)


def warn(subject: str, text: str, advice: str) -> Finding:
    """Something could be better."""
    return Finding(subject, Verdict.WARN, text, advice)


def fail(subject: str, text: str, advice: str) -> Finding:
    """Something keeps forecasts from running."""
    return Finding(subject, Verdict.FAIL, text, advice)


def summary(findings: Sequence[Finding]) -> str:
    """How all of it stands, in a sentence."""
    count = {verdict: sum(one.verdict is verdict for one in findings) for verdict in Verdict}
    if count[Verdict.FAIL]:
        return (
            f"{count[Verdict.FAIL]} of {len(findings)} checks failed: no forecast will run here "
            "before they are mended."
        )
    if count[Verdict.WARN]:
        return f"Forecasts will run here; {count[Verdict.WARN]} thing(s) could be better."
    return "All is well: forecasts will run here."
