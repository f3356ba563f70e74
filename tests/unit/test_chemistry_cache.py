"""Generated modules on disk: written whole, once, found again, and loud when they cannot be."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from forecast.chemistry.codegen import cache
from forecast.chemistry.codegen.module import generate
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism

PROJECT = Path(__file__).parents[2]
TINY = PROJECT / "configs/mechanisms/tiny.yaml"
PROGRAM = """
import sys
from pathlib import Path
from forecast.chemistry.codegen.cache import generated_module
from forecast.chemistry.gas.mechanism import read_gas_mechanism
print(generated_module(read_gas_mechanism(Path(sys.argv[1]))).__file__)
"""


@pytest.fixture
def mechanism() -> GasMechanism:
    return read_gas_mechanism(TINY)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget the folder and the modules of this process, and do so again afterwards."""
    cache.cache_folder.cache_clear()
    known = {name: module for name, module in sys.modules.items() if name.startswith(cache.PREFIX)}
    for name in known:
        del sys.modules[name]
    yield
    cache.cache_folder.cache_clear()
    for name in [name for name in sys.modules if name.startswith(cache.PREFIX)]:
        del sys.modules[name]
    sys.modules.update(known)


def test_a_module_lies_where_numba_keeps_its_own(
    mechanism: GasMechanism, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    module = cache.generated_module(mechanism)
    assert Path(str(module.__file__)).parent == tmp_path / "mechanisms"
    assert cache.generated_module(mechanism) is module


def test_the_text_is_readable(mechanism: GasMechanism) -> None:
    text = generate(mechanism)
    assert "# T3: O3 + NO -> NO2 + O2" in text
    assert "w[r_T3] = w[k_T3] * w[y_O3] * w[y_NO]" in text
    assert all(len(line) <= 100 for line in text.splitlines() if "np.array([" not in line)


def test_the_name_follows_the_mechanism(mechanism: GasMechanism) -> None:
    shorter = replace(mechanism, reactions=mechanism.reactions[:-1])
    assert cache.digest(shorter) != cache.digest(mechanism)
    species = (replace(mechanism.species[0], nitrogen=7), *mechanism.species[1:])
    assert cache.digest(replace(mechanism, species=species)) != cache.digest(mechanism)
    assert cache.digest(read_gas_mechanism(TINY)) == cache.digest(mechanism)


def test_a_damaged_file_is_written_again_and_a_good_one_is_left(
    mechanism: GasMechanism, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    path = tmp_path / "mechanisms" / f"{cache.PREFIX}{cache.digest(mechanism)}.py"
    path.parent.mkdir()
    path.write_text("raise RuntimeError('half a file')", encoding="utf-8")
    module = cache.generated_module(mechanism)
    assert module.ROWS > 0
    written = path.stat().st_mtime_ns
    del sys.modules[module.__name__]
    cache.generated_module(mechanism)
    assert path.stat().st_mtime_ns == written
    assert [entry.name for entry in path.parent.iterdir() if entry.is_file()] == [path.name]


def test_processes_may_start_at_once(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM, str(TINY)]
    processes = [
        subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    assert len({out for out, _ in answers}) == 1


def test_without_a_folder_to_write_one_is_made_for_the_process_and_said_loudly(
    mechanism: GasMechanism,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    with caplog.at_level(logging.WARNING):
        module = cache.generated_module(mechanism)
    assert not str(module.__file__).startswith(str(tmp_path / "file"))
    (record,) = [entry for entry in caplog.records if entry.levelno == logging.WARNING]
    assert str(blocked / "mechanisms") in record.getMessage()
    assert "set NUMBA_CACHE_DIR" in record.getMessage()


def _module(folder: Path, name: str, days: float) -> Path:
    """A module last used some days ago, with what Python and numba keep of it."""
    path = folder / f"{cache.PREFIX}{name}.py"
    path.write_text("", encoding="utf-8")
    for place in (folder / "__pycache__", folder.parent / "mechanisms_0a1b"):
        place.mkdir(exist_ok=True)
        for ending in ("cpython-311.pyc", "solve-1.py311.nbi", "solve-1.py311.1.nbc"):
            (place / f"{path.stem}.{ending}").write_text("", encoding="utf-8")
    then = time.time() - days * 86400
    os.utime(path, (then, then))
    return path


def test_modules_that_nobody_uses_go_and_the_newest_stay(tmp_path: Path) -> None:
    folder = tmp_path / "mechanisms"
    folder.mkdir()
    modules = [_module(folder, f"{days:02d}", days) for days in (50, 40, 35, 20, 1)]
    assert cache.prune(folder, keep=3, days=30) == [path.stem for path in modules[:2]]
    left = {path.name.split(".")[0] for path in tmp_path.rglob("*.*")}
    assert left == {path.stem for path in modules[2:]}
    assert cache.prune(folder, keep=3, days=30) == []


def test_use_keeps_a_module_and_a_new_one_lets_old_ones_go(
    mechanism: GasMechanism, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    path = Path(str(cache.generated_module(mechanism).__file__))
    os.utime(path, (0, 0))
    old = [_module(path.parent, f"{days}", days) for days in range(100, 100 + cache.KEPT)]
    del sys.modules[path.stem]
    assert cache.generated_module(mechanism).__file__ == str(path)
    assert time.time() - path.stat().st_atime < 3600, "it was used just now"
    assert path.stat().st_mtime == 0, "numba would take it for another module"
    assert all(module.exists() for module in old), "nothing goes when nothing comes"
    other = replace(mechanism, reactions=mechanism.reactions[:-1])
    cache.generated_module(other)
    assert path.exists()
    assert sum(module.exists() for module in old) == cache.KEPT - 2
