"""Sums that Beancount's 28 digits would round in silence are computed exactly, or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.directives.money import MOST_DIGITS, exact
from tests.support import ACCEPT, PARTIES, event, issue, load

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

HUGE, SMALL = "1000000000000000000000000000", "0.000001"
ROOMY = (
    "2020-01-01 open Assets:Ann:Iss\n2020-01-01 open Liabilities:Iss:Deposits:Ann\n"
    '2020-01-01 custom "voucher-option" "check-funds" "off"\n'
)
TWO = issue("V-1", f"{HUGE} CNY") + issue("V-2", f"{SMALL} CNY")


def test_a_sum_is_exact_whatever_the_context() -> None:
    @exact
    def total() -> Decimal:
        return sum((Decimal(HUGE), Decimal(SMALL)), Decimal(0))

    assert MOST_DIGITS == 28
    assert Decimal(HUGE) + Decimal(SMALL) == Decimal(HUGE)
    assert str(total()) == HUGE + SMALL[1:]


def line(amount: str, date: str = "2026-01-01") -> str:
    return f'{date} custom "voucher-credit-line" "Ann" "Iss" {amount} CNY\n'


CREDIT = TWO.replace('"cash"', '"credit"')

LINES = {
    "enough for both, to the last digit": (line(HUGE) + CREDIT, ["insufficient-credit"]),
    "a change that can be posted": (line(HUGE) + line(HUGE[:-1] + "1", "2026-01-02"), []),
    "a change that cannot": (line(HUGE) + line(SMALL, "2026-01-02"), ["bad-amount"]),
    "below what is frozen, by the last digit": (
        line(HUGE) + issue("V-1", f"{HUGE} CNY", funding='"credit"') + line(HUGE[1:], "2026-03-09"),
        ["insufficient-credit"],
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_a_credit_line_is_counted_exactly(name: str) -> None:
    text, codes = LINES[name]
    assert load(text, world=PARTIES + ROOMY).codes == codes


def test_holds_are_proven_to_the_last_digit(clerk: Clerk) -> None:
    clerk.write(TWO, world=PARTIES + ROOMY)
    assert clerk.run("check").out == ""
    shown = clerk.run("list", "--as-of", "2026-03-02").out
    assert f"{Decimal(HUGE):,}{SMALL[1:]}" in shown
    by_hand = f"2026-03-03 *\n  Assets:Ann:Iss:Frozen  {SMALL} CNY\n  Assets:Ann:Iss\n"
    clerk.append(by_hand)
    told = clerk.run("check").out
    assert "[I1]" in told
    assert f"Assets:Ann:Iss:Frozen holds {HUGE}.000002 CNY" in told


def test_what_is_free_is_counted_to_the_last_digit(clerk: Clerk) -> None:
    opened = "2020-01-01 open Equity:Opening\n2020-01-01 open Assets:Ann:Iss\n2020-01-01 open Liabilities:Iss:Deposits:Ann\n"
    money = f"2026-03-01 *\n  Assets:Ann:Iss  {HUGE} CNY\n  Equity:Opening  -{HUGE} CNY\n"
    clerk.write(
        money + TWO + ACCEPT + event("accept", "2026-03-03", voucher="V-2"), world=PARTIES + opened
    )
    assert f"V-2: {SMALL} CNY is frozen, but 0.000000 CNY is free" in clerk.run("check").out
