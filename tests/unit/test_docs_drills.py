"""The table of drills and the tests that it names."""

import re
from pathlib import Path

from forecast.delivery.catalogue import catalogue


def test_every_drill_on_the_cluster_is_in_the_table_and_the_other_way_round(
    project_root: Path,
) -> None:
    text = (project_root / "docs" / "drills.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+::test_\w+)`", text)) - {"gate::test_x"}
    there = {
        f"{path.stem.removeprefix('test_drill_')}::{name}"
        for path in (project_root / "tests" / "cluster").glob("test_drill_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named == there


def test_files_and_alerts_of_the_table_exist(project_root: Path) -> None:
    text = (project_root / "docs" / "drills.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(test_workflow_\w+\.py)`", text):
        assert (project_root / "tests" / "workflow" / name).is_file(), name
    rows = [line.split("|") for line in text.splitlines() if "::test_" in line and "|" in line]
    codes = {code.strip() for row in rows for code in row[3].split(",") if code.strip()}
    assert codes
    assert codes <= set(catalogue())
