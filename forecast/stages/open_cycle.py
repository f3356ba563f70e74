"""Opening a cycle, or many, as xarray: for people who want to look into a forecast.

Nothing is read before it is used, and no file stays open. City values are one small set of data,
the fields of the members on the grid another, which may be far larger than the memory.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from forecast.common.cycle import Cycle
from forecast.common.errors import InputError
from forecast.config.run import RunPaths
from forecast.fields.city_forecast import AQI_POLLUTANTS, CityForecast
from forecast.fields.membership import Membership
from forecast.fields.start import StartPlan
from forecast.fields.warnings import WarningSet
from forecast.stages.combine_pieces import MemberPart
from forecast.stages.open_arrays import (
    CITY_ORDER,
    CityAxes,
    MemberFields,
    NetcdfValues,
    StackedCities,
    city_axes,
    lazy,
)
from forecast.stages.open_axes import (
    Coordinates,
    city_coordinates,
    member_coordinates,
    provenance_attributes,
    stacked_time_coordinates,
    time_coordinates,
    variable_attributes,
)
from forecast.stages.open_places import CyclePlace, find_cycle, find_cycles
from forecast.storage.atomic import read_json
from forecast.storage.datasets import CONVENTIONS, open_dataset
from forecast.storage.member_output import written_pollutants
from forecast.storage.records import read_record

if TYPE_CHECKING:
    from forecast.config.root import Configuration

logger = logging.getLogger(__name__)

_MAP = ("y", "x", "longitude", "latitude")
_LAZY_FROM = 3
"""Variables of the ensemble with so many dimensions are read only when they are used."""


def open_cycle(cycle: str, runs: str | Path = "runs", revision: int | None = None) -> "OpenCycle":
    """Open one cycle; nothing but the decision who is in is read.

    Args:
        cycle: `YYYY-MM-DDTHH`, UTC.
        runs: Folder of runs, or of an archive.
        revision: Number of the decision; None: the newest complete one.

    Raises:
        CycleError: The text is no cycle.
        InputError: There is no such cycle or revision, or it has no complete product.
    """
    return _opened(find_cycle(Path(runs), Cycle.parse(cycle), revision))


def open_archive(
    folder: str | Path = "runs", start: str | None = None, end: str | None = None
) -> xr.Dataset:
    """Open the city values of many cycles, one after the other along `init_time`.

    Cycles without a complete product or without city values are left out with a warning.

    Args:
        folder: Folder of runs, or of an archive.
        start: First cycle, `YYYY-MM-DDTHH`, or day, `YYYY-MM-DD`, both UTC; None: the oldest.
        end: Last one, included, a day with all its cycles; None: the newest.

    Returns:
        (init_time, member, lead_time, city), read when used; NaN where a cycle has no such
        member, hour or city.

    Raises:
        CycleError: A bound is neither a cycle nor a day.
        InputError: There is no cycle with products, or a record of one is damaged.
    """
    cycles = []
    for cycle in map(_opened, find_cycles(Path(folder), start, end)):
        if cycle.membership.members and cycle.place.run.cities.is_file():
            cycles.append(cycle)
        else:
            logger.warning("the cycle %s has no city values; it is left out", cycle.name)
    if not cycles:
        msg = f"No cycle of that period in '{folder}' has city values; open other ones."
        raise InputError(msg)
    return _stacked(cycles)


def _opened(place: CyclePlace) -> "OpenCycle":
    return OpenCycle(place, read_record(Membership, place.run.members))


@dataclass(frozen=True, eq=False, repr=False)
class OpenCycle:
    """One revision of one cycle.

    Attributes:
        place: Where its files lie.
        membership: Who is in, for how long, and why the others are not.
    """

    place: CyclePlace
    membership: Membership

    def __repr__(self) -> str:
        decided = self.membership
        return (
            f"<cycle {self.name}, revision {self.revision}: {len(decided.members)} of "
            f"{len(decided.planned)} members, {decided.hours_covered} h, "
            f"{decided.quality.value}; {self.place.top}>"
        )

    @property
    def name(self) -> str:
        """`YYYY-MM-DDTHH`, UTC."""
        return self.place.cycle.name

    @property
    def revision(self) -> int:
        """Number of the decision."""
        return self.place.run.revision

    @property
    def revisions(self) -> tuple[int, ...]:
        """Numbers of all complete revisions."""
        return self.place.run.revisions()

    @cached_property
    def config(self) -> "Configuration":
        """The resolved configuration.

        Raises:
            ConfigurationError: A version of the system with other settings has written it.
        """
        from forecast.config.load import read_resolved

        return read_resolved(self.place.paths.configuration)

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What made the revision: code, environment, inputs, checksums, degradations."""
        return dict(read_json(self.place.run.manifest))

    @cached_property
    def warnings(self) -> WarningSet:
        """Proposed warning levels with their probabilities."""
        return read_record(WarningSet, self.place.run.warnings)

    @cached_property
    def forecasts(self) -> CityForecast:
        """Daily values, AQI and probabilities of cities, as the products give them."""
        return read_record(CityForecast, self.place.run.forecasts)

    @cached_property
    def city(self) -> xr.Dataset:
        """Hourly means of cities, (member, lead_time, city); read when used.

        Raises:
            InputError: No member was in, or the file is not there or damaged.
        """
        path = self.place.run.cities
        self._require_members()
        axes = city_axes(path)
        shape = (len(axes.members), axes.hours, len(axes.cities))
        found = {
            name: lazy(
                ("member", "lead_time", "city"),
                shape,
                np.float64,
                NetcdfValues(path, f"city_{name}", CITY_ORDER),
                variable_attributes(f"city_{name}"),
            )
            for name in AQI_POLLUTANTS
        }
        coords = self._member_axes(axes.hours) | city_coordinates(axes)
        return self._dataset("hourly means of cities", found, coords)

    @cached_property
    def grid(self) -> xr.Dataset:
        """Hourly surface fields of the members, (member, lead_time, y, x); read when used.

        Raises:
            InputError: No member was in, or the fields are not there (any more) or damaged.
        """
        self._require_members()
        decided = self.membership
        parts = tuple(
            MemberPart(self._output(member), decided.origin_shift, decided.hours_of(member))
            for member in decided.members
        )
        written = [written_pollutants(part.path) for part in parts]
        drawn = self.ensemble
        mapping = [name for name in drawn.coords if "grid_mapping_name" in drawn[name].attrs]
        projected = {"grid_mapping": " ".join(map(str, mapping))}
        shape = (len(parts), decided.hours_covered, drawn.sizes["y"], drawn.sizes["x"])
        found = {
            name: lazy(
                ("member", "lead_time", "y", "x"),
                shape,
                np.float32,
                MemberFields(parts, name),
                variable_attributes(name) | projected,
            )
            for name in written[0]
            if all(name in own for own in written)
        }
        coords = self._member_axes(shape[1])
        coords |= {str(name): drawn[name].variable for name in (*_MAP, *mapping)}
        return self._dataset("hourly surface fields of the members", found, coords)

    @cached_property
    def ensemble(self) -> xr.Dataset:
        """Mean, percentiles and probabilities over the members on the grid; read when used.

        Raises:
            InputError: The file is not there (any more), or damaged.
        """
        path = self.place.run.ensemble
        found: Coordinates = {}
        with open_dataset(path, ("time", "member_count", "threshold")) as data:
            hours = int(data.sizes["time"])
            for name in (str(key) for key in data.variables if key != "time"):
                own = data[name].variable
                dims = tuple("lead_time" if dim == "time" else str(dim) for dim in own.dims)
                small = own.ndim < _LAZY_FROM
                found[name] = (
                    xr.Variable(dims, own.values, own.attrs)
                    if small
                    else lazy(
                        dims,
                        own.shape,
                        own.dtype,
                        NetcdfValues(path, name, tuple(range(own.ndim))),
                        own.attrs,
                    )
                )
        coords = time_coordinates(self.place.cycle, hours)
        maps = {name for name, own in found.items() if "grid_mapping_name" in own.attrs}
        for name in {*_MAP, "threshold", "time_bounds", *maps} & set(found):
            coords[name] = found.pop(name)
        return self._dataset("ensemble fields", found, coords)

    def station_pairs(self, observations: str | Path) -> xr.Dataset:
        """Match the members with the hourly readings of an observation store.

        Args:
            observations: Folder of the store.

        Returns:
            `pm25`, (member, lead_time, station), read when used, beside `pm25_observed`,
            (lead_time, station), and likewise for every pollutant that was measured.

        Raises:
            InputError: The fields are not there, or nothing was measured at the time.
        """
        from forecast.grid.domain import Domain
        from forecast.stages.open_pairs import station_pairs

        domain = Domain.from_config(self.config.domain)
        return station_pairs(self.grid, domain.horizontal, self.place.cycle, Path(observations))

    # --- inside
    @cached_property
    def _attributes(self) -> dict[str, str]:
        """Provenance, as every dataset carries it."""
        return {
            "Conventions": CONVENTIONS,
            "cycle": self.name,
            "revision": str(self.revision),
            "quality": self.membership.quality.value,
            "members": " ".join(self.membership.members),
            "members_of": self.membership.origin or self.name,
            **provenance_attributes(self.manifest),
        }

    @property
    def _source(self) -> RunPaths:
        """The run that has computed the members: this one, or an earlier one."""
        origin = self.membership.origin
        return RunPaths(self.place.top.parent / origin) if origin else self.place.paths

    def _member_axes(self, hours: int) -> Coordinates:
        plan = self._source.start_plan
        known = read_record(StartPlan, plan) if plan.is_file() else None
        times = time_coordinates(self.place.cycle, hours)
        return times | member_coordinates(self.membership, known, hours)

    def _dataset(self, title: str, found: Coordinates, coords: Coordinates) -> xr.Dataset:
        return xr.Dataset(found, coords, {"title": title, **self._attributes})

    def _require_members(self) -> None:
        if not self.membership.members:
            msg = (
                f"No member is in revision {self.revision} of the cycle '{self.name}', so it has "
                f"no values; `membership` says why. There are the revisions "
                f"{', '.join(map(str, self.revisions))}."
            )
            raise InputError(msg)

    def _output(self, member: str) -> Path:
        """The store of a member.

        Raises:
            InputError: It is not there.
        """
        path = self._source.output(member)
        if self.place.archived or not path.is_dir():
            why = "an archive keeps none" if self.place.archived else f"'{path}' is gone"
            msg = (
                f"The hourly fields of the members of '{self.name}' are not there ({why}: see "
                "`forecast prune`); `city` and `ensemble` can still be opened."
            )
            raise InputError(msg)
        return path


def _stacked(cycles: list[OpenCycle]) -> xr.Dataset:
    """Stack the city values of cycles that have members."""
    first, last = (city_axes(cycle.place.run.cities) for cycle in (cycles[0], cycles[-1]))
    cities = _joined(last, first)
    members = tuple(sorted({name for cycle in cycles for name in cycle.membership.members}))
    hours = max(cycle.membership.hours_covered for cycle in cycles)
    paths = tuple(cycle.place.run.cities for cycle in cycles)
    shape = (len(cycles), len(members), hours, len(cities.cities))
    found = {
        name: lazy(
            ("init_time", "member", "lead_time", "city"),
            shape,
            np.float64,
            StackedCities(paths, f"city_{name}", members, cities.cities),
            variable_attributes(f"city_{name}"),
        )
        for name in AQI_POLLUTANTS
    }
    coords = stacked_time_coordinates([cycle.place.cycle for cycle in cycles], hours)
    coords["member"] = xr.Variable(("member",), list(members), variable_attributes("member"))
    told = [provenance_attributes(cycle.manifest) for cycle in cycles]
    columns: dict[str, list[Any]] = {
        "revision": [cycle.revision for cycle in cycles],
        "quality": [cycle.membership.quality.value for cycle in cycles],
        "member_count": [len(cycle.membership.members) for cycle in cycles],
        **{
            name: [own.get(name, "") for own in told]
            for name in ("commit", "configuration_sha256", "warning_rules")
        },
    }
    coords |= {name: xr.Variable(("init_time",), values) for name, values in columns.items()}
    title = "hourly means of cities, many cycles"
    attrs = {"title": title, "Conventions": CONVENTIONS}
    return xr.Dataset(found, coords | city_coordinates(cities), attrs)


def _joined(axes: CityAxes, others: CityAxes) -> CityAxes:
    """Cities of one file, then those that only another one has."""
    more = [place for place, name in enumerate(others.cities) if name not in axes.cities]
    return CityAxes(
        axes.members,
        axes.cities + tuple(others.cities[place] for place in more),
        axes.cities_zh + tuple(others.cities_zh[place] for place in more),
        axes.codes + tuple(others.codes[place] for place in more),
        axes.hours,
    )
