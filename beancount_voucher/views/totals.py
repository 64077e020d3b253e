"""Sums of a register by state and currency: what lives, what was paid and what came to nothing.

There is no sum of all: premiums that were refused or are void are nobody's money.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import exact
from beancount_voucher.lifecycle.events import State
from beancount_voucher.views.columns import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.views.register import RegisterRow

_ORDER = [state.value for state in State]


class StateTotal(NamedTuple):
    """The vouchers of one state and currency: how many, and the sum of each amount.

    What was paid stands beside the premiums: after a partial settlement they differ.
    """

    state: str
    currency: str
    vouchers: int
    amount: Decimal
    held: Decimal
    settled: Decimal


@exact
def by_state(rows: Iterable[RegisterRow]) -> list[StateTotal]:
    """The sums, by state in the order of a voucher's life, and by currency."""
    groups: dict[tuple[str, str], list[RegisterRow]] = defaultdict(list)
    for row in rows:
        groups[row.state, row.currency].append(row)
    return [
        StateTotal(
            *key,
            len(groups[key]),
            sum((row.amount for row in groups[key]), Decimal(0)),
            sum((row.held for row in groups[key]), Decimal(0)),
            sum((row.settled for row in groups[key]), Decimal(0)),
        )
        for key in sorted(groups, key=lambda key: (_ORDER.index(key[0]), key[1]))
    ]


TOTALS: tuple[Column[StateTotal], ...] = (
    Column("state", "state", "state", lambda total: total.state),
    Column("currency", "currency", "currency", lambda total: total.currency),
    Column("vouchers", "vouchers", "count", lambda total: total.vouchers),
    Column("amount", "amount", "money", lambda total: total.amount),
    Column("held", "held now", "money", lambda total: total.held),
    Column("settled", "settled", "money", lambda total: total.settled),
)
"""The sums under a register, on the page and in the command."""
