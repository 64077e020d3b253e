"""Business days: Monday to Friday. A weekend counts with its Friday."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

_WEEK = 7
_BUSINESS = 5


def business_day(date: dt.date) -> int:
    """The number of a date's business day; the difference of two is the days between them."""
    weeks, day = divmod(date.toordinal() - 1, _WEEK)
    return weeks * _BUSINESS + min(day, _BUSINESS - 1)
