"""Statements proven before they are used: each in itself, and each after the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.statements.model import Statement

PROOFS: dict[str, str] = {
    "unproven": "opening + Σ booked is not closing, or the statement has no balances",
    "repeated": "the same statement a second time; it counts once",
    "gap": "a statement opens with another balance than the one before closed with",
    "unknown-account": "no account of the ledger has this account number",
}
"""What is wrong with a statement that can be read."""


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


def prove(statements: Iterable[Statement]) -> Proof:
    """Prove statements.

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
    before: dict[tuple[str, str], Statement] = {}
    for statement in ordered:
        if statement.opening is None or statement.closing is None:
            continue
        earlier = before.get((statement.account, statement.currency))
        before[statement.account, statement.currency] = statement
        closed = earlier.closing if earlier is not None else None
        if earlier is not None and closed is not None and closed.number != statement.opening.number:
            flaws.append(
                Flaw(
                    "gap",
                    statement,
                    f"it opens with {statement.opening.number} {statement.currency}; {earlier.id} "
                    f"closed with {closed.number} on {earlier.end}",
                )
            )
    return Proof(tuple(ordered), tuple(flaws))


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
