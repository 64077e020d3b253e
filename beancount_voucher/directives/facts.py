"""Facts: what one well-formed voucher directive says, and in which order facts count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import regex
from beancount.core import account

from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.schema import DIRECTIVES, RANK

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from beancount.core.data import Custom

    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.source_lines import SourceLine

VOUCHER_ID = re.compile(r"[A-Z0-9][A-Za-z0-9-]{0,34}")
_NUMBER = 9
"""Digits of an amendment's or a message's number: so padded, they stand in their own order."""
_PARTY_ID = regex.compile(account.ACC_COMP_NAME_RE)


class Fact(NamedTuple):
    """One well-formed voucher directive.

    Attributes:
        kind: the directive's name without ``voucher-``.
        date: its date.
        ids: its leading values: voucher id, or with an amendment's number; party ids; party and
            role; option and value.
        amount: its amount, if it has one.
        terms: the metadata that the directive knows, as written.
        place: where it stands.
        entry: the Beancount directive that it was read from; None for one not yet written.
        message: the message that brought it, as in ``FirstBank SecondBank 42``; None for what was
            recorded here.
    """

    kind: str
    date: dt.date
    ids: tuple[str, ...]
    amount: Money | None
    terms: Mapping[str, Any]
    place: SourceLine
    entry: Custom | None = None
    message: str | None = None

    @property
    def voucher(self) -> str | None:
        """The voucher that it is about, if it is about one."""
        at = DIRECTIVES[self.kind].voucher_at
        return None if at is None else self.ids[at]

    @property
    def came_from(self) -> str | None:
        """Who has sent the message that brought it."""
        return None if self.message is None else self.message.split(" ")[0]

    @property
    def came_to(self) -> str | None:
        """To whom that message was said: the party whose ledger it is."""
        return None if self.message is None else self.message.split(" ")[1]

    def is_judged_by(self, party: str) -> bool:
        """Whether a party judges it here: it was recorded here, or said to this party."""
        return self.message is None or self.came_to == party

    @property
    def subject(self) -> tuple[str, ...]:
        """What it is about: directives of one kind, day and subject must agree."""
        directive = DIRECTIVES[self.kind]
        values = self.ids[: directive.subject_size]
        at = directive.number_at
        if at is not None:
            values = (*values[:at], values[at].zfill(_NUMBER), *values[at + 1 :])
        if self.amount is not None and "currency" in directive.subject:
            values = (*values, self.amount.currency)
        if directive.subject_keys:
            values = (*values, *(_sortable(self.terms.get(key)) for key in directive.subject_keys))
        return (*values, self.came_from or "") if directive.of_each_sender else values

    def is_about_the_same(self, other: Fact) -> bool:
        """Whether both are of one kind, day and subject, so that they must agree."""
        return (
            self.ids[0] == other.ids[0]
            and self.kind == other.kind
            and self.date == other.date
            and self.subject == other.subject
        )

    def says_the_same(self, other: Fact) -> bool:
        """Whether two directives about one subject agree, notes aside."""
        return (self.ids, self.amount, self.terms.keys()) == (
            other.ids,
            other.amount,
            other.terms.keys(),
        ) and all(same_value(value, other.terms[key]) for key, value in self.terms.items())

    def problem(self, code: str, wrong: str, expected: str) -> Problem:
        """This fact breaks a rule."""
        return Problem(code, self.place, wrong, expected, self.entry)

    def repeats(self, first: Fact, what: str, expected: str = "one only") -> Problem:
        """This fact says a second time what may be said once."""
        where = first.place.seen_from(self.place)
        return self.problem("duplicate", f"a second {what}; the first stands at {where}", expected)


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts in the order in which they count, and what could not be read."""

    facts: list[Fact]
    problems: list[Problem]


def _sortable(value: object) -> str:
    """A metadata value as a text that stands where the value does; a missing one first."""
    return "" if value is None else f"{value:012f}" if isinstance(value, Decimal) else str(value)


def is_party_id(text: str) -> bool:
    """Whether a text can be a party's id: a component of a Beancount account."""
    return _PARTY_ID.fullmatch(text) is not None


def order(fact: Fact) -> tuple[dt.date, int, tuple[str, ...], SourceLine]:
    """The order of one day (manual: directives); file and line only tell duplicates apart."""
    return fact.date, RANK[fact.kind], fact.subject, fact.place


def same_value(one: object, other: object) -> bool:
    """Whether two metadata values are one.

    The type first: a condition of another package may take any, and Beancount's Amount cannot
    be compared with a text.
    """
    return type(one) is type(other) and one == other
