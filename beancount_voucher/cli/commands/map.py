"""``map``: a column map for a CSV or a spreadsheet, guessed where it is sure, asked where not."""

from __future__ import annotations

import shlex
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.cli.console import Exit, say, stop
from beancount_voucher.cli.tables import in_format
from beancount_voucher.directives.wording import counted
from beancount_voucher.ledger.atomic_files import WriteRefusedError, write_new
from beancount_voucher.statements.files import table_content
from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables.guess import guess
from beancount_voucher.statements.tables.map_text import map_text
from beancount_voucher.statements.tables.questions import UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beancount_voucher.statements.statement import Statement
    from beancount_voucher.statements.tables.questions import Question

_SHOWN = 5
"""Lines of each statement that are shown."""


def _settings(
    _context: click.Context, _option: click.Parameter, given: Sequence[str]
) -> dict[str, list[str]]:
    said: dict[str, list[str]] = defaultdict(list)
    for each in given:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{each}: NAME=VALUE is expected, such as account=62001")
        said[name].append(value)
    return said


@click.command("map")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--set",
    "given",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_settings,
    help="What the map says, such as account=62001 or columns.date=Booked; may be repeated.",
)
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), metavar="TOML",
    help="The new file to write the map to.",
)  # fmt: skip
@click.option("--write", is_flag=True, help="Write it beside FILE, by the same name.")
def map_(file: Path, *, given: dict[str, list[str]], target: Path | None, write: bool) -> None:
    """Write the map of a CSV or a spreadsheet.

    Guesses encoding, delimiter, headings, dates, numbers, directions, and where the table
    begins and ends; shows the map and the first lines as it understands them, and writes it
    after a yes. What the file leaves open is asked; without a terminal, it is refused with
    what to say by --set.
    """
    said, statements = _guessed(file, given)
    text = map_text(said)
    click.echo(text, nl=False)
    for each in statements:
        _show(each)
    where = target or file.with_suffix(".toml")
    if not (write or target) and not (
        _is_terminal() and click.confirm(f"Write {where}?", err=True)
    ):
        say(f"Nothing was written; --write writes {where}.")
        return
    try:
        write_new(where, text)
    except WriteRefusedError as error:
        stop(f"{error}; nothing was written", Exit.REFUSED)
    say(f"Wrote {where}.", fg="green")


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _guessed(
    file: Path, given: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], list[Statement]]:
    """The map, with all that had to be asked."""
    answered = {name: list(values) for name, values in given.items()}
    try:
        content = table_content(file)
        while True:
            try:
                return guess(content, file, answered)
            except UnsureError as unsure:
                for name, value in _answer(file, unsure.question):
                    answered.setdefault(name, []).append(value)
    except StatementError as error:
        stop(str(error), Exit.FINDINGS)


def _answer(file: Path, question: Question) -> Sequence[tuple[str, str]]:
    if not _is_terminal():
        choices = " or ".join(_choices(question))
        stop(f"{file}: {question.text}? Say it by {choices}", Exit.USAGE)
    if not question.answers:
        return [(question.key, click.prompt(f"{question.text}?", err=True))]
    click.echo(f"{question.text}?", err=True)
    for number, answer in enumerate(question.answers, 1):
        click.echo(f"  {number}  {answer.shown}", err=True)
    chosen = click.prompt("Which", type=click.IntRange(1, len(question.answers)), err=True)
    return question.answers[chosen - 1].said


def _choices(question: Question) -> Iterator[str]:
    """What to type, for each answer."""
    if not question.answers:
        yield f"--set {question.key}=…"
    for answer in question.answers:
        yield " ".join(f"--set {shlex.quote(f'{name}={value}')}" for name, value in answer.said)


def _show(statement: Statement) -> None:
    """A statement as it is understood: its first lines, and what proves it."""
    rows = [
        [
            line.date,
            line.amount,
            " ".join(filter(None, (line.end_to_end, *line.references))),
            line.bank_reference or "",
            line.text,
        ]
        for line in statement.lines[:_SHOWN]
    ]
    headers = ("date", "amount", "reference", "bank's reference", "text")
    for row in in_format("table", headers, rows, ["amount"]).splitlines() if rows else ():
        say(row)
    balances = "no balances: it proves nothing"
    if statement.opening is not None and statement.closing is not None:
        proven = "proven" if statement.is_proven else "not proven"
        balances = f"{statement.opening.number} to {statement.closing.number}, {proven}"
    lines, total = counted(len(statement.lines), "line"), f"{statement.booked} {statement.currency}"
    period = f"{statement.start} to {statement.end}"
    say(f"{statement.account}, {period}: {lines}, {total}, {balances}.")
