"""The language that the command speaks: Chinese under a Chinese locale, English else.

Only what people read is translated: messages, headings and words of tables. Directives, JSON, CSV,
codes, options and exit statuses are the same everywhere. Whoever reads English imports nothing
of it.
"""

from __future__ import annotations

import os

_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""As POSIX has it: the first that is set decides."""


def locale() -> str:
    """The locale of messages without its encoding, such as ``zh_CN``; empty for English."""
    named = next((os.environ[name] for name in _LOCALES if os.environ.get(name)), "")
    found = named.partition(".")[0].partition("@")[0]
    return found if found.partition("_")[0] == "zh" else ""


def told(text: str) -> str:
    """A sentence as people here read it; the ledger's own words in it stay as they are."""
    language = locale()
    if not language:
        return text
    from beancount_voucher.translation.catalogue import FOLDER  # noqa: PLC0415  see above
    from beancount_voucher.translation.sentences import sentences  # noqa: PLC0415

    return sentences(FOLDER, language).translated(text)


def word(text: str) -> str:
    """A word of the program's own, such as a state; any other text stays as it is."""
    language = locale()
    if not language or not text:
        return text
    from beancount_voucher.translation.catalogue import FOLDER, translations  # noqa: PLC0415

    return translations(FOLDER, language).gettext(text)
