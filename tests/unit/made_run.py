"""A small run of which the members are made and all that follows is real."""

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.status import MemberState, MemberStatus
from forecast.fields.variables import REGISTRY
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.grid.overlap import CityWeights
from forecast.storage.member_output import MemberOutput, OutputFrame, ensure_output
from forecast.storage.meteorology import write_meteorology
from forecast.storage.status import write_status
from forecast.storage.tiles import Tile

NY, NX, HOURS, SPIN_UP = 5, 6, 48, 24
SETTINGS = [
    "domain.nx=6", "domain.ny=5", "ensemble.members=4", "forecast.spin_up_hours=24",
    "forecast.horizon_hours=48", "forecast.hourly_hours=24", "domain.levels.eta=[1,0.9,0.5,0]",
]  # fmt: skip


def made_run(folder: Path, cycle: str = "2021-12-31T16") -> RunPaths:
    """Make members that have ended: m00 whole, m01 after 30 hours, m02 never ran, m03 whole."""
    run = RunPaths(folder / cycle)
    run.folder.mkdir(parents=True)
    configuration = resolve("january_2022", settings=SETTINGS)
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    domain = Domain.from_config(configuration.domain)
    window = RunWindow(run.cycle, SPIN_UP, HOURS)
    _write_meteorology(run, domain, window)
    _write_weights(run, domain)
    frame = OutputFrame(
        window.labels, domain.horizontal.y_centre, domain.horizontal.x_centre, "any"
    )
    for member, hours in (("m00", 48), ("m01", 30), ("m03", 48)):
        write_member(run, member, hours, frame)
    return run


def _write_meteorology(run: RunPaths, domain: Domain, window: RunWindow) -> None:
    nz, ny, nx = domain.shape
    sizes = {"time": window.total_hours + 1, "z": nz, "y": ny, "x": nx}
    sizes |= {"y_edge": ny + 1, "x_edge": nx + 1}
    values = {
        field.name: np.zeros([sizes[dim] for dim in REGISTRY[field.name].dims], np.float32)
        for field in fields(MeteorologyHour)
    }
    series = MeteorologySeries(window.bounds, MeteorologyHour(**values), False, "made")
    write_meteorology(run.meteorology, series)


def _write_weights(run: RunPaths, domain: Domain) -> None:
    """Jinan is the cell (1, 2), Qingdao the mean of (0, 0) and (4, 5)."""
    rows = np.zeros((2, NY * NX))
    rows[0, 1 * NX + 2] = 1.0
    rows[1, 0] = rows[1, -1] = 0.5
    CityWeights(
        ("Jinan", "Qingdao"),
        ("济南", "青岛"),
        ("stations", "polygon"),
        csr_array(rows),
        domain.horizontal.fingerprint,
    ).save(run.city_weights)


def value(member: str, pollutant: int, record: int) -> np.ndarray:
    """A field that differs between members, pollutants, hours and cells."""
    base = 10.0 * (int(member[1:]) + 1) + pollutant + 0.1 * record
    return (base + np.arange(NY * NX).reshape(NY, NX)).astype(np.float32)


def write_member(run: RunPaths, member: str, hours: int, frame: OutputFrame) -> None:
    tile = Tile.whole((NY, NX))
    ensure_output(run.output(member), frame, tile, fresh=True)
    output = MemberOutput(run.output(member), tile)
    for record in range(hours):
        surface = [value(member, place, record) for place in range(len(frame.pollutants))]
        output.write(record, np.stack(surface))
    output.flush()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    whole = hours == HOURS
    status = MemberStatus(
        member,
        MemberState.FINISHED if whole else MemberState.FAILED,
        hours_total=SPIN_UP + HOURS,
        hours_done=SPIN_UP + hours,
        spin_up_hours=SPIN_UP,
        reason="" if whole else "it met a wall",
        log="a.log",
        started=now,
        updated=now,
        finished=now,
    )
    write_status(run.status(member), status)
