"""A ledger's file as blocks: each directive with its comment, and what it says.

Two blocks that say the same are the same block, wherever they stand and however they are
written. The texts of all blocks together are the file.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from beancount.parser import parser
from beancount.parser.lexer import lex_iter_string

from beancount_voucher.conditions import installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.parser import read
from beancount_voucher.ledger import interrupts
from beancount_voucher.review import parser_guard

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.facts import Fact

_IN_TEXT = re.compile(r'\\.|"')
_OUTSIDE = re.compile(r'"|;.*')
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ORDERED = ("pushtag", "poptag", "pushmeta", "popmeta")
_COMMENT = (";", "*", "#", "!", "&", "?", "%")
"""What Beancount takes for a comment at the start of a line."""


class BlockError(Exception):
    """A text that is no ledger: it cannot be merged by what it says."""


@dataclass(frozen=True, slots=True)
class Block:
    """A directive with the comment right above it, or a paragraph of comments.

    Attributes:
        key: what it says, and how many times that has been said with it.
        text: its lines, with the empty lines that follow.
        fact: the voucher fact, if it is one.
        entry: the directive; None for comments, and for what is no entry, such as an include.
    """

    key: tuple[Hashable, int]
    text: str
    fact: Fact | None
    entry: Entry | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything but comments stands in it."""
        return self.entry is not None or bool(_uncommented(self.text).strip())

    @property
    def is_ordered(self) -> bool:
        """Whether it acts on the directives below it, so that the order of lines matters."""
        return self.text.lstrip().startswith(_ORDERED)

    @property
    def comments(self) -> list[str]:
        """What in it says nothing to Beancount: lines of their own, and what stands behind."""
        return [found for found, _ in _comments(self.text)]

    @property
    def first_line(self) -> str:
        """What a person knows it by: its first line without comments, if it has one."""
        lines = (*_uncommented(self.text).splitlines(), *self.text.splitlines())
        return next((line.rstrip() for line in lines if line.strip()), "")


def parsed(content: bytes) -> tuple[str, list[Entry], dict[str, Any]]:
    """A file's text with LF for every newline, its entries and its options.

    Raises:
        BlockError: it is not UTF-8, or Beancount finds an error of syntax in it, or fails on it.
    """
    try:
        text = content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BlockError(f"it is not UTF-8 (byte {error.start})") from error
    fault = parser_guard.fault(text.encode())
    if fault is not None:
        raise BlockError(f"line {fault.lineno}: {fault.message}")
    try:
        with interrupts.insisted():
            entries, errors, options = parser.parse_string(text.encode(), "<merge>")
    except Exception as error:  # such as metadata "lineno" that is no number
        raise BlockError(f"Beancount cannot read it: {error}") from error
    if errors:
        raise BlockError(f"line {errors[0].source['lineno']}: {errors[0].message}")
    return text, entries, options


def blocks(content: bytes) -> list[Block]:
    """The blocks of a file, in order, with LF for every newline.

    Raises:
        BlockError: it cannot be read.
    """
    text, entries, options = parsed(content)
    facts = {id(fact.entry): fact for fact in read(entries, Names(options), installed()).facts}
    by_line = {entry.meta["lineno"]: entry for entry in entries}
    seen: Counter[Hashable] = Counter()
    found = []
    for directive, said in _pieces(text):
        entry = by_line.get(directive)
        # A directive that is no entry, such as an include, is what it says without comments.
        words = _uncommented(said) if directive else said
        key = " ".join(words.split()) if entry is None else _said(entry)
        seen[key] += 1
        found.append(Block((key, seen[key]), said, facts.get(id(entry)), entry))
    return found


def _uncommented(text: str) -> str:
    for comment, at in reversed(list(_comments(text))):
        text = text[:at] + text[at + len(comment) :]
    return text


def _comments(text: str) -> Iterator[tuple[str, int]]:
    """The comments in a text, and where each begins."""
    at, is_quoted = 0, False
    for line in _LINE.findall(text):
        if not is_quoted and line.startswith(_COMMENT):
            yield line.rstrip(), at
        else:
            part = _mark(line, 0, is_quoted)
            while part and part[0].startswith(('"', "\\")):
                is_quoted ^= part[0] == '"'
                part = _mark(line, part.end(), is_quoted)
            if part:
                yield part[0].rstrip(), at + part.start()
        at += len(line)


def _mark(line: str, start: int, is_quoted: bool) -> re.Match[str] | None:
    """What comes next of that which tells a comment from a text."""
    return (_IN_TEXT if is_quoted else _OUTSIDE).search(line, start)


def _said(value: Any) -> Hashable:  # noqa: ANN401
    """A part of an entry without positions, to be compared and hashed."""
    if isinstance(value, dict):
        return frozenset(
            (key, _said(each))
            for key, each in value.items()
            if key not in ("filename", "lineno") and not key.startswith("__")
        )
    if isinstance(value, tuple | list):
        return (type(value).__name__, *map(_said, value))
    return (type(value).__name__, value)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text, cut before each directive and each paragraph of comments.

    With each piece the line on which its directive starts, or 0.
    """
    lines = _LINE.findall(text)
    cuts, end = {1: 0}, 0
    for start, last in _directives(text):
        _cut_comments(lines, end, start, cuts)
        end = last
    _cut_comments(lines, end, len(lines) + 1, cuts)
    for number, following in pairwise([*sorted(cuts), len(lines) + 1]):
        if following > number:
            yield cuts[number], "".join(lines[number - 1 : following - 1])


def _directives(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each directive, as Beancount's own lexer sees them."""
    start, last, before = 0, 0, "EOL"
    for name, line, _, _ in lex_iter_string(text):  # type: ignore[no-untyped-call]
        if before == "EOL" and name not in ("INDENT", "EOL"):
            if start:
                yield start, last
            start = line
        if name != "EOL":
            last = line
        before = name
    if start:
        yield start, last


def _cut_comments(lines: Sequence[str], end: int, start: int, cuts: dict[int, int]) -> None:
    """Cut what stands between two directives: by paragraphs, the last kept with its directive."""
    blank, paragraph = True, 0
    for number in range(end + 1, start):
        line = lines[number - 1]
        if blank and not line[:1].isspace():
            cuts[number], paragraph = 0, number
        blank = not line.strip()
    if start <= len(lines):
        cuts[start if blank or not paragraph else paragraph] = start
