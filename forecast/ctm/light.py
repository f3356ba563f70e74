"""Light on a tile: photolysis rates under the model's own clouds and particles."""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.composition import Composition, Role
from forecast.chemistry.kernels.photolysis import Columns, Turbidity
from forecast.chemistry.lanes import as_columns
from forecast.chemistry.optics import (
    ParticleOptics,
    ozone_column,
    read_ozone,
    read_particle_light,
    surface_albedo,
)
from forecast.chemistry.photolysis import Photolysis, read_photolysis_table
from forecast.config.load import project_path
from forecast.config.photolysis import OzoneClimatology, PhotolysisConfig
from forecast.ctm.process import Ground
from forecast.fields.arrays import Single


@dataclass(frozen=True)
class LightTables:
    """What the files of light hold for the species of a model.

    Attributes:
        photolysis: Rates that the mechanism needs.
        optics: Of the particles that meet light.
        rows: Rows of these particles.
        ozone: Climatology of the ozone column.
    """

    photolysis: Photolysis
    optics: ParticleOptics
    rows: list[int]
    ozone: OzoneClimatology

    @classmethod
    def read(cls, composition: Composition, options: PhotolysisConfig) -> "LightTables":
        """Read the files.

        Raises:
            InputError: The photolysis table cannot be read.
            ConfigurationError: A rate, or the optical properties of a species, are missing.
        """
        table = read_photolysis_table(project_path(options.table_file))
        particles = read_particle_light(project_path(options.particles_file))
        rows = [
            row for row, entry in enumerate(composition.aerosol) if entry.role is not Role.HYDROGEN
        ]
        names = tuple(composition.aerosol[row].name for row in rows)
        return cls(
            Photolysis(table, composition.gas.photolysis, options, particles.asymmetry),
            ParticleOptics(particles, names, table.wavelength),
            rows,
            read_ozone(project_path(options.ozone_file)),
        )


class Light:
    """Photolysis rates of a tile.

    Attributes:
        photolysis: Rates that the mechanism needs.
        albedo: Of the ground below each column, (n,).
    """

    def __init__(self, composition: Composition, options: PhotolysisConfig, ground: Ground) -> None:
        """Read the tables.

        Args:
            composition: Species, with the names of the rates.
            options: Files and switches.
            ground: Of the tile.

        Raises:
            InputError: The photolysis table cannot be read.
            ConfigurationError: A rate, or the optical properties of a species, are missing.
        """
        self._options = options
        self._tables = LightTables.read(composition, options)
        self.photolysis = self._tables.photolysis
        self._latitude = as_columns(ground.latitude)
        self.albedo = as_columns(surface_albedo(ground.land_fraction, options))

    def ozone(self, time: np.datetime64) -> Single:
        """Ozone above the tile's columns, DU, (n,)."""
        return ozone_column(self._tables.ozone, time, self._latitude, self._options)

    def no_particles(self, nz: int, n: int) -> Single:
        """Optical depths without particles: scattering, then absorption, (2 nband, nz, n)."""
        return np.zeros((2 * self.photolysis.wavelength.size, nz, n), np.float32)

    def add_particles(self, mass: Single, depth: Single, out: Single) -> None:
        """Set the optical depths of a layer.

        Args:
            mass: All particles of the model, ug m-3, (naerosol, n).
            depth: Of the layer, m, (n,).
            out: (2 nband, n), set.
        """
        out[:] = self._tables.optics.depths(mass[self._tables.rows], depth)

    def rates(
        self, columns: Columns, cloud: Single, particles: Single, distance_factor: float
    ) -> Single:
        """Photolysis rates, s-1, (nz, nphotolysis, n).

        Args:
            columns: The air, with the sun.
            cloud: Optical depth of cloud, (nz, n).
            particles: Of particles, as `no_particles` has them.
            distance_factor: Of the sun.
        """
        bands = self.photolysis.wavelength.size
        turbidity = Turbidity(cloud, particles[:bands], particles[bands:])
        return self.photolysis.rates(columns, turbidity, distance_factor)
