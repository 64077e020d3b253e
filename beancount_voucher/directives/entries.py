"""What transactions post to accounts: one move of money, or of memo, after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.data import Custom, Transaction

from beancount_voucher.directives.facts import VOUCHER_ID
from beancount_voucher.directives.schema import EVENTS, PREFIX

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


def is_voucher_directive(entry: Entry) -> bool:
    """Whether the entry is ours to understand, or to refuse."""
    return isinstance(entry, Custom) and entry.type.startswith(PREFIX)


def voucher_named(entry: Custom) -> str | None:
    """The voucher that a directive is about, also if the rest of it is wrong."""
    if entry.type.removeprefix(PREFIX) not in EVENTS or not entry.values:
        return None
    value = entry.values[0].value
    return value if isinstance(value, str) and VOUCHER_ID.fullmatch(value) else None
