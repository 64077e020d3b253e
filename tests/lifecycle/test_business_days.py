"""Business days: by their definition, counted one by one, and by the calendars of countries."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.directives.schema import OPTIONS
from beancount_voucher.lifecycle.business_days import WEEKDAYS, BusinessDays
from beancount_voucher.lifecycle.calendars import CALENDARS, FIRST, business_days
from beancount_voucher.reconciliation.bank_holds import _lag

FEBRUARY = dt.date(2026, 2, 1)
DAY = dt.timedelta(days=1)


def is_worked(day: dt.date, off: set[dt.date], worked: set[dt.date]) -> bool:
    return day in worked if day.weekday() > 4 else day not in off


@given(
    st.sets(st.integers(0, 60)),
    st.sets(st.integers(0, 60)),
    st.integers(-30, 90),
    st.integers(0, 60),
)
def test_the_difference_counts_the_days_on_which_banks_work(
    off: set[int], worked: set[int], start: int, length: int
) -> None:
    holidays = {day for day in (FEBRUARY + each * DAY for each in off) if day.weekday() < 5}
    extra = {day for day in (FEBRUARY + each * DAY for each in worked) if day.weekday() > 4}
    calendar = BusinessDays(
        "X",
        tuple(sorted(day.toordinal() for day in holidays)),
        tuple(sorted(day.toordinal() for day in extra)),
    )
    first = FEBRUARY + start * DAY
    counted = sum(is_worked(first + at * DAY, holidays, extra) for at in range(1, length + 1))
    assert calendar.number(first + length * DAY) - calendar.number(first) == counted


# calendar, from, to -> business days between them
BETWEEN: dict[str, tuple[str, str, str, int]] = {
    "weekdays over a week": ("weekdays", "2026-03-06", "2026-03-13", 5),
    "a weekend counts with its Friday": ("weekdays", "2026-03-06", "2026-03-08", 0),
    "Spring Festival": ("CN", "2026-02-13", "2026-02-24", 2),
    "a Saturday that is worked before it": ("CN", "2026-02-13", "2026-02-14", 1),
    "and another behind it": ("CN", "2026-02-27", "2026-02-28", 1),
    "National Day": ("CN", "2026-09-30", "2026-10-08", 1),
    "Golden Week": ("JP", "2026-05-01", "2026-05-07", 1),
    "the banks' days in January": ("JP", "2025-12-30", "2026-01-05", 1),
    "Thanksgiving": ("US", "2026-11-25", "2026-11-27", 1),
    "Good Friday and Easter Monday": ("TARGET", "2026-04-02", "2026-04-07", 1),
    "Ascension Day is one of the euro's": ("TARGET", "2026-05-13", "2026-05-15", 2),
    "and none of Germany's": ("DE", "2026-05-13", "2026-05-15", 1),
    "the bank holiday of August": ("GB", "2026-08-28", "2026-09-01", 1),
    "Diwali": ("IN", "2026-11-06", "2026-11-09", 1),
    "Midsummer's eve": ("SE", "2026-06-18", "2026-06-22", 1),
    "beyond the last year": ("CN", "2027-02-05", "2027-02-12", 5),
    "before the first year": ("CN", "2009-09-30", "2009-10-09", 7),
}  # fmt: skip


@pytest.mark.parametrize("name", BETWEEN)
def test_business_days_between(name: str) -> None:
    calendar, start, end, expected = BETWEEN[name]
    days = business_days(calendar)
    first, last = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    assert days.number(last) - days.number(first) == expected


def test_what_is_no_calendar_is_weekdays() -> None:
    assert OPTIONS["calendar"] == ("weekdays", *CALENDARS)
    assert business_days("weekdays") is WEEKDAYS
    assert WEEKDAYS.last is None


@pytest.mark.parametrize("name", CALENDARS)
def test_a_calendar_knows_every_year_that_it_claims(name: str) -> None:
    """Some weekday of each year is a holiday, in the first as in the last; and none is asked twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        days = business_days(name)
    years = range(FIRST, CALENDARS[name].last + 1)
    off = [dt.date.fromordinal(day) for day in days.holidays]
    assert {day.year for day in off} == set(years)
    assert all(day.weekday() < 5 for day in off)
    assert all(dt.date.fromordinal(day).weekday() > 4 for day in days.worked)
    assert days.last == dt.date(years[-1], 12, 31)
    assert business_days(name) == days


@pytest.mark.parametrize("name", ["CN", "LV"])
def test_what_is_announced_is_known_to_its_last_year(name: str) -> None:
    """The weekends that are worked in exchange are announced with the holidays, and no sooner."""
    last = dt.date.fromordinal(business_days(name).worked[-1])
    assert last.year == CALENDARS[name].last


def test_no_day_that_is_estimated_is_taken() -> None:
    import holidays  # noqa: PLC0415

    for name, calendar in CALENDARS.items():
        if not calendar.of.startswith("market:"):
            last = calendar.last
            found = holidays.country_holidays(calendar.of, years=last, language="en_US")
            assert not any("estimated" in each for each in found.values()), name


class Held:
    """A voucher that holds 1 on every day, and knows on which it was asked."""

    def __init__(self) -> None:
        self.seen: list[dt.date] = []

    def as_of(self, day: dt.date) -> object:
        self.seen.append(day)
        return type("Status", (), {"held": 1})


@pytest.mark.parametrize(("name", "expected"), [("CN", "2026-09-29"), ("weekdays", "2026-10-06")])
def test_a_hold_may_be_as_old_as_the_window_has_business_days(name: str, expected: str) -> None:
    voucher, evening = Held(), dt.date(2026, 10, 8)
    vouchers: Any = {"V-1": voucher}
    assert _lag(vouchers, {}, evening, 7, business_days(name), 1) is None
    assert str(voucher.seen[-1]) == expected
