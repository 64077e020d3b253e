"""The directives and transactions of one voucher, however the ledger was loaded and posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.data import Transaction

from beancount_voucher.ledger.loader import load, load_facts
from beancount_voucher.views.voucher_entries import entries_of
from tests.support import HAPPY, PLUGIN, WORLD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger

_DAILY = '2026-01-01 custom "voucher-option" "postings" "daily"\n'
_OTHER = HAPPY.replace("V-1", "V-2")


def _posted(text: str, folder: Path, loading: Callable[[Path], Ledger]) -> list[str]:
    path = folder / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + text, encoding="utf-8")
    ledger = loading(path)
    return [
        f"{entry.date} {entry.meta['voucher-event']} {entry.meta['voucher-book']}: "
        + ", ".join(f"{each.account} {each.units}" for each in entry.postings)
        for entry in entries_of(ledger, ledger.evaluation.vouchers["V-1"])
        if isinstance(entry, Transaction)
    ]


def test_a_voucher_behind_batches_has_transactions_of_its_own(tmp_path: Path) -> None:
    own = _posted(HAPPY, tmp_path, load)
    assert any("settle" in each for each in own)
    for loading in (load, load_facts):
        assert _posted(HAPPY + _OTHER, tmp_path, loading) == own
        assert _posted(_DAILY + HAPPY + _OTHER, tmp_path, loading) == own
