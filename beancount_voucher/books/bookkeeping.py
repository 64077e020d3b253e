"""Vouchers to books: events become transactions by the posting table.

One transaction per book per event, or with daily postings one for all that post alike on a day;
a book never touches another's accounts, so that one facts file serves a ledger for each party and
one for all (manual: books).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from beancount_voucher.books.auto_accounts import AutoAccounts
from beancount_voucher.books.batches import transactions
from beancount_voucher.books.daily import DailyBooks
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.books.event_writer import EventWriter
from beancount_voucher.books.free_funds import FreeFunds
from beancount_voucher.books.open_accounts import OpenAccounts
from beancount_voucher.directives.money import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Transaction

    from beancount_voucher.books.auto_accounts import AccountDates
    from beancount_voucher.books.free_funds import Cash
    from beancount_voucher.directives.account_roles import Names
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.journal import JournalEvent


@dataclass(frozen=True, slots=True)
class Books:
    """The books of a ledger.

    Attributes:
        entries: transactions, and the accounts that they need.
        problems: what could not be booked.
        cash: what was taken from, and given back to, the accounts that money is frozen on.
        cash_is_all: whether nothing else that was written moves these accounts.
    """

    entries: list[Entry]
    problems: list[Problem]
    cash: Iterable[Cash]
    cash_is_all: bool


@exact
def keep(
    evaluation: Evaluation,
    names: Names,
    accounts: AccountDates,
    kept: Iterable[str] | None,
    *,
    event_by_event: bool = False,
) -> Books:
    """Write the books.

    A transaction that needs an account which is not open is not written, and neither is what
    comes after it for the same voucher in the same book: a release without its freeze
    would be worse than nothing. The voucher's life and all other books go on.

    Args:
        evaluation: what the facts come to.
        names: the ledger's root account names.
        accounts: the accounts that the ledger opens itself.
        kept: the parties whose books are kept; None for all.
        event_by_event: whether to write no batches, also where postings are daily.
    """
    keeper = Bookkeeper(evaluation, names, kept)
    opened = OpenAccounts(accounts, keeper.user_opens)
    is_daily = evaluation.options["postings"] == "daily" and not event_by_event
    books = (_daily if is_daily else _each)(evaluation.journal, keeper, opened)
    books.problems.extend(clashes(evaluation, keeper))
    return books


def _each(journal: Iterable[JournalEvent], keeper: Bookkeeper, opened: OpenAccounts) -> Books:
    """A transaction for each event and book."""
    writer = EventWriter(keeper, opened)
    for journal_event in journal:
        writer.write(journal_event)
    entries = [*writer.entries, *writer.auto_accounts.entries()]
    cash_is_all = not keeper.posts_otherwise({cash.account for cash in writer.cash})
    return Books(entries, opened.problems, writer.cash, cash_is_all)


def _daily(journal: Iterable[JournalEvent], keeper: Bookkeeper, opened: OpenAccounts) -> Books:
    """A transaction for all that post alike on a day."""
    daily, auto_accounts = DailyBooks(keeper, opened), AutoAccounts(opened.accounts)
    daily.take(journal)
    cash = daily.cash
    entries: list[Entry] = [*transactions(map(auto_accounts.used_by, daily.batches()))]
    entries.extend(auto_accounts.entries())
    cash_is_all = not keeper.posts_otherwise(cash.accounts)
    return Books(entries, opened.problems, cash, cash_is_all)


@exact
def funds_of(
    evaluation: Evaluation,
    names: Names,
    accounts: AccountDates,
    kept: Iterable[str] | None,
    entries: Iterable[Entry],
) -> FreeFunds:
    """What is free on the accounts that vouchers are paid from, without writing a transaction.

    Args:
        evaluation: what the facts come to.
        names: the ledger's root account names.
        accounts: the accounts that the ledger opens itself.
        kept: the parties whose books are kept; None for all.
        entries: the ledger's own entries, booked.
    """
    keeper = Bookkeeper(evaluation, names, kept)
    if not keeper.per_voucher:
        daily = DailyBooks(keeper, OpenAccounts(accounts, keeper.user_opens))
        daily.take(evaluation.journal)
        cash = daily.cash
        if not keeper.posts_otherwise(cash.accounts):
            return FreeFunds(cash, entries, None)
    return free_funds_of(keep(evaluation, names, accounts, kept), entries)


def event_by_event(
    evaluation: Evaluation, names: Names, accounts: AccountDates, kept: Iterable[str] | None
) -> Iterator[Transaction]:
    """What events post, as a transaction for each event and book, also where these are daily.

    No more than a few of them are held at once.

    Args:
        evaluation: what the facts come to, for all vouchers or some.
        names: the ledger's root account names.
        accounts: the accounts that the ledger opens itself.
        kept: the parties whose books are kept; None for all.
    """
    keeper, events = Bookkeeper(evaluation, names, kept), iter(evaluation.journal)
    writer = EventWriter(keeper, OpenAccounts(accounts, keeper.user_opens))
    while some := list(islice(events, _AT_ONCE)):
        yield from _written(writer, some)


_AT_ONCE = 1000


@exact
def _written(writer: EventWriter, events: Iterable[JournalEvent]) -> list[Transaction]:
    for journal_event in events:
        writer.write(journal_event)
    entries = writer.entries.copy()
    writer.entries.clear()
    writer.cash.clear()
    return entries


def clashes(evaluation: Evaluation, keeper: Bookkeeper) -> Iterator[Problem]:
    """Accounts that are one once their placeholders are filled, and must not be."""
    for book, role, other, account in keeper.chart.clashes():
        fact = evaluation.ledger_state.parties[book].fact
        yield fact.problem(
            "bad-value",
            f"{book}: {role} is {account}, and so is {other}",
            "an account of its own, since it proves what vouchers hold",
        )


def free_funds_of(books: Books, entries: Iterable[Entry]) -> FreeFunds:
    """What is free on the accounts that the vouchers of these books are paid from.

    Args:
        books: what was written.
        entries: the ledger's own entries.
    """
    return FreeFunds(books.cash, entries, None if books.cash_is_all else books.entries)
