"""Reading from what the members of a run begin."""

from forecast.config.root import Configuration
from forecast.config.run import RunPaths, member_names
from forecast.fields.start import MemberStart, StartKind, StartPlan
from forecast.storage.records import read_record


def read_start_plan(run: RunPaths, configuration: Configuration) -> StartPlan:
    """Read the plan of the stage `start`; a run without one begins cold.

    Raises:
        InputError: The file is damaged.
    """
    if run.start_plan.is_file():
        return read_record(StartPlan, run.start_plan)
    members = member_names(configuration.ensemble.members)
    return StartPlan(
        cycle=run.folder.name,
        spin_up_hours=configuration.forecast.spin_up_hours,
        members=tuple(MemberStart(member, StartKind.COLD) for member in members),
        chain_hours=configuration.start.cycle_hours if configuration.start.chain_only else None,
    )
