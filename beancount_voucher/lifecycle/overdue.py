"""What somebody could have decided, and has not; and what nobody can decide yet (manual: life)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.lifecycle.days import DAY, day_after, day_before
from beancount_voucher.lifecycle.events import OPEN, State
from beancount_voucher.lifecycle.verdicts import outcome_of, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount_voucher.lifecycle.candidates import LedgerState
    from beancount_voucher.lifecycle.events import Terms
    from beancount_voucher.lifecycle.status import VoucherStatus


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


WAITS: dict[str, str] = {
    "acceptance": "waiting for acceptance until {until}",
    "application": "waiting for an application until {until}",
    "new-application": "waiting for a new application until {until}",
    "conditions": "waiting for its conditions until {until}",
    "conditions-open": "waiting for its conditions",
    "void": "unmet, to be voided from {until} on",
}
"""What an open voucher may wait for, and how a person is told."""


class Waiting(NamedTuple):
    """What an open voucher waits for, while nobody can decide about it.

    Attributes:
        kind: a key of ``WAITS``.
        until: the last day for what it waits for; of its conditions, and of a void, the first on
            which it can be decided. None where only a condition of another package knows.
        because: the conditions that are not met, each with its reason; empty where none matters.
    """

    kind: str
    until: dt.date | None
    because: str = ""

    @property
    def text(self) -> str:
        """The same for a person."""
        return WAITS[self.kind].format(until=self.until)


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


def waiting(
    ledger_state: LedgerState, terms: Terms | None, status: VoucherStatus, as_of: dt.date
) -> Waiting | None:
    """What an open voucher waits for on a date; None where somebody can decide, or nobody need.

    The arguments are those of ``overdue``; what waits is never overdue.
    """
    if status.state not in OPEN or terms is None or status.returned is not None:
        return None
    if status.applied is not None:
        return _application_waits(_Judged(ledger_state, terms, status, status.applied), as_of)
    issued = status.state is State.ISSUED
    until = terms.accept_by if issued else terms.apply_by
    return Waiting("acceptance" if issued else "application", until) if as_of <= until else None


def _application_waits(judged: _Judged, as_of: dt.date) -> Waiting | None:
    if judged.could_be_decided(as_of):
        return None
    outcome = judged.outcome(as_of)
    because = judged.because(outcome, as_of)
    if outcome == "waiting":
        until = judged.waits_until(as_of)
        return Waiting("conditions-open" if until is None else "conditions", until, because)
    if judged.may_come_again(as_of):
        return Waiting("new-application", judged.terms.apply_by, because)
    return Waiting("void", day_after(as_of), because)


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
        again = self.may_come_again(date)
        return date > self.applied and not again and self.outcome(day_before(date)) == "unmet"

    def may_come_again(self, date: dt.date) -> bool:
        """Whether a new application may replace it on a day."""
        return self.terms.on_unmet == "represent" and date <= self.terms.apply_by

    def because(self, outcome: str, date: dt.date) -> str:
        """The conditions with an outcome, and why."""
        judged = verdicts(self.ledger_state, self.terms, self.status, date)
        return "; ".join(f"{key}: {v.reason}" for key, v in judged.items() if v.outcome == outcome)

    def waits_until(self, date: dt.date) -> dt.date | None:
        """The day on which the last condition that waits is met, as far as the calendar tells."""
        judged = verdicts(self.ledger_state, self.terms, self.status, date)
        waits = [key for key, verdict in judged.items() if verdict.outcome == "waiting"]
        if any(key not in BUILT_IN for key in waits):
            return None
        last: dt.date = max(self.terms.conditions[key] for key in waits)
        return last

    def since(self, holds: Callable[[dt.date], bool], until: dt.date) -> dt.date | None:
        """The first of the days up to one on all of which something holds; None if on none."""
        if not holds(until):
            return None
        since = until
        for day in self.turns(until):
            if not holds(day):
                break
            since = day
        return since

    def turns(self, until: dt.date) -> list[dt.date]:
        """The days up to one on which the answer may change, the latest first."""
        days = {self.applied, day_after(self.applied), day_after(self.terms.apply_by)}
        for key, value in self.terms.conditions.items():
            if key not in BUILT_IN:  # nobody knows when it changes
                days |= {until - DAY * each for each in range((until - self.applied).days)}
            elif isinstance(value, dt.date):
                days |= {value}
            for name in self.ledger_state.conditions[key].events(value):
                for day in self.ledger_state.event_directives.days(name):
                    days |= {day, day_after(day)}
        return sorted((day for day in days if self.applied <= day <= until), reverse=True)


def _not_judged(judged: _Judged, as_of: dt.date) -> Overdue | None:
    yesterday = as_of - DAY
    since = judged.since(judged.could_be_decided, yesterday)
    if since is None:
        return None
    outcome = judged.outcome(yesterday)
    decided = "settled" if outcome == "met" else "voided"
    text = (
        f"applied for on {judged.applied}, its conditions are {outcome}; "
        f"it could be {decided} since {since}"
    )
    return Overdue("judge", since, text)
