"""The made case as a model to measure: domains of the project, and tiles of any shape.

Meteorology, emissions and edges come from formulas (`forecast.ctm.idealised`: jet, waves, rising
air, rain, towns). Making the meteorology stands for reading it and is not counted; making the
emissions, less than 1 % of a step with chemistry, is.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from forecast.chemistry.composition import Composition, composition_of
from forecast.common.stopwatch import StopWatch
from forecast.config.chemistry import ChemistryConfig, Scheme
from forecast.config.domain import DomainConfig
from forecast.config.load import project_path
from forecast.ctm.build import ModelOptions
from forecast.ctm.idealised import IdealisedCase, idealised_model
from forecast.ctm.model import NoOutput, Sinks
from forecast.grid.domain import Domain
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Decomposition

INPUT = "input"
"""Timing of making or reading meteorology, not counted."""
RAIN_HOUR = 4
"""When six hours of rain begin: of the hours 1 to 6 of a run three are wet."""
DOMAINS = ("shandong_27km", "shandong_9km")


@dataclass(frozen=True)
class Spent:
    """What some hours took on one rank.

    Attributes:
        seconds: In all, without input.
        core_seconds: The same on the processor; with other ranks it includes busy waiting.
        processes: Of each timing of the model, without input.
    """

    seconds: float
    core_seconds: float
    processes: dict[str, float]


def domain_config(name: str) -> DomainConfig:
    """Read a domain of configs/domains."""
    text = project_path(f"configs/domains/{name}.yaml").read_text(encoding="utf-8")
    return DomainConfig(**yaml.safe_load(text))


def options(inert: bool = False) -> ModelOptions:
    """Return the options of the project; inert species do not react."""
    if inert:
        return ModelOptions(chemistry=ChemistryConfig(scheme=Scheme.NONE))
    return ModelOptions()


def composition() -> Composition:
    """Return the species that the project carries."""
    return composition_of(ChemistryConfig())


def made_case(config: DomainConfig, tile: tuple[int, int] | None = None) -> IdealisedCase:
    """Return the made case with the cells and layers of a domain.

    Args:
        config: The domain.
        tile: (ny, nx) of a tile that stands for a part of the domain: winds turn, but nothing
            rises that would empty so small a box.
    """
    domain = Domain.from_config(config)
    ny, nx = tile or domain.shape[1:]
    return IdealisedCase(
        ny,
        nx,
        domain.levels,
        composition(),
        config.cell_size,
        rising=0.0 if tile else 1.0,
        rain_hour=RAIN_HOUR,
    )


class MeasuredModel:
    """A model of the made case on these ranks.

    Attributes:
        cells: Of the whole domain.
        grown: Memory that building it and its first hour took on this rank at most, bytes.
    """

    def __init__(
        self,
        case: IdealisedCase,
        comm: Communicator,
        layout: Decomposition,
        chosen: ModelOptions,
    ) -> None:
        """Build the model and run its first hour, which also loads compiled kernels."""
        self.cells = case.levels.nz * case.ny * case.nx
        self._comm = comm
        before = _status("VmRSS")
        _forget_peak()
        self.model = idealised_model(case, comm, layout, chosen)
        self.model.run(1, Sinks(NoOutput()))
        self.grown = _status("VmHWM") - before

    def run(self, hours: int) -> Spent:
        """Run some hours more."""
        self._comm.barrier()
        first, start, busy = self.model.timings, time.perf_counter(), time.process_time()
        self.model.run(self.model.hour + hours, Sinks(NoOutput()))
        self._comm.barrier()
        wall, core = time.perf_counter() - start, time.process_time() - busy
        spent = {name: value - first.get(name, 0.0) for name, value in self.model.timings.items()}
        made = spent.pop(INPUT)
        return Spent(wall - made, core - made, spent)


def count_processor_time() -> None:
    """Let the model time its processes on the processor, for one rank on a shared machine."""
    StopWatch.clock = time.process_time


def resident_bytes() -> int:
    """Memory of this process, bytes; 0 where the system does not say."""
    return _status("VmRSS")


def _status(entry: str) -> int:
    """A size in /proc/self/status, bytes; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{entry}:"))


def _forget_peak() -> None:
    """Let the largest memory so far be that of now, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return
