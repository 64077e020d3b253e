"""Giving a voucher another id, wherever a ledger names it: two branches have numbered alike.

Only the id is changed, letter by letter, and only where it is known to mean the voucher: as the
subject of its directives and exceptions, as a link, in reconciliations, as the whole of a note
or of metadata ``voucher``, and as the leaf of accounts of its own. Where somebody has written it
into a sentence, it is left, and told.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Custom, Transaction
from beancount.parser import parser

from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.facts import VOUCHER_ID, Reading, order
from beancount_voucher.directives.schema import EVENTS, PREFIX
from beancount_voucher.directives.source_lines import SourceLine, source_line
from beancount_voucher.directives.voucher_ids import next_free
from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger import interrupts
from beancount_voucher.ledger.posted import event_by_event
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.views.reconciled_statements import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger

_TOKEN = re.compile(
    r'(?P<string>"(?:\\.|[^"\\])*")|(?P<comment>;[^\n]*|^[*#!&?%][^\n]*)'
    r"|(?P<link>\^[A-Za-z0-9_./-]+)|(?P<account>[\w-]+(?::[\w-]+)+)",
    re.MULTILINE | re.DOTALL,
)
_KEY = re.compile(r"[ \t]+([a-z][A-Za-z0-9_-]*):[ \t]*")
_IN_RECONCILED = ("vouchers", "open-items")
_FIRST = ("request", "issue")


class RenumberError(Exception):
    """Why a voucher cannot be given another id, in a line that ends with a code."""


class Renumbering(NamedTuple):
    """What a ledger is with another id in it.

    Attributes:
        files: content before and after, of each file that is changed.
        facts: the facts as they are then.
        left: where the id is named and stays.
    """

    files: Mapping[Path, tuple[bytes, bytes]]
    facts: Sequence[Fact]
    left: Sequence[SourceLine]


class _Region(NamedTuple):
    """The lines of a file that are the one voucher's; no file: the whole ledger."""

    filename: str = ""
    first: int = 0
    end: int = sys.maxsize

    def may_name(self, place: SourceLine) -> bool:
        """Whether what stands there is not surely about the other voucher."""
        return place.filename != self.filename or self.has(place)

    def has(self, place: SourceLine) -> bool:
        """Whether what stands there is about the voucher."""
        return not self.filename or (
            place.filename == self.filename and self.first <= place.lineno < self.end
        )


def renumber(
    ledger: Ledger, old: str, new: str, contents: Mapping[Path, bytes], at: SourceLine | None
) -> Renumbering:
    """Give a voucher another id.

    Args:
        ledger: the ledger.
        old: its id.
        new: one that no voucher has.
        contents: the ledger's files.
        at: where its issue or request stands, if two vouchers have the id.

    Raises:
        RenumberError: it cannot be.
    """
    _check_free(ledger, new)
    words = _Words(old, new, _accounts(ledger, old), _digests(ledger, old, new))
    region = _region(ledger, old, at)
    files: dict[Path, tuple[bytes, bytes]] = {}
    left: list[SourceLine] = []
    for path, content in contents.items():
        if old.encode() in content:
            rewriter = _Rewriter(path, _decoded(path, content), words, region)
            after = rewriter.rewritten().encode()
            left += rewriter.left
            if after != content:
                files[path] = content, after
    facts = [
        _renamed(each, old, new) if region.has(each.place) else each
        for each in ledger.reading.facts
    ]
    _check_rules(ledger, facts)
    return Renumbering(files, facts, left)


def _check_free(ledger: Ledger, new: str) -> None:
    if not VOUCHER_ID.fullmatch(new):
        raise RenumberError(
            f"{printable(new)} can be no voucher id; expected up to 35 of A-Z a-z 0-9 -, the first "
            "a capital or a digit [bad-id]"
        )
    known = set(ids_of(ledger))
    if new in known:
        free = next_free(new, known)
        offer = f"; the next free id is {free}" if free else ""
        raise RenumberError(f"{new} is the id of a voucher already{offer} [duplicate]")


def ids_of(ledger: Ledger) -> Iterator[str]:
    """Every id that a voucher directive of a ledger names, right or wrong."""
    for entry in ledger.entries:
        named = voucher_named(entry) if isinstance(entry, Custom) else None
        if named is not None:
            yield named


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise RenumberError(
            f"{path}: it is not UTF-8 (byte {error.start}); expected a file that can be read "
            "[bad-value]"
        ) from error


def _renamed(fact: Fact, old: str, new: str) -> Fact:
    named = fact.kind in (*EVENTS, "exception") and fact.ids[0] == old
    return fact._replace(ids=(new, *fact.ids[1:])) if named else fact


def _check_rules(ledger: Ledger, facts: Sequence[Fact]) -> None:
    """See that nothing breaks a rule then that breaks none now."""
    found = ledger.evaluation.ledger_state
    reading = Reading(sorted(facts, key=order), ledger.reading.problems)
    after = evaluate(reading, found.event_directives, found.conditions)
    known = {each.place for each in ledger.evaluation.problems}
    for problem in sorted(after.problems, key=lambda each: each.place):
        if problem.place not in known:
            place = problem.place
            raise RenumberError(f"{place.filename}:{place.lineno}: {problem.message}")


# --- Which of two ------------------------------------------------------------------------


def _region(ledger: Ledger, old: str, at: SourceLine | None) -> _Region:
    """Where the voucher's directives stand: everywhere, or from its issue to the next alike."""
    groups = list(_grouped(_firsts(ledger, old)))
    if not groups:
        raise RenumberError(
            f"{printable(old)}: there is no such voucher; expected the id of a voucher-issue or "
            "voucher-request [not-found]"
        )
    if at is None and len(groups) == 1:
        return _Region()
    chosen = [group for group in groups if at in group]
    if not chosen:
        places = ", ".join(f"{each[0].filename}:{each[0].lineno}" for each in groups)
        many = f"{len(groups)} vouchers have this id" if at is None else "it does not stand there"
        raise RenumberError(f"{old}: {many}; expected --at one of {places} [not-found]")
    if len(groups) == 1:
        return _Region()
    place = chosen[0][0]
    later = (
        each[0].lineno
        for each in groups
        if each[0].filename == place.filename and each[0].lineno > place.lineno
    )
    return _Region(place.filename, place.lineno, min(later, default=sys.maxsize))


def _firsts(ledger: Ledger, old: str) -> list[tuple[SourceLine, str]]:
    """Where vouchers of the id are requested and issued, file by file."""
    return sorted(
        (source_line(entry.meta), entry.type.removeprefix(PREFIX))
        for entry in ledger.entries
        if isinstance(entry, Custom)
        and entry.type.removeprefix(PREFIX) in _FIRST
        and voucher_named(entry) == old
    )


def _grouped(firsts: Sequence[tuple[SourceLine, str]]) -> Iterator[list[SourceLine]]:
    """Each voucher's request and issue: an issue right behind a request is that one's."""
    group: list[SourceLine] = []
    kinds: list[str] = []
    for place, kind in firsts:
        if kinds == ["request"] and kind == "issue" and group[0].filename == place.filename:
            group.append(place)
            kinds.append(kind)
            continue
        if group:
            yield group
        group, kinds = [place], [kind]
    if group:
        yield group


# --- What is changed ---------------------------------------------------------------------


class _Words:
    """The ids, and what else is another with them: accounts of its own, and what proves it."""

    def __init__(
        self, old: str, new: str, accounts: frozenset[str], digests: Mapping[str, str]
    ) -> None:
        self.old = old
        self.new = new
        self.accounts = accounts
        self._digests = digests
        word = rf"(?<![A-Za-z0-9-]){re.escape(old)}(?![A-Za-z0-9-])"
        self.word = re.compile(word)
        self._proven = re.compile(rf"{word}(?:((?: [^ ;\"]+){{3}} )([0-9a-f]{{16}}))?")

    def in_reconciled(self, text: str) -> str:
        """A list of a reconciliation with the other id, and what is proven of it as it is then."""

        def other(match: re.Match[str]) -> str:
            digest = match[2] or ""
            return f"{self.new}{match[1] or ''}{self._digests.get(digest, digest)}"

        return self._proven.sub(other, text)


def _accounts(ledger: Ledger, old: str) -> frozenset[str]:
    """The accounts that the plugin has for this voucher alone."""
    return frozenset(
        posting.account
        for entry in _booked(ledger, old)
        for posting in entry.postings
        if posting.account.endswith(f":{old}")
    )


def _booked(ledger: Ledger, old: str) -> Iterator[Transaction]:
    return event_by_event(ledger, {old})


def _digests(ledger: Ledger, old: str, new: str) -> dict[str, str]:
    """What proves each of its transactions now, and what will then."""
    found = {}
    for entry in _booked(ledger, old):
        postings = [
            each._replace(account=f"{each.account.removesuffix(old)}{new}")
            if each.account.endswith(f":{old}")
            else each
            for each in entry.postings
        ]
        found[digest_of(entry)] = digest_of(entry._replace(postings=postings))
    return found


class _Rewriter:
    """One file: each word of it that may be the id, and what it is there."""

    def __init__(self, path: Path, text: str, words: _Words, region: _Region) -> None:
        self._path = path
        self._text = text
        self._words = words
        self._region = region
        self.left: list[SourceLine] = []
        with interrupts.insisted():
            entries, _, _ = parser.parse_string(text.replace("\r\n", "\n").encode(), str(path))
        placed = sorted((source_line(each.meta).lineno, at) for at, each in enumerate(entries))
        self._entries: list[Entry] = [entries[at] for _, at in placed]
        self._starts = [line for line, _ in placed]
        self._strings: dict[int, int] = {}
        self._lines, self._counted = 1, 0

    def rewritten(self) -> str:
        """The file as it is then."""
        return _TOKEN.sub(self._token, self._text)

    def _token(self, match: re.Match[str]) -> str:
        token, line = match[0], self._line(match.start())
        other = self._other(match, line) if self._words.old in token else token
        self._strings[line] = self._strings.get(line, 0) + bool(match["string"])
        if other == token:
            self._leave(token, line)
        return other

    def _leave(self, token: str, line: int) -> None:
        """Remember where a word that stays names the voucher."""
        word = self._words.word.search(token)
        if word is not None:
            within = token.count("\n", 0, word.start())
            place = SourceLine(str(self._path), line + within)
            self.left += [place] if self._region.may_name(place) else []

    def _line(self, start: int) -> int:
        """The line of a character; they are asked for in their order."""
        self._lines += self._text.count("\n", self._counted, start)
        self._counted = start
        return self._lines

    def _other(self, match: re.Match[str], line: int) -> str:
        """A word as it is then, if it is the id where it stands."""
        token, old, new = match[0], self._words.old, self._words.new
        at = bisect_right(self._starts, line) - 1
        if at < 0 or not self._region.has(SourceLine(str(self._path), self._starts[at])):
            return token
        if match["link"]:
            return f"^{new}" if token == f"^{old}" else token
        if match["account"]:
            return f"{token.removesuffix(old)}{new}" if token in self._words.accounts else token
        return self._other_string(match, self._entries[at], line) if match["string"] else token

    def _other_string(self, match: re.Match[str], entry: Entry, line: int) -> str:
        token, old, new = match[0], self._words.old, self._words.new
        kind = entry.type.removeprefix(PREFIX) if isinstance(entry, Custom) else ""
        key = _KEY.fullmatch(
            self._text, self._text.rfind("\n", 0, match.start()) + 1, match.start()
        )
        if key is not None and kind == "reconciled" and key[1] in _IN_RECONCILED:
            return self._words.in_reconciled(token)
        if token != f'"{old}"':
            return token
        if key is not None:
            return f'"{new}"' if key[1] == "voucher" or key[1].startswith("note") else token
        is_subject = kind in (*EVENTS, "exception") and self._strings.get(line) == 1
        return f'"{new}"' if is_subject else token
