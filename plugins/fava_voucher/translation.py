"""The page's words in Fava's language: English, or that of a catalogue.

A catalogue is ``translations/LANGUAGE/LC_MESSAGES/messages.po``, as Fava's own are. Babel reads it
as it is, at the first request in its language: a new file is all that a new language needs.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from flask_babel import get_locale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from babel.messages.catalog import Message

FOLDER = Path(__file__).parent / "translations"


def gettext(text: str, /, **values: object) -> str:
    """A word or sentence in the language of the request, with values in its places.

    Whatever has no translation stays English, as do the ledger's own texts and the codes
    and messages of errors, which people search for.
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


def _translations() -> NullTranslations:
    locale = get_locale()
    return NullTranslations() if locale is None else translations(FOLDER, str(locale))


@cache
def translations(folder: Path, locale: str) -> NullTranslations:
    """The catalogue of a locale, or of the language that it is a kind of; else English.

    Args:
        folder: where the catalogues are.
        locale: such as ``zh_Hant_TW``, which is a kind of ``zh``.
    """
    parts = locale.split("_")
    for size in range(len(parts), 0, -1):
        language = "_".join(parts[:size])
        path = folder / language / "LC_MESSAGES" / "messages.po"
        if path.is_file():
            return _read(path, language)
    return NullTranslations()


def _read(path: Path, language: str) -> NullTranslations:
    """A catalogue; of one that is broken, or in part, better English than no page."""
    try:
        return _compiled(path, language)
    except (PoFileError, LookupError, ValueError):  # whatever is no catalogue
        return NullTranslations()


def _compiled(path: Path, language: str) -> NullTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in [*catalogue]:
        if not keeps_places(message):
            catalogue.delete(message.id, message.context)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def keeps_places(message: Message) -> bool:
    """Whether a translation has no place for a value that its original does not have."""
    try:
        return _places(message.string) <= _places(message.id)
    except ValueError:  # a brace that opens no place
        return False


def _places(texts: str | Iterable[str] | None) -> set[str]:
    each = [texts] if isinstance(texts, str) else texts or ()
    found = (place for text in each for _, place, _, _ in Formatter().parse(text))
    return {place for place in found if place is not None}
