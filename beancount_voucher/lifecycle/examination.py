"""What the audit asks of applications and refunds: the bank's days, and the basis of a refund."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import exact
from beancount_voucher.directives.values import share_of
from beancount_voucher.lifecycle.earning import (
    day_before,
    decimals_of,
    rounded,
    schedule_of,
)
from beancount_voucher.lifecycle.overdue import examinable_since
from beancount_voucher.lifecycle.vouchers import State, VoucherStatus

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_voucher.lifecycle.candidates import LedgerState
    from beancount_voucher.lifecycle.vouchers import Terms, Voucher, VoucherEvent

_WEEK, _WORKED = 7, 5


class LateExamination(NamedTuple):
    """An application that stands undecided for too long.

    Attributes:
        applied: its date.
        begun: the day from which on it could be examined: later, where it waited first.
        days: the business days since then.
        since: the last day on which it could be decided in time.
    """

    applied: dt.date
    begun: dt.date
    days: int
    since: dt.date

    @property
    def text(self) -> str:
        """The same for a person."""
        waited = "" if self.begun == self.applied else f", waiting until {self.begun}"
        return f"applied for on {self.applied}{waited}, {self.days} business days ago"


def business_days(after: dt.date, until: dt.date) -> int:
    """The days from Monday to Friday after one day up to and including another."""
    whole, rest = divmod(max((until - after).days, 0), _WEEK)
    first = after.weekday() + 1
    return whole * _WORKED + sum((first + more) % _WEEK < _WORKED for more in range(rest))


def examined_late(
    ledger_state: LedgerState, terms: Terms | None, status: VoucherStatus, as_of: dt.date
) -> LateExamination | None:
    """Whether an application stands for more business days than ``examination-days``.

    Days on which a condition waits do not count: nobody could have decided.

    Args:
        ledger_state: for the option, and for judging the conditions.
        terms: None for a voucher that is not issued.
        status: how the voucher stood on the day.
        as_of: the day.
    """
    limit = ledger_state.options["examination-days"]
    if limit == "off" or terms is None or status.state is not State.APPLIED:
        return None
    begun = examinable_since(ledger_state, terms, status, as_of)
    if begun is None:
        return None
    days = business_days(begun, as_of)
    if days <= int(limit):
        return None
    since = begun
    while business_days(begun, since) < int(limit):
        since += dt.timedelta(days=1)
    assert status.applied is not None
    return LateExamination(status.applied, begun, days, since)


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
    earned = schedule_of(voucher, before).earned_by(day_before(since), status.in_force)
    unearned = status.refundable - earned
    share = share_of(event.fact.terms["basis"])
    if share is None:
        return Reckoned(unearned, status.zero)
    refund = rounded(Fraction(unearned) * Fraction(share), decimals_of(unearned))
    return Reckoned(refund, unearned - refund)
