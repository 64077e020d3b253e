"""Several settlements of one voucher, and refunds: each is matched by itself, in camt and MT940."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tests.reconciliation.test_reconcile import WORLD
from tests.support import LINES, issue
from tests.support.bank_files import Entry, Sheet, camt, mt940
from tests.support.lives import directives

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clerk import Clerk

FORMS: dict[str, tuple[str, Callable[[Sheet], str]]] = {
    "camt": ("xml", camt),
    "mt940": ("sta", mt940),
}

DRAWN = """
    03-03 accept
    03-04 apply 60.00 CNY
    03-05 settle
    03-06 apply 40.00 CNY
    03-09 settle
    03-16 refund 10.00 CNY reason="r"
"""
ALIKE = """
    03-03 accept
    03-04 apply 50.00 CNY
    03-05 settle
    03-06 apply 50.00 CNY
    03-12 settle
    03-19 refund 50.00 CNY reason="r"
"""
AMENDED = """
    03-03 accept
    03-04 amend 1 130.00 CNY
    03-05 consent 1 by="Ins"
    03-06 amend 2 150.00 CNY
    03-09 decline 2 by="Ins"
    03-10 apply 30.00 CNY
    03-11 settle
    03-12 release by="Ins"
"""
REFUNDS = """
    03-03 accept
    03-04 apply
    03-05 settle
    03-16 refund 10.00 CNY reason="r" reference="R-1"
    03-16 refund 10.00 CNY reason="r" reference="R-2" kept=5.00 CNY
"""
TO_LOAN = """
    03-03 accept
    03-04 apply
    03-05 settle
    03-09 repaid 70.00 CNY
    03-16 refund 40.00 CNY reason="r"
"""

# Funding, lines; what Ann's bank and the insurer's book -> exit status, matched, what is open.
CASES: dict[str, tuple[str, str, list[str], list[str], int, int, list[str]]] = {
    "each payment by itself": (
        "cash", DRAWN,
        ["03-05 -60.00", "03-09 -40.00", "03-16 10.00"],
        ["03-05 60.00", "03-09 40.00", "03-16 -10.00"],
        0, 6, [],
    ),
    "payments of one amount, by their days": (
        "cash", ALIKE,
        ["03-05 -50.00", "03-12 -50.00", "03-19 50.00"],
        ["03-06 50.00", "03-12 50.00", "03-20 -50.00"],
        0, 6, [],
    ),
    "the second is missing at the insurer's bank": (
        "cash", DRAWN,
        ["03-05 -60.00", "03-09 -40.00", "03-16 10.00"],
        ["03-05 60.00", "03-16 -10.00"],
        1, 5, ["missing-in-bank ledger 40.00"],
    ),
    "a refund of another amount": (
        "cash", DRAWN,
        ["03-05 -60.00", "03-09 -40.00", "03-16 11.00"],
        ["03-05 60.00", "03-09 40.00", "03-16 -10.00"],
        1, 5, ["amount-differs bank 11.00", "amount-differs ledger 10.00"],
    ),
    "one payment for both draws": (
        "cash", DRAWN,
        ["03-09 -100.00", "03-16 10.00"],
        ["03-09 100.00", "03-16 -10.00"],
        0, 4, [],
    ),
    "what an amendment freezes and releases moves nothing": (
        "cash", AMENDED,
        ["03-11 -30.00"],
        ["03-11 30.00"],
        0, 2, [],
    ),
    "two refunds of one day and amount": (
        "cash", REFUNDS,
        ["03-05 -100.00", "03-16 10.00", "03-16 10.00"],
        ["03-05 100.00", "03-16 -10.00", "03-16 -10.00"],
        0, 6, [],
    ),
    "the loan's part of a refund is on no account": (
        "credit", TO_LOAN,
        ["03-09 -70.00 REPAY", "03-16 10.00"],
        ["03-05 100.00", "03-16 -40.00"],
        0, 4, [],
    ),
}  # fmt: skip


def sheet(name: str, number: str, opening: str, lines: list[str]) -> Sheet:
    booked = []
    for line in lines:
        date, amount, *other = line.split()
        booked.append(Entry(date, amount, *([""] if other else ["V-1"])))
    return Sheet(name, number, "2026-03-01", "2026-03-31", opening, tuple(booked))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CASES)
def test_each_is_matched_by_itself(clerk: Clerk, name: str, form: str) -> None:
    funding, told, ann, ins, status, matched, expected = CASES[name]
    text = issue(draws='"multiple"', funding=f'"{funding}"') + directives(told)
    clerk.write(LINES + text, world=WORLD)
    suffix, write = FORMS[form]
    paths = []
    for each in (sheet("S-1", "A1", "100000.00", ann), sheet("I-1", "I1", "0.00", ins)):
        path = clerk.folder / f"{each.id}.{suffix}"
        path.write_text(write(each), encoding="utf-8")
        paths.append(str(path))
    ran = clerk.run("reconcile", *paths, "--format", "csv")
    rows = csv.DictReader(io.StringIO(ran.out.removeprefix("\ufeff")))
    assert [f"{row['status']} {row['side']} {row['amount']}" for row in rows] == expected
    assert f"{matched} lines matched" in ran.err
    assert ran.status == status
