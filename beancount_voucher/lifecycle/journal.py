"""What happens, event by event: each moves its voucher and its credit line on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.lifecycle import derived
from beancount_voucher.lifecycle.amendments import consent_due
from beancount_voucher.lifecycle.enactment import (
    MOVES_LINES,
    effect_of,
    event_of,
    lapse_of,
    move_line,
)
from beancount_voucher.lifecycle.events import FINAL, VoucherEvent
from beancount_voucher.lifecycle.status import VoucherStatus
from beancount_voucher.lifecycle.striking import booked
from beancount_voucher.lifecycle.vouchers import Voucher

if TYPE_CHECKING:
    import datetime as dt

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import Candidate, LedgerState
    from beancount_voucher.lifecycle.transitions import Transition
    from beancount_voucher.lifecycle.vouchers import Struck


class JournalEvent(NamedTuple):
    """An event and the voucher that it happened to; a credit line's event has no voucher."""

    event: VoucherEvent
    voucher: Voucher | None


@dataclass(slots=True)
class Journal:
    """Every event that was allowed, derived ones among them, as it happens.

    Attributes:
        ledger_state: the vouchers and credit lines that events move on.
        events: in the order in which they happened.
    """

    ledger_state: LedgerState
    events: list[JournalEvent] = field(default_factory=list)
    _earnings: derived.Earnings | None = field(init=False)

    def __post_init__(self) -> None:
        """Where nothing that is earned is posted, nobody asks for it."""
        policy = self.ledger_state.options["earning"]
        self._earnings = None if policy == "none" else derived.Earnings(policy)

    # --- What a fact becomes ------------------------------------------------------------

    def enact(self, candidate: Candidate, rule: Transition) -> None:
        """Let happen what a fact states, by the row of the life that allows it."""
        fact, voucher = candidate.fact, candidate.voucher
        if voucher is None:
            assert fact.amount is not None
            zero = fact.amount.number - fact.amount.number
            voucher = Voucher(fact.ids[0], fact.amount, {}, None, [], VoucherStatus(zero))
            self.ledger_state.vouchers[voucher.id] = voucher
        if fact.kind in ("request", "issue"):
            voucher.metadata, voucher.terms = candidate.metadata, candidate.terms
        schedule = None if self._earnings is None else self._earnings.of(voucher)
        event = event_of(candidate, rule, voucher, schedule)
        if voucher.status.open is not None and event.state in FINAL:
            self.happen(lapse_of(voucher, fact.date), voucher, fact)
        self.happen(event, voucher)
        if fact.kind in ("amend", "consent") and not consent_due(voucher.agreed, voucher.status):
            self.happen(effect_of(voucher, fact, schedule), voucher)

    def happen(self, event: VoucherEvent, voucher: Voucher | None, by: Fact | None = None) -> None:
        """Let an event happen, by its own fact unless another is what brings it."""
        self.events.append(JournalEvent(event, voucher))
        if voucher is None:
            return
        terms, change = voucher.terms, event.change
        if (
            terms is not None
            and (terms.funding == "credit" or (change is not None and change.to_loan))
            and event.kind in MOVES_LINES
        ):
            line = self.ledger_state.lines.moving(terms.credit_line, by or event.fact)
            move_line(line, voucher, event)
        voucher.events.append(event)
        voucher.status.take(event)
        if event.kind == "effect":
            voucher.take_effect(event)
        if self._earnings is not None:
            self._earnings.take(voucher, event)

    def strike(self, voucher: Voucher, struck: Struck) -> None:
        """What was struck is booked on its day, and not what stands instead of it."""
        earlier = [booked(event) for each in voucher.struck for event in each.instead]
        gone = (event for event in struck.events if booked(event) not in earlier)
        instead = [booked(event) for event in struck.instead]
        if instead:
            self.events = [
                each
                for each in self.events
                if each.voucher is not voucher or booked(each.event) not in instead
            ]
        self.events += [JournalEvent(event, struck.before) for event in gone]
        voucher.struck = (*voucher.struck, struck)
        self.happen(struck.refusal, voucher)

    # --- What no directive states -------------------------------------------------------

    def derive(
        self, voucher: Voucher, date: dt.date, rank: int, also: dt.date | None = None
    ) -> None:
        """Let happen what no directive states, if its time is before (date, rank).

        Recognition, the start of cover, and what is earned between and after them.
        """
        options = self.ledger_state.options
        while (due := derived.due(voucher, options)) is not None:
            kind, day, amount = due
            if (day, derived.COVER) >= (date, rank):
                break
            self._earn(voucher, day, derived.COVER)
            self.happen(derived.derived(kind, day, amount, voucher), voucher)
        self._earn(voucher, date, rank, also)

    def _earn(
        self, voucher: Voucher, date: dt.date, rank: int, also: dt.date | None = None
    ) -> None:
        if self._earnings is not None:
            for event in self._earnings.due(voucher, date, rank, also):
                self.happen(event, voucher)
