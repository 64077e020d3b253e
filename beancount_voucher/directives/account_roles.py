"""The accounts of each book (manual: books): roles, their default names, replacements.

``ROLES`` is the manual's table of accounts. A role is what the posting table names;
an account is what stands in the ledger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import regex
from beancount.core.account import ACC_COMP_NAME_RE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount.core.data import Account


class Role(NamedTuple):
    """One account of a book.

    Attributes:
        default: the account's name, with placeholders.
        other: who stands on the other side of it: the term of the voucher that names the
            bank (or the bank's customer) for which the placeholder stands. None: the
            posting itself says for which customer.
    """

    default: str
    other: str | None


_LINE = {
    name: f"Equity:{{party}}:Memo:CreditLine:{{other}}:{leaf}"
    for name, leaf in (
        ("line-limit", "Limit"),
        ("line-available", "Available"),
        ("line-frozen", "Frozen"),
        ("line-drawn", "Drawn"),
    )
}


def _line(placeholder: str, other: str) -> dict[str, Role]:
    return {name: Role(text.replace("other", placeholder), other) for name, text in _LINE.items()}


ROLES: dict[str, dict[str, Role]] = {
    "policyholder": {
        "bank": Role("Assets:{party}:{bank}", "issuer"),
        "frozen": Role("(bank):Frozen", "issuer"),
        "loan": Role("Liabilities:{party}:{bank}:CreditLine", "issuer"),
        "prepaid": Role("Assets:{party}:PrepaidInsurance", "issuer"),
        "payable": Role("Liabilities:{party}:PremiumPayable", "issuer"),
        **_line("bank", "issuer"),
    },
    "bank": {
        "deposits": Role("Liabilities:{party}:Deposits:{customer}", None),
        "held": Role("Liabilities:{party}:Held:{customer}", "policyholder"),
        "loans": Role("Assets:{party}:Loans:{customer}", "policyholder"),
        "interbank-payable": Role("Liabilities:{party}:Interbank:{bank}", "acceptor"),
        "interbank-receivable": Role("Assets:{party}:Interbank:{bank}", "issuer"),
        "collection": Role("Equity:{party}:Memo:ForCollection:{customer}", "insurer"),
        "collection-contra": Role("Equity:{party}:Memo:ForCollectionContra", "insurer"),
        **_line("customer", "policyholder"),
    },
    "insurer": {
        "bank": Role("Assets:{party}:{bank}", "acceptor"),
        "receivable": Role("Assets:{party}:PremiumReceivable", "acceptor"),
        "advance": Role("Liabilities:{party}:AdvancePremium", "acceptor"),
        "unearned": Role("Liabilities:{party}:UnearnedPremium", "acceptor"),
        "vouchers": Role("Equity:{party}:Memo:VouchersReceived:{bank}", "acceptor"),
        "vouchers-contra": Role("Equity:{party}:Memo:VouchersReceivedContra", "acceptor"),
    },
}
"""Party role -> account role -> account. ``(bank)`` is the account of the role ``bank``."""


USER_OPENED = frozenset({"bank", "deposits"})
"""Accounts that people own and use for other things too: only the ledger opens them."""


PER_VOUCHER = frozenset(
    {
        "frozen",
        "held",
        "line-frozen",
        "receivable",
        "payable",
        "advance",
        "collection",
        "vouchers",
    }
)
"""Accounts that get a leaf for each voucher under ``hold-accounts`` ``per-voucher``."""


INTERBANK = frozenset({"interbank-payable", "interbank-receivable"})


_COMPONENT = regex.compile(ACC_COMP_NAME_RE)


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Names:
    """The ledger's names for the five kinds of account (its options ``name_assets`` …)."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._roots = {
            root: options.get(f"name_{root.lower()}", root)
            for root in ("Assets", "Liabilities", "Equity", "Income", "Expenses")
        }

    def localised(self, default: str) -> str:
        """A default of ``ROLES`` under the ledger's own root names."""
        root, colon, rest = default.partition(":")
        return self._roots.get(root, root) + colon + rest

    def valid(self, account: str) -> bool:
        """Whether the text is an account that this ledger could open."""
        root, *components = account.split(":")  # one pattern for all of it would run away
        return (
            root in self._roots.values()
            and bool(components)
            and all(map(_COMPONENT.fullmatch, components))
        )


def placeholder(party_role: str, role: str) -> str:
    """The placeholder, beside ``{party}``, that an account of this role may use."""
    if party_role == "bank" and role not in INTERBANK:
        return "customer"
    return "bank"


def filled(template: str, party: str, other: str) -> str:
    """A template with its placeholders replaced by party ids."""
    return template.replace("{party}", party).replace("{bank}", other).replace("{customer}", other)


def template_fault(template: object, party_role: str, role: str, names: Names) -> str | None:
    """What a replacement for an account should have been, or None if it can be used."""
    known = placeholder(party_role, role)
    expected = f"an account, or one in quotes with {{party}} or {{{known}}} in it"
    if not isinstance(template, str):
        return expected
    if not set(_PLACEHOLDER.findall(template)) <= {"party", known}:
        return expected
    return None if names.valid(filled(template, "P", "B")) else expected


HOLDS = (PER_VOUCHER - {"advance"}) | set(_LINE)
"""Accounts that prove what is tied up: the invariants speak of them, and of nothing else."""


LINE_PARTS = frozenset(_LINE)
"""The accounts of a credit line."""


def account_clash(
    party_role: str, replaced: Mapping[str, str], names: Names
) -> tuple[str, str] | None:
    """Two roles of one party that would stand on one account, of which one is of ``HOLDS``.

    Args:
        party_role: the party's role.
        replaced: the accounts that it replaces, by account role.
        names: the ledger's root account names.
    """
    seen: dict[str, str] = {}
    for role, (default, _) in ROLES[party_role].items():
        account = replaced.get(role, names.localised(default))
        other = seen.setdefault(account, role)
        if other != role and {other, role} & HOLDS:
            return other, role
    return None


def voucher_leaf(account: Account, voucher: str) -> Account:
    """The account that a voucher has of its own below another."""
    return f"{account}:{voucher}"
