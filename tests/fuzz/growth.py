"""What grows with its input must grow in proportion: no pattern may run away on a long text."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Input = TypeVar("_Input")

ENOUGH = 0.02
"""Seconds of computing from which on a ratio says something."""

LARGEST = 1 << 20
"""What takes less than that at this size is fast enough for any file."""

TIMES = 4
AT_MOST = 7.0
"""Four times the input takes four times as long; sixteen, if it is quadratic."""


def seconds(run: Callable[[_Input], object], given: _Input) -> float:
    """Computing time, the least of three: whatever else the machine does only adds to it.

    The garbage collector is off: what it takes grows with all that is alive.
    """
    found = []
    collects = gc.isenabled()
    gc.disable()
    try:
        for _ in range(3):
            start = time.process_time()
            run(given)
            found.append(time.process_time() - start)
    finally:
        if collects:
            gc.enable()
    return min(found)


def assert_proportional(
    run: Callable[[_Input], object], made: Callable[[int], _Input], smallest: int = 256
) -> None:
    """Grow the input until it takes a while, then compare with one four times as large."""
    size = smallest
    one = seconds(run, made(size))
    while one < ENOUGH and size < LARGEST:
        size *= 2
        one = seconds(run, made(size))
    if one >= ENOUGH:
        ratio = seconds(run, made(size * TIMES)) / one
        if ratio >= AT_MOST:  # the machine may be busy: what is quadratic is so in both
            one = seconds(run, made(size))
            ratio = min(ratio, seconds(run, made(size * TIMES)) / one)
        assert ratio < AT_MOST, f"{TIMES} times an input of {size} takes {ratio:.1f} times as long"
