"""What one ensemble member changes in its inputs."""

from dataclasses import dataclass, replace

from forecast.fields.arrays import Float


@dataclass(frozen=True)
class Perturbation:
    """Factors and a stream function, fixed over a cycle.

    Attributes:
        member: Name, such as "m02".
        sectors: Names, first axis of `emission_factor`.
        emission_factor: Multiplies emissions, (nsector, ny, nx).
        boundary_layer_factor: Multiplies the boundary-layer height, (ny, nx).
        diffusivity_factor: Multiplies the vertical diffusivity, (ny, nx).
        stream_function: Mass stream function at cell corners, kg s-1, (nz, ny + 1, nx + 1). It
            adds -(psi[j+1] - psi[j]) to westerly and psi[i+1] - psi[i] to southerly face fluxes,
            which has no divergence in any cell, so the air-mass balance stays exact.
    """

    member: str
    sectors: tuple[str, ...]
    emission_factor: Float
    boundary_layer_factor: Float
    diffusivity_factor: Float
    stream_function: Float

    def tile(self, j: slice, i: slice) -> "Perturbation":
        """Cut the cells of a tile; corners keep both sides of it."""
        corners = (slice(j.start, j.stop + 1), slice(i.start, i.stop + 1))
        return replace(
            self,
            emission_factor=self.emission_factor[:, j, i],
            boundary_layer_factor=self.boundary_layer_factor[j, i],
            diffusivity_factor=self.diffusivity_factor[j, i],
            stream_function=self.stream_function[:, corners[0], corners[1]],
        )
