"""Which hours a run computes; asked before anything runs, and again by `prepare`."""

import numpy as np

from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import CycleError
from forecast.config.inputs import tried_later
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.fields.driver import PressureLevelDriver
from forecast.fields.inputs import RungKind
from forecast.fields.start import StartPlan
from forecast.fields.window import RunWindow
from forecast.prepare.coverage import check_coverage, usable_horizon
from forecast.sources.meteorology import open_driver
from forecast.stages.ladder import Rung, TooShortError


def check_cycle(cycle: Cycle, configuration: Configuration) -> RunWindow:
    """Check that the driving meteorology can be read and reaches the cycle.

    Meteorology that is tried on a ladder (its path holds a date, or something can stand in for it)
    may come later or fail: then nothing is opened here.

    Returns:
        The hours that a run computes, or is to compute.

    Raises:
        CycleError: It does not cover the forecast.
        InputError: It cannot be read.
    """
    if "meteorology.path" in tried_later(configuration):
        forecast = configuration.forecast
        return RunWindow(cycle, forecast.spin_up_hours, forecast.horizon_hours)
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
    wanted = wanted_hours(configuration)
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


def wanted_hours(configuration: Configuration) -> int:
    """Forecast hours that a run is to compute."""
    start = configuration.start
    return start.cycle_hours if start.chain_only else configuration.forecast.horizon_hours


def require_reach(
    configuration: Configuration, cycle: Cycle, driver: PressureLevelDriver, rung: Rung
) -> None:
    """Refuse a file that ends before a complete one of its source would.

    Raises:
        TooShortError: It does; it can still be taken when nothing else is there.
    """
    reach = configuration.meteorology.fallback.reach_hours
    if reach is None or rung.cycle is None or not rung.strict:
        return
    if rung.kind is RungKind.SECOND_SOURCE:
        return
    end = min(
        cycle.start + np.timedelta64(wanted_hours(configuration), "h"),
        rung.cycle.start + np.timedelta64(reach, "h"),
    )
    if driver.last < end:
        msg = (
            f"'{rung.path}' ends at {driver.last} UTC; a complete file of {rung.cycle.name} "
            f"reaches {reach} h, and the forecast asks for {end} UTC"
        )
        raise TooShortError(msg)
