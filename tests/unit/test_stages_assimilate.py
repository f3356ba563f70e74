"""The stage that brings observations into restarts, on a made cycle before."""

from pathlib import Path

import numpy as np
import pytest

from forecast.chemistry.composition import Composition, composition_of
from forecast.common.cycle import Cycle
from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths, member_names
from forecast.fields.analysis import Analysis, AnalysisMethod
from forecast.fields.emissions import EmissionSet, PointSources
from forecast.fields.observations import Readings, StationRecord
from forecast.fields.perturbation import Perturbation
from forecast.fields.start import MemberStart, StartKind, StartPlan
from forecast.grid.domain import Domain
from forecast.stages import assimilate, perturb
from forecast.stages.task import Task
from forecast.storage.emissions import write_emissions
from forecast.storage.member_output import MemberOutput, OutputFrame, ensure_output
from forecast.storage.perturbation import read_perturbation, write_perturbation
from forecast.storage.reading_table import write_readings
from forecast.storage.records import read_record, write_record
from forecast.storage.restart import (
    RestartOrigin,
    RestartState,
    begin_restart,
    finish_restart,
    read_restart,
    write_restart_tile,
)
from forecast.storage.tiles import Tile

BEFORE, NOW = Cycle.parse("2022-01-09T16"), Cycle.parse("2022-01-10T04")
SECTORS = ("industry", "residential")
ALL = slice(None)
STATION = StationRecord("1299A", "济南", "Jinan", 117.0, 36.65)


class Night:
    """A cycle before that has left restarts, and one that begins from them."""

    def __init__(self, folder: Path, members: int) -> None:
        self.configuration = resolve(
            case="drill",
            settings=(f"ensemble.members={members}", "assimilation.enabled=true",
                      "ensemble.emission.sigma={industry: 0.2, residential: 0.2}"),
        )  # fmt: skip
        self.domain = Domain.from_config(self.configuration.domain)
        self.composition: Composition = composition_of(self.configuration.chemistry)
        self.members = member_names(members)
        self.before, self.run = RunPaths(folder / BEFORE.name), RunPaths(folder / NOW.name)
        for run in (self.before, self.run):
            run.folder.mkdir(parents=True)
            run.configuration.write_text(write_resolved(self.configuration), encoding="utf-8")
            self._emissions(run)
        rng = np.random.default_rng(5)
        self.strength = np.exp(rng.normal(0.0, 0.4, members))
        for member, strength in zip(self.members, self.strength, strict=True):
            self._member(member, float(strength))
        starts = tuple(
            MemberStart(m, StartKind.WARM, 0, f"../{BEFORE.name}/restart/{m}.f012.zarr",
                        BEFORE.name, 12)
            for m in self.members
        )  # fmt: skip
        write_record(self.run.start_plan, StartPlan(NOW.name, 0, starts))

    @property
    def shape(self) -> tuple[int, int]:
        grid = self.domain.horizontal
        return grid.ny, grid.nx

    def _emissions(self, run: RunPaths) -> None:
        shape = self.shape
        none = np.zeros(0, np.int64)
        points = PointSources(
            "industry", none, none, np.zeros((0, 1)), np.ones(1), np.zeros((1, 0, 1), np.float32)
        )
        rate = np.ones((2, 1, *shape))
        write_emissions(
            run.emissions,
            EmissionSet(NOW.hours(0, 0), SECTORS, ("CO",), rate, np.ones((1, 2)), np.ones((2, 1)),
                        points, "made"),
        )  # fmt: skip

    def _member(self, member: str, strength: float) -> None:
        """A member that emits, and so holds, `strength` times as much as the first."""
        grid, tile = self.domain.horizontal, Tile.whole(self.shape)
        names, nz = self.composition.table.names, self.domain.levels.nz
        ratio = np.full((len(names), nz, *self.shape), 1e-9 * strength, np.float32)
        state = RestartState(
            12, names, ratio, np.ones((nz, *self.shape)), {},
            RestartOrigin(BEFORE.name, NOW.start, self.domain.fingerprint),
        )  # fmt: skip
        path = self.before.restart(member, 12)
        begin_restart(path, state, tile)
        write_restart_tile(path, state, tile)
        finish_restart(path, state)
        products = self.composition.products
        frame = OutputFrame(BEFORE.hours(1, 12), grid.y_centre, grid.x_centre, member, products)
        ensure_output(self.before.output(member), frame, tile, fresh=True)
        output = MemberOutput(self.before.output(member), tile)
        for hour in range(12):
            output.write(hour, np.full((len(products), *self.shape), 40.0 * strength, np.float32))
        output.flush()
        ones = np.ones(self.shape)
        psi = np.zeros((nz, self.shape[0] + 1, self.shape[1] + 1))
        factor = np.full((2, *self.shape), strength)
        write_perturbation(
            self.before.perturbation(member), Perturbation(member, SECTORS, factor, ones, ones, psi)
        )

    def observe(self, value: float, hours: int = 3) -> None:
        """PM2.5 and CO of the last hours at one station."""
        size = 2 * hours
        times = np.tile(NOW.hours(1 - hours, 0).astype("datetime64[s]"), 2)
        write_readings(
            self.run.observations,
            Readings(
                (STATION, StationRecord("far", longitude=20.0, latitude=10.0)), ("pm25", "co"),
                np.zeros(size, np.int32), np.repeat(np.arange(2, dtype=np.int16), hours), times,
                np.full(size, 3600, np.int32), np.full(size, value, np.float32),
                np.ones(size, np.uint8), times, np.zeros(size, np.uint16),
            ),
        )  # fmt: skip

    def analyse(self) -> tuple[Analysis, list[str]]:
        task = Task.create("assimilate", self.run.folder)
        assimilate.run(task)
        codes = [entry.code for entry in task.record.degradations]
        return read_record(Analysis, self.run.analysis_record), codes

    def state(self, member: str) -> RestartState:
        return read_restart(self.run.analysis(member), ALL, ALL)

    def cell(self) -> tuple[int, int]:
        j, i = self.domain.horizontal.cell_of(STATION.longitude, STATION.latitude)
        return int(np.ravel(j)[0]), int(np.ravel(i)[0])


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path, 10)


def test_states_come_closer_keep_composition_and_teach_the_emissions(night: Night) -> None:
    night.observe(90.0)
    analysis, codes = night.analyse()
    assert (analysis.method, codes) == (AnalysisMethod.FILTER, [])
    assert analysis.members == night.members
    assert analysis.departures["pm25"]["count"] == 1
    table, (j, i) = night.composition.table, night.cell()
    fine, soot = table.index("ASO4"), table.index("AEC")
    states = [night.state(member) for member in night.members]
    assert states[0].origin == RestartOrigin(NOW.name, NOW.start, night.domain.fingerprint)
    before = np.log(night.strength)
    after = np.log([state.mixing_ratio[fine, 0, j, i] / 1e-9 for state in states])
    wanted = np.log(90.0 / 40.0)
    assert abs(after.mean() - wanted) < 0.75 * abs(before.mean() - wanted)
    assert after.std() < before.std()
    first = states[3].mixing_ratio
    np.testing.assert_allclose(first[soot], first[fine], rtol=1e-6)
    ozone = first[table.index("O3")]
    np.testing.assert_allclose(ozone, 1e-9 * night.strength[3], rtol=1e-6)  # nobody measured it
    top = first[fine, -1]
    np.testing.assert_allclose(top, 1e-9 * night.strength[3], rtol=1e-6)  # far above the ground
    assert analysis.emission_factors["SD"] > 1.05 > analysis.emission_factors["HN"]


def test_taught_factors_multiply_what_members_emit_and_reach_the_next_cycle(night: Night) -> None:
    night.observe(90.0)
    analysis, _ = night.analyse()
    night.run.meteorology.parent.mkdir(exist_ok=True)
    perturb.run(Task.create("perturb", night.run.folder))
    control = read_perturbation(night.run.perturbation("m00")).emission_factor
    j, i = night.cell()
    assert control[:, j, i] == pytest.approx([analysis.emission_factors["SD"]] * 2)
    # the cycle before had ended with factors of its own: those are what is corrected
    former = Analysis(BEFORE.name, AnalysisMethod.FILTER, emission_factors={"SD": 1.2})
    write_record(night.before.analysis_record, former)
    again, _ = night.analyse()
    gain = np.log(again.emission_factors["SD"]) - np.log(analysis.emission_factors["SD"])
    assert gain == pytest.approx(0.95 * np.log(1.2))


def test_without_observations_members_begin_as_planned_and_everybody_is_told(night: Night) -> None:
    analysis, codes = night.analyse()
    assert (analysis.method, codes) == (AnalysisMethod.NONE, ["assimilation-no-observations"])
    assert not night.run.analysis("m00").exists()
    night.observe(float("nan"))
    assert night.analyse()[1] == ["assimilation-no-observations"]


def test_few_members_are_corrected_by_interpolation(tmp_path: Path) -> None:
    night = Night(tmp_path, 4)
    night.observe(90.0)
    analysis, codes = night.analyse()
    assert (analysis.method, codes) == (
        AnalysisMethod.INTERPOLATION, ["assimilation-few-members"],
    )  # fmt: skip
    j, i = night.cell()
    fine = night.composition.table.index("ASO4")
    factors = [
        night.state(m).mixing_ratio[fine, 0, j, i] / (1e-9 * s)
        for m, s in zip(night.members, night.strength, strict=True)
    ]
    assert factors == pytest.approx([factors[0]] * 4, rel=1e-5)
    assert 1.0 < factors[0] < 90.0 / 40.0 / night.strength.mean() * 1.2


def test_a_damaged_file_is_an_alert_and_no_half_analysis(night: Night) -> None:
    night.observe(90.0)
    night.run.observations.write_bytes(b"not parquet")
    analysis, codes = night.analyse()
    assert codes == ["assimilation-failed"]
    assert "no readable table" in analysis.reason
    assert not night.run.analysis("m00").exists()


def test_a_cold_cycle_has_nothing_to_analyse(night: Night) -> None:
    cold = tuple(MemberStart(m, StartKind.COLD) for m in night.members)
    write_record(night.run.start_plan, StartPlan(NOW.name, 24, cold))
    night.observe(90.0)
    analysis, codes = night.analyse()
    assert (analysis.method, codes) == (AnalysisMethod.NONE, ["assimilation-no-state"])
