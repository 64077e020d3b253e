"""The month of the manual, played; every figure of it reckoned here by hand, day by day."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from beancount.core.data import Transaction

from beancount_voucher.directives.entries import amounts_of
from tests.support import load_path
from tests.support.manual import TOPICS, Terminal, blocks, home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Loaded

BANK, FROZEN = "Assets:Acme:NorthBank", "Assets:Acme:NorthBank:Frozen"
PREPAID, PAYABLE = "Assets:Acme:PrepaidInsurance", "Liabilities:Acme:PremiumPayable"
SURE, RECEIVABLE = "Assets:Sure:SouthBank", "Assets:Sure:PremiumReceivable"

# What is frozen: 420 + 980 on the 2nd (9,800 came and went), 1,200 more from the 8th, 420 paid on
# that day, 310 more from the 13th when 180 went home, 980 paid on the 15th, 310 for 310 on the
# 17th, 310 back in May. Prepaid is what was accepted and is not void, paid or not.
ON_DAY = {
    "2026-04-01": (20000, 0, 0, 0, 0, 0),
    "2026-04-02": (18600, 1400, 0, 0, 0, 0),
    "2026-04-03": (18600, 1400, 1400, -1400, 0, 1400),
    "2026-04-08": (17400, 2180, 1400, -980, 420, 980),
    "2026-04-09": (17400, 2180, 2600, -2180, 420, 2180),
    "2026-04-12": (17400, 2180, 2600, -2180, 420, 2180),
    "2026-04-13": (17270, 2310, 2420, -2000, 420, 2000),
    "2026-04-15": (17270, 1330, 2420, -1020, 1400, 1020),
    "2026-04-17": (17270, 1330, 2420, -1020, 1400, 1020),
    "2026-04-20": (17270, 1330, 2730, -1330, 1400, 1330),
    "2026-04-30": (17270, 1330, 2730, -1330, 1400, 1330),
    "2026-05-04": (17580, 1020, 2420, -1020, 1400, 1020),
}


@pytest.fixture(scope="module")
def month() -> Iterator[Loaded]:
    """The ledger as the page leaves it."""
    page = TOPICS["a-month"].read_text(encoding="utf-8")
    with home() as folder:
        terminal = Terminal(folder)
        for block in blocks(page):
            if block.verb:
                terminal.write(block)
            if block.language == "console":
                for command in block.commands:
                    terminal.type(command)
        kept = Path(shutil.copytree(folder / "books", folder / "kept"))
        yield load_path(kept / "ledger.beancount")


@pytest.mark.parametrize("day", ON_DAY)
def test_the_books_on_a_day(month: Loaded, day: str) -> None:
    until = dt.date.fromisoformat(day)
    dated = [each for each in month.entries if each.date <= until and isinstance(each, Transaction)]
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for entry in dated:
        for account, number, _ in amounts_of(entry):
            balances[account] += number
    figures = [balances[each] for each in (BANK, FROZEN, PREPAID, PAYABLE, SURE, RECEIVABLE)]
    assert figures == list(map(Decimal, ON_DAY[day]))


def test_the_ledger_has_no_error_at_its_end(month: Loaded) -> None:
    assert month.errors == []


def test_each_voucher_ends_as_the_page_says(month: Loaded) -> None:
    vouchers = month.evaluation.vouchers
    assert {id_: str(each.status.state) for id_, each in vouchers.items()} == {
        "FR-001": "settled",
        "FR-002": "voided",
        "FR-003": "settled",
        "FR-004": "accepted",
        "FR-005": "voided",
        "FR-006": "voided",
    }
    reasons = {id_: vouchers[id_].status.reason for id_ in ("FR-002", "FR-005", "FR-006")}
    assert reasons == {
        "FR-002": "cancelled",
        "FR-005": "not-accepted",
        "FR-006": "insurance-returned",
    }
