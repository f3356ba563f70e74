"""What an opened cycle said for stations, beside what they measured."""

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.common.cycle import Cycle
from forecast.common.errors import InputError
from forecast.fields.observations import OBSERVED, Flag, StationSeries, series
from forecast.grid.horizontal import LambertGrid
from forecast.observations.reference_state import to_product_state
from forecast.stages.open_axes import variable_attributes
from forecast.storage.observation_sql import Wanted
from forecast.storage.observation_store import ObservationStore


def station_pairs(
    fields: xr.Dataset, grid: LambertGrid, cycle: Cycle, observations: Path
) -> xr.Dataset:
    """Match hourly readings with the cells that the stations lie in.

    Readings with any flag of the quality checks are left out, the newest version of a value
    counts, and all are brought to the reference state of the products.

    Args:
        fields: Of the members, (member, lead_time, y, x).
        grid: Their cells.
        cycle: Start of the forecast.
        observations: Folder of an observation store.

    Returns:
        For each pollutant, such as pm25: the forecast, (member, lead_time, station), read when
        used, and `pm25_observed`, (lead_time, station), NaN where nothing was measured.

    Raises:
        InputError: There is no such store, or no station of it in the domain measured meanwhile.
    """
    labels = cycle.hours(1, fields.sizes["lead_time"])
    wanted = Wanted(pollutants=OBSERVED, begin=labels[0], end=labels[-1])
    readings = to_product_state(ObservationStore(observations).read(wanted, without=~Flag.OK))
    found = series(readings, labels[0], labels[-1])
    place = np.array([(s.longitude, s.latitude) for s in found.stations]).reshape(-1, 2)
    measured = np.isfinite(found.values).any(axis=(0, 2))
    inside = np.flatnonzero(measured & grid.contains(place[:, 0], place[:, 1]))
    if inside.size == 0:
        msg = (
            f"In '{observations}' no station of the domain '{grid.name}' has a good hourly value "
            f"from {labels[0]} to {labels[-1]} UTC; load the observations of that time with "
            "`forecast observations load`, with the places of their stations."
        )
        raise InputError(msg)
    row, column = grid.cell_of(place[inside, 0], place[inside, 1])
    cells = fields.drop_vars(["y", "x", "longitude", "latitude"]).isel(
        y=xr.DataArray(row, dims="station"), x=xr.DataArray(column, dims="station")
    )
    names = [name for name in found.pollutants if name in fields]
    pairs = cells[names].assign_coords(_station_axes(found, inside))
    for name in names:
        attrs = variable_attributes(name)
        attrs["long_name"] = f"observed {attrs['long_name']}"
        values = found.of(name)[inside].T
        pairs[f"{name}_observed"] = (("lead_time", "station"), values, attrs)
        pairs[name].attrs.pop("grid_mapping", None)
    title = "members in the cells of stations, and what those measured"
    return pairs.assign_attrs(title=title, observations=str(observations))


def _station_axes(
    found: StationSeries, inside: "np.ndarray[tuple[int], np.dtype[np.intp]]"
) -> dict[str, xr.Variable]:
    stations = [found.stations[index] for index in inside]
    columns = {
        "station": ([one.code for one in stations], {"long_name": "code of the station"}),
        "station_name": ([one.name for one in stations], {"long_name": "name of the station"}),
        "station_city": ([one.city_en for one in stations], {"long_name": "its city"}),
        "station_kind": ([one.kind.value for one in stations], {"long_name": "what it stands for"}),
        "longitude": ([one.longitude for one in stations], {"units": "degrees_east"}),
        "latitude": ([one.latitude for one in stations], {"units": "degrees_north"}),
    }
    return {name: xr.Variable(("station",), *column) for name, column in columns.items()}
