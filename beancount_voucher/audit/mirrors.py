"""Accounts that two books keep of one thing: what one owes the other, as either has it.

Every account between two parties has its mirror in the other's book (manual: books). What
vouchers post is opposite on every day. What people book by hand, a clearing between two banks
or the repayment of a loan, may reach one book later than the other, so it is looked at when
all is said: what then stands on one side alone was forgotten on the other.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.audit.findings import Finding
from beancount_voucher.directives.entries import postings_to
from beancount_voucher.directives.source_lines import SourceLine, source_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account, Transaction

    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import Terms


class Mirror(NamedTuple):
    """Two roles that are one thing in two books.

    Attributes:
        code: what it is called where they differ.
        funding: of which vouchers; None for all.
        sides: book and role of either, as terms of a voucher name the party.
        others: whom either account is with.
    """

    code: str
    funding: str | None
    sides: tuple[tuple[str, str], tuple[str, str]]
    others: tuple[str, str]


MIRRORS: tuple[Mirror, ...] = (
    Mirror(
        "I6",
        None,
        (("issuer", "interbank-payable"), ("acceptor", "interbank-receivable")),
        ("acceptor", "issuer"),
    ),
    Mirror(
        "one-sided",
        "credit",
        (("policyholder", "loan"), ("issuer", "loans")),
        ("issuer", "policyholder"),
    ),
)


class _Moved(NamedTuple):
    date: dt.date
    account: Account
    number: Decimal
    place: SourceLine


def one_sided(
    evaluation: Evaluation, keeper: Bookkeeper, transactions: Iterable[Transaction]
) -> list[Finding]:
    """Accounts that do not come to zero with their mirrors, when all is said.

    Args:
        evaluation: what the facts come to.
        keeper: whose books are kept, and which accounts they have.
        transactions: everything that stands in the ledger.
    """
    found: list[Finding] = []
    entries = list(transactions)
    for mirror in MIRRORS:
        groups = _joined(_pairs(mirror, evaluation, keeper))
        moves: dict[tuple[Account, str], list[_Moved]] = defaultdict(list)
        for entry, account, number, currency in postings_to(entries, groups):
            move = _Moved(entry.date, account, number, source_line(entry.meta))
            moves[groups[account], currency].append(move)
        for (_, currency), moved in sorted(moves.items()):
            found += _left(mirror.code, currency, moved)
    return found


def _pairs(
    mirror: Mirror, evaluation: Evaluation, keeper: Bookkeeper
) -> Iterator[tuple[Account, Account]]:
    """The accounts of each pair of parties both of whose books are kept."""
    seen = set()
    for voucher in evaluation.vouchers.values():
        terms = voucher.terms
        if terms is None or mirror.funding not in (None, terms.funding):
            continue
        parties = tuple(getattr(terms, side) for side, _ in mirror.sides)
        if parties in seen or not all(map(keeper.keeps, parties)) or parties[0] == parties[1]:
            continue
        seen.add(parties)
        yield _accounts(mirror, terms, keeper)


def _accounts(mirror: Mirror, terms: Terms, keeper: Bookkeeper) -> tuple[Account, Account]:
    (one, role), (other, other_role) = mirror.sides
    account = keeper.chart.account
    with_one, with_other = (getattr(terms, each) for each in mirror.others)
    return (
        account(getattr(terms, one), role, with_one, None),
        account(getattr(terms, other), other_role, with_other, None),
    )


def _joined(pairs: Iterable[tuple[Account, Account]]) -> dict[Account, Account]:
    """For each account one that stands for all that it is joined to: pooled ones have several."""
    group: dict[Account, Account] = {}
    for pair in pairs:
        leaders = {group.setdefault(each, each) for each in pair}
        leader = min(leaders)
        for account, led_by in list(group.items()):
            if led_by in leaders:
                group[account] = leader
    return group


def _left(code: str, currency: str, moved: Iterable[_Moved]) -> Iterator[Finding]:
    """What the last postings leave on one side, from the day on since when it is there."""
    total, since = Decimal(0), None
    balances: dict[Account, Decimal] = defaultdict(Decimal)
    for move in sorted(moved, key=lambda move: move.date):
        balances[move.account] += move.number
        total += move.number
        if not total:
            since = None
        elif since is None:
            since = move
    if since is not None:
        yield Finding(code, since.place, _told(balances, currency, since.date), since.date)


def _told(balances: Mapping[Account, Decimal], currency: str, since: dt.date) -> str:
    each = [f"{account} is at {number} {currency}" for account, number in sorted(balances.items())]
    return f"{', and '.join(each)}, not opposite since {since}: one of the books lacks an entry"
