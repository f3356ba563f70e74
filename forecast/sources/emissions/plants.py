"""Coal units, as Global Energy Monitor lists them, and the stacks that units of a size have."""

from pathlib import Path

import numpy as np

from forecast.fields.inventory import LonLatBox, PowerUnits, StackClasses
from forecast.sources.emissions.table import Column, Table

_NUMBERS = (
    ("capacity_mw", 1.0, 3000.0),
    ("capacity_factor", 0.0, 1.0),
    ("longitude", -180.0, 180.0),
    ("latitude", -90.0, 90.0),
)
_STACKS = (
    ("above_mw", 0.0, 3000.0),
    ("up_to_mw", 1.0, 3000.0),
    ("height_m", 10.0, 500.0),
    ("exit_temperature_k", 280.0, 700.0),
    ("exit_velocity_m_s", 1.0, 60.0),
    ("flue_gas_m3_kwh", 0.5, 20.0),
    ("units_per_stack", 1.0, 10.0),
)


def read_units(path: Path, provinces: dict[str, str], area: LonLatBox) -> PowerUnits:
    """Read the coal units.

    Args:
        path: Table with plant, unit, capacity, place, province (English name) and start year.
        provinces: English names by code.
        area: Rectangle in which the list is complete; every unit must lie in it.

    Raises:
        InputError: The file is wrong.
    """
    numbers = [Column(name, True, low, high) for name, low, high in _NUMBERS]
    table = Table(
        path,
        [
            Column("plant"),
            Column("unit"),
            *numbers,
            Column("start_year", True, 1900.0, 2100.0, optional=True),
            Column("province", choices=tuple(provinces.values())),
        ],
    )
    longitude, latitude = table.number["longitude"], table.number["latitude"]
    inside = area.contains(longitude, latitude)
    for row in np.flatnonzero((inside == 0.0) & np.isfinite(longitude + latitude)):
        place = f"{longitude[row]:.3f} E, {latitude[row]:.3f} N"
        table.add(int(row), f"the unit lies at '{place}', outside units_area of inventory.yaml")
    table.finish()
    code = {name: code for code, name in provinces.items()}
    return PowerUnits(
        plant=tuple(table.text["plant"]),
        province=tuple(code[name] for name in table.text["province"]),
        capacity=table.number["capacity_mw"],
        capacity_factor=table.number["capacity_factor"],
        start_year=table.number["start_year"].astype(np.int64),
        longitude=longitude,
        latitude=latitude,
        area=area,
    )


def read_stacks(path: Path) -> StackClasses:
    """Read the stack classes.

    Raises:
        InputError: The file is wrong, or the classes leave a gap or overlap.
    """
    table = Table(path, [Column(name, True, low, high) for name, low, high in _STACKS])
    above, up_to = table.number["above_mw"], table.number["up_to_mw"]
    for row in range(len(table)):
        if row and above[row] != up_to[row - 1]:
            table.add(row, f"the class starts at {above[row]:g} MW, not at {up_to[row - 1]:g} MW")
        if up_to[row] <= above[row]:
            table.add(row, f"the class ends at {up_to[row]:g} MW, not above {above[row]:g} MW")
    table.finish()
    return StackClasses(*(table.number[name] for name, _, _ in _STACKS))
