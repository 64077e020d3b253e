"""Free funds: counted at the end of the day, by voucher id, reported and not undone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from beancount.core.data import Posting, Transaction

from beancount_voucher.books import free_funds
from tests.support import ACCEPT, PARTIES, PLUGIN, code_of, event, issue, line_of, load
from tests.support.lives import directives

_OPENS = """\
2020-01-01 open Assets:Ann:Iss
2020-01-01 open Liabilities:Iss:Deposits:Ann
2020-01-01 open Equity:Opening
"""


def _money(date: str, amount: str, account: str = "Assets:Ann:Iss") -> str:
    return f"{date} *\n  {account}  {amount}\n  Equity:Opening\n"


def _reported(text: str) -> list[str]:
    """The vouchers that are reported."""
    ledger = load(text, world=PARTIES + _OPENS)
    assert {code_of(error.message) for error in ledger.errors} <= {"insufficient-funds"}
    return [error.message.split(":")[0] for error in ledger.errors]


_V1, _V2 = issue("V-1", "60.00 CNY"), issue("V-2", "60.00 CNY")

CASES = {
    "enough": (_money("2026-03-01", "60.00 CNY") + _V1, []),
    "a cent too little": (_money("2026-03-01", "59.99 CNY") + _V1, ["V-1"]),
    "money of the same day counts, wherever it stands": (_V1 + _money("2026-03-02", "60.00 CNY"), []),
    "money of the next day does not": (_V1 + _money("2026-03-03", "60.00 CNY"), ["V-1"]),
    "spent on the same day": (
        _money("2026-03-01", "60.00 CNY") + _V1 + _money("2026-03-02", "-0.01 CNY"),
        ["V-1"],
    ),
    "another currency is no help": (_money("2026-03-01", "60.00 USD") + _V1, ["V-1"]),
    "by voucher id, not by line": (_money("2026-03-01", "100.00 CNY") + _V2 + _V1, ["V-2"]),
    "what no longer fits leaves room for what does": (
        _money("2026-03-01", "100.00 CNY") + _V1 + _V2 + issue("V-3", "40.00 CNY"),
        ["V-2"],
    ),
    "released on the same day": (
        _money("2026-03-01", "60.00 CNY")
        + _V1
        + event("void", "2026-03-02", reason='"cancelled"')
        + _V2,
        [],
    ),
    "what is released on the same day needs no money, whatever its id": (
        _money("2026-03-01", "60.00 CNY")
        + issue("V-1", "70.00 CNY")
        + event("void", "2026-03-02", reason='"cancelled"')
        + issue("V-2", "70.00 CNY"),
        ["V-2"],
    ),
    "a hold that is gone by the evening cannot be what is missing": (
        _money("2026-03-01", "-10.00 CNY")
        + _V1
        + event("void", "2026-03-02", reason='"cancelled"'),
        [],
    ),
    "not undone: the next day starts from below zero": (
        _money("2026-03-01", "59.00 CNY") + _V1 + issue("V-2", "1.00 CNY", "2026-03-03"),
        ["V-1", "V-2"],
    ),
    "money in a sub-account is not free": (
        "2020-01-01 open Assets:Ann:Iss:Savings\n"
        + _money("2026-03-01", "60.00 CNY", "Assets:Ann:Iss:Savings")
        + _V1,
        ["V-1"],
    ),
    "switched off": ('2026-01-01 custom "voucher-option" "check-funds" "off"\n' + _V1, []),
    "a padded account": (
        "2026-03-01 pad Assets:Ann:Iss Equity:Opening\n" + _V1
        + "2026-03-09 balance Assets:Ann:Iss 500.00 CNY\n",
        [],
    ),
    "credit needs no money": (
        '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 60.00 CNY\n'
        + issue("V-1", "60.00 CNY", funding='"credit"'),
        [],
    ),
}  # fmt: skip


# Ann draws 40.00 of her credit line in one bank.
_DRAWN = (
    "2020-01-01 open Assets:Ins:Iss\n2020-01-01 open Liabilities:Iss:Deposits:Ins\n"
    '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 50.00 CNY\n'
    + issue("V-0", "40.00 CNY", "2026-02-02", acceptor=None, funding='"credit"')
    + event("accept", "2026-02-02", voucher="V-0")
    + event("apply", "2026-02-02", voucher="V-0")
    + event("settle", "2026-02-03", voucher="V-0")
)


_REPAID = '2026-02-05 custom "voucher-repay" "Ann" "Iss" 40.00 CNY\n'


@pytest.mark.parametrize(
    ("money", "more", "expected"),
    [
        ("60.00 CNY", "", []),
        ("60.00 CNY", _REPAID, ["V-1"]),
        ("99.99 CNY", _REPAID, ["V-1"]),
        ("100.00 CNY", _REPAID, []),
    ],
)
def test_what_is_repaid_is_no_longer_free(money: str, more: str, expected: list[str]) -> None:
    assert _reported(_money("2026-02-01", money) + _DRAWN + more + _V1) == expected


@pytest.mark.parametrize(
    ("money", "short"),
    [
        ("40.00 CNY", []),
        ("39.99 CNY", ["15.00 CNY is repaid, but 14.99 CNY is free"]),
        ("24.99 CNY", ["25.00 CNY is repaid, but 24.99 CNY is free"]),
        ("14.99 CNY", ["25.00 CNY is repaid, but 14.99 CNY is free", "15.00 CNY is repaid, but 14.99 CNY is free"]),
    ],
)  # fmt: skip
def test_repayments_of_one_day_are_taken_one_after_the_other(money: str, short: list[str]) -> None:
    one, two = _REPAID.replace("40", "25"), _REPAID.replace("40", "15")
    both = f'{one}  reference: "T-1"\n{two}  reference: "T-2"\n'
    ledger = load(_money("2026-02-01", money) + _DRAWN + both, world=PARTIES + _OPENS)
    assert [error.message.split(": ")[-1].split(" on ")[0] for error in ledger.errors] == short


@pytest.mark.parametrize(("money", "expected"), [("100.00 CNY", []), ("99.99 CNY", ["V-1"])])
def test_what_another_role_posts_to_the_account_counts(money: str, expected: list[str]) -> None:
    """Ann keeps no account for loans: what she draws makes her bank account less."""
    world = PARTIES.replace('"Ann" "policyholder"', '"Ann" "policyholder"\n  loan: Assets:Ann:Iss')
    ledger = load(_money("2026-02-01", money) + _DRAWN + _V1, world=world + _OPENS)
    assert [error.message.split(":")[0] for error in ledger.errors] == expected
    assert {code_of(error.message) for error in ledger.errors} <= {"insufficient-funds"}


@pytest.mark.parametrize("name", CASES)
def test_free_funds(name: str) -> None:
    text, expected = CASES[name]
    assert _reported(text) == expected


def test_it_reports_at_the_issue_and_undoes_nothing() -> None:
    text = _money("2026-03-01", "59.00 CNY") + _V1
    ledger = load(text, world=PARTIES + _OPENS)
    [error] = ledger.errors
    assert error.message == (
        "V-1: 60.00 CNY is frozen, but 59.00 CNY is free on Assets:Ann:Iss at the end of "
        "2026-03-02; expected at least 60.00 CNY [insufficient-funds]"
    )
    assert error.source["lineno"] == line_of(text, "2026-03-02", world=PARTIES + _OPENS)
    assert ledger.state() == "issued"
    assert len(ledger.generated) == 2


def test_a_posting_without_units_is_no_money() -> None:
    """Other plugins may leave one; Beancount's own never do."""
    ledger = load(_V1, world=PARTIES + _OPENS)
    bookings = ledger.evaluation.journal
    assert bookings
    empty = Transaction(
        {}, dt.date(2026, 3, 2), "*", None, "", frozenset(), frozenset(),
        [Posting("Assets:Ann:Iss", None, None, None, None, None)],
    )  # fmt: skip
    assert list(free_funds.FreeFunds([], [empty], None).shortfalls()) == []
    assert PLUGIN


# Of 100,000.00 that Ann has, V-1 freezes 99,990.00; lines -> what is reported, and at which line.
INCREASES = {
    "there is enough": ("03-04 amend 1 100000.00 CNY", []),
    "a yuan too much, though nobody has consented": (
        "03-04 amend 1 100001.00 CNY",
        ["11.00 CNY is frozen, but 10.00 CNY is free at amend"],
    ),
    "on the day of the issue": (
        "03-02 amend 1 100001.00 CNY",
        ["100001.00 CNY is frozen, but 100000.00 CNY is free at issue"],
    ),
    "declined on its day": ('03-04 amend 1 100001.00 CNY\n03-04 decline 1 by="Ins"', []),
    "declined later": (
        '03-04 amend 1 100001.00 CNY\n03-05 decline 1 by="Ins"',
        ["11.00 CNY is frozen, but 10.00 CNY is free at amend"],
    ),
    "a decrease": ('03-04 amend 1 1.00 CNY\n03-05 consent 1 by="Ins"', []),
}


@pytest.mark.parametrize("name", INCREASES)
def test_an_increase_needs_free_money_at_its_offer(name: str) -> None:
    told, expected = INCREASES[name]
    ledger = load(issue("V-1", "99990.00 CNY") + ACCEPT + directives(told))
    found = [
        f"{re.search('V-1: (.*) on Assets', each.message)[1]} at {each.entry.type[8:]}"  # type: ignore[index]
        for each in ledger.errors
    ]
    assert found == expected
    assert set(ledger.codes) <= {"insufficient-funds"}
