"""Write the hashed locks of `pyproject.toml`, one for every Python from 3.11 on; `make lock`.

    python -m tools.lock [--upgrade]

Versions that a lock already holds are kept where `pyproject.toml` still allows them, unless
`--upgrade` is given. uv does the solving, at a fixed version, below `build/`.
"""

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOLVER = "uv==0.13.9"
SOLVER_FOLDER = ROOT / "build" / "lock"
FORM = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet")
CLUSTER = ("--extra", "cluster")
EXTRAS = ("--extra", "test", "--extra", "dev", "--extra", "benchmark", *CLUSTER)


def solve(source: str, lock: str, *arguments: str, text: str | None = None) -> None:
    """Solve one set of requirements and write its lock."""
    command = [str(SOLVER_FOLDER / "bin" / "uv"), "pip", "compile", source, *FORM, *arguments]
    subprocess.run(
        [*command, "-o", f"requirements/{lock}"], cwd=ROOT, input=text, text=True, check=True
    )


def main() -> int:
    """Fetch the solver where it is missing and write the four locks."""
    parser = argparse.ArgumentParser(description="Write the hashed locks of pyproject.toml.")
    parser.add_argument("--upgrade", action="store_true", help="take newer versions where allowed")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    if not (SOLVER_FOLDER / "bin" / "uv").exists():
        fetch = [sys.executable, "-m", "pip", "--quiet", "install", "--target", str(SOLVER_FOLDER)]
        subprocess.run([*fetch, SOLVER], cwd=ROOT, check=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    solve("-", "lock-build.txt", *upgrade, text="\n".join(project["build-system"]["requires"]))
    solve("pyproject.toml", "lock.txt", *upgrade)
    solve("pyproject.toml", "lock-cluster.txt", *CLUSTER, "-c", "requirements/lock.txt", *upgrade)
    solve(
        "pyproject.toml", "lock-test.txt", *EXTRAS, "-c", "requirements/lock-cluster.txt", *upgrade
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
