"""Amendments: what they change, whose consent is due, and what bars them (manual: instrument).

Each guard is one sentence of the table of the life, as in ``guards``.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from beancount_voucher.conditions import is_condition_key
from beancount_voucher.directives.facts import same_value
from beancount_voucher.directives.money import MOST_DIGITS, Money, decimals_of, digits
from beancount_voucher.directives.schema import DEFAULTS, TERMS
from beancount_voucher.directives.values import listed
from beancount_voucher.directives.wording import quoted
from beancount_voucher.lifecycle.candidates import terms_of
from beancount_voucher.lifecycle.guards import (
    actor_problem,
    amount_fault,
    by_issuer,
    issuer_judges,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import Candidate
    from beancount_voucher.lifecycle.events import Change, Terms
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher


def consent_due(terms: Terms, status: VoucherStatus) -> tuple[str, ...]:
    """Whose consent an open amendment still needs: the policyholder's, the insurer's or both.

    The insurer's only where the voucher is accepted; nobody's who has asked for it, or has
    consented. No amendment is open: nobody's.
    """
    if status.open is None:
        return ()
    done = {status.open.change.requested_by, *status.open.consents}
    asked = (terms.policyholder, terms.insurer) if status.accepted else (terms.policyholder,)
    return tuple(party for party in asked if party not in done)


def amended(voucher: Voucher, fact: Fact) -> tuple[Mapping[str, object], Terms]:
    """Metadata and terms of a voucher as an amendment would leave them."""
    dropped = listed(fact.terms.get("drop", ""))
    metadata = {key: value for key, value in voucher.metadata.items() if key not in dropped}
    metadata |= {key: value for key, value in fact.terms.items() if _is_term(key)}
    return metadata, terms_of(voucher.id, fact.amount or voucher.agreed.amount, metadata)


def _is_term(key: str) -> bool:
    return key in TERMS or is_condition_key(key)


def amendment_form_problem(candidate: Candidate) -> Problem | None:
    """What is wrong with the form of an amendment, given its voucher's terms (``bad-value``)."""
    if candidate.terms is None:
        return None
    fact, before = candidate.fact, candidate.terms
    for key in listed(fact.terms.get("drop", "")):
        if key not in before.conditions:
            known = ", ".join(before.conditions) or "no drop, as none is set"
            return candidate.problem("bad-value", f"{key} is dropped, and is not set", known)
    _, after = amended(candidate.known, fact)
    if after.cover_end is not None and after.cover_start is None:
        return candidate.problem("missing-key", "cover-start is missing", "cover-start: a date")
    if after == before and not _says_more(candidate.known, fact):
        return candidate.problem("bad-value", "it changes nothing", "a term that it changes")
    return None


def _says_more(voucher: Voucher, fact: Fact) -> bool:
    """Whether it changes a term that decides nothing, such as the product."""
    return any(
        _is_term(key) and not same_value(voucher.metadata.get(key), value)
        for key, value in fact.terms.items()
        if key not in DEFAULTS or value != DEFAULTS[key] or key in voucher.metadata
    )


# --- Guards of an amendment -------------------------------------------------------------


def next_number(candidate: Candidate) -> Problem | None:
    """Its number is the last one's + 1, and no other is open."""
    status = candidate.known.status
    if status.open is not None:
        offered = status.open.event
        where = offered.place.seen_from(candidate.fact.place)
        return candidate.problem(
            "out-of-order",
            f"amendment {status.open.change.number} of {offered.date} ({where}) is still open",
            "its consent or its decline first",
        )
    number = int(candidate.fact.ids[1])
    if number != status.numbered + 1:
        return candidate.problem(
            "out-of-order", f"the amendment has number {number}", str(status.numbered + 1)
        )
    return None


def requested_by_a_party(candidate: Candidate) -> Problem | None:
    """``requested-by`` is a party of the voucher; ``by``, if it names a party, the issuer."""
    parties = dict.fromkeys(candidate.agreed.parties)
    return actor_problem(candidate, "requested-by", *parties) or by_issuer(candidate)


def amended_deadlines_in_order(candidate: Candidate) -> Problem | None:
    """The deadlines are in order, and none that it changes is before the date."""
    _, after = amended(candidate.known, candidate.fact)
    return _deadlines_problem(candidate, after)


def _deadlines_problem(candidate: Candidate, after: Terms) -> Problem | None:
    before, day = candidate.agreed, candidate.fact.date
    for key, old, new in _deadlines(before, after):
        if new is not None and new != old and new < day:
            return candidate.problem("bad-deadlines", f"{key} is {new}", f"{day} or later")
    if after.apply_by < after.accept_by:
        wrong, expected = f"apply-by is {after.apply_by}", "accept-by or later"
    elif _out_of_order(after):
        wrong, expected = f"cover-end is {after.cover_end}", "cover-start or later"
    elif after.cover_start != before.cover_start and _has_started(candidate, before):
        wrong = f"cover-start is {after.cover_start}"
        expected = f"the cover-start of a cover that has started: {_starts(candidate, before)}"
    else:
        return None
    return candidate.problem("bad-deadlines", wrong, expected)


def _deadlines(before: Terms, after: Terms) -> Iterator[tuple[str, dt.date | None, dt.date | None]]:
    yield "accept-by", before.accept_by, after.accept_by
    yield "apply-by", before.apply_by, after.apply_by
    yield "cover-start", before.cover_start, after.cover_start
    yield "cover-end", before.cover_end, after.cover_end
    yield "refund-by", before.refund_by, after.refund_by


def _out_of_order(terms: Terms) -> bool:
    start, end = terms.cover_start, terms.cover_end
    return start is not None and end is not None and end < start


def _starts(candidate: Candidate, terms: Terms) -> dt.date | None:
    return terms.cover_start or candidate.known.status.accepted


def _has_started(candidate: Candidate, terms: Terms) -> bool:
    starts = _starts(candidate, terms)
    return starts is not None and starts <= candidate.fact.date


def amount_or_nothing(candidate: Candidate) -> Problem | None:
    """An amount of money, or none: zero or more."""
    fact = candidate.fact
    fault = amount_fault(fact, fact.ids[0] + ": ", zero_allowed=True)
    if fault is not None or fact.amount is None:
        return fault
    whole = max(fact.amount.number, candidate.agreed.amount.number)
    if digits(whole, max(_numbers(candidate), key=decimals_of)) > MOST_DIGITS:
        return candidate.problem(
            "bad-amount", f"the amount is {fact.amount}", f"at most {MOST_DIGITS} digits"
        )
    return None


def _numbers(candidate: Candidate) -> Iterator[Decimal]:
    """Every number that is written of a voucher."""
    for fact in (candidate.fact, *(event.fact for event in candidate.known.events)):
        if fact.amount is not None:
            yield fact.amount.number


def not_below_settled(candidate: Candidate) -> Problem | None:
    """Amount ≥ settled + applied for."""
    amount = candidate.fact.amount
    return None if amount is None else _below_settled(candidate, amount)


def _below_settled(candidate: Candidate, amount: Money) -> Problem | None:
    status = candidate.known.status
    applied = status.zero if status.application is None else status.application.amount
    if amount.number >= status.settled + applied:
        return None
    return candidate.problem(
        "below-settled",
        f"amended to {amount}",
        f"at least the {status.settled} settled and the {applied} applied for",
    )


@issuer_judges
def enough_credit_for_increase(candidate: Candidate) -> Problem | None:
    """Credit: enough free line for an increase."""
    terms, amount = candidate.agreed, candidate.fact.amount
    if terms.funding != "credit" or amount is None:
        return None
    more = amount.number - terms.amount.number
    line = candidate.ledger_state.lines.asked(terms.credit_line, candidate.fact, more)
    available = line.available_on(candidate.fact.date)
    if more <= max(available, 0 * more):
        return None
    return candidate.problem(
        "insufficient-credit",
        f"{more} {amount.currency} more is more than the free credit line of "
        f"{terms.policyholder} with {terms.issuer}",
        f"at most {available} {amount.currency} ({line})",
    )


# --- Guards of its answers --------------------------------------------------------------


def is_open(candidate: Candidate) -> Problem | None:
    """The amendment of that number is open."""
    number, status = int(candidate.fact.ids[1]), candidate.known.status
    if status.open is not None and status.open.change.number == number:
        return None
    known = "none is" if status.open is None else f"amendment {status.open.change.number} is"
    return candidate.problem(
        "out-of-order", f"amendment {number} is not open", f"an open one; {known}"
    )


def by_who_must_consent(candidate: Candidate) -> Problem | None:
    """``by`` is one whose consent is due."""
    due, by = consent_due(candidate.agreed, candidate.known.status), candidate.fact.terms["by"]
    if by in due:
        return None
    return candidate.problem(
        "wrong-actor", f"by is {quoted(by)}, whose consent is not due", " or ".join(due)
    )


def in_time_to_consent(candidate: Candidate) -> Problem | None:
    """Date ≤ apply-by as it stood."""
    limit = candidate.agreed.apply_by
    if candidate.fact.date <= limit:
        return None
    return candidate.problem(
        "consent-late",
        f"consented on {candidate.fact.date}, after its apply-by",
        f"{limit} at the latest (issued on {candidate.event_stands('issue')})",
    )


def may_take_effect(
    judge: Callable[[Candidate, Change], Problem | None],
) -> Callable[[Candidate], Problem | None]:
    """A guard that is asked of the last consent only, as it makes the amendment effective."""

    @wraps(judge, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def guard(candidate: Candidate) -> Problem | None:
        status = candidate.known.status
        assert status.open is not None
        if consent_due(candidate.agreed, status) != (candidate.fact.terms["by"],):
            return None
        return judge(candidate, status.open.change)

    return guard


@may_take_effect
def deadlines_at_effect(candidate: Candidate, change: Change) -> Problem | None:
    """What it changes of the cover is still to come on the day of the last consent."""
    before = candidate.agreed
    assert change.terms is not None
    covered = before._replace(
        cover_start=change.terms.cover_start, cover_end=change.terms.cover_end
    )
    return _deadlines_problem(candidate, covered)


@may_take_effect
def settled_at_effect(candidate: Candidate, change: Change) -> Problem | None:
    """No more has been settled meanwhile."""
    assert change.terms is not None
    return _below_settled(candidate, change.terms.amount)
