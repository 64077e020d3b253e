"""Everything that happened to vouchers, with what each event says: ``#voucher_events`` in BQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.schema import EVENT_DETAILS
from beancount_voucher.lifecycle.events import DERIVED
from beancount_voucher.views.columns import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from beancount.core.data import Custom

    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.views.columns import Cell

_OPEN_KEYS = ("note", "document")
"""What begins so is for readers, and any directive may carry it."""


class EventRow(NamedTuple):
    """One event of one voucher, with what its directive says, key and text."""

    voucher: Voucher
    event: VoucherEvent
    texts: tuple[tuple[str, str], ...]


def details(event: VoucherEvent) -> tuple[tuple[str, str], ...]:
    """What the directive of an event says of who, why and by what evidence, key and text."""
    terms = event.fact.terms
    keys = [key for key in EVENT_DETAILS if key in terms]
    if event.kind == "apply":  # and what conditions of other packages ask for
        keys += sorted(terms.keys() - set(keys))
    return tuple((key, "TRUE" if terms[key] is True else str(terms[key])) for key in keys)


def notes(entry: Custom) -> Iterator[tuple[str, str]]:
    """The notes and further documents of a directive, key and text."""
    for key, value in entry.meta.items():
        if key.startswith(_OPEN_KEYS) and key not in EVENT_DETAILS:
            yield key, str(value)


def said(event: VoucherEvent) -> tuple[tuple[str, str], ...]:
    """Details and notes of an event.

    Nothing for an entry that no directive states: what stands at its line is another's.
    """
    if event.kind in DERIVED:
        return ()
    entry = event.fact.entry
    return (*details(event), *(() if entry is None else notes(entry)))


def told(texts: Collection[tuple[str, str]], key: str) -> str | None:
    """One key of what is said; of notes and documents all, each after the rest of its key."""
    if not texts:
        return None
    more = key in _OPEN_KEYS
    found = [
        text if name == key else f"{name}: {text}"
        for name, text in texts
        if name == key or (more and name.startswith(key))
    ]
    return "; ".join(found) or None


def _said(key: str) -> Callable[[EventRow], Cell]:
    return lambda row: told(row.texts, key)


EVENTS: tuple[Column[EventRow], ...] = (
    Column("date", "date", "date", lambda row: row.event.date),
    Column("voucher", "voucher", "voucher", lambda row: row.voucher.id),
    Column("event", "event", "word", lambda row: row.event.kind),
    Column("state", "state", "state", lambda row: str(row.event.state)),
    Column("amount", "amount", "money", lambda row: row.event.amount),
    Column("currency", "currency", "currency", lambda row: row.voucher.amount.currency),
    Column("done_by", "by", "text", _said("by")),
    Column("reason", "why", "word", lambda row: row.event.fact.terms.get("reason")),
    Column("file", "file", "text", lambda row: row.event.place.filename),
    Column("line", "line", "count", lambda row: row.event.place.lineno),
    Column("policy", "policy", "text", _said("policy")),
    Column("code", "code", "text", _said("code")),
    Column("document", "document", "text", _said("document")),
    Column("note", "note", "text", _said("note")),
)
"""The columns of ``#voucher_events``."""


def events(evaluation: Evaluation) -> Iterator[EventRow]:
    """Every event of every voucher."""
    for voucher in evaluation.vouchers.values():
        for event in voucher.events:
            yield EventRow(voucher, event, said(event))
