"""Ensemble fields on the grid: our own file, and the CF netCDF that leaves the house.

Both are written piece by piece, so that neither has to fit into memory.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from forecast.common.errors import InputError
from forecast.fields.ensemble import EnsembleFields, EnsembleFrame, Piece, PieceStatistics
from forecast.fields.variables import PERCENTILES, REGISTRY
from forecast.grid.horizontal import LambertGrid
from forecast.storage.atomic import output_error, replacing
from forecast.storage.datasets import attributes, open_dataset, read_dataset, write_dataset
from forecast.storage.member_output import RECORD_CHUNK

EXCEEDANCE = "pm25_exceedance"
_MAPPING = "lambert_conformal_conic"
_HOUR = np.timedelta64(3600, "s")
_REQUIRED = ("time", "member_count", "threshold", EXCEEDANCE)
_ALL = slice(None)


class EnsembleFile:
    """A file that is being written."""

    def __init__(self, data: netCDF4.Dataset) -> None:
        """Take an open file with all its variables."""
        self._data = data

    def write(self, found: PieceStatistics) -> None:
        """Write what was found in one piece, in any order of pieces."""
        piece = found.piece
        place = (piece.hours, piece.rows)
        self._data[f"{piece.name}_mean"][place] = found.mean
        if found.percentiles is not None:
            for percent, values in zip(PERCENTILES, found.percentiles, strict=True):
                self._data[f"{piece.name}_p{percent}"][place] = values
        if found.exceedance is not None:
            self._data[EXCEEDANCE][(slice(None), *place)] = found.exceedance
        if found.member_count is not None:
            self._data["member_count"][piece.hours] = found.member_count


@contextmanager
def create_ensemble(
    path: Path, frame: EnsembleFrame, grid: LambertGrid, attrs: Mapping[str, str]
) -> Iterator[EnsembleFile]:
    """Make CF netCDF with projection, bounds and cell methods; it is there when the block ends.

    Args:
        path: File to write.
        frame: What the fields are about.
        grid: Where.
        attrs: Global attributes, such as title, attribution and comment.

    Yields:
        The file, to which all pieces are written inside the block.

    Raises:
        OutputError: The disk refuses the file.
    """
    with replacing(path) as temporary:
        try:
            _write_frame(temporary, frame, grid, attrs)
            with netCDF4.Dataset(temporary, "a") as data:
                data.set_auto_mask(False)
                for name, cell_methods in _field_names(frame):
                    _add_field(data, name, cell_methods)
                yield EnsembleFile(data)
        except RuntimeError as error:
            raise output_error(path, error) from error


def _field_names(frame: EnsembleFrame) -> Iterator[tuple[str, str]]:
    """Names of the fields with what happened along the axes."""
    for name in frame.pollutants:
        yield f"{name}_mean", "time: mean realization: mean"
    for name in frame.ranked:
        for percent in PERCENTILES:
            yield f"{name}_p{percent}", "time: mean"
    yield EXCEEDANCE, "time: mean"


def _add_field(data: netCDF4.Dataset, name: str, cell_methods: str) -> None:
    """Add one field as the registry has it, a chunk a day."""
    entry = REGISTRY[name]
    sizes = [data.dimensions[dim].size for dim in entry.dims]
    wanted = (
        min(size, RECORD_CHUNK) if dim == "time" else size
        for dim, size in zip(entry.dims, sizes, strict=True)
    )
    variable = data.createVariable(
        name, entry.dtype, entry.dims, zlib=True, complevel=1, shuffle=True,
        chunksizes=tuple(max(1, size) for size in wanted), fill_value=False,
    )  # fmt: skip
    variable.setncatts(
        {
            **attributes(entry),
            "cell_methods": cell_methods,
            "grid_mapping": _MAPPING,
            "coordinates": "longitude latitude",
        }
    )


def _write_frame(
    path: Path, frame: EnsembleFrame, grid: LambertGrid, attrs: Mapping[str, str]
) -> None:
    """Write axes and everything else that is small."""
    time = frame.labels.astype("datetime64[s]")
    dataset = xr.Dataset(
        {
            "member_count": (("time",), np.zeros(time.size, dtype=np.int64)),
            _MAPPING: xr.DataArray(np.int32(0), attrs=grid.crs.to_cf()),
            "time_bounds": (("time", "bound"), np.stack([time - _HOUR, time], axis=1)),
        },
        coords={
            "time": ("time", time, {"bounds": "time_bounds", "axis": "T"}),
            "y": ("y", grid.y_centre, {"axis": "Y"}),
            "x": ("x", grid.x_centre, {"axis": "X"}),
            "longitude": (("y", "x"), grid.longitude),
            "latitude": (("y", "x"), grid.latitude),
            "threshold": frame.thresholds,
        },
        attrs={
            "cycle": frame.cycle,
            "members": " ".join(frame.members),
            "grid_fingerprint": grid.fingerprint,
            **attrs,
        },
    )
    write_dataset(path, dataset)


def copy_first_hours(
    source: Path, target: Path, hours: int, grid: LambertGrid, attrs: Mapping[str, str]
) -> None:
    """Copy the first hours into a file with attributes of its own, a day of a field at a time.

    Raises:
        InputError: The source is missing, cut off, or not as the registry says.
        OutputError: The disk refuses the target.
    """
    with open_dataset(source, _REQUIRED) as data:
        frame = _frame(data, hours)
        with create_ensemble(target, frame, grid, attrs) as file:
            for first in range(0, frame.labels.size, RECORD_CHUNK):
                span = slice(first, min(first + RECORD_CHUNK, frame.labels.size))
                for name in frame.pollutants:
                    file.write(_read_piece(source, data, frame, Piece(name, span, _ALL)))


def _read_piece(
    path: Path, data: xr.Dataset, frame: EnsembleFrame, piece: Piece
) -> PieceStatistics:
    """Read one piece back."""
    name, part = piece.name, data.isel(time=piece.hours, y=piece.rows)
    first = name == frame.pollutants[0]
    try:
        return PieceStatistics(
            piece,
            mean=part[f"{name}_mean"].values,
            percentiles=np.stack([part[f"{name}_p{percent}"].values for percent in PERCENTILES])
            if name in frame.ranked
            else None,
            exceedance=part[EXCEEDANCE].values if first else None,
            member_count=part["member_count"].values if first else None,
        )
    except (OSError, RuntimeError) as error:
        msg = f"'{path}' is damaged ({error}); run the stage 'combine' again."
        raise InputError(msg) from error


def _frame(data: xr.Dataset, hours: int | None = None) -> EnsembleFrame:
    """What a file is about, for its first hours."""
    pollutants = tuple(str(key)[:-5] for key in data.data_vars if str(key).endswith("_mean"))
    return EnsembleFrame(
        cycle=str(data.attrs["cycle"]),
        members=tuple(str(data.attrs["members"]).split()),
        labels=data["time"].values[:hours],
        pollutants=pollutants,
        ranked=tuple(name for name in pollutants if f"{name}_p50" in data),
        thresholds=data["threshold"].values,
    )


def read_ensemble(path: Path) -> EnsembleFields:
    """Read ensemble fields back, all at once.

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    data = read_dataset(path, _REQUIRED)
    frame = _frame(data)
    return EnsembleFields(
        cycle=frame.cycle,
        members=frame.members,
        labels=frame.labels,
        member_count=data["member_count"].values,
        pollutants=frame.pollutants,
        mean=np.stack([data[f"{name}_mean"].values for name in frame.pollutants]),
        ranked=frame.ranked,
        percentiles=np.stack(
            [
                [data[f"{name}_p{percent}"].values for percent in PERCENTILES]
                for name in frame.ranked
            ]
        ),
        thresholds=frame.thresholds,
        exceedance=data[EXCEEDANCE].values,
    )
