"""Check the sizes that keep a room liveable, and that every room is on the map.

    python -m tools.budgets [FOLDER]

Files of code: 400 lines. Functions: 60 lines without the docstring, kernels 100; 8 arguments.
Any file: 1 MB. No module is called after what it is not (`utils`, …). Every package is described
in docs/architecture.md. Complexity and the rest are ruff's.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.project_files import project_files

FILE_LINES = 400
FUNCTION_LINES = 60
KERNEL_LINES = 100
ARGUMENTS = 8
FILE_BYTES = 1_000_000
BANNED_NAMES = {"utils", "util", "helpers", "helper", "misc", "core", "common_utils"}
CODE = {".py", ".smk", ".sh", ".pyi"}
MAP = Path("docs/architecture.md")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def check(root: Path) -> list[str]:
    """Return one sentence for each budget that a file of the project breaks."""
    files = project_files(root)
    findings = []
    for path in files:
        findings += list(_check_file(root, path))
    return findings + list(_check_map(root, files))


def _check_file(root: Path, path: Path) -> Iterator[str]:
    """Check the size, the name and, of Python, the functions of one file."""
    size = (root / path).stat().st_size
    if size > FILE_BYTES:
        yield f"{path}: {size:,} bytes, at most {FILE_BYTES:,}"
    for part in (*path.parts[:-1], path.stem):
        if part in BANNED_NAMES:
            yield f"{path}: the name '{part}' says nothing; name the room by what it does"
    if path.suffix not in CODE and path.name != "Snakefile":
        return
    text = (root / path).read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, at most {FILE_LINES}; is there a second room in it?"
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text, filename=str(path))):
            if isinstance(node, Function):
                yield from _check_function(path, node)


def _check_function(path: Path, node: Function) -> Iterator[str]:
    """Check the length and the arguments of one function."""
    limit = KERNEL_LINES if "kernels" in path.parts[:-1] else FUNCTION_LINES
    lines = _body_lines(node)
    if lines > limit:
        yield f"{path}:{node.lineno}: {node.name} has {lines} lines, at most {limit}"
    taken = node.args
    count = len(taken.posonlyargs) + len(taken.args) + len(taken.kwonlyargs)
    first = (taken.posonlyargs + taken.args)[:1]
    count -= bool(first and first[0].arg in {"self", "cls"})
    if count > ARGUMENTS:
        yield f"{path}:{node.lineno}: {node.name} has {count} arguments, at most {ARGUMENTS}"


def _body_lines(node: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _check_map(root: Path, files: list[Path]) -> Iterator[str]:
    """Check that the map names every package directly below `forecast`."""
    packages = {path.parts[1] for path in files if path.match("forecast/*/__init__.py")}
    if not packages:
        return
    text = (root / MAP).read_text(encoding="utf-8") if (root / MAP).exists() else ""
    for package in sorted(packages):
        if f"`{package}`" not in text:
            yield f"{MAP}: the room `{package}` (forecast/{package}) is not on the map"


def main() -> int:
    """Print the findings of the folder on the command line, or of this one."""
    findings = check(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
