"""Vouchers to books: events become bookings by the posting table, bookings become entries.

One transaction per book per event; a book never touches another's accounts, so that one
facts file serves a ledger for each party and one for all (contract, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import (
    EMPTY_SET,
    Posting,
    Transaction,
)

from beancount_voucher.accounts import PER_VOUCHER, ROLES, USER_OPENED, Chart, Names
from beancount_voucher.money import Money
from beancount_voucher.openings import Openings
from beancount_voucher.positions import SEEN
from beancount_voucher.postings import BOOKS, MEMO, NARRATIONS, legs_by_book, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from beancount.core.data import Account, Meta
    from beancount.core.data import Directive as Entry

    from beancount_voucher.attempts import Party
    from beancount_voucher.evaluation import Evaluation, Happening
    from beancount_voucher.openings import OpenAccounts
    from beancount_voucher.postings import Leg
    from beancount_voucher.problems import Problem
    from beancount_voucher.vouchers import Event


class Line(NamedTuple):
    """One posting: the role that the table names, the account that it has, the units."""

    role: str
    account: Account
    units: Amount

    @property
    def number(self) -> Decimal:
        """How many units; there is always a number."""
        assert self.units.number is not None  # noqa: S101
        return self.units.number


class _Planned(NamedTuple):
    """One posting but for its units: which of the plan's units it has.

    ``own`` tells that each voucher has an account of its own below this one.
    """

    role: str
    account: Account
    own: bool
    units: int


class _Plan(NamedTuple):
    """What all events of a kind between the same parties write, but for numbers.

    Attributes:
        units: which amount (X, S, R), with which sign, of what; each once for all books.
        books: for each book whose it is, the payee, the postings.
    """

    units: list[tuple[str, int, str]]
    books: list[tuple[str, str, list[_Planned]]]


class Booking(NamedTuple):
    """What one event writes into one book."""

    book: str
    happening: Happening
    payee: str
    narration: str
    lines: list[Line]

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
        self._plans: dict[_Key, _Plan] = {}

    def keeps(self, party: str) -> bool:
        """Whether the book of a party is kept in this ledger."""
        return self._kept is None or party in self._kept

    def bookings(self, happening: Happening) -> Iterator[Booking]:
        """One booking for each kept book that the event touches."""
        event, voucher = happening.event, happening.voucher
        words = _NO_WORDS
        if voucher is not None and voucher.terms is not None:
            words = words_of(event, voucher.terms)
        moved, released = bool(event.amount), bool(event.released)
        parties, one_bank = _parties_of(happening)
        key = (event.kind, words, moved, released, parties, one_bank, _currency(happening))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._plan(*key)
        if not plan.books:
            return
        whole = event.amount + event.released if event.kind == "settle" else event.amount
        numbers = {"X": whole, "S": event.amount, "R": event.released}
        units: list[Amount] = [
            _new(Amount, (numbers[amount] if sign > 0 else -numbers[amount], commodity))
            for amount, sign, commodity in plan.units
        ]
        said = narration(happening, self._parties)
        for book, payee, planned in plan.books:
            lines = [
                Line(
                    role,
                    f"{account}:{voucher.id}" if own and voucher is not None else account,
                    units[at],
                )
                for role, account, own, at in planned
            ]
            yield Booking(book, happening, payee, said, lines)

    def _plan(
        self,
        kind: str,
        words: frozenset[str],
        moved: bool,
        released: bool,
        parties: _Parties,
        one_bank: bool,
        currency: str,
    ) -> _Plan:
        named = dict(zip(BOOKS, parties, strict=False))
        there = {"X": moved or released, "S": moved, "R": released}
        plan = _Plan([], [])
        for side, legs in legs_by_book(kind, words, one_bank=one_bank):
            if side in named and self.keeps(named[side]):
                planned = [
                    self._planned(leg, named[side], named, currency, plan.units)
                    for leg in legs
                    if there[leg.amount]
                ]
                if planned:
                    payee = self._parties[named[_PAYEE[side]]].name
                    plan.books.append((named[side], payee, planned))
        return plan

    def _planned(
        self,
        leg: Leg,
        book: str,
        parties: Mapping[str, str],
        currency: str,
        units: list[tuple[str, int, str]],
    ) -> _Planned:
        side = leg.customer or ROLES[self._parties[book].role][leg.role].other
        assert side is not None  # noqa: S101
        account = self.chart.account(book, leg.role, parties[side], None)
        own = self.per_voucher and leg.role in PER_VOUCHER
        wanted = leg.amount, leg.sign, currency + MEMO * leg.memo
        if wanted not in units:
            units.append(wanted)
        return _Planned(leg.role, account, own, units.index(wanted))

    def fault(self, booking: Booking, accounts: OpenAccounts) -> Problem | None:
        """Why a booking cannot be written: an account that is not open."""
        event = booking.event
        for line in booking.lines:
            by_user = self.user_opens or line.role in USER_OPENED
            expected = accounts.fault(line.account, event.date, by_user=by_user)
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
    openings = Openings(keeper.per_voucher, accounts)
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
    place = event.place
    position = {"filename": place.filename, "lineno": place.lineno}
    meta: Meta = dict(position)
    if voucher is not None:
        meta["voucher"] = voucher
    meta["voucher-event"] = event.kind
    meta["voucher-book"] = booking.book
    meta[SEEN] = True
    postings = [
        _new(Posting, (account, units, None, None, None, position))
        for _, account, units in booking.lines
    ]
    links = EMPTY_SET if voucher is None else frozenset((voucher,))
    tags = _CREDIT_LINE if voucher is None else _tags(event.kind)
    said = (meta, event.date, "*", booking.payee, booking.narration, tags, links, postings)
    made: Transaction = _new(Transaction, said)
    return made


_new: Callable[..., Any] = tuple.__new__
"""Makes Beancount's tuples; by their own calls they take a third longer."""


@cache
def _tags(kind: str) -> frozenset[str]:
    return frozenset({"voucher", f"voucher-{kind}"})


def narration(happening: Happening, parties: Mapping[str, Party]) -> str:
    """What a person reads of an event, the same in every book."""
    event, voucher = happening.event, happening.voucher
    currency = _currency(happening)
    key = event.kind
    if key == "issue" and voucher is not None and voucher.terms is not None:
        key = f"issue {voucher.terms.funding}"
    elif key == "settle" and event.released:
        key = "settle released"
    if voucher is not None:
        moved = Money(event.amount, currency).grouped
        return NARRATIONS[key].format(
            id=voucher.id,
            X=moved,
            S=moved,
            R=Money(event.released, currency).grouped if event.released else "",
            reason=event.fact.terms.get("reason"),
        )
    amount = event.fact.amount
    policyholder, issuer = event.fact.ids
    return NARRATIONS[key].format(
        X=Money(event.amount, currency).grouped,
        limit="" if amount is None else amount.grouped,
        policyholder=parties[policyholder].name,
        issuer=parties[issuer].name,
    )


def _currency(happening: Happening) -> str:
    if happening.voucher is not None:
        return happening.voucher.amount.currency
    amount = happening.event.fact.amount
    assert amount is not None  # noqa: S101
    return amount.currency


_Parties = tuple[str, ...]
"""Party ids in the order of ``BOOKS``; of a credit line, only the first two."""


def _parties_of(happening: Happening) -> tuple[_Parties, bool]:
    """Who is on each side of an event, and whether one bank is on two."""
    voucher = happening.voucher
    if voucher is None:
        return happening.event.fact.ids, False
    terms = voucher.terms
    if terms is None:
        return (), False
    parties = terms.policyholder, terms.issuer, terms.acceptor, terms.insurer
    return parties, terms.one_bank


_NO_WORDS: frozenset[str] = frozenset()

_Key = tuple[str, frozenset[str], bool, bool, _Parties, bool, str]
"""What a plan depends on: the arguments of ``Bookkeeper._plan``."""
