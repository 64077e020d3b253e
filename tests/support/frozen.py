"""What the accounts say is frozen: a second opinion on the roll-forward."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from beancount.core.data import Transaction

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from beancount.core.data import Directive


def frozen(entries: Iterable[Directive], before: dt.date) -> dict[tuple[str, str], Decimal]:
    """What the accounts say is frozen: cash by the issuers, credit by both sides."""
    sums: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        if isinstance(entry, Transaction) and entry.date < before:
            for posting in entry.postings:
                account, units = posting.account, posting.units
                assert units is not None
                number = units.number or Decimal(0)
                if account.startswith("Liabilities:") and ":Held" in account:
                    key = "cash", units.currency
                    sums[key] = sums.get(key, Decimal(0)) - number
                elif ":Memo:CreditLine:" in account and ":Frozen" in account:
                    key = "credit", units.currency.removesuffix(".MEMO")
                    sums[key] = sums.get(key, Decimal(0)) + number / 2
    return {key: each for key, each in sums.items() if each}
