"""Vouchers: their terms, their events, and how they stand after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.schema import DEFAULTS, EVENTS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.credit_lines import Pair


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

DERIVED = ("recognise", "cover", "earn", "lapse", "effect")
"""Entries that no directive states; they stand at the issue's line, and those of an amendment at
its own: a lapse at its offer, an effect at the consent that brought it."""


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


class Terms(NamedTuple):
    """What an issue and its request agree on.

    Attributes:
        amount: the premium, more than zero.
        accept_by: the last day for acceptance.
        apply_by: the last day for an application.
        cover_start: the first covered day; None: cover starts at acceptance.
        funding: ``cash`` or ``credit``; nothing where a message has brought the issue to the
            acceptor's side, who is not told.
        conditions: settlement conditions, key to value, in the order of their keys.
        draws: ``single``: one settlement ends it; ``multiple``: what is left stays on hold.
        refund_by: the last day for a refund, if one was agreed.
        voucher: whose terms they are.
        product: what is insured, if that is said.
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
    on_unmet: str = DEFAULTS["on-unmet"]
    conditions: Mapping[str, Any] = MappingProxyType({})
    draws: str = DEFAULTS["draws"]
    refund_by: dt.date | None = None
    voucher: str = ""
    product: str | None = None

    @property
    def parties(self) -> tuple[str, ...]:
        """Policyholder, issuer, acceptor, insurer."""
        return self[1:5]

    @property
    def credit_line(self) -> Pair:
        """Which credit line is theirs: the policyholder's with its bank, in their currency."""
        return self.policyholder, self.issuer, self.amount.currency

    @property
    def one_bank(self) -> bool:
        """Whether issuer and acceptor are one: the clearing house."""
        return self.issuer == self.acceptor


class Change(NamedTuple):
    """What events of the whole instrument say beside their amount.

    Attributes:
        number: of the amendment.
        terms: as amended.
        metadata: likewise.
        requested_by: who asked for the amendment: a party id.
        kept: what the insurer keeps of a refund.
        to_loan: what of a refund repays drawn credit.
        from_advance: what of a refund, and of what is kept, was still in advance.
        unearned: what was earned before, and is reversed as it is not in force any more.
        since: the day from which on a refund earns nothing.
    """

    number: int = 0
    terms: Terms | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})
    requested_by: str = ""
    kept: Decimal = Decimal(0)
    to_loan: Decimal = Decimal(0)
    from_advance: Decimal = Decimal(0)
    unearned: Decimal = Decimal(0)
    since: dt.date | None = None


class VoucherEvent(NamedTuple):
    """Something that happened to a voucher, or to a credit line.

    Attributes:
        kind: the directive's name, or one of ``DERIVED``.
        fact: the directive at whose line it stands.
        state: the voucher's state after it.
        amount: what it moves: the premium; for a settlement what is paid; for a credit line
            the change of its limit; for an amendment the increase that it offers, for its effect
            the change, less than zero for a decrease; for a refund what is paid back.
        released: what a settlement leaves, and sends home.
        accepted: whether the voucher was accepted before.
        recognised: whether its premium was recognised before.
        advance: whether cover had not started at settlement, so that the insurer keeps the
            premium as an advance.
        change: what more is to be said of an event of the whole instrument.
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
    change: Change | None = None

    @property
    def place(self) -> SourceLine:
        """Where its directive stands."""
        return self.fact.place


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


class OpenAmendment(NamedTuple):
    """An amendment that is offered, and neither effective nor declined.

    Attributes:
        event: its offer.
        consents: who has consented so far.
    """

    event: VoucherEvent
    consents: tuple[str, ...] = ()

    @property
    def change(self) -> Change:
        """What it says."""
        assert self.event.change is not None
        return self.event.change


@dataclass(slots=True)
class VoucherStatus:
    """How a voucher stands after some of its events: built by :meth:`take`, then only read.

    Amounts are in the voucher's currency; held + settled + released is ``amount``, the premium
    as amended, from the issue on. ``offered`` is what an open amendment has frozen beside
    ``held``; ``refunded`` and ``kept`` are sums; ``earned`` is what is posted as earned, and
    ``amendment`` the number of the last one that is effective. ``recognised`` is what the
    books have recognised of the premium before or through its settlement, and zero again after
    a void; ``advance`` is what was settled
    before cover starts, and zero again from then on.
    """

    zero: Decimal
    state: State = State.NONE
    issued: dt.date | None = None
    accepted: dt.date | None = None
    applied: dt.date | None = None
    returned: dt.date | None = None
    recalled: dt.date | None = None
    surrendered: dt.date | None = None
    closed: dt.date | None = None
    reason: str | None = None
    application: VoucherEvent | None = None
    open: OpenAmendment | None = None
    numbered: int = 0
    amendment: int = 0
    amount: Decimal = field(init=False)
    held: Decimal = field(init=False)
    settled: Decimal = field(init=False)
    released: Decimal = field(init=False)
    recognised: Decimal = field(init=False)
    advance: Decimal = field(init=False)
    offered: Decimal = field(init=False)
    refunded: Decimal = field(init=False)
    kept: Decimal = field(init=False)
    earned: Decimal = field(init=False)

    def __post_init__(self) -> None:
        """Every amount starts at a zero with the decimals of the premium."""
        zero = self.zero
        self.held = self.settled = self.released = self.recognised = self.advance = zero
        self.amount = self.offered = self.refunded = self.kept = self.earned = zero

    @property
    def in_force(self) -> Decimal:
        """The premium that can be earned: as amended, less what went home or was given back."""
        return self.amount - self.released - self.refunded - self.kept

    @property
    def refundable(self) -> Decimal:
        """What was settled and is neither refunded nor kept."""
        return self.settled - self.refunded - self.kept

    def take(self, event: VoucherEvent) -> None:
        """Move on by one event, which the life has allowed."""
        self.state = event.state
        _TAKES[event.kind](self, event)

    def _request(self, event: VoucherEvent) -> None:
        """A request holds nothing."""

    def _issue(self, event: VoucherEvent) -> None:
        self.issued, self.held, self.amount = event.date, event.amount, event.amount

    def _accept(self, event: VoucherEvent) -> None:
        self.accepted = event.date

    def _apply(self, event: VoucherEvent) -> None:
        self.applied, self.application = event.date, event

    def _return(self, event: VoucherEvent) -> None:
        self.returned = self.returned or event.date

    def _recognise(self, event: VoucherEvent) -> None:
        self.recognised = event.amount

    def _start_cover(self, _event: VoucherEvent) -> None:
        self.advance = self.zero

    def _close(self, event: VoucherEvent) -> None:
        """A refusal, rejection or void, and the only settlement of a voucher, which ends it."""
        self.closed, self.reason = event.date, event.fact.terms.get("reason")
        if event.change is not None:
            self.earned -= event.change.unearned
        if event.kind == "settle":
            self.settled, self.released = event.amount, event.released
            self.recognised = event.amount if event.recognised else self.zero
            self.advance = event.amount if event.advance else self.zero
        else:
            self.released, self.recognised = self.held, self.zero
        self.held = self.zero

    def _settle(self, event: VoucherEvent) -> None:
        if event.state is State.SETTLED and not self.settled:
            self._close(event)
            return
        self.settled += event.amount
        self.held -= event.amount
        if event.advance:
            self.advance += event.amount
        self._release_rest(event, event.released)
        if event.state is not State.SETTLED:
            self._judge_application(event)

    def _release(self, event: VoucherEvent) -> None:
        self.reason = event.fact.terms.get("reason")
        self._release_rest(event, event.amount)

    def _release_rest(self, event: VoucherEvent, rest: Decimal) -> None:
        self.held -= rest
        self.released += rest
        if event.recognised:
            self.recognised -= rest
        self._less_earned(event)

    def _less_earned(self, event: VoucherEvent) -> None:
        if event.change is not None:
            self.earned -= event.change.unearned
        if event.state in FINAL and self.closed is None:
            self.closed = event.date

    def _without_application(self, _event: VoucherEvent | None = None) -> None:
        self.applied = self.application = None

    def _judge_application(self, _event: VoucherEvent) -> None:
        """An application is turned down: a recall that let it through is spent."""
        self._without_application()
        self.recalled = None

    def _recall(self, event: VoucherEvent) -> None:
        self.recalled = event.date

    def _surrender(self, event: VoucherEvent) -> None:
        self.surrendered = event.date

    def _stay(self, _event: VoucherEvent) -> None:
        """A refusal: what it strikes is not among the events."""

    def _amend(self, event: VoucherEvent) -> None:
        assert event.change is not None
        self.open, self.numbered = OpenAmendment(event), event.change.number
        self.offered = self.zero + event.amount

    def _consent(self, event: VoucherEvent) -> None:
        assert self.open is not None
        self.open = self.open._replace(consents=(*self.open.consents, event.fact.terms["by"]))

    def _end_offer(self, _event: VoucherEvent) -> None:
        self.open, self.offered = None, self.zero

    def _take_effect(self, event: VoucherEvent) -> None:
        assert event.change is not None
        self._end_offer(event)
        self.amendment = event.change.number
        self.amount += event.amount
        self.held += event.amount
        if event.recognised:
            self.recognised += event.amount
        if event.state is State.VOIDED:
            self.reason = AGREED
        self._less_earned(event)

    def _refund(self, event: VoucherEvent) -> None:
        assert event.change is not None
        self.refunded += event.amount
        self.kept += event.change.kept
        self.advance -= event.change.from_advance
        self._less_earned(event)

    def _earn(self, event: VoucherEvent) -> None:
        self.earned += event.amount


AGREED = "agreed"
"""Why a voucher is voided that was amended to zero: a reason that no directive can state."""

_TAKES: dict[str, Callable[[VoucherStatus, VoucherEvent], None]] = {
    "request": VoucherStatus._request,  # noqa: SLF001
    "refuse": VoucherStatus._close,  # noqa: SLF001
    "issue": VoucherStatus._issue,  # noqa: SLF001
    "reject": VoucherStatus._close,  # noqa: SLF001
    "accept": VoucherStatus._accept,  # noqa: SLF001
    "recognise": VoucherStatus._recognise,  # noqa: SLF001
    "cover": VoucherStatus._start_cover,  # noqa: SLF001
    "apply": VoucherStatus._apply,  # noqa: SLF001
    "return": VoucherStatus._return,  # noqa: SLF001
    "void": VoucherStatus._close,  # noqa: SLF001
    "settle": VoucherStatus._settle,  # noqa: SLF001
    "release": VoucherStatus._release,  # noqa: SLF001
    "amend": VoucherStatus._amend,  # noqa: SLF001
    "consent": VoucherStatus._consent,  # noqa: SLF001
    "decline": VoucherStatus._end_offer,  # noqa: SLF001
    "lapse": VoucherStatus._end_offer,  # noqa: SLF001
    "effect": VoucherStatus._take_effect,  # noqa: SLF001
    "withdraw": VoucherStatus._without_application,  # noqa: SLF001
    "discrepancy": VoucherStatus._judge_application,  # noqa: SLF001
    "recall": VoucherStatus._recall,  # noqa: SLF001
    "surrender": VoucherStatus._surrender,  # noqa: SLF001
    "refusal": VoucherStatus._stay,  # noqa: SLF001
    "refund": VoucherStatus._refund,  # noqa: SLF001
    "earn": VoucherStatus._earn,  # noqa: SLF001
}
"""What each event does to how a voucher stands, beside its state."""

assert _TAKES.keys() == {*EVENTS, *DERIVED, "refusal"}


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
