"""Which sub-steps a step of chemistry is made of."""

from forecast.common.errors import ConfigurationError

TABLE: dict[float, tuple[float, ...]] = {
    300.0: (10.0, 40.0, 100.0, 150.0),
    600.0: (10.0, 30.0, 80.0, 180.0, 300.0),
    900.0: (10.0, 30.0, 80.0, 180.0, 250.0, 350.0),
    1200.0: (10.0, 30.0, 80.0, 200.0, 380.0, 500.0),
}
"""Sub-steps by the length of the step, s.

Short ones first: emissions and transport have just moved the fast species off their steady state.
Chosen among many for equal error at all lengths, with few cells to be solved again: docs/science/
solver.md has the figures.
"""
REFINEMENT = 4
"""Parts into which each sub-step falls when a cell is solved again."""


def default_sub_steps(step_seconds: float) -> tuple[float, ...]:
    """Sub-steps for a step of chemistry.

    Args:
        step_seconds: Length of the step, s. Lengths that are not in `TABLE` take the sub-steps of
            the next longer one, each shortened by the same factor.

    Raises:
        ConfigurationError: The step is not positive, or longer than the table.
    """
    longest = max(TABLE)
    if not 0.0 < step_seconds <= longest:
        msg = (
            f"The step of chemistry is {step_seconds} s; expected more than 0 and at most"
            f" {longest:.0f} s, beyond which errors were not measured."
        )
        raise ConfigurationError(msg)
    length = min(known for known in TABLE if known >= step_seconds)
    return tuple(step * (step_seconds / length) for step in TABLE[length])


def refined(sub_steps: tuple[float, ...]) -> tuple[float, ...]:
    """Sub-steps for cells that failed with others: each in equal parts."""
    return tuple(step / REFINEMENT for step in sub_steps for _ in range(REFINEMENT))
