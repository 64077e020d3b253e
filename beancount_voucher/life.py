"""The life of a voucher (contract, section 3): which event holds in which state, and why not.

``LIFE`` is the contract's table, row by row. A guard is one sentence of its third column.
The order of checks is the contract's, too: form and keys, voucher or party not found,
final, duplicate, state, actor, date, amount, return notice, conditions. Each row lists its
guards in that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import getcontext
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.conditions import Case, is_condition_key
from beancount_voucher.directives import EVIDENCE, REQUIRED_TERMS, TERM_PARTIES, TERMS
from beancount_voucher.money import Money
from beancount_voucher.problems import quoted
from beancount_voucher.vouchers import FINAL, OPEN, State, Terms

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from beancount_voucher.conditions import Condition, Outcome, Signals, Verdict
    from beancount_voucher.credit import Line, Lines
    from beancount_voucher.facts import Fact
    from beancount_voucher.problems import Problem
    from beancount_voucher.vouchers import Standing, Voucher


class Party(NamedTuple):
    """A declared party."""

    role: str
    name: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class World:
    """What the guards may ask: everything that counted before the fact they judge."""

    parties: dict[str, Party]
    vouchers: dict[str, Voucher]
    lines: Lines
    signals: Signals
    conditions: Mapping[str, Condition]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A fact that asks to become an event of a voucher.

    ``voucher`` is None for an id that was never heard of; ``said`` and ``terms`` are the
    terms as the fact would leave them.
    """

    world: World
    fact: Fact
    voucher: Voucher | None
    said: Mapping[str, object]
    terms: Terms | None

    @property
    def known(self) -> Voucher:
        """The voucher, where the state has made sure that there is one."""
        assert self.voucher is not None  # noqa: S101
        return self.voucher

    @property
    def agreed(self) -> Terms:
        """The terms, where the state has made sure that there are any."""
        assert self.terms is not None  # noqa: S101
        return self.terms

    @property
    def state(self) -> State:
        """The voucher's state before the fact."""
        return State.NONE if self.voucher is None else self.voucher.standing.state

    @property
    def amount(self) -> Money:
        """What the fact moves: its own amount, or the whole that it stands for."""
        if self.fact.amount is not None:
            return self.fact.amount
        standing = self.known.standing
        whole = standing.held
        if self.fact.kind == "settle" and standing.application is not None:
            whole = standing.application.amount
        return Money(whole, self.agreed.amount.currency)

    def event_stands(self, kind: str) -> str:
        """When and where the latest event of a kind stands: 2026-03-03 (line 12)."""
        event = self.known.last(kind)
        assert event is not None  # noqa: S101
        return f"{event.date} ({event.place.seen_from(self.fact.place)})"

    def problem(self, code: str, wrong: str, expected: str) -> Problem:
        """The fact breaks a rule."""
        return self.fact.problem(code, f"{self.fact.ids[0]}: {wrong}", expected)


# --- Guards -----------------------------------------------------------------------------


def in_time_to_accept(attempt: Attempt) -> Problem | None:
    """Date ≤ accept-by."""
    limit = attempt.agreed.accept_by
    if attempt.fact.date <= limit:
        return None
    return _late(attempt, "accept-late", "accepted", "accept-by", limit)


def in_time_to_apply(attempt: Attempt) -> Problem | None:
    """Date ≤ apply-by."""
    limit = attempt.agreed.apply_by
    if attempt.fact.date <= limit:
        return None
    return _late(attempt, "apply-late", "applied for", "apply-by", limit)


def _late(attempt: Attempt, code: str, done: str, key: str, limit: dt.date) -> Problem:
    return attempt.problem(
        code,
        f"{done} on {attempt.fact.date}, after its {key}",
        f"{limit} at the latest (issued on {attempt.event_stands('issue')})",
    )


def no_return_notice(attempt: Attempt) -> Problem | None:
    """The insurance was not returned before."""
    if attempt.known.standing.returned is None:
        return None
    return attempt.problem(
        "returned",
        f"the insurance was returned on {attempt.event_stands('return')}",
        'only a void with reason "insurance-returned"',
    )


def return_notice(attempt: Attempt) -> Problem | None:
    """The insurance was returned on or before the date."""
    if attempt.known.standing.returned is not None:
        return None
    return attempt.problem(
        "no-return-notice", "no notice says that the insurance was returned", "a voucher-return"
    )


def past_accept_by(attempt: Attempt) -> Problem | None:
    """Date > accept-by."""
    return _expired(attempt, "accept-by", attempt.agreed.accept_by)


def past_apply_by(attempt: Attempt) -> Problem | None:
    """Date > apply-by."""
    return _expired(attempt, "apply-by", attempt.agreed.apply_by)


def past_apply_by_if_represented(attempt: Attempt) -> Problem | None:
    """Under represent, date > apply-by: until then it may be applied for again."""
    if attempt.agreed.on_unmet != "represent":
        return None
    return past_apply_by(attempt)


def _expired(attempt: Attempt, key: str, limit: dt.date) -> Problem | None:
    if attempt.fact.date > limit:
        return None
    return attempt.problem(
        "not-yet-expired",
        f"its {key} has not passed on {attempt.fact.date}",
        f"a date after {limit} (issued on {attempt.event_stands('issue')})",
    )


def terms_agree(attempt: Attempt) -> Problem | None:
    """Request and issue say the same wherever both say it."""
    if attempt.voucher is None:
        return None
    request = attempt.known.events[0].fact
    where = f"(requested on {attempt.event_stands('request')})"
    if request.amount != attempt.fact.amount:
        return attempt.problem(
            "terms-differ",
            f"the amount is {attempt.fact.amount}",
            f"{request.amount}, as requested {where}",
        )
    for key, value in attempt.fact.terms.items():
        if request.terms.get(key, value) != value:
            return attempt.problem(
                "terms-differ",
                f"{key} is {quoted(value)}",
                f"{quoted(request.terms[key])}, as requested {where}",
            )
    return None


def deadlines_in_order(attempt: Attempt) -> Problem | None:
    """Accept-by ≤ apply-by, both on or after the issue; cover-end on or after cover-start."""
    terms, issued = attempt.agreed, attempt.fact.date
    start, end = terms.cover_start, terms.cover_end
    for wrong, key, date, expected in (
        (terms.accept_by < issued, "accept-by", terms.accept_by, f"the issue date {issued}"),
        (terms.apply_by < terms.accept_by, "apply-by", terms.apply_by, "accept-by"),
        (start and end and end < start, "cover-end", end, "cover-start"),
    ):
        if wrong:
            return attempt.problem("bad-deadlines", f"{key} is {date}", f"{expected} or later")
    return None


def positive_amount(attempt: Attempt) -> Problem | None:
    """An amount of money, more than zero."""
    whole = attempt.fact.amount if attempt.terms is None else attempt.terms.amount
    return amount_fault(attempt.fact, f"{attempt.fact.ids[0]}: ", of=whole)


def same_currency(attempt: Attempt) -> Problem | None:
    """The voucher's own currency."""
    currency = attempt.agreed.amount.currency
    if attempt.amount.currency == currency:
        return None
    return attempt.problem(
        "bad-currency",
        f"the amount is in {attempt.amount.currency}",
        f"{currency} (issued on {attempt.event_stands('issue')})",
    )


def within_held(attempt: Attempt) -> Problem | None:
    """Amount ≤ held."""
    held = attempt.known.standing.held
    if attempt.amount.number <= held:
        return None
    return attempt.problem(
        "exceeds-held",
        f"{attempt.amount} is applied for",
        f"at most the {held} held (issued on {attempt.event_stands('issue')})",
    )


def within_applied(attempt: Attempt) -> Problem | None:
    """Amount ≤ applied."""
    application = attempt.known.last("apply")
    assert application is not None  # noqa: S101
    if attempt.amount.number <= application.amount:
        return None
    return attempt.problem(
        "exceeds-applied",
        f"{attempt.amount} is settled",
        f"at most the {application.amount} applied for on {attempt.event_stands('apply')}",
    )


def enough_credit(attempt: Attempt) -> Problem | None:
    """Credit: enough free line; no declared line, no credit voucher."""
    terms = attempt.agreed
    if terms.funding != "credit":
        return None
    line = attempt.world.lines.get((terms.policyholder, terms.issuer, terms.amount.currency))
    if terms.amount.number <= line.available:
        return None
    return attempt.problem(
        "insufficient-credit",
        f"{terms.amount} is more than the free credit line of {terms.policyholder} "
        f"with {terms.issuer}",
        f"at most {line.available} {terms.amount.currency} ({_line_said(line)})",
    )


def by_acceptor(attempt: Attempt) -> Problem | None:
    """``by``, if given, is the acceptor; ``instructed-by``, if given, the insurer."""
    terms = attempt.agreed
    return _actor(attempt, "by", terms.acceptor) or _actor(attempt, "instructed-by", terms.insurer)


def by_acceptor_or_insurer(attempt: Attempt) -> Problem | None:
    """``by``, if given, is the acceptor or the insurer."""
    return _actor(attempt, "by", attempt.agreed.acceptor, attempt.agreed.insurer)


def by_insurer_or_policyholder(attempt: Attempt) -> Problem | None:
    """``by``, if given, is the insurer or the policyholder."""
    return _actor(attempt, "by", attempt.agreed.insurer, attempt.agreed.policyholder)


def _actor(attempt: Attempt, key: str, *allowed: str) -> Problem | None:
    actor = attempt.fact.terms.get(key)
    if actor is None or actor in allowed:
        return None
    return attempt.problem("wrong-actor", f"{key} is {quoted(actor)}", " or ".join(allowed))


def conditions_met(attempt: Attempt) -> Problem | None:
    """Every condition is met on the date."""
    verdicts = attempt_verdicts(attempt)
    unmet = _reasons(verdicts, "unmet")
    waiting = _reasons(verdicts, "waiting")
    if unmet:
        return attempt.problem(
            "condition-unmet", "; ".join(unmet + waiting), "every settlement condition to be met"
        )
    if waiting:
        return attempt.problem("condition-waiting", "; ".join(waiting), "a later date")
    return None


def some_condition_unmet(attempt: Attempt) -> Problem | None:
    """Some condition is unmet on the date."""
    verdicts = attempt_verdicts(attempt)
    if _reasons(verdicts, "unmet"):
        return None
    waiting = _reasons(verdicts, "waiting")
    if waiting:
        return attempt.problem("condition-waiting", "; ".join(waiting), "a condition to be unmet")
    return attempt.problem(
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


def attempt_verdicts(attempt: Attempt) -> dict[str, Verdict]:
    """The verdicts on a settlement, or on the application that a void would turn down."""
    settling = attempt.amount.number if attempt.fact.kind == "settle" else None
    return verdicts(
        attempt.world, attempt.agreed, attempt.known.standing, attempt.fact.date, settling
    )


def verdicts(
    world: World,
    terms: Terms,
    standing: Standing,
    date: dt.date,
    settling: Decimal | None = None,
) -> dict[str, Verdict]:
    """Judge every condition of a voucher on a date (contract, section 5).

    Args:
        world: the ledger's events and known conditions.
        terms: what was agreed.
        standing: how the voucher stands; its application is what is judged.
        date: the day of the judgement.
        settling: the amount to be settled; what was applied for if left out.
    """
    application = standing.application
    applied = None if application is None else application.amount
    evidence = {} if application is None else application.fact.terms
    case = Case(
        date=date,
        premium=terms.amount.number,
        applied=applied,
        settling=applied if settling is None else settling,
        evidence={key: evidence[key] for key in EVIDENCE if key in evidence},
        signals=world.signals,
    )
    return {
        key: world.conditions[key].judge(value, case) for key, value in terms.conditions.items()
    }


def outcome(judged: Mapping[str, Verdict]) -> Outcome:
    """All verdicts as one: unmet if any is, else waiting if any is, else met."""
    outcomes = {verdict.outcome for verdict in judged.values()}
    if "unmet" in outcomes:
        return "unmet"
    return "waiting" if "waiting" in outcomes else "met"


# --- The table --------------------------------------------------------------------------


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


def attempt_of(world: World, fact: Fact) -> Attempt:
    """A fact against the voucher that it names."""
    voucher = world.vouchers.get(fact.ids[0])
    if fact.kind not in ("request", "issue"):
        terms = None if voucher is None else voucher.terms
        return Attempt(world, fact, voucher, {}, terms)
    request = None if voucher is None else voucher.last("request")
    said = {**({} if request is None else request.fact.terms), **fact.terms}
    terms = None
    if fact.kind == "issue" and not any(key not in said for key in REQUIRED_TERMS):
        assert fact.amount is not None  # noqa: S101
        terms = _terms(fact.amount, said)
    return Attempt(world, fact, voucher, said, terms)


def _terms(amount: Money, said: Mapping[str, object]) -> Terms:
    known = {key.replace("-", "_"): said[key] for key in TERMS if key in said and key != "acceptor"}
    conditions = {key: said[key] for key in sorted(said) if is_condition_key(key)}
    acceptor = said.get("acceptor", said["issuer"])
    return Terms(amount=amount, acceptor=acceptor, conditions=conditions, **known)  # type: ignore[arg-type]


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


def party_problem(world: World, fact: Fact, said: str, party: str, role: str) -> Problem | None:
    """Why ``party`` cannot stand where a ``role`` is named: unknown, or of another role."""
    declared = world.parties.get(party)
    if declared is None:
        return fact.problem(
            "unknown-party",
            f"{said} is {quoted(party)}, which is not declared by {fact.date}",
            f"a voucher-party of role {role}",
        )
    if declared.role != role:
        where = declared.fact.place.seen_from(fact.place)
        return fact.problem(
            "wrong-role",
            f"{said} is {quoted(party)}, declared as {declared.role} ({where})",
            f"a party of role {role}",
        )
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


# --- Credit lines -----------------------------------------------------------------------


def line_party_problem(world: World, fact: Fact) -> Problem | None:
    """Why a credit line cannot be between these two."""
    for party, role in zip(fact.ids, ("policyholder", "bank"), strict=True):
        problem = party_problem(world, fact, role, party, role)
        if problem:
            return problem
    return None


def line_problem(world: World, fact: Fact) -> Problem | None:
    """Why a credit line cannot be set so, or not so much be repaid."""
    problem = line_party_problem(world, fact) or amount_fault(
        fact, "", zero_allowed=fact.kind == "credit-line"
    )
    if problem:
        return problem
    assert fact.amount is not None  # noqa: S101
    line = world.lines.get((*fact.ids[:2], fact.amount.currency))  # type: ignore[arg-type]
    if fact.kind == "repay":
        if fact.amount.number <= line.drawn:
            return None
        return fact.problem(
            "exceeds-drawn",
            f"{fact.amount} is repaid",
            f"at most what is drawn ({_line_said(line)})",
        )
    if fact.amount.number >= line.frozen + line.drawn:
        return None
    return fact.problem(
        "insufficient-credit",
        f"a limit of {fact.amount}",
        f"at least what is frozen and drawn ({_line_said(line)})",
    )


_DIGITS = getcontext().prec
"""How many digits Beancount computes with; a longer amount would silently be rounded."""


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
    if _digits(amount if of is None else of, amount) > _DIGITS:
        return fact.problem(
            "bad-amount", f"{prefix}the amount is {amount}", f"at most {_DIGITS} digits"
        )
    if amount.number < 0 or (amount.number == 0 and not zero_allowed):
        least = "zero or more" if zero_allowed else "more than zero"
        return fact.problem("bad-amount", f"{prefix}the amount is {amount}", least)
    if amount.currency.endswith(".MEMO"):
        return fact.problem(
            "bad-currency", f"{prefix}{amount.currency} is a memo commodity", "a currency"
        )
    return None


def _digits(whole: Money, part: Money) -> int:
    """The digits of a difference: those of the whole before the point, of the part after it."""
    exponent = part.number.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    return max(whole.number.adjusted() + 1, 1) + max(decimals, 0)


def _line_said(line: Line) -> str:
    return f"limit {line.limit}, frozen {line.frozen}, drawn {line.drawn}"
