"""What transactions post to accounts: one move of money, or of memo, after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.data import Transaction

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from beancount.core.amount import Amount
    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry


def postings_to(
    entries: Iterable[Entry], accounts: Container[Account]
) -> Iterator[tuple[Transaction, Account, Amount]]:
    """The postings to some accounts, in the order of the entries.

    What another plugin has left without a number moves nothing.
    """
    for entry in entries:
        if isinstance(entry, Transaction):
            for account, units, _, _, _, _ in entry.postings:
                if account in accounts and units is not None and units.number is not None:
                    yield entry, account, units
