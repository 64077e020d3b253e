"""Vouchers: their terms, their events, and how they stand after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.source_lines import SourceLine


class State(StrEnum):
    """The states of a voucher (manual: life); NONE is the dash of its table."""

    NONE = "–"
    REQUESTED = "requested"
    REFUSED = "refused"
    ISSUED = "issued"
    ACCEPTED = "accepted"
    APPLIED = "applied"
    REJECTED = "rejected"
    SETTLED = "settled"
    VOIDED = "voided"


OPEN = (State.ISSUED, State.ACCEPTED, State.APPLIED)
"""Something is on hold."""

FINAL = (State.REFUSED, State.REJECTED, State.SETTLED, State.VOIDED)
"""Nothing can happen any more."""

DERIVED = ("recognise", "cover")
"""Entries that no directive states; they stand at the issue's line."""


_SAME_STATE = (*DERIVED, "return")


class Terms(NamedTuple):
    """What an issue and its request agree on.

    Attributes:
        amount: the premium, more than zero.
        accept_by: the last day for acceptance.
        apply_by: the last day for an application.
        cover_start: the first covered day; None: cover starts at acceptance.
        conditions: settlement conditions, key to value, in the order of their keys.
    """

    amount: Money
    policyholder: str
    issuer: str
    acceptor: str
    insurer: str
    funding: str
    accept_by: dt.date
    apply_by: dt.date
    cover_start: dt.date | None = None
    cover_end: dt.date | None = None
    on_unmet: str = "void"
    conditions: Mapping[str, Any] = MappingProxyType({})

    @property
    def parties(self) -> tuple[str, ...]:
        """Policyholder, issuer, acceptor, insurer."""
        return self[1:5]

    @property
    def one_bank(self) -> bool:
        """Whether issuer and acceptor are one: the clearing house."""
        return self.issuer == self.acceptor


class VoucherEvent(NamedTuple):
    """Something that happened to a voucher, or to a credit line.

    Attributes:
        kind: the directive's name; ``recognise`` and ``cover`` for derived entries.
        fact: the directive at whose line it stands.
        state: the voucher's state after it.
        amount: what it moves: the premium; for a settlement what is paid; for a credit line
            the change of its limit.
        released: what a settlement leaves, and sends home.
        accepted: whether the voucher was accepted before.
        recognised: whether its premium was recognised before.
        advance: whether cover had not started at settlement, so that the insurer keeps the
            premium as an advance.
    """

    kind: str
    date: dt.date
    fact: Fact
    state: State
    amount: Decimal = Decimal(0)
    released: Decimal = Decimal(0)
    accepted: bool = False
    recognised: bool = False
    advance: bool = False

    @property
    def place(self) -> SourceLine:
        """Where its directive stands."""
        return self.fact.place


@dataclass(slots=True)
class VoucherStatus:
    """How a voucher stands after some of its events: built by :meth:`take`, then only read.

    Amounts are in the voucher's currency; held + settled + released is the premium from
    the issue on. ``recognised`` is what the books have recognised of the premium before or
    through its settlement, and zero again after a void; ``advance`` is what was settled
    before cover starts, and zero again from then on.
    """

    zero: Decimal
    state: State = State.NONE
    issued: dt.date | None = None
    accepted: dt.date | None = None
    applied: dt.date | None = None
    returned: dt.date | None = None
    closed: dt.date | None = None
    reason: str | None = None
    application: VoucherEvent | None = None
    held: Decimal = field(init=False)
    settled: Decimal = field(init=False)
    released: Decimal = field(init=False)
    recognised: Decimal = field(init=False)
    advance: Decimal = field(init=False)

    def __post_init__(self) -> None:
        """Every amount starts at a zero with the decimals of the premium."""
        zero = self.zero
        self.held = self.settled = self.released = self.recognised = self.advance = zero

    def take(self, event: VoucherEvent) -> None:
        """Move on by one event, which the life has allowed."""
        kind, date = event.kind, event.date
        self.state = event.state
        if kind == "issue":
            self.issued, self.held = date, event.amount
        elif kind == "accept":
            self.accepted = date
        elif kind == "apply":
            self.applied, self.application = date, event
        elif kind == "return":
            self.returned = date
        elif kind == "recognise":
            self.recognised = event.amount
        elif kind == "cover":
            self.advance = self.zero
        elif kind != "request":
            self._close(event)

    def _close(self, event: VoucherEvent) -> None:
        self.closed, self.reason = event.date, event.fact.terms.get("reason")
        if event.kind == "settle":
            self.settled, self.released = event.amount, event.released
            self.recognised = event.amount if event.recognised else self.zero
            self.advance = event.amount if event.advance else self.zero
        else:
            self.released, self.recognised = self.held, self.zero
        self.held = self.zero


@dataclass(slots=True)
class Voucher:
    """One voucher: what was agreed, and everything that happened to it, in order.

    Attributes:
        id: its id.
        amount: the premium: of the issue, or of the request while there is no issue.
        metadata: of request and issue together; the issue's win (they agree).
        terms: the terms of the issue; None while there is none.
        events: every event that was allowed, derived ones among them.
        status: after all events.
    """

    id: str
    amount: Money
    metadata: Mapping[str, Any]
    terms: Terms | None
    events: list[VoucherEvent]
    status: VoucherStatus

    def last(self, kind: str) -> VoucherEvent | None:
        """The latest event of a kind."""
        return next((event for event in reversed(self.events) if event.kind == kind), None)

    @property
    def agreed(self) -> Terms:
        """The terms, where there has been an issue."""
        assert self.terms is not None
        return self.terms

    @property
    def last_change(self) -> VoucherEvent:
        """The event that brought the voucher into its state."""
        changes: Iterator[VoucherEvent] = reversed(self.events)
        return next(event for event in changes if event.kind not in _SAME_STATE)

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
