"""What the audit asks of applications and refunds, reckoned by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from beancount_voucher.audit.invariants import examination_findings, refund_findings
from tests.support import ACCEPT, LINES, event, issue, load
from tests.support.lives import directives

# The options, what the voucher does, the day -> what is found, and since when.
EXAMINED: dict[str, tuple[dict[str, str], str, str, list[str]]] = {
    "off": ({}, "03-05 apply", "2026-12-31", []),
    "on the last day": ({"examination-days": "5"}, "03-05 apply", "2026-03-12", []),
    "on the day after": (
        {"examination-days": "5"},
        "03-05 apply",
        "2026-03-13",
        ["2026-03-12 V-1: applied for on 2026-03-05, 6 business days ago"],
    ),
    "a weekend counts with its Friday": (
        {"examination-days": "1"},
        "03-06 apply",
        "2026-03-10",
        ["2026-03-09 V-1: applied for on 2026-03-06, 2 business days ago"],
    ),
    "by the ledger's calendar": (
        {"examination-days": "5", "calendar": "CN"},
        "03-31 apply",
        "2026-04-08",  # the sixth is a holiday
        [],
    ),
    "and the day after": (
        {"examination-days": "5", "calendar": "CN"},
        "03-31 apply",
        "2026-04-09",
        ["2026-04-08 V-1: applied for on 2026-03-31, 6 business days ago"],
    ),
    "without it": (
        {"examination-days": "5"},
        "03-31 apply",
        "2026-04-08",
        ["2026-04-07 V-1: applied for on 2026-03-31, 6 business days ago"],
    ),
    "decided": ({"examination-days": "1"}, "03-05 apply\n03-06 settle", "2026-03-31", []),
    "withdrawn": ({"examination-days": "1"}, "03-05 apply\n03-06 withdraw", "2026-03-31", []),
    "as it was before it was withdrawn": (
        {"examination-days": "1"},
        "03-05 apply\n03-31 withdraw",
        "2026-03-10",
        ["2026-03-06 V-1: applied for on 2026-03-05, 3 business days ago"],
    ),
    "applied for a second time": (
        {"examination-days": "2"},
        "03-05 apply 60.00 CNY\n03-06 settle\n03-09 apply",
        "2026-03-12",
        ["2026-03-11 V-1: applied for on 2026-03-09, 3 business days ago"],
    ),
}


def options(given: dict[str, str]) -> str:
    return "".join(
        f'2026-01-01 custom "voucher-option" "{name}" "{value}"\n' for name, value in given.items()
    )


@pytest.mark.parametrize("name", EXAMINED)
def test_an_application_that_stands_too_long(name: str) -> None:
    given, told, as_of, expected = EXAMINED[name]
    text = options(given) + issue(draws='"multiple"') + ACCEPT + directives(told)
    found = examination_findings(load(text).evaluation, dt.date.fromisoformat(as_of))
    assert [f"{each.date} {each.text}" for each in found] == expected


def test_examination_ends_at_the_end_of_all_days() -> None:
    text = options({"examination-days": "9999"}) + issue(apply_by="9999-12-31") + ACCEPT
    text += event("apply", "9999-12-31")
    assert list(examination_findings(load(text).evaluation, dt.date.max)) == []


# 100.00 CNY, 60.00 of it settled, ten days of cover from 10 March on; the refund -> what it
# should be, if it is something else.
COVER = {"cover-start": "2026-03-10", "cover-end": "2026-03-19"}
REFUNDED: dict[str, tuple[str, list[str]]] = {
    # By the evening of the twelfth 30.00 of 100.00 is earned; 40.00 is not paid.
    "pro rata": ('03-13 refund 30.00 CNY basis="pro-rata"', []),
    "a cent less": (
        '03-13 refund 29.99 CNY basis="pro-rata"',
        ["29.99 is refunded and 0.00 kept; pro-rata is 30.00 and 0.00 CNY"],
    ),
    "pro rata keeps nothing": (
        '03-13 refund 29.00 CNY kept=1.00 CNY basis="pro-rata"',
        ["29.00 is refunded and 1.00 kept; pro-rata is 30.00 and 0.00 CNY"],
    ),
    "from a day before": ('03-15 refund 40.00 CNY from=2026-03-12 basis="pro-rata"', []),
    "before cover": ('03-08 refund 60.00 CNY basis="pro-rata"', []),
    "short rate": ('03-13 refund 27.00 CNY kept=3.00 CNY basis="short-rate 0.90"', []),
    "short rate, a cent to the wrong side": (
        '03-13 refund 27.01 CNY kept=2.99 CNY basis="short-rate 0.90"',
        ["27.01 is refunded and 2.99 kept; short-rate 0.90 is 27.00 and 3.00 CNY"],
    ),
    "half a cent goes away from zero": (
        '03-13 refund 27.02 CNY kept=2.98 CNY basis="short-rate 0.9005"',
        [],
    ),
    "all of it, as short rate": ('03-13 refund 30.00 CNY basis="short-rate 1.00"', []),
    "without a basis anything goes": ("03-13 refund 1.00 CNY", []),
    "a second time nothing is left": (
        '03-13 refund 30.00 CNY basis="pro-rata" reference="A"\n'
        '03-13 refund 1.00 CNY basis="pro-rata" reference="B"',
        ["1.00 is refunded and 0.00 kept; pro-rata is 0.00 and 0.00 CNY"],
    ),
}


@pytest.mark.parametrize("earning", ["none", "monthly", "daily"])
@pytest.mark.parametrize("name", REFUNDED)
def test_a_refund_against_its_basis(name: str, earning: str) -> None:
    told, expected = REFUNDED[name]
    text = options({"earning": earning}) + issue(draws='"multiple"', **COVER) + ACCEPT
    text += directives("03-04 apply 60.00 CNY\n03-05 settle\n")
    text += "".join(each + '  reason: "sold"\n' for each in map(directives, told.splitlines()))
    ledger = load(text)
    if earning != "none" and name.startswith("a second time"):
        assert ledger.codes == ["exceeds-unearned"]
        return
    assert ledger.errors == []
    found = [each.text.removeprefix("V-1: ") for each in refund_findings(ledger.evaluation)]
    assert found == expected


def test_what_is_refunded_after_an_amendment_is_reckoned_by_the_layers() -> None:
    """100.00 over ten days, 9.00 more over the last nine: by the evening of the 12th 32.00."""
    told = """
        03-10 amend 1 109.00 CNY
        03-11 consent 1 by="Ins"
        03-11 apply
        03-11 settle
        03-13 refund 77.00 CNY reason="sold" basis="pro-rata"
    """
    text = issue(draws='"multiple"', **COVER) + ACCEPT + directives(told)
    ledger = load(text)
    assert ledger.errors == []
    assert list(refund_findings(ledger.evaluation)) == []


def test_what_was_never_issued_is_examined_by_nobody() -> None:
    terms: dict[str, Any] = {"kind": "request"}
    text = options({"examination-days": "1"}) + LINES + issue(**terms)
    evaluation = load(text).evaluation
    assert list(examination_findings(evaluation, dt.date.max)) == []
    assert list(refund_findings(evaluation)) == []
