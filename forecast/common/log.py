"""One log form for people and files: time in UTC, severity, stage, sentence."""

import logging
import sys
import time
from pathlib import Path


def start_log(name: str, path: Path | None = None, *, verbose: bool = False) -> None:
    """Send the log of this process to standard error and, when given, to a file.

    Args:
        name: Shown in each line, such as "run_member m02".
        path: File to append to; its folder is made.
        verbose: Also log DEBUG lines.
    """
    form = logging.Formatter(
        f"%(asctime)sZ %(levelname)-7s {name}: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, encoding="utf-8"))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    for handler in handlers:
        handler.setFormatter(form)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for noisy in ("numba", "matplotlib", "asyncio", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
