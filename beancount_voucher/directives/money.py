"""Amounts of money, for people and as Beancount has them."""

from __future__ import annotations

import re
from decimal import Decimal, getcontext, localcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount.core.amount import Amount

MOST_DIGITS = getcontext().prec
"""How many digits Beancount computes with; a longer amount would silently be rounded."""


_WIDE = 100
"""Digits for sums: two amounts that are allowed differ by 56 at most, and a ledger has fewer than
10^40 of them."""

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def exact(function: _Function) -> _Function:
    """Let a function add up amounts without rounding, whatever context it is called in.

    Beancount computes with ``MOST_DIGITS``, and rounds a longer sum in silence. What the
    function gives back must be ready: a generator would go on in its caller's context.
    """

    @wraps(function)
    def exactly(*args: Any, **keywords: Any) -> Any:  # noqa: ANN401
        with localcontext(prec=_WIDE):
            return function(*args, **keywords)

    return exactly  # type: ignore[return-value]


def digits(whole: Decimal, part: Decimal) -> int:
    """The digits of a difference: those of the whole before the point, of the part after it."""
    return max(whole.adjusted() + 1, 1) + decimals_of(part)


def decimals_of(number: Decimal) -> int:
    """How many decimals a number is written with."""
    exponent = number.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def digits_behind_the_point(number: Decimal) -> int:
    """How many decimals a number needs: trailing zeros say nothing."""
    return decimals_of(number.normalize())


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


def is_amount(value: object) -> TypeGuard[Amount]:
    """Whether a value is an amount: it has a number and a currency, whoever has parsed it."""
    return isinstance(getattr(value, "number", None), Decimal) and isinstance(
        getattr(value, "currency", None), str
    )


_MONEY = re.compile(r"([0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?) ([A-Z](?:[A-Z0-9'._-]*[A-Z0-9])?)")
_RESERVED = frozenset({"TRUE", "FALSE", "NULL"})


def money_of(text: str) -> Money | None:
    """An amount that a person typed: 3650.00 CNY or 3,650.00 CNY; None if it is none."""
    match = _MONEY.fullmatch(text)
    if match is None or match[2] in _RESERVED:
        return None
    return Money(Decimal(match[1].replace(",", "")), match[2])


MEMO = ".MEMO"
"""What follows a currency in the memo commodity of off-balance-sheet items."""
