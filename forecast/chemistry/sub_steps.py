"""Which sub-steps a step of chemistry is made of."""

REFINEMENT = 4
"""Parts into which each sub-step falls when a cell is solved again."""


def default_sub_steps(step_seconds: float) -> tuple[float, ...]:
    """Graded sub-steps for a step of some length, s."""
    return tuple(step_seconds / 300.0 * step for step in (10.0, 40.0, 100.0, 150.0))


def refined(sub_steps: tuple[float, ...]) -> tuple[float, ...]:
    """Sub-steps for cells that failed."""
    return tuple(step / REFINEMENT for step in sub_steps for _ in range(REFINEMENT))
