"""The life of a voucher (manual: life): which event holds in which state, and why not.

``TRANSITIONS`` is the manual's table, row by row. The order of checks is this:
form and keys, voucher or party not found, final, duplicate, state, actor, date, amount,
return notice, conditions. Each row lists its guards in that order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.schema import DIRECTIVES, EVENTS, VOID_REASONS
from beancount_voucher.lifecycle.amendments import (
    amended_deadlines_in_order,
    amount_or_nothing,
    by_who_must_consent,
    deadlines_at_effect,
    enough_credit_for_increase,
    in_time_to_consent,
    is_open,
    next_number,
    not_below_settled,
    requested_by_a_party,
    settled_at_effect,
)
from beancount_voucher.lifecycle.events import FINAL, OPEN, State
from beancount_voucher.lifecycle.form_checks import form_problem
from beancount_voucher.lifecycle.give_back import (
    given_back,
    given_back_if_stated,
    not_given_back,
    not_recalled,
)
from beancount_voucher.lifecycle.guards import (
    by_acceptor,
    by_acceptor_or_insurer,
    by_insurer_or_policyholder,
    by_issuer,
    by_issuer_or_policyholder,
    conditions_met,
    deadlines_in_order,
    enough_credit,
    in_time_to_accept,
    in_time_to_apply,
    no_return_notice,
    past_accept_by,
    past_apply_by,
    past_apply_by_if_represented,
    positive_amount,
    return_by_insurer_or_policyholder,
    return_notice,
    same_currency,
    some_condition_unmet,
    terms_agree,
    within_applied,
    within_held,
)
from beancount_voucher.lifecycle.instrument_guards import (
    a_release_is_meant,
    by_insurer_returned_or_expired,
    by_none_but_issuer,
    kept_not_negative,
    nothing_settled,
    refund_in_time,
    released_by_insurer_or_issuer,
    returned_or_unmet,
    something_settled,
    this_application,
    under_represent,
    within_drawn,
    within_settled,
    within_unearned,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import Candidate
    from beancount_voucher.lifecycle.events import Terms


class Transition(NamedTuple):
    """One row: in these states this event holds if every guard lets it, and leads there.

    Attributes:
        states: before the event.
        event: the directive's name.
        guards: in the order in which they are asked.
        becomes: the state after it; None: it stays as it is.
        reason: of a void, the reason that it gives.
        under_represent: whether it holds only where ``on-unmet`` is ``represent``.
        of_several: whether it holds only where ``draws`` is ``multiple`` and something is left.
    """

    states: tuple[State, ...]
    event: str
    guards: tuple[Callable[[Candidate], Problem | None], ...]
    becomes: State | None
    reason: str | None = None
    under_represent: bool = False
    of_several: bool = False

    @property
    def name(self) -> str:
        """What the manual calls it."""
        if self.under_represent:
            return f"{self.event} again, under represent"
        if self.of_several:
            return f"{self.event} less than is held, draws multiple"
        return self.event if self.reason is None else f"{self.event} {self.reason}"

    def takes(self, state: State, terms: Terms | None) -> bool:
        """Whether it is the row for a voucher in a state, under its terms."""
        if state not in self.states:
            return False
        if self.of_several:
            return terms is not None and terms.draws == "multiple"
        return not self.under_represent or (terms is not None and terms.on_unmet == "represent")


def would_end(candidate: Candidate) -> Problem | None:
    """The void (or release) with this reason would hold on the date, but for the surrender.

    Or would have held, had no acceptance or application overtaken it: what is dated on or before
    a recall counts, whenever it comes. What would void a voucher releases what is left of one
    that was settled in part; what is settled was accepted.
    """
    reason = candidate.fact.terms["reason"]
    settled = bool(candidate.known.status.settled)
    aside = (given_back_if_stated, nothing_settled)
    for rule in _ROWS["void", reason]:
        known = settled and rule.states == (State.ISSUED,)
        taken = rule.takes(candidate.state, candidate.terms) or _is_overtaken(rule, candidate.state)
        if taken and not known:
            asked = (guard for guard in rule.guards if guard not in aside)
            return next(filter(None, (guard(candidate) for guard in asked)), None)
    return candidate.problem(
        "out-of-order",
        f"recall of a voucher that is {candidate.state}, to be ended as {reason}",
        "a reason that it could be ended for",
    )


def _is_overtaken(rule: Transition, state: State) -> bool:
    """Whether a voucher has gone on from where it could have been ended so."""
    return state in OPEN and all(OPEN.index(each) < OPEN.index(state) for each in rule.states)


# fmt: off
TRANSITIONS: tuple[Transition, ...] = (
    Transition((State.NONE,), "request",
         (positive_amount,), State.REQUESTED),
    Transition((State.REQUESTED,), "refuse",
         (), State.REFUSED),
    Transition((State.NONE, State.REQUESTED), "issue",
         (terms_agree, deadlines_in_order, positive_amount, enough_credit), State.ISSUED),
    Transition(OPEN, "amend",
         (not_given_back, next_number, requested_by_a_party, amended_deadlines_in_order,
          amount_or_nothing, same_currency, not_below_settled, enough_credit_for_increase,
          no_return_notice), None),
    Transition((State.ISSUED, State.ACCEPTED), "consent",
         (not_given_back, is_open, by_who_must_consent, in_time_to_consent, deadlines_at_effect,
          settled_at_effect, no_return_notice), None),
    Transition(OPEN, "decline",
         (not_given_back, is_open, by_who_must_consent), None),
    Transition((State.ISSUED,), "reject",
         (by_acceptor_or_insurer,), State.REJECTED),
    Transition((State.ISSUED,), "accept",
         (by_acceptor, in_time_to_accept, no_return_notice, not_recalled), State.ACCEPTED),
    Transition((State.ACCEPTED,), "apply",
         (not_given_back, by_insurer_or_policyholder, in_time_to_apply, positive_amount,
          same_currency, within_held, no_return_notice, not_recalled), State.APPLIED),
    # The new application replaces the old.
    Transition((State.APPLIED,), "apply",
         (not_given_back, by_insurer_or_policyholder, in_time_to_apply, positive_amount,
          same_currency, within_held, no_return_notice, not_recalled), State.APPLIED,
         under_represent=True),
    Transition((State.APPLIED,), "withdraw",
         (not_given_back, by_insurer_or_policyholder), State.ACCEPTED),
    Transition((State.APPLIED,), "discrepancy",
         (not_given_back, under_represent, this_application, by_none_but_issuer,
          some_condition_unmet), State.ACCEPTED),
    Transition(OPEN, "return",
         (return_by_insurer_or_policyholder,), None),
    # The issuer asks for the voucher back, and the acceptor gives it back.
    Transition(OPEN, "recall",
         (not_given_back, by_none_but_issuer, would_end), None),
    Transition((State.ACCEPTED, State.APPLIED), "surrender",
         (by_acceptor,), None),
    # What is left stays on hold.
    Transition((State.APPLIED,), "settle",
         (not_given_back, by_issuer, positive_amount, same_currency, within_applied,
          no_return_notice, conditions_met), State.ACCEPTED, of_several=True),
    Transition((State.APPLIED,), "settle",
         (not_given_back, by_issuer, positive_amount, same_currency, within_applied,
          no_return_notice, conditions_met), State.SETTLED),
    Transition((State.ISSUED,), "void",
         (by_issuer, past_accept_by), State.VOIDED, reason="not-accepted"),
    Transition((State.ISSUED,), "void",
         (by_issuer_or_policyholder,), State.VOIDED, reason="cancelled"),
    Transition((State.ACCEPTED,), "void",
         (nothing_settled, by_issuer, past_apply_by, given_back_if_stated), State.VOIDED,
         reason="no-application"),
    Transition((State.APPLIED,), "void",
         (nothing_settled, by_issuer, past_apply_by_if_represented, some_condition_unmet,
          given_back_if_stated), State.VOIDED, reason="conditions-unmet"),
    Transition(OPEN, "void",
         (nothing_settled, by_issuer, return_notice, given_back_if_stated), State.VOIDED,
         reason="insurance-returned"),
    Transition((State.ACCEPTED, State.APPLIED), "void",
         (nothing_settled, by_issuer, given_back), State.VOIDED, reason="surrendered"),
    # What would void it, if nothing were settled, releases what is left.
    Transition((State.ACCEPTED,), "release",
         (something_settled, released_by_insurer_or_issuer, by_insurer_returned_or_expired,
          given_back_if_stated),
         State.SETTLED),
    Transition((State.APPLIED,), "release",
         (something_settled, by_issuer, returned_or_unmet, given_back_if_stated), State.SETTLED),
    Transition((State.ACCEPTED, State.APPLIED, State.SETTLED), "refund",
         (not_given_back, something_settled, refund_in_time, positive_amount,
          kept_not_negative, same_currency, within_settled, within_unearned, within_drawn), None),
)
# fmt: on

_ROWS: dict[tuple[str, str | None], tuple[Transition, ...]] = {
    key: tuple(rule for rule in TRANSITIONS if (rule.event, rule.reason) == key)
    for key in dict.fromkeys((rule.event, rule.reason) for rule in TRANSITIONS)
}
"""The rows of each event, and of a void for each reason."""


def _reachable() -> set[State]:
    """The states that some order of events leads to."""
    reached, before = {State.NONE}, set[State]()
    while reached != before:
        before = set(reached)
        reached |= {
            rule.becomes for rule in TRANSITIONS if rule.becomes and reached & {*rule.states}
        }
    return reached


# Whoever adds to one of these tables and forgets the other learns it here, and not at a voucher.
assert {rule.event for rule in TRANSITIONS} == EVENTS
assert {reason for event, reason in _ROWS if event == "void"} == VOID_REASONS.keys()
assert _reachable() == set(State)
assert {state for rule in TRANSITIONS if rule.event != "refund" for state in rule.states} == set(
    State
) - set(FINAL)


def transition_or_problem(candidate: Candidate) -> Problem | Transition:
    """The row that lets a fact happen, or the first check in their order that does not."""
    return form_problem(candidate) or rule_or_problem(candidate)


def rule_or_problem(candidate: Candidate) -> Problem | Transition:
    """What comes after ``duplicate``: the state, then the guards; or the rule that lets it."""
    fact, voucher = candidate.fact, candidate.voucher
    once = _ONCE.get(fact.kind)
    again = once is not None and getattr(candidate.known.status, once) is not None
    if again and not _is_by_another(candidate):
        return _second(candidate)
    rows = _ROWS[fact.kind, fact.terms["reason"] if fact.kind == "void" else None]
    state = candidate.state
    for rule in rows:
        if rule.takes(state, candidate.terms) and not (rule.of_several and _is_all(candidate)):
            for guard in rule.guards:
                problem = guard(candidate)
                if problem is not None:
                    return problem
            return rule
    if fact.kind == "void" and candidate.known.status.settled:
        return a_release_is_meant(candidate)
    numbered = DIRECTIVES[fact.kind].numbered
    if voucher is not None and not numbered and voucher.last(fact.kind) is not None:
        return _second(candidate)
    plain = [rule for rule in rows if not rule.under_represent and not rule.of_several]
    states = sorted({state for rule in plain for state in rule.states})
    return candidate.problem(
        "out-of-order",
        f"{plain[0].name} of a voucher that is {state}" + _since(candidate),
        "one that is " + " or ".join(states),
    )


_ONCE = {"return": "returned", "recall": "recalled", "surrender": "surrendered"}
"""What happens once, and stands in the voucher's status; a recall that is spent may come again."""


def _is_by_another(candidate: Candidate) -> bool:
    """Whether it is a notice of return by one customer after that of the other.

    Facts of two authors are never duplicates of each other; the first notice counts.
    """
    if candidate.fact.kind != "return":
        return False
    said = [event.fact for event in candidate.known.events if event.kind == "return"]
    facts = (*said, candidate.fact)
    we = next((fact.came_to for fact in facts if fact.message is not None), None)
    authors = [_customer(fact, candidate.agreed, we) for fact in facts]
    return None not in authors and len(set(authors)) == len(authors)


def _customer(fact: Fact, terms: Terms, we: str | None) -> str | None:
    """Whose notice it is: that of whom it names, or of the side from which it is said."""
    by = fact.terms.get("by")
    if by in (terms.policyholder, terms.insurer):
        return str(by)
    said_by = fact.came_from or we
    if said_by is None:
        return None
    of_issuer = said_by in (terms.policyholder, terms.issuer)
    return terms.policyholder if of_issuer else terms.insurer


def _is_all(candidate: Candidate) -> bool:
    """Whether nothing is left on hold after a settlement."""
    return candidate.amount.number >= candidate.known.status.held


def _since(candidate: Candidate) -> str:
    last = candidate.known.last_change
    return f" since {last.date} ({last.place.seen_from(candidate.fact.place)})"


def _second(candidate: Candidate) -> Problem:
    kind = candidate.fact.kind
    again = kind in ("withdraw", "discrepancy", "settle") and candidate.state is State.ACCEPTED
    return candidate.problem(
        "duplicate",
        f"a second {kind}; the {'last' if again else 'first'} stands on "
        f"{candidate.event_stands(kind)}",
        "one for each application" if again else "one only",
    )
