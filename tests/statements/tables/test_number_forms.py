"""Numbers: what is read in which form, and that nothing else is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.statements.tables.number_forms import (
    NEGATIVE,
    Number,
    NumberForm,
    decimals_of,
    most_decimals,
)

PLAIN = NumberForm(".", ",")
GERMAN = NumberForm(",", ".")
SWISS = NumberForm(".", "'")
FRENCH = NumberForm(",", " ")
BARE = NumberForm(".", "")
YUAN = NumberForm(".", ",", units=("¥", "元"))
ALL = NumberForm(".", ",", negative=tuple(NEGATIVE))
MARKED = NumberForm(".", ",", units=("Rs",), marks={"Cr": 1, "Dr": -1})

# the form, a text -> the number with its sign; None: it is none
CASES: dict[str, tuple[NumberForm, str, str | None]] = {
    "digits": (PLAIN, "1200", "1200"),
    "decimals": (PLAIN, "1200.50", "1200.50"),
    "no whole part": (PLAIN, ".50", "0.50"),
    "no decimals behind the point": (PLAIN, "5.", None),
    "thousands": (PLAIN, "1,234,567.89", "1234567.89"),
    "thousands of India": (PLAIN, "12,34,567.89", "1234567.89"),
    "one lakh": (PLAIN, "1,00,000", "100000"),
    "a comma for the decimals": (PLAIN, "20,00", None),
    "a comma for one decimal": (PLAIN, "20,5", None),
    "a comma before four digits": (PLAIN, "1,2345", None),
    "groups of two sizes": (PLAIN, "1,234,56,789", None),
    "a group that is empty": (PLAIN, "1,,234", None),
    "a group behind the point": (PLAIN, "1.234,567", None),
    "thousands that begin with a zero": (PLAIN, "0,500", None),
    "four digits before a group": (PLAIN, "1234,567", None),
    "German": (GERMAN, "-1.234,50", "-1234.50"),
    "German, but with a point": (GERMAN, "980.00", None),
    "Swiss": (SWISS, "1'234.50", "1234.50"),
    "Swiss, as printed": (SWISS, "1\u2019234.50", "1234.50"),
    "French, with a narrow blank": (FRENCH, "1\u202f234,50", "1234.50"),
    "no thousands": (BARE, "1,234", None),
    "minus": (PLAIN, "-5.00", "-5.00"),
    "minus of print": (PLAIN, "\u221220.00", "-20.00"),
    "full width": (PLAIN, "－１，２００．５０", "-1200.50"),
    "plus": (PLAIN, "+5.00", "5.00"),
    "two signs": (PLAIN, "--5.00", None),
    "minus behind, not said": (PLAIN, "5.00-", None),
    "minus behind": (ALL, "5.00-", "-5.00"),
    "parentheses, not said": (PLAIN, "(5.00)", None),
    "parentheses": (ALL, "(1,005.00)", "-1005.00"),
    "parentheses and minus": (ALL, "(-5.00)", None),
    "triangle": (ALL, "△5.00", "-5.00"),
    "black triangle": (ALL, "▲ 5.00", "-5.00"),
    "unit before": (YUAN, "¥1,200.00", "1200.00"),
    "unit of full width": (YUAN, "￥300.00", "300.00"),
    "unit behind": (YUAN, "1,200.00 元", "1200.00"),
    "unit and minus": (YUAN, "￥-300.00", "-300.00"),
    "minus and unit": (YUAN, "-¥300.00元", "-300.00"),
    "another unit": (YUAN, "$300.00", None),
    "ten thousand": (YUAN, "1.2万元", None),
    "only a unit": (YUAN, "¥", None),
    "nothing": (PLAIN, "", None),
    "a word": (PLAIN, "one", None),
    "a raised digit": (PLAIN, "12\u00b9", None),
    "a circled digit": (PLAIN, "\u2460", None),
    "digits of another script": (PLAIN, "١٢٣", None),
    "an exponent": (PLAIN, "1e5", None),
    "too many digits": (PLAIN, "1" * 19, None),
    "too long": (PLAIN, "1" * 500, None),
    "too many decimals": (PLAIN, "1." + "1" * 11, None),
    "a word that nobody listed": (PLAIN, "5.00 Cr", None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_number(name: str) -> None:
    form, text, expected = CASES[name]
    number = form.read(text)
    assert (None if number is None else number.signed) == (expected and Decimal(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,200.00 Cr", Number(Decimal("1200.00"), "", "Cr")),
        ("Rs 300.00Dr", Number(Decimal("300.00"), "", "Dr")),
        ("Dr 300.00", Number(Decimal("300.00"), "", "Dr")),
        ("-300.00 Dr", Number(Decimal("300.00"), "-", "Dr")),
        ("300.00", Number(Decimal("300.00"), "", "")),
        ("300.00 Cr Dr", None),
        ("300.00 CR", None),
    ],
)
def test_a_word_for_in_or_out_at_a_number(text: str, expected: Number | None) -> None:
    assert MARKED.read(text) == expected


def test_the_word_may_stand_within_the_sign() -> None:
    form = NumberForm(".", ",", negative=("(5.00)",), marks={"D": -1})
    assert form.read("(D 5.00)") == Number(Decimal("5.00"), "-", "D")


def test_an_empty_unit_does_no_harm() -> None:
    assert NumberForm(".", ",", units=("", " ")).read("5.00") == Number(Decimal("5.00"))


@pytest.mark.parametrize(
    ("currency", "most", "has"),
    [("CNY", 2, 2), ("JPY", 2, 0), ("KWD", 3, 3), ("BTC", 2, 2), ("GOLD.G", 10, 2)],
)
def test_the_decimals_of_a_currency(currency: str, most: int, has: int) -> None:
    assert (most_decimals(currency), decimals_of(currency)) == (most, has)


def grouped(digits: str, mark: str, *, indian: bool) -> str:
    groups = [digits[-3:]]
    rest, size = digits[:-3], 2 if indian else 3
    while rest:
        groups.insert(0, rest[-size:])
        rest = rest[:-size]
    return mark.join(groups)


@given(
    st.integers(0, 10**15),
    st.integers(0, 99),
    st.sampled_from([(".", ","), (",", "."), (".", "'"), (",", " ")]),
    st.sampled_from(sorted(NEGATIVE)),
    st.booleans(),
    st.booleans(),
)
def test_what_is_written_in_a_form_is_read_in_it(
    whole: int, cents: int, marks: tuple[str, str], form: str, is_negative: bool, indian: bool
) -> None:
    decimal, thousands = marks
    text = f"{grouped(str(whole), thousands, indian=indian)}{decimal}{cents:02}"
    value = Decimal(f"{whole}.{cents:02}")
    before, behind = NEGATIVE[form]
    written = f"{before}{text}{behind}" if is_negative else text
    number = NumberForm(decimal, thousands, negative=(form,)).read(written)
    assert number is not None
    assert number.signed == (-value if is_negative else value)


@given(st.integers(1, 10**9), st.integers(0, 99))
def test_the_other_convention_is_never_read_as_another_amount(whole: int, cents: int) -> None:
    """Comma and point changed places: refused, or it is the same."""
    text = f"{whole:,}.{cents:02}".translate(str.maketrans(",.", ".,"))
    assert PLAIN.read(text) is None
