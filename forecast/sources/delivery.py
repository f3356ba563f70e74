"""Whether a file that somebody delivers has come whole.

A file counts when nothing about it has changed for some time and, where the site asks for it, a
marker lies beside it. The age of the last change is that of the inode (`st_ctime`): copying tools
set the time of modification back to that of the original.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forecast.common.errors import InputError
from forecast.config.arrival import ArrivalConfig

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


class DeliveryError(InputError):
    """A file has not come, or not whole.

    Attributes:
        brief: Why, in Chinese.
    """

    def __init__(self, message: str, brief: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.brief = brief


@dataclass(frozen=True)
class Look:
    """What a look at a file or folder shows; two equal looks mean that nothing has changed.

    Attributes:
        files: Number of files.
        size: Sum of their sizes, bytes.
        changed: Newest change of any of them, seconds since 1970.
    """

    files: int
    size: int
    changed: float


def look(path: Path) -> Look | None:
    """Look at a file, or at all files of a folder; None when there is nothing."""
    found = []
    try:
        for entry in _files(path):
            status = entry.stat()
            found.append((status.st_size, status.st_ctime))
    except FileNotFoundError:
        return None
    if not found:
        return None
    return Look(len(found), sum(size for size, _ in found), max(time for _, time in found))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (entry for entry in sorted(path.rglob("*")) if entry.is_file())
    else:
        yield path


def marker(path: Path, options: ArrivalConfig) -> Path | None:
    """The file that says that a delivery is complete; None when the site asks for none."""
    return path.with_name(path.name + options.done_marker) if options.done_marker else None


def absence(path: Path, options: ArrivalConfig) -> DeliveryError | None:
    """Say what is not there yet: the file, or its marker."""
    if look(path) is None:
        return DeliveryError(f"'{path}' is not there", "未到达")
    mark = marker(path, options)
    if mark is not None and not mark.is_file():
        return DeliveryError(f"'{path}' is there, but not its marker '{mark.name}'", "未传输完成")
    return None


def require_complete(
    path: Path,
    options: ArrivalConfig,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Check that a delivery is whole; watches it as long as its last change is too young.

    Raises:
        DeliveryError: It is not there, still changes, or is not what its marker says.
    """
    missing = absence(path, options)
    if missing is not None:
        raise missing
    first = look(path)
    age = max(0.0, now() - first.changed) if first else 0.0
    if age < options.stable_seconds:
        sleep(options.stable_seconds - age)
        if look(path) != first:
            msg = f"'{path}' is still being written"
            raise DeliveryError(msg, "仍在传输")
    _require_digest(path, options)


def _require_digest(path: Path, options: ArrivalConfig) -> None:
    """Compare with the SHA-256 of the marker, if it has one."""
    mark = marker(path, options)
    if mark is None or path.is_dir():
        return
    told = _DIGEST.match(mark.read_text(encoding="utf-8", errors="replace").strip())
    if told is None:
        return
    with path.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    if found != told.group().lower():
        msg = f"'{path}' has the SHA-256 '{found}', its marker '{mark.name}' says '{told.group()}'"
        raise DeliveryError(msg, "校验和不符")


def require_new(path: Path, earlier: Path) -> None:
    """Refuse a delivery that is a copy of the one before.

    Links to one and the same file (a year of reanalysis, say) are no copies.

    Raises:
        DeliveryError: Both files have the same content.
    """
    if not (path.is_file() and earlier.is_file()) or path.samefile(earlier):
        return
    if path.stat().st_size != earlier.stat().st_size:
        return
    digests = []
    for file in (path, earlier):
        with file.open("rb") as handle:
            digests.append(hashlib.file_digest(handle, "sha256").digest())
    if digests[0] == digests[1]:
        msg = f"'{path}' has the same content as '{earlier}' of the cycle before"
        raise DeliveryError(msg, "与前一时次内容相同")
