"""MT940, MT942 and MT950 (SWIFT customer statements and interim reports), read to the letter.

Every field is matched whole: what is none of the forms that banks use costs an entry, and with
it the statement's proof, or is refused. The fields are those of the SWIFT User Handbook,
"Category 9: Cash Management and Customer Status"; deviations are those that banks are known for.
"""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.narrative import SUPPLEMENT, narrative, widths
from beancount_voucher.statements.statement import (
    NOT_A_REFERENCE,
    Balance,
    Statement,
    StatementError,
    StatementLine,
    account_number,
    distinct,
    first_day,
    reference,
)
from beancount_voucher.statements.swift import messages

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.statements.narrative import Widths
    from beancount_voucher.statements.swift import Field, Message

_OPENING = ("60F", "60M", "60")
_CLOSING = ("62F", "62M", "62")
_INTERIM = ("34F", "90D", "90C")
"""What tells an interim report, which has no balances."""

_ENTRY = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?(?P<mark>[RE]?[CD])[A-Z]?\s?(?P<amount>[\d.,]+)"
    r"(?P<rest>(?:[A-Z/\s].*)?)",
    re.IGNORECASE | re.ASCII,
)
# The type of a transaction: SWIFT's three letters, or a number; "NONREF" is none.
_TYPE = re.compile(r"[NFS](?:[A-Z]{3}|[0-9]{3})")
_BALANCE = re.compile(r"(?P<mark>[CD])(?P<date>\d{6})(?P<currency>[A-Z]{3})?(?P<amount>[\d.,]+)")
_FLOOR = re.compile(r"[0-9]*([A-Z]{3})")

_DECIMAL_COMMA = re.compile(
    r"\d{1,18}(?:,\d{0,3})?|,\d{1,3}|\d{1,3}(?:\.\d{3}){1,5},\d{0,2}", re.ASCII
)
_DECIMAL_POINT = re.compile(r"\d{1,18}\.\d{2}|\d{1,3}(?:,\d{3}){1,5}\.\d{2}", re.ASCII)

_REFERENCE = 16
"""Characters that field 61 has for the owner's reference; what is longer comes cut off."""

_DEBITS = ("D", "ED", "RC")
"""Marks of what goes out: booked, expected, and what came in taken back."""

_RETURNED = "RTI"
"""The type of an item that comes back."""


def statements(text: str, path: Path, sha256: str) -> list[Statement]:
    """The statements of a file.

    Raises:
        StatementError: a message lacks a field that it must have, or has one that cannot be read.
    """
    found = messages(text)
    wide = widths(each.lines for message in found for each in message.fields if each.tag == "86")
    return [_Reader(message, path, sha256, wide).statement() for message in found]


class _Entry(NamedTuple):
    """Field 61, and the fields 86 that follow it."""

    field: Field
    details: list[list[str]]


@dataclass(slots=True)
class _Reader:
    """Reads one message."""

    message: Message
    path: Path
    sha256: str
    widths: Widths
    currency: str = ""
    lines: list[StatementLine] = field(default_factory=list)
    pending: list[StatementLine] = field(default_factory=list)
    unread: list[StatementError] = field(default_factory=list)

    def error(self, code: str, wrong: str, expected: str, line: int) -> StatementError:
        return StatementError(code, str(self.path), wrong, expected, line)

    def statement(self) -> Statement:
        """The statement that the message is."""
        account = self._account()
        opening, closing = self._balance(*_OPENING), self._balance(*_CLOSING)
        available = self._balance("64")
        interim = self.message.find(*_INTERIM)
        told = self.message.find("13D", "13")
        if opening is None and closing is None and interim is None:
            wrong = "a message has neither balances nor a floor limit"
            expected = "fields 60F and 62F (MT940) or 34F (MT942)"
            raise self.error("missing-field", wrong, expected, self.message.line)
        if not self.currency:
            match = None if interim is None else _FLOOR.match(interim.value)
            if match is None:
                raise self.error(
                    "missing-field", "no balance has a currency", "one", self.message.line
                )
            self.currency = match[1]
        day = None if told is None else _day(told.value[:6])
        at = [] if day is None else [day]
        ends = [each.date for each in (opening, closing) if each is not None]
        self._read_entries(ends or at)
        booked = [each.date for each in self.lines]
        days = ends + booked or [each.date for each in self.pending] or at
        if not days:
            if self.unread:
                raise self.unread[0]
            wrong = "a message has no line and no balance"
            raise self.error("missing-field", wrong, "both", self.message.line)
        first = min(days) if opening is None else first_day(opening.date, min(booked, default=None))
        return Statement(
            path=self.path,
            sha256=self.sha256,
            form="MT940" if ends else "MT942",
            id=self._id(None if ends else told),
            account=account,
            currency=self.currency,
            start=min(first, max(days)),
            end=max(days),
            opening=opening,
            closing=closing,
            available=None if available is None else available.number,
            lines=tuple(self.lines),
            pending=tuple(self.pending),
            unread=tuple(each.within for each in self.unread),
        )

    def _account(self) -> str:
        found = self.message.find("25", "25P")
        number = account_number(found.value) if found is not None else ""
        if not number:
            wrong = "a message has no account"
            raise self.error("missing-field", wrong, "field 25", self.message.line)
        return number

    def _id(self, told: Field | None) -> str:
        """Its reference and number; with the time of an interim report, of which a day has many."""
        fields = (self.message.find("20"), self.message.find("28C", "28", "28D"), told)
        return " ".join(" ".join(each.value for each in fields if each is not None).split())

    def _balance(self, *tags: str) -> Balance | None:
        found = self.message.find(*tags)
        if found is None:
            return None
        match = _BALANCE.fullmatch(found.value)
        date = None if match is None else _day(match["date"])
        number = None if match is None else _amount(match["amount"])
        if match is None or date is None or number is None:
            wrong = f'field {found.tag} says "{found.value[:60]}"'
            expected = "C or D, YYMMDD, currency and amount, such as C260331EUR1000,00"
            raise self.error("bad-mt", wrong, expected, found.line)
        currency = (match["currency"] or self.currency).upper()
        self.currency = self.currency or currency
        if currency != self.currency:
            wrong = f"a balance is in {currency}"
            raise self.error("bad-currency", wrong, self.currency, found.line)
        return Balance(-number if match["mark"] in "Dd" and number else number, date)

    # --- Entries --------------------------------------------------------------------------

    def _read_entries(self, around: list[dt.date]) -> None:
        entries: list[_Entry] = []
        open_ = False
        for each in self.message.fields:
            if each.tag == "61":
                entries.append(_Entry(each, []))
                open_ = True
            elif each.tag == "86" and open_:
                entries[-1].details.append(each.lines)
            elif each.tag != "NS":
                open_ = False  # a field 86 that follows is about the statement
        for position, entry in enumerate(entries, 1):
            try:
                self._read_entry(position, entry, around)
            except StatementError as error:
                self.unread.append(error)
        if len(entries) != self.message.entries:
            wrong = f"its text has {self.message.entries} times :61:"
            expected = f"{len(entries)}, as it has fields of that tag"
            self.unread.append(self.error("bad-mt", wrong, expected, self.message.line))

    def _read_entry(self, position: int, entry: _Entry, around: list[dt.date]) -> None:
        """Take an entry.

        Raises:
            StatementError: it cannot be read.
        """
        said, *more = entry.field.lines
        match = _ENTRY.fullmatch(said.strip())
        if match is None and more:  # cut before the amount
            said, *more = said.strip() + more[0], *more[1:]
            match = _ENTRY.fullmatch(said.strip())
        amount = None if match is None else _amount(match["amount"])
        date = None if match is None else _booked(match["value"], match["entry"], around)
        if match is None or amount is None or date is None:
            wrong = f'an entry says "{said[:60]}"'
            expected = "YYMMDD, MMDD, C or D and an amount, such as 2603310331D120,00"
            raise self.error("bad-mt", wrong, expected, entry.field.line)
        mark = match["mark"].upper()
        kind, own, rest, banks = _references(match["rest"])
        each = [narrative(more, SUPPLEMENT)] if more else []
        each += [narrative(lines, self.widths) for lines in entry.details]
        cut = (word for one in each for word in one.cut)
        line = StatementLine(
            position=position,
            date=date,
            amount=-amount if mark in _DEBITS and amount else amount,
            end_to_end=next((one.end_to_end for one in each if one.end_to_end), None),
            references=distinct(iter([own, *(name for one in each for name in one.references)])),
            bank_reference=reference(banks),
            text=" ".join(filter(None, (rest, *(one.text for one in each)))),
            reversal=mark.startswith("R"),
            returned=kind[1:] == _RETURNED or any(one.returned for one in each),
            cut=distinct(iter([own if len(own) == _REFERENCE else None, *cut])),
            joined=tuple(word for one in each for word in one.joined),
        )
        (self.pending if mark.startswith("E") else self.lines).append(line)


def _references(rest: str) -> tuple[str, str, str, str]:
    """The type of an entry, the owner's reference, what else stands there, and the bank's.

    Each may be missing. Some banks fill the reference with blanks, and go on with a name.
    """
    said, _, banks = rest.strip().partition("//")
    match = None if said.strip().upper() in NOT_A_REFERENCE else _TYPE.match(said)
    kind = "" if match is None else match[0]
    said = said[len(kind) :]
    own, more = said[:_REFERENCE], said[_REFERENCE:]
    if own.endswith(" ") or more.startswith(" "):
        return kind, own.strip(), " ".join(more.split()), banks
    return kind, said.strip(), "", banks


def _amount(text: str) -> Decimal | None:
    """An amount; None if it is none, or nothing tells whether a mark in it means decimals."""
    if _DECIMAL_COMMA.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if _DECIMAL_POINT.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return None


def _day(text: str) -> dt.date | None:
    with suppress(ValueError):
        return dt.date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    return None


def _booked(value: str, entry: str | None, around: list[dt.date]) -> dt.date | None:
    """The booking date: that of the entry, in the year that is nearest to the balances.

    Where there are none, nearest to the value date, which may be the 30th of February where
    interest is reckoned by months of 30 days.
    """
    if entry is None:
        return _day(value)
    year = 2000 + int(value[:2])
    days = [_day(f"{each % 100:02}{entry}") for each in (year - 1, year, year + 1)]
    near = around or [day for day in (_day(value), _day(f"{value[:4]}28")) if day is not None][:1]
    if not near:
        return None
    first, last = min(near), max(near)
    return min(
        (day for day in days if day is not None),
        key=lambda day: (max(first - day, day - last, dt.timedelta(0)), abs(day.year - year)),
        default=None,
    )
