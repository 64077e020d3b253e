"""An auditor's questions to the page, each answered from the register in at most two clicks.

The figures are those of the marketplace, reckoned by hand. Frozen as money at the end of March are
CAR-003 4,990.00, CG-005 7,700.00, COD-005 2,050.00, FA-004 350.00, RF-005 11.20 and RF-006 13.40;
as credit CG-006 8,400.00, COD-004 5,600.00, CAR-004 3,800.00 and AS-005 1,900.00. Paid in February
were AS-004 1,000.00, CAR-001 4,860.00 and CG-004 9,600.00. Of YunShang's line of 120,000.00 the
8,400.00, 5,600.00 and 1,900.00 are frozen, and of 18,000.00 drawn 10,000.00 are repaid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.fava_voucher.test_page_browser import PAGE, click, go
from tests.support import LEDGERS
from tests.support.browser import browsing, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Page

# What the page is made of is covered without a browser, and much faster.
pytestmark = pytest.mark.untraced

MOST_CLICKS = 2


class Question(NamedTuple):
    """What an auditor asks.

    Attributes:
        period: what is chosen in Fava.
        clicks: the links that are clicked, one after the other.
        answers: by what part of the page, texts of it.
    """

    period: str
    clicks: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]


QUESTIONS = {
    "what is frozen today, and for how long": Question(
        "2026-03",
        ("Ageing",),
        {
            "table >> nth=1": ("13,051.20", "2,063.40", "15,114.60", "14,000.00", "19,700.00"),
            "table >> nth=2": ("CAR-003", "4,990.00", "CG-006", "8,400.00", "2026-03-25"),
        },
    ),
    "why is it frozen": Question(
        "2026-03",
        ("accepted 3 · 12,703.40 CNY", "CAR-003"),
        {"": ("Assets:LiMing:QingHe:Frozen", "4,990.00 CNY", "apply-by", "2026-03-25")},
    ),
    "what was paid in February": Question(
        "2026-02",
        ("What happened in 2026-02", "15,460.00"),
        {
            ".chips": ("paid 15,460.00 CNY",),
            "table.register": ("AS-004", "CAR-001", "CG-004", "1,000.00", "4,860.00", "9,600.00"),
        },
    ),
    "on what evidence was it paid": Question(
        "2026-02",
        ("What happened in 2026-02", "CAR-001"),
        {"": ("requires-code", "met", "code QH-4417-0620", "settled 4,860.00 CNY")},
    ),
    "what is late, since when, and what is to be done": Question(
        "2026-04-06",
        ("Exceptions",),
        {
            "table.exceptions": (
                "CG-006", "8,400.00", "since 2026-03-26", "bean-voucher run",
                "CAR-003", "4,990.00", "past its apply-by 2026-03-25",
            ),
        },
    ),
    "is the receivable right, and what is it made of": Question(
        "2026-03",
        ("Reconciliation",),
        {"tr:has-text('PremiumReceivable')": ("14,564.60", "0.00")},
    ),
    "does the credit line add up": Question(
        "2026-03",
        ("Lines",),
        {
            "": ("Every line adds up",),
            "table": ("120,000.00", "15,900.00", "8,000.00", "96,100.00", "adds up"),
        },
    ),
    "who did what": Question(
        "2026-03",
        ("FA-001",),
        {"": ("LanTian", "YuanHang", "instructed-by", "accept", "settle")},
    ),
    "what may leave the banks in the days to come": Question(
        "2026-03",
        ("Forecast",),
        {"figure.chart": ("CNY at the latest 13,374.60",), "table >> nth=0": ("7,674.60", "3,800.00", "COD-005")},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(LEDGERS / "marketplace" / "all.beancount") as served:
        yield served + PAGE


@pytest.fixture
def page() -> Iterator[Page]:
    with browsing() as opened:
        yield opened


@pytest.mark.parametrize("asked", QUESTIONS)
def test_an_auditor_has_the_answer_in_two_clicks(page: Page, address: str, asked: str) -> None:
    question = QUESTIONS[asked]
    assert len(question.clicks) <= MOST_CLICKS
    go(page, address, time=question.period)
    for name in question.clicks:
        click(page, name)
    for part, texts in question.answers.items():
        shown = page.locator(f"#vouchers {part}".rstrip()).first
        for text in texts:
            expect(shown).to_contain_text(text)
