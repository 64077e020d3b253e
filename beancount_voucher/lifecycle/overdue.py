"""What somebody could have decided, and has not (manual: life)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.lifecycle.verdicts import day_before, outcome_of, verdicts
from beancount_voucher.lifecycle.vouchers import OPEN, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.lifecycle.candidates import LedgerState
    from beancount_voucher.lifecycle.vouchers import Terms, VoucherStatus

_DAY = dt.timedelta(days=1)


class Overdue(NamedTuple):
    """Why a voucher is overdue.

    Attributes:
        kind: ``accept``: it should have been accepted; ``apply``: applied for; ``void``: it
            was returned, and should have been voided; ``judge``: it was applied for, and
            should have been judged.
        since: the deadline that passed, or the day from which on it could be decided.
        text: the same for a person.
    """

    kind: str
    since: dt.date
    text: str


def overdue(
    ledger_state: LedgerState, terms: Terms | None, status: VoucherStatus, as_of: dt.date
) -> Overdue | None:
    """Why a voucher is overdue on a date, or None.

    Issued past accept-by; accepted past apply-by; returned, or applied for and to be settled or
    voided, for a day or more. What waits is not overdue, nor what is unmet and may be applied
    for again.

    Args:
        ledger_state: for judging the conditions.
        terms: None for a voucher that is not issued, which is never overdue.
        status: how the voucher stands on the date.
        as_of: the date.
    """
    if status.state not in OPEN or terms is None:
        return None
    if status.returned is not None and status.returned < as_of:
        text = f"returned on {status.returned}, and not voided"
        return Overdue("void", status.returned, text)
    if status.state is State.ISSUED and as_of > terms.accept_by:
        return Overdue("accept", terms.accept_by, f"issued, past its accept-by {terms.accept_by}")
    if status.state is State.ACCEPTED and as_of > terms.apply_by:
        return Overdue("apply", terms.apply_by, f"accepted, past its apply-by {terms.apply_by}")
    if status.applied is not None and status.applied < as_of:
        return _not_judged(_Judged(ledger_state, terms, status, status.applied), as_of)
    return None


class _Judged(NamedTuple):
    """An application, to be judged on any day."""

    ledger_state: LedgerState
    terms: Terms
    status: VoucherStatus
    applied: dt.date

    def outcome(self, date: dt.date) -> str:
        return outcome_of(verdicts(self.ledger_state, self.terms, self.status, date))

    def could_be_decided(self, date: dt.date) -> bool:
        """Whether the life would settle it on a day, or void it for what is unmet."""
        if self.outcome(date) == "met":
            return True
        again = self.terms.on_unmet == "represent" and date <= self.terms.apply_by
        return date > self.applied and not again and self.outcome(day_before(date)) == "unmet"

    def turns(self, until: dt.date) -> list[dt.date]:
        """The days up to one on which the answer may change, the latest first."""
        days = {self.applied, self.applied + _DAY, *self._after(self.terms.apply_by)}
        for key, value in self.terms.conditions.items():
            if key not in BUILT_IN:  # nobody knows when it changes
                days |= {until - _DAY * each for each in range((until - self.applied).days)}
            elif isinstance(value, dt.date):
                days |= {value}
            for name in self.ledger_state.conditions[key].events(value):
                for day in self.ledger_state.event_directives.days(name):
                    days |= {day, *self._after(day)}
        return sorted((day for day in days if self.applied <= day <= until), reverse=True)

    def _after(self, date: dt.date) -> Iterator[dt.date]:
        if date != dt.date.max:
            yield date + _DAY


def _not_judged(judged: _Judged, as_of: dt.date) -> Overdue | None:
    yesterday = as_of - _DAY
    if not judged.could_be_decided(yesterday):
        return None
    since = yesterday
    for day in judged.turns(yesterday):
        if not judged.could_be_decided(day):
            break
        since = day
    outcome = judged.outcome(yesterday)
    text = f"applied for on {judged.applied}, its conditions are {outcome}"
    return Overdue("judge", since, text)
