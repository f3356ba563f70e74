"""The chain of restarts: what a cycle has left for later ones, and a mean of many."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import ForecastError, InputError
from forecast.config.load import read_resolved
from forecast.config.run import RunPaths, member_names
from forecast.stages.start_plan import read_start_plan
from forecast.storage.climatology import Basis, write_climatology
from forecast.storage.restart import read_marker


def left_restarts(run: RunPaths, hours: int) -> bool:
    """Tell whether all members of a run have left a restart for the cycle some hours later.

    Only markers are read; the cycle that begins from them checks every byte.
    """
    try:
        configuration = read_resolved(run.configuration)
        first = read_start_plan(run, configuration).spin_up_hours
        wanted = Cycle(run.cycle.time + timedelta(hours=hours)).start
        members = member_names(configuration.ensemble.members)
        return all(
            read_marker(run.restart(member, first + hours)).origin.valid_time == wanted
            for member in members
        )
    except ForecastError:
        return False


def states_at(runs: Path, hour: int, month: int | None, members: bool) -> list[Path]:
    """Find the restarts of all runs that are valid at an hour of day.

    Args:
        runs: Folder of all runs.
        hour: Hour of day, UTC.
        month: Only of this month; None takes all.
        members: Of all members; else only of the control.
    """
    pattern = "*/restart/m*.f*.zarr" if members else "*/restart/m00.f*.zarr"
    return sorted(path for path in runs.glob(pattern) if _valid_at(path, hour, month))


def _valid_at(path: Path, hour: int, month: int | None) -> bool:
    try:
        time = read_marker(path).origin.valid_time.astype("datetime64[s]").item()
    except InputError:
        return False
    return time is not None and time.hour == hour and month in (None, time.month)


def build_climatologies(
    runs: Path, template: str, months: tuple[int, ...], *, members: bool
) -> Iterator[tuple[Path, Basis]]:
    """Average the restarts of all runs, one state an hour of day (and month, where that is named).

    Args:
        runs: Folder of all runs.
        template: Where to write; `{hour}` and, when there, `{month}` are replaced.
        months: Months to look at.
        members: Take all members, not only the control.

    Yields:
        Each state that was written and what it was made of; hours without a restart are left out.

    Raises:
        InputError: A restart is damaged, or they do not fit together.
        OutputError: The disk refuses the files.
    """
    wanted = months if "{month}" in template else (None,)
    for month in wanted:
        for hour in range(24):
            states = states_at(runs, hour, month, members)
            if states:
                name = template.format(hour=f"{hour:02d}", month=f"{month or 0:02d}")
                path = Path(name).resolve()
                yield path, write_climatology(path, states)
