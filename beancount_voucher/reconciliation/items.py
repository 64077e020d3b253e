"""What a reconciliation is made of: booked lines, movements, matches, open items.

``RULES`` says how a line and a movement come together, in the order in which that is
tried, but that payments which the bank has taken back come first; ``REASONS`` why they do
not. Both are the manual's tables, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.source_lines import source_line

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from beancount.core.data import Account, Transaction

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.statements.statement import Statement, StatementLine

MATCH_RULES: dict[str, str] = {
    "reference": "the line names the movement's voucher, link or reference, and the amount agrees",
    "contra": "two lines of one reference cancel out: a reversal, or credit drawn and paid on",
    "batch": "lines and movements of one batch, or of all the vouchers that a line names, agree",
    "amount": "amount and date agree, and nothing else fits either of them",
    "opening": "the balance that the account's first entry brings forward",
}

ITEM_REASONS: dict[str, str] = {
    "amount-differs": "the reference agrees, the amount does not",
    "sign-differs": "the reference agrees, the bank booked it in the other direction",
    "currency-differs": "the reference agrees, the currency does not",
    "wrong-account": "the bank booked it on another account than the ledger",
    "duplicate": "the bank booked it a second time",
    "late": "it agrees, but more business days lie between than the window has",
    "ambiguous": "several fit, and nothing tells which",
    "missing-in-ledger": "the bank booked it; the ledger has nothing that fits",
    "missing-in-bank": "the ledger has it; the bank booked nothing that fits",
    "opening-differs": "the ledger's balance before the first day is not the statement's",
    "hold-differs": "booked less available balance is not the frozen money of the ledger",
    "in-transit": "the ledger has it, and the bank may still book it within the window",
    "pending": "the ledger has it; the bank announces it and has not booked it",
}

OUTSTANDING = ("in-transit", "pending")
"""Reasons that are no differences: time alone will clear them."""


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
    def is_difference(self) -> bool:
        """Whether somebody must do something."""
        return self.reason not in OUTSTANDING
