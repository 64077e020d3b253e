"""Vouchers to decisions: what is due, and whether it may be done (manual: daily-run).

A decision is never made past the life's own guards: whatever is decided here is tried
against them first, so that what the command writes loads without an error.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.schema import VOID_REASONS
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.lifecycle import transitions
from beancount_voucher.lifecycle.candidates import candidate_of
from beancount_voucher.lifecycle.days import day_after, day_before
from beancount_voucher.lifecycle.deadlines import deadline_of, lateness
from beancount_voucher.lifecycle.events import DERIVED, OPEN, State
from beancount_voucher.lifecycle.form_checks import form_problem
from beancount_voucher.lifecycle.meaning import decided
from beancount_voucher.lifecycle.verdicts import outcome_of, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount_voucher.conditions import Verdict
    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import Terms, VoucherEvent
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher

NOT_WRITTEN = SourceLine("<bean-voucher>", 0)
"""Where a decision stands before it is written."""


@dataclass(frozen=True, slots=True)
class Decision:
    """To settle or to void a voucher, or to release what is left of it, and why.

    Attributes:
        fact: the directive that records it.
        because: one line for a person.
        effective: the date that it would have but for a closed period.
        said: what whoever decides has to say beside it.
    """

    fact: Fact
    because: str
    effective: dt.date
    said: Mapping[str, Value] = field(default_factory=dict)

    @property
    def notes(self) -> dict[str, Value]:
        """Metadata beside the terms: the effective date, where it is not the directive's."""
        moved = self.effective != self.fact.date
        return {**({"note-effective": self.effective} if moved else {}), **self.said}

    @property
    def opens(self) -> str:
        """No account: a decision needs none that its voucher has not had."""
        return ""


@dataclass(frozen=True)
class Decisions:
    """Judges the vouchers of one ledger as of one date.

    Attributes:
        evaluation: what the facts of the ledger come to.
        as_of: the date.
        by: who decides.
        undecidable: vouchers that nobody may decide about, and why: what is written of them
            is not what is read.
        unfunded: vouchers whose money is not there on the date, and why: they are not
            settled, nor voided but by a person who asks for it.
        date: the date of what a person asks for, where that one is not to follow from the rest.
        heard: for each bank with which messages are exchanged, the date of its latest one: what
            it may have said in time is waited for.
        we: for whom is decided, where that is one bank: what it has issued. None: for all whose
            issuers do not speak for themselves.
    """

    evaluation: Evaluation
    as_of: dt.date
    by: str | None = None
    undecidable: Mapping[str, Problem] = field(default_factory=dict)
    unfunded: Mapping[str, Problem] = field(default_factory=dict)
    date: dt.date | None = None
    heard: Mapping[str, dt.date] = field(default_factory=dict)
    we: str | None = None

    # --- What is due --------------------------------------------------------------------

    def due(self) -> Iterator[tuple[Decision, Problem | None]]:
        """Every decision that is due, by voucher id, and what bars it if anything does.

        A voucher that has events after the as-of date is left alone: on that date nobody
        could know them, and nobody can decide against them now.
        """
        for _, voucher in sorted(self.evaluation.vouchers.items()):
            decision = self.due_for(voucher)
            if decision is not None:
                bar = self.undecidable.get(voucher.id) or self.unfunded.get(voucher.id)
                yield decision, bar

    def due_for(self, voucher: Voucher) -> Decision | None:
        """The first that matches: insurance-returned, lateness, settlement, conditions-unmet.

        What bars a decision about the voucher is for ``due`` to tell.
        """
        status, terms = voucher.status, voucher.terms
        if status.state not in OPEN or terms is None or last_stated(voucher).date > self.as_of:
            return None
        if not self._is_ours(voucher, terms):
            return None
        asked = _asked_back(voucher)
        given_back = None if asked is None else self._ended(voucher, asked)
        if given_back is not None:
            return given_back
        return self._otherwise_due(voucher, status, terms)

    def _is_ours(self, voucher: Voucher, terms: Terms) -> bool:
        """Whether it is for this ledger to decide, and not for an issuer that sends messages."""
        if self.we is not None:
            return terms.issuer == self.we
        issue = voucher.last("issue")
        if issue is not None and not issue.fact.is_judged_by(terms.issuer):
            return False
        return terms.issuer not in self._speakers

    @cached_property
    def _speakers(self) -> frozenset[str]:
        """Who has sent us messages."""
        exchanged = self.evaluation.exchanged
        return frozenset(each.ids[0] for each in exchanged if each.kind == "received")

    def _otherwise_due(
        self, voucher: Voucher, status: VoucherStatus, terms: Terms
    ) -> Decision | None:
        """What is due of a voucher that was not asked back."""
        reason = self._void_due(status, terms)
        if reason is not None:
            return self._ended(voucher, reason)
        if status.state is not State.APPLIED:
            return None
        if outcome_of(self._verdicts(voucher, self.as_of)) == "met":
            return self._checked(self._settlement(voucher, None))
        # The life does not void what waits, nor what may still be applied for again.
        return self._ended(voucher, "conditions-unmet")

    def _void_due(self, status: VoucherStatus, terms: Terms) -> str | None:
        if status.returned is not None:
            return "insurance-returned"
        if status.surrendered is not None:
            return "surrendered"
        late = lateness(status, terms, self.as_of)
        return None if late is None or self._is_waited_for(terms, late) else late

    def unheard(self) -> Iterator[tuple[str, str, dt.date, dt.date]]:
        """The vouchers that are late, while their acceptor may have said otherwise in time.

        Each with the acceptor, the deadline, and the last day on which it is waited for.
        """
        for _, voucher in sorted(self.evaluation.vouchers.items()) if self.heard else ():
            status, terms = voucher.status, voucher.terms
            if terms is None or status.returned or status.surrendered:
                continue
            late = lateness(status, terms, self.as_of)
            if late and self._is_waited_for(terms, late) and self._is_ours(voucher, terms):
                deadline = deadline_of(late, terms)
                assert deadline is not None
                yield voucher.id, terms.acceptor, deadline, deadline + self._grace

    @property
    def _grace(self) -> dt.timedelta:
        return dt.timedelta(days=int(self.evaluation.options["grace-days"]))

    def _is_waited_for(self, terms: Terms, late: str) -> bool:
        """Whether the acceptor may have said in time what has not come yet."""
        heard, deadline = self.heard.get(terms.acceptor), deadline_of(late, terms)
        if heard is None or deadline is None or heard > deadline:
            return False
        return self.as_of - deadline <= self._grace

    def _ended(self, voucher: Voucher, reason: str) -> Decision | None:
        """To end it, or to ask for it back first, where that is to be stated."""
        decision = self._end(voucher, reason)
        ruled = self._tried(decision)
        if isinstance(ruled, Problem):
            date, effective = self._dated(voucher, self.as_of)  # not late: from now on it counts
            terms = {"reason": reason}
            recall = decision.fact._replace(kind="recall", date=date, terms=terms)
            asked = replace(decision, fact=recall, effective=effective)
            return self._checked(asked) if ruled.code == "not-surrendered" else None
        return decision

    def _checked(self, decision: Decision) -> Decision | None:
        """Nothing is due that the life would refuse."""
        return None if isinstance(self._tried(decision), Problem) else decision

    # --- What a person asks for ---------------------------------------------------------

    def settle(self, voucher_id: str, amount: Money | None = None) -> Decision | Problem:
        """Settle one voucher, in full or in part, or say why not."""
        voucher = self.evaluation.vouchers.get(voucher_id)
        if voucher is None:
            return self._unknown(voucher_id)
        bar = self.undecidable.get(voucher_id) or self.unfunded.get(voucher_id)
        return bar or self._tried(self._settlement(voucher, amount))

    def void(self, voucher_id: str, reason: str) -> Decision | Problem:
        """Void one voucher for a reason, or say why not."""
        voucher = self.evaluation.vouchers.get(voucher_id)
        if voucher is None:
            return self._unknown(voucher_id)
        return self.undecidable.get(voucher_id) or self._tried(self._void(voucher, reason))

    def decided(
        self, kind: str, voucher_id: str, amount: Money | None, terms: dict[str, Value]
    ) -> VoucherEvent | None:
        """The event by which it was decided before just so, on whatever day."""
        voucher = self.evaluation.vouchers.get(voucher_id)
        if voucher is None:
            return None
        return decided(voucher, self._fact(kind, voucher, self.as_of, amount, terms))

    def _unknown(self, voucher_id: str) -> Problem:
        fact = Fact("settle", self.as_of, (voucher_id,), None, {}, NOT_WRITTEN)
        problem = form_problem(candidate_of(self.evaluation.ledger_state, fact))
        assert problem is not None
        return problem

    def _tried(self, decision: Decision) -> Decision | Problem:
        """Held against the life, on its date and on the date that a closed period moved."""
        for date in (decision.effective, decision.fact.date):
            candidate = candidate_of(
                self.evaluation.ledger_state, decision.fact._replace(date=date)
            )
            ruled = transitions.transition_or_problem(candidate)
            if isinstance(ruled, Problem):
                return ruled
        return decision

    # --- Dates and reasons --------------------------------------------------------------

    def _settlement(self, voucher: Voucher, amount: Money | None) -> Decision:
        date, effective = self._dated(voucher, self.as_of)
        fact = self._fact("settle", voucher, date, amount, {})
        met = [f"{key}: {verdict.reason}" for key, verdict in self._verdicts(voucher, date).items()]
        return Decision(fact, "; ".join(met) or "no condition is set", effective)

    def _void(self, voucher: Voucher, reason: str) -> Decision:
        day = self.as_of
        terms = voucher.terms
        deadline = None if terms is None else deadline_of(reason, terms)
        if deadline is not None and deadline < day:
            day = max(day_after(deadline), min(self._graced(voucher), day))
        date, effective = self._dated(voucher, day)
        fact = self._fact("void", voucher, date, None, {"reason": reason})
        return Decision(fact, self._because(voucher, reason, date), effective)

    def _graced(self, voucher: Voucher) -> dt.date:
        """The first day after a recall on which the voucher need not have been given back."""
        recalled, surrendered = voucher.status.recalled, voucher.status.surrendered
        if recalled is None or surrendered is not None:
            return dt.date.min
        return recalled + self._grace

    def _end(self, voucher: Voucher, reason: str) -> Decision:
        """Void it; where something is settled, release what is left, for the same reason."""
        void = self._void(voucher, reason)
        if not voucher.status.settled:
            return void
        terms = {key: value for key, value in void.fact.terms.items() if key != "reason"}
        fact = void.fact._replace(kind="release", terms={"reason": void.because, **terms})
        return replace(void, fact=fact)

    def _fact(
        self,
        kind: str,
        voucher: Voucher,
        date: dt.date,
        amount: Money | None,
        terms: dict[str, Value],
    ) -> Fact:
        if self.by is not None:
            terms["by"] = self.by
        return Fact(kind, date, (voucher.id,), amount, terms, NOT_WRITTEN)

    def _dated(self, voucher: Voucher, day: dt.date) -> tuple[dt.date, dt.date]:
        """The date of a decision, never within a closed period; and that which is effective.

        Neither is before the voucher's last event, but where a person names it.
        """
        if self.date is not None:
            return self.date, self.date
        effective = max(day, last_stated(voucher).date)
        closed = self.evaluation.closed
        if closed is None or effective > closed:
            return effective, effective
        return day_after(closed), effective

    def _verdicts(self, voucher: Voucher, date: dt.date) -> dict[str, Verdict]:
        if voucher.terms is None:
            return {}
        return verdicts(self.evaluation.ledger_state, voucher.terms, voucher.status, date)

    def _because(self, voucher: Voucher, reason: str, date: dt.date) -> str:
        verdicts = self._verdicts(voucher, day_before(date)).items()
        unmet = (f"{key}: {each.reason}" for key, each in verdicts if each.outcome == "unmet")
        return VOID_REASONS[reason].because.format(
            deadline=None if voucher.terms is None else deadline_of(reason, voucher.terms),
            returned=voucher.status.returned,
            surrendered=voucher.status.surrendered,
            unmet="; ".join(unmet),
            stands="by" if voucher.last("apply") is None else "stands after",
        )


def _asked_back(voucher: Voucher) -> str | None:
    """The reason for which a voucher was asked back that was then given back."""
    status, recall = voucher.status, voucher.last("recall")
    if status.surrendered is None or status.recalled is None or recall is None:
        return None
    return str(recall.fact.terms["reason"])


def last_stated(voucher: Voucher) -> VoucherEvent:
    """The last event of a voucher that a directive states."""
    events: Iterator[VoucherEvent] = reversed(voucher.events)
    return next(event for event in events if event.kind not in DERIVED)
