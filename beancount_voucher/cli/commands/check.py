"""``check``: everything that is wrong with a ledger's vouchers."""

from __future__ import annotations

import datetime as dt
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from beancount_voucher.audit import closed_periods, invariants, source_checks
from beancount_voucher.cli.console import Exit, from_here, open_ledger, say
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.language import told
from beancount_voucher.cli.tables import in_format
from beancount_voucher.cli.waiting import what_waits
from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.directives.wording import counted, printable, printable_name
from beancount_voucher.lifecycle.channels import exchanges
from beancount_voucher.reconciliation import recheck
from beancount_voucher.review import merge_driver
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.work_tree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="A line for each, or data for programs and spreadsheets.",
)
@click.pass_context
def check(context: click.Context, as_of: dt.date | None, style: str) -> None:
    """Find what is wrong with a ledger's vouchers.

    Ledger errors, broken invariants, overdue vouchers and differences that statements were
    recorded with (both with --as-of), and what only the source shows: repeated keys, missing
    documents, what came after the close of its period, a missing plugin line. One line each:
    file, line, what is wrong, code.
    """
    ledger = open_ledger(context)
    findings = list(_findings(ledger, as_of))
    told = [*map(_of_error(ledger), ledger.errors), *map(_of_finding, findings)]
    if style == "text":
        for each in told:
            _tell(each.place, each.message)
    else:
        click.echo(in_format(style, KEYS, [each.cells for each in told], ()), nl=False)
    for line in [] if as_of is None else what_waits(ledger.evaluation, as_of):
        say(line)
    errors = counted(len(ledger.errors), "ledger error")
    say(f"{errors}, {counted(len(findings), 'finding')}.")
    _warn_of_merges(ledger)
    if ledger.errors or findings:
        sys.exit(Exit.FINDINGS)


KEYS = ("kind", "code", "file", "line", "date", "message")
"""What a program is told of each."""

_CODE = re.compile(r"(.*) \[([A-Za-z0-9-]+)\]")


class _Told(NamedTuple):
    """A ledger error, which is Beancount's own where it has no code, or a finding.

    Attributes:
        kind: ``error`` or ``finding``.
        place: the line to look at.
        date: of the directive that is in error, or from when on it was so.
        message: what is wrong, with its code at the end.
    """

    kind: str
    place: SourceLine
    date: dt.date | None
    message: str

    @property
    def cells(self) -> list[object]:
        """As ``KEYS`` names them."""
        coded = _CODE.fullmatch(self.message)
        text, code = (self.message, None) if coded is None else coded.groups()
        return [self.kind, code, self.place.filename, self.place.lineno, self.date, text]


def _of_error(ledger: Ledger) -> Callable[[Any], _Told]:
    def told(error: Any) -> _Told:  # noqa: ANN401  any plugin's error
        place = source_line({"filename": str(ledger.path), **(error.source or {})})
        date = getattr(getattr(error, "entry", None), "date", None)  # plugins put anything there
        message = " ".join(str(error.message).split())
        return _Told("error", place, date if isinstance(date, dt.date) else None, message)

    return told


def _of_finding(finding: Finding) -> _Told:
    return _Told("finding", finding.place, finding.date, finding.message)


def _tell(place: SourceLine, message: str) -> None:
    where = f"{printable_name(place.filename)}:{place.lineno}"
    click.echo(from_here(f"{where}: {printable(told(message))}"))


def _warn_of_merges(ledger: Ledger) -> None:
    """In a clone, whether git would merge the ledger as its attributes say."""
    with suppress(GitError):
        told = merge_driver.warning(WorkTree.around(ledger.path), ledger.options["include"])
        if told is not None:
            say(f"{told}.", fg="yellow")


def _of_exchange(ledger: Ledger, as_of: dt.date | None) -> Iterator[Finding]:
    """What messages show; a ledger that exchanges none does not even load what reads them."""
    if exchanges(ledger.evaluation.exchanged, ledger.reading.facts):
        from beancount_voucher.audit.kept_messages import exchange_findings  # noqa: PLC0415

        yield from exchange_findings(ledger, as_of)


def _findings(ledger: Ledger, as_of: dt.date | None) -> Iterator[Finding]:
    yield from invariants.no_plugin(ledger)
    yield from invariants.findings(ledger)
    yield from source_checks.cut_short(ledger)
    yield from source_checks.repeated_keys(ledger)
    yield from source_checks.missing_documents(ledger.reading.facts)
    yield from closed_periods.closed_periods(ledger)
    yield from recheck.changes(ledger)
    yield from invariants.refund_findings(ledger.evaluation)
    yield from _of_exchange(ledger, as_of)
    if as_of is not None:
        yield from invariants.overdue_findings(ledger.evaluation, as_of)
        yield from invariants.examination_findings(ledger.evaluation, as_of)
        yield from recheck.recorded_differences(ledger.evaluation, as_of)
