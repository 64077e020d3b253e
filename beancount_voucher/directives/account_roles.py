"""The accounts of each book (manual: books): roles, their default names, replacements.

``ROLES`` is the manual's table of accounts. A role is what the posting table names;
an account is what stands in the ledger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

import regex
from beancount.core.account import ACC_COMP_NAME_RE

from beancount_voucher.directives.schema import PARTY_ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount.core.data import Account


class Role(NamedTuple):
    """One account of a book: what the program knows of it stands here, and nowhere else.

    Attributes:
        default: the account's name, with placeholders; ``(bank)`` is the account of the
            role ``bank``.
        other: who stands on the other side of it: the term of the voucher that names the
            bank (or the bank's customer) for which the placeholder stands. None: the
            posting itself says for which customer.
        opened_by: ``user`` for accounts that people own and use for other things too: only
            the ledger opens them; the plugin opens the others when they are first used.
        per_voucher: whether each voucher has a leaf of its own below it under
            ``hold-accounts`` ``per-voucher``; it is empty at the voucher's end.
        invariant: which of the invariants I1 to I6 says what stands on it.
        with_below: whether what stands below it counts, too, as in a balance. What is due
            may stand among others; the rest nobody has for anything else.
        rank: its place in the reconciliation of the books with the vouchers, where it has one.
    """

    default: str
    other: str | None
    opened_by: Literal["plugin", "user"] = "plugin"
    per_voucher: bool = False
    invariant: str = ""
    with_below: bool = False
    rank: int | None = None


_LINE: dict[str, Role] = {
    "line-limit": Role("Limit", None, invariant="I3"),
    "line-available": Role("Available", None, invariant="I3"),
    "line-frozen": Role("Frozen", None, per_voucher=True, invariant="I2", with_below=True, rank=3),
    "line-drawn": Role("Drawn", None, invariant="I3", rank=4),
}
"""The parts of a credit line, alike in the books of the policyholder and of the bank."""


def _line(placeholder: str, other: str) -> dict[str, Role]:
    above = f"Equity:{{party}}:Memo:CreditLine:{{{placeholder}}}:"
    return {
        name: role._replace(default=above + role.default, other=other)
        for name, role in _LINE.items()
    }


# fmt: off
ROLES: dict[str, dict[str, Role]] = {
    "policyholder": {
        "bank": Role("Assets:{party}:{bank}", "issuer", opened_by="user"),
        "frozen": Role("(bank):Frozen", "issuer",
            per_voucher=True, invariant="I1", with_below=True, rank=1),
        "loan": Role("Liabilities:{party}:{bank}:CreditLine", "issuer"),
        "prepaid": Role("Assets:{party}:PrepaidInsurance", "issuer"),
        "payable": Role("Liabilities:{party}:PremiumPayable", "issuer",
            per_voucher=True, invariant="I5", rank=8),
        "expense": Role("Expenses:{party}:Insurance", "issuer"),
        **_line("bank", "issuer"),
    },
    "bank": {
        "deposits": Role("Liabilities:{party}:Deposits:{customer}", None, opened_by="user"),
        "held": Role("Liabilities:{party}:Held:{customer}", "policyholder",
            per_voucher=True, invariant="I1", with_below=True, rank=2),
        "loans": Role("Assets:{party}:Loans:{customer}", "policyholder"),
        "interbank-payable": Role("Liabilities:{party}:Interbank:{bank}", "acceptor",
            invariant="I6", rank=9),
        "interbank-receivable": Role("Assets:{party}:Interbank:{bank}", "issuer",
            invariant="I6", rank=10),
        "collection": Role("Equity:{party}:Memo:ForCollection:{customer}", "insurer",
            per_voucher=True, invariant="I4", with_below=True, rank=5),
        "collection-contra": Role("Equity:{party}:Memo:ForCollectionContra", "insurer"),
        **_line("customer", "policyholder"),
    },
    "insurer": {
        "bank": Role("Assets:{party}:{bank}", "acceptor", opened_by="user"),
        "receivable": Role("Assets:{party}:PremiumReceivable", "acceptor",
            per_voucher=True, invariant="I5", rank=7),
        "advance": Role("Liabilities:{party}:AdvancePremium", "acceptor", per_voucher=True),
        "unearned": Role("Liabilities:{party}:UnearnedPremium", "acceptor"),
        "income": Role("Income:{party}:Premium", "acceptor"),
        "charges": Role("Income:{party}:CancellationCharges", "acceptor"),
        "vouchers": Role("Equity:{party}:Memo:VouchersReceived:{bank}", "acceptor",
            per_voucher=True, invariant="I4", with_below=True, rank=6),
        "vouchers-contra": Role("Equity:{party}:Memo:VouchersReceivedContra", "acceptor"),
    },
}
# fmt: on
"""Party role -> account role -> account."""

_BY_NAME = {name: role for roles in ROLES.values() for name, role in roles.items()}

# Roles of one name differ only in who stands on the other side; and parties are of these roles.
assert all(
    role[2:] == _BY_NAME[name][2:] for roles in ROLES.values() for name, role in roles.items()
)
assert tuple(ROLES) == PARTY_ROLES


def _named(column: str, value: object) -> frozenset[str]:
    """The names of the roles that have a value in a column."""
    return frozenset(name for name, role in _BY_NAME.items() if getattr(role, column) == value)


USER_OPENED = _named("opened_by", "user")
PER_VOUCHER = _named("per_voucher", value=True)
INTERBANK = _named("invariant", "I6")
"""What banks owe each other; ordinary transactions may move it: they settle with each other."""
WITH_BELOW = _named("with_below", value=True)
LINE_PARTS = tuple(_LINE)
INVARIANT_OF: dict[str, str] = {
    name: role.invariant
    for name, role in _BY_NAME.items()
    if role.invariant and name not in INTERBANK
}
"""The invariant of each account that proves what is held: they speak of these, and of no other."""
RECONCILED_ROLES = tuple(
    name for _, name in sorted((each.rank, name) for name, each in _BY_NAME.items() if each.rank)
)
"""The roles that are reconciled, in the order in which a reader wants them."""


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


def account_clash(
    party_role: str, replaced: Mapping[str, str], names: Names
) -> tuple[str, str] | None:
    """Two roles of one party that would stand on one account, of which one is of ``INVARIANT_OF``.

    Args:
        party_role: the party's role.
        replaced: the accounts that it replaces, by account role.
        names: the ledger's root account names.
    """
    seen: dict[str, str] = {}
    for role, known in ROLES[party_role].items():
        account = replaced.get(role, names.localised(known.default))
        other = seen.setdefault(account, role)
        if other != role and {other, role} & INVARIANT_OF.keys():
            return other, role
    return None


def voucher_leaf(account: Account, voucher: str) -> Account:
    """The account that a voucher has of its own below another."""
    return f"{account}:{voucher}"
