"""One voucher: its terms, what happened to it, what is judged of it, and what may come next.

``show`` prints it, and the page shows it; each takes what it needs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Custom, Event, Transaction

from beancount_voucher.books.posting_table import BOOKS
from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import PREFIX
from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.lifecycle.next_steps import next_steps
from beancount_voucher.lifecycle.overdue import overdue, waiting
from beancount_voucher.lifecycle.verdicts import case_of, verdicts
from beancount_voucher.views import exceptions, instrument, register
from beancount_voucher.views.events import details, notes, told

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.events import Terms, VoucherEvent
    from beancount_voucher.lifecycle.overdue import Overdue, Waiting
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.views.exceptions import ExceptionItem
    from beancount_voucher.views.instrument import Amendment, Draw, Month


class BookPostings(NamedTuple):
    """One party's side of an event.

    Attributes:
        sides: policyholder, issuer, acceptor, insurer; one bank may be two of them.
        party: whose book it is.
        kept: whether this ledger keeps it.
        transaction: what the plugin wrote; None where nothing was posted.
    """

    sides: tuple[str, ...]
    party: str
    kept: bool
    transaction: Transaction | None

    @property
    def lines(self) -> tuple[tuple[str, Money], ...]:
        """Account and amount of each posting."""
        postings = () if self.transaction is None else self.transaction.postings
        return tuple((posting.account, _money(posting.units)) for posting in postings)


def _money(units: Any) -> Money:  # noqa: ANN401
    """The units of a generated posting, which always has some."""
    return Money(units.number, units.currency)


class TimelineRow(NamedTuple):
    """Something that happened, or an error of a directive.

    Attributes:
        date: when; None where an error has no date.
        kind: the event, or the directive's name where there is an error.
        state: the state that it led to; None for an error.
        amount: what it moves, where an event has an amount of its own.
        released: what a settlement leaves, and sends home.
        terms: what it says beside that, key and text, as a reader wants them.
        notes: its notes and further documents, key and text.
        books: what it moved in each book that it touched.
        error: what is wrong; errors may also come with an event that counts.
        place: its line.
        directive: what states it, or is wrong; None where that is not known.
        derived: whether no directive of its own states it.
        struck: the day of the refusal that strikes it; None for what counts.
        message: the message that brought it; None for what was recorded here.
    """

    date: dt.date | None
    kind: str
    state: str | None
    place: SourceLine
    directive: Entry | None
    amount: Money | None = None
    released: Money | None = None
    terms: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    books: tuple[BookPostings, ...] = ()
    error: str | None = None
    derived: bool = False
    struck: dt.date | None = None
    message: str | None = None

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """What its own directive says of who, why, by what evidence, and to readers."""
        return () if self.derived else (*self.terms, *self.notes)

    def told(self, key: str) -> str | None:
        """One key of that."""
        return told(self.said, key)


NOT_YET = "not yet"
"""A condition that is unmet as nobody has applied."""

NO_APPLICATION = "no application"
"""A condition of a voucher that has ended, and nobody's application was left to be judged."""

PAID_BEFORE_COVER = "paid before cover starts"
RECOGNISED_AND_PAID = "recognised and paid"
"""What to say of a premium that was paid before the books had recognised it."""


class JudgedCondition(NamedTuple):
    """A settlement condition as judged, with the directives that speak for it.

    Attributes:
        key: its key.
        value: what it asks for.
        outcome: the verdict.
        word: the same for a person: what nobody has applied for yet is not held against anybody.
        reason: why.
        evidence: the directives.
    """

    key: str
    value: str
    outcome: str
    word: str
    reason: str
    evidence: tuple[Entry, ...]


@dataclass(frozen=True)
class VoucherReport:
    """One voucher as known on a date.

    Attributes:
        ledger: the ledger.
        voucher: its life as the ledger has it to its end.
        entries: its directives, and a transaction for each event and book (``entries_of``).
        as_of: the date.
    """

    ledger: Ledger
    voucher: Voucher
    entries: Sequence[Entry]
    as_of: dt.date

    @cached_property
    def status(self) -> VoucherStatus:
        """How it stands on the date."""
        return self.voucher.as_of(self.as_of)

    @property
    def late(self) -> Overdue | None:
        """Why it is overdue on the date, if it is."""
        state = self.ledger.evaluation.ledger_state
        return overdue(state, self.in_force, self.status, self.as_of)

    @property
    def waiting(self) -> Waiting | None:
        """What it waits for on the date, while nobody can decide about it."""
        state = self.ledger.evaluation.ledger_state
        return waiting(state, self.in_force, self.status, self.as_of)

    @property
    def in_force(self) -> Terms | None:
        """The terms on the date, as amended by then; None where it was never issued."""
        return self.voucher.terms_on(self.as_of)

    @property
    def premium(self) -> Money:
        """The premium on the date: as amended, or as requested."""
        return self.voucher.amount if self.in_force is None else self.in_force.amount

    @property
    def terms(self) -> list[tuple[str, str]]:
        """Key and value, in the order in which a person reads them."""
        return list(register.terms(self.ledger.evaluation, self.voucher, self.status, self.as_of))

    @property
    def timeline(self) -> list[TimelineRow]:
        """What happened up to the date, and what counts no longer: it was booked, too."""
        happened = [self._row(event) for event in self.voucher.until(self.as_of)]
        struck = list(self._struck())
        return sorted([*struck, *happened], key=lambda row: str(row.date)) if struck else happened

    def _struck(self) -> Iterator[TimelineRow]:
        """What a refusal has struck of events up to the date."""
        for struck in self.voucher.struck:
            for event in struck.events:
                if event.date <= self.as_of:
                    yield self._row(event)._replace(state=None, struck=struck.refusal.date)

    @property
    def later(self) -> list[TimelineRow]:
        """What the ledger knows to have happened after the date."""
        first = len(list(self.voucher.until(self.as_of)))
        return [self._row(event) for event in self.voucher.events[first:]]

    @property
    def refused(self) -> list[TimelineRow]:
        """The directives about it that do not count, of whatever date."""
        items = exceptions.refused(self.ledger)
        return list(errors(items, self.voucher.id, self.entries))

    @property
    def judged(self) -> dt.date:
        """The day on which its conditions are judged: the date, or that on which it was closed."""
        return self.status.closed or self.as_of

    @property
    def conditions(self) -> list[JudgedCondition] | None:
        """Its settlement conditions as judged; None before its issue."""
        terms, state = self.in_force, self.ledger.evaluation.ledger_state
        if terms is None or self.status.issued is None:
            return None
        case = case_of(state, terms, self.status, self.judged)
        judged = verdicts(state, terms, self.status, self.judged)
        return [
            JudgedCondition(
                key,
                _text(terms.conditions[key]),
                verdict.outcome,
                self._word(verdict.outcome),
                verdict.reason,
                tuple(state.conditions[key].evidence(terms.conditions[key], case)),
            )
            for key, verdict in judged.items()
        ]

    def _word(self, outcome: str) -> str:
        if outcome != "unmet" or self.status.application is not None:
            return outcome
        return NOT_YET if self.status.closed is None else NO_APPLICATION

    @property
    def recognised(self) -> tuple[str, Decimal]:
        """What of the premium is recognised before or through its payment, and what to call it.

        What was paid before it was recognised is so by its payment, or once cover starts.
        """
        status = self.status
        if status.recognised or not status.settled:
            return "recognised", status.recognised
        if status.advance:
            return PAID_BEFORE_COVER, status.advance
        return RECOGNISED_AND_PAID, status.settled

    @cached_property
    def amendments(self) -> list[Amendment]:
        """Its amendments, with their consents."""
        return instrument.amendments(self.voucher, self.as_of)

    @cached_property
    def draws(self) -> list[Draw]:
        """Its applications with their settlements, where there may be or were several."""
        found, terms = instrument.draws(self.voucher, self.as_of), self.in_force
        several = terms is not None and terms.draws == "multiple"
        return found if several or len(found) > 1 else []

    @cached_property
    def months(self) -> list[Month]:
        """Its unearned premium month by month, where the ledger's premiums are earned."""
        if self.ledger.evaluation.options["earning"] == "none":
            return []
        return instrument.roll_forward(self.voucher, self.as_of)

    @property
    def next_steps(self) -> list[tuple[str, Problem | None]]:
        """What may come next, and what stands in the way of it."""
        return list(next_steps(self.ledger.evaluation, self.voucher, self.as_of))

    # --- The rows of the timeline -----------------------------------------------------------

    def _row(self, event: VoucherEvent) -> TimelineRow:
        entry, currency = event.fact.entry, self.voucher.amount.currency
        own = event.kind in _WITH_AMOUNT
        return TimelineRow(
            date=event.date,
            kind=event.kind,
            state=str(event.state),
            place=event.place,
            directive=entry,
            amount=Money(event.amount, currency) if own else None,
            released=Money(event.released, currency) if event.released else None,
            terms=details(event),
            notes=() if entry is None else tuple(notes(entry)),
            books=tuple(self._books(event)),
            derived=entry is None or entry.type != f"{PREFIX}{event.kind}",
            message=event.fact.message,
        )

    @cached_property
    def _posted(self) -> dict[_At, dict[str, Transaction]]:
        posted: dict[_At, dict[str, Transaction]] = defaultdict(dict)
        for entry in self.entries:
            if isinstance(entry, Transaction):
                # Of a kind there may be several on one day, each at a line of its own.
                place = source_line(entry.meta)
                of_event = posted[entry.date, entry.meta["voucher-event"], place]
                of_event[entry.meta["voucher-book"]] = entry
        return dict(posted)

    def _books(self, event: VoucherEvent) -> Iterator[BookPostings]:
        """The books that an event touched, and in their place those that are not kept."""
        terms, posted = self.voucher.terms, self._posted.get((event.date, event.kind, event.place))
        if terms is None or posted is None:
            return
        sides: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for side in BOOKS:
            sides[getattr(terms, side)] += (side,)
        kept = self.ledger.kept
        for party, named in sides.items():
            yield BookPostings(named, party, kept is None or party in kept, posted.get(party))


_At = tuple["dt.date", str, "SourceLine"]
"""What tells the events of a voucher apart: day, kind, line."""

_WITH_AMOUNT = ("request", "issue", "apply", "settle", "effect", "release", "refund", "earn")


def _text(value: object) -> str:
    return "TRUE" if value is True else str(value)


def errors(
    items: Iterable[ExceptionItem], voucher: str, entries: Iterable[Entry]
) -> Iterator[TimelineRow]:
    """The directives about a voucher that have an error.

    Args:
        items: errors of a ledger.
        voucher: the id, of a voucher that need not exist.
        entries: its directives, if it does.
    """
    written = [each for each in entries if isinstance(each, Custom)]
    for item in items:
        if item.voucher == voucher:
            entry = next((each for each in written if _is_at(each, item)), None)
            yield TimelineRow(
                date=item.since,
                kind="" if entry is None else entry.type.removeprefix(PREFIX),
                state=None,
                place=item.place,
                directive=entry,
                error=item.text,
            )


def _is_at(entry: Custom, item: ExceptionItem) -> bool:
    return source_line(entry.meta) == item.place and voucher_named(entry) == item.voucher


def caption(entry: Entry) -> str:
    """What a link to a directive says: of events, what they say; of others, what they are."""
    if isinstance(entry, Event):
        return f"{entry.date} {entry.type}: {entry.description}"
    kind = entry.type.removeprefix(PREFIX) if isinstance(entry, Custom) else type(entry).__name__
    return f"{entry.date} {kind}"
