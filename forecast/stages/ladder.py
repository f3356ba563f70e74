"""Trying one source of an input after the other, until one can be used.

Nothing is taken silently: each rung that fails is written down with its reason, and as one
fallback with the path that was wanted and the one that was taken.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from forecast.common.cycle import LOCAL_OFFSET, Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import (
    ConfigurationError,
    CycleError,
    InputError,
    ModelError,
    OutputError,
)
from forecast.config.arrival import ArrivalConfig
from forecast.fields.inputs import Attempt, RungKind

logger = logging.getLogger(__name__)

Used = TypeVar("Used")


@dataclass(frozen=True)
class Ladder:
    """An input with what may stand in for it.

    Attributes:
        name: "meteorology", "emissions" or "boundary".
        name_zh: The same in Chinese.
        codes: Of the fallbacks, by the rung that was taken.
        rungs: In the order in which they are tried; the first is the one that is wanted.
    """

    name: str
    name_zh: str
    codes: dict[RungKind, str]
    rungs: tuple["Rung", ...]


@dataclass(frozen=True)
class Rung:
    """One source.

    Attributes:
        kind: What it is.
        path: As the configuration names it, with its date filled in.
        arrival: When it counts as complete; None for files that do not arrive.
        cycle: Cycle that it was delivered for; None when it has no date.
        format: Of the file, where an input has several.
        strict: False once nothing else could be used: less is then asked of it.
    """

    kind: RungKind
    path: str
    arrival: ArrivalConfig | None = None
    cycle: Cycle | None = None
    format: str = ""
    strict: bool = True

    @property
    def words(self) -> str:
        """What it is, in Chinese."""
        if self.kind is RungKind.PREVIOUS_CYCLE and self.cycle is not None:
            local = self.cycle.time + LOCAL_OFFSET
            return f"前期（北京时间{local:%Y年%m月%d日%H}时）资料"
        return _WORDS[self.kind]


_WORDS = {
    RungKind.OWN: "本时次资料",
    RungKind.PREVIOUS_CYCLE: "前期资料",
    RungKind.SECOND_SOURCE: "备用来源资料",
    RungKind.PREVIOUS_VERSION: "旧版资料",
    RungKind.CLIMATOLOGY: "气候态资料",
}


class TooShortError(InputError):
    """A file can be used, but ends earlier than it should."""


@dataclass(frozen=True)
class Failure:
    """A rung that could not be used.

    Attributes:
        rung: Which.
        problem: Why, an English sentence.
        brief: Why, in a few Chinese words.
        short: True when it only ends too early.
    """

    rung: Rung
    problem: str
    brief: str
    short: bool = False


@dataclass(frozen=True)
class Climb(Generic[Used]):
    """How far up a ladder one had to go.

    Attributes:
        ladder: The ladder.
        taken: The rung that was used.
        found: What it gave.
        failures: The rungs before it, in order.
    """

    ladder: Ladder
    taken: Rung
    found: Used
    failures: tuple[Failure, ...]

    @property
    def place(self) -> int:
        """Number of the rung that was used; 0 is the one that was wanted."""
        wanted = [replace(rung, strict=True) for rung in self.ladder.rungs]
        return wanted.index(replace(self.taken, strict=True))

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The failures as the record of the inputs has them."""
        return tuple(Attempt(f.rung.kind, f.rung.path, f.problem) for f in self.failures)

    def degradations(self) -> list[Degradation]:
        """One fallback for each rung that failed; each has been announced."""
        code = self.ladder.codes.get(self.taken.kind, "input-rejected")
        return [
            Degradation(
                stage="prepare",
                what=f"{self.ladder.name}: the {failure.rung.kind} cannot be used "
                f"({failure.problem})",
                original=failure.rung.path,
                replacement=self.taken.path,
                effect=f"{self.ladder.name_zh}：{failure.rung.words}{failure.brief}，"
                f"改用{self.taken.words}。",
                code=code,
            ).announce()
            for failure in self.failures
            if failure.rung.path != self.taken.path
        ]


def climb(ladder: Ladder, use: Callable[[Rung], Used]) -> Climb[Used]:
    """Try the rungs in order; those that only end too early come again when all have failed.

    Args:
        ladder: The rungs.
        use: Makes what is needed from a rung, or raises why it cannot.

    Returns:
        What the first usable rung gave.

    Raises:
        InputError: None can be used; all are named with their reasons. A ladder of one rung
            raises that rung's own error.
    """
    if len(ladder.rungs) == 1:
        only = replace(ladder.rungs[0], strict=False)
        return Climb(ladder, only, use(only), ())
    failures: list[Failure] = []
    for rung in _order(ladder.rungs, failures):
        try:
            return Climb(ladder, rung, use(rung), tuple(failures))
        except OutputError:
            raise
        except (InputError, CycleError, ConfigurationError, ModelError) as error:
            failures.append(_failure(rung, error))
        except Exception as error:
            logger.exception("reading '%s' met an error of the program", rung.path)
            problem = f"error of the program: {type(error).__name__}: {error}"
            failures.append(Failure(rung, problem, "无法读取"))
    listed = "\n".join(f"  {f.rung.kind} '{f.rung.path}': {f.problem}" for f in failures)
    msg = f"No source of the {ladder.name} can be used; {len(failures)} were tried:\n{listed}"
    raise InputError(msg)


def _order(rungs: Sequence[Rung], failures: Sequence[Failure]) -> Iterator[Rung]:
    """All rungs, then, asked less of, those that have only ended too early."""
    yield from rungs
    yield from [replace(f.rung, strict=False) for f in failures if f.short]


def _failure(rung: Rung, error: Exception) -> Failure:
    brief = getattr(error, "brief", "")
    if not brief:
        brief = "时段不符" if isinstance(error, CycleError) else "损坏或内容有误"
    if isinstance(error, TooShortError):
        brief = "时效不足"
    return Failure(rung, str(error), brief, isinstance(error, TooShortError))
