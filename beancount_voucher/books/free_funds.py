"""Free funds (manual: life): is the money there that a cash voucher freezes?

Looked at is the policyholder's ``bank`` where that book is kept, and else the issuer's
``deposits`` of that customer, where a credit balance is money that is there. It depends on
ordinary transactions, not only on voucher directives: so it reports, and undoes nothing. But
what is not there is not paid: see :func:`unfunded`.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Pad, Transaction

from beancount_voucher.directives.entries import postings_to
from beancount_voucher.directives.money import exact

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount.core.amount import Amount
    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.money import Money
    from beancount_voucher.lifecycle.events import VoucherEvent

Funds = tuple["Account", str]
"""An account as far as it holds one currency."""


class Cash(NamedTuple):
    """What an event posts to an account that holds money.

    Attributes:
        event: the event.
        account: the policyholder's ``bank``, or the issuer's ``deposits`` of the customer.
        units: what is posted.
        sign: +1 where a debit is money that comes, -1 where it is money that goes.
    """

    event: VoucherEvent
    account: Account
    units: Amount | Money
    sign: int = 1


class Claim(NamedTuple):
    """What a hold or a repayment takes from an account on a day: a repayment comes first."""

    rank: int
    subject: str
    amount: Decimal
    fact: Fact


class Shortfall(NamedTuple):
    """A hold, or a repayment, for which the money was not there at the end of its day.

    Attributes:
        account: where it was looked for.
        currency: in which currency.
        date: the day.
        amount: what was needed.
        free: what there was.
        fact: the issue, or the repayment.
    """

    account: Account
    currency: str
    date: dt.date
    amount: Decimal
    free: Decimal
    fact: Fact

    def problem(self, day: dt.date | None = None, free: Decimal | None = None) -> Problem:
        """Its error, on its own day, or on a later one on which the money is still not there."""
        currency = self.currency
        done = "repaid" if self.fact.kind == "repay" else "frozen"
        return self.fact.problem(
            "insufficient-funds",
            f"{self.fact.ids[0]}: {self.amount} {currency} is {done}, but "
            f"{self.free if free is None else free} {currency} is free "
            f"on {self.account} at the end of {day or self.date}",
            f"at least {self.amount} {currency}",
        )


class FreeFunds:
    """What is free on the accounts that vouchers are paid from, day by day."""

    @exact
    def __init__(
        self, cash: Iterable[Cash], entries: Iterable[Entry], written: Iterable[Entry] | None
    ) -> None:
        """Take all that moves these accounts.

        An account with a ``pad`` is not looked at.

        Args:
            cash: what vouchers and repayments take from accounts, and give back.
            entries: the ledger's own entries.
            written: the generated entries, if any of them moves these accounts in another
                way; None if ``cash`` is all that they move.
        """
        own = [entry for entry in entries if isinstance(entry, Transaction | Pad)]
        padded = {entry.account for entry in own if isinstance(entry, Pad)}
        claims, sign = Claims(), dict[str, int]()
        moved = []
        for each in cash:
            account, (number, currency) = each.account, each.units
            if account in padded:
                continue
            assert number is not None
            claims.take(each)
            sign[account] = each.sign
            if written is None:
                moved.append(((account, currency), each.event.date, number))
        self._claims = claims.by_day()
        accounts = {account for account, _ in self._claims}
        posted = postings_to(own if written is None else chain(own, written), accounts)
        moved += [
            ((account, currency), entry.date, number) for entry, account, number, currency in posted
        ]
        self._days: dict[Funds, dict[dt.date, Decimal]] = {funds: {} for funds in self._claims}
        for funds, date, number in moved:
            days = self._days.get(funds)
            if days is not None:
                days[date] = days.get(date, Decimal(0)) + sign[funds[0]] * number

    @exact
    def shortfalls(self) -> list[Shortfall]:
        """The holds and repayments that no longer fit."""
        found: list[Shortfall] = []
        for funds, claims in self._claims.items():
            found += shortfalls_of(funds, claims, balances(self._days[funds], claims))
        return found

    @exact
    def unfunded(self, open_on: Iterable[str], as_of: dt.date) -> dict[str, Problem]:
        """The vouchers whose hold was reported, and whose money is still not there.

        What came to the account since then makes good the oldest shortfall first.

        Args:
            open_on: the vouchers that still hold something at the end of the day.
            as_of: the day.
        """
        still: dict[Funds, list[Shortfall]] = defaultdict(list)
        held = set(open_on)
        for each in self.shortfalls():
            if each.date <= as_of and each.fact.kind in _FREEZES and each.fact.ids[0] in held:
                still[each.account, each.currency].append(each)
        barred: dict[str, Problem] = {}
        for funds, shortfalls in still.items():
            free = balances(self._days[funds], [as_of])[as_of] + sum(
                each.amount for each in shortfalls
            )
            for each in sorted(shortfalls, key=lambda each: (each.date, each.fact.ids)):
                if each.amount > free:
                    barred[each.fact.ids[0]] = each.problem(as_of, free)
                else:
                    free -= each.amount
        return barred


def balances(moved: Mapping[dt.date, Decimal], on: Iterable[dt.date]) -> dict[dt.date, Decimal]:
    """The balance of an account at the end of some days.

    Args:
        moved: what comes to it on each day.
        on: the days.
    """
    wanted, balance = set(on), Decimal(0)
    found = {}
    for date in sorted(moved.keys() | wanted):
        balance += moved.get(date, Decimal(0))
        if date in wanted:
            found[date] = balance
    return found


def shortfalls_of(
    funds: Funds, claims: Mapping[dt.date, Sequence[Claim]], there: Mapping[dt.date, Decimal]
) -> Iterator[Shortfall]:
    """The holds and repayments on one account that no longer fit.

    At the end of its day the account (without its sub-accounts) may not be below zero.
    What is taken on that day is counted by voucher id, after repayments, as a bank would
    that takes one request after the other; what no longer fits is told.

    Args:
        funds: the account, and the currency.
        claims: what is taken, by day.
        there: what is there at the end of these days.
    """
    for date in sorted(claims):
        free = there[date] + sum(claim.amount for claim in claims[date])
        for claim in sorted(claims[date]):
            if claim.amount > free:
                yield Shortfall(*funds, date, claim.amount, free, claim.fact)
            else:
                free -= claim.amount


_FREEZES = ("issue", "amend")


class Claims:
    """What each voucher issued on a day has taken from its account at the end of that day.

    Not what it took first: a hold that is released on the same day needs no money.
    """

    def __init__(self) -> None:
        self._facts: dict[tuple[int, str, dt.date, Funds], Fact] = {}
        self._taken: dict[tuple[int, str, dt.date, Funds], Decimal] = defaultdict(Decimal)

    def take(self, cash: Cash) -> None:
        """What one event takes, or gives back."""
        event, account, (number, currency), sign = cash
        assert number is not None
        repaid = event.kind == "repay"
        subject = "\0".join(event.fact.subject) if repaid else event.fact.ids[0]
        key = int(not repaid), subject, event.date, (account, currency)
        self._taken[key] -= sign * number
        if event.fact.message is not None:
            return  # whether the money is there was for the issuer to see to
        if event.kind in ("issue", "repay"):
            self._facts[key] = event.fact
        elif event.kind == "amend":
            self._facts.setdefault(key, event.fact)

    def by_day(self) -> dict[Funds, dict[dt.date, list[Claim]]]:
        """All of it, by account and day."""
        found: dict[Funds, dict[dt.date, list[Claim]]] = defaultdict(lambda: defaultdict(list))
        for key, fact in self._facts.items():
            rank, subject, date, funds = key
            if self._taken[key]:
                found[funds][date].append(Claim(rank, subject, self._taken[key], fact))
        return found
