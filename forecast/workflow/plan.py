"""What the Snakefile needs to know about a run, read from the run's own configuration."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.config.inputs import expected_paths
from forecast.config.load import read_resolved
from forecast.config.root import Configuration
from forecast.config.workflow import Launcher
from forecast.fields.history import History
from forecast.fields.records import from_json
from forecast.workflow.paths import SNAKEFILE, RunPaths, member_names
from forecast.workflow.site import Resource, SitePlan


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
            *self.relative(self.run.configuration),
            *(str(path) for _, path in expected_paths(self.configuration)),
        ]

    @property
    def observations(self) -> list[str]:
        """The readings up to the cycle, where there is a store of them."""
        stored = bool(self.configuration.observations.store)
        return self.relative(self.run.observations) if stored else []

    @property
    def analysis(self) -> list[str]:
        """The record of the analysis, where one is to be made."""
        made = self.configuration.assimilation.enabled
        return self.relative(self.run.analysis_record) if made else []

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
        if self.configuration.site.launcher:
            return self.site.launcher()
        if workflow.launcher is Launcher.COMMAND:
            return workflow.launcher_command
        return shlex.quote(str(Path(sys.executable).parent / "mpiexec"))

    @property
    def site(self) -> SitePlan:
        """What the site has to say."""
        history = History()
        if self.run.history.is_file():
            text = self.run.history.read_text(encoding="utf-8")
            history = from_json(History, text, self.run.history)
        return SitePlan(self.configuration, SNAKEFILE.parent, history)

    @property
    def member_resources(self) -> dict[str, Resource]:
        """What a member asks for; a profile may replace any of it."""
        return {"mpi": self.launcher, **self.site.member()}

    @property
    def stage_resources(self) -> dict[str, Resource]:
        """What any other stage asks for."""
        return self.site.stage()

    @property
    def warm_resources(self) -> dict[str, Resource]:
        """What the compilation of the kernels asks for."""
        return self.site.warm()

    def warm_stamp(self, processor: str) -> Path:
        """Written when the kernels are compiled for a type of processor."""
        return self.run.warm_stamp.with_suffix(f".{processor}")

    @property
    def warm_stamps(self) -> list[Path]:
        """The stamps of all types of processor that members may get."""
        return [self.warm_stamp(name) for name in self.site.processors]

    def before_warm(self, processor: str) -> list[str]:
        """What the compilation for one type waits for: two at a time would spoil one cache."""
        names = self.site.processors
        before = names[: names.index(processor)][-1:]
        return self.relative(self.run.configuration, *map(self.warm_stamp, before))

    def environment(self, checkout: Path) -> str:
        """Shell text that makes the stages run from a checkout, on one thread a rank."""
        path = shlex.quote(str(checkout))
        return (
            f"{self.site.shell_lines()}"
            f"export PYTHONPATH={path}${{{{PYTHONPATH:+:$PYTHONPATH}}}} "
            "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1; "
        )

    def relative(self, *paths: Path) -> list[str]:
        """Paths as the rules write them, relative to the folder of the run."""
        return [path.relative_to(self.run.folder).as_posix() for path in paths]
