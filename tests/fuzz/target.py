"""A fuzz target, and the bound on the time that one input may take."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hypothesis.strategies import SearchStrategy

CPU_SECONDS = 8.0
"""Of computing: hundreds of times what the slowest of these inputs needs."""

WALL_SECONDS = 120.0
"""For what waits and does not compute, such as a lock or a pipe."""


class _Hang(BaseException):
    """No ``Exception``: whoever catches all of those must not catch this."""


@contextmanager
def bounded(cpu: float = CPU_SECONDS, wall: float = WALL_SECONDS) -> Iterator[None]:
    """Make a hang a failure."""

    def give_up(*_: object) -> None:
        raise _Hang

    timers = ((signal.ITIMER_PROF, signal.SIGPROF, cpu), (signal.ITIMER_REAL, signal.SIGALRM, wall))
    before = [(which, number, signal.signal(number, give_up)) for which, number, _ in timers]
    try:
        for which, _, seconds in timers:
            signal.setitimer(which, seconds)
        yield
    except _Hang as hang:
        raise AssertionError(f"a hang: more than {cpu} s of computing") from hang
    finally:
        for which, number, handler in before:
            signal.setitimer(which, 0)
            signal.signal(number, handler)


@dataclass(frozen=True)
class Target:
    """Something that must bear any input.

    Attributes:
        name: what the command line calls it.
        inputs: what Hypothesis draws.
        check: raises AssertionError, or whatever escapes from what is tested, for an input
            that is not borne.
        examples: how many Hypothesis draws in a default run.
        seeds: bytes to begin from, if the input is bytes.
        words: what a coverage-guided fuzzer is given to build inputs of.
    """

    name: str
    inputs: SearchStrategy[Any]
    check: Callable[[Any], None]
    examples: int
    seeds: Sequence[bytes] = ()
    words: Sequence[str] = ()

    def bears(self, given: Any) -> None:
        """Check one input, within the bound on time."""
        with bounded():
            self.check(given)
