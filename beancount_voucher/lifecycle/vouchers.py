"""Vouchers: what was agreed, and everything that happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.lifecycle.events import FINAL, Terms, VoucherEvent
from beancount_voucher.lifecycle.status import VoucherStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.source_lines import SourceLine


_SAME_STATE = (
    "recognise",
    "cover",
    "earn",
    "lapse",
    "return",
    "amend",
    "consent",
    "decline",
    "refund",
    "recall",
    "surrender",
    "refusal",
)


class Struck(NamedTuple):
    """What counts for nothing from a refusal on, and was booked until then.

    Attributes:
        refusal: the refusal.
        before: the voucher as it stood before the refusal, with all that is struck.
        events: those of its events that are not there any more, in their order.
        after: the voucher as it stands without that.
        instead: those of its events that have become others, and are booked from the refusal on.
    """

    refusal: VoucherEvent
    before: Voucher
    events: tuple[VoucherEvent, ...]
    after: Voucher
    instead: tuple[VoucherEvent, ...] = ()

    def moves(self) -> Iterator[tuple[VoucherEvent, Voucher, int]]:
        """Each event that is taken back (-1), and each that is booked instead (+1)."""
        yield from ((event, self.before, -1) for event in self.events)
        yield from ((event, self.after, +1) for event in self.instead)


@dataclass(slots=True)
class Voucher:
    """One voucher: what was agreed, and everything that happened to it, in order.

    Attributes:
        id: its id.
        amount: the premium: of the issue, or of the request while there is no issue; as amended.
        metadata: of request and issue together; the issue's win (they agree); as amended.
        terms: the terms of the issue, as amended; None while there is none.
        events: every event that was allowed, derived ones among them.
        status: after all events.
        issued_as: metadata and terms of the issue, where an amendment has changed them.
        struck: what each refusal among the events strikes.
    """

    id: str
    amount: Money
    metadata: Mapping[str, Any]
    terms: Terms | None
    events: list[VoucherEvent]
    status: VoucherStatus
    issued_as: tuple[Mapping[str, Any], Terms] | None = None
    struck: tuple[Struck, ...] = ()

    @property
    def first_terms(self) -> Terms | None:
        """The terms of the issue, before any amendment."""
        return self.terms if self.issued_as is None else self.issued_as[1]

    def agreed_on(self, date: dt.date) -> tuple[Mapping[str, Any], Terms | None]:
        """The metadata and the terms in force at the end of a day."""
        if self.issued_as is None:
            return self.metadata, self.terms
        found: tuple[Mapping[str, Any], Terms | None] = self.issued_as
        for event in self.events:
            if event.kind == "effect" and event.date <= date and event.change is not None:
                found = event.change.metadata, event.change.terms
        return found

    def terms_on(self, date: dt.date) -> Terms | None:
        """The terms in force at the end of a day."""
        return self.agreed_on(date)[1]

    def take_effect(self, event: VoucherEvent) -> None:
        """From an amendment's effect on its terms are in force."""
        assert event.change is not None
        assert event.change.terms is not None
        if self.issued_as is None:
            self.issued_as = self.metadata, self.agreed
        self.metadata, self.terms = event.change.metadata, event.change.terms
        self.amount = event.change.terms.amount

    def last(self, kind: str) -> VoucherEvent | None:
        """The latest event of a kind."""
        return next((event for event in reversed(self.events) if event.kind == kind), None)

    @property
    def agreed(self) -> Terms:
        """The terms, where there has been an issue."""
        assert self.terms is not None
        return self.terms

    def struck_by(self, refusal: VoucherEvent) -> Struck:
        """What a refusal among the events strikes."""
        return next(each for each in self.struck if each.refusal == refusal)

    @property
    def last_change(self) -> VoucherEvent:
        """The event that brought the voucher into its state."""
        changes: Iterator[VoucherEvent] = reversed(self.events)
        return next(
            event
            for event in changes
            if event.kind not in _SAME_STATE and (event.kind != "effect" or event.state in FINAL)
        )

    def until(self, date: dt.date) -> Iterator[VoucherEvent]:
        """The events up to and including a date."""
        return (event for event in self.events if event.date <= date)

    def as_of(self, date: dt.date) -> VoucherStatus:
        """How the voucher stood at the end of a day."""
        if self.events[-1].date <= date:
            return self.status
        status = VoucherStatus(self.status.zero)
        for event in self.until(date):
            status.take(event)
        return status

    @property
    def place(self) -> SourceLine:
        """Where its issue stands, or its request while there is no issue."""
        return (self.last("issue") or self.events[0]).place
