"""Vouchers to books: events become bookings by the posting table, bookings become entries.

One transaction per book per event; a book never touches another's accounts, so that one
facts file serves a ledger for each party and one for all (contract, section 4).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import (
    EMPTY_SET,
    Balance,
    Close,
    Document,
    Note,
    Open,
    Pad,
    Posting,
    Transaction,
)

from beancount_voucher.accounts import PER_VOUCHER, ROLES, USER_OPENED, Chart, Names
from beancount_voucher.facts import SEEN
from beancount_voucher.money import Money
from beancount_voucher.postings import MEMO, NARRATIONS, legs_by_book, words_of
from beancount_voucher.vouchers import FINAL

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.evaluation import Evaluation, Happening
    from beancount_voucher.life import Party
    from beancount_voucher.postings import Leg
    from beancount_voucher.problems import Problem
    from beancount_voucher.vouchers import Event, Voucher


class Line(NamedTuple):
    """One posting: the role that the table names, the account that it has, the units."""

    role: str
    account: Account
    units: Money


@dataclass(frozen=True, slots=True)
class Booking:
    """What one event writes into one book."""

    book: str
    happening: Happening
    payee: str
    narration: str
    lines: tuple[Line, ...]

    @property
    def event(self) -> Event:
        """The event that is booked."""
        return self.happening.event

    @property
    def voucher_id(self) -> str | None:
        """The voucher; None for a credit line's event."""
        voucher = self.happening.voucher
        return None if voucher is None else voucher.id


@dataclass(frozen=True, slots=True)
class Books:
    """The books of a ledger: what is booked, what had to be opened, what could not be booked."""

    bookings: list[Booking]
    entries: list[Entry]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class OpenAccounts:
    """The accounts of a ledger's own directives.

    Attributes:
        opened: what it opens itself, with the dates.
        closed: what it closes itself.
        named: the first day on which it names an account in any other way.
    """

    opened: Mapping[Account, dt.date]
    closed: Mapping[Account, dt.date]
    named: Mapping[Account, dt.date]

    @classmethod
    def among(cls, entries: Iterable[Entry]) -> OpenAccounts:
        """Read them from a ledger's entries."""
        opened: dict[Account, dt.date] = {}
        closed: dict[Account, dt.date] = {}
        named: dict[Account, dt.date] = {}
        for entry in entries:
            if isinstance(entry, Open):
                opened[entry.account] = entry.date
            elif isinstance(entry, Close):
                closed[entry.account] = entry.date
            else:
                for account in _accounts_of(entry):
                    if named.get(account, entry.date) >= entry.date:
                        named[account] = entry.date
        return cls(opened, closed, named)

    def fault(self, account: Account, date: dt.date, *, by_user: bool) -> str | None:
        """What an account should have been on a date, or None if it can be posted to.

        Args:
            account: the account.
            date: the day of the posting.
            by_user: whether only the ledger may open it.
        """
        opened, closed = self.opened.get(account), self.closed.get(account)
        if opened is None and by_user:
            return f"an open directive on or before {date}"
        if opened is not None and opened > date:
            return f"its open directive of {opened} on or before {date}"
        if closed is not None and closed < date:
            return f"its close directive of {closed} on or after {date}"
        return None


class Bookkeeper:
    """Turns events into bookings, for the books that a ledger keeps."""

    def __init__(self, evaluation: Evaluation, names: Names, kept: Iterable[str] | None) -> None:
        """Take the evaluation of all facts, and the parties to keep books of (None: all)."""
        self._parties = evaluation.world.parties
        self._kept = None if kept is None else frozenset(kept)
        self.per_voucher = evaluation.options["hold-accounts"] == "per-voucher"
        self.user_opens = evaluation.options["open-accounts"] == "user"
        self.chart = Chart(
            names,
            {party: declared.role for party, declared in self._parties.items()},
            evaluation.replaced,
            per_voucher=self.per_voucher,
        )

    def keeps(self, party: str) -> bool:
        """Whether the book of a party is kept in this ledger."""
        return self._kept is None or party in self._kept

    def by_user(self, role: str) -> bool:
        """Whether only the ledger may open an account of this role."""
        return self.user_opens or role in USER_OPENED

    def bookings(self, happening: Happening) -> Iterator[Booking]:
        """One booking for each kept book that the event touches."""
        event = happening.event
        parties, one_bank = _parties_of(happening)
        amounts = {"X": event.amount, "S": event.amount, "R": event.released}
        if event.kind == "settle":
            amounts["X"] = event.amount + event.released
        voucher = happening.voucher
        words = frozenset[str]()
        if voucher is not None and voucher.terms is not None:
            words = words_of(event, voucher.terms)
        currency = _currency(happening)
        said = ""
        for side, legs in legs_by_book(event.kind, words, one_bank=one_bank):
            book = parties[side]
            if not self.keeps(book):
                continue
            lines = tuple(
                self._line(leg, book, parties, amounts[leg.amount], currency, voucher)
                for leg in legs
                if amounts[leg.amount]
            )
            if lines:
                payee = self._parties[parties[_PAYEE[side]]].name
                said = said or narration(happening, self._parties)
                yield Booking(book, happening, payee, said, lines)

    def _line(
        self,
        leg: Leg,
        book: str,
        parties: Mapping[str, str],
        amount: Decimal,
        currency: str,
        voucher: Voucher | None,
    ) -> Line:
        side = leg.customer or ROLES[self._parties[book].role][leg.role].other
        assert side is not None  # noqa: S101
        account = self.chart.account(
            book, leg.role, parties[side], None if voucher is None else voucher.id
        )
        units = Money(amount if leg.sign > 0 else -amount, currency + MEMO * leg.memo)
        return Line(leg.role, account, units)

    def fault(self, booking: Booking, accounts: OpenAccounts) -> Problem | None:
        """Why a booking cannot be written: an account that is not open."""
        event = booking.event
        for line in booking.lines:
            expected = accounts.fault(line.account, event.date, by_user=self.by_user(line.role))
            if expected:
                return event.fact.problem(
                    "account-not-open",
                    f"{event.fact.ids[0]}: {event.kind} on {event.date} needs {line.account} "
                    f"in the book of {booking.book}, which is not open",
                    expected,
                )
        return None


def keep(
    evaluation: Evaluation, names: Names, accounts: OpenAccounts, kept: Iterable[str] | None
) -> Books:
    """Write the books.

    A booking that needs an account which is not open is not written, and neither is what
    comes after it for the same voucher in the same book: a release without its freeze
    would be worse than nothing. The voucher's life and all other books go on.

    Args:
        evaluation: what the facts come to.
        names: the ledger's root account names.
        accounts: the accounts that the ledger opens itself.
        kept: the parties whose books are kept; None for all.
    """
    keeper = Bookkeeper(evaluation, names, kept)
    bookings: list[Booking] = []
    problems: list[Problem] = []
    given_up: set[tuple[str, str]] = set()
    openings = Openings(keeper, accounts)
    for happening in evaluation.happenings:
        for booking in keeper.bookings(happening):
            voucher = booking.voucher_id
            if voucher is not None and (voucher, booking.book) in given_up:
                continue
            problem = keeper.fault(booking, accounts)
            if problem is None:
                bookings.append(booking)
                openings.use(booking)
            else:
                problems.append(problem)
                if voucher is not None:
                    given_up.add((voucher, booking.book))
    entries: list[Entry] = [transaction(booking) for booking in bookings]
    entries += openings.entries()
    return Books(bookings, entries, problems)


def _accounts_of(entry: Entry) -> Iterable[Account]:
    """The accounts that a directive needs open."""
    if isinstance(entry, Transaction):
        return (posting.account for posting in entry.postings)
    if isinstance(entry, Pad):
        return (entry.account, entry.source_account)
    return (entry.account,) if isinstance(entry, Balance | Note | Document) else ()


# --- Entries ----------------------------------------------------------------------------

_PAYEE = {
    "policyholder": "issuer",
    "issuer": "policyholder",
    "acceptor": "insurer",
    "insurer": "policyholder",
}
"""Whose display name the transaction of a book shows: the other side's."""

_CREDIT_LINE = frozenset({"voucher", "voucher-credit-line"})


def transaction(booking: Booking) -> Transaction:
    """A booking as Beancount's transaction, at the position of its directive."""
    event, voucher = booking.event, booking.voucher_id
    position = {"filename": event.place.filename, "lineno": event.place.lineno}
    meta = dict(position)
    if voucher is not None:
        meta["voucher"] = voucher
    meta |= {"voucher-event": event.kind, "voucher-book": booking.book, SEEN: True}
    tags = _CREDIT_LINE if voucher is None else frozenset({"voucher", f"voucher-{event.kind}"})
    return Transaction(
        meta=meta,
        date=event.date,
        flag="*",
        payee=booking.payee,
        narration=booking.narration,
        tags=tags,
        links=EMPTY_SET if voucher is None else frozenset({voucher}),
        postings=[
            Posting(line.account, Amount(*line.units), None, None, None, position)
            for line in booking.lines
        ],
    )


def narration(happening: Happening, parties: Mapping[str, Party]) -> str:
    """What a person reads of an event, the same in every book."""
    event, voucher = happening.event, happening.voucher
    currency = _currency(happening)
    key = event.kind
    if key == "issue" and voucher is not None and voucher.terms is not None:
        key = f"issue {voucher.terms.funding}"
    elif key == "settle" and event.released:
        key = "settle released"
    amount = event.fact.amount
    names = dict(zip(("policyholder", "issuer"), event.fact.ids, strict=False))
    return NARRATIONS[key].format(
        id=event.fact.ids[0],
        X=Money(event.amount, currency).grouped,
        S=Money(event.amount, currency).grouped,
        R=Money(event.released, currency).grouped,
        limit="" if amount is None else amount.grouped,
        reason=event.fact.terms.get("reason"),
        **{side: parties[name].name if name in parties else name for side, name in names.items()},
    )


def _currency(happening: Happening) -> str:
    if happening.voucher is not None:
        return happening.voucher.amount.currency
    amount = happening.event.fact.amount
    assert amount is not None  # noqa: S101
    return amount.currency


def _parties_of(happening: Happening) -> tuple[dict[str, str], bool]:
    """Who is on each side of an event, and whether one bank is on two."""
    voucher = happening.voucher
    if voucher is None:
        policyholder, bank = happening.event.fact.ids
        return {"policyholder": policyholder, "issuer": bank}, False
    terms = voucher.terms
    if terms is None:
        return {}, False
    parties = {
        "policyholder": terms.policyholder,
        "issuer": terms.issuer,
        "acceptor": terms.acceptor,
        "insurer": terms.insurer,
    }
    return parties, terms.one_bank


# --- Opening and closing ----------------------------------------------------------------


class _Use(NamedTuple):
    date: dt.date
    filename: str
    lineno: int


@dataclass(slots=True)
class _Account:
    first: _Use
    last: _Use
    leaf: bool
    final: bool
    balance: dict[str, Decimal]


@dataclass(slots=True)
class Openings:
    """The accounts that the plugin opens at first use, and leaves that it closes at the last.

    The ledger's own use counts, too: a balance of zero asserted before the first voucher
    finds its account open.
    """

    keeper: Bookkeeper
    accounts: OpenAccounts
    _used: dict[Account, _Account] = field(default_factory=dict)

    def use(self, booking: Booking) -> None:
        """Note what a booking needs."""
        event, voucher = booking.event, booking.happening.voucher
        use = _Use(event.date, event.place.filename, event.place.lineno)
        final = voucher is not None and voucher.standing.state in FINAL
        for line in booking.lines:
            if line.account in self.accounts.opened:
                continue
            used = self._used.get(line.account)
            if used is None:
                leaf = self.keeper.per_voucher and line.role in PER_VOUCHER
                used = _Account(use, use, leaf, final, defaultdict(Decimal))
                self._used[line.account] = used
            used.first, used.last = min(used.first, use), max(used.last, use)
            if used.leaf:
                used.balance[line.units.currency] += line.units.number

    def entries(self) -> Iterator[Entry]:
        """Open at the first use; close a voucher's leaf at its last, when it is empty for good."""
        for account, used in self._used.items():
            date = min(used.first.date, self.accounts.named.get(account, used.first.date))
            yield Open(_position(used.first), date, account, [], None)
            emptied = used.leaf and used.final and not any(used.balance.values())
            if emptied and account not in self.accounts.closed:
                yield Close(_position(used.last), used.last.date, account)


def _position(use: _Use) -> dict[str, object]:
    return {"filename": use.filename, "lineno": use.lineno, SEEN: True}
