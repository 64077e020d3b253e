"""Credit lines against the books: invariant I3 of the contract's section 4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.findings import Finding
from beancount_voucher.moves import posted
from beancount_voucher.positions import place_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account, Transaction

    from beancount_voucher.claims import CurrencyAccount
    from beancount_voucher.evaluation import Evaluation
    from beancount_voucher.plans import Bookkeeper

_PARTS = ("line-available", "line-frozen", "line-drawn", "line-limit")


@dataclass(slots=True, eq=False)
class _Line:
    """A credit line in one book, or several that share an account.

    Attributes:
        book: whose it is.
        accounts: of each part.
        moved: what was posted to them by commodity: part, and day after day.
    """

    book: str
    accounts: dict[str, set[Account]]
    moved: dict[str, list[tuple[str, Mapping[dt.date, _Day]]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def unproven_lines(
    evaluation: Evaluation, keeper: Bookkeeper, transactions: list[Transaction]
) -> Iterator[Finding]:
    """I3: available + frozen + drawn = limit, none below zero, in both books."""
    lines = _separate(evaluation, keeper)
    parts: dict[Account, list[tuple[_Line, str]]] = defaultdict(list)
    for line in lines:
        for part, accounts in line.accounts.items():
            for account in accounts:
                parts[account].append((line, part))
    lines_only: Container[str] = _WithOwn(parts.keys()) if keeper.per_voucher else parts.keys()
    for (account, commodity), days in _daily(transactions, lines_only).items():
        pool = account if account in parts else account.rpartition(":")[0]
        for line, part in parts[pool]:
            line.moved[commodity].append((part, days))
    for line in lines:
        for commodity, moved in sorted(line.moved.items()):
            yield from _unproven(line.book, commodity, moved)


@dataclass(frozen=True, slots=True)
class _WithOwn(Container[str]):
    """Accounts, and those that vouchers have of their own below them."""

    pools: Container[Account]

    def __contains__(self, account: object) -> bool:
        return account in self.pools or str(account).rpartition(":")[0] in self.pools


def _separate(evaluation: Evaluation, keeper: Bookkeeper) -> list[_Line]:
    """The credit lines; those that share an account can only be proven together."""
    owners: dict[tuple[str, Account], _Line] = {}
    pairs = dict.fromkeys((party, bank) for party, bank, _ in evaluation.world.lines.all())
    for policyholder, bank in pairs:
        for book, other in ((policyholder, bank), (bank, policyholder)):
            if keeper.keeps(book):
                named = {part: {keeper.chart.account(book, part, other, None)} for part in _PARTS}
                line = _Line(book, named)
                for account in set().union(*named.values()):
                    shared = owners.get((book, account))
                    if shared is not None and shared is not line:
                        line = _joined(shared, line)
                for account in set().union(*line.accounts.values()):
                    owners[book, account] = line
    return list(dict.fromkeys(owners.values()))


def _joined(one: _Line, other: _Line) -> _Line:
    return _Line(one.book, {part: one.accounts[part] | other.accounts[part] for part in _PARTS})


def _unproven(
    book: str, commodity: str, moved: Iterable[tuple[str, Mapping[dt.date, _Day]]]
) -> Iterator[Finding]:
    balances = dict.fromkeys(_PARTS, Decimal(0))
    days: dict[dt.date, list[tuple[str, _Day]]] = defaultdict(list)
    for part, by_day in moved:
        for date, day in by_day.items():
            days[date].append((part, day))
    for date in sorted(days):
        for part, day in days[date]:
            balances[part] += -day.number if part == "line-limit" else day.number
        available, frozen, drawn, limit = (balances[part] for part in _PARTS)
        if available + frozen + drawn != limit or min(balances.values()) < 0:
            yield Finding(
                "I3",
                place_of(days[date][0][1].first.meta),
                f"credit line in the book of {book} on {date}: available {available} + "
                f"frozen {frozen} + drawn {drawn} against a limit of {limit} {commodity}",
                date,
            )
            return


@dataclass(slots=True, eq=False)
class _Day:
    """What was posted to an account on one day, and the first transaction that did."""

    number: Decimal
    first: Transaction


def _daily(
    entries: Iterable[Transaction], accounts: Container[Account]
) -> dict[CurrencyAccount, dict[dt.date, _Day]]:
    """What was posted to some accounts, by day."""
    found: dict[CurrencyAccount, dict[dt.date, _Day]] = defaultdict(dict)
    for entry, account, (number, currency) in posted(entries, accounts):
        assert number is not None  # noqa: S101
        days = found[account, currency]
        day = days.get(entry.date)
        if day is None:
            days[entry.date] = _Day(number, entry)
        else:
            day.number += number
    return found
