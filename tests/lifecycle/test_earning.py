"""What a premium earns by a day: exact, rounded once, and in full at the end of cover."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.lifecycle.days import month_end
from beancount_voucher.lifecycle.earning import (
    Layer,
    posting_days,
    rounded,
)
from tests.support.profiles import effort

if TYPE_CHECKING:
    from decimal import Decimal

DAY = dt.timedelta(days=1)
DAYS = st.dates(dt.date(2023, 12, 1), dt.date(2029, 3, 31))


@effort(1000)
@given(st.lists(st.tuples(st.decimals(-9999, 9999, places=8), DAYS), min_size=1), DAYS)
def test_all_layers_together_have_earned_all_at_the_end(
    amounts: list[tuple[Decimal, dt.date]], last: dt.date
) -> None:
    layers = [Layer(Fraction(amount), first, last) for amount, first in amounts]
    after = max(last, *(first for _, first in amounts), last)
    assert sum(layer.earned_by(after) for layer in layers) == sum(
        Fraction(amount) for amount, _ in amounts
    )


def test_ten_thousand_layers_are_exact_at_the_end_of_cover() -> None:
    """With none of them rounded by itself, nothing is left over and nothing lacks."""
    random = Random(2026)  # noqa: S311
    start = dt.date(2027, 11, 1)
    for decimals in (0, 2, 3, 8):
        last = start + random.randrange(500) * DAY
        layers, whole = [], Fraction(0)
        for _ in range(2_500):
            amount = Fraction(random.randrange(-(10**9), 10**9), 10**decimals)
            layers.append(Layer(amount, start + random.randrange(500) * DAY, last))
            whole += amount
        late = max(last, *(layer.first for layer in layers))
        assert sum(layer.earned_by(late) for layer in layers) == whole
        in_time = [layer for layer in layers if layer.first <= last]
        assert sum(layer.earned_by(last) for layer in in_time) == sum(
            layer.amount for layer in in_time
        )


@pytest.mark.parametrize(
    ("first", "last", "day", "earned"),
    [
        ("2026-03-01", "2027-02-28", "2026-03-01", "1/365"),
        ("2027-03-01", "2028-02-29", "2027-03-01", "1/366"),  # a leap year
        ("2028-02-28", "2028-03-01", "2028-02-29", "2/3"),
        ("2026-03-01", "2026-03-01", "2026-03-01", "1"),  # its first day is its last
        ("2026-03-01", "2026-03-01", "2026-02-28", "0"),
        ("2026-03-05", "2026-03-01", "2026-03-04", "0"),  # changed after the end of cover
        ("2026-03-05", "2026-03-01", "2026-03-05", "1"),
    ],
)
def test_a_layer(first: str, last: str, day: str, earned: str) -> None:
    layer = Layer(Fraction(1), *map(dt.date.fromisoformat, (first, last)))
    assert layer.earned_by(dt.date.fromisoformat(day)) == Fraction(earned)


@pytest.mark.parametrize(
    ("number", "decimals", "expected"),
    [
        ("1/8", 2, "0.13"),
        ("-1/8", 2, "-0.13"),
        ("1/2", 0, "1"),
        ("124999/1000000", 2, "0.12"),
        ("0", 3, "0.000"),
        ("-1/1000", 2, "0.00"),
        ("12345678901234567890123456789/10", 8, "1234567890123456789012345678.90000000"),
    ],
)
def test_half_is_rounded_away_from_zero(number: str, decimals: int, expected: str) -> None:
    assert str(rounded(Fraction(number), decimals)) == expected


@given(DAYS, st.integers(0, 400), st.integers(0, 400))
def test_monthly_is_daily_at_every_months_end_and_on_the_last_day(
    after: dt.date, length: int, cover: int
) -> None:
    until, end = after + length * DAY, after + cover * DAY
    daily = list(posting_days("daily", after, until, end))
    monthly = list(posting_days("monthly", after, until, end))
    assert daily == [after + n * DAY for n in range(1, length + 1)]
    assert monthly == [day for day in daily if day in (month_end(day), end)]
