"""Status files of the stages that run once."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from forecast.common.errors import InputError
from forecast.fields.run_state import StageState, StageStatus
from forecast.storage.atomic import read_json, write_json

_TIMES = ("started", "finished")


def write_stage_status(path: Path, status: StageStatus) -> None:
    """Write the status of a stage.

    Raises:
        OutputError: The disk refuses the file.
    """
    record = asdict(status)
    for name in _TIMES:
        time = record[name]
        record[name] = None if time is None else time.isoformat(timespec="milliseconds")
    write_json(path, record)


def end_stage_status(path: Path, status: StageStatus, reason: str = "") -> None:
    """Write that a stage has ended: well, or for the reason given."""
    state = StageState.FAILED if reason else StageState.FINISHED
    write_stage_status(
        path, replace(status, state=state, reason=reason, finished=datetime.now(UTC))
    )


def read_stage_status(path: Path, stage: str) -> StageStatus:
    """Read the status of a stage; without a file it is waiting.

    Raises:
        InputError: The file is no status file.
    """
    if not path.is_file():
        return StageStatus(stage, StageState.WAITING)
    record = read_json(path)
    try:
        for name in _TIMES:
            text = record[name]
            record[name] = None if text is None else datetime.fromisoformat(text)
        record["state"] = StageState(record["state"])
        return StageStatus(**record)
    except (KeyError, TypeError, ValueError) as error:
        msg = f"'{path}' is no status file of a stage ({error!r}); remove it."
        raise InputError(msg) from error
