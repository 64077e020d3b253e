"""The names of accounting periods, and the day on which each ends."""

from __future__ import annotations

import datetime as dt
import re

from beancount_voucher.lifecycle.days import month_end

_NAME = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])|-Q([1-4]))?")
_MONTHS_OF_A_QUARTER = 3


def first_day(period: str) -> dt.date | None:
    """The first day of a month, a quarter or a year; None for others."""
    end = last_day(period)
    if end is None:
        return None
    if "-" not in period:
        return dt.date(end.year, 1, 1)
    return dt.date(end.year, end.month - (_MONTHS_OF_A_QUARTER - 1) * ("Q" in period), 1)


def last_day(period: str) -> dt.date | None:
    """The last day of a month (2026-09), a quarter (2026-Q3) or a year (2026); None for others."""
    match = _NAME.fullmatch(period)
    if match is None or match[1] == "0000":
        return None
    quarter = int(match[3]) * _MONTHS_OF_A_QUARTER if match[3] else 12
    year, month = int(match[1]), int(match[2] or quarter)
    return month_end(dt.date(year, month, 1))
