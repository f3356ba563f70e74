"""Which hours a run computes; asked before anything runs, and again by `prepare`."""

from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.fields.driver import PressureLevelDriver
from forecast.fields.window import RunWindow
from forecast.sources.meteorology import open_driver


def check_coverage(cycle: Cycle, configuration: Configuration) -> None:
    """Check that the driving meteorology can be read and reaches the cycle.

    Raises:
        CycleError: It does not cover one complete local day of the forecast.
        InputError: It cannot be read.
    """
    driver = open_driver(configuration.meteorology, project_path)
    window_of(cycle, configuration, driver)


def window_of(
    cycle: Cycle, configuration: Configuration, driver: PressureLevelDriver
) -> tuple[RunWindow, tuple[Degradation, ...]]:
    """Fit the configured forecast into the driving meteorology.

    Raises:
        CycleError: The driver does not cover one complete local day of the forecast.
    """
    forecast = configuration.forecast
    wanted = RunWindow(cycle, forecast.spin_up_hours, forecast.horizon_hours)
    return wanted.within(driver.first, driver.last, configuration.meteorology.hold_hours)
