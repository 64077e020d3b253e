"""A file's own counts and sums against its lines: where they differ, it is read wrongly, or cut."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.statements.statement import StatementError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount_voucher.statements.tables.own_words import OwnWords
    from beancount_voucher.statements.tables.rows import Entry, TableRow

_Entries = list["Entry"]

_SIDES = {"in": 1, "out": -1}
_COLUMNS = {"credit": "sum-in", "debit": "sum-out", "amount": "sum"}


def check_counts(where: str, own: OwnWords, entries: Sequence[Entry | None]) -> None:
    """Hold the counts and sums around a table against what is read of its rows.

    Args:
        where: what to call the file.
        own: what the file says of itself.
        entries: what each of its rows says; None for what is no line and no balance.

    Raises:
        StatementError: something differs.
    """
    some = [each for each in entries if each is not None]
    for key, number in own.said.items():
        if key == "rows":
            _compare(where, own.where[key], key, number, {Decimal(len(entries))})
        elif key.startswith(("count", "sum")):
            _compare(where, own.where[key], key, number, set(_possible(key, some)))


def check_totals(totals: Sequence[tuple[int, TableRow]], entries: Sequence[Entry | None]) -> None:
    """Hold rows of sums against what stands above them: all of it, or a part.

    Args:
        totals: each row, with the number of rows above it.
        entries: what each row says.

    Raises:
        StatementError: a sum is that of nothing.
    """
    since = 0
    for above, row in totals:
        parts = _parts(entries[:above], entries[since:above])
        for column, key in _COLUMNS.items():
            number = row.total(column)
            if number is not None:
                sums = {each for part in parts for each in _possible(key, part)}
                _compare(row.where, row.row.line, f"total of {column}", number, sums)
        since = above


def _parts(above: Sequence[Entry | None], since: Sequence[Entry | None]) -> list[_Entries]:
    """What a row of sums may be the sum of: all, those since the last one, those of an account."""
    accounts: dict[tuple[str, str], _Entries] = defaultdict(list)
    whole = [each for each in above if each is not None]
    for each in whole:
        accounts[each.row.account, each.row.currency].append(each)
    return [whole, [each for each in since if each is not None], *accounts.values()]


def _possible(key: str, entries: _Entries) -> Iterator[Decimal]:
    """What a count or a sum can be; whether what is pending is in it, no bank says."""
    kind, _, word = key.partition("-")
    for some in ([each for each in entries if not each.is_pending], entries):
        lines = [each for each in some if each.side and each.side == _SIDES.get(word, each.side)]
        if kind == "count":
            yield Decimal(len(lines))
            continue
        total = sum((each.amount or Decimal(0) for each in lines), Decimal(0))
        yield total
        if word == "out":
            yield -total
        elif not word:  # of a column whose amounts have no sign
            yield sum((abs(each.amount or Decimal(0)) for each in lines), Decimal(0))


def _compare(where: str, line: int, key: str, number: Decimal, possible: Iterable[Decimal]) -> None:
    if number not in possible:
        expected = " or ".join(str(each) for each in sorted(possible))
        wrong = f"the file's own {key} is {number}"
        raise StatementError("bad-csv", where, wrong, f"{expected}, as its rows come to", line)
