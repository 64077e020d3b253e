"""What an amendment and a refund mean, however they are written; the same is said once."""

from __future__ import annotations

import pytest

from tests.support import ACCEPT, APPLY, SETTLE, event, issue, load

# The first, another of its day -> the codes of both.
PAIRS = {
    "who asks for it is left out once": (
        event("amend", "2026-03-04", "1", "120.00 CNY"),
        event("amend", "2026-03-04", "1", "120.00 CNY", requested_by='"Ann"'),
        ["duplicate"],
    ),
    "somebody else asks": (
        event("amend", "2026-03-04", "1", "120.00 CNY"),
        event("amend", "2026-03-04", "1", "120.00 CNY", requested_by='"Ins"'),
        ["duplicate", "duplicate"],
    ),
    "an unchanged amount is left out once": (
        event("amend", "2026-03-04", "1", product='"hail"'),
        event("amend", "2026-03-04", "1", "100.00 CNY", product='"hail"'),
        ["duplicate"],
    ),
    "another number": (
        event("amend", "2026-03-04", "1", product='"hail"'),
        event("amend", "2026-03-04", "2", product='"hail"'),
        ["out-of-order"],
    ),
    "two people consent": (
        event("consent", "2026-03-04", "1", by='"Ann"'),
        event("consent", "2026-03-04", "1", by='"Ins"'),
        ["out-of-order", "out-of-order"],
    ),
    "one consents twice": (
        event("consent", "2026-03-04", "1", by='"Ins"'),
        event("consent", "2026-03-04", "1", by='"Ins"'),
        ["duplicate", "out-of-order"],
    ),
}
REFUNDS = {
    "from its own date is from no date": (
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"'),
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"', **{"from": "2026-03-09"}),
        ["duplicate"],
    ),
    "from another": (
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"'),
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"', **{"from": "2026-03-08"}),
        ["duplicate", "duplicate"],
    ),
    "of another payment": (
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"'),
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"', reference='"A"'),
        [],
    ),
    "to another account": (
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"'),
        event("refund", "2026-03-09", "10.00 CNY", reason='"r"', to='"bank"'),
        [],
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_of_a_day(name: str) -> None:
    one, other, codes = PAIRS[name]
    assert sorted(load(issue() + ACCEPT + one + other).codes) == codes


@pytest.mark.parametrize("name", REFUNDS)
def test_two_refunds_of_a_day(name: str) -> None:
    one, other, codes = REFUNDS[name]
    assert sorted(load(issue() + ACCEPT + APPLY + SETTLE + one + other).codes) == codes


def test_of_what_was_only_requested_nobody_is_the_policyholder() -> None:
    asked = issue(kind="request")
    ledger = load(asked + PAIRS["who asks for it is left out once"][0] * 2)
    assert sorted(ledger.codes) == ["duplicate", "out-of-order"]
