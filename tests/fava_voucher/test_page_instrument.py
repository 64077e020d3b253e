"""The page of the whole instrument: amendments, draws, unearned premium, consent that is due."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from fava.util.date import Month

import fava_voucher
from fava_voucher.charts import charts, days
from tests.support import LEDGERS, LINES, event, issue, load
from tests.support.lives import directives
from tests.support.reader import Reader, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: dt.date(2026, 8, 31))


@pytest.fixture(scope="module")
def worked() -> Reader:
    return Reader(LEDGERS / "instrument" / "ledger.beancount")


# Day -> the table of amendments, but for its source.
AMENDMENTS = {
    "2026-03-26": [
        "1|2026-03-25|LiMing|a second car|amount: 3,650.00 CNY → 4,322.00 CNY|open|||"
        "Sunrise since 2026-03-25",
    ],
    "2026-04-01": [
        "1|2026-03-25|LiMing|a second car|amount: 3,650.00 CNY → 4,322.00 CNY|in force|2026-03-30|"
        "Sunrise 2026-03-30|",
        "2|2026-03-31|Sunrise|no claims|amount: 4,322.00 CNY → 3,987.00 CNY|in force|2026-03-31|"
        "LiMing 2026-03-31|",
    ],
}


@pytest.mark.parametrize("day", AMENDMENTS)
def test_the_amendments_of_a_voucher(worked: Reader, day: str) -> None:
    seen = worked.see(view="voucher", voucher="V-CASH", time=f"{day}")
    head, *rows = seen.table("amendments")
    assert head[5:9] == ["outcome", "since", "consents", "consent due"]
    assert ["|".join(row[:-1]) for row in rows] == AMENDMENTS[day]


def test_each_draw_with_its_settlement(worked: Reader) -> None:
    _, *rows = worked.see(view="voucher", voucher="V-CREDIT").table("draws")
    assert [row[:7] for row in rows] == [
        ["1", "2026-04-05", "1,500.00", "CNY", "settled", "2026-04-05", "1,500.00"],
        ["2", "2026-04-10", "2,000.00", "CNY", "settled", "2026-04-10", "2,000.00"],
    ]
    assert all(row[7] and row[8] and row[7] != row[8] for row in rows)


def test_the_unearned_premium_by_month(worked: Reader) -> None:
    _, *rows = worked.see(view="voucher", voucher="V-CASH").table("unearned-premium")
    assert rows == [
        ["2026-03-31", "0.00", "3,987.00", "313.00", "0.00", "3,674.00"],
        ["2026-04-30", "3,674.00", "0.00", "330.00", "0.00", "3,344.00"],
        ["2026-05-31", "3,344.00", "-487.00", "291.34", "0.00", "2,565.66"],
        ["2026-06-30", "2,565.66", "0.00", "281.94", "0.00", "2,283.72"],
        ["2026-07-31", "2,283.72", "0.00", "263.14", "2,020.58", "0.00"],
    ]
    exported = worked.csv(view="voucher", voucher="V-CASH", table="unearned-premium")
    assert [(row["ends"], row["closing"]) for row in exported][-1] == ("2026-07-31", "0.00")


def test_the_state_tells_what_was_given_back_and_earned(worked: Reader) -> None:
    words = worked.see(view="voucher", voucher="V-CASH").words
    for part in ("refunded 1,818.52 CNY", "kept 202.06 CNY", "earned 1,479.42 CNY"):
        assert part in words
    assert "consent due Sunrise" in worked.see(
        view="voucher", voucher="V-CASH", time="2026-03-26"
    ).words.replace("consent due", "consent due", 1)
    assert (
        "offered 672.00 CNY"
        in worked.see(view="voucher", voucher="V-CASH", time="2026-03-26").words
    )


def test_a_plain_voucher_has_none_of_these_tables(tmp_path: Path) -> None:
    seen = read(tmp_path, issue()).see(view="voucher", voucher="V-1")
    for name in ("amendments", "draws", "unearned-premium"):
        assert seen.table(name) == []
    assert "Amendments" not in seen.words


WAITING = (
    LINES
    + issue("V-2")
    + issue("V-3")
    + event("amend", "2026-03-03", "1", "120.00 CNY", voucher="V-2", requested_by='"Ins"')
    + event("amend", "2026-03-03", "1", "120.00 CNY", voucher="V-3")
)


def test_the_register_is_narrowed_to_what_waits_for_consent(tmp_path: Path) -> None:
    reader = read(tmp_path, WAITING)
    chips = [" ".join(each.text_content().split()) for each in reader.see().all(".//ul/li/a")]
    assert "consent due 1 · 100.00 CNY" in chips
    assert reader.ids(state="consent due") == ["V-2"]
    seen = reader.see(state="consent due")
    assert [row[0] for row in seen.table("register")[1:]] == ["V-2"]


def test_nobodys_consent_is_due(tmp_path: Path) -> None:
    assert "consent due" not in read(tmp_path, issue()).see().words


def test_hidden_amounts_stay_hidden_in_what_an_amendment_changes(tmp_path: Path) -> None:
    words = read(tmp_path, WAITING, incognito=True).see(view="voucher", voucher="V-2").words
    assert "amount: XXX.XX CNY → XXX.XX CNY" in words
    assert "120.00" not in words


FROZEN = """
    03-03 accept
    03-04 amend 1 120.00 CNY
    03-05 consent 1 by="Ins"
    03-06 amend 2 150.00 CNY
    03-07 decline 2 by="Ins"
    03-08 amend 3 90.00 CNY
    03-09 consent 3 by="Ins"
    03-10 apply 30.00 CNY
    03-11 settle
    03-12 amend 4 95.00 CNY
    03-13 release by="Ins"
"""


def test_what_is_frozen_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fava_voucher.charts.gettext", str)  # no request, no language
    text = issue(draws='"multiple"') + directives(FROZEN)
    vouchers = load(text).evaluation.vouchers.values()
    march = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
    frozen = charts(days(vouchers, march[1]), *march, Month)[0]["data"]
    assert [(f"{each['date']:%d}", *each["balance"].values()) for each in frozen] == [
        ("01", 0),
        ("02", 100),
        ("04", 120),
        ("06", 150),
        ("07", 120),
        ("09", 90),
        ("11", 60),
        ("12", 65),
        ("13", 0),
        ("31", 0),
    ]
