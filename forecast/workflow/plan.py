"""What the Snakefile needs to know about a run, read from the run's own configuration."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.config.inputs import input_paths
from forecast.config.load import read_resolved
from forecast.config.root import Configuration
from forecast.config.workflow import Launcher
from forecast.workflow.paths import RunPaths, member_names


@dataclass(frozen=True)
class Plan:
    """One cycle.

    Attributes:
        run: Files of the run.
        configuration: Its frozen configuration.
    """

    run: RunPaths
    configuration: Configuration

    @classmethod
    def read(cls, folder: Path, revision: int = 0) -> "Plan":
        """Read and check the configuration of a run folder.

        Args:
            folder: `runs/{cycle}`.
            revision: Number of the decision whose products are made.

        Raises:
            ConfigurationError: A key or value is wrong; all errors at once.
            CycleError: The folder is not named after a cycle.
        """
        run = RunPaths(folder.resolve(), revision)
        Cycle.parse(run.folder.name)
        return cls(run, read_resolved(run.configuration))

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the members."""
        return member_names(self.configuration.ensemble.members)

    @property
    def inputs(self) -> list[str]:
        """Files of others that the preparation reads, and the run's configuration."""
        return [
            str(self.run.configuration),
            *(str(path) for _, path in input_paths(self.configuration)),
        ]

    @property
    def python(self) -> str:
        """The Python that runs this, for shell commands."""
        return shlex.quote(sys.executable)

    @property
    def command(self) -> str:
        """Start of every stage command."""
        return f"{self.python} -m forecast stage"

    @property
    def ranked_command(self) -> str:
        """Start of a stage command on several ranks; an error in one rank ends all of them."""
        return f"{self.python} -m mpi4py -m forecast stage"

    @property
    def launcher(self) -> str:
        """What starts the ranks of a member, without their number."""
        workflow = self.configuration.workflow
        if workflow.launcher is Launcher.COMMAND:
            return workflow.launcher_command
        return shlex.quote(str(Path(sys.executable).parent / "mpiexec"))

    @property
    def member_resources(self) -> dict[str, int | str]:
        """What a member asks for; a profile may replace any of it."""
        workflow = self.configuration.workflow
        return {
            "mpi": self.launcher,
            "tasks": workflow.ranks,
            "runtime": workflow.member_minutes,
            "mem_mb": workflow.member_memory_mb,
        }

    @property
    def stage_resources(self) -> dict[str, int]:
        """What any other stage asks for."""
        workflow = self.configuration.workflow
        return {"runtime": workflow.stage_minutes, "mem_mb": workflow.stage_memory_mb}

    def environment(self, checkout: Path) -> str:
        """Shell text that makes the stages run from a checkout, on one thread a rank."""
        path = shlex.quote(str(checkout))
        return (
            f"export PYTHONPATH={path}${{{{PYTHONPATH:+:$PYTHONPATH}}}} "
            "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1; "
        )

    def relative(self, *paths: Path) -> list[str]:
        """Paths as the rules write them, relative to the folder of the run."""
        return [path.relative_to(self.run.folder).as_posix() for path in paths]
