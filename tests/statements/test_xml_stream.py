"""A large statement is read entry by entry, and nothing of what was read is kept."""

from __future__ import annotations

import gc
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.statements import camt
from tests.benchmarks.statements import made

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = 20_000
EVERY = 500


def test_twenty_thousand_entries_leave_nothing_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    path.write_text(made(ENTRIES), encoding="utf-8")
    assert path.stat().st_size > 6_000_000
    entries, total = 0, Decimal(0)
    blocks: list[int] = []
    gc.collect()
    before = sys.getallocatedblocks()
    with path.open("rb") as file:
        for read in camt.stream(file, path, "", keep=False):
            if read.statement is None:
                entries += 1
                total += sum((line.amount for line in read.lines), Decimal(0))
                if entries % EVERY == 0:
                    blocks.append(sys.getallocatedblocks() - before)
            else:
                assert len(read.statement.lines) == 1  # their sum, which proves it
                assert read.statement.is_proven
                assert read.statement.booked == total
    assert entries == ENTRIES
    # one chunk's entries are there at a time; kept, they would be a million blocks and more
    assert max(blocks) < 100_000
    assert sum(blocks[-10:]) < 2 * sum(blocks[:10])


def test_what_is_kept_would_show(tmp_path: Path) -> None:
    """The measure above sees what it is there to see."""
    path = tmp_path / "large.xml"
    path.write_text(made(ENTRIES // 4), encoding="utf-8")
    gc.collect()
    before = sys.getallocatedblocks()
    with path.open("rb") as file:
        read = list(camt.stream(file, path, "", keep=False))
    assert len(read) == ENTRIES // 4 + 1
    assert sys.getallocatedblocks() - before > 100_000
