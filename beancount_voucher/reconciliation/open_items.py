"""What no rule has matched: each item once, with one reason and everything that bears on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.reconciliation.indexes import ByAmount
from beancount_voucher.reconciliation.items import AccountLine, Item, Movement
from beancount_voucher.reconciliation.matching import is_candidate, movement_order
from beancount_voucher.reconciliation.references import names_another
from beancount_voucher.reconciliation.unique_pairs import DOUBT

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from beancount_voucher.reconciliation.matching import Matching, TakenBack

_TOLD = 3
"""How many payments that were taken back are told of one movement."""

_Ordered = dict[Movement, None]


@dataclass(slots=True)
class _ByName:
    """The open movements by their references."""

    here: dict[Hashable, _Ordered] = field(default_factory=lambda: defaultdict(dict))
    """By reference and account."""

    of_amount: dict[Hashable, _Ordered] = field(default_factory=lambda: defaultdict(dict))
    """By reference, currency and amount, on any account."""

    def add(self, movement: Movement) -> None:
        for kept, key in self._places(movement):
            kept[key][movement] = None

    def remove(self, movement: Movement) -> None:
        for kept, key in self._places(movement):
            kept[key].pop(movement, None)

    def under(self, name: str, account: str) -> Iterable[Movement]:
        """Those of a reference on an account; to go through an emptied dict takes its old size."""
        return self.here[name, account] or ()

    def _places(self, movement: Movement) -> Iterator[tuple[dict[Hashable, _Ordered], Hashable]]:
        for name in movement.references:
            yield self.here, (name, movement.account)
            yield self.of_amount, (name, movement.currency, movement.amount)


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
    _named_by: _ByName = field(default_factory=_ByName)

    def __post_init__(self) -> None:
        """Find movements by their references."""
        for movement in self.matching.movements:
            self._named_by.add(movement)

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
                del self.matching.movements[movement]
                self._named_by.remove(movement)
            yield item

    # --- Lines that name something ------------------------------------------------------

    def _elsewhere(self) -> Iterator[Item]:
        """The reference agrees, and stands on another bank account of the ledger."""
        for line in list(self.matching.lines):
            name = self.matching.one_name(line)
            others = self._named_by.of_amount[name, line.currency, line.amount]
            if len(others) == 1 and not self._named_by.here[name, line.account]:
                [other] = others
                text = f"the ledger has it on {other.account}"
                yield _item("wrong-account", [line], [other], text)

    def _named(self) -> Iterator[Item]:
        """The reference agrees, and something else does not."""
        alike: dict[tuple[str, str | None], list[AccountLine]] = defaultdict(list)
        for line in self.matching.lines:
            alike[line.account, self.matching.one_name(line)].append(line)
        for (account, name), lines in alike.items():
            here = self._named_by.here[name, account]
            if name is not None and len(here) == 1:
                [movement] = here
                yield _item(*self._differs(lines, movement))
            elif name is not None and here:
                text = f"its reference stands for {len(here)} movements"
                yield _item("ambiguous", lines, list(here), text)

    def _differs(
        self, lines: Sequence[AccountLine], movement: Movement
    ) -> tuple[str, Sequence[AccountLine], list[Movement], str]:
        """Why the first of the lines that name a movement is not it."""
        line = lines[0]
        pair = [line], [movement]
        if line.currency != movement.currency:
            return "currency-differs", *pair, f"{line.currency} for {movement.currency}"
        if line.amount == -movement.amount:
            return "sign-differs", *pair, ""
        if self.matching.agrees(line, movement) and not self.matching.in_window(line, movement):
            return "late", *pair, ""
        if line.amount != movement.amount:
            return "amount-differs", *pair, f"by {line.amount - movement.amount} {line.currency}"
        same = [each for each in lines if self.matching.agrees(each, movement)]
        return "ambiguous", same, [movement], _counts(same, [movement])

    def _named_twice(self) -> Iterator[Item]:
        """The reference agrees with what is matched already, or with nothing of this account."""
        taken = _Taken(self.matching)
        for line in list(self.matching.lines):
            names = self.matching.named[line]
            name = self.matching.one_name(line)
            if name is not None and taken.has(line, name):
                yield _item("duplicate", [line], [], f"{name} is matched already")
            elif name is not None:
                state = self.states.get(name)
                text = f"{name} is {state}" if state else f"it names {name}"
                yield _item("missing-in-ledger", [line], [], text)
            elif names:
                text = f"it names {', '.join(sorted(names))}, and is not their sum"
                meant = {
                    movement: None
                    for each in sorted(names)
                    for movement in self._named_by.under(each, line.account)
                }
                yield _item("ambiguous", [line], sorted(meant, key=movement_order), text)

    # --- Lines that name nothing --------------------------------------------------------

    def _ambiguous(self) -> Iterator[Item]:
        """Lines and movements of one amount of which several fit: one item for all of them."""
        for lines, movements in self._by_amount():
            for cluster in _clusters(self.matching, lines, movements):
                if cluster.apart <= self.matching.options.window:
                    text = _counts(cluster.lines, cluster.movements)
                    yield _item("ambiguous", cluster.lines, cluster.movements, text)

    def _late(self) -> Iterator[Item]:
        """One line and one movement of an amount, too far apart."""
        for lines, movements in self._by_amount():
            for cluster in _clusters(self.matching, lines, movements):
                if len(cluster.lines) == len(cluster.movements) == 1:
                    yield _item("late", cluster.lines, cluster.movements, "only the amount agrees")

    def _by_amount(self) -> Iterator[tuple[list[AccountLine], list[Movement]]]:
        """Lines and movements of one amount, but those that cannot be any of the others."""
        lines: dict[tuple[str, str, Decimal], list[AccountLine]] = defaultdict(list)
        movements: dict[tuple[str, str, Decimal], list[Movement]] = defaultdict(list)
        for line in self.matching.lines:  # those that name a voucher are told by now
            lines[line.account, line.currency, line.amount].append(line)
        for each in self.matching.movements:
            if is_candidate(self.matching, each):
                movements[each.account, each.currency, each.amount].append(each)
        for key in sorted(lines.keys() & movements.keys()):
            booked, moved = lines[key], movements[key]
            if all(names_another(line.line) for line in booked):
                moved = [each for each in moved if each.voucher is None]
            if all(each.voucher is not None for each in moved):
                booked = [line for line in booked if not names_another(line.line)]
            yield booked, moved

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
                yield _item("missing-in-bank", [], [movement], _undone(pairs))

    def _pending(self) -> Iterator[Item]:
        """Movements that the bank announces."""
        announced = _Announced(self.matching, self.pending)
        for movement in self._due():
            line = announced.take(movement)
            if line is not None:
                yield _item("pending", [line], [movement], "")

    def _missing(self) -> Iterator[Item]:
        for movement in self._due():
            _, end = self.matching.periods[movement.account, movement.currency]
            until = self.matching.day(end) - self.matching.options.window
            recent = self.matching.day(movement.date) > until
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


def _undone(taken_back: Sequence[TakenBack]) -> str:
    pairs = (some.pairs[at] for some in taken_back for at in some.where)
    told = [
        f"paid on {paid.date} and taken back on {back.date}" for paid, back in islice(pairs, _TOLD)
    ]
    more = sum(len(some.where) for some in taken_back) - len(told)
    return "; ".join([*told, f"and {more} more"] if more else told)


def _counts(lines: Sequence[AccountLine], movements: Sequence[Movement]) -> str:
    return f"{len(lines)} of the bank, {len(movements)} of the ledger"


class _Taken:
    """What is matched already, by reference and amount."""

    def __init__(self, matching: Matching) -> None:
        self._tolerance = matching.options.tolerance
        movements: dict[Hashable, list[Movement]] = defaultdict(list)
        for (account, name), taken in matching.taken.items():
            for movement in taken:
                movements[account, movement.currency, name].append(movement)
        self._taken = {key: ByAmount(each) for key, each in movements.items()}

    def has(self, line: AccountLine, name: str) -> bool:
        """Whether a movement of that name and about the line's amount is matched."""
        taken = self._taken.get((line.account, line.currency, name))
        return taken is not None and bool(taken.amounts(line.amount, self._tolerance))


class _Announced:
    """What banks announce: the first of those that may be a movement, each for one."""

    def __init__(self, matching: Matching, pending: Sequence[AccountLine]) -> None:
        self._tolerance = matching.options.tolerance
        self._left = {line: number for number, line in enumerate(pending)}
        named: dict[Hashable, list[AccountLine]] = defaultdict(list)
        self._nameless: dict[Hashable, list[AccountLine]] = defaultdict(list)
        for line in reversed(pending):  # so that the first stands last, where it is taken away
            names = matching.references.named(line.line)
            for name in names:
                named[line.account, line.currency, name].append(line)
            if not names:
                key = line.account, line.currency, line.amount, names_another(line.line)
                self._nameless[key].append(line)
        self._named = {key: ByAmount(lines) for key, lines in named.items()}

    def take(self, movement: Movement) -> AccountLine | None:
        """The announcement of a movement, if there is any."""
        lasts = []
        for queue in self._queues(movement):
            while queue and queue[-1] not in self._left:
                queue.pop()
            lasts += queue[-1:]
        first = min(lasts, key=self._left.__getitem__, default=None)
        if first is not None:
            del self._left[first]
        return first

    def _queues(self, movement: Movement) -> Iterator[list[AccountLine]]:
        account, currency, amount = movement.account, movement.currency, movement.amount
        for name in movement.references:
            by_amount = self._named.get((account, currency, name))
            if by_amount is not None:
                for near in by_amount.amounts(amount, self._tolerance):
                    yield by_amount.groups[near]
        for other in (False,) if movement.voucher is not None else (False, True):
            yield self._nameless[account, currency, amount, other]


class _Cluster(NamedTuple):
    """Lines and movements of one amount; the least number of business days between two sides."""

    lines: list[AccountLine]
    movements: list[Movement]
    apart: int


def _clusters(
    matching: Matching, lines: Iterable[AccountLine], movements: Iterable[Movement]
) -> Iterator[_Cluster]:
    """Those of one amount that have at most ``DOUBT`` business days between one and the next."""
    sides: list[AccountLine | Movement] = sorted((*lines, *movements), key=lambda each: each.date)
    days = [matching.day(each.date) for each in sides]
    ends = [at for at in range(1, len(days)) if days[at] - days[at - 1] > DOUBT]
    for first, end in pairwise([0, *ends, len(sides)]):
        some = sides[first:end]
        near = [
            matching.day(later.date) - matching.day(each.date)
            for each, later in pairwise(some)
            if isinstance(each, AccountLine) is not isinstance(later, AccountLine)
        ]
        if near:
            yield _Cluster(
                [each for each in some if isinstance(each, AccountLine)],
                [each for each in some if isinstance(each, Movement)],
                min(near),
            )
