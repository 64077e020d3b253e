"""``forecast``: what may be paid from open vouchers in the days to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.cli.console import as_of_option, finish, format_option
from beancount_voucher.cli.opened import open_remembered
from beancount_voucher.cli.tables import in_columns
from beancount_voucher.views.forecast import BY_DAY, PAYMENTS, by_day, payments

if TYPE_CHECKING:
    import datetime as dt


@click.command()
@as_of_option
@click.option(
    "--days",
    type=click.IntRange(0, 3660),
    default=30,
    show_default=True,
    help="How many days after that day.",
)
@click.option(
    "--vouchers",
    "single",
    is_flag=True,
    help="Voucher by voucher, with what each waits for; whatever its days.",
)
@format_option
@click.pass_context
def forecast(
    context: click.Context, as_of: dt.date, days: int, style: str, *, single: bool
) -> None:
    """What may be paid, by day and account.

    From open vouchers, at the earliest, if what is missing comes at once; at the latest, if an
    application comes on its last day and nobody is late; and what goes home on a day unless it
    is applied for.
    Signs are those of postings: less than zero leaves an asset, or makes a debt larger. The
    accounts are those of the books that are kept: the policyholder's bank account or loan, what
    the issuer owes, the insurer's bank account.
    """
    ledger = open_remembered(context).ledger
    found = payments(ledger.evaluation, as_of)
    if single:
        text = in_columns(style, PAYMENTS, found)
    else:
        keeper = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)
        text = in_columns(style, BY_DAY, by_day(keeper, found, as_of, days))
    click.echo(text, nl=False)
    finish(ledger)
