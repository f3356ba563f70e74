"""Building the model of one member and one rank from the files of its run."""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.composition import Composition, composition_of
from forecast.common.errors import InputError
from forecast.ctm.build import ModelInputs, ModelOptions, build_model
from forecast.ctm.model import TransportModel
from forecast.ctm.process import Ground
from forecast.fields.arrays import Single
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.grid.season import vegetation_season
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Decomposition
from forecast.stages.member_inputs import (
    MemberBoundary,
    MemberDiffusivity,
    MemberEmissions,
    MemberMeteorology,
)
from forecast.stages.task import Task
from forecast.storage.boundary import read_boundary
from forecast.storage.emissions import read_emissions
from forecast.storage.meteorology import MeteorologyFile
from forecast.storage.perturbation import read_perturbation
from forecast.storage.static_fields import read_static
from forecast.storage.tiles import Tile


@dataclass(frozen=True)
class MemberModel:
    """One tile of one member, ready to start.

    Attributes:
        model: The transport model.
        initial: State of a cold start, kg kg-1, (nspecies, nz, ny, nx) of the tile.
        window: Hours of the run.
        tile: Cells of this rank.
        domain: Where.
        products: Surface fields that the model makes.
    """

    model: TransportModel
    initial: Single
    window: RunWindow
    tile: Tile
    domain: Domain
    products: tuple[str, ...]


def build_member(task: Task, comm: Communicator) -> MemberModel:
    """Read this rank's part of every input and build its model.

    Raises:
        DecompositionError: The domain cannot be divided over that many ranks.
        InputError: A file is missing or damaged, or was made for other species.
        ConfigurationError: The mechanism is wrong.
    """
    configuration, run = task.configuration, task.run
    domain = Domain.from_config(configuration.domain)
    _, ny, nx = domain.shape
    layout = Decomposition.choose(ny, nx, comm.size, configuration.computing.rank_rows)
    own = layout.tile(comm.rank)
    tile = Tile(own.j, own.i, (ny, nx), layout.chunk)
    composition = composition_of(configuration.chemistry)
    file = MeteorologyFile(run.meteorology, tile.rows, tile.columns)
    perturbation = read_perturbation(run.perturbation(task.name))
    cut = perturbation.tile(tile.rows, tile.columns)
    emissions = read_emissions(run.emissions, tile.rows, tile.columns)
    boundary = read_boundary(run.boundary)
    _check_species(composition, emissions.species, boundary.species)
    ground = _ground(task, domain)
    outside = MemberBoundary(boundary, file.times[:-1], tile)
    inputs = ModelInputs(
        meteorology=MemberMeteorology(file, cut),
        emissions=MemberEmissions(emissions, cut),
        boundary=outside,
        diffusivity=MemberDiffusivity.of_tile(cut, ground.urban_fraction[tile.rows, tile.columns]),
        start=file.times[0],
    )
    options = ModelOptions(
        configuration.transport, configuration.chemistry, configuration.deposition
    )
    task.record.read(
        run.static, run.meteorology, run.emissions, run.boundary, run.perturbation(task.name)
    )
    return MemberModel(
        model=build_model(comm, layout, domain.levels, ground, composition, inputs, options),
        initial=outside.initial,
        window=RunWindow.of_bounds(task.cycle, file.times),
        tile=tile,
        domain=domain,
        products=composition.products,
    )


def _ground(task: Task, domain: Domain) -> Ground:
    data = read_static(task.run.static, domain)
    season = vegetation_season(task.cycle.time, domain.horizontal.latitude)
    return Ground(
        cell_area=np.asarray(data["cell_area"].values),
        land_fraction=data["land_fraction"].values,
        urban_fraction=data["urban_fraction"].values,
        roughness_length=data["roughness_length"].values,
        land_use=data["land_use"].values,
        season=season,
        latitude=domain.horizontal.latitude,
        longitude=domain.horizontal.longitude,
        terrain_height=data["terrain_height"].values,
    )


def _check_species(composition: Composition, *found: tuple[str, ...]) -> None:
    """Refuse inputs that were prepared for another mechanism.

    Raises:
        InputError: The species or their order differ.
    """
    for names in found:
        if names != composition.table.names:
            msg = (
                f"The prepared inputs hold the species '{', '.join(names)}', the mechanism "
                f"'{composition.name}' has '{', '.join(composition.table.names)}'; run the stage "
                "'prepare' again."
            )
            raise InputError(msg)
