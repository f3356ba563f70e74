"""What the bulletins need besides city forecasts, warnings and members."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from forecast.bulletins.assemble import STATIONS, Circumstances
from forecast.bulletins.content import LOCAL, Weather
from forecast.config.run import RunPaths
from forecast.fields.city_weather import daily_weather
from forecast.fields.membership import Membership
from forecast.fields.start import StartKind, StartPlan
from forecast.fields.window import RunWindow
from forecast.grid.overlap import CityWeights
from forecast.stages.source_run import source_plan, source_records, source_run
from forecast.stages.standards import read_standards
from forecast.stages.task import Task
from forecast.storage.manifest import degradations_of
from forecast.storage.meteorology import read_surface, read_times

_ATTRIBUTIONS = ("meteorology", "emissions", "boundary", "static")
_BEGINNINGS = {
    StartKind.WARM: "{count}个成员由各自前时次预报热启动",
    StartKind.CONTROL: "{count}个成员由控制成员的前时次预报热启动",
    StartKind.CLIMATOLOGY: "{count}个成员由多日平均浓度场起算",
    StartKind.COLD: "{count}个成员由季节背景廓线冷启动",
}
_METHODS = {"stations": STATIONS, "polygon": "行政区面积平均"}


def gather(task: Task, membership: Membership, weights: CityWeights) -> Circumstances:
    """Gather the circumstances of a cycle from its configuration and its stage records."""
    configuration = task.configuration
    records = source_records(task, membership)
    facts: Mapping[str, Any] = next(
        (record["facts"] for record in records if record["stage"] == "prepare"), {}
    )
    return Circumstances(
        issued=datetime.now(UTC).astimezone(LOCAL).replace(microsecond=0),
        case_title=configuration.case.title_zh,
        exercise=configuration.case.exercise,
        standards=read_standards(task),
        degradations=degradations_of(records),
        attributions=tuple(str(facts[name]) for name in _ATTRIBUTIONS if name in facts),
        notes=start_notes(source_plan(task, membership)),
        methods={
            city: _METHODS[method]
            for city, method in zip(weights.cities, weights.methods, strict=True)
        },
        weather=_weather(source_run(task, membership), weights),
    )


def start_notes(plan: StartPlan) -> tuple[str, ...]:
    """Say from what the members begin, and how long they still spin up."""
    parts = [_BEGINNINGS[kind].format(count=count) for kind, count in plan.kinds.items()]
    notes = ["起报浓度场：" + "；".join(parts) + "。"]
    if plan.spin_up_hours:
        notes.append(
            f"非热启动的成员在预报开始前先积分，最长{plan.spin_up_hours}小时（使用首日气象资料），"
            "这段时间的结果不进入产品。"
        )
    if plan.unsettled_hours:
        notes.append(
            f"预报前{plan.unsettled_hours}小时仍属模式调整期，仅供参考，"
            "不参与检验，也不作为预警依据。"
        )
    return tuple(notes)


def _weather(run: RunPaths, weights: CityWeights) -> dict[tuple[str, date], Weather]:
    """Wind and mixing of the unperturbed driver by city and local day."""
    window = RunWindow.of_bounds(run.cycle, read_times(run.meteorology))
    ends = slice(window.spin_up_hours + 1, None)
    wind, height = (
        weights.mean(np.asarray(field[ends]))
        for field in read_surface(run.meteorology, "wind_speed_10m", "boundary_layer_height")
    )
    return {
        (day.city_en, day.date): Weather(
            wind_speed_mean=day.wind_speed_mean, mixing_height_max=day.mixing_height_max
        )
        for day in daily_weather(weights.cities, window.labels, wind, height)
    }
