"""What the environment of a run holds, beside what the lock says it should."""

import hashlib
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from forecast import __version__
from forecast.storage.manifest import digest

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(\s*;)?", re.MULTILINE)
"""Name, version, and a semicolon where the line holds for some machines or Pythons only."""
_NAME = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class EnvironmentRecord:
    """The packages of one Python.

    Attributes:
        python: Version.
        forecast: Version of this package.
        lock: The lock, relative to the checkout.
        lock_sha256: Its checksum; empty when there is none.
        packages_sha256: Checksum of the names and versions of all that is installed.
        differs: Locked packages that are missing or have another version, as "name: found".
    """

    python: str
    forecast: str
    lock: str
    lock_sha256: str
    packages_sha256: str
    differs: tuple[str, ...]


def record_environment(project: Path, lock: str = "requirements/lock.txt") -> EnvironmentRecord:
    """Compare what is installed with the lock of a checkout."""
    installed = {
        _plain(entry.name): entry.version for entry in metadata.distributions() if entry.name
    }
    listed = "\n".join(f"{name}=={version}" for name, version in sorted(installed.items()))
    path = project / lock
    there = path.is_file()
    return EnvironmentRecord(
        python=platform.python_version(),
        forecast=__version__,
        lock=lock,
        lock_sha256=digest(path) if there else "",
        packages_sha256=hashlib.sha256(listed.encode()).hexdigest(),
        differs=_differences(path.read_text(encoding="utf-8"), installed) if there else (),
    )


def _plain(name: str) -> str:
    return _NAME.sub("-", name).lower()


def _differences(lock: str, installed: dict[str, str]) -> tuple[str, ...]:
    """Pins that are not met; a package that is pinned for some machines only may be missing."""
    pins: dict[str, set[str]] = {}
    optional = set()
    for name, version, condition in _PIN.findall(lock):
        pins.setdefault(_plain(name), set()).add(version)
        if condition:
            optional.add(_plain(name))
    return tuple(
        f"{name} {' or '.join(sorted(versions))}: {installed.get(name, 'missing')}"
        for name, versions in sorted(pins.items())
        if installed.get(name) not in versions and (name in installed or name not in optional)
    )
