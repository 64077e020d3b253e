"""What the ledger has already of what a message says, on whatever day (manual: exchange)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.facts import same_value
from beancount_voucher.exchange.sayings import author_side
from beancount_voucher.lifecycle.striking import is_ordered_by

if TYPE_CHECKING:
    from collections.abc import Collection

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.sayings import Parties
    from beancount_voucher.exchange.sending import Book, Identity
    from beancount_voucher.exchange.trial import Trial


def refused_already(book: Book, trial: Trial, refusal: Fact) -> Fact | None:
    """A refusal of the same fact that does what this one does.

    One of somebody whose refusal strikes nothing does not stand for that of the issuer.
    """
    voucher = book.voucher(refusal)
    terms = None if voucher is None else voucher.terms
    for each in trial.about(refusal):
        if each.kind == "refusal" and each.subject[:-1] == refusal.subject[:-1]:
            same = each.came_from == refusal.came_from
            if same or terms is None or is_ordered_by(each, terms):
                return each
    return None


def known_as(
    book: Book,
    trial: Trial,
    fact: Fact,
    parties: Parties | None,
    said_by: str,
    heard: Collection[Identity] = (),
) -> Fact | None:
    """The fact that says the same here, on whatever day, by the same author.

    One of another day that its author has said as well is a fact of its own: who may apply more
    than once has applied twice.

    Args:
        book: our ledger.
        trial: it, with what has held so far.
        fact: of a message.
        parties: who stands where; None of what is not known.
        said_by: who has signed the message.
        heard: what that party has said, by what it is known.
    """
    if fact.kind == "refusal":
        return refused_already(book, trial, fact)
    if parties is None:
        return None
    author = author_side(fact, parties, said_by)
    for each in trial.about(fact):
        alike = each.kind == fact.kind and each.ids == fact.ids and each.place not in book.broken
        if alike and says_the_same(each, fact):
            others = author_side(each, parties, each.came_from or book.we)
            is_itself = each.date == fact.date or book.identity(each) not in heard
            if others == author and is_itself:
                return each
    return None


_ASIDE = ("by", "document", "funding")


def says_the_same(one: Fact, other: Fact) -> bool:
    """Whether two facts agree in amount and terms, but for who did it, and documents."""
    if None not in (one.amount, other.amount) and one.amount != other.amount:
        return False
    first, second = (
        {key: value for key, value in each.terms.items() if key not in _ASIDE}
        for each in (one, other)
    )
    return first.keys() == second.keys() and all(
        same_value(value, second[key]) for key, value in first.items()
    )
