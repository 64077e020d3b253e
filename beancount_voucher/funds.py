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

    from beancount.core.amount import Amount
    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.facts import Fact
    from beancount_voucher.problems import Problem
    from beancount_voucher.vouchers import Event

_Funds = tuple["Account", str]


class Cash(NamedTuple):
    """What a voucher's event posts to an account that holds money."""

    event: Event
    account: Account
    units: Amount


class _Hold(NamedTuple):
    voucher: str
    amount: Decimal
    fact: Fact


def problems(cash: Iterable[Cash], entries: Iterable[Entry]) -> Iterator[Problem]:
    """Report the holds that no longer fit.

    At the end of the issue's day the account (without its sub-accounts) may not be below
    zero. The holds of that day are counted by voucher id, as a bank would that takes one
    request after the other; those that no longer fit are reported. An account with a ``pad``
    is not checked.

    Args:
        cash: what vouchers take from accounts, and give back.
        entries: all entries of the ledger, generated transactions among them.
    """
    holds = _holds(cash)
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


def _holds(cash: Iterable[Cash]) -> dict[_Funds, dict[dt.date, list[_Hold]]]:
    """What each voucher issued on a day has taken from its account at the end of that day.

    Not what it took first: a hold that is released on the same day needs no money.
    """
    issues: dict[tuple[str, dt.date, _Funds], Fact] = {}
    taken: dict[tuple[str, dt.date, _Funds], Decimal] = defaultdict(Decimal)
    for event, account, (number, currency) in cash:
        assert number is not None  # noqa: S101
        key = event.fact.ids[0], event.date, (account, currency)
        taken[key] -= number
        if event.kind == "issue":
            issues[key] = event.fact
    found: dict[_Funds, dict[dt.date, list[_Hold]]] = defaultdict(lambda: defaultdict(list))
    for key, fact in issues.items():
        voucher, date, funds = key
        if taken[key]:
            found[funds][date].append(_Hold(voucher, taken[key], fact))
    return found


def _balances(
    holds: dict[_Funds, dict[dt.date, list[_Hold]]], entries: list[Entry]
) -> dict[tuple[_Funds, dt.date], Decimal]:
    """The balance of each account with holds at the end of each day with holds."""
    moves: dict[_Funds, dict[dt.date, Decimal]] = {funds: defaultdict(Decimal) for funds in holds}
    accounts = {account for account, _ in holds}
    for entry in entries:
        if isinstance(entry, Transaction):
            for account, units, *_ in entry.postings:
                if account in accounts and units is not None and units.number is not None:
                    moved = moves.get((account, units.currency))
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
    return hold.fact.problem(
        "insufficient-funds",
        f"{hold.voucher}: {hold.amount} {currency} is frozen, but {free} {currency} is free "
        f"on {account} at the end of {date}",
        f"at least {hold.amount} {currency}",
    )
