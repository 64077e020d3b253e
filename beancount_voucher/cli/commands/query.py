"""``query``: BQL over the ledger, with two tables of vouchers beside Beancount's own."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.console import (
    Exit,
    as_of_option,
    finish,
    format_option,
    need,
    open_ledger,
    stop,
)
from beancount_voucher.cli.tables import in_format
from beancount_voucher.views.query_tables import add_tables

if TYPE_CHECKING:
    import datetime as dt


@click.command()
@click.argument("query", metavar="SELECT…")
@as_of_option
@format_option
@click.pass_context
def query(context: click.Context, query: str, as_of: dt.date, style: str) -> None:
    """Ask the ledger in Beancount's query language.

    Beside Beancount's own tables: vouchers (the columns of list --format json, as of the
    day), voucher_events (date, voucher, event, state, amount, currency, done_by, reason, file,
    line, policy, code, document, note) and voucher_messages (message, sender, receiver, number,
    date, facts, refused, key, sha256, file, line).
    "SELECT state, count(id) FROM #vouchers GROUP BY state"
    """
    need("query", "beanquery")
    import beanquery  # noqa: PLC0415

    ledger = open_ledger(context)
    connection = beanquery.connect(
        "beancount:", entries=ledger.entries, errors=ledger.errors, options=ledger.options
    )
    add_tables(connection, ledger.evaluation, as_of)
    try:
        cursor = connection.execute(query)
    except Exception as error:  # noqa: BLE001  whatever a user's query makes of it
        stop(f"{type(error).__name__}: {error}", Exit.USAGE)
    names = [column.name for column in cursor.description or ()]
    kinds = [column.datatype for column in cursor.description or ()]
    right = [name for name, kind in zip(names, kinds, strict=True) if kind in (Decimal, int)]
    click.echo(in_format(style, names, [list(row) for row in cursor.fetchall()], right), nl=False)
    finish(ledger)
