"""Everything that is due in a ledger, and what becomes due by it (manual: daily-run)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.decisions import Decision, Decisions
    from beancount_voucher.lifecycle.evaluation import Evaluation


class Due(NamedTuple):
    """What is due.

    Attributes:
        decisions: what can be decided, by voucher id.
        barred: why what else is due cannot, by voucher id.
    """

    decisions: list[Decision]
    barred: list[Problem]


def all_due(
    decisions: Decisions,
    with_facts: Callable[[Iterable[Fact]], Evaluation],
    kinds: Container[str] = ("settle", "void", "release", "recall"),
) -> Due:
    """Every decision that is due, and what becomes due by them, so that a second run finds nothing.

    A void for lateness is dated in the past; the credit line that it frees can bring an issue
    back that was refused for want of credit, and that one may be late by now, too.

    Args:
        decisions: of the ledger as it is.
        with_facts: what the facts come to with these among them.
        kinds: which decisions to take.
    """
    decided: dict[tuple[str, str], Decision] = {}
    barred: dict[str, Problem] = {}
    while True:
        more: dict[tuple[str, str], Decision] = {}
        for decision, bar in decisions.due():
            voucher_id = decision.fact.ids[0]
            if decision.fact.kind not in kinds or (voucher_id, decision.fact.kind) in decided:
                continue
            if bar is not None:
                barred[voucher_id] = bar
            else:
                more[voucher_id, decision.fact.kind] = decision
        decided |= more
        recalled = any(kind == "recall" for _, kind in more)
        # Without these, nothing that was refused comes back, nor does anything come due.
        if not more or not (decisions.evaluation.problems or recalled):
            return Due(
                [each for _, each in sorted(decided.items())],
                [each for _, each in sorted(barred.items())],
            )
        after = with_facts(decision.fact for decision in decided.values())
        decisions = replace(decisions, evaluation=after)
