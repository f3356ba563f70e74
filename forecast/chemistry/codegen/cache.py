"""Generated modules on disk: written once for a mechanism, imported by every process."""

import atexit
import hashlib
import importlib.util
import logging
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType

from forecast.chemistry.codegen.module import generate
from forecast.chemistry.gas.definition import GasMechanism
from forecast.common.degradation import Degradation

logger = logging.getLogger(__name__)

PREFIX = "forecast_mechanism_"
KEPT = 6
"""Generated modules that are kept whatever their age."""
UNUSED_DAYS = 30.0
"""Days without use after which others are removed; no run takes so long."""
_DAY = 86400.0
_ROOM = Path(__file__).resolve().parent
_SHARED = ("lanes", "elementary", "blocks")
"""Kernels that generated modules hold a compiled copy of."""


def generated_module(mechanism: GasMechanism) -> ModuleType:
    """Import the module of a mechanism; it is written first if this is the first time.

    Its name holds a digest of the mechanism and of the generator, so that runs of several versions
    go on side by side. When one is written, those that nobody has used for long go.
    """
    name = PREFIX + digest(mechanism)
    if name not in sys.modules:
        path = cache_folder() / f"{name}.py"
        if _write(path, generate(mechanism)):
            prune(path.parent)
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            msg = f"Python cannot import '{path}'"
            raise ImportError(msg)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def digest(mechanism: GasMechanism) -> str:
    """Digest of all that decides the text of a module and what it compiles to."""
    made = hashlib.sha256(mechanism.digest.encode())
    made.update(repr([(s.name, s.nitrogen, s.sulfur) for s in mechanism.species]).encode())
    made.update(_generator().encode())
    return made.hexdigest()[:20]


@cache
def _generator() -> str:
    """Digest of the generator and of the kernels that generated modules use."""
    files = {*_ROOM.glob("*.py")} - {Path(__file__).resolve()}
    files |= {*(_ROOM.parent / "kernels" / f"{name}.py" for name in _SHARED)}
    made = hashlib.sha256()
    for path in sorted(files):
        made.update(path.name.encode() + path.read_bytes())
    return made.hexdigest()


@cache
def cache_folder() -> Path:
    """Folder of generated modules.

    It lies where `NUMBA_CACHE_DIR` says; else in the user's cache folder, or beside the sources. If
    nothing of that can be written there is one warning, and a folder for this process alone, which
    will compile for itself.
    """
    named = os.environ.get("NUMBA_CACHE_DIR")
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    places = [Path(named)] if named else [Path(home) / "forecast", _ROOM / "__pycache__"]
    for place in places:
        if _writable(place / "mechanisms"):
            return place / "mechanisms"
    folder = Path(tempfile.mkdtemp(prefix="forecast-mechanisms-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Degradation(
        stage="chemistry",
        what="no folder for generated chemistry can be written, so this process compiles for"
        " itself alone; set NUMBA_CACHE_DIR to a folder that can",
        original=" or ".join(str(place / "mechanisms") for place in places),
        replacement=str(folder),
        effect="",
        code="mechanism-cache-private",
    ).announce()
    return folder


def _writable(folder: Path) -> bool:
    """Whether a file can be made in a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _write(path: Path, text: str) -> bool:
    """Write a module unless it is there; readers see a whole file or none.

    Returns:
        Whether it was written. One that was there is marked as used now.
    """
    try:
        if path.read_text(encoding="utf-8") == text:
            _mark_as_used(path)
            return False
    except (OSError, UnicodeDecodeError):
        pass
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
    logger.info("wrote the chemistry of a mechanism to %s", path)
    return True


def _mark_as_used(path: Path) -> None:
    """Set the time of the last access; that of the last change is what numba knows a file by."""
    with suppress(OSError):  # a folder of somebody else
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))


def prune(folder: Path, *, keep: int = KEPT, days: float = UNUSED_DAYS) -> list[str]:
    """Remove modules that nobody has used for long, with what numba compiled from them.

    The newest few always stay. A run that is going on is not harmed: it has loaded its module or
    marks it as used when it does, and what has only been compiled is compiled again.

    Args:
        folder: Folder of generated modules.
        keep: How many stay whatever their age.
        days: Time since the last use after which the others go.

    Returns:
        Names of the modules that are gone.
    """
    last_use = {}
    for path in folder.glob(f"{PREFIX}*.py"):
        with suppress(OSError):  # another process removes it
            last_use[path] = path.stat().st_atime
    oldest_first = sorted(last_use, key=lambda path: last_use[path])
    limit = time.time() - days * _DAY
    gone = []
    for path in oldest_first[: max(0, len(oldest_first) - keep)]:
        with suppress(OSError):
            if path.stat().st_atime < limit:
                path.unlink()
                gone.append(path.stem)
                _remove_compiled(folder, path.stem)
    if gone:
        logger.info("removed %d modules of chemistry that nobody used for %g days", len(gone), days)
    return gone


def _remove_compiled(folder: Path, name: str) -> None:
    """Remove what Python and numba keep of a module, indices before what they point to."""
    for place in (folder / "__pycache__", *folder.parent.glob(f"{folder.name}_*")):
        for path in sorted(place.glob(f"{name}.*"), key=lambda path: path.suffix != ".nbi"):
            with suppress(OSError):
                path.unlink()
