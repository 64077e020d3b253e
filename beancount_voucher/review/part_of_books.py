"""The books of two revisions, as far as the vouchers reach that differ.

All other vouchers post the same before and after, so they are booked once, in sums; of those
that differ every transaction is written, before and after.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from beancount.core.data import Custom, Transaction
from beancount.parser import booking

from beancount_voucher.audit.expected import BoundHoldRules
from beancount_voucher.audit.hold_accounts import HoldAccounts, above
from beancount_voucher.audit.premiums import unmirrored_premiums
from beancount_voucher.books import bookkeeping
from beancount_voucher.books.daily import DailyBooks, DailyCash
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.books.free_funds import FreeFunds
from beancount_voucher.books.open_accounts import OpenAccounts
from beancount_voucher.directives.account_roles import INVARIANT_OF, LINE_PARTS
from beancount_voucher.directives.entries import amounts_of
from beancount_voucher.directives.money import exact

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.books.auto_accounts import AccountDates
    from beancount_voucher.books.bookkeeping import Books
    from beancount_voucher.ledger.loader import Ledger

Sums = defaultdict[tuple["Account", str], Decimal]
"""By account and currency; nothing is zero."""

PAYABLE, RECEIVABLE = "interbank-payable", "interbank-receivable"
_MIRRORED = frozenset({PAYABLE, RECEIVABLE, "loan", "loans"})
_PROVEN = _MIRRORED | INVARIANT_OF.keys()
"""The roles of accounts that the audit compares with what vouchers say, or with each other."""


@dataclass(frozen=True)
class PartOfBooks:
    """What the vouchers that differ do to the books.

    Attributes:
        ledgers: before and after; whatever is no voucher's event is the same on both.
        vouchers: the ids of those that differ.
        written: what was written of the vouchers that differ, before and after.
        own: the accounts that the ledger itself opens, closes and names.
        others: what all other vouchers, and credit lines, write on either side.
        opened: the accounts that these could be posted to.
        keeper: whose books are kept; it knows every account that is posted to.
    """

    ledgers: tuple[Ledger, Ledger]
    vouchers: frozenset[str]
    written: tuple[Books, Books]
    own: AccountDates
    others: DailyBooks
    opened: OpenAccounts
    keeper: Bookkeeper

    @classmethod
    @exact
    def of(cls, before: Ledger, after: Ledger, vouchers: frozenset[str]) -> PartOfBooks:
        """Book as much of two ledgers as tells them apart.

        Args:
            before: the one.
            after: the other, with the same parties, options and accounts.
            vouchers: the ids of those that differ.
        """
        names, kept, own = before.names, before.kept, before.own_accounts
        keeper = Bookkeeper(before.evaluation, names, kept)
        opened = OpenAccounts(own, keeper.user_opens)
        others = DailyBooks(keeper, opened)
        others.take(
            each
            for each in before.evaluation.journal
            if each.voucher is None or each.voucher.id not in vouchers
        )
        parts = before.evaluation.part(vouchers), after.evaluation.part(vouchers)
        for journal_event in chain(parts[0].journal, parts[1].journal):
            keeper.prepared(journal_event)
        was, now = (bookkeeping.keep(part, names, own, kept, event_by_event=True) for part in parts)
        return cls((before, after), vouchers, (was, now), own, others, opened, keeper)

    @property
    def is_booked(self) -> bool:
        """Whether all accounts could be posted to."""
        return not (self.opened.problems or any(books.problems for books in self.written))

    @cached_property
    def transactions(self) -> tuple[list[Transaction], list[Transaction]]:
        """What the vouchers that differ post, before and after, by event and book."""
        was, now = (
            [entry for entry in books.entries if isinstance(entry, Transaction)]
            for books in self.written
        )
        return was, now

    @cached_property
    def accounts(self) -> frozenset[Account]:
        """The accounts that they post to, before or after."""
        return frozenset(
            posting.account for entry in chain(*self.transactions) for posting in entry.postings
        )

    @exact
    def moved(self) -> Mapping[tuple[Account, str], Mapping[dt.date, list[Decimal]]]:
        """What they post to each account and all below it, day by day, before and after."""
        found: dict[tuple[Account, str], dict[dt.date, list[Decimal]]] = defaultdict(
            lambda: defaultdict(lambda: [Decimal(0), Decimal(0)])
        )
        for at, entries in enumerate(self.transactions):
            for entry in entries:
                for account, number, currency in amounts_of(entry):
                    for each in (account, *above(account)):
                        found[each, currency][entry.date][at] += number
        return found

    # --- The audit ----------------------------------------------------------------------

    @cached_property
    def proven(self) -> dict[Account, set[str]]:
        """The accounts that the audit looks at, whoever posts to them, with all their roles."""
        account, found = self.keeper.chart.account, defaultdict[str, set[str]](set)
        states = [ledger.evaluation.ledger_state for ledger in self.ledgers]
        posted = list(self.keeper.posted_roles())
        for each, role in posted:
            if role in _PROVEN:
                found[each].add(role)
        for holder, bank in {pair[:2] for state in states for pair in state.lines.all()}:
            for part in LINE_PARTS:
                found[account(holder, part, bank, None)].add(part)
                found[account(bank, part, holder, None)].add(part)
        vouchers = chain.from_iterable(state.vouchers.values() for state in states)
        parties = {each.terms.parties for each in vouchers if each.terms is not None}
        for holder, issuer in {each[:2] for each in parties}:
            found[account(holder, "loan", issuer, None)].add("loan")
            found[account(issuer, "loans", holder, None)].add("loans")
        for issuer, acceptor in {each[1:3] for each in parties}:
            found[account(issuer, PAYABLE, acceptor, None)].add(PAYABLE)
            found[account(acceptor, RECEIVABLE, issuer, None)].add(RECEIVABLE)
        for each, role in posted:
            if each in found:
                found[each].add(role)
        return found

    @property
    def is_mixed(self) -> bool:
        """Whether an account that the audit proves is for something else, too.

        What stands in two books, each has under names of its own: where a party has chosen
        another, several may have become one.
        """
        chosen = any(role in _MIRRORED for _, role in self.ledgers[0].evaluation.replaced)
        several = any(len(roles) > 1 for roles in self.proven.values())
        return chosen or several or self._posts_to_holds()

    def _posts_to_holds(self) -> bool:
        """Whether something else comes to an account for holds, or to one below it.

        The audit knows such an account by its name, also where no voucher has a hold on it yet;
        and with what stands below it, unless vouchers post there.
        """
        keeper = self.keeper
        holds = HoldAccounts(self.ledgers[0].evaluation, keeper, BoundHoldRules(keeper), ())
        others = [account for account, role in keeper.posted_roles() if role not in INVARIANT_OF]
        return any(holds.of(account) for account in self.accounts.intersection(others))

    @exact
    def has_findings(self) -> bool:
        """Whether the audit finds something in one of these vouchers, taken by itself."""
        keeper = self.keeper
        for ledger, entries in zip(self.ledgers, self.transactions, strict=True):
            state = ledger.evaluation.ledger_state
            some = {id_: each for id_, each in state.vouchers.items() if id_ in self.vouchers}
            alone = replace(ledger.evaluation, ledger_state=replace(state, vouchers=some))
            if any(unmirrored_premiums(alone, keeper, entries)):
                return True
        return False

    # --- Money --------------------------------------------------------------------------

    def by_hand(self) -> list[Transaction] | None:
        """The ordinary transactions on the accounts of the vouchers that differ, booked.

        All of them are booked for it, as what stands on an account may depend on others. None
        where Beancount gives up on that: a whole load says so.
        """
        ledger, accounts = self.ledgers[0], self.accounts
        others = [entry for entry in ledger.entries if not isinstance(entry, Custom)]
        try:
            booked, _ = booking.book(others, {**ledger.options})  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001  such as of an amount with too many digits
            return None
        return [
            entry
            for entry in booked
            if isinstance(entry, Transaction)
            and any(posting.account in accounts for posting in entry.postings)
        ]

    @exact
    def is_funded(self, ordinary: Iterable[Entry]) -> bool:
        """Whether the money is there, before and after, on the accounts that these vouchers move.

        Args:
            ordinary: the transactions that people have written on their accounts.
        """
        accounts = {cash.account for books in self.written for cash in books.cash}
        accounts |= self.accounts & self.others.cash.accounts
        if self.keeper.posts_otherwise(accounts):
            return False  # what is moved is not all that is frozen and given back
        series = [
            each
            for each in self.others.series
            if any(posting.account in accounts for posting in each.entry.cash)
        ]
        return not any(
            shortfall.account in accounts
            for books in self.written
            for shortfall in FreeFunds(
                chain(DailyCash(series), books.cash), ordinary, None
            ).shortfalls()
        )

    @exact
    def sums(self, ordinary: Iterable[Transaction]) -> tuple[Sums, Sums]:
        """What all transactions leave on the accounts of these vouchers, before and after.

        Args:
            ordinary: the transactions that people have written on them.
        """
        accounts, others = self.accounts, Sums(Decimal)
        for account, number, currency in self.others.posted_to(accounts):
            others[account, currency] += number
        for account, number, currency in _posted(ordinary):
            if account in accounts:
                others[account, currency] += number
        before, after = others, others.copy()
        for sums, entries in zip((before, after), self.transactions, strict=True):
            for account, number, currency in _posted(entries):
                sums[account, currency] += number
        return before, after


def _posted(entries: Iterable[Transaction]) -> Iterator[tuple[Account, Decimal, str]]:
    return chain.from_iterable(map(amounts_of, entries))
