"""Events of others that a change brings without their signature (manual: review).

What another party has said comes by a message. Here its text and signature are read from the
change, and the keys from what was there before it: a branch cannot say who may sign it.
"""

from __future__ import annotations

import posixpath
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.heard import speakers
from beancount_voucher.exchange.keys import best_of, keys_of
from beancount_voucher.exchange.known import says_the_same
from beancount_voucher.exchange.message import (
    MOST_BYTES,
    SIGNATURE,
    digest,
    file_name,
    name_in,
    name_of,
)
from beancount_voucher.exchange.reader import MalformedError, read_message
from beancount_voucher.exchange.sayings import SAID
from beancount_voucher.exchange.sending import Book
from beancount_voucher.exchange.store import FOLDER
from beancount_voucher.exchange.transcription import tellers
from beancount_voucher.exchange.verifiers import checked
from beancount_voucher.lifecycle.channels import NUMBERED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.tree import Tree


class Unsigned(NamedTuple):
    """An event of another party that nothing proves.

    Attributes:
        fact: the event.
        text: why it is not proven.
    """

    fact: Fact
    text: str


class _Opened(NamedTuple):
    """A message: what it says, or what is wrong with it."""

    facts: tuple[Fact, ...] = ()
    wrong: str = ""


def unsigned_events(
    before: Ledger, after: Ledger, tree: Tree, arrived: Iterable[Fact]
) -> Iterator[Unsigned]:
    """What of a change is for others to say, and is not signed by them.

    Args:
        before: the ledger at the base, which declares the keys.
        after: the ledger with the change.
        tree: the files of the change.
        arrived: the events that it brings, or edits.
    """
    if not before.reading.facts:
        return  # nothing was there that could say who may sign
    proof = _Proof(before, after, tree)
    for fact in arrived:
        if fact.kind not in SAID:
            continue
        wrong = proof.without(fact) if fact.message is None else proof.of(fact, fact.message)
        if wrong:
            yield Unsigned(fact, wrong)


class _Proof:
    """The messages of a change, and the keys of its base."""

    def __init__(self, before: Ledger, after: Ledger, tree: Tree) -> None:
        self._tree = tree
        self._keys = before.evaluation.exchanged
        self._conditions = after.evaluation.ledger_state.conditions
        self._folder = posixpath.join(posixpath.dirname(after.path.as_posix()), FOLDER)
        named = speakers(before.evaluation, before.kept)
        self._ours = named or speakers(after.evaluation, after.kept)
        self._books = [Book(we, after.reading.facts, after.evaluation) for we in self._ours]
        self._recorded = {
            name_of(fact): fact for fact in after.evaluation.exchanged if fact.kind in NUMBERED
        }
        keyed = {fact.ids[0] for fact in self._keys if fact.kind == "key"}
        self._others = sorted(keyed.difference(self._ours))
        self._opened: Callable[[Name], _Opened] = cache(self._open)

    def of(self, fact: Fact, message: str) -> str:
        """What is wrong with the message that a fact names; nothing where it says the fact."""
        name = name_in(message)
        if self._ours and not {*name[:2]}.intersection(self._ours):
            return f"message {message} is for somebody else"
        opened = self._opened(name)
        if opened.wrong:
            return f"message {message}: {opened.wrong}"
        alike = (each for each in opened.facts if _is(each, fact))
        if any(each.says_the_same(fact) for each in alike):
            return ""
        return f"message {message} does not say so"

    def without(self, fact: Fact) -> str:
        """Who should have said a fact that names no message; nothing where it is ours to record.

        What a message says, too, was known before it came.
        """
        would = (each for book in self._books for each in tellers(book, fact, self._others))
        speaker = next(would, None)
        if speaker is None or self._is_said(fact):
            return ""
        return f"it is for {speaker} to say, and no message has brought it"

    def _is_said(self, fact: Fact) -> bool:
        heard = (name for name in self._recorded if name[1] in self._ours)
        return any(
            _is(each, fact) and says_the_same(each, fact)
            for name in heard
            for each in self._opened(name).facts
        )

    def _open(self, name: Name) -> _Opened:
        """A message that is recorded, kept, signed and well-formed, or what it is not."""
        recorded = self._recorded.get(name)
        if recorded is None:
            return _Opened(wrong="it is not recorded")
        text = self._read(name)
        if text is None:
            return _Opened(wrong="its text is not kept")
        if digest(text) != recorded.terms["sha256"]:
            return _Opened(wrong="its text is another than was recorded")
        unsigned = self._unsigned(name, text, recorded)
        if unsigned:
            return _Opened(wrong=unsigned)
        try:
            readable = read_message(text, name, self._conditions)
        except MalformedError:
            return _Opened(wrong="it is malformed")
        return _Opened(tuple(each.fact for each in readable.message.said))

    def _unsigned(self, name: Name, text: bytes, recorded: Fact) -> str:
        """What is wrong with its signature; nothing where a key of the base has made it."""
        signature = self._read(name, SIGNATURE)
        mark = None if signature is None else checked(text, signature)
        if mark is None:
            return "its signature is none of this text"
        key, code = best_of(keys_of(self._keys, name[0]), mark, recorded.date)
        return "" if key is not None else f"signed with {mark}, by the keys of the base {code}"

    def _read(self, name: Name, suffix: str = "") -> bytes | None:
        path = posixpath.join(self._folder, name[0], name[1], file_name(name) + suffix)
        if not self._tree.has(path):
            return None
        content = self._tree.read([path])[path]
        return content if len(content) <= MOST_BYTES else None


def _is(said: Fact, here: Fact) -> bool:
    return (said.kind, said.ids, said.date) == (here.kind, here.ids, here.date)
