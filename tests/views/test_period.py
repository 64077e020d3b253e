"""A period's figures: by hand, and what is frozen against the accounts on both its ends."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.views.period import (
    LINES,
    PeriodRow,
    Span,
    amount,
    roll_forward,
    rows,
    stands_behind,
    totals,
)
from tests.support import (
    ACCEPT,
    APPLY,
    HAPPY,
    LEDGERS,
    event,
    issue,
    load,
    load_path,
)
from tests.support import (
    LINES as CREDIT,
)
from tests.support.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


MULTIPLE = issue(draws='"multiple"', apply_by="2026-05-31") + ACCEPT
DRAWN = MULTIPLE + (
    event("apply", "2026-03-05", "30.00 CNY")
    + event("settle", "2026-03-06")
    + event("apply", "2026-04-05", "50.00 CNY")
    + event("settle", "2026-04-06")
)
OFFER = event("amend", "2026-03-10", "1", "120.00 CNY").replace('"1"', "1")
CONSENT = event("consent", "2026-04-02", "1", by='"Ins"').replace('"1"', "1")
LOWER = event("amend", "2026-03-10", "1", "90.00 CNY").replace('"1"', "1")
DECLINE = event("decline", "2026-04-02", "1", by='"Ins"').replace('"1"', "1")
NOUGHT = event("amend", "2026-04-02", "1", "0.00 CNY", requested_by='"Ann"').replace('"1"', "1")

# What happened, the period -> each figure: how many events, and their sum; opening and closing.
FIGURES = {
    "a whole life": (HAPPY, "2026-03", "issued 1 100, accepted 1 100, settled 1 100, paid 1 100", "0 0"),
    "before it": (HAPPY, "2026-02", "", None),
    "after it": (HAPPY, "2026-04", "", "0 0"),
    "a part is paid": (
        issue() + ACCEPT + APPLY + event("settle", "2026-04-06", "60.00 CNY"), "2026-04",
        "settled 1 100, paid 1 60, released 1 40", "100 0",
    ),
    "a void": (issue() + event("void", "2026-04-06", reason='"cancelled"'), "2026-04", "voided 1 100", "100 0"),
    "a rejection": (issue() + event("reject", "2026-04-06"), "2026-04", "released 1 100", "100 0"),
    "a request": (issue(kind="request"), "2026-03", "", "0 0"),
    "draws, each on its own day": (DRAWN, "2026-03", "issued 1 100, accepted 1 100, paid 1 30", "0 70"),
    "the later draw": (DRAWN, "2026-04", "paid 1 50", "70 20"),
    "what is left is released": (
        DRAWN + event("release", "2026-05-02", by='"Ins"'), "2026-05", "settled 1 100, released 1 20", "20 0",
    ),
    "an increase is frozen when it is offered": (
        MULTIPLE + OFFER + CONSENT, "2026-03", "issued 1 100, accepted 1 100, increased 1 20", "0 120",
    ),
    "and no more when it takes effect": (MULTIPLE + OFFER + CONSENT, "2026-04", "amended 1 20", "120 120"),
    "an increase that is declined": (MULTIPLE + OFFER + DECLINE, "2026-04", "decreased 1 20", "120 100"),
    "a decrease takes effect": (MULTIPLE + LOWER + CONSENT, "2026-04", "decreased 1 10, amended 1 -10", "100 90"),
    "a decrease that is declined": (MULTIPLE + LOWER + DECLINE, "2026-04", "", "100 100"),
    "void by agreement": (issue() + NOUGHT, "2026-04", "amended 1 -100, voided 1 100", "100 0"),
    "a refund": (
        HAPPY + event("refund", "2026-04-02", "60.00 CNY", reason='"r"', kept="10.00 CNY"), "2026-04",
        "refunded 1 60, kept 1 10", "0 0",
    ),
    "a refund of all": (
        HAPPY + event("refund", "2026-04-02", "60.00 CNY", reason='"r"'), "2026-04", "refunded 1 60", "0 0",
    ),
}  # fmt: skip

ENDS = {
    "2026-02": "2026-02-28",
    "2026-03": "2026-03-31",
    "2026-04": "2026-04-30",
    "2026-05": "2026-05-31",
}


def span(month: str) -> Span:
    return Span(dt.date.fromisoformat(f"{month}-01"), dt.date.fromisoformat(ENDS[month]))


def figures(found: PeriodRow) -> str:
    return ", ".join(
        f"{key} {found.counts[key]} {found.sums[key]:.0f}"
        for key in _ORDER
        if found.counts.get(key)
    )


_ORDER = (
    "issued", "accepted", "increased", "decreased", "amended", "settled", "paid", "released",
    "voided", "refunded", "kept", "earned",
)  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_what_happened_in_a_month(name: str) -> None:
    text, month, expected, frozen = FIGURES[name]
    ledger = load(text + '2026-05-31 custom "voucher-close" "2026-05"\n')
    assert ledger.codes == []
    found = rows(ledger.evaluation, span(month))
    assert [figures(each) for each in found] == ([] if frozen is None else [expected])
    assert [f"{each.opening:.0f} {each.closing:.0f}" for each in found] == [frozen] * len(found)
    quiet = name in ("before it", "after it")
    assert [each.happened for each in found] == [not quiet] * len(found)


def test_what_is_earned_in_a_month_and_taken_back() -> None:
    """31 days of March, of 92; a void of the rest takes all of it back."""
    text = '2026-01-01 custom "voucher-option" "earning" "monthly"\n' + issue(
        "V-1", "920.00 CNY", cover_start="2026-03-10", cover_end="2026-06-09", apply_by="2026-04-30"
    )
    text += event("accept", "2026-03-05")
    void = event("return", "2026-04-10") + event(
        "void", "2026-04-10", reason='"insurance-returned"'
    )
    close = '2026-04-30 custom "voucher-close" "2026-04"\n'
    ledger = load(text + void + close)
    assert ledger.codes == []
    [march], [april] = (rows(ledger.evaluation, span(month)) for month in ("2026-03", "2026-04"))
    assert (march.sums["earned"], april.sums["earned"]) == (Decimal("220.00"), Decimal("-220.00"))


def test_sums_of_each_currency() -> None:
    text = HAPPY + issue("V-2", "7.00 USD", date="2026-03-04")
    world = load(text).evaluation
    found = totals(rows(world, span("2026-03")))
    assert [tuple(each) for each in found] == [
        ("issued", "CNY", 1, Decimal("100.00")), ("issued", "USD", 1, Decimal("7.00")),
        ("accepted", "CNY", 1, Decimal("100.00")), ("settled", "CNY", 1, Decimal("100.00")),
        ("paid", "CNY", 1, Decimal("100.00")),
    ]  # fmt: skip


def test_a_roll_forward_is_of_each_funding_and_currency() -> None:
    text = CREDIT + HAPPY + issue("V-2", funding='"credit"') + issue("V-3", kind="request")
    [cash, credit] = roll_forward(rows(load(text).evaluation, span("2026-03")))
    assert (cash.funding, cash.currency, credit.funding) == ("cash", "CNY", "credit")
    assert [str(cash.sums[line]) for line in LINES] == [
        "0.00",
        "100.00",
        "0.00",
        "0.00",
        "100.00",
        "0.00",
        "0.00",
        "0.00",
    ]
    assert [credit.vouchers[line] for line in LINES] == [0, 1, 0, 0, 0, 0, 0, 1]
    assert roll_forward(rows(load(text).evaluation, span("2026-02"))) == []


# --- Against the books --------------------------------------------------------------------

BOOKS = [LEDGERS / "marketplace" / "all.beancount", LEDGERS / "instrument" / "ledger.beancount"]
_MONTHS = [dt.date(year, month, 1) for year in (2026, 2027) for month in range(1, 13)]


def ends(rolled: Iterable[PeriodRow], line: str) -> dict[tuple[str, str], Decimal]:
    return {
        (each.funding, each.currency): each.sums[line]
        for each in roll_forward(rolled)
        if each.sums[line]
    }


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.parent.name)
def test_opening_and_closing_are_what_the_accounts_say(path: Path) -> None:
    ledger = load_path(path)
    checked = 0
    for first, after in pairwise(_MONTHS):
        found = rows(ledger.evaluation, Span(first, after - dt.timedelta(days=1)))
        assert ends(found, "opening") == frozen(ledger.entries, first)
        assert ends(found, "closing") == frozen(ledger.entries, after)
        for each in found:
            assert each.closing == each.row.status.held + each.row.status.offered
            checked += any(stands_behind(each, line) and amount(each, line) for line in LINES)
    assert checked > 5
