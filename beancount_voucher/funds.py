"""Free funds (contract, section 3): does a cash hold leave the policyholder's account at zero?

It depends on ordinary transactions, not only on voucher directives: so it reports, and
undoes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Pad, Transaction

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.books import Booking
    from beancount_voucher.problems import Problem

_Funds = tuple["Account", str]


class _Hold(NamedTuple):
    voucher: str
    amount: Decimal
    booking: Booking


def problems(bookings: Iterable[Booking], entries: Iterable[Entry]) -> Iterator[Problem]:
    """Report the holds that no longer fit.

    At the end of the issue's day the account (without its sub-accounts) may not be below
    zero. The holds of that day are counted by voucher id, as a bank would that takes one
    request after the other; those that no longer fit are reported. An account with a ``pad``
    is not checked.

    Args:
        bookings: what was booked.
        entries: all entries of the ledger, generated transactions among them.
    """
    holds = _holds(bookings)
    entries = list(entries)
    padded = {entry.account for entry in entries if isinstance(entry, Pad)}
    holds = {funds: days for funds, days in holds.items() if funds[0] not in padded}
    balances = _balances(holds, entries)
    for funds, days in holds.items():
        for date in sorted(days):
            free = balances[funds, date] + sum(hold.amount for hold in days[date])
            for hold in sorted(days[date]):
                if hold.amount > free:
                    yield _problem(hold, funds, date, free)
                else:
                    free -= hold.amount


def _holds(bookings: Iterable[Booking]) -> dict[_Funds, dict[dt.date, list[_Hold]]]:
    """What each voucher issued on a day has taken from its account at the end of that day.

    Not what it took first: a hold that is released on the same day needs no money.
    """
    issues: dict[tuple[str, dt.date, _Funds], Booking] = {}
    taken: dict[tuple[str, dt.date, _Funds], Decimal] = defaultdict(Decimal)
    for booking in bookings:
        for line in booking.lines:
            if line.role == "bank":
                funds = line.account, line.units.currency
                key = booking.event.fact.ids[0], booking.event.date, funds
                taken[key] -= line.number
                if booking.event.kind == "issue":
                    issues[key] = booking
    found: dict[_Funds, dict[dt.date, list[_Hold]]] = defaultdict(lambda: defaultdict(list))
    for key, booking in issues.items():
        voucher, date, funds = key
        if taken[key]:
            found[funds][date].append(_Hold(voucher, taken[key], booking))
    return found


def _balances(
    holds: dict[_Funds, dict[dt.date, list[_Hold]]], entries: list[Entry]
) -> dict[tuple[_Funds, dt.date], Decimal]:
    """The balance of each account with holds at the end of each day with holds."""
    moves: dict[_Funds, dict[dt.date, Decimal]] = {funds: defaultdict(Decimal) for funds in holds}
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                units = posting.units
                if units is None or units.number is None:
                    continue
                moved = moves.get((posting.account, units.currency))
                if moved is not None:
                    moved[entry.date] += units.number
    balances = {}
    for funds, days in holds.items():
        balance = Decimal(0)
        for date in sorted(moves[funds]):
            balance += moves[funds][date]
            if date in days:
                balances[funds, date] = balance
    return balances


def _problem(hold: _Hold, funds: _Funds, date: dt.date, free: Decimal) -> Problem:
    account, currency = funds
    return hold.booking.event.fact.problem(
        "insufficient-funds",
        f"{hold.voucher}: {hold.amount} {currency} is frozen, but {free} {currency} is free "
        f"on {account} at the end of {date}",
        f"at least {hold.amount} {currency}",
    )
