"""The whole configuration of a run, one component a field."""

from forecast.config.base import Model
from forecast.config.case import CaseConfig, ForecastConfig


class Configuration(Model):
    """Everything a run is told."""

    case: CaseConfig = CaseConfig()
    """Which case."""
    forecast: ForecastConfig = ForecastConfig()
    """How far it looks and how it starts."""
