"""What was known when: a replay of the past must not use what came later.

A live forecast cannot look ahead, so its clock admits everything. A hindcast gets the time at
which its cycle would have been decided, and everything that can be used (restarts, meteorology,
observations, trained tables) has a time from which it was known.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from forecast.common.errors import CycleError, InputError


class LookAheadError(InputError):
    """Something would be used that was not yet known."""


@dataclass(frozen=True)
class AsOf:
    """The clock of a run.

    Attributes:
        time: What was known at this time, aware UTC, may be used; None: everything.
    """

    time: datetime | None = None

    @classmethod
    def parse(cls, text: str) -> "AsOf":
        """Read `YYYY-MM-DDTHH` or `YYYY-MM-DDTHH:MM` (UTC); an empty text admits everything.

        Raises:
            CycleError: The text has another form or is no date.
        """
        if not text:
            return cls()
        form = "%Y-%m-%dT%H:%M" if ":" in text else "%Y-%m-%dT%H"
        try:
            return cls(datetime.strptime(text, form).replace(tzinfo=UTC))
        except ValueError as error:
            msg = (
                f"The time '{text}' until which things were known is not of the form "
                "YYYY-MM-DDTHH or YYYY-MM-DDTHH:MM (UTC); correct it."
            )
            raise CycleError(msg) from error

    @property
    def text(self) -> str:
        """The form that `parse` reads."""
        return "" if self.time is None else self.time.strftime("%Y-%m-%dT%H:%M")

    def admits(self, known: datetime | np.datetime64) -> bool:
        """Tell whether something that was known from a time on (UTC) may be used."""
        if self.time is None:
            return True
        return bool(_naive(self.time) >= _naive(known))

    def require(self, what: str, known: datetime | np.datetime64) -> None:
        """Refuse what was not yet known.

        Args:
            what: Name of the thing, such as "the restart '…'".
            known: From when it was known, UTC.

        Raises:
            LookAheadError: It was known only later.
        """
        if not self.admits(known):
            raise LookAheadError(self.refusal(what, known))

    def refusal(self, what: str, known: datetime | np.datetime64) -> str:
        """Say why something may not be used."""
        return (
            f"{what} was known only from {np.datetime_as_string(_naive(known), 'm')} UTC on; this "
            f"run may use what was known at {self.text} UTC"
        )


def _naive(time: datetime | np.datetime64) -> np.datetime64:
    if isinstance(time, datetime):
        aware = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        time = np.datetime64(aware.replace(tzinfo=None))
    seconds: np.datetime64 = time.astype("datetime64[s]")
    return seconds
