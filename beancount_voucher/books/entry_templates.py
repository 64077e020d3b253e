"""What events write into books, but for numbers and days.

A ledger has many events and few kinds of them. So the posting table is first made into
*templates*: for a kind of event and the words that hold for it, what each book gets, with
sides (policyholder, issuer, …) in place of parties. A template with the parties filled in is
a *prepared entry*, made once for all events of these parties; what is left to each event are
its day, its line and its units (``event_amounts``).

Of a settlement of which a part is paid, the table says in the policyholder's book ``frozen -X,
bank +R`` and, as the premium was recognised, ``payable +X, prepaid -R``. Its template has for
each leg the role, the side on the other side of the account (1, the issuer) and the number of
the units:

    >>> template = event_template(
    ...     "settle", funding="cash", accepted=True, recognised=True, advance=False,
    ...     amounts="XSR", one_bank=False,
    ... )
    >>> template.books[0].legs
    (('frozen', 1, 1), ('bank', 1, 8), ('payable', 1, 0), ('prepaid', 1, 9))
    >>> template.narration
    '{id} settled: {S} paid, {R} released'

For a Buyer with the House it is made into a prepared entry once: ``Assets:Buyer:House:Frozen``
with units 1, ``Assets:Buyer:House`` with units 8, and so on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.books.chart_of_accounts import ChartOfAccounts
from beancount_voucher.books.event_amounts import amounts, letters_of, units_at
from beancount_voucher.books.posting_table import (
    AMOUNTS,
    BOOKED,
    BOOKS,
    NARRATIONS,
    SIDES,
    Leg,
    legs_by_book,
    words_of,
)
from beancount_voucher.directives.account_roles import ROLES, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from beancount.core.data import Account

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.journal import JournalEvent

_PAYEE = {
    "policyholder": "issuer",
    "issuer": "policyholder",
    "acceptor": "insurer",
    "insurer": "policyholder",
}
"""Whose display name the transaction of a book shows: the other side's."""

Parties = tuple[str, ...]
"""Party ids in the order of ``BOOKS``; of a credit line's event, the first two."""


@dataclass(frozen=True, slots=True, eq=False)
class BookTemplate:
    """What an event writes into one book, with sides in place of parties.

    Attributes:
        side: whose book it is, as an index of ``Parties``.
        payee: whose name its transactions show.
        legs: of each posting the role, the other side of its account, and which of the
            event's units it has.
        needed: the sides on which its accounts depend.
        parties: picks their parties.
    """

    side: int
    payee: int
    legs: tuple[tuple[str, int, int], ...]
    needed: tuple[int, ...]
    parties: Callable[[Parties], Parties]


class PreparedPosting(NamedTuple):
    """One posting but for its units.

    Attributes:
        role: the account's role in the posting table.
        account: its account.
        own: whether each voucher has an account of its own below that.
        units: which of the event's units it has: an index of :func:`units_at`.
    """

    role: str
    account: Account
    own: bool
    units: int


@dataclass(slots=True, eq=False)
class PreparedEntry:
    """What the events of a kind between the same parties write into one book.

    Attributes:
        book: the party whose book it is.
        postings: in the order of the posting table.
        cash: those to the account on which money is frozen: the role ``bank``; in a ledger
            that does not keep the policyholder's book, the issuer's ``deposits``.
        cash_sign: +1 where a debit of it is money that comes, -1 where it is money that goes.
        own: whether any goes to an account of the voucher's own.
        since: the first use so far, by day, file and line, from which on its accounts are open;
            None before it, and always where any account is the voucher's own.
        until: the last day on which all its accounts can be posted to, as far as is known.
    """

    book: str
    postings: Sequence[PreparedPosting]
    cash: Sequence[PreparedPosting]
    cash_sign: int
    own: bool
    since: tuple[dt.date, SourceLine] | None = None
    until: dt.date = dt.date.max


class Bookkeeper:
    """Which books a ledger keeps, and what events write into them."""

    def __init__(self, evaluation: Evaluation, names: Names, kept: Iterable[str] | None) -> None:
        """Take the evaluation of all facts, and the parties to keep books of (None: all)."""
        self._parties = evaluation.ledger_state.parties
        self._kept = None if kept is None else frozenset(kept)
        self.per_voucher = evaluation.options["hold-accounts"] == "per-voucher"
        self.user_opens = evaluation.options["open-accounts"] == "user"
        self.chart = ChartOfAccounts(
            names,
            {party: declared.role for party, declared in self._parties.items()},
            evaluation.replaced,
            per_voucher=self.per_voucher,
        )
        self._names = {party: declared.name for party, declared in self._parties.items()}
        self._prepared: dict[tuple[BookTemplate, Parties], PreparedEntry] = {}

    def keeps(self, party: str) -> bool:
        """Whether the book of a party is kept in this ledger."""
        return self._kept is None or party in self._kept

    def display_name(self, party: str) -> str:
        """How a party is called."""
        return self._names[party]

    def prepared(self, journal_event: JournalEvent) -> tuple[str, list[tuple[PreparedEntry, str]]]:
        """What a person reads of an event, and what it writes into each book that is kept.

        Returns:
            the narration, and prepared entries, each with the display name of the other side.
        """
        found = template_of(journal_event)
        return ("", []) if found is None else (found[0].narration, self.entries(*found))

    def entries(self, template: EventTemplate, parties: Parties) -> list[tuple[PreparedEntry, str]]:
        """What events of a template write into each book that is kept, with the other side's name.

        Args:
            template: the template.
            parties: those between whom they happen.
        """
        return [
            (self.entry(book, parties), self._names[parties[book.payee]])
            for book in self.kept(template, parties)
        ]

    def entry(self, book: BookTemplate, parties: Parties) -> PreparedEntry:
        """What a template writes into one book between some parties."""
        key = book, book.parties(parties)
        entry = self._prepared.get(key)
        if entry is None:
            entry = self._prepared[key] = self._filled(book, parties)
        return entry

    def kept(self, template: EventTemplate, parties: Parties) -> Sequence[BookTemplate]:
        """What of a template is written in this ledger: into the books that are kept."""
        if self._kept is None:
            return template.books
        return [book for book in template.books if parties[book.side] in self._kept]

    def posted_roles(self) -> Iterator[tuple[Account, str]]:
        """Every account that was asked for to post to, with its role."""
        for entry in self._prepared.values():
            for role, account, _, _ in entry.postings:
                yield account, role

    def posts_otherwise(self, accounts: Container[Account]) -> bool:
        """Whether any event posts to some accounts beside what it freezes and gives back there."""
        return any(
            posting.account in accounts and posting not in entry.cash
            for entry in self._prepared.values()
            for posting in entry.postings
        )

    def _filled(self, template: BookTemplate, parties: Parties) -> PreparedEntry:
        book, account = parties[template.side], self.chart.account
        postings = [
            PreparedPosting(
                role,
                account(book, role, parties[other], None),
                self.chart.is_own(role),
                units,
            )
            for role, other, units in template.legs
        ]
        deposited = SIDES[BOOKS[template.side]] == "bank"
        return PreparedEntry(
            book=book,
            postings=postings,
            cash=self._deposits(template, parties, postings)
            if deposited
            else [posting for posting in postings if posting.role == "bank"],
            cash_sign=-1 if deposited else 1,
            own=any(posting.own for posting in postings),
        )

    def _deposits(
        self, template: BookTemplate, parties: Parties, postings: Sequence[PreparedPosting]
    ) -> list[PreparedPosting]:
        """The postings to the policyholder's deposits, where they alone tell of its money."""
        if self.keeps(parties[0]):
            return []
        return [
            posting
            for posting, (role, other, _) in zip(postings, template.legs, strict=True)
            if role == "deposits" and other == BOOKS.index("policyholder")
        ]


class EventTemplate(NamedTuple):
    """What all events of a kind for which the same words hold have in common.

    Attributes:
        row: which they are: their kind, with what decides about the narration of many.
        narration: what a person reads of one.
        books: what each writes into books.
    """

    row: str
    narration: str
    books: tuple[BookTemplate, ...]


def template_of(journal_event: JournalEvent) -> tuple[EventTemplate, Parties] | None:
    """The template of an event, and the parties to fill in; None if no book knows of it."""
    event, voucher = journal_event
    if event.kind not in BOOKED:
        return None
    if voucher is None:
        return _credit_line_template(event.kind, moved=bool(event.amount)), event.fact.ids
    terms = voucher.agreed
    template = event_template(
        event.kind,  # by position: to look it up by names takes four times as long
        terms.funding,
        event.accepted,
        event.recognised,
        event.advance,
        _amounts_of(event),
        terms.one_bank,
        _changed(event),
    )
    return template, terms.parties


@cache
def event_template(
    kind: str,
    funding: str,
    accepted: bool,
    recognised: bool,
    advance: bool,
    amounts: str,
    one_bank: bool,
    changed: str = "",
) -> EventTemplate:
    """The template of a voucher's event; legs whose amount is zero are left out."""
    words = words_of(
        funding, accepted=accepted, recognised=recognised, advance=advance, changed=changed
    )
    narrated = {
        "issue": f"issue {funding}",
        "settle": "settle" + " released" * ("R" in amounts),
        "effect": f"effect {changed}",
        "refund": "refund" + " kept" * ("K" in amounts),
    }
    row = narrated[kind] if kind in ("issue", "effect") else kind
    legs = legs_by_book(kind, words, one_bank=one_bank)
    return EventTemplate(
        row.strip(),
        NARRATIONS.get(narrated.get(kind, kind), ""),
        _templates(legs, amounts, letters_of(kind)),
    )


def _amounts_of(event: VoucherEvent) -> str:
    """Which amounts of an event are not zero."""
    if event.change is None:  # most of all events
        if event.kind == "settle":
            return "XSR" if event.released else "XS"
        if event.kind not in AMOUNTS or event.kind == "void":
            return "X"
    return "".join(letter for letter, number in amounts(event) if number)


def _changed(event: VoucherEvent) -> str:
    """Whether an amendment raises or lowers the premium; neither where it leaves the amount."""
    if event.kind != "effect" or not event.amount:
        return ""
    return "increase" if event.amount > 0 else "decrease"


@cache
def _credit_line_template(kind: str, *, moved: bool) -> EventTemplate:
    """The template of a credit line's event; one that changes nothing writes nothing."""
    legs = legs_by_book(kind, frozenset(), one_bank=False)
    return EventTemplate(kind, NARRATIONS[kind], _templates(legs, "X" if moved else "", "X"))


def _templates(
    legs_of_sides: Iterable[tuple[str, tuple[Leg, ...]]], nonzero: str, letters: str
) -> tuple[BookTemplate, ...]:
    """A template for each side that some leg with one of the amounts belongs to."""
    sides = (
        (side, tuple(leg for leg in legs if leg.amount in nonzero)) for side, legs in legs_of_sides
    )
    return tuple(_template(side, legs, letters) for side, legs in sides if legs)


@cache
def _template(side: str, legs: tuple[Leg, ...], letters: str) -> BookTemplate:
    """One object for all that is alike, so that one prepared entry serves all of it."""
    roles = ROLES[SIDES[side]]
    made = []
    for leg in legs:
        other = leg.customer or roles[leg.role].other
        assert other is not None
        made.append((leg.role, BOOKS.index(other), units_at(leg, letters)))
    at = BOOKS.index(side)
    needed = tuple(sorted({at, *(other for _, other, _ in made)}))
    return BookTemplate(at, BOOKS.index(_PAYEE[side]), tuple(made), needed, itemgetter(*needed))
