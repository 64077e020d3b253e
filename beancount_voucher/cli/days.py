"""Days as people type them: 2026-03-05, ``today``, ``yesterday``, ``+3d``.

Only here the command reads the clock; what it decides, and what it writes, has dates.
"""

from __future__ import annotations

import datetime as dt
import re

import click

from beancount_voucher.directives.wording import quoted

_NAMED = {"yesterday": -1, "today": 0, "tomorrow": 1}
_FROM_TODAY = re.compile(r"([+-][0-9]{1,4})([dw])")
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNITS = {"d": 1, "w": 7}

FORMS = "2026-03-05, today, yesterday, or from today +3d or -2w"
"""What a day may be typed as."""


def now() -> dt.datetime:
    """The time here, by the clock."""
    return dt.datetime.now().astimezone()


def today() -> dt.date:
    """The day here, by the clock."""
    return now().date()


def written_day(text: str) -> dt.date | None:
    """The day that a text is as a ledger has it, 2026-03-05; None if it is none."""
    try:
        return dt.date.fromisoformat(text) if _WRITTEN.fullmatch(text) else None
    except ValueError:
        return None


def day_of(text: str) -> dt.date | None:
    """The day that somebody typed; None if it is none."""
    if _WRITTEN.fullmatch(text):
        return written_day(text)
    counted = _FROM_TODAY.fullmatch(text)
    if text not in _NAMED and counted is None:
        return None
    days = _NAMED[text] if counted is None else int(counted[1]) * _UNITS[counted[2]]
    try:
        return today() + dt.timedelta(days)
    except OverflowError:
        return None


class Day(click.ParamType):  # type: ignore[type-arg]  # generic only since Click 8.4
    """The type of every option that is a day; its value is a ``datetime.date``."""

    name = "date"

    def convert(
        self, value: str | dt.date, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        """The day itself."""
        day = value if isinstance(value, dt.date) else day_of(value)
        if day is None:
            self.fail(f"{quoted(str(value))} is no day; expected {FORMS}", param, ctx)
        return day


DAY = Day()
