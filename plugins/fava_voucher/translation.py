"""The page's words in Fava's language: English, or Chinese."""

from __future__ import annotations

from flask_babel import get_locale

from fava_voucher.chinese import CHINESE


def gettext(text: str, /, **values: object) -> str:
    """A word or sentence in the language of the request, with values in its places.

    Whatever has no translation stays English, as do the ledger's own texts and the codes
    and messages of errors, which people search for.
    """
    locale = get_locale()
    if locale is not None and locale.language == "zh":
        text = CHINESE.get(text, text)
    return text.format(**values) if values else text


def ngettext(one: str, more: str, count: int, /) -> str:
    """A sentence about ``{count}`` things, in the form that the language has for so many."""
    return gettext(one if count == 1 else more, count=count)
