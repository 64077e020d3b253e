"""Free funds (manual: life): does a cash hold leave the policyholder's account at zero?

It depends on ordinary transactions, not only on voucher directives: so it reports, and
undoes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Pad, Transaction

from beancount_voucher.directives.entries import postings_to

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount.core.amount import Amount
    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.vouchers import VoucherEvent

_Funds = tuple["Account", str]


class Cash(NamedTuple):
    """What an event posts to an account that holds money."""

    event: VoucherEvent
    account: Account
    units: Amount


class _FundsHold(NamedTuple):
    voucher: str
    amount: Decimal
    fact: Fact


def problems(
    cash: Sequence[Cash], entries: Iterable[Entry], written: Iterable[Entry] | None
) -> Iterator[Problem]:
    """Report the holds that no longer fit.

    At the end of the issue's day the account (without its sub-accounts) may not be below
    zero. The holds of that day are counted by voucher id, as a bank would that takes one
    request after the other; those that no longer fit are reported. An account with a ``pad``
    is not checked.

    Args:
        cash: what vouchers and repayments take from accounts, and give back.
        entries: the ledger's own entries.
        written: the generated entries, if any of them moves these accounts in another way;
            None if ``cash`` is all that they move.
    """
    holds = _holds(cash)
    own = [entry for entry in entries if isinstance(entry, Transaction | Pad)]
    padded = {entry.account for entry in own if isinstance(entry, Pad)}
    holds = {funds: days for funds, days in holds.items() if funds[0] not in padded}
    accounts = {account for account, _ in holds}
    posted = postings_to(own if written is None else chain(own, written), accounts)
    moved = [
        ((account, currency), entry.date, number) for entry, account, number, currency in posted
    ]
    for event, account, (number, currency) in cash if written is None else ():
        assert number is not None
        moved.append(((account, currency), event.date, number))
    balances = _balances(holds, moved)
    for funds, days in holds.items():
        for date in sorted(days):
            free = balances[funds, date] + sum(hold.amount for hold in days[date])
            for hold in sorted(days[date]):
                if hold.amount > free:
                    yield _problem(hold, funds, date, free)
                else:
                    free -= hold.amount


def _holds(cash: Iterable[Cash]) -> dict[_Funds, dict[dt.date, list[_FundsHold]]]:
    """What each voucher issued on a day has taken from its account at the end of that day.

    Not what it took first: a hold that is released on the same day needs no money.
    """
    issues: dict[tuple[str, dt.date, _Funds], Fact] = {}
    taken: dict[tuple[str, dt.date, _Funds], Decimal] = defaultdict(Decimal)
    for event, account, (number, currency) in cash:
        if event.kind == "repay":
            continue  # no voucher's
        assert number is not None
        key = event.fact.ids[0], event.date, (account, currency)
        taken[key] -= number
        if event.kind == "issue":
            issues[key] = event.fact
    found: dict[_Funds, dict[dt.date, list[_FundsHold]]] = defaultdict(lambda: defaultdict(list))
    for key, fact in issues.items():
        voucher, date, funds = key
        if taken[key]:
            found[funds][date].append(_FundsHold(voucher, taken[key], fact))
    return found


def _balances(
    holds: Mapping[_Funds, Mapping[dt.date, object]],
    moved: Iterable[tuple[_Funds, dt.date, Decimal]],
) -> dict[tuple[_Funds, dt.date], Decimal]:
    """The balance of each account with holds at the end of each day with holds."""
    moves: dict[_Funds, dict[dt.date, Decimal]] = {funds: {} for funds in holds}
    for funds, date, number in moved:
        days = moves.get(funds)
        if days is not None:
            days[date] = days[date] + number if date in days else number
    balances = {}
    for funds, days in moves.items():
        balance = Decimal(0)
        for date in sorted(days):
            balance += days[date]
            if date in holds[funds]:
                balances[funds, date] = balance
    return balances


def _problem(hold: _FundsHold, funds: _Funds, date: dt.date, free: Decimal) -> Problem:
    account, currency = funds
    return hold.fact.problem(
        "insufficient-funds",
        f"{hold.voucher}: {hold.amount} {currency} is frozen, but {free} {currency} is free "
        f"on {account} at the end of {date}",
        f"at least {hold.amount} {currency}",
    )
