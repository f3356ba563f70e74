"""Run every check that needs no execution of the project; `make lint`.

    python -m tools.lint [CHECK …]

Without a name all of them run, also when one fails, so that one call shows everything there is to
mend.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

IMPORT_LINTER = "from importlinter.cli import lint_imports_command as run; run(['--no-logo'])"
ROOT = Path(__file__).resolve().parent.parent


def checks() -> dict[str, list[str]]:
    """Name each check with its command, without the interpreter."""
    workflow = [*ROOT.glob("Snakefile"), *ROOT.glob("forecast/**/*.smk")]
    typed = [
        name for name in ("forecast", "benchmarks", "tools", "tests") if (ROOT / name).is_dir()
    ]
    snakefmt = {"snakefmt": ["-m", "snakefmt", "--check", *map(str, workflow)]} if workflow else {}
    return {
        "style": ["-m", "ruff", "check", "--output-format", "concise", "."],
        "format": ["-m", "ruff", "format", "--check", "--output-format", "concise", "."],
        "types": ["-m", "mypy", *typed],
        "imports": ["-c", IMPORT_LINTER],
        "budgets": ["-m", "tools.budgets"],
        "traces": ["-m", "tools.traces"],
        **snakefmt,
    }


def main() -> int:
    """Run the checks one after the other and say which of them failed."""
    known = checks()
    parser = argparse.ArgumentParser(description="Run the checks of the house.")
    parser.add_argument("check", nargs="*", help=", ".join(known))
    chosen = parser.parse_args().check or list(known)
    if unknown := set(chosen) - set(known):
        parser.error(f"there is no check {sorted(unknown)}; there are {', '.join(known)}")
    failed = []
    for name, arguments in ((name, known[name]) for name in chosen):
        start = time.monotonic()
        answer = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "140"},
            capture_output=True,
            text=True,
            check=False,
        )
        passed = answer.returncode == 0
        print(f"{name:10} {'passed' if passed else 'FAILED'}  {time.monotonic() - start:5.1f} s")
        if not passed:
            failed.append(name)
            print(answer.stdout + answer.stderr)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
