"""Very many lines and movements that share a reference, a batch or an amount."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from beancount.core.data import Transaction, new_metadata

from beancount_voucher.reconciliation.items import AccountLine, Movement
from beancount_voucher.reconciliation.match_rules import match
from beancount_voucher.reconciliation.matching import MatchOptions
from beancount_voucher.reconciliation.open_items import OpenItems
from beancount_voucher.statements.statement import Statement, StatementLine

if TYPE_CHECKING:
    from collections.abc import Callable


ACCOUNT = "Assets:Ann:Iss"
START, END = dt.date(2026, 1, 1), dt.date(2026, 3, 31)
STATEMENT = Statement(
    Path("s"), "", "camt.053", "S", "A", "CNY", START, END, None, None, None, lines=()
)
_Sides = tuple[list[AccountLine], list[Movement], list[AccountLine]]


def line(number: int, amount: int, name: str | None = None, **more: object) -> AccountLine:
    date = START + dt.timedelta(days=number % 60)
    return AccountLine(
        ACCOUNT,
        STATEMENT,
        StatementLine(number, date, Decimal(amount), name, **more),  # type: ignore[arg-type]
    )


def movement(number: int, amount: int, *names: str, voucher: str | None = None) -> Movement:
    date = START + dt.timedelta(days=number % 60)
    meta = new_metadata("books", number)
    entry = Transaction(meta, date, "*", None, "paid", frozenset(), frozenset(), [])
    number_ = Decimal(amount)
    return Movement(ACCOUNT, date, number_, "CNY", frozenset(names), None, voucher, None, entry)


SHAPES: dict[str, Callable[[int], _Sides]] = {
    "one amount": lambda n: (
        [line(i, -1) for i in range(n)],
        [movement(i, -1) for i in range(n)],
        [],
    ),
    "one amount, none near": lambda n: (
        [line(0, -1) for _ in range(n)],
        [movement(9, -1) for _ in range(n)],
        [],
    ),
    "one amount, lines that name another": lambda n: (
        [line(i, -1, "V-9") for i in range(n)],
        [movement(i, -1, voucher="V-1") for i in range(n)],
        [],
    ),
    "one reference and amount": lambda n: (
        [line(i, -1, "R-1") for i in range(n)],
        [movement(i, -1, "R-1") for i in range(n)],
        [],
    ),
    "one reference, each its amount": lambda n: (
        [line(i, -i - 1, "R-1") for i in range(n)],
        [movement(i, -i - 1, "R-1") for i in range(n)],
        [],
    ),
    "one reference, other amounts": lambda n: (
        [line(i, -i - 1, "R-1") for i in range(n)],
        [movement(i, i + 1, "R-1") for i in range(n)],
        [],
    ),
    "one reference, half of it twice": lambda n: (
        [line(i % 2, -i // 2, "R-1") for i in range(n)],
        [movement(i, -i, "R-1") for i in range(n // 2)],
        [],
    ),
    "paid and taken back": lambda n: (
        [line(i // 2, (-1) ** (i + 1), "R-1", reversal=i % 2 == 1) for i in range(n)],
        [movement(i, -1, "R-1") for i in range(n)],
        [],
    ),
    "plus and minus": lambda n: ([line(i, (-1) ** i, "R-1") for i in range(n)], [], []),
    "drawn and paid on": lambda n: ([line(i, (-1) ** i, "C-1") for i in range(n)], [], []),
    "two references of every line": lambda n: (
        [line(i, -2, text="R-1 R-2") for i in range(n)],
        [movement(i, -1, f"R-{i % 2 + 1}") for i in range(n)],
        [],
    ),
    "two references, one of them matched before": lambda n: (
        [line(1, -2, text=f"X-{i} X-{i + 1}") for i in range(0, n, 2)]
        + [line(1, -9, text="R-1 Y-1") for _ in range(n)],
        [movement(1, -1, "R-1", f"X-{i}") for i in range(n)],
        [],
    ),
    "pairs of references, two movements each": lambda n: (
        [line(i, -1, f"R-{i}") for i in range(n)],
        [movement(i + k, -1, f"R-{i}") for i in range(n) for k in (0, 1)],
        [],
    ),
    "one batch": lambda n: (
        [line(i % 2, -1, batch="B-1") for i in range(n)],
        [movement(i % 2, -1, "B-1") for i in range(n)],
        [],
    ),
    "announced by its reference": lambda n: (
        [],
        [movement(i, -i - 1, "R-1") for i in range(n)],
        [line(i, -i - 1, "R-1") for i in reversed(range(n))],
    ),
    "announced by its amount": lambda n: (
        [],
        [movement(i, -1) for i in range(n)],
        [line(i, -1) for i in range(n)],
    ),
}


def reconciled(sides: _Sides) -> int:
    lines, movements, pending = sides
    known = {name for each in movements for name in each.references} | {"R-1", "R-2", "C-1", "Y-1"}
    options = MatchOptions(on_credit=frozenset({"C-1"}), tolerance=Decimal("0.05"))
    matching = match(lines, movements, known, {(ACCOUNT, "CNY"): (START, END)}, options)
    items = OpenItems(matching, pending, {}).items()
    told = sum(len(each.lines) for each in items)
    return told + sum(len(each.lines) for each in matching.matches)
