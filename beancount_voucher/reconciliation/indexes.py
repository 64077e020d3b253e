"""Lines and movements by amount and by day, so that what is sought is found at once.

A statement may have thousands of lines of one reference or one amount: nothing here, or in
what uses it, compares each of them with each.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Generic, TypeVar

from beancount_voucher.reconciliation.items import AccountLine, Movement

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from decimal import Decimal

_Side = TypeVar("_Side", AccountLine, Movement)


class ByAmount(Generic[_Side]):
    """Lines, or movements, by their amount; those of one amount in the order given."""

    def __init__(self, sides: Iterable[_Side]) -> None:
        """Sort them."""
        self.groups: dict[Decimal, list[_Side]] = defaultdict(list)
        for side in sides:
            self.groups[side.amount].append(side)
        self._sorted = sorted(self.groups)

    def amounts(self, amount: Decimal, tolerance: Decimal) -> Sequence[Decimal]:
        """The amounts that differ from one by no more than a tolerance."""
        first = bisect_left(self._sorted, amount - tolerance)
        return self._sorted[first : bisect_right(self._sorted, amount + tolerance)]

    def within(self, amount: Decimal, tolerance: Decimal) -> Iterator[_Side]:
        """What differs from an amount by no more than a tolerance."""
        return (side for each in self.amounts(amount, tolerance) for side in self.groups[each])


class Left:
    """The numbers below a size, taken out one by one: which is the next that is left?"""

    def __init__(self, size: int) -> None:
        """Begin with all of them."""
        self._next = list(range(size + 1))

    def take(self, number: int) -> None:
        """Take one out."""
        self._next[number] = number + 1

    def first(self, number: int) -> int:
        """The first that is left and not below a number; the size, if none is."""
        found = number
        while self._next[found] != found:
            found = self._next[found]
        while self._next[number] != found != number:  # so that the next search is shorter
            self._next[number], number = found, self._next[number]
        return found


class ByDay:
    """Movements in the order of their days, some of which are open."""

    def __init__(self, movements: Sequence[Movement], days: Sequence[int]) -> None:
        """Take movements, and the number of each one's business day; these never fall."""
        self._movements, self._days = movements, days
        self._left = Left(len(days))

    def only(self, first: int, last: int, open_: Container[Movement]) -> Movement | None:
        """The one that is open in a range of days; None if there are several, or none."""
        one = self._next(bisect_left(self._days, first), open_)
        end = bisect_right(self._days, last)
        return self._movements[one] if one < end <= self._next(one + 1, open_) else None

    def _next(self, at: int, open_: Container[Movement]) -> int:
        """The first that is open from a place on; what is not will never be again."""
        at = self._left.first(at)
        while at < len(self._days) and self._movements[at] not in open_:
            self._left.take(at)
            at = self._left.first(at)
        return at
