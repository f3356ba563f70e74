"""Combining the members with Dask, where they outgrow one node.

Dask stands beside the critical path: when it is not installed, no worker comes, or the cluster is
lost, the stage does by itself what is left, and says so. The pieces and the work on each are the
same, so the result is too.
"""

import importlib
import logging
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

from forecast.common.degradation import Degradation
from forecast.common.errors import ForecastError
from forecast.config.combine import DaskCluster, DaskConfig
from forecast.config.load import PROJECT
from forecast.fields.ensemble import Piece, PieceStatistics
from forecast.stages.combine_pieces import Combination, combine_piece
from forecast.stages.task import Task

logger = logging.getLogger(__name__)

_AHEAD = 2
"""Pieces in hand for each thread of the workers; what they find waits in memory to be written."""


def combine_with_workers(
    task: Task, work: Combination, parts: list[Piece]
) -> Iterator[PieceStatistics]:
    """Combine pieces on the workers, in the order in which they are ready.

    Fewer than all come back when Dask fails; that is on record as a fallback.

    Raises:
        InputError: An output is missing or damaged.
    """
    options = task.configuration.combine.dask
    try:
        yield from _combined(task, work, parts, options)
    except ForecastError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever a cluster does, the product comes)
        problem = f"{type(error).__name__}: {error}".rstrip(": ")
        task.record.fell_back(
            Degradation(
                stage="combine",
                what=f"the workers of Dask cannot be used ({problem})",
                original=f"{options.workers} worker(s) on the cluster '{options.cluster}'",
                replacement="the stage itself, one piece after the other",
                effect="",
                code="combine-without-workers",
            ).announce()
        )


def _combined(
    task: Task, work: Combination, parts: list[Piece], options: DaskConfig
) -> Iterator[PieceStatistics]:
    distributed = importlib.import_module("distributed")
    logging.getLogger("distributed").setLevel(logging.WARNING)  # it tells of every message
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster(task, options))
        client = stack.enter_context(distributed.Client(cluster))
        client.wait_for_workers(1, timeout=options.start_seconds)
        logger.info("combining %d pieces with %d worker(s)", len(parts), options.workers)
        shared = client.scatter(work, broadcast=True)
        todo = iter(parts)
        ahead = _AHEAD * options.workers * options.cores
        first = [client.submit(combine_piece, shared, piece) for piece in islice(todo, ahead)]
        ready = distributed.as_completed(first)
        for future in ready:
            yield future.result()
            future.release()
            for piece in islice(todo, 1):
                ready.add(client.submit(combine_piece, shared, piece))


def _cluster(task: Task, options: DaskConfig) -> Any:
    """Start the workers."""
    if options.cluster is DaskCluster.LOCAL:
        return importlib.import_module("distributed").LocalCluster(
            n_workers=options.workers,
            threads_per_worker=options.cores,
            memory_limit=f"{options.memory_mb}MB",
            dashboard_address=None,
            host=options.host or "127.0.0.1",
            local_directory=str(task.run.log_folder / "dask"),
        )
    cluster = importlib.import_module("dask_jobqueue").SLURMCluster(
        queue=options.partition or None,
        cores=options.cores,
        processes=1,
        memory=f"{options.memory_mb}MB",
        walltime=f"{options.minutes // 60:02d}:{options.minutes % 60:02d}:00",
        job_name="forecast-combine",
        job_extra_directives=list(options.directives),
        job_script_prologue=[
            f"export PYTHONPATH={shlex.quote(os.pathsep.join([str(PROJECT), *_python_path()]))}",
            "export OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1",
        ],
        python=sys.executable,
        log_directory=str(task.run.log_folder / "dask"),
        local_directory=str(task.run.log_folder / "dask"),
        scheduler_options={"dashboard_address": None, "host": options.host or None},
        worker_extra_args=["--host", options.host] if options.host else [],
    )
    # a fixed number would not replace a worker that is lost
    cluster.adapt(minimum_jobs=options.workers, maximum_jobs=options.workers)
    return cluster


def _python_path() -> list[str]:
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
