"""Which accounts need a closer look: one pass that finds all sound ones.

What a voucher says of an account and what was posted for it must cancel out, day by day. If
they do for every voucher, and nobody else has posted there, then no sum over vouchers can
be wrong, either. The reasons why something is wrong are for ``invariants``, which looks at what
is left here.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.audit.expected import hold_changes
from beancount_voucher.directives.entries import amounts_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from beancount.core.data import Account, Transaction

    from beancount_voucher.audit.expected import BoundHoldRules, CurrencyAccount
    from beancount_voucher.lifecycle.vouchers import Voucher

_Net = dict[tuple["Account", str, "dt.date"], "Decimal"]
"""By account, commodity and day."""


class Prefiltered(NamedTuple):
    """The accounts that are left.

    Attributes:
        suspects: accounts, with their commodity, on which vouchers and postings differ.
        elsewhere: those to which something else was posted.
        ours: the accounts among them to which something was posted for vouchers.
    """

    suspects: set[CurrencyAccount]
    elsewhere: set[CurrencyAccount]
    ours: set[Account]


def prefiltered(
    vouchers: Iterable[Voucher],
    rules: BoundHoldRules,
    generated: Iterable[Transaction],
    ordinary: Iterable[Transaction],
) -> Prefiltered:
    """Find the accounts on which something may be wrong.

    Args:
        vouchers: all vouchers.
        rules: the accounts on which their events put holds.
        generated: the transactions that were written for them.
        ordinary: all other transactions.
    """
    by_voucher: dict[str | None, list[Transaction]] = defaultdict(list)
    for entry in generated:
        by_voucher[entry.meta.get("voucher")].append(entry)
    found: set[CurrencyAccount] = set()
    elsewhere: set[CurrencyAccount] = set()
    for voucher in vouchers:
        net = _expected(voucher, rules)
        for entry in by_voucher.pop(voucher.id, ()):
            for account, number, currency in amounts_of(entry):
                key = account, currency, entry.date
                if key in net:
                    net[key] += number
                else:
                    elsewhere.add((account, currency))
        if any(net.values()):
            found.update(key[:2] for key, number in net.items() if number)
    for entries in by_voucher.values():
        elsewhere.update(_moved(entries))
    ours = {account for account, _ in elsewhere}
    elsewhere.update(_moved(ordinary))
    return Prefiltered(found, elsewhere, ours)


def _expected(voucher: Voucher, rules: BoundHoldRules) -> _Net:
    """What a voucher says of its accounts, with the sign turned round."""
    net: _Net = {}
    for bound, event, number in hold_changes(voucher, rules):
        key = bound.account, bound.commodity, event.date
        net[key] = net[key] - number if key in net else -number
    return net


def _moved(entries: Iterable[Transaction]) -> Iterator[CurrencyAccount]:
    for entry in entries:
        for account, _, currency in amounts_of(entry):
            yield account, currency
