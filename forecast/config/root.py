"""The whole configuration of a run, one component a field."""

from typing import Self

from pydantic import model_validator

from forecast.config.alerts import AlertsConfig
from forecast.config.aqi import AqiConfig
from forecast.config.assimilation import AssimilationConfig
from forecast.config.base import Model
from forecast.config.boundary import BoundaryConfig
from forecast.config.bulletins import BulletinConfig
from forecast.config.case import CaseConfig, ForecastConfig
from forecast.config.chemistry import LONGEST_STEP, ChemistryConfig, Scheme
from forecast.config.clock import ClockConfig
from forecast.config.combine import CombineConfig
from forecast.config.computing import ComputingConfig
from forecast.config.deposition import DepositionConfig
from forecast.config.domain import DomainConfig, PlacesConfig
from forecast.config.emissions import EmissionsConfig
from forecast.config.ensemble import EnsembleConfig
from forecast.config.fallback import FallbackConfig
from forecast.config.meteorology import MeteorologyConfig
from forecast.config.natural import NaturalConfig
from forecast.config.observations import ObservationsConfig
from forecast.config.receiver import ReceiverConfig
from forecast.config.retention import RetentionConfig
from forecast.config.site import SiteConfig
from forecast.config.start import StartConfig
from forecast.config.transport import SECONDS_PER_HOUR, TransportConfig
from forecast.config.warning import WarningConfig
from forecast.config.workflow import WorkflowConfig

STEP_TOLERANCE = 1e-6
"""Difference of two lengths of time that counts as none, s."""


class Configuration(Model):
    """Everything a run is told."""

    case: CaseConfig = CaseConfig()
    """Which case."""
    forecast: ForecastConfig = ForecastConfig()
    """How far it looks and how it starts."""
    start: StartConfig = StartConfig()
    """From which state members begin, and what they leave for later cycles."""
    clock: ClockConfig = ClockConfig()
    """When it is decided who is in, and for whom it is waited."""
    domain: DomainConfig = DomainConfig()
    """Where it computes; in a file also the name of a domain in configs/domains."""
    places: PlacesConfig = PlacesConfig()
    """Cities, stations, boundaries and ground."""
    meteorology: MeteorologyConfig = MeteorologyConfig()
    """The driving meteorology and what is diagnosed from it."""
    observations: ObservationsConfig = ObservationsConfig()
    """Where observations are kept, and when a value is doubted."""
    receiver: ReceiverConfig = ReceiverConfig()
    """The door of the monitoring network."""
    emissions: EmissionsConfig = EmissionsConfig()
    """The inventory and its year."""
    natural: NaturalConfig = NaturalConfig()
    """Emissions of plants, soils, dry ground and the sea."""
    fallback: FallbackConfig = FallbackConfig()
    """What is published when no member can be used."""
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
    assimilation: AssimilationConfig = AssimilationConfig()
    """Observations into the state from which members begin."""
    ensemble: EnsembleConfig = EnsembleConfig()
    """The members, their perturbations and the gate."""
    combine: CombineConfig = CombineConfig()
    """How the members are combined on the grid."""
    aqi: AqiConfig = AqiConfig()
    """The air-quality index."""
    warning: WarningConfig = WarningConfig()
    """Warning rules and how a level is recommended."""
    workflow: WorkflowConfig = WorkflowConfig()
    """How members are started and saved."""
    site: SiteConfig = SiteConfig()
    """The machine that it runs on."""
    retention: RetentionConfig = RetentionConfig()
    """How long files are kept and how much room they may take."""
    bulletins: BulletinConfig = BulletinConfig()
    """What the bulletins say about who issues them."""
    alerts: AlertsConfig = AlertsConfig()
    """Whom to tell when something goes wrong."""

    @model_validator(mode="after")
    def _restarts_outlive_the_ladder(self) -> Self:
        """No checkpoint is removed that a later cycle may look for."""
        reach = max(self.start.ladder, default=0)
        if self.retention.restart_cycles < reach:
            msg = (
                f"retention.restart_cycles '{self.retention.restart_cycles}' is less than the "
                f"{reach} cycles back that start.ladder looks; keep at least as many"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _chemistry_fits_the_step(self) -> Self:
        """Chemistry runs once for two steps of transport."""
        if self.chemistry.scheme is Scheme.NONE:
            return self
        step, parts = 2 * self.transport.time_step, sum(self.chemistry.sub_steps)
        if SECONDS_PER_HOUR % step or step > LONGEST_STEP:
            msg = (
                f"transport.time_step '{self.transport.time_step}' s does not suit chemistry, "
                f"which runs once for two steps: take at most {LONGEST_STEP / 2:.0f} s, and an "
                "even number of steps an hour, such as 600, 300 or 150"
            )
            raise ValueError(msg)
        if self.chemistry.sub_steps and abs(parts - step) > STEP_TOLERANCE:
            msg = (
                f"chemistry.sub_steps add up to '{parts:g}' s, but a step of chemistry is two "
                f"steps of transport, {step} s; change the one or the other"
            )
            raise ValueError(msg)
        return self
