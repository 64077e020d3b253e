"""Facts that hold in either branch, and not in both together."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.facts import Fact, Reading, order
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import DIRECTIVES, TERM_PARTIES
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.review.three_way import Dispute, Three, without

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from beancount_voucher.review.blocks import Block

_PLACE = re.compile(r" \(line [0-9]+\)| at line [0-9]+")
"""The lines of three files mean nothing to a reader of the fourth."""

_ENOUGH = Decimal(10) ** 20
"""The limit of a credit line that stands in another file."""


def contradictions(
    three: Three, merged: Sequence[Block], known: Sequence[Dispute]
) -> Iterator[Dispute]:
    """Facts that hold in either branch and not in both together, by voucher."""
    facts = [each.fact for side in (three.base, three.ours, three.theirs) for each in side.values()]
    context = list(_stand_ins([fact for fact in facts if fact is not None]))
    ours, theirs = (_problems(side.values(), context) for side in (three.ours, three.theirs))
    both = _touched(three.our_new, three.base, three.ours) & _touched(
        three.their_new, three.base, three.theirs
    )
    disputed = {id(each) for dispute in known for each in (*dispute.ours, *dispute.theirs)}
    told = {_subject(each) for each in merged if id(each) in disputed and each.fact is not None}
    new = _by_subject(three.our_new), _by_subject(three.their_new)
    broken = {each.partition(":")[0] for each in (*ours.values(), *theirs.values())}
    for voucher in sorted(both - told):
        if voucher in broken:
            told.add(voucher)
            message = "both branches change it, and this file alone does not tell whether they may"
            yield _about(voucher, f"{voucher}: {message}", *new)
    subjects = {each.key[0]: _subject(each) for each in merged if each.fact is not None}
    for said, message in _problems(merged, context).items():
        subject = subjects[said]
        if said not in ours and said not in theirs and subject not in told:
            told.add(subject)
            yield _about(subject, message, *new)


def _touched(
    new: Iterable[Block], base: dict[Hashable, Block], side: dict[Hashable, Block]
) -> set[str]:
    """The vouchers that a branch has new facts about, or took facts from."""
    changed = [*new, *without(base, side)]
    return {
        each.fact.ids[0]
        for each in changed
        if each.fact is not None and DIRECTIVES[each.fact.kind].concerns_voucher
    }


def _by_subject(new: Iterable[Block]) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for each in new:
        if each.fact is not None:
            found.setdefault(_subject(each), []).append(each)
    return found


def _about(
    subject: str, message: str, ours: dict[str, list[Block]], theirs: dict[str, list[Block]]
) -> Dispute:
    return Dispute(message, ours.get(subject, []), theirs.get(subject, []))


def _subject(block: Block) -> str:
    assert block.fact is not None
    return block.fact.ids[0]


def _problems(side: Iterable[Block], context: Sequence[Fact]) -> dict[Hashable, str]:
    """What breaks a rule in the facts of one file, by what they say.

    Not by block: which of two that say the same counts is told by lines of different files.
    """
    of = {id(each.fact.entry): each for each in side if each.fact is not None}
    facts = sorted([*(each.fact for each in of.values() if each.fact), *context], key=order)
    evaluation = evaluate(Reading(facts, []), EventDirectives(), installed())
    return {
        of[id(problem.entry)].key[0]: _PLACE.sub("", problem.message)
        for problem in evaluation.problems
        if id(problem.entry) in of
    }


def _stand_ins(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Parties and credit lines that stand in another file, so that this one can be judged."""
    declared = {fact.ids[0] for fact in facts if fact.kind == "party"}
    lines = {fact.subject for fact in facts if fact.kind == "credit-line"}
    for fact in facts:
        for party, role in _parties(fact):
            if party not in declared:
                declared.add(party)
                yield _stand_in("party", (party, role), None)
    for fact in facts:
        pair = fact.terms.get("policyholder"), fact.terms.get("issuer")
        if fact.kind == "issue" and fact.amount is not None and None not in pair:
            line = (*map(str, pair), fact.amount.currency)
            if line not in lines:
                lines.add(line)
                yield _stand_in("credit-line", line[:2], Money(_ENOUGH, fact.amount.currency))


def _parties(fact: Fact) -> Iterator[tuple[str, str]]:
    if fact.kind in ("credit-line", "repay"):
        yield from zip(fact.ids, ("policyholder", "bank"), strict=True)
    for key, role in TERM_PARTIES.items():
        if key in fact.terms:
            yield fact.terms[key], role


def _stand_in(kind: str, ids: tuple[str, ...], amount: Money | None) -> Fact:
    return Fact(kind, dt.date.min, ids, amount, {}, NOT_WRITTEN)
