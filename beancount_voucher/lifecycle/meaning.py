"""What a directive means, however it is written; and whether a ledger says it already.

The whole amount may be written or left out, and so may a term that is as it would be without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.facts import same_value
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import DEFAULTS, DIRECTIVES
from beancount_voucher.lifecycle.events import DERIVED
from beancount_voucher.lifecycle.status import VoucherStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import Candidate
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher

_DEFAULTS: dict[str, str] = {**DEFAULTS, "requested-by": "policyholder"}
"""What a key of a request or an issue says that is left out."""


class _Meaning(NamedTuple):
    amount: Money | None
    terms: Mapping[str, Any]

    def is_that_of(self, other: _Meaning) -> bool:
        return (
            self.amount == other.amount
            and self.terms.keys() == other.terms.keys()
            and all(same_value(value, other.terms[key]) for key, value in self.terms.items())
        )


def _meaning(
    fact: Fact, metadata: Mapping[str, Any], whole: Money | None, voucher: Voucher | None
) -> _Meaning:
    terms = dict(metadata)
    if fact.kind == "amend" and voucher is not None and voucher.terms is not None:
        terms.setdefault("requested-by", voucher.terms.policyholder)
    elif fact.kind == "refund":
        terms.setdefault("from", fact.date)
    if fact.kind in ("request", "issue"):
        for key, default in _DEFAULTS.items():
            if key in DIRECTIVES[fact.kind].keys:
                terms.setdefault(key, default)
        if "issuer" in terms:
            terms.setdefault("acceptor", terms["issuer"])
    return _Meaning(whole if fact.amount is None else fact.amount, terms)


def mean_the_same(candidates: Iterable[Candidate]) -> bool:
    """Whether facts of one kind, day and voucher mean the same, so that the first counts."""
    meanings = [_of(candidate) for candidate in candidates]
    return all(meaning.is_that_of(meanings[0]) for meaning in meanings)


def _of(candidate: Candidate) -> _Meaning:
    fact, voucher = candidate.fact, candidate.voucher
    whole = None if voucher is None else _whole(fact, voucher, voucher.status)
    return _meaning(fact, candidate.metadata or fact.terms, whole, voucher)


def _whole(fact: Fact, voucher: Voucher, status: VoucherStatus) -> Money | None:
    """What a fact without an amount stands for."""
    if fact.kind == "settle" and status.application is not None:
        return Money(status.application.amount, voucher.amount.currency)
    whole = {"apply": status.held, "amend": status.amount}.get(fact.kind)
    return None if whole is None else Money(whole, voucher.amount.currency)


def recorded(
    vouchers: Mapping[str, Voucher],
    facts: Iterable[Fact],
    problems: Iterable[Problem],
    fact: Fact,
) -> Fact | None:
    """The fact of a ledger that says the same and counts, if there is one.

    Args:
        vouchers: what the facts of the ledger come to.
        facts: these facts.
        problems: what is wrong with some of them, which do not count.
        fact: what somebody is about to record.
    """
    if not DIRECTIVES[fact.kind].concerns_voucher:
        refused = {problem.place for problem in problems}
        alike = (each for each in facts if each.is_about_the_same(fact))
        return next(
            (each for each in alike if each.says_the_same(fact) and each.place not in refused), None
        )
    voucher = vouchers.get(fact.ids[0])
    if voucher is None:
        return None
    status = VoucherStatus(voucher.status.zero)
    asked: Mapping[str, Any] = {}
    for event in voucher.events:
        if event.kind == fact.kind and event.fact.is_about_the_same(fact):
            whole = _whole(fact, voucher, status)
            given, stands = (
                _meaning(each, {**asked, **each.terms}, whole, voucher)
                for each in (fact, event.fact)
            )
            if given.is_that_of(stands):
                return event.fact
        if event.kind == "request":
            asked = event.fact.terms if fact.kind == "issue" else {}
        status.take(event)
    return None


def decided(voucher: Voucher, fact: Fact) -> VoucherEvent | None:
    """The event that has decided about a voucher as a fact would, on its day or any other.

    By the same reason, or of the same amount; by whom, only where the fact says it. What came
    after a decision of that very day does not undo it, and a refund undoes none.
    """
    stated = [each for each in reversed(voucher.events) if each.kind not in (*DERIVED, "refusal")]
    that_day = (each for each in stated if each.kind == fact.kind and each.date == fact.date)
    standing = (each for each in stated if each.kind != "refund")
    event = next(that_day, None) or next(standing)
    terms = event.fact.terms
    if event.kind != fact.kind or any(terms.get(key) != each for key, each in fact.terms.items()):
        return None
    amount = None if fact.amount is None else fact.amount.number
    return event if amount in (None, event.amount) or fact.kind == "void" else None
