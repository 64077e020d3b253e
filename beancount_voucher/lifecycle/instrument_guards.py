"""The guards of draws, withdrawal, discrepancy, release and refund (manual: instrument).

Each is one sentence of the table of the life, as in ``guards``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.money import MEMO, MOST_DIGITS, Money, digits
from beancount_voucher.lifecycle.earning import unearned_of_settled
from beancount_voucher.lifecycle.guards import (
    actor_problem,
    issuer_judges,
    past_apply_by,
    past_apply_by_if_represented,
    some_condition_unmet,
)

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import Candidate


def nothing_settled(candidate: Candidate) -> Problem | None:
    """Nothing is settled: otherwise what is left is released."""
    return a_release_is_meant(candidate) if candidate.known.status.settled else None


def a_release_is_meant(candidate: Candidate) -> Problem:
    """Why what was drawn on is not voided."""
    return candidate.problem(
        "out-of-order",
        f"void of a voucher of which {candidate.known.status.settled} is settled",
        "a voucher-release of what is left",
    )


def something_settled(candidate: Candidate) -> Problem | None:
    """Something is settled."""
    if candidate.known.status.settled:
        return None
    return candidate.problem(
        "out-of-order",
        f"{candidate.fact.kind} of a voucher of which nothing is settled",
        "a settlement before it"
        + (", or a voucher-void" if candidate.fact.kind == "release" else ""),
    )


def released_by_insurer_or_issuer(candidate: Candidate) -> Problem | None:
    """``by``, if it names a party, is the insurer or the issuer."""
    if candidate.fact.terms.get("by") not in candidate.ledger_state.parties:
        return None
    return actor_problem(candidate, "by", candidate.agreed.insurer, candidate.agreed.issuer)


def by_insurer_returned_or_expired(candidate: Candidate) -> Problem | None:
    """By the insurer any time; else date > apply-by, a return notice, or a surrender."""
    by_insurer = candidate.fact.terms.get("by") == candidate.agreed.insurer
    if by_insurer or _is_back(candidate):
        return None
    return past_apply_by(candidate)


def returned_or_unmet(candidate: Candidate) -> Problem | None:
    """A return notice, a surrender, or some condition unmet as for a void conditions-unmet."""
    if _is_back(candidate):
        return None
    return past_apply_by_if_represented(candidate) or some_condition_unmet(candidate)


def _is_back(candidate: Candidate) -> bool:
    """Whether the insurance was returned, or the voucher given back."""
    status = candidate.known.status
    return status.returned is not None or status.surrendered is not None


def under_represent(candidate: Candidate) -> Problem | None:
    """``on-unmet`` is represent: otherwise it is voided."""
    if candidate.agreed.on_unmet == "represent":
        return None
    return candidate.problem(
        "out-of-order",
        "discrepancy of a voucher that may not be applied for again",
        'on-unmet: "represent", or a voucher-void with reason "conditions-unmet"',
    )


def this_application(candidate: Candidate) -> Problem | None:
    """``application``, if given, is the date of the one that stands."""
    given, stands = candidate.fact.terms.get("application"), candidate.known.status.applied
    if given is None or given == stands:
        return None
    return candidate.problem(
        "out-of-order",
        f"the application is dated {given}",
        f"the one that stands, of {candidate.event_stands('apply')}",
    )


def by_none_but_issuer(candidate: Candidate) -> Problem | None:
    """``by``, if given, is the issuer."""
    return actor_problem(candidate, "by", candidate.agreed.issuer)


# --- Refund -----------------------------------------------------------------------------


def kept_of(fact: Fact) -> Money | None:
    """What the insurer keeps, if a refund says so."""
    kept = fact.terms.get("kept")
    return None if kept is None else Money(kept.number, kept.currency)


def _given_up(candidate: Candidate) -> Decimal:
    """What is refunded and kept."""
    kept = kept_of(candidate.fact)
    return candidate.amount.number + (0 if kept is None else kept.number)


def cover_for_basis(candidate: Candidate) -> Problem | None:
    """Where a basis is to be checked, both dates of the cover are agreed (``missing-key``)."""
    terms = candidate.terms
    if "basis" not in candidate.fact.terms or terms is None:
        return None
    if terms.cover_start is not None and terms.cover_end is not None:
        return None
    missing = "cover-start" if terms.cover_start is None else "cover-end"
    return candidate.problem(
        "missing-key", f"{missing} is missing, and the basis needs it", f"{missing}: a date"
    )


def refund_in_time(candidate: Candidate) -> Problem | None:
    """Date ≤ refund-by, if there is one."""
    limit = candidate.agreed.refund_by
    if limit is None or candidate.fact.date <= limit:
        return None
    return candidate.problem(
        "refund-late",
        f"refunded on {candidate.fact.date}, after its refund-by",
        f"{limit} at the latest",
    )


def kept_not_negative(candidate: Candidate) -> Problem | None:
    """``kept`` ≥ 0."""
    kept = kept_of(candidate.fact)
    if kept is None:
        return None
    if kept.number < 0:
        return candidate.problem("bad-amount", f"kept is {kept}", "zero or more")
    if digits(candidate.agreed.amount.number, kept.number) > MOST_DIGITS:
        return candidate.problem("bad-amount", f"kept is {kept}", f"at most {MOST_DIGITS} digits")
    if kept.currency != candidate.agreed.amount.currency:
        memo = " (a memo commodity)" if kept.currency.endswith(MEMO) else ""
        return candidate.problem(
            "bad-currency",
            f"kept is in {kept.currency}{memo}",
            candidate.agreed.amount.currency,
        )
    return None


def within_settled(candidate: Candidate) -> Problem | None:
    """F + kept, with all that was before, ≤ settled."""
    status = candidate.known.status
    if _given_up(candidate) <= status.refundable:
        return None
    return candidate.problem(
        "exceeds-settled",
        f"{_given_up(candidate)} is refunded and kept",
        f"at most {status.refundable}: the {status.settled} settled, less the "
        f"{status.refunded} refunded and the {status.kept} kept before",
    )


def within_unearned(candidate: Candidate) -> Problem | None:
    """With earning: F + kept ≤ what is unearned on that day, less what is recognised and held."""
    if candidate.ledger_state.options["earning"] == "none":
        return None
    if not candidate.fact.is_judged_by(candidate.agreed.insurer):
        return None  # it is for the insurer to judge, who has said it
    since = refunded_since(candidate.fact)
    left = unearned_of_settled(candidate.known, candidate.known.status, since)
    if _given_up(candidate) <= left:
        return None
    return candidate.problem(
        "exceeds-unearned",
        f"{_given_up(candidate)} is refunded and kept",
        f"at most the {left} of what was settled that is unearned on {since}",
    )


def refunded_since(fact: Fact) -> dt.date:
    """The day from which on a refund earns nothing."""
    since: dt.date = fact.terms.get("from", fact.date)
    return since


@issuer_judges
def within_drawn(candidate: Candidate) -> Problem | None:
    """``to: "loan"``: F ≤ what is drawn on the line."""
    if candidate.fact.terms.get("to") != "loan":
        return None
    terms, amount = candidate.agreed, candidate.amount
    lines = candidate.ledger_state.lines
    line = lines.asked(terms.credit_line, candidate.fact, amount.number)
    if amount.number <= line.drawn:
        return None
    return candidate.problem(
        "exceeds-drawn", f"{amount} is to repay a loan", f"at most what is drawn ({line})"
    )
