"""A ledger held against itself with daily postings: what differs, which should be nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.audit import invariants
from beancount_voucher.ledger.loader import load
from tests.support import DAILY, of_a_day

if TYPE_CHECKING:
    from pathlib import Path


def daily_differences(path: Path) -> list[str]:
    """What is otherwise on any account on any day, is found or is in error; the file is left alone.

    A ledger whose vouchers have accounts of their own has no daily postings.
    """
    text = path.read_text(encoding="utf-8")
    each = load(path)
    try:
        path.write_text(text + DAILY, encoding="utf-8")
        daily = load(path)
    finally:
        path.write_text(text, encoding="utf-8")
    if daily.evaluation.options["postings"] == "each":
        return []
    found = [f"daily postings: {finding.message}" for finding in invariants.findings(daily)]
    if of_a_day(daily.entries) != of_a_day(each.entries):
        found.append("daily postings come to other books")
    if sorted(e.message for e in daily.errors) != sorted(e.message for e in each.errors):
        found.append("daily postings bring other errors")
    return found
