"""How messages say a thing: on one line, printable, never a wall of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def printable(text: str) -> str:
    """A text on one line that cannot play with a terminal, a table or a page."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "�" for c in text)


def printable_name(name: str) -> str:
    """A file's name, likewise; but bytes that are no text stay what they are (PEP 383)."""
    return "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" else "�" for c in name)


def counted(number: int, noun: str) -> str:
    """A number of things: 1 error, 2 errors."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_LONGEST = 60


_A_LINE = 1000


def in_a_line(text: str) -> str:
    """A half of an error's sentence: printable, and never a wall of text."""
    return printable(text if len(text) <= _A_LINE else text[:_A_LINE] + "…")


def quoted(value: object) -> str:
    """A value as an error quotes it: as a ledger has it, but never a wall of text."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return '"' + printable(value if len(value) <= _LONGEST else value[:_LONGEST] + "…") + '"'
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def one_of(words: Iterable[str]) -> str:
    """What is allowed, as an error says it."""
    return "one of " + ", ".join(f'"{word}"' for word in words)
