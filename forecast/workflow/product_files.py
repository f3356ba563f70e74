"""What the last stage of a revision waits for."""

import json
from pathlib import Path

from forecast.workflow.paths import RunPaths


def product_files(run: RunPaths) -> tuple[Path, ...]:
    """Files that the products are made of.

    When the decision is that there is no forecast, there is nothing to combine, and the product
    that says so follows from the decision alone. Before the decision everything is named.
    """
    everything = (run.members, run.ensemble, run.cities, run.forecasts, run.warnings)
    try:
        decision = json.loads(run.members.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return everything
    covered = any(day["members"] for day in decision["days"])
    return everything if covered else (run.members,)
