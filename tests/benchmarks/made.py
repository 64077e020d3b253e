"""Ledgers of any size, the same on every run: every path of the life, many parties.

``SHAPES`` has the lopsided ones beside it: everything on one day, between the same parties,
each voucher of a policyholder of its own, all overdue, all in error.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = dt.date(2026, 1, 1)


class Shape(NamedTuple):
    """How a ledger is made up.

    Attributes:
        policyholders: how many there are; None: as many as vouchers.
        banks: how many; each voucher has two of them, or one for both.
        insurers: how many.
        days: how many days vouchers are issued on.
        end: what becomes of every voucher; None: a tenth each, most settled, as in life.
        options: of the ledger.
    """

    policyholders: int | None = 50
    banks: int = 4
    insurers: int = 8
    days: int = 300
    end: str | None = None
    options: tuple[tuple[str, str], ...] = ()


SHAPES: dict[str, Shape] = {
    "as in life": Shape(),
    "one policyholder, one day, one pair": Shape(1, 1, 1, 1, "settle"),
    "a policyholder each": Shape(None),
    "an account each": Shape(options=(("hold-accounts", "per-voucher"),)),
    "all overdue": Shape(end="open"),
    "all in error": Shape(end="error"),
}

_ENDS = ("open", "void", "return", "accept", "apply", *["settle"] * 5)


def ledger(vouchers: int, shape: Shape | None = None, *, plugin: str = "") -> str:
    """A ledger with so many vouchers in voucher form.

    Args:
        vouchers: how many.
        shape: how it is made up; as in life if left out.
        plugin: the parties whose books are kept, for the plugin line; nothing for all.
    """
    config = f' "{plugin}"' if plugin else ""
    head = f'option "title" "Made"\nplugin "beancount_voucher_plugin"{config}\n'
    made = _Made(vouchers, shape or Shape())
    return head + "".join(made.world()) + "".join(map(made.voucher, range(vouchers)))


class _Made:
    def __init__(self, vouchers: int, shape: Shape) -> None:
        self.shape = shape
        self.policyholders = shape.policyholders or vouchers

    def bank_of(self, at: int) -> str:
        return f"Bank{at % self.shape.banks}"

    def world(self) -> Iterator[str]:
        yield f'{_FIRST} custom "fava-extension" "fava_voucher"\n{_FIRST} open Equity:Opening\n'
        for name, value in self.shape.options:
            yield f'{_FIRST} custom "voucher-option" "{name}" "{value}"\n'
        banks = [self.bank_of(at) for at in range(self.shape.banks)]
        for bank in banks:
            yield f'{_FIRST} custom "voucher-party" "{bank}" "bank"\n'
        for at in range(self.shape.insurers):
            yield from _party(f"Insurer{at}", "insurer", banks)
        for at in range(self.policyholders):
            mine = banks if self.shape.policyholders else [self.bank_of(at)]
            yield from _party(f"Holder{at}", "policyholder", mine)
            for bank in mine:
                yield (
                    f'{_FIRST} custom "voucher-credit-line" "Holder{at}" "{bank}" 999999999.00 CNY\n'
                    f'{_FIRST} * "Opening"\n  Assets:Holder{at}:{bank}  9999999999.00 CNY\n'
                    "  Equity:Opening\n"
                )

    def voucher(self, at: int) -> str:
        """The number decides its parties, its day and what becomes of it."""
        shape = self.shape
        day = _FIRST + dt.timedelta(days=1 + at * 7 // 3 % shape.days)
        issuer = self.bank_of(at if shape.policyholders is None else at // 7)
        head = (
            f'{day} custom "voucher-issue" "V-{at:06}" {100 + at % 900}.{at % 100:02} CNY\n'
            f'  policyholder: "Holder{at % self.policyholders}"\n'
            f'  insurer: "Insurer{at // 3 % shape.insurers}"\n  issuer: "{issuer}"\n'
            f'  acceptor: "{self.bank_of(at // 11)}"\n'
            f'  funding: "{"credit" if at % 3 == 0 else "cash"}"\n  product: "return freight"\n'
            f"  accept-by: {day + dt.timedelta(days=3)}\n"
            f"  apply-by: {day + dt.timedelta(days=20)}\n  requires-policy: TRUE\n"
        )
        return head + "".join(_events(shape.end or _ENDS[at // 5 % len(_ENDS)], at, day))


def _party(name: str, role: str, banks: list[str]) -> Iterator[str]:
    yield f'{_FIRST} custom "voucher-party" "{name}" "{role}"\n'
    for bank in banks:
        yield f"{_FIRST} open Assets:{name}:{bank}\n"
        yield f"{_FIRST} open Liabilities:{bank}:Deposits:{name}\n"


def _events(end: str, at: int, day: dt.date) -> Iterator[str]:
    def event(kind: str, days: int, more: str = "") -> str:
        date = day + dt.timedelta(days=days)
        return f'{date} custom "voucher-{kind}" "V-{at:06}"{more}\n'

    if end == "void":
        yield event("void", 4, '\n  reason: "not-accepted"')
    elif end == "error":
        yield event("settle", 1)
        yield event("accept", 9)
        yield event("apply", 10, " 1.00 USD")
    elif end != "open":
        yield event("accept", 1)
        if end == "return":
            yield event("return", 5) + event("void", 6, '\n  reason: "insurance-returned"')
        elif end in ("apply", "settle"):
            yield event("apply", 5, f'\n  policy: "P-{at}"')
            if end == "settle":
                yield event("settle", 6)
