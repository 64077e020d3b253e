"""How long numbers are."""

from __future__ import annotations

from decimal import Decimal

import pytest

from beancount_voucher.directives.money import decimals_of


@pytest.mark.parametrize(
    ("number", "expected"), [("1", 0), ("1.50", 2), ("1E+3", 0), ("Infinity", 0)]
)
def test_decimals(number: str, expected: int) -> None:
    assert decimals_of(Decimal(number)) == expected
