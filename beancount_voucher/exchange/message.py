"""A message: what one party says to another, and the one text that says it (manual: exchange).

>>> import datetime as dt
>>> header = Header(dt.date(2026, 3, 2), "FirstBank", "SecondBank", 1)
>>> print(text_of(Message(header, ())), end="")
2026-03-02 custom "voucher-message" "FirstBank" "SecondBank" 1
  format: 1
  seen: 0
"""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.facts import Fact, order
from beancount_voucher.directives.printer import directive
from beancount_voucher.directives.schema import ONLY_IN_MESSAGES
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

FORMAT = 1
MOST_FACTS = 10_000
MOST_BYTES = 8 * 1024 * 1024
RIVAL_DIGITS = 12
"""Of the digest of a second text of a number, so many stand in the name of its file."""
NAMESPACE = "message@beancount-voucher"
"""What a signature of ``ssh-keygen -Y sign -n`` is for."""

SUFFIX, SIGNATURE = ".beancount", ".sig"
_NAME = re.compile(r"(?P<sender>[^_/]+)_(?P<receiver>[^_/]+)_(?P<number>[0-9]{6,9})\.beancount")

Name = tuple[str, str, int]
"""A message by its sender, its receiver and its number."""


class Header(NamedTuple):
    """What a message says of itself.

    Attributes:
        date: the day on which it is made.
        sender: who says it: a party id.
        receiver: to whom.
        number: the how manieth it is, of this sender to this receiver.
        previous: the SHA-256 of the text of the one before; None in the first.
        seen: the last number that the sender has recorded from the receiver; 0 for none.
        seen_sha256: the SHA-256 of that text; None for none.
    """

    date: dt.date
    sender: str
    receiver: str
    number: int
    previous: str | None = None
    seen: int = 0
    seen_sha256: str | None = None

    @property
    def name(self) -> Name:
        """By what it is known."""
        return self.sender, self.receiver, self.number


class Said(NamedTuple):
    """A fact of a message, with what travels beside its terms.

    Attributes:
        fact: what it says.
        notes: ``note-effective``, and further documents with their digests.
    """

    fact: Fact
    notes: Mapping[str, Any] = MappingProxyType({})


class Message(NamedTuple):
    """A message."""

    header: Header
    said: tuple[Said, ...]

    @property
    def facts(self) -> int:
        """How many facts it says: those that are to be acknowledged."""
        return len(self.said)


def text_of(message: Message) -> str:
    """The text of a message, ready to be signed: refusals first, then the order of facts."""
    said = sorted(message.said, key=lambda each: _place(each.fact))
    return _head(message.header) + "".join(directive(each.fact, each.notes) for each in said)


def _place(fact: Fact) -> tuple[object, ...]:
    if fact.kind in ONLY_IN_MESSAGES:
        return 2, fact.date, fact.ids
    return int(fact.kind != "refusal"), order(fact)


def _head(header: Header) -> str:
    terms: dict[str, Any] = {
        "format": Decimal(FORMAT),
        "previous": header.previous,
        "seen": Decimal(header.seen),
        "seen-sha256": header.seen_sha256,
    }
    known = {key: value for key, value in terms.items() if value is not None}
    ids = header.sender, header.receiver, str(header.number)
    return directive(Fact("message", header.date, ids, None, known, NOT_WRITTEN))


def digest(content: bytes) -> str:
    """The SHA-256 of a text, by which it is known."""
    return hashlib.sha256(content).hexdigest()


def file_name(name: Name) -> str:
    """How the file of a message is called: ``FirstBank_SecondBank_000042.beancount``."""
    sender, receiver, number = name
    return f"{sender}_{receiver}_{number:06}{SUFFIX}"


def named(file: str) -> Name | None:
    """The message that a file's name stands for; None for another file."""
    match = _NAME.fullmatch(file)
    if match is None:
        return None
    name = match["sender"], match["receiver"], int(match["number"])
    return name if name[2] and file == file_name(name) else None


def shown(name: Name) -> str:
    """A message as metadata and people name it: ``FirstBank SecondBank 42``."""
    return "{} {} {}".format(*name)


def name_in(text: str) -> Name:
    """The message that metadata names: what ``shown`` makes of it, read again."""
    sender, receiver, number = text.split(" ")
    return sender, receiver, int(number)


def name_of(fact: Fact) -> Name:
    """The message that a directive is about: one that was sent, received or resumed."""
    return name_in(" ".join(fact.ids))


def in_messages(said: Iterable[Said], most: int = MOST_FACTS) -> Iterable[tuple[Said, ...]]:
    """Facts, as many together as one message holds."""
    waiting: list[Said] = []
    size = 0
    for each in said:
        length = len(directive(each.fact, each.notes).encode())
        if waiting and (len(waiting) == most or size + length > MOST_BYTES - _FOR_HEADER):
            yield tuple(waiting)
            waiting, size = [], 0
        waiting.append(each)
        size += length
    if waiting:
        yield tuple(waiting)


_FOR_HEADER = 4096
"""Bytes that a header never needs."""
