"""Positions: what two parties say of the vouchers between them, on one day (manual: exchange).

A list names every open voucher with a party, its state and what is held; ``more`` stands on all
positions but the last, so that whoever hears it knows when it has heard all. It is compared with
our own ledger on its day, but for the vouchers of which either side had not heard everything
when the list was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.wording import quoted
from beancount_voucher.exchange.message import Said, name_in
from beancount_voucher.exchange.sayings import BANK_OF, SAID, listeners, parties_of
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.lifecycle.events import OPEN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount_voucher.exchange.conversation import Conversation
    from beancount_voucher.exchange.message import Message
    from beancount_voucher.exchange.sayings import Parties
    from beancount_voucher.exchange.sending import Book, Spoken
    from beancount_voucher.lifecycle.vouchers import Voucher


class Position(NamedTuple):
    """How a voucher stands: a state, and the amount held."""

    state: str
    held: Money


class PositionList(NamedTuple):
    """What a party has said of its vouchers with another.

    Attributes:
        as_of: the day.
        number: of the message that ended it.
        seen: the last message of the other side that it knew.
        positions: by voucher.
    """

    as_of: dt.date
    number: int
    seen: int
    positions: Mapping[str, Position]


class PositionDiffers(NamedTuple):
    """A voucher of which a list says something else than the ledger.

    Attributes:
        voucher: its id.
        text: both, in words.
    """

    voucher: str
    text: str


# --- Ours -------------------------------------------------------------------------------


def positions_with(book: Book, party: str, as_of: dt.date) -> dict[str, Position]:
    """Our open vouchers with a party, on a day, by id."""
    found = {}
    for id_, voucher in sorted(book.evaluation.vouchers.items()):
        position = _position(voucher, as_of)
        if position is not None and _is_between(_parties(voucher), book.we, party):
            found[id_] = position
    return found


def said_positions(
    positions: Mapping[str, Position], as_of: dt.date, date: dt.date
) -> Iterator[Said]:
    """A list as a message says it.

    Args:
        positions: by voucher.
        as_of: the day that they are of.
        date: the day on which they are said.
    """
    last = max(positions, default=None)
    for id_, position in positions.items():
        terms: dict[str, Any] = {"as-of": as_of, "state": position.state}
        if id_ != last:
            terms["more"] = True
        yield Said(Fact("position", date, (id_,), position.held, terms, NOT_WRITTEN))


def _position(voucher: Voucher, as_of: dt.date) -> Position | None:
    """How it stood, if it was open."""
    status = voucher.as_of(as_of)
    if status.state not in OPEN:
        return None
    return Position(str(status.state), Money(status.held, voucher.amount.currency))


def _parties(voucher: Voucher) -> Parties | None:
    issue = voucher.last("issue")
    return None if issue is None else parties_of(issue.fact, voucher)


def _is_between(parties: Parties | None, one: str, other: str) -> bool:
    """Whether two talk to each other of a voucher: both banks, or a bank and its customer."""
    if parties is None or one == other:
        return False
    pairs = [*BANK_OF.items(), ("issuer", "acceptor")]
    named = ({getattr(parties, side) for side in pair} for pair in pairs)
    return {one, other} in named


# --- Theirs -----------------------------------------------------------------------------


def latest_list(messages: Iterable[Message]) -> PositionList | None:
    """The last list that was said in full; None: there is none.

    Args:
        messages: of one party to another, in the order of their numbers.
    """
    found: PositionList | None = None
    begun: dict[str, Position] = {}
    as_of: dt.date | None = None
    for message in messages:
        for each in message.said:
            fact = each.fact
            if fact.kind != "position":
                continue
            if fact.terms["as-of"] != as_of or fact.ids[0] in begun:  # another one begins
                begun, as_of = {}, fact.terms["as-of"]
            assert fact.amount is not None
            begun[fact.ids[0]] = Position(fact.terms["state"], fact.amount)
            if "more" not in fact.terms:
                header = message.header
                found = PositionList(fact.terms["as-of"], header.number, header.seen, begun)
                begun, as_of = {}, None
    return found


@dataclass(frozen=True)
class Comparison:
    """Our ledger and a list of another party.

    Attributes:
        book: our ledger.
        party: whose list it is.
        said: the list.
        spoken: what we have said to that party, and in which message.
    """

    book: Book
    party: str
    said: PositionList
    spoken: Spoken

    def differs(self) -> Iterator[PositionDiffers]:
        """Every voucher that stands otherwise here, and was fully known to both."""
        ours = positions_with(self.book, self.party, self.said.as_of)
        unseen = self.unseen()
        for id_ in sorted({*ours, *self.said.positions} - unseen):
            here, there = ours.get(id_), self.said.positions.get(id_)
            if here != there:
                text = (
                    f"{_told(there)} at {self.party} on {self.said.as_of}, and {_told(here)} here"
                )
                yield PositionDiffers(id_, text)

    def agrees(self, voucher: str) -> bool:
        """Whether both say the same of a voucher, or neither has it open."""
        found = self.book.evaluation.vouchers.get(voucher)
        here = None if found is None else _position(found, self.said.as_of)
        return voucher not in self.unseen() and here == self.said.positions.get(voucher)

    def unseen(self) -> set[str]:
        """The vouchers with facts up to that day that the list's message had not seen."""
        return {
            fact.voucher
            for fact in self.book.facts
            if fact.voucher is not None and self._matters(fact) and self._is_unseen(fact)
        }

    def _matters(self, fact: Fact) -> bool:
        """Whether it may bear on that day: what is struck counts for nothing on any."""
        if fact.kind == "refusal":
            return self.party in (fact.came_from, fact.ids[0])
        return fact.kind in SAID and fact.date <= self.said.as_of

    def _is_unseen(self, fact: Fact) -> bool:
        if fact.came_from == self.party:
            assert fact.message is not None
            return name_in(fact.message)[2] > self.said.number
        number = self.spoken.said.get(self.book.identity(fact))
        if number is not None or fact.kind == "refusal":
            return number is None or number > self.said.seen
        parties = self.book.parties(fact)
        return parties is not None and self.party in listeners(fact, parties, self.book.we)


def compared(book: Book, conversation: Conversation, party: str) -> Comparison | None:
    """Our ledger, and the latest list of a party; None: it has said none in full.

    Raises:
        LostError: a message is not kept.
    """
    said = latest_list(conversation.messages(party, book.we))
    return None if said is None else Comparison(book, party, said, conversation.spoken(party))


def _told(position: Position | None) -> str:
    if position is None:
        return "not open"
    return f"{_printed(position.state)}, {position.held} held"


def _printed(state: str) -> str:
    """A state is any text that somebody has written."""
    return state if state in [str(each) for each in OPEN] else quoted(state)
