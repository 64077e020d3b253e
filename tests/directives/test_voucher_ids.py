"""The next id that nobody has."""

from __future__ import annotations

import pytest

from beancount_voucher.directives.voucher_ids import next_free

# An id that is taken, and all that are -> the next.
TABLE: dict[str, tuple[str, list[str], str | None]] = {
    "the next number": ("V-1", ["V-1"], "V-2"),
    "after the highest": ("V-1", ["V-1", "V-7", "V-3"], "V-8"),
    "as wide as it was": ("V-2026-0041", ["V-2026-0041", "V-2026-0099"], "V-2026-0100"),
    "wider where it must be": ("V-9", ["V-9"], "V-10"),
    "of a wider one that is numbered alike": ("V-01", ["V-1", "V-002"], "V-03"),
    "no number of another pattern": ("V-1", ["W-9", "V-1-9", "V-9a"], "V-2"),
    "none is known": ("V-5", [], "V-6"),
    "a number alone": ("41", ["41"], "42"),
    "no number": ("SPRING", ["SPRING"], "SPRING-2"),
    "no number, and one behind it": ("SPRING", ["SPRING", "SPRING-2"], "SPRING-3"),
    "what is no id": ("V-1", ["V-1", "V-" + "9" * 5000], "V-2"),
    "too long": ("V" * 35, ["V" * 35], None),
    "too long by a digit": ("V" * 34 + "9", [], None),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_next_free(name: str) -> None:
    taken, known, expected = TABLE[name]
    assert next_free(taken, known) == expected
