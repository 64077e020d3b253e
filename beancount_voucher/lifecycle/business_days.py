"""Business days, by their numbers: the difference of two is how many lie between two dates.

A day on which no bank works has the number of the last one before it. Without a calendar these are
Saturdays and Sundays; with one, a country's holidays too, and not the weekends that are worked in
exchange. Beyond the last year that a calendar knows, days are counted as weekdays again.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

_WEEK = 7
_BUSINESS = 5


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """A calendar.

    Attributes:
        name: as the ledger's option ``calendar`` has it.
        holidays: weekdays on which no bank works, as ordinals in order.
        worked: days of weekends that are worked in exchange, likewise.
        last: the last day that it knows; None where it is all of a rule.
    """

    name: str = "weekdays"
    holidays: tuple[int, ...] = ()
    worked: tuple[int, ...] = ()
    last: dt.date | None = None

    def number(self, date: dt.date) -> int:
        """The number of a date's business day."""
        day = date.toordinal()
        weeks, weekday = divmod(day - 1, _WEEK)
        weekdays = weeks * _BUSINESS + min(weekday, _BUSINESS - 1)
        return weekdays - bisect_right(self.holidays, day) + bisect_right(self.worked, day)


WEEKDAYS = BusinessDays()
"""Monday to Friday."""
