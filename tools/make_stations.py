"""Make configs/stations.csv from the station list of PM2.5-GNN.

    python -m tools.make_stations LIST OUTPUT

LIST is its national table (ID,stations_name,stations_en_name,area,area_en_name,lon,lat). Every
station is placed in the city polygon that it lies in; the program stops where that is not the city
that the list names.
"""

import argparse
import csv
from pathlib import Path

import shapely

from forecast.grid.regions import City, read_cities, read_regions, region_of

ROOT = Path(__file__).resolve().parents[1]
HEADER = """\
# National stations in Shandong: the 100 of the 1,498 in the list that comes with PM2.5-GNN
# (Wang et al. 2020, doi 10.1145/3397536.3422208, MIT). Date: as published in 2020. Its 74 sites of
# prefectures agree in number, city by city, with the national release of 18 July 2019; sites moved
# or added in 2021 and later are not in it. Update it from the current national list.
# kind: city = counts for the city mean; county = county-level city or former one, published apart,
# does not count; background = reference site, does not count (HJ 663).
# Laiwu's three sites count for Jinan since 2019.
"""
COLUMNS = ("code", "name", "city_en", "longitude", "latitude", "kind", "area")
COUNTY_CITY = {
    "章丘": "Jinan", "即墨": "Qingdao", "胶南": "Qingdao", "胶州": "Qingdao", "莱西": "Qingdao",
    "平度": "Qingdao", "蓬莱": "Yantai", "招远": "Yantai", "莱州": "Yantai", "荣成": "Weihai",
    "文登": "Weihai", "乳山": "Weihai", "寿光": "Weifang",
}  # fmt: skip
"""County-level cities, or former ones, that the list names as areas of their own."""
MERGED = {"莱芜": "Jinan"}
BACKGROUND = {"1307A"}
"""Yangkou on the coast of Mount Lao: Qingdao's reference site in the national list of 2022."""


def classify(row: dict[str, str], cities: dict[str, City]) -> tuple[str, str] | None:
    """Return the city and the kind of a row, or None for a station of another province."""
    area = row["area"]
    if row["ID"] in BACKGROUND:
        return cities[area].name_en, "background"
    if area in COUNTY_CITY:
        return COUNTY_CITY[area], "county"
    if area in MERGED:
        return MERGED[area], "city"
    return (cities[area].name_en, "city") if area in cities else None


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("list", type=Path, help="the national table")
    parser.add_argument("output", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    cities = {city.name_zh: city for city in read_cities(ROOT / "configs" / "cities.csv")}
    regions = read_regions(ROOT / "data" / "static" / "shandong_cities.geojson")
    code_of = {city.name_en: city.code for city in cities.values()}
    lines = [",".join(COLUMNS)]
    with arguments.list.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            found = classify(row, cities)
            if found is None:
                continue
            polygon = region_of(regions, code_of[found[0]]).polygon
            if not polygon.contains(shapely.Point(float(row["lon"]), float(row["lat"]))):
                raise SystemExit(f"{row['ID']} {row['stations_name']} lies outside {found[0]}")
            values = (row["ID"], row["stations_name"], found[0], row["lon"], row["lat"])
            lines.append(",".join((*values, found[1], row["area"])))
    arguments.output.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{arguments.output}: {len(lines) - 1} stations")


if __name__ == "__main__":
    main()
