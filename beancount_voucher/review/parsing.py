"""Parsing a file of which another revision is parsed already, without reading all of it again.

Where every line is plain, a directive begins at a line that begins with a date, and ends before the
next that does, whatever stands above and below. So only the directives are parsed between which
two texts differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.parser import parser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount.core.data import Directive as Entry

_REST = rb"""
    [^";\\\x00-\x08\x0a-\x1f\x7f]*+
    (?: "[^"\\\x00-\x1f\x7f]*+" [^";\\\x00-\x08\x0a-\x1f\x7f]*+ )*+
    (?: ;[^\x00-\x08\x0a-\x1f\x7f]*+ )?+
    """
_ODD = re.compile(
    rb"""
    ^ (?! (?: [0-9]{4}-[0-9]{2}-[0-9]{2}[ ]
            | [ \t]++ (?! lineno: | filename: )
            | (?: option | plugin | include )[ \t]
            | (?=;) | (?=$) )
          """
    + _REST
    + rb"$ )",
    re.MULTILINE | re.VERBOSE,
)
"""A line that is not plain. Plain are directives and what is indented below them, but for metadata
that tells another place; options, plugins and includes; comments; and nothing: each with all its
texts on the line, and without what may end or hide any (a backslash, a CR)."""

_OF_THE_FILE = (b"option", b"plugin", b"include")
_OPTION = re.compile(rb"^option[^\n]*|\n", re.MULTILINE)


class Parse(NamedTuple):
    """A file, and what Beancount's parser makes of it."""

    text: bytes
    entries: list[Entry]
    errors: list[Any]
    options: dict[str, Any]


def parse(name: str, text: bytes) -> Parse:
    """Parse a file.

    Args:
        name: what it is called.
        text: its contents.
    """
    return Parse(text, *parser.parse_string(text, name))


def parse_like(known: Parse, name: str, text: bytes) -> Parse | None:
    """Parse a file as far as it differs from another of its name; None where that is not exact.

    Args:
        known: the other, whose entries are taken where they are the same.
        name: what both are called.
        text: its contents.
    """
    if known.text == text:
        return known
    if known.errors or _ODD.search(known.text):
        return None
    start, end = _between(known, text)
    tail = len(known.text) - end.offset
    parts = known.text[start.offset : end.offset], text[start.offset : len(text) - tail]
    if parts[0].count(b"\n") != parts[1].count(b"\n"):  # below, every line is another
        parts, end = (known.text[start.offset :], text[start.offset :]), _end(known.text)
    if _ODD.search(parts[1]) or any(_begins(each, _OF_THE_FILE) for each in parts):
        return None
    above = known.text[: start.offset]
    if _begins(above, (b"option",)):  # what they set holds below
        above = b"".join(_OPTION.findall(above))
    else:
        above = b"\n" * above.count(b"\n")
    entries, errors, _ = parser.parse_string(above + parts[1], name)
    if errors:
        return None
    kept = (each for each in known.entries if not start.line <= each.meta["lineno"] < end.line)
    return Parse(text, [*kept, *entries], [], known.options)


def _begins(text: bytes, beginnings: Sequence[bytes]) -> bool:
    """Whether any line of a text begins so."""
    return text.startswith(tuple(beginnings)) or any(b"\n" + each in text for each in beginnings)


class _Place(NamedTuple):
    """Where a line begins, or a text ends: by byte, and by number."""

    offset: int
    line: int


def _between(known: Parse, text: bytes) -> tuple[_Place, _Place]:
    """The directives between which a known text differs: from the first, to before the last."""
    starts = {each.meta["lineno"] for each in known.entries}
    was = known.text
    first = _common(was, text)
    offset = was.rfind(b"\n", 0, first) + 1
    line = was.count(b"\n", 0, offset) + 1
    while offset:  # back to a directive whose first line is the same in both
        offset = was.rfind(b"\n", 0, offset - 1) + 1
        line -= 1
        if line in starts:
            break
    start = _Place(offset, line)
    rest = min(len(was), len(text)) - first
    offset = len(was) - _common(was[len(was) - rest :][::-1], text[len(text) - rest :][::-1])
    line = was.count(b"\n", 0, offset) + 1
    while (offset := was.find(b"\n", offset) + 1) > 0:
        line += 1
        if line in starts:
            return start, _Place(offset, line)
    return start, _end(was)


def _end(text: bytes) -> _Place:
    return _Place(len(text), text.count(b"\n") + 2)


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least
