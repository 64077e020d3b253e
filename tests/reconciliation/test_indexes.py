"""What is left of many, found without asking each again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.reconciliation.indexes import ByAmount, ByDay, Left
from tests.support.bank_sides import booked


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans())))
def test_the_first_that_is_left(steps: list[tuple[int, bool]]) -> None:
    left, there = Left(12), set(range(12))
    for number, take in steps:
        if take and number < 12:
            left.take(number)
            there.discard(number)
        assert left.first(number) == min((each for each in there if each >= number), default=12)


def test_a_long_row_is_crossed_once() -> None:
    left = Left(9)
    for number in range(8):
        left.take(number)
    assert [left.first(number) for number in range(10)] == [8] * 9 + [9]


def test_the_only_one_that_is_open() -> None:
    movements: list[Any] = [f"M{day}" for day in range(6)]
    open_: set[Any] = {"M1", "M4", "M5"}
    days: Any = ByDay(movements, list(range(6)))
    assert days.only(0, 3, open_) == "M1"
    assert days.only(2, 3, open_) is None
    assert days.only(2, 4, open_) == "M4"
    assert days.only(0, 5, open_) is None
    open_.discard("M4")
    assert days.only(2, 5, open_) == "M5"


def test_what_is_about_an_amount() -> None:
    lines = [booked("03-03", each) for each in ("-2", "-1.05", "-1", "-1.05", "-0.94")]
    by_amount = ByAmount(lines)
    tolerance = Decimal("0.05")
    assert by_amount.amounts(Decimal(-1), tolerance) == [Decimal("-1.05"), Decimal(-1)]
    assert list(by_amount.within(Decimal(-1), tolerance)) == [lines[1], lines[3], lines[2]]
    assert list(by_amount.within(Decimal(-3), tolerance)) == []
