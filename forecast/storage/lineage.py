"""From a file of a run back through the stages that made it, by their records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One stage that a file rests on.

    Attributes:
        stage: Name.
        member: Name of the member; empty for stages that run once.
        started: UTC, ISO 8601.
        seconds: How long it took.
        host: Machine.
    """

    stage: str
    member: str
    started: str
    seconds: float
    host: str

    @property
    def name(self) -> str:
        """Stage and member."""
        return f"{self.stage} {self.member}".strip()


@dataclass(frozen=True)
class Lineage:
    """What a file rests on.

    Attributes:
        steps: Stages, in the order in which they began.
        breaks: Files that a stage read otherwise than another one wrote them, a sentence each.
    """

    steps: tuple[Step, ...]
    breaks: tuple[str, ...]


def checksum_of(records: Sequence[Record], path: str) -> str:
    """Checksum of a file when it was written; empty when no stage has written it."""
    return next((entry["sha256"] for _, entry in _outputs(records) if entry["path"] == path), "")


def trace_back(records: Sequence[Record], *paths: str) -> Lineage:
    """Follow files back through everything that they were made of.

    Args:
        records: Of all stages of the run.
        paths: The files, relative to the folder of the run.
    """
    makers: dict[str, tuple[Record, str]] = {
        entry["path"]: (record, entry["sha256"]) for record, entry in _outputs(records)
    }
    seen: dict[int, Record] = {}
    breaks: list[str] = []
    pending = list(paths)
    while pending:
        maker = makers.get(pending.pop())
        if maker is None or id(maker[0]) in seen:
            continue
        record = maker[0]
        seen[id(record)] = record
        for entry in record["inputs"]:
            made = makers.get(entry["path"])
            if made is not None and made[0] is not record:
                pending.append(entry["path"])
                if made[1] != entry["sha256"]:
                    breaks.append(_break(entry["path"], made[0], record))
    steps = sorted((_step(record) for record in seen.values()), key=lambda step: step.started)
    return Lineage(tuple(steps), tuple(dict.fromkeys(breaks)))


def _outputs(records: Sequence[Record]) -> Iterator[tuple[Record, dict[str, str]]]:
    for record in records:
        for entry in record["outputs"]:
            yield record, entry


def _step(record: Record) -> Step:
    return Step(
        record["stage"],
        record["member"] or "",
        record["started"],
        float(record["seconds"]),
        record["host"],
    )


def _break(path: str, maker: Record, reader: Record) -> str:
    return (
        f"'{path}' had another checksum when '{_step(reader).name}' read it than when "
        f"'{_step(maker).name}' wrote it"
    )
