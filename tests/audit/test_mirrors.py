"""What people book by hand in one book, and forget in the other's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.data import Transaction

from beancount_voucher.audit.invariants import findings
from beancount_voucher.ledger.loader import load
from tests.support import HAPPY, LINES, WORLD, issue
from tests.support import load as loaded

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

CREDIT = LINES + HAPPY.replace('"cash"', '"credit"')
ONE_BANK = HAPPY.replace('"Acc"', '"Iss"')
OPENS = "2020-01-01 open Equity:Hand\n"


def booked(date: str, account: str, amount: str) -> str:
    return f'{date} * "By hand"\n  {account}  {amount}\n  Equity:Hand\n'


PAID = booked("2026-03-09", "Liabilities:Iss:Interbank:Acc", "100.00 CNY")
RECEIVED = booked("2026-03-11", "Assets:Acc:Interbank:Iss", "-100.00 CNY")
REPAID = booked("2026-03-09", "Liabilities:Ann:Iss:CreditLine", "100.00 CNY")
GOT_BACK = booked("2026-03-12", "Assets:Iss:Loans:Ann", "-100.00 CNY")

# ledger -> the findings, each as code, day and an account that it names
CASES = {
    "nothing by hand": (HAPPY, []),
    "cleared by both banks, on two days": (HAPPY + PAID + RECEIVED, []),
    "cleared by the issuer alone": (HAPPY + PAID, [("I6", "2026-03-09", "Liabilities:Iss:Interbank:Acc is at 0.00 CNY")]),
    "cleared by the acceptor alone": (HAPPY + RECEIVED, [("I6", "2026-03-11", "Assets:Acc:Interbank:Iss is at 0.00 CNY")]),
    "cleared by both, of another amount": (
        HAPPY + PAID + RECEIVED.replace("-100.00", "-99.99"),
        [("I6", "2026-03-09", "Assets:Acc:Interbank:Iss is at 0.01 CNY")],
    ),
    "forgotten, mended, and forgotten again": (
        HAPPY + PAID + RECEIVED + booked("2026-03-20", "Liabilities:Iss:Interbank:Acc", "1.00 CNY"),
        [("I6", "2026-03-20", "Liabilities:Iss:Interbank:Acc is at 1.00 CNY")],
    ),
    "another currency is another debt": (
        HAPPY + PAID + RECEIVED + booked("2026-03-20", "Assets:Acc:Interbank:Iss", "1.00 USD"),
        [("I6", "2026-03-20", "Assets:Acc:Interbank:Iss is at 1.00 USD")],
    ),
    "drawn by a voucher": (CREDIT, []),
    "repaid by hand in both books": (CREDIT + REPAID + GOT_BACK, []),
    "repaid by hand in the policyholder's book alone": (CREDIT + REPAID, [("one-sided", "2026-03-09", "Assets:Iss:Loans:Ann is at 100.00 CNY")]),
    "repaid by hand in the bank's book alone": (CREDIT + GOT_BACK, [("one-sided", "2026-03-12", "Liabilities:Ann:Iss:CreditLine is at -100.00 CNY")]),
    "repaid by its directive": (CREDIT + '2026-03-09 custom "voucher-repay" "Ann" "Iss" 100.00 CNY\n', []),
    "one bank owes itself nothing": (ONE_BANK, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_stands_on_one_side_alone(name: str, clerk: Clerk) -> None:
    text, expected = CASES[name]
    found = findings(load(clerk.write(OPENS + text).path))
    assert [(each.code, str(each.date)) for each in found] == [each[:2] for each in expected]
    for each, (_, _, account) in zip(found, expected, strict=True):
        assert account in each.text
        assert "one of the books lacks an entry" in each.text


@pytest.mark.parametrize("kept", ["Iss", "Acc", "Ann", "Ann Ins"])
def test_a_book_without_its_mirror_tells_nothing(kept: str, clerk: Clerk) -> None:
    plugin = f'plugin "beancount_voucher_plugin" "{kept}"\n'
    opened = OPENS + "2020-01-01 open Liabilities:Iss:Interbank:Acc\n" * ("Iss" not in kept)
    opened += "2020-01-01 open Liabilities:Ann:Iss:CreditLine\n" * ("Ann" not in kept)
    clerk.write(opened + CREDIT + PAID + REPAID, plugin=plugin)
    assert findings(load(clerk.path)) == []


def test_pooled_accounts_are_proven_together(clerk: Clerk) -> None:
    """The bank has one account for all loans: what Ann owes is a part of it."""
    world = WORLD.replace('"Iss" "bank"', '"Iss" "bank"\n  loans: Assets:Iss:AllLoans')
    bob = (
        (LINES + HAPPY)
        .replace('"Ann"', '"Bob"')
        .replace("V-1", "V-2")
        .replace('"cash"', '"credit"')
    )
    clerk.write(OPENS + CREDIT + bob, world=world)
    assert findings(load(clerk.path)) == []
    clerk.append(booked("2026-03-09", "Assets:Iss:AllLoans", "-100.00 CNY"))
    [found] = findings(load(clerk.path))
    assert (found.code, "Assets:Iss:AllLoans is at 100.00 CNY" in found.text) == ("one-sided", True)


# --- Accounts that are one once they are filled in ------------------------------------------


@pytest.mark.parametrize(
    ("party", "replaced", "expected"),
    [
        ("Iss", 'held: "Liabilities:Iss:Deposits:{customer}"', "held is Liabilities:Iss:Deposits:Ann, and so is deposits"),
        ("Iss", "held: Liabilities:Iss:Deposits:Ann", "held is Liabilities:Iss:Deposits:Ann, and so is deposits"),
        ("Ann", 'frozen: "Assets:{party}:Iss"', "frozen is Assets:Ann:Iss, and so is bank"),
        ("Ann", "payable: Liabilities:Iss:Held:Ann", "held is Liabilities:Iss:Held:Ann, and so is payable"),
        ("Iss", "held: Liabilities:Iss:Held", None),
        ("Ann", "prepaid: Assets:Ann:Iss", None),
    ],
)  # fmt: skip
def test_an_account_that_proves_a_hold_stands_alone(
    party: str, replaced: str, expected: str | None
) -> None:
    role = {"Iss": "bank", "Ann": "policyholder"}[party]
    declared = f'"{party}" "{role}"\n'
    world = WORLD.replace(declared, f"{declared}  {replaced}\n")
    ledger = loaded(issue(cover_start="2026-03-02") + HAPPY[len(issue()) :], world=world)
    told = [error.message for error in ledger.errors]
    assert len(told) == (expected is not None)
    if expected is not None:
        assert expected in told[0]
        assert told[0].endswith("[bad-value]")


def test_where_one_bank_is_both_nothing_is_between_banks(clerk: Clerk) -> None:
    """Only another plugin could bring it about: it moves what vouchers post."""
    ledger = load(clerk.write(OPENS + ONE_BANK).path)

    def moved(entry: Any) -> Any:
        if not isinstance(entry, Transaction) or entry.meta.get("voucher-event") != "settle":
            return entry
        other = {"Liabilities:Iss:Deposits:Ins": "Liabilities:Iss:Interbank:Iss"}
        postings = [
            each._replace(account=other.get(each.account, each.account)) for each in entry.postings
        ]
        return entry._replace(postings=postings)

    broken = replace(ledger, entries=[moved(entry) for entry in ledger.entries])
    told = [each.text for each in findings(broken) if each.code == "I6"]
    assert told == [
        "Liabilities:Iss:Interbank:Iss is at -100.00 CNY on 2026-03-06, and one bank is issuer and acceptor"
    ]
