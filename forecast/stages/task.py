"""What every stage is given."""

from dataclasses import dataclass
from pathlib import Path

from forecast.common.as_of import AsOf
from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError
from forecast.config.load import PROJECT, project_path, read_resolved
from forecast.config.root import Configuration
from forecast.config.run import RunPaths, member_names
from forecast.storage.manifest import StageRecord


@dataclass(frozen=True)
class Task:
    """One stage of one run.

    Attributes:
        run: Files of the run.
        configuration: Its frozen configuration.
        record: Collects what the stage reads, writes and falls back to.
        member: Name of the member, None for stages that run once.
        exit_code: How a member's process ended, for `close_member`.
        ranks: MPI ranks that the workflow has asked for; 0 when it did not say.
        launch: Name that the rule gave to this one start of a member.
    """

    run: RunPaths
    configuration: Configuration
    record: StageRecord
    member: str | None = None
    exit_code: int = 0
    ranks: int = 0
    launch: str = ""

    @classmethod
    def create(
        cls,
        stage: str,
        folder: Path,
        member: str | None = None,
        exit_code: int = 0,
        revision: int = 0,
    ) -> "Task":
        """Read the configuration of a run and prepare the record of a stage.

        Raises:
            ConfigurationError: The configuration or the member's name is wrong.
            CycleError: The folder is not named after a cycle.
        """
        run = RunPaths(folder.resolve(), revision)
        _ = run.cycle
        configuration = read_resolved(run.configuration)
        known = member_names(configuration.ensemble.members)
        if member is not None and member not in known:
            msg = (
                f"There is no member '{member}' in the run '{run.folder.name}'; it has "
                f"{', '.join(known)}."
            )
            raise ConfigurationError(msg)
        record = StageRecord(stage, run.folder, PROJECT, run.configuration, member)
        return cls(run, configuration, record, member, exit_code)

    @property
    def cycle(self) -> Cycle:
        """The cycle of the run."""
        return self.run.cycle

    @property
    def as_of(self) -> AsOf:
        """Until when things must have been known to be used."""
        return AsOf.parse(self.configuration.case.as_of)

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the planned members."""
        return member_names(self.configuration.ensemble.members)

    @property
    def name(self) -> str:
        """The member that the stage runs for.

        Raises:
            ConfigurationError: No member was named.
        """
        if self.member is None:
            msg = f"The stage '{self.record.stage}' runs for one member; name it with --member."
            raise ConfigurationError(msg)
        return self.member

    def input(self, text: str) -> Path:
        """A file that the configuration names, put on record as read."""
        path = project_path(text)
        self.record.read(path)
        return path
