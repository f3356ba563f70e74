"""Axes and attributes of opened cycles."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from forecast.common.cycle import Cycle, lead_days, local_dates, local_labels
from forecast.fields.membership import Membership
from forecast.fields.start import StartPlan
from forecast.fields.variables import REGISTRY
from forecast.stages.open_arrays import CityAxes
from forecast.storage.datasets import attributes

Coordinates = dict[str, xr.Variable]
_SECOND = "datetime64[s]"
_LOCAL = "Asia/Shanghai, UTC+8"


def variable_attributes(name: str) -> dict[str, str]:
    """CF metadata of a variable, from the registry."""
    return attributes(REGISTRY[name])


def time_coordinates(cycle: Cycle, hours: int) -> Coordinates:
    """Axes of the forecast hours of one cycle."""
    labels = cycle.hours(1, hours)
    dates = local_dates(labels)
    lead = xr.Variable(
        ("lead_time",),
        np.arange(1, hours + 1).astype("timedelta64[h]").astype("timedelta64[s]"),
        {"standard_name": "forecast_period", "long_name": "end of the hour after the cycle"},
    )
    return {
        "init_time": xr.Variable(
            (),
            cycle.start.astype(_SECOND),
            {"standard_name": "forecast_reference_time", "long_name": "start of the cycle, UTC"},
        ),
        "lead_time": lead,
        **_moments(("lead_time",), labels),
        "local_date": xr.Variable(
            ("lead_time",),
            dates.astype(_SECOND),
            {"long_name": f"natural day that the hour belongs to, {_LOCAL}"},
        ),
        "lead_day": xr.Variable(
            ("lead_time",),
            lead_days(cycle, dates),
            {"long_name": "number of the natural day, 1 is the first whole one"},
        ),
    }


def stacked_time_coordinates(cycles: list[Cycle], hours: int) -> Coordinates:
    """Axes of the forecast hours of many cycles."""
    first = time_coordinates(cycles[0], hours)
    labels = np.stack([cycle.hours(1, hours) for cycle in cycles])
    starts = np.array([cycle.start for cycle in cycles]).astype(_SECOND)
    return {
        "init_time": xr.Variable(("init_time",), starts, first["init_time"].attrs),
        "lead_time": first["lead_time"],
        **_moments(("init_time", "lead_time"), labels),
        "lead_day": xr.Variable(
            ("init_time", "lead_time"),
            np.stack([lead_days(cycle, local_dates(cycle.hours(1, hours))) for cycle in cycles]),
            first["lead_day"].attrs,
        ),
    }


def _moments(dims: tuple[str, ...], labels: Any) -> Coordinates:
    return {
        "valid_time": xr.Variable(
            dims,
            labels.astype(_SECOND),
            {"standard_name": "time", "long_name": "end of the hour, UTC"},
        ),
        "local_time": xr.Variable(
            dims,
            local_labels(labels).astype(_SECOND),
            {"long_name": f"end of the hour, {_LOCAL}"},
        ),
    }


def member_coordinates(membership: Membership, plan: StartPlan | None, hours: int) -> Coordinates:
    """Axis of the members of one cycle, with how each began and which hours are still spin-up.

    Args:
        membership: Who is in.
        plan: From what they began; None when it is not known.
        hours: Forecast hours.
    """
    known = {verdict.member: verdict for verdict in membership.verdicts}
    names = membership.members
    found = {
        "member": xr.Variable(("member",), list(names), variable_attributes("member")),
        "kind": xr.Variable(
            ("member",), [known[name].kind for name in names], {"long_name": "kind of model"}
        ),
        "start": xr.Variable(
            ("member",), [known[name].start for name in names], {"long_name": "how it began"}
        ),
    }
    if plan is not None:
        unsettled = [plan.of(name).unsettled_hours - membership.origin_shift for name in names]
        found["spin_up"] = xr.Variable(
            ("member", "lead_time"),
            np.arange(1, hours + 1) <= np.array(unsettled)[:, None],
            {"long_name": "the hour still counts as spin-up of the member"},
        )
    return found


def city_coordinates(axes: CityAxes) -> Coordinates:
    """Axis of the cities."""
    columns = {"city": axes.cities, "city_zh": axes.cities_zh, "city_code": axes.codes}
    return {
        name: xr.Variable(("city",), list(texts), variable_attributes(name))
        for name, texts in columns.items()
    }


def provenance_attributes(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the manifest of a revision says about its origin, as plain texts."""
    code = manifest.get("code") or {}
    origin = manifest.get("provenance") or {}
    configuration = origin.get("configuration") or {}
    rules = origin.get("rules") or {}
    standards = origin.get("standards") or {}
    told = {
        "source": f"forecast {code.get('version')}" if code.get("version") else None,
        "commit": code.get("commit"),
        "commit_modified": str(code["modified"]).lower() if "modified" in code else None,
        "configuration_sha256": configuration.get("sha256"),
        "case": configuration.get("case"),
        "domain": configuration.get("domain"),
        "decided_at": origin.get("decided_at"),
        "trigger": origin.get("trigger"),
        "warning_rules": rules.get("id"),
        "aqi_standards": " ".join(standards.get("ids", [])) or None,
        "calibration": origin.get("calibration"),
        "inputs": _texts(origin.get("inputs") or []),
        "degradations": _texts(manifest.get("degradations") or []),
    }
    return {name: str(text) for name, text in told.items() if text}


def _texts(entries: list[Any]) -> str:
    """Records as JSON, for attributes hold texts only."""
    return json.dumps(entries, ensure_ascii=False) if entries else ""
