"""Days beside others, up to both ends of the calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.lifecycle.days import day_after, day_before, days_after, month_end

FIRST, LAST = dt.date.min, dt.date.max
DAY = dt.date(2024, 2, 28)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (day_before(DAY), dt.date(2024, 2, 27)),
        (day_before(FIRST), FIRST),
        (day_before(LAST), dt.date(9999, 12, 30)),
        (day_after(DAY), dt.date(2024, 2, 29)),
        (day_after(FIRST), dt.date(1, 1, 2)),
        (day_after(LAST), LAST),
        (days_after(DAY, 0), DAY),
        (days_after(DAY, 2), dt.date(2024, 3, 1)),
        (days_after(dt.date(9999, 12, 30), 1), LAST),
        (days_after(dt.date(9999, 12, 30), 2), LAST),
        (month_end(DAY), dt.date(2024, 2, 29)),
        (month_end(dt.date(2023, 2, 1)), dt.date(2023, 2, 28)),
        (month_end(LAST), LAST),
    ],
)
def test_a_day(found: dt.date, expected: dt.date) -> None:
    assert found == expected
