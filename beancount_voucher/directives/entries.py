"""What transactions post to accounts: one move of money, or of memo, after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.data import Custom, Transaction

from beancount_voucher.directives.facts import VOUCHER_ID
from beancount_voucher.directives.schema import DIRECTIVES, PREFIX

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from decimal import Decimal

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry


def amounts_of(entry: Transaction) -> list[tuple[Account, Decimal, str]]:
    """What a transaction posts: account, number and currency of each posting.

    What another plugin has left without a number moves nothing.
    """
    return [
        (posting.account, units.number, units.currency)
        for posting in entry.postings
        if (units := posting.units) is not None and units.number is not None
    ]


def postings_to(
    entries: Iterable[Entry], accounts: Container[Account]
) -> Iterator[tuple[Transaction, Account, Decimal, str]]:
    """What transactions post to some accounts, in the order of the entries."""
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                if posting.account in accounts:
                    units = posting.units
                    if units is not None and units.number is not None:
                        yield entry, posting.account, units.number, units.currency


def is_voucher_directive(entry: Entry) -> bool:
    """Whether the entry is ours to understand, or to refuse."""
    return isinstance(entry, Custom) and entry.type.startswith(PREFIX)


def voucher_named(entry: Custom) -> str | None:
    """The voucher that a directive is about, also if the rest of it is wrong."""
    directive = DIRECTIVES.get(entry.type.removeprefix(PREFIX))
    at = None if directive is None else directive.voucher_at
    if at is None or len(entry.values or ()) <= at:
        return None
    value = entry.values[at].value
    return value if isinstance(value, str) and VOUCHER_ID.fullmatch(value) else None
