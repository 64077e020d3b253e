"""Data of charts: what is frozen over time, and what happened in each interval."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from fava.util.date import dateranges

from beancount_voucher.lifecycle.days import day_after, days_after
from beancount_voucher.views.period import frozen_by
from fava_voucher.translation import gettext, gettext_noop

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from fava.util.date import DateRange, Interval

    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.views.forecast import Payment

_SERIES = {
    "cash": gettext_noop("frozen money"),
    "credit": gettext_noop("frozen credit"),
    "": gettext_noop("frozen elsewhere"),
}
"""By funding; of an issue that a message has brought only the issuer's side knows it."""

_HAPPENED = {
    "issue": "issued",
    "accept": "accepted",
    "apply": "applied",
    "settle": "settled",
    "void": gettext_noop("voided or rejected"),
    "reject": gettext_noop("voided or rejected"),
}
"""Events to bars; requests, refusals and notices move nothing."""

_EARLIEST, _LATEST = gettext_noop("at the earliest"), gettext_noop("at the latest")

_COLOURS = {
    "cash": 0, "credit": 4, "": 2, _EARLIEST: 0, _LATEST: 4,
    "issue": 0, "accept": 1, "apply": 3, "settle": 2, "void": 4, "reject": 4,
}  # fmt: skip
"""The number of each series' colour, in every language."""

_MOST_BARS = 100

INTERVALS = (
    gettext_noop("day"),
    gettext_noop("week"),
    gettext_noop("month"),
    gettext_noop("quarter"),
    gettext_noop("year"),
)
"""What a bar may stand for, as Fava's URLs call it."""


def charts(
    counts: Days,
    begin: dt.date | None,
    as_of: dt.date,
    interval: Interval,
) -> list[dict[str, Any]]:
    """Both charts, or none where nothing has happened.

    Args:
        counts: what the vouchers to show come to by the last day.
        begin: the first day to show; None: the day of the first event.
        as_of: the last day.
        interval: what a bar stands for.
    """
    moved, counted = counts
    found = moved.keys() | counted.keys()
    if not found:
        return []
    last = max(found) if begin is None else as_of
    first = min(found) if begin is None else begin
    return [
        {
            "type": "balances",
            "label": gettext("Frozen"),
            "data": _frozen(moved, first, last),
            "series": _looks(moved),
        },
        {
            "type": "bar",
            "label": gettext("Events"),
            "data": _events(counted, _intervals(first, last, interval)),
            "series": {gettext(said): (_COLOURS[kind], 0) for kind, said in _HAPPENED.items()},
        },
    ]


def payments(found: Iterable[Payment], as_of: dt.date, days: int) -> list[dict[str, Any]]:
    """What may be paid by each day, at the earliest and at the latest; none where nothing may.

    Args:
        found: what may be paid.
        as_of: the first day.
        days: how many days after it.
    """
    at: dict[tuple[str, str], dict[dt.date, Decimal]] = {}
    for payment in found:
        for when, date in ((_EARLIEST, payment.earliest), (_LATEST, payment.latest)):
            if date is not None:
                each = at.setdefault((payment.terms.amount.currency, when), defaultdict(Decimal))
                each[date] += payment.amount
    if not at:
        return []
    names = {(currency, when): f"{currency} {gettext(when)}" for currency, when in sorted(at)}
    dashes = {currency: number for number, currency in enumerate(sorted({c for c, _ in at}))}
    last = days_after(as_of, days)
    dates = sorted({as_of, last, *(d for each in at.values() for d in each if d <= last)})
    data = [
        {"date": day, "balance": {name: _by(at[pair], day) for pair, name in names.items()}}
        for day in dates
    ]
    looks = {name: (_COLOURS[pair[1]], dashes[pair[0]]) for pair, name in names.items()}
    return [
        {"type": "balances", "label": gettext("May be paid"), "data": data, "series": looks},
    ]


def _by(moved: dict[dt.date, Decimal], day: dt.date) -> Decimal:
    return sum((number for date, number in moved.items() if date <= day), Decimal(0))


_Moved = dict["dt.date", dict[tuple[str, str], Decimal]]
"""What is frozen more by a day, by currency and funding."""

_Counted = dict["dt.date", Counter[str]]
"""How often something happened on a day."""


class Days(NamedTuple):
    """What charts count, day by day; nobody may change it."""

    moved: _Moved
    counted: _Counted


def days(vouchers: Iterable[Voucher], as_of: dt.date) -> Days:
    """What some vouchers come to by a date."""
    moved: _Moved = defaultdict(lambda: defaultdict(Decimal))
    counted: _Counted = defaultdict(Counter)
    for voucher in vouchers:
        terms = voucher.terms
        for event in voucher.until(as_of):
            counted[event.date][event.kind] += 1
            more = frozen_by(voucher, event)
            if terms is not None and more:
                moved[event.date][terms.amount.currency, terms.funding] += more
    return Days(moved, counted)


def _frozen(moved: _Moved, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """A point at the first day, at each change and at the last; every series at every point."""
    series = sorted({pair for pairs in moved.values() for pair in pairs})
    names = {pair: f"{pair[0]} {gettext(_SERIES[pair[1]])}" for pair in series}
    frozen = dict.fromkeys(series, Decimal(0))
    points: dict[dt.date, dict[str, Decimal]] = {}
    for date in sorted({*moved, first, last}):
        for pair, number in moved.get(date, {}).items():
            frozen[pair] += number
        points[max(date, first)] = {names[pair]: frozen[pair] for pair in series}
    return [{"date": date, "balance": balance} for date, balance in points.items()]


def _looks(moved: _Moved) -> dict[str, tuple[int, int]]:
    """The colour of each series, by its funding, and its dashes, by its currency."""
    pairs = {pair for each in moved.values() for pair in each}
    currencies = sorted({currency for currency, _ in pairs})
    return {
        f"{currency} {gettext(said)}": (_COLOURS[funding], at)
        for at, currency in enumerate(currencies)
        for funding, said in _SERIES.items()
    }


def _events(counted: _Counted, intervals: Iterable[DateRange]) -> list[dict[str, Any]]:
    bars = []
    days = sorted(counted)
    for dates in intervals:
        total: Counter[str] = Counter()
        for day in days[bisect_left(days, dates.begin) : bisect_left(days, dates.end)]:
            for kind, count in counted[day].items():
                if kind in _HAPPENED:
                    total[gettext(_HAPPENED[kind])] += count
        bars.append(
            {
                "date": dates.end_inclusive,
                "balance": dict(total),
            }
        )
    return bars


def _intervals(first: dt.date, last: dt.date, interval: Interval) -> list[DateRange]:
    """The latest intervals that have any of these days; Fava wants the day after the last."""
    return list(dateranges(first, day_after(last), interval, complete=True))[-_MOST_BARS:]
