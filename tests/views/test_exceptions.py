"""What the exception report advises."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.audit.invariants import overdue_findings
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.views.exceptions import items
from tests.support import PLUGIN, WORLD, issue
from tests.support.lives import directives

if TYPE_CHECKING:
    from pathlib import Path

# What was drawn on is not voided: what is left is released.
ADVICE = {
    "nothing drawn": ("03-03 accept", "bean-voucher void V-1 --reason no-application"),
    "drawn": (
        "03-03 accept\n03-04 apply 60.00 CNY\n03-05 settle",
        "bean-voucher release V-1",
    ),
    "drawn and returned": (
        "03-03 accept\n03-04 apply 60.00 CNY\n03-05 settle\n03-06 return",
        "bean-voucher release V-1",
    ),
    "drawn and applied for again": (
        "03-03 accept\n03-04 apply 60.00 CNY\n03-05 settle\n03-06 apply",
        "bean-voucher run",
    ),
}


@pytest.mark.parametrize("name", ADVICE)
def test_what_a_person_does_about_it(tmp_path: Path, name: str) -> None:
    told, remedy = ADVICE[name]
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + issue(draws='"multiple"') + directives(told))
    [item] = items(load_ledger(path), [], dt.date(2026, 4, 30))
    assert item.remedy == remedy


@pytest.mark.parametrize(("day", "overdue"), [(5, False), (6, True), (9, True), (10, False)])
def test_a_later_amendment_does_not_mend_the_day_before(
    tmp_path: Path, day: int, *, overdue: bool
) -> None:
    """It was past its accept-by then, and only on the tenth was another day agreed."""
    told = '03-10 amend 1 accept-by=2026-03-20 requested-by="Ann"'
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + issue() + directives(told))
    ledger, as_of = load_ledger(path), dt.date(2026, 3, day)
    assert not ledger.errors
    found = [item.kind for item in items(ledger, [], as_of)]
    assert found == ["accept"] * overdue
    assert len(list(overdue_findings(ledger.evaluation, as_of))) == len(found)
