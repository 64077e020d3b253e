"""Pairs of equal amounts by date alone: only those that cannot be otherwise.

A line and a movement are a pair if each is the only one in the other's window. (No pair
stands in anybody else's way, so none follows from another.)

Then doubt takes pairs back. A bank may be late, and what it should have booked for one
premium looks like what it booked for another of the same amount. So as long as an older
movement of the amount is open, a line may be its payment, and as long as a later line is
open, it may be the movement's own: up to ``DOUBT`` business days apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from typing import TYPE_CHECKING

from beancount_voucher.lifecycle.business_days import WEEKDAYS
from beancount_voucher.reconciliation.indexes import Left

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount_voucher.lifecycle.business_days import BusinessDays
    from beancount_voucher.reconciliation.items import AccountLine, Movement

DOUBT = 15
"""Business days, three weeks, within which a bank may be late without a wrong match."""

_Pair = tuple["AccountLine", "Movement"]


def unique_pairs(
    lines: Iterable[AccountLine],
    movements: Iterable[Movement],
    window: int,
    doubts: Iterable[Movement] = (),
    calendar: BusinessDays = WEEKDAYS,
) -> list[_Pair]:
    """The pairs that cannot be otherwise, in the order of their days.

    Args:
        lines: lines of one account, currency and amount.
        movements: movements of the same.
        window: business days that may lie between a line and its movement.
        doubts: further movements that a line may be; no pair is made of them.
        calendar: which days these are.
    """
    number = calendar.number
    booked = sorted(lines, key=lambda each: number(each.date))
    moved = sorted(movements, key=lambda each: number(each.date))
    pairs = _mutual(booked, moved, window, calendar)
    paired = {id(each) for pair in pairs for each in pair}
    open_lines = [number(each.date) for each in booked if id(each) not in paired]
    open_movements = [number(each.date) for each in (*moved, *doubts) if id(each) not in paired]
    return _undoubted(pairs, open_lines, open_movements, window, calendar)


def _mutual(
    lines: list[AccountLine], movements: list[Movement], window: int, calendar: BusinessDays
) -> list[_Pair]:
    """Pairs of which each is the only one in the other's window."""
    line_days = [calendar.number(each.date) for each in lines]
    movement_days = [calendar.number(each.date) for each in movements]
    pairs = []
    for line, day in zip(lines, line_days, strict=True):
        first, last = _within(movement_days, day - window, day + window)
        if last - first == 1:
            other = movement_days[first]
            begin, end = _within(line_days, other - window, other + window)
            if end - begin == 1:
                pairs.append((line, movements[first]))
    return pairs


def _undoubted(
    pairs: list[_Pair],
    open_lines: Iterable[int],
    open_movements: Iterable[int],
    window: int,
    calendar: BusinessDays,
) -> list[_Pair]:
    """The pairs that no open line or movement could belong to; those it could, open up more."""
    line_days = [calendar.number(line.date) for line, _ in pairs]
    movement_days = [calendar.number(movement.date) for _, movement in pairs]

    def doubted_by_movement(day: int) -> tuple[int, int]:
        return _within(line_days, day - window, day + DOUBT)

    def doubted_by_line(day: int) -> tuple[int, int]:
        return _within(movement_days, day - DOUBT, day + window)

    left = Left(len(pairs))
    doubted = deque(map(doubted_by_movement, open_movements))
    doubted.extend(map(doubted_by_line, open_lines))
    while doubted:
        at, last = doubted.popleft()
        while (at := left.first(at)) < last:
            left.take(at)
            doubted.append(doubted_by_movement(movement_days[at]))
            doubted.append(doubted_by_line(line_days[at]))
    return [pairs[at] for at in _all(left, len(pairs))]


def _all(left: Left, size: int) -> Iterator[int]:
    at = left.first(0)
    while at < size:
        yield at
        at = left.first(at + 1)


def _within(days: Sequence[int], first: int, last: int) -> tuple[int, int]:
    """Where the days from the first to the last stand in order, the end excluded."""
    return bisect_left(days, first), bisect_right(days, last)
