"""Lines to movements, one rule after the other, and what is left, with its reason.

First payments that the bank has taken back, which pay nothing; then by reference; then batches;
then amount and date, where nothing else fits either of the two, again and again until nothing
more is found. Nothing is guessed: where two would fit, both are told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from beancount_voucher.reconciliation.items import AccountLine, Match, Movement
from beancount_voucher.reconciliation.references import References, names_another
from beancount_voucher.reconciliation.unique_pairs import DOUBT, business_day, unique_pairs

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from beancount.core.data import Account

_Side = TypeVar("_Side", AccountLine, Movement)

_ByReference = dict[tuple["Account", str], list[Movement]]

Period = tuple["dt.date", "dt.date"]
"""The first and the last day that statements of an account cover."""


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """How strictly is matched.

    Attributes:
        window: business days that may lie between the ledger's date and the bank's.
        tolerance: by how much an amount may differ where the reference agrees.
        on_credit: vouchers that are paid from a credit line.
        proven: movements that other statements have proven.
    """

    window: int = 3
    tolerance: Decimal = Decimal(0)
    on_credit: frozenset[str] = frozenset()
    proven: frozenset[Movement] = frozenset()


@dataclass(slots=True)
class Matching:
    """What is matched so far, and what is not.

    Attributes:
        lines: what no rule has taken yet, in order.
        movements: likewise.
        named: what each line names.
        taken: matched movements by account and reference, to tell a duplicate.
        late: pairs that agree in all but the date.
        undone: movements that the bank has paid and taken back, each with these pairs of lines.
    """

    terms: MatchOptions
    naming: References
    periods: Mapping[tuple[Account, str], Period]
    lines: dict[AccountLine, None]
    movements: dict[Movement, None]
    named: dict[AccountLine, frozenset[str]]
    matches: list[Match] = field(default_factory=list)
    taken: dict[tuple[Account, str], list[Movement]] = field(
        default_factory=lambda: defaultdict(list)
    )
    late: list[tuple[AccountLine, Movement]] = field(default_factory=list)
    undone: dict[Movement, list[tuple[AccountLine, AccountLine]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, rule: str, lines: Iterable[AccountLine], movements: Iterable[Movement]) -> None:
        """Match lines and movements."""
        match = Match(rule, next(iter(lines)).account, tuple(lines), tuple(movements))
        self.matches.append(match)
        for line in match.lines:
            del self.lines[line]
        for movement in match.movements:
            del self.movements[movement]
            for reference in movement.references:
                self.taken[movement.account, reference].append(movement)

    def one_name(self, line: AccountLine) -> str | None:
        """The one reference that a line names."""
        named = self.named[line]
        return next(iter(named)) if len(named) == 1 else None

    def agrees(self, line: AccountLine, movement: Movement) -> bool:
        """Whether account, currency and amount agree."""
        return (
            line.account == movement.account
            and line.currency == movement.currency
            and abs(line.amount - movement.amount) <= self.terms.tolerance
        )

    def in_window(self, line: AccountLine, movement: Movement) -> bool:
        """Whether the dates agree."""
        apart = business_day(line.date) - business_day(movement.date)
        return abs(apart) <= self.terms.window


def match(
    lines: Sequence[AccountLine],
    movements: Sequence[Movement],
    known: Iterable[str],
    periods: Mapping[tuple[Account, str], Period],
    terms: MatchOptions,
) -> Matching:
    """Match lines and movements.

    Args:
        lines: what banks booked, on any accounts.
        movements: what the ledger says of these accounts, at any time.
        known: every reference that a line may name: all voucher ids, and those of movements.
        periods: what the statements cover, by account and currency.
        terms: how strictly.
    """
    naming = References(known)
    matching = Matching(
        terms=terms,
        naming=naming,
        periods=periods,
        lines=dict.fromkeys(sorted(lines, key=_line_order)),
        movements=dict.fromkeys(sorted(movements, key=_movement_order)),
        named={line: naming.named(line.line) for line in lines},
    )
    for movement in [each for each in matching.movements if each in terms.proven]:
        del matching.movements[movement]
        for reference in movement.references:
            matching.taken[movement.account, reference].append(movement)
    by_reference = _movements_by_reference(matching)
    _undone(matching, by_reference)
    _by_reference(matching, by_reference)
    _contra(matching)
    _by_names(matching)
    _by_batch(matching)
    _by_amount(matching)
    return matching


def _line_order(line: AccountLine) -> tuple[object, ...]:
    return (line.account, line.date, line.statement.id, line.line.position, line.amount)


def _movement_order(movement: Movement) -> tuple[object, ...]:
    place = movement.place
    return (movement.account, movement.date, place.filename, place.lineno, movement.text)


# --- By reference -----------------------------------------------------------------------


def _by_reference(matching: Matching, by_name: _ByReference) -> None:
    groups: dict[tuple[Account, str], list[AccountLine]] = defaultdict(list)
    for line in matching.lines:
        name = matching.one_name(line)
        if name is not None and (line.account, name) in by_name:
            groups[line.account, name].append(line)
    for key, lines in groups.items():
        _one_reference(matching, lines, by_name[key])


def _movements_by_reference(matching: Matching) -> _ByReference:
    """The movements of each account and reference that are not matched."""
    by_name: dict[tuple[Account, str], list[Movement]] = defaultdict(list)
    for movement in matching.movements:
        for reference in movement.references:
            by_name[movement.account, reference].append(movement)
    return by_name


def _one_reference(matching: Matching, lines: list[AccountLine], movements: list[Movement]) -> None:
    """Lines and movements of one reference: the nearest in time of those that agree.

    Only where a reference stands for one movement of that amount: of two (a rent, every
    month) each must be the only one in the other's window.
    """
    for movement in movements:
        if movement not in matching.movements:
            continue  # it has another reference, by which it was found
        alike = [each for each in movements if _alike(each, movement)]
        agreeing = [
            line for line in lines if line in matching.lines and matching.agrees(line, movement)
        ]
        if len(alike) == 1 and agreeing:
            apart = {
                line: abs(business_day(line.date) - business_day(movement.date))
                for line in agreeing
            }
            line = min(agreeing, key=lambda each: apart[each])
            if matching.in_window(line, movement):
                matching.take("reference", [line], [movement])
            else:
                matching.late.append((line, movement))
                del matching.lines[line], matching.movements[movement]
        elif len(alike) > 1 and movement is alike[0]:
            for line, other in unique_pairs(agreeing, alike, matching.terms.window):
                matching.take("reference", [line], [other])


def _alike(one: Movement, other: Movement) -> bool:
    return (one.amount, one.currency) == (other.amount, other.currency)


# --- Lines that cancel out --------------------------------------------------------------


def _undone(matching: Matching, by_reference: _ByReference) -> None:
    """Payments that the bank has taken back, each with its reversal: they pay nothing.

    A reversal takes back the latest payment before it, on its day at the latest. One that
    the ledger has, too, is a movement like any other.
    """
    for (account, _, name), group in _lines_by_name(matching).items():
        movements = by_reference.get((account, name), ())
        paid: dict[Decimal, list[AccountLine]] = defaultdict(list)
        for line in sorted(group, key=lambda each: (each.date, each.line.takes_back)):
            before = paid[-line.amount] if line.line.takes_back else []
            if before and not any(matching.agrees(line, each) for each in movements):
                pair = before.pop(), line
                matching.take("contra", pair, [])
                for movement in _paid_by(matching, pair[0], movements):
                    matching.undone[movement].append(pair)
            else:
                paid[line.amount].append(line)


def _paid_by(
    matching: Matching, line: AccountLine, movements: Iterable[Movement]
) -> Iterable[Movement]:
    """The movements of its reference that a line may pay: the only one, or those near it."""
    agreeing = [each for each in movements if matching.agrees(line, each)]
    if len(agreeing) == 1:
        return agreeing
    return [each for each in agreeing if matching.in_window(line, each)]


def _lines_by_name(matching: Matching) -> dict[tuple[Account, str, str], list[AccountLine]]:
    """The lines of each account, currency and reference that are not matched."""
    groups: dict[tuple[Account, str, str], list[AccountLine]] = defaultdict(list)
    for line in matching.lines:
        name = matching.one_name(line)
        if name is not None:
            groups[line.account, line.currency, name].append(line)
    return groups


def _contra(matching: Matching) -> None:
    """Other lines of one reference that cancel out: a reversal, or credit drawn and paid on.

    The bank may show a loan's draw and the payment from it; the ledger books the premium
    straight against the loan (manual: books).
    """
    for (_, _, name), group in _lines_by_name(matching).items():
        for one, other in combinations(group, 2):
            left = one in matching.lines and other in matching.lines
            if left and _cancels(matching, name, one, other):
                matching.take("contra", [one, other], [])


def _cancels(matching: Matching, name: str, one: AccountLine, other: AccountLine) -> bool:
    reversed_ = one.line.takes_back or other.line.takes_back
    return one.amount == -other.amount and (reversed_ or name in matching.terms.on_credit)


# --- Batches ----------------------------------------------------------------------------


def _by_names(matching: Matching) -> None:
    """One line that names several vouchers, and is their sum."""
    for line in list(matching.lines):
        names = matching.named[line]
        if len(names) > 1:
            movements = [
                movement
                for movement in matching.movements
                if movement.account == line.account
                and movement.currency == line.currency
                and movement.references & names
                and matching.in_window(line, movement)
            ]
            found = [name for movement in movements for name in movement.references & names]
            if sorted(found) == sorted(names) and _total(movements) == line.amount:
                matching.take("batch", [line], movements)


def _by_batch(matching: Matching) -> None:
    """Lines and movements that share a batch reference, and come to the same sum."""
    lines = _grouped(
        matching.lines, lambda line: (line.line.batch, line.line.end_to_end, *line.line.references)
    )
    movements = _grouped(matching.movements, lambda each: (each.batch, *sorted(each.references)))
    for key, booked in lines.items():
        booked = [line for line in booked if line in matching.lines]  # noqa: PLW2901
        moved = [each for each in movements.get(key, ()) if each in matching.movements]
        if booked and moved and _total(booked) == _total(moved):
            near = all(matching.in_window(line, each) for line in booked for each in moved)
            if near:
                matching.take("batch", booked, moved)


def _grouped(
    each: Iterable[_Side], names: Callable[[_Side], Iterable[str | None]]
) -> dict[Hashable, list[_Side]]:
    groups: dict[Hashable, list[_Side]] = defaultdict(list)
    for one in each:
        for name in dict.fromkeys(names(one)):
            if name:
                groups[one.account, one.currency, name].append(one)
    return groups


def _total(each: Iterable[AccountLine] | Iterable[Movement]) -> Decimal:
    return sum((one.amount for one in each), Decimal(0))


# --- By amount and date -----------------------------------------------------------------


def _by_amount(matching: Matching) -> None:
    claimed = {(line.account, name) for line in matching.lines for name in matching.named[line]}
    lines: dict[tuple[Account, str, Decimal], list[AccountLine]] = defaultdict(list)
    for line in matching.lines:
        if not matching.named[line]:
            lines[line.account, line.currency, line.amount].append(line)
    movements: dict[tuple[Account, str, Decimal], list[Movement]] = defaultdict(list)
    for movement in matching.movements:
        if is_candidate(matching, movement) and not any(
            (movement.account, name) in claimed for name in movement.references
        ):
            movements[movement.account, movement.currency, movement.amount].append(movement)
    for key, booked in lines.items():
        found = unique_pairs(booked, movements[key], matching.terms.window, may_match)
        for line, movement in found:
            matching.take("amount", [line], [movement])


def is_candidate(matching: Matching, movement: Movement) -> bool:
    """Whether a line of its account's statements may be this movement, even late."""
    period = matching.periods.get((movement.account, movement.currency))
    if period is None:
        return False
    start, end = map(business_day, period)
    window = matching.terms.window
    return start - DOUBT <= business_day(movement.date) <= end + window


def may_match(line: AccountLine, movement: Movement) -> bool:
    """Whether a line's references leave it open that it is this movement."""
    return movement.voucher is None or not names_another(line.line)
