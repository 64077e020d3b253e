"""Directives as text: exact, escaped, and read back as what was said."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from beancount.parser import parser
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.printer import directive, value
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN

DAY = dt.date(2026, 3, 6)


def test_a_directive() -> None:
    fact = Fact("void", DAY, ("V-1",), None, {"reason": "cancelled", "by": 'a "b"\\'}, NOT_WRITTEN)
    assert directive(fact, {"note-effective": DAY, "note-n": Decimal("1E+2"), "note-t": True}) == (
        '2026-03-06 custom "voucher-void" "V-1"\n'
        '  reason: "cancelled"\n'
        '  by: "a \\"b\\"\\\\"\n'
        "  note-effective: 2026-03-06\n"
        "  note-n: 100\n"
        "  note-t: TRUE\n"
    )


def test_amounts_keep_every_digit() -> None:
    fact = Fact("settle", DAY, ("V-1",), Money(Decimal("12.34560"), "CNY"), {}, NOT_WRITTEN)
    assert directive(fact) == '2026-03-06 custom "voucher-settle" "V-1" 12.34560 CNY\n'
    assert str(Money(Decimal("1E+3"), "CNY")) == "1000 CNY"
    assert Money(Decimal("-1234567.890"), "CNY").grouped == "-1,234,567.890 CNY"
    assert value(False) == "FALSE"


# What a Beancount file can hold: no NUL, no lone surrogates.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(
    who=_TEXT,
    number=st.decimals(min_value="0.000001", max_value=10**9, places=6),
    date=st.dates(dt.date(1900, 1, 1)),
)
def test_what_is_written_is_read_back(who: str, number: Decimal, date: dt.date) -> None:
    fact = Fact("apply", date, ("V-1",), Money(number, "CNY"), {"policy": who}, NOT_WRITTEN)
    entries, errors, _ = parser.parse_string(directive(fact))
    assert errors == []
    reading = read(entries, Names({}), BUILT_IN)
    assert reading.problems == []
    [back] = reading.facts
    assert back.says_the_same(fact)
    assert (back.date, str(back.amount)) == (date, str(fact.amount))
