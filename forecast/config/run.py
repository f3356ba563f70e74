"""Where the files of one run lie. Every path below `runs/{cycle}/` comes from here."""

from dataclasses import dataclass, replace
from pathlib import Path

from forecast.common.cycle import Cycle

PRODUCT_STAGES = ("gate", "combine", "index", "warn", "publish")
"""Stages from the decision on; each revision has its own."""


@dataclass(frozen=True)
class RunPaths:
    """The files of one cycle.

    What comes from the decision who is in lies in a folder of its own, `r0`, `r1`, …: a later
    decision makes another revision and overwrites nothing.

    Attributes:
        folder: `runs/{cycle}`; its name is the cycle.
        revision: Number of the decision whose files are meant.
    """

    folder: Path
    revision: int = 0

    @property
    def cycle(self) -> Cycle:
        """The cycle that the folder is named after."""
        return Cycle.parse(self.folder.name)

    # --- revisions
    def of_revision(self, revision: int) -> "RunPaths":
        """The same run with the files of another decision."""
        return replace(self, revision=revision)

    @property
    def revision_folder(self) -> Path:
        """Folder of everything that follows from one decision."""
        return self.folder / f"r{self.revision}"

    @property
    def latest(self) -> Path:
        """Link to the folder of the newest complete revision; switched last."""
        return self.folder / "latest"

    @property
    def latest_revision(self) -> int | None:
        """Number of the newest complete revision; None before there is one."""
        try:
            name = self.latest.readlink().name
        except OSError:
            return None
        return int(name[1:]) if name[1:].isdigit() else None

    def revisions(self) -> tuple[int, ...]:
        """Numbers of the complete revisions, oldest first."""
        found = (entry.parent.name[1:] for entry in self.folder.glob("r*/manifest.json"))
        return tuple(sorted(int(number) for number in found if number.isdigit()))

    # --- what the run is told, and who is running it
    @property
    def configuration(self) -> Path:
        """The resolved configuration, everything expanded."""
        return self.folder / "config.yaml"

    @property
    def invocation(self) -> Path:
        """The last command, profile and outcome of `forecast run`."""
        return self.folder / "run.json"

    @property
    def lock(self) -> Path:
        """Names the process that is running this cycle."""
        return self.folder / "run.lock"

    @property
    def driver(self) -> Path:
        """What the process that drives the cycle has done and decided; survives it."""
        return self.folder / "driver.json"

    @property
    def requests(self) -> Path:
        """Folder in which commands ask something of the process that drives the cycle."""
        return self.folder / "requests"

    @property
    def history(self) -> Path:
        """Pace of earlier runs, as known when this one began."""
        return self.folder / "history.json"

    @property
    def alerts(self) -> Path:
        """All alerts of the run, one a line."""
        return self.folder / "alerts.jsonl"

    @property
    def alerts_taken(self) -> Path:
        """Which alerts each channel has taken."""
        return self.folder / "alerts_taken.json"

    @property
    def scheduler_away(self) -> Path:
        """There while the batch system gives no answer, as old as its silence."""
        return self.folder / "status" / "scheduler.away"

    @property
    def status_page(self) -> Path:
        """The live page about the run."""
        return self.folder / "status.html"

    @property
    def code(self) -> Path:
        """The frozen checkout that runs the cycle, when it was launched with one."""
        return self.folder / "code"

    @property
    def launch(self) -> Path:
        """How `forecast launch` started the cycle: commit, command, processes."""
        return self.folder / "launch.json"

    @property
    def launch_lock(self) -> Path:
        """Names the process that keeps a launched cycle going."""
        return self.folder / "launch.lock"

    @property
    def launch_log(self) -> Path:
        """What a launched cycle would have written on a terminal; survives a fresh start."""
        return self.folder / "launch.log"

    @property
    def pruned(self) -> Path:
        """What has been removed of the run, when and why."""
        return self.folder / "pruned.json"

    # --- what it begins with
    @property
    def start_plan(self) -> Path:
        """From which state each member begins."""
        return self.folder / "start.json"

    @property
    def cold_permission(self) -> Path:
        """Says who allowed a cold start of this cycle, and when."""
        return self.folder / "cold_start.json"

    @property
    def inputs_record(self) -> Path:
        """Which file of others was taken for each input, and its checksum."""
        return self.folder / "inputs.json"

    @property
    def observations(self) -> Path:
        """Station readings up to the cycle, with the flags of the quality checks."""
        return self.folder / "observations.parquet"

    @property
    def analysis_record(self) -> Path:
        """What observations have changed before the members began."""
        return self.folder / "analysis" / "analysis.json"

    @property
    def inflation(self) -> Path:
        """Inflation of the members that the next analysis begins with."""
        return self.folder / "analysis" / "inflation.nc"

    def analysis(self, member: str) -> Path:
        """State of a member after the analysis, in the form of a checkpoint."""
        return self.folder / "analysis" / f"{member}.zarr"

    # --- inputs on the model grid
    @property
    def static(self) -> Path:
        """Terrain, land use and population."""
        return self.folder / "prepared" / "static.nc"

    @property
    def meteorology(self) -> Path:
        """Hourly meteorology."""
        return self.folder / "prepared" / "meteorology.nc"

    @property
    def emissions(self) -> Path:
        """Factorised emissions."""
        return self.folder / "prepared" / "emissions.nc"

    @property
    def emission_table(self) -> Path:
        """Totals by province and sector, for people to check."""
        return self.folder / "prepared" / "emissions.txt"

    @property
    def boundary(self) -> Path:
        """Boundary values and the initial state."""
        return self.folder / "prepared" / "boundary.nc"

    @property
    def city_weights(self) -> Path:
        """Sparse matrix from cells to cities."""
        return self.folder / "prepared" / "city_weights.npz"

    # --- members
    def perturbation(self, member: str) -> Path:
        """What a member changes in its inputs."""
        return self.folder / "perturbation" / f"{member}.nc"

    def output(self, member: str) -> Path:
        """Hourly surface fields of a member."""
        return self.folder / "member" / f"{member}.zarr"

    @property
    def restart_folder(self) -> Path:
        """Folder of all checkpoints."""
        return self.folder / "restart"

    def restart(self, member: str, lead: int) -> Path:
        """Checkpoint of a member, `lead` hours after the start of its spin-up."""
        return self.restart_folder / f"{member}.f{lead:03d}.zarr"

    def status(self, member: str) -> Path:
        """State and progress of a member."""
        return self.folder / "status" / f"{member}.json"

    def claim(self, member: str) -> Path:
        """Names the process that computes a member; only that one may write for it."""
        return self.folder / "status" / f"{member}.claim"

    def limit(self, member: str) -> Path:
        """Asks a member to end before its last hour; written by the driver."""
        return self.folder / "status" / f"{member}.limit"

    def stamp(self, member: str) -> Path:
        """Written when a member has ended, well or not."""
        return self.folder / "status" / f"{member}.done"

    def stage_status(self, stage: str) -> Path:
        """State of a stage that runs once, or once a revision."""
        return self._place(stage) / "status" / f"{stage}.json"

    @property
    def warm_stamp(self) -> Path:
        """Written when the kernels are compiled."""
        return self.folder / "status" / "warm.done"

    @property
    def members(self) -> Path:
        """Who is in the ensemble, per lead day, and why the others are not."""
        return self.revision_folder / "members.json"

    # --- results
    @property
    def ensemble(self) -> Path:
        """Mean, quantiles and exceedance probabilities on the grid."""
        return self.revision_folder / "ensemble.nc"

    @property
    def cities(self) -> Path:
        """Hourly and daily values of every city and member."""
        return self.revision_folder / "cities.nc"

    @property
    def forecasts(self) -> Path:
        """City forecasts as records: daily values, AQI, probabilities."""
        return self.revision_folder / "cities.json"

    @property
    def warnings(self) -> Path:
        """Warning level of every city."""
        return self.revision_folder / "warnings.json"

    def stream_of(self, path: Path, stream: str) -> Path:
        """Where a stream keeps its own version of a result; the raw one has the plain name.

        Args:
            path: `cities`, `forecasts` or `warnings` of this run.
            stream: "raw", "calibrated", "edited" or "issued".
        """
        return path if stream == "raw" else path.with_name(f"{path.stem}.{stream}{path.suffix}")

    @property
    def products(self) -> Path:
        """Folder of everything that leaves the house."""
        return self.revision_folder / "products"

    @property
    def changes(self) -> Path:
        """What differs from the revision before."""
        return self.revision_folder / "changes.json"

    @property
    def fields_hourly(self) -> Path:
        """Hourly fields as CF netCDF, for delivery."""
        return self.products / "fields_hourly.nc"

    # --- provenance and logs
    @property
    def manifest_folders(self) -> tuple[Path, Path]:
        """Folders of the records of the stages: of the run, and of the revision."""
        return self.folder / "manifest", self.revision_folder / "manifest"

    def stage_record(self, stage: str, member: str | None = None) -> Path:
        """What one stage read, wrote and fell back to."""
        return self._place(stage) / "manifest" / f"{_label(stage, member)}.json"

    @property
    def manifest(self) -> Path:
        """All stage records in one file; a revision is complete when it is there."""
        return self.revision_folder / "manifest.json"

    @property
    def log_folder(self) -> Path:
        """Folder of all logs."""
        return self.folder / "log"

    def log(self, stage: str, member: str | None = None) -> Path:
        """Log of one stage."""
        return self._place(stage) / "log" / f"{_label(stage, member)}.log"

    @property
    def products_log(self) -> Path:
        """What Snakemake said while it made the products of a revision."""
        return self.revision_folder / "log" / "snakemake.log"

    @property
    def newest_revision(self) -> int:
        """Number of the newest revision that was begun; 0 before there is one."""
        found = (entry.name[1:] for entry in self.folder.glob("r*/") if entry.is_dir())
        return max((int(number) for number in found if number.isdigit()), default=0)

    def _place(self, stage: str) -> Path:
        return self.revision_folder if stage in PRODUCT_STAGES else self.folder


def _label(stage: str, member: str | None) -> str:
    return stage if member is None else f"{stage}.{member}"


def member_names(count: int) -> tuple[str, ...]:
    """Names of the members: m00 is the unperturbed control."""
    return tuple(f"m{index:02d}" for index in range(count))
