"""Deadlines that pass, and what a voucher may be voided for then (manual: life)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.schema import VOID_REASONS
from beancount_voucher.lifecycle import transitions

if TYPE_CHECKING:
    import datetime as dt

    from beancount_voucher.lifecycle.events import Terms
    from beancount_voucher.lifecycle.status import VoucherStatus


def lateness(status: VoucherStatus, terms: Terms, as_of: dt.date) -> str | None:
    """The reason to void a voucher whose deadline has passed, or None."""
    for states, reason in _FOR_LATENESS:
        deadline = deadline_of(reason, terms)
        if status.state in states and deadline is not None and as_of > deadline:
            return reason
    return None


_FOR_LATENESS = tuple(
    (rule.states, rule.reason)
    for rule in transitions.TRANSITIONS
    if rule.reason is not None and VOID_REASONS[rule.reason].deadline
)


def deadline_of(reason: str, terms: Terms) -> dt.date | None:
    """The last day before a void for a reason, where it is for lateness."""
    term = VOID_REASONS[reason].deadline
    return (
        None if term is None else {"accept-by": terms.accept_by, "apply-by": terms.apply_by}[term]
    )
