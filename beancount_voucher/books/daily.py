"""Events to batches: the books of ``voucher-option "postings" "daily"`` (manual: books).

No transaction is made on the way, and nothing is looked at twice that events have in common. What
events of a kind between the same parties write into a book they write into a *series* of days;
a day of a series is a batch, or a part of one, where series share all their accounts.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from beancount_voucher.books.batches import Batch, BatchKey
from beancount_voucher.books.entry_templates import amounts, form_of, split, template_of
from beancount_voucher.books.free_funds import Cash
from beancount_voucher.books.posting_table import AMOUNTS
from beancount_voucher.directives.money import MEMO, Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount.core.data import Account

    from beancount_voucher.books.entry_templates import (
        Bookkeeper,
        BookTemplate,
        EventTemplate,
        Parties,
        PreparedEntry,
        PreparedPosting,
    )
    from beancount_voucher.books.open_accounts import OpenAccounts
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import JournalEvent


@dataclass(slots=True, eq=False)
class Series:
    """What events of one row and currency write into one book, day by day.

    Attributes:
        entry: what each writes.
        payee: the side whose name its transactions show.
        row: which events they are, see ``BatchKey``.
        currency: what they move.
        lines: of each posting account and commodity, the letter of its amount, and its sign.
        accounts: accounts and commodities, sorted.
        days: the events.
        since: the first day so far on which its accounts are known to be open.
        until: the last such day.
    """

    entry: PreparedEntry
    payee: int
    row: str
    currency: str
    lines: tuple[tuple[tuple[Account, str], str, int], ...]
    accounts: tuple[tuple[Account, str], ...]
    days: dict[dt.date, list[JournalEvent]] = field(default_factory=dict)
    since: dt.date = dt.date.max
    until: dt.date = dt.date.max

    @property
    def letters(self) -> str:
        """The amounts of its events, as the posting table calls them."""
        return _letters(self.row)


def _letters(row: str) -> str:
    return AMOUNTS.get(row.partition(" ")[0], "X")


class DailyBooks:
    """Takes events one after the other, and gives batches."""

    def __init__(self, keeper: Bookkeeper, opened: OpenAccounts) -> None:
        self._keeper = keeper
        self._opened = opened
        self._written: dict[tuple[EventTemplate, Parties, str], list[Series]] = {}
        self._series: dict[tuple[BookTemplate, Parties, str, str], Series] = {}

    def take(self, journal: Iterable[JournalEvent]) -> None:
        """Take events in their order."""
        written, given_up = self._written, self._opened.given_up
        for journal_event in journal:
            found = template_of(journal_event)
            if found is None:
                continue
            event, voucher = journal_event
            money = event.fact.amount if voucher is None else voucher.amount
            assert money is not None
            key = *found, money.currency
            several = written.get(key)
            if several is None:
                several = written[key] = self._of(*key)
            date = event.date
            for series in several:
                events = series.days.get(date)
                if events is not None and not given_up:
                    events.append(journal_event)
                elif series.since <= date <= series.until and not given_up:
                    series.days[date] = [journal_event]
                elif self._may_post(series, journal_event):
                    series.days.setdefault(date, []).append(journal_event)

    def _of(self, template: EventTemplate, parties: Parties, currency: str) -> list[Series]:
        """The series that events of a template write into."""
        found, known = [], self._series
        for book in self._keeper.kept(template, parties):
            key = book, book.parties(parties), template.row, currency
            series = known.get(key)
            if series is None:
                entry = self._keeper.entry(book, parties)
                lines = tuple(_lines(entry.postings, template.row, currency))
                accounts = tuple(sorted({at for at, _, _ in lines}))
                series = Series(entry, book.payee, template.row, currency, lines, accounts)
                known[key] = series
            found.append(series)
        return found

    def _may_post(self, series: Series, journal_event: JournalEvent) -> bool:
        opened, date = self._opened, journal_event.event.date
        postings = series.entry.postings
        if not opened.may_post(series.entry.book, postings, journal_event):
            return False
        series.since = min(series.since, date)
        series.until = opened.accounts.until(posting.account for posting in postings)
        return True

    @property
    def cash(self) -> DailyCash:
        """What the events do to the accounts that money is frozen on."""
        return DailyCash([each for each in self._series.values() if each.entry.cash])

    def batches(self) -> Iterator[Batch]:
        """What has happened, in no particular order; to be asked once, when all is taken."""
        self._written.clear()
        alike: dict[tuple[object, ...], list[Series]] = defaultdict(list)
        for series in self._series.values():
            alike[series.entry.book, series.row, series.currency, series.accounts].append(series)
        return chain.from_iterable(map(self._batches, alike.values()))

    def _batches(self, alike: Sequence[Series]) -> Iterator[Batch]:
        """The batches of series that post to the same accounts."""
        if len(alike) == 1:
            for date, events in alike[0].days.items():
                yield self._batch(alike[0], date, events, events)
            return
        for date in dict.fromkeys(chain.from_iterable(each.days for each in alike)):
            parts = [each for each in alike if date in each.days]
            whole = list(chain.from_iterable(each.days[date] for each in parts))
            batch = self._batch(parts[0], date, parts[0].days[date], whole)
            for each in parts[1:]:
                batch = batch.plus(self._batch(each, date, each.days[date]))
            yield batch

    def _batch(
        self,
        series: Series,
        date: dt.date,
        events: Sequence[JournalEvent],
        counted: Sequence[JournalEvent] = (),
    ) -> Batch:
        """What some events of a series come to, and of how many vouchers others are.

        One voucher may have events in several parts of a batch.
        """
        sums = _sums(events)
        posted: dict[tuple[Account, str], Decimal] = {}
        for at, letter, sign in series.lines:
            number = sums[letter] if sign > 0 else -sums[letter]
            posted[at] = posted[at] + number if at in posted else number
        reasons = ()
        if series.row == "void":
            reasons = tuple(sorted({each.event.fact.terms["reason"] for each in events}))
        return Batch(
            BatchKey(date, series.entry.book, series.row, series.currency, series.accounts),
            _first_place(events),
            posted,
            sums,
            _vouchers(counted),
            self._payee(series.payee, events),
            reasons,
        )

    def _payee(self, side: int, events: Iterable[JournalEvent]) -> str | None:
        """The one on the other side of all events."""
        name_of, found = self._keeper.display_name, None
        for event, voucher in events:
            parties = event.fact.ids if voucher is None else voucher.agreed.parties
            name = name_of(parties[side])
            if found is not None and name != found:
                return None
            found = name
        return found


def _lines(
    postings: Iterable[PreparedPosting], row: str, currency: str
) -> Iterator[tuple[tuple[Account, str], str, int]]:
    for _, account, _, at in postings:
        letter, (memo, sign) = form_of(at, _letters(row))
        yield (account, currency + MEMO * bool(memo)), letter, sign


def _first_place(events: Sequence[JournalEvent]) -> SourceLine:
    """The first of their directives, by file and line."""
    place = events[0].event.fact.place
    return place if len(events) == 1 else min([event.fact.place for event, _ in events])


def _vouchers(events: Sequence[JournalEvent]) -> int:
    """Of how many vouchers, or credit lines, events are."""
    if len(events) < 2 or events[0].event.kind in _ONCE:  # noqa: PLR2004
        return len(events)
    return len({event.fact.ids if voucher is None else voucher.id for event, voucher in events})


_ONCE = frozenset({"issue", "accept", "recognise", "reject", "void"})
"""What happens to a voucher once."""


def _sums(events: Sequence[JournalEvent]) -> dict[str, Decimal]:
    """What events of a kind come to, by the letters of the posting table."""
    first = events[0].event
    if len(events) == 1:
        return dict(amounts(first))
    if first.kind not in AMOUNTS:
        return {"X": Decimal(sum([event.amount for event, _ in events]))}
    if not any(event.change for event, _ in events):  # most of all events
        amount = sum([event.amount for event, _ in events])
        released = sum([event.released for event, _ in events])
        return dict(split(first.kind, Decimal(amount), Decimal(released), None))
    sums: dict[str, Decimal] = {}
    for event, _ in events:
        for letter, number in amounts(event):
            sums[letter] = sums[letter] + number if letter in sums else number
    return sums


@dataclass(frozen=True, slots=True)
class DailyCash:
    """What events take from, and give back to, the accounts that money is frozen on.

    It is told event by event, and kept day by day.
    """

    series: Sequence[Series]

    @property
    def accounts(self) -> set[Account]:
        """The accounts."""
        return {posting.account for each in self.series for posting in each.entry.cash}

    def __iter__(self) -> Iterator[Cash]:
        """Each event's part."""
        for series in self.series:
            for _, account, _, at in series.entry.cash:
                letter, (memo, sign) = form_of(at, series.letters)
                currency = series.currency + MEMO * bool(memo)
                for event, _ in chain.from_iterable(series.days.values()):
                    number = event.amount if letter == "X" else dict(amounts(event))[letter]
                    units = Money(number if sign > 0 else -number, currency)
                    yield Cash(event, account, units, series.entry.cash_sign)
