"""Names and colours of AQI grades and warning levels, with text colours that can be read on them.

AQI grades, categories and colours: HJ 633-2012 table 2, unchanged in HJ 633-2026. Contrast: WCAG
2.1, success criterion 1.4.3 (relative luminance and contrast ratio).
"""

from dataclasses import dataclass

from forecast.fields.warnings import WarningLevel

DARK = "#1a1a1a"
LIGHT = "#ffffff"
LEAST_CONTRAST = 3.0
"""Lowest contrast ratio of large or bold text (WCAG 2.1, 1.4.3)."""


@dataclass(frozen=True)
class Swatch:
    """A named colour.

    Attributes:
        key: Short ASCII name, used as a style class.
        name: Name in Chinese.
        colour: Name of the colour in Chinese.
        fill: Background, as #rrggbb.
        symbol: A character that tells it from the others without colour.
    """

    key: str
    name: str
    colour: str
    fill: str
    symbol: str

    @property
    def ink(self) -> str:
        """Text colour on `fill`: light where large text may be (WCAG: 3 to 1), dark elsewhere."""
        return LIGHT if contrast(LIGHT, self.fill) >= LEAST_CONTRAST else DARK


GRADES = (
    Swatch("g1", "优", "绿", "#00e400", "一"),
    Swatch("g2", "良", "黄", "#ffff00", "二"),
    Swatch("g3", "轻度污染", "橙", "#ff7e00", "三"),
    Swatch("g4", "中度污染", "红", "#ff0000", "四"),
    Swatch("g5", "重度污染", "紫", "#99004c", "五"),
    Swatch("g6", "严重污染", "褐红", "#7e0023", "六"),
)
"""AQI grades 1 to 6; the symbol is the number of the grade."""
GRADE_TOPS = (50, 100, 150, 200, 300)
"""Highest AQI of grades 1 to 5."""
LEVELS = {
    WarningLevel.NONE: Swatch("none", "无预警", "无", "#e8eef2", "无"),
    WarningLevel.BLUE: Swatch("blue", "蓝色预警", "蓝", "#2f7fd6", "蓝"),
    WarningLevel.YELLOW: Swatch("yellow", "黄色预警", "黄", "#ffd500", "黄"),
    WarningLevel.ORANGE: Swatch("orange", "橙色预警", "橙", "#ff8a00", "橙"),
    WarningLevel.RED: Swatch("red", "红色预警", "红", "#d0021b", "红"),
}
"""Warning levels; the symbol is the word of the colour."""


def grade_number(aqi: int) -> int:
    """Grade 1 to 6 of an AQI."""
    return 1 + sum(aqi > top for top in GRADE_TOPS)


def grade(aqi: int) -> Swatch:
    """Name and colour of the grade of an AQI."""
    return GRADES[grade_number(aqi) - 1]


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)
