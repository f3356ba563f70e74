"""The stages by name. Their modules are imported when they run, so that commands start fast."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: Name of the rule and of the command.
        title: What it does, in words.
        per_member: True when it runs once a member.
    """

    name: str
    title: str
    per_member: bool = False

    @property
    def module(self) -> str:
        """Module with the function `run(task)`; of a member's stage it returns the exit code."""
        return f"forecast.stages.{self.name}"


_STAGES = (
    Stage("start", "decide from which state each member begins"),
    Stage("prepare", "bring meteorology, emissions and boundaries to the model grid"),
    Stage("observe", "take the readings up to the cycle out of the store and check them"),
    Stage("assimilate", "bring observations into the states that members begin from"),
    Stage("perturb", "make the perturbation of each member"),
    Stage("warm", "compile the kernels"),
    Stage("run_member", "run the transport model for one member", per_member=True),
    Stage("close_member", "note how a member ended", per_member=True),
    Stage("gate", "decide who is in the ensemble"),
    Stage("combine", "combine the members on the grid"),
    Stage("index", "make city values and the air-quality index"),
    Stage("warn", "propose warning levels"),
    Stage("publish", "write tables, fields, bulletins and the manifest"),
)

STAGES: dict[str, Stage] = {stage.name: stage for stage in _STAGES}
"""All stages in the order in which they run."""
