"""The credit lines and the forecast on the page: figures, links, filters, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ACCEPT, APPLY, LEDGERS, issue
from tests.support.reader import Reader, query_of, read

if TYPE_CHECKING:
    from pathlib import Path

    from lxml.html import HtmlElement

ALL = LEDGERS / "marketplace" / "all.beancount"
MARCH = {"view": "lines", "time": "2026-03"}
SOON = {"view": "forecast", "time": "2026-03"}


def said(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


@pytest.fixture(scope="module")
def marketplace() -> Reader:
    return Reader(ALL)


# --- Credit lines -----------------------------------------------------------------------


def test_the_lines_of_a_day(marketplace: Reader) -> None:
    keys = ("policyholder", "bank", "limit", "frozen", "drawn", "available", "proof", "count")
    assert [[row[key] for key in keys] for row in marketplace.csv(**MARCH)] == [
        ["LiMing", "QingHe", "5000.00", "3800.00", "0.00", "1200.00", "adds up", "2"],
        ["YunShang", "QingHe", "120000.00", "15900.00", "8000.00", "96100.00", "adds up", "4"],
    ]
    assert "Every line adds up" in marketplace.see(**MARCH).words


@pytest.mark.parametrize(
    ("figure", "behind"),
    [
        ("limit", [("credit-line", "", "5000.00")]),
        ("frozen", [("voucher", "CAR-004", "3800.00")]),
        ("drawn", [("voucher", "FA-001", "320.00"), ("repay", "", "-320.00")]),
        ("place", [("credit-line", "", ""), ("voucher", "FA-001", ""), ("repay", "", ""), ("voucher", "CAR-004", "")]),
    ],
)  # fmt: skip
def test_what_is_behind_a_figure(
    marketplace: Reader, figure: str, behind: list[tuple[str, str, str]]
) -> None:
    query = {**MARCH, "figure": "LiMing QingHe CNY", "kind": figure}
    rows = marketplace.csv(table="line-vouchers", **query)
    found = [(row["entry"], row["voucher"], row.get(figure, "")) for row in rows]
    assert found == behind
    seen = marketplace.see(**query)
    assert "Back to all lines" in seen.words
    assert len(seen.table("lines")) == 2
    assert ("Behind the figures: " in seen.words) == (figure != "place")


def test_each_figure_is_a_link_to_its_vouchers(marketplace: Reader) -> None:
    links = [query_of(link) for link in marketplace.see(**MARCH).links if "kind=" in link]
    assert links[:3] == [
        {**MARCH, "figure": "LiMing QingHe CNY", "kind": kind}
        for kind in ("limit", "frozen", "drawn")
    ]


def test_a_line_that_does_not_add_up(tmp_path: Path) -> None:
    line = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 500.00 CNY\n'
    memo = "Equity:Ann:Memo:CreditLine:Iss"
    odd = f'2026-03-07 * "by hand"\n  {memo}:Frozen  1.00 CNY.MEMO\n  {memo}:Available\n'
    reader = read(tmp_path, line + issue(funding='"credit"') + odd)
    seen = reader.see(**MARCH)
    assert "1 line does not add up." in seen.words
    assert f"{memo}:Frozen holds 101.00, the directives say 100.00" in seen.words
    assert reader.csv(view="lines", filter="^V-1", time="2026-03")[0]["drawn"] == "0.00"
    assert reader.csv(view="lines", filter="^V-2") == []


def test_without_a_line(tmp_path: Path) -> None:
    assert "There is no credit line." in read(tmp_path, issue()).see(view="lines").words


# --- Forecast ---------------------------------------------------------------------------


def test_what_may_be_paid(marketplace: Reader) -> None:
    rows = {row["voucher"]: row for row in marketplace.csv(table="payments", **SOON)}
    keys = ("earliest", "latest", "home", "waits")
    assert [rows["COD-005"][key] for key in keys] == [
        "2026-03-31", "2026-04-10", "2026-04-11", "requires-policy",
    ]  # fmt: skip
    assert [rows["CAR-004"][key] for key in keys] == [
        "2026-03-31", "2026-04-30", "2026-04-03", "acceptance, application",
    ]  # fmt: skip
    insurer = [row for row in marketplace.csv(**SOON) if row["account"] == "Assets:HengXin:LanTian"]
    assert [(row["date"], row["earliest_sum"], row["latest_sum"]) for row in insurer] == [
        ("2026-03-31", "7674.60", "5611.20"),
        ("2026-04-05", "9574.60", "7511.20"),
        ("2026-04-10", "9574.60", "9561.20"),
        ("2026-04-15", "9574.60", "9574.60"),
    ]


def test_how_far_it_looks(marketplace: Reader) -> None:
    assert {row["date"] for row in marketplace.csv(days="7", **SOON)} == {
        "2026-03-31", "2026-04-03", "2026-04-05",
    }  # fmt: skip
    seen = marketplace.see(days="7", **SOON)
    chips = [said(chip) for chip in seen.all(".//ul[@class='chips']//a")]
    assert chips == ["7 days 6", "30 days 6", "90 days 6", "365 days 6"]
    [chosen] = seen.all(".//ul[@class='chips']//a[@aria-current]")
    assert said(chosen) == "7 days 6"
    assert marketplace.csv(days="odd", **SOON) == marketplace.csv(days="30", **SOON)


def test_the_chart_ends_with_all_that_may_be_paid(marketplace: Reader) -> None:
    seen = marketplace.see(**SOON)
    [chart] = seen.all(".//figure[@class='chart']")
    assert said(chart.find("figcaption/b")) == "May be paid"
    assert [said(each) for each in chart.findall(".//span[@class='key']")] == [
        "CNY at the earliest 13,374.60",
        "CNY at the latest 13,374.60",
    ]
    ticks = [said(each) for each in chart.iter() if "2026-" in (each.text or "")]
    assert (ticks[0], ticks[-1]) == ("2026-03-31", "2026-04-30")


def test_the_chart_goes_up_on_the_days_of_the_payments(marketplace: Reader) -> None:
    earliest, latest = marketplace.see(**SOON).all(".//div[@class='plot']/svg/path/@d")
    # of 13,374.60: 11,474.60 on the first day, and 5,611.20 at the latest
    assert earliest.startswith("M0.0,14.2")
    assert latest.startswith("M0.0,58.0")
    assert earliest.endswith("H100")


def test_fava_s_filters_choose_accounts_and_vouchers(marketplace: Reader) -> None:
    rows = marketplace.csv(account="Assets:LiMing", **SOON)
    assert {row["account"] for row in rows} == {"Assets:LiMing:QingHe"}
    found = marketplace.csv(table="payments", filter="^RF-006", **SOON)
    assert [row["voucher"] for row in found] == ["RF-006"]


def test_nothing_to_pay(tmp_path: Path) -> None:
    assert "Nothing is held." in read(tmp_path, "").see(view="forecast").words
    late = read(tmp_path, issue(requires_policy="TRUE") + ACCEPT + APPLY)
    assert not late.see(view="forecast", time="2026-03-09").all(".//figure")
