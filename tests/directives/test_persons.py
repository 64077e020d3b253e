"""Whose name it is, to whoever reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.directives.persons import same_person, shown_name
from tests.support import load

# Two names -> whether they are one.
NAMES = [
    ("Wang", "Wang", True),
    ("Wang", "wANG", True),
    ("Wang", " Wang\t", True),
    ("Wang Li", "Wang\u00a0 \u3000Li", True),
    ("Wang", "Ｗａｎｇ", True),
    ("Straße", "STRASSE", True),
    ("José", "Jose\u0301", True),
    ("Wang", "Wa\u200bng", True),  # zero width space
    ("Wang", "\ufeffWang\u2060", True),
    ("Wang", "W\u00adang", True),  # soft hyphen
    ("Wang", "Wang\u200d\u200c", True),
    ("Wang", "\u202eWang\u202c", True),  # marks of direction
    ("Wang", "Wa\u034fng", True),  # combining grapheme joiner
    ("王", "王\U000e0100", True),  # the same sign in another shape
    ("Wang", "Wang\ufe0f", True),
    ("Wang", "Wang\u3164", True),  # Hangul filler
    ("Wang", "Wang\U000e0041", True),  # tag
    ("Wang", "Wang\x07", True),
    ("Wang Li", "Wang \u200b Li", True),
    ("Wang Li", "Wang\u2800Li", True),  # a Braille cell without a dot
    ("José", "Jose\u200d\u0301", True),
    ("Wang", "Wong", False),
    ("Wang Li", "WangLi", False),
    ("José", "Jose", False),
    ("Müller", "Muller", False),
    ("王", "玉", False),
    ("Wang", "W\u0430ng", False),  # a Cyrillic letter
    ("राम", "रमा", False),
]


@pytest.mark.parametrize(("one", "other", "is_same"), NAMES)
def test_who_is_the_same(one: str, other: str, is_same: bool) -> None:
    assert same_person(one, other) is is_same
    assert same_person(other, one) is is_same


@given(st.text())
def test_a_name_in_its_one_form_is_what_it_is(name: str) -> None:
    assert shown_name(shown_name(name)) == shown_name(name)
    assert same_person(name, "\u200b".join(name))


RECONCILED = """2026-03-31 custom "voucher-reconciled" Assets:Ann:Iss "S-1"
  sha256: "{digest}"
  period-start: 2026-03-01
  closing: 0.00 CNY
  lines: 0
  matched: 0
  differences: 0
  prepared-by: "{prepared}"
  reviewed-by: "{reviewed}"
"""


@pytest.mark.parametrize(
    ("prepared", "reviewed", "codes"),
    [
        ("Lin", "Wang", []),
        ("Lin", "L\u200bin", ["same-person"]),
        ("\u200b", "Wang", ["bad-value"]),
        ("Lin", "\u2800\u3164", ["bad-value"]),
    ],
)
def test_a_reconciliation_is_of_two_people_who_have_names(
    prepared: str, reviewed: str, codes: list[str]
) -> None:
    said = RECONCILED.format(digest="0" * 64, prepared=prepared, reviewed=reviewed)
    assert load(said).codes == codes
