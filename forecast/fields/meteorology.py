"""Meteorology on the model grid, as `prepare` makes it and the transport model takes it."""

from dataclasses import dataclass, fields, replace

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Reals, Single, Times


@dataclass(frozen=True)
class MeteorologyHour:
    """One hour for one tile: values at its start, fluxes as its mean.

    All arrays float32; nz, ny, nx are the tile's.

    Attributes:
        surface_pressure: Pa, (ny, nx).
        air_temperature: K, (nz, ny, nx).
        specific_humidity: kg kg-1, (nz, ny, nx).
        cloud_area_fraction: 0 to 1, (nz, ny, nx).
        mass_flux_x: Air through west faces, kg s-1, mean of the hour, (nz, ny, nx + 1).
        mass_flux_y: Air through south faces, kg s-1, mean of the hour, (nz, ny + 1, nx).
        air_temperature_2m: K, (ny, nx).
        wind_speed_10m: m s-1, (ny, nx).
        friction_velocity: m s-1, (ny, nx).
        inverse_obukhov_length: m-1, (ny, nx), positive when stable.
        boundary_layer_height: m above ground, (ny, nx).
        downwelling_shortwave: At the surface, W m-2, (ny, nx).
        precipitation_flux: kg m-2 s-1, mean of the hour, (ny, nx).
    """

    surface_pressure: Single
    air_temperature: Single
    specific_humidity: Single
    cloud_area_fraction: Single
    mass_flux_x: Single
    mass_flux_y: Single
    air_temperature_2m: Single
    wind_speed_10m: Single
    friction_velocity: Single
    inverse_obukhov_length: Single
    boundary_layer_height: Single
    downwelling_shortwave: Single
    precipitation_flux: Single

    def tile(self, j: slice, i: slice) -> "MeteorologyHour":
        """Cut a tile; fluxes keep the faces on both sides of it."""
        j_faces, i_faces = slice(j.start, j.stop + 1), slice(i.start, i.stop + 1)
        cuts = {"mass_flux_x": (j, i_faces), "mass_flux_y": (j_faces, i)}
        cut = {
            field.name: getattr(self, field.name)[(..., *cuts.get(field.name, (j, i)))]
            for field in fields(self)
        }
        return replace(self, **cut)


def describe_gap(
    name: str, values: Reals, time: np.datetime64, corner: tuple[int, int] = (0, 0)
) -> str | None:
    """Describe the first value of a field that is no number; None when all are.

    Args:
        name: Of the field.
        values: At one time, (ny, nx) or (nz, ny, nx).
        time: UTC.
        corner: Row and column of the first cell in the domain.
    """
    if np.isfinite(values).all():
        return None
    place = tuple(int(n) for n in np.argwhere(~np.isfinite(values))[0])
    *layer, row, column = place
    where = f"layer {layer[0]}, " if layer else ""
    return (
        f"'{name}' is '{values[place]}' at {time.astype('datetime64[s]')} UTC in {where}row "
        f"{corner[0] + row}, column {corner[1] + column}"
    )


@dataclass(frozen=True)
class MeteorologySeries:
    """Hourly meteorology over the whole domain.

    The arrays are those of `MeteorologyHour` with time in front; record t holds the values at
    `times[t]`. Fluxes and precipitation of record t are means over (times[t], times[t + 1]); in
    the last record they are zero and never used.

    Attributes:
        times: Hour bounds, UTC, (nt,).
        hour_fields: The arrays by the names of `MeteorologyHour`, each with a leading time axis.
        precipitation_known: False when the driver has none and the flux is zero by default.
        attribution: Source and licence of the driver, for products.
    """

    times: Times
    hour_fields: MeteorologyHour
    precipitation_known: bool
    attribution: str

    def hour(self, index: int) -> MeteorologyHour:
        """Return the record of one hour over the whole domain."""
        values = {f.name: getattr(self.hour_fields, f.name)[index] for f in fields(MeteorologyHour)}
        return MeteorologyHour(**values)

    def require_numbers(self, *names: str) -> None:
        """Refuse values that are no numbers.

        Args:
            names: Fields to look at; all by default.

        Raises:
            InputError: There are some; the first of each field is named with time and cell.
        """
        problems = []
        for name in names or [field.name for field in fields(MeteorologyHour)]:
            series = getattr(self.hour_fields, name)
            found = map(describe_gap, [name] * self.times.size, series, self.times)
            problems += [text for text in [next(filter(None, found), None)] if text]
        if problems:
            listed = "\n".join(f"  {text}" for text in problems)
            msg = (
                "The prepared meteorology has values that are no numbers; look at the driving "
                f"fields, terrain and land there:\n{listed}"
            )
            raise InputError(msg)
