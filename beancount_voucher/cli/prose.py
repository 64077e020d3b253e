"""Texts for people: lines of a width, lists of names, and what a person may have meant."""

from __future__ import annotations

import re
import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_VERBATIM = ("|", "#", "    ")
_ITEM = re.compile(r"(?:- |\d+\. )?")
_GUESSES = 3


def filled(markdown: str, width: int) -> str:
    """Markdown whose paragraphs and items fit a width; code and tables are left as they are."""
    lines: list[str] = []
    is_code = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            is_code = not is_code
        if is_code or line.startswith(("```", *_VERBATIM)):
            lines.append(line)
        else:
            lines += wrapped(line, width) or [""]
    return "\n".join(lines)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a paragraph, or of a list's item under its first word."""
    item = _ITEM.match(text)
    hanging = "" if item is None else " " * item.end()
    return textwrap.wrap(
        text, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def listed(meanings: Mapping[str, str]) -> str:
    """Names and what they mean, a line each."""
    longest = max(map(len, meanings), default=0)
    return "\n".join(f"{name:<{longest}}  {meaning}" for name, meaning in meanings.items())


def meant(wrong: str, known: Collection[str]) -> str | None:
    """What a person may have meant by an unknown name: one name or several, with "or" between."""
    said, names = wrong.casefold(), {name.casefold(): name for name in known}
    close = [name for name in names if said and said in name]
    close = close or get_close_matches(said, names, _GUESSES)
    return " or ".join(names[name] for name in close[:_GUESSES]) or None


def did_you_mean(wrong: str, known: Collection[str], where: str) -> str:
    """What a person may have meant by an unknown name; else where all names are listed."""
    guess = meant(wrong, known)
    return f"{where} lists them all" if guess is None else f"did you mean {guess}?"
