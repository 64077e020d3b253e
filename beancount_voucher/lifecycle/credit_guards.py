"""What bars a credit line from being set, and a repayment from being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.money import MOST_DIGITS
from beancount_voucher.lifecycle.guards import amount_fault, party_problem

if TYPE_CHECKING:
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import LedgerState


def credit_line_party_problem(ledger_state: LedgerState, fact: Fact) -> Problem | None:
    """Why a credit line cannot be between these two."""
    for party, role in zip(fact.ids, ("policyholder", "bank"), strict=True):
        problem = party_problem(ledger_state, fact, role, party, role)
        if problem:
            return problem
    return None


def credit_line_problem(ledger_state: LedgerState, fact: Fact) -> Problem | None:
    """Why a credit line cannot be set so, or not so much be repaid."""
    problem = credit_line_party_problem(ledger_state, fact) or amount_fault(
        fact, "", zero_allowed=fact.kind == "credit-line"
    )
    if problem:
        return problem
    assert fact.amount is not None
    line = ledger_state.lines.get((*fact.ids[:2], fact.amount.currency))  # type: ignore[arg-type]
    elsewhere = not fact.is_judged_by(fact.ids[1])
    if fact.kind == "repay":
        if elsewhere or fact.amount.number <= line.drawn:
            return None
        return fact.problem(
            "exceeds-drawn",
            f"{fact.amount} is repaid",
            f"at most what is drawn ({line})",
        )
    if not elsewhere and fact.amount.number < line.frozen + line.drawn:
        return fact.problem(
            "insufficient-credit",
            f"a limit of {fact.amount}",
            f"at least what is frozen and drawn ({line})",
        )
    # What is posted is the change, and Beancount would round a longer one.
    if len((fact.amount.number - line.limit).as_tuple().digits) > MOST_DIGITS:
        return fact.problem(
            "bad-amount",
            f"the limit changes from {line.limit:f} to {fact.amount}",
            f"a change of at most {MOST_DIGITS} digits",
        )
    return None
