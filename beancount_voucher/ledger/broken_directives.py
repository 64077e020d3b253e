"""Voucher directives that a syntax error has cut short, or swallowed whole.

For Beancount a blank line inside a directive, or a comment in its first column, ends it: what
stands above is kept, one error tells of "unexpected INDENT", and what stands below is gone. A
settlement condition that is gone so would let money be paid that nobody meant to pay. So a
voucher is decided by nobody as long as one of its directives is broken (manual: mistakes).

The plugin sees no parser errors, and cannot know; who has loaded the ledger's files can.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from beancount.parser.grammar import ParserSyntaxError
from beancount.parser.lexer import LexerError

from beancount_voucher.directives.entries import is_voucher_directive, voucher_named
from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.schema import EVENTS, PREFIX
from beancount_voucher.directives.source_lines import SourceLine, Sources
from beancount_voucher.directives.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from beancount.core.data import Custom

    from beancount_voucher.ledger.loader import Ledger

SYNTAX_ERRORS = (LexerError, ParserSyntaxError)
"""What Beancount calls a text that it cannot read."""

_START = re.compile(r"[0-9]{4}[-/][0-9]|(?:option|plugin|include|push|pop)")
"""How a line begins that begins a directive."""

_LOST = re.compile(rf'[0-9/-]+\s+custom\s+"({PREFIX}[^"]*)"\s*(?:"([^"]*)")?')
_KEY = re.compile(r"\s+([a-z][A-Za-z0-9_-]*):")


class BrokenDirective(NamedTuple):
    """A voucher directive that is not read as it is written.

    Attributes:
        name: its name, as ``voucher-issue``.
        subject: its first value; None where the text does not tell.
        place: the line at which Beancount stopped to read it.
        start: the line on which it begins.
        lost: the metadata keys that are not read.
        whole: whether nothing of it is read.
    """

    name: str
    subject: str | None
    place: SourceLine
    start: int
    lost: tuple[str, ...]
    whole: bool

    @property
    def voucher(self) -> str | None:
        """The voucher that it is about; None for a party or a credit line."""
        return self.subject if self.name.removeprefix(PREFIX) in EVENTS else None

    @property
    def problem(self) -> Problem:
        """What is wrong, for whoever would decide about the voucher."""
        what = "is not read" if self.whole else "ends here for Beancount"
        wrong = f"the {self.name} of line {self.start} {what}"
        if self.lost and not self.whole:
            wrong += f"; lost below: {', '.join(self.lost)}"
        if self.subject is not None:
            wrong = f"{self.subject}: {wrong}"
        expected = "a directive without a blank line, first-column comment or syntax error in it"
        return Problem("broken-directive", self.place, wrong, expected)


def text_of_file(filename: str) -> str:
    """What stands in a file now; nothing where it cannot be read."""
    try:
        return Path(filename).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def broken_directives(
    ledger: Ledger, text_of: Callable[[str], str] = text_of_file
) -> list[BrokenDirective]:
    """Every voucher directive that a syntax error bears on, by file and line.

    A syntax error bears on the directive above it; of directives that Beancount has not read
    at all, on each that begins between the last one that it has read and the error.

    Args:
        ledger: a ledger as it was loaded.
        text_of: the text of a file of it; from the disk, if it is not had from elsewhere.
    """
    errors: dict[str, list[int]] = defaultdict(list)
    for error in ledger.errors:
        if isinstance(error, SYNTAX_ERRORS):
            errors[error.source["filename"]].append(error.source["lineno"])
    if not errors:
        return []
    read = _read_lines(ledger, errors)
    return [
        broken
        for filename in sorted(errors)
        for broken in _broken(filename, sorted(errors[filename]), read[filename], text_of(filename))
    ]


def undecidable(ledger: Ledger, text_of: Callable[[str], str] = text_of_file) -> dict[str, Problem]:
    """The vouchers that nobody may decide about, each with the first reason."""
    barred: dict[str, Problem] = {}
    for broken in broken_directives(ledger, text_of):
        if broken.voucher is not None:
            barred.setdefault(broken.voucher, broken.problem)
    return barred


def _read_lines(ledger: Ledger, files: Iterable[str]) -> dict[str, dict[int, Custom | None]]:
    """The lines on which a directive begins that was read; with it, if it is a voucher's."""
    sources = Sources.of(ledger.options)
    read: dict[str, dict[int, Custom | None]] = {filename: {} for filename in files}
    for entry in ledger.entries:
        place = sources.written(entry.meta)
        if place is not None and place.filename in read:
            lines = read[place.filename]
            if is_voucher_directive(entry):
                lines[place.lineno] = entry  # type: ignore[assignment]
            else:
                lines.setdefault(place.lineno, None)
    return read


def _broken(
    filename: str, errors: Iterable[int], read: Mapping[int, Custom | None], text: str
) -> Iterator[BrokenDirective]:
    lines = text.splitlines()
    starts = sorted({n for n, line in enumerate(lines, 1) if _START.match(line)} | read.keys())
    told: set[int] = set()
    for error in errors:
        place = SourceLine(filename, error)
        for start in _hit(starts[: bisect_right(starts, error)], read):
            if start in told:
                continue
            told.add(start)
            below = takewhile(lambda line: not _START.match(line), lines[start:])
            keys = tuple(dict.fromkeys(match[1] for each in below if (match := _KEY.match(each))))
            entry = read.get(start)
            if entry is not None:
                lost = tuple(key for key in keys if key not in entry.meta)
                yield BrokenDirective(entry.type, _subject(entry), place, start, lost, whole=False)
            elif start not in read and (match := _LOST.match(lines[start - 1])):
                yield BrokenDirective(match[1], match[2], place, start, keys, whole=True)


def _hit(starts: list[int], read: Container[int]) -> list[int]:
    """The directives that an error below them bears on.

    The one above it, if that was read; else all above it that were not.
    """
    if starts and starts[-1] in read:
        return starts[-1:]
    return list(takewhile(lambda start: start not in read, reversed(starts)))


def _subject(entry: Custom) -> str | None:
    named = voucher_named(entry)
    if named is not None or not entry.values:
        return named
    value = entry.values[0].value
    return value if isinstance(value, str) else quoted(value)
