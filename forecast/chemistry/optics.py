"""What dims the light: cloud water and its optical depth, particles and theirs, ozone, ground."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from forecast.chemistry.kernels.optics import particle_depths
from forecast.common.constants import GRAVITY
from forecast.common.errors import ConfigurationError
from forecast.config.photolysis import OzoneClimatology, ParticleLight, PhotolysisConfig
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Reals, Single

FREEZING, ALL_ICE = 263.15, 243.15
"""Temperatures at which ice appears in clouds and at which there is nothing else, K (Kiehl et al.
1998, doi 10.1175/1520-0442(1998)011<1131:TNCFAR>2.0.CO;2)."""
LIQUID_A, LIQUID_B = 28.17, 1.305e-3
"""Extinction of liquid water, m2 kg-1 and m3 kg-1: A + B / radius in the band 250 to 690 nm
(Slingo 1989, doi 10.1175/1520-0469(1989)046<1419:AGPFTS>2.0.CO;2, table 1)."""
ICE_A, ICE_B = 3.448, 2.431e-3
"""The same of ice (Ebert and Curry 1992, doi 10.1029/91JD02472, table 2)."""
VISIBLE = 550.0
"""Wavelength of the cross sections in the file, nm."""


class CloudWater(NamedTuple):
    """Water inside clouds, kg m-3 of cloudy air, any shape.

    Attributes:
        liquid: Droplets.
        ice: Crystals.
    """

    liquid: Single
    ice: Single


def water_column(specific_humidity: Reals, pressure: Reals) -> Single:
    """Water vapour of the column, kg m-2.

    Args:
        specific_humidity: kg kg-1, (nz, …).
        pressure: Of interfaces, Pa, (nz + 1, …).
    """
    mass = (pressure[:-1] - pressure[1:]) / np.float32(GRAVITY)
    total: Single = np.sum(specific_humidity * mass, axis=0).astype(np.float32)
    return total


def cloud_water(
    temperature: Reals, height: Reals, vapour: Reals, options: PhotolysisConfig
) -> CloudWater:
    """Water in clouds, for drivers that give cover only.

    W = W0 exp(-z / h) with h = h0 ln(1 + water vapour of the column): the diagnosis of NCAR's
    CCM3 (Hack 1998, doi 10.1175/1520-0442(1998)011<1497:SOTSCT>2.0.CO;2). The share of ice grows
    linearly between -10 and -30 degrees C. Multiply by the cover for the mean of a cell.

    Args:
        temperature: K, (nz, …).
        height: Above ground, m, (nz, …).
        vapour: `water_column`, kg m-2, (…).
        options: W0 and h0.
    """
    scale = options.water_scale * np.log1p(np.maximum(vapour, 0.1))
    total = options.water_at_ground * np.exp(-np.maximum(height, 0.0) / scale)
    frozen = np.clip((FREEZING - temperature) / (FREEZING - ALL_ICE), 0.0, 1.0)
    liquid, ice = total * (1.0 - frozen), total * frozen
    return CloudWater(liquid.astype(np.float32), ice.astype(np.float32))


def cloud_optical_depth(
    water: CloudWater, cover: Reals, depth: Reals, options: PhotolysisConfig
) -> Single:
    """Optical depth of cloud in layers, spread over the cell.

    The optical depth inside cloud times cover^(3/2): Briegleb (1992, doi 10.1029/92JD00291) found
    that this stands for cloud layers that overlap at random.

    Args:
        water: In cloud, kg m-3, (nz, …).
        cover: 0 to 1, (nz, …).
        depth: Of layers, m, (nz, …).
        options: Radii and the exponent.
    """
    liquid = np.float32(LIQUID_A + LIQUID_B / options.liquid_radius)
    ice = np.float32(ICE_A + ICE_B / options.ice_radius)
    inside = (water.liquid * liquid + water.ice * ice) * depth
    spread = np.clip(cover, 0.0, 1.0) ** options.overlap_exponent
    result: Single = (inside * spread).astype(np.float32)
    return result


class ParticleOptics:
    """Optical depth of the model's particles in the bands of a photolysis table."""

    def __init__(self, light: ParticleLight, species: tuple[str, ...], wavelength: Reals) -> None:
        """Collect cross sections.

        Args:
            light: Classes of particles.
            species: Particles of the model, in the order of the masses.
            wavelength: Of the bands, nm, (band,).

        Raises:
            ConfigurationError: A particle of the model belongs to no class.
        """
        classes = {name: entry for entry in light.classes.values() for name in entry.species}
        unknown = sorted(set(species) - set(classes))
        if unknown:
            msg = (
                f"The optical properties have no class for the particles {unknown}; add them to "
                "one in configs/photolysis/particles.yaml."
            )
            raise ConfigurationError(msg)
        self.species = species
        self.asymmetry = light.asymmetry
        stretch = VISIBLE / np.asarray(wavelength, np.float64)
        entries = [classes[name] for name in species]
        # m2 g-1 times ug m-3 times m is 1e-6
        self.scattering = 1.0e-6 * np.array(
            [entry.scattering * stretch**entry.scattering_exponent for entry in entries]
        )
        self.absorption = 1.0e-6 * np.array(
            [entry.absorption * stretch**entry.absorption_exponent for entry in entries]
        )
        both = np.concatenate([self.scattering, self.absorption], axis=1).T
        self._weights = np.ascontiguousarray(both, dtype=np.float32)

    def depths(self, mass: Single, depth: Single, out: Single | None = None) -> Single:
        """Optical depths of one layer.

        Args:
            mass: Of each particle species and its water, ug m-3, (nspecies, n).
            depth: Of the layer, m, (n,).
            out: Where to put the result; new when not given.

        Returns:
            Scattering in the bands, then absorption in the bands, (2 band, n).
        """
        result = np.empty((self._weights.shape[0], depth.size), np.float32) if out is None else out
        particle_depths(mass, depth, self._weights, result)
        return result


def read_particle_light(path: Path) -> ParticleLight:
    """Read the optical properties of particles.

    Raises:
        ConfigurationError: The file is missing or wrong; all errors at once.
    """
    return read_model(path, ParticleLight, "table of particle optics")


def read_ozone(path: Path) -> OzoneClimatology:
    """Read the climatology of the ozone column.

    Raises:
        ConfigurationError: The file is missing or wrong; all errors at once.
    """
    return read_model(path, OzoneClimatology, "ozone climatology")


def ozone_column(
    climatology: OzoneClimatology, time: np.datetime64, latitude: Reals, options: PhotolysisConfig
) -> Single:
    """Ozone column, DU, linear between latitudes and between the middles of months.

    Args:
        climatology: By latitude and month.
        time: UTC.
        latitude: Degrees north, any shape.
        options: A constant column, if one is set.
    """
    if options.ozone_column is not None:
        return np.full(latitude.shape, options.ozone_column, np.float32)
    month = time.astype("datetime64[M]")
    begin, now, end = (t.astype("datetime64[s]").astype(np.int64) for t in (month, time, month + 1))
    position = int(month.astype(np.int64)) % 12 + float(now - begin) / float(end - begin) - 0.5
    months = np.arange(-1, 13)
    latitudes = sorted(climatology.columns)
    values = [
        float(np.interp(position, months, np.take(climatology.columns[place], months, mode="wrap")))
        for place in latitudes
    ]
    column: Single = np.interp(latitude, latitudes, values).astype(np.float32)
    return column


def surface_albedo(land_fraction: Reals, options: PhotolysisConfig) -> Single:
    """Albedo in the ultraviolet, without snow, from the share of land, any shape."""
    albedo = options.albedo_sea + (options.albedo_land - options.albedo_sea) * land_fraction
    result: Single = np.asarray(albedo, np.float32)
    return result
