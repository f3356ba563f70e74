"""Which AQI standard is applied."""

from forecast.config.base import Model


class AqiConfig(Model):
    """The air-quality index."""

    folder: str = "configs/aqi"
    """Folder of the dated standards."""
    standard: str = ""
    """Identity of the one standard to apply to every day, such as 'hj633_2026', for replays;
    empty: the standard in force on each local day."""
