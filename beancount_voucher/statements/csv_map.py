"""CSV statements, each bank's in its own way: a small TOML file says what each column is.

::

    encoding = "utf-8"          # or "gb18030" …; a byte order mark does no harm
    delimiter = ","
    decimal = "."               # and what stands between thousands:
    thousands = ","
    date-format = "%Y-%m-%d"
    skip = 0                    # lines before the headings
    newest-first = false
    account = "6217000010001"   # or columns.account
    currency = "CNY"            # or columns.currency
    id = "2026-Q1"              # of the statement; the file's name if left out

    [columns]
    date = "交易日期"
    amount = "金额"             # signed; or debit and credit, unsigned
    balance = "余额"            # after the line: proves it
    available = "可用余额"
    end-to-end = "端到端标识"
    reference = "凭证号"
    bank-reference = "流水号"
    batch = "批次号"
    text = ["摘要", "对方户名"]

A row with a balance and no amount is a balance at its date: the opening before, the
closing after all lines.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.statements.statement import (
    Balance,
    Statement,
    StatementError,
    StatementLine,
    account_number,
    decoded,
    distinct,
    first_day,
    is_day,
    is_regular,
    number_of,
    reference,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Setting(NamedTuple):
    """A setting of a map: its default, and what it says, as the manual's table has it."""

    default: str | int
    meaning: str


MAP_SETTINGS: dict[str, Setting] = {
    "encoding": Setting("utf-8", "of the file; a byte order mark does no harm"),
    "delimiter": Setting(",", "the one character between cells"),
    "decimal": Setting(".", "what stands before the decimals"),
    "thousands": Setting(",", "what stands between thousands; another than `decimal`, or empty"),
    "date-format": Setting("%Y-%m-%d", "of the dates, as Python's `strptime` takes it"),
    "skip": Setting(0, "how many lines stand before the headings"),
    "newest-first": Setting(False, "whether the last line stands first"),
    "account": Setting("", "the account's number, if no column has it"),
    "currency": Setting("", "the currency, if no column has it"),
    "id": Setting("", "the statement's id; the file's name without its ending if left out"),
}
"""Every setting of a map."""

COLUMNS: dict[str, str] = {
    "date": "the day of booking; must be there",
    "amount": "what comes in, and with a minus what goes out; or else `debit` and `credit`",
    "debit": "what goes out, without a sign",
    "credit": "what comes in, without a sign",
    "balance": "booked, after the line: without it no statement is proven",
    "available": "the balance that is not frozen, after the line; the last counts",
    "account": "the account's number; a file may have several accounts",
    "currency": "the currency of the line's amounts",
    "end-to-end": "the payment's end-to-end id, where a voucher's id is looked for first",
    "reference": "the payment's other reference",
    "bank-reference": "the bank's own: the same amount twice under it is a `duplicate`",
    "batch": "what all lines of one batch share",
}
"""Every column that a map may name, and what stands in it."""

TEXTS = "what else the line says: one heading, or a list of several"
"""What stands in ``text``, which is a column, too."""

_MAX_MAP = 16 * 1024
"""Bytes of a map: what names a few columns, and what TOML's reader takes no time for."""
_SOME_DAY = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
_OTHER_YEAR = _SOME_DAY.replace(year=2037)


@dataclass(frozen=True, slots=True)
class Map:
    """A column map."""

    path: Path
    settings: Mapping[str, Any]
    columns: Mapping[str, str]
    texts: tuple[str, ...]


def read_map(path: Path) -> Map:
    """A map from its TOML file.

    Raises:
        StatementError: it is no TOML, or says something that no map says.
    """
    where = str(path)
    said = _toml(path, where)
    columns = said.pop("columns", {})
    texts = columns.pop("text", []) if isinstance(columns, dict) else None
    texts = [texts] if isinstance(texts, str) else texts
    for name, value in said.items():
        if name not in MAP_SETTINGS or type(value) is not type(MAP_SETTINGS[name].default):
            known = ", ".join(MAP_SETTINGS)
            wrong = f"{name} = {shortened(value)}"  # however deep it is nested
            raise StatementError("bad-map", where, wrong, f"one of {known}")
    if not isinstance(texts, list) or not all(
        name in (*COLUMNS, "text") and isinstance(value, str)
        for name, value in [*columns.items(), *(("text", text) for text in texts)]
    ):
        raise StatementError(
            "bad-map", where, "[columns] is wrong", f"headings for {', '.join(COLUMNS)}, text"
        )
    if "date" not in columns or not ("amount" in columns or {"debit", "credit"} <= set(columns)):
        raise StatementError(
            "bad-map", where, "a column is missing", "date, and amount or both debit and credit"
        )
    for name in ("account", "currency"):
        if not said.get(name) and name not in columns:
            raise StatementError(
                "bad-map", where, f"{name} is missing", f"{name}, or a column of it"
            )
    settings = {name: each.default for name, each in MAP_SETTINGS.items()} | said
    if not _is_delimiter(settings["delimiter"]) or not settings["decimal"]:
        raise StatementError(
            "bad-map", where, "delimiter or decimal is wrong", "one character each"
        )
    if settings["decimal"] == settings["thousands"]:  # 12,50 would be read as 1250
        wrong = f"decimal and thousands are both {shortened(settings['decimal'])}"
        raise StatementError("bad-map", where, wrong, "thousands as another character, or empty")
    if settings["skip"] < 0 or not _tells_a_day(settings["date-format"]):
        raise StatementError(
            "bad-map",
            where,
            "skip or date-format is wrong",
            "a number of lines; a format of year, month and day, such as %Y-%m-%d",
        )
    return Map(path, settings, columns, tuple(texts))


def _toml(path: Path, where: str) -> dict[str, Any]:
    try:
        if not is_regular(path):
            raise StatementError("unreadable", where, "it is no file", "a column map")
        with path.open("rb") as file:
            content = file.read(_MAX_MAP + 1)
    except OSError as error:
        raise StatementError("unreadable", where, f"{error.strerror}", "a column map") from error
    if len(content) > _MAX_MAP:
        raise StatementError(
            "too-large", where, "the map is too large", f"at most {_MAX_MAP >> 10} KiB"
        )
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # of TOML, UTF-8, a number or nesting
        raise StatementError("bad-map", where, f"it is no TOML: {error}", "a column map") from error


def _is_delimiter(text: str) -> bool:
    """What a row can be cut at: not at a quote or the end of a line."""
    return len(text) == 1 and text != '"' and (text == "\t" or text.isprintable())


def _tells_a_day(form: str) -> bool:
    """Whether a date that is written in this form can be read again.

    Where nothing tells the year, Python is not asked: from 3.13 on it warns of it.
    """
    try:
        if _SOME_DAY.strftime(form) == _OTHER_YEAR.strftime(form):
            return False
        return dt.datetime.strptime(_SOME_DAY.strftime(form), form).date() == _SOME_DAY.date()  # noqa: DTZ007
    except (ValueError, re.error):
        return False


def statements(content: bytes, path: Path, sha256: str, how: Map) -> list[Statement]:
    """The statements of a CSV file: one for each account and currency.

    Raises:
        StatementError: a row cannot be read.
    """
    where = str(path)
    text = decoded(content, how.settings["encoding"], where)
    accounts: dict[tuple[str, str], _Account] = {}
    for row in _rows(text, where, how):
        key = account_number(row.text("account")), row.text("currency")
        if not all(key):
            raise row.error("missing-field", "there is no account or currency", "both")
        accounts.setdefault(key, _Account()).rows.append(row)
    if not accounts:
        raise StatementError("missing-field", where, "there are no rows", "one at least")
    return [account.statement(path, sha256, how, *key) for key, account in accounts.items()]


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    line: int
    cells: Mapping[str, str]
    how: Map

    def error(self, code: str, wrong: str, expected: str) -> StatementError:
        return StatementError(code, self.where, wrong, expected, self.line)

    def text(self, column: str) -> str:
        """A cell; the map's setting where it names no such column."""
        heading = self.how.columns.get(column)
        if heading is None:
            return str(self.how.settings.get(column, ""))
        return self.cells[heading].strip()

    @property
    def date(self) -> dt.date:
        text, form = self.text("date"), self.how.settings["date-format"]
        with suppress(ValueError):
            date = dt.datetime.strptime(text, form).date()  # noqa: DTZ007
            if is_day(date):
                return date
        raise self.error("bad-date", f'the date is "{text}"', f"a date as {form}")

    def number(self, column: str, *, signed: bool) -> Decimal | None:
        """A number; None for an empty cell."""
        said = self.text(column)
        if not said:
            return None
        text = (
            said.replace(self.how.settings["thousands"], "")
            if self.how.settings["thousands"]
            else said
        )
        text = text.replace(self.how.settings["decimal"], ".")
        sign = -1 if signed and text.startswith("-") else 1
        number = number_of(text.lstrip("+-") if signed and text[1:2].isdigit() else text)
        if number is None:
            raise self.error(
                "bad-amount", f'{column} is "{said}"', "a number" + " without a sign" * (not signed)
            )
        return sign * number

    @property
    def amount(self) -> Decimal | None:
        if "amount" in self.how.columns:
            return self.number("amount", signed=True)
        debit = self.number("debit", signed=False)
        credit = self.number("credit", signed=False)
        if debit is None and credit is None:
            return None
        if debit and credit:
            raise self.error("bad-csv", "the row has a debit and a credit", "one of them")
        return (credit or Decimal(0)) - (debit or Decimal(0))


def _rows(text: str, where: str, how: Map) -> Iterator[_Row]:
    lines = io.StringIO(text, newline="")
    for _ in range(how.settings["skip"]):
        if not lines.readline():
            break
    reader = csv.reader(lines, delimiter=how.settings["delimiter"], strict=True)
    headings: list[str] | None = None
    try:
        for cells in reader:
            line = reader.line_num + how.settings["skip"]
            if not any(cell.strip() for cell in cells):
                continue
            if headings is None:
                headings = [cell.strip() for cell in cells]
                _check_headings(headings, where, how, line)
            elif len(cells) != len(headings):
                wrong = f"the row has {len(cells)} cells"
                raise StatementError("bad-csv", where, wrong, f"{len(headings)}", line)
            else:
                yield _Row(where, line, dict(zip(headings, cells, strict=True)), how)
    except csv.Error as error:
        raise StatementError("bad-csv", where, f"{error}", "CSV", reader.line_num) from error


def _check_headings(headings: list[str], where: str, how: Map, line: int) -> None:
    for name in (*how.columns.values(), *how.texts):
        if headings.count(name) != 1:
            wrong = f'there is no one column "{name}"'
            raise StatementError("bad-csv", where, wrong, "a column for each of the map", line)


@dataclass(slots=True)
class _Account:
    rows: list[_Row] = field(default_factory=list)

    def statement(self, path: Path, sha256: str, how: Map, number: str, currency: str) -> Statement:
        rows = self.rows[::-1] if how.settings["newest-first"] else self.rows
        lines: list[StatementLine] = []
        opening: Balance | None = None
        closing: Balance | None = None
        available: Decimal | None = None
        for row in rows:
            amount, date = row.amount, row.date
            after = row.number("balance", signed=True)
            if amount is not None:
                lines.append(_line(row, len(lines) + 1, date, amount))
            if after is not None:
                opening = opening or Balance(after - (amount or 0), date)
                if closing is not None and amount is not None and closing.number + amount != after:
                    raise row.error(
                        "bad-csv",
                        f"the balance is {after}",
                        f"{closing.number + amount}: the balance before, and the amount",
                    )
                closing = Balance(after, date)
            available = row.number("available", signed=True)
        days = [row.date for row in rows]
        starts_with_balance = rows[0].amount is None and opening is not None
        booked = min((line.date for line in lines), default=None)
        return Statement(
            path=path,
            sha256=sha256,
            form="CSV",
            id=how.settings["id"] or path.stem,
            account=number,
            currency=currency,
            start=first_day(rows[0].date, booked) if starts_with_balance else min(days),
            end=max(days),
            opening=opening,
            closing=closing,
            available=available,
            lines=tuple(lines),
        )


def _line(row: _Row, position: int, date: dt.date, amount: Decimal) -> StatementLine:
    return StatementLine(
        position=position,
        date=date,
        amount=amount,
        end_to_end=reference(row.text("end-to-end")),
        references=distinct(iter([row.text("reference")])),
        bank_reference=reference(row.text("bank-reference")),
        batch=reference(row.text("batch")),
        text=" ".join(" ".join(row.cells[name] for name in row.how.texts).split()),
    )
