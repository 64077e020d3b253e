"""Credit lines on a date: limit, frozen, drawn, available, what is behind each, and the proof.

What the directives say is reckoned here from the life of the vouchers; what the books hold is
read off the four memo accounts of each kept book (manual: books, I2 and I3). A line adds up if
both say the same, and nothing is below zero.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.audit.credit_lines import Pools
from beancount_voucher.directives.account_roles import LINE_PARTS
from beancount_voucher.directives.entries import postings_to
from beancount_voucher.directives.money import MEMO, exact
from beancount_voucher.views.columns import DATA, PAGE, PEOPLE, Column

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.credit_lines import Pair
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import Voucher

_NOTHING = Decimal(0)


class LineShare(NamedTuple):
    """What one directive or voucher has in a line on a date.

    Attributes:
        what: ``credit-line``, ``repay`` or ``voucher``.
        voucher: its id; None for a directive about the line itself.
        date: of the directive; of a voucher its issue.
        limit: by how much it changes the limit.
        frozen: what it freezes now.
        drawn: what it has drawn, less what was refunded to the loan; a repayment is below zero.
        place: its line.
    """

    what: str
    voucher: str | None
    date: dt.date
    limit: Decimal
    frozen: Decimal
    drawn: Decimal
    place: SourceLine


class LineFault(NamedTuple):
    """An account of the line that does not hold what the directives say."""

    account: Account
    held: Decimal
    expected: Decimal

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.account} holds {self.held}, the directives say {self.expected}"


@dataclass(frozen=True, slots=True)
class CreditLineRow:
    """One credit line on a date.

    Attributes:
        policyholder: whose it is.
        bank: who grants it.
        currency: of the amounts.
        shares: what makes up its figures, by date.
        books: the parties in whose kept books it was looked up.
        faults: the accounts that say something else.
    """

    policyholder: str
    bank: str
    currency: str
    shares: tuple[LineShare, ...]
    books: tuple[str, ...]
    faults: tuple[LineFault, ...] = ()

    @property
    @exact
    def limit(self) -> Decimal:
        """The limit that is in force."""
        return sum((share.limit for share in self.shares), _NOTHING)

    @property
    @exact
    def frozen(self) -> Decimal:
        """What vouchers hold of it."""
        return sum((share.frozen for share in self.shares), _NOTHING)

    @property
    @exact
    def drawn(self) -> Decimal:
        """What is borrowed on it."""
        return sum((share.drawn for share in self.shares), _NOTHING)

    @property
    @exact
    def available(self) -> Decimal:
        """What a further voucher may freeze."""
        return self.limit - self.frozen - self.drawn

    @property
    def wrong(self) -> tuple[str, ...]:
        """Why it does not add up; empty if it does."""
        below = (
            f"{part} is {number}, below zero"
            for part in ("limit", "frozen", "drawn", "available")
            if (number := getattr(self, part)) < 0
        )
        return (*below, *map(str, self.faults))

    @property
    def proof(self) -> str:
        """In a word: whether it adds up, and was held against a book at all."""
        if self.wrong:
            return "does not add up"
        return "adds up" if self.books else "no book is kept"

    @property
    def vouchers(self) -> tuple[str, ...]:
        """The vouchers that have something in it now."""
        return tuple(
            share.voucher
            for share in self.shares
            if share.voucher is not None and (share.frozen or share.drawn)
        )


# fmt: off
LINES: tuple[Column[CreditLineRow], ...] = (
    Column("policyholder", "policyholder", "party", lambda row: row.policyholder),
    Column("bank", "bank", "party", lambda row: row.bank),
    Column("currency", "currency", "currency", lambda row: row.currency),
    Column("limit", "limit", "money", lambda row: row.limit),
    Column("frozen", "frozen credit", "money", lambda row: row.frozen),
    Column("drawn", "drawn", "money", lambda row: row.drawn),
    Column("available", "available", "money", lambda row: row.available),
    Column("proof", "proof", "word", lambda row: row.proof),
    Column("wrong", "what is wrong", "text", lambda row: "; ".join(row.wrong) or None),
    Column("books", "books", "parties", lambda row: row.books, DATA),
    Column("vouchers", "vouchers", "parties", lambda row: row.vouchers, DATA),
    Column("count", "vouchers", "count", lambda row: len(row.vouchers), PEOPLE),
)
"""The credit lines: ``lines`` as a table, CSV and JSON, and the page."""


class Behind(NamedTuple):
    """A line, and one of its shares."""

    line: CreditLineRow
    share: LineShare


BEHIND: tuple[Column[Behind], ...] = (
    Column("policyholder", "policyholder", "party", lambda row: row.line.policyholder),
    Column("bank", "bank", "party", lambda row: row.line.bank),
    Column("currency", "currency", "currency", lambda row: row.line.currency),
    Column("entry", "entry", "word", lambda row: row.share.what),
    Column("voucher", "voucher", "voucher", lambda row: row.share.voucher),
    Column("date", "date", "date", lambda row: row.share.date),
    Column("limit", "limit", "money", lambda row: row.share.limit),
    Column("frozen", "frozen credit", "money", lambda row: row.share.frozen),
    Column("drawn", "drawn", "money", lambda row: row.share.drawn),
    Column("file", "file", "text", lambda row: row.share.place.filename, DATA),
    Column("line", "line", "count", lambda row: row.share.place.lineno, DATA),
    Column("source", "source", "place", lambda row: row.share.place, PAGE),
)
"""What is behind the figures of the lines."""
# fmt: on


def behind(lines: Iterable[CreditLineRow]) -> list[Behind]:
    """Every share of some lines; its columns sum up to the line's figures."""
    return [Behind(line, share) for line in lines for share in line.shares]


@exact
def credit_lines(
    evaluation: Evaluation, keeper: Bookkeeper, entries: Iterable[Entry], as_of: dt.date
) -> list[CreditLineRow]:
    """Every line that was declared by a date, by policyholder, bank and currency.

    Args:
        evaluation: what the facts come to.
        keeper: whose books are kept, and which accounts they have.
        entries: the ledger's entries, with what the plugin has written.
        as_of: the end of this day.
    """
    shares: dict[Pair, list[LineShare]] = defaultdict(list)
    for pair, share in (*_directives(evaluation, as_of), *_vouchers(evaluation, as_of)):
        shares[pair].append(share)
    found = [
        CreditLineRow(*pair, tuple(sorted(each, key=_order)), _books(keeper, pair))
        for pair, each in sorted(shares.items())
    ]
    return list(_proven(found, keeper, [entry for entry in entries if entry.date <= as_of]))


def _order(share: LineShare) -> tuple[object, ...]:
    return share.date, share.voucher or "", share.place.filename, share.place.lineno


def _directives(evaluation: Evaluation, as_of: dt.date) -> Iterator[tuple[Pair, LineShare]]:
    for event, _ in evaluation.journal:
        if event.kind in ("credit-line", "repay") and event.date <= as_of:
            policyholder, bank = event.fact.ids[:2]
            assert event.fact.amount is not None
            zero = event.amount - event.amount  # with its decimals
            is_limit = event.kind == "credit-line"
            limit, drawn = (event.amount, zero) if is_limit else (zero, -event.amount)
            share = LineShare(event.kind, None, event.date, limit, zero, drawn, event.place)
            yield (policyholder, bank, event.fact.amount.currency), share


def _vouchers(evaluation: Evaluation, as_of: dt.date) -> Iterator[tuple[Pair, LineShare]]:
    for voucher in evaluation.vouchers.values():
        status, terms = voucher.as_of(as_of), voucher.terms
        if terms is None or terms.funding != "credit" or status.issued is None:
            continue
        share = LineShare(
            "voucher",
            voucher.id,
            status.issued,
            status.zero,
            status.held + status.offered,
            status.settled - _to_loan(voucher, as_of),
            voucher.place,
        )
        if share.frozen or share.drawn:
            yield terms.credit_line, share


def _to_loan(voucher: Voucher, as_of: dt.date) -> Decimal:
    """What refunds have repaid of its loan."""
    changes = (event.change for event in voucher.until(as_of) if event.kind == "refund")
    return sum((change.to_loan for change in changes if change is not None), _NOTHING)


def _books(keeper: Bookkeeper, pair: Pair) -> tuple[str, ...]:
    return tuple(party for party in pair[:2] if keeper.keeps(party))


# --- What the books hold ----------------------------------------------------------------------

_SIGN = {"line-limit": -1}


def _accounts(keeper: Bookkeeper, line: CreditLineRow) -> Iterator[tuple[Account, Decimal]]:
    """The accounts of a line in the kept books, and what the directives say of each."""
    for book in line.books:
        other = line.bank if book == line.policyholder else line.policyholder
        for part in LINE_PARTS:
            number: Decimal = getattr(line, part.removeprefix("line-"))
            yield keeper.chart.account(book, part, other, None), number * _SIGN.get(part, 1)


def _proven(
    lines: list[CreditLineRow], keeper: Bookkeeper, entries: list[Entry]
) -> Iterator[CreditLineRow]:
    """The lines with what their accounts hold otherwise; lines may share an account."""
    expected: dict[tuple[Account, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        for account, number in _accounts(keeper, line):
            expected[account, line.currency + MEMO] += number
    held = _held(entries, {account for account, _ in expected}, per_voucher=keeper.per_voucher)
    for line in lines:
        faults = dict.fromkeys(
            LineFault(account, held[key], expected[key])
            for account, _ in _accounts(keeper, line)
            if held[key := (account, line.currency + MEMO)] != expected[key]
        )
        yield replace(line, faults=tuple(faults))


def _held(
    entries: list[Entry], accounts: set[Account], *, per_voucher: bool
) -> dict[tuple[Account, str], Decimal]:
    """What stands on accounts, and with an account for each voucher on those below them."""
    pools = Pools(frozenset(accounts), with_own=per_voucher)
    held: dict[tuple[Account, str], Decimal] = defaultdict(Decimal)
    for _, account, number, currency in postings_to(entries, pools):
        held[pools.of(account), currency] += number
    return held
