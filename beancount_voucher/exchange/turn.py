"""One turn at the edge: what has come is recorded; what is to be said goes out by ``sender``.

What is received is kept before it is recorded, and recorded all at once. Killed at any step, the
next turn completes it: what is kept and not recorded was never said.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.exchange.authenticity import Incoming, Reception, Refused, authentic
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation
from beancount_voucher.exchange.message import shown
from beancount_voucher.exchange.positions import (
    compared,
)
from beancount_voucher.exchange.receiving import Draft, Receipt, received
from beancount_voucher.exchange.recovery import recovered
from beancount_voucher.exchange.sending import Book
from beancount_voucher.exchange.store import document_digest
from beancount_voucher.lifecycle.evaluation import evaluate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.authenticity import Authentic, Check
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.positions import PositionDiffers
    from beancount_voucher.exchange.store import Store
    from beancount_voucher.ledger.loader import Ledger

    Sign = Callable[[bytes], bytes]


class Came(NamedTuple):
    """What became of something that came.

    Attributes:
        incoming: the text.
        outcome: ``known``, or why it is not recorded; or what is recorded of it.
    """

    incoming: Incoming
    outcome: Refused | Receipt


@dataclass
class Received:
    """What came of all that came.

    Attributes:
        came: each in its order.
        drafts: all that is to be recorded.
        book: our ledger with that in it.
        positions: the vouchers that stand otherwise in the latest list of who was heard.
    """

    book: Book
    came: list[Came] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    positions: list[PositionDiffers] = field(default_factory=list)

    @property
    def again(self) -> set[str]:
        """Senders of whom something came again, so that our latest message goes out again."""
        known = (each for each in self.came if isinstance(each.outcome, Refused))
        return {each.incoming.name[0] for each in known if _code(each) == "known"}

    @property
    def is_behind(self) -> bool:
        """Whether somebody knows messages of ours that we have lost."""
        outcomes = (each.outcome for each in self.came)
        return any(isinstance(each, Refused) and each.is_behind for each in outcomes)

    @property
    def is_clean(self) -> bool:
        """Whether all was recorded or known."""
        return not self.positions and all(
            _code(each) == "known"
            if isinstance(each.outcome, Refused)
            else not (each.outcome.refused or each.outcome.malformed or _differ(each.outcome))
            for each in self.came
        )


def _code(came: Came) -> str:
    assert isinstance(came.outcome, Refused)
    return came.outcome.code


def _differ(receipt: Receipt) -> bool:
    return any(fact.date != other for fact, other in receipt.known)


def book_of(ledger: Ledger, we: str) -> Book:
    """Our ledger, as whoever speaks for us reads it."""
    return Book(we, ledger.reading.facts, ledger.evaluation, document_digest)


class Texts:
    """The texts that are kept, and those that are about to be."""

    def __init__(self, store: Store) -> None:
        """Take where messages are kept."""
        self.store = store
        self._new: dict[Name, bytes] = {}
        self._talk: Conversation | None = None

    def __call__(self, name: Name) -> bytes | None:
        """The text of a message."""
        return self._new[name] if name in self._new else self.store.text(name)

    def add(self, name: Name, content: bytes) -> None:
        """What is about to be kept."""
        self._new[name] = content

    def conversation(self, book: Book, channels: Channels) -> Conversation:
        """What was said, as a book has it now: a text is read once, whoever asks."""
        talk = self._talk
        self._talk = (
            Conversation(book, channels, self) if talk is None else talk.after(book, channels)
        )
        return self._talk


def receive(
    book: Book,
    texts: Texts,
    incoming: Iterable[Incoming],
    check: Check,
    date: dt.date,
) -> Received:
    """What to record of what has come, each on what was recorded of those before it.

    What waits for another is tried again once that is there: messages of ours that a restored
    ledger has lost, and those that answer them, take turns.

    Raises:
        LostError: a message that is recorded is not kept.
    """
    reception = _Reception(book, texts, check, date)
    waiting = list(incoming)
    while waiting:
        tried = [(each, reception.hear(each)) for each in waiting]
        left = [each for each, outcome in tried if _waits(outcome)]
        if len(left) == len(waiting):
            reception.came += [Came(*each) for each in tried]
            break
        reception.came += [Came(*each) for each in tried if not _waits(each[1])]
        waiting = left
    came = sorted(reception.came, key=lambda each: each.incoming.name)
    return Received(reception.book, came, reception.drafts, list(reception.positions()))


def _waits(outcome: Refused | Receipt) -> bool:
    return isinstance(outcome, Refused) and outcome.code == "gap"


class _Reception:
    """Our ledger, while messages come."""

    def __init__(self, book: Book, texts: Texts, check: Check, date: dt.date) -> None:
        self.came: list[Came] = []
        self.drafts: list[Draft] = []
        self.book, self._date = book, date
        self._rivals = texts.store.rivals()
        self._channels = channels_of(book.evaluation.exchanged)
        self._texts = texts
        self._conversation = texts.conversation(book, self._channels)
        self._check = cache(check)

    def hear(self, incoming: Incoming) -> Refused | Receipt:
        """Record what is next in its order."""
        book = self.book
        exchanged, conditions = book.evaluation.exchanged, book.evaluation.ledger_state.conditions
        against = Reception(
            *(book.we, exchanged, self._channels, self._date, self._check, conditions),
            self._rivals,
        )
        found = authentic(incoming, against)
        outcome = found if isinstance(found, Refused) else self._recorded(found)
        if isinstance(outcome, Receipt):
            self._texts.add(incoming.name, incoming.content)
            self.drafts += outcome.drafts
            self.book = with_drafts(book, outcome.drafts)
            self._channels = channels_of(self.book.evaluation.exchanged)
            self._conversation = self._texts.conversation(self.book, self._channels)
        return outcome

    def positions(self) -> Iterator[PositionDiffers]:
        """How the latest lists of those who were heard differ from the book."""
        recorded = (each for each in self.came if isinstance(each.outcome, Receipt))
        heard = {each.incoming.name[0] for each in recorded} - {self.book.we}
        for party in sorted(heard):
            comparison = compared(self.book, self._conversation, party)
            if comparison is not None:
                yield from comparison.differs()

    def _recorded(self, found: Authentic) -> Refused | Receipt:
        sender = found.name[0]
        if sender == self.book.we:
            return recovered(self.book, found, self._date)
        talk = self._conversation
        return received(self.book, found, talk.spoken(sender), self._date, talk.last_date(sender))


def with_drafts(book: Book, drafts: Iterable[Draft]) -> Book:
    """A book with more in it."""
    return with_facts(book, (draft.fact for draft in drafts))


def with_facts(book: Book, more: Iterable[Fact]) -> Book:
    """The same with facts."""
    facts = sorted([*book.facts, *more], key=order)
    state = book.evaluation.ledger_state
    evaluation = evaluate(Reading(facts, []), state.event_directives, state.conditions)
    return replace(book, facts=facts, evaluation=evaluation)


def keep(store: Store, received_: Received) -> None:
    """Keep what is about to be recorded, and second texts beside the first.

    Raises:
        WriteRefusedError: it cannot be written.
    """
    for each in received_.came:
        incoming, signature = each.incoming, each.incoming.signature
        if isinstance(each.outcome, Receipt):
            assert signature is not None
            store.keep(incoming.name, incoming.content, signature)
        elif each.outcome.code == "equivocation" and store.text(incoming.name) is not None:
            store.keep_rival(incoming)


def described(came: Came) -> str:
    """What became of a message, in a line."""
    name, outcome = shown(came.incoming.name), came.outcome
    if isinstance(outcome, Refused):
        return f"{name}: {outcome.wrong} [{outcome.code}]"
    taken = sum("message" in draft.notes for draft in outcome.drafts)
    more = [f"{taken} recorded"]
    more += [f"{len(outcome.known)} known"] * bool(outcome.known)
    more += [f"{len(outcome.refused)} refused"] * bool(outcome.refused)
    return f"{name}: {', '.join(more)}"
