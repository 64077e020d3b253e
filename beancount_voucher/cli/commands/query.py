"""``query``: BQL over the ledger, with two tables of vouchers beside Beancount's own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, get_args, get_type_hints

import beanquery
import click
from beanquery.sources.memory import Table

from beancount_voucher.cli.console import (
    Exit,
    as_of_option,
    finish,
    format_option,
    open_ledger,
    stop,
)
from beancount_voucher.cli.tables import in_format
from beancount_voucher.views.register import RegisterRow, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.ledger.loader import Ledger

# The register's own fields, so that there is no second list of them; None is no type to BQL.
_REGISTER = tuple(
    (name, (get_args(hint) or (hint,))[0]) for name, hint in get_type_hints(RegisterRow).items()
)

_EVENTS = (
    ("date", dt.date),
    ("voucher", str),
    ("event", str),
    ("state", str),
    ("amount", Decimal),
    ("currency", str),
    ("done_by", str),
    ("reason", str),
    ("file", str),
    ("line", int),
)


@click.command()
@click.argument("query", metavar="SELECT…")
@as_of_option
@format_option
@click.pass_context
def query(context: click.Context, query: str, as_of: dt.date, style: str) -> None:
    """Ask the ledger in Beancount's query language.

    Beside Beancount's own tables: vouchers (the columns of list --format json, as of the
    day) and voucher_events (date, voucher, event, state, amount, currency, done_by, reason, file,
    line). "SELECT state, count(id) FROM #vouchers GROUP BY state"
    """
    ledger = open_ledger(context)
    connection = beanquery.connect(
        "beancount:", entries=ledger.entries, errors=ledger.errors, options=ledger.options
    )
    for name, columns, data in (
        ("vouchers", _REGISTER, _vouchers(ledger, as_of)),
        ("voucher_events", _EVENTS, _events(ledger)),
    ):
        connection.tables[name] = Table(name, columns)
        connection.tables[name].data.extend(data)
    try:
        cursor = connection.execute(query)
    except Exception as error:  # noqa: BLE001  whatever a user's query makes of it
        stop(f"{type(error).__name__}: {error}", Exit.USAGE)
    names = [column.name for column in cursor.description or ()]
    kinds = [column.datatype for column in cursor.description or ()]
    right = [name for name, kind in zip(names, kinds, strict=True) if kind in (Decimal, int)]
    click.echo(in_format(style, names, [list(row) for row in cursor.fetchall()], right), nl=False)
    finish(ledger)


def _vouchers(ledger: Ledger, as_of: dt.date) -> Iterator[tuple[object, ...]]:
    for row in rows(ledger.evaluation, as_of):
        yield tuple(getattr(row, name) for name, _ in _REGISTER)


def _events(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    for voucher in ledger.evaluation.vouchers.values():
        for event in voucher.events:
            terms = event.fact.terms
            said = (event.date, voucher.id, event.kind, str(event.state), event.amount)
            who = (voucher.amount.currency, terms.get("by"), terms.get("reason"))
            yield (*said, *who, event.place.filename, event.place.lineno)
