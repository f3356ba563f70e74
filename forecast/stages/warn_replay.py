"""A season of daily city values, played through warning rules."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from forecast.aqi.standard import StandardSet
from forecast.config.root import Configuration
from forecast.sources.observations.city_daily import read_city_daily
from forecast.storage.atomic import write_text
from forecast.warning.replay import (
    ReplayedWarning,
    Tally,
    daily_index,
    replay,
    tally,
)
from forecast.warning.rules import WarningRules, select_rules


def replay_season(
    daily: Path,
    configuration: Configuration,
    root: Path,
    *,
    as_forecast: bool,
) -> tuple[WarningRules, tuple[ReplayedWarning, ...], tuple[Tally, ...]]:
    """Read a daily city file and play it.

    Args:
        daily: The file.
        configuration: Which rules and standards, and where they lie.
        root: Folder that their paths are relative to.
        as_forecast: True for a perfect forecast, False for monitoring alone.

    Raises:
        InputError: The file cannot be used.
        ConfigurationError: The rules or standards are wrong or not there.
    """
    observed = read_city_daily(daily)
    options = configuration.warning
    first = observed.days[0].astype(object)
    rules = select_rules(root / options.folder, options.rules, first)
    standards = StandardSet.read(root / configuration.aqi.folder, configuration.aqi.standard)
    index = daily_index(observed, rules.pollutants, standards)
    warnings = replay(index, rules, as_forecast=as_forecast)
    return rules, warnings, tally(index, warnings, rules)


def keep_warnings(path: Path, warnings: Sequence[ReplayedWarning]) -> None:
    """Write the warnings, one CSV row each, whole or not at all.

    Raises:
        OutputError: The disk refuses the file.
    """
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [entry.name for entry in fields(ReplayedWarning)], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(asdict(warning) for warning in warnings)
    write_text(path, text.getvalue())
