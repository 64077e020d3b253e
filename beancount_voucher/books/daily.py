"""Events to batches: the books of ``voucher-option "postings" "daily"`` (manual: books).

No transaction is made on the way, and nothing is looked at twice that events have in common. What
events of a kind between the same parties write into a book they write into a *series* of days;
a day of a series is a batch, or a part of one, where series share all their accounts.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.books.batches import Batch, BatchKey
from beancount_voucher.books.entry_templates import template_of
from beancount_voucher.books.event_amounts import amounts, form_of, letters_of, split
from beancount_voucher.books.free_funds import Cash
from beancount_voucher.books.posting_table import AMOUNTS
from beancount_voucher.books.reversals import reversals
from beancount_voucher.directives.money import MEMO, Money

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
    from decimal import Decimal

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
    from beancount_voucher.books.reversals import Reversal
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.journal import JournalEvent


@dataclass(slots=True, eq=False)
class _Day:
    """The events of a series on a day, and sums of what is theirs: no change is in them.

    Attributes:
        place: the first of their directives, by file and line.
    """

    events: list[JournalEvent]
    place: SourceLine
    amount: Decimal
    released: Decimal


@dataclass(slots=True, eq=False)
class Series:
    """What events of one row and currency write into one book, day by day.

    Attributes:
        entry: what each writes.
        payee: the side whose name its transactions show.
        is_one: whether that is one party.
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
    is_one: bool
    row: str
    currency: str
    lines: tuple[tuple[tuple[Account, str], str, int], ...]
    accounts: tuple[tuple[Account, str], ...]
    days: dict[dt.date, _Day] = field(default_factory=dict)
    since: dt.date = dt.date.max
    until: dt.date = dt.date.max

    @property
    def letters(self) -> str:
        """The amounts of its events, as the posting table calls them."""
        return _letters(self.row)

    def key(self, date: dt.date) -> BatchKey:
        """What its events of a day have in common."""
        return BatchKey(date, self.entry.book, self.row, self.currency, self.accounts)


def _letters(row: str) -> str:
    return letters_of(row.partition(" ")[0])


class _Column(NamedTuple):
    """One book of a template, and its series by the parties on which its accounts depend."""

    template: BookTemplate
    row: str
    currency: str
    parties: Callable[[Parties], Parties]
    series: dict[Parties, Series | None]


class DailyBooks:
    """Takes events one after the other, and gives batches."""

    def __init__(self, keeper: Bookkeeper, opened: OpenAccounts) -> None:
        self._keeper = keeper
        self._opened = opened
        self._columns: dict[tuple[EventTemplate, str], list[_Column]] = {}
        self._series: dict[tuple[BookTemplate, str, str], dict[Parties, Series | None]] = {}
        self._reversed: list[tuple[JournalEvent, dict[str, Reversal]]] = []

    def take(self, journal: Iterable[JournalEvent]) -> None:
        """Take events in their order."""
        columns, given_up = self._columns, self._opened.given_up
        for journal_event in journal:
            found = template_of(journal_event)
            if found is None:
                if journal_event.event.kind == "refusal":
                    taken_back = reversals(journal_event, self._keeper, given_up)
                    self._reversed.append((journal_event, taken_back))
                continue
            template, parties = found
            event, voucher = journal_event
            money = event.fact.amount if voucher is None else voucher.amount
            assert money is not None
            key = template, money.currency
            books = columns.get(key)
            if books is None:
                books = columns[key] = self._columns_of(*key)
            date, place = event.date, event.fact.place
            for column in books:
                between = column.parties(parties)
                series = column.series.get(between)
                if series is None and between not in column.series:
                    series = column.series[between] = self._of(column, parties)
                if series is None:
                    continue
                day = series.days.get(date)
                is_open = day is not None or series.since <= date <= series.until
                if (given_up or not is_open) and not self._may_post(series, journal_event):
                    continue
                if day is None:
                    series.days[date] = _Day([journal_event], place, event.amount, event.released)
                else:
                    day.events.append(journal_event)
                    day.amount += event.amount
                    day.released += event.released
                    day.place = min(day.place, place)

    def _columns_of(self, template: EventTemplate, currency: str) -> list[_Column]:
        """Where events of a template write: the same series, where templates have a book alike."""
        row = template.row
        return [
            _Column(
                book,
                row,
                currency,
                book.parties,
                self._series.setdefault((book, row, currency), {}),
            )
            for book in template.books
        ]

    def _of(self, column: _Column, parties: Parties) -> Series | None:
        """The series of a column between some parties; None if that book is not kept."""
        template, row, currency = column.template, column.row, column.currency
        if not self._keeper.keeps(parties[template.side]):
            return None
        entry = self._keeper.entry(template, parties)
        lines = tuple(_lines(entry.postings, row, currency))
        accounts = tuple(sorted({at for at, _, _ in lines}))
        is_one = template.payee in template.needed
        return Series(entry, template.payee, is_one, row, currency, lines, accounts)

    def _may_post(self, series: Series, journal_event: JournalEvent) -> bool:
        opened, date = self._opened, journal_event.event.date
        postings = series.entry.postings
        if not opened.may_post(series.entry.book, postings, journal_event):
            return False
        series.since = min(series.since, date)
        series.until = opened.accounts.until(posting.account for posting in postings)
        return True

    @property
    def templates(self) -> list[EventTemplate]:
        """The templates of all that has happened."""
        return list(dict.fromkeys(template for template, _ in self._columns))

    @property
    def series(self) -> list[Series]:
        """What was written, day by day; without reversals."""
        return list(self._all())

    @property
    def cash(self) -> DailyCash:
        """What the events do to the accounts that money is frozen on."""
        taken_back = [
            Cash(event, account, Money(number, currency), reversal.cash[account])
            for (event, _), _, reversal in self._reversals()
            for (account, currency), number in reversal.posted.items()
            if account in reversal.cash
        ]
        return DailyCash([each for each in self._all() if each.entry.cash], taken_back)

    def posted_to(self, accounts: Container[Account]) -> Iterator[tuple[Account, Decimal, str]]:
        """What is posted to some accounts, day by day; without reversals.

        Args:
            accounts: those asked for.
        """
        for series in self._all():
            lines = [line for line in series.lines if line[0][0] in accounts]
            for sums in map(_sums, series.days.values() if lines else ()):
                for (account, currency), letter, sign in lines:
                    yield account, sums[letter] if sign > 0 else -sums[letter], currency

    def batches(self) -> Iterator[Batch]:
        """What has happened, in no particular order."""
        alike: dict[tuple[object, ...], list[Series]] = defaultdict(list)
        for series in self._all():
            alike[series.entry.book, series.row, series.currency, series.accounts].append(series)
        several = chain.from_iterable(map(self._batches, alike.values()))
        return chain(several, self._taken_back())

    def _reversals(self) -> Iterator[tuple[JournalEvent, str, Reversal]]:
        for refusal, taken_back in self._reversed:
            for book, reversal in taken_back.items():
                if reversal.posted:
                    yield refusal, book, reversal

    def _taken_back(self) -> Iterator[Batch]:
        """What refusals take back."""
        found: dict[BatchKey, Batch] = {}
        vouchers: dict[BatchKey, set[str]] = defaultdict(set)
        for (event, voucher), book, reversal in self._reversals():
            assert voucher is not None
            posted, currency = reversal.posted, voucher.amount.currency
            key = BatchKey(event.date, book, event.kind, currency, tuple(sorted(posted)))
            reasons = (event.fact.terms["code"],)
            batch = Batch(key, event.fact.place, posted, {}, 1, reversal.payee, reasons)
            found[key] = found[key].plus(batch) if key in found else batch
            vouchers[key].add(voucher.id)
        return (batch._replace(vouchers=len(vouchers[key])) for key, batch in found.items())

    def _all(self) -> Iterator[Series]:
        every = chain.from_iterable(known.values() for known in self._series.values())
        return (series for series in every if series is not None)

    def _batches(self, alike: Sequence[Series]) -> Iterator[Batch]:
        """The batches of series that post to the same accounts."""
        if len(alike) == 1:
            for date, day in alike[0].days.items():
                yield self._batch(alike[0], date, day, day.events)
            return
        for date in dict.fromkeys(chain.from_iterable(each.days for each in alike)):
            parts = [each for each in alike if date in each.days]
            whole = list(chain.from_iterable(each.days[date].events for each in parts))
            batch = self._batch(parts[0], date, parts[0].days[date], whole)
            for each in parts[1:]:
                batch = batch.plus(self._batch(each, date, each.days[date], ()))
            yield batch

    def _batch(
        self, series: Series, date: dt.date, day: _Day, counted: Sequence[JournalEvent]
    ) -> Batch:
        """What a day of a series comes to, and of how many vouchers some events are.

        One voucher may have events in several parts of a batch.
        """
        sums = _sums(day)
        posted: dict[tuple[Account, str], Decimal] = {}
        for at, letter, sign in series.lines:
            number = sums[letter] if sign > 0 else -sums[letter]
            posted[at] = posted[at] + number if at in posted else number
        reasons = ()
        if series.row == "void":
            reasons = tuple(sorted({each.event.fact.terms["reason"] for each in day.events}))
        return Batch(
            series.key(date),
            day.place,
            posted,
            sums,
            _vouchers(counted),
            self._payee(series.payee, day.events[:1] if series.is_one else day.events),
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


def _vouchers(events: Sequence[JournalEvent]) -> int:
    """Of how many vouchers, or credit lines, events are."""
    if len(events) < 2 or events[0].event.kind in _ONCE:  # noqa: PLR2004
        return len(events)
    return len({event.fact.ids if voucher is None else voucher.id for event, voucher in events})


_ONCE = frozenset({"issue", "accept", "recognise", "reject", "void"})
"""What happens to a voucher once."""


def _sums(day: _Day) -> dict[str, Decimal]:
    """What the events of a day come to, by the letters of the posting table."""
    kind = day.events[0].event.kind
    if kind not in _MAY_CHANGE:
        return {"X": day.amount}
    if not any(event.change for event, _ in day.events):
        return dict(split(kind, day.amount, day.released, None))
    sums: dict[str, Decimal] = {}
    for event, _ in day.events:
        for letter, number in amounts(event):
            sums[letter] = sums[letter] + number if letter in sums else number
    return sums


_MAY_CHANGE = AMOUNTS.keys()
"""Events that may have amounts of a change beside their own."""


@dataclass(frozen=True, slots=True)
class DailyCash:
    """What events take from, and give back to, the accounts that money is frozen on.

    It is told event by event, and kept day by day.
    """

    series: Sequence[Series]
    taken_back: Sequence[Cash] = ()

    @property
    def accounts(self) -> set[Account]:
        """The accounts."""
        accounts = {posting.account for each in self.series for posting in each.entry.cash}
        return accounts.union(each.account for each in self.taken_back)

    def __iter__(self) -> Iterator[Cash]:
        """Each event's part."""
        yield from self.taken_back
        for series in self.series:
            for _, account, _, at in series.entry.cash:
                letter, (memo, sign) = form_of(at, series.letters)
                currency = series.currency + MEMO * bool(memo)
                for event, _ in chain.from_iterable(day.events for day in series.days.values()):
                    number = event.amount if letter == "X" else dict(amounts(event))[letter]
                    units = Money(number if sign > 0 else -number, currency)
                    yield Cash(event, account, units, series.entry.cash_sign)
