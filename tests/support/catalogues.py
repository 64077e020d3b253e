"""Writes what the page says into the catalogues: ``python -m tests.support.catalogues --write``.

Those of the page are its own; sentences of the library and words of the command are in another
beside them. Every catalogue gets the words that it lacks, to be translated, and loses those that
are no longer said; without ``--write`` it is only told which. A language that is named (``--write de``) gets a
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
from beancount_voucher.cli.help import topics
from beancount_voucher.directives.account_roles import RECONCILED_ROLES
from beancount_voucher.directives.schema import (
    CHOICES,
    EVENT_DETAILS,
    EVENTS,
    PARTY_ROLES,
    TERMS,
    VOID_REASONS,
    Kind,
)
from beancount_voucher.exchange.codes import MESSAGE_CODES
from beancount_voucher.lifecycle.events import DERIVED, State
from beancount_voucher.lifecycle.overdue import WAITS
from beancount_voucher.lifecycle.status import AGREED
from beancount_voucher.review.signatures import VERDICTS
from beancount_voucher.translation import catalogue as library_catalogue
from beancount_voucher.translation.sentences import ACCOUNT_ROLES, KEYS
from beancount_voucher.views import forecast, lines, period
from beancount_voucher.views.exceptions import KINDS, REMEDIES
from beancount_voucher.views.exchanged import COUNTS, ENDED, ENDS_SOON, REVOKED
from beancount_voucher.views.instrument import OUTCOMES
from beancount_voucher.views.period import FIGURES
from beancount_voucher.views.register import REGISTER
from beancount_voucher.views.totals import TOTALS
from beancount_voucher.views.voucher import (
    NO_APPLICATION,
    NOT_YET,
    PAID_BEFORE_COVER,
    RECOGNISED_AND_PAID,
)
from fava_voucher import columns, exchange_columns, instrument_columns, statement_columns
from fava_voucher.translation import FOLDER
from fava_voucher.view_state import TABS
from tests.support import sentences as library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from babel.messages.catalog import Message

    from beancount_voucher.views.columns import Column
    from fava_voucher.tables import Table

PACKAGE = FOLDER.parent
LIBRARY = library_catalogue.FOLDER

_KEYWORDS = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2)}
_METHODS = {"*.py": "python", "*.html": "jinja2"}

_HEADER = """\
# Words of beancount-voucher, written by `python -m tests.support.catalogues --write`.
# A place in braces stays as it is; what has no translation stays English."""


_FILES = "*/LC_MESSAGES/messages.po"

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
        columns.batches(nothing),
        columns.exceptions(nothing, day),
        columns.reconciliation(nothing),
        columns.reconciliation(nothing, of_shares=True),
        columns.shares(nothing),
        columns.holds(nothing),
        columns.ageing_by_insurer(nothing),
        columns.ageing_by_days_left(nothing),
        columns.lines(nothing),
        columns.behind(nothing, ""),
        columns.forecast(nothing),
        columns.payments(nothing),
        statement_columns.statements(nothing, nothing),
        statement_columns.settled(nothing),
        instrument_columns.amendments(nothing),
        instrument_columns.draws(nothing),
        instrument_columns.months(nothing),
        columns.postings(nothing),
        exchange_columns.findings(nothing),
        exchange_columns.counterparties(nothing),
        exchange_columns.waiting(nothing),
        exchange_columns.keys(nothing),
        exchange_columns.refusals(nothing),
        exchange_columns.messages(nothing),
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
        "an event": [*sorted(EVENTS), *DERIVED, "refusal"],
        "a side of a voucher": list(BOOKS),
        "a term": [*TERMS, "requested-by", "amount"],
        "what an event says": ["amount", "released", *EVENT_DETAILS],
        "funding": list(CHOICES[Kind.FUNDING]),
        "a reason of a void": [*VOID_REASONS, AGREED],
        "a verdict": ["met", "unmet", "waiting", NOT_YET, NO_APPLICATION],
        "what is recognised": ["recognised", PAID_BEFORE_COVER, RECOGNISED_AND_PAID],
        "what an open voucher waits for": list(WAITS.values()),
        "what becomes of an amendment or an application": list(OUTCOMES),
        "a step that is missing": ["acceptance", "application"],
        "whether a line adds up": ["adds up", "does not add up", "no book is kept"],
        "what is behind a line": ["credit-line", "repay", "voucher"],
        "an exception": [*KINDS.values(), REMEDIES["error"]],
        "an account's role": list(RECONCILED_ROLES),
        "how a key stands": [COUNTS, ENDS_SOON, ENDED, REVOKED],
        "what became of a signature": list(VERDICTS),
        "a topic of the manual": [
            text for topic in topics().values() for text in (topic.title, topic.summary)
        ],
    }


def said_of() -> dict[Said, tuple[list[str], list[str]]]:
    """All that the page may say: in which files, and as what."""
    return _by_kind(sentences(), vocabulary())


_IN_TABLES: tuple[Iterable[Column[Any]], ...] = (
    *(REGISTER, TOTALS, period.PERIOD, period.ROLL_FORWARD),
    *(lines.LINES, lines.BEHIND, forecast.BY_DAY, forecast.PAYMENTS),
)
"""The columns of the command's tables."""


def library_words() -> dict[str, list[str]]:
    """The words that stand in the library's sentences, and in the tables of the command."""
    return {
        "a heading": sorted({column.title for table in _IN_TABLES for column in table}),
        "a heading of sums": ["figure", "count", "sum"],
        "a figure": sorted({*FIGURES, *(figure.title for figure in FIGURES.values())}),
        "a word of the command": [
            "Nothing.",
            "yes",
            "number of vouchers",
            "held",
            "\nEvents",
            "\nRefused",
            "\nAmendments",
            "\nDraws",
        ],
        "before advice": ["Instead"],
        "a state": [state.value for state in State if state is not State.NONE],
        "an event": [*sorted(EVENTS), *DERIVED, "repay", "close"],
        "a metadata key": list(KEYS),
        "an account's role": list(ACCOUNT_ROLES),
        "a party's role": list(PARTY_ROLES),
        "a choice": [word for words in CHOICES.values() for word in words],
        "a reason of a void": list(VOID_REASONS),
        "a verdict": ["met", "unmet", "waiting"],
        "a code of a message": [text for each in MESSAGE_CODES.values() for text in each],
    }


def library_said() -> dict[Said, tuple[list[str], list[str]]]:
    """All that the library may say."""
    return _by_kind(library.sentences(), library_words())


def _by_kind(
    sentences: Mapping[Any, list[str]], words: Mapping[str, Iterable[str]]
) -> dict[Said, tuple[list[str], list[str]]]:
    found: dict[Said, tuple[list[str], list[str]]] = {
        said: (files, []) for said, files in sentences.items()
    }
    for kind, each in words.items():
        for word in dict.fromkeys(each):
            found.setdefault(word, ([], []))[1].append(kind)
    return found


def said_in(path: Path) -> dict[Said, tuple[list[str], list[str]]]:
    """What the catalogue of a file has to have."""
    return library_said() if path.is_relative_to(LIBRARY) else said_of()


def read(path: Path) -> Catalog:
    """A catalogue, strictly: a line that is none of a catalogue's is an error."""
    with path.open("rb") as file:
        return read_po(file, locale=_language(path), abort_invalid=True)


def ids(catalogue: Iterable[Message]) -> set[Said]:
    """What a catalogue translates, or should."""
    return {
        each.id if isinstance(each.id, str) else tuple(each.id) for each in catalogue if each.id
    }


def updated(
    old: Catalog, language: str, said: Mapping[Said, tuple[list[str], list[str]]] | None = None
) -> Catalog:
    """A catalogue of all that is said (by the page), with the translations that it had."""
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
    for each, (files, kinds) in (said_of() if said is None else said).items():
        known = old.get(each)
        new.add(
            each,
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


def lacks(catalogue: Catalog, said: Iterable[Said] | None = None) -> Iterator[str]:
    """What is wrong with a catalogue: words that are missing, not translated, or not said."""
    wanted, known = set(said_of() if said is None else said), ids(catalogue)
    yield from (f"no entry: {each}" for each in wanted - known)
    yield from (f"not said: {each}" for each in known - wanted)
    yield from (f"not said: {each}" for each in catalogue.obsolete)
    for message in catalogue:
        strings = [message.string] if isinstance(message.string, str) else message.string or ()
        if message.id and (message.fuzzy or not all(each.strip() for each in strings)):
            yield f"not translated: {message.id}"


def paths() -> list[Path]:
    """Every catalogue: the page's, then the library's."""
    return [path for folder in (FOLDER, LIBRARY) for path in sorted(folder.glob(_FILES))]


def _language(path: Path) -> str:
    return path.parents[1].name


def main(arguments: list[str]) -> int:
    languages = [each for each in arguments if each != "--write"]
    if "--write" in arguments:
        wanted = [
            folder / each / "LC_MESSAGES" / "messages.po"
            for folder in (FOLDER, LIBRARY)
            for each in languages
        ]
        for path in wanted or paths():
            old = read(path) if path.is_file() else Catalog(locale=_language(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text(updated(old, _language(path), said_in(path))))
    wrong = [
        f"{_language(path)}: {each}"
        for path in paths()
        for each in lacks(read(path), said_in(path))
    ]
    print("\n".join(wrong or ["Every catalogue has every word."]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
