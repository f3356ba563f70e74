"""Where the files of one run lie. Every path below `runs/{cycle}/` comes from here."""

from dataclasses import dataclass
from pathlib import Path

from forecast.common.cycle import Cycle


@dataclass(frozen=True)
class RunPaths:
    """The files of one cycle.

    Attributes:
        folder: `runs/{cycle}`; its name is the cycle.
    """

    folder: Path

    @property
    def cycle(self) -> Cycle:
        """The cycle that the folder is named after."""
        return Cycle.parse(self.folder.name)

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

    def stamp(self, member: str) -> Path:
        """Written when a member has ended, well or not."""
        return self.folder / "status" / f"{member}.done"

    def stage_status(self, stage: str) -> Path:
        """State of a stage that runs once."""
        return self.folder / "status" / f"{stage}.json"

    @property
    def warm_stamp(self) -> Path:
        """Written when the kernels are compiled."""
        return self.folder / "status" / "warm.done"

    @property
    def members(self) -> Path:
        """Who is in the ensemble, per lead day, and why the others are not."""
        return self.folder / "members.json"

    # --- results
    @property
    def ensemble(self) -> Path:
        """Mean, quantiles and exceedance probabilities on the grid."""
        return self.folder / "ensemble.nc"

    @property
    def cities(self) -> Path:
        """Hourly and daily values of every city and member."""
        return self.folder / "cities.nc"

    @property
    def forecasts(self) -> Path:
        """City forecasts as records: daily values, AQI, probabilities."""
        return self.folder / "cities.json"

    @property
    def warnings(self) -> Path:
        """Warning level of every city."""
        return self.folder / "warnings.json"

    @property
    def products(self) -> Path:
        """Folder of everything that leaves the house."""
        return self.folder / "products"

    @property
    def fields_hourly(self) -> Path:
        """Hourly fields as CF netCDF, for delivery."""
        return self.products / "fields_hourly.nc"

    # --- provenance and logs
    @property
    def manifest_folder(self) -> Path:
        """Folder of the records of the stages."""
        return self.folder / "manifest"

    def stage_record(self, stage: str, member: str | None = None) -> Path:
        """What one stage read, wrote and fell back to."""
        return self.manifest_folder / f"{_label(stage, member)}.json"

    @property
    def manifest(self) -> Path:
        """All stage records in one file."""
        return self.folder / "manifest.json"

    @property
    def log_folder(self) -> Path:
        """Folder of all logs."""
        return self.folder / "log"

    def log(self, stage: str, member: str | None = None) -> Path:
        """Log of one stage."""
        return self.log_folder / f"{_label(stage, member)}.log"


def _label(stage: str, member: str | None) -> str:
    return stage if member is None else f"{stage}.{member}"


def member_names(count: int) -> tuple[str, ...]:
    """Names of the members: m00 is the unperturbed control."""
    return tuple(f"m{index:02d}" for index in range(count))
