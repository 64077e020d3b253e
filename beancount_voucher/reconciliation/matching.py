"""What is matched so far, and how strictly: the state that the rules of ``match_rules`` change."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.lifecycle.business_days import WEEKDAYS, BusinessDays
from beancount_voucher.reconciliation.items import AccountLine, Match, Movement
from beancount_voucher.reconciliation.references import References, names_another
from beancount_voucher.reconciliation.unique_pairs import DOUBT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from beancount.core.data import Account

LinePair = tuple[AccountLine, AccountLine]
"""A payment, and the line that takes it back."""

Period = tuple["dt.date", "dt.date"]
"""The first and the last day that statements of an account cover."""


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """How strictly is matched.

    Attributes:
        window: business days that may lie between the ledger's date and the bank's.
        calendar: which days these are.
        tolerance: by how much an amount may differ where the reference agrees.
        on_credit: vouchers that are paid from a credit line.
        proven: movements that other statements have proven.
    """

    window: int = 3
    calendar: BusinessDays = WEEKDAYS
    tolerance: Decimal = Decimal(0)
    on_credit: frozenset[str] = frozenset()
    proven: frozenset[Movement] = frozenset()


class TakenBack(NamedTuple):
    """Payments that the bank has taken back, each with its reversal: the ``where`` of ``pairs``."""

    pairs: Sequence[LinePair]
    where: range


@dataclass(slots=True)
class Matching:
    """What is matched so far, and what is not.

    Attributes:
        references: what lines may name.
        given: every movement, in order.
        lines: what no rule has taken yet, in order.
        movements: likewise.
        named: what each line names.
        taken: matched movements by account and reference, to tell a duplicate.
        late: pairs that agree in all but the date.
        undone: movements that the bank has paid and taken back.
    """

    options: MatchOptions
    references: References
    given: tuple[Movement, ...]
    periods: Mapping[tuple[Account, str], Period]
    lines: dict[AccountLine, None]
    movements: dict[Movement, None]
    named: dict[AccountLine, frozenset[str]]
    matches: list[Match] = field(default_factory=list)
    taken: dict[tuple[Account, str], list[Movement]] = field(
        default_factory=lambda: defaultdict(list)
    )
    late: list[tuple[AccountLine, Movement]] = field(default_factory=list)
    undone: dict[Movement, list[TakenBack]] = field(default_factory=lambda: defaultdict(list))

    def take(self, rule: str, lines: Sequence[AccountLine], movements: Sequence[Movement]) -> None:
        """Match lines and movements."""
        self.matches.append(Match(rule, lines[0].account, tuple(lines), tuple(movements)))
        for line in lines:
            del self.lines[line]
        for movement in movements:
            del self.movements[movement]
            self.is_taken(movement)

    def is_taken(self, movement: Movement) -> None:
        """Let a further line of a movement's references be a duplicate."""
        for reference in movement.references:
            self.taken[movement.account, reference].append(movement)

    def one_name(self, line: AccountLine) -> str | None:
        """The one reference that a line names."""
        named = self.named[line]
        return next(iter(named)) if len(named) == 1 else None

    def agrees(self, line: AccountLine, movement: Movement) -> bool:
        """Whether account, currency and amount agree."""
        there = line.account == movement.account and line.currency == movement.currency
        return there and abs(line.amount - movement.amount) <= self.options.tolerance

    def in_window(self, line: AccountLine, movement: Movement) -> bool:
        """Whether the dates agree."""
        return self.days_apart(line, movement) <= self.options.window

    def day(self, date: dt.date) -> int:
        """The number of a date's business day."""
        return self.options.calendar.number(date)

    def days_apart(self, line: AccountLine, movement: Movement) -> int:
        """How many business days lie between the two."""
        return abs(self.day(line.date) - self.day(movement.date))


def movement_order(movement: Movement) -> tuple[object, ...]:
    """The order of movements: by day, and by where they stand."""
    place = movement.place
    return (movement.account, movement.date, place.filename, place.lineno, movement.text)


def is_candidate(matching: Matching, movement: Movement) -> bool:
    """Whether a line of its account's statements may be this movement, even late."""
    period = matching.periods.get((movement.account, movement.currency))
    if period is None:
        return False
    start, end = map(matching.day, period)
    window = matching.options.window
    return start - DOUBT <= matching.day(movement.date) <= end + window


def may_match(line: AccountLine, movement: Movement) -> bool:
    """Whether a line's references leave it open that it is this movement."""
    return movement.voucher is None or not names_another(line.line)
