"""From a product, or one line of it, back to everything that it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.common.errors import InputError
from forecast.config.run import RunPaths
from forecast.storage.atomic import read_json
from forecast.storage.lineage import Lineage, checksum_of, trace_back
from forecast.storage.manifest import digest

_MANIFEST = "manifest.json"
_BULLETIN = "products/bulletin.html"


@dataclass(frozen=True)
class Trace:
    """Where a product comes from.

    Attributes:
        product: The file, or the line in words.
        file: Path of the file.
        state: "as published", "changed since", or "not on record".
        cycle: Name of the cycle.
        manifest: Path of the manifest that says so.
        origin: What the manifest says: code, environment, configuration, inputs, members, rules.
        lineage: Stages that it rests on.
        fallbacks: Those of the cycle.
        line: Values of the line; None when a whole file was asked for.
        warning: Proposed warning of the line's city.
    """

    product: str
    file: str
    state: str
    cycle: str
    manifest: str
    origin: dict[str, Any]
    lineage: Lineage
    fallbacks: list[dict[str, str]]
    line: dict[str, Any] | None = None
    warning: dict[str, Any] | None = None


def trace_file(path: Path) -> Trace:
    """Trace a file of a run or of the archive.

    Raises:
        InputError: There is no such file, or nothing beside it says where it comes from.
    """
    file = path.resolve()
    if not file.is_file():
        msg = f"There is no file '{path}'; give a file below the `products` of a run."
        raise InputError(msg)
    manifest = next(
        (parent / _MANIFEST for parent in file.parents if (parent / _MANIFEST).is_file()), None
    )
    if manifest is None:
        msg = (
            f"No manifest lies in a folder above '{file}'; a product can be traced where it was "
            "made (`runs/CYCLE/rN/products`) or in the archive. If it was copied from there, "
            "trace the original."
        )
        raise InputError(msg)
    return _trace(file, manifest)


def trace_line(run: RunPaths, city: str, day: str) -> Trace:
    """Trace one city on one day.

    Args:
        run: Files of the run, of the revision that is meant.
        city: English or Chinese name, or code.
        day: Lead day, or date YYYY-MM-DD.

    Raises:
        InputError: There is no product yet, or no such line.
    """
    file, manifest = run.forecasts, run.manifest
    if not manifest.is_file():
        msg = f"There is no complete product of '{run.folder.name}' in '{run.revision_folder}'."
        raise InputError(msg)
    if not file.is_file():
        return _trace(run.products, manifest)
    line = _line(read_json(file)["days"], city, day)
    cities = read_json(run.warnings)["cities"] if run.warnings.is_file() else []
    warning = next((entry for entry in cities if entry["code"] == line["city_code"]), None)
    return _trace(file, manifest, line, warning)


def _line(days: Sequence[dict[str, Any]], city: str, day: str) -> dict[str, Any]:
    of_city = [
        entry
        for entry in days
        if city.casefold() in {entry["city_en"].casefold(), entry["city_zh"], entry["city_code"]}
    ]
    if not of_city:
        known = ", ".join(dict.fromkeys(str(entry["city_en"]) for entry in days))
        msg = f"There is no city '{city}' in the product; it has {known}."
        raise InputError(msg)
    for entry in of_city:
        if day in {str(entry["lead_day"]), entry["date"]}:
            return entry
    known = ", ".join(f"{entry['lead_day']} ({entry['date']})" for entry in of_city)
    msg = f"There is no day '{day}' for {city} in the product; it has the days {known}."
    raise InputError(msg)


def _trace(
    file: Path,
    manifest: Path,
    line: dict[str, Any] | None = None,
    warning: dict[str, Any] | None = None,
) -> Trace:
    content = read_json(manifest)
    if "provenance" not in content:
        msg = f"'{manifest}' was written by an older version and does not say where it comes from."
        raise InputError(msg)
    name = file.relative_to(manifest.parent.parent).as_posix()
    records = content["stages"]
    bulletin = f"{manifest.parent.name}/{_BULLETIN}"  # a line of it rests on what it rests on
    return Trace(
        product=name if line is None else _said(line),
        file=str(file),
        state=_state(file, checksum_of(records, name)),
        cycle=content["cycle"],
        manifest=str(manifest),
        origin=content["provenance"],
        lineage=trace_back(records, name, *([] if line is None else [bulletin])),
        fallbacks=content["degradations"],
        line=line,
        warning=warning,
    )


def _state(file: Path, recorded: str) -> str:
    if not recorded:
        return "not on record"
    return "as published" if digest(file) == recorded else "changed since"


def _said(line: dict[str, Any]) -> str:
    aqi = "no AQI" if line["aqi_p50"] is None else f"AQI {line['aqi_p50']} ({line['category_zh']})"
    return f"{line['city_en']} {line['city_zh']}, {line['date']}, day {line['lead_day']}: {aqi}"
