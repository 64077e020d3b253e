"""What a premium has earned by a day (manual: instrument): layers, exact, rounded once.

The first amount earns over the whole cover; each later change (an amendment, a release, a
refund) over its own days, from its own day to the last of the cover. A premium of 3,650.00 over
365 days earns 10.00 a day:

    >>> import datetime as dt
    >>> first, last = dt.date(2026, 3, 1), dt.date(2027, 2, 28)
    >>> layer = Layer(Fraction(3650), first, last)
    >>> layer.earned_by(dt.date(2026, 3, 31))
    Fraction(310, 1)
    >>> layer.earned_by(dt.date(2026, 2, 28)), layer.earned_by(last)
    (Fraction(0, 1), Fraction(3650, 1))
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import decimals_of
from beancount_voucher.lifecycle.days import DAY, day_before, month_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.lifecycle.events import Terms, VoucherEvent
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher


class Layer(NamedTuple):
    """An amount that earns evenly over its days.

    Attributes:
        amount: what it earns in all; less than zero where a change lowered the premium.
        first: its first day; one after ``last``: all is earned at once, on that day.
        last: its last day, the last of the cover.
        until: the day after which it earns no more, as other cover dates were agreed.
    """

    amount: Fraction
    first: dt.date
    last: dt.date
    until: dt.date = dt.date.max

    def earned_by(self, day: dt.date) -> Fraction:
        """What it has earned at the end of a day, exactly."""
        day = min(day, self.until)
        if day < self.first:
            return Fraction(0)
        if day >= self.last:
            return self.amount
        return self.amount * ((day - self.first).days + 1) / ((self.last - self.first).days + 1)


@dataclass(slots=True)
class Schedule:
    """How the premium of one voucher earns, event after event.

    Attributes:
        layers: the first amount, and each change.
        total: all that is in them: the premium in force.
        cover: the first and last covered day; None as long as one of them is not agreed.
        decimals: how many decimals the amounts up to a day have; most last.
        ended: the day before the notice of return, after which nothing is earned.
        begun: whether what is earned is posted by now.
        posted: the last day up to which it was.
        seen: the last day up to which it has been asked for.
    """

    layers: list[Layer] = field(default_factory=list)
    total: Fraction = Fraction(0)
    cover: tuple[dt.date, dt.date] | None = None
    decimals: list[tuple[dt.date, int]] = field(default_factory=list)
    ended: dt.date = dt.date.max
    begun: bool = False
    posted: dt.date = dt.date.min
    seen: dt.date = dt.date.min

    def begin(self, before: dt.date) -> None:
        """From the day after one on, what is earned is posted."""
        self.begun, self.posted, self.seen = True, before, before

    def after(self, refund: VoucherEvent) -> Schedule:
        """How it would earn after a refund; this one stays as it is."""
        other = replace(self, layers=self.layers.copy(), decimals=self.decimals.copy())
        other.take(refund, None)
        return other

    def take(self, event: VoucherEvent, terms: Terms | None) -> None:
        """Move on by one event; the terms are those after it."""
        kind = event.kind
        if kind == "issue":
            assert terms is not None
            self.cover = _cover(terms)
            self._change(event.amount, event.date)
        elif kind == "effect":
            assert terms is not None
            cover = _cover(terms)
            if cover != self.cover:
                self._cover_anew(cover, event.date)
            self._change(event.amount, event.date)
        elif kind == "release":
            self._change(-event.amount, event.date)
        elif kind == "settle" and event.released:
            self._change(-event.released, event.date)
        elif kind == "refund":
            assert event.change is not None
            self._change(-event.amount - event.change.kept, event.change.since or event.date)
        elif kind == "return":
            self.ended = min(self.ended, day_before(event.date))
        self._note_decimals(event)

    def _change(self, amount: Decimal, day: dt.date) -> None:
        self.total += Fraction(amount)
        if self.cover is not None and amount:
            first, last = self.cover
            self.layers.append(Layer(Fraction(amount), max(day, first), last))

    def _cover_anew(self, cover: tuple[dt.date, dt.date] | None, day: dt.date) -> None:
        """One new layer of all that is unearned, from its day to the new end of cover."""
        before = day_before(day)
        unearned = self.total - self.exactly(before)
        self.layers = [each._replace(until=min(each.until, before)) for each in self.layers]
        self.cover = cover
        if cover is not None and unearned:
            self.layers.append(Layer(unearned, max(day, cover[0]), cover[1]))

    def _note_decimals(self, event: VoucherEvent) -> None:
        known = self.decimals[-1][1] if self.decimals else 0
        most = max(map(decimals_of, _amounts(event)), default=0)
        if most > known:
            self.decimals.append((event.date, most))

    def exactly(self, day: dt.date) -> Fraction:
        """What all layers have earned at the end of a day."""
        return sum((each.earned_by(day) for each in self.layers), Fraction(0))

    def earned_by(self, day: dt.date, in_force: Decimal) -> Decimal:
        """What is earned at the end of a day: no more than is in force, rounded once."""
        earned = min(Fraction(in_force), self.exactly(min(day, self.ended)))
        return rounded(earned, self._decimals_by(day))

    def _decimals_by(self, day: dt.date) -> int:
        return max((most for date, most in self.decimals if date <= day), default=0)


def _cover(terms: Terms) -> tuple[dt.date, dt.date] | None:
    first, last = terms.cover_start, terms.cover_end
    return None if first is None or last is None else (first, last)


def _amounts(event: VoucherEvent) -> Iterator[Decimal]:
    """What a directive says in money."""
    if event.fact.amount is not None:
        yield event.fact.amount.number
    if event.change is not None:
        yield event.change.kept


def rounded(number: Fraction, decimals: int) -> Decimal:
    """A number with so many decimals: half away from zero, in any context."""
    scaled = abs(number) * 10**decimals
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = tuple(map(int, str(units)))
    return Decimal((int(number < 0 and units > 0), digits, -decimals))


def schedule_of(voucher: Voucher, events: Iterable[VoucherEvent] | None = None) -> Schedule:
    """How the premium of a voucher earns.

    Args:
        voucher: any voucher.
        events: of it, those up to some day; all if left out.
    """
    schedule = Schedule()
    terms = voucher.first_terms
    for event in voucher.events if events is None else events:
        if event.kind == "effect":
            assert event.change is not None
            terms = event.change.terms
        if event.kind != "earn":
            schedule.take(event, terms)
    return schedule


def unearned_of_settled(
    voucher: Voucher,
    status: VoucherStatus,
    since: dt.date,
    events: Iterable[VoucherEvent] | None = None,
) -> Decimal:
    """What was settled, is not given back, and was not earned before a day.

    That is what is unearned on that day less what is recognised and still held, or without
    recognition what is unearned alone, as only what was paid was taken there.

    Args:
        voucher: any voucher.
        status: how it stands.
        since: the day.
        events: those that brought it there; all if left out.
    """
    earned = schedule_of(voucher, events).earned_by(day_before(since), status.in_force)
    return status.refundable - earned


def posting_days(
    policy: str, after: dt.date, until: dt.date, cover_end: dt.date
) -> Iterator[dt.date]:
    """The days on which earning is posted, of those after one day up to and including another.

    Args:
        policy: ``daily``: every day; ``monthly``: each month's last day, and the last of the cover.
        after: the day before the first.
        until: the last.
        cover_end: the last covered day.
    """
    day = after
    while day < until:
        day += DAY
        if policy == "monthly":
            day = month_end(day)
            if after < cover_end < day:
                day = cover_end
            after = day
        if day <= until:
            yield day
