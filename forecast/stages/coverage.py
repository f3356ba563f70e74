"""Which hours a run computes; asked before anything runs, and again by `prepare`."""

from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import CycleError
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.fields.driver import PressureLevelDriver
from forecast.fields.start import StartPlan
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
    cycle: Cycle,
    configuration: Configuration,
    driver: PressureLevelDriver,
    plan: StartPlan | None = None,
) -> tuple[RunWindow, list[Degradation]]:
    """Fit the configured forecast into the driving meteorology.

    Args:
        cycle: Start of the forecast.
        configuration: Of the run.
        driver: The driving meteorology.
        plan: From what the members begin: spin-up only where somebody needs it. None: cold.

    Raises:
        CycleError: Not one complete local day is covered, in a run that makes products.
    """
    forecast, chain = configuration.forecast, configuration.start.chain_only
    wanted = configuration.start.cycle_hours if chain else forecast.horizon_hours
    hours, cut = usable_horizon(driver, cycle.start, wanted)
    spin_up = forecast.spin_up_hours if plan is None else plan.spin_up_hours
    window = RunWindow(cycle, spin_up, hours)
    if window.complete_days == 0 and not chain:
        msg = (
            f"The forecast of {hours} hours from the cycle '{cycle.name}' holds no complete local "
            f"day; the meteorology '{driver.name}' ends at {driver.last} UTC. Products are daily: "
            "take an earlier cycle or a longer horizon."
        )
        raise CycleError(msg)
    return window, cut
