"""What a ledger has on record, so that two revisions can be compared by fact.

A record is what a directive says: its kind, date, values and metadata, without file and
line. So a directive that moved, or was written differently, is the same record.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Event

from beancount_voucher.directives.schema import DIRECTIVES
from beancount_voucher.directives.source_lines import source_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Meta

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.money import Money
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
        said: all its metadata, notes among them.
        place: where it stands; no part of what it says.
    """

    kind: str
    date: dt.date
    ids: tuple[str, ...]
    amount: Money | None
    said: Mapping[str, Any]
    place: SourceLine = field(compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        """What it says, to be compared and hashed."""
        return self.kind, self.date, self.ids, self.amount, frozenset(_typed(self.said))

    @property
    def subject(self) -> tuple[str, ...]:
        """The kind and what it is about: two records of one subject may be one, edited."""
        directive = DIRECTIVES.get(self.kind)
        return self.kind, *self.ids[: directive.subject_size if directive else 1]

    @property
    def voucher(self) -> str | None:
        """The voucher that it is an event of."""
        directive = DIRECTIVES.get(self.kind)
        return self.ids[0] if directive is not None and directive.concerns_voucher else None

    @property
    def title(self) -> str:
        """What it is, in a few words: ``settle of 2026-03-06``."""
        more = "".join(f" {each}" for each in self.ids[1:])
        return f"{self.kind}{more} of {self.date}"


class Difference(NamedTuple):
    """One thing that is said differently; None for what is not said."""

    name: str
    before: Any
    after: Any


class Edit(NamedTuple):
    """A record that is gone, or says something else."""

    before: RecordedDirective
    after: RecordedDirective | None

    @property
    def differences(self) -> list[Difference]:
        """What it says differently; nothing for one that is gone."""
        return [] if self.after is None else list(_differences(_flat(self.before), self.after))


class Changes(NamedTuple):
    """What two revisions have on record differently."""

    added: list[RecordedDirective]
    edited: list[Edit]


def _typed(said: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """TRUE and 1 are equal in Python, and not the same in a ledger."""
    return ((key, type(value).__name__, value) for key, value in said.items())


def _flat(record: RecordedDirective) -> dict[str, Any]:
    own = {"date": record.date, "amount": record.amount, "value": record.ids[1:] or None}
    return {**own, **record.said}


def _differences(before: dict[str, Any], after: RecordedDirective) -> Iterator[Difference]:
    now = _flat(after)
    for key in before | now:
        if list(_typed({key: before.get(key)})) != list(_typed({key: now.get(key)})):
            yield Difference(key, before.get(key), now.get(key))


def of(ledger: Ledger, events: Iterable[str]) -> list[RecordedDirective]:
    """Every record of a ledger that counts, in the order in which facts count.

    Args:
        ledger: the ledger.
        events: the names of Beancount's events that are on record, too.

    A directive that breaks a rule counts for nothing, so it is no record: to mend it is no
    change of history.
    """
    broken = {id(problem.entry) for problem in ledger.evaluation.problems}
    records = [_of_fact(each) for each in ledger.reading.facts if id(each.entry) not in broken]
    names = frozenset(events)
    for entry in ledger.entries:
        if isinstance(entry, Event) and entry.type in names:
            ids = (entry.type, entry.description)
            records.append(
                RecordedDirective(
                    "event", entry.date, ids, None, _said(entry.meta), source_line(entry.meta)
                )
            )
    return records


def _of_fact(fact: Fact) -> RecordedDirective:
    said = fact.terms if fact.entry is None else _said(fact.entry.meta)
    return RecordedDirective(fact.kind, fact.date, fact.ids, fact.amount, said, fact.place)


def _said(meta: Meta) -> dict[str, Any]:
    return {
        key: value
        for key, value in meta.items()
        if key not in _SET_ELSEWHERE and not key.startswith("__")
    }


def compare(before: Iterable[RecordedDirective], after: Iterable[RecordedDirective]) -> Changes:
    """What was added, and what is gone or edited: of one subject, in the order of dates."""
    gone, added = _surplus(before, after), _surplus(after, before)
    waiting: dict[tuple[str, ...], list[RecordedDirective]] = defaultdict(list)
    for record in added:
        waiting[record.subject].append(record)
    edited = []
    for record in gone:
        others = waiting[record.subject]
        edited.append(Edit(record, others.pop(0) if others else None))
    taken = {id(each.after) for each in edited}
    return Changes([record for record in added if id(record) not in taken], edited)


def _surplus(
    records: Iterable[RecordedDirective], others: Iterable[RecordedDirective]
) -> list[RecordedDirective]:
    """The records that the others do not have, however often each is said."""
    known = Counter(record.key for record in others)
    surplus = []
    for record in records:
        known[record.key] -= 1
        if known[record.key] < 0:
            surplus.append(record)
    return surplus
