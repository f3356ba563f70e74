"""Describing the products of a cycle for archives and other programs."""

from pathlib import Path

from forecast.common.cycle import LOCAL_OFFSET
from forecast.common.errors import InputError
from forecast.config.load import read_resolved
from forecast.config.run import RunPaths
from forecast.storage.atomic import read_json
from forecast.storage.crate import CrateText, write_metadata


def write_crate(run: RunPaths) -> Path:
    """Write `ro-crate-metadata.json` into the folder of a complete revision.

    Raises:
        InputError: The manifest was written by an older version.
        OutputError: The disk refuses the file.
    """
    manifest = read_json(run.manifest)
    if "provenance" not in manifest:
        msg = f"'{run.manifest}' was written by an older version and does not say enough."
        raise InputError(msg)
    configuration = read_resolved(run.configuration)
    local = run.cycle.time + LOCAL_OFFSET
    sources = dict.fromkeys(str(entry["attribution"]) for entry in manifest["provenance"]["inputs"])
    mark = configuration.bulletins.exercise_mark if configuration.case.exercise else ""
    text = CrateText(
        name=f"Air-quality forecast of {local:%Y-%m-%d %H:%M} Beijing time, r{run.revision} {mark}",
        description=(
            f"{configuration.case.title}, domain {configuration.domain.name}: ensemble forecast, "
            "air-quality index of the cities and proposed warnings. Where every value comes from "
            "is in manifest.json."
        ),
        published=manifest["written"],
        publisher=configuration.bulletins.issuing_body,
        terms="Sources: " + "; ".join(sources),
    )
    return write_metadata(run.revision_folder, text, manifest)
