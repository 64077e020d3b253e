"""Catalogues: ``FOLDER/LANGUAGE/LC_MESSAGES/messages.po``, as gettext and Fava have them.

Babel reads one as it is, when somebody asks for its language first: a new file is all that a new
language needs, and whoever reads English never imports Babel.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from babel.messages.catalog import Catalog, Message

FOLDER = Path(__file__).parent / "translations"
"""The words and sentences of library and command; the page has a catalogue of its own, too."""


def file_of(folder: Path, locale: str) -> Path | None:
    """The catalogue of a locale, or of the language that it is a kind of; None if there is none.

    Args:
        folder: where the catalogues are.
        locale: such as ``zh_Hant_TW``, which is a kind of ``zh``.
    """
    parts = locale.split("_")
    for size in range(len(parts), 0, -1):
        path = folder / "_".join(parts[:size]) / "LC_MESSAGES" / "messages.po"
        if path.is_file():
            return path
    return None


@cache
def translations(folder: Path, locale: str) -> NullTranslations:
    """The words of a locale, or of the language that it is a kind of; else English."""
    catalogue = read(folder, locale)
    if catalogue is None:
        return NullTranslations()
    from babel.messages.mofile import write_mo  # noqa: PLC0415  only for another language

    compiled = BytesIO()
    try:
        write_mo(compiled, catalogue)
        compiled.seek(0)
        return GNUTranslations(compiled)
    except (LookupError, ValueError):
        return NullTranslations()


def read(folder: Path, locale: str) -> Catalog | None:
    """A catalogue without what would break a text; of one that is broken, None: better English."""
    path = file_of(folder, locale)
    if path is None:
        return None
    from babel.messages.pofile import PoFileError, read_po  # noqa: PLC0415  see above

    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parents[1].name)
    except (PoFileError, LookupError, ValueError):  # whatever is no catalogue
        return None
    for message in [*catalogue]:
        if not keeps_places(message):
            catalogue.delete(message.id, message.context)
    return catalogue


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
