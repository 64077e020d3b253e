"""What the life offers a voucher from where it stands (manual: life)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.facts import Fact
from beancount_voucher.lifecycle import transitions
from beancount_voucher.lifecycle.amendments import consent_due
from beancount_voucher.lifecycle.candidates import candidate_of
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN, last_stated

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.transitions import Transition
    from beancount_voucher.lifecycle.vouchers import Voucher


def next_steps(
    evaluation: Evaluation, voucher: Voucher, as_of: dt.date
) -> Iterator[tuple[str, Problem | None]]:
    """What the life offers a voucher from its state: each event, and what bars it if anything.

    Args:
        evaluation: what the facts come to.
        voucher: any voucher.
        as_of: the day; a voucher's last event moves it on.
    """
    date = max(as_of, last_stated(voucher).date)
    for rule in transitions.TRANSITIONS:
        if voucher.status.state not in rule.states or not _is_offered(rule, voucher):
            continue
        if rule.event in ("issue", "amend", "refund"):
            yield rule.name, None  # its terms will tell
            continue
        fact = _next_fact(rule, voucher, date)
        candidate = candidate_of(evaluation.ledger_state, fact)
        if rule.takes(candidate.state, candidate.terms):
            ruled = transitions.rule_or_problem(candidate)
            yield rule.name, ruled if isinstance(ruled, Problem) else None


def _is_offered(rule: Transition, voucher: Voucher) -> bool:
    """Whether an event makes sense as the voucher stands."""
    status = voucher.status
    if (rule.event, rule.reason) in _WHERE_GIVEN_BACK:
        return _WHERE_GIVEN_BACK[rule.event, rule.reason](status)
    if rule.event in ("consent", "decline"):
        return status.open is not None
    if rule.event == "amend":
        return status.open is None and status.returned is None
    if rule.event in ("release", "refund"):
        return bool(status.refundable if rule.event == "refund" else status.settled)
    if rule.event == "discrepancy":
        return voucher.agreed.on_unmet == "represent"
    return rule.event != "void" or not status.settled


_WHERE_GIVEN_BACK: dict[tuple[str, str | None], Callable[[VoucherStatus], bool]] = {
    ("recall", None): lambda _status: False,  # a bank asks for it back where it would void it
    ("surrender", None): lambda status: status.recalled is not None,
    ("void", "surrendered"): lambda status: status.surrendered is not None and not status.settled,
}
"""Where it makes sense to tell of what two banks ask each other."""


def _next_fact(rule: Transition, voucher: Voucher, date: dt.date) -> Fact:
    """The event that a row of the life would be for a voucher."""
    terms = {} if rule.reason is None else {"reason": rule.reason}
    ids: tuple[str, ...] = (voucher.id,)
    if rule.event in ("consent", "decline"):
        amendment = voucher.status.open
        assert amendment is not None
        ids = voucher.id, str(amendment.change.number)
        terms = {"by": next(iter(consent_due(voucher.agreed, voucher.status)))}
    return Fact(rule.event, date, ids, None, terms, NOT_WRITTEN)
