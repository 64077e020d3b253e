"""Events that no directive states: recognition, the start of cover, earning (manual: books)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.schema import RANK
from beancount_voucher.lifecycle.days import day_before
from beancount_voucher.lifecycle.earning import Schedule, posting_days
from beancount_voucher.lifecycle.enactment import cover_starts
from beancount_voucher.lifecycle.events import VoucherEvent

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from beancount_voucher.lifecycle.vouchers import Voucher

COVER = RANK["cover"]
EARN = RANK["return"]
"""What a day earns is known once its notices are: a notice of return ends earning on the day
before. What stands between earn and return in the order of a day moves no premium."""
LAST = RANK["close"]
"""After everything that a day has."""


def due(voucher: Voucher, options: Mapping[str, str]) -> tuple[str, dt.date, Decimal] | None:
    """The next recognition or start of cover of a voucher, its day and amount; None: none.

    When cover starts, what is in advance moves first; then what is still held is recognised.
    """
    status = voucher.status
    barred = status.returned is not None or status.recognised or status.closed is not None
    if barred and not status.advance:
        return None
    accepted, starts = status.accepted, cover_starts(voucher)
    if accepted is None or starts is None:
        return None
    if status.advance:
        return "cover", starts, status.advance
    policy = options["recognise-at"]
    if policy == "settle":
        return None
    return (
        "recognise",
        max(starts, accepted) if policy == "coverage" else accepted,
        status.held,
    )


def derived(kind: str, date: dt.date, amount: Decimal, voucher: Voucher) -> VoucherEvent:
    """An event that no directive states, at the line of the issue."""
    issue = voucher.last("issue")
    assert issue is not None
    return VoucherEvent(kind, date, issue.fact, voucher.status.state, amount)


class Earnings:
    """What all vouchers of a ledger have earned, day after day, as far as it is posted."""

    def __init__(self, policy: str) -> None:
        """Take the option ``earning``; under ``none`` nobody asks for anything."""
        self.policy = policy
        self._schedules: dict[str, Schedule] = {}

    def of(self, voucher: Voucher) -> Schedule:
        """How the premium of a voucher earns."""
        return self._schedules.setdefault(voucher.id, Schedule())

    def take(self, voucher: Voucher, event: VoucherEvent) -> None:
        """Move on by an event that has happened."""
        if event.kind == "earn":
            return
        schedule = self.of(voucher)
        terms = voucher.terms if event.change is None else event.change.terms or voucher.terms
        schedule.take(event, terms)
        if event.kind == "recognise" or (event.kind == "settle" and not schedule.begun):
            schedule.begin(event.date if event.kind == "settle" else day_before(event.date))

    def due(
        self, voucher: Voucher, date: dt.date, rank: int, also: dt.date | None = None
    ) -> Iterator[VoucherEvent]:
        """What a voucher has earned since it was posted last, before a rank of a day.

        Each is to happen before the next is asked for.

        Args:
            voucher: one that is accepted.
            date: the day.
            rank: of what comes next on that day.
            also: a further day to post on, if there is one: before a refund.
        """
        schedule = self._schedules.get(voucher.id)
        if schedule is None or not schedule.begun or schedule.cover is None:
            return
        last = date if rank > EARN else day_before(date)
        end = schedule.cover[1]
        if also is not None and date in posting_days(self.policy, also, date, end):
            also = None  # by what is posted on the day itself, nothing is left to post before it
        days = posting_days(self.policy, schedule.seen, last, end)
        for day in _with(days, also, schedule.posted):
            schedule.posted = day
            earned = schedule.earned_by(day, voucher.status.in_force) - voucher.status.earned
            if earned:
                yield derived("earn", day, earned, voucher)
            if day > end and self._all_is_posted(schedule, voucher, last):
                break
        schedule.seen = max(schedule.seen, last)

    @staticmethod
    def _all_is_posted(schedule: Schedule, voucher: Voucher, last: dt.date) -> bool:
        """Whether up to a day after the end of cover nothing more is earned."""
        return schedule.earned_by(last, voucher.status.in_force) == voucher.status.earned


def _with(days: Iterator[dt.date], also: dt.date | None, after: dt.date) -> Iterator[dt.date]:
    """Days in their order, and a further one behind them, unless it is the last, or before it."""
    for day in days:
        after = day
        yield day
    if also is not None and after < also:
        yield also
