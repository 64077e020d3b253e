"""What no directive states, reckoned by hand: when a premium is recognised, in cover, and earned.

The premium is 100.00 CNY, issued on 2 March 2026 for a cover that each table gives.
"""

from __future__ import annotations

import pytest

from tests.support import LINES, issue, load
from tests.support.lives import directives

TEN_DAYS = {"cover-start": "2026-03-10", "cover-end": "2026-03-19"}
TEN_LAST = {"cover-start": "2026-03-22", "cover-end": "2026-03-31"}
TWENTY = {"cover-start": "2026-03-22", "cover-end": "2026-04-10"}
DAILY = {"earning": "daily"}
MONTHLY = {"earning": "monthly"}

# Terms, options, lines, and what is derived.
LIVES: dict[str, tuple[dict[str, str], dict[str, str], str, str]] = {
    "day by day, until a notice of return": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-13 return
        03-15 void reason="insurance-returned"
        """,
        """
        03-10 recognise 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 earn 10.00
        03-15 void reversed 30.00
        """,
    ),
    "a notice of return on a month's last day": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-31 apply
        03-31 return
        04-01 void reason="insurance-returned"
        """,
        """
        03-22 recognise 100.00
        03-31 earn 90.00
        04-01 void reversed 90.00
        """,
    ),
    "a notice that is refused ends nothing": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-31 return by="Acc"
        04-01 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        """,
    ),
    "a refund on a month's last day": (
        TWENTY,
        MONTHLY,
        """
        03-03 accept
        03-24 apply
        03-25 settle
        03-31 refund 20.00 CNY reason="less"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-30 earn 45.00
        03-31 earn 5.00
        03-31 refund reversed 1.82
        04-10 earn 31.82
        """,
    ),
    "a refund after a day on which all was posted": (
        TWENTY,
        MONTHLY,
        """
        03-03 accept
        03-24 apply
        03-25 settle
        04-01 refund 50.00 CNY reason="less"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 50.00
        """,
    ),
    "two refunds of one day": (
        TWENTY,
        MONTHLY,
        """
        03-03 accept
        03-24 apply
        03-25 settle
        03-29 refund 10.00 CNY reason="less" reference="A"
        03-29 refund 10.00 CNY reason="less" reference="B"
        """,
        """
        03-22 recognise 100.00
        03-28 earn 35.00
        """,
    ),
    "a refund from a day before its own": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-15 refund 41.00 CNY reason="less" from=2026-03-11
        03-16 close
        """,
        """
        03-10 cover 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 earn 10.00
        03-13 earn 10.00
        03-14 earn 10.00
        03-15 earn 10.00
        03-15 refund reversed 22.78
        03-16 earn 5.45
        """,
    ),
    "a refund of what is still in advance": (
        TEN_DAYS,
        MONTHLY,
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 refund 20.00 CNY reason="less" kept=5.00 CNY
        03-31 close
        """,
        """
        03-10 cover 35.00
        03-10 recognise 40.00
        03-19 earn 75.00
        """,
    ),
    "all of an advance given back": (
        TEN_DAYS,
        MONTHLY,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-06 refund 100.00 CNY reason="nothing is insured"
        03-31 close
        """,
        "",
    ),
    "recognised at the first settlement": (
        {**TWENTY, "apply-by": "2026-04-30"},
        {**MONTHLY, "recognise-at": "settle"},
        """
        03-03 accept
        04-02 apply 60.00 CNY
        04-03 settle
        04-04 apply
        04-05 settle
        04-30 close
        """,
        """
        04-10 earn 100.00
        """,
    ),
    "settled on the day on which it would be posted": (
        TWENTY,
        {**MONTHLY, "recognise-at": "settle"},
        """
        03-03 accept
        03-30 apply
        03-31 settle
        04-30 close
        """,
        """
        04-10 earn 100.00
        """,
    ),
    "in debit before it is paid": (
        TWENTY,
        {**MONTHLY, "recognise-at": "settle"},
        """
        03-03 accept
        03-24 apply 20.00 CNY
        03-25 settle
        03-31 close
        """,
        """
        03-31 earn 50.00
        """,
    ),
    "recognised at acceptance, before cover": (
        TWENTY,
        {**MONTHLY, "recognise-at": "accept"},
        """
        02-03 accept
        03-03 accept
        03-31 close
        """,
        """
        03-03 recognise 100.00
        03-31 earn 50.00
        """,
    ),
    "a release after the end of cover": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-24 apply 60.00 CNY
        03-25 settle
        04-15 release
        05-31 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        04-15 release reversed 40.00
        """,
    ),
    "a release below what is earned, and later days": (
        TWENTY,
        DAILY,
        """
        03-03 accept
        03-24 apply 10.00 CNY
        03-25 settle
        03-26 release by="Ins"
        03-28 close
        """,
        """
        03-22 recognise 100.00
        03-22 earn 5.00
        03-23 earn 5.00
        03-24 earn 5.00
        03-25 earn 5.00
        03-26 earn 5.00
        03-26 release reversed 15.00
        """,
    ),
    "an increase over the days that are left": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-26 amend 1 130.00 CNY
        03-27 consent 1 by="Ins"
        03-30 amend 2 128.00 CNY
        03-30 consent 2 by="Ins"
        03-31 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 128.00
        """,
    ),
    "an increase after the end of cover": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        04-10 close
        03-31 amend 1 130.00 CNY apply-by=2026-04-30
        03-31 consent 1 by="Ins"
        04-05 amend 2 140.00 CNY
        04-06 consent 2 by="Ins"
        05-31 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 130.00
        04-30 earn 10.00
        """,
    ),
    "a longer cover": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-27 amend 1 cover-end=2026-04-05
        03-27 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 75.00
        04-05 earn 25.00
        """,
    ),
    "a later cover, before it starts": (
        TEN_DAYS,
        MONTHLY,
        """
        03-03 accept
        03-05 amend 1 110.00 CNY cover-start=2026-03-27 cover-end=2026-04-05
        03-06 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-27 recognise 110.00
        03-31 earn 55.00
        04-05 earn 55.00
        """,
    ),
    "a longer cover, when all is earned": (
        {**TEN_LAST, "apply-by": "2026-04-30"},
        MONTHLY,
        """
        03-03 accept
        04-02 amend 1 cover-end=2026-04-10
        04-03 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        """,
    ),
    "an end of cover that is agreed later": (
        {"cover-start": "2026-03-22"},
        MONTHLY,
        """
        03-03 accept
        03-25 amend 1 cover-end=2026-04-03
        03-25 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 70.00
        04-03 earn 30.00
        """,
    ),
    "no end of cover, no earning": (
        {"cover-start": "2026-03-22"},
        MONTHLY,
        """
        03-03 accept
        03-25 amend 1 120.00 CNY
        03-25 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        """,
    ),
    "a cover of one day": (
        {"cover-start": "2026-03-31", "cover-end": "2026-03-31"},
        MONTHLY,
        """
        03-03 accept
        04-30 close
        """,
        """
        03-31 recognise 100.00
        03-31 earn 100.00
        """,
    ),
    "a leap year": (
        {"cover-start": "2027-12-31", "cover-end": "2028-03-09", "apply-by": "2028-03-31"},
        MONTHLY,
        """
        03-03 accept
        2028-03-31 close
        """,
        """
        12-31 recognise 100.00
        12-31 earn 1.43
        01-31 earn 44.28
        02-29 earn 41.43
        03-09 earn 12.86
        """,
    ),
    "agreed to nothing": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-11 amend 1 0.00 CNY
        03-12 consent 1 by="Ins"
        """,
        """
        03-10 recognise 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 effect reversed 20.00
        """,
    ),
    "agreed down to what is settled, all of it earned": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-11 apply 15.00 CNY
        03-11 settle
        03-12 amend 1 15.00 CNY
        03-12 consent 1 by="Ins"
        03-14 close
        """,
        """
        03-10 recognise 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 effect reversed 5.00
        """,
    ),
    "a settlement of a part that ends it": (
        {**TEN_LAST, "draws": '"single"', "apply-by": "2026-04-30"},
        MONTHLY,
        """
        03-03 accept
        04-01 apply
        04-02 settle 60.00 CNY
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        04-02 settle reversed 40.00
        """,
    ),
    "rejected or void before anything is earned": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-04 return
        03-05 void reason="insurance-returned"
        """,
        "",
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_what_is_derived(name: str) -> None:
    terms, options, told, expected = LIVES[name]
    assert derived(terms, options, told) == [line.strip() for line in expected.strip().splitlines()]


def derived(terms: dict[str, str], options: dict[str, str], told: str) -> list[str]:
    text = LINES + "".join(
        f'2026-01-01 custom "voucher-option" "{name}" "{value}"\n'
        for name, value in options.items()
    )
    text += issue(**{"draws": '"multiple"', **terms}) + directives(told)
    found = []
    for event in load(text).evaluation.vouchers["V-1"].events:
        day = f"{event.date:%m-%d} {event.kind}"
        if event.kind in ("recognise", "cover", "earn"):
            found.append(f"{day} {event.amount}")
        elif event.change is not None and event.change.unearned:
            found.append(f"{day} reversed {event.change.unearned}")
    return found


def test_what_is_earned_has_the_decimals_of_its_amounts() -> None:
    cover = {"cover-start": "2026-03-30", "cover-end": "2026-04-02", "apply-by": "2026-04-30"}
    text = LINES + '2026-01-01 custom "voucher-option" "earning" "daily"\n'
    text += issue("V-1", "97 CNY", **cover) + directives(
        """
        03-03 accept
        04-01 apply
        04-01 settle
        04-02 refund 1.0 CNY reason="less" kept=0.125 CNY
        """
    )
    events = load(text).evaluation.vouchers["V-1"].events
    earned = [str(event.amount) for event in events if event.kind == "earn"]
    assert earned == ["24", "25", "24", "24"]
    assert [str(event.change.unearned) for event in events if event.kind == "refund"] == ["1.125"]  # type: ignore[union-attr]
