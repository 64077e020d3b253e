"""What a person reads of amendments, draws and premium, on several days of a life."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.views.instrument import amendments, draws, roll_forward
from tests.support import LINES, issue, load
from tests.support.lives import directives

LIFE = """
    03-03 amend 1 120.00 CNY requested-by="Iss" reason="a second car"
    03-04 accept
    03-05 consent 1 by="Ins"
    03-06 decline 1 by="Ann"
    03-07 amend 2 apply-by=2026-04-30 requires-policy=TRUE product="hail"
    03-08 consent 2 by="Ins"
    03-09 amend 3 130.00 CNY drop="requires-policy" requested-by="Ins"
    03-10 consent 3 by="Ann"
    03-11 amend 4 140.00 CNY
    05-01 void reason="no-application"
"""

# Day -> number, outcome, since; changes; who consented when, and whose consent is due since when.
ON = {
    3: [
        (1, "open", None, ["amount: 100.00 CNY > 120.00 CNY"], "Ann due 2026-03-03"),
    ],
    4: [
        (
            1,
            "open",
            None,
            ["amount: 100.00 CNY > 120.00 CNY"],
            "Ann due 2026-03-03, Ins due 2026-03-04",
        ),
    ],
    5: [
        (
            1,
            "open",
            None,
            ["amount: 100.00 CNY > 120.00 CNY"],
            "Ann due 2026-03-03, Ins 2026-03-05",
        ),
    ],
    11: [
        (
            1,
            "declined",
            "2026-03-06",
            ["amount: 100.00 CNY > 120.00 CNY"],
            "Ann due 2026-03-03, Ins 2026-03-05",
        ),
        (
            2,
            "in force",
            "2026-03-08",
            [
                "apply-by: 2026-03-31 > 2026-04-30",
                "product: None > hail",
                "requires-policy: None > TRUE",
            ],
            "Ins 2026-03-08",
        ),
        (
            3,
            "in force",
            "2026-03-10",
            ["amount: 100.00 CNY > 130.00 CNY", "requires-policy: TRUE > None"],
            "Ann 2026-03-10",
        ),
        (4, "open", None, ["amount: 130.00 CNY > 140.00 CNY"], "Ins due 2026-03-11"),
    ],
}


@pytest.mark.parametrize("day", ON)
def test_amendments_on_a_day(day: int) -> None:
    voucher = load(issue() + directives(LIFE)).evaluation.vouchers["V-1"]
    found = [
        (
            each.number,
            each.outcome,
            None if each.decided is None else str(each.decided),
            [f"{key}: {old} > {new}" for key, old, new in each.changes],
            ", ".join(
                f"{asked.party} {asked.consented or f'due {asked.since}'}" for asked in each.asked
            ),
        )
        for each in amendments(voucher, dt.date(2026, 3, day))
    ]
    assert found == ON[day]


def test_who_asked_and_why_and_what_lapses() -> None:
    voucher = load(issue() + directives(LIFE)).evaluation.vouchers["V-1"]
    first, *_, last = amendments(voucher, dt.date(2026, 5, 1))
    assert (first.requested_by, first.reason, first.offered) == (
        "Iss",
        "a second car",
        dt.date(2026, 3, 3),
    )
    assert (last.requested_by, last.reason, last.outcome) == ("Ann", None, "lapsed")
    assert [each.party for each in last.due] == ["Ins"]


def test_a_voucher_without_amendments_has_none() -> None:
    ledger = load(issue() + issue("V-2", kind="request"))
    for voucher in ledger.evaluation.vouchers.values():
        assert amendments(voucher, dt.date.max) == []
        assert draws(voucher, dt.date.max) == []
        assert roll_forward(voucher, dt.date.max) == []


DRAWN = """
    03-03 accept
    03-04 apply 60.00 CNY
    03-05 apply 50.00 CNY policy="P-1"
    03-06 settle 40.00 CNY
    03-07 apply
    03-09 discrepancy reason="no policy"
    03-10 apply 10.00 CNY policy="P-2"
    03-11 withdraw
    03-12 apply
    03-13 return
    03-14 release
"""


def test_each_application_and_what_became_of_it() -> None:
    terms = {"draws": '"multiple"', "on-unmet": '"represent"', "requires-policy": "TRUE"}
    voucher = load(issue(**terms) + directives(DRAWN)).evaluation.vouchers["V-1"]
    found = [
        (each.number, f"{each.applied:%m-%d}", str(each.amount), each.outcome)
        + (("", "") if each.decided is None else (f"{each.decided:%m-%d}", str(each.paid or "")))
        for each in draws(voucher, dt.date(2026, 3, 31))
    ]
    assert found == [
        (1, "03-04", "60.00 CNY", "replaced", "03-05", ""),
        (2, "03-05", "50.00 CNY", "settled", "03-06", "40.00 CNY"),
        (3, "03-07", "60.00 CNY", "turned down", "03-09", ""),
        (4, "03-10", "10.00 CNY", "withdrawn", "03-11", ""),
        (5, "03-12", "60.00 CNY", "not paid", "03-14", ""),
    ]
    [open_one] = draws(voucher, dt.date(2026, 3, 4))
    assert (open_one.outcome, open_one.decided, open_one.decided_at) == ("open", None, None)


COVER = {"cover-start": "2026-03-22", "cover-end": "2026-06-29", "draws": '"multiple"'}
# Options, lines -> the months: opening, added, earned, refunded, closing. The cover has 100 days.
MONTHS = {
    "recognised, drawn, released, refunded": (
        "",
        """
        03-03 accept
        03-24 apply 80.00 CNY
        03-25 settle
        04-01 release
        04-21 refund 20.00 CNY reason="less" kept=5.00 CNY
        07-31 close
        """,
        """
        2026-03-31 0.00 100.00 10.00 0.00 90.00
        2026-04-30 90.00 -20.00 19.76 25.00 25.24
        2026-05-31 25.24 0.00 13.04 0.00 12.20
        2026-06-30 12.20 0.00 12.20 0.00 0.00
        """,
    ),
    "drawn in advance, the rest recognised, amended": (
        "",
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-30 amend 1 109.00 CNY
        03-31 consent 1 by="Ins"
        04-30 close
        """,
        """
        2026-03-31 0.00 109.00 10.10 0.00 98.90
        2026-04-30 98.90 0.00 32.97 0.00 65.93
        """,
    ),
    "nothing before the first settlement, and a month without anything": (
        '"recognise-at" "settle"',
        """
        03-03 accept
        03-04 apply 30.00 CNY
        03-05 settle
        03-06 refund 30.00 CNY reason="less"
        05-31 apply
        03-30 apply 10.00 CNY
        05-02 settle
        05-31 close
        """,
        """
        2026-03-31 0.00 30.00 7.00 30.00 -7.00
        2026-04-30 -7.00 0.00 21.00 0.00 -28.00
        2026-05-31 -28.00 10.00 21.70 0.00 -39.70
        """,
    ),
    "void, all is reversed": (
        "",
        """
        03-03 accept
        04-05 return
        04-06 void reason="insurance-returned"
        """,
        """
        2026-03-31 0.00 100.00 10.00 0.00 90.00
        2026-04-30 90.00 -100.00 -10.00 0.00 0.00
        """,
    ),
    "single: what is left goes home": (
        "",
        """
        03-02 amend 1 draws="single"
        03-03 accept
        03-24 apply
        03-25 settle 90.00 CNY
        03-31 close
        """,
        """
        2026-03-31 0.00 90.00 9.28 0.00 80.72
        """,
    ),
}


@pytest.mark.parametrize("name", MONTHS)
def test_the_unearned_premium_month_by_month(name: str) -> None:
    option, told, expected = MONTHS[name]
    text = LINES + '2026-01-01 custom "voucher-option" "earning" "monthly"\n'
    if option:
        text += f'2026-01-01 custom "voucher-option" {option}\n'
    voucher = load(text + issue(**COVER) + directives(told)).evaluation.vouchers["V-1"]
    found = [
        " ".join(map(str, (*month, month.closing)))
        for month in roll_forward(voucher, dt.date(2026, 12, 31))
    ]
    assert found == [line.strip() for line in expected.strip().splitlines()]
