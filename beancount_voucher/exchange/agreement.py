"""Whether two ledgers say the same, fact by fact: what both banks have recorded, side by side.

For whoever has both ledgers: a demonstration, a court, an auditor of both. Banks themselves
compare signed positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.exchange.known import says_the_same
from beancount_voucher.exchange.sayings import SAID
from beancount_voucher.exchange.sending import that_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.sending import Book, Identity


class Agreement(NamedTuple):
    """What two ledgers have in common.

    Attributes:
        same: the facts that both have, as the first has them.
        first: those that only the first has, or has otherwise.
        second: those that only the second has, or has otherwise.
    """

    same: list[Fact]
    first: list[Fact]
    second: list[Fact]


def agreement(first: Book, second: Book) -> Agreement:
    """The facts that concern both parties, and count in either ledger.

    Known by kind, voucher, number, author and date; the same are those that say the same terms.
    """
    one, other = dict(_between(first, second.we)), dict(_between(second, first.we))
    same = {key: fact for key, fact in one.items() if key in other and _agree(fact, other[key])}
    return Agreement(
        list(same.values()),
        [fact for key, fact in one.items() if key not in same],
        [fact for key, fact in other.items() if key not in same],
    )


def _agree(one: Fact, other: Fact) -> bool:
    """How it is funded is told to the policyholder alone, so that only one of both knows."""
    return says_the_same(*(each._replace(terms=_without_funding(each)) for each in (one, other)))


def _without_funding(fact: Fact) -> dict[str, Any]:
    return {key: value for key, value in fact.terms.items() if key != "funding"}


def _between(book: Book, other: str) -> Iterator[tuple[Identity, Fact]]:
    for fact in that_count(book):
        parties = book.parties(fact) if fact.kind in SAID else None
        if parties is not None and {book.we, other} <= {*parties}:
            yield book.identity(fact), fact
