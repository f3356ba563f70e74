"""What a member reads and writes: the same on any tiles."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from forecast.common.cycle import Cycle
from forecast.config.run import RunPaths
from forecast.ctm.checkpoint import Checkpoint
from forecast.ctm.monitor import SurfaceFields
from forecast.fields.boundary import BoundarySeries
from forecast.fields.emissions import EmissionSet, PointSources
from forecast.fields.perturbation import Perturbation
from forecast.fields.status import MemberState, MemberStatus
from forecast.fields.variables import POLLUTANTS
from forecast.fields.window import RunWindow
from forecast.parallel.comm import Communicator, InProcessWorld
from forecast.parallel.decomposition import Decomposition
from forecast.stages.close_member import close_member
from forecast.stages.member_inputs import MemberBoundary, MemberEmissions
from forecast.stages.member_outputs import CheckpointStore, Heartbeat, SurfaceSink
from forecast.storage.emissions import read_emissions, write_emissions
from forecast.storage.member_output import (
    MemberOutput,
    OutputFrame,
    ensure_output,
    read_variable,
)
from forecast.storage.restart import RestartOrigin, complete_restarts, read_restart
from forecast.storage.status import read_status, write_status
from forecast.storage.tiles import Tile

NY, NX, NT = 7, 10, 30
RANDOM = np.random.default_rng(11)


def _tile(rank: int, ranks: int) -> Tile:
    layout = Decomposition.choose(NY, NX, ranks)
    own = layout.tile(rank)
    first = layout.tile(0)
    return Tile(own.j, own.i, (NY, NX), (first.ny, first.nx))


def _perturbation(member: str) -> Perturbation:
    return Perturbation(
        member,
        ("residential", "power"),
        RANDOM.lognormal(size=(2, NY, NX)),
        RANDOM.lognormal(size=(NY, NX)),
        RANDOM.lognormal(size=(NY, NX)),
        np.zeros((2, NY + 1, NX + 1)),
    )


def _emissions() -> EmissionSet:
    points = PointSources(
        "power",
        row=np.array([0, 3, 6]),
        column=np.array([9, 5, 0]),
        rate=RANDOM.random((3, 4)),
        time_factor=RANDOM.random(NT),
        layer_fraction=RANDOM.random((NT, 3, 2)).astype(np.float32),
    )
    times = np.datetime64("2022-01-01T00", "s") + np.arange(NT) * np.timedelta64(3600, "s")
    return EmissionSet(
        times,
        ("power", "residential"),
        ("CO", "NO", "SO2", "NH3"),
        RANDOM.random((2, 4, NY, NX)),
        RANDOM.random((NT, 2)),
        RANDOM.random((2, 2)),
        points,
        "made",
    )


@pytest.mark.parametrize("ranks", [2, 4])
@pytest.mark.parametrize("member", ["m00", "m01"])
def test_tiles_emit_what_the_domain_emits_to_the_last_bit(
    tmp_path: Path, member: str, ranks: int
) -> None:
    emissions, perturbation = _emissions(), _perturbation(member)
    path = tmp_path / "emissions.nc"
    write_emissions(path, emissions)
    whole = MemberEmissions(emissions, perturbation).hour(5)
    for rank in range(ranks):
        tile = _tile(rank, ranks)
        part = read_emissions(path, tile.rows, tile.columns)
        cut = perturbation.tile(tile.rows, tile.columns)
        found = MemberEmissions(part, cut).hour(5)
        np.testing.assert_array_equal(found, whole[..., tile.rows, tile.columns])
        assert found.flags.c_contiguous


def test_the_member_factor_reaches_its_own_sector() -> None:
    emissions, perturbation = _emissions(), _perturbation("m01")
    plain = MemberEmissions(emissions, _perturbation("m00")).hour(0)
    changed = MemberEmissions(emissions, perturbation).hour(0)
    cell = (1, 2)  # no stack stands here
    power, home = (
        emissions.area_rate[sector][:, *cell][:, None]
        * emissions.time_factor[0, sector]
        * emissions.layer_fraction[sector]
        for sector in range(2)
    )
    np.testing.assert_allclose(plain[:, :, *cell], power + home, rtol=1e-6)
    # the perturbation names its sectors in another order
    factors = perturbation.emission_factor[:, *cell]
    np.testing.assert_allclose(
        changed[:, :, *cell], factors[1] * power + factors[0] * home, rtol=1e-6
    )


def test_the_last_boundary_record_that_has_begun_is_taken() -> None:
    start = np.datetime64("2022-01-01T00", "s")
    times = start + np.array([0, 6]) * np.timedelta64(3600, "s")
    side = np.arange(2, dtype=np.float32)[:, None, None, None] * np.ones((1, 1, 1, NY), np.float32)
    other = np.zeros((2, 1, 1, NX), np.float32)
    initial = np.arange(NY * NX, dtype=np.float32).reshape(1, 1, NY, NX)
    series = BoundarySeries(times, ("CO",), side, side, other, other, initial, "made")
    hours = start + np.arange(-3, 9) * np.timedelta64(3600, "s")
    tile = _tile(1, 2)
    boundary = MemberBoundary(series, hours, tile)
    found = [float(boundary.hour(index).west[0, 0, 0]) for index in range(12)]
    assert found == [0.0] * 9 + [1.0] * 3
    np.testing.assert_array_equal(boundary.initial, initial[..., tile.rows, tile.columns])
    assert boundary.hour(0).south.shape == (1, 1, tile.shape[1])


def _origin(hour: int) -> RestartOrigin:
    time = np.datetime64("2021-12-31T18", "s") + np.timedelta64(hour, "h")
    return RestartOrigin("2022-01-01T00", time, "grid")


def _run_member(folder: Path, ranks: int, first: int, last: int) -> None:
    """Write surface fields and checkpoints of some hours, as the model would."""
    window = RunWindow(Cycle.parse("2022-01-01T00"), 6, NT - 6)
    values = np.random.default_rng(3).random((NT, len(POLLUTANTS), NY, NX), dtype=np.float32)
    state = np.random.default_rng(4).random((2, 3, NY, NX), dtype=np.float32)
    frame = OutputFrame(window.labels, np.arange(float(NY)), np.arange(float(NX)), "m01")
    path, status_path = folder / "m01.zarr", folder / "m01.json"

    def work(comm: Communicator) -> None:
        tile = _tile(comm.rank, ranks)
        if comm.rank == 0:
            ensure_output(path, frame, tile, fresh=first == 0)
        comm.barrier()
        output = MemberOutput(path, tile)
        begun = MemberStatus("m01", MemberState.RUNNING)
        heart = Heartbeat(status_path, begun, comm.rank, 0.001)
        heart.begin(NT, 6, first, continued=first > 0)
        sink = SurfaceSink(output, window)
        store = CheckpointStore(
            folder, "m01", tile, comm, output, _origin, fence=lambda: None, keep=2
        )
        cells = (..., tile.rows, tile.columns)
        for hour in range(first, last):
            sink.write(hour, SurfaceFields(POLLUTANTS, values[hour][cells]))
            if (hour + 1) % 6 == 0:
                mixing = state[cells] + np.float32(hour)
                mass = mixing[0].astype(np.float64)
                store.write(Checkpoint(hour + 1, ("A", "B"), mixing, mass, {"n": hour}))
            heart.beat(hour + 1, output.pending)
        output.flush()
        heart.beat(last, force=True)

    InProcessWorld(ranks, patience=20).run(work)
    expected = values[window.spin_up_hours : last, POLLUTANTS.index("no2")]
    found = read_variable(path, "no2")
    np.testing.assert_array_equal(found[: expected.shape[0]], expected)
    assert np.isnan(found[expected.shape[0] :]).all()


def test_a_member_goes_on_from_a_checkpoint_on_another_number_of_ranks(tmp_path: Path) -> None:
    _run_member(tmp_path, 4, 0, 20)
    found = complete_restarts(tmp_path, "m01")
    assert list(found) == [12, 18], "the newest two are kept"
    whole = read_restart(found[18], slice(0, NY), slice(0, NX))
    assert whole.numbers == {"n": 17}
    assert whole.origin.valid_time == np.datetime64("2022-01-01T12")
    np.testing.assert_array_equal(whole.air_mass, whole.mixing_ratio[0].astype(np.float64))
    status = read_status(tmp_path / "m01.json")
    assert status is not None
    assert (status.hours_done, status.hours_saved, status.hours_available) == (20, 20, 14)
    assert status.seconds_left is not None
    _run_member(tmp_path, 2, 18, NT)
    assert list(complete_restarts(tmp_path, "m01")) == [24, 30]


def test_any_rank_may_write_a_failure_but_only_the_first_a_success(tmp_path: Path) -> None:
    path = tmp_path / "m01.json"
    begun = MemberStatus("m01", MemberState.RUNNING, started=datetime(2026, 1, 1, tzinfo=UTC))
    heart = Heartbeat(path, begun, 1, 0.0)
    heart.beat(3)
    heart.end(MemberState.FINISHED)
    assert not path.exists()
    heart.end(MemberState.FAILED, "the air was too thick", 1)
    status = read_status(path)
    assert status is not None
    assert (status.state, status.reason) == ("failed", "the air was too thick")
    assert status.started == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_failed_member_counts_the_hours_on_the_disk_only(tmp_path: Path) -> None:
    path = tmp_path / "m01.json"
    heart = Heartbeat(path, MemberStatus("m01", MemberState.RUNNING), 0, 0.0)
    heart.begin(48, 6, 0, continued=False)
    heart.beat(20, pending=8)
    status = read_status(path)
    assert status is not None
    assert (status.hours_done, status.hours_saved) == (20, 12)
    heart.end(MemberState.FAILED, "the air was too thick", 1)
    status = read_status(path)
    assert status is not None
    assert (status.hours_done, status.hours_available) == (12, 6)


def test_a_killed_member_is_closed_with_the_hours_on_the_disk(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / "2022-01-01T00")
    begun = MemberStatus("m01", MemberState.RUNNING, hours_done=20, hours_saved=12)
    write_status(run.status("m01"), begun)
    close_member(run, "m01", "its job is gone", 137)
    status = read_status(run.status("m01"))
    assert status is not None
    assert (status.state, status.hours_done, status.exit_code) == ("failed", 12, 137)
    assert (status.reason, status.log) == ("its job is gone", str(run.log("run_member", "m01")))
    assert run.stamp("m01").read_text(encoding="utf-8").startswith("failed")


def test_closing_keeps_the_reason_that_the_member_gave_itself(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / "2022-01-01T00")
    write_status(run.status("m01"), MemberStatus("m01", MemberState.FAILED, reason="no wind"))
    close_member(run, "m01", "its process ended", 1)
    close_member(run, "m02", "it never began")
    first, second = read_status(run.status("m01")), read_status(run.status("m02"))
    assert first is not None
    assert second is not None
    assert (first.reason, second.reason) == ("no wind", "it never began")
    assert (first.state, second.state) == ("failed", "absent")
