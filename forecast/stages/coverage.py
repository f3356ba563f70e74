"""Which hours a run computes; asked before anything runs, and again by `prepare`."""

from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import CycleError
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.fields.driver import PressureLevelDriver
from forecast.fields.window import RunWindow
from forecast.prepare.coverage import check_coverage, usable_horizon
from forecast.sources.meteorology import open_driver


def check_cycle(cycle: Cycle, configuration: Configuration) -> RunWindow:
    """Check that the driving meteorology can be read and reaches the cycle.

    Returns:
        The hours that a run computes.

    Raises:
        CycleError: It does not cover the forecast.
        InputError: It cannot be read.
    """
    driver = open_driver(configuration.meteorology, project_path)
    window, _ = window_of(cycle, configuration, driver)
    bounds, hold = window.bounds, configuration.meteorology.hold_hours
    check_coverage(driver, cycle.start, bounds[-1], hold)
    return window


def window_of(
    cycle: Cycle, configuration: Configuration, driver: PressureLevelDriver
) -> tuple[RunWindow, list[Degradation]]:
    """Fit the configured forecast into the driving meteorology.

    Raises:
        CycleError: Not one complete local day is covered.
    """
    forecast = configuration.forecast
    hours, cut = usable_horizon(driver, cycle.start, forecast.horizon_hours)
    window = RunWindow(cycle, forecast.spin_up_hours, hours)
    if window.complete_days == 0:
        msg = (
            f"The forecast of {hours} hours from the cycle '{cycle.name}' holds no complete local "
            f"day; the meteorology '{driver.name}' ends at {driver.last} UTC. Products are daily: "
            "take an earlier cycle or a longer horizon."
        )
        raise CycleError(msg)
    return window, cut
