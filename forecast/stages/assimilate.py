"""Observations into the states that members begin from.

Without observations, or without states of an earlier cycle, members begin from what the plan of
the cycle says: loudly, and never with an error.
"""

import logging
from dataclasses import dataclass

import numpy as np

from forecast.assimilation.analysis import Columns, filter_members, interpolate
from forecast.assimilation.departures import Departures, Sites, compare, joined
from forecast.assimilation.emission_factors import cell_factor, update_factors
from forecast.assimilation.groups import Group, species_factors, state_groups
from forecast.assimilation.localisation import layer_weights
from forecast.chemistry.composition import Composition, composition_of
from forecast.common.degradation import Degradation
from forecast.common.errors import ForecastError, InputError
from forecast.config.load import project_path
from forecast.fields.analysis import Analysis, AnalysisMethod
from forecast.fields.arrays import Float, Integers, Reals
from forecast.fields.observations import StationSeries, series
from forecast.fields.variables import POLLUTANTS
from forecast.grid.domain import Domain
from forecast.grid.overlap import region_shares
from forecast.grid.regions import read_regions
from forecast.stages.assimilate_members import Former, logarithms
from forecast.stages.start_plan import read_start_plan
from forecast.stages.task import Task
from forecast.storage.analysis import read_inflation, write_inflation
from forecast.storage.atomic import remove
from forecast.storage.reading_table import read_readings
from forecast.storage.records import read_record, write_record

logger = logging.getLogger(__name__)

_EFFECTS = {
    "assimilation-no-observations": "起报时刻没有可用的站点观测，初始浓度场未经观测订正。",
    "assimilation-no-state": "没有前一时次的预报场可供订正，初始浓度场未经观测订正。",
    "assimilation-few-members": "可用成员过少，初始浓度场改用最优插值订正，订正精度较低。",
    "assimilation-failed": "观测同化未能完成，初始浓度场未经观测订正。",
}


class NoAnalysisError(ForecastError):
    """There is nothing to analyse, or nothing to do it with."""

    def __init__(self, code: str, message: str) -> None:
        """Take the code of the alert and the reason."""
        super().__init__(message)
        self.code = code


def run(task: Task) -> None:
    """Write the states of the analysis and the record of what was done."""
    remove(task.run.analysis_record.parent)
    try:
        analysis = _analyse(task)
    except NoAnalysisError as error:
        analysis = _none(task, error.code, str(error))
    except InputError as error:
        remove(task.run.analysis_record.parent)
        analysis = _none(task, "assimilation-failed", str(error))
    write_record(task.run.analysis_record, analysis)
    task.record.wrote(task.run.analysis_record)
    task.record.note(
        analysis=analysis.method.value,
        members=len(analysis.members),
        departures=analysis.departures,
        emission_factors=analysis.emission_factors,
        inflation=analysis.inflation,
    )


def _none(task: Task, code: str, reason: str) -> Analysis:
    """Record that members begin without observations; the factors on emissions go on."""
    task.record.fell_back(_degradation(code, reason, "the states of the plan").announce())
    plan = read_start_plan(task.run, task.configuration)
    formers = [former for start in plan.members if (former := Former.of(task, start))]
    factors = _former_factors(formers[0]) if formers else {}
    return Analysis(task.cycle.name, AnalysisMethod.NONE, reason, emission_factors=factors)


def _degradation(code: str, what: str, replacement: str) -> Degradation:
    return Degradation(
        stage="assimilate",
        what=what,
        original="an analysis by the local ensemble filter",
        replacement=replacement,
        effect=_EFFECTS[code],
        code=code,
    )


@dataclass(frozen=True)
class _Place:
    """What all groups of one analysis share.

    Attributes:
        task: The stage.
        columns: Columns of the domain.
        departures: What is observed, by pollutant.
        by_filter: Whether there are members enough for the filter.
        inflation: Of the cycle before, by pollutant.
    """

    task: Task
    columns: Columns
    departures: dict[str, Departures]
    by_filter: bool
    inflation: dict[str, Float]

    def update(
        self, name: str, members: Reals, departures: Departures, columns: Columns
    ) -> tuple[Float, Float]:
        """Change of the logarithm of each member, and the new inflation."""
        options = self.task.configuration.assimilation
        shape = members.shape[2:]
        former = self.inflation.get(name)
        inflation = np.ones(shape) if former is None or former.shape != shape else former
        if not self.by_filter:
            increment = interpolate(departures, columns, options.interpolation)
            return np.broadcast_to(increment, members.shape), inflation
        new, inflation = filter_members(members, departures, columns, inflation, options)
        return new - members, inflation


def _analyse(task: Task) -> Analysis:
    """Make the analysis.

    Raises:
        NoAnalysisError: There are no states or no observations.
        InputError: A file is damaged.
    """
    options = task.configuration.assimilation
    plan = read_start_plan(task.run, task.configuration)
    formers = [former for start in plan.members if (former := Former.of(task, start))]
    own = [former for former in formers if former.own]
    if not own:
        msg = "no member begins from its own state of an earlier cycle"
        raise NoAnalysisError("assimilation-no-state", msg)
    domain = Domain.from_config(task.configuration.domain)
    composition = composition_of(task.configuration.chemistry)
    departures = _departures(task, own, domain)
    by_filter = len(own) >= options.least_members
    horizontal = domain.horizontal
    weights = layer_weights(domain.levels, options.height)
    columns = Columns(horizontal.x_centre, horizontal.y_centre, weights)
    place = _Place(task, columns, departures, by_filter, _former_inflation(own[0]))
    inflation = _write_states(place, formers, composition)
    write_inflation(task.run.inflation, inflation)
    reason = ""
    if not by_filter:
        reason = (
            f"only {len(own)} members have a state of their own, {options.least_members} needed"
        )
        found = _degradation("assimilation-few-members", reason, "optimal interpolation")
        task.record.fell_back(found.announce())
    return Analysis(
        cycle=task.cycle.name,
        method=AnalysisMethod.FILTER if by_filter else AnalysisMethod.INTERPOLATION,
        reason=reason,
        members=tuple(former.start.member for former in own),
        carried=tuple(former.start.member for former in formers if not former.own),
        departures={name: found.summary() for name, found in departures.items()},
        emission_factors=_emission_factors(place, own, domain),
        inflation={name: float(field.mean()) for name, field in inflation.items()},
    )


def _departures(task: Task, own: list[Former], domain: Domain) -> dict[str, Departures]:
    """Compare the observations of the window with what the members said.

    Raises:
        NoAnalysisError: There is no observation inside the domain.
    """
    options = task.configuration.assimilation
    hours = min(options.window_hours, min(former.start.source_hour for former in own))
    observed = _observed(task, hours)
    sites, rows, cells = _sites(observed, domain)
    good = observed.good()
    result = {}
    for name in options.pollutants:
        if name not in observed.pollutants or not rows.size:
            continue
        values = good[observed.pollutants.index(name), rows].astype(np.float64)
        said = np.stack([former.said(name, hours, cells) for former in own])
        found = compare(name, values, said, sites, options)
        if found.departure.size:
            result[name] = found
    if not result:
        msg = f"no valid observation of the {hours} hours before the cycle lies in the domain"
        raise NoAnalysisError("assimilation-no-observations", msg)
    return result


def _observed(task: Task, hours: int) -> StationSeries:
    """Observations of the hours up to the cycle.

    Raises:
        NoAnalysisError: There is no file.
        InputError: It is damaged.
    """
    path = task.run.observations
    if not path.is_file():
        msg = f"there are no observations of this cycle ('{path.name}' is missing)"
        raise NoAnalysisError("assimilation-no-observations", msg)
    task.record.read(path)
    last = task.cycle.start
    first = last - np.timedelta64(hours - 1, "h")
    return series(read_readings(path), first, last, as_of=task.as_of)


def _sites(
    observed: StationSeries, domain: Domain
) -> tuple[Sites, Integers, tuple[Integers, Integers]]:
    """Stations inside the domain: where they are, their places in the series, their cells."""
    grid = domain.horizontal
    longitude = np.array([station.longitude for station in observed.stations], np.float64)
    latitude = np.array([station.latitude for station in observed.stations], np.float64)
    known = np.flatnonzero(np.isfinite(longitude) & np.isfinite(latitude))
    x, y = grid.project(longitude[known], latitude[known])
    i = np.floor((x - grid.x_west) / grid.cell_size).astype(np.int64)
    j = np.floor((y - grid.y_south) / grid.cell_size).astype(np.int64)
    inside = (i >= 0) & (i < grid.nx) & (j >= 0) & (j < grid.ny)
    rows = known[inside]
    kinds = tuple(observed.stations[row].kind for row in rows)
    sites = Sites(x[inside], y[inside], kinds, grid.cell_size)
    return sites, rows, (j[inside], i[inside])


def _write_states(
    place: _Place, formers: list[Former], composition: Composition
) -> dict[str, Float]:
    """Analyse each group and write the state of every member; returns the new inflation."""
    task = place.task
    options = task.configuration.assimilation
    groups = _groups(composition, tuple(place.departures))
    own = [former for former in formers if former.own]
    changes, inflation = {}, {}
    for name, members in logarithms(own, groups).items():
        changes[name], inflation[name] = place.update(
            name, members, place.departures[name], place.columns
        )
    for former in formers:
        task.record.read(former.state)
        row = own.index(former) if former.own else None
        factors = {
            name: np.exp(change.mean(axis=0) if row is None else change[row])
            for name, change in changes.items()
        }
        former.write(
            task,
            species_factors(
                composition.table, groups, factors, options.precursor_share, options.largest_change
            ),
        )
    logger.info("%d states are corrected by %s", len(formers), ", ".join(changes))
    return inflation


def _groups(composition: Composition, pollutants: tuple[str, ...]) -> tuple[Group, ...]:
    weights = {
        name: composition.particle_weights[POLLUTANTS.index(name)] for name in ("pm25", "pm10")
    }
    return state_groups(composition.table, weights, pollutants)


def _emission_factors(place: _Place, own: list[Former], domain: Domain) -> dict[str, float]:
    """Correct the factors of the regions; those of the cycle before where that is switched off."""
    task = place.task
    options = task.configuration.assimilation.emissions
    former = _former_factors(own[0])
    parts = [found for name, found in place.departures.items() if name in options.pollutants]
    if not (options.enabled and parts and place.by_filter):
        return former if options.enabled else {}
    rate = own[0].area_rate()
    logs = np.stack([cell_factor(member.emission_factor(), rate) for member in own])[:, None]
    surface = Columns(place.columns.x, place.columns.y, np.ones(1))
    change = place.update("emission", logs, joined(parts), surface)[0]
    regions = read_regions(project_path(task.configuration.places.province_boundaries))
    emitted = rate.sum(axis=0)
    total = emitted.sum(axis=(1, 2), keepdims=True)
    weight = np.divide(emitted, total, out=np.zeros_like(emitted), where=total > 0).sum(axis=0)
    return update_factors(
        former,
        change[:, 0].mean(axis=0),
        weight,
        region_shares(domain.horizontal, regions),
        tuple(region.code for region in regions),
        options,
    )


def _former_factors(former: Former) -> dict[str, float]:
    """Factors on emissions that the cycle before ended with."""
    path = former.run.analysis_record
    return read_record(Analysis, path).emission_factors if path.is_file() else {}


def _former_inflation(former: Former) -> dict[str, Float]:
    path = former.run.inflation
    return read_inflation(path) if path.is_file() else {}
