"""The whole configuration of a run, one component a field."""

from forecast.config.base import Model
from forecast.config.bulletins import BulletinConfig
from forecast.config.case import CaseConfig, ForecastConfig
from forecast.config.domain import DomainConfig, PlacesConfig
from forecast.config.workflow import WorkflowConfig


class Configuration(Model):
    """Everything a run is told."""

    case: CaseConfig = CaseConfig()
    """Which case."""
    forecast: ForecastConfig = ForecastConfig()
    """How far it looks and how it starts."""
    domain: DomainConfig = DomainConfig()
    """Where it computes; in a file also the name of a domain in configs/domains."""
    places: PlacesConfig = PlacesConfig()
    """Cities, stations, boundaries and ground."""
    workflow: WorkflowConfig = WorkflowConfig()
    """How members are started and saved."""
    bulletins: BulletinConfig = BulletinConfig()
    """What the bulletins say about who issues them."""
