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
from beancount_voucher.views.columns import Column, Row, columns_of, values_of
from beancount_voucher.views.events import EVENTS, events
from beancount_voucher.views.register import REGISTER, rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    import beanquery


_VOUCHERS = columns_of(REGISTER, "data")


@click.command()
@click.argument("query", metavar="SELECT…")
@as_of_option
@format_option
@click.pass_context
def query(context: click.Context, query: str, as_of: dt.date, style: str) -> None:
    """Ask the ledger in Beancount's query language.

    Beside Beancount's own tables: vouchers (the columns of list --format json, as of the
    day) and voucher_events (date, voucher, event, state, amount, currency, done_by, reason, file,
    line, policy, code, document, note). "SELECT state, count(id) FROM #vouchers GROUP BY state"
    """
    need("query", "beanquery")
    import beanquery  # noqa: PLC0415

    ledger = open_ledger(context)
    connection = beanquery.connect(
        "beancount:", entries=ledger.entries, errors=ledger.errors, options=ledger.options
    )
    _add(connection, "vouchers", _VOUCHERS, rows(ledger.evaluation, as_of))
    _add(connection, "voucher_events", EVENTS, events(ledger.evaluation))
    try:
        cursor = connection.execute(query)
    except Exception as error:  # noqa: BLE001  whatever a user's query makes of it
        stop(f"{type(error).__name__}: {error}", Exit.USAGE)
    names = [column.name for column in cursor.description or ()]
    kinds = [column.datatype for column in cursor.description or ()]
    right = [name for name, kind in zip(names, kinds, strict=True) if kind in (Decimal, int)]
    click.echo(in_format(style, names, [list(row) for row in cursor.fetchall()], right), nl=False)
    finish(ledger)


def _add(
    connection: beanquery.Connection, name: str, columns: Iterable[Column[Row]], data: Iterable[Row]
) -> None:
    from beanquery.sources.memory import Table  # noqa: PLC0415

    table = Table(name, [(column.key, column.datatype) for column in columns])
    table.data.extend(
        tuple(set(cell) if type(cell) is tuple else cell for cell in row)
        for row in values_of(columns, data)
    )
    connection.tables[name] = table
