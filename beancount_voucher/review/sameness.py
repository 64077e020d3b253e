"""What two revisions of a ledger say alike, wherever it stands.

Stricter than equality: TRUE is not 1, and 1.0 is not 1.00, since decimals are shown. What it does
not call the same may be the same for all that; who needs to know looks closer.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Meta

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.vouchers import Voucher

_PLACES = frozenset({"filename", "lineno"})
_PLAIN = frozenset({str, int, dt.date, bool})
"""Of these types values that are equal are the same."""


def alike(one: object, other: object) -> bool:
    """Whether two entries, or parts of them, say the same."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return _metadata_alike(one, other)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(alike, one, other))
    return str(one) == str(other) if isinstance(one, Decimal) else one == other


def all_alike(some: Sequence[Entry], others: Sequence[Entry]) -> bool:
    """Whether entries say the same in the same order."""
    return len(some) == len(others) and all(map(alike, some, others))


def _metadata_alike(one: Meta, other: Meta) -> bool:
    types = [*map(type, one.values())]
    if one == other and _PLAIN.issuperset(types) and types == [*map(type, other.values())]:
        return True  # most of all, and quickly
    return one.keys() == other.keys() and all(
        key in _PLACES or alike(value, other[key]) for key, value in one.items()
    )


class Differing(NamedTuple):
    """The facts of either side that the other does not have as they are, in their order."""

    before: list[Fact]
    after: list[Fact]


def differing(before: Sequence[Fact], after: Sequence[Fact]) -> Differing:
    """What of two sides' facts is not there on the other."""
    known: dict[tuple[object, ...], list[Fact]] = {}
    for fact in before:
        known.setdefault(fact[:3], []).append(fact)
    new = [fact for fact in after if not _taken(known.get(fact[:3], []), fact)]
    left = {id(fact) for facts in known.values() for fact in facts}
    return Differing([fact for fact in before if id(fact) in left], new)


def _taken(known: list[Fact], fact: Fact) -> bool:
    """Whether one of those says the same; then it is not there for another."""
    for at, each in enumerate(known):
        if _facts_alike(each, fact):
            del known[at]
            return True
    return False


def _facts_alike(one: Fact, other: Fact) -> bool:
    assert one.entry is not None
    assert other.entry is not None
    return one.entry is other.entry or (
        alike(one.amount, other.amount) and _metadata_alike(one.entry.meta, other.entry.meta)
    )


def vouchers_that_differ(
    before: dict[str, Voucher], after: dict[str, Voucher], facts: Differing
) -> Iterator[str]:
    """The vouchers to which not the same happens on both sides, or not by the same facts.

    Args:
        before: the vouchers by id.
        after: likewise.
        facts: those that differ.
    """
    said = {fact.voucher for each in facts for fact in each}
    for id_ in sorted(before.keys() | after.keys()):
        one, other = before.get(id_), after.get(id_)
        if id_ in said or one is None or other is None or not _lives_alike(one, other):
            yield id_


def _lives_alike(one: Voucher, other: Voucher) -> bool:
    events, others = one.events, other.events
    return len(events) == len(others) and all(map(_happens_alike, events, others))


def _happens_alike(one: Iterable[object], other: Iterable[object]) -> bool:
    """Whether two events are one: kind, day, state and amounts; their facts are compared apart."""
    kind, date, _, *rest = one
    other_kind, other_date, _, *other_rest = other
    return (kind, date) == (other_kind, other_date) and rest == other_rest
