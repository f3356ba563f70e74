"""The record of the environment beside the lock."""

import hashlib
from importlib import metadata
from pathlib import Path

from forecast.storage.environment import record_environment


def _lock(project: Path, text: str) -> str:
    path = project / "requirements" / "lock.txt"
    path.parent.mkdir()
    path.write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


def test_what_is_not_as_locked_is_named(tmp_path: Path) -> None:
    numpy, pydantic = metadata.version("numpy"), metadata.version("pydantic")
    text = (
        f"numpy=={numpy} \\\n    --hash=sha256:00\n"
        "pydantic==0.0.1 \\\n    --hash=sha256:00\n"
        "no_such.package==1.0\n"
        "only-elsewhere==2.0 ; sys_platform == 'win32'\n"
        "scipy==0.1 ; python_version < '3.0'\n"
        f"scipy=={metadata.version('scipy')} ; python_version >= '3.0'\n"
    )
    checksum = _lock(tmp_path, text)
    found = record_environment(tmp_path)
    assert found.lock_sha256 == checksum
    assert found.differs == ("no-such-package 1.0: missing", f"pydantic 0.0.1: {pydantic}")


def test_the_same_packages_have_the_same_checksum(tmp_path: Path) -> None:
    first, second = record_environment(tmp_path), record_environment(tmp_path)
    assert first.packages_sha256 == second.packages_sha256
    assert (first.lock_sha256, first.differs) == ("", ())
