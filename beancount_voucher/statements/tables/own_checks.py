"""A file's own counts and sums against its lines: where they differ, it is read wrongly, or cut."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.statement import StatementError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beancount_voucher.statements.tables.own_words import OwnWords
    from beancount_voucher.statements.tables.rows import Entry, TableRow

_COLUMNS = {"credit": "sum-in", "debit": "sum-out", "amount": "sum"}


class _Sums(NamedTuple):
    """What some entries come to.

    Attributes:
        coming: the sum of what stands on the side of what comes in.
        going: the sum of what stands on the side of what goes out, below zero.
    """

    coming: Decimal = Decimal(0)
    going: Decimal = Decimal(0)
    count_in: int = 0
    count_out: int = 0

    def with_(self, entry: Entry) -> _Sums:
        """With one more."""
        coming, going, count_in, count_out = self
        amount = entry.amount or Decimal(0)
        if entry.side > 0:
            return _Sums(coming + amount, going, count_in + 1, count_out)
        return _Sums(coming, going + amount, count_in, count_out + (entry.side < 0))

    def possible(self, key: str) -> tuple[Decimal, ...]:
        """What a count or a sum can say of them."""
        return {
            "count": (Decimal(self.count_in + self.count_out),),
            "count-in": (Decimal(self.count_in),),
            "count-out": (Decimal(self.count_out),),
            "sum-in": (self.coming,),
            "sum-out": (self.going, -self.going),
            # of a column whose amounts have signs, or have none
            "sum": (self.coming + self.going, self.coming - self.going),
        }[key]


def check_counts(where: str, own: OwnWords, entries: Sequence[Entry | None]) -> None:
    """Hold the counts and sums around a table against what is read of its rows.

    Args:
        where: what to call the file.
        own: what the file says of itself.
        entries: what each of its rows says; None for what is no line and no balance.

    Raises:
        StatementError: something differs.
    """
    # Whether what is pending is in a count or a sum, no bank says.
    some = [each for each in entries if each is not None]
    booked = _sums(each for each in some if not each.is_pending)
    both = booked, _sums(some)
    for key, number in own.said.items():
        if key == "rows":
            possible = {Decimal(len(entries))}
        elif key.startswith(("count", "sum")):
            possible = {value for sums in both for value in sums.possible(key)}
        else:
            continue
        _compare(where, own.where[key], key, number, possible)


def _sums(entries: Iterable[Entry]) -> _Sums:
    sums = _Sums()
    for each in entries:
        sums = sums.with_(each)
    return sums


@dataclass(slots=True)
class _Running:
    """The sums of all rows so far, of those since a row of sums, and of each account."""

    whole: _Sums = field(default_factory=_Sums)
    since: _Sums = field(default_factory=_Sums)
    accounts: dict[tuple[str, str], _Sums] = field(default_factory=dict)
    known: Counter[tuple[str, Decimal]] = field(default_factory=Counter)
    """How many accounts come to a value of a column."""

    def take(self, entry: Entry) -> None:
        """One more row."""
        key = entry.row.account, entry.row.currency
        self.whole, self.since = self.whole.with_(entry), self.since.with_(entry)
        before = self.accounts.get(key)
        after = self.accounts[key] = (before or _Sums()).with_(entry)
        for column, name in _COLUMNS.items():
            self.known.update((column, value) for value in set(after.possible(name)))
            if before is not None:
                self.known.subtract((column, value) for value in set(before.possible(name)))

    def has(self, column: str, number: Decimal) -> bool:
        """Whether a row of sums can say this."""
        name = _COLUMNS[column]
        either = (*self.whole.possible(name), *self.since.possible(name))
        return number in either or self.known[column, number] > 0


def check_totals(totals: Sequence[tuple[int, TableRow]], entries: Sequence[Entry | None]) -> None:
    """Hold rows of sums against what stands above them: all of it, or a part.

    Args:
        totals: each row, with the number of rows above it.
        entries: what each row says.

    Raises:
        StatementError: a sum is that of nothing.
    """
    running = _Running(), _Running()  # without what is pending, and with it
    done = 0
    for above, row in totals:
        for entry in entries[done:above]:
            if entry is not None:
                for each in running[entry.is_pending :]:
                    each.take(entry)
        for column, name in _COLUMNS.items():
            number = row.total(column)
            if number is not None and not any(each.has(column, number) for each in running):
                whole = set(running[0].whole.possible(name))
                _compare(row.where, row.row.line, f"total of {column}", number, whole)
        done = above
        for each in running:
            each.since = _Sums()


def _compare(where: str, line: int, key: str, number: Decimal, possible: Iterable[Decimal]) -> None:
    if number not in possible:
        expected = " or ".join(str(each) for each in sorted(possible))
        wrong = f"the file's own {key} is {number}"
        raise StatementError("bad-csv", where, wrong, f"{expected}, as its rows come to", line)
