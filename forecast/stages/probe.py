"""What one rank of a test job sees: the other ranks, the folder of the runs, its clock.

`forecast doctor` starts this on compute nodes in the way in which members are started.
"""

import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

from forecast.config.probe import TOKEN, report_name
from forecast.parallel.mpi import library, world

_MEETINGS = 3
"""How often the ranks meet to compare their clocks; the first time is slow."""


def probe(folder: Path) -> None:
    """Look around and write what was seen beside the token; all ranks of a job call this.

    Args:
        folder: Where the token of the doctor lies.

    Raises:
        OSError: The report cannot be written.
    """
    comm = world()
    host = platform.node()
    offsets = []
    for _ in range(_MEETINGS):
        comm.barrier()
        times = comm.gather_all(time.time())
        offsets.append(times[comm.rank] - times[0])
    report = {
        "host": host,
        "size": comm.size,
        "library": library(),
        "token": _read(folder / TOKEN),
        "time": time.time(),
        "offset": min(offsets, key=abs),
        "processor": _processor(),
        "cache": _obstacle(os.environ.get("NUMBA_CACHE_DIR", "")),
        "scratch": _obstacle(os.environ.get("TMPDIR", "")),
    }
    # not by rank: ranks that do not know each other are all number 0
    path = folder / report_name(host, os.getpid())
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(report), encoding="utf-8")
    partial.replace(path)


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8")
    return ""


def _processor() -> str:
    """Model of the processor, as Linux names it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _obstacle(folder: str) -> str:
    """What keeps a folder from being written; empty when nothing does or none is named."""
    if not folder:
        return ""
    trial = Path(folder) / f".trial.{platform.node()}.{os.getpid()}"
    try:
        trial.parent.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"trial")
        trial.unlink()
    except OSError as error:
        return f"'{folder}': {error.strerror}"
    return ""
