"""Events to batches: the books of ``voucher-option "postings" "daily"`` (manual: books).

No transaction is made on the way, and nothing is looked at twice that events have in common.
Events of one day, template, currency and parties post alike: they are a *group*, which is looked
at once. What a group posts in a book is a part of a batch, with those of other parties that
share the accounts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from beancount_voucher.books.batches import Batch, BatchKey, merged
from beancount_voucher.books.entry_templates import amounts, form_of, template_of
from beancount_voucher.books.free_funds import Cash
from beancount_voucher.books.posting_table import AMOUNTS
from beancount_voucher.directives.money import MEMO, Money

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from beancount_voucher.books.entry_templates import (
        Bookkeeper,
        EventTemplate,
        Parties,
        PreparedEntry,
    )
    from beancount_voucher.books.open_accounts import OpenAccounts
    from beancount_voucher.lifecycle.evaluation import JournalEvent
    from beancount_voucher.lifecycle.vouchers import VoucherEvent

_Entries = list[tuple["PreparedEntry", str]]


@dataclass(slots=True, eq=False)
class Group:
    """Events that post alike.

    Attributes:
        date: their day.
        row: which events they are, see ``BatchKey``.
        currency: what they move.
        entries: what each writes into books, with the display name of the other side.
        is_open: whether all accounts can be posted to.
        events: the events.
    """

    date: dt.date
    row: str
    currency: str
    entries: _Entries
    is_open: bool
    events: list[JournalEvent] = field(default_factory=list)

    @property
    def letters(self) -> str:
        """The amounts of the events, as the posting table calls them."""
        return AMOUNTS.get(self.row.partition(" ")[0], "X")

    def numbers(self, letter: str) -> Iterator[tuple[VoucherEvent, Decimal]]:
        """What each event comes to."""
        if self.letters == "X":  # most of all events
            return ((event, event.amount) for event, _ in self.events)
        return ((event, dict(amounts(event))[letter]) for event, _ in self.events)

    def sums(self) -> dict[str, Decimal]:
        """What the events come to, by the letters of the posting table."""
        sums: dict[str, Decimal] = {}
        for event, _ in self.events:
            for letter, number in amounts(event):
                sums[letter] = sums[letter] + number if letter in sums else number
        return sums


class DailyBooks:
    """Takes events one after the other, and gives batches."""

    def __init__(self, keeper: Bookkeeper, accounts: OpenAccounts) -> None:
        self._keeper = keeper
        self._accounts = accounts
        self._groups: dict[tuple[EventTemplate, Parties, dt.date, str], Group] = {}
        self._incomplete: dict[tuple[Group, tuple[str, ...]], Group] = {}

    def take(self, journal: Iterable[JournalEvent]) -> None:
        """Take events in their order."""
        groups, accounts = self._groups, self._accounts
        for journal_event in journal:
            event, voucher = journal_event
            found = template_of(journal_event)
            if found is None:
                continue
            template, parties = found
            if voucher is None:
                assert event.fact.amount is not None
                currency = event.fact.amount.currency
            else:
                currency = voucher.amount.currency
            key = template, parties, event.date, currency
            group = groups.get(key)
            if group is None:
                group = groups[key] = self._group(*key)
            if group.is_open and not accounts.given_up:
                group.events.append(journal_event)
            else:
                self._take_with_care(group, journal_event)

    def _group(
        self, template: EventTemplate, parties: Parties, date: dt.date, currency: str
    ) -> Group:
        entries = self._keeper.entries(template, parties)
        is_open = all(self._accounts.fault(entry.postings, date) is None for entry, _ in entries)
        return Group(date, template.row, currency, entries, is_open)

    def _take_with_care(self, group: Group, journal_event: JournalEvent) -> None:
        """Take an event into the books whose accounts are open, and were for its voucher."""
        entries = [
            (entry, payee)
            for entry, payee in group.entries
            if self._accounts.may_post(entry.book, entry.postings, journal_event)
        ]
        if len(entries) < len(group.entries):
            key = group, tuple(entry.book for entry, _ in entries)
            known = self._incomplete.get(key)
            if known is None:
                known = Group(group.date, group.row, group.currency, entries, is_open=False)
                self._incomplete[key] = known
            group = known
        group.events.append(journal_event)

    def groups(self) -> list[Group]:
        """Every group in which something has happened."""
        return [
            group for group in (*self._groups.values(), *self._incomplete.values()) if group.events
        ]


def batches_of(groups: Iterable[Group]) -> list[Batch]:
    """What groups post, in the order of a ledger."""
    parts: dict[BatchKey, list[tuple[Batch, Group]]] = defaultdict(list)
    for part, group in parts_of(groups):
        parts[part.key].append((part, group))
    return merged(
        part._replace(vouchers=count)
        for several in parts.values()
        for (part, _), count in zip(several, _counts(several), strict=True)
    )


def parts_of(groups: Iterable[Group]) -> Iterator[tuple[Batch, Group]]:
    """What each group posts in each book, with the group; vouchers are not counted yet."""
    for group in groups:
        sums, place = group.sums(), min(map(_place, group.events))
        reasons = frozenset(
            each.event.fact.terms["reason"] for each in group.events if group.row == "void"
        )
        for entry, payee in group.entries:
            posted = _posted(entry, group, sums)
            accounts = tuple(sorted(posted))
            key = BatchKey(group.date, entry.book, group.row, group.currency, accounts)
            yield Batch(key, place, posted, sums, 0, frozenset((payee,)), reasons), group


_place = attrgetter("event.fact.place")


def _counts(parts: Sequence[tuple[Batch, Group]]) -> Iterator[int]:
    """How many vouchers each part adds: one that has two events of a day counts once."""
    known: set[object] = set()
    for _, group in parts:
        before = len(known)
        known.update(
            event.fact.ids if voucher is None else voucher.id for event, voucher in group.events
        )
        yield len(known) - before


def _posted(
    entry: PreparedEntry, group: Group, sums: dict[str, Decimal]
) -> dict[tuple[str, str], Decimal]:
    """What a group posts in one book, by account and commodity."""
    posted: dict[tuple[str, str], Decimal] = {}
    letters = group.letters
    for _, account, _, at in entry.postings:
        letter, (memo, sign) = form_of(at, letters)
        key = account, group.currency + MEMO * bool(memo)
        number = sums[letter] if sign > 0 else -sums[letter]
        posted[key] = posted[key] + number if key in posted else number
    return posted


@dataclass(frozen=True, slots=True)
class DailyCash:
    """What events take from, and give back to, the accounts that money is frozen on.

    It is told event by event, and kept in groups.
    """

    groups: Sequence[Group]

    @property
    def accounts(self) -> set[str]:
        """The accounts."""
        return {
            posting.account
            for group in self.groups
            for entry, _ in group.entries
            for posting in entry.cash
        }

    def __iter__(self) -> Iterator[Cash]:
        """Each event's part."""
        for group in self.groups:
            letters = group.letters
            for entry, _ in group.entries:
                for _, account, _, at in entry.cash:
                    letter, (memo, sign) = form_of(at, letters)
                    currency = group.currency + MEMO * bool(memo)
                    for event, number in group.numbers(letter):
                        units = Money(number if sign > 0 else -number, currency)
                        yield Cash(event, account, units, entry.cash_sign)
