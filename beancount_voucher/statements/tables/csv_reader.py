"""Tables to statements: one for each account and currency, with the file's own sums as checks.

A file says the same several times over: a balance after each line, sums and counts around the
table. Whatever it says must agree, or it is refused; what has two balances is proven by them.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.statements.statement import (
    Balance,
    Statement,
    StatementError,
    account_number,
    decoded,
    first_day,
)
from beancount_voucher.statements.tables.cells import Row
from beancount_voucher.statements.tables.currencies import currency_of
from beancount_voucher.statements.tables.layout import layout
from beancount_voucher.statements.tables.own_checks import check_counts, check_totals
from beancount_voucher.statements.tables.own_words import own_words
from beancount_voucher.statements.tables.rows import TableRow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from beancount_voucher.statements.tables.csv_map import Map
    from beancount_voucher.statements.tables.own_words import OwnWords
    from beancount_voucher.statements.tables.rows import Entry

_Key = tuple[str, str]


def statements(content: bytes, path: Path, sha256: str, how: Map) -> list[Statement]:
    """The statements of a CSV file.

    Raises:
        StatementError: a row cannot be read.
    """
    text = decoded(content, how.settings["encoding"], str(path))
    rows = cut(text, str(path), how.settings["delimiter"], how.settings["skip"])
    return of_rows(list(rows), path, sha256, how, "CSV")


def cut(text: str, where: str, delimiter: str, skip: int) -> Iterator[Row]:
    """The rows of a CSV text, without so many lines at its top.

    Raises:
        StatementError: a quote has no end.
    """
    lines = io.StringIO(_unpadded(text, delimiter), newline="")
    for _ in range(skip):
        if not lines.readline():
            break
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != " ")
    try:
        for cells in reader:
            yield Row(reader.line_num + skip, cells)
    except csv.Error as error:
        raise StatementError("bad-csv", where, f"{error}", "CSV", reader.line_num) from error


def _unpadded(text: str, delimiter: str) -> str:
    """A text without blanks between a quoted cell and the next: banks pad, CSV knows of none."""
    blanks = " \t".replace(delimiter, "")
    return re.sub(rf'(?<=")[{blanks}]{{1,200}}(?=[{re.escape(delimiter)}\r\n]|\Z)', "", text)


def of_rows(rows: Sequence[Row], path: Path, sha256: str, how: Map, form: str) -> list[Statement]:
    """The statements of a file's rows.

    Args:
        rows: the rows, from text or from a spreadsheet.
        path: what to call the file.
        sha256: its digest.
        how: its map.
        form: what it is.

    Raises:
        StatementError: a row cannot be read, or the file contradicts itself.
    """
    where = str(path)
    table = layout(rows, where, how)
    own = own_words(table.around, where, how)
    groups: dict[_Key, list[Entry]] = defaultdict(list)
    entries: list[Entry | None] = []
    for row in table.rows:
        each = TableRow(where, row, table, how, own)
        key = each.account, each.currency
        if not all(key):
            raise each.error("missing-field", "there is no account or currency", "both")
        entry = each.entry()
        entries.append(entry)
        if entry is not None:
            groups[key].append(entry)
    for row in table.below:
        each = TableRow(where, row, table, how, own)
        if each.looks_booked:
            expected = "none: correct `end` in the map"
            raise each.error("bad-csv", "an entry stands behind the end of the table", expected)
    if not groups:
        groups[_of_nothing(where, how, own)] = []
    if len(groups) > 1 and not own.said.keys().isdisjoint(("opening", "closing")):
        wrong = f"the file has {len(groups)} accounts or currencies, and one opening or closing"
        raise StatementError("missing-field", where, wrong, "a column of balances in the map")
    check_counts(where, own, entries)
    totals = [(above, TableRow(where, row, table, how, own)) for above, row in table.totals]
    check_totals(totals, entries)
    return [
        _Account(path, sha256, how, own, form, *key).statement(
            each[::-1] if how.settings["newest-first"] else each
        )
        for key, each in groups.items()
    ]


def _of_nothing(where: str, how: Map, own: OwnWords) -> _Key:
    """The account and currency of a file without movement, which must say what days it covers."""
    account = own.text("account") or how.settings["account"]
    currency = own.text("currency") or how.settings["currency"]
    if own.day("from") is None or own.day("to") is None or not account or not currency:
        raise StatementError(
            "missing-field",
            where,
            "there are no rows",
            "one at least; or, by the map, account, currency, and from and to under [file]",
        )
    return account_number(account), str(currency_of(currency, how.currencies))


@dataclass(frozen=True, slots=True)
class _Account:
    """What a file says of one account in one currency."""

    path: Path
    sha256: str
    how: Map
    own: OwnWords
    form: str
    number: str
    currency: str

    def statement(self, entries: Sequence[Entry]) -> Statement:
        """The statement of its entries, oldest first."""
        opening, closing = self._balances([each for each in entries if not each.is_pending])
        booked = [each for each in entries if each.amount is not None and each.side]
        lines = [each for each in booked if not each.is_pending]
        pending = [each for each in booked if each.is_pending]
        days = [each.date for each in entries]
        starts = [day for day in (self.own.day("from"), *days) if day is not None]
        ends = [day for day in (self.own.day("to"), *days) if day is not None]
        start = min(starts)
        if self.own.day("from") is None and entries[0].amount is None and opening is not None:
            start = first_day(days[0], min((each.date for each in lines), default=None))
        return Statement(
            path=self.path,
            sha256=self.sha256,
            form=self.form,
            id=self.own.text("id") or self.how.settings["id"] or self.path.stem,
            account=self.number,
            currency=self.currency,
            start=min(start, max(ends)),  # of a lone balance: its own day
            end=max(ends),
            opening=self._own("opening", opening, start),
            closing=self._own("closing", closing, max(ends)),
            available=entries[-1].available if entries else None,
            lines=tuple(each.line(number) for number, each in enumerate(lines, 1)),
            pending=tuple(each.line(number) for number, each in enumerate(pending, 1)),
        )

    def _own(self, key: str, found: Balance | None, day: dt.date) -> Balance | None:
        """A balance of the lines, or that which the file says above or below them."""
        number = self.own.number(key)
        if number is None:
            return found
        if found is not None and found.number != number:
            wrong = f"the file's own {key} is {number}"
            expected = f"{found.number}, as the balances of its rows have it"
            line = self.own.where[key]
            raise StatementError("bad-csv", str(self.path), wrong, expected, line)
        return found or Balance(number, day)

    def _balances(self, entries: Sequence[Entry]) -> tuple[Balance | None, Balance | None]:
        """The first and the last balance; each in between is the one before and what was booked."""
        opening: Balance | None = None
        closing: Balance | None = None
        since = Decimal(0)
        for each in entries:
            since += each.amount or Decimal(0)
            if each.balance is None:
                continue
            if closing is None:
                opening = Balance(each.balance - since, entries[0].date)
            elif closing.number + since != each.balance:
                raise self._broken(each, closing.number + since, entries)
            closing, since = Balance(each.balance, each.date), Decimal(0)
        return opening, closing

    def _broken(self, each: Entry, expected: Decimal, entries: Sequence[Entry]) -> StatementError:
        text = f"{expected}: the balance before, and the amount"
        if entries[0].date > entries[-1].date:
            newest = "false" if self.how.settings["newest-first"] else "true"
            text += f"; or, as the last day stands first, newest-first = {newest} in the map"
        return each.row.error("bad-csv", f"the balance is {each.balance}", text)
