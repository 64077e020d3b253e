"""Lines of a bank and movements of a ledger in March, for tests of how they come together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from beancount.core.data import Transaction, new_metadata

from beancount_voucher.reconciliation.items import AccountLine, Movement
from beancount_voucher.statements.statement import Statement, StatementLine

HERE, THERE = "Assets:Ann:Iss", "Assets:Ann:Acc"
FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
NUMBER = count(1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


def booked(
    date: str,
    amount: str,
    reference: str | None = None,
    *,
    account: str = HERE,
    currency: str = "CNY",
    **said: Any,
) -> AccountLine:
    """A line of a bank; ``reference`` is its end-to-end id."""
    line = StatementLine(next(NUMBER), day(date), Decimal(amount), reference, **said)
    statement = Statement(
        Path("s.xml"), "", "CSV", "S", "1", currency, FIRST, LAST, None, None, None, ()
    )
    return AccountLine(account, statement, line)


def moved(
    date: str,
    amount: str,
    *references: str,
    account: str = HERE,
    currency: str = "CNY",
    batch: str | None = None,
    is_voucher: bool = True,
) -> Movement:
    """A movement of the ledger; its first reference is its voucher."""
    voucher = references[0] if references and is_voucher else None
    meta = new_metadata("books.beancount", next(NUMBER))
    entry = Transaction(meta, day(date), "*", None, "premium", frozenset(), frozenset(), [])
    return Movement(
        account, day(date), Decimal(amount), currency, frozenset(references), batch, voucher, None, entry
    )  # fmt: skip
