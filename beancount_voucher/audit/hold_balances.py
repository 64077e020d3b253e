"""What accounts hold beside what the open vouchers say (manual: books, the invariants).

The reconciliation of the books with the life of the vouchers, figure by figure, each with
the vouchers that make it up. Each book balances alone, so double entry cannot show this.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from beancount.core.data import Open, Transaction

from beancount_voucher.audit.expected import BoundHoldRules, hold_changes, left_after_final
from beancount_voucher.audit.hold_accounts import HoldAccounts
from beancount_voucher.directives.account_roles import INTERBANK, RECONCILED_ROLES
from beancount_voucher.directives.entries import postings_to
from beancount_voucher.directives.money import Money, exact
from beancount_voucher.directives.source_lines import SEEN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Container, Iterable, Iterator

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.audit.expected import BoundHoldRule, CurrencyAccount
    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.lifecycle.evaluation import Evaluation


class VoucherShare(NamedTuple):
    """The share of one voucher in a figure; ``voucher`` is None for repayments of credit."""

    voucher: str | None
    posted: Decimal
    expected: Decimal

    @property
    @exact
    def difference(self) -> Decimal:
        """What is posted and not expected."""
        return self.posted - self.expected


@dataclass(frozen=True, slots=True)
class HoldBalance:
    """One account and commodity on a date.

    Attributes:
        role: the account's role in the table of accounts.
        books: whose account it is; more than one where parties share it.
        account: the account; with an account for each voucher, their parent. What else
            stands below it counts, too, unless the role is receivable or payable.
        currency: a currency, or its memo commodity.
        parts: the vouchers that have a share in it, by id.
        other: what transactions that are no voucher's have posted to it.
    """

    role: str
    books: tuple[str, ...]
    account: Account
    currency: str
    parts: tuple[VoucherShare, ...]
    other: Decimal

    @property
    @exact
    def held(self) -> Decimal:
        """What the account holds, whoever posted it."""
        return sum((part.posted for part in self.parts), self.other)

    @property
    @exact
    def expected(self) -> Decimal:
        """What the vouchers say."""
        return sum((part.expected for part in self.parts), self.other - self.other)

    @property
    @exact
    def difference(self) -> Decimal:
        """What is held and not expected, but for what others may clear."""
        cleared = self.other if self.role in INTERBANK else Decimal(0)
        return self.held - cleared - self.expected


@dataclass(slots=True)
class _Pool:
    account: Account
    role: str
    books: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Figure:
    pool: _Pool
    posted: dict[str | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    expected: dict[str | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    other: Decimal = Decimal(0)


_Figures = dict["CurrencyAccount", _Figure]


@exact
def hold_balances(
    evaluation: Evaluation,
    keeper: Bookkeeper,
    entries: Iterable[Entry],
    as_of: dt.date,
    vouchers: Container[str | None] | None = None,
    events: Iterable[Transaction] | None = None,
) -> list[HoldBalance]:
    """Every account that vouchers speak of, by book, role, currency and account.

    Args:
        evaluation: what the facts come to.
        keeper: whose books are kept, and which accounts they have.
        entries: the ledger's entries, with what the plugin has written.
        as_of: the end of this day.
        vouchers: only their shares, and no other postings; None for all that stands there.
        events: what each event posts, where the plugin has written batches.

    Returns:
        The figures by book; of chosen vouchers, those in which one of them has a share.
    """
    figures: _Figures = {}
    pools: dict[Account, _Pool] = {}
    rules = BoundHoldRules(keeper)
    for bound, voucher, number in _expected(evaluation, rules, as_of):
        _expect(bound, voucher, number, figures, pools)
    known = [entry for entry in entries if entry.date <= as_of]
    ours = {posting.account for entry in known if _is_ours(entry) for posting in entry.postings}
    holds = HoldAccounts(evaluation, keeper, rules, ours)
    for account in [entry.account for entry in known if isinstance(entry, Open)]:
        hold = holds.of(account)
        if hold is not None and hold.role in RECONCILED_ROLES:
            new = _Pool(hold.account, hold.role, {hold.book})
            pools[account] = pools.setdefault(hold.account, new)
    posted: Iterable[Entry] = known
    if events is not None:
        ordinary = (entry for entry in known if not _is_ours(entry))
        posted = chain(ordinary, (entry for entry in events if entry.date <= as_of))
    for entry, account, number, currency in postings_to(posted, pools):
        _post(entry, pools[account], Money(number, currency), figures)
    found = (
        _hold_balance(commodity, figure, vouchers) for (_, commodity), figure in figures.items()
    )
    return sorted(
        (each for each in found if each.parts or vouchers is None),
        key=lambda each: (
            each.books,
            RECONCILED_ROLES.index(each.role),
            each.currency,
            each.account,
        ),
    )


def _is_ours(entry: Entry) -> TypeGuard[Transaction]:
    return isinstance(entry, Transaction) and SEEN in entry.meta


def _expected(
    evaluation: Evaluation, rules: BoundHoldRules, as_of: dt.date
) -> Iterator[tuple[BoundHoldRule, str | None, Decimal]]:
    """What vouchers, and credit lines, say of accounts by a day."""
    for voucher in evaluation.vouchers.values():
        for bound, event, number in hold_changes(voucher, rules):
            if event.date <= as_of:
                yield bound, voucher.id, number
    for journal_event in evaluation.journal:
        for bound, move in left_after_final(journal_event, rules):
            if move.date <= as_of:
                yield bound, move.voucher, move.number


def _expect(
    bound: BoundHoldRule,
    voucher: str | None,
    number: Decimal,
    figures: _Figures,
    pools: dict[Account, _Pool],
) -> None:
    pool = pools.get(bound.account)
    if pool is None:
        pool = pools.setdefault(bound.pool, _Pool(bound.pool, bound.rule.role))
        pools[bound.account] = pool
    pool.books.add(bound.book)
    figure = _figure(figures, pool, bound.commodity)
    figure.expected[voucher] += number


def _post(entry: Transaction, pool: _Pool, money: Money, figures: _Figures) -> None:
    """In any commodity: what no voucher is in should not be there, and a reader should see it."""
    figure = _figure(figures, pool, money.currency)
    if SEEN in entry.meta:
        figure.posted[entry.meta.get("voucher")] += money.number
    else:
        figure.other += money.number


def _figure(figures: _Figures, pool: _Pool, commodity: str) -> _Figure:
    """What is told of an account and a commodity so far."""
    key = pool.account, commodity
    found = figures.get(key)
    if found is None:
        found = figures[key] = _Figure(pool)
    return found


def _hold_balance(
    commodity: str, figure: _Figure, vouchers: Container[str | None] | None
) -> HoldBalance:
    pool = figure.pool
    total = sum(figure.expected.values(), Decimal(0))
    zero = total - total  # with its decimals
    parts = tuple(
        VoucherShare(voucher, zero + figure.posted[voucher], zero + figure.expected[voucher])
        for voucher in sorted(figure.posted.keys() | figure.expected.keys(), key=lambda v: v or "")
        if vouchers is None or voucher in vouchers
    )
    other = figure.other + zero if vouchers is None else zero
    books = tuple(sorted(pool.books))
    return HoldBalance(pool.role, books, pool.account, commodity, parts, other)
