"""Credit lines: limit, frozen and drawn, by policyholder, bank and currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

Pair = tuple[str, str, str]
"""Policyholder, bank, currency."""


@dataclass(slots=True)
class Line:
    """One credit line. What is neither frozen nor drawn is available."""

    limit: Decimal = Decimal(0)
    frozen: Decimal = Decimal(0)
    drawn: Decimal = Decimal(0)

    @property
    def available(self) -> Decimal:
        """What a further voucher may freeze."""
        return self.limit - self.frozen - self.drawn


class Lines:
    """All credit lines of a ledger, moved by events in their order."""

    def __init__(self) -> None:
        self._lines: dict[Pair, Line] = {}

    def get(self, pair: Pair) -> Line:
        """The line of a pair; a line of zero where none is declared."""
        return self._lines.setdefault(pair, Line())

    def all(self) -> dict[Pair, Line]:
        """Every line that was declared or used."""
        return self._lines
