"""The judgement of one shard: the facts of some vouchers, and what becomes of them.

The evaluation and the books are those of one machine: here they are asked about some vouchers
only, and what they say is summed up. Pure: the same facts, setting and lines give the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.audit.expected import BoundHoldRules, hold_changes, left_after_final
from beancount_voucher.books.batches import Batch, merged
from beancount_voucher.books.daily import DailyBooks
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.books.free_funds import Claim, Claims
from beancount_voucher.books.open_accounts import OpenAccounts
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.directives.money import exact
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.lifecycle.events import DERIVED
from beancount_voucher.subledger.holds import unmirrored, wrongly_earned
from beancount_voucher.subledger.lines import Action, ShardLines
from beancount_voucher.subledger.text import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from beancount_voucher.audit.expected import BoundHoldRule
    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.books.batches import BatchKey
    from beancount_voucher.books.daily import Series
    from beancount_voucher.books.free_funds import Funds
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.subledger.common import Setting
from beancount_voucher.subledger.lines import Seen, Turn

Expected = dict[tuple[str, str, str, dt.date], Decimal]
"""By invariant, account, commodity and day."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the facts of some vouchers come to.

    Attributes:
        evaluation: of these vouchers.
        latest: the date of the latest valid fact; None where none is.
        problems: what is refused, and what could not be posted.
        actions: what the facts ask of credit lines, and do to them.
    """

    evaluation: Evaluation
    latest: dt.date | None
    problems: list[Problem]
    actions: list[Action]
    books: Booked


@dataclass(frozen=True, slots=True)
class Booked:
    """What events come to in the books.

    Attributes:
        batches: daily postings.
        proofs: of each batch the sum of the digests of the facts behind it.
        claims: what was taken from accounts for holds and repayments, by day.
        signs: of these accounts: +1 where a debit is money that comes.
        expected: what the life of the vouchers says of accounts that hold something.
        used: book, role and other side of every account that was asked for.
        problems: what could not be posted.
        broken: what does not hold of vouchers one by one, by invariant.
    """

    batches: list[Batch]
    proofs: dict[BatchKey, int]
    claims: dict[Funds, dict[dt.date, list[Claim]]]
    signs: dict[str, int]
    expected: Expected
    used: list[tuple[str, str, str]]
    problems: list[Problem] = field(default_factory=list)
    broken: list[Finding] = field(default_factory=list)


@exact
def judge(
    facts: Iterable[Fact],
    digests: Mapping[int, bytes],
    setting: Setting,
    known: Mapping[Turn, Seen],
    horizon: dt.date,
) -> Judged:
    """Judge some vouchers.

    Args:
        facts: all facts of these vouchers, in any order.
        setting: what else there is in the ledger.
        digests: of the facts, by identity.
        known: the credit lines that facts are known to find; others are long enough.
        horizon: of the whole ledger.
    """
    lines = ShardLines(known)
    reading = Reading(sorted([*setting.facts, *facts], key=order), [])
    evaluation = evaluate(reading, setting.events, setting.conditions, horizon, lines)
    keeper = Bookkeeper(evaluation, Names(setting.roots), setting.kept)
    opened = OpenAccounts(setting.accounts, keeper.user_opens)
    books = booked(evaluation, keeper, opened, digests)
    stated = (event.date for event, _ in evaluation.journal if event.kind not in DERIVED)
    return Judged(
        evaluation=evaluation,
        latest=max(stated, default=None),
        problems=[*evaluation.problems, *books.problems],
        actions=list(lines.actions()),
        books=books,
    )


def booked(
    evaluation: Evaluation,
    keeper: Bookkeeper,
    opened: OpenAccounts,
    digests: Mapping[int, bytes],
) -> Booked:
    """Post the events of an evaluation, day by day.

    Args:
        evaluation: of some vouchers, or of credit lines.
        keeper: whose books are kept.
        opened: which accounts can be posted to.
        digests: of the facts, by identity.
    """
    daily = DailyBooks(keeper, opened)
    daily.take(evaluation.journal)
    claims = Claims()
    for cash in daily.cash:
        claims.take(cash)
    signs = {
        posting.account: each.entry.cash_sign
        for each in daily.series
        for posting in each.entry.cash
    }
    used = keeper.chart.used  # before the audit asks for others
    unproven = unmirrored(daily.templates, evaluation.journal, keeper, opened.given_up)
    return Booked(
        batches=merged(daily.batches()),
        proofs=_proofs(daily.series, digests),
        claims=claims.by_day(),
        signs=signs,
        expected=_expected(evaluation, keeper),
        used=used,
        problems=opened.problems,
        broken=[*unproven, *wrongly_earned(evaluation, keeper)],
    )


_WIDTH = 2048
"""Bits of a proof: sums of digests of that size cannot be forged by choosing among facts."""


def _proofs(several: Iterable[Series], digests: Mapping[int, bytes]) -> dict[BatchKey, int]:
    """A number for the facts behind each batch, which can be added up in any order and grouping."""
    known: dict[int, int] = {}
    proofs: dict[BatchKey, int] = defaultdict(int)
    for series in several:
        for date, day in series.days.items():
            total = 0
            for event, _ in day.events:
                at = id(event.fact)
                number = known.get(at)
                if number is None:
                    number = known[at] = _expanded(digests[at])
                total += number
            proofs[series.key(date)] += total
    return proofs


def fact_digest(filename: str, line: str) -> bytes:
    """What tells a fact, and where it stands, from any others.

    Args:
        filename: of the fact.
        line: its canonical line.
    """
    return hashlib.sha256(f"{filename}\n{line}".encode()).digest()


def _expanded(of: bytes) -> int:
    return int.from_bytes(hashlib.shake_256(of).digest(_WIDTH // 8), "big")


def proof_digest(proof: int) -> str:
    """The sum of the digests of facts, as it stands in a ledger."""
    return digest((proof % (1 << _WIDTH)).to_bytes(_WIDTH // 8, "big"))


def _expected(evaluation: Evaluation, keeper: Bookkeeper) -> Expected:
    """What the life of vouchers says of accounts, by day (manual: books, the invariants)."""
    rules = BoundHoldRules(keeper)
    sums: Expected = {}

    def add(bound: BoundHoldRule, date: dt.date, number: Decimal) -> None:
        key = bound.rule.invariant, bound.account, bound.commodity, date
        sums[key] = sums[key] + number if key in sums else number

    for voucher in evaluation.vouchers.values():
        for bound, event, number in hold_changes(voucher, rules):
            add(bound, event.date, number)
    for journal_event in evaluation.journal:
        for bound, move in left_after_final(journal_event, rules):
            add(bound, move.date, move.number)
    return sums


def states(vouchers: Iterable[Voucher]) -> Counter[str]:
    """How many vouchers are in each state."""
    return Counter(str(voucher.status.state) for voucher in vouchers)
