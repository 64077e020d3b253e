"""A reconciliation as rows: accounts, open items, their age, holds."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_voucher.reconciliation.explain import explained

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount_voucher.reconciliation.items import AccountLine, Movement
    from beancount_voucher.reconciliation.results import Reconciliation
    from beancount_voucher.statements.statement import Statement

ACCOUNTS = (
    "account", "currency", "start", "end", "opening", "closing", "ledger", "difference", "lines",
    "matched", "differences", "outstanding",
)  # fmt: skip
ROWS = (
    "item", "status", "account", "side", "date", "amount", "currency", "reference", "age",
    "where", "text",
)  # fmt: skip
BUCKETS: tuple[tuple[str, int], ...] = (
    ("0-3", 3),
    ("4-10", 10),
    ("11-30", 30),
    ("31+", dt.date.max.toordinal()),
)
"""How old open items are, in days: the heading, and the last day that counts under it."""
AGEING = ("status", "currency", *(name for name, _ in BUCKETS), "amount")
BANK_HOLDS = ("account", "date", "currency", "bank", "ledger", "difference", "vouchers")
FLAWS = ("status", "statement", "where", "text")
NOTES = ("statement", "where", "text")
EXPLAINED = ("statement", "entry", "date", "amount", "currency", "rule", "outcome", "text")
AMOUNTS = (
    "opening", "closing", "ledger", "lines", "matched", "differences", "outstanding", "amount",
    "age", "bank", "difference", "entry", *(name for name, _ in BUCKETS),
)  # fmt: skip
"""Columns of numbers."""

ReportRow = list[Any]


def accounts(reconciliation: Reconciliation) -> list[ReportRow]:
    """A row for each account and currency."""
    return [
        [
            each.account, each.currency, each.start, each.end, each.opening, each.closing,
            each.ledger_closing, each.difference, each.booked, each.matched,
            len(each.differences), len(each.items) - len(each.differences),
        ]
        for each in reconciliation.accounts
    ]  # fmt: skip


def flaws(reconciliation: Reconciliation) -> list[ReportRow]:
    """A row for everything that is wrong with a statement."""
    return [
        [flaw.code, flaw.statement.id, str(flaw.statement.path), flaw.text]
        for flaw in reconciliation.flaws
    ]


def notes(reconciliation: Reconciliation) -> list[ReportRow]:
    """A row for everything that is to be known of a statement, and is no flaw."""
    return [
        [each.statement.id, str(each.statement.path), each.text] for each in reconciliation.notes
    ]


def items(reconciliation: Reconciliation, as_of: dt.date, *, matched: bool) -> list[ReportRow]:
    """A row for each line and each movement of an open item; an item's rows share its number.

    Args:
        reconciliation: the reconciliation.
        as_of: the day to count ages from.
        matched: whether to tell what is matched, too, under the name of its rule.
    """
    rows: list[ReportRow] = []
    for number, item in enumerate(reconciliation.items, 1):
        sides = [*map(_line, item.lines), *map(_movement, item.movements)]
        told = [item.text] * len(item.lines) + [_with(item.text, each) for each in item.movements]
        nothing = [item.account, None, None, None, item.currency, None, None]
        for side, text in zip(sides or [nothing], told or [item.text], strict=True):
            date = side[2]
            age = None if date is None else (as_of - date).days
            rows.append([number, item.reason, *side[:-1], age, side[-1], text])
    if matched:
        number = len(reconciliation.items)
        for match in (match for each in reconciliation.accounts for match in each.matches):
            number += 1
            sides = [*map(_line, match.lines), *map(_movement, match.movements)]
            told = [""] * len(match.lines) + [each.evidence for each in match.movements]
            for side, text in zip(sides, told, strict=True):
                *first, where = side
                rows.append([number, match.rule, *first, None, where, text])
    return rows


def _with(text: str, movement: Movement) -> str:
    """What is said of an item, and the signed message that brought a movement of it."""
    return "; ".join(filter(None, (text, movement.evidence)))


def _line(line: AccountLine) -> ReportRow:
    references = (line.line.end_to_end, *line.line.references, line.line.bank_reference)
    reference = next(filter(None, references), None) or line.line.text
    where = f"{line.statement.path}, entry {line.line.position}"
    return [line.account, "bank", line.date, line.amount, line.currency, reference, where]


def _movement(movement: Movement) -> ReportRow:
    name = movement.voucher or movement.text
    where = f"{movement.place.filename}:{movement.place.lineno}"
    date, amount = movement.date, movement.amount
    return [movement.account, "ledger", date, amount, movement.currency, name, where]


def ageing(reconciliation: Reconciliation, as_of: dt.date) -> list[ReportRow]:
    """How many items of each reason are how old, and what they come to."""
    groups: dict[tuple[str, str], list[tuple[dt.date, Decimal]]] = defaultdict(list)
    for item in reconciliation.items:
        if item.date is not None:
            groups[item.reason, item.currency].append((item.date, item.amount))
    rows: list[ReportRow] = []
    for (reason, currency), each in groups.items():
        counts = dict.fromkeys((name for name, _ in BUCKETS), 0)
        for date, _ in each:
            age = (as_of - date).days
            counts[next(name for name, last in BUCKETS if age <= last)] += 1
        total = sum((amount for _, amount in each), Decimal(0))
        rows.append([reason, currency, *counts.values(), total])
    return rows


def holds(reconciliation: Reconciliation) -> list[ReportRow]:
    """A row for each statement that names an available balance."""
    rows: list[ReportRow] = []
    for hold in (hold for result in reconciliation.accounts for hold in result.holds):
        made = ", ".join(f"{name} {number}" for name, number in hold.vouchers.items())
        apart = hold.bank - hold.ledger
        rows.append([hold.account, hold.date, hold.currency, hold.bank, hold.ledger, apart, made])
    return rows


def explanations(reconciliation: Reconciliation, lines: Iterable[AccountLine]) -> list[ReportRow]:
    """A row for each rule that was tried on each of some lines, and for what became of it."""
    return [
        [line.statement.id, line.line.position, line.date, line.amount, line.currency, *step]
        for line in lines
        for step in explained(reconciliation, line)
    ]


def data(reconciliation: Reconciliation, as_of: dt.date, *, matched: bool) -> dict[str, Any]:
    """Everything, for programs; amounts are Decimals, dates are dates."""
    statements = {
        result.account: [_statement(each) for each in result.statements]
        for result in reconciliation.accounts
    }
    return {
        "as_of": as_of,
        "accounts": [
            {**named, "statements": statements[named["account"]]}
            for named in _named(ACCOUNTS, accounts(reconciliation))
        ],
        "flaws": list(_named(FLAWS, flaws(reconciliation))),
        "notes": list(_named(NOTES, notes(reconciliation))),
        "items": list(_named(ROWS, items(reconciliation, as_of, matched=matched))),
        "ageing": list(_named(AGEING, ageing(reconciliation, as_of))),
        "holds": list(_named(BANK_HOLDS, holds(reconciliation))),
    }


def _named(headers: Sequence[str], rows: list[ReportRow]) -> Iterator[dict[str, Any]]:
    return (dict(zip(headers, row, strict=True)) for row in rows)


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "form": statement.form,
        "file": str(statement.path),
        "sha256": statement.sha256,
        "start": statement.start,
        "end": statement.end,
    }
