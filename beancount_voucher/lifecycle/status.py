"""How a voucher stands after its events, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.schema import EVENTS
from beancount_voucher.lifecycle.events import DERIVED, FINAL, State, VoucherEvent

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from decimal import Decimal

    from beancount_voucher.lifecycle.events import Change


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
