"""``#vouchers``, ``#voucher_events`` and ``#voucher_messages`` on Fava's own page *Query*.

Fava makes a new connection for each query and names it to nobody; but beanquery gives each
connection a table of every class that is derived from its ``Table`` of Beancount's. Where a
version of beanquery no longer does, these tables are not there, and all else is.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fava.context import g
from flask import has_request_context, request

from beancount_voucher.views.query_tables import TABLES
from fava_voucher.filters import filtered_vouchers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from beancount_voucher.views.query_tables import QueryTable
    from fava_voucher.filters import FilteredVouchers
    from fava_voucher.ledger_reports import LedgerReports

_SOURCE = "beanquery.sources.beancount"


def register(reports: Callable[[], LedgerReports | None], today: Callable[[], dt.date]) -> None:
    """Let beanquery make the tables.

    Args:
        reports: the vouchers of the ledger that a request asks; None if it has no page of ours.
        today: the day for a request without a period.
    """
    try:
        base = importlib.import_module(_SOURCE).Table
        table = importlib.import_module("beanquery.sources.memory").Table
    except (ImportError, AttributeError):
        return
    for each in TABLES:
        body = {
            "name": each.name,
            "columns": table(each.name, each.types).columns,
            "__iter__": _rows_for(each, reports, today),
        }
        type(f"Table_{each.name}", (base,), body)


def _rows_for(
    table: QueryTable, reports: Callable[[], LedgerReports | None], today: Callable[[], dt.date]
) -> Callable[[Any], Iterator[tuple[Any, ...]]]:
    """How a table of beanquery's lists the vouchers that Fava's filters let through.

    Not from the entries that beanquery has: without those before the period a voucher that
    was issued earlier would not be there.
    """

    def rows(_table: object) -> Iterator[tuple[Any, ...]]:
        found = reports() if has_request_context() else None
        if found is None:
            return
        chosen = filtered_vouchers(g.ledger, found, request.args, today())
        every = table.rows(found.ledger.evaluation, chosen.as_of)
        yield from table.cells(
            row
            for row in every
            if _passes(chosen, table.voucher(row)) and chosen.covers(table.day(row))
        )

    return rows


def _passes(chosen: FilteredVouchers, voucher: str | None) -> bool:
    """What is about no voucher passes a filter of vouchers."""
    return voucher is None or chosen.has(voucher)
