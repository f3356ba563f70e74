"""Make the tables of `data/emissions` that are derived from other people's files.

    python -m tools.make_emission_tables SOURCE_FOLDER

SOURCE_FOLDER holds `emissions/` (REASv3.2 sector tables, the MEIC national workbook, the coal units
of Global Energy Monitor, the profile tables of the MEIC team and EDGAR's temporal profiles) and
`static/` (the MCIP grid file with land use). Written: provincial_totals.csv, coal_units.csv,
surrogate_cells.csv, profiles/*.csv, and in trend_factors.csv the rows of the step `meic`; every
other row of that file is kept as a person wrote it. Needs openpyxl (extra `dev`).
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import openpyxl  # type: ignore[import-untyped]

TARGET = Path(__file__).resolve().parent.parent / "data" / "emissions"
BASE_YEAR = 2015
PROVINCES = (
    "AH", "BJ", "HA", "HB", "HE", "HN", "JL", "JS", "LN", "NM", "SD", "SH", "SX", "TJ", "ZJ",
)  # fmt: skip
POLLUTANTS = ("CO", "SO2", "NOx", "NH3", "NMVOC", "BC", "OC", "PM2.5", "PM10")
SECTORS = ("power", "industry", "residential", "transportation", "agriculture")
MEIC_COLUMNS = {
    "power": ("Power",),
    "industry": ("Industry", "Solvent Use"),
    "residential": ("Residential",),
    "transportation": ("Transportation",),
    "agriculture": ("Agriculture",),
}
EDGAR_YEARS = range(2013, 2018)
EDGAR_CHINA_REGION = "16"
SIGMA = (1.0, 0.9975, 0.995, 0.992, 0.988, 0.984, 0.980, 0.975, 0.970, 0.963, 0.956, 0.938, 0.916)
"""Interfaces of the layers of the MEIC team's table (MEIC2CTM, config.ini), top 100 hPa."""
NH3_JULY_TO_JANUARY = 3.08
"""Ratio of China's NH3 emission in July to January (Li et al. 2021)."""

SOURCES = {
    "reas": "Kurokawa and Ohara (2020), Atmos. Chem. Phys. 20, 12761, "
    "doi 10.5194/acp-20-12761-2020",
    "meic": "Zheng et al. (2018), Atmos. Chem. Phys. 18, 14095, doi 10.5194/acp-18-14095-2018",
    "gem": "Global Energy Monitor, Global Coal Plant Tracker, July 2023, CC BY 4.0",
    "meic2ctm": "MEIC team, Tsinghua University, MEIC2CTM profile tables "
    "(github.com/meicmodel/meic2ctm); numbers only",
    "edgar": "Crippa et al. (2020), Sci. Data 7, 121, doi 10.1038/s41597-020-0462-2 "
    "(EDGAR temporal profiles r1), CC BY 4.0",
    "nh3": "Li et al. (2021), Atmos. Chem. Phys. 21, 15883, doi 10.5194/acp-21-15883-2021",
    "mcip": "MODIS land use on a 27 km WRF-CMAQ grid (MCIP GRIDCRO2D), MIT",
}


class SourceFailure(Exception):
    """A source file is not what it should be."""


Row = Sequence[object]


def write_table(
    name: str, notes: Iterable[str], columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Write a table with its notes as comment lines above the header."""
    text = io.StringIO()
    text.writelines(f"# {note}\n" for note in notes)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    path = TARGET / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")
    print(f"{path.relative_to(TARGET.parent.parent)}: {path.stat().st_size} bytes")


# --- REASv3.2


def reas_rows(folder: Path) -> Iterator[Row]:
    """Read the base year of every province and pollutant; rows must add up to the file's TOTAL.

    The two-letter codes are those of ISO 3166-2:CN, so HA is Henan and HN is Hunan; both files say
    so in their first line and differ by more than a factor of two in power-plant SO2.
    """
    for province in PROVINCES:
        for pollutant in POLLUTANTS:
            path = folder / f"EM_TBL_SECTOR_CHN_{province}_{pollutant}.txt"
            first, years, *lines = path.read_text(encoding="ascii").splitlines()
            unit = "[ktNO2/year]" if pollutant == "NOx" else "[kt/year]"
            expected = ["REASv3.2", "SECTOR", "CHN", province, pollutant, unit]
            if first.split() != expected:
                msg = f"'{path}' starts with '{first}'; expected '{' '.join(expected)}'."
                raise SourceFailure(msg)
            column = years.split().index(str(BASE_YEAR)) + 1
            values = {parts[0]: float(parts[column]) for parts in map(str.split, lines) if parts}
            total = values.pop("TOTAL")
            if not np.isclose(sum(values.values()), total, rtol=1e-5):
                msg = f"The sectors of '{path}' add up to {sum(values.values())}, not to {total}."
                raise SourceFailure(msg)
            unit = "kt/yr as NO2" if pollutant == "NOx" else "kt/yr"
            for sector, value in values.items():
                yield province, sector, pollutant, BASE_YEAR, f"{value:.7g}", unit


# --- MEIC national trend


def meic_rows(path: Path) -> Iterator[list[object]]:
    """Ratio of 2017 to 2015 of the national total, by sector and pollutant."""
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    for pollutant in POLLUTANTS:
        table = [
            [cell for cell in row if cell is not None]
            for row in book[pollutant].iter_rows(values_only=True)
        ]
        header = next(row for row in table if "Power" in row)
        by_year = {row[0]: row for row in table if row and isinstance(row[0], int)}
        for sector, columns in MEIC_COLUMNS.items():
            where = [header.index(column) for column in columns]
            old, new = (sum(float(by_year[year][i]) for i in where) for year in (2015, 2017))
            if old > 0.0:
                yield [
                    "meic", 2015, 2017, "*", sector, pollutant, f"{new / old:.5f}", "good",
                    f"national totals {old:.4g} and {new:.4g} Tg; {SOURCES['meic']}",
                ]  # fmt: skip


def update_trend(path: Path) -> None:
    """Replace the rows of the step `meic` in trend_factors.csv, keep the others."""
    target = TARGET / "trend_factors.csv"
    lines = target.read_text(encoding="utf-8").splitlines() if target.is_file() else []
    notes = [line[2:] for line in lines if line.startswith("#")]
    kept = [row for row in csv.reader(line for line in lines if not line.startswith("#"))][1:]
    columns = ("step", "year_from", "year_to", "province", "sector", "pollutant", "factor",
               "certainty", "source")  # fmt: skip
    rows: list[Row] = [*meic_rows(path), *(row for row in kept if row[0] != "meic")]
    write_table("trend_factors.csv", notes, columns, rows)


# --- coal units


def coal_rows(path: Path) -> Iterator[Row]:
    """Reduce the list of coal units to the columns that the inventory uses."""
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            year = row["Start year"]
            yield (
                row["Plant name"], row["Unit name"] or "(unnamed)",
                f"{float(row['Capacity (MW)']):g}", f"{float(row['Capacity factor']):g}",
                str(int(float(year))) if year else "", row["Subnational unit (province, state)"],
                f"{float(row['Longitude']):.5f}", f"{float(row['Latitude']):.5f}",
                row["Location accuracy"],
            )  # fmt: skip


# --- profiles


def edgar_shares(path: Path) -> dict[tuple[str, str], list[list[float]]]:
    """Collect EDGAR's monthly shares for China and its region, by country code and activity."""
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    found: dict[tuple[str, str], list[list[float]]] = {}
    rows = book["monthly & hourly temp profiles"].iter_rows(min_row=3, values_only=True)
    for row in rows:
        values: list[Any] = list(row)
        country, year = str(values[0]), values[4]
        if country in ("CHN", EDGAR_CHINA_REGION) and (year == 0 or year in EDGAR_YEARS):
            found.setdefault((country, str(values[1])), []).append([float(x) for x in values[5:17]])
    return found


def month_rows(path: Path) -> Iterator[Row]:
    """Share of the year in each month, by sector."""
    edgar = edgar_shares(path)
    manufacturing = [
        shares
        for (country, activity), rows in edgar.items()
        for shares in rows
        if country == EDGAR_CHINA_REGION and activity.startswith("Manufacturing industry")
    ]
    phase = 2.0 * np.pi * np.arange(12) / 12.0
    swing = (NH3_JULY_TO_JANUARY - 1.0) / (NH3_JULY_TO_JANUARY + 1.0)
    tables = {
        "power": edgar["CHN", "Energy industries (coal)"],
        "industry": manufacturing,
        "residential": edgar["CHN", "Small combustion"],
        "transportation": edgar[EDGAR_CHINA_REGION, "Road transport"],
        "agriculture": [list(1.0 - swing * np.cos(phase))],
    }
    for sector in SECTORS:
        mean = np.mean(np.array(tables[sector], np.float64), axis=0)
        yield sector, *(f"{share:.6f}" for share in mean / mean.sum())


def sector_table(path: Path) -> dict[str, list[float]]:
    """Read a table of the MEIC team: a sector and its numbers in each line."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return {row[0]: [float(x) for x in row[1:]] for row in rows if row}


def hour_rows(folder: Path) -> Iterator[Row]:
    """Share of the day in each local hour.

    `meic_hour.csv` counts UTC hours (its traffic minimum lies at 17, which is 01 in Beijing), the
    other table, `hourly.csv`, local ones; the curves of industry must agree after the shift.
    """
    table = sector_table(folder / "meic_hour.csv")
    with (folder / "hourly.csv").open(encoding="utf-8", newline="") as stream:
        local = [float(row["industry"]) for row in csv.DictReader(stream)]
    shifted = np.roll(table["industry"], 8)
    if np.abs(shifted - np.array(local)).max() > 1e-6:
        msg = f"The curves of industry in meic_hour.csv and hourly.csv of '{folder}' do not agree."
        raise SourceFailure(msg)
    for sector in SECTORS:
        shares = np.roll(np.array(table[sector]), 8)
        yield sector, *(f"{share:.6f}" for share in shares / shares.sum())


def week_rows(path: Path) -> Iterator[Row]:
    """Share of the week in each day, Monday first."""
    table = sector_table(path)
    for sector in SECTORS:
        shares = np.array(table[sector])
        yield sector, *(f"{share:.6f}" for share in shares / shares.sum())


def standard_height(pressure: float) -> float:
    """Height of a pressure, hPa, in the ICAO standard atmosphere, m."""
    return float(44330.77 * (1.0 - (pressure / 1013.25) ** 0.1902632))


def layer_rows(path: Path) -> Iterator[Row]:
    """Share of each sector in layers of given height above ground."""
    table = sector_table(path)
    heights = [standard_height(100.0 + sigma * (1013.25 - 100.0)) for sigma in SIGMA]
    for layer, (bottom, top) in enumerate(zip(heights[:-1], heights[1:], strict=True)):
        shares = [f"{table[sector][layer]:g}" for sector in SECTORS]
        yield (f"{abs(bottom):.1f}", f"{top:.1f}", *shares)
    rest = max(sum(table[sector][len(SIGMA) - 1 :]) for sector in SECTORS)
    if rest > 0.0:
        msg = f"'{path}' has a share of {rest} above the layers whose height is known."
        raise SourceFailure(msg)


# --- land use beyond the domain


def surrogate_rows(path: Path) -> Iterator[Row]:
    """Urban and crop land of every 27 km cell with land, all listed provinces and around them."""
    with netCDF4.Dataset(path) as data:
        field = {
            name: np.asarray(data[name][0, 0], np.float64)
            for name in ("LAT", "LON", "LUFRAC_12", "LUFRAC_13", "LUFRAC_14", "LUFRAC_17")
        }
    crop = field["LUFRAC_12"] + 0.5 * field["LUFRAC_14"]
    inside = (
        (field["LUFRAC_17"] < 0.999)
        & (field["LAT"] > 24.3)
        & (field["LON"] > 97.0)
        & (field["LON"] < 135.2)
    )
    for j, i in zip(*np.nonzero(inside), strict=True):
        land = 1.0 - field["LUFRAC_17"][j, i]
        numbers = (land, field["LUFRAC_13"][j, i], crop[j, i])
        place = (field["LON"][j, i], field["LAT"][j, i])
        yield (*(f"{x:.3f}" for x in place), *(f"{abs(x):.3f}" for x in numbers))


def write_profiles(folder: Path) -> None:
    """Write the profiles in time and height."""
    write_table(
        "profiles/month.csv",
        [
            "Share of the year in each month. power, industry, residential, transportation: "
            f"{SOURCES['edgar']}",
            "power and residential: China, mean of 2013-2017; industry (mean of manufacturing) "
            "and transportation: region 16",
            "agriculture: cosine that peaks in July with July / January = "
            f"{NH3_JULY_TO_JANUARY} as China's NH3: {SOURCES['nh3']}",
        ],
        ("sector", *(f"m{month:02d}" for month in range(1, 13))),
        month_rows(folder / "EDGAR_temporal_profiles_r1.xlsx"),
    )
    write_table(
        "profiles/week.csv",
        [f"Share of the week in each day. {SOURCES['meic2ctm']}"],
        ("sector", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        week_rows(folder / "meic_day.csv"),
    )
    write_table(
        "profiles/hour.csv",
        [
            f"Share of the day in each hour of Beijing time (UTC+8). {SOURCES['meic2ctm']}",
            "The source counts UTC hours; the columns here are shifted by 8 hours.",
        ],
        ("sector", *(f"h{hour:02d}" for hour in range(24))),
        hour_rows(folder),
    )
    write_table(
        "profiles/layer.csv",
        [
            f"Share in layers of height above ground, m. {SOURCES['meic2ctm']}",
            "The source's sigma layers (top 100 hPa), converted with the ICAO standard atmosphere.",
        ],
        ("bottom_m", "top_m", *SECTORS),
        layer_rows(folder / "meic_layer.csv"),
    )


def main(arguments: Sequence[str]) -> None:
    """Write all tables."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_emission_tables")
    parser.add_argument("source", type=Path, help="folder with emissions/ and static/")
    source = parser.parse_args(arguments).source
    emissions = source / "emissions"
    write_table(
        "provincial_totals.csv",
        [
            f"Emissions of {BASE_YEAR} by province and REAS sector. {SOURCES['reas']}",
            "Province codes are those of ISO 3166-2:CN: HA is Henan, HN is Hunan.",
        ],
        ("province", "source_sector", "pollutant", "year", "value", "unit"),
        reas_rows(emissions / "reas_v3.2"),
    )
    update_trend(emissions / "meic_national_by_sector_2010-2017.xlsx")
    write_table(
        "coal_units.csv",
        [f"Operating coal units between 113 and 124 E, 33 and 39.5 N. {SOURCES['gem']}"],
        ("plant", "unit", "capacity_mw", "capacity_factor", "start_year", "province",
         "longitude", "latitude", "accuracy"),
        coal_rows(emissions / "coal_power_units_gem_2023-07.csv"),
    )  # fmt: skip
    write_profiles(emissions / "profiles")
    write_table(
        "surrogate_cells.csv",
        [
            f"Shares of land, built-up land and crop land in 27 km cells. {SOURCES['mcip']}",
            "Crop land counts half of the class 'cropland/natural vegetation mosaic'.",
        ],
        ("longitude", "latitude", "land", "urban", "crop"),
        surrogate_rows(source / "static" / "GRIDCRO2D_27km_east_china.nc"),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
