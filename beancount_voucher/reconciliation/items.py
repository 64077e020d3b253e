"""What a reconciliation is made of: booked lines, movements, matches, open items."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.reconciliation.reasons import OUTSTANDING

if TYPE_CHECKING:
    import datetime as dt

    from beancount.core.data import Account, Transaction

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.statements.statement import Statement, StatementLine


@dataclass(frozen=True, slots=True, eq=False)
class AccountLine:
    """A line of a statement, on the ledger's account."""

    account: Account
    statement: Statement
    line: StatementLine

    @property
    def currency(self) -> str:
        """The statement's currency."""
        return self.statement.currency

    @property
    def amount(self) -> Decimal:
        """What it books: + into the account."""
        return self.line.amount

    @property
    def date(self) -> dt.date:
        """The day on which it is booked."""
        return self.line.date


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """What one transaction of the ledger changes on a bank account with its sub-accounts.

    Attributes:
        references: what the bank may name it by: voucher id, links, ``reference`` metadata.
        batch: the ``note-batch`` of its directive, or the ``batch`` of a transaction.
        voucher: the voucher, for a generated transaction.
        event: what happened to it.
        entry: the transaction.
        opens: whether it only brings a balance forward: the account's first transaction,
            against nothing but equity.
        message: the signed message that brought its directive, as in ``FirstBank SecondBank 42``.
    """

    account: Account
    date: dt.date
    amount: Decimal
    currency: str
    references: frozenset[str]
    batch: str | None
    voucher: str | None
    event: str | None
    entry: Transaction
    opens: bool = False
    message: str | None = None

    @property
    def evidence(self) -> str:
        """What proves it beside the bank: the signed message, if one has brought it."""
        return "" if self.message is None else f"by message {self.message}"

    @property
    def text(self) -> str:
        """What a person reads of it."""
        return self.entry.narration or self.entry.payee or ""

    @property
    def place(self) -> SourceLine:
        """Where it stands."""
        return source_line(self.entry.meta)


class Match(NamedTuple):
    """Lines and movements that are the same money."""

    rule: str
    account: Account
    lines: tuple[AccountLine, ...]
    movements: tuple[Movement, ...]

    @property
    def currency(self) -> str:
        """The currency of the money."""
        return self.lines[0].currency if self.lines else self.movements[0].currency


class Item(NamedTuple):
    """Something that does not agree, and why.

    Attributes:
        lines: the lines of the bank that are open.
        movements: the movements of the ledger that are open.
        text: what a person should know beside the reason.
        on: the day that an item without lines and movements is about, if it is the end of a
            statement.
    """

    reason: str
    account: Account
    currency: str
    lines: tuple[AccountLine, ...]
    movements: tuple[Movement, ...]
    text: str = ""
    on: dt.date | None = None

    @property
    def date(self) -> dt.date | None:
        """Since when it is open."""
        dates = [line.date for line in self.lines] + [each.date for each in self.movements]
        return min(dates, default=None)

    @property
    def amount(self) -> Decimal:
        """What it comes to: the difference of an amount, else the lines, or else the movements."""
        booked = sum((line.amount for line in self.lines), Decimal(0))
        moved = sum((each.amount for each in self.movements), Decimal(0))
        if self.reason == "amount-differs":
            return booked - moved
        return booked if self.lines else moved

    @property
    def is_difference(self) -> bool:
        """Whether somebody must do something."""
        return self.reason not in OUTSTANDING
