"""SWIFT's text messages: a file to messages, and each message to its fields. Knows no field.

A field begins with its tag between colons at the start of a line, and goes on until the next
one. A message begins at its block 4, at field 20, or where the fields of a head come once more;
files are joined from messages, with envelopes, end marks or nothing between them.

How the fields are written: SWIFT User Handbook, "Standards MT, General Information" and
"Category 9".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BREAK = re.compile(r"\r\r?\n|\n|\r")
# What stands between the messages of a joined file: ends of files, byte order marks, filling.
_BETWEEN = re.compile("[\0\x01\x03\x1a\ufeff]+")
_TAG = re.compile(r":(\d\d[A-Z]?|NS):")
_BLOCK = re.compile(r"-\}|^\}|\{4:|\{[1235S]:")
# An end mark on a line of its own; "$" stands between messages in the form RJE.
_END = re.compile(r"\s*[-$]\s*")
# An entry as its text shows it, wherever it stands: what is read is held against this.
_ENTRY = re.compile(r"^\W*:61:|:61:(?=\d{6})")

_HEAD = frozenset({"20", "21", "25", "28", "60", "13", "34"})
"""The numbers of the fields that stand before the entries."""

_ONCE = frozenset({"25", "60"})
"""Those of them that a message has once."""

_FOOT = frozenset({"62", "90"})
"""The numbers of the fields that stand after the entries."""

START = re.compile(
    rb"(?:\A|[\r\n])(?:[\0\x01\x03\x1a]|\xef\xbb\xbf)*"
    rb"(?:\{1:|(?:\{4:)?:(?:20|21|25P?|28[CD]?|60[FM]):)"
)
"""How such a file begins, perhaps after lines of the bank's own."""


class Field(NamedTuple):
    """A field: its tag (``61``, ``60F``), the lines of its value, and where it starts."""

    tag: str
    lines: list[str]
    line: int

    @property
    def number(self) -> str:
        """The tag without its option: ``60`` of ``60F``."""
        return self.tag[:2]

    @property
    def value(self) -> str:
        """The first line."""
        return self.lines[0].strip()


@dataclass(slots=True)
class Message:
    """A message.

    Attributes:
        line: where it starts.
        fields: its fields, in order.
        numbers: the numbers of its fields.
        entries: how many entries (61) its text shows.
    """

    line: int
    fields: list[Field] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    entries: int = 0

    def find(self, *tags: str) -> Field | None:
        """The first field of a tag, of the first tag that there is."""
        for tag in tags:
            for each in self.fields:
                if each.tag == tag:
                    return each
        return None


def messages(text: str) -> list[Message]:
    """The messages of a text, in its order; lines before the first field are left out."""
    joined = _Joined()
    for number, line in enumerate(_BREAK.split(text), 1):
        for piece in filter(None, _BETWEEN.split(line)) if _BETWEEN.search(line) else (line,):
            for content in joined.unwrapped(piece):
                joined.take(content, number)
    return joined.found


class _Joined:
    """The messages of a file while its lines come in."""

    def __init__(self) -> None:
        self.found: list[Message] = []
        self._ended = False
        self._wrapped = False
        self._after: list[str] = []

    def unwrapped(self, line: str) -> Iterator[str]:
        """What a line has of block 4; its other blocks are an envelope."""
        start, inside = 0, True
        for mark in _BLOCK.finditer(line):
            if inside and mark.start() > start:
                yield line[start : mark.start()]
            self._ended, inside, start = True, mark[0] == "{4:", mark.end()
            self._wrapped = self._wrapped or inside
        if inside and (line[start:] or not start):
            yield line[start:]

    def take(self, line: str, number: int) -> None:
        """Take a line: a field begins, one goes on, or a message ends."""
        tag = _TAG.match(line)
        if tag is not None:
            self._begin(Field(tag[1], [line[tag.end() :]], number))
        elif _END.fullmatch(line) or self._ended:
            self._ended = True
            self._after.append(line)
        elif self.found:
            self.found[-1].fields[-1].lines.append(line)
        if self.found:
            self.found[-1].entries += len(_ENTRY.findall(line))

    def _begin(self, new: Field) -> None:
        if self._is_head(new):
            self.found.append(Message(new.line))
        else:  # the end mark was none, but a line of the field's text
            self.found[-1].fields[-1].lines.extend(self._after)
        self._ended, self._wrapped, self._after = False, False, []
        self.found[-1].fields.append(new)
        self.found[-1].numbers.add(new.number)

    def _is_head(self, new: Field) -> bool:
        """Whether a field begins a message."""
        if not self.found or self._wrapped or new.number == "20":
            return True
        if new.number not in _HEAD:
            return False
        known = self.found[-1].numbers
        return self._ended or bool(known & _FOOT) or (new.number in known & _ONCE)
