"""Days beside others, as long as the calendar has them: it ends on both sides, and input may."""

from __future__ import annotations

import calendar
import datetime as dt

DAY = dt.timedelta(days=1)


def day_before(day: dt.date) -> dt.date:
    """The day before; the first day is its own."""
    return day if day == dt.date.min else day - DAY


def day_after(day: dt.date) -> dt.date:
    """The day after; the last day is its own."""
    return day if day == dt.date.max else day + DAY


def days_after(day: dt.date, days: int) -> dt.date:
    """So many days later, at least 0; the last day, where there are not so many."""
    return dt.date.fromordinal(min(day.toordinal() + days, dt.date.max.toordinal()))


def month_end(day: dt.date) -> dt.date:
    """The last day of a day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
