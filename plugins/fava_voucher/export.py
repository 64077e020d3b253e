"""The generated transactions as Beancount text."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger.export import plain_vouchers
from beancount_voucher.ledger.posted import told_apart

if TYPE_CHECKING:
    from fava_voucher.page import Page


def beancount(page: Page) -> str:
    """What the chosen vouchers came to by the date, or in the period, as plain Beancount.

    Args:
        page: the view; of one voucher only that, of any other those of the register.
    """
    ledger, filters = page.reports.ledger, page.filters
    span = page.span
    since = dt.date.min if span is None else span.first
    days = f"as of {filters.as_of}" if span is None else f"from {span.first} to {span.last}"
    head = [
        f"Vouchers of {ledger.options['title'] or ledger.path.name} {days}",
        *(
            f"Filter: {text}"
            for text in (filters.account, filters.text, page.view_state.search)
            if text
        ),
    ]
    comment = "".join(f";; {printable(line)}\n" for line in head)
    return comment + "".join(
        plain_vouchers(told_apart(ledger), ledger.options, page.vouchers, filters.as_of, since)
    )
