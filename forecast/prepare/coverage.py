"""Which hours the driving meteorology covers, and what is done about the others."""

import numpy as np

from forecast.common.cycle import LOCAL_OFFSET
from forecast.common.degradation import Degradation
from forecast.common.errors import CycleError
from forecast.fields.driver import PressureLevelDriver

_HOUR = np.timedelta64(1, "h")


def usable_horizon(
    driver: PressureLevelDriver, cycle_start: np.datetime64, wanted_hours: int
) -> tuple[int, list[Degradation]]:
    """Cut the forecast to what the driver covers, at the end of a Beijing day where possible.

    Args:
        driver: The meteorology.
        cycle_start: Start of the forecast, UTC.
        wanted_hours: Length asked for.

    Returns:
        Hours that can be forecast, and a record when they are fewer than wanted.

    Raises:
        CycleError: Less than a day is covered.
    """
    covered = int((driver.last - cycle_start) / _HOUR)
    if wanted_hours <= covered:
        return wanted_hours, []
    if covered < 24:
        msg = (
            f"The meteorology '{driver.name}' covers {_span(driver)}; from the cycle "
            f"'{cycle_start}' that leaves {max(covered, 0)} h, at least 24 h are needed. Take an "
            "earlier cycle or a longer file."
        )
        raise CycleError(msg)
    offset = np.timedelta64(int(LOCAL_OFFSET.total_seconds()), "s")
    midnight = (driver.last + offset).astype("datetime64[D]").astype("datetime64[s]") - offset
    whole = int((midnight - cycle_start) / _HOUR)
    hours = whole if whole >= 24 else covered
    end = str((cycle_start + hours * _HOUR + offset).astype("datetime64[h]")).replace("T", " ")
    record = Degradation(
        stage="prepare",
        what=f"the meteorology '{driver.name}' ends before the forecast",
        original=f"{wanted_hours} h",
        replacement=f"{hours} h",
        effect=f"气象资料只够做到北京时间{end}时，预报由{wanted_hours}小时缩短为{hours}小时，"
        "此后各日没有预报。",
        code="meteorology-ends-early",
    )
    return hours, [record.announce()]


def check_coverage(
    driver: PressureLevelDriver,
    forecast_start: np.datetime64,
    forecast_end: np.datetime64,
    hold_hours: int,
) -> list[Degradation]:
    """Decide about forecast hours outside the driver's time range.

    Args:
        driver: The meteorology.
        forecast_start: Start of the first forecast hour (spin-up does not count), UTC.
        forecast_end: End of the last one, UTC.
        hold_hours: How long the nearest record may stand in, at either end.

    Returns:
        One record for each end at which a record stands in.

    Raises:
        CycleError: More hours are outside.
    """
    gaps = {"before": driver.first - forecast_start, "after": forecast_end - driver.last}
    records = []
    for side, gap in gaps.items():
        hours = int(np.ceil(gap / _HOUR))
        if hours <= 0:
            continue
        if hours > hold_hours:
            msg = (
                f"The forecast from '{forecast_start}' to '{forecast_end}' UTC reaches {hours} h "
                f"{side} the meteorology '{driver.name}', which covers {_span(driver)}; at most "
                f"{hold_hours} h can be held. Take another cycle, a shorter horizon or a longer "
                "file."
            )
            raise CycleError(msg)
        when = "开始" if side == "before" else "最后"
        record = Degradation(
            stage="prepare",
            what=f"{hours} forecast hours lie {side} the meteorology '{driver.name}'",
            original=f"meteorology of {hours} h {side} {_span(driver)}",
            replacement=f"the nearest record, held for {hours} h",
            effect=f"预报{when}{hours}小时没有对应的气象资料，用最近一次资料代替，"
            "这段时间的天气变化未能反映。",
            code="meteorology-held",
        )
        records.append(record.announce())
    return records


def no_precipitation(driver: PressureLevelDriver) -> list[Degradation]:
    """Record that the driver has no precipitation, if so."""
    if driver.precipitation_flux is not None:
        return []
    record = Degradation(
        stage="prepare",
        what=f"the meteorology '{driver.name}' has no precipitation",
        original="precipitation_flux",
        replacement="0 everywhere",
        effect="驱动气象资料不含降水，未计算湿清除；如有雨雪，浓度会被高估。",
        code="precipitation-missing",
    )
    return [record.announce()]


def _span(driver: PressureLevelDriver) -> str:
    return f"{driver.first} to {driver.last} UTC"
