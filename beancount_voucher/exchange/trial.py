"""Facts of a message on trial: would each hold in the ledger, with those that held before it?

A voucher lives by its own facts and by what they all stand on, so it is tried by itself; only
what takes credit bears on other vouchers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.lifecycle.vouchers import DERIVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import VoucherEvent

_STAND_ON = frozenset({"party", "option", "credit-line", "repay"})


class Objection(NamedTuple):
    """Why a fact does not hold: a code, and in words."""

    code: str
    wrong: str


@dataclass
class Trial:
    """A ledger, with the facts of a message that have held so far.

    Attributes:
        facts: all of them.
        evaluation: what the ledger's own come to: its events and conditions are asked.
    """

    facts: list[Fact]
    evaluation: Evaluation

    def objection(self, *more: Fact) -> Objection | None:
        """Why facts would not hold, the first of which is the one on trial.

        What it would make wrong of what is recorded, or change of what that became, is ``final``.
        """
        fact = more[0]
        before = self._lived(fact, ())
        after = self._lived(fact, more)
        problems = {problem.place: problem for problem in after.problems}
        if fact.place in problems:
            return Objection(problems[fact.place].code, problems[fact.place].wrong)
        known = {problem.place for problem in before.problems}
        if problems.keys() - known:
            made_wrong = next(each for place, each in problems.items() if place not in known)
            return Objection("final", f"it would make wrong what is recorded: {made_wrong.wrong}")
        struck = {id(each) for each in more[1:]}
        if _gone(before, after, fact.voucher) and not struck:
            return Objection("final", "it would change what a recorded event became")
        return None

    def add(self, *facts: Fact) -> None:
        """These hold."""
        self.facts += facts

    def _lived(self, fact: Fact, more: Iterable[Fact]) -> Evaluation:
        part = [each for each in self.facts if self._bears_on(each, fact)]
        state = self.evaluation.ledger_state
        facts = sorted([*part, *more], key=order)
        return evaluate(Reading(facts, []), state.event_directives, state.conditions)

    def _bears_on(self, each: Fact, fact: Fact) -> bool:
        if each.kind in _STAND_ON or fact.voucher is None or self._takes_credit(fact):
            return True
        return each.voucher == fact.voucher

    def _takes_credit(self, fact: Fact) -> bool:
        if fact.kind == "issue":
            return fact.terms.get("funding") == "credit"
        voucher = self.evaluation.vouchers.get(fact.voucher or "")
        terms = None if voucher is None else voucher.terms
        return terms is not None and terms.funding == "credit"


def _gone(before: Evaluation, after: Evaluation, voucher: str | None) -> bool:
    """Whether a recorded event of a voucher is another with a fact, or is not there any more."""
    if voucher is None or voucher not in before.vouchers:
        return False
    now = set(_became(after.vouchers[voucher].events))
    return not now.issuperset(_became(before.vouchers[voucher].events))


def _became(events: Iterable[VoucherEvent]) -> Iterator[tuple[SourceLine, str, object]]:
    """What each stated event has become, as far as money is concerned."""
    for event in events:
        if event.kind not in DERIVED:
            accepted = event.accepted if event.kind in ("reject", "void") else None
            yield event.place, event.kind, (event.amount, event.released, accepted)
