"""Profiles in time and height, spatial mixes, land use and speciation numbers."""

from pathlib import Path

import numpy as np

from forecast.fields.arrays import Float
from forecast.fields.inventory import (
    SECTORS,
    SURROGATES,
    LayerProfiles,
    SpeciationNumbers,
    SurrogateCells,
    TimeProfiles,
)
from forecast.sources.emissions.table import Column, Table

_MONTHS = tuple(f"m{month:02d}" for month in range(1, 13))
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = tuple(f"h{hour:02d}" for hour in range(24))
_ROUNDING = 2e-4
"""How far the shares of a rounded table may be from a sum of 1."""
_QUANTITIES = {
    "no_mole_share": 1.0,
    "hono_mole_share": 0.1,
    "om_oc_ratio": 3.0,
    "so4_share": 1.0,
    "no3_share": 1.0,
    "nh4_share": 1.0,
    "ivoc_ratio": 10.0,
}
"""Speciation numbers and their largest sensible value."""


def read_time_profiles(folder: Path) -> TimeProfiles:
    """Read month.csv, week.csv and hour.csv.

    Raises:
        InputError: A file is wrong, lacks a sector, or shares do not add up to 1.
    """
    month = _shares(folder / "month.csv", _MONTHS)
    week = _shares(folder / "week.csv", _DAYS)
    hour = _shares(folder / "hour.csv", _HOURS)
    return TimeProfiles(month, week * len(_DAYS), hour * len(_HOURS))


def _shares(path: Path, names: tuple[str, ...]) -> Float:
    """Read a share for every sector and column, each row made to add up to 1."""
    share = [Column(name, True, 0.0, 1.0) for name in names]
    table = Table(path, [Column("sector", choices=SECTORS), *share])
    table.no_repeats("sector")
    values = np.column_stack([table.number[name] for name in names])
    sums = values.sum(axis=1)
    for row in np.flatnonzero(np.abs(sums - 1.0) > _ROUNDING):
        table.add(int(row), f"the shares add up to {sums[row]:.5f}, not to 1")
    missing = [name for name in SECTORS if name not in table.text["sector"]]
    if missing:
        table.add(None, f"there is no row for '{', '.join(missing)}'")
    table.finish()
    order = [table.text["sector"].index(name) for name in SECTORS]
    return np.asarray(values[order] / sums[order, None])


def read_layers(path: Path) -> LayerProfiles:
    """Read the heights of area sources.

    Raises:
        InputError: The file is wrong, the layers leave gaps, or shares do not add up to 1.
    """
    shares = [Column(name, True, 0.0, 1.0) for name in SECTORS]
    bounds = [Column(name, True, 0.0, 5000.0) for name in ("bottom_m", "top_m")]
    table = Table(path, [*bounds, *shares])
    bottom, top = table.number["bottom_m"], table.number["top_m"]
    for row in range(len(table)):
        below = top[row - 1] if row else 0.0
        if bottom[row] != below:
            table.add(row, f"the layer starts at {bottom[row]:g} m, not at {below:g} m")
        if top[row] <= bottom[row]:
            table.add(row, f"the layer ends at {top[row]:g} m, not above {bottom[row]:g} m")
    share = np.stack([table.number[name] for name in SECTORS])
    sums = share.sum(axis=1)
    for sector in np.flatnonzero(np.abs(sums - 1.0) > _ROUNDING):
        name = SECTORS[int(sector)]
        table.add(None, f"the shares of '{name}' add up to {sums[sector]:.5f}, not to 1")
    table.finish()
    return LayerProfiles(np.append(bottom, top[-1]), share / sums[:, None])


def read_spatial_mix(path: Path) -> Float:
    """Read the share of each surrogate in the spreading of each sector, (nsector, nsurrogate).

    Raises:
        InputError: The file is wrong, or the shares of a sector do not add up to 1.
    """
    table = Table(
        path,
        [
            Column("sector", choices=SECTORS),
            Column("surrogate", choices=SURROGATES),
            Column("share", True, 0.0, 1.0),
        ],
    )
    table.no_repeats("sector", "surrogate")
    mix = np.zeros((len(SECTORS), len(SURROGATES)))
    for row in range(len(table)):
        sector, surrogate = table.text["sector"][row], table.text["surrogate"][row]
        if sector in SECTORS and surrogate in SURROGATES:
            mix[SECTORS.index(sector), SURROGATES.index(surrogate)] = table.number["share"][row]
    for name, total in zip(SECTORS, mix.sum(axis=1), strict=True):
        if abs(total - 1.0) > 1e-9:
            table.add(None, f"the shares of '{name}' add up to {total:g}, not to 1")
    table.finish()
    return mix


def read_surrogate_cells(path: Path) -> SurrogateCells:
    """Read land use of the cells over all provinces.

    Raises:
        InputError: The file is wrong.
    """
    columns = [Column("longitude", True, -180.0, 180.0), Column("latitude", True, -90.0, 90.0)]
    names = ("land", "urban", "crop")
    table = Table(path, [*columns, *(Column(name, True, 0.0, 1.0) for name in names)])
    table.finish()
    return SurrogateCells(*(table.number[name] for name in ("longitude", "latitude", *names)))


def read_speciation(path: Path) -> SpeciationNumbers:
    """Read the speciation numbers.

    Raises:
        InputError: The file is wrong, or a number is missing or too large.
    """
    table = Table(
        path,
        [
            Column("sector", choices=SECTORS),
            Column("quantity", choices=tuple(_QUANTITIES)),
            Column("value", True, 0.0),
        ],
    )
    table.no_repeats("sector", "quantity")
    values = {name: np.full(len(SECTORS), np.nan) for name in _QUANTITIES}
    for row in range(len(table)):
        sector, quantity = table.text["sector"][row], table.text["quantity"][row]
        value = table.number["value"][row]
        if sector not in SECTORS or quantity not in _QUANTITIES:
            continue
        if value > _QUANTITIES[quantity]:
            table.add(row, f"'{quantity}' is {value:g}; at most {_QUANTITIES[quantity]:g} expected")
        values[quantity][SECTORS.index(sector)] = value
    _check_speciation(table, values)
    table.finish()
    return SpeciationNumbers(**values)


def _check_speciation(table: Table, values: dict[str, Float]) -> None:
    for index, name in enumerate(SECTORS):
        missing = [key for key in _QUANTITIES if np.isnan(values[key][index])]
        if missing and not table.problems:
            table.add(None, f"'{name}' has no '{', '.join(missing)}'")
        ions = sum(values[key][index] for key in ("so4_share", "no3_share", "nh4_share"))
        if ions > 1.0:
            table.add(None, f"the ions of '{name}' are {ions:g} of the rest of PM2.5, more than 1")
        if values["no_mole_share"][index] + values["hono_mole_share"][index] > 1.0:
            table.add(None, f"NO and HONO of '{name}' are more than all NOx")
        if values["om_oc_ratio"][index] < 1.0:
            table.add(None, f"om_oc_ratio of '{name}' is below 1: organic matter holds the carbon")
