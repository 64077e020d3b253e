"""One voucher: what happened, what it moved in each book, and what is judged of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Custom, Event, Transaction
from fava.beans.funcs import hash_entry

from beancount_voucher.books.posting_table import BOOKS
from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import PREFIX, SAID_OF_EVENTS
from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.lifecycle.verdicts import case_of, verdicts
from beancount_voucher.views import exceptions
from beancount_voucher.views.register import terms

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.vouchers import Voucher, VoucherEvent, VoucherStatus
    from fava_voucher.ledger_reports import LedgerReports


class BookPostings(NamedTuple):
    """One party's side of an event.

    Attributes:
        sides: policyholder, issuer, acceptor, insurer; one bank may be two of them.
        party: whose book it is.
        kept: whether this ledger keeps it.
        lines: account and amount, as posted.
        entry: the hash of the transaction, for Fava's popup; None where nothing was posted.
    """

    sides: tuple[str, ...]
    party: str
    kept: bool
    lines: tuple[tuple[str, Money], ...]
    entry: str | None


class TimelineRow(NamedTuple):
    """Something that happened, or was refused.

    Attributes:
        date: when.
        kind: the event, or the directive's name for one that was refused.
        state: the state that it led to; None for one that was refused.
        details: what it says.
        books: what it moved in each book that it touched.
        error: why it was refused; errors may also come with an event that counts.
        place: its line.
        entry: the hash of its directive, for Fava's popup.
        derived: whether no directive states it.
    """

    date: dt.date | None
    kind: str
    state: str | None
    details: tuple[tuple[str, str], ...]
    books: tuple[BookPostings, ...]
    error: str | None
    place: SourceLine
    entry: str | None
    derived: bool = False


class JudgedCondition(NamedTuple):
    """A settlement condition as judged, with what speaks for it: labels and entries' hashes."""

    key: str
    value: str
    outcome: str
    reason: str
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class VoucherView:
    """One voucher on a date.

    Attributes:
        voucher: its life as the ledger has it to its end.
        status: how it stands on the date.
        terms: key and value, in the order in which a person reads them.
        timeline: what happened up to the date.
        conditions: judged on ``judged``: the date, or the day on which it was closed.
    """

    voucher: Voucher
    status: VoucherStatus
    terms: tuple[tuple[str, str], ...]
    timeline: tuple[TimelineRow, ...]
    judged: dt.date
    conditions: tuple[JudgedCondition, ...]


def voucher_view(model: LedgerReports, voucher: Voucher, as_of: dt.date) -> VoucherView:
    """A voucher as known on a date."""
    status = voucher.as_of(as_of)
    judged = status.closed or as_of
    return VoucherView(
        voucher=voucher,
        status=status,
        terms=tuple(terms(model.ledger.evaluation, voucher, status)),
        timeline=tuple(_timeline(model, voucher, as_of)),
        judged=judged,
        conditions=tuple(_conditions(model, voucher, status, judged)),
    )


# --- The timeline -----------------------------------------------------------------------


def _timeline(model: LedgerReports, voucher: Voucher, as_of: dt.date) -> Iterator[TimelineRow]:
    entries = model.by_voucher.get(voucher.id, [])
    moments = [*_happened(model, voucher, entries, as_of), *refused(model, voucher.id, as_of)]
    yield from sorted(moments, key=lambda moment: str(moment.date or ""))


def _happened(
    model: LedgerReports, voucher: Voucher, entries: Iterable[Entry], as_of: dt.date
) -> Iterator[TimelineRow]:
    posted: dict[tuple[dt.date, str], list[Transaction]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry, Transaction):
            posted[entry.date, entry.meta["voucher-event"]].append(entry)
    for event in voucher.until(as_of):
        written = event.fact.entry
        derived = written is None or written.type != f"voucher-{event.kind}"
        yield TimelineRow(
            date=event.date,
            kind=event.kind,
            state=str(event.state),
            details=() if derived else tuple(_details(event, voucher.amount.currency)),
            books=tuple(_books(model, voucher, posted[event.date, event.kind])),
            error=None,
            place=event.place,
            entry=None if written is None else hash_entry(written),  # type: ignore[arg-type]
            derived=derived,
        )


def _details(event: VoucherEvent, currency: str) -> Iterator[tuple[str, str]]:
    if event.kind in ("request", "issue", "apply", "settle"):
        yield "amount", Money(event.amount, currency).grouped
    if event.released:
        yield "released", Money(event.released, currency).grouped
    for key in SAID_OF_EVENTS:
        if key in event.fact.terms:
            yield key, str(event.fact.terms[key])
    entry = event.fact.entry
    for key, value in {} if entry is None else entry.meta.items():
        if key.startswith(("note", "document")) and key not in SAID_OF_EVENTS:
            yield key, str(value)


def _books(
    model: LedgerReports, voucher: Voucher, posted: Iterable[Transaction]
) -> Iterator[BookPostings]:
    """The books that an event touched, and in their place those that are not kept."""
    terms = voucher.terms
    by_book: dict[str, Transaction] = {entry.meta["voucher-book"]: entry for entry in posted}
    if terms is None or not by_book:
        return
    sides: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for side in BOOKS:
        sides[getattr(terms, side)] += (side,)
    for party, named in sides.items():
        entry = by_book.get(party)
        kept = model.keeper.keeps(party)
        if entry is None:
            yield BookPostings(named, party, kept, (), None)
        else:
            lines = tuple((posting.account, _money(posting.units)) for posting in entry.postings)
            yield BookPostings(named, party, kept, lines, hash_entry(entry))  # type: ignore[arg-type]


def _money(units: Any) -> Money:  # noqa: ANN401
    """The units of a generated posting, which always has some."""
    return Money(units.number, units.currency)


def refused(model: LedgerReports, voucher: str, as_of: dt.date) -> Iterator[TimelineRow]:
    """The directives about a voucher that have an error, up to a date."""
    for error in exceptions.errors(model.ledger):
        if error.voucher == voucher and (error.since is None or error.since <= as_of):
            written = next(
                (
                    entry
                    for entry in model.by_voucher.get(voucher, [])
                    if isinstance(entry, Custom)
                    and source_line(entry.meta) == error.place
                    and voucher_named(entry) == voucher
                ),
                None,
            )
            yield TimelineRow(
                date=error.since,
                kind="" if written is None else written.type.removeprefix(PREFIX),
                state=None,
                details=(),
                books=(),
                error=error.text,
                place=error.place,
                entry=None if written is None else hash_entry(written),  # type: ignore[arg-type]
            )


# --- Conditions -------------------------------------------------------------------------


def _conditions(
    model: LedgerReports, voucher: Voucher, status: VoucherStatus, date: dt.date
) -> Iterator[JudgedCondition]:
    terms = voucher.terms
    if terms is None or status.issued is None:
        return
    ledger_state = model.ledger.evaluation.ledger_state
    case = case_of(ledger_state, terms, status, date)
    for key, verdict in verdicts(ledger_state, terms, status, date).items():
        value = terms.conditions[key]
        evidence = ledger_state.conditions[key].evidence(value, case)
        yield JudgedCondition(
            key=key,
            value="TRUE" if value is True else str(value),
            outcome=verdict.outcome,
            reason=verdict.reason,
            evidence=tuple((_label(entry), hash_entry(entry)) for entry in evidence),  # type: ignore[arg-type]
        )


def _label(entry: Entry) -> str:
    """What a link to a directive says: of events, what they say; of others, what they are."""
    if isinstance(entry, Event):
        return f"{entry.date} {entry.type}: {entry.description}"
    kind = entry.type.removeprefix(PREFIX) if isinstance(entry, Custom) else type(entry).__name__
    return f"{entry.date} {kind}"
