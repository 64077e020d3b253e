"""What was heard, held against the ledger: each fact of a message, and each that names one.

The ledger transcribes what its messages say, each fact on its own date. What was refused is
recorded as refused; what was known already stands there from another hand (manual: exchange).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.conversation import LostError
from beancount_voucher.exchange.known import says_the_same
from beancount_voucher.exchange.message import name_in, shown
from beancount_voucher.exchange.sayings import SAID, author_side, may_say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.conversation import Conversation
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.sending import Book


class Untrue(NamedTuple):
    """Something of the ledger that is not what a message says.

    Attributes:
        code: what it is.
        name: the message; None where there is none.
        text: in words.
        place: the line to look at; None: the one that records the message.
        fact: as it is said; as it stands here where no message says it.
    """

    code: str
    name: Name | None
    text: str
    place: SourceLine | None
    fact: Fact


_Key = tuple[str, ...]


class Transcription:
    """What one party has recorded of what it was told."""

    def __init__(self, book: Book, channels: Channels, conversation: Conversation) -> None:
        """Take our ledger, what it records of messages, and what they say."""
        self._book, self._channels, self._conversation = book, channels, conversation
        self._here: dict[_Key, list[Fact]] = {}
        self._brought: dict[str, dict[_Key, list[Fact]]] = {}
        for fact in book.facts:
            self._here.setdefault((fact.kind, *fact.ids), []).append(fact)
            if fact.message is not None:
                brought = self._brought.setdefault(fact.message, {})
                brought.setdefault(_dated(fact), []).append(fact)
        self._heard = dict(self._messages())

    def _messages(self) -> Iterator[tuple[Name, list[Fact]]]:
        """What we were told, by message; a text that is not kept is told as missing."""
        for sender, receiver in sorted(self._channels.messages):
            if receiver != self._book.we:
                continue
            for known in self._channels.messages[sender, receiver]:
                name = sender, receiver, known.number
                try:
                    message = self._conversation.message(name)
                except LostError:
                    continue
                yield name, [] if message is None else [each.fact for each in message.said]

    # --- Each fact of a message ---------------------------------------------------------

    def untrue(self) -> Iterator[Untrue]:
        """What the ledger says otherwise than the messages that we were told."""
        for name, said in self._heard.items():
            brought = self._brought.get(shown(name), {})
            told = set()
            for fact in said:
                for each in self._one(name, fact, brought.get(_dated(fact), ())):
                    told.add(each.place)
                    yield each
            known = {_dated(fact) for fact in said}
            others = (facts for at, facts in brought.items() if at not in known)
            for fact in chain.from_iterable(others):
                if fact.place not in told:  # it is not of another day only
                    text = f"{_told(fact)} is not in {shown(name)}, which it names"
                    yield Untrue("fact-differs", name, text, fact.place, fact)
        yield from self._of_no_message()

    def edited(self) -> Iterator[Untrue]:
        """What was recorded of a message, and is otherwise by now, or not there any more.

        Not what a clerk has entered by hand on another day: it is known, and stands.
        """
        by_hand = {fact.place for fact in self._book.facts if fact.message is None}
        for each in self.untrue():
            if each.code == "fact-differs" and each.place not in by_hand:
                yield each

    def _one(self, name: Name, said: Fact, brought: Iterable[Fact]) -> Iterator[Untrue]:
        """What became of one fact."""
        for each in brought:
            if not each.says_the_same(said):
                text = f"{_told(each)} says something else than {shown(name)}"
                yield Untrue("fact-differs", name, text, each.place, said)
        if brought:
            return
        if said.kind not in SAID or self._is_refused(name, said):
            return
        alike = self._here.get((said.kind, *said.ids), ())
        known = [each for each in alike if says_the_same(each, said)]
        if not known:
            text = f"{_told(said)}, of {shown(name)}, is not in the ledger"
            yield Untrue("fact-differs", name, text, None, said)
        elif all(each.date != said.date for each in known):
            text = f"{_told(known[0])} is of {said.date} in {shown(name)}"
            yield Untrue("fact-differs", name, text, known[0].place, said)

    def _is_refused(self, name: Name, said: Fact) -> bool:
        sender, _, number = name
        if said.voucher is None:  # no refusal names it: it is among those that were counted
            return bool(self._refused(name))
        refusals = self._here.get(("refusal", sender, str(number), said.voucher), ())
        return any(
            (each.terms["of"], each.terms["on"]) == (said.kind, said.date) for each in refusals
        )

    def _refused(self, name: Name) -> object:
        [received, *_] = self._here["received", name[0], name[1], str(name[2])]
        return received.terms.get("refused")

    def _of_no_message(self) -> Iterator[Untrue]:
        """Facts that name a message to us which the ledger does not record."""
        for message, facts in self._brought.items():
            name = name_in(message)
            if name[1] == self._book.we and self._channels.known(name) is None:
                for each in chain.from_iterable(facts.values()):
                    text = f"{_told(each)} names {message}, which is not recorded"
                    yield Untrue("message-missing", None, text, each.place, each)

    # --- What nobody has signed ---------------------------------------------------------

    def unsigned(self, ours: Collection[str]) -> Iterator[Untrue]:
        """Events of others without a message, of whom we had a key on that day.

        What a message says, too, was known before it came.

        Args:
            ours: the parties that record their own events here.
        """
        since = self._first_keys({self._book.we, *ours})
        if not since:
            return
        said: dict[_Key, list[Fact]] = {}
        for each in chain.from_iterable(self._heard.values()):
            said.setdefault((each.kind, *each.ids), []).append(each)
        for fact in self._not_brought(since):
            would = tellers(self._book, fact, since)
            speaker = next((each for each in would if since[each] <= fact.date), None)
            alike = said.get((fact.kind, *fact.ids), ())
            if speaker is not None and not any(says_the_same(each, fact) for each in alike):
                text = f"{_told(fact)} is for {speaker} to say, and no message has brought it"
                yield Untrue("unsigned-fact", None, text, fact.place, fact)

    def _first_keys(self, ours: Collection[str]) -> dict[str, dt.date]:
        """The first day of the first key of each party but us."""
        since: dict[str, dt.date] = {}
        for fact in self._book.evaluation.exchanged:
            if fact.kind == "key" and fact.ids[0] not in ours:
                since.setdefault(fact.ids[0], fact.date)
        return since

    def _not_brought(self, parties: Collection[str]) -> Iterator[Fact]:
        """The events that name no message, of vouchers with one of some parties."""
        known: dict[str, bool] = {}
        for fact in self._book.facts:
            if fact.kind not in SAID or fact.message is not None:
                continue
            about = fact.voucher or " ".join(fact.ids)
            if about not in known:
                sides = self._book.parties(fact) or ()
                known[about] = not set(parties).isdisjoint(sides)
            if known[about]:
                yield fact


def tellers(book: Book, fact: Fact, parties: Iterable[str]) -> Iterator[str]:
    """The parties from whom we would hear a fact; none where it is ours, or our customer's.

    Args:
        book: our ledger.
        fact: recorded without a message.
        parties: all that may be.
    """
    sides = book.parties(fact)
    author = None if sides is None else author_side(fact, sides, book.we)
    if sides is None or author is None:
        return
    whose = getattr(sides, author)
    others = [each for each in parties if each in sides and each != book.we]
    if whose != book.we and others:
        named = fact._replace(terms={**fact.terms, "by": whose})
        yield from (each for each in others if may_say(named, sides, each, book.we))


def _dated(fact: Fact) -> _Key:
    """By what a message's fact is found again: two refusals of one message may share their ids."""
    refused = (fact.terms["of"], str(fact.terms["on"])) if fact.kind == "refusal" else ()
    return fact.kind, *fact.ids, str(fact.date), *refused


def _told(fact: Fact) -> str:
    return f"{fact.voucher or fact.ids[0]}: {fact.kind} of {fact.date}"
