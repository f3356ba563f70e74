"""Typed inputs of a member: what is written comes back, and tiles are cut where they belong."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import InputError
from forecast.fields.boundary import BoundarySeries
from forecast.fields.emissions import EmissionSet, PointSources
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.perturbation import Perturbation
from forecast.fields.variables import REGISTRY
from forecast.storage.boundary import cut_boundary, read_boundary, write_boundary
from forecast.storage.emissions import read_emissions, write_emissions
from forecast.storage.meteorology import MeteorologyFile, write_meteorology
from forecast.storage.perturbation import read_perturbation, write_perturbation

NT, NZ, NY, NX = 3, 2, 5, 6
SIZES = {"time": NT, "z": NZ, "y": NY, "x": NX, "y_edge": NY + 1, "x_edge": NX + 1}
TIMES = np.datetime64("2022-01-01T00", "s") + np.arange(NT) * np.timedelta64(3600, "s")
ROWS, COLUMNS = slice(2, 5), slice(1, 4)
RANDOM = np.random.default_rng(7)


def _series() -> MeteorologySeries:
    values = {
        field.name: RANDOM.random([SIZES[dim] for dim in REGISTRY[field.name].dims]).astype("f4")
        for field in fields(MeteorologyHour)
    }
    return MeteorologySeries(TIMES, MeteorologyHour(**values), False, "somebody")


def _emissions(stacks: int) -> EmissionSet:
    points = PointSources(
        "power",
        row=np.array([0, 2, 4])[:stacks],
        column=np.array([0, 1, 3])[:stacks],
        rate=RANDOM.random((stacks, 2)),
        time_factor=RANDOM.random(NT),
        layer_fraction=RANDOM.random((NT, stacks, 2)).astype(np.float32),
    )
    return EmissionSet(
        TIMES,
        ("power", "residential"),
        ("CO", "NO"),
        RANDOM.random((2, 2, NY, NX)),
        RANDOM.random((NT, 2)),
        RANDOM.random((2, 2)),
        points,
        "somebody else",
    )


def test_meteorology_is_read_hour_by_hour_and_cut(tmp_path: Path) -> None:
    path, series = tmp_path / "meteorology.nc", _series()
    write_meteorology(path, series)
    whole, part = MeteorologyFile(path), MeteorologyFile(path, ROWS, COLUMNS)
    np.testing.assert_array_equal(whole.times, TIMES)
    assert (whole.precipitation_known, whole.attribution) == (False, "somebody")
    for hour in range(NT):
        expected = series.hour(hour)
        for file, wanted in ((whole, expected), (part, expected.tile(ROWS, COLUMNS))):
            found = file.hour(hour)
            for field in fields(MeteorologyHour):
                np.testing.assert_array_equal(
                    getattr(found, field.name), getattr(wanted, field.name), strict=True
                )
    with pytest.raises(InputError, match="record 3"):
        whole.hour(NT)
    whole.close()
    part.close()


@pytest.mark.parametrize("stacks", [3, 0])
def test_emissions_come_back(tmp_path: Path, stacks: int) -> None:
    path, emissions = tmp_path / "emissions.nc", _emissions(stacks)
    write_emissions(path, emissions)
    found = read_emissions(path)
    factor = RANDOM.random((2, NY, NX))
    for hour in range(NT):
        np.testing.assert_array_equal(found.hour(hour, factor), emissions.hour(hour, factor))
    assert (found.sectors, found.species) == (("power", "residential"), ("CO", "NO"))
    assert (found.attribution, found.points.sector) == ("somebody else", "power")


def test_emissions_that_cannot_be_are_refused_with_their_cell(tmp_path: Path) -> None:
    emissions = _emissions(3)
    emissions.area_rate[1, 0, 3, 4] = -1.0
    emissions.area_rate[1, 1, 0, 0] = -1.0
    emissions.points.rate[2, 1] = np.nan
    write_emissions(tmp_path / "a.nc", emissions)
    with pytest.raises(InputError) as caught:
        read_emissions(tmp_path / "a.nc")
    text = str(caught.value)
    place = "sector residential, species CO, y 3, x 4, and wrong in 2 place(s)"
    assert f"area_rate is '-1.0' at {place}" in text
    assert "point_rate is 'nan' at point 2, species NO" in text
    with pytest.raises(InputError, match="y 3, x 4, and wrong in 1 place"):
        read_emissions(tmp_path / "a.nc", ROWS, slice(3, 6))
    read_emissions(tmp_path / "a.nc", slice(0, 2), slice(1, 4))


def test_a_boundary_that_cannot_be_is_refused(tmp_path: Path) -> None:
    boundary = _boundary()
    boundary.east[0, 1, 1, 2] = np.inf
    write_boundary(tmp_path / "a.nc", boundary)
    with pytest.raises(InputError, match=r"boundary_east is 'inf' at .*species NO, z 1, y 2"):
        read_boundary(tmp_path / "a.nc")


def _boundary() -> BoundarySeries:
    def values(*shape: int) -> np.ndarray:
        return RANDOM.random(shape).astype(np.float32)

    return BoundarySeries(
        TIMES[:1],
        ("CO", "NO"),
        west=values(1, 2, NZ, NY),
        east=values(1, 2, NZ, NY),
        south=values(1, 2, NZ, NX),
        north=values(1, 2, NZ, NX),
        initial=values(2, NZ, NY, NX),
        attribution="nobody",
    )


def test_boundaries_come_back_and_are_cut(tmp_path: Path) -> None:
    boundary = _boundary()
    write_boundary(tmp_path / "a.nc", boundary)
    found = read_boundary(tmp_path / "a.nc")
    for name in ("west", "east", "south", "north", "initial", "times"):
        np.testing.assert_array_equal(getattr(found, name), getattr(boundary, name), strict=True)
    cut = cut_boundary(found, ROWS, COLUMNS)
    np.testing.assert_array_equal(cut.west, boundary.west[..., 2:5])
    np.testing.assert_array_equal(cut.north, boundary.north[..., 1:4])
    np.testing.assert_array_equal(cut.initial, boundary.initial[..., 2:5, 1:4])


def test_perturbations_come_back(tmp_path: Path) -> None:
    perturbation = Perturbation(
        "m02",
        ("power", "residential"),
        RANDOM.random((2, NY, NX)),
        RANDOM.random((NY, NX)),
        RANDOM.random((NY, NX)),
        RANDOM.random((NZ, NY + 1, NX + 1)),
    )
    write_perturbation(tmp_path / "a.nc", perturbation)
    found = read_perturbation(tmp_path / "a.nc")
    assert (found.member, found.sectors) == ("m02", ("power", "residential"))
    np.testing.assert_array_equal(found.emission_factor, perturbation.emission_factor)
    np.testing.assert_array_equal(found.stream_function, perturbation.stream_function)
