"""An auditor's questions to the page: each answered in at most two clicks from the register.

The figures are reckoned from the directives of the two ledgers, not taken from the page.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support import LEDGERS
from tests.support.browser import browsing, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

# What the page is made of is covered without a browser, and much faster.
pytestmark = pytest.mark.untraced

MARKETPLACE = "/marketplace-the-books-of-all-parties/extension/Vouchers/"
INSTRUMENT = "/the-whole-instrument/extension/Vouchers/"

CELLS = """rows => rows.map(row => Object.fromEntries(
  [...row.querySelectorAll('[data-label]')].map(cell => [cell.dataset.label, cell.innerText.trim()])
))"""


class Auditor:
    """Somebody who starts at the register, and whose every click is counted."""

    def __init__(self, page: Page, address: str, time: str) -> None:
        self.page = page
        self.clicks = 0
        page.goto(f"{address}?time={time}")
        self.inside.locator("table.register").wait_for()

    @property
    def inside(self) -> Locator:
        """Our part of Fava's page."""
        return self.page.locator("#vouchers")

    def click(self, name: str, sees: str) -> None:
        """Click a link, and wait until something else is seen."""
        self._click(self.inside.get_by_role("link", name=name, exact=True).first, sees)

    def unfold(self, what: Locator, sees: str) -> None:
        """Click what folds out, and wait until what is in it is seen."""
        self._click(what, sees)

    def _click(self, what: Locator, sees: str) -> None:
        self.clicks += 1
        assert self.clicks <= 2, "more than two clicks"
        what.click()
        self.inside.locator(sees).first.wait_for()

    def reads(self, table: str, *labels: str) -> list[tuple[str, ...]]:
        """Some columns of a table; nothing where a cell is empty or there is none."""
        rows = self.inside.locator(f"table.{table} > tbody > tr").evaluate_all(CELLS)
        return [tuple(row.get(label, "") for label in labels) for row in rows]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    ledgers = (LEDGERS / "marketplace" / "all.beancount", LEDGERS / "instrument/ledger.beancount")
    with serving(*ledgers) as served:
        yield served


@pytest.fixture
def page() -> Iterator[Page]:
    with browsing() as opened:
        yield opened


# fmt: off
FROZEN = [  # what is open on 31 March: cash comes to 15,114.60, credit to 19,700.00
    ("CAR-003", "cash", "4,990.00", "overdue", ""),
    ("CG-006", "credit", "8,400.00", "overdue", ""),
    ("CG-005", "cash", "7,700.00", "overdue", ""),
    ("COD-004", "credit", "5,600.00", "overdue", ""),
    ("COD-005", "cash", "2,050.00", "", "waiting for a new application until 2026-04-10"),
    ("AS-005", "credit", "1,900.00", "", "waiting for its conditions until 2026-04-05"),
    ("RF-005", "cash", "11.20", "overdue", ""),
    ("FA-004", "cash", "350.00", "overdue", ""),
    ("RF-006", "cash", "13.40", "", "waiting for an application until 2026-04-15"),
    ("CAR-004", "credit", "3,800.00", "", "waiting for acceptance until 2026-04-02"),
]
LATE = [  # as long after the last day, or after the first on which it could be decided
    ("CG-006", "8,400.00", "2026-03-26", "5"),
    ("CG-005", "7,700.00", "2026-03-29", "2"),
    ("COD-004", "5,600.00", "2026-03-29", "2"),
    ("CAR-003", "4,990.00", "2026-03-25", "6"),
    ("FA-004", "350.00", "2026-03-27", "4"),
    ("RF-005", "11.20", "2026-03-30", "1"),
]
LINES = [  # limit less frozen less drawn is available: 5,600 + 8,400 + 1,900; 18,000 - 10,000
    ("5,000.00", "3,800.00", "0.00", "1,200.00"),
    ("120,000.00", "15,900.00", "8,000.00", "96,100.00"),
]
RECEIVABLE = {
    "CAR-003": "4,990.00", "COD-004": "5,600.00", "COD-005": "2,050.00",
    "AS-005": "1,900.00", "RF-005": "11.20", "RF-006": "13.40",
}
# fmt: on


def test_what_is_frozen_today_and_why(page: Page, address: str) -> None:
    auditor = Auditor(page, address + MARKETPLACE, "2026-03")
    auditor.click("Ageing", "table.holds")
    seen = auditor.reads("holds", "voucher", "funding", "held now", "overdue", "waiting")
    assert seen == FROZEN
    totals = auditor.reads("ageing-by-days-left", "funding", "total", "vouchers")
    assert totals == [("cash", "15,114.60", "6"), ("credit", "19,700.00", "4")]


def test_what_was_paid_in_february_and_on_what_evidence(page: Page, address: str) -> None:
    """1,000.00 + 4,860.00 + 9,600.00: a code, a policy, and one that demanded nothing."""
    auditor = Auditor(page, address + MARKETPLACE, "2026-02")
    auditor.click("What happened in 2026-02", "table.rolled")
    auditor.click("15,460.00", "table.register [data-label=policy]")
    assert auditor.reads("register", "voucher", "paid", "policy", "code", "document") == [
        ("AS-004", "1,000.00", "", "", ""),
        ("CAR-001", "4,860.00", "", "QH-4417-0620", ""),
        ("CG-004", "9,600.00", "P-CG-2044", "", ""),
    ]


def test_what_is_late(page: Page, address: str) -> None:
    auditor = Auditor(page, address + MARKETPLACE, "2026-03")
    auditor.click("Exceptions", "table.exceptions")
    assert auditor.reads("exceptions", "voucher", "amount", "since", "days") == LATE


def test_is_the_receivable_right(page: Page, address: str) -> None:
    """4,990.00 + 5,600.00 + 2,050.00 + 1,900.00 + 11.20 + 13.40; 7,700.00 + 8,400.00."""
    auditor = Auditor(page, address + MARKETPLACE, "2026-03")
    auditor.click("Reconciliation", "table.reconciliation")
    labels = ("role", "account holds", "vouchers say", "difference")
    seen = auditor.reads("reconciliation", *labels)
    assert [row[1:] for row in seen if row[0] == "receivable"] == [
        ("14,564.60", "14,564.60", "0.00"),
        ("16,100.00", "16,100.00", "0.00"),
    ]
    figure = auditor.inside.locator(
        "table.reconciliation > tbody > tr:not(.parts)", has_text="HengXin:PremiumReceivable"
    )
    behind = figure.locator("xpath=following-sibling::tr[1]")
    auditor.unfold(behind.locator("summary"), "details[open]")
    shares = behind.locator("tbody > tr").evaluate_all(CELLS)
    assert {each["voucher"]: each["posted"] for each in shares} == RECEIVABLE
    assert {each["difference"] for each in shares} == {"0.00"}


def test_does_the_credit_line_add_up(page: Page, address: str) -> None:
    auditor = Auditor(page, address + MARKETPLACE, "2026-03")
    auditor.click("Lines", "table.lines")
    assert auditor.reads("lines", "limit", "frozen", "drawn", "available") == LINES
    assert "Every line adds up" in auditor.inside.inner_text()


def test_who_did_what_on_a_voucher(page: Page, address: str) -> None:
    auditor = Auditor(page, address + MARKETPLACE, "2026-01")
    auditor.click("FA-001", "ol.life")
    told = auditor.inside.locator("ol.life > li").all_inner_texts()
    accepted = next(each for each in told if " accept " in each)
    applied = next(each for each in told if " apply " in each)
    assert "by LanTian" in accepted
    assert "instructed-by YuanHang" in accepted
    assert "by YuanHang" in applied
    assert "documents/FA-001-ticket.txt" in applied


def test_what_has_been_amended_and_whose_consent_is_due(page: Page, address: str) -> None:
    """On 28 March the second car is offered, and the insurer has not said yes."""
    auditor = Auditor(page, address + INSTRUMENT, "2026-03-28")
    auditor.click("V-CASH", "table.amendments")
    seen = auditor.reads("amendments", "what it changes", "outcome", "consent due")
    change = "amount: 3,650.00 CNY → 4,322.00 CNY"
    assert seen == [(change, "open", "Sunrise since 2026-03-25")]


def test_in_chinese(page: Page, tmp_path: Path) -> None:
    """The question of the credit lines, by an accountant's words."""
    shutil.copytree(LEDGERS / "marketplace", tmp_path / "books")
    ledger = tmp_path / "books" / "all.beancount"
    with ledger.open("a", encoding="utf-8") as file:
        file.write('\n2026-01-01 custom "fava-option" "language" "zh"\n')
    with serving(ledger) as served:
        auditor = Auditor(page, served + MARKETPLACE, "2026-03")
        auditor.click("授信额度", "table.lines")
        assert auditor.reads("lines", "限额", "冻结资金", "已用额度", "可用额度") == LINES
        page.goto("about:blank")
