"""``lines``: the credit lines on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.cli.console import as_of_option, finish, format_option, open_ledger
from beancount_voucher.cli.tables import in_columns
from beancount_voucher.views.lines import BEHIND, LINES, behind, credit_lines

if TYPE_CHECKING:
    import datetime as dt


@click.command()
@as_of_option
@click.option(
    "--behind",
    "shares",
    is_flag=True,
    help="What each figure is made of: the vouchers, the limits, the repayments.",
)
@format_option
@click.pass_context
def lines(context: click.Context, as_of: dt.date, style: str, *, shares: bool) -> None:
    """Credit lines, and whether they add up.

    Limit, frozen, drawn and available by policyholder, bank and currency, each held against the
    accounts of the books that are kept. With --behind, the vouchers and directives that make
    up the figures: each column sums up to the line's. The exit status is 1 where a line does not
    add up.
    """
    ledger = open_ledger(context)
    keeper = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)
    found = credit_lines(ledger.evaluation, keeper, ledger.entries, as_of)
    rows = behind(found) if shares else found
    columns: Any = BEHIND if shares else LINES
    click.echo(in_columns(style, columns, rows), nl=False)
    finish(ledger, refused=any(line.wrong for line in found))
