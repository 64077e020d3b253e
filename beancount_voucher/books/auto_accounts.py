"""Accounts: what the ledger opens itself, and what the plugin opens and closes for vouchers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Balance, Close, Custom, Document, Note, Open, Pad, Transaction

from beancount_voucher.directives.source_lines import SEEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from beancount.core.amount import Amount
    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.books.batches import Batch
    from beancount_voucher.books.entry_templates import PreparedPosting
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.journal import JournalEvent


@dataclass(frozen=True, slots=True)
class AccountDates:
    """The accounts of a ledger's own directives.

    Attributes:
        opened: what it opens itself, with the dates.
        closed: what it closes itself.
        named: the first day on which it names an account in any other way.
    """

    opened: Mapping[Account, dt.date]
    closed: Mapping[Account, dt.date]
    named: Mapping[Account, dt.date]

    @classmethod
    def among(cls, entries: Iterable[Entry]) -> AccountDates:
        """Read them from a ledger's entries."""
        opened: dict[Account, dt.date] = {}
        closed: dict[Account, dt.date] = {}
        named: dict[Account, dt.date] = {}
        for entry in entries:
            if isinstance(entry, Custom):
                continue  # what it names need not be open; and there are many
            if isinstance(entry, Open):
                opened[entry.account] = entry.date
            elif isinstance(entry, Close):
                closed[entry.account] = entry.date
            else:
                for account in _accounts_of(entry):
                    if named.get(account, entry.date) >= entry.date:
                        named[account] = entry.date
        return cls(opened, closed, named)

    def fault(self, account: Account, date: dt.date, *, by_user: bool) -> str | None:
        """What an account should have been on a date, or None if it can be posted to.

        Args:
            account: the account.
            date: the day of the posting.
            by_user: whether only the ledger may open it.
        """
        opened, closed = self.opened.get(account), self.closed.get(account)
        if opened is None and by_user:
            return f"an open directive on or before {date}"
        if opened is not None and opened > date:
            return f"its open directive of {opened} on or before {date}"
        if closed is not None and closed < date:
            return f"its close directive of {closed} on or after {date}"
        return None

    def until(self, accounts: Iterable[Account]) -> dt.date:
        """The last day on which all of some accounts are open, as far as the ledger closes any."""
        never = dt.date.max
        return min((self.closed.get(account, never) for account in accounts), default=never)


def _accounts_of(entry: Entry) -> Iterable[Account]:
    """The accounts that a directive needs open."""
    if isinstance(entry, Transaction):
        return (posting.account for posting in entry.postings)
    if isinstance(entry, Pad):
        return (entry.account, entry.source_account)
    return (entry.account,) if isinstance(entry, Balance | Note | Document) else ()


class _Use(NamedTuple):
    date: dt.date
    place: SourceLine


@dataclass(slots=True)
class _Account:
    """What the plugin opens: when it is needed, and of a voucher's own account what is on it."""

    first: _Use
    last: _Use
    own: bool
    final: bool
    balance: dict[str, Decimal | int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class AutoAccounts:
    """The accounts that the plugin opens at first use, and own ones that it closes at the last.

    The ledger's own use counts, too: a balance of zero asserted before the first voucher
    finds its account open.
    """

    accounts: AccountDates
    _used: dict[Account, _Account] = field(default_factory=dict)

    def use(
        self,
        journal_event: JournalEvent,
        postings: Iterable[PreparedPosting],
        units: Sequence[Amount],
    ) -> None:
        """Note what an event needs.

        Args:
            journal_event: the event.
            postings: what it posts in one book.
            units: the units that they choose from.
        """
        event, voucher = journal_event
        use = _Use(event.date, event.place)
        for _, account, own, at in postings:
            used = self._used.get(account)
            if used is None:
                if account in self.accounts.opened:
                    continue
                final = voucher is not None and voucher.status.closed is not None
                used = self._used[account] = _Account(use, use, own, final)
            used.first, used.last = min(used.first, use), max(used.last, use)
            if used.own:
                number = units[at].number
                assert number is not None
                used.balance[units[at].currency] += number

    def used_by(self, batch: Batch) -> Batch:
        """A batch, when it is noted what it needs: accounts that are no voucher's own."""
        use, known = _Use(batch.key.date, batch.place), self._used
        for account, _ in batch.posted:
            used = known.get(account)
            if used is not None:
                used.first = min(used.first, use)
            elif account not in self.accounts.opened:
                known[account] = _Account(use, use, own=False, final=False)
        return batch

    def entries(self) -> Iterator[Entry]:
        """Open at the first use; close a voucher's leaf at its last, when it is empty for good."""
        for account, used in sorted(self._used.items(), key=_by_use):
            yield _opened(account, used.first, self.accounts)
            emptied = used.own and used.final and not any(used.balance.values())
            if emptied and account not in self.accounts.closed:
                yield Close(_position(used.last), used.last.date, account)


def _by_use(each: tuple[Account, _Account]) -> tuple[_Use, Account]:
    account, used = each
    return used.first, account


def _opened(account: Account, first: _Use, accounts: AccountDates) -> Open:
    date = min(first.date, accounts.named.get(account, first.date))
    return Open(_position(first), date, account, [], None)


def _position(use: _Use) -> dict[str, object]:
    return {**use.place._asdict(), SEEN: True}
