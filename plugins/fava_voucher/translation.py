"""The page's words in Fava's language: English, or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import get_locale

from fava_voucher.chinese import CHINESE

if TYPE_CHECKING:
    from collections.abc import Callable


def translator() -> Callable[[str], str]:
    """What gives a word or sentence of the page in the language of the request.

    Whatever has no translation stays English, as do the ledger's own texts and the codes
    and messages of errors, which people search for.
    """
    locale = get_locale()
    if locale is None or locale.language != "zh":
        return str
    return lambda text: CHINESE.get(text, text)
