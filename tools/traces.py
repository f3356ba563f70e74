"""Check that nothing in the project names a package registry's host or a place on one machine.

    python -m tools.traces [FOLDER]

Where packages come from is a matter of pip's own settings, and where data lie is a matter of
configuration, so neither belongs into a file of the project. `.ci` alone may know where a checkout
stands on the machine that tests it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.project_files import project_files

FREE = {Path("tools/traces.py"), Path("LICENSE")}
"""Files that name what they forbid, or hold a text word by word."""
FREE_FOLDERS = {".ci"}

REGISTRY = re.compile(
    r"\b(?:(?:[\w-]+\.)*pypi\.org|(?:[\w-]+\.)*pythonhosted\.org|(?:[\w-]+\.)*anaconda\.(?:org|com)"
    r"|registry\.npmjs\.org|(?:www\.)?npmjs\.com|(?:[\w-]+\.)*debian\.org|archive\.ubuntu\.com"
    r"|(?:index\.)?docker\.(?:io|com)|ghcr\.io|quay\.io|proxy\.golang\.org|(?:static\.)?crates\.io"
    r"|rubygems\.org|cran\.r-project\.org)\b"
)
MACHINE_PATH = re.compile(
    r"(?<![\w.$}~*/>-])/(?:home|Users|root|work|mnt|media|scratch|data\d*|opt|srv|farm|nas\d*)/[\w.-]+"
)
PARENT_PATH = re.compile(r"(?<![\w./])(?:\.\./)+[\w.-]+")


def check(root: Path) -> list[str]:
    """Return one sentence for each trace in a text file of the project."""
    findings = []
    for path in project_files(root):
        if path not in FREE and path.parts[0] not in FREE_FOLDERS:
            findings += list(_check_file(root, path))
    return findings


def _check_file(root: Path, path: Path) -> Iterator[str]:
    """Look at every line of one file, unless it is binary."""
    data = (root / path).read_bytes()
    if b"\0" in data:
        return
    for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), start=1):
        place = f"{path}:{number}"
        for found in REGISTRY.findall(line):
            yield f"{place}: names the package registry '{found}'; leave it to pip's settings"
        for found in MACHINE_PATH.findall(line):
            yield f"{place}: names '{found}', a place on one machine; make it configuration"
        for found in PARENT_PATH.findall(line):
            if not (root / path).parent.joinpath(found).resolve().is_relative_to(root):
                yield f"{place}: '{found}' lies outside the project; make it configuration"


def main() -> int:
    """Print the findings of the folder on the command line, or of this one."""
    findings = check(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
