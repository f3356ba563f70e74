"""The hourly chart: PM2.5 of one city with the range of the members and the AQI limits, as SVG.

Drawn with the object interface of matplotlib, no pyplot state. Text becomes outlines, so the
picture needs no font on the reader's machine.
"""

import base64
import datetime as dt
import io
import re
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import DateFormatter, HourLocator, date2num
from matplotlib.figure import Figure

from forecast.bulletins import text
from forecast.bulletins.content import LOCAL, City
from forecast.bulletins.fonts import font
from forecast.bulletins.palette import GRADES
from forecast.fields.arrays import Float

_CURVES = ("p10", "p50", "p90", "mean")
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_OUTLINE = re.compile(r'\bd="[^"]*"')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_EMPTY_LINES = re.compile(r"\s*\n\s*")
INK, MUTED, LINE, BAND = "#1a1a1a", "#555f68", "#0b4f8a", "#7fb0da"


@dataclass(frozen=True)
class Shape:
    """Size of a chart.

    Attributes:
        width: Inches.
        height: Inches.
        size: Text size, points.
        hour_step: Hours between labelled ticks.
    """

    width: float
    height: float
    size: float
    hour_step: int


WIDE = Shape(8.6, 3.1, 9.0, 6)
"""For desks and paper."""
NARROW = Shape(4.4, 3.3, 9.5, 12)
"""For telephones."""


def pm25_chart(city: City, limits: tuple[float, ...], shape: Shape = WIDE) -> str:
    """Draw the hourly PM2.5 of one city.

    Args:
        city: Its content.
        limits: Daily PM2.5 at AQI 50, 100, 150, 200 and 300, ug m-3.
        shape: Size of the picture.

    Returns:
        SVG as a data URI.
    """
    figure = Figure(figsize=(shape.width, shape.height))
    axes = figure.add_axes((0, 0, 1, 1))
    left = 0.42 / shape.width
    axes.set_position(
        (left, 0.5 / shape.height, 1 - left - 0.62 / shape.width, 1 - 0.78 / shape.height)
    )
    times = np.array([date2num(hour.time.astimezone(LOCAL)) for hour in city.hours])
    low, middle, high, mean = (_series(city, f"pm25_{name}") for name in _CURVES)
    top = _top(high, mean, limits)
    _grades(axes, limits, top, shape)
    members = max((hour.members for hour in city.hours), default=0)
    if members < text.FEWEST_FOR_CONFIDENCE:
        axes.plot(times, mean, color=LINE, linewidth=1.8, label=f"平均（只有{members}个成员）")
    else:
        axes.fill_between(
            times, low, high, color=BAND, alpha=0.75, linewidth=0, label="10%–90%范围"
        )
        axes.plot(times, mean, color=INK, linewidth=1, linestyle=(0, (4, 2)), label="平均")
        axes.plot(times, middle, color=LINE, linewidth=1.8, label="中位数")
    start = city.hours[0].time.astimezone(LOCAL) - dt.timedelta(hours=1)
    _time_axis(axes, start, times[-1], shape)
    axes.set_ylim(0, top)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncol=3, frameon=False, borderpad=0.2,
        handlelength=1.6, handletextpad=0.5, columnspacing=0.9, prop=font(shape.size),
    )  # fmt: skip
    axes.text(
        1.0, 1.03, "μg/m³", transform=axes.transAxes, ha="right", va="bottom",
        color=MUTED, fontproperties=font(shape.size),
    )  # fmt: skip
    return svg_uri(figure, f"pm25-{city.code}-{shape.width}")


def _series(city: City, name: str) -> Float:
    values = (getattr(hour, name) for hour in city.hours)
    return np.array([np.nan if value is None else value for value in values])


def _top(high: Any, mean: Any, limits: tuple[float, ...]) -> float:
    """Upper end of the axis: room above the curves, and at least the limit of AQI 100."""
    known = np.concatenate([high, mean])
    known = known[np.isfinite(known)]
    greatest = float(known.max()) if known.size else 0.0
    return max(1.12 * greatest, 1.15 * limits[1])


def _grades(axes: Any, limits: tuple[float, ...], top: float, shape: Shape) -> None:
    """Paint the ranges of the daily AQI categories behind the curves and name them."""
    edges = [0.0, *limits, max(top, limits[-1]) + 1.0]
    for swatch, bottom, ceiling in zip(GRADES, edges, edges[1:], strict=False):
        if bottom >= top:
            break
        visible = min(ceiling, top)
        axes.axhspan(bottom, visible, facecolor=swatch.fill, alpha=0.13, linewidth=0)
        axes.axhline(bottom, color="#9aa5ad", linewidth=0.6)
        axes.add_patch(
            mpl.patches.Rectangle(
                (1.0, bottom / top), 0.012, (visible - bottom) / top, transform=axes.transAxes,
                facecolor=swatch.fill, clip_on=False, linewidth=0,
            )
        )  # fmt: skip
        if (visible - bottom) / top > 0.055:
            axes.text(
                1.02, (bottom + visible) / 2 / top, swatch.name, transform=axes.transAxes,
                va="center", ha="left", color=INK, fontproperties=font(shape.size - 0.5),
            )  # fmt: skip


def _time_axis(axes: Any, start: dt.datetime, last: float, shape: Shape) -> None:
    """Label hours and days in Beijing time; a line at each midnight."""
    first = date2num(start)
    axes.set_xlim(first, last)
    axes.xaxis.set_major_locator(HourLocator(byhour=range(0, 24, shape.hour_step), tz=LOCAL))
    axes.xaxis.set_major_formatter(DateFormatter("%-H时", tz=LOCAL))
    axes.tick_params(length=3, color=MUTED, labelcolor=INK, pad=2)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font(shape.size - 0.5))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    day = start.date()
    while (opening := date2num(dt.datetime.combine(day, dt.time(), LOCAL))) < last:
        if opening > first:
            axes.axvline(opening, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
        middle = (max(opening, first) + min(opening + 1, last)) / 2
        if min(opening + 1, last) - max(opening, first) > 0.3:
            axes.text(
                middle, -0.3 / (shape.height - 0.78), f"{text.date(day)} {text.weekday(day)}",
                transform=axes.get_xaxis_transform(), ha="center", va="center",
                color=INK, fontproperties=font(shape.size),
            )  # fmt: skip
        day += dt.timedelta(days=1)


def svg_uri(figure: Figure, salt: str) -> str:
    """Save a figure as an SVG data URI that is the same for the same content."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):
        FigureCanvasSVG(figure)
        figure.savefig(stream, format="svg", metadata=_NO_METADATA)
    return image_uri(_short(stream.getvalue().decode()).encode(), "svg+xml")


def image_uri(content: bytes, kind: str) -> str:
    """Write a picture as a data URI."""
    return f"data:image/{kind};base64," + base64.b64encode(content).decode()


def _short(svg: str) -> str:
    """Cut the coordinates of outlines to hundredths of a point, which nobody resolves."""
    svg = _OUTLINE.sub(lambda found: _LONG_NUMBER.sub(_rounded, found[0]), svg)
    return _EMPTY_LINES.sub("\n", svg)


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
