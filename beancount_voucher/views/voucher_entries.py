"""The directives and transactions of a voucher, from a whole ledger or from facts alone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from beancount.core.data import Custom, Transaction, entry_sortkey

from beancount_voucher.books.expansion import directives_of
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.ledger.posted import event_by_event, has_batches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount.core.data import Directive as Entry

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import Voucher


def by_voucher(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The directives and generated transactions of each voucher, in the ledger's order."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry, Transaction | Custom) and SEEN in entry.meta:
            voucher = entry.meta.get("voucher")
            if voucher is not None:
                found[voucher].append(entry)
    return dict(found)


def entries_of(ledger: Ledger, voucher: Voucher) -> list[Entry]:
    """The directives and transactions of one voucher, in the ledger's order.

    The transactions are written out anew where only facts were loaded, or the ledger has batches:
    all that they need is what happened to the voucher, and the accounts that the ledger opens and
    closes.
    """
    if ledger.is_whole or not ledger.has_plugin:
        said = by_voucher(ledger.entries).get(voucher.id, [])
        if not has_batches(ledger):
            return said
    else:
        said = [*directives_of(ledger.reading, ledger.entries, voucher.id, ledger.options)]
    return sorted([*said, *event_by_event(ledger, {voucher.id})], key=entry_sortkey)
