"""The perturbation of each member."""

from forecast.ensemble.perturb import perturb
from forecast.grid.domain import Domain
from forecast.stages.task import Task
from forecast.storage.emissions import read_sectors
from forecast.storage.perturbation import write_perturbation


def run(task: Task) -> None:
    """Write one file a member."""
    domain = Domain.from_config(task.configuration.domain)
    task.record.read(task.run.emissions)
    sectors = read_sectors(task.run.emissions)
    for member in task.members:
        path = task.run.perturbation(member)
        write_perturbation(
            path, perturb(task.cycle.name, member, domain, sectors, task.configuration.ensemble)
        )
        task.record.wrote(path)
