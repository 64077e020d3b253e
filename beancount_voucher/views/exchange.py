"""How a ledger's exchange of signed messages stands on a day: with whom, seen, unacknowledged.

What the other side has seen stands in the messages that are kept, which whoever asks hands in
as texts: nothing here reads a file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation, LostError
from beancount_voucher.exchange.message import digest, name_in, shown
from beancount_voucher.exchange.sending import Book
from beancount_voucher.views.columns import Column
from beancount_voucher.views.exchanged import messages, refusals

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.conversation import Texts
    from beancount_voucher.exchange.message import Message, Name
    from beancount_voucher.exchange.sending import Identity
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.views.exchanged import MessageRow, RefusalRow


class CounterpartyRow(NamedTuple):
    """How we stand with another party.

    Attributes:
        party: the other side.
        book: ours.
        sent: the number of our latest message to it; 0 for none.
        sent_on: when that was recorded.
        seen: the last of ours that it has recorded, as it says.
        waiting: how many of ours with facts it has not acknowledged.
        since: the day of the oldest of these.
        received: the number of its latest message; 0 for none.
        received_on: when that was recorded.
        refused_here: how many of its facts were refused here.
        refused_there: how many of ours were refused, or struck as it had not seen them.
        faults: codes of what stands in the way.
    """

    party: str
    book: str
    sent: int
    sent_on: dt.date | None
    seen: int
    waiting: int
    since: dt.date | None
    received: int
    received_on: dt.date | None
    refused_here: int
    refused_there: int
    faults: tuple[str, ...]


class WaitingRow(NamedTuple):
    """A message of ours that says something, and is not acknowledged yet; ``age`` in days."""

    row: MessageRow
    age: int


class SaidIn(NamedTuple):
    """A message that says a fact: heard, or said by us.

    Attributes:
        row: the message.
        seen: of one of ours: whether the other side has acknowledged it.
    """

    row: MessageRow
    seen: bool


@dataclass
class Exchange:
    """The exchange of one ledger, with the messages that it keeps.

    Attributes:
        facts: of the ledger.
        evaluation: what they come to.
        texts: the text of a message that is kept; None for one that is not there.
        rivals: the messages of which two texts are kept.
    """

    facts: Sequence[Fact]
    evaluation: Evaluation
    texts: Texts
    rivals: Collection[Name] = ()

    @cached_property
    def messages(self) -> list[MessageRow]:
        """Every message that is recorded."""
        return messages(self.evaluation)

    @cached_property
    def by_name(self) -> dict[Name, MessageRow]:
        """The same by name."""
        return {row.name: row for row in self.messages}

    @cached_property
    def is_used(self) -> bool:
        """Whether the ledger has keys, or messages."""
        return any(fact.kind in ("key", "sent", "received") for fact in self.evaluation.exchanged)

    @cached_property
    def _channels(self) -> Channels:
        return channels_of(self.evaluation.exchanged)

    @cached_property
    def _books(self) -> dict[str, Book]:
        """Our ledger as each of our own parties reads it: it may keep the books of several."""
        parties = dict.fromkeys(row.book for row in self.messages)
        return {party: Book(party, self.facts, self.evaluation) for party in parties}

    @cached_property
    def _conversations(self) -> dict[str, Conversation]:
        return {
            party: Conversation(book, self._channels, self.texts)
            for party, book in self._books.items()
        }

    def fault(self, name: Name) -> str | None:
        """Why a recorded message cannot be read as it was: a code; None: it can be."""
        text = self.texts(name)
        if text is None:
            return "message-missing"
        return None if digest(text) == self.by_name[name].sha256 else "message-changed"

    def _message(self, row: MessageRow) -> Message | None:
        try:
            return self._conversations[row.book].message(row.name)
        except LostError:
            return None  # it is told by its code

    @cached_property
    def _acknowledged(self) -> dict[tuple[str, str], list[tuple[dt.date, int]]]:
        """By our party and the other: the days on which it has told what it has seen of ours."""
        found: dict[tuple[str, str], list[tuple[dt.date, int]]] = defaultdict(list)
        for row in self.messages:
            message = None if row.is_ours else self._message(row)
            if message is not None:
                found[row.book, row.party].append((row.date, message.header.seen))
        return found

    def _seen(self, book: str, party: str, as_of: dt.date) -> int:
        """The last of our messages that a party has recorded, as it has said by a day."""
        told = self._acknowledged.get((book, party), ())
        return max((seen for day, seen in told if day <= as_of), default=0)

    def waiting(self, as_of: dt.date) -> list[WaitingRow]:
        """Our messages with facts that are not acknowledged on a day, the oldest first."""
        return [
            WaitingRow(row, (as_of - row.date).days)
            for row in self.messages
            if row.is_ours and row.facts and row.date <= as_of
            if not self.is_seen(row, as_of)
        ]

    def counterparties(self, as_of: dt.date) -> list[CounterpartyRow]:
        """Each with whom messages were exchanged by a day."""
        known = [row for row in self.messages if row.date <= as_of]
        pairs = sorted({(row.book, row.party) for row in known})
        return [self._counterparty(book, party, as_of, known) for book, party in pairs]

    def _counterparty(
        self, book: str, party: str, as_of: dt.date, known: Iterable[MessageRow]
    ) -> CounterpartyRow:
        between = [row for row in known if (row.book, row.party) == (book, party)]
        sent = [row for row in between if row.is_ours]
        received = [row for row in between if not row.is_ours]
        waiting = [
            each.row for each in self.waiting(as_of) if {book, party} == {*each.row.name[:2]}
        ]
        refused = refusals(self.evaluation, as_of)
        return CounterpartyRow(
            party=party,
            book=book,
            sent=sent[-1].name[2] if sent else 0,
            sent_on=sent[-1].date if sent else None,
            seen=self._seen(book, party, as_of),
            waiting=len(waiting),
            since=waiting[0].date if waiting else None,
            received=received[-1].name[2] if received else 0,
            received_on=received[-1].date if received else None,
            refused_here=sum(row.refused for row in received),
            refused_there=sum(row.name[:2] == (book, party) for row in refused),
            faults=tuple(self._faults(book, party, as_of, between)),
        )

    def _faults(
        self, book: str, party: str, as_of: dt.date, between: Sequence[MessageRow]
    ) -> Iterator[str]:
        if self._seen(book, party, as_of) > self._channels.last_number(book, party):
            yield "gap"
        for rival in self.rivals:
            if {*rival[:2]} == {book, party} and rival not in self._channels.resumed:
                yield "equivocation"
                break
        yield from dict.fromkeys(fault for row in between if (fault := self.fault(row.name)))

    @cached_property
    def _said(self) -> dict[SourceLine, list[Name]]:
        """The messages of ours that say each fact of the ledger, by its place."""
        found: dict[SourceLine, list[Name]] = defaultdict(list)
        for party, book in self._books.items():
            names: dict[Identity, list[Name]] = defaultdict(list)
            for row in self.messages:
                message = self._message(row) if row.is_ours and row.book == party else None
                for each in () if message is None else message.said:
                    names[book.identity(each.fact)].append(row.name)
            for fact in self.facts:
                if fact.voucher is not None:
                    found[fact.place] += names.get(book.identity(fact), ())
        return found

    def refusals(self, as_of: dt.date) -> list[RefusalRow]:
        """What was refused by a day."""
        return refusals(self.evaluation, as_of)

    def is_seen(self, row: MessageRow, as_of: dt.date) -> bool:
        """Whether one of our messages is acknowledged on a day."""
        return row.name[2] <= self._seen(row.book, row.party, as_of)

    def said_in(self, place: SourceLine, message: str | None, as_of: dt.date) -> list[SaidIn]:
        """The messages that say a fact: the one that brought it, then ours, as of a day.

        Args:
            place: where its directive stands.
            message: the one that its directive names.
            as_of: the day.
        """
        names = [] if message is None else [name_in(message)]
        rows = (self.by_name.get(name) for name in [*names, *self._said.get(place, ())])
        return [
            SaidIn(row, self.is_seen(row, as_of))
            for row in rows
            if row is not None and row.date <= as_of
        ]


# --- The tables

COUNTERPARTIES: tuple[Column[CounterpartyRow], ...] = (
    Column("party", "counterparty", "party", lambda row: row.party),
    Column("book", "book", "party", lambda row: row.book, under="party"),
    Column("sent", "last sent", "count", lambda row: row.sent),
    Column("sent_on", "sent on", "date", lambda row: row.sent_on, under="sent"),
    Column("seen", "acknowledged up to", "count", lambda row: row.seen),
    Column("received", "last received", "count", lambda row: row.received),
    Column("received_on", "received on", "date", lambda row: row.received_on, under="received"),
    Column("waiting", "unacknowledged", "count", lambda row: row.waiting),
    Column("since", "since", "date", lambda row: row.since, under="waiting"),
    Column("refused_here", "of theirs refused", "count", lambda row: row.refused_here),
    Column("refused_there", "of ours refused", "count", lambda row: row.refused_there),
    Column("faults", "what is wrong", "error", lambda row: " ".join(row.faults)),
)

WAITING: tuple[Column[WaitingRow], ...] = (
    Column("message", "message", "message", lambda each: shown(each.row.name)),
    Column("party", "receiver", "party", lambda each: each.row.party),
    Column("date", "recorded on", "date", lambda each: each.row.date),
    Column("age", "days", "count", lambda each: each.age),
    Column("facts", "facts", "count", lambda each: each.row.facts),
)
