"""One turn at the edge: what has come is recorded, and what is to be said goes out.

What is received is kept before it is recorded, and recorded all at once; what is sent is kept,
then recorded, then put into the folder that carries it. Killed at any step, the next turn
completes it: what is kept and not recorded was never said, and what is recorded goes out until
it is acknowledged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.exchange.authenticity import Incoming, Reception, Refused, authentic
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation, LostError
from beancount_voucher.exchange.keys import best_of, keys_of
from beancount_voucher.exchange.message import shown, text_of
from beancount_voucher.exchange.positions import (
    compared,
    latest_list,
    positions_with,
    said_positions,
)
from beancount_voucher.exchange.receiving import Draft, Receipt, received
from beancount_voucher.exchange.recovery import recorded, recovered
from beancount_voucher.exchange.sending import BehindError, Book, counterparties, outgoing
from beancount_voucher.exchange.signatures import signature_of
from beancount_voucher.lifecycle.evaluation import evaluate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.authenticity import Authentic, Check
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.conversation import Differs
    from beancount_voucher.exchange.keys import Key
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.positions import PositionDiffers
    from beancount_voucher.exchange.sending import Outgoing, Spoken
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
            else not each.outcome.refused and not _differ(each.outcome)
            for each in self.came
        )


def _code(came: Came) -> str:
    assert isinstance(came.outcome, Refused)
    return came.outcome.code


def _differ(receipt: Receipt) -> bool:
    return any(fact.date != other for fact, other in receipt.known)


def book_of(ledger: Ledger, we: str) -> Book:
    """Our ledger, as whoever speaks for us reads it."""
    return Book(we, ledger.reading.facts, ledger.evaluation)


class Texts:
    """The texts that are kept, and those that are about to be."""

    def __init__(self, store: Store) -> None:
        """Take where messages are kept."""
        self.store = store
        self._new: dict[Name, bytes] = {}

    def __call__(self, name: Name) -> bytes | None:
        """The text of a message."""
        return self._new[name] if name in self._new else self.store.text(name)

    def add(self, name: Name, content: bytes) -> None:
        """What is about to be kept."""
        self._new[name] = content


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
        self._conversation = Conversation(book, self._channels, texts)
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
            self._conversation = self._conversation.after(self.book, self._channels)
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
    return Book(book.we, facts, evaluation)


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


# --- What goes out ----------------------------------------------------------------------


@dataclass
class Sent:
    """What goes out.

    Attributes:
        new: messages that were made, with their signatures.
        again: messages that go out once more, byte for byte.
        anew: signatures of those whose key does not count any more: the text is the same.
        drafts: what is to be recorded.
        waits: to whom nothing is said, and why.
        held_back: what is not said, as the ledger has it otherwise than a message.
    """

    new: list[tuple[Name, bytes, bytes]] = field(default_factory=list)
    again: list[Name] = field(default_factory=list)
    anew: dict[Name, bytes] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    held_back: list[Differs] = field(default_factory=list)


class SignerError(Exception):
    """What has signed is no key of ours that counts today."""


@dataclass(frozen=True)
class Sender:
    """Says what is to be said.

    Attributes:
        book: our ledger.
        texts: of the messages that are kept.
        date: the day.
        sign: makes the signature of a text.
        again: parties to whom our latest message goes out again.
        restored: if the ledger was restored, the last message of each that it knew then.
        confirms: parties to whom our positions are said, and as of which day.
    """

    book: Book
    texts: Texts
    date: dt.date
    sign: Sign
    again: frozenset[str] = frozenset()
    restored: Mapping[str, int] | None = None
    confirms: Mapping[str, dt.date] = field(default_factory=dict)

    def send(self, to: Iterable[str] = ()) -> Sent:
        """Everything for some parties, or for all.

        Raises:
            SigningError: nothing could be signed.
            SignerError: the key is none of ours.
        """
        channels = channels_of(self.book.evaluation.exchanged)
        conversation = Conversation(self.book, channels, self.texts)
        sent = Sent()
        for party in to or counterparties(self.book, channels):
            if self._is_to_be_heard(party, channels):
                sent.waits.append(
                    f"{party}: this ledger was restored, and nothing has come of {party} since; "
                    "nothing is said before"
                )
            else:
                self._to(party, channels, conversation, sent)
        return sent

    def is_heard(self) -> bool:
        """Whether all were heard since the ledger was restored."""
        channels = channels_of(self.book.evaluation.exchanged)
        parties = counterparties(self.book, channels)
        return not any(self._is_to_be_heard(party, channels) for party in parties)

    def _is_to_be_heard(self, party: str, channels: Channels) -> bool:
        if self.restored is None:
            return False
        return channels.last_number(party, self.book.we) <= self.restored.get(party, 0)

    def _to(self, party: str, channels: Channels, conversation: Conversation, sent: Sent) -> None:
        try:
            spoken = conversation.spoken(party)
            differing = list(conversation.differing(party))
            held_back = {each.voucher for each in differing if each.voucher is not None}
            out = self._out(party, channels, conversation, spoken, held_back)
        except (LostError, BehindError) as error:
            sent.waits.append(f"{party}: {error}")
            return
        sent.held_back += differing
        for message in out.new:
            content = text_of(message).encode()
            signature = self.sign(content)
            self._check_signer(signature)
            name = message.header.name
            sent.new.append((name, content, signature))
            date = message.header.date
            sent.drafts.append(Draft(recorded(name, content, message.facts, date)))
        again = list(self._again(party, channels, out))
        sent.again += again
        sent.anew |= self._signed_anew(again)

    def _out(
        self,
        party: str,
        channels: Channels,
        conversation: Conversation,
        spoken: Spoken,
        held_back: set[str],
    ) -> Outgoing:
        """What goes to a party, our list behind it where that is asked for."""
        out = outgoing(self.book, party, channels, spoken, self.date, held_back)
        as_of = self.confirms.get(party)
        if as_of is None:
            return out
        positions = positions_with(self.book, party, as_of)
        last = latest_list(conversation.messages(self.book.we, party))
        if last is not None and (last.as_of, last.positions) == (as_of, positions):
            said = channels.messages.get((self.book.we, party), [])[last.number :]
            heard = channels.messages.get((party, self.book.we), [])[last.seen :]
            is_later = any(each.facts for each in (*said, *heard))
            if not is_later and not any(each.facts for each in out.new):
                return out  # it has just this one, with all that both have said
        more = said_positions(positions, as_of, self.date)
        return outgoing(self.book, party, channels, spoken, self.date, held_back, more)

    def _again(self, party: str, channels: Channels, out: Outgoing) -> Iterator[Name]:
        last = channels.last_number(self.book.we, party)
        latest = [last] if party in self.again and last else []
        return ((self.book.we, party, number) for number in sorted({*out.again, *latest}))

    def _signed_anew(self, again: Iterable[Name]) -> dict[Name, bytes]:
        """Signatures by our present key, where the one that is kept is refused by now.

        The text stays, and so does what is kept: it proves what was said, on its day.
        """
        found = {}
        for name in again:
            content, signature = self.texts(name), self.texts.store.signature(name)
            if content is None or signature is None or self._signer(signature)[1] is not None:
                continue
            found[name] = self.sign(content)
            self._check_signer(found[name])
        return found

    def _signer(self, signature: bytes) -> tuple[str, Key | None, str]:
        """The mark of a signature, and our key that counts today, or else a code."""
        said = signature_of(signature)
        mark = "" if said is None else said.fingerprint
        keys = keys_of(self.book.evaluation.exchanged, self.book.we)
        return mark, *best_of(keys, mark, self.date)

    def _check_signer(self, signature: bytes) -> None:
        mark, key, code = self._signer(signature)
        if key is None:
            raise SignerError(
                f"{mark} is no key of {self.book.we} on {self.date}; expected one that a "
                f"voucher-key of this ledger declares [{code}]"
            )


def put_out(store: Store, sent: Sent, folder: Path) -> Counter[str]:
    """Put what was recorded into the folder that carries it; tells how many by receiver.

    Raises:
        WriteRefusedError: it cannot be written.
    """
    told: Counter[str] = Counter()
    for name in (*sent.again, *(name for name, _, _ in sent.new)):
        told[name[1]] += store.put_out(name, folder, sent.anew.get(name))
    return told


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
