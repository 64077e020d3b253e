"""Calendars by the names of the ledger's option ``calendar``, from the package ``holidays``.

The package has what governments announce, for China the weekends that are worked in exchange, too;
what years of it are right is said here, and told of statements that end later. No clock is asked:
the years are those of the table, so the same ledger has the same business days every year.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.schema import CALENDARS as CODES
from beancount_voucher.lifecycle.business_days import WEEKDAYS, BusinessDays

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = 2010
"""The first year of every calendar; before it, days are counted as weekdays."""

_ANNOUNCED = 2026
"""The last year whose days are announced, where a government does so year by year."""

_BY_LAW = 2030
"""The last year that is taken for granted where a law says the days once and for all."""


class Calendar(NamedTuple):
    """Where a calendar comes from.

    Attributes:
        meaning: whose days it has.
        last: the last year of it.
        of: how the package calls it: a country's code, or a market's after ``market:``.
        chosen: what further is said to the package.
    """

    meaning: str
    last: int
    of: str
    chosen: Mapping[str, Any] = {}


def _of(meaning: str, code: str, last: int = _BY_LAW, **chosen: object) -> Calendar:
    return Calendar(meaning, last, code, chosen)


_BANKS = ("public", "bank")

CALENDARS: dict[str, Calendar] = {
    "AT": _of("Austria, with the days on which banks are closed", "AT", categories=_BANKS),
    "CN": _of("mainland China, with the weekends that are worked in exchange", "CN", _ANNOUNCED),
    "CZ": _of("Czechia", "CZ"),
    "DE": _of("Germany, the days of all states", "DE"),
    "DK": _of("Denmark", "DK"),
    "EE": _of("Estonia", "EE"),
    "ES": _of("Spain, the days of all regions", "ES"),
    "FI": _of("Finland", "FI"),
    "FR": _of("France", "FR"),
    "GB": _of("England and Wales", "GB", subdiv="ENG"),
    "HK": _of("Hong Kong", "HK", _ANNOUNCED),
    "IN": _of("India, the days of the whole union", "IN", _ANNOUNCED),
    "IT": _of("Italy", "IT"),
    "JP": _of("Japan, with the banks' days in January", "JP", _ANNOUNCED, categories=_BANKS),
    "KR": _of("South Korea, with the banks' days", "KR", _ANNOUNCED, categories=_BANKS),
    "LT": _of("Lithuania", "LT"),
    "LV": _of("Latvia, with the weekends that are worked in exchange", "LV", _ANNOUNCED),
    "MO": _of("Macao", "MO", _ANNOUNCED),
    "NL": _of("the Netherlands", "NL"),
    "NO": _of("Norway", "NO"),
    "PL": _of("Poland", "PL"),
    "SE": _of("Sweden, with the eves", "SE", categories=("public", "de_facto")),
    "SG": _of("Singapore", "SG", _ANNOUNCED),
    "TARGET": _of("the euro's interbank payments", "market:XECB"),
    "TW": _of("Taiwan, with the weekends that were worked in exchange", "TW", _ANNOUNCED),
    "US": _of("the Federal Reserve", "market:XFED"),
}  # fmt: skip
"""Every calendar, by its name in the ledger."""

assert tuple(CALENDARS) == CODES


def business_days(name: str) -> BusinessDays:
    """The business days of a calendar; Monday to Friday by any other name."""
    calendar = CALENDARS.get(name)
    if calendar is None:
        return WEEKDAYS
    import holidays  # noqa: PLC0415  it takes longer to import than many a command takes to run

    years = range(FIRST, calendar.last + 1)
    kind, _, market = calendar.of.partition(":")
    if market:
        found = holidays.financial_holidays(market, years=years, **calendar.chosen)
    else:
        found = holidays.country_holidays(kind, years=years, **calendar.chosen)
    # It has a few days of years around these, too.
    days = sorted(day.toordinal() for day in found if day.year in years)
    worked = sorted(day.toordinal() for day in found.weekend_workdays if day.year in years)
    return BusinessDays(
        name,
        tuple(day for day in days if _is_weekday(day)),
        tuple(day for day in worked if not _is_weekday(day)),
        dt.date(calendar.last, 12, 31),
    )


def _is_weekday(ordinal: int) -> bool:
    return (ordinal - 1) % 7 < 5  # noqa: PLR2004
