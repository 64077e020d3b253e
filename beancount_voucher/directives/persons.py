"""Names of persons: when two of them are one, whoever reads them."""

from __future__ import annotations

import unicodedata

import regex

_SHOWS_NOTHING = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]")
"""Joiners, variation selectors, fillers, marks of direction, controls (Unicode's properties)."""

_BRAILLE_BLANK = "\u2800"
"""Shows nothing, and is a letter all the same."""


def same_person(one: str, other: str) -> bool:
    """Whether two names are one.

    Letters' case, width and blanks do not tell people apart, nor do characters that show
    nothing. Accents do, and so do letters of another script that look alike.
    """
    return shown_name(one) == shown_name(other)


def shown_name(name: str) -> str:
    """What a name shows, in one form: Unicode's NFKC_Casefold, and one space for any blanks."""
    seen = " ".join(name.replace(_BRAILLE_BLANK, " ").split())
    for _ in range(2):  # what is folded may have a compatibility form of its own
        seen = unicodedata.normalize("NFKC", _SHOWS_NOTHING.sub("", seen)).casefold()
    return " ".join(_SHOWS_NOTHING.sub("", unicodedata.normalize("NFKC", seen)).split())
