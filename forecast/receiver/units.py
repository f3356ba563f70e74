"""Codes of quantities and their units, as packets have them and as products want them.

Codes: HJ 524-2009 and appendix B of HJ 212-2017; a05024 (ozone) stands in HJ 524 only. Appendix B
prints ng m-3 for particles, stations send ug m-3 mostly: the unit is a matter of the station.
"""

from typing import NamedTuple

from forecast.common.errors import ConfigurationError


class Unit(NamedTuple):
    """How a unit becomes that of the product: value * factor + offset."""

    product: str
    factor: float = 1.0
    offset: float = 0.0


UNITS = {
    "ug m-3": Unit("ug m-3"),
    "mg m-3": Unit("ug m-3", 1e3),
    "ng m-3": Unit("ug m-3", 1e-3),
    "degC": Unit("K", 1.0, 273.15),
    "K": Unit("K"),
    "kPa": Unit("Pa", 1e3),
    "hPa": Unit("Pa", 1e2),
    "Pa": Unit("Pa"),
    "m s-1": Unit("m s-1"),
    "degree": Unit("degree"),
}
"""Units by name."""


class Quantity(NamedTuple):
    """What a code stands for.

    Attributes:
        name: Name in the products.
        unit: Unit that is usual.
        factor: From the unit that `UNITS` leads to, to that of the product.
    """

    name: str
    unit: str
    factor: float = 1.0


QUANTITIES = {
    "a34004": Quantity("pm25", "ug m-3"),
    "a34002": Quantity("pm10", "ug m-3"),
    "a21026": Quantity("so2", "ug m-3"),
    "a21004": Quantity("no2", "ug m-3"),
    "a21005": Quantity("co", "mg m-3", 1e-3),
    "a05024": Quantity("o3", "ug m-3"),
    "a01001": Quantity("air_temperature_2m", "degC"),
    "a01006": Quantity("surface_pressure", "kPa"),
    "a01007": Quantity("wind_speed_10m", "m s-1"),
    "a01008": Quantity("wind_from_direction", "degree"),
}
"""Quantities that go to the store, by code; relative humidity (a01002) has no place in it."""


def convert(quantity: Quantity, unit: str, value: float) -> float | None:
    """Bring a value into the unit of the product; None when the unit is of another kind."""
    found = UNITS[unit]
    if found.product != UNITS[quantity.unit].product:
        return None
    return (value * found.factor + found.offset) * quantity.factor


def quantities(further: dict[str, str]) -> dict[str, Quantity]:
    """The codes with those that a configuration adds.

    Raises:
        ConfigurationError: A code is to stand for something that the store does not take.
    """
    by_name = {quantity.name: quantity for quantity in QUANTITIES.values()}
    for code, name in further.items():
        if name not in by_name:
            msg = f"receiver.codes: '{code}' is to be '{name}'; expected one of {sorted(by_name)}."
            raise ConfigurationError(msg)
    return QUANTITIES | {code: by_name[name] for code, name in further.items()}
