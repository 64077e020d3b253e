"""What no rule has matched: each item once, with one reason and everything that bears on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from beancount_voucher.reconciliation.items import AccountLine, Item, Movement
from beancount_voucher.reconciliation.matching import is_candidate, may_match
from beancount_voucher.reconciliation.unique_pairs import DOUBT, business_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from beancount_voucher.reconciliation.matching import Matching


@dataclass(slots=True)
class OpenItems:
    """Sorts out what is left of a matching.

    Attributes:
        matching: the matching; what is told is taken out of it.
        pending: what banks announce, as lines.
        states: how each voucher stands, for the reader.
    """

    matching: Matching
    pending: Sequence[AccountLine]
    states: Mapping[str, str]
    _by_name: dict[str, list[Movement]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Find movements by their references."""
        for movement in self.matching.movements:
            for reference in movement.references:
                self._by_name[reference].append(movement)

    def items(self) -> list[Item]:
        """Every item, by account and date."""
        found = [
            _item("late", [line], [movement], "the reference agrees")
            for line, movement in self.matching.late
        ]
        for tell in (
            self._elsewhere,
            self._named,
            self._named_twice,
            self._ambiguous,
            self._late,
            self._unknown,
            self._taken_back,
            self._pending,
            self._missing,
        ):
            found += self._told(tell())
        return sorted(found, key=_order)

    def _told(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            for line in item.lines:
                self.matching.lines.pop(line, None)
            for movement in item.movements:
                self.matching.movements.pop(movement, None)
            yield item

    # --- Lines that name something ------------------------------------------------------

    def _elsewhere(self) -> Iterator[Item]:
        """The reference agrees, and stands on another bank account of the ledger."""
        for line in list(self.matching.lines):
            open_ = self._open_by_name(line)
            here = [each for each in open_ if each.account == line.account]
            others = [
                each
                for each in open_
                if (each.currency, each.amount) == (line.currency, line.amount)
            ]
            if len(others) == 1 and not here:
                text = f"the ledger has it on {others[0].account}"
                yield _item("wrong-account", [line], others, text)

    def _named(self) -> Iterator[Item]:
        """The reference agrees, and something else does not."""
        for line in list(self.matching.lines):
            if line not in self.matching.lines:
                continue  # told with another line of its reference
            here = [each for each in self._open_by_name(line) if each.account == line.account]
            if len(here) == 1:
                yield _item(*self._differs(line, here[0]))
            elif len(here) > 1:
                name = self.matching.one_name(line)
                same = [
                    each
                    for each in self.matching.lines
                    if each.account == line.account and self.matching.one_name(each) == name
                ]
                text = f"its reference stands for {len(here)} movements"
                yield _item("ambiguous", same, here, text)

    def _open_by_name(self, line: AccountLine) -> list[Movement]:
        """The open movements that a line names."""
        name = self.matching.one_name(line)
        found = self._by_name.get(name, ()) if name is not None else ()
        return [each for each in found if each in self.matching.movements]

    def _differs(
        self, line: AccountLine, movement: Movement
    ) -> tuple[str, list[AccountLine], list[Movement], str]:
        pair = [line], [movement]
        if line.currency != movement.currency:
            return "currency-differs", *pair, f"{line.currency} for {movement.currency}"
        if line.amount == -movement.amount:
            return "sign-differs", *pair, ""
        if self.matching.agrees(line, movement):
            return "late", *pair, ""
        return "amount-differs", *pair, f"by {line.amount - movement.amount} {line.currency}"

    def _named_twice(self) -> Iterator[Item]:
        """The reference agrees with what is matched already, or with nothing of this account."""
        for line in list(self.matching.lines):
            names = self.matching.named[line]
            name = self.matching.one_name(line)
            if name is None:
                if names:
                    text = f"it names {', '.join(sorted(names))}, and is not their sum"
                    meant = [
                        each
                        for each in self.matching.movements
                        if each.account == line.account and each.references & names
                    ]
                    yield _item("ambiguous", [line], meant, text)
                continue
            again = [
                each
                for each in self.matching.taken[line.account, name]
                if self.matching.agrees(line, each)
            ]
            if again:
                yield _item("duplicate", [line], [], f"{name} is matched already")
            else:
                state = self.states.get(name)
                text = f"{name} is {state}" if state else f"it names {name}"
                yield _item("missing-in-ledger", [line], [], text)

    # --- Lines that name nothing --------------------------------------------------------

    def _ambiguous(self) -> Iterator[Item]:
        """Lines and movements of one amount of which several fit: one item for all of them."""
        for lines, movements in self._by_amount():
            for some_lines, some_movements in _clusters(lines, movements, DOUBT):
                near = any(
                    self.matching.in_window(line, each)
                    for line in some_lines
                    for each in some_movements
                )
                if near:
                    text = f"{len(some_lines)} of the bank, {len(some_movements)} of the ledger"
                    yield _item("ambiguous", some_lines, some_movements, text)

    def _late(self) -> Iterator[Item]:
        """One line and one movement of an amount, too far apart."""
        for lines, movements in self._by_amount():
            for some_lines, some_movements in _clusters(lines, movements, DOUBT):
                if len(some_lines) == len(some_movements) == 1:
                    yield _item("late", some_lines, some_movements, "only the amount agrees")

    def _by_amount(self) -> Iterator[tuple[list[AccountLine], list[Movement]]]:
        lines: dict[tuple[str, str, Decimal], list[AccountLine]] = defaultdict(list)
        movements: dict[tuple[str, str, Decimal], list[Movement]] = defaultdict(list)
        for line in self.matching.lines:  # those that name a voucher are told by now
            lines[line.account, line.currency, line.amount].append(line)
        for each in self.matching.movements:
            if is_candidate(self.matching, each):
                movements[each.account, each.currency, each.amount].append(each)
        for key in sorted(lines.keys() & movements.keys()):
            may = [
                each for each in movements[key] if any(may_match(line, each) for line in lines[key])
            ]
            could = [line for line in lines[key] if any(may_match(line, each) for each in may)]
            yield could, may

    def _unknown(self) -> Iterator[Item]:
        """Lines that fit nothing."""
        seen = {
            (each.account, each.line.bank_reference, each.amount)
            for match in self.matching.matches
            for each in match.lines
            if each.line.bank_reference is not None
        }
        for line in list(self.matching.lines):
            if (line.account, line.line.bank_reference, line.amount) in seen:
                text = f"the bank's reference {line.line.bank_reference} is matched already"
                yield _item("duplicate", [line], [], text)
            else:
                yield _item("missing-in-ledger", [line], [], "")

    # --- Movements ----------------------------------------------------------------------

    def _taken_back(self) -> Iterator[Item]:
        """Movements that the bank has paid and taken back: time alone does not pay them again."""
        for movement, pairs in self.matching.undone.items():
            _, end = self.matching.periods[movement.account, movement.currency]
            if movement in self.matching.movements and movement.date <= end:
                text = "; ".join(
                    f"paid on {paid.date} and taken back on {back.date}" for paid, back in pairs
                )
                yield _item("missing-in-bank", [], [movement], text)

    def _pending(self) -> Iterator[Item]:
        """Movements that the bank announces."""
        left = dict.fromkeys(self.pending)
        for movement in self._due():
            for line in left:
                names = self.matching.naming.named(line.line)
                same = movement.references & names if names else may_match(line, movement)
                if same and self.matching.agrees(line, movement):
                    del left[line]
                    yield _item("pending", [line], [movement], "")
                    break

    def _missing(self) -> Iterator[Item]:
        for movement in self._due():
            _, end = self.matching.periods[movement.account, movement.currency]
            until = business_day(end) - self.matching.terms.window
            recent = business_day(movement.date) > until
            yield _item("in-transit" if recent else "missing-in-bank", [], [movement], "")

    def _due(self) -> list[Movement]:
        """What the bank should have booked in its statements' periods."""
        due = []
        for movement in self.matching.movements:
            period = self.matching.periods.get((movement.account, movement.currency))
            if period is not None and period[0] <= movement.date <= period[1]:
                due.append(movement)
        return due


def _item(
    reason: str, lines: Sequence[AccountLine], movements: Sequence[Movement], text: str
) -> Item:
    account = lines[0].account if lines else movements[0].account
    currency = lines[0].currency if lines else movements[0].currency
    return Item(reason, account, currency, tuple(lines), tuple(movements), text)


def _order(item: Item) -> tuple[object, ...]:
    return item.account, item.currency, str(item.date), item.reason, item.text


def _clusters(
    lines: Iterable[AccountLine], movements: Iterable[Movement], apart: int
) -> Iterator[tuple[list[AccountLine], list[Movement]]]:
    """Those of one amount that have no more business days between one and the next."""
    some_lines: list[AccountLine] = []
    some_movements: list[Movement] = []
    last: int | None = None
    each: list[AccountLine | Movement] = sorted((*lines, *movements), key=lambda one: one.date)
    for one in each:
        day = business_day(one.date)
        if last is not None and day - last > apart:
            if some_lines and some_movements:
                yield some_lines, some_movements
            some_lines, some_movements = [], []
        last = day
        if isinstance(one, AccountLine):
            some_lines.append(one)
        else:
            some_movements.append(one)
    if some_lines and some_movements:
        yield some_lines, some_movements
