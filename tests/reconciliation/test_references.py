"""What a line names: whole, cut, in any case, and what says nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from beancount_voucher.reconciliation.references import References
from beancount_voucher.statements.statement import StatementLine

SIX = "PREMIUM-CARGO-16"  # 16 characters
KNOWN = ("V-1", "V-12", "Rf-2", "RF-3", "rf-3", SIX, f"{SIX}-1", f"{SIX}-2", "year-2026")
NAMES = References((*KNOWN, *(f"N-{number}" for number in range(100, 110))))

NAMED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a whole id": ({"end_to_end": "V-1"}, {"V-1"}),
    "an id, whatever the text says": ({"end_to_end": "V-1", "text": "V-12"}, {"V-1"}),
    "an unknown id, and a text": ({"end_to_end": "X", "text": "V-12"}, {"V-12"}),
    "a reference before a text": ({"references": ("X", "V-1"), "text": "V-12"}, {"V-1"}),
    "two references": ({"references": ("V-1", "V-12")}, {"V-1", "V-12"}),
    "in a text": ({"text": "for V-1, thanks"}, {"V-1"}),
    "before a dash": ({"text": "V-1- thanks"}, {"V-1"}),
    "a word without a digit": ({"text": "year"}, set()),
    "cut, and begins several": ({"references": (SIX,), "cut": (SIX,)}, {SIX, f"{SIX}-1", f"{SIX}-2"}),
    "cut, and the text tells": (
        {"references": (SIX,), "cut": (SIX,), "text": f"{SIX}-2"}, {f"{SIX}-2"},
    ),
    "cut, and begins one": ({"references": ("V-12",), "cut": ("V-12",)}, {"V-12"}),
    "cut, and begins none": ({"references": ("V-13",), "cut": ("V-13",)}, set()),
    "cut, and begins too many to say anything": ({"references": ("N-1",), "cut": ("N-1",)}, set()),
    "cut in a text": ({"text": "for V-1", "cut": ("V-1",)}, {"V-1", "V-12"}),
    "of 16 characters, and known": ({"references": (SIX,)}, {SIX}),
    "of 16 characters that begin one": ({"end_to_end": f"{SIX}-1"[:16]}, {SIX}),
    "that may go on": ({"end_to_end": "V-1", "joined": ("V-12", "other")}, {"V-1", "V-12"}),
    "that may go on, and is known as a whole only": ({"text": "V- 12", "joined": ("V-12",)}, {"V-12"}),
    "in capitals": ({"text": "FOR RF-2"}, {"Rf-2"}),
    "in small letters": ({"text": "for rf-2"}, {"Rf-2"}),
    "in capitals, of two": ({"text": "FOR RF-3"}, {"RF-3", "rf-3"}),
    "in capitals, where the bank writes small letters": ({"text": "for RF-3"}, {"RF-3"}),
    "in capitals, where another place has small letters": (
        {"end_to_end": "RF-3", "text": "premium"}, {"RF-3"},
    ),
    "in a mixture of its own": ({"text": "for Rf-3"}, {"RF-3", "rf-3"}),
    "nothing": ({}, set()),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_a_line_names(name: str) -> None:
    said, expected = NAMED[name]
    assert NAMES.named(StatementLine(1, dt.date(2026, 3, 6), Decimal(1), **said)) == expected


def test_sixteen_characters_may_be_the_beginning_of_one() -> None:
    names = References(["PREMIUM-CARGO-2026-Q1-001"])
    line = StatementLine(1, dt.date(2026, 3, 6), Decimal(1), "PREMIUM-CARGO-20")
    assert names.named(line) == {"PREMIUM-CARGO-2026-Q1-001"}
