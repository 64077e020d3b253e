"""Ledgers of any size, the same on every run: every path of the life, many parties."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = dt.date(2026, 1, 1)
_DAYS = 300
_BANKS = 4
_INSURERS = 8


def ledger(vouchers: int, *, policyholders: int = 50, plugin: str = "") -> str:
    """A ledger with so many vouchers in voucher form.

    Args:
        vouchers: how many.
        policyholders: how many they belong to.
        plugin: the parties whose books are kept, for the plugin line; nothing for all.
    """
    config = f' "{plugin}"' if plugin else ""
    head = f'option "title" "Made"\nplugin "beancount_voucher_plugin"{config}\n'
    return (
        head
        + "".join(_world(policyholders))
        + "".join(line for at in range(vouchers) for line in _voucher(at, policyholders))
    )


def _world(policyholders: int) -> Iterator[str]:
    yield f'{_FIRST} custom "fava-extension" "fava_voucher"\n'
    yield f'{_FIRST} custom "voucher-option" "check-funds" "off"\n'
    banks = [f"Bank{bank}" for bank in range(_BANKS)]
    for bank in banks:
        yield f'{_FIRST} custom "voucher-party" "{bank}" "bank"\n'
    for role, count, name in (
        ("policyholder", policyholders, "Holder"),
        ("insurer", _INSURERS, "Insurer"),
    ):
        for at in range(count):
            yield f'{_FIRST} custom "voucher-party" "{name}{at}" "{role}"\n'
            for bank in banks:
                yield f"{_FIRST} open Assets:{name}{at}:{bank}\n"
                yield f"{_FIRST} open Liabilities:{bank}:Deposits:{name}{at}\n"
                if role == "policyholder":
                    yield (
                        f'{_FIRST} custom "voucher-credit-line" "{name}{at}" "{bank}" '
                        "999999999.00 CNY\n"
                    )


def _voucher(at: int, policyholders: int) -> Iterator[str]:
    """The number decides what becomes of it; most are settled, as in life."""
    day = _FIRST + dt.timedelta(days=1 + at % _DAYS)
    voucher = f"V-{at:06}"

    def event(kind: str, days: int, more: str = "") -> str:
        return f'{day + dt.timedelta(days=days)} custom "voucher-{kind}" "{voucher}"{more}\n'

    yield f'{day} custom "voucher-issue" "{voucher}" {100 + at % 900}.{at % 100:02} CNY\n'
    yield f'  policyholder: "Holder{at % policyholders}"\n  insurer: "Insurer{at % _INSURERS}"\n'
    yield f'  issuer: "Bank{at % _BANKS}"\n  acceptor: "Bank{at // _BANKS % _BANKS}"\n'
    yield f'  funding: "{"credit" if at % 3 == 0 else "cash"}"\n  product: "return freight"\n'
    yield f"  accept-by: {day + dt.timedelta(days=3)}\n"
    yield f"  apply-by: {day + dt.timedelta(days=20)}\n  requires-policy: TRUE\n"
    end = at % 10
    if end == 0:
        return  # left open
    if end == 1:
        yield event("void", 4, '\n  reason: "not-accepted"')
        return
    yield event("accept", 1)
    if end == 2:
        yield event("return", 5)
        yield event("void", 6, '\n  reason: "insurance-returned"')
    elif end > 3:
        yield event("apply", 5, f'\n  policy: "P-{at}"')
        if end > 4:
            yield event("settle", 6)
