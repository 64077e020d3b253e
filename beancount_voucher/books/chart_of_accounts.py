"""The accounts of a ledger's books (manual: books): default names, and what replaces them.

``ROLES`` of ``account_roles`` is the table of accounts. A role is what the posting table names;
an account is what stands in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from beancount_voucher.directives.account_roles import (
    INVARIANT_OF,
    PER_VOUCHER,
    ROLES,
    filled,
    voucher_leaf,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount.core.data import Account

    from beancount_voucher.directives.account_roles import Names


class ChartOfAccounts:
    """Role and party to account, in one ledger."""

    def __init__(
        self,
        names: Names,
        party_roles: Mapping[str, str],
        replaced: Mapping[tuple[str, str], str],
        *,
        per_voucher: bool,
    ) -> None:
        self._names = names
        self._party_roles = party_roles
        self._replaced = replaced
        self._per_voucher = per_voucher
        self._cache: dict[tuple[str, str, str], Account] = {}

    def account(self, book: str, role: str, other: str, voucher: str | None) -> Account:
        """The account of ``role`` in the book of party ``book`` against party ``other``."""
        key = (book, role, other)
        account = self._cache.get(key)
        if account is None:
            account = self._cache[key] = filled(self._template(book, role), book, other)
        return (
            account if voucher is None or not self.is_own(role) else voucher_leaf(account, voucher)
        )

    @property
    def used(self) -> list[tuple[str, str, str]]:
        """Book, role and other side of every account that was asked for, sorted."""
        return sorted(self._cache)

    def clashes(self) -> Iterator[tuple[str, str, str, Account]]:
        """Accounts in use that hold what vouchers hold, and something else, too.

        Returns:
            of each the book, the role that holds, the other role, and the account. What
            several parties hold in one role may stand together.
        """
        roles: dict[Account, dict[str, str]] = defaultdict(dict)
        for (book, role, _), account in sorted(self._cache.items()):  # whatever came first
            roles[account].setdefault(role, book)
        for account, used in roles.items():
            holding = sorted(INVARIANT_OF.keys() & used.keys())
            if holding and len(used) > 1:
                other = next(role for role in sorted(used) if role != holding[0])
                yield used[holding[0]], holding[0], other, account

    def is_own(self, role: str) -> bool:
        """Whether each voucher has an account of its own for this role."""
        return self._per_voucher and role in PER_VOUCHER

    def _template(self, book: str, role: str) -> str:
        replaced = self._replaced.get((book, role))
        if replaced is not None:
            return replaced
        default = ROLES[self._party_roles[book]][role].default
        if default.startswith("(bank)"):
            return self._template(book, "bank") + default.removeprefix("(bank)")
        return self._names.localised(default)
