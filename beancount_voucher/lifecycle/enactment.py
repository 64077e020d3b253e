"""What a fact that the life allows becomes: the event, and what it does to a credit line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.lifecycle.amendments import amended
from beancount_voucher.lifecycle.events import Change, State, VoucherEvent
from beancount_voucher.lifecycle.instrument_guards import kept_of, refunded_since

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import Candidate
    from beancount_voucher.lifecycle.credit_lines import CreditLine
    from beancount_voucher.lifecycle.earning import Schedule
    from beancount_voucher.lifecycle.transitions import Transition
    from beancount_voucher.lifecycle.vouchers import Voucher


def cover_starts(voucher: Voucher) -> dt.date | None:
    """The day on which cover starts: cover-start, or acceptance where there is none."""
    if voucher.terms is None or voucher.terms.cover_start is None:
        return voucher.status.accepted
    return voucher.terms.cover_start


def event_of(
    candidate: Candidate, rule: Transition, voucher: Voucher, schedule: Schedule | None
) -> VoucherEvent:
    """The event that a fact becomes.

    Args:
        candidate: the fact.
        rule: the row of the life that allows it.
        voucher: its voucher, before the event.
        schedule: how its premium earns; None where earning is not posted.
    """
    fact, status = candidate.fact, voucher.status
    state = status.state if rule.becomes is None else rule.becomes
    recognised = bool(status.recognised)
    make = _CHANGES.get(fact.kind)
    change = None if make is None else make(candidate, voucher)
    amount = _amount(candidate, voucher)
    settles = fact.kind == "settle"
    rest = settles and state is State.SETTLED
    released = status.held - amount if rest else status.zero
    advance = settles and not recognised and _before_cover(candidate, voucher)
    moved = amount, released, status.accepted is not None, recognised, advance, change
    event = VoucherEvent(fact.kind, fact.date, fact, state, *moved)  # names take twice as long
    return event if schedule is None else without_earned(event, voucher, schedule)


def _amount(candidate: Candidate, voucher: Voucher) -> Decimal:
    kind = candidate.fact.kind
    if kind in ("request", "issue"):
        return voucher.amount.number
    if kind in ("apply", "settle", "refund"):
        return candidate.amount.number
    if kind == "amend":
        more = candidate.fact.amount
        zero = voucher.status.zero
        return zero if more is None else max(zero, more.number - voucher.status.amount)
    return voucher.status.offered if kind == "decline" else voucher.status.held


def _before_cover(candidate: Candidate, voucher: Voucher) -> bool:
    """Whether what is settled is an advance premium."""
    starts = cover_starts(voucher)
    separate = candidate.ledger_state.options["advance-premium"] == "separate"
    return separate and starts is not None and candidate.fact.date < starts


def _amended(candidate: Candidate, voucher: Voucher) -> Change:
    fact = candidate.fact
    metadata, terms = amended(voucher, fact)
    asked = fact.terms.get("requested-by", terms.policyholder)
    return Change(int(fact.ids[1]), terms, metadata, asked)


def _refunded(candidate: Candidate, voucher: Voucher) -> Change:
    """Where a refund comes from, and where it goes: to the loan as far as any is drawn."""
    fact, status, terms = candidate.fact, voucher.status, voucher.agreed
    number, kept = candidate.amount.number, kept_of(fact)
    whole = number if kept is None else number + kept.number
    zero = status.zero
    to_loan = zero
    if fact.terms.get("to", "loan" if terms.funding == "credit" else "bank") == "loan":
        line = candidate.ledger_state.lines.asked(terms.credit_line, fact, number)
        to_loan = min(number, max(line.drawn, zero))
    return Change(
        kept=zero if kept is None else kept.number,
        to_loan=to_loan,
        from_advance=min(whole, max(status.advance, zero)),
        since=refunded_since(fact),
    )


_CHANGES = {"amend": _amended, "refund": _refunded}
"""What events of the whole instrument say beside their amount."""


def effect_of(voucher: Voucher, fact: Fact, schedule: Schedule | None) -> VoucherEvent:
    """An open amendment takes effect by a fact: itself, or the last consent.

    Amended to zero the voucher is void; amended down to what is settled it is settled.
    """
    status = voucher.status
    assert status.open is not None
    change = status.open.change
    assert change.terms is not None
    more = change.terms.amount.number - status.amount
    state = status.state
    if not status.held + more:
        state = State.SETTLED if status.settled else State.VOIDED
    event = VoucherEvent(
        kind="effect",
        date=fact.date,
        fact=fact,
        state=state,
        amount=more,
        accepted=status.accepted is not None,
        recognised=bool(status.recognised),
        change=change,
    )
    return event if schedule is None else without_earned(event, voucher, schedule)


def lapse_of(voucher: Voucher, date: dt.date) -> VoucherEvent:
    """An open amendment falls away as the voucher ends."""
    status = voucher.status
    assert status.open is not None
    return VoucherEvent("lapse", date, status.open.event.fact, status.state, status.offered)


def without_earned(event: VoucherEvent, voucher: Voucher, schedule: Schedule) -> VoucherEvent:
    """An event with what of the premium earned before it reverses: what is not in force any more.

    A refund reverses what it has earned since its first day, too.
    """
    status = voucher.status
    if not status.earned:
        return event
    change = event.change or Change()
    less = _less_in_force(event, change)
    if less is None:
        return event
    in_force = status.zero if event.state is State.VOIDED else status.in_force - less
    stays = in_force
    if event.kind == "refund":
        # Rounded as of the day that was posted last; no rounding leaves more than is in force.
        stays = min(schedule.after(event).earned_by(schedule.posted, in_force), in_force)
    unearned = max(status.earned - max(stays, status.zero), status.zero)
    return event._replace(change=change._replace(unearned=unearned)) if unearned else event


def _less_in_force(event: VoucherEvent, change: Change) -> Decimal | None:
    """By how much an event lowers the premium in force; None: it does not touch it."""
    if event.kind == "refund":
        return event.amount + change.kept
    if event.kind == "settle":
        return event.released
    return {"effect": -event.amount, "release": event.amount, "void": event.amount}.get(event.kind)


MOVES_LINES = frozenset(
    (
        *("issue", "amend", "decline", "lapse", "effect"),
        *("settle", "void", "reject", "release", "refund"),
    )
)
"""The events that may move a credit line."""


def move_line(line: CreditLine, voucher: Voucher, event: VoucherEvent) -> None:
    """What an event does to the credit line of its voucher, whose status is that before it.

    Args:
        line: of the voucher's policyholder and issuer.
        voucher: funded by credit, or by cash and refunded to the loan.
        event: of it.
    """
    kind, change = event.kind, event.change
    if kind == "refund":
        assert change is not None
        line.drawn -= change.to_loan
    elif kind in ("issue", "amend"):
        line.frozen += event.amount
    elif kind in ("decline", "lapse"):
        line.frozen -= event.amount
    elif kind == "effect":
        line.free(event.date, max(-event.amount, voucher.status.zero))
    elif kind == "settle":
        line.frozen -= event.amount + event.released
        line.drawn += event.amount
    else:  # a void, a rejection, a release
        line.frozen -= voucher.status.held
