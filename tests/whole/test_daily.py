"""Every shipped ledger with daily postings: the same on every account on every day."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from beancount.core.data import Transaction

from beancount_voucher.audit import invariants
from beancount_voucher.ledger.loader import load
from tests.support import DAILY, LEDGERS, of_a_day

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = sorted(
    path.relative_to(LEDGERS)
    for path in LEDGERS.rglob("*.beancount")
    if 'plugin "beancount_voucher_plugin"' in path.read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped") / "ledgers"
    shutil.copytree(LEDGERS, folder)
    return folder


@pytest.mark.parametrize("name", SHIPPED, ids=str)
def test_every_account_is_the_same_on_every_day(ledgers: Path, name: Path) -> None:
    path = ledgers / name
    text = path.read_text(encoding="utf-8")
    found = []
    for option in (";\n", DAILY):
        path.write_text(text + ("" if '"postings"' in text else option), encoding="utf-8")
        ledger = load(path)
        told = sorted(each.message for each in ledger.errors)
        findings = sorted({each.code for each in invariants.findings(ledger)})
        found.append((of_a_day(ledger.entries), told, findings))
    path.write_text(text, encoding="utf-8")
    each, daily = found
    assert daily == each


def test_there_are_ledgers_to_look_at() -> None:
    assert len(SHIPPED) > 50


def test_the_ledger_of_daily_postings_has_these_batches() -> None:
    """By hand, from its comments."""
    ledger = load(LEDGERS / "daily-postings" / "ledger.beancount")
    assert [
        f"{each.date:%d} {each.payee or 'several'}: {each.narration}"
        for each in ledger.entries
        if isinstance(each, Transaction) and each.meta.get("voucher-book") == "House"
    ] == [
        "02 several: 3 vouchers issued: 49.75 CNY frozen",
        "03 Insurer: 3 vouchers accepted: 49.75 CNY for collection",
        "03 East: 1 voucher issued: 100.00 CNY frozen",
        "06 several: 3 vouchers settled: 39.75 CNY paid, 10.00 CNY released",
        "09 East: 1 voucher voided (not-accepted): 100.00 CNY released",
    ]
