"""Facts to vouchers: one pass over the facts in their order (manual: directives, life).

Nothing here knows of accounts or postings, of a clock or of a file. The same facts give
the same evaluation in every ledger that includes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.money import exact
from beancount_voucher.directives.schema import DIRECTIVES, RANK
from beancount_voucher.lifecycle import channels, credit_guards, derived, transitions
from beancount_voucher.lifecycle.candidates import LedgerState, Party, candidate_of
from beancount_voucher.lifecycle.credit_lines import CreditLines
from beancount_voucher.lifecycle.days import day_before
from beancount_voucher.lifecycle.events import State, VoucherEvent
from beancount_voucher.lifecycle.form_checks import form_problem
from beancount_voucher.lifecycle.groups import agree, duplicates, groups
from beancount_voucher.lifecycle.journal import Journal
from beancount_voucher.lifecycle.meaning import mean_the_same
from beancount_voucher.lifecycle.options import options_of
from beancount_voucher.lifecycle.reconciled import Reconciled
from beancount_voucher.lifecycle.striking import (
    Strikes,
    Unlimited,
    strikes_in,
    struck_between,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Container, Mapping

    from beancount_voucher.conditions import Condition, EventDirectives
    from beancount_voucher.directives.facts import Fact, Reading
    from beancount_voucher.lifecycle.journal import JournalEvent
    from beancount_voucher.lifecycle.vouchers import Voucher


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the facts of a ledger come to.

    Attributes:
        ledger_state: parties, vouchers and credit lines after the last fact.
        options: every option, as set or by default.
        replaced: accounts that a party replaces, by party and account role.
        journal: every event that was allowed, derived ones among them.
        problems: every directive that was not, in no particular order.
        horizon: the date of the latest valid directive; None for a ledger without any.
        closed: the date of the latest voucher-close.
        reconciled: every statement that was reconciled, in order.
        exchanged: what counts of keys, messages and refusals, in order.
        struck: each fact that counts for nothing, with the refusal that strikes it.
    """

    ledger_state: LedgerState
    options: Mapping[str, str]
    replaced: Mapping[tuple[str, str], str]
    journal: list[JournalEvent]
    problems: list[Problem]
    horizon: dt.date | None
    closed: dt.date | None
    reconciled: list[Fact] = field(default_factory=list)
    exchanged: list[Fact] = field(default_factory=list)
    struck: list[tuple[Fact, Fact]] = field(default_factory=list)

    @property
    def vouchers(self) -> dict[str, Voucher]:
        """Every voucher that was requested or issued, by id."""
        return self.ledger_state.vouchers

    def part(self, vouchers: Container[str]) -> Evaluation:
        """The same with a journal of what happened to some vouchers, and was struck of them."""
        journal = [each for each in self.journal if each.voucher and each.voucher.id in vouchers]
        return replace(self, journal=journal)


@exact
def evaluate(
    reading: Reading,
    event_directives: EventDirectives,
    conditions: Mapping[str, Condition],
    horizon: dt.date | None = None,
    lines: CreditLines | None = None,
) -> Evaluation:
    """Evaluate facts.

    Args:
        reading: the facts in their order.
        event_directives: the ledger's ``event`` directives.
        conditions: the known settlement conditions by key.
        horizon: the least horizon, where these are not all facts of a ledger.
        lines: the credit lines, likewise.
    """
    options, problems = options_of(fact for fact in reading.facts if fact.kind == "option")
    state = LedgerState({}, {}, lines or CreditLines(), event_directives, conditions, options)
    replay = _Replay(
        state,
        Journal(state),
        [*reading.problems, *problems],
        horizon=horizon,
        strikes=strikes_in(reading.facts),
    )
    for fact, rest in groups(reading.facts):
        replay.take(fact, rest)
    replay.finish()
    return Evaluation(
        ledger_state=replay.ledger_state,
        options=options,
        replaced=replay.replaced,
        journal=replay.journal.events,
        problems=replay.problems,
        horizon=replay.horizon,
        closed=replay.closed,
        reconciled=replay.reconciled.records,
        exchanged=replay.exchanged,
        struck=replay.struck,
    )


@dataclass(slots=True)
class _Replay:
    """The state of the pass. Each kind of directive has one method that takes it."""

    ledger_state: LedgerState
    journal: Journal
    problems: list[Problem]
    replaced: dict[tuple[str, str], str] = field(default_factory=dict)
    periods: dict[str, Fact] = field(default_factory=dict)
    horizon: dt.date | None = None
    closed: dt.date | None = None
    reconciled: Reconciled = field(default_factory=Reconciled)
    strikes: dict[str, Strikes] = field(default_factory=dict)
    exchanged: list[Fact] = field(default_factory=list)
    struck: list[tuple[Fact, Fact]] = field(default_factory=list)

    # --- Which facts of a group count ---------------------------------------------------

    def take(self, fact: Fact, rest: list[Fact]) -> None:
        """Take a fact, unless others of its kind, day and subject say something else."""
        if rest and self.strikes:
            group = self._not_struck([fact, *rest])
            if not group:
                return
            fact, *rest = group
        if rest:
            group = [fact, *rest]
            same = self._agree(group)
            for duplicate, problem in duplicates(group, same=same):
                self.problems.append(self._form_problem(duplicate) or problem)
            if not same:
                return
        self._take_one(fact)

    def _not_struck(self, group: list[Fact]) -> list[Fact]:
        """Those that no refusal names: what was struck stands in nobody's way."""
        strikes = self.strikes.get(group[0].voucher or "")
        if strikes is None:
            return group
        voucher = self.ledger_state.vouchers.get(group[0].voucher or "")
        return [each for each in group if not self._is_struck(each, strikes.takes(each, voucher))]

    def _agree(self, group: list[Fact]) -> bool:
        """Whether all mean the same: what they write, or what that comes to for the voucher."""
        if agree(group) or not DIRECTIVES[group[0].kind].concerns_voucher:
            return agree(group)
        return mean_the_same(candidate_of(self.ledger_state, fact) for fact in group)

    def _form_problem(self, fact: Fact) -> Problem | None:
        if fact.kind in ("credit-line", "repay"):
            return credit_guards.credit_line_party_problem(self.ledger_state, fact)
        if not DIRECTIVES[fact.kind].concerns_voucher:
            return None
        return form_problem(candidate_of(self.ledger_state, fact))

    def _take_one(self, fact: Fact) -> None:
        problem = _TAKES.get(fact.kind, _Replay._take_event)(self, fact)
        if problem is not None:
            self.problems.append(problem)
        elif DIRECTIVES[fact.kind].moves_horizon:
            self._move_horizon(fact.date)

    def _move_horizon(self, date: dt.date) -> None:
        if self.horizon is None or date > self.horizon:
            self.horizon = date

    # --- What each kind does ------------------------------------------------------------

    def _take_party(self, fact: Fact) -> Problem | None:
        party, role = fact.ids
        declared = self.ledger_state.parties.get(party)
        if declared is not None:
            return fact.repeats(declared.fact, f'party "{party}"')
        self.ledger_state.parties[party] = Party(role, fact.terms.get("name", party), fact)
        for key, template in fact.terms.items():
            if key != "name":
                self.replaced[party, key] = template
        return None

    def _take_close(self, fact: Fact) -> Problem | None:
        earlier = self.periods.setdefault(fact.ids[0], fact)
        if earlier is not fact:
            return fact.repeats(earlier, f'close of period "{fact.ids[0]}"')
        self.closed = fact.date
        return None

    def _take_reconciled(self, fact: Fact) -> Problem | None:
        return self.reconciled.take(fact)

    def _take_line(self, fact: Fact) -> Problem | None:
        problem = credit_guards.credit_line_problem(self.ledger_state, fact)
        if problem is not None:
            return problem
        assert fact.amount is not None
        pair = fact.ids[0], fact.ids[1], fact.amount.currency
        line = self.ledger_state.lines.moving(pair, fact)
        moved = fact.amount.number
        if fact.kind == "credit-line":
            moved -= line.limit
            line.limit = fact.amount.number
        else:
            line.drawn -= moved
        self.journal.happen(VoucherEvent(fact.kind, fact.date, fact, State.NONE, moved), None)
        return None

    def _take_exception(self, _fact: Fact) -> None:
        """It is to be reviewed."""

    def _take_exchanged(self, fact: Fact) -> Problem | None:
        """Keys, and messages that were sent and received."""
        problem = channels.problem(self.ledger_state, self.exchanged, fact)
        if problem is None:
            self.exchanged.append(fact)
        return problem

    def _take_refusal(self, fact: Fact) -> Problem | None:
        """What it strikes is booked, and is reversed on its day."""
        problem = channels.problem(self.ledger_state, self.exchanged, fact)
        if problem is not None:
            return problem
        self.exchanged.append(fact)
        strikes = self.strikes.get(fact.ids[2])
        voucher = self.ledger_state.vouchers.get(fact.ids[2])
        if strikes is None or fact not in strikes.refusals:
            return None
        if voucher is None or voucher.terms is None:  # by itself it might have been issued
            return None
        status = voucher.status
        event = VoucherEvent(fact.kind, fact.date, fact, status.state, status.zero)
        lives = (self._lived(each, fact) for each in strikes.before(fact))
        struck = struck_between(event, *lives)
        if struck is not None:
            self.journal.derive(voucher, fact.date, RANK[fact.kind])
            self.journal.strike(voucher, struck)
            self._move_horizon(fact.date)
        return None

    def _lived(self, strikes: Strikes, refusal: Fact) -> Voucher:
        """The life of a voucher that was issued, up to a refusal, by itself."""
        state = replace(self.ledger_state, vouchers={}, lines=Unlimited())
        of_voucher = {refusal.ids[2]: strikes}
        alone = _Replay(state, Journal(state), [], horizon=refusal.date, strikes=of_voucher)
        for first, rest in groups(strikes.facts):
            alone.take(first, rest)
        alone.finish()
        return alone.ledger_state.vouchers[refusal.ids[2]]

    def _take_event(self, fact: Fact) -> Problem | None:
        candidate = candidate_of(self.ledger_state, fact)
        strikes = self.strikes.get(fact.ids[0]) if self.strikes else None
        if strikes is not None and self._is_struck(fact, strikes.takes(fact, candidate.voucher)):
            return None
        rule = transitions.transition_or_problem(candidate)
        if isinstance(rule, Problem):
            if strikes is None or rule.code == "duplicate":  # that it is anyway
                return rule
            along = strikes.takes_along(fact, candidate.voucher)
            return None if self._is_struck(fact, along) else rule
        voucher = candidate.voucher
        if voucher is not None and voucher.status.accepted is not None:
            also = day_before(fact.date) if fact.kind == "refund" else None
            self.journal.derive(voucher, fact.date, RANK[fact.kind], also)
        self.journal.enact(candidate, rule)
        return None

    def _is_struck(self, fact: Fact, refusal: Fact | None) -> bool:
        if refusal is not None:
            self.struck.append((fact, refusal))
        return refusal is not None

    def finish(self) -> None:
        """Write what is derived up to and including the horizon."""
        if self.horizon is not None:
            for voucher in self.ledger_state.vouchers.values():
                self.journal.derive(voucher, self.horizon, derived.LAST)


_TAKES: dict[str, Callable[[_Replay, Fact], Problem | None]] = {
    "party": _Replay._take_party,  # noqa: SLF001
    "close": _Replay._take_close,  # noqa: SLF001
    "reconciled": _Replay._take_reconciled,  # noqa: SLF001
    "credit-line": _Replay._take_line,  # noqa: SLF001
    "repay": _Replay._take_line,  # noqa: SLF001
    "exception": _Replay._take_exception,  # noqa: SLF001
    "refusal": _Replay._take_refusal,  # noqa: SLF001
    **dict.fromkeys(channels.KEPT, _Replay._take_exchanged),  # noqa: SLF001
}
"""What takes each kind of fact; all others are events of a voucher."""
