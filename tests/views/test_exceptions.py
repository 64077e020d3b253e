"""What the exception report advises."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

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
