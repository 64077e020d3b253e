"""Whether a text is what its sender said, in its order: signature, key, addressee, chain.

What is not authentic is recorded nowhere, and is tried again (manual: exchange).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.keys import best_of, keys_of
from beancount_voucher.exchange.message import MOST_BYTES, RIVAL_DIGITS, digest, shown
from beancount_voucher.exchange.reader import MalformedError, read_message

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Mapping

    from beancount_voucher.conditions import Condition
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.keys import Key
    from beancount_voucher.exchange.message import Header, Name
    from beancount_voucher.exchange.reader import Readable

    Check = Callable[[bytes, bytes], str | None]
    """Given a text and the ``.sig`` beside it: the fingerprint of the key that has signed it.

    None: the signature is none of this text.
    """


class Incoming(NamedTuple):
    """Something that came: a text, and its signature or none."""

    name: Name
    content: bytes
    signature: bytes | None


class Refused(NamedTuple):
    """What is not recorded, or waits.

    Attributes:
        code: one of ``NOT_AUTHENTIC``, or ``known`` for what is recorded already.
        wrong: in words.
        is_behind: whether it tells that the ledger lacks messages of ours: it was restored.
    """

    code: str
    wrong: str
    is_behind: bool = False


class Authentic(NamedTuple):
    """What its sender said, next in its order.

    Attributes:
        name: of the message.
        content: its bytes.
        key: the one that has signed it.
        readable: what it says; None where it is malformed.
        malformed: why it is none.
    """

    name: Name
    content: bytes
    key: Key
    readable: Readable | None
    malformed: str = ""


class Reception(NamedTuple):
    """What a text is held against.

    Attributes:
        we: to whom it must be addressed.
        exchanged: the directives of the exchange that count in our ledger.
        channels: what they say of messages.
        date: the day on which it is recorded.
        check: tells whose signature it is.
        conditions: the settlement conditions that are known here.
        rivals: the messages of which two texts are kept, with how digests of the second begin.
    """

    we: str
    exchanged: list[Fact]
    channels: Channels
    date: dt.date
    check: Check
    conditions: Mapping[str, Condition]
    rivals: Mapping[Name, Collection[str]] = MappingProxyType({})


def authentic(incoming: Incoming, reception: Reception) -> Authentic | Refused:
    """Whether a text is the next that its sender has said to us; or we, and have lost it."""
    refused = _from_outside(incoming, reception)
    return refused or _signed(incoming, reception)


def _from_outside(incoming: Incoming, reception: Reception) -> Refused | None:
    """What is seen without looking at the signature."""
    name, content = incoming.name, incoming.content
    if len(content) > MOST_BYTES:
        return Refused("too-large", f"it has {len(content)} bytes")
    known = reception.channels.known(name)
    if known is not None and known.sha256 == digest(content):
        return Refused("known", "it is recorded already")
    if name in reception.channels.resumed and _is_kept(incoming, reception):
        return Refused("known", "somebody has said that another text counts")
    if reception.we not in name[:2]:
        return Refused("not-addressed", f"it is for {name[1]}")
    if incoming.signature is None:
        return Refused("unsigned", "there is no signature beside it")
    return None


def _is_kept(incoming: Incoming, reception: Reception) -> bool:
    """Whether it is the second text of its number, which was heard and kept."""
    begins = digest(incoming.content)[:RIVAL_DIGITS]
    return reception.channels.known(incoming.name) is not None and begins in reception.rivals.get(
        incoming.name, ()
    )


def _signed(incoming: Incoming, reception: Reception) -> Authentic | Refused:
    name = incoming.name
    assert incoming.signature is not None
    mark = reception.check(incoming.content, incoming.signature)
    if mark is None:
        return Refused("bad-signature", "its signature is none of this text")
    key, code = best_of(keys_of(reception.exchanged, name[0]), mark, reception.date)
    if key is None:
        return Refused(code, f"it is signed with {mark}")
    return _out_of_turn(name, reception) or _read(incoming, key, reception)


def _out_of_turn(name: Name, reception: Reception) -> Refused | None:
    channels, number = reception.channels, name[2]
    if channels.known(name) is not None:
        return Refused("equivocation", f"another text of {shown(name)} is recorded")
    for rival in reception.rivals:
        if rival[:2] == name[:2] and rival not in channels.resumed:
            return Refused("equivocation", f"there are two texts of {shown(rival)}")
    last = channels.last_number(*name[:2])
    if number > last + 1:
        return Refused("gap", f"number {last + 1} has not come yet")
    return None


def _read(incoming: Incoming, key: Key, reception: Reception) -> Authentic | Refused:
    name, content = incoming.name, incoming.content
    try:
        readable = read_message(content, name, reception.conditions)
    except MalformedError as error:
        return Authentic(name, content, key, None, str(error))
    if reception.channels.resumed.get(name) != digest(content):
        forked = _forked(readable.message.header, reception.channels)
        if forked:
            return Refused("fork", forked)
    return _ahead(readable.message.header, reception) or Authentic(name, content, key, readable)


def _ahead(header: Header, reception: Reception) -> Refused | None:
    """What it has seen and is not recorded here has to come first."""
    sender, receiver, seen = header.sender, header.receiver, header.seen
    last = reception.channels.last_number(receiver, sender)
    if seen <= last:
        return None
    if sender == reception.we:
        return Refused("gap", f"we had seen message {last + 1} of {receiver}, which comes first")
    return Refused(
        "gap",
        f"{sender} has recorded message {seen} of ours, and we know {last}: this ledger was "
        "restored, and has lost messages",
        is_behind=True,
    )


def _forked(header: Header, channels: Channels) -> str | None:
    """What a header says otherwise than we have it, of the message before, or of ours."""
    before = channels.last(header.sender, header.receiver)
    if (None if before is None else before.sha256) != header.previous:
        return "the message before it is not the one that is recorded"
    ours = channels.known((header.receiver, header.sender, header.seen))
    if ours is not None and ours.sha256 != header.seen_sha256:
        return f"our message {header.seen} is not the one that it has seen"
    return None
