"""Credit lines: limit, frozen and drawn, by policyholder, bank and currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Container

Pair = tuple[str, str, str]
"""Policyholder, bank, currency."""


@dataclass(slots=True)
class CreditLine:
    """One credit line. What is neither frozen nor drawn is available.

    ``freed`` is what a decrease has released last, and on which day: it is usable on the next.
    """

    limit: Decimal = Decimal(0)
    frozen: Decimal = Decimal(0)
    drawn: Decimal = Decimal(0)
    freed: tuple[dt.date, Decimal] | None = None

    def __str__(self) -> str:
        """As an error names it."""
        return f"limit {self.limit}, frozen {self.frozen}, drawn {self.drawn}"

    @property
    def available(self) -> Decimal:
        """What a further voucher may freeze."""
        return self.limit - self.frozen - self.drawn

    def free(self, date: dt.date, amount: Decimal) -> None:
        """Release what was frozen, for the day after."""
        self.frozen -= amount
        known = self.freed[1] if self.freed is not None and self.freed[0] == date else 0
        self.freed = date, known + amount

    def available_on(self, date: dt.date) -> Decimal:
        """What an increase may freeze on a day: nothing that was released on that very day."""
        freed = self.freed[1] if self.freed is not None and self.freed[0] == date else 0
        return self.available - freed


class CreditLines:
    """All credit lines of a ledger, moved by events in their order."""

    def __init__(self) -> None:
        self._lines: dict[Pair, CreditLine] = {}

    def get(self, pair: Pair) -> CreditLine:
        """The line of a pair; a line of zero where none is declared."""
        line = self._lines.get(pair)
        if line is None:
            line = self._lines[pair] = CreditLine()
        return line

    def all(self) -> dict[Pair, CreditLine]:
        """Every line that was declared or used."""
        return self._lines


class _AmpleLine(CreditLine):
    """A line on which nothing was ever refused, and so nothing is asked of it again."""

    @property
    def available(self) -> Decimal:
        """More than anybody asks for."""
        return Decimal("Infinity")


class PartOfLines(CreditLines):
    """The lines of a part of a ledger, where what is left out moves none of those that count.

    Args:
        counted: the lines all of whose vouchers are in the part; all others are ample.
    """

    def __init__(self, counted: Container[Pair]) -> None:
        super().__init__()
        self._counted = counted

    def get(self, pair: Pair) -> CreditLine:
        """The line of a pair."""
        if pair not in self._counted and pair not in self._lines:
            self._lines[pair] = _AmpleLine()
        return super().get(pair)
