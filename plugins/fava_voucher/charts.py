"""Data for Fava's own charts: what is frozen over time, and what happened in each interval."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fava.util.date import dateranges

from beancount_voucher.vouchers import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fava.util.date import DateRange, Interval

    from beancount_voucher.vouchers import Voucher

_SERIES = {"cash": "frozen money", "credit": "frozen credit"}

_HAPPENED = {
    "issue": "issued",
    "accept": "accepted",
    "apply": "applied",
    "settle": "settled",
    "void": "voided or rejected",
    "reject": "voided or rejected",
}
"""Events to bars. Fava shows five; requests, refusals and notices move nothing."""

_MOST_BARS = 100


def charts(
    vouchers: Iterable[Voucher],
    begin: dt.date | None,
    as_of: dt.date,
    interval: Interval,
    said: Callable[[str], str],
) -> list[dict[str, Any]]:
    """Both charts, or none where nothing has happened.

    Args:
        vouchers: those to count.
        begin: the first day to show; None: the day of the first event.
        as_of: the last day.
        interval: what a bar stands for.
        said: the translation of names.
    """
    vouchers = list(vouchers)
    days = [event.date for voucher in vouchers for event in voucher.until(as_of)]
    if not days:
        return []
    last = max(days) if begin is None else as_of
    first = min(days) if begin is None else begin
    return [
        {"type": "balances", "label": said("Frozen"), "data": _frozen(vouchers, first, last, said)},
        {
            "type": "bar",
            "label": said("Events"),
            "data": _events(vouchers, first, last, interval, said),
        },
    ]


def _frozen(
    vouchers: Iterable[Voucher], first: dt.date, last: dt.date, said: Callable[[str], str]
) -> list[dict[str, Any]]:
    """A point at the first day, at each change and at the last; every series at every point."""
    changes: dict[dt.date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for voucher in vouchers:
        for date, series, number in _changes(voucher, last, said):
            changes[max(date, first)][series] += number
    frozen = dict.fromkeys(sorted({name for each in changes.values() for name in each}), Decimal(0))
    points = []
    for date in sorted({*changes, first, last}):
        for name, number in changes[date].items():
            frozen[name] += number
        points.append({"date": date, "balance": dict(frozen)})
    return points


def _changes(
    voucher: Voucher, last: dt.date, said: Callable[[str], str]
) -> Iterator[tuple[dt.date, str, Decimal]]:
    terms = voucher.terms
    if terms is None:
        return
    series = f"{terms.amount.currency} {said(_SERIES[terms.funding])}"
    for event in voucher.until(last):
        if event.kind == "issue":
            yield event.date, series, terms.amount.number
        elif event.state in FINAL and event.kind != "cover":
            yield event.date, series, -terms.amount.number


def _events(
    vouchers: Iterable[Voucher],
    first: dt.date,
    last: dt.date,
    interval: Interval,
    said: Callable[[str], str],
) -> list[dict[str, Any]]:
    counted: dict[dt.date, Counter[str]] = defaultdict(Counter)
    for voucher in vouchers:
        for event in voucher.until(last):
            if event.kind in _HAPPENED and event.date >= first:
                counted[event.date][said(_HAPPENED[event.kind])] += 1
    bars = []
    days = sorted(counted)
    for dates in _intervals(first, last, interval):
        total: Counter[str] = Counter()
        while days and days[0] < dates.end:
            day = days.pop(0)
            if day >= dates.begin:
                total += counted[day]
        bars.append(
            {
                "date": dates.end_inclusive,
                "balance": dict(total),
                "budgets": {},
                "account_balances": {},
            }
        )
    return bars


def _intervals(first: dt.date, last: dt.date, interval: Interval) -> list[DateRange]:
    """The latest intervals that have any of these days; Fava wants the day after the last."""
    after = last if last == dt.date.max else last + dt.timedelta(days=1)
    return list(dateranges(first, after, interval, complete=True))[-_MOST_BARS:]
