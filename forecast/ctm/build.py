"""From configuration and sources to the model of one tile."""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.composition import Composition
from forecast.chemistry.removal import read_removal
from forecast.common.errors import DecompositionError
from forecast.config.chemistry import ChemistryConfig, Scheme
from forecast.config.deposition import DepositionConfig, DryScheme, WetScheme
from forecast.config.load import project_path
from forecast.config.transport import TransportConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.deposition import DryDeposition
from forecast.ctm.diffusion import EmissionSource, VerticalMixing
from forecast.ctm.model import MeteorologySource, TileSetup, TransportModel
from forecast.ctm.monitor import SurfaceMonitor
from forecast.ctm.process import Diffusivity, Ground, Process
from forecast.ctm.reaction import Chemistry
from forecast.ctm.settling import Settling
from forecast.ctm.surfaces import read_surfaces
from forecast.ctm.timestep import OperatorSequence
from forecast.ctm.transport import BoundarySource, Transport
from forecast.ctm.wet_scavenging import WetScavenging
from forecast.grid.vertical import HybridLevels
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Decomposition


@dataclass(frozen=True)
class ModelOptions:
    """Configuration of the model.

    Attributes:
        transport: Time step and limits.
        chemistry: Scheme and constants.
        deposition: Dry and wet schemes.
    """

    transport: TransportConfig = TransportConfig()
    chemistry: ChemistryConfig = ChemistryConfig()
    deposition: DepositionConfig = DepositionConfig()


@dataclass(frozen=True)
class ModelInputs:
    """Sources of one tile; everything they return is cut to it.

    Attributes:
        meteorology: Hourly records.
        emissions: Hourly emissions.
        boundary: Hourly mixing ratios outside the edges.
        diffusivity: Vertical diffusivity from heights and meteorology.
        start: Start of the run, UTC.
    """

    meteorology: MeteorologySource
    emissions: EmissionSource
    boundary: BoundarySource
    diffusivity: Diffusivity
    start: np.datetime64


def build_model(
    comm: Communicator,
    decomposition: Decomposition,
    levels: HybridLevels,
    ground: Ground,
    composition: Composition,
    inputs: ModelInputs,
    options: ModelOptions,
) -> TransportModel:
    """Build the model of this rank's tile.

    Args:
        comm: The ranks.
        decomposition: Who owns what; as many blocks as ranks.
        levels: Layers.
        ground: Of the whole domain; it is cut here.
        composition: Species and what they mean.
        inputs: Sources of the tile.
        options: Configuration.

    Raises:
        DecompositionError: There are more or fewer ranks than blocks.
        ConfigurationError: The mechanism lacks a species that the chemistry needs, or has one
            whose deposition is not described.
    """
    if comm.size != decomposition.size:
        msg = (
            f"'{comm.size}' ranks were started, the domain is divided into "
            f"'{decomposition.size}' blocks; start as many ranks as blocks."
        )
        raise DecompositionError(msg)
    tile = decomposition.tile(comm.rank)
    own_ground = ground.cut(tile.j, tile.i)
    species = composition.table.names
    ledger = LedgerFields.zeros(len(species), tile.ny, tile.nx)
    removal = read_removal(composition.table, options.deposition)
    surfaces = read_surfaces(project_path(options.deposition.surfaces_file))
    deposition = DryDeposition(removal, surfaces, options.deposition, own_ground)
    processes: list[Process] = [
        Transport(
            comm, tile, levels, own_ground.cell_area, inputs.boundary, options.transport, ledger
        ),
        VerticalMixing(
            own_ground, inputs.emissions, deposition, inputs.diffusivity, ledger, species, levels.nz
        ),
    ]
    step = float(options.transport.time_step)
    if options.deposition.settling and options.deposition.dry is not DryScheme.NONE:
        processes.append(Settling(removal, options.deposition, own_ground.cell_area, step, ledger))
    if options.deposition.wet is WetScheme.FIRST_ORDER:
        processes.append(WetScavenging(removal, options.deposition, step, ledger))
    if options.chemistry.scheme is Scheme.FULL:
        chemistry = Chemistry(
            composition, options.chemistry, own_ground, levels, inputs.start, step, ledger
        )
        processes.append(chemistry)  # last: it runs once for two steps
    return TransportModel(
        TileSetup(
            comm, tile, levels, own_ground.cell_area, species, inputs.start, options.transport
        ),
        inputs.meteorology,
        OperatorSequence(tuple(processes), step),
        SurfaceMonitor(composition, tile.ny, tile.nx),
        ledger,
    )
