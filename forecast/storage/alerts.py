"""The alerts of a run, one a line, and what each channel has taken of them.

Several processes write: the driver, and stages on other machines. Each alert is one write to the
end of the file under a lock, and whoever reads skips a line that was cut off.
"""

import fcntl
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from forecast.common.errors import InputError
from forecast.fields.alert import Alert
from forecast.storage.atomic import output_error, read_json, write_json

logger = logging.getLogger(__name__)

_ALERT = TypeAdapter(Alert)
_NEWLINE = b"\n"


def append_alert(path: Path, alert: Alert) -> bool:
    """Add an alert, unless its code was raised about its subject before.

    Returns:
        True when it was added.

    Raises:
        OutputError: The disk refuses it.
    """
    line = _ALERT.dump_json(alert) + _NEWLINE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as handle:
            with suppress(OSError):  # a disk without locks: at worst an alert comes twice
                fcntl.lockf(handle, fcntl.LOCK_EX)
            handle.seek(0)
            before = handle.read()
            if any(former.key == alert.key for former in _parse(before)):
                return False
            cut_off = before and not before.endswith(_NEWLINE)
            handle.write(_NEWLINE + line if cut_off else line)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise output_error(path, error) from error
    return True


def read_alerts(path: Path) -> tuple[Alert, ...]:
    """Read all alerts in the order in which they were raised; none without a file.

    Raises:
        InputError: The disk does not give the file.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        msg = f"The alerts in '{path}' cannot be read ({error}); look at the disk."
        raise InputError(msg) from error
    return _parse(content)


def _parse(content: bytes) -> tuple[Alert, ...]:
    found: dict[tuple[str, str], Alert] = {}
    for line in content.split(_NEWLINE):
        if not line.strip():
            continue
        try:
            alert = _ALERT.validate_json(line)
        except ValidationError:
            logger.debug("a line of the alerts is cut off: %r", line[:80])
            continue
        found.setdefault(alert.key, alert)
    return tuple(found.values())


def write_taken(path: Path, taken: Mapping[str, frozenset[tuple[str, str]]]) -> None:
    """Keep what each channel has taken, whole or not at all.

    Raises:
        OutputError: The disk refuses the file.
    """
    write_json(path, {name: sorted(map(list, keys)) for name, keys in taken.items()})


def read_taken(path: Path) -> dict[str, frozenset[tuple[str, str]]]:
    """Read what each channel has taken; nothing without a file or from a damaged one."""
    try:
        content = read_json(path)
        return {
            str(name): frozenset((str(code), str(subject)) for code, subject in keys)
            for name, keys in content.items()
        }
    except (InputError, AttributeError, TypeError, ValueError):
        return {}
