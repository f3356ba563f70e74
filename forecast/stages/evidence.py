"""Reading what a run's records say about why its product is as it is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from forecast.config.run import RunPaths
from forecast.fields.evidence import Evidence
from forecast.fields.inputs import InputsRecord
from forecast.fields.membership import Membership
from forecast.fields.run_state import RunState
from forecast.fields.start import StartPlan
from forecast.storage.alerts import read_alerts
from forecast.storage.atomic import read_json
from forecast.storage.records import read_record

Record = TypeVar("Record")


def evidence_of(run: RunPaths, state: RunState) -> Evidence:
    """Gather the records of one revision.

    Args:
        run: Files of the run, of the revision that is asked for.
        state: Where the run stands.

    Raises:
        InputError: A record is damaged; one that is not there yet is left out.
    """
    return Evidence(
        state=replace(state, revision=run.revision),
        membership=_optional(Membership, run.members),
        inputs=_optional(InputsRecord, run.inputs_record),
        start=_optional(StartPlan, run.start_plan),
        alerts=read_alerts(run.alerts),
        changed=tuple(_changes(run.changes)),
    )


def _optional(kind: type[Record], path: Path) -> Record | None:
    return read_record(kind, path) if path.is_file() else None


def _changes(path: Path) -> Iterator[str]:
    """The changes of a revision, one sentence an entry; none for the first one."""
    if not path.is_file():
        return
    for key, value in dict(read_json(path)).items():
        entries = value if isinstance(value, list) else [value]
        for entry in entries:
            yield f"{key}: {_words(entry)}"


def _words(entry: Any) -> str:
    if isinstance(entry, dict):
        return ", ".join(f"{name} {value}" for name, value in entry.items())
    return str(entry)
