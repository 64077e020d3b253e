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
    words = " ".join(name.replace(_BRAILLE_BLANK, " ").split())
    twice = _composed(_composed(words).casefold()).casefold()
    return " ".join(_composed(twice).split())


def _composed(text: str) -> str:
    """What a text shows, accents put on their letters; folded, it may have to be put so again."""
    return unicodedata.normalize("NFKC", _SHOWS_NOTHING.sub("", text))
