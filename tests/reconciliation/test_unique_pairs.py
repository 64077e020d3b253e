"""Pairs by date alone, beside their definition written out: slow, and with nothing to get wrong."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_voucher.lifecycle.business_days import WEEKDAYS
from beancount_voucher.reconciliation.indexes import ByDay, Left
from beancount_voucher.reconciliation.unique_pairs import DOUBT, unique_pairs
from tests.support.bank_sides import booked, moved

if TYPE_CHECKING:
    from beancount_voucher.reconciliation.items import AccountLine, Movement

DAYS = st.lists(st.integers(0, 80), max_size=14)


def days_between(line: AccountLine, movement: Movement) -> int:
    """How many business days the bank is behind."""
    return WEEKDAYS.number(line.date) - WEEKDAYS.number(movement.date)


def defined(
    lines: list[AccountLine], movements: list[Movement], window: int
) -> list[tuple[AccountLine, Movement]]:
    """Each the only one in the other's window, and no open line or movement that it may be."""
    near = [
        (line, each)
        for line in lines
        for each in movements
        if abs(days_between(line, each)) <= window
    ]
    pairs = [
        pair
        for pair in near
        if sum(pair[0] is line for line, _ in near) == sum(pair[1] is each for _, each in near) == 1
    ]
    for _ in count():
        open_lines = [line for line in lines if all(line is not each for each, _ in pairs)]
        open_movements = [each for each in movements if all(each is not one for _, one in pairs)]
        left = [
            (line, movement)
            for line, movement in pairs
            if not any(-window <= days_between(line, each) <= DOUBT for each in open_movements)
            and not any(-window <= days_between(each, movement) <= DOUBT for each in open_lines)
        ]
        if left == pairs:
            break
        pairs = left
    return pairs


@settings(max_examples=400, deadline=None)
@given(DAYS, DAYS, st.integers(0, 4))
def test_the_pairs_are_those_of_the_definition(
    booked_days: list[int], moved_days: list[int], window: int
) -> None:
    start = dt.date(2026, 3, 1)
    lines = [booked(f"{start + dt.timedelta(days=each):%m-%d}", "-1") for each in booked_days]
    movements = [moved(f"{start + dt.timedelta(days=each):%m-%d}", "-1") for each in moved_days]
    found = unique_pairs(lines, movements, window)
    expected = defined(lines, movements, window)
    assert {(id(one), id(other)) for one, other in found} == {
        (id(one), id(other)) for one, other in expected
    }
    assert len(found) == len(expected)


@given(DAYS, st.lists(st.booleans(), min_size=14, max_size=14), st.integers(0, 80), st.data())
def test_the_only_one_that_is_open_in_some_days(
    days: list[int], is_open: list[bool], first: int, data: st.DataObject
) -> None:
    days.sort()
    movements = [moved("03-01", "-1") for _ in days]
    open_ = {each for each, still in zip(movements, is_open, strict=False) if still}
    by_day = ByDay(movements, days)
    for _ in range(3):
        last = first + data.draw(st.integers(0, 9))
        found = [
            each
            for each, day in zip(movements, days, strict=True)
            if each in open_ and first <= day <= last
        ]
        assert by_day.only(first, last, open_) == (found[0] if len(found) == 1 else None)
        open_ -= set(found[:1])


@given(st.integers(1, 30), st.lists(st.integers(0, 29)), st.integers(0, 30))
def test_the_next_that_is_left(size: int, taken: list[int], number: int) -> None:
    left = Left(size)
    for each in taken:
        if each < size:
            left.take(each)
    wanted = [each for each in range(min(number, size), size) if each not in taken]
    assert left.first(min(number, size)) == min(wanted, default=size)
    assert left.first(min(number, size)) == min(wanted, default=size)
