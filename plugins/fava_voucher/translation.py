"""The page's words in Fava's language: English, or that of a catalogue.

The page's own words are in ``translations/LANGUAGE/LC_MESSAGES/messages.po``, as Fava's own are;
what the library says is in the library's (``beancount_voucher.translation``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask_babel import get_locale

from beancount_voucher.translation import catalogue
from beancount_voucher.translation.catalogue import translations
from beancount_voucher.translation.sentences import sentences

if TYPE_CHECKING:
    from gettext import NullTranslations

FOLDER = Path(__file__).parent / "translations"

_ENGLISH = "en"


def gettext(text: str, /, **values: object) -> str:
    """A word or sentence in the language of the request, with values in its places.

    Whatever has no translation stays English.
    """
    # What an empty text means in a catalogue is its header.
    translated = _translations().gettext(text) if text else ""
    return translated.format(**values) if values else translated


def ngettext(one: str, more: str, count: int, /) -> str:
    """A sentence about ``{count}`` things, in the form that the language has for so many."""
    return _translations().ngettext(one, more, count).format(count=count)


def gettext_noop(text: str) -> str:
    """A text that is translated where it is shown, marked where it stands."""
    return text


def told(text: str) -> str:
    """A sentence of the library in the language of the request: an error, a reason, a finding.

    The ledger's own texts, names and codes in it stay as they are, and so does what is not known.
    """
    return sentences(catalogue.FOLDER, _locale()).translated(text)


def word(text: str) -> str:
    """A word of the page, or else of the library; a text that is none stays as it is."""
    translated = gettext(text)
    if translated != text or not text:
        return translated
    return translations(catalogue.FOLDER, _locale()).gettext(text)


def _locale() -> str:
    return str(get_locale() or _ENGLISH)


def _translations() -> NullTranslations:
    return translations(FOLDER, _locale())
