"""The whole configuration of a run, one component a field."""

from forecast.config.aqi import AqiConfig
from forecast.config.base import Model
from forecast.config.boundary import BoundaryConfig
from forecast.config.bulletins import BulletinConfig
from forecast.config.case import CaseConfig, ForecastConfig
from forecast.config.chemistry import ChemistryConfig
from forecast.config.computing import ComputingConfig
from forecast.config.deposition import DepositionConfig
from forecast.config.domain import DomainConfig, PlacesConfig
from forecast.config.emissions import EmissionsConfig
from forecast.config.ensemble import EnsembleConfig
from forecast.config.meteorology import MeteorologyConfig
from forecast.config.natural import NaturalConfig
from forecast.config.transport import TransportConfig
from forecast.config.warning import WarningConfig
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
    meteorology: MeteorologyConfig = MeteorologyConfig()
    """The driving meteorology and what is diagnosed from it."""
    emissions: EmissionsConfig = EmissionsConfig()
    """The inventory and its year."""
    natural: NaturalConfig = NaturalConfig()
    """Emissions of plants, soils, dry ground and the sea."""
    boundary: BoundaryConfig = BoundaryConfig()
    """Concentrations outside the domain and at a cold start."""
    transport: TransportConfig = TransportConfig()
    """Time step and limits of the transport model."""
    chemistry: ChemistryConfig = ChemistryConfig()
    """What reacts, and how fast."""
    deposition: DepositionConfig = DepositionConfig()
    """Dry and wet deposition."""
    computing: ComputingConfig = ComputingConfig()
    """Arrangement of the ranks."""
    ensemble: EnsembleConfig = EnsembleConfig()
    """The members, their perturbations and the gate."""
    aqi: AqiConfig = AqiConfig()
    """The air-quality index."""
    warning: WarningConfig = WarningConfig()
    """Warning rules and how a level is recommended."""
    workflow: WorkflowConfig = WorkflowConfig()
    """How members are started and saved."""
    bulletins: BulletinConfig = BulletinConfig()
    """What the bulletins say about who issues them."""
