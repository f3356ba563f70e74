"""Ensemble fields and city values: what is written comes back, and is CF."""

from dataclasses import fields
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from pyproj import CRS

from forecast.common.errors import InputError
from forecast.config.load import resolve
from forecast.fields.city_forecast import AQI_POLLUTANTS, CityHourly, CityName
from forecast.fields.ensemble import EnsembleFields, EnsembleFrame, Piece, PieceStatistics
from forecast.fields.variables import POLLUTANTS
from forecast.grid.domain import Domain
from forecast.grid.horizontal import LambertGrid
from forecast.storage.city_values import read_city_hourly, write_city_hourly
from forecast.storage.ensemble_fields import copy_first_hours, create_ensemble, read_ensemble

LABELS = np.datetime64("2022-01-01T01", "s") + np.arange(5) * np.timedelta64(3600, "s")


def _domain() -> Domain:
    return Domain.from_config(resolve(settings=["domain.nx=6", "domain.ny=5"]).domain)


def _fields(rng: np.random.Generator) -> EnsembleFields:
    def values(*shape: int) -> np.ndarray:
        return rng.random((*shape, 5, 5, 6), dtype=np.float32)

    return EnsembleFields(
        "2022-01-01T00",
        ("m00", "m02"),
        LABELS,
        np.array([2, 2, 2, 1, 1]),
        POLLUTANTS,
        values(len(POLLUTANTS)),
        ("pm25", "co"),
        values(2, 3),
        np.array([75.0, 150.0]),
        values(2),
    )


def _write(path: Path, fields: EnsembleFields, grid: LambertGrid) -> None:
    """Write in pieces of two rows and three hours."""
    frame = EnsembleFrame(
        fields.cycle, fields.members, fields.labels, fields.pollutants, fields.ranked,
        fields.thresholds,
    )  # fmt: skip
    with create_ensemble(path, frame, grid, {"title": "a test"}) as file:
        for piece in _pieces(fields):
            at = (..., piece.hours, piece.rows, slice(None))
            place = fields.pollutants.index(piece.name)
            ranked = piece.name in fields.ranked
            file.write(
                PieceStatistics(
                    piece,
                    fields.mean[place][at],
                    fields.percentiles[fields.ranked.index(piece.name)][at] if ranked else None,
                    fields.exceedance[at] if place == 0 else None,
                    fields.member_count[piece.hours] if place == 0 else None,
                )
            )


def _pieces(fields: EnsembleFields) -> list[Piece]:
    return [
        Piece(name, slice(first, min(first + 3, 5)), slice(south, min(south + 2, 5)))
        for first in range(0, 5, 3)
        for south in range(0, 5, 2)
        for name in fields.pollutants
    ]


def test_ensemble_fields_come_back(tmp_path: Path, rng: np.random.Generator) -> None:
    path, written = tmp_path / "ensemble.nc", _fields(rng)
    _write(path, written, _domain().horizontal)
    found = read_ensemble(path)
    for field in fields(EnsembleFields):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(written, field.name))


def test_the_first_hours_are_copied(tmp_path: Path, rng: np.random.Generator) -> None:
    whole, first, grid = tmp_path / "whole.nc", tmp_path / "first.nc", _domain().horizontal
    written = _fields(rng)
    _write(whole, written, grid)
    copy_first_hours(whole, first, 3, grid, {"title": "for delivery"})
    found = read_ensemble(first)
    np.testing.assert_array_equal(found.labels, LABELS[:3])
    np.testing.assert_array_equal(found.member_count, written.member_count[:3])
    for name in ("mean", "percentiles", "exceedance"):
        cut = getattr(written, name)[..., :3, :, :]
        np.testing.assert_array_equal(getattr(found, name), cut)
    with netCDF4.Dataset(first) as file:
        assert file.title == "for delivery"


def test_nothing_is_left_of_a_file_whose_pieces_cannot_be_made(tmp_path: Path) -> None:
    fields = _fields(np.random.default_rng(1))
    frame = EnsembleFrame(
        fields.cycle, fields.members, LABELS, fields.pollutants, fields.ranked, fields.thresholds
    )
    refused = InputError("a member is damaged")
    with (
        pytest.raises(InputError),
        create_ensemble(tmp_path / "a.nc", frame, _domain().horizontal, {}),
    ):
        raise refused
    assert not list(tmp_path.iterdir())


def test_the_file_says_where_and_when_as_cf_asks(tmp_path: Path, rng: np.random.Generator) -> None:
    path, domain = tmp_path / "ensemble.nc", _domain()
    _write(path, _fields(rng), domain.horizontal)
    with netCDF4.Dataset(path) as file:
        assert file.Conventions == "CF-1.11"
        time = file["time"]
        bounds = file[time.bounds]
        assert time.units.startswith("seconds since 1970-01-01")
        end = np.datetime64("1970-01-01", "s") + np.timedelta64(int(bounds[0, 1]), "s")
        assert end == LABELS[0]
        assert set(np.diff(bounds[:]).ravel().tolist()) == {3600}
        field = file["pm25_mean"]
        assert field.cell_methods == "time: mean realization: mean"
        assert field.units == "ug m-3"
        assert set(field.coordinates.split()) == {"latitude", "longitude"}
        mapping = file[field.grid_mapping]
        found = CRS.from_cf({key: mapping.getncattr(key) for key in mapping.ncattrs()})
    expected = domain.horizontal.crs
    for key in ("standard_parallel", "latitude_of_projection_origin", "semi_major_axis"):
        assert found.to_cf()[key] == pytest.approx(expected.to_cf()[key])


def test_city_values_come_back(tmp_path: Path, rng: np.random.Generator) -> None:
    cities = (CityName("370100", "Jinan", "济南市"), CityName("370200", "Qingdao", "青岛市"))
    values = rng.random((2, len(AQI_POLLUTANTS), 2, 5))
    values[1, 0, :, 3:] = np.nan
    hourly = CityHourly("2022-01-01T00", cities, ("m00", "m02"), LABELS, values)
    write_city_hourly(tmp_path / "cities.nc", hourly)
    found = read_city_hourly(tmp_path / "cities.nc")
    np.testing.assert_array_equal(found.concentration, values)
    np.testing.assert_array_equal(found.labels, LABELS)
    assert (found.cities, found.members, found.cycle) == (cities, hourly.members, hourly.cycle)


def test_a_file_of_another_kind_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    _write(tmp_path / "a.nc", _fields(rng), _domain().horizontal)
    with pytest.raises(InputError, match="city_pm25"):
        read_city_hourly(tmp_path / "a.nc")
