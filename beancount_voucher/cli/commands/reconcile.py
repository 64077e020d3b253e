"""``reconcile``: bank statements against the ledger, and the record of it."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.cli.console import Exit, complain, finish, open_ledger, say, stop
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.deliver import Proposal, deliver, output_options
from beancount_voucher.cli.tables import as_json, in_format
from beancount_voucher.directives.wording import counted
from beancount_voucher.ledger.append import target_file_of_account
from beancount_voucher.ledger.posted import told_apart
from beancount_voucher.lifecycle.calendars import business_days
from beancount_voucher.reconciliation import report
from beancount_voucher.reconciliation.explain import lines_of
from beancount_voucher.reconciliation.ledger_side import NumberError, numbers
from beancount_voucher.reconciliation.matching import MatchOptions
from beancount_voucher.reconciliation.reconcile import LedgerSide
from beancount_voucher.reconciliation.reconcile import reconcile as reconciled
from beancount_voucher.reconciliation.to_directives import facts_of, recordings
from beancount_voucher.statements.files import read
from beancount_voucher.statements.statement import StatementError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount.core.data import Account

    from beancount_voucher.cli.deliver import Output
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.reconciliation.items import AccountLine
    from beancount_voucher.reconciliation.results import Reconciliation
    from beancount_voucher.statements.statement import Statement

MAX_WINDOW = 10


@dataclass(frozen=True)
class _Record:
    """One reconciled statement, to be written."""

    fact: Fact
    notes: Mapping[str, Value] = field(default_factory=dict)
    opens: str = ""


def _numbers(
    _context: click.Context, _option: click.Parameter, given: Sequence[str]
) -> dict[str, str]:
    named = {}
    for each in given:
        number, equals, account = each.partition("=")
        if not number or not equals or not account:
            raise click.BadParameter(f"{each}: NUMBER=ACCOUNT is expected")
        named[number] = account
    return named


def _entries(
    _context: click.Context, _option: click.Parameter, given: Sequence[str]
) -> list[tuple[str, int]]:
    entries = []
    for each in given:
        statement, _, number = each.rpartition(":")
        if not (number.isascii() and number.isdigit()):
            raise click.BadParameter(
                f"{each}: the number of an entry is expected, or STATEMENT:NUMBER"
            )
        entries.append((statement, int(number)))
    return entries


def _amount(_context: click.Context, _option: click.Parameter, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0:
        raise click.BadParameter(f"{text} is no amount such as 0.05")
    return number


@click.command()
@click.argument(
    "files",
    metavar="STATEMENT…",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option(
    "--account",
    "given",
    metavar="NUMBER=ACCOUNT",
    multiple=True,
    callback=_numbers,
    help="The ledger's account of an account number; or bank-account: at its open.",
)
@click.option(
    "--map",
    "how",
    type=click.Path(path_type=Path),
    metavar="TOML",
    help="The column map of CSV files; NAME.toml or csv.toml beside them if left out.",
)
@click.option("--encoding", default="utf-8", show_default=True, help="Of MT940 files.")
@click.option(
    "--window",
    type=click.IntRange(0, MAX_WINDOW),
    default=3,
    show_default=True,
    help="Business days that may lie between ledger and bank.",
)
@click.option(
    "--tolerance",
    default="0",
    show_default=True,
    metavar="AMOUNT",
    callback=_amount,
    help="By how much an amount may differ where the reference agrees.",
)
@click.option(
    "--as-of",
    type=DAY,
    metavar="DATE",
    help="The day to count the age of open items from; the statements' last if left out.",
)
@click.option("--all", "matched", is_flag=True, help="Also show what is matched, and by what.")
@click.option(
    "--explain",
    "entries",
    metavar="ENTRY",
    multiple=True,
    callback=_entries,
    help="Show instead which rules were tried on an entry: 4, or STATEMENT:4.",
)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
    help="For people, spreadsheets, programs or pull requests.",
)
@click.option("--prepared-by", metavar="NAME", help="Who reconciles; needed to write.")
@click.option("--reviewed-by", metavar="NAME", help="Who has reviewed it: another person.")
@output_options
@click.pass_context
def reconcile(
    context: click.Context,
    *,
    files: Sequence[Path],
    given: Mapping[str, str],
    how: Path | None,
    encoding: str,
    window: int,
    tolerance: Decimal,
    as_of: dt.date | None,
    matched: bool,
    entries: Sequence[tuple[str, int]],
    shape: str,
    prepared_by: str | None,
    reviewed_by: str | None,
    output: Output,
) -> None:
    """Match bank statements with the ledger.

    Reads camt.052, .053 and .054, MT940, MT942 and CSV, proves each statement, and matches
    what the bank booked with what moves on the ledger's bank accounts. Whatever does not
    agree is listed with its reason, never guessed. With --write, each proven statement is
    recorded as reconciled.
    """
    writes = output.write or output.file is not None or output.diff
    if writes and not (prepared_by and reviewed_by):
        raise click.UsageError("a record needs --prepared-by and --reviewed-by")
    ledger = open_ledger(context)
    try:
        statements = [each for path in files for each in read(path, how, encoding)]
    except StatementError as error:
        stop(str(error), Exit.REFUSED if writes else Exit.FINDINGS)
    calendar = business_days(ledger.evaluation.options["calendar"])
    options = MatchOptions(window=window, calendar=calendar, tolerance=tolerance)
    found = _reconciled(ledger, statements, given, options)
    last = max(each.end for each in statements)
    if entries:
        _explain(found, entries, shape)
    else:
        _print(found, last if as_of is None else as_of, shape, matched=matched)
    _tell(found)
    if writes:

        def propose(again: Ledger) -> Proposal:
            result = _reconciled(again, statements, given, options)
            return _proposal(again, result, output, str(prepared_by), str(reviewed_by))

        deliver(ledger, propose, output)
    finish(ledger, refused=not found.is_clean)


def _reconciled(
    ledger: Ledger, statements: Sequence[Statement], given: Mapping[str, str], options: MatchOptions
) -> Reconciliation:
    books = LedgerSide(
        told_apart(ledger),
        ledger.evaluation,
        ledger.names,
        ledger.kept,
        ledger.options["name_equity"],
    )
    try:
        known = numbers(ledger.entries, given)
    except NumberError as error:
        raise click.UsageError(str(error)) from error
    return reconciled(statements, books, known, options)


def _print(found: Reconciliation, as_of: dt.date, shape: str, *, matched: bool) -> None:
    if shape == "json":
        click.echo(as_json(_plain(report.data(found, as_of, matched=matched))), nl=False)
    else:
        rows = report.items(found, as_of, matched=matched)
        if shape == "csv":
            click.echo(in_format("csv", report.ROWS, rows, report.AMOUNTS), nl=False)
        else:
            _print_tables(found, as_of, rows, shape)


def _explain(found: Reconciliation, entries: Sequence[tuple[str, int]], shape: str) -> None:
    lines: dict[AccountLine, None] = {}
    for statement, entry in entries:
        chosen = lines_of(found, statement, entry)
        if not chosen:
            where = f"statement {statement}" if statement else "any statement"
            raise click.UsageError(f"no entry {entry} that counts is in {where}")
        lines |= dict.fromkeys(chosen)
    rows = report.explanations(found, lines)
    right = [each for each in report.EXPLAINED if each in report.AMOUNTS]
    click.echo(in_format(shape, report.EXPLAINED, rows, right), nl=False)


def _tell(found: Reconciliation) -> None:
    """What is wrong with statements, what is to be known of them, and the sum of it all."""
    for flaw in found.flaws:
        complain(flaw.message)
    for note in found.notes:
        say(note.message)
    outstanding = len(found.items) - len(found.differences)
    lines = counted(sum(each.matched for each in found.accounts), "line")
    differences = counted(len(found.differences), "difference")
    say(f"{lines} matched, {differences}, {outstanding} outstanding.")


def _print_tables(found: Reconciliation, as_of: dt.date, rows: list[list[Any]], shape: str) -> None:
    tables = (
        (report.ACCOUNTS, report.accounts(found)),
        (report.ROWS, rows),
        (report.AGEING, report.ageing(found, as_of)),
        (report.BANK_HOLDS, report.holds(found)),
    )
    printed = [
        in_format(shape, headers, table, [each for each in headers if each in report.AMOUNTS])
        for headers, table in tables
        if table
    ]
    click.echo("\n".join(printed), nl=False)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Values as JSON has them: amounts and dates as strings."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else value


def _proposal(
    ledger: Ledger, found: Reconciliation, output: Output, prepared: str, reviewed: str
) -> Proposal:
    """The records of a reconciliation; none, if any of its statements is not proven."""

    def document(account: Account, statement: Statement) -> str:
        home = output.file or target_file_of_account(ledger, account)
        return os.path.relpath(statement.path.absolute(), home.absolute().parent)

    if found.flaws:
        return Proposal([], refused=[flaw.message for flaw in found.flaws])
    facts = facts_of(found, prepared, reviewed, document)
    recorded = list(recordings(facts, ledger.evaluation.reconciled))
    drafts = [_Record(each.fact) for each in recorded if each.fact is not None]
    return Proposal(
        drafts,
        explained=[each.text for each in recorded if each.fact is not None],
        already=[each.text for each in recorded if each.fact is None],
    )
