"""Facts about one thing on one day: which of them counts (manual: directives).

If they say the same the first counts, and else none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact


def groups(facts: Iterable[Fact]) -> Iterator[tuple[Fact, list[Fact]]]:
    """Facts in their order, each with the others of its kind, day and subject.

    Options are not among them: they are taken before.
    """
    first: Fact | None = None
    rest: list[Fact] = []
    for fact in facts:
        if fact.kind == "option":
            continue
        if first is not None:
            if fact.ids[0] == first.ids[0] and fact.is_about_the_same(first):
                rest.append(fact)
                continue
            yield first, rest
            if rest:
                rest = []
        first = fact
    if first is not None:
        yield first, rest


def agree(group: list[Fact]) -> bool:
    """Whether all say the same, so that the first counts."""
    return all(fact.says_the_same(group[0]) for fact in group)


def duplicates(group: list[Fact], *, same: bool) -> Iterator[tuple[Fact, Problem]]:
    """The facts of a group that do not count, where all mean the same or not."""
    for fact in group[1:] if same else group:
        other = group[0] if fact is not group[0] else group[1]
        where = other.place.seen_from(fact.place)
        wrong = "the same is said" if same else "something else is said"
        yield (
            fact,
            fact.problem(
                "duplicate", f"{fact.ids[0]}: {wrong} on {other.date} ({where})", "one only"
            ),
        )
