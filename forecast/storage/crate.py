"""The products of a cycle as an RO-Crate 1.1: what there is, and what made it, as linked data.

One file, `ro-crate-metadata.json`, describes the folder that it lies in. It follows the profile
Process Run Crate 0.5 (https://w3id.org/ro/wfrun/process/0.5): one action, by one program, from the
inputs to the products. No library is needed to write it.
"""

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.storage.atomic import write_json
from forecast.storage.manifest import digest

METADATA = "ro-crate-metadata.json"
_CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]
_CRATE = "https://w3id.org/ro/crate/1.1"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_HIDDEN = {"log", "status", "manifest"}
_TYPES = {".nc": "application/x-netcdf", ".geojson": "application/geo+json"}
_TERMS = "#terms"

Entity = dict[str, Any]


@dataclass(frozen=True)
class CrateText:
    """What a crate says in words.

    Attributes:
        name: Title.
        description: What it is.
        published: Time, UTC, ISO 8601.
        publisher: Who issues it.
        terms: Under which terms the sources may be used.
    """

    name: str
    description: str
    published: str
    publisher: str
    terms: str


def write_metadata(folder: Path, text: CrateText, manifest: Mapping[str, Any]) -> Path:
    """Describe a folder of products.

    Args:
        folder: `runs/{cycle}/rN`.
        text: Title and terms.
        manifest: The merged manifest of the revision, with its "provenance".

    Returns:
        The file.

    Raises:
        OutputError: The disk refuses the file.
    """
    path = folder / METADATA
    write_json(path, {"@context": _CONTEXT, "@graph": _graph(folder, text, manifest)})
    return path


def _graph(folder: Path, text: CrateText, manifest: Mapping[str, Any]) -> list[Entity]:
    files = list(_files(folder))
    inputs = list(_inputs(manifest["provenance"]))
    publisher = {"@id": "#publisher", "@type": "Organization", "name": text.publisher}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": text.name,
        "description": text.description,
        "datePublished": text.published,
        "license": {"@id": _TERMS},
        "publisher": {"@id": publisher["@id"]},
        "conformsTo": {"@id": _PROFILE},
        "hasPart": _links(files),
        "mentions": {"@id": "#run"},
    }
    return [
        _descriptor(),
        root,
        {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        publisher,
        {"@id": _TERMS, "@type": "CreativeWork", "name": "Terms of use", "description": text.terms},
        _program(manifest["provenance"]),
        _action(manifest, files, inputs, publisher),
        *files,
        *inputs,
    ]


def _descriptor() -> Entity:
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _CRATE},
        "about": {"@id": "./"},
    }


def _program(origin: Mapping[str, Any]) -> Entity:
    code, environment = origin["code"], origin["environment"]
    commit = code["commit"] or "not known"
    changed = " with changes that are not committed" if code["modified"] else ""
    return {
        "@id": "#program",
        "@type": "SoftwareApplication",
        "name": "forecast",
        "version": f"{code['version']} (commit {commit}{changed})",
        "softwareRequirements": (
            f"Python {environment['python']}; {environment['lock']} with sha256 "
            f"{environment['lock_sha256'] or 'not known'}"
        ),
    }


def _action(
    manifest: Mapping[str, Any],
    files: Sequence[Entity],
    inputs: Sequence[Entity],
    publisher: Entity,
) -> Entity:
    origin = manifest["provenance"]
    started = min((record["started"] for record in manifest["stages"]), default="")
    used = [entry["member"] for entry in origin["members"] if entry["hours"]]
    said = [
        f"Members: {', '.join(used) or 'none'}, of the cycle {origin['members_of']}.",
        f"Quality: {origin['quality']}. Decided because of: {origin['trigger']}.",
        f"Configuration sha256: {origin['configuration']['sha256']}.",
        *(
            f"Fallback in {entry['stage']}: {entry['what']}; took {entry['replacement']}."
            for entry in manifest["degradations"]
        ),
    ]
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Cycle {manifest['cycle']}, revision {origin['revision']}",
        "description": " ".join(said),
        "instrument": {"@id": "#program"},
        "agent": {"@id": publisher["@id"]},
        "startTime": started,
        "endTime": manifest["written"],
        "object": _links(inputs),
        "result": _links(files),
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    }


def _files(folder: Path) -> Iterator[Entity]:
    """Every file of the folder but logs, records and what describes them."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file() or name.parts[0] in _HIDDEN or path.name == METADATA:
            continue
        if any(part.startswith(".") for part in name.parts):
            continue
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        yield {
            "@id": name.as_posix(),
            "@type": "File",
            "name": path.name,
            "contentSize": str(path.stat().st_size),
            "sha256": digest(path),
            "encodingFormat": kind or "application/octet-stream",
        }


def _inputs(origin: Mapping[str, Any]) -> Iterator[Entity]:
    """What others made: the sources of the ladders, then every further file."""
    known = set()
    for entry in origin["inputs"]:
        known.add(entry.get("path"))
        yield {
            "@id": f"#input-{entry['name']}",
            "@type": "CreativeWork",
            "name": entry["name"],
            "description": entry["attribution"],
            **_located(entry.get("path", ""), entry.get("sha256", "")),
        }
    for number, entry in enumerate(origin["files_of_others"]):
        if entry["path"] not in known:
            yield {
                "@id": f"#file-{number}",
                "@type": "CreativeWork",
                "name": entry["path"],
                **_located(entry["path"], entry["sha256"]),
            }


def _located(path: str, checksum: str) -> Entity:
    found = {"identifier": path, "sha256": checksum}
    return {key: value for key, value in found.items() if value}


def _links(entities: Sequence[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]
