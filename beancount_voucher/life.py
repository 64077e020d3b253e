"""The life of a voucher (contract, section 3): which event holds in which state, and why not.

``LIFE`` is the contract's table, row by row. The order of checks is the contract's, too:
form and keys, voucher or party not found, final, duplicate, state, actor, date, amount,
return notice, conditions. Each row lists its guards in that order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives import REQUIRED_TERMS, TERM_PARTIES, TERMS
from beancount_voucher.guards import (
    by_acceptor,
    by_acceptor_or_insurer,
    by_insurer_or_policyholder,
    conditions_met,
    deadlines_in_order,
    enough_credit,
    in_time_to_accept,
    in_time_to_apply,
    no_return_notice,
    party_problem,
    past_accept_by,
    past_apply_by,
    past_apply_by_if_represented,
    positive_amount,
    return_notice,
    same_currency,
    some_condition_unmet,
    terms_agree,
    within_applied,
    within_held,
)
from beancount_voucher.vouchers import FINAL, OPEN, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount_voucher.attempts import Attempt
    from beancount_voucher.problems import Problem


class Rule(NamedTuple):
    """One row: in these states this event holds if every guard lets it, and leads there."""

    states: tuple[State, ...]
    event: str
    guards: tuple[Callable[[Attempt], Problem | None], ...]
    becomes: State | None
    """None: the state stays as it is."""


# fmt: off
LIFE: tuple[Rule, ...] = (
    Rule((State.NONE,), "request",
         (positive_amount,), State.REQUESTED),
    Rule((State.REQUESTED,), "refuse",
         (), State.REFUSED),
    Rule((State.NONE, State.REQUESTED), "issue",
         (terms_agree, deadlines_in_order, positive_amount, enough_credit), State.ISSUED),
    Rule((State.ISSUED,), "reject",
         (by_acceptor_or_insurer,), State.REJECTED),
    Rule((State.ISSUED,), "accept",
         (by_acceptor, in_time_to_accept, no_return_notice), State.ACCEPTED),
    Rule((State.ACCEPTED,), "apply",
         (by_insurer_or_policyholder, in_time_to_apply, positive_amount, same_currency,
          within_held, no_return_notice), State.APPLIED),
    # Again, under on-unmet "represent" only: the new application replaces the old.
    Rule((State.APPLIED,), "apply again",
         (by_insurer_or_policyholder, in_time_to_apply, positive_amount, same_currency,
          within_held, no_return_notice), State.APPLIED),
    Rule(OPEN, "return",
         (), None),
    Rule((State.APPLIED,), "settle",
         (positive_amount, same_currency, within_applied, no_return_notice, conditions_met),
         State.SETTLED),
    Rule((State.ISSUED,), "void not-accepted",
         (past_accept_by,), State.VOIDED),
    Rule((State.ISSUED,), "void cancelled",
         (), State.VOIDED),
    Rule((State.ACCEPTED,), "void no-application",
         (past_apply_by,), State.VOIDED),
    Rule((State.APPLIED,), "void conditions-unmet",
         (past_apply_by_if_represented, some_condition_unmet), State.VOIDED),
    Rule(OPEN, "void insurance-returned",
         (return_notice,), State.VOIDED),
)
# fmt: on


def row_name(attempt: Attempt) -> str:
    """The event's name in the table: voids by their reason, a second application as such."""
    fact = attempt.fact
    if fact.kind == "void":
        return f"void {fact.terms['reason']}"
    terms = attempt.terms
    represented = terms is not None and terms.on_unmet == "represent"
    if fact.kind == "apply" and represented and attempt.state is State.APPLIED:
        return "apply again"
    return fact.kind


def early_problem(attempt: Attempt) -> Problem | None:
    """What comes before ``duplicate``: form that depends on a request, not found, final."""
    return _missing_term(attempt) or _not_found(attempt) or _final(attempt)


def _missing_term(attempt: Attempt) -> Problem | None:
    if attempt.fact.kind != "issue":
        return None
    required: tuple[str, ...] = REQUIRED_TERMS
    if "cover-end" in attempt.said:
        required = (*required, "cover-start")
    for key in required:
        if key not in attempt.said:
            return attempt.problem("missing-key", f"{key} is missing", f"{key}: {TERMS[key]}")
    return None


def _not_found(attempt: Attempt) -> Problem | None:
    fact = attempt.fact
    if fact.kind not in ("request", "issue"):
        if attempt.voucher is not None:
            return None
        return attempt.problem(
            "not-found",
            f"there is no such voucher on {fact.date}",
            "a voucher-issue or voucher-request on or before that date",
        )
    for key, role in TERM_PARTIES.items():
        problem = key in fact.terms and party_problem(
            attempt.world, fact, f"{fact.ids[0]}: {key}", fact.terms[key], role
        )
        if problem:
            return problem
    return None


def _final(attempt: Attempt) -> Problem | None:
    if attempt.state not in FINAL:
        return None
    closing = attempt.known.last_change
    where = closing.place.seen_from(attempt.fact.place)
    return attempt.problem(
        "final",
        f"{attempt.fact.kind} after it was {attempt.state} on {closing.date} ({where})",
        "no further event",
    )


def late_problem(attempt: Attempt) -> Problem | Rule:
    """What comes after ``duplicate``: the state, then the guards; or the rule that lets it."""
    name = row_name(attempt)
    if name == "return" and attempt.known.standing.returned is not None:
        return _second(attempt)
    for rule in LIFE:
        if rule.event == name and attempt.state in rule.states:
            for guard in rule.guards:
                problem = guard(attempt)
                if problem is not None:
                    return problem
            return rule
    if attempt.voucher is not None and attempt.voucher.last(attempt.fact.kind) is not None:
        return _second(attempt)
    states = sorted({state for rule in LIFE if rule.event == name for state in rule.states})
    return attempt.problem(
        "out-of-order",
        f"{name} of a voucher that is {attempt.state}" + _since(attempt),
        "one that is " + " or ".join(states),
    )


def _since(attempt: Attempt) -> str:
    last = attempt.known.last_change
    return f" since {last.date} ({last.place.seen_from(attempt.fact.place)})"


def _second(attempt: Attempt) -> Problem:
    kind = attempt.fact.kind
    return attempt.problem(
        "duplicate",
        f"a second {kind}; the first stands on {attempt.event_stands(kind)}",
        "one only",
    )
