"""Statements proven before they are used: each in itself, and each after the one before.

The one before is of the same run, or was recorded in an earlier one. Only balances make a gap:
days that no statement covers may be days on which the bank booked nothing. The pages of a
statement, and several statements of a day, are one sequence by their balances, whatever ids
the bank gives them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from beancount_voucher.statements.statement import Statement


_NOWHERE = Path()
_TOLD = 3
"""How many of what cannot be read of a statement are told."""


class Closing(NamedTuple):
    """With what balance a statement closed, of this run or recorded before.

    Attributes:
        account: the account's number, as the bank writes it.
        id: the bank's id of the statement.
        start: the first day of its period.
        end: the last day of its period.
        number: the balance.
    """

    account: str
    currency: str
    id: str
    start: dt.date
    end: dt.date
    number: Decimal


class Flaw(NamedTuple):
    """What is wrong with one statement."""

    code: str
    statement: Statement
    text: str

    @property
    def message(self) -> str:
        """The text, which ends with its code in square brackets."""
        return f"{self.statement.path}: {self.statement.id}: {self.text} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Proof:
    """Statements that count, in the order of their accounts and dates, and all flaws."""

    statements: tuple[Statement, ...]
    flaws: tuple[Flaw, ...]


def prove(statements: Iterable[Statement], recorded: Iterable[Closing] = ()) -> Proof:
    """Prove statements, each after the one before: of this run, or recorded.

    The sign of a reversal is disputed among banks: where a statement does not prove with
    the marks as they stand and does with those of reversals turned, the latter is what it says.
    """
    recorded = tuple(recorded)
    counted: dict[Statement, Statement] = {}
    flaws: list[Flaw] = []
    for statement in statements:
        content = replace(statement, path=_NOWHERE, sha256="")
        if content in counted:
            first = counted[content]
            flaws.append(Flaw("repeated", statement, f"it stands in {first.path}, too"))
        else:
            counted[content] = statement
    ordered = tuple(_told_apart(_in_sequence(map(_settled, counted.values())), recorded))
    flaws += [flaw for statement in ordered for flaw in _unproven(statement)]
    flaws += _gaps(ordered, recorded)
    return Proof(ordered, tuple(flaws))


# --- The order of statements --------------------------------------------------------------


def _in_sequence(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements by account and day; those that share days as each goes on from another."""
    ordered = sorted(
        statements,
        key=lambda each: (
            each.account, each.currency, each.start, each.end, each.sequence, each.id,
        ),
    )  # fmt: skip
    for _, account in groupby(ordered, lambda each: (each.account, each.currency)):
        balance: Decimal | None = None
        for some in _with_common_days(account):
            for each in _chained(some, balance):
                yield each
                balance = balance if each.closing is None else each.closing.number


def _with_common_days(ordered: Iterable[Statement]) -> Iterator[list[Statement]]:
    """Statements of an account, by their first days, in groups that have no day in common."""
    group: list[Statement] = []
    until: dt.date | None = None
    for each in ordered:
        if until is not None and each.start > until:
            yield group
            group = []
        until = each.end if until is None else max(until, each.end)
        group.append(each)
    yield group


def _chained(some: Sequence[Statement], balance: Decimal | None) -> Iterator[Statement]:
    """Statements, each after the one that closed with its opening balance.

    Where none goes on, one that goes on from no other is next: a sequence begins with it.
    """
    ends = [
        (each.opening and each.opening.number, each.closing and each.closing.number)
        for each in some
    ]
    closed = {closing for opening, closing in ends if opening != closing}
    # One that moves nothing goes before one that does.
    numbers = sorted(range(len(some)), key=lambda number: ends[number][0] != ends[number][1])
    starts = deque(sorted(numbers, key=lambda number: ends[number][0] in closed - {None}))
    waiting: dict[Decimal | None, deque[int]] = defaultdict(deque)
    for number in numbers:
        waiting[ends[number][0]].append(number)
    left = set(starts)
    while left:
        following = None if balance is None else waiting.get(balance)
        number = (following or starts).popleft()
        if number in left:
            left.remove(number)
            yield some[number]
            closing = some[number].closing
            balance = balance if closing is None else closing.number


def _told_apart(ordered: Iterable[Statement], recorded: Iterable[Closing]) -> Iterator[Statement]:
    """Statements of one id and last day, numbered: a record names one of them.

    What is recorded with its closing balance under its id and day is itself; else one that
    goes on from what is recorded so comes after that.
    """
    closings = {(each.account, each.currency, each.id, each.end): each.number for each in recorded}
    numbers: dict[tuple[str, str, str, dt.date], int] = defaultdict(lambda: 1)
    for each in ordered:
        if each.opening is None or each.closing is None:
            yield each
            continue
        key = each.account, each.currency, each.id, each.end
        known: list[Decimal] = []
        number = numbers[key]
        while (name := (*key[:2], _numbered(each.id, number + len(known)), each.end)) in closings:
            known.append(closings[name])
        if each.closing.number in known:
            number += known.index(each.closing.number)
        elif each.opening.number in known:
            number += known.index(each.opening.number) + 1
        yield replace(each, id=_numbered(each.id, number))
        numbers[key] = number + 1


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"


# --- What is wrong with them --------------------------------------------------------------


def _gaps(ordered: Iterable[Statement], recorded: Sequence[Closing]) -> Iterable[Flaw]:
    """Statements that open with another balance than the one before closed with."""
    run: dict[tuple[str, str], Closing] = {}
    for statement in ordered:
        if statement.opening is None or statement.closing is None:
            continue
        key, opening = (statement.account, statement.currency), statement.opening.number
        earlier = [run[key]] if key in run else []
        earlier += [each for each in recorded if _is_before(each, statement, opening)]
        run[key] = Closing(
            *key, statement.id, statement.start, statement.end, statement.closing.number
        )
        latest = max((each.end for each in earlier), default=None)
        last = [each for each in earlier if each.end == latest]
        if last and all(each.number != opening for each in last):
            yield Flaw(
                "gap",
                statement,
                f"it opens with {opening} {statement.currency}; {last[0].id} "
                f"closed with {last[0].number} on {last[0].end}",
            )


def _is_before(recorded: Closing, statement: Statement, opening: Decimal) -> bool:
    """Whether a recorded statement ends before another starts.

    Of several within its first day, nothing tells which is the one before but that it fits.
    """
    return (
        (recorded.account, recorded.currency) == (statement.account, statement.currency)
        and recorded.end <= statement.start
        and (recorded.start < statement.start or recorded.number == opening)
    )


def _settled(statement: Statement) -> Statement:
    if statement.is_proven or not any(line.reversal for line in statement.lines):
        return statement
    turned = statement.with_reversals_turned()
    return turned if turned.is_proven else statement


def _unproven(statement: Statement) -> Iterable[Flaw]:
    if statement.is_proven:
        return
    if statement.unread:
        told = "; ".join(statement.unread[:_TOLD])
        more = len(statement.unread) - _TOLD
        yield Flaw("unproven", statement, told + (f"; and {more} more" if more > 0 else ""))
    elif statement.opening is None or statement.closing is None:
        yield Flaw(
            "unproven", statement, f"this {statement.form} has no opening and closing balance"
        )
    else:
        total = statement.opening.number + statement.booked
        yield Flaw(
            "unproven",
            statement,
            f"opening {statement.opening.number} and what is booked come to {total}, closing is "
            f"{statement.closing.number} {statement.currency}",
        )
