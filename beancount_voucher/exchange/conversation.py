"""What was said between two, from the messages that are kept; and whether it still is so.

The ledger records which messages there are; what was said in them is read from their texts.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.known import says_the_same
from beancount_voucher.exchange.message import digest, shown
from beancount_voucher.exchange.reader import MalformedError, read_message
from beancount_voucher.exchange.sending import Spoken, as_said, struck_facts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.channel import Channels, Known
    from beancount_voucher.exchange.message import Message, Name
    from beancount_voucher.exchange.sending import Book, Identity

    Texts = Callable[[Name], bytes | None]
    """The text of a message that is kept; None for one that is not there."""


class LostError(Exception):
    """A message that the ledger has recorded is not kept, or is another text."""


class Differs(NamedTuple):
    """A fact that the ledger has otherwise than a message.

    Attributes:
        voucher: what it is about; None for a credit line.
        name: the message.
        text: in words.
        said: as the message has it.
        now: as the ledger has it; None where it does not.
    """

    voucher: str | None
    name: Name
    text: str
    said: Fact
    now: Fact | None


class Conversation:
    """What one party has said to us, and we to it."""

    def __init__(self, book: Book, channels: Channels, texts: Texts) -> None:
        """Take our ledger, what it has recorded of messages, and where their texts are."""
        self._book, self._channels, self._texts = book, channels, texts
        self._read: dict[tuple[Name, str], Message | None] = {}
        self._said: dict[str, tuple[int, dict[Identity, int], int]] = {}
        self._facts: dict[Name, list[tuple[Identity, Fact]]] = {}

    def after(self, book: Book, channels: Channels) -> Conversation:
        """The same, of the ledger with more in it: what was read is not read again."""
        more = Conversation(book, channels, self._texts)
        more._read, more._said, more._facts = self._read, self._said, self._facts
        return more

    def message(self, name: Name) -> Message | None:
        """A message that is recorded; None: it was malformed.

        Raises:
            LostError: it is not kept as it was.
        """
        known = self._channels.known(name)
        assert known is not None
        key = name, known.sha256
        if key not in self._read:
            self._read[key] = self._kept(name, known)
        return self._read[key]

    def _kept(self, name: Name, known: Known) -> Message | None:
        content = self._texts(name)
        if content is None:
            raise LostError(f"message {shown(name)} is not kept [message-missing]")
        if digest(content) != known.sha256:
            raise LostError(f"message {shown(name)} is another text [message-changed]")
        try:
            conditions = self._book.evaluation.ledger_state.conditions
            return read_message(content, name, conditions).message
        except MalformedError:
            return None

    def spoken(self, party: str) -> Spoken:
        """What was said to a party, and what either has told the other to have recorded.

        Raises:
            LostError: some of it is not kept.
        """
        said, acknowledged = self._told(party)
        seen = [message.header.seen for message in self.messages(party, self._book.we)]
        return Spoken(said, max(seen, default=0), acknowledged, lambda: self._heard_of(party))

    def _heard_of(self, party: str) -> frozenset[Identity]:
        """What a party has said to us, by what it is known."""
        return frozenset(
            self._book.identity(each.fact)
            for message in self.messages(party, self._book.we)
            for each in message.said
        )

    def _told(self, party: str) -> tuple[dict[Identity, int], int]:
        """What was said to a party, by message, and the last of its own that it was told of."""
        last, said, acknowledged = self._said.get(party, (0, {}, 0))
        for message in self.messages(self._book.we, party, last):
            acknowledged = max(acknowledged, message.header.seen)
            for identity, _ in self._identified(message):
                said[identity] = message.header.number
        last = self._channels.last_number(self._book.we, party)
        self._said[party] = last, said, acknowledged
        return said, acknowledged

    def _identified(self, message: Message) -> list[tuple[Identity, Fact]]:
        """The facts of a message of ours, each by what it is known."""
        name = message.header.name
        if name not in self._facts:
            identity = self._book.identity
            self._facts[name] = [(identity(each.fact), each.fact) for each in message.said]
        return self._facts[name]

    def last_date(self, party: str) -> dt.date | None:
        """The date of the latest message of a party; None for none.

        Raises:
            LostError: it is not kept.
        """
        dates = [message.header.date for message in self.messages(party, self._book.we)]
        return max(dates, default=None)

    def messages(self, sender: str, receiver: str, after: int = 0) -> Iterator[Message]:
        """What one has said to the other, in its order, but for what was malformed.

        Args:
            sender: who says it.
            receiver: to whom.
            after: the number after which to begin.

        Raises:
            LostError: some of it is not kept.
        """
        for known in self._channels.messages.get((sender, receiver), [])[after:]:
            message = self.message((sender, receiver, known.number))
            if message is not None:
                yield message

    @cached_property
    def _here(self) -> dict[tuple[object, ...], list[Fact]]:
        """What the ledger says now, by all of an identity that costs nothing to tell."""
        here: dict[tuple[object, ...], list[Fact]] = {}
        for fact in self._book.facts:
            here.setdefault((fact.kind, fact.ids, fact.date), []).append(fact)
        return here

    def _now(self, fact: Fact, identity: Identity) -> Fact | None:
        """What the ledger says now of what was said."""
        alike = self._here.get((fact.kind, fact.ids, fact.date), ())
        return next((each for each in alike if self._book.own_identity(each) == identity), None)

    def differing(self, party: str) -> Iterator[Differs]:
        """What was said to a party, and is otherwise in the ledger now, or not there.

        Raises:
            LostError: some of it is not kept.
        """
        gone = {self._book.identity(fact) for fact in struck_facts(self._book.evaluation)}
        for message in self.messages(self._book.we, party):
            for identity, fact in self._identified(message):
                if fact.kind in ("party", "refusal", "position"):
                    continue
                now = self._now(fact, identity)
                if identity in gone or (now is not None and self._is_still_said(now, fact, party)):
                    continue
                is_now = "is not there" if now is None else "says something else"
                text = f"{fact.kind} of {fact.date} {is_now} in the ledger now"
                yield Differs(fact.voucher, message.header.name, text, fact, now)

    def _is_still_said(self, now: Fact, fact: Fact, party: str) -> bool:
        return says_the_same(now, fact) or says_the_same(as_said(self._book, now, party).fact, fact)
