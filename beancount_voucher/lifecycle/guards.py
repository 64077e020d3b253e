"""The guards of the life: each is one sentence of the table's third column (manual: life).

A guard gives the problem that bars a candidate, or None.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from beancount_voucher.directives.facts import same_value
from beancount_voucher.directives.money import MEMO, MOST_DIGITS, digits
from beancount_voucher.directives.wording import quoted
from beancount_voucher.lifecycle.verdicts import candidate_verdicts, outcome_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from beancount_voucher.conditions import Verdict
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.money import Money
    from beancount_voucher.lifecycle.candidates import Candidate, LedgerState


def issuer_judges(
    judge: Callable[[Candidate], Problem | None],
) -> Callable[[Candidate], Problem | None]:
    """A guard that is not asked of what a message has brought to others than the issuer.

    Conditions, credit lines and whether it was given back are the issuer's to judge.
    """

    @wraps(judge, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    def guard(candidate: Candidate) -> Problem | None:
        here = candidate.fact.is_judged_by(candidate.agreed.issuer)
        return judge(candidate) if here else None

    return guard


def in_time_to_accept(candidate: Candidate) -> Problem | None:
    """Date ≤ accept-by."""
    limit = candidate.agreed.accept_by
    if candidate.fact.date <= limit:
        return None
    return _late(candidate, "accept-late", "accepted", "accept-by", limit)


def in_time_to_apply(candidate: Candidate) -> Problem | None:
    """Date ≤ apply-by."""
    limit = candidate.agreed.apply_by
    if candidate.fact.date <= limit:
        return None
    return _late(candidate, "apply-late", "applied for", "apply-by", limit)


def _late(candidate: Candidate, code: str, done: str, key: str, limit: dt.date) -> Problem:
    return candidate.problem(
        code,
        f"{done} on {candidate.fact.date}, after its {key}",
        f"{limit} at the latest (issued on {candidate.event_stands('issue')})",
    )


def no_return_notice(candidate: Candidate) -> Problem | None:
    """The insurance was not returned before."""
    if candidate.known.status.returned is None:
        return None
    return candidate.problem(
        "returned",
        f"the insurance was returned on {candidate.event_stands('return')}",
        'only a void with reason "insurance-returned"',
    )


def return_notice(candidate: Candidate) -> Problem | None:
    """The insurance was returned on or before the date."""
    if candidate.known.status.returned is not None:
        return None
    return candidate.problem(
        "no-return-notice", "no notice says that the insurance was returned", "a voucher-return"
    )


def past_accept_by(candidate: Candidate) -> Problem | None:
    """Date > accept-by."""
    return _expired(candidate, "accept-by", candidate.agreed.accept_by)


def past_apply_by(candidate: Candidate) -> Problem | None:
    """Date > apply-by."""
    return _expired(candidate, "apply-by", candidate.agreed.apply_by)


def past_apply_by_if_represented(candidate: Candidate) -> Problem | None:
    """Under represent, date > apply-by: until then it may be applied for again."""
    if candidate.agreed.on_unmet != "represent":
        return None
    return past_apply_by(candidate)


def _expired(candidate: Candidate, key: str, limit: dt.date) -> Problem | None:
    if candidate.fact.date > limit:
        return None
    return candidate.problem(
        "not-yet-expired",
        f"its {key} has not passed on {candidate.fact.date}",
        f"a date after {limit} (issued on {candidate.event_stands('issue')})",
    )


def terms_agree(candidate: Candidate) -> Problem | None:
    """Request and issue say the same wherever both say it."""
    if candidate.voucher is None:
        return None
    request = candidate.known.events[0].fact
    where = f"(requested on {candidate.event_stands('request')})"
    if request.amount != candidate.fact.amount:
        return candidate.problem(
            "terms-differ",
            f"the amount is {candidate.fact.amount}",
            f"{request.amount}, as requested {where}",
        )
    for key, value in candidate.fact.terms.items():
        if not same_value(request.terms.get(key, value), value):
            return candidate.problem(
                "terms-differ",
                f"{key} is {quoted(value)}",
                f"{quoted(request.terms[key])}, as requested {where}",
            )
    return None


def deadlines_in_order(candidate: Candidate) -> Problem | None:
    """Accept-by ≤ apply-by, both on or after the issue; cover-end on or after cover-start."""
    terms, issued = candidate.agreed, candidate.fact.date
    start, end = terms.cover_start, terms.cover_end
    if terms.accept_by < issued:
        key, date, expected = "accept-by", terms.accept_by, f"the issue date {issued}"
    elif terms.apply_by < terms.accept_by:
        key, date, expected = "apply-by", terms.apply_by, "accept-by"
    elif start is not None and end is not None and end < start:
        key, date, expected = "cover-end", end, "cover-start"
    else:
        return None
    return candidate.problem("bad-deadlines", f"{key} is {date}", f"{expected} or later")


def positive_amount(candidate: Candidate) -> Problem | None:
    """An amount of money, more than zero."""
    fact = candidate.fact
    whole = fact.amount if candidate.terms is None else candidate.terms.amount
    return amount_fault(fact, fact.ids[0] + ": ", of=whole)


def same_currency(candidate: Candidate) -> Problem | None:
    """The voucher's own currency."""
    amount, currency = candidate.fact.amount, candidate.agreed.amount.currency
    if amount is None or amount.currency == currency:
        return None
    return candidate.problem(
        "bad-currency",
        f"the amount is in {amount.currency}",
        f"{currency} (issued on {candidate.event_stands('issue')})",
    )


def within_held(candidate: Candidate) -> Problem | None:
    """Amount ≤ held."""
    held = candidate.known.status.held
    if candidate.amount.number <= held:
        return None
    return candidate.problem(
        "exceeds-held",
        f"{candidate.amount} is applied for",
        f"at most the {held} held (issued on {candidate.event_stands('issue')})",
    )


def within_applied(candidate: Candidate) -> Problem | None:
    """Amount ≤ applied."""
    application = candidate.known.status.application
    assert application is not None
    if candidate.amount.number <= application.amount:
        return None
    return candidate.problem(
        "exceeds-applied",
        f"{candidate.amount} is settled",
        f"at most the {application.amount} applied for on {candidate.event_stands('apply')}",
    )


@issuer_judges
def enough_credit(candidate: Candidate) -> Problem | None:
    """Credit: enough free line; no declared line, no credit voucher."""
    terms = candidate.agreed
    if terms.funding != "credit":
        return None
    line = candidate.ledger_state.lines.get(terms.credit_line)
    if terms.amount.number <= line.available:
        return None
    return candidate.problem(
        "insufficient-credit",
        f"{terms.amount} is more than the free credit line of {terms.policyholder} "
        f"with {terms.issuer}",
        f"at most {line.available} {terms.amount.currency} ({line})",
    )


def by_acceptor(candidate: Candidate) -> Problem | None:
    """``by``, if given, is the acceptor; ``instructed-by``, if given, the insurer."""
    terms = candidate.agreed
    return actor_problem(candidate, "by", terms.acceptor) or actor_problem(
        candidate, "instructed-by", terms.insurer
    )


def by_acceptor_or_insurer(candidate: Candidate) -> Problem | None:
    """``by``, if given, is the acceptor or the insurer."""
    return actor_problem(candidate, "by", candidate.agreed.acceptor, candidate.agreed.insurer)


def by_insurer_or_policyholder(candidate: Candidate) -> Problem | None:
    """``by``, if given, is the insurer or the policyholder."""
    return actor_problem(candidate, "by", candidate.agreed.insurer, candidate.agreed.policyholder)


def by_issuer(candidate: Candidate) -> Problem | None:
    """``by``, if it names a party, is the issuer."""
    return _party_among(candidate, candidate.agreed.issuer)


def by_issuer_or_policyholder(candidate: Candidate) -> Problem | None:
    """``by``, if it names a party, is the issuer or the policyholder."""
    return _party_among(candidate, candidate.agreed.issuer, candidate.agreed.policyholder)


def return_by_insurer_or_policyholder(candidate: Candidate) -> Problem | None:
    """``by``, if it names a party, is the insurer or the policyholder."""
    return _party_among(candidate, candidate.agreed.insurer, candidate.agreed.policyholder)


def _party_among(candidate: Candidate, *allowed: str) -> Problem | None:
    """Where ``by`` is no party's id, it is a person's name, who acts for whom he may."""
    if candidate.fact.terms.get("by") not in candidate.ledger_state.parties:
        return None
    return actor_problem(candidate, "by", *allowed)


def actor_problem(candidate: Candidate, key: str, *allowed: str) -> Problem | None:
    """Why who is named by a key may not do it; nobody is named: anybody may."""
    actor = candidate.fact.terms.get(key)
    if actor is None or actor in allowed:
        return None
    return candidate.problem("wrong-actor", f"{key} is {quoted(actor)}", " or ".join(allowed))


@issuer_judges
def conditions_met(candidate: Candidate) -> Problem | None:
    """Every condition is met on the date."""
    verdicts = candidate_verdicts(candidate)
    if outcome_of(verdicts) == "met":
        return None
    unmet = _reasons(verdicts, "unmet")
    waiting = _reasons(verdicts, "waiting")
    if unmet:
        return candidate.problem(
            "condition-unmet", "; ".join(unmet + waiting), "every settlement condition to be met"
        )
    return candidate.problem("condition-waiting", "; ".join(waiting), "a later date")


@issuer_judges
def some_condition_unmet(candidate: Candidate) -> Problem | None:
    """Some condition was unmet at the end of the day before, and applied for before that day."""
    applied = candidate.known.status.applied
    if applied is not None and applied >= candidate.fact.date:
        return candidate.problem(
            "condition-waiting",
            f"it was applied for on {candidate.event_stands('apply')}, on that very day",
            "a later date, since what is unmet is known at the end of a day",
        )
    verdicts = candidate_verdicts(candidate)
    if _reasons(verdicts, "unmet"):
        return None
    waiting = _reasons(verdicts, "waiting")
    if waiting:
        return candidate.problem("condition-waiting", "; ".join(waiting), "a condition to be unmet")
    return candidate.problem(
        "conditions-met",
        "; ".join(_reasons(verdicts, "met")) or "no condition is set",
        "a condition to be unmet",
    )


def _reasons(verdicts: Mapping[str, Verdict], outcome: str) -> list[str]:
    return [
        f"{key} is {outcome}: {verdict.reason}"
        for key, verdict in verdicts.items()
        if verdict.outcome == outcome
    ]


# --- Parties and amounts, of vouchers and of credit lines alike ---------------------------


def party_problem(
    ledger_state: LedgerState, fact: Fact, named: str, party: str, role: str
) -> Problem | None:
    """Why ``party`` cannot stand where a ``role`` is named: unknown, or of another role."""
    declared = ledger_state.parties.get(party)
    if declared is None:
        return fact.problem(
            "unknown-party",
            f"{named} is {quoted(party)}, which is not declared by {fact.date}",
            f"a voucher-party of role {role}",
        )
    if declared.role != role:
        where = declared.fact.place.seen_from(fact.place)
        return fact.problem(
            "wrong-role",
            f"{named} is {quoted(party)}, declared as {declared.role} ({where})",
            f"a party of role {role}",
        )
    return None


def amount_fault(
    fact: Fact, prefix: str, *, of: Money | None = None, zero_allowed: bool = False
) -> Problem | None:
    """An amount that cannot be one: none, less than none, too long, or of a memo commodity.

    Args:
        fact: the fact with the amount; one without an amount has no fault.
        prefix: what the message starts with.
        of: the whole that the amount is a part of, if it is one: what is left of it must be
            exact, too.
        zero_allowed: whether nothing is an amount.
    """
    amount = fact.amount
    if amount is None:
        return None
    number, currency = amount
    if digits(number if of is None else of.number, number) > MOST_DIGITS:
        return fact.problem(
            "bad-amount", f"{prefix}the amount is {amount}", f"at most {MOST_DIGITS} digits"
        )
    if number < 0 or not (number or zero_allowed):
        least = "zero or more" if zero_allowed else "more than zero"
        return fact.problem("bad-amount", f"{prefix}the amount is {amount}", least)
    if currency.endswith(MEMO):
        return fact.problem("bad-currency", f"{prefix}{currency} is a memo commodity", "a currency")
    return None
