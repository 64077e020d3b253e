"""The exchange's findings at the edge: a ledger, and the messages beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.audit.exchange import Kept, findings
from beancount_voucher.exchange.heard import speakers
from beancount_voucher.exchange.store import Store
from beancount_voucher.exchange.turn import book_of
from beancount_voucher.exchange.verifiers import checked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.ledger.loader import Ledger


def exchange_findings(ledger: Ledger, as_of: dt.date | None = None) -> Iterator[Finding]:
    """What a person must look at of the messages of a ledger, for each that exchanges there.

    Args:
        ledger: any ledger.
        as_of: the day on which what is not acknowledged is looked for; None: it is not.
    """
    store = Store(ledger.path)
    kept = Kept(store.text, store.signature, store.names(), store.rivals(), checked)
    found, ours = set(), speakers(ledger.evaluation, ledger.kept)
    for we in ours:
        for each in findings(book_of(ledger, we), kept, ours, as_of):
            if each not in found:  # who keeps several books sees some of it twice
                found.add(each)
                yield each
