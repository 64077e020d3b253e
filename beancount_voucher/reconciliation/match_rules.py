"""Lines to movements, one rule after the other, and what is left, with its reason.

First payments that the bank has taken back, which pay nothing; then by reference; then batches;
then amount and date, where nothing else fits either of the two. Nothing is guessed: where two
would fit, both are told.

Each rule looks at what shares a reference, a batch or an amount, and takes time in proportion
to it, however much that is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from beancount_voucher.reconciliation.indexes import ByAmount, ByDay
from beancount_voucher.reconciliation.items import AccountLine, Movement
from beancount_voucher.reconciliation.matching import (
    LinePair,
    Matching,
    MatchOptions,
    TakenBack,
    is_candidate,
    movement_order,
)
from beancount_voucher.reconciliation.references import References, names_another
from beancount_voucher.reconciliation.unique_pairs import DOUBT, unique_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from beancount.core.data import Account

    from beancount_voucher.reconciliation.matching import Period

_Side = TypeVar("_Side", AccountLine, Movement)

_Name = tuple["Account", str, str]
"""Account, currency, reference."""


def match(
    lines: Sequence[AccountLine],
    movements: Sequence[Movement],
    known: Iterable[str],
    periods: Mapping[tuple[Account, str], Period],
    options: MatchOptions,
) -> Matching:
    """Match lines and movements.

    Args:
        lines: what banks booked, on any accounts.
        movements: what the ledger says of these accounts, at any time.
        known: every reference that a line may name: all voucher ids, and those of movements.
        periods: what the statements cover, by account and currency.
        options: how strictly.
    """
    references, given = References(known), tuple(sorted(movements, key=movement_order))
    matching = Matching(
        options=options,
        references=references,
        given=given,
        periods=periods,
        lines=dict.fromkeys(sorted(lines, key=_line_order)),
        movements=dict.fromkeys(given),
        named={line: references.named(line.line) for line in lines},
    )
    for movement in [each for each in matching.movements if each in options.proven]:
        del matching.movements[movement]
        matching.is_taken(movement)
    for rule in (_taken_back, _by_reference, _contra, _by_names, _by_batch, _by_amount):
        rule(matching)
    return matching


def _line_order(line: AccountLine) -> tuple[object, ...]:
    return (line.account, line.date, line.statement.id, line.line.position, line.amount)


def _lines_by_name(matching: Matching) -> dict[_Name, list[AccountLine]]:
    """The open lines that name one thing, by what they name."""
    groups: dict[_Name, list[AccountLine]] = defaultdict(list)
    for line in matching.lines:
        name = matching.one_name(line)
        if name is not None:
            groups[line.account, line.currency, name].append(line)
    return groups


def _movements_by_name(matching: Matching) -> dict[_Name, list[Movement]]:
    """The open movements by each of their references."""
    groups: dict[_Name, list[Movement]] = defaultdict(list)
    for movement in matching.movements:
        for reference in movement.references:
            groups[movement.account, movement.currency, reference].append(movement)
    return groups


# --- By reference -----------------------------------------------------------------------


def _by_reference(matching: Matching) -> None:
    movements = _movements_by_name(matching)
    for name, lines in _lines_by_name(matching).items():
        _one_reference(matching, lines, movements.get(name, ()))


def _one_reference(
    matching: Matching, lines: Sequence[AccountLine], movements: Sequence[Movement]
) -> None:
    """Lines and movements of one reference: of an equal amount, then of nearly that amount.

    Nearly only where the reference stands for no movement of another amount that is as near.
    """
    known = ByAmount(movements)
    for tolerance in dict.fromkeys((Decimal(0), matching.options.tolerance)):
        booked = ByAmount(line for line in lines if line in matching.lines)
        for amount, alike in known.groups.items():
            if len(known.amounts(amount, 2 * tolerance)) == 1:
                _one_amount(matching, list(booked.within(amount, tolerance)), alike)


def _one_amount(matching: Matching, lines: list[AccountLine], alike: Sequence[Movement]) -> None:
    """Of one reference and amount: the line that is nearest in time, if there is one movement.

    Of several (a rent, every month) each must be the only one in the other's window.
    """
    movements = [each for each in alike if each in matching.movements]  # it may have another name
    if len(alike) > 1:
        options = matching.options
        for line, movement in unique_pairs(
            lines, movements, options.window, calendar=options.calendar
        ):
            matching.take("reference", [line], [movement])
    elif lines and movements:
        [movement] = movements
        line = min(lines, key=lambda each: matching.days_apart(each, movement))
        if matching.in_window(line, movement):
            matching.take("reference", [line], [movement])
        else:
            matching.late.append((line, movement))
            del matching.lines[line], matching.movements[movement]


# --- Lines that cancel out --------------------------------------------------------------


def _taken_back(matching: Matching) -> None:
    """Payments that the bank has taken back, each with its reversal: they pay nothing.

    A reversal takes back the latest payment before it, on its day at the latest. One that
    the ledger has, too, is a movement like any other.
    """
    movements = _movements_by_name(matching)
    for name, group in _lines_by_name(matching).items():
        known = ByAmount(movements.get(name, ()))
        paid: dict[Decimal, list[AccountLine]] = defaultdict(list)
        pairs: dict[Decimal, list[LinePair]] = defaultdict(list)
        for line in sorted(group, key=lambda each: (each.date, each.line.takes_back)):
            before = paid[-line.amount] if line.line.takes_back else []
            if before and not known.amounts(line.amount, matching.options.tolerance):
                pair = before.pop(), line
                matching.take("contra", pair, [])
                pairs[-line.amount].append(pair)
            else:
                paid[line.amount].append(line)
        for amount, each in pairs.items():
            _unpaid(matching, each, list(known.within(amount, matching.options.tolerance)))


def _unpaid(matching: Matching, pairs: list[LinePair], movements: Sequence[Movement]) -> None:
    """What pairs may have paid: the only movement that agrees, or each that is near."""
    pairs = sorted(pairs, key=lambda pair: pair[0].date)
    days = [matching.day(paid.date) for paid, _ in pairs]
    for movement in movements:
        day, window = matching.day(movement.date), matching.options.window
        near = range(bisect_left(days, day - window), bisect_right(days, day + window))
        where = range(len(pairs)) if len(movements) == 1 else near
        if where:
            matching.undone[movement].append(TakenBack(pairs, where))


def _contra(matching: Matching) -> None:
    """Other lines of one reference that cancel out: a reversal, or credit drawn and paid on.

    The bank may show a loan's draw and the payment from it; the ledger books the premium
    straight against the loan (manual: books). A line cancels the first that it can.
    """
    for (_, _, name), group in _lines_by_name(matching).items():
        on_credit = name in matching.options.on_credit
        waiting: dict[tuple[Decimal, bool], deque[tuple[int, AccountLine]]] = defaultdict(deque)
        for number, line in enumerate(group):
            either = on_credit or line.line.takes_back
            others = [
                waiting[-line.amount, mark] for mark in ((True, False) if either else (True,))
            ]
            found = min(
                (each for each in others if each), key=lambda each: each[0][0], default=None
            )
            if found:
                matching.take("contra", [found.popleft()[1], line], [])
            else:
                waiting[line.amount, line.line.takes_back].append((number, line))


# --- Batches ----------------------------------------------------------------------------


def _by_names(matching: Matching) -> None:
    """One line that names several vouchers, and is their sum."""
    by_day = {
        name: ByDay(each, [matching.day(one.date) for one in each])
        for name, each in _movements_by_name(matching).items()
    }
    for line in list(matching.lines):
        if len(matching.named[line]) > 1:
            meant = _only_movements(matching, line, by_day)
            if meant is not None and _total(meant) == line.amount:
                matching.take("batch", [line], sorted(meant, key=movement_order))


def _only_movements(
    matching: Matching, line: AccountLine, by_day: Mapping[_Name, ByDay]
) -> set[Movement] | None:
    """The one movement that each name of a line may be, even late; None if it is not near."""
    day, window = matching.day(line.date), matching.options.window
    found: set[Movement] = set()
    for name in matching.named[line]:
        known = by_day.get((line.account, line.currency, name))
        open_ = matching.movements
        one = None if known is None else known.only(day - DOUBT, day + window, open_)
        if one is None or not matching.in_window(line, one):
            return None
        found.add(one)
    return found


def _by_batch(matching: Matching) -> None:
    """Lines and movements that share a batch reference, and come to the same sum."""
    lines = _grouped(
        matching.lines, lambda line: (line.line.batch, line.line.end_to_end, *line.line.references)
    )
    movements = _grouped(matching.movements, lambda each: (each.batch, *sorted(each.references)))
    for key, group in lines.items():
        booked = [line for line in group if line in matching.lines]
        moved = [each for each in movements.get(key, ()) if each in matching.movements]
        agree = booked and moved and _total(booked) == _total(moved)
        if agree and _all_near(matching, booked, moved):
            matching.take("batch", booked, moved)


def _all_near(
    matching: Matching, lines: Sequence[AccountLine], movements: Sequence[Movement]
) -> bool:
    booked = [matching.day(each.date) for each in lines]
    moved = [matching.day(each.date) for each in movements]
    apart = max(max(booked) - min(moved), max(moved) - min(booked))
    return apart <= matching.options.window


def _grouped(
    sides: Iterable[_Side], names: Callable[[_Side], Iterable[str | None]]
) -> dict[Hashable, list[_Side]]:
    groups: dict[Hashable, list[_Side]] = defaultdict(list)
    for side in sides:
        for name in dict.fromkeys(names(side)):
            if name:
                groups[side.account, side.currency, name].append(side)
    return groups


def _total(sides: Iterable[AccountLine] | Iterable[Movement]) -> Decimal:
    return sum((side.amount for side in sides), Decimal(0))


# --- By amount and date -----------------------------------------------------------------


def _by_amount(matching: Matching) -> None:
    claimed = {(line.account, name) for line in matching.lines for name in matching.named[line]}
    lines: dict[tuple[Account, str, Decimal], list[AccountLine]] = defaultdict(list)
    for line in matching.lines:
        if not matching.named[line]:
            lines[line.account, line.currency, line.amount].append(line)
    movements: dict[tuple[Account, str, Decimal], list[Movement]] = defaultdict(list)
    doubts: dict[tuple[Account, str, Decimal], list[Movement]] = defaultdict(list)
    for movement in matching.movements:
        if is_candidate(matching, movement):
            named = any((movement.account, name) in claimed for name in movement.references)
            some = doubts if named else movements  # a line that names it may yet be another's
            some[movement.account, movement.currency, movement.amount].append(movement)
    for key, booked in lines.items():
        moved = movements[key]
        if any(each.voucher is not None for each in moved):
            # What a line cannot be does not make it unique: it is left out with its doubts.
            booked = [line for line in booked if not names_another(line.line)]  # noqa: PLW2901
        options = matching.options
        for line, movement in unique_pairs(
            booked, moved, options.window, doubts[key], options.calendar
        ):
            matching.take("amount", [line], [movement])
