"""What the audit asks of applications and refunds: the bank's days, and the basis of a refund."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import decimals_of, exact
from beancount_voucher.directives.values import share_of
from beancount_voucher.lifecycle.days import DAY
from beancount_voucher.lifecycle.earning import rounded, unearned_of_settled
from beancount_voucher.lifecycle.events import State
from beancount_voucher.lifecycle.status import VoucherStatus

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from beancount_voucher.lifecycle.business_days import BusinessDays
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher


class LateExamination(NamedTuple):
    """An application that stands undecided for too long.

    Attributes:
        applied: its date.
        days: the business days since then.
        since: the last day on which it could be decided in time.
    """

    applied: dt.date
    days: int
    since: dt.date


def examined_late(
    limit: int, days: BusinessDays, status: VoucherStatus, as_of: dt.date
) -> LateExamination | None:
    """Whether an application stands for more business days than the bank has.

    Args:
        limit: how many, by the option ``examination-days``.
        days: those of the ledger's calendar.
        status: how the voucher stood on the day.
        as_of: the day.
    """
    if status.state is not State.APPLIED or status.applied is None:
        return None
    first = days.number(status.applied)
    passed = days.number(as_of) - first
    if passed <= limit:
        return None
    since = status.applied
    while days.number(since) < first + limit:
        since += DAY
    return LateExamination(status.applied, passed, since)


class Reckoned(NamedTuple):
    """What a refund should be by its basis."""

    refund: Decimal
    kept: Decimal


@exact
def refund_differs(voucher: Voucher) -> list[tuple[VoucherEvent, Reckoned]]:
    """The refunds of a voucher that are not what their basis comes to, with what that is."""
    if voucher.last("refund") is None:
        return []
    found = []
    status = VoucherStatus(voucher.status.zero)
    for at, event in enumerate(voucher.events):
        if event.kind == "refund" and "basis" in event.fact.terms:
            reckoned = _reckoned(voucher, voucher.events[:at], status, event)
            assert event.change is not None
            if reckoned != (event.amount, event.change.kept):
                found.append((event, reckoned))
        status.take(event)
    return found


def _reckoned(
    voucher: Voucher, before: list[VoucherEvent], status: VoucherStatus, event: VoucherEvent
) -> Reckoned:
    """What of the settled premium is unearned when a refund begins, and what share goes back."""
    assert event.change is not None
    since = event.change.since or event.date
    unearned = unearned_of_settled(voucher, status, since, before)
    share = share_of(event.fact.terms["basis"])
    if share is None:
        return Reckoned(unearned, status.zero)
    refund = rounded(Fraction(unearned) * Fraction(share), decimals_of(unearned))
    return Reckoned(refund, unearned - refund)
