"""Twin experiment: what the assimilation of stations gains, and for how long.

    python -m benchmarks.twin --out FOLDER [--members 20] [--analyses 1] [--hours 48]

A nature run of the made haze week has a meteorology of its own (calm comes later; wind and mixing
are a draw that no member has) and other emissions (a draw as well, times factors of provinces). Its
PM2.5, PM10, O3, NO2, SO2 and CO at the places of the stations, with errors, are the observations.
Members that know nothing of it begin cold; 12 h later they go on from their own states, from the
analysis, and from the analysis with the factors on emissions that it has found. With `--analyses 2`
there is another analysis 12 h after the first. Everything runs through the stages of a cycle, on
the coarse domain of the drill, in one process. What was finished is not run again.
"""

import argparse
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from forecast.assimilation.emission_factors import factor_field
from forecast.common.cycle import Cycle
from forecast.config.load import project_path, read_resolved, resolve, write_resolved
from forecast.config.run import RunPaths, member_names
from forecast.fields.analysis import Analysis
from forecast.fields.arrays import Float
from forecast.fields.limit import MemberLimit
from forecast.fields.observations import (
    OBSERVED,
    Flag,
    Readings,
    ReferenceState,
    StationRecord,
)
from forecast.grid.domain import Domain
from forecast.grid.overlap import region_shares
from forecast.grid.regions import read_regions
from forecast.grid.stations import read_stations
from forecast.stages.entry import run_stage
from forecast.storage.member_limit import write_limit
from forecast.storage.member_output import read_variable
from forecast.storage.perturbation import read_perturbation, write_perturbation
from forecast.storage.reading_table import write_readings
from forecast.storage.records import read_record

FIRST = Cycle.parse("2022-01-09T16")
STEP = 12
"""Hours between cycles."""
TRUE_FACTORS = {"SD": 1.5, "HE": 1.3, "HA": 0.7, "JS": 1.3, "AH": 0.8}
"""What nature emits in a province over what the members know of."""
NATURE = (
    "ensemble.members=2",
    "ensemble.seed=nature",
    "ensemble.wind.rms_surface=1.6",
    "meteorology.haze_week.stagnation_day=2.4",
)
CHAINS = {
    "free": (),
    "state": ("assimilation.enabled=true", "assimilation.emissions.enabled=false"),
    "analysed": ("assimilation.enabled=true",),
}
"""Settings without observations, with them in the state only, and in state and emissions."""
PLACE, NOISE, FLOOR = 0.12, 0.10, 3.0
"""Error of a station that stays, error of an hour, both as a share of the value, and the part that
does not grow with it, in ug m-3 (CO: mg m-3 / 30)."""
SAME_CELLS = "assimilation.representativeness={scale: 0.0, share: 0.03}"
"""Nature has the cells of the members: a station differs from its cell by `PLACE` only, not by what
the default expects of cells of 54 km; 0.03 times the root of 54 over 2 is 0.16."""


@dataclass(frozen=True)
class Twin:
    """One experiment.

    Attributes:
        folder: Where everything lies.
        members: Number of members.
        analyses: How many analyses follow each other.
        hours: Length of the last forecast.
    """

    folder: Path
    members: int
    analyses: int
    hours: int

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """The cold one, and those that begin from it."""
        times = (FIRST.time + timedelta(hours=STEP * k) for k in range(self.analyses + 1))
        return tuple(Cycle.parse(f"{time:%Y-%m-%dT%H}") for time in times)

    def configure(self, chain: str, cycle: Cycle, hours: int, *settings: str) -> RunPaths:
        """Make the folder of a run that ends early, for a forecast has complete local days."""
        horizon = 24 * (1 + -(-hours // 24))
        run = RunPaths((self.folder / chain / cycle.name).resolve())
        run.folder.mkdir(parents=True, exist_ok=True)
        common = (
            f"ensemble.members={self.members}",
            f"forecast.horizon_hours={horizon}",
            f"forecast.hourly_hours={horizon}",
            "start.ladder=[1]",
            f"start.restart_hours=[{STEP}]",
            "workflow.checkpoint_hours=24",
        )
        configuration = resolve(case="drill", settings=(*common, *settings))
        run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
        for member in member_names(configuration.ensemble.members):
            write_limit(run.limit(member), MemberLimit(hours, "the twin experiment ends here"))
        return run

    def nature(self) -> RunPaths:
        """Run nature."""
        run = self.configure("nature", FIRST, STEP * self.analyses + self.hours, *NATURE)
        if not run.stamp("m01").is_file():
            _stages(run, "start", "prepare", "perturb")
            _emit_otherwise(run)
            _member(run, "m01")
        return run

    def chain(self, name: str, nature: RunPaths) -> RunPaths:
        """Run the cycles of a chain; returns the last one."""
        first = self.configure("first", FIRST, STEP)
        _all_members(first, self.members)
        link = self.folder / name / FIRST.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(first.folder, target_is_directory=True)
        run = first
        for cycle in self.cycles[1:]:
            hours = self.hours if cycle == self.cycles[-1] else STEP
            run = self.configure(name, cycle, hours, SAME_CELLS, *CHAINS[name])
            if name != "free" and not run.observations.is_file():
                _observe(run, nature)
            _all_members(run, self.members)
        return run


def _stages(run: RunPaths, *names: str) -> None:
    for name in names:
        if run_stage(name, run.folder):
            msg = f"the stage '{name}' of '{run.folder}' has failed; its log says why"
            raise SystemExit(msg)


def _member(run: RunPaths, name: str) -> None:
    if run.stamp(name).is_file():
        return
    if run_stage("run_member", run.folder, name):
        msg = f"the member '{name}' of '{run.folder}' has failed; its status says why"
        raise SystemExit(msg)
    print(run.folder.parent.name, run.folder.name, name, flush=True)


def _all_members(run: RunPaths, count: int) -> None:
    names = member_names(count)
    if not run.perturbation(names[-1]).is_file():
        _stages(run, "start")
        if read_resolved(run.configuration).assimilation.enabled:
            _stages(run, "assimilate")
        _stages(run, "prepare", "perturb")
    for name in names:
        _member(run, name)


def _emit_otherwise(run: RunPaths) -> None:
    """Multiply what nature emits by the factors that are to be found."""
    configuration = resolve(case="drill")
    grid = Domain.from_config(configuration.domain).horizontal
    regions = read_regions(project_path(configuration.places.province_boundaries))
    codes = tuple(region.code for region in regions)
    field = factor_field(TRUE_FACTORS, region_shares(grid, regions), codes, (grid.ny, grid.nx))
    path = run.perturbation("m01")
    drawn = read_perturbation(path)
    write_perturbation(path, replace(drawn, emission_factor=drawn.emission_factor * field))


def _cells() -> tuple[tuple[StationRecord, ...], Float, Float]:
    """The stations and their cells."""
    configuration = resolve(case="drill")
    grid = Domain.from_config(configuration.domain).horizontal
    stations = read_stations(project_path(configuration.places.stations))
    records = tuple(StationRecord.of(station) for station in stations)
    places = [grid.cell_of(record.longitude, record.latitude) for record in records]
    j, i = np.array(places).T
    return records, j, i


def _observe(run: RunPaths, nature: RunPaths) -> None:
    """Measure nature in the twelve hours before a cycle."""
    rng = np.random.default_rng(7)
    stations, j, i = _cells()
    before = int((run.cycle.start - nature.cycle.start) / np.timedelta64(1, "h"))
    labels = nature.cycle.hours(before - STEP + 1, before)
    parts = []
    site = np.exp(rng.normal(0.0, PLACE, (len(OBSERVED), len(stations))))
    for place, name in enumerate(OBSERVED):
        truth = read_variable(nature.output("m01"), name, slice(before - STEP, before))[:, j, i]
        floor = FLOOR / 30.0 if name == "co" else FLOOR
        deviation = np.hypot(NOISE * truth, floor)
        measured = np.maximum(truth * site[place] + deviation * rng.normal(size=truth.shape), 0.0)
        size = measured.size
        time = np.repeat(labels.astype("datetime64[s]"), len(stations))
        parts.append(
            Readings(
                stations=stations,
                pollutants=(name,),
                station=np.tile(np.arange(len(stations), dtype=np.int32), labels.size),
                pollutant=np.zeros(size, np.int16),
                time=time,
                period_seconds=np.full(size, 3600, np.int32),
                value=measured.ravel().astype(np.float32),
                state=np.full(size, int(ReferenceState.AT_298K), np.uint8),
                received=time,
                flag=np.full(size, int(Flag.OK), np.uint16),
            )
        )
    write_readings(run.observations, Readings.joined(parts))


def _values(run: RunPaths, name: str, members: tuple[str, ...], first: int) -> Float:
    """Hourly values at the stations, (nmember, nhour, nstation), from a record on."""
    _, j, i = _cells()
    return np.stack(
        [read_variable(run.output(m), name, slice(first, None))[:, j, i] for m in members]
    ).astype(np.float64)


def score(twin: Twin, nature: RunPaths, runs: dict[str, RunPaths]) -> dict[str, object]:
    """Errors of the ensemble mean against nature, by lead hour, and the spread beside."""
    first = STEP * twin.analyses
    result: dict[str, object] = {}
    for name in OBSERVED:
        truth = _values(nature, name, ("m01",), first)[0][: twin.hours]
        for chain, run in runs.items():
            values = _values(run, name, member_names(twin.members), 0)[:, : twin.hours]
            error = values.mean(axis=0) - truth
            spread = np.sqrt(values.var(axis=0, ddof=1).mean(axis=1))
            result[f"{name} {chain}"] = {
                "rmse": np.sqrt((error**2).mean(axis=1)).round(3).tolist(),
                "bias": error.mean(axis=1).round(3).tolist(),
                "spread": spread.round(3).tolist(),
                "truth": truth.mean(axis=1).round(3).tolist(),
            }
    for cycle in twin.cycles[1:]:
        record = read_record(
            Analysis, twin.folder / "analysed" / cycle.name / "analysis/analysis.json"
        )
        result[f"analysis {cycle.name}"] = {
            "departures": record.departures,
            "emission_factors": record.emission_factors,
            "inflation": record.inflation,
        }
    return result


LINES = {
    "free": ("#b5472f", "without observations"),
    "state": ("#6a9a3b", "in the state"),
    "analysed": ("#1f5a92", "in state and emissions"),
}
"""Colour and words of each chain."""


def draw(scores: dict[str, object], path: Path) -> None:
    """Draw how long the gain lasts."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6.5), layout="constrained")
    for axes, name in zip(figure.subplots(2, 3).ravel(), OBSERVED, strict=True):
        for chain, (colour, label) in LINES.items():
            part = scores[f"{name} {chain}"]
            assert isinstance(part, dict)  # noqa: S101
            hours = np.arange(1, len(part["rmse"]) + 1)
            axes.plot(hours, part["rmse"], color=colour, label=f"RMSE {label}")
            axes.plot(hours, part["spread"], color=colour, ls=":", label=f"spread {label}")
        axes.set_title(name)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("forecast hour")
        axes.grid(alpha=0.3)
    figure.axes[0].legend(fontsize=7)
    figure.axes[0].set_ylabel("ug m-3 (CO: mg m-3)")
    figure.savefig(path)


def main() -> None:
    """Run what is missing, print the figures, write scores.json and gain.png."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--analyses", type=int, default=1)
    parser.add_argument("--hours", type=int, default=48)
    given = parser.parse_args()
    twin = Twin(given.out, given.members, given.analyses, given.hours)
    nature = twin.nature()
    runs = {chain: twin.chain(chain, nature) for chain in CHAINS}
    scores = score(twin, nature, runs)
    (twin.folder / "scores.json").write_text(json.dumps(scores, indent=1), encoding="utf-8")
    draw(scores, twin.folder / "gain.png")
    report(scores)


def report(scores: dict[str, object]) -> None:
    """Print RMSE and spread of each chain at some leads, and the analyses."""
    for name in OBSERVED:
        parts = [scores[f"{name} {chain}"] for chain in CHAINS]
        rmse = np.array([part["rmse"] for part in parts if isinstance(part, dict)])
        spread = np.array([part["spread"] for part in parts if isinstance(part, dict)])
        for lead in (1, *range(6, rmse.shape[1] + 1, 6)):
            before, state, both = rmse[:, lead - 1]
            print(
                f"{name:5} +{lead:2d} h  without {before:7.2f}  state {state:7.2f} "
                f"({100 * (state / before - 1):+3.0f} %)  and emissions {both:7.2f} "
                f"({100 * (both / before - 1):+3.0f} %)  spread "
                + " ".join(f"{value:6.2f}" for value in spread[:, lead - 1])
            )
    for key, part in scores.items():
        if key.startswith("analysis"):
            print(key, json.dumps(part, indent=1))


if __name__ == "__main__":
    main()
