"""What the acceptor answers to a recall: it gives the voucher back (manual: exchange).

Unless an application dated before it is on its way to the issuer, who will judge it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.facts import Fact
from beancount_voucher.exchange.receiving import Draft
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.lifecycle.events import State

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from beancount_voucher.exchange.sending import Book, Spoken
    from beancount_voucher.lifecycle.vouchers import Voucher


def surrenders(book: Book, spoken: Callable[[str], Spoken], date: dt.date) -> Iterator[Draft]:
    """The surrenders that are due of us.

    Args:
        book: our ledger.
        spoken: what was said to a party, and what it has seen of that.
        date: the day.
    """
    for _, voucher in sorted(book.evaluation.vouchers.items()):
        if _is_asked(book, voucher) and not _is_on_its_way(book, voucher, spoken):
            day = max(date, voucher.events[-1].date)
            yield Draft(Fact("surrender", day, (voucher.id,), None, {"by": book.we}, NOT_WRITTEN))


def _is_asked(book: Book, voucher: Voucher) -> bool:
    status, terms = voucher.status, voucher.terms
    asked = status.recalled is not None and status.surrendered is None
    if not asked or terms is None or status.state not in (State.ACCEPTED, State.APPLIED):
        return False
    return terms.acceptor == book.we != terms.issuer


def _is_on_its_way(book: Book, voucher: Voucher, spoken: Callable[[str], Spoken]) -> bool:
    """Whether the issuer has not seen the application that stands."""
    application = voucher.status.application
    if application is None:
        return False
    heard = spoken(voucher.agreed.issuer)
    number = heard.said.get(book.identity(application.fact))
    return number is None or number > heard.seen
