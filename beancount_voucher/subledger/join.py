"""What shards come to together: sums, problems, and what must hold of them on every day.

Free funds, balance assertions and accounts are judged here, where the sums come together, by the
very functions of one machine. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Open, Transaction, entry_sortkey
from beancount.ops import balance, pad, validation

from beancount_voucher.books import bookkeeping
from beancount_voucher.books.auto_accounts import AutoAccounts
from beancount_voucher.books.batches import transactions
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.books.free_funds import Claim, balances, shortfalls_of
from beancount_voucher.books.plugin_lines import kept_in
from beancount_voucher.directives.entries import amounts_of
from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import exact
from beancount_voucher.directives.source_lines import SourceLine, source_line
from beancount_voucher.subledger.common import transformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.books.auto_accounts import AccountDates
    from beancount_voucher.books.batches import Batch
    from beancount_voucher.books.free_funds import Funds
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.subledger.common import Common

Told = dict[str, Any]
"""What is said of a shard, see ``tasks``."""

Days = dict[tuple[str, str], dict[dt.date, Decimal]]
"""What is posted to an account in a commodity, by day."""


class Row(NamedTuple):
    """One line of ``problems.csv``."""

    file: str
    line: int
    code: str
    text: str


@dataclass(frozen=True)
class Joined:
    """A ledger whose shards were judged.

    Attributes:
        common: what all files have in common.
        evaluation: of the facts that are no vouchers', credit lines among them.
        shards: what is said of each shard.
        batches: daily postings of all books, in the order of a ledger.
        horizon: of the ledger; None where nothing valid is said.
        entries: the ledger's own entries and those that stand for the batches, sorted.
        days: what all of them post.
        errors: what Beancount says is wrong with them.
        stands: what is posted once accounts are padded.
    """

    common: Common
    evaluation: Evaluation
    shards: Sequence[Told]
    batches: Sequence[Batch]
    horizon: str | None
    entries: list[Entry]
    days: Days
    errors: list[Any]
    stands: Days


@exact
def joined(
    common: Common,
    evaluation: Evaluation,
    shards: Sequence[Told],
    batches: Sequence[Batch],
    horizon: str | None,
) -> Joined:
    """Bring shards together."""
    made: list[Entry] = [*transactions(batches), *opens_of(batches, common.accounts)]
    entries = sorted([*common.entries, *made], key=entry_sortkey)
    days = _days(entries)
    padded, errors = transformed(entries, common.options, (pad, balance))
    errors += validation.validate(padded, common.options)  # type: ignore[no-untyped-call]
    stands = days if len(padded) == len(entries) else _days(padded)
    return Joined(common, evaluation, shards, batches, horizon, entries, days, errors, stands)


def _days(entries: Iterable[Entry]) -> Days:
    """What entries post, by account, commodity and day."""
    days: Days = defaultdict(dict)
    for entry in entries:
        if isinstance(entry, Transaction):
            for account, number, commodity in amounts_of(entry):
                known = days[account, commodity]
                known[entry.date] = known[entry.date] + number if entry.date in known else number
    return days


def opens_of(batches: Iterable[Batch], accounts: AccountDates) -> list[Open]:
    """The accounts that batches need and the ledger does not open, by day and name."""
    opened = AutoAccounts(accounts)
    for batch in batches:
        opened.used_by(batch)
    opens = [entry for entry in opened.entries() if isinstance(entry, Open)]
    return sorted(opens, key=lambda entry: (entry.date, entry.account))


# --- Problems ---------------------------------------------------------------------------


def problems(found: Joined, claims: Mapping[tuple[str, str], list[Any]]) -> list[Row]:
    """Everything that is wrong, in the order of file and line.

    Args:
        found: the ledger.
        claims: of the accounts that ``short_accounts`` names, what was taken from them.
    """
    common = found.common
    ours = [
        *found.evaluation.problems,
        *(
            Problem(code, SourceLine(file, line), wrong, expected)
            for shard in found.shards
            for file, line, code, wrong, expected in shard["problems"]
        ),
        *_clashes(found),
        *kept_in(" ".join(common.kept or ()), found.evaluation)[1],
        *_shortfalls(found, claims),
    ]
    rows = [Row(*each.place, each.code, each.message) for each in ours]
    for error in (*common.errors, *found.errors):
        place = source_line(error.source or {})
        rows.append(Row(*place, "", str(error.message)))
    return sorted(rows)


def _clashes(found: Joined) -> Iterator[Problem]:
    keeper = Bookkeeper(found.evaluation, found.common.names, found.common.kept)
    for shard in found.shards:
        for book, role, other in shard["used"]:
            keeper.chart.account(book, role, other, None)
    return bookkeeping.clashes(found.evaluation, keeper)


# --- Free funds -------------------------------------------------------------------------


@exact
def short_accounts(found: Joined) -> set[tuple[str, str]]:
    """The accounts on which money may be missing for what was taken on some day.

    Whatever is taken fits where the account is not below zero at the end of the day, even
    without what vouchers gave back on it.
    """
    if found.evaluation.options["check-funds"] != "on":
        return set()
    given_back: dict[tuple[str, str], dict[dt.date, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for shard in found.shards:
        for account, currency, date, number in shard["taken"]:
            given_back[account, currency][dt.date.fromisoformat(date)] += Decimal(number)
    came = _coming(found, given_back)
    return {
        funds
        for funds, days in given_back.items()
        if any(balance + days[date] < 0 for date, balance in balances(came[funds], days).items())
    }


def _coming(found: Joined, accounts: Iterable[Funds]) -> Days:
    """What comes to some accounts that money is frozen on, by day."""
    signs = {account: sign for shard in found.shards for account, sign in shard["signs"].items()}
    return {
        funds: {date: signs[funds[0]] * number for date, number in found.days[funds].items()}
        for funds in accounts
    }


@exact
def _shortfalls(found: Joined, claims: Mapping[tuple[str, str], list[Any]]) -> list[Problem]:
    came = _coming(found, claims)
    problems = []
    for funds, told in claims.items():
        days: dict[dt.date, list[Claim]] = defaultdict(list)
        for date, rank, subject, amount, (kind, ids, place) in told:
            day = dt.date.fromisoformat(date)
            fact = Fact(kind, day, tuple(ids), None, {}, SourceLine(*place))
            days[day].append(Claim(rank, subject, Decimal(amount), fact))
        there = balances(came[funds], days)
        problems += [each.problem() for each in shortfalls_of(funds, days, there)]
    return problems
