"""Which accounts events may be posted to, and what becomes of a voucher where they may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from beancount_voucher.directives.account_roles import USER_OPENED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from beancount.core.data import Account

    from beancount_voucher.books.auto_accounts import AccountDates
    from beancount_voucher.books.entry_templates import PreparedPosting
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.lifecycle.journal import JournalEvent


@dataclass(slots=True)
class OpenAccounts:
    """The accounts that can be posted to, and the vouchers that could not be.

    What needs an account which is not open is not written, and neither is what comes after it
    for the same voucher in the same book: a release without its freeze would be worse than
    nothing.

    Attributes:
        accounts: the accounts that the ledger opens itself.
        user_opens: whether only the ledger may open any.
        problems: what could not be posted.
        given_up: vouchers, each with a book to which no more of it is posted.
    """

    accounts: AccountDates
    user_opens: bool
    problems: list[Problem] = field(default_factory=list)
    given_up: set[tuple[str, str]] = field(default_factory=set)

    def fault(
        self, postings: Iterable[PreparedPosting], date: dt.date
    ) -> tuple[Account, str] | None:
        """The first account that cannot be posted to on a day, and what it should have been."""
        for role, account, _, _ in postings:
            by_user = self.user_opens or role in USER_OPENED
            expected = self.accounts.fault(account, date, by_user=by_user)
            if expected:
                return account, expected
        return None

    def may_post(
        self, book: str, postings: Iterable[PreparedPosting], journal_event: JournalEvent
    ) -> bool:
        """Whether an event may be posted to a book: its accounts are open, and so far always were.

        Where they are not, that is a problem, and the book gives the voucher up.
        """
        event, voucher = journal_event
        if voucher is not None and (voucher.id, book) in self.given_up:
            return False
        fault = self.fault(postings, event.date)
        if fault is None:
            return True
        account, expected = fault
        self.problems.append(
            event.fact.problem(
                "account-not-open",
                f"{event.fact.ids[0]}: {event.kind} on {event.date} needs {account} "
                f"in the book of {book}, which is not open",
                expected,
            )
        )
        if voucher is not None:
            self.given_up.add((voucher.id, book))
        return False
