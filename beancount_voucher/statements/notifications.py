"""A batch on a statement, and the notification that says what it is made of.

Many banks book a batch as one entry without details, and send the single payments in a
message of its own, camt.054 in Switzerland for one. Both name the entry by the bank's own
reference (``AcctSvcrRef``). So the payments take the place of an entry with the same
reference, account, currency and amount, if there is one such entry on either side.

A report or notification whose entries all stand on statements of the same run says nothing
more: that is told, and it needs no balances.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.statement import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.statements.statement import Statement, StatementLine

_NEAR = dt.timedelta(days=5)
"""How far apart both may date an entry: some banks use a reference again in later months."""


class Note(NamedTuple):
    """Something to know of a statement that is no flaw."""

    statement: Statement
    text: str

    @property
    def message(self) -> str:
        """In one line."""
        return f"{self.statement.path}: {self.statement.id}: {self.text}"


_Key = tuple[str, str, str]
"""Account, currency, the bank's reference."""

_Entry = tuple["StatementLine", ...]
"""The lines of one entry: one, or one for each of its payments."""


def itemised(statements: Iterable[Statement]) -> tuple[list[Statement], list[Note]]:
    """Statements with the payments of their batches, and what became of notifications.

    Args:
        statements: statements, and the reports and notifications that came with them.

    Returns:
        The statements that count: not those whose entries all stand on others.
    """
    statements = list(statements)
    booked = _entries(each for each in statements if each.closing is not None)
    notified = _entries(each for each in statements if each.closing is None)
    payments = {
        key: _payments(mine[0], notified[key][0])
        for key, mine in booked.items()
        if len(mine) == len(notified[key]) == 1 and _are_one(mine[0], notified[key][0])
    }
    found: list[Statement] = []
    notes: list[Note] = []
    for statement in statements:
        left = tuple(line for line in statement.lines if _key(statement, line) not in payments)
        if statement.closing is not None:
            found.append(replace(statement, lines=tuple(_with_payments(statement, payments))))
            continue
        if len(left) < len(statement.lines):
            which = "some of its entries" if left else "all its entries"
            notes.append(Note(statement, f"{which} stand on a statement, and count there"))
        if left or statement.pending or statement.unread or not statement.lines:
            found.append(replace(statement, lines=left))
    return found, notes


def _key(statement: Statement, line: StatementLine) -> _Key | None:
    reference = line.entry_reference or line.bank_reference
    return None if reference is None else (statement.account, statement.currency, reference)


def _entries(statements: Iterable[Statement]) -> dict[_Key, list[_Entry]]:
    """The entries by the bank's reference; those of a statement that is given twice once."""
    found: dict[_Key, dict[object, _Entry]] = defaultdict(dict)
    for statement in statements:
        for position, each in groupby(statement.lines, lambda line: line.position):
            lines = tuple(each)
            key = _key(statement, lines[0])
            if key is not None:
                found[key][statement.id, statement.end, position] = lines
    return defaultdict(list, {key: list(each.values()) for key, each in found.items()})


def _are_one(entry: _Entry, other: _Entry) -> bool:
    """Whether two entries of one reference are the same money."""
    same = sum(line.amount for line in entry) == sum(line.amount for line in other)
    return same and abs(entry[0].date - other[0].date) <= _NEAR


def _payments(entry: _Entry, notified: _Entry) -> _Entry:
    """The lines of an entry, as the notification has them; of a single one both say more."""
    if len(entry) > 1:
        return entry
    [whole] = entry
    if len(notified) > 1:
        return tuple(
            replace(
                line,
                position=whole.position,
                date=whole.date,
                batch=line.batch or whole.batch,
                reversal=line.reversal or whole.reversal,
            )
            for line in notified
        )
    [line] = notified
    return (
        replace(
            whole,
            end_to_end=whole.end_to_end or line.end_to_end,
            references=distinct(iter((*whole.references, line.end_to_end, *line.references))),
            batch=whole.batch or line.batch,
            returned=whole.returned or line.returned,
            text=" ".join(dict.fromkeys(filter(None, (whole.text, line.text)))),
            cut=(*whole.cut, *line.cut),
            joined=(*whole.joined, *line.joined),
        ),
    )


def _with_payments(statement: Statement, payments: dict[_Key, _Entry]) -> Iterator[StatementLine]:
    """The lines of a statement, with the payments that are known of its entries."""
    for _, each in groupby(statement.lines, lambda line: line.position):
        lines = tuple(each)
        key = _key(statement, lines[0])
        yield from lines if key is None else payments.get(key, lines)
