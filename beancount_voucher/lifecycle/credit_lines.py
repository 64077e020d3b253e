"""Credit lines: limit, frozen and drawn, by policyholder, bank and currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.lifecycle.guards import amount_fault, party_problem

if TYPE_CHECKING:
    from beancount_voucher.lifecycle.candidates import LedgerState
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.errors import Problem

Pair = tuple[str, str, str]
"""Policyholder, bank, currency."""


@dataclass(slots=True)
class CreditLine:
    """One credit line. What is neither frozen nor drawn is available."""

    limit: Decimal = Decimal(0)
    frozen: Decimal = Decimal(0)
    drawn: Decimal = Decimal(0)

    def __str__(self) -> str:
        """As an error names it."""
        return f"limit {self.limit}, frozen {self.frozen}, drawn {self.drawn}"

    @property
    def available(self) -> Decimal:
        """What a further voucher may freeze."""
        return self.limit - self.frozen - self.drawn


class CreditLines:
    """All credit lines of a ledger, moved by events in their order."""

    def __init__(self) -> None:
        self._lines: dict[Pair, CreditLine] = {}

    def get(self, pair: Pair) -> CreditLine:
        """The line of a pair; a line of zero where none is declared."""
        line = self._lines.get(pair)
        if line is None:
            line = self._lines[pair] = CreditLine()
        return line

    def all(self) -> dict[Pair, CreditLine]:
        """Every line that was declared or used."""
        return self._lines


def credit_line_party_problem(world: LedgerState, fact: Fact) -> Problem | None:
    """Why a credit line cannot be between these two."""
    for party, role in zip(fact.ids, ("policyholder", "bank"), strict=True):
        problem = party_problem(world, fact, role, party, role)
        if problem:
            return problem
    return None


def credit_line_problem(world: LedgerState, fact: Fact) -> Problem | None:
    """Why a credit line cannot be set so, or not so much be repaid."""
    problem = credit_line_party_problem(world, fact) or amount_fault(
        fact, "", zero_allowed=fact.kind == "credit-line"
    )
    if problem:
        return problem
    assert fact.amount is not None  # noqa: S101
    line = world.lines.get((*fact.ids[:2], fact.amount.currency))  # type: ignore[arg-type]
    if fact.kind == "repay":
        if fact.amount.number <= line.drawn:
            return None
        return fact.problem(
            "exceeds-drawn",
            f"{fact.amount} is repaid",
            f"at most what is drawn ({line})",
        )
    if fact.amount.number >= line.frozen + line.drawn:
        return None
    return fact.problem(
        "insufficient-credit",
        f"a limit of {fact.amount}",
        f"at least what is frozen and drawn ({line})",
    )
