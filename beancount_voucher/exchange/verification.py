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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beancount_voucher.exchange.authenticity import Check
    from beancount_voucher.exchange.channel import Channels, Known
    from beancount_voucher.exchange.keys import Key
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.sending import Book

    Kept = Callable[[Name], bytes | None]

_DAY = dt.timedelta(days=1)


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


def proofs(book: Book, texts: Kept, signatures: Kept, check: Check) -> Iterator[Proof]:
    """Every message that a ledger has recorded, in the order of channels and numbers."""
    channels = channels_of(book.evaluation.exchanged)
    conversation = Conversation(book, channels, texts)
    for pair, recorded in sorted(channels.messages.items()):
        before: Known | None = None
        for known in recorded:
            name = (*pair, known.number)
            fault = (
                _of_text(known, texts(name))
                or _of_signature(book, known, name, texts, signatures, check)
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
    book: Book, known: Known, name: Name, texts: Kept, signatures: Kept, check: Check
) -> tuple[str, str] | None:
    text, signature = texts(name), signatures(name)
    assert text is not None
    mark = None if signature is None else check(text, signature)
    if mark is None:
        return "bad-signature", "its signature is none of this text"
    key, code = best_of(keys_of(book.evaluation.exchanged, name[0]), mark, known.date)
    return None if key is not None else (code, f"it is signed with {mark}")


def _of_chain(
    conversation: Conversation, name: Name, before: Known | None
) -> tuple[str, str] | None:
    message = conversation.message(name)
    if message is None or message.header.previous == (None if before is None else before.sha256):
        return None
    return "fork", "the message before it is another than was recorded"


def differing(book: Book, texts: Kept) -> Iterator[tuple[str, str]]:
    """What the ledger says otherwise than our messages: a message and what differs."""
    channels: Channels = channels_of(book.evaluation.exchanged)
    conversation = Conversation(book, channels, texts)
    for party in channels.others(book.we):
        try:
            for each in conversation.differing(party):
                yield shown(each.name), f"{each.voucher}: {each.text}"
        except LostError:
            continue  # it is told as missing, or changed


def allowed_signers(keys: Iterable[Key]) -> str:
    """The file of keys for ``ssh-keygen -Y verify``: plain ids, and days with ``Z``."""
    return "".join(f"{key.party} {','.join(_limits(key))} {key.line}\n" for key in keys)


def _limits(key: Key) -> Iterator[str]:
    yield f'valid-after="{_at(key.since)}"'
    ends = [each for each in (key.until and key.until + _DAY, key.revoked) if each is not None]
    if ends:
        yield f'valid-before="{_at(min(ends))}"'
    yield f'namespaces="{NAMESPACE}"'


def _at(day: dt.date, hour: str = "000000") -> str:
    return f"{day:%Y%m%d}{hour}Z"


def command(proof: Proof, path: str, signers: str) -> str:
    """The line that proves a message without us."""
    return (
        f"ssh-keygen -Y verify -f {signers} -I {proof.name[0]} -n {NAMESPACE} "
        f"-Overify-time={_at(proof.date, '120000')} -s {path}.sig < {path}"
    )
