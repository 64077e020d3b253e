"""BQL's tables of vouchers, their events and their messages, said once for all who have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.views.columns import Column, columns_of, values_of
from beancount_voucher.views.events import EVENTS, events
from beancount_voucher.views.exchanged import MESSAGES, messages
from beancount_voucher.views.register import REGISTER, rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    import beanquery

    from beancount_voucher.lifecycle.evaluation import Evaluation


class QueryTable(NamedTuple):
    """A table of vouchers in BQL.

    Attributes:
        name: what stands behind ``FROM #``.
        columns: its columns.
        rows: what it lists of an evaluation, as of the end of a day.
        day: the date of a row that is about one day; None of one that is as of a day.
        voucher: the id of the voucher that a row is about; None for one that is about several.
    """

    name: str
    columns: list[Column[Any]]
    rows: Callable[[Evaluation, dt.date], Iterable[Any]]
    day: Callable[[Any], dt.date | None]
    voucher: Callable[[Any], str | None]

    @property
    def types(self) -> list[tuple[str, type]]:
        """Name and type of each column."""
        return [(column.key, column.datatype) for column in self.columns]

    def cells(self, rows: Iterable[Any]) -> list[tuple[Any, ...]]:
        """Rows as BQL takes them, in which several values are a set."""
        return [
            tuple(set(cell) if type(cell) is tuple else cell for cell in row)
            for row in values_of(self.columns, rows)
        ]


TABLES = (
    QueryTable(
        "vouchers",
        columns_of(REGISTER, "data"),
        rows,
        day=lambda _row: None,
        voucher=lambda row: row.voucher.id,
    ),
    QueryTable(
        "voucher_events",
        list(EVENTS),
        lambda evaluation, _as_of: events(evaluation),
        day=lambda row: row.event.date,
        voucher=lambda row: row.voucher.id,
    ),
    QueryTable(
        "voucher_messages",
        columns_of(MESSAGES, "data"),
        lambda evaluation, _as_of: messages(evaluation),
        day=lambda row: row.date,
        voucher=lambda _row: None,
    ),
)


def add_tables(connection: beanquery.Connection, evaluation: Evaluation, as_of: dt.date) -> None:
    """Put the tables beside those that a connection has."""
    from beanquery.sources.memory import Table  # noqa: PLC0415

    for each in TABLES:
        table = Table(each.name, each.types)
        table.data.extend(each.cells(each.rows(evaluation, as_of)))
        connection.tables[each.name] = table
