"""What the model changes: the mixing ratio of every species and the air of every cell."""

from dataclasses import dataclass

from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array
from forecast.fields.arrays import Float, Single
from forecast.parallel.decomposition import Tile


@dataclass(frozen=True)
class TileState:
    """State of one tile with its halo; see `forecast.ctm.kernels.layout` for the memory.

    Attributes:
        ny: Cells of the tile from south to north.
        nx: Cells of the tile from west to east.
        mixing_ratio: kg kg-1, (nspecies, nz, ny + 6, width), float32.
        air_mass: kg, (nz, ny + 6, width), float64.
    """

    ny: int
    nx: int
    mixing_ratio: Single
    air_mass: Float

    @classmethod
    def empty(cls, tile: Tile, species: int, layers: int) -> "TileState":
        """Make a state without tracers."""
        return cls(
            tile.ny,
            tile.nx,
            ratio_array(species, layers, tile.ny, tile.nx),
            mass_array(layers, tile.ny, tile.nx),
        )

    @property
    def own_ratio(self) -> Single:
        """Mixing ratio of the tile's own cells, a view, (nspecies, nz, ny, nx)."""
        view: Single = self.mixing_ratio[..., HALO : HALO + self.ny, HALO : HALO + self.nx]
        return view

    @property
    def own_mass(self) -> Float:
        """Air of the tile's own cells, a view, (nz, ny, nx)."""
        view: Float = self.air_mass[..., HALO : HALO + self.ny, HALO : HALO + self.nx]
        return view

    @property
    def bytes_per_cell(self) -> float:
        """Memory of the state over the number of the tile's own cells."""
        cells = self.own_mass.size
        return (self.mixing_ratio.nbytes + self.air_mass.nbytes) / cells
