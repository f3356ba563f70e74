"""The perturbation of each member."""

from dataclasses import replace

import numpy as np

from forecast.assimilation.emission_factors import factor_field
from forecast.config.load import project_path
from forecast.ensemble.perturb import perturb
from forecast.fields.analysis import Analysis
from forecast.fields.arrays import Float
from forecast.grid.domain import Domain
from forecast.grid.overlap import region_shares
from forecast.grid.regions import read_regions
from forecast.stages.task import Task
from forecast.storage.emissions import read_sectors
from forecast.storage.perturbation import write_perturbation
from forecast.storage.records import read_record


def run(task: Task) -> None:
    """Write one file a member."""
    domain = Domain.from_config(task.configuration.domain)
    task.record.read(task.run.emissions)
    sectors = read_sectors(task.run.emissions)
    learned = _learned(task, domain)
    for member in task.members:
        path = task.run.perturbation(member)
        drawn = perturb(task.cycle.name, member, domain, sectors, task.configuration.ensemble)
        factor = drawn.emission_factor * learned
        write_perturbation(path, replace(drawn, emission_factor=factor))
        task.record.wrote(path)


def _learned(task: Task, domain: Domain) -> Float:
    """Factor on the emissions of each cell that observations have taught, (ny, nx)."""
    grid, path = domain.horizontal, task.run.analysis_record
    shape = (grid.ny, grid.nx)
    if not (task.configuration.assimilation.enabled and path.is_file()):
        return np.ones(shape)
    task.record.read(path)
    factors = read_record(Analysis, path).emission_factors
    regions = read_regions(project_path(task.configuration.places.province_boundaries))
    codes = tuple(region.code for region in regions)
    return factor_field(factors, region_shares(grid, regions), codes, shape)
