"""What a member does after every hour: save, stop, go on; decided by all ranks together."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import FrameType

import numpy as np

from forecast.common.errors import InputError
from forecast.ctm.model import Order
from forecast.fields.limit import MemberLimit
from forecast.parallel.comm import Communicator
from forecast.stages.member_outputs import Heartbeat
from forecast.storage.claim import TakenOverError
from forecast.storage.member_limit import read_limit
from forecast.storage.member_output import MemberOutput

logger = logging.getLogger(__name__)


class StopRequest:
    """Remembers that this process was asked to end."""

    def __init__(self) -> None:
        """Begin without a request."""
        self.signal = ""

    @contextmanager
    def listening(self) -> Iterator["StopRequest"]:
        """Take SIGTERM for a request while the block runs, instead of dying from it.

        A batch system sends it before the run time is over and before it takes a node away.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return

        def remember(number: int, _: FrameType | None) -> None:
            self.signal = signal.Signals(number).name

        former = signal.signal(signal.SIGTERM, remember)
        try:
            yield self
        finally:
            signal.signal(signal.SIGTERM, former)


class _Wish(IntEnum):
    """Places in the message of the ranks."""

    STOP = 0
    TAKEN_OVER = 1
    LIMIT = 2
    SAVE = 3


@dataclass(frozen=True)
class Course:
    """Where a member goes and when it saves; model hours, counted from the start of the window.

    Attributes:
        last: After which hour it has done everything.
        spin_up: Hours before the cycle.
        save_at: Hours after which a checkpoint is written whatever the time.
        save_every: Longest wall time between two checkpoints, s.
        limit: File that may ask for an earlier end.
    """

    last: int
    spin_up: int
    save_at: Collection[int]
    save_every: float
    limit: Path


class MemberSteering:
    """Looks after every hour at requests, limits, the clock and the claim of other processes.

    Attributes:
        limit: The request that has ended the run early, None when there was none.
        stopped: True when a signal has ended the run early.
    """

    def __init__(
        self,
        comm: Communicator,
        course: Course,
        request: StopRequest,
        fence: Callable[[], None],
        heart: Heartbeat,
        output: MemberOutput,
    ) -> None:
        """Be given what is looked at; the first checkpoint is due `save_every` from now."""
        self._comm = comm
        self._course = course
        self._request = request
        self._fence = fence
        self._heart = heart
        self._output = output
        self._saved = time.monotonic()
        self._asked: MemberLimit | None = None
        self.limit: MemberLimit | None = None
        self.stopped = False

    def after_hour(self, hours_done: int) -> Order:
        """Decide; the answer is the same on every rank.

        Raises:
            TakenOverError: Another process computes this member now; on every rank.
            OutputError: The disk refuses the status file.
        """
        agreed = self._comm.maximum(self._wishes(hours_done)) > 0
        if agreed[_Wish.TAKEN_OVER]:
            self._fence()  # on most ranks this raises, with the name of the other process
            msg = "Another process computes this member now; this one ends."
            raise TakenOverError(msg)
        # after the agreement: now the output of every rank is as far as that of this one
        self._heart.beat(hours_done, self._output.pending)
        if hours_done >= self._course.last:
            return Order(checkpoint=hours_done in self._course.save_at)
        if agreed[_Wish.LIMIT]:
            self.limit = self._asked or MemberLimit(0, "")
        self.stopped = bool(agreed[_Wish.STOP]) and self.limit is None
        stop = self.stopped or self.limit is not None
        save = stop or bool(agreed[_Wish.SAVE]) or hours_done in self._course.save_at
        if save:
            self._saved = time.monotonic()
        return Order(checkpoint=save, stop=stop)

    def _wishes(self, hours_done: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """What this rank has seen; only the first looks at files and at the clock."""
        wishes = np.zeros(len(_Wish))
        wishes[_Wish.STOP] = bool(self._request.signal)
        if self._comm.rank == 0:
            wishes[_Wish.TAKEN_OVER] = self._is_taken_over()
            wishes[_Wish.LIMIT] = self._reaches_limit(hours_done)
            wishes[_Wish.SAVE] = time.monotonic() - self._saved >= self._course.save_every
        return wishes

    def _is_taken_over(self) -> bool:
        try:
            self._fence()
        except TakenOverError:
            return True
        return False

    def _reaches_limit(self, hours_done: int) -> bool:
        try:
            asked = read_limit(self._course.limit)
        except InputError as error:
            logger.warning("%s", error)
            return False
        self._asked = asked
        return asked is not None and hours_done - self._course.spin_up >= asked.hours
