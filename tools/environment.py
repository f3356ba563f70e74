"""Make or refresh `.venv` from the hashed locks; `make` runs this before everything else.

    python3 tools/environment.py {runtime,cluster,test}

It needs a Python with `venv` and `ensurepip` and a package index that pip can reach (pip's own
settings apply: `PIP_INDEX_URL`, `PIP_CERT`, `PIP_FIND_LINKS`, …). A stamp inside the environment
names what was installed, so a second call returns at once.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "installed.json"
LOCKS = {"runtime": "lock.txt", "cluster": "lock-cluster.txt", "test": "lock-test.txt"}
"""Kinds of environments, each with all that the ones before it hold."""
BUILD_LOCK = "lock-build.txt"
OVERRULING = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
"""Variables that send imports or packages elsewhere than into the environment."""


class EnvironmentFailure(Exception):
    """The environment cannot be made; the text says why and what to do."""


def interpreter() -> Path:
    """Path of the environment's Python."""
    return ENVIRONMENT / "bin" / "python"


def fingerprint(kind: str) -> str:
    """Hash of everything that the installation of a kind depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    digest = hashlib.sha256(json.dumps(project, sort_keys=True).encode())
    for lock in (BUILD_LOCK, LOCKS[kind]):
        digest.update((ROOT / "requirements" / lock).read_bytes())
    return digest.hexdigest()


def installed() -> dict[str, str]:
    """Return the fingerprints in the stamp; empty when there is none that can be read."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def settings(**extra: str) -> dict[str, str]:
    """Environment variables of the programs that this one starts."""
    kept = {name: value for name, value in os.environ.items() if name not in OVERRULING}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", **extra}


def usable(python: Path) -> bool:
    """Whether the environment's Python starts, is new enough, has pip and was made in this folder.

    The programs in an environment name its folder, so one that was moved is made anew.
    """
    if installed().get("root", str(ROOT)) != str(ROOT):
        return False
    probe = "import pip, sys; print(sys.version_info >= (3, 11), sys.prefix, sep='\\n')"
    try:
        answer = subprocess.run(
            [str(python), "-c", probe], env=settings(), capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.splitlines() == ["True", str(ENVIRONMENT)]


def make_environment() -> None:
    """Make an empty environment with the Python that runs this, or the one below it."""
    python = Path(sys.executable)
    if sys.prefix != sys.base_prefix:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        python = Path(sys.base_prefix) / "bin" / version
    print(f"Making .venv with Python {sys.version.split()[0]} ({python})", flush=True)
    command = [str(python), "-m", "venv", "--clear", str(ENVIRONMENT)]
    subprocess.run(command, env=settings(), check=True)


def pip(*arguments: str, **extra: str) -> None:
    """Run the environment's pip.

    Raises:
        EnvironmentFailure: pip failed; its own words stand above on standard error.
    """
    command = [str(interpreter()), "-m", "pip", "--quiet", *arguments]
    if subprocess.run(command, env=settings(**extra), cwd=ROOT, check=False).returncode != 0:
        msg = (
            f"'pip {' '.join(arguments)}' failed, see above. If the package index could not be "
            "reached, set pip's own variables (PIP_INDEX_URL, PIP_CERT, or PIP_NO_INDEX with "
            "PIP_FIND_LINKS for a folder of wheels) and run the same command again."
        )
        raise EnvironmentFailure(msg)


def install_lock(lock: str, **extra: str) -> None:
    """Install one lock as it stands: by hash, without any dependency it does not name."""
    pip(
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-build-isolation",
        "--use-pep517",
        "-r",
        f"requirements/{lock}",
        **extra,
    )


def install(kind: str) -> None:
    """Bring the environment to the lock of a kind and install the project on top, editable."""
    install_lock(BUILD_LOCK)
    install_lock(LOCKS[kind], PYTHONPATH=str(ROOT / "requirements" / "without_compiler"))
    pip("install", "--no-index", "--no-deps", "--no-build-isolation", "--editable", ".")
    pip("check")


def provide_which() -> None:
    """Give the environment the command `which` where the machine has none.

    Snakemake's Slurm plugin calls it whenever Snakemake starts, also without Slurm.
    """
    program = ENVIRONMENT / "bin" / "which"
    if shutil.which("which") is None:
        program.write_text('#!/bin/sh\ncommand -v "$1"\n', encoding="utf-8")
        program.chmod(0o755)


def refresh(kind: str) -> None:
    """Make the environment when there is none that works, then install what its stamp lacks."""
    wanted = {name: fingerprint(name) for name in LOCKS}
    stamp = installed()
    if stamp.get(kind) == wanted[kind] and stamp.get("root") == str(ROOT):
        return
    start = time.monotonic()
    if not usable(interpreter()):
        make_environment()
    print(
        f"Bringing .venv to requirements/{LOCKS[kind]}; all of it, 1 GB, takes a minute or two",
        flush=True,
    )
    STAMP.unlink(missing_ok=True)
    install(kind)
    provide_which()
    done = [*LOCKS][: [*LOCKS].index(kind) + 1]
    stamp = {"root": str(ROOT), **{name: wanted[name] for name in done}}
    STAMP.write_text(json.dumps(stamp) + "\n", encoding="utf-8")
    print(f"Installed in {time.monotonic() - start:.0f} s", flush=True)


def main() -> int:
    """Read the kind from the command line and refresh the environment."""
    parser = argparse.ArgumentParser(description="Make or refresh .venv from the hashed locks.")
    parser.add_argument("kind", choices=sorted(LOCKS))
    try:
        refresh(parser.parse_args().kind)
    except (EnvironmentFailure, subprocess.CalledProcessError) as error:
        print(f"The environment could not be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
