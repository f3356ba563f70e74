"""Vertical mixing as a process, with emission and dry deposition in the same solve."""

from typing import Protocol

import numpy as np

from forecast.common.errors import ModelError
from forecast.ctm.budget import LedgerFields
from forecast.ctm.deposition import DryDeposition
from forecast.ctm.emission import emission_rows
from forecast.ctm.kernels.diffusion import SurfaceExchange, diffusion_work, mix_columns
from forecast.ctm.kernels.layout import flat_rows
from forecast.ctm.process import Diffusivity, Ground, Hour, Step, require_shape
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Reals, Single


class EmissionSource(Protocol):
    """Where emissions come from."""

    def hour(self, index: int) -> Single:
        """Emission of the hour that starts `index` hours after the start of the run.

        Returns:
            kg s-1 a cell of the tile, (nspecies, nz_emission, ny, nx), float32, species in the
            order of the mechanism.
        """


def conductance(diffusivity: Reals, hour: Hour, cell_area: Float) -> Float:
    """Mass of air that mixing exchanges through interfaces, K rho A / dz.

    Args:
        diffusivity: Of interfaces, m2 s-1, (nz + 1, ny, nx).
        hour: Heights and densities.
        cell_area: m2, (ny, nx).

    Returns:
        kg s-1, (nz + 1, ny, nx); zero at the ground and at the top.
    """
    depth = np.diff(hour.z_half, axis=0)
    between = (hour.density * depth)[1:] + (hour.density * depth)[:-1]
    density = between / (depth[1:] + depth[:-1])
    result = np.zeros(hour.z_half.shape)
    result[1:-1] = diffusivity[1:-1] * density * cell_area / np.diff(hour.z_full, axis=0)
    return result


class VerticalMixing:
    """Mixes columns, emits and deposits."""

    name = "mixing"

    def __init__(
        self,
        ground: Ground,
        emissions: EmissionSource,
        deposition: DryDeposition,
        diffusivity: Diffusivity,
        ledger: LedgerFields,
        species: tuple[str, ...],
        layers: int,
    ) -> None:
        """Take what the process works with.

        Args:
            ground: What lies below the tile.
            emissions: Hourly emissions.
            deposition: Deposition velocities.
            diffusivity: Diffusivity of interfaces.
            ledger: Where emission and dry deposition are written down.
            species: Names.
            layers: Number of layers.
        """
        self._ground = ground
        self._emissions = emissions
        self._deposition = deposition
        self._diffusivity = diffusivity
        self._ledger = ledger
        self._species = species
        self._work = diffusion_work(layers)
        self._conductance = flat_rows(np.zeros((layers + 1, *ground.cell_area.shape)))
        nothing = np.zeros((len(species), 1, *ground.cell_area.shape))
        self._exchange = SurfaceExchange(
            flat_rows(nothing), np.zeros(len(species), np.int64), flat_rows(nothing[:, 0])
        )
        self._rates = np.zeros((len(species), *ground.cell_area.shape))

    def begin_hour(self, hour: Hour) -> None:
        """Set conductances, emissions and deposition velocities.

        Raises:
            InputError: An emission is negative, not finite or of another shape than the tile.
            ModelError: A diffusivity is negative or not finite.
        """
        diffusivity = self._diffusivity(hour.z_half, hour.middle)
        require_shape("The vertical diffusivity", diffusivity, hour.z_half.shape)
        if not np.all(diffusivity >= 0.0) or not np.isfinite(diffusivity).all():
            msg = (
                f"The vertical diffusivity in hour {hour.index} is negative or not finite "
                f"somewhere (smallest '{np.nanmin(diffusivity)}'); expected m2 s-1 from 0 up. "
                "Check the boundary-layer height and its perturbation."
            )
            raise ModelError(msg)
        self._conductance = flat_rows(conductance(diffusivity, hour, self._ground.cell_area))
        rates = self._emissions.hour(hour.index)
        layers = min(rates.shape[1], hour.z_full.shape[0])
        shape = (len(self._species), layers, *self._ground.cell_area.shape)
        require_shape(f"The emission of hour {hour.index}", rates, shape)
        rows = emission_rows(rates, self._species, hour.index)
        velocity = self._deposition.velocities(hour) / hour.z_half[1]
        self._exchange = SurfaceExchange(rows.rates, rows.emitting, flat_rows(velocity))
        self._rates = rates.sum(axis=1, dtype=np.float64)

    def advance(self, state: TileState, step: Step) -> None:
        """Solve all columns of the tile for one step."""
        mix_columns(
            state.mixing_ratio,
            state.air_mass,
            self._conductance,
            self._exchange,
            step.seconds,
            self._ledger.dry_deposition,
            self._work,
        )
        self._ledger.emission[:] += self._rates * step.seconds
