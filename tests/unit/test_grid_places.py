"""Cities, stations and polygons: against published counts and areas, and with planted errors."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod

from forecast.common.errors import ConfigurationError
from forecast.config.domain import DomainConfig
from forecast.grid.horizontal import LambertGrid
from forecast.grid.regions import City, Region, projected, read_cities, read_regions, region_of
from forecast.grid.stations import Station, StationKind, read_stations
from forecast.grid.table import read_table

# km2, from population over density of the statistics
AREAS = {
    "Jinan": 10201, "Qingdao": 11245, "Zibo": 5963, "Zaozhuang": 4560, "Dongying": 8243,
    "Yantai": 13850, "Weifang": 16131, "Jining": 11183, "Taian": 7752, "Weihai": 5789,
    "Rizhao": 5352, "Linyi": 17179, "Dezhou": 10353, "Liaocheng": 8628, "Binzhou": 9168,
    "Heze": 12151,
}  # fmt: skip
# national release of 18 July 2019; Jinan with three sites of Laiwu, Qingdao with its background
SITES_2019 = {
    "Jinan": 11, "Qingdao": 9, "Zibo": 6, "Zaozhuang": 5, "Dongying": 4, "Yantai": 6,
    "Weifang": 5, "Jining": 3, "Taian": 3, "Weihai": 3, "Rizhao": 3, "Linyi": 4, "Dezhou": 3,
    "Liaocheng": 3, "Binzhou": 3, "Heze": 3,
}  # fmt: skip
EARTH = Geod(ellps="WGS84")


def true_area(polygon: Any) -> float:
    """Area on the ellipsoid, km2, holes taken out."""
    oriented = shapely.orient_polygons(polygon)
    return sum(EARTH.geometry_area_perimeter(p)[0] for p in shapely.get_parts(oriented)) / 1e6


@pytest.fixture(scope="module")
def cities(project_root: Path) -> tuple[City, ...]:
    return read_cities(project_root / "configs/cities.csv")


@pytest.fixture(scope="module")
def regions(project_root: Path) -> tuple[Region, ...]:
    return read_regions(project_root / "data/static/shandong_cities.geojson")


@pytest.fixture(scope="module")
def stations(project_root: Path) -> tuple[Station, ...]:
    return read_stations(project_root / "configs/stations.csv")


def test_there_are_sixteen_cities_with_the_provincial_population(
    cities: tuple[City, ...],
) -> None:
    assert sorted(city.name_en for city in cities) == sorted(AREAS)
    assert sum(city.population_2020 for city in cities) == 101_527_453  # the provincial total
    assert sum(city.two_plus_26 for city in cities) == 7
    assert sum(city.key_region for city in cities) == 13
    assert all(city.key_region for city in cities if city.two_plus_26)


def test_polygons_have_the_areas_of_the_statistics(regions: tuple[Region, ...]) -> None:
    found = {region.name_en: true_area(region.polygon) for region in regions}
    assert found.keys() == AREAS.keys()
    for name, area in AREAS.items():
        assert found[name] == pytest.approx(area, rel=0.05), name
    assert sum(found.values()) == pytest.approx(157_725, rel=0.005)


def test_neighbouring_polygons_share_their_border(regions: tuple[Region, ...]) -> None:
    polygons = np.array([region.polygon for region in regions])
    assert shapely.coverage_is_valid(polygons)


def test_every_city_has_its_polygon_and_seat(
    cities: tuple[City, ...], regions: tuple[Region, ...]
) -> None:
    for city in cities:
        region = region_of(regions, city.code)
        assert (region.name_en, region.name_zh) == (city.name_en, city.name_zh)
        assert region.polygon.contains(shapely.Point(city.longitude, city.latitude)), city.name_en


def test_every_station_lies_in_its_city(
    cities: tuple[City, ...], regions: tuple[Region, ...], stations: tuple[Station, ...]
) -> None:
    code = {city.name_en: city.code for city in cities}
    for station in stations:
        polygon = region_of(regions, code[station.city_en]).polygon
        assert polygon.contains(shapely.Point(station.longitude, station.latitude)), station.code


def test_the_counts_are_those_of_the_national_release(stations: tuple[Station, ...]) -> None:
    counts = Counter(s.city_en for s in stations if s.kind is not StationKind.COUNTY)
    assert counts == SITES_2019
    assert [s.code for s in stations if s.kind is StationKind.BACKGROUND] == ["1307A"]


def test_laiwu_counts_for_jinan(stations: tuple[Station, ...]) -> None:
    laiwu = [s for s in stations if s.area == "莱芜"]
    assert [(s.city_en, s.kind) for s in laiwu] == [("Jinan", StationKind.CITY)] * 3


def test_the_files_say_that_they_are_illustrative(project_root: Path) -> None:
    for name in ("shandong_cities", "provinces"):
        path = project_root / f"data/static/{name}.geojson"
        note = json.loads(path.read_text(encoding="utf-8"))["note"]
        assert "illustrative" in note
        assert "no map review number" in note
        assert path.stat().st_size < 300_000


def test_provinces_have_their_official_areas(project_root: Path) -> None:
    provinces = read_regions(project_root / "data/static/provinces.geojson")
    # 10^4 km2, as the provinces give them; Inner Mongolia counts land that Heilongjiang runs
    official = {"SD": 15.8, "HE": 18.9, "HA": 16.7, "SX": 15.7, "AH": 14.0, "NM": 118.3}
    found = {region.code: true_area(region.polygon) / 1e4 for region in provinces}
    for code, area in official.items():
        assert found[code] == pytest.approx(area, rel=0.04), code
    assert len(found) == 15


def test_polygons_come_in_map_metres(regions: tuple[Region, ...]) -> None:
    grid = LambertGrid.from_config(DomainConfig())
    jinan = next(p for r, p in zip(regions, projected(regions, grid), strict=True)
                 if r.name_en == "Jinan")  # fmt: skip
    x, y = grid.project(117.0, 36.67)
    assert jinan.contains(shapely.Point(float(x), float(y)))


# --- errors


HEADER = "code,name,city_en,longitude,latitude,kind,area\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 row"),
        ("code,name\n1,2\n", "was expected"),
        (HEADER, "at least one row"),
        (HEADER + "1299A,a,Jinan,117,36,city\n", "line 2 has 6 values, not 7"),
        (HEADER + "1299A,a,Jinan,217,36,city,x\n", "line 2, longitude"),
        (HEADER + "1299A,a,Jinan,117,36,town,x\n", "line 2, kind"),
        (
            "# note\n" + HEADER + "1299A,a,Jinan,117,36,city,x\n" * 2,
            "line 4 repeats the code '1299A' of line 3",
        ),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "stations.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        read_table(path, Station)


def test_all_errors_of_a_table_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    rows = "1299A,a,Jinan,217,36,city,x\nBAD,a,Jinan,117,96,city,x\n"
    path.write_text(HEADER + rows, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"3 error\(s\)"):
        read_stations(path)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        read_cities(tmp_path / "nowhere.csv")


def square(west: float, size: float = 1.0) -> dict[str, Any]:
    corners = [[west, 36.0], [west + size, 36.0], [west + size, 37.0], [west, 37.0], [west, 36.0]]
    return {"type": "Polygon", "coordinates": [corners]}


def feature(code: str, geometry: Any) -> dict[str, Any]:
    names = {"code": code, "name_en": "A", "name_zh": "甲"}
    return {"type": "Feature", "properties": names, "geometry": geometry}


BOW = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
POINT = {"type": "Point", "coordinates": [117.0, 36.0]}


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([], "no feature"),
        ([feature("1", BOW)], "not a valid polygon"),
        ([feature("1", POINT)], "is a Point"),
        ([feature("1", None)], "needs code, name_en, name_zh and a geometry"),
        ([{"type": "Feature", "geometry": square(117.0)}], "needs code"),
        ([feature("1", square(117.0)), feature("1", square(118.0))], "there twice"),
        ([feature("1", square(5.0e5))], "not longitude and latitude"),
        ([feature("1", BOW), feature("2", POINT)], r"2 error\(s\)"),
    ],
)
def test_a_wrong_boundary_file_is_refused(
    tmp_path: Path, features: list[Any], message: str
) -> None:
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(ConfigurationError, match=message):
        read_regions(path)


def test_an_unreadable_boundary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "areas.geojson"
    with pytest.raises(ConfigurationError, match="no readable GeoJSON"):
        read_regions(path)
    path.write_text("{}")
    with pytest.raises(ConfigurationError, match="no readable GeoJSON"):
        read_regions(path)


def test_a_missing_polygon_is_named(regions: tuple[Region, ...]) -> None:
    with pytest.raises(ConfigurationError, match="'371200'"):
        region_of(regions, "371200")
