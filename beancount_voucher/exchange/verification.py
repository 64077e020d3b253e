"""Every message that is kept, held against its signature, its key, its chain and the ledger.

And what proves it without us: the line of ``ssh-keygen`` that anybody can run, with the file
of keys that the ledger declares.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation, LostError
from beancount_voucher.exchange.keys import best_of, keys_of
from beancount_voucher.exchange.message import NAMESPACE, digest, shown
from beancount_voucher.exchange.reader import MalformedError, read_message
from beancount_voucher.exchange.signers_file import at, fault
from beancount_voucher.exchange.transcription import Transcription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.conditions import Condition
    from beancount_voucher.exchange.authenticity import Check, Incoming
    from beancount_voucher.exchange.channel import Channels, Known
    from beancount_voucher.exchange.keys import Key
    from beancount_voucher.exchange.message import Header, Name
    from beancount_voucher.exchange.sending import Book
    from beancount_voucher.exchange.signers_file import Allowed

    Kept = Callable[[Name], bytes | None]


class Proof(NamedTuple):
    """What became of one message.

    Attributes:
        name: the message.
        date: when it was recorded.
        code: what is wrong; nothing where it is proven.
        wrong: in words.
    """

    name: Name
    date: dt.date
    code: str = ""
    wrong: str = ""


def proofs(
    book: Book,
    texts: Kept,
    signatures: Kept,
    check: Check,
    conversation: Conversation | None = None,
) -> Iterator[Proof]:
    """Every message that a ledger has recorded, in the order of channels and numbers.

    Args:
        book: the ledger.
        texts: of the messages that are kept.
        signatures: theirs.
        check: tells whose signature a text has.
        conversation: what was read of them already.
    """
    exchanged = book.evaluation.exchanged
    channels = channels_of(exchanged)
    conversation = conversation or Conversation(book, channels, texts)
    for pair, recorded in sorted(channels.messages.items()):
        keys = keys_of(exchanged, pair[0])
        before: Known | None = None
        for known in recorded:
            name = (*pair, known.number)
            fault = (
                _of_text(known, texts(name))
                or _of_signature(keys, known, name, texts, signatures, check)
                or (None if name in channels.resumed else _of_chain(conversation, name, before))
            )
            yield Proof(name, known.date, *(fault or ("", "")))
            before = known


def _of_text(known: Known, text: bytes | None) -> tuple[str, str] | None:
    if text is None:
        return "message-missing", "its text is not kept"
    if digest(text) != known.sha256:
        return "message-changed", "its text is another than was recorded"
    return None


def _of_signature(
    keys: Iterable[Key], known: Known, name: Name, texts: Kept, signatures: Kept, check: Check
) -> tuple[str, str] | None:
    text, signature = texts(name), signatures(name)
    assert text is not None
    mark = None if signature is None else check(text, signature)
    if mark is None:
        return "bad-signature", "its signature is none of this text"
    key, code = best_of(keys, mark, known.date)
    return None if key is not None else (code, f"it is signed with {mark}")


def _of_chain(
    conversation: Conversation, name: Name, before: Known | None
) -> tuple[str, str] | None:
    message = conversation.message(name)
    if message is None or message.header.previous == (None if before is None else before.sha256):
        return None
    return "fork", "the message before it is another than was recorded"


def differing(book: Book, texts: Kept) -> Iterator[tuple[str, str]]:
    """What the ledger says otherwise than messages: a message and what differs."""
    channels: Channels = channels_of(book.evaluation.exchanged)
    conversation = Conversation(book, channels, texts)
    for untrue in Transcription(book, channels, conversation).untrue():
        about = book.we if untrue.name is None else shown(untrue.name)
        yield about, untrue.text
    for party in channels.others(book.we):
        try:
            for each in conversation.differing(party):
                yield shown(each.name), f"{each.voucher}: {each.text}"
        except LostError:
            continue  # it is told as missing, or changed


def proofs_alone(
    came: Iterable[Incoming],
    allowed: Sequence[Allowed],
    check: Check,
    conditions: Mapping[str, Condition],
    day: dt.date | None = None,
) -> Iterator[Proof]:
    """Messages without any ledger: against their signatures, the keys, and each other.

    Args:
        came: the messages.
        allowed: whose keys count, and when.
        check: tells whose signature it is.
        conditions: the settlement conditions that are known here.
        day: on which the keys must count; the one that each message has, if left out.
    """
    found = {each.name: each for each in came}
    for name, each in sorted(found.items()):
        mark = None if each.signature is None else check(each.content, each.signature)
        if mark is None:
            yield Proof(name, dt.date.min, *_unsigned(each))
            continue
        try:
            header = read_message(each.content, name, conditions).message.header
        except MalformedError as error:
            yield Proof(name, dt.date.min, "malformed", str(error))
            continue
        on = day or header.date
        code = fault(allowed, name[0], mark, on)
        wrong = None if code is None else (code, f"it is signed with {mark}")
        yield Proof(name, on, *(wrong or _beside(header, found) or ("", "")))


def _unsigned(each: Incoming) -> tuple[str, str]:
    if each.signature is None:
        return "unsigned", "there is no signature beside it"
    return "bad-signature", "its signature is none of this text"


def _beside(header: Header, found: Mapping[Name, Incoming]) -> tuple[str, str] | None:
    """What a header says otherwise of messages that are there, too."""
    before = found.get((header.sender, header.receiver, header.number - 1))
    if before is not None and digest(before.content) != header.previous:
        return "fork", "the message before it is another than it says"
    seen = found.get((header.receiver, header.sender, header.seen))
    if seen is not None and digest(seen.content) != header.seen_sha256:
        return "fork", f"message {shown(seen.name)} is another than it has seen"
    return None


def command(proof: Proof, path: str, signers: str) -> str:
    """The line that proves a message without us."""
    return (
        f"ssh-keygen -Y verify -f {signers} -I {proof.name[0]} -n {NAMESPACE} "
        f"-Overify-time={at(proof.date, '120000')} -s {path}.sig < {path}"
    )
