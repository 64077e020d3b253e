"""``check``: everything that is wrong with a ledger's vouchers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from beancount_voucher import audit, sources
from beancount_voucher.cli.common import Exit, open_ledger, say
from beancount_voucher.positions import place_of
from beancount_voucher.problems import counted, printable, printable_name
from beancount_voucher.reconciling import recheck

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from beancount_voucher.findings import Finding
    from beancount_voucher.ledger import Ledger
    from beancount_voucher.problems import Place


@click.command()
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Also report what is overdue on this day.",
)
@click.pass_context
def check(context: click.Context, as_of: dt.datetime | None) -> None:
    """Find what is wrong with a ledger's vouchers.

    Ledger errors, broken invariants, overdue vouchers (with --as-of), and what only the
    source shows: repeated keys, missing documents, a missing plugin line. One line each:
    file, line, what is wrong, code.
    """
    ledger = open_ledger(context)
    for error in ledger.errors:
        place = place_of({"filename": str(ledger.path), **(error.source or {})})
        _tell(place, " ".join(str(error.message).split()))
    findings = list(_findings(ledger, None if as_of is None else as_of.date()))
    for finding in findings:
        _tell(finding.place, finding.message)
    errors = counted(len(ledger.errors), "ledger error")
    say(f"{errors}, {counted(len(findings), 'finding')}.")
    if ledger.errors or findings:
        sys.exit(Exit.FINDINGS)


def _tell(place: Place, message: str) -> None:
    click.echo(f"{printable_name(place.filename)}:{place.lineno}: {printable(message)}")


def _findings(ledger: Ledger, as_of: dt.date | None) -> Iterator[Finding]:
    yield from audit.no_plugin(ledger)
    yield from audit.findings(ledger)
    yield from sources.repeated_keys(ledger)
    yield from sources.missing_documents(ledger.reading.facts)
    yield from recheck.changes(ledger)
    if as_of is not None:
        yield from audit.overdue_findings(ledger.evaluation, as_of)
