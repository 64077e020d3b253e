"""What a ledger has on record, so that two revisions can be compared by fact.

A record is what a directive says: its kind, date, values and metadata, without file and
line. So a directive that moved, or was written differently, is the same record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Custom, Event

from beancount_voucher.directives.money import Money, is_amount
from beancount_voucher.directives.schema import DIRECTIVES, PREFIX
from beancount_voucher.directives.source_lines import source_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Meta

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.loader import Ledger

SETTING_KINDS = ("party", "option")
"""Kinds that are no history: what they change is told by the postings that they change."""

_SET_ELSEWHERE = ("filename", "lineno", "voucher")


@dataclass(frozen=True, slots=True)
class RecordedDirective:
    """One directive that counts, or a Beancount ``event`` that a condition names.

    Attributes:
        kind: the directive's name without ``voucher-``; ``event`` for Beancount's.
        date: its date.
        ids: its leading values, the voucher's id first where it is about one.
        amount: its amount, if it has one.
        metadata: all of it, notes among them.
        place: where it stands; no part of what it says.
    """

    kind: str
    date: dt.date
    ids: tuple[str, ...]
    amount: Money | None
    metadata: Mapping[str, Any]
    place: SourceLine = field(compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        """What it says, to be compared and hashed."""
        return self.kind, self.date, self.ids, self.amount, frozenset(typed(self.metadata))

    @property
    def subject(self) -> tuple[str, ...]:
        """The kind and what it is about: two records of one subject may be one, edited."""
        directive = DIRECTIVES.get(self.kind)
        if directive is None:
            return self.kind, *self.ids[:1]
        keys = (str(self.metadata.get(key, "")) for key in directive.subject_keys)
        return self.kind, *self.ids[: directive.subject_size], *keys

    @property
    def voucher(self) -> str | None:
        """The voucher that it is an event of."""
        directive = DIRECTIVES.get(self.kind)
        at = None if directive is None else directive.voucher_at
        return None if at is None else self.ids[at]

    @property
    def title(self) -> str:
        """What it is, in a few words: ``settle of 2026-03-06``."""
        more = "".join(f" {each}" for each in self.ids[1:])
        return f"{self.kind}{more} of {self.date}"

    @property
    def event(self) -> str:
        """What happened, without the day: ``consent 1 by Ann``."""
        words = [self.kind, *self.ids[1:]]
        if self.kind in ("consent", "decline"):
            words += ["by", str(self.metadata["by"])]
        return " ".join(words)


class RefusedDirective(NamedTuple):
    """A directive that stands in the ledger and does not count, and why not."""

    record: RecordedDirective
    code: str
    message: str


def typed(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Metadata with the types of its values: TRUE and 1 are equal in Python, and not the same."""
    return ((key, type(value).__name__, value) for key, value in metadata.items())


def of(ledger: Ledger, events: Iterable[str]) -> list[RecordedDirective]:
    """Every record of a ledger that counts, in the order in which facts count.

    Args:
        ledger: the ledger.
        events: the names of Beancount's events that are on record, too.

    A directive that breaks a rule counts for nothing, so it is no record: to mend it is no
    change of history.
    """
    broken = {id(problem.entry) for problem in ledger.evaluation.problems}
    records = [of_fact(each) for each in ledger.reading.facts if id(each.entry) not in broken]
    names = frozenset(events)
    for entry in ledger.entries:
        if isinstance(entry, Event) and entry.type in names:
            ids = (entry.type, entry.description)
            records.append(
                RecordedDirective(
                    "event", entry.date, ids, None, _metadata(entry.meta), source_line(entry.meta)
                )
            )
    return records


def of_fact(fact: Fact) -> RecordedDirective:
    """What a fact says, its notes among it."""
    metadata = fact.terms if fact.entry is None else _metadata(fact.entry.meta)
    return RecordedDirective(fact.kind, fact.date, fact.ids, fact.amount, metadata, fact.place)


def _metadata(meta: Meta) -> dict[str, Any]:
    return {
        key: value
        for key, value in meta.items()
        if key not in _SET_ELSEWHERE and not key.startswith("__")
    }


def refused(ledger: Ledger) -> list[RefusedDirective]:
    """Every voucher directive of a ledger that does not count."""
    known = {id(each.entry): of_fact(each) for each in ledger.reading.facts}
    return [
        RefusedDirective(
            known.get(id(each.entry)) or of_custom(each.entry), each.code, each.message
        )
        for each in ledger.evaluation.problems
        if isinstance(each.entry, Custom)
    ]


def of_custom(entry: Custom) -> RecordedDirective:
    """What a voucher directive says, whether it can be understood or not."""
    values = [each.value for each in entry.values or ()]
    ids = tuple(each for each in values if isinstance(each, str))
    amount = next(
        (Money(each.number, each.currency) for each in values if is_amount(each) and each.number),
        None,
    )
    kind = entry.type.removeprefix(PREFIX)
    return RecordedDirective(
        kind, entry.date, ids, amount, _metadata(entry.meta), source_line(entry.meta)
    )


class Recorded(NamedTuple):
    """What a revision has on record: what counts, and what does not."""

    counted: list[RecordedDirective]
    refused: list[RefusedDirective]
