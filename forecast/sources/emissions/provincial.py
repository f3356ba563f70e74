"""Provincial totals: the base year by sector of the source, the sector map and the trend."""

from pathlib import Path

import numpy as np

from forecast.fields.inventory import POLLUTANTS, SECTORS, ProvincialTotals, TrendFactor
from forecast.sources.emissions.table import Column, Table

_YEARS = (1950.0, 2100.0)
_MASS = "kt/yr"
_AS_NO2 = "kt/yr as NO2"
_CERTAINTIES = ("good", "fair", "poor", "assumed")
_ALL = "*"


def read_provinces(path: Path) -> dict[str, str]:
    """Read codes and English names of provinces.

    Raises:
        InputError: The file is wrong.
    """
    table = Table(path, [Column("province"), Column("name_en")])
    table.no_repeats("province")
    table.no_repeats("name_en")
    table.finish()
    return dict(zip(table.text["province"], table.text["name_en"], strict=True))


def read_sector_map(path: Path) -> dict[str, dict[str, float]]:
    """Read the shares by which a sector of the source goes to our sectors.

    Raises:
        InputError: The file is wrong, or the shares of a sector do not add up to 1.
    """
    table = Table(
        path,
        [
            Column("source_sector"),
            Column("sector", choices=SECTORS),
            Column("share", number=True, minimum=0.0, maximum=1.0),
        ],
    )
    table.no_repeats("source_sector", "sector")
    shares: dict[str, dict[str, float]] = {}
    rows = zip(
        table.text["source_sector"], table.text["sector"], table.number["share"], strict=True
    )
    for source, sector, share in rows:
        shares.setdefault(source, {})[sector] = float(share)
    for source, parts in shares.items():
        if abs(sum(parts.values()) - 1.0) > 1e-9:
            table.add(None, f"the shares of '{source}' add up to {sum(parts.values())}, not to 1")
    table.finish()
    return shares


def read_totals(
    path: Path, provinces: dict[str, str], sector_map: dict[str, dict[str, float]], year: int
) -> ProvincialTotals:
    """Read the totals of the base year and bring them to our sectors.

    Args:
        path: Table with province, source_sector, pollutant, year, value and unit.
        provinces: English names by code.
        sector_map: Shares of our sectors by source sector.
        year: Base year; every row must be of that year.

    Raises:
        InputError: The file is wrong, or a province has nothing of a pollutant.
    """
    table = Table(
        path,
        [
            Column("province", choices=tuple(provinces)),
            Column("source_sector", choices=tuple(sector_map)),
            Column("pollutant", choices=POLLUTANTS),
            Column("year", number=True, minimum=year, maximum=year),
            Column("value", number=True, minimum=0.0),
            Column("unit", choices=(_MASS, _AS_NO2)),
        ],
    )
    table.no_repeats("province", "source_sector", "pollutant")
    codes = tuple(provinces)
    annual = np.zeros((len(codes), len(SECTORS), len(POLLUTANTS)))
    present: set[tuple[str, str]] = set()
    for row in range(len(table)):
        keys = [table.text[name][row] for name in ("province", "source_sector", "pollutant")]
        province, source, pollutant = keys
        unit = _AS_NO2 if pollutant == "NOx" else _MASS
        if table.text["unit"][row] != unit:
            table.add(row, f"the unit is '{table.text['unit'][row]}'; {pollutant} needs '{unit}'")
        if province not in provinces or source not in sector_map or pollutant not in POLLUTANTS:
            continue
        present.add((province, pollutant))
        for sector, share in sector_map[source].items():
            place = codes.index(province), SECTORS.index(sector), POLLUTANTS.index(pollutant)
            annual[place] += share * table.number["value"][row]
    for code in codes:
        missing = [name for name in POLLUTANTS if (code, name) not in present]
        if missing:
            table.add(None, f"there is no row of '{', '.join(missing)}' for '{code}'")
    table.finish()
    return ProvincialTotals(codes, tuple(provinces.values()), year, annual)


def read_trend(path: Path, provinces: tuple[str, ...]) -> tuple[TrendFactor, ...]:
    """Read the steps from the base year to other years.

    Raises:
        InputError: The file is wrong; a step for one province must correct a level.
    """
    table = Table(
        path,
        [
            Column("step"),
            Column("year_from", True, *_YEARS),
            Column("year_to", True, *_YEARS),
            Column("province", choices=(_ALL, *provinces)),
            Column("sector", choices=SECTORS),
            Column("pollutant", choices=POLLUTANTS),
            Column("factor", number=True, minimum=0.0, maximum=10.0),
            Column("certainty", choices=_CERTAINTIES),
            Column("source"),
        ],
    )
    table.no_repeats("step", "province", "sector", "pollutant")
    for row in range(len(table)):
        start, end = (table.number[name][row] for name in ("year_from", "year_to"))
        if end < start:
            table.add(row, f"the step runs back from {start:g} to {end:g}")
        if table.text["province"][row] != _ALL and end != start:
            table.add(row, "a step of a single province must have year_from = year_to")
    table.finish()
    return tuple(
        TrendFactor(
            table.text["step"][row],
            int(table.number["year_from"][row]),
            int(table.number["year_to"][row]),
            table.text["province"][row],
            table.text["sector"][row],
            table.text["pollutant"][row],
            float(table.number["factor"][row]),
            table.text["certainty"][row],
            table.text["source"][row],
        )
        for row in range(len(table))
    )
