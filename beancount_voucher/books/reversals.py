"""What a refusal takes back, book by book: all that the events which it strikes have posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.amount import Amount

from beancount_voucher.books.entry_templates import template_of
from beancount_voucher.books.event_amounts import amounts, form_of, letters_of
from beancount_voucher.directives.account_roles import voucher_leaf
from beancount_voucher.directives.money import MEMO
from beancount_voucher.lifecycle.journal import JournalEvent

if TYPE_CHECKING:
    from collections.abc import Container
    from decimal import Decimal

    from beancount.core.data import Account

    from beancount_voucher.books.entry_templates import (
        Bookkeeper,
        PreparedEntry,
        PreparedPosting,
    )
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher


class Reversal:
    """What one book takes back, summed up by account and commodity.

    Attributes:
        payee: whose name its transaction shows.
        cash: the accounts that money is frozen on, each with the sign of what comes to it.
    """

    def __init__(self, payee: str) -> None:
        self.payee = payee
        self.cash: dict[Account, int] = {}
        self._sums: dict[tuple[Account, str], Decimal] = {}
        self._of: dict[Account, PreparedPosting] = {}

    def take(self, entry: PreparedEntry, event: VoucherEvent, voucher: Voucher, way: int) -> None:
        """One event of the book, which is taken back (-1), or booked instead (+1)."""
        currency = voucher.amount.currency
        letters, numbers = letters_of(event.kind), dict(amounts(event))
        for posting in entry.postings:
            own = of_voucher(posting, voucher.id)
            letter, (memo, sign) = form_of(posting.units, letters)
            number = way * sign * numbers[letter]
            key = own.account, currency + MEMO * bool(memo)
            self._of[own.account] = own
            self._sums[key] = self._sums[key] + number if key in self._sums else number
            if posting in entry.cash:
                self.cash[own.account] = entry.cash_sign

    @property
    def posted(self) -> dict[tuple[Account, str], Decimal]:
        """What is posted; what was taken back before is not."""
        return {key: number for key, number in self._sums.items() if number}

    def postings(self) -> tuple[list[PreparedPosting], list[Amount]]:
        """Postings, and the units that they choose from."""
        left = list(self.posted.items())
        units = [Amount(number, currency) for (_, currency), number in left]
        made = [self._of[account]._replace(units=at) for at, ((account, _), _) in enumerate(left)]
        return made, units


def reversals(
    journal_event: JournalEvent, keeper: Bookkeeper, given_up: Container[tuple[str, str]]
) -> dict[str, Reversal]:
    """What a refusal takes back, by book; some may have nothing left.

    Args:
        journal_event: the refusal.
        keeper: what events write into books.
        given_up: vouchers, each with a book to which nothing of it is posted.
    """
    event, voucher = journal_event
    assert voucher is not None
    found: dict[str, Reversal] = {}
    for moved, lived, way in voucher.struck_by(event).moves():
        template = template_of(JournalEvent(moved, lived))
        for entry, payee in () if template is None else keeper.entries(*template):
            if (voucher.id, entry.book) not in given_up:
                reversal = found.setdefault(entry.book, Reversal(payee))
                reversal.take(entry, moved, lived, way)
    return found


def of_voucher(posting: PreparedPosting, voucher: str) -> PreparedPosting:
    """A posting with the voucher's own account, where each has one."""
    if not posting.own:
        return posting
    return posting._replace(account=voucher_leaf(posting.account, voucher))
