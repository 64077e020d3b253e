"""BAI2 (Cash Management Balance Reporting Specifications, version 2), as US banks send it.

It proves itself: each account, group and file ends with the sum of its amounts and the count of
its records, and a statement has its balances. Nothing is read of a file whose sums differ.

A record is a line and the lines beginning with 88 that go on with it; ``/`` ends its fields.
Amounts have no decimal point: their last digits are the currency's decimals.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.statement import (
    Balance,
    Statement,
    StatementError,
    StatementLine,
    account_number,
    distinct,
    reference,
)
from beancount_voucher.statements.tables.currencies import currency_of
from beancount_voucher.statements.tables.number_forms import decimals_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BEGINS = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*01,[^,/\r\n]*,[^,/\r\n]*,[0-9]{6},[0-9]{0,4},")

_OPENING = ("010",)
_CLOSING = ("015", "030")
_AVAILABLE = ("045", "060")
"""Type codes of balances, the final one before that of a day that is not over."""

_SIDES: tuple[tuple[range, int], ...] = (
    (range(101, 400), 1),
    (range(401, 700), -1),
    (range(920, 960), 1),
    (range(960, 1000), -1),
)
"""Type codes of transactions: what is credited to the account, and what is debited."""

_INFORMATION = "890"
"""The type code of a text without money."""

_UPDATES = {"1": "", "2": "a deletion", "3": "", "4": "a test"}
"""The status of a group: an update or a correction, or what is no statement."""

_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}")
_UNSIGNED = re.compile(r"[0-9]{1,18}")
_COUNT = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{6}")
_TYPE = re.compile(r"[0-9]{3}")
_TEXT_AT = {"0": 0, "1": 0, "2": 0, "Z": 0, "": 0, "S": 3, "V": 2}
"""How many fields a type of funds has behind it; D has twice as many as it says."""


class Record(NamedTuple):
    """A record with what continues it.

    Attributes:
        line: where it begins.
        code: 01, 02, 03, 16, 49, 98 or 99.
        parts: its lines, each without its own code.
    """

    line: int
    code: str
    parts: list[str]

    @property
    def fields(self) -> list[str]:
        """Its fields; a slash ends them in each line."""
        joined = ",".join(part.partition("/")[0] for part in self.parts)
        return [each.strip() for each in joined.split(",")]


@dataclass(slots=True)
class _Sums:
    """What a trailer tells of what it ends."""

    total: int = 0
    parts: int = 0
    records: int = 0

    def take(self, other: _Sums) -> None:
        self.total += other.total
        self.records += other.records
        self.parts += 1


@dataclass(slots=True)
class _Account:
    """An account while its records come in."""

    number: str
    currency: str
    line: int
    balances: dict[str, int]
    sums: _Sums
    lines: list[StatementLine] = field(default_factory=list)


class _Group(NamedTuple):
    day: dt.date
    currency: str
    sums: _Sums


def statements(text: str, path: Path, sha256: str) -> list[Statement]:
    """The statements of a file: one for each account and day.

    Raises:
        StatementError: a record cannot be read, or a sum or count is not that of the records.
    """
    return list(_File(path, sha256).statements(text))


@dataclass(slots=True)
class _File:
    path: Path
    sha256: str
    id: str = ""
    width: int = 0
    sums: _Sums = field(default_factory=_Sums)
    group: _Group | None = None
    account: _Account | None = None
    told: Counter[tuple[str, str, dt.date]] = field(default_factory=Counter)

    def error(self, record: Record, wrong: str, expected: str) -> StatementError:
        return StatementError("bad-bai", str(self.path), wrong, expected, record.line)

    def statements(self, text: str) -> Iterator[Statement]:
        last = ""
        for record in self._records(text):
            if record.code not in _FOLLOW[last]:
                codes = " or ".join(sorted(_FOLLOW[last]))
                raise self.error(record, f"a record {record.code} stands here", f"a record {codes}")
            last = record.code
            yield from getattr(self, f"_take_{last}")(record) or ()
        if last != "99":
            raise StatementError(
                "bad-bai", str(self.path), "the file has no end", "a record 99, as its last"
            )

    def _records(self, text: str) -> Iterator[Record]:
        current: Record | None = None
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip(" \x1a"):
                continue
            code, _, rest = line.partition(",")
            code = code.strip()
            if code == "88" and current is not None:
                current.parts.append(rest)
                continue
            if current is not None:
                yield current
            current = Record(number, code, [rest])
        if current is not None:
            yield current

    # --- Records ------------------------------------------------------------------------

    def _take_01(self, record: Record) -> None:
        fields = self._fields(record, 5)
        self.id = " ".join(filter(None, (fields[2], fields[4])))
        self.width = int(fields[5]) if _COUNT.fullmatch("".join(fields[5:6])) else 0
        self.sums.records += len(record.parts)

    def _take_02(self, record: Record) -> None:
        fields = self._fields(record, 4)
        status = _UPDATES.get(fields[2])
        if status is None or status:
            wrong = f'the status of the group is "{fields[2]}"{f", {status}" if status else ""}'
            raise self.error(record, wrong, "1, an update, or 3, a correction")
        currency = self._currency(record, fields[5] if len(fields) > 5 else "", "USD")  # noqa: PLR2004
        self.group = _Group(self._day(record, fields[3]), currency, _Sums())
        self.group.sums.records += len(record.parts)

    def _take_03(self, record: Record) -> None:
        assert self.group is not None
        fields = self._fields(record, 2)
        currency = self._currency(record, fields[1], self.group.currency)
        number = account_number(fields[0])
        if not number:
            raise self.error(record, "an account has no number", "a number")
        balances, total = self._summaries(record, fields[2:])
        sums = _Sums(total, 0, len(record.parts))
        self.account = _Account(number, currency, record.line, balances, sums)

    def _summaries(self, record: Record, fields: Sequence[str]) -> tuple[dict[str, int], int]:
        """The balances, by their type codes, and the sum of all amounts, those of totals too."""
        balances: dict[str, int] = {}
        total, at = 0, 0
        while at < len(fields):
            code, amount, _, funds = [*fields[at : at + 4], "", "", "", ""][:4]
            at += 4 + self._more(record, funds, fields[at + 4 : at + 5])
            if not code and not amount:
                continue
            if not _TYPE.fullmatch(code) or not (_AMOUNT.fullmatch(amount) or not amount):
                raise self.error(record, f'type "{code}" has the amount "{amount}"', "digits")
            total += int(amount or 0)
            if amount:
                balances[code] = int(amount)
        return balances, total

    def _more(self, record: Record, funds: str, first: Sequence[str]) -> int:
        """How many fields tell when the money is there."""
        if funds == "D" and first and _COUNT.fullmatch(first[0]):
            return 1 + 2 * int(first[0])
        if funds not in _TEXT_AT:
            raise self.error(record, f'the type of funds is "{funds}"', "Z, 0, 1, 2, S, V or D")
        return _TEXT_AT[funds]

    def _take_16(self, record: Record) -> None:
        assert self.group is not None
        assert self.account is not None
        code, amount, funds = self._fields(record, 3)[:3]
        behind = 3 + self._more(record, funds, record.fields[3:4])
        self.account.sums.records += len(record.parts)
        if code == _INFORMATION and not amount.strip("0"):
            return
        known = int(code) if _TYPE.fullmatch(code) else 0
        side = next((side for codes, side in _SIDES if known in codes), 0)
        if not side or not _UNSIGNED.fullmatch(amount):
            wrong = f'a transaction of type "{code}" has the amount "{amount}"'
            raise self.error(record, wrong, "a type of credits or debits, and digits")
        self.account.sums.total += int(amount)
        bank, customer, text = self._tail(record, behind)
        self.account.lines.append(
            StatementLine(
                position=len(self.account.lines) + 1,
                date=self.group.day,
                amount=_money(side * int(amount), self.account.currency),
                references=distinct(iter([customer])),
                bank_reference=reference(bank),
                text=" ".join(text.split()),
                joined=_joined(text.strip().split("\n")),
            )
        )

    def _tail(self, record: Record, behind: int) -> tuple[str, str, str]:
        """The bank's and the customer's reference, and the text, which may have any sign in it."""
        fields: list[str] = []
        texts: list[str] = []
        for part in record.parts:
            whole = part.rstrip()
            fills = self.width and not whole.endswith("/") and len(whole) + 3 >= self.width
            whole = whole.removesuffix("/")
            left = behind + 2 - len(fields)
            cut = whole.split(",", left) if left > 0 else [whole]
            fields += cut[:left] if left > 0 else []
            texts.append("".join(cut[max(left, 0) :]) + ("" if fills else "\n"))
        bank, customer = [*fields[behind:], "", ""][:2]
        return bank, customer, "".join(texts)

    def _take_49(self, record: Record) -> Iterator[Statement]:
        assert self.group is not None
        assert self.account is not None
        account = self.account
        account.sums.records += len(record.parts)
        self._prove(record, account.sums, ["its amounts", "its records"])
        self.group.sums.take(account.sums)
        yield self._statement(self.group, account)

    def _take_98(self, record: Record) -> None:
        assert self.group is not None
        self.group.sums.records += len(record.parts)
        self._prove(record, self.group.sums, ["its accounts", "accounts", "its records"])
        self.sums.take(self.group.sums)

    def _take_99(self, record: Record) -> None:
        self.sums.records += len(record.parts)
        self._prove(record, self.sums, ["its groups", "groups", "its records"])

    # --- Fields -------------------------------------------------------------------------

    def _fields(self, record: Record, fewest: int) -> list[str]:
        fields = record.fields
        if len(fields) < fewest:
            wrong = f"a record {record.code} has {len(fields)} fields"
            raise self.error(record, wrong, f"{fewest} at least")
        return fields

    def _day(self, record: Record, text: str) -> dt.date:
        if _DAY.fullmatch(text):
            year, month, day = (int(text[at : at + 2]) for at in (0, 2, 4))
            with suppress(ValueError):
                return dt.date(2000 + year, month, day)
        raise StatementError(
            "bad-date", str(self.path), f'the day is "{text}"', "a day as YYMMDD", record.line
        )

    def _currency(self, record: Record, text: str, default: str) -> str:
        currency = currency_of(text, {}) if text else default
        if currency is None:
            raise StatementError(
                "bad-currency",
                str(self.path),
                f'the currency is "{text}"',
                "a code such as USD",
                record.line,
            )
        return currency

    def _prove(self, record: Record, sums: _Sums, names: list[str]) -> None:
        """The sum of amounts, the parts of a group or a file, and the records."""
        said = self._fields(record, len(names))
        known = [sums.total, sums.records] if len(names) == 2 else [  # noqa: PLR2004
            sums.total, sums.parts, sums.records,
        ]  # fmt: skip
        for name, text, number in zip(names, said, known, strict=False):
            if not _AMOUNT.fullmatch(text) or int(text) != number:
                wrong = f"record {record.code} tells {text or 'nothing'} of {name}"
                raise self.error(record, wrong, f"{number}, as they are")

    def _statement(self, group: _Group, account: _Account) -> Statement:
        def balance(codes: tuple[str, ...]) -> Decimal | None:
            known = [account.balances[code] for code in codes if code in account.balances]
            return _money(known[0], account.currency) if known else None

        opening, closing = balance(_OPENING), balance(_CLOSING)
        day = account.number, account.currency, group.day
        self.told[day] += 1
        again = f" {self.told[day]}" if self.told[day] > 1 else ""
        return Statement(
            path=self.path,
            sha256=self.sha256,
            form="BAI2",
            id=f"{self.id} {group.day}{again}",
            account=account.number,
            currency=account.currency,
            start=group.day,
            end=group.day,
            opening=None if opening is None else Balance(opening, group.day),
            closing=None if closing is None else Balance(closing, group.day),
            available=balance(_AVAILABLE),
            lines=tuple(account.lines),
        )


_FOLLOW: dict[str, frozenset[str]] = {
    "": frozenset({"01"}),
    "01": frozenset({"02"}),
    "02": frozenset({"03", "98"}),
    "03": frozenset({"16", "49"}),
    "16": frozenset({"16", "49"}),
    "49": frozenset({"03", "98"}),
    "98": frozenset({"02", "99"}),
    "99": frozenset(),
}
"""Which record may follow which."""


def _joined(lines: Sequence[str]) -> tuple[str, ...]:
    """The words that come about if the bank cut one where a line of its text ends."""
    pairs = pairwise(lines)
    return tuple(
        one.split()[-1] + other.split()[0] for one, other in pairs if one.strip() and other.strip()
    )


def _money(number: int, currency: str) -> Decimal:
    return Decimal(number).scaleb(-decimals_of(currency))
