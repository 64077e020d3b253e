"""Which accounts need a closer look: one pass that finds all sound ones.

What a voucher says of an account and what was posted for it must cancel out, day by day. If
they do for every voucher, and nobody else has posted there, then no sum over vouchers can
be wrong, either. The reasons why something is wrong are for ``audit``, which looks at what
is left here.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from beancount_voucher.claims import lets_go

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from beancount.core.data import Posting, Transaction

    from beancount_voucher.claims import Purse, Ties
    from beancount_voucher.vouchers import Voucher

_Net = dict[tuple["Purse", "dt.date"], "Decimal"]


def suspects(
    vouchers: Iterable[Voucher],
    ties: Ties,
    generated: Iterable[Transaction],
    ordinary: Iterable[Transaction],
) -> set[Purse]:
    """The accounts, with their commodity, on which something may be wrong.

    Args:
        vouchers: all vouchers.
        ties: the accounts that their events tie up.
        generated: the transactions that were written for them.
        ordinary: all other transactions.
    """
    by_voucher: dict[str | None, list[Transaction]] = defaultdict(list)
    for entry in generated:
        by_voucher[entry.meta.get("voucher")].append(entry)
    found: set[Purse] = set()
    elsewhere: set[Purse] = set()
    for voucher in vouchers:
        net = _said(voucher, ties)
        tied = {purse for purse, _ in net}
        for entry in by_voucher.pop(voucher.id, ()):
            date = entry.date
            for purse, number in _posted(entry.postings):
                if purse in tied:
                    net[purse, date] = net.get((purse, date), 0) + number
                else:
                    elsewhere.add(purse)
        found.update(purse for (purse, _), number in net.items() if number)
    for entries in (ordinary, *by_voucher.values()):
        elsewhere.update(purse for entry in entries for purse, _ in _posted(entry.postings))
    return found | (elsewhere & ties.purses)


def _said(voucher: Voucher, ties: Ties) -> _Net:
    """What a voucher says of its accounts, with the sign turned round."""
    net: _Net = {}
    tied: list[tuple[Purse, Decimal]] = []
    number = voucher.amount.number
    for event in voucher.events:
        date = event.date
        if lets_go(event):
            for purse, tie in tied:
                net[purse, date] = net.get((purse, date), 0) + tie
        for tie in ties.of(event, voucher):
            signed = number if tie.exposure.sign > 0 else -number
            tied.append((tie.purse, signed))
            net[tie.purse, date] = net.get((tie.purse, date), 0) - signed
    return net


def _posted(postings: Iterable[Posting]) -> Iterator[tuple[Purse, Decimal]]:
    for account, units, *_ in postings:
        if units is not None and units.number is not None:
            yield (account, units.currency), units.number
