"""Writes what the page says into the catalogues: ``python -m tests.support.catalogues --write``.

Every catalogue gets the words that it lacks, to be translated, and loses those that are no longer
said; without ``--write`` it is only told which. A language that is named (``--write de``) gets a
catalogue of its own. No other place knows which languages there are.
"""

from __future__ import annotations

import datetime as dt
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from beancount_voucher import __version__
from beancount_voucher.books.posting_table import BOOKS
from beancount_voucher.directives.account_roles import RECONCILED_ROLES
from beancount_voucher.directives.schema import (
    CHOICES,
    EVENT_DETAILS,
    EVENTS,
    TERMS,
    VOID_REASONS,
    Kind,
)
from beancount_voucher.lifecycle.overdue import WAITS
from beancount_voucher.lifecycle.vouchers import AGREED, DERIVED, State
from beancount_voucher.views.exceptions import KINDS, REMEDIES
from beancount_voucher.views.instrument import OUTCOMES
from beancount_voucher.views.period import FIGURES
from beancount_voucher.views.register import REGISTER
from beancount_voucher.views.voucher import (
    NO_APPLICATION,
    NOT_YET,
    PAID_BEFORE_COVER,
    RECOGNISED_AND_PAID,
)
from fava_voucher import columns, instrument_columns
from fava_voucher.translation import FOLDER
from fava_voucher.view_state import TABS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from babel.messages.catalog import Message

    from fava_voucher.tables import Table

PACKAGE = FOLDER.parent

_KEYWORDS = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2)}
_METHODS = {"*.py": "python", "*.html": "jinja2"}

_HEADER = """\
# The words of the page in Fava, written by `python -m tests.support.catalogues --write`.
# A place in braces stays as it is; what has no translation stays English."""


Said = str | tuple[str, ...]
"""A word or sentence; of what is counted, the forms for one and for more."""


def sentences() -> dict[Said, list[str]]:
    """What the page's code and templates say, each with the files that it stands in."""
    found: dict[Said, list[str]] = {}
    for pattern, method in _METHODS.items():
        for path in sorted(PACKAGE.rglob(pattern)):
            file = str(path.relative_to(PACKAGE))
            for _, said, _, _ in extract_from_file(
                method, path, keywords=_KEYWORDS, options={"silent": "false"}
            ):
                files = found.setdefault(said, [])
                files += [] if file in files else [file]
    return found


def tables() -> list[Table[Any]]:
    """Every table of the page, empty."""
    day, nothing = dt.date(2026, 1, 1), ()
    return [
        columns.register(nothing),
        columns.totals(nothing),
        columns.in_period(nothing),
        columns.figures(nothing),
        columns.roll_forward(nothing),
        columns.exceptions(nothing, day),
        columns.reconciliation(nothing),
        columns.reconciliation(nothing, of_shares=True),
        columns.shares(nothing),
        columns.holds(nothing),
        columns.ageing_by_insurer(nothing),
        columns.ageing_by_days_left(nothing),
        columns.statements(nothing, nothing),
        columns.settled(nothing),
        instrument_columns.amendments(nothing),
        instrument_columns.draws(nothing),
        instrument_columns.months(nothing),
        columns.postings(nothing),
    ]


def vocabulary() -> dict[str, list[str]]:
    """The words that stand in tables of data and not in sentences, by what they are."""
    shown = [column for table in tables() for column in table.columns]
    # The titles of age bands have numbers in them, and are sentences.
    headings = {c.title for c in (*REGISTER, *shown) if not c.key.startswith(("age_", "left_"))}
    return {
        "a tab": [name.capitalize() for name in TABS],
        "a table": [table.caption for table in tables()],
        "a heading": sorted(headings),
        "a figure of a period": [each.title for each in FIGURES.values()],
        "a state": [state.value for state in State if state is not State.NONE],
        "an event": [*sorted(EVENTS), *DERIVED],
        "a side of a voucher": list(BOOKS),
        "a term": [*TERMS, "requested-by", "amount"],
        "what an event says": ["amount", "released", *EVENT_DETAILS],
        "funding": list(CHOICES[Kind.FUNDING]),
        "a reason of a void": [*VOID_REASONS, AGREED],
        "a verdict": ["met", "unmet", "waiting", NOT_YET, NO_APPLICATION],
        "what is recognised": ["recognised", PAID_BEFORE_COVER, RECOGNISED_AND_PAID],
        "what an open voucher waits for": list(WAITS.values()),
        "what becomes of an amendment or an application": list(OUTCOMES),
        "an exception": [*KINDS.values(), REMEDIES["error"]],
        "an account's role": list(RECONCILED_ROLES),
    }


def said_of() -> dict[Said, tuple[list[str], list[str]]]:
    """All that the page may say: in which files, and as what."""
    found: dict[Said, tuple[list[str], list[str]]] = {
        said: (files, []) for said, files in sentences().items()
    }
    for kind, words in vocabulary().items():
        for word in dict.fromkeys(words):
            found.setdefault(word, ([], []))[1].append(kind)
    return found


def read(path: Path) -> Catalog:
    """A catalogue, strictly: a line that is none of a catalogue's is an error."""
    with path.open("rb") as file:
        return read_po(file, locale=_language(path), abort_invalid=True)


def ids(catalogue: Iterable[Message]) -> set[Said]:
    """What a catalogue translates, or should."""
    return {
        each.id if isinstance(each.id, str) else tuple(each.id) for each in catalogue if each.id
    }


def updated(old: Catalog, language: str) -> Catalog:
    """A catalogue of all that is said, with the translations that it had."""
    new = Catalog(
        locale=language,
        header_comment=_HEADER,
        project="beancount-voucher",
        version=__version__,
        msgid_bugs_address="see .github/CONTRIBUTING.md",
        last_translator="The beancount-voucher maintainers",
        language_team=language,
        creation_date=old.creation_date,
        revision_date=old.creation_date,
        fuzzy=False,
    )
    for said, (files, kinds) in said_of().items():
        known = old.get(said)
        new.add(
            said,
            string="" if known is None else known.string,
            locations=[(file, 1) for file in files],
            flags=() if known is None else known.flags,
            auto_comments=kinds,
            user_comments=() if known is None else known.user_comments,
        )
    return new


def text(catalogue: Catalog) -> bytes:
    """A catalogue as its file has it."""
    out = BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False)
    return out.getvalue()


def lacks(catalogue: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue: words that are missing, not translated, or not said."""
    said, known = set(said_of()), ids(catalogue)
    yield from (f"no entry: {each}" for each in said - known)
    yield from (f"not said: {each}" for each in known - said)
    yield from (f"not said: {each}" for each in catalogue.obsolete)
    for message in catalogue:
        strings = [message.string] if isinstance(message.string, str) else message.string or ()
        if message.id and (message.fuzzy or not all(each.strip() for each in strings)):
            yield f"not translated: {message.id}"


def paths() -> list[Path]:
    """Every catalogue."""
    return sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))


def _language(path: Path) -> str:
    return path.parents[1].name


def main(arguments: list[str]) -> int:
    languages = [each for each in arguments if each != "--write"]
    if "--write" in arguments:
        wanted = [FOLDER / each / "LC_MESSAGES" / "messages.po" for each in languages]
        for path in wanted or paths():
            old = read(path) if path.is_file() else Catalog(locale=_language(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text(updated(old, _language(path))))
    wrong = [f"{_language(path)}: {each}" for path in paths() for each in lacks(read(path))]
    print("\n".join(wrong or ["Every catalogue has every word."]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
