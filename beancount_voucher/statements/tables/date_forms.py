"""Dates as banks write them: by formats of ``strptime``, in a calendar's eras, with a time behind.

A format here is exact where ``strptime`` guesses or asks the locale: ``%y`` has no century of
its own, digits without anything between them are two each, months have English names.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from beancount_voucher.statements.statement import is_day
from beancount_voucher.statements.tables.number_forms import plain

ERAS: dict[str, int] = {
    "令和": 2019,
    "R": 2019,
    "平成": 1989,
    "H": 1989,
    "昭和": 1926,
    "S": 1926,
    "民國": 1912,
    "民国": 1912,
    "中華民國": 1912,
}
"""The eras in which banks of Japan and Taiwan count years, with the year that is their first."""

SERIALS: dict[str, dt.date] = {
    "serial": dt.date(1899, 12, 30),
    "serial-1904": dt.date(1904, 1, 1),
}
"""How spreadsheets number days, and the day that is 0: Windows, and older files of Macs."""

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_FULL_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_PARTS: dict[str, str] = {
    "%Y": r"(?P<Y>[0-9]{4})",
    "%y": r"(?P<y>[0-9]{2})",
    "%Ey": r"(?P<Ey>[0-9]{1,3}|元)",
    "%EC": rf"(?P<EC>{'|'.join(sorted(ERAS, key=len, reverse=True))})",
    "%m": r"(?P<m>1[0-2]|0?[1-9])",
    "%d": r"(?P<d>3[01]|[12][0-9]|0?[1-9])",
    "%b": rf"(?P<b>{'|'.join(_MONTHS)})",
    "%B": rf"(?P<B>{_FULL_MONTHS})",
    "%a": rf"(?:{'|'.join(_DAYS)})",
    "%A": r"(?:[a-z]{2,6}day)",
    "%H": r"(?P<H>2[0-4]|[01]?[0-9])",
    "%I": r"(?P<I>1[0-2]|0?[0-9])",
    "%M": r"(?P<M>[0-5]?[0-9])",
    "%S": r"(?P<S>6[01]|[0-5]?[0-9])",
    "%f": r"(?:[0-9]{1,9})",
    "%p": r"(?:am|pm|上午|下午)",
    "%z": r"(?:z|[+-][0-9]{2}:?[0-9]{2})",
    "%Z": r"(?:[a-z]{1,5})",
    "%%": "%",
}
_TWO_DIGITS = {
    "%m": r"(?P<m>1[0-2]|0[1-9])",
    "%d": r"(?P<d>3[01]|[12][0-9]|0[1-9])",
    "%Ey": r"(?P<Ey>[0-9]{2})",
    "%H": r"(?P<H>2[0-4]|[01][0-9])",
    "%M": r"(?P<M>[0-5][0-9])",
    "%S": r"(?P<S>6[01]|[0-5][0-9])",
}
_TOKEN = re.compile(r"%E?.|.", re.DOTALL)
_TIME = (
    r"(?:[t ]?(?:(?:上午|下午|am|pm) ?)?(?P<hour>[0-2]?[0-9])[:.时時](?P<minute>[0-5][0-9])"
    r"(?:[:.分](?P<second>[0-6][0-9])(?:[.,][0-9]{1,9})?)?[分秒]?"
    r"(?: ?(?:am|pm))?(?: ?(?:z|[+-][0-9]{2}:?[0-9]{2}|[a-z]{2,5}))?)?"
)
"""A time behind a date, as it may stand there though no format says so."""

_DIGITS = frozenset({"%Y", "%y", "%Ey", "%m", "%d", "%H", "%I", "%M", "%S", "%f"})
_YEARS = {"%Y", "%y", "%Ey"}
_YEAR_DIGITS = re.compile(r"[0-9]{2}00")
_SERIAL = re.compile(r"([1-9][0-9]{4,5})(?:\.[0-9]{1,20})?")
_LONGEST = 64
"""Characters of a date with its time; no cell that is longer is one."""


class DateFormError(Exception):
    """A format that tells no day; its message says why."""


@dataclass(frozen=True, slots=True)
class DateForm:
    """One way of writing dates.

    Attributes:
        format: as the map says it.
        pattern: what fits it; None for the serial numbers of spreadsheets.
        base: the year before the first that ``%y``, or ``%Ey`` without its era, counts.
    """

    format: str
    pattern: re.Pattern[str] | None
    base: int | None = None

    def read(self, text: str) -> dt.date | None:
        """The day of a text that is a date, perhaps with a time behind it; None if it is none."""
        if self.pattern is None:
            return _of_serial(self.format, text)
        match = self.pattern.fullmatch(_plain(text)) if len(text) <= _LONGEST else None
        return None if match is None else self._day(match)

    def begins(self, text: str) -> tuple[dt.date, bool] | None:
        """The day with which a text begins, and whether it is at midnight; None without one."""
        match = self.pattern and self.pattern.match(_plain(text[:_LONGEST]))
        day = self._day(match) if match else None
        if not match or day is None:
            return None
        said = match.groupdict()
        times = [said.get(key) for key in ("hour", "minute", "second", "H", "M", "S")]
        clock = [each for each in times if each is not None]
        return day, bool(clock) and not any(int(each) for each in clock)

    def _day(self, match: re.Match[str]) -> dt.date | None:
        said = match.groupdict()
        try:
            day = dt.date(self._year(said), _month(said), int(said["d"]))
        except ValueError:
            return None
        return day if is_day(day) else None

    def _year(self, said: dict[str, str | None]) -> int:
        if said.get("Y") is not None:
            return int(str(said["Y"]))
        counted = said.get("y") or said.get("Ey")
        number = 1 if counted == "元" else int(str(counted))
        era = said.get("EC")
        base = self.base if era is None else ERAS[era.upper()] - 1
        return number + (base or 0)


def date_form(form: str, year_from: str) -> DateForm:
    """A way of writing dates.

    Args:
        form: the format.
        year_from: what a year without its century counts from: ``"2000"``, an era, or nothing.

    Raises:
        DateFormError: it does not tell year, month and day, once each.
    """
    if form in SERIALS:
        return DateForm(form, None)
    tokens = _TOKEN.findall(_plain(form))
    unknown = [each for each in tokens if each.startswith("%") and each not in _PARTS]
    if unknown:
        raise DateFormError(f"date-format says {unknown[0]}")
    named = [each for each in tokens if each.startswith("%") and each != "%%"]
    years = [each for each in named if each in _YEARS]
    months = [each for each in named if each in ("%m", "%b", "%B")]
    if len(named) != len(set(named)) or [len(years), len(months), named.count("%d")] != [1] * 3:
        raise DateFormError(f"date-format is {form!r}, which does not tell one day")
    if years == ["%Y"] or "%EC" in named:
        return DateForm(form, _pattern(tokens))
    base = base_year(year_from)
    if base is None:
        raise DateFormError(f"date-format says {years[0]}, and year-from not what it counts from")
    return DateForm(form, _pattern(tokens), base)


def base_year(year_from: str) -> int | None:
    """The year before the first that a short year counts, as ``year-from`` says it."""
    if _YEAR_DIGITS.fullmatch(year_from):
        return int(year_from)
    return ERAS[year_from] - 1 if year_from in ERAS else None


def _pattern(tokens: list[str]) -> re.Pattern[str]:
    parts = []
    for at, token in enumerate(tokens):
        around = tokens[max(at - 1, 0) : at] + tokens[at + 1 : at + 2]
        tight = not _DIGITS.isdisjoint(around)
        known = _TWO_DIGITS.get(token) if tight else None
        parts.append(known or _PARTS.get(token) or re.escape(token))
    has_time = {"%H", "%I"} & set(tokens)
    return re.compile("".join(parts) + ("" if has_time else _TIME), re.IGNORECASE)


def _plain(text: str) -> str:
    """A text in the usual characters, with one blank for several, and no era in one sign."""
    return " ".join(plain(text).replace("\u32ff", "令和").replace("\u337b", "平成").split())


def _month(said: dict[str, str | None]) -> int:
    number = said.get("m")
    if number is not None:
        return int(number)
    return _MONTHS.index(str(said.get("b") or said.get("B")).casefold()[:3]) + 1


def _of_serial(form: str, text: str) -> dt.date | None:
    match = _SERIAL.fullmatch(text.strip())
    return None if match is None else SERIALS[form] + dt.timedelta(days=int(match[1]))
