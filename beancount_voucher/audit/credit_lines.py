"""Credit lines against the books: invariant I3 (manual: books).

That the parts of a line add up to its limit does not prove that they are the right parts:
whatever moves two of them at once leaves the sum as it is. So limit and drawn are compared
with what the directives say, too; frozen is compared by I2, and available is what is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.audit.expected import BoundHoldRules, left_after_final
from beancount_voucher.audit.findings import Finding
from beancount_voucher.directives.account_roles import LINE_PARTS
from beancount_voucher.directives.entries import postings_to
from beancount_voucher.directives.money import MEMO
from beancount_voucher.directives.source_lines import source_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account, Transaction

    from beancount_voucher.audit.expected import CurrencyAccount
    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import VoucherEvent


class _Expected(NamedTuple):
    """What an event does to a part of a line, as the directives say."""

    part: str
    event: VoucherEvent
    number: Decimal


@dataclass(slots=True, eq=False)
class _Line:
    """A credit line in one book, or several lines and books that share an account.

    Attributes:
        books: whose they are.
        accounts: of each part.
        moved: what was posted to them by commodity: part, and day after day.
        expected: what the directives say of limit and drawn, likewise.
    """

    books: frozenset[str]
    accounts: dict[str, set[Account]]
    moved: dict[str, list[tuple[str, Mapping[dt.date, _Day]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    expected: dict[str, list[_Expected]] = field(default_factory=lambda: defaultdict(list))


def unproven_lines(
    evaluation: Evaluation, keeper: Bookkeeper, transactions: list[Transaction]
) -> Iterator[Finding]:
    """I3: available + frozen + drawn = limit, none below zero, as the directives say."""
    lines = _separate(evaluation, keeper)
    parts: dict[Account, list[tuple[_Line, str]]] = defaultdict(list)
    for line in lines:
        for part, accounts in line.accounts.items():
            for account in accounts:
                parts[account].append((line, part))
    pools = Pools(frozenset(parts), with_own=keeper.per_voucher)
    for (account, commodity), days in _daily(transactions, pools).items():
        for line, part in parts[pools.of(account)]:
            line.moved[commodity].append((part, days))
    for account, commodity, expected in _expected_of_lines(evaluation, keeper):
        for line in [line for line, part in parts[account] if part == expected.part]:
            line.expected[commodity].append(expected)
    return (finding for line in lines for finding in _unproven(line))


def _expected_of_lines(
    evaluation: Evaluation, keeper: Bookkeeper
) -> Iterator[tuple[Account, str, _Expected]]:
    """What the directives say of limits, and of what is drawn."""
    rules = BoundHoldRules(keeper)
    for journal_event in evaluation.journal:
        event = journal_event.event
        if event.kind == "credit-line":
            policyholder, bank = event.fact.ids
            assert event.fact.amount is not None
            commodity = event.fact.amount.currency + MEMO
            for book, other in ((policyholder, bank), (bank, policyholder)):
                if keeper.keeps(book):
                    account = keeper.chart.account(book, "line-limit", other, None)
                    yield account, commodity, _Expected("line-limit", event, event.amount)
        elif event.kind in ("repay", "settle", "refund", "refusal"):
            for bound, move in left_after_final(journal_event, rules):
                if bound.rule.role == "line-drawn":
                    yield (
                        bound.account,
                        bound.commodity,
                        _Expected("line-drawn", event, move.number),
                    )


@dataclass(frozen=True, slots=True)
class Pools(Container[str]):
    """Accounts, and if vouchers have accounts of their own, those below them."""

    accounts: frozenset[Account]
    with_own: bool

    def __contains__(self, account: object) -> bool:
        """Whether it is one of them."""
        return self.of(str(account)) in self.accounts

    def of(self, account: Account) -> Account:
        """The account that one is a part of."""
        own = self.with_own and account not in self.accounts
        return account.rpartition(":")[0] if own else account


def _separate(evaluation: Evaluation, keeper: Bookkeeper) -> list[_Line]:
    """The credit lines; those that share an account can only be proven together."""
    owners: dict[Account, _Line] = {}
    pairs = dict.fromkeys((party, bank) for party, bank, _ in evaluation.ledger_state.lines.all())
    for policyholder, bank in pairs:
        for book, other in ((policyholder, bank), (bank, policyholder)):
            if keeper.keeps(book):
                named = {
                    part: {keeper.chart.account(book, part, other, None)} for part in LINE_PARTS
                }
                line = _Line(frozenset({book}), named)
                for account in set().union(*named.values()):
                    shared = owners.get(account)
                    if shared is not None and shared is not line:
                        line = _joined(shared, line)
                for account in set().union(*line.accounts.values()):
                    owners[account] = line
    return list(dict.fromkeys(owners.values()))


def _joined(one: _Line, other: _Line) -> _Line:
    accounts = {part: one.accounts[part] | other.accounts[part] for part in LINE_PARTS}
    return _Line(one.books | other.books, accounts)


def _unproven(line: _Line) -> Iterator[Finding]:
    for commodity in sorted(line.moved.keys() | line.expected.keys()):
        yield from _first_fault(line, commodity)


def _first_fault(line: _Line, commodity: str) -> Iterator[Finding]:
    has, should = dict.fromkeys(LINE_PARTS, Decimal(0)), dict.fromkeys(LINE_PARTS, Decimal(0))
    days: dict[dt.date, list[tuple[str, _Day]]] = defaultdict(list)
    told: dict[dt.date, list[_Expected]] = defaultdict(list)
    for part, moved in line.moved[commodity]:
        for date, day in moved.items():
            days[date].append((part, day))
    for expected in line.expected[commodity]:
        told[expected.event.date].append(expected)
    for date in sorted(days.keys() | told.keys()):
        for part, day in days[date]:
            has[part] += -day.number if part == "line-limit" else day.number
        for expected in told[date]:
            should[expected.part] += expected.number
        fault = _fault(has, should)
        if fault is not None:
            places = [source_line(day.first.meta) for _, day in days[date]]
            places += [expected.event.place for expected in told[date]]
            books = " and ".join(sorted(line.books))
            text = f"credit line in the book of {books} on {date}: {fault} {commodity}"
            yield Finding("I3", places[0], text, date)
            return


def _fault(has: Mapping[str, Decimal], should: Mapping[str, Decimal]) -> str | None:
    """What is wrong with the parts of a line, or None."""
    available, frozen, drawn = (has[f"line-{part}"] for part in ("available", "frozen", "drawn"))
    limit = has["line-limit"]
    text = f"available {available} + frozen {frozen} + drawn {drawn} against a limit of {limit}"
    if available + frozen + drawn != limit or min(has.values()) < 0:
        return text
    if (drawn, limit) != (should["line-drawn"], should["line-limit"]):
        return f"{text}; the directives say {should['line-drawn']} drawn of {should['line-limit']}"
    return None


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
    for entry, account, number, currency in postings_to(entries, accounts):
        days = found[account, currency]
        day = days.get(entry.date)
        if day is None:
            days[entry.date] = _Day(number, entry)
        else:
            day.number += number
    return found
