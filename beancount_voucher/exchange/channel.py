"""What a ledger knows of its messages: sent, received, and which text of a number counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.message import name_of
from beancount_voucher.lifecycle.channels import NUMBERED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.message import Name


class Known(NamedTuple):
    """A message that a ledger has recorded.

    Attributes:
        number: the how manieth of its sender to its receiver.
        sha256: of the text that counts.
        facts: how many it says.
        date: when it was recorded.
    """

    number: int
    sha256: str
    facts: int
    date: dt.date


@dataclass(frozen=True, slots=True)
class Channels:
    """Every message that a ledger has recorded.

    Attributes:
        messages: by sender and receiver, in the order of their numbers.
        resumed: the text that a person has said to count, by message.
    """

    messages: dict[tuple[str, str], list[Known]] = field(default_factory=dict)
    resumed: dict[Name, str] = field(default_factory=dict)

    def known(self, name: Name) -> Known | None:
        """A message, if it is recorded."""
        recorded = self.messages.get(name[:2], [])
        return recorded[name[2] - 1] if 0 < name[2] <= len(recorded) else None

    def last(self, sender: str, receiver: str) -> Known | None:
        """The latest message of one to another."""
        recorded = self.messages.get((sender, receiver))
        return recorded[-1] if recorded else None

    def last_number(self, sender: str, receiver: str) -> int:
        """Its number; 0 for none."""
        return len(self.messages.get((sender, receiver), []))

    def others(self, party: str) -> list[str]:
        """With whom a party has exchanged messages."""
        pairs = (pair for pair in self.messages if party in pair)
        return sorted({each for pair in pairs for each in pair if each != party})


def channels_of(exchanged: Iterable[Fact]) -> Channels:
    """What directives that count say of messages.

    Args:
        exchanged: of an evaluation, in their order: numbers go up by one.
    """
    found = Channels()
    for fact in exchanged:
        if fact.kind == "resume":
            found.resumed[name_of(fact)] = fact.terms["sha256"]
    for fact in exchanged:
        if fact.kind in NUMBERED:
            name = name_of(fact)
            digest = found.resumed.get(name, fact.terms["sha256"])
            known = Known(name[2], digest, int(fact.terms["facts"]), fact.date)
            found.messages.setdefault(name[:2], []).append(known)
    return found
