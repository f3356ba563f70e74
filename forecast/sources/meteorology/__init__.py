"""Driving meteorology: readers of files and the generator of a made week."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from forecast.config.meteorology import MeteorologyConfig, MeteorologyFormat
from forecast.fields.driver import PressureLevelDriver
from forecast.sources.meteorology import haze_week, ncep_reanalysis

__all__ = ["PressureLevelDriver", "open_driver"]


def open_driver(
    options: MeteorologyConfig, locate: Callable[[str], Path] = Path
) -> PressureLevelDriver:
    """Read or make the driving fields that the configuration asks for.

    Args:
        options: The configuration.
        locate: Turns the configured path into a usable one (relative paths start at the
            checkout: `forecast.config.load.project_path`).

    Returns:
        The fields, named in messages and records as the configuration names the file.

    Raises:
        InputError: The file is missing, broken or not what it claims to be.
    """
    if options.format is MeteorologyFormat.HAZE_WEEK:
        return haze_week.make(options.haze_week)
    return replace(ncep_reanalysis.read(locate(options.path)), name=options.path)
