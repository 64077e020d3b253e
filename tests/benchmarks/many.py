"""Ledgers of any size as twelve files: ``python -m tests.benchmarks.many FOLDER VOUCHERS [HOW]``.

A year of a marketplace: one policyholder has a third of all vouchers, credit lines are shared by
thousands, lives cross the ends of months, and every party has one account with each bank. ``HOW``
is where facts lie: ``together`` (all of a voucher in the month of its issue), ``dated`` (each in
the month of its date) or ``shuffled`` (anywhere). Nothing of it is held in memory.
"""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FIRST = dt.date(2026, 1, 1)
_HOLDERS = tuple(f"Holder{at}" for at in range(6))
_BANKS = ("BankA", "BankB")
_INSURERS = tuple(f"Insurer{at}" for at in range(3))
_MONTHS = 12
HOWS = ("together", "dated", "shuffled")


def write(folder: Path, vouchers: int, how: str = "together") -> Path:
    """Write a ledger; its top file is what is given back."""
    facts = folder / "facts"
    facts.mkdir(parents=True, exist_ok=True)
    top = folder / "top.beancount"
    top.write_text("".join(_world()), encoding="utf-8")
    random = Random(vouchers)  # noqa: S311  the same on every run
    month_of = _chooser(how, random)
    with ExitStack() as held:
        files = [
            held.enter_context((facts / f"2026-{at + 1:02}.beancount").open("w", encoding="utf-8"))
            for at in range(_MONTHS)
        ]
        for at in range(vouchers):
            issued, *_ = days = list(_life(at, vouchers))
            for date, text in days:
                files[month_of(issued[0], date)].write(f"{date} custom {text}")
    return top


def _chooser(how: str, random: Random) -> Callable[[dt.date, dt.date], int]:
    if how == "together":
        return lambda issued, _date: min(issued.month, _MONTHS) - 1
    if how == "dated":
        return lambda _issued, date: (date.month - 1) if date.year == _FIRST.year else _MONTHS - 1
    return lambda _issued, _date: random.randrange(_MONTHS)


def _world() -> Iterator[str]:
    yield 'option "title" "Many"\nplugin "beancount_voucher_plugin"\ninclude "facts/*.beancount"\n'
    yield f'{_FIRST} custom "voucher-option" "postings" "daily"\n{_FIRST} open Equity:Opening\n'
    for bank in _BANKS:
        yield f'{_FIRST} custom "voucher-party" "{bank}" "bank"\n'
    for party, role in (
        *((each, "policyholder") for each in _HOLDERS),
        *((each, "insurer") for each in _INSURERS),
    ):
        yield f'{_FIRST} custom "voucher-party" "{party}" "{role}"\n'
        for bank in _BANKS:
            yield f"{_FIRST} open Assets:{party}:{bank}\n"
            yield f"{_FIRST} open Liabilities:{bank}:Deposits:{party}\n"
            if role == "policyholder":
                yield (
                    f'{_FIRST} custom "voucher-credit-line" "{party}" "{bank}" 9999999999.00 CNY\n'
                    f'{_FIRST} * "Opening"\n  Assets:{party}:{bank}  9999999999.00 CNY\n'
                    "  Equity:Opening\n"
                )
    yield f'{dt.date(2026, 12, 31)} custom "voucher-close" "2026"\n'


def _life(at: int, vouchers: int) -> Iterator[tuple[dt.date, str]]:
    """The number decides the parties, the day, and what becomes of it."""
    day = _FIRST + dt.timedelta(days=1 + at * 340 // vouchers)
    holder = _HOLDERS[0] if at % 3 == 0 else _HOLDERS[1 + at // 3 % (len(_HOLDERS) - 1)]
    voucher = f'"V-{at:08}"'
    yield (
        day,
        f'"voucher-issue" {voucher} {1 + at % 90}.{at % 100:02} CNY\n'
        f'  policyholder: "{holder}"\n  insurer: "{_INSURERS[at // 7 % len(_INSURERS)]}"\n'
        f'  issuer: "{_BANKS[at // 11 % 2]}"\n  acceptor: "{_BANKS[at // 13 % 2]}"\n'
        f'  funding: "{"credit" if at % 4 == 0 else "cash"}"\n  product: "return freight"\n'
        f"  accept-by: {day + dt.timedelta(days=3)}\n  apply-by: {day + dt.timedelta(days=20)}\n"
        "  requires-policy: TRUE\n",
    )
    if at % 10 == 9:
        yield (
            day + dt.timedelta(days=4),
            f'"voucher-void" {voucher}\n  reason: "not-accepted"\n',
        )
        return
    yield day + dt.timedelta(days=1), f'"voucher-accept" {voucher}\n'
    if at % 10 == 8:
        yield day + dt.timedelta(days=5), f'"voucher-return" {voucher}\n'
        reason = "insurance-returned"
        yield day + dt.timedelta(days=6), f'"voucher-void" {voucher}\n  reason: "{reason}"\n'
        return
    yield day + dt.timedelta(days=9), f'"voucher-apply" {voucher}\n  policy: "P-{at}"\n'
    yield day + dt.timedelta(days=10), f'"voucher-settle" {voucher}\n'


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
