"""What whoever records something has to say beside it: ``--note`` and ``--document``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.audit.source_checks import missing_documents
from beancount_voucher.cli.deliver import shown_as
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.ledger.append import target_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.ledger.loader import Ledger


def note_option() -> Callable[[Any], Any]:
    """``--note``."""
    return click.option("--note", metavar="TEXT", help="A note for the reader.")


def document_option() -> Callable[[Any], Any]:
    """``--document`` of what needs no evidence."""
    return click.option(
        "--document",
        type=click.Path(),
        metavar="PATH",
        help="A paper that shows it: a path, relative to the file that the directive stands in.",
    )


def beside(note: str | None, document: str | None) -> dict[str, Value]:
    """Both as metadata, where they are given."""
    given = {"note": note, "document": document}
    return {key: text for key, text in given.items() if text is not None}


def missing(
    ledger: Ledger, fact: Fact, said: Mapping[str, Any], file: Path | None
) -> Iterator[str]:
    """That a document is not there, seen from the file that the directive goes into.

    Args:
        ledger: the ledger.
        fact: what is recorded; its document may be evidence.
        said: its metadata beside the terms.
        file: where it is to be appended, if somebody says so.
    """
    home = file or target_file(ledger, fact)
    papers = {key: said[key] for key in ("document",) if key in said}
    seen = fact._replace(place=SourceLine(str(home), 0), terms={**fact.terms, **papers})
    for finding in missing_documents([seen]):
        yield f"{finding.text}, seen from {shown_as(home)}"
