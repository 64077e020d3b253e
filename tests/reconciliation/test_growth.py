"""However many lines and movements share a reference, a batch or an amount: time in proportion."""

from __future__ import annotations

import pytest

from tests.fuzz.growth import assert_proportional
from tests.support.many_sides import SHAPES, reconciled

pytestmark = pytest.mark.untraced  # long, and of lines that others cover


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_as_much_takes_four_times_as_long(shape: str) -> None:
    lines, _, pending = sides = SHAPES[shape](60)
    assert reconciled(sides) == len(lines) + len(pending), "every line is matched, or told"
    assert_proportional(reconciled, SHAPES[shape])
