"""``check``: everything that is wrong with a ledger's vouchers."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from beancount_voucher.audit import closed_periods, invariants, source_checks
from beancount_voucher.cli.console import Exit, open_ledger, say
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.waiting import what_waits
from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.directives.wording import counted, printable, printable_name
from beancount_voucher.reconciliation import recheck
from beancount_voucher.review import merge_driver
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.work_tree import WorkTree

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.loader import Ledger


@click.command()
@click.option(
    "--as-of",
    "--date",
    "as_of",
    type=DAY,
    metavar="DATE",
    help="Also report what is overdue, or recorded with a difference, on this day.",
)
@click.pass_context
def check(context: click.Context, as_of: dt.date | None) -> None:
    """Find what is wrong with a ledger's vouchers.

    Ledger errors, broken invariants, overdue vouchers and differences that statements were
    recorded with (both with --as-of), and what only the source shows: repeated keys, missing
    documents, what came after the close of its period, a missing plugin line. One line each:
    file, line, what is wrong, code.
    """
    ledger = open_ledger(context)
    for error in ledger.errors:
        place = source_line({"filename": str(ledger.path), **(error.source or {})})
        _tell(place, " ".join(str(error.message).split()))
    findings = list(_findings(ledger, as_of))
    for finding in findings:
        _tell(finding.place, finding.message)
    for line in [] if as_of is None else what_waits(ledger.evaluation, as_of):
        say(line)
    errors = counted(len(ledger.errors), "ledger error")
    say(f"{errors}, {counted(len(findings), 'finding')}.")
    _warn_of_merges(ledger)
    if ledger.errors or findings:
        sys.exit(Exit.FINDINGS)


def _tell(place: SourceLine, message: str) -> None:
    click.echo(f"{printable_name(place.filename)}:{place.lineno}: {printable(message)}")


def _warn_of_merges(ledger: Ledger) -> None:
    """In a clone, whether git would merge the ledger as its attributes say."""
    with suppress(GitError):
        told = merge_driver.warning(WorkTree.around(ledger.path), ledger.options["include"])
        if told is not None:
            say(f"{told}.", fg="yellow")


def _findings(ledger: Ledger, as_of: dt.date | None) -> Iterator[Finding]:
    yield from invariants.no_plugin(ledger)
    yield from invariants.findings(ledger)
    yield from source_checks.cut_short(ledger)
    yield from source_checks.repeated_keys(ledger)
    yield from source_checks.missing_documents(ledger.reading.facts)
    yield from closed_periods.closed_periods(ledger)
    yield from recheck.changes(ledger)
    yield from invariants.refund_findings(ledger.evaluation)
    if as_of is not None:
        yield from invariants.overdue_findings(ledger.evaluation, as_of)
        yield from invariants.examination_findings(ledger.evaluation, as_of)
        yield from recheck.recorded_differences(ledger.evaluation, as_of)
