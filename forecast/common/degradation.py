"""Fallbacks, made loud: a record, a WARNING line, a field of the manifest, a bulletin line."""

import logging
from dataclasses import asdict, dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Degradation:
    """One fallback that was taken.

    Attributes:
        stage: The stage that took it, such as "prepare".
        what: The thing that was not as it should be, in English, for the log and the manifest.
        original: What was wanted (a path, a value, a field).
        replacement: What was taken instead.
        effect: What it means for the product, in Chinese, as the bulletin prints it.
        code: Word by which alerts and the runbook know this kind of fallback, such as
            "meteorology-ends-early".
    """

    stage: str
    what: str
    original: str
    replacement: str
    effect: str
    code: str = ""

    def announce(self) -> "Degradation":
        """Write the one WARNING line of this fallback and return the record."""
        logger.warning(
            "%s: %s; wanted %s, took %s",
            self.stage,
            self.what,
            self.original,
            self.replacement,
        )
        return self

    def as_record(self) -> dict[str, str]:
        """Return the record as the manifest stores it."""
        return asdict(self)
