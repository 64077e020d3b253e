"""Parsing a file of which another revision is parsed already, without reading all of it again.

What stands above and below of what differs says the same, at the same lines, if nothing acts on
the lines below it. So only the directives are parsed between which two texts differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.parser import parser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount.core.data import Directive as Entry

_ON_LINES_BELOW = (b"push", b"pop")
_OF_THE_FILE = (b"option", b"plugin", b"include")
_OPTION = re.compile(rb"^option[^\n]*|\n", re.MULTILINE)
_ON_ONE_LINE = re.compile(rb'option(?:[ \t]+"[^"\\\n]*"){2}[ \t]*(?:;[^\n]*)?|\n')
_ANYWHERE = (b"lineno:", b"filename:", b"\0", b"\r")
"""Metadata that may tell another place of a directive; what may end a text early; and a CR that
ends no line, behind which Beancount reads an ``include`` or ``pushtag`` as if it began one."""


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
    both = known.text, text
    if known.errors or any(_has(each, _ON_LINES_BELOW, _ANYWHERE) for each in both):
        return None
    start, end = _between(known, text)
    tail = len(known.text) - end.offset
    parts = known.text[start.offset : end.offset], text[start.offset : len(text) - tail]
    if parts[0].count(b"\n") != parts[1].count(b"\n"):  # below, every line is another
        parts, end = (known.text[start.offset :], text[start.offset :]), _Place(len(known.text))
    if any(_has(each, _OF_THE_FILE) for each in parts):
        return None
    above = known.text[: start.offset]
    if _has(above, (b"option",)):  # what they set holds below
        lines = _OPTION.findall(above)
        if not all(map(_ON_ONE_LINE.fullmatch, lines)):  # a text may go on below
            return None
        above = b"".join(lines)
    else:
        above = b"\n" * above.count(b"\n")
    entries, errors, _ = parser.parse_string(above + parts[1], name)
    if errors:
        return None
    kept = (each for each in known.entries if not start.line <= each.meta["lineno"] < end.line)
    return Parse(text, [*kept, *entries], [], known.options)


def _has(text: bytes, beginnings: Sequence[bytes], within: Sequence[bytes] = ()) -> bool:
    """Whether any line of a text begins so, or anything stands anywhere in it."""
    return (
        text.startswith(tuple(beginnings))
        or any(b"\n" + each in text for each in beginnings)
        or any(each in text for each in within)
    )


class _Place(NamedTuple):
    """Where a line begins, or a text ends."""

    offset: int
    line: float = float("inf")


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
    return start, _Place(len(was))


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
