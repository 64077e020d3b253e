"""Vouchers to books: events become bookings by the posting table, bookings become entries.

One transaction per book per event; a book never touches another's accounts, so that one
facts file serves a ledger for each party and one for all (contract, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import (
    EMPTY_SET,
    Posting,
    Transaction,
)

from beancount_voucher.accounts import ROLES, USER_OPENED, Chart, Names
from beancount_voucher.money import Money
from beancount_voucher.openings import Openings
from beancount_voucher.positions import SEEN
from beancount_voucher.postings import MEMO, NARRATIONS, legs_by_book, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.attempts import Party
    from beancount_voucher.evaluation import Evaluation, Happening
    from beancount_voucher.openings import OpenAccounts
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
