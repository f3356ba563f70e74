"""Nights of which only the inputs and the cycle before are real: members are stubs."""

import shutil
from pathlib import Path

import netCDF4
import numpy as np

from forecast.config.root import Configuration
from forecast.config.run import RunPaths, member_names
from forecast.fields.status import MemberState, MemberStatus
from forecast.fields.variables import POLLUTANTS
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.storage.member_output import MemberOutput, OutputFrame, ensure_output
from forecast.storage.meteorology import read_times
from forecast.storage.status import write_status
from forecast.storage.tiles import Tile

REANALYSIS = Path("data/meteorology/ncep_reanalysis_20220101-05.nc")
"""Daily means of 1 to 5 January 2022, in the checkout."""


def deliver(source: Path, path: Path, days: int = 0) -> Path:
    """Deliver a copy of a file of daily means with its dates moved, whole or not at all.

    Its name goes into it, so that two deliveries differ as real ones do.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    shutil.copyfile(source, part)
    with netCDF4.Dataset(part, "a") as file:
        file["time"][:] = file["time"][:] + 24 * days
        file.mark = path.name
    part.rename(path)
    return path


def cut_off(path: Path) -> None:
    """Leave the first half of a file."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def stub_members(run: RunPaths, configuration: Configuration) -> None:
    """Write members that have ended well, as if a model had run."""
    grid = Domain.from_config(configuration.domain).horizontal
    window = RunWindow.of_bounds(run.cycle, read_times(run.meteorology))
    frame = OutputFrame(window.labels, grid.y_centre, grid.x_centre, "any")
    for number, member in enumerate(member_names(configuration.ensemble.members)):
        ensure_output(run.output(member), frame, Tile.whole(grid.shape), fresh=True)
        output = MemberOutput(run.output(member), Tile.whole(grid.shape))
        base = np.linspace(20, 60, len(POLLUTANTS))[:, None, None] * (1 + 0.2 * number)
        for hour in range(window.horizon_hours):
            wave = 1 + 0.3 * np.sin(hour / 4 + np.arange(grid.nx) / 5)[None, None, :]
            field = np.broadcast_to(base * wave, (len(POLLUTANTS), *grid.shape))
            output.write(hour, field.astype(np.float32))
        output.flush()
        status = MemberStatus(
            member,
            MemberState.FINISHED,
            hours_total=window.total_hours,
            hours_done=window.total_hours,
            hours_saved=window.total_hours,
            spin_up_hours=window.spin_up_hours,
        )
        write_status(run.status(member), status)
        run.stamp(member).touch()
