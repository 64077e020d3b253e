"""One row of a table as its map reads it: what is booked, when, and what stands on the account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.statements.statement import (
    StatementError,
    StatementLine,
    account_number,
    distinct,
    is_day,
    reference,
)
from beancount_voucher.statements.tables.cells import as_text, stripped
from beancount_voucher.statements.tables.currencies import currency_of
from beancount_voucher.statements.tables.number_forms import Number, most_decimals

if TYPE_CHECKING:
    from beancount_voucher.statements.tables.cells import Cell, Row
    from beancount_voucher.statements.tables.csv_map import Map
    from beancount_voucher.statements.tables.layout import Layout
    from beancount_voucher.statements.tables.own_words import OwnWords

EXACT_DIGITS = 15
"""What a spreadsheet keeps of a number (and what a float holds for sure); the rest is noise."""


NOISE = Decimal("0.000001")
"""By how much a sum of binary fractions, in a spreadsheet, may miss the decimals of an amount."""


def _without_noise(value: Decimal, most: int) -> Decimal:
    """A number of a spreadsheet; what misses whole decimals by less than any part of money."""
    rounded = value.quantize(Decimal(1).scaleb(-most))
    return rounded if value != rounded and abs(value - rounded) < NOISE else value


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says.

    Attributes:
        amount: signed; None for a balance.
        side: 1 for what stands as coming in, -1 as going out, 0 for neither.
        is_pending: whether it is announced and not booked.
    """

    row: TableRow
    date: dt.date
    amount: Decimal | None
    side: int
    balance: Decimal | None
    available: Decimal | None
    is_pending: bool

    def line(self, position: int) -> StatementLine:
        """The line of a statement."""
        row = self.row
        return StatementLine(
            position=position,
            date=self.date,
            amount=self.amount or Decimal(0),
            end_to_end=reference(row.text("end-to-end")),
            references=distinct(iter([row.text("reference")])),
            bank_reference=reference(row.text("bank-reference")),
            batch=reference(row.text("batch")),
            text=row.texts(),
        )


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row, its table, and its map."""

    where: str
    row: Row
    layout: Layout
    how: Map
    own: OwnWords

    def error(self, code: str, wrong: str, expected: str) -> StatementError:
        """A fault of this row."""
        return StatementError(code, self.where, wrong, expected, self.row.line)

    def cell(self, column: str) -> Cell:
        """A cell as it is; empty where the row ends before it, or the map names no such column."""
        at = self.layout.at.get(column)
        return "" if at is None or at >= len(self.row.cells) else self.row.cells[at]

    def text(self, column: str) -> str:
        """The text of a cell."""
        return self._text(self.cell(column), column)

    def texts(self) -> str:
        """All that stands in the columns of text."""
        cells = [self.row.cells[at] for at in self.layout.texts if at < len(self.row.cells)]
        return " ".join(" ".join(self._text(cell, "text") for cell in cells).split())

    def _text(self, cell: Cell, column: str) -> str:
        if isinstance(cell, Decimal) and abs(cell) >= Decimal(10) ** EXACT_DIGITS:
            raise self.error(
                "bad-csv",
                f"{column} is a number of more than {EXACT_DIGITS} digits, which the spreadsheet "
                "has rounded",
                "a cell of text, as in the file that the bank gave",
            )
        text = stripped(as_text(cell), self.how.words("strip"))
        return "" if text in self.how.words("empty") else text

    @property
    def account(self) -> str:
        """The account's number: of the column, of the file, or of the map."""
        said = self.text("account") or self.own.text("account") or self.how.settings["account"]
        account = account_number(said)
        if "*" in account:
            wrong = f"the account is {account}, a part of its number"
            raise self.error("missing-field", wrong, 'account = "…" in the map, the whole number')
        return account

    @property
    def currency(self) -> str:
        """The currency, likewise, as a ledger has it; empty where nothing says it."""
        said = self.text("currency") or self.own.text("currency") or self.how.settings["currency"]
        currency = currency_of(said, self.how.currencies) if said else ""
        if currency is None:
            raise self.error(
                "bad-currency",
                f'the currency is "{said}"',
                f'a code such as CNY; or, in the map under [currencies], "{said}" = "CNY"',
            )
        return currency

    @property
    def date(self) -> dt.date:
        """The day of booking."""
        cell = self.cell("date")
        found = {cell} if isinstance(cell, dt.date) else self._dates()
        if len(found) == 1 and is_day(one := found.pop()):
            return one
        forms = " or ".join(self.how.words("date-format"))
        if found:
            wrong = f'the date "{self.text("date")}" is {len(found)} days'
        else:
            wrong = f'the date is "{self.text("date")}"'
        raise self.error("bad-date", wrong, f"a date as {forms}")

    def _dates(self) -> set[dt.date]:
        days = [form.read(self.text("date")) for form in self.how.dates]
        return {day for day in days if day is not None}

    @property
    def looks_booked(self) -> bool:
        """Whether it has the day and the amount of an entry."""
        cell = self.cell("date")
        if not isinstance(cell, dt.date) and not self._dates():
            return False
        cells = [self.cell(name) for name in ("amount", "debit", "credit")]
        return any(isinstance(each, Decimal) or self._number(each) for each in cells)

    # --- Numbers ------------------------------------------------------------------------

    def _number(self, cell: Cell) -> Number | None:
        if isinstance(cell, Decimal):
            return Number(abs(cell), "-" if cell < 0 else "")
        return self.how.numbers.read(self._text(cell, "a number"))

    def number(self, column: str) -> Number | None:
        """A number; None for an empty cell."""
        cell = self.cell(column)
        said = self._text(cell, column)
        if not said:
            return None
        number = self._number(cell)
        if number is None or isinstance(cell, dt.date):
            expected = f"a number with {self._forms}"
            raise self.error("bad-amount", f'{column} is "{said}"', expected)
        if number.sign == "-" and number.mark:
            expected = "a minus or the word, one of them"
            raise self.error("bad-amount", f'{column} is "{said}"', expected)
        most = most_decimals(self.currency)
        if isinstance(cell, Decimal):
            number = number._replace(value=_without_noise(number.value, most))
        if number.value != number.value.quantize(Decimal(1).scaleb(-most)):
            expected = f"at most {most} decimals, in an amount of {self.currency}; {self._forms}"
            raise self.error("bad-amount", f'{column} is "{said}"', expected)
        if isinstance(cell, Decimal) and number.value.adjusted() + 1 + most > EXACT_DIGITS:
            wrong = f"{column} is {said}, of which a spreadsheet keeps {EXACT_DIGITS} digits"
            raise self.error("bad-amount", wrong, "a cell of text")
        exponent = number.value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > most:
            return number._replace(value=number.value.quantize(Decimal(1).scaleb(-most)))
        return number

    def total(self, column: str) -> Decimal | None:
        """A number of a row of sums; None where there is none."""
        cell = self.cell(column)
        number = None if isinstance(cell, dt.date) else self._number(cell)
        return None if number is None else number.signed

    @property
    def _forms(self) -> str:
        decimal, thousands = self.how.settings["decimal"], self.how.settings["thousands"]
        return f'decimal = "{decimal}" and thousands = "{thousands}" in the map'

    def _standing(self, column: str) -> Decimal | None:
        """A balance: signed, or with the word for in where there is money."""
        number = self.number(column)
        if number is None:
            return None
        side = self._marked(number, column) if number.mark else 1
        return number.signed * side

    def _marked(self, number: Number, column: str) -> int:
        side = (self.how.numbers.marks or {}).get(number.mark, 0)
        if side == 0:
            wrong = f'{column} is "{self.text(column)}"'
            raise self.error("unlisted-value", wrong, f"one of {self._sides} at the number")
        return side

    @property
    def _sides(self) -> str:
        words = [word for word, side in self.how.direction.items() if side]
        return ", ".join(f'"{word}"' for word in words)

    # --- What is booked -----------------------------------------------------------------

    def entry(self) -> Entry | None:
        """What the row says; None if it is no line and no balance.

        Raises:
            StatementError: it cannot be read.
        """
        status = self._status()
        if status == "not-booked":
            return None
        amount, side = self._amount()
        balance, available = self._standing("balance"), self._standing("available")
        is_neither = amount is not None and side == 0
        if is_neither and balance is None:
            return None
        if amount is None and balance is None and available is None:
            expected = "one of them, or in the map under leave-out what the row begins with"
            raise self.error("missing-field", "the row has no amount and no balance", expected)
        pending = status == "pending"
        return Entry(
            self,
            self.date,
            Decimal(0) if is_neither else amount,
            side,
            None if pending else balance,
            None if pending else available,
            pending,
        )

    def _status(self) -> str:
        if "status" not in self.how.columns:
            return "booked"
        said = self.text("status")
        if said in self.how.status:
            return self.how.status[said]
        known = ", ".join(f'"{each}"' for each in self.how.status)
        raise self.error("unlisted-value", f'the status is "{said}"', f"one of {known}")

    def _amount(self) -> tuple[Decimal | None, int]:
        """The amount, signed, and the side that it stands on."""
        if "amount" not in self.how.columns:
            return self._of_two_columns()
        number = self.number("amount")
        if number is None:
            return None, 0
        if "direction" in self.how.columns:
            return self._directed(number)
        if self.how.numbers.marks:
            side = self._marked(number, "amount")
            return number.value * side, side
        return number.signed, -1 if number.signed < 0 else 1

    def _directed(self, number: Number) -> tuple[Decimal, int]:
        said = self.text("direction")
        if said not in self.how.direction:
            known = ", ".join(f'"{each}"' for each in self.how.direction)
            raise self.error("unlisted-value", f'the direction is "{said}"', f"one of {known}")
        side = self.how.direction[said]
        return (self._sided(number, side, "amount"), side) if side else (number.value, 0)

    def _of_two_columns(self) -> tuple[Decimal | None, int]:
        debit, credit = self.number("debit"), self.number("credit")
        out = None if debit is None else self._sided(debit, -1, "debit")
        in_ = None if credit is None else self._sided(credit, 1, "credit")
        if out and in_:
            raise self.error("bad-csv", "the row has a debit and a credit", "one of them")
        if out or (in_ is None and out is not None):
            return out, -1
        return in_, 0 if in_ is None else 1

    def _sided(self, number: Number, side: int, column: str) -> Decimal:
        """What comes in or goes out, by the column or the word that says so."""
        minus, value = self.how.settings["minus"], number.value * side
        said = f'{column} is "{self.text(column)}"'
        if number.mark and self._marked(number, column) != side:
            raise self.error("bad-amount", said, "the word of its column")
        if number.sign == "-" and value:
            if minus == "taken-back":
                return -value
            if minus == "goes-out" and side < 0:
                return value
            expected = (
                "a number without a sign; or, in the map, what a minus says here: "
                'minus = "taken-back" or "goes-out"'
            )
            raise self.error("bad-amount", said, expected)
        if number.sign == "+" and (side < 0 or not minus):
            raise self.error("bad-amount", said, "a number without a sign")
        if minus == "goes-out" and side < 0 and value and not number.sign:
            raise self.error("bad-amount", said, 'a minus, as minus = "goes-out" in the map has it')
        return value
