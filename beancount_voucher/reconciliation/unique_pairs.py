"""Pairs of equal amounts by date alone: only those that cannot be otherwise.

A line and a movement are a pair if each is the only one in the other's window; once
paired, they are out of everybody else's way, so more pairs may follow, to a fixed point.

Then doubt takes pairs back. A bank may be late, and what it should have booked for one
premium looks like what it booked for another of the same amount. So as long as an older
movement of the amount is open, a line may be its payment, and as long as a later line is
open, it may be the movement's own: up to ``DOUBT`` business days apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from beancount_voucher.reconciliation.items import AccountLine, Movement

DOUBT = 15
"""Business days, three weeks, within which a bank may be late without a wrong match."""

_Pair = tuple["AccountLine", "Movement"]


def unique_pairs(
    lines: Sequence[AccountLine],
    movements: Sequence[Movement],
    window: int,
    may: Callable[[AccountLine, Movement], bool] | None = None,
) -> list[_Pair]:
    """The pairs that cannot be otherwise.

    Args:
        lines: lines of one account, currency and amount.
        movements: movements of the same.
        window: business days that may lie between a line and its movement.
        may: whether a line may be a movement at all; any may, if left out.
    """
    bars = may is not None and any(not may(line, each) for line in lines for each in movements)
    if bars and may is not None:
        # What a line cannot be does not make it unique: it is left out with its doubts.
        lines = [line for line in lines if all(may(line, each) for each in movements)]
    open_lines = sorted(lines, key=lambda each: business_day(each.date))
    open_movements = sorted(movements, key=lambda each: business_day(each.date))
    pairs: list[_Pair] = []
    while found := _mutual(open_lines, open_movements, window):
        pairs += found
        gone = {id(each) for pair in found for each in pair}
        open_lines = [each for each in open_lines if id(each) not in gone]
        open_movements = [each for each in open_movements if id(each) not in gone]
    return _undoubted(pairs, _days(open_lines), _days(open_movements), window)


def _days(each: Sequence[AccountLine | Movement]) -> list[int]:
    return [business_day(one.date) for one in each]


def _mutual(lines: list[AccountLine], movements: list[Movement], window: int) -> list[_Pair]:
    """Pairs of which each is the only one in the other's window."""
    line_days, movement_days = _days(lines), _days(movements)
    pairs = []
    for line, day in zip(lines, line_days, strict=True):
        first = bisect_left(movement_days, day - window)
        if bisect_right(movement_days, day + window) - first == 1:
            other = movement_days[first]
            around = bisect_right(line_days, other + window) - bisect_left(
                line_days, other - window
            )
            if around == 1:
                pairs.append((line, movements[first]))
    return pairs


def _undoubted(
    pairs: list[_Pair], open_lines: list[int], open_movements: list[int], window: int
) -> list[_Pair]:
    """The pairs that no open line or movement could belong to; those it could, open up more."""
    while True:
        doubted = [pair for pair in pairs if _doubted(pair, open_lines, open_movements, window)]
        if not doubted:
            return pairs
        gone = {id(line) for line, _ in doubted}
        pairs = [pair for pair in pairs if id(pair[0]) not in gone]
        open_lines = sorted([*open_lines, *(business_day(line.date) for line, _ in doubted)])
        open_movements = sorted(
            [*open_movements, *(business_day(each.date) for _, each in doubted)]
        )


def _doubted(pair: _Pair, open_lines: list[int], open_movements: list[int], window: int) -> bool:
    line, movement = business_day(pair[0].date), business_day(pair[1].date)
    return _any_between(open_movements, line - DOUBT, line + window) or _any_between(
        open_lines, movement - window, movement + DOUBT
    )


def _any_between(days: list[int], first: int, last: int) -> bool:
    at = bisect_left(days, first)
    return at < len(days) and days[at] <= last


_WEEK = 7


_BUSINESS = 5


def business_day(date: dt.date) -> int:
    """The number of a date's business day; the difference of two is the days between them."""
    weeks, day = divmod(date.toordinal() - 1, _WEEK)
    return weeks * _BUSINESS + min(day, _BUSINESS - 1)
