"""Statements proven before they are used: each in itself, and each after the one before.

The one before is of the same run, or was recorded in an earlier one. Only balances make a gap:
days that no statement covers may be days on which the bank booked nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from beancount_voucher.statements.statement import Statement


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
    counted: dict[tuple[str, str, str, object], Statement] = {}
    flaws: list[Flaw] = []
    for statement in statements:
        key = (statement.account, statement.currency, statement.id, statement.end)
        if key in counted:
            first = counted[key]
            flaws.append(Flaw("repeated", statement, f"it stands in {first.path}, too"))
        else:
            counted[key] = _settled(statement)
    ordered = sorted(
        counted.values(),
        key=lambda each: (each.account, each.currency, each.start, each.end, each.id),
    )
    flaws += [flaw for statement in ordered for flaw in _unproven(statement)]
    flaws += _gaps(ordered, tuple(recorded))
    return Proof(tuple(ordered), tuple(flaws))


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
    if statement.opening is None or statement.closing is None:
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
