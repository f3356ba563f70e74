"""Where the model computes: projection, cells and layers of a domain, and the files of places."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Latitude = Annotated[float, Field(gt=0.0, lt=90.0)]


class ProjectionConfig(Model):
    """Lambert conformal conic projection of the spherical Earth of WRF and CMAQ."""

    latitude_1: Latitude = 25.0
    """First standard parallel, degrees north."""
    latitude_2: Latitude = 47.0
    """Second standard parallel, degrees north; not south of the first."""
    latitude_0: Latitude = 36.4
    """Latitude of the origin of x and y, degrees north."""
    longitude_0: Annotated[float, Field(ge=-180.0, le=180.0)] = 118.5
    """Central meridian, where north is up, degrees east."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.latitude_1 > self.latitude_2:
            msg = (
                f"latitude_1 '{self.latitude_1}' lies north of latitude_2 '{self.latitude_2}'; "
                "give the southern standard parallel first"
            )
            raise ValueError(msg)
        return self


def hybrid_b(eta: float, eta_pressure: float) -> float:
    """Share of the surface pressure in the pressure of a layer interface.

    The cubic with b(1) = 1, b'(1) = 1, b(eta_pressure) = 0 and b'(eta_pressure) = 0 of Park et
    al. (2013, doi 10.1175/MWR-D-12-00096.1), as in WRF's hybrid coordinate (Skamarock et al.
    2019, NCAR/TN-556+STR, chapter 2): sigma near the ground, pressure above `eta_pressure`.

    Args:
        eta: Vertical coordinate, 1 at the ground and 0 at the top.
        eta_pressure: Coordinate at and above which interfaces are surfaces of pressure.
    """
    if eta <= eta_pressure:
        return 0.0
    if eta == 1.0:
        return 1.0
    c = eta_pressure
    cubic = (
        2.0 * c * c
        - c * (4.0 + c + c * c) * eta
        + 2.0 * (1.0 + c + c * c) * eta**2
        - (1.0 + c) * eta**3
    )
    return cubic / (1.0 - c) ** 3


class LevelsConfig(Model):
    """Hybrid sigma-pressure layers.

    The pressure of an interface is `a + b ps` with b of `hybrid_b` and
    `a = (eta - b) (reference_pressure - top_pressure) + (1 - b) top_pressure`.
    """

    eta: Annotated[tuple[float, ...], Field(min_length=3)] = (
        1.0, 0.995, 0.987, 0.975, 0.957, 0.933, 0.902, 0.864, 0.818,
        0.760, 0.690, 0.605, 0.505, 0.395, 0.275, 0.140, 0.0,
    )  # fmt: skip
    """Layer interfaces from the ground (1) to the top (0), strictly falling."""
    top_pressure: Annotated[float, Field(ge=1000.0, le=40000.0)] = 10000.0
    """Pressure of the top, Pa."""
    eta_pressure: Annotated[float, Field(ge=0.0, le=0.4)] = 0.2
    """Interfaces at and above this eta are surfaces of pressure (WRF's etac)."""
    reference_pressure: Annotated[float, Field(ge=90000.0, le=110000.0)] = 101325.0
    """Surface pressure at which eta is sigma, Pa."""
    lowest_surface_pressure: Annotated[float, Field(ge=40000.0, le=101325.0)] = 50000.0
    """Every layer must keep a positive thickness down to this surface pressure, Pa."""

    @property
    def a_half(self) -> tuple[float, ...]:
        """Coefficient a of each interface, Pa, ground first."""
        span = self.reference_pressure - self.top_pressure
        return tuple(
            (eta - b) * span + (1.0 - b) * self.top_pressure
            for eta, b in zip(self.eta, self.b_half, strict=True)
        )

    @property
    def b_half(self) -> tuple[float, ...]:
        """Coefficient b of each interface, dimensionless, ground first."""
        return tuple(hybrid_b(eta, self.eta_pressure) for eta in self.eta)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.eta[0] != 1.0 or self.eta[-1] != 0.0:
            msg = (
                f"eta runs from '{self.eta[0]}' to '{self.eta[-1]}'; it must start with 1 at the "
                "ground and end with 0 at the top"
            )
            raise ValueError(msg)
        for below, above in pairwise(self.eta):
            if above >= below:
                msg = f"eta '{above}' follows '{below}'; the interfaces must fall strictly"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _thick_over_high_ground(self) -> Self:
        lowest = self.lowest_surface_pressure
        pressure = [a + b * lowest for a, b in zip(self.a_half, self.b_half, strict=True)]
        for layer, (below, above) in enumerate(pairwise(pressure)):
            if above >= below:
                msg = (
                    f"layer {layer} would have the thickness '{below - above:.0f}' Pa at a surface "
                    f"pressure of {lowest:.0f} Pa; move its interfaces apart, lower eta_pressure "
                    "or raise lowest_surface_pressure"
                )
                raise ValueError(msg)
        return self


class DomainConfig(Model):
    """A rectangle of square cells on a Lambert projection, with its layers."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "shandong_27km"
    """Name of the domain, the stem of its file in configs/domains."""
    projection: ProjectionConfig = ProjectionConfig()
    """Map projection."""
    cell_size: Annotated[float, Field(ge=500.0, le=200000.0)] = 27000.0
    """Side of a cell on the map, m."""
    nx: Annotated[int, Field(ge=3, le=2000)] = 64
    """Number of cells from west to east."""
    ny: Annotated[int, Field(ge=3, le=2000)] = 56
    """Number of cells from south to north."""
    x_west: float = -837000.0
    """Western outer edge of the domain, m east of the origin (IOAPI XORIG)."""
    y_south: float = -756000.0
    """Southern outer edge of the domain, m north of the origin (IOAPI YORIG)."""
    levels: LevelsConfig = LevelsConfig()
    """Layers."""


class PlacesConfig(Model):
    """Files of cities, stations, boundaries and ground; relative paths start at the checkout."""

    cities: str = "configs/cities.csv"
    """Table of the cities that get a forecast."""
    stations: str = "configs/stations.csv"
    """Table of the national stations."""
    city_boundaries: str = "data/static/shandong_cities.geojson"
    """City polygons; a public map in China needs the bureau's own reviewed boundaries here."""
    province_boundaries: str = "data/static/provinces.geojson"
    """Province polygons, for the shares of provincial emission totals and for maps."""
    static_folder: str = "data/static"
    """Folder with terrain, land use and population."""
