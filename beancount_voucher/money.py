"""Amounts of money, for people and as Beancount has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal


class Money(NamedTuple):
    """A number of units of a currency: Beancount's ``Amount`` that always has its number."""

    number: Decimal
    currency: str

    def __str__(self) -> str:
        """As a ledger writes it, exact to the last digit: 3650.00 CNY."""
        return f"{self.number:f} {self.currency}"

    @property
    def grouped(self) -> str:
        """As a person reads it, exact to the last digit: 3,650.00 CNY."""
        return f"{self.number:,f} {self.currency}"
