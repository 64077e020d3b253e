"""Options of a ledger: what each is, whatever the date of its directive (manual: directives)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from beancount_voucher.directives.schema import OPTIONS
from beancount_voucher.lifecycle.groups import agree, duplicates

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact


def options_of(facts: Iterable[Fact]) -> tuple[dict[str, str], list[Problem]]:
    """Every option, as set or by default, and what is wrong with those that are set.

    They hold for the whole ledger: each name is one group.

    Args:
        facts: the options of a ledger.
    """
    options = {name: values[0] for name, values in OPTIONS.items()}
    chosen: dict[str, Fact] = {}
    problems: list[Problem] = []
    for _, group in groupby(sorted(facts, key=_order), key=lambda fact: fact.subject):
        alike = list(group)
        same = agree(alike)
        problems.extend(problem for _, problem in duplicates(alike, same=same))
        if same:
            options[alike[0].ids[0]] = alike[0].ids[1]
            chosen[alike[0].ids[0]] = alike[0]
    problems += _contradictions(options, chosen.get("postings"))
    return options, problems


def _contradictions(options: dict[str, str], postings: Fact | None) -> Iterator[Problem]:
    """What posts to accounts of its own voucher by voucher cannot be posted in sums."""
    if (options["postings"], options["hold-accounts"]) != ("daily", "per-voucher"):
        return
    assert postings is not None
    options["postings"] = "each"
    yield postings.problem(
        "bad-value",
        'postings are "daily", and every voucher has hold accounts of its own',
        '"each", or hold-accounts "pooled"',
    )


def _order(fact: Fact) -> tuple[tuple[str, ...], dt.date, str, int]:
    return fact.subject, fact.date, fact.place.filename, fact.place.lineno
