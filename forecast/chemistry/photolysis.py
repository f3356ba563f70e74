"""Photolysis rates: TUV-x in a table for clear air, two streams of light for cloud and haze.

    J = J0(sun, height, ozone, albedo) (1 + s dT) sum_b w_b F_b / F0_b / d^2

J0 is the table, s its slope with temperature and dT the difference from the temperature of the
table, F_b / F0_b the actinic flux in band b with cloud, particles and the true ground over that of
clear air above sea level, w_b the shares of the bands in the rate, d the distance of the sun in
mean distances. See docs/science/photolysis.md.
"""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import netCDF4
import numpy as np

from forecast.chemistry.kernels.photolysis import (
    BANDS,
    Bands,
    Columns,
    Space,
    Table,
    Turbidity,
    light_ratio,
    photolysis_rates,
    work_space,
)
from forecast.chemistry.lanes import LANES, padded_length
from forecast.common.errors import ConfigurationError, InputError
from forecast.config.photolysis import PhotolysisConfig
from forecast.fields.arrays import Float, Reals, Single
from forecast.grid.vertical import HybridLevels

logger = logging.getLogger(__name__)
_READING = threading.Lock()

CLOUD_ASYMMETRY = 0.86
"""Asymmetry of scattering by droplets in the ultraviolet (Slingo 1989, doi
10.1175/1520-0469(1989)046<1419:AGPFTS>2.0.CO;2: 0.829 + 0.0025 radius in micrometres, and a
little more at short wavelengths; 0.86 is also what Chang et al. 1987 take)."""
SCALE_HEIGHT = 7900.0
"""Of pressure in warm air (270 K), m: for the highest place that a layer can reach."""


@dataclass(frozen=True)
class PhotolysisTable:
    """Rates of clear air above ground at sea level, at mean distance of the sun.

    Attributes:
        names: Rates.
        zenith: Angles of the sun, degrees, rising, (nzenith,).
        height: m above sea level, (nheight,).
        ozone: DU, (nozone,).
        albedo: (nalbedo,).
        temperature: Of the air that the table was made with, K, (nheight,).
        log_rate: Natural logarithm of rates, s-1, (rate, albedo, ozone, zenith, height).
        slope: Its change by 1 K, (rate, zenith, height).
        share: Shares of the bands, (rate, band).
        wavelength: Of the bands, nm, (band,).
        rayleigh: Optical depth of the bands in air of 1 Pa, (band,).
        ozone_depth: The same in 1 DU of ozone, (band,).
    """

    names: tuple[str, ...]
    zenith: Float
    height: Float
    ozone: Float
    albedo: Float
    temperature: Float
    log_rate: Single
    slope: Single
    share: Float
    wavelength: Float
    rayleigh: Float
    ozone_depth: Float


AXES = ("zenith", "height", "ozone", "albedo")
VECTORS = ("temperature", "wavelength", "rayleigh", "ozone_depth")


def read_photolysis_table(path: Path) -> PhotolysisTable:
    """Read the table; one thread at a time, since netCDF bears no more.

    Raises:
        InputError: The file is missing, is no table, or holds what cannot be used.
    """
    try:
        with _READING, netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            names = tuple(str(name) for name in file["name"][:])
            vectors = {name: np.asarray(file[name][:], np.float64) for name in (*AXES, *VECTORS)}
            log_rate = np.asarray(file["log_rate"][:], np.float32)
            slope = np.asarray(file["slope"][:], np.float32)
            share = np.asarray(file["share"][:], np.float64)
    except (OSError, IndexError, ValueError) as error:
        msg = (
            f"The photolysis table '{path}' cannot be read: {error}. Take the file that comes "
            "with the project, or make it with tools/make_photolysis.py."
        )
        raise InputError(msg) from error
    table = PhotolysisTable(
        names=names, log_rate=log_rate, slope=slope, share=share, **vectors
    )  # fmt: skip
    _check(table, path)
    return table


def _check(table: PhotolysisTable, path: Path) -> None:
    sizes = [getattr(table, axis).size for axis in AXES]
    nzenith, nheight, nozone, nalbedo = sizes
    nrate, nband = len(table.names), BANDS
    problems = [
        f"the axis '{axis}' does not rise"
        for axis in AXES
        if np.any(np.diff(getattr(table, axis)) <= 0.0) or getattr(table, axis).size < 2
    ]
    shapes = (
        ("log_rate", (nrate, nalbedo, nozone, nzenith, nheight)),
        ("slope", (nrate, nzenith, nheight)),
        ("share", (nrate, nband)),
        ("temperature", (nheight,)),
        ("wavelength", (nband,)),
        ("rayleigh", (nband,)),
        ("ozone_depth", (nband,)),
    )
    for name, shape in shapes:
        values = getattr(table, name)
        if values.shape != shape:
            problems.append(f"'{name}' has the shape {values.shape}, not {shape}")
        elif not np.all(np.isfinite(values)):
            problems.append(f"'{name}' has values that are not finite")
    if problems:
        msg = (
            f"The photolysis table '{path}' is damaged: {'; '.join(problems)}. Take the file that "
            "comes with the project, or make it with tools/make_photolysis.py."
        )
        raise InputError(msg)


class Range(NamedTuple):
    """Where the arguments of a table end.

    Attributes:
        height: m above sea level.
        ozone: DU.
        albedo: Lowest and highest.
    """

    height: tuple[float, float]
    ozone: tuple[float, float]
    albedo: tuple[float, float]


class Photolysis:
    """Rates that a mechanism needs, in its order."""

    def __init__(
        self,
        table: PhotolysisTable,
        names: tuple[str, ...],
        options: PhotolysisConfig,
        particle_asymmetry: float = 0.65,
    ) -> None:
        """Choose rates from the table.

        Args:
            table: All rates.
            names: The wanted ones.
            options: Night.
            particle_asymmetry: Of scattering by particles.

        Raises:
            ConfigurationError: A rate is not in the table.
        """
        unknown = sorted(set(names) - set(table.names))
        if unknown:
            msg = (
                f"The photolysis table has no rate {unknown}; it has {sorted(table.names)}. "
                "Correct the names in the mechanism, or add them to configs/photolysis/rates.yaml "
                "and make the table anew with tools/make_photolysis.py."
            )
            raise ConfigurationError(msg)
        self.names = names
        self.wavelength = table.wavelength
        axes = (table.height, table.ozone, table.albedo)
        self.range = Range(*((float(axis[0]), float(axis[-1])) for axis in axes))
        self._night = np.float32(np.cos(np.radians(min(options.night_zenith, table.zenith[-1]))))
        self._table = _kernel_table(table, names)
        asymmetries = np.float32(particle_asymmetry), np.float32(CLOUD_ASYMMETRY)
        rayleigh, ozone = (v.astype(np.float32) for v in (table.rayleigh, table.ozone_depth))
        self._bands = Bands(rayleigh, ozone, *asymmetries)
        self._spaces: dict[int, Space] = {}
        self._warned: set[str] = set()

    def check_levels(self, levels: HybridLevels) -> None:
        """Refuse layers that the table does not reach.

        Raises:
            ConfigurationError: The middle of the highest layer lies above the table.
        """
        pressure = levels.pressure_full(np.array(101325.0))
        highest = SCALE_HEIGHT * float(np.log(101325.0 / pressure[-1]))
        if highest > self.range.height[1]:
            msg = (
                f"The middle of the highest layer may rise to '{highest:.0f}' m, but the "
                f"photolysis table ends at {self.range.height[1]:.0f} m above sea level. Lower the "
                "top of the domain, or make a higher table with tools/make_photolysis.py."
            )
            raise ConfigurationError(msg)

    def rates(
        self,
        columns: Columns,
        turbidity: Turbidity,
        distance_factor: float = 1.0,
        out: Single | None = None,
    ) -> Single:
        """Compute all rates.

        Args:
            columns: The air; n a multiple of `LANES`.
            turbidity: Cloud and particles.
            distance_factor: (Mean distance of the sun / distance)^2, `Sun.distance_factor`.
            out: Where to put the result; new when not given.

        Returns:
            s-1, (nz, rate, n), so that a layer is what the solver takes.
        """
        self._watch(columns)
        nz, n = columns.height.shape
        rates = np.empty((nz, len(self.names), n), np.float32) if out is None else out
        photolysis_rates(
            columns, turbidity, self._table, self._bands, self._night,
            np.float32(distance_factor), self._space(nz), rates,
        )  # fmt: skip
        return rates

    def light(self, columns: Columns, turbidity: Turbidity) -> Single:
        """Actinic flux over that of clear air above sea level, (band, nz, n)."""
        nz, n = columns.height.shape
        space = self._space(nz)
        result = np.empty((self.wavelength.size, nz, n), np.float32)
        for first in range(0, n, LANES):
            light_ratio(first, columns, turbidity, self._bands, space)
            result[:, :, first : first + LANES] = space.ratio
        return result

    def _space(self, nz: int) -> Space:
        if nz not in self._spaces:
            _, _, _, nheight, nrate = self._table.log_rate.shape
            self._spaces[nz] = work_space(nz, nheight, nrate)
        return self._spaces[nz]

    def _watch(self, columns: Columns) -> None:
        """Say once for each argument that it lies outside the table and is held at its end."""
        # the ground may lie below the sea; the table's lowest height is close enough
        held = (
            ("height", columns.height[-1], (-1000.0, self.range.height[1]), "m"),
            ("ozone column", columns.ozone, self.range.ozone, "DU"),
            ("albedo", columns.albedo, self.range.albedo, ""),
        )
        for name, values, (low, high), units in held:
            if name in self._warned:
                continue
            worst = float(values.min()) if values.min() < low else float(values.max())
            if not low <= worst <= high:
                self._warned.add(name)
                logger.warning(
                    "photolysis: %s '%g' %s is outside the table (%g to %g); held at its end",
                    name, worst, units, low, high,
                )  # fmt: skip


def _kernel_table(table: PhotolysisTable, names: tuple[str, ...]) -> Table:
    """Bring the wanted rates to the end of the axes, padded to whole groups of lanes."""
    places = [table.names.index(name) for name in names]
    missing = padded_length(len(places)) - len(places)

    def last(values: Reals, fill: float) -> Single:
        chosen = np.moveaxis(np.asarray(values)[places], 0, -1)
        padding = [(0, 0)] * (chosen.ndim - 1) + [(0, missing)]
        return np.ascontiguousarray(np.pad(chosen, padding, constant_values=fill), dtype=np.float32)

    axes = (np.cos(np.radians(table.zenith)), table.height, table.ozone, table.albedo)
    cosine, height, ozone, albedo = (axis.astype(np.float32) for axis in axes)
    return Table(
        log_rate=last(table.log_rate, -60.0),
        slope=last(table.slope, 0.0),
        share=last(table.share, 0.0),
        cosine=cosine,
        height=height,
        ozone=ozone,
        albedo=albedo,
        temperature=table.temperature.astype(np.float32),
    )


def clear_air(nz: int, n: int) -> Turbidity:
    """Neither cloud nor particles."""
    particles = np.zeros((BANDS, nz, n), np.float32)
    return Turbidity(np.zeros((nz, n), np.float32), particles, particles)
