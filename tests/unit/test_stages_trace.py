"""From a line of a bulletin, or a file, back to everything; and the same as an RO-Crate."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from forecast.common.errors import InputError
from forecast.config.load import resolve, write_resolved
from forecast.config.retention import ArchivedRestarts
from forecast.config.run import RunPaths
from forecast.stages.archive import archive_of, archive_run
from forecast.stages.trace import trace_file, trace_line
from forecast.stages.trace_words import in_words

CYCLE = "2021-12-31T16"
COMMIT = "c0ffee" * 6 + "c0ff"
DAYS = [
    {
        "city_code": "370100", "city_en": "Jinan", "city_zh": "济南", "date": f"2022-01-0{day}",
        "lead_day": day, "members": 2, "aqi_p10": 200, "aqi_p50": 237, "aqi_p90": 248,
        "category_zh": "重度污染", "pm25_mean": 186.4, "pm25_p10": 175.8, "pm25_p90": 197.0,
        "primary_pollutants": ["PM2.5"],
    }
    for day in (1, 2)
]  # fmt: skip
WARNINGS = {"cities": [{"code": "370100", "level": "yellow", "reason": "两个成员达到条件"}]}


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _record(run: RunPaths, stage: str, reads: list[Path], writes: list[Path], number: int) -> Any:
    def listed(paths: list[Path]) -> list[dict[str, str]]:
        return [
            {"path": path.relative_to(run.folder).as_posix(), "sha256": _sha(path)}
            for path in paths
        ]

    return {
        "stage": stage, "member": "m01" if stage == "run_member" else None, "host": "n1",
        "started": f"2022-01-01T00:0{number}:00+00:00", "seconds": 1.5,
        "inputs": listed(reads), "outputs": listed(writes),
    }  # fmt: skip


def _member(name: str, hours: int, source: str) -> dict[str, Any]:
    return {
        "member": name, "hours": hours, "state": "finished", "kind": "ctm", "attempt": 2,
        "ranks": 4, "host": "n1", "job": "77",
        "start": {
            "kind": "warm" if source else "cold", "source": source, "cycle": "2021-12-31T04",
            "hour": 12, "unsettled_hours": 0, "sha256": "feed" * 16 if source else "",
        },
    }  # fmt: skip


PROVENANCE: dict[str, Any] = {
    "revision": 0, "decided_at": "2022-01-01T01:00:00+00:00", "trigger": "hard cutoff",
    "quality": "reduced", "members_of": CYCLE,
    "code": {"version": "0.1.0", "commit": COMMIT, "modified": False},
    "launch": {"commit": COMMIT}, "command": {"arguments": ["forecast", "run", CYCLE]},
    "environment": {
        "python": "3.11.7", "lock": "requirements/lock.txt", "lock_sha256": "10cc" * 16,
        "packages_sha256": "", "differs": [],
    },
    "configuration": {
        "file": "config.yaml", "sha256": "c0f1" * 16, "case": "drill", "domain": "drill",
    },
    "inputs": [
        {
            "name": "meteorology", "kind": "previous cycle", "path": "met_04.nc",
            "sha256": "3e70" * 16, "attribution": "a weather service",
            "tried": [{"kind": "own", "path": "met_16.nc", "problem": "it is cut off"}],
        },
    ],
    "files_of_others": [{"path": "configs/aqi", "sha256": "a1" * 32, "read_by": ["index"]}],
    "members": [
        _member("m00", 48, "../2021-12-31T04/restart/m00.f012.zarr"), _member("m01", 0, ""),
    ],
    "rules": {
        "id": "shandong_2024", "title": "", "reference": "〔2024〕119号", "folder": "",
        "sha256": "5e" * 32,
    },
    "standards": {"ids": ["hj633_2012"], "folder": "", "sha256": "5a" * 32},
    "calibration": "none: raw ensemble",
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    run = RunPaths(tmp_path / "runs" / CYCLE)
    bulletin = run.products / "bulletin.html"
    texts = {
        run.configuration: write_resolved(resolve("january_2022")),
        run.meteorology: "wind", run.output("m01"): "fields", run.members: "{}",
        run.forecasts: json.dumps({"days": DAYS}), run.warnings: json.dumps(WARNINGS),
        bulletin: "<html>",
    }  # fmt: skip
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    stages = [
        _record(run, "prepare", [], [run.meteorology], 0),
        _record(run, "run_member", [run.meteorology], [run.output("m01")], 1),
        _record(run, "combine", [run.output("m01")], [run.forecasts], 2),
        _record(run, "publish", [run.forecasts, run.warnings], [bulletin], 3),
        _record(run, "observe", [], [run.members], 4),  # nothing rests on it
    ]
    manifest = {
        "cycle": CYCLE, "written": "2022-01-01T02:00:00+00:00", "provenance": PROVENANCE,
        "stages": stages,
        "degradations": [
            {"stage": "prepare", "what": "cut off", "original": "a", "replacement": "b"}
        ],
    }  # fmt: skip
    run.manifest.write_text(json.dumps(manifest))
    run.latest.symlink_to("r0")
    return run


def test_a_line_of_a_bulletin_leads_to_all_of_it(run: RunPaths) -> None:
    text = in_words(trace_line(run, "jinan", "2"))
    for words in (
        "Jinan 济南, 2022-01-02, day 2: AQI 237 (重度污染)", "175.8 to 197.0", "yellow",
        "unchanged since", "revision 0, quality reduced", "hard cutoff", "Members: 1 of 2",
        "m00: 48 h count, finished, attempt 2, 4 ranks on n1, job 77",
        "warm from ../2021-12-31T04/restart/m00.f012.zarr (hour 12 of 2021-12-31T04, sha256 feed",
        "meteorology: met_04.nc (previous cycle, sha256 3e703e70",
        "not met_16.nc: it is cut off", "wanted a, took b", "shandong_2024", "hj633_2012",
        f"commit {COMMIT}, frozen for this cycle", "sha256 10cc", "as locked", "sha256 c0f1",
        "Stages: prepare, run_member m01, combine, publish\n", "read as it had been written",
    ):  # fmt: skip
        assert words in text, words
    assert "observe" not in text


@pytest.mark.parametrize("city", ["Jinan", "济南", "370100"])
@pytest.mark.parametrize("day", ["2", "2022-01-02"])
def test_a_city_and_a_day_have_several_names(run: RunPaths, city: str, day: str) -> None:
    line = trace_line(run, city, day).line
    assert line is not None
    assert line["lead_day"] == 2


@pytest.mark.parametrize(
    ("city", "day", "words"), [("Paris", "1", "it has Jinan"), ("Jinan", "9", r"1 \(2022-01-01\)")]
)
def test_a_line_that_is_not_there_is_named(run: RunPaths, city: str, day: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        trace_line(run, city, day)


def test_a_changed_product_is_found_out(run: RunPaths) -> None:
    bulletin = run.latest / "products" / "bulletin.html"
    assert trace_file(bulletin).state == "as published"
    bulletin.write_text("<html> and a word")
    assert trace_file(bulletin).state == "changed since"
    assert "CHANGED since it was written" in in_words(trace_file(bulletin))
    stranger = run.products / "stranger.txt"
    stranger.write_text("")
    assert trace_file(stranger).state == "not on record"


def test_a_broken_chain_is_found_out(run: RunPaths) -> None:
    manifest = json.loads(run.manifest.read_text())
    manifest["stages"][1]["inputs"][0]["sha256"] = "0" * 64
    run.manifest.write_text(json.dumps(manifest))
    assert (
        "BROKEN CHAIN: 'prepared/meteorology.nc' had another checksum when 'run_member m01' read "
        "it than when 'prepare' wrote it"
    ) in in_words(trace_line(run, "Jinan", "1"))


def test_a_file_of_the_archive_can_be_traced_without_the_run(run: RunPaths) -> None:
    archive = archive_of(run.folder.parent.parent / "archive")
    place = archive_run(run, archive, ArchivedRestarts.NONE)
    run.folder.rename(run.folder.with_name("gone"))
    found = trace_file(place / "products" / "latest" / "products" / "bulletin.html")
    assert (found.state, found.cycle) == ("as published", CYCLE)
    assert found.origin["code"]["commit"] == COMMIT
    assert archive.verify(12) == ()


def test_a_file_without_a_manifest_above_it_is_an_error(tmp_path: Path) -> None:
    copied = tmp_path / "bulletin.html"
    copied.write_text("")
    with pytest.raises(InputError, match="trace the original"):
        trace_file(copied)


def test_the_crate_links_every_file_to_the_program_and_its_inputs(run: RunPaths) -> None:
    archive = archive_of(run.folder.parent.parent / "archive")
    place = archive_run(run, archive, ArchivedRestarts.NONE)
    crate = json.loads((place / "products" / "r0" / "ro-crate-metadata.json").read_text())
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert descriptor["about"] == {"@id": "./"}
    files = {link["@id"] for link in root["hasPart"]}
    assert files == {
        "products/bulletin.html", "cities.json", "warnings.json", "members.json", "manifest.json",
    }  # fmt: skip
    for name in files:
        assert entities[name]["sha256"] == _sha(place / "products" / "r0" / name)
    action = entities[root["mentions"]["@id"]]
    assert {link["@id"] for link in action["result"]} == files
    named = [entities[link["@id"]]["name"] for link in action["object"]]
    assert named == ["meteorology", "configs/aqi"]
    assert COMMIT in entities[action["instrument"]["@id"]]["version"]
    links = [
        value["@id"]
        for entity in crate["@graph"]
        for key, value in entity.items()
        if isinstance(value, dict) and key not in {"conformsTo", "actionStatus"}
    ]
    assert set(links) <= set(entities)
