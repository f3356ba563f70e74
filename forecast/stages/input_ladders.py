"""The ladders of the inputs, as the configuration names them, and their record."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from forecast.common.cycle import Cycle
from forecast.common.dated_path import DatedPath
from forecast.config.arrival import ArrivalConfig
from forecast.config.load import PROJECT, project_path
from forecast.config.meteorology import MeteorologyFormat
from forecast.config.root import Configuration
from forecast.fields.inputs import InputUse, RungKind
from forecast.sources.delivery import DeliveryError, look, require_complete, require_new
from forecast.stages.ladder import Climb, Ladder, Rung
from forecast.stages.task import Task
from forecast.storage.manifest import digest

METEOROLOGY, EMISSIONS, BOUNDARY = "meteorology", "emissions", "boundary"
_MADE = MeteorologyFormat.HAZE_WEEK


def meteorology_ladder(configuration: Configuration, cycle: Cycle) -> Ladder:
    """The driver of the cycle, of earlier cycles, of the second source."""
    options = configuration.meteorology
    path, fallback = DatedPath(options.path), options.fallback
    form = options.format.value
    rungs = [_own(options.path, options.arrival, cycle, form)]
    if options.format is not _MADE:
        rungs += [
            Rung(RungKind.PREVIOUS_CYCLE, text, options.arrival, earlier, form)
            for earlier, text in path.before(cycle, fallback.previous_cycles, fallback.step_hours)
        ]
    second = fallback.second_source
    if second is not None:
        dated = DatedPath(second.path).dated
        rungs.append(
            Rung(
                RungKind.SECOND_SOURCE,
                DatedPath(second.path).at(cycle),
                options.arrival if dated else None,
                cycle if dated else None,
                second.format.value,
            )
        )
    codes = {
        RungKind.PREVIOUS_CYCLE: "meteorology-previous-cycle",
        RungKind.SECOND_SOURCE: "meteorology-second-source",
    }
    return Ladder(METEOROLOGY, "气象资料", codes, tuple(rungs))


def emissions_ladder(configuration: Configuration, cycle: Cycle) -> Ladder:
    """The inventory of the cycle, earlier versions, the climatology."""
    options = configuration.emissions
    last = [options.fallback.climatology] if options.fallback.climatology else []
    rungs = _versions(options.inventory, options.arrival, cycle, options.fallback.previous_versions)
    codes = {
        RungKind.PREVIOUS_VERSION: "emissions-previous-version",
        RungKind.CLIMATOLOGY: "emissions-climatology",
    }
    return Ladder(EMISSIONS, "排放清单", codes, (*rungs, *_climatologies(last)))


def boundary_ladder(configuration: Configuration, cycle: Cycle) -> Ladder:
    """The profiles of the cycle, earlier versions, those of the season."""
    options = configuration.boundary
    rungs = _versions(options.profiles, options.arrival, cycle, options.fallback.previous_versions)
    codes = {
        RungKind.PREVIOUS_VERSION: "boundary-previous",
        RungKind.CLIMATOLOGY: "boundary-climatology",
    }
    seasons = _climatologies(options.fallback.season_profiles)
    return Ladder(BOUNDARY, "边界资料", codes, (*rungs, *seasons))


def ladders(configuration: Configuration, cycle: Cycle) -> tuple[Ladder, ...]:
    """All of them."""
    return tuple(
        build(configuration, cycle)
        for build in (meteorology_ladder, emissions_ladder, boundary_ladder)
    )


def _own(text: str, arrival: ArrivalConfig, cycle: Cycle, form: str = "") -> Rung:
    path = DatedPath(text)
    if path.dated:
        return Rung(RungKind.OWN, path.at(cycle), arrival, cycle, form)
    return Rung(RungKind.OWN, text, format=form)


def _versions(text: str, arrival: ArrivalConfig, cycle: Cycle, count: int) -> list[Rung]:
    """What is wanted, then the newest earlier versions that lie on the disk."""
    found = itertools.islice(DatedPath(text).versions(cycle, PROJECT), count)
    earlier = [Rung(RungKind.PREVIOUS_VERSION, path, arrival, Cycle(time)) for time, path in found]
    return [_own(text, arrival, cycle), *earlier]


def _climatologies(texts: Iterable[str]) -> list[Rung]:
    return [Rung(RungKind.CLIMATOLOGY, text) for text in texts]


def locate(task: Task, rung: Rung, ladder: Ladder) -> Path:
    """Find the file of a rung and see that it has come whole, in time, and is not an old one.

    Raises:
        DeliveryError: It has not.
        LookAheadError: It was delivered for a later time than this run may know.
    """
    path = project_path(rung.path)
    if rung.cycle is not None:
        task.as_of.require(f"'{rung.path}'", rung.cycle.time)
    if rung.arrival is None:
        if len(ladder.rungs) > 1 and rung.format != _MADE and not path.exists():
            msg = f"'{path}' is not there"
            raise DeliveryError(msg, "不存在")
        return path
    require_complete(path, rung.arrival)
    if rung.kind is RungKind.OWN:
        for other in ladder.rungs:
            if other.kind is RungKind.PREVIOUS_CYCLE:
                require_new(path, project_path(other.path))
                break
    return path


def input_use(
    climbed: Climb[object],
    attribution: str,
    valid: tuple[np.datetime64 | None, np.datetime64 | None] = (None, None),
) -> InputUse:
    """Write down which rung was used."""
    rung = climbed.taken
    made = rung.format == _MADE
    path = project_path(rung.path)
    seen = None if made else look(path)
    return InputUse(
        name=climbed.ladder.name,
        kind=rung.kind,
        rung=climbed.place,
        path="" if made else rung.path,
        sha256="" if made else digest(path),
        valid_from=_time(valid[0]),
        valid_to=_time(valid[1]),
        arrived=None if seen is None else datetime.fromtimestamp(seen.changed, UTC),
        attribution=attribution,
        tried=climbed.attempts,
    )


def _time(value: np.datetime64 | None) -> datetime | None:
    if value is None:
        return None
    time: datetime = value.astype("datetime64[s]").astype(datetime)
    return time.replace(tzinfo=UTC)
