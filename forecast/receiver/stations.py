"""The stations that are believed, with their keys and units."""

from hmac import compare_digest
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.fields.observations import StationRecord
from forecast.grid.stations import StationKind
from forecast.grid.table import read_table
from forecast.receiver.units import UNITS


class Sender(Model):
    """One row of the table of stations."""

    mn: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
    """MN, the identity that it sends."""
    password: str
    """PW that it must send; empty: any is taken."""
    code: Annotated[str, Field(min_length=1)]
    """Code of the station in the observation store."""
    name: str
    """Name."""
    city_en: str
    """English name of its city."""
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)]
    """Degrees east."""
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)]
    """Degrees north."""
    kind: StationKind
    """What it stands for."""
    units: str
    """Units that differ from the usual ones, as `a34004=ng m-3;a01006=hPa`; mostly empty."""

    @field_validator("units")
    @classmethod
    def _known_units(cls, text: str) -> str:
        for code, unit in _pairs(text):
            if not code or unit not in UNITS:
                known = ", ".join(UNITS)
                msg = f"'{code}={unit}' is no code with a unit; units are {known}"
                raise ValueError(msg)
        return text

    @property
    def own_units(self) -> dict[str, str]:
        """Units that differ, by code."""
        return dict(_pairs(self.units))

    @property
    def record(self) -> StationRecord:
        """The station as the store knows it."""
        return StationRecord(
            code=self.code,
            name=self.name,
            city_en=self.city_en,
            longitude=self.longitude,
            latitude=self.latitude,
            kind=self.kind,
        )

    def accepts(self, password: str) -> bool:
        """Whether a password is the right one; the time it takes tells nothing."""
        return not self.password or compare_digest(self.password.encode(), password.encode())


def read_senders(path: Path) -> dict[str, Sender]:
    """Read the table of stations by MN.

    Raises:
        ConfigurationError: It is missing, a row is wrong, or a station stands in it twice.
    """
    senders: dict[str, Sender] = {}
    for sender in read_table(path, Sender):
        if sender.mn in senders:
            msg = f"'{path}' has the station MN '{sender.mn}' twice; keep one of the rows."
            raise ConfigurationError(msg)
        senders[sender.mn] = sender
    return senders


def _pairs(text: str) -> list[tuple[str, str]]:
    entries = text.replace(";", ",").split(",")
    pairs = (entry.partition("=") for entry in entries if entry.strip())
    return [(code.strip(), unit.strip()) for code, _, unit in pairs]
