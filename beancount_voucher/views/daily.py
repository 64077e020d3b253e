"""Daily postings: the batches of a ledger, and the vouchers behind each (manual: books)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.ledger.posted import event_by_event, generated, has_batches

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Set as AbstractSet

    from beancount.core.data import Account, Transaction

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.views.period import Span


class BatchRow(NamedTuple):
    """One batch of vouchers.

    Attributes:
        date: its day.
        book: the party whose book it is in.
        event: the kind of its events.
        vouchers: how many it is of.
        narration: what a person reads of it.
        accounts: what it posts to.
        place: its first directive.
    """

    date: dt.date
    book: str
    event: str
    vouchers: int
    narration: str
    accounts: frozenset[Account]
    place: SourceLine


def batches(ledger: Ledger, span: Span) -> list[BatchRow]:
    """The batches of vouchers in a period, in the ledger's order; none without daily postings."""
    if not has_batches(ledger):
        return []
    return [
        BatchRow(
            entry.date,
            entry.meta["voucher-book"],
            entry.meta["voucher-event"],
            int(entry.meta["voucher-count"]),
            entry.narration or "",
            _accounts(entry),
            source_line(entry.meta),
        )
        for entry in generated(ledger)
        if span.first <= entry.date <= span.last and "voucher-credit-line" not in entry.tags
    ]


def _accounts(entry: Transaction) -> frozenset[Account]:
    return frozenset(posting.account for posting in entry.postings)


def behind(
    ledger: Ledger,
    span: Span,
    event: str = "",
    book: str = "",
    accounts: AbstractSet[Account] = frozenset(),
) -> frozenset[str]:
    """The vouchers to which something happened in a period.

    Args:
        ledger: the ledger.
        span: the period.
        event: only events of this kind.
        book: only what was posted in this party's book.
        accounts: only what was posted there to just these accounts; none for all.
    """
    found = frozenset(
        each.voucher.id
        for each in ledger.evaluation.journal
        if each.voucher is not None
        and span.first <= each.event.date <= span.last
        and event in ("", each.event.kind)
    )
    if not book:
        return found
    return frozenset(
        entry.meta["voucher"]
        for entry in event_by_event(ledger, found)
        if span.first <= entry.date <= span.last
        and event in ("", entry.meta["voucher-event"])
        and entry.meta["voucher-book"] == book
        and (not accounts or _accounts(entry) == accounts)
    )
