"""Facts of a message on trial: would each hold in the ledger, with those that held before it?

A voucher lives by its own facts and by what they all stand on, so it is tried by itself; only
what takes credit bears on other vouchers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.lifecycle.events import DERIVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import VoucherEvent

_CREDIT = ("credit-line", "repay")


class Objection(NamedTuple):
    """Why a fact does not hold: a code, and in words."""

    code: str
    wrong: str


class Trial:
    """A ledger, with the facts of a message that have held so far."""

    def __init__(self, facts: Iterable[Fact], evaluation: Evaluation) -> None:
        """Take all facts, and what they come to: its events and conditions are asked."""
        self.evaluation = evaluation
        self._options: list[Fact] = []
        self._parties: dict[str, list[Fact]] = {}
        self._lines: dict[_Pair, list[Fact]] = {}
        self._vouchers: dict[str, list[Fact]] = {}
        self._terms: dict[str, dict[str, Any]] = {}
        self._on_credit: dict[_Pair, dict[str, None]] = {}
        self.add(*facts)

    def add(self, *facts: Fact) -> None:
        """These hold."""
        for fact in facts:
            voucher = fact.voucher
            if voucher is not None:
                self._vouchers.setdefault(voucher, []).append(fact)
                self._note_terms(voucher, fact)
            elif fact.kind == "option":
                self._options.append(fact)
            elif fact.kind == "party":
                self._parties.setdefault(fact.ids[0], []).append(fact)
            elif fact.kind in _CREDIT:
                self._lines.setdefault(_pair(fact), []).append(fact)

    def _note_terms(self, voucher: str, fact: Fact) -> None:
        if fact.kind in ("request", "issue"):
            known = self._terms[voucher] = {**self._terms.get(voucher, {}), **fact.terms}
            if known.get("funding") == "credit":
                self._on_credit.setdefault(_pair_of(known), {})[voucher] = None

    def about(self, fact: Fact) -> list[Fact]:
        """The facts about the same voucher, or credit line."""
        if fact.voucher is not None:
            return self._vouchers.get(fact.voucher, [])
        return self._lines.get(_pair(fact), [])

    def objection(self, *more: Fact, orders: bool = False) -> Objection | None:
        """Why facts would not hold, the first of which is the one on trial.

        What it would make wrong of what is recorded, or change of what that became, is ``final``.

        Args:
            more: the facts.
            orders: whether it is the issuer's, whose order holds: what still fits with it may
                become something else, as it will for the issuer.
        """
        fact = more[0]
        part = self._part(fact)
        before, after = self._lived(part, ()), self._lived(part, more)
        problems = {problem.place: problem for problem in after.problems}
        if fact.place in problems:
            return Objection(problems[fact.place].code, problems[fact.place].wrong)
        known = {problem.place for problem in before.problems}
        if problems.keys() - known:
            made_wrong = next(each for place, each in problems.items() if place not in known)
            return Objection("final", f"it would make wrong what is recorded: {made_wrong.wrong}")
        if not orders and _gone(before, after, fact.voucher):
            return Objection("final", "it would change what a recorded event became")
        return None

    def strikes(self, fact: Fact, *more: Fact) -> bool:
        """Whether a fact would count for nothing with others."""
        return any(each is fact for each, _ in self._lived(self._part(fact), more).struck)

    def _lived(self, part: Sequence[Fact], more: Sequence[Fact]) -> Evaluation:
        parties = [
            each
            for party in dict.fromkeys(name for fact in (*part, *more) for name in _names(fact))
            for each in self._parties.get(party, [])
        ]
        state = self.evaluation.ledger_state
        facts = sorted([*self._options, *parties, *part, *more], key=order)
        return evaluate(Reading(facts, []), state.event_directives, state.conditions)

    def _part(self, fact: Fact) -> list[Fact]:
        """What bears on a fact: its voucher, and all that takes the same credit."""
        voucher = fact.voucher
        if voucher is None:
            pair = _pair(fact)
        else:
            known = self._terms.get(voucher, {})
            terms = {**known, **fact.terms} if fact.kind in ("request", "issue") else known
            if terms.get("funding") != "credit":
                return self._vouchers.get(voucher, [])
            pair = _pair_of(terms)
        named = dict.fromkeys([*self._on_credit.get(pair, {}), *([voucher] if voucher else ())])
        facts = (each for id_ in named for each in self._vouchers.get(id_, []))
        return [*self._lines.get(pair, []), *facts]


_Pair = tuple[object, object]
"""Who has a credit line, and at which bank."""


def _pair(fact: Fact) -> _Pair:
    return fact.ids[0], fact.ids[1]


def _pair_of(terms: Mapping[str, Any]) -> _Pair:
    return terms.get("policyholder"), terms.get("issuer")


def _names(fact: Fact) -> Iterator[str]:
    """All that may be the id of a party in a fact."""
    yield from fact.ids
    yield from (value for value in fact.terms.values() if isinstance(value, str))


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
