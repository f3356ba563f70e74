"""Running one stage: environment, log, record, errors."""

import contextlib
import importlib
import logging
import os
import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from forecast.common.errors import ConfigurationError, ForecastError
from forecast.common.log import start_log
from forecast.config.load import PROJECT
from forecast.fields.run_state import StageState, StageStatus
from forecast.stages.table import STAGES, Stage
from forecast.stages.task import Task
from forecast.storage.stage_status import end_stage_status, write_stage_status

logger = logging.getLogger(__name__)

_ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run_stage(
    name: str,
    folder: Path,
    member: str | None = None,
    exit_code: int = 0,
    revision: int = 0,
    *,
    ranks: int = 0,
    launch: str = "",
) -> int:
    """Run one stage in the folder of a run.

    Args:
        name: Name of the stage.
        folder: Folder of the run, named after its cycle.
        member: For stages that run once a member.
        exit_code: How the member's process ended, for `close_member`.
        revision: For the stages from the decision on.
        ranks: MPI ranks that were asked for, for `run_member`.
        launch: Name of the rule's one start of a member, for its stages.

    Returns:
        0 when it ended well, 1 when it stopped with an error that is in the log; a member's stages
        have further codes.
    """
    stage = STAGES.get(name)
    if stage is None:
        msg = f"There is no stage '{name}'; there are {', '.join(STAGES)}."
        raise ConfigurationError(msg)
    set_environment(folder)
    start_log(name if member is None else f"{name} {member}")
    try:
        task = Task.create(name, folder, member, exit_code, revision)
    except ForecastError as error:
        logger.error("%s", error)  # noqa: TRY400  (the sentence says it all; no traceback)
        return 1
    if stage.per_member:
        task = replace(task, ranks=ranks, launch=launch)
        return int(importlib.import_module(stage.module).run(task))
    return _run_once(stage, task)


def _run_once(stage: Stage, task: Task) -> int:
    """Run a stage that runs once, with its status file and its record."""
    path = task.run.stage_status(stage.name)
    status = StageStatus(
        stage=stage.name,
        state=StageState.RUNNING,
        title=stage.title,
        host=platform.node(),
        pid=os.getpid(),
        started=datetime.now(UTC),
        log=str(task.run.log(stage.name)),
    )
    logger.info("started: %s", stage.title)
    try:
        write_stage_status(path, status)
        importlib.import_module(stage.module).run(task)
        task.record.write(task.run.stage_record(stage.name))
        end_stage_status(path, status)
    except ForecastError as error:
        logger.error("%s", error)  # noqa: TRY400
        reason = str(error)
    except Exception as error:
        logger.exception("the stage '%s' stopped with an error of the program", stage.name)
        reason = f"error of the program: {type(error).__name__}: {error}"
    else:
        logger.info("done")
        return 0
    with contextlib.suppress(ForecastError):  # the disk may be full: the log has the reason
        end_stage_status(path, status, reason)
    return 1


def set_environment(folder: Path) -> None:
    """Set what numba and the libraries below numpy read when they are imported.

    One thread a rank. No locks of HDF5: shared disks often refuse them, and our files are never
    changed while they can be read, only replaced. Compiled kernels are kept beside the sources,
    or, where those cannot be written, in the user's cache folder, or at last in the folder of the
    run.
    """
    for variable in _ONE_THREAD:
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
    if "NUMBA_CACHE_DIR" in os.environ or os.access(PROJECT / "forecast", os.W_OK):
        return
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    for place in (Path(home) / "forecast" / "numba", folder.resolve() / ".numba"):
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            os.environ["NUMBA_CACHE_DIR"] = str(place)
            return
