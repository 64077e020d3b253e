"""What happened in Fava's period: the switch, the figures and their links, exports and print."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING

import pytest
from beancount import loader
from beancount.core.data import Transaction
from click.testing import CliRunner

import fava_voucher
from beancount_voucher.cli import main
from tests.support import ACCEPT, HAPPY, LEDGERS, event, issue
from tests.support.reader import Reader, query_of, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.reader import Seen

ALL = LEDGERS / "marketplace" / "all.beancount"
FEBRUARY = {"time": "2026-02", "within": "period"}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: dt.date(2026, 6, 1))


@pytest.fixture(scope="module")
def marketplace() -> Reader:
    return Reader(ALL)


def chips(seen: Seen) -> dict[str, dict[str, str]]:
    """What each chip says, and where it leads."""
    return {
        " ".join(chip.text_content().split()): query_of(chip.get("href"))
        for chip in seen.all(".//ul[@class='chips']//a")
    }


def modes(seen: Seen) -> list[tuple[str, bool, dict[str, str]]]:
    links = seen.all(".//nav[@class='modes']/a")
    return [(a.text, a.get("aria-current") is not None, query_of(a.get("href"))) for a in links]


# --- Which of the two -------------------------------------------------------------------


def test_the_page_says_which_of_the_two_it_shows(marketplace: Reader) -> None:
    """January's 18,332.50 are in what was paid by the end of February, and not in February."""
    end = marketplace.see(time="2026-02", state="settled")
    assert [(text, shown) for text, shown, _ in modes(end)] == [
        ("As of 2026-02-28, the end of 2026-02", True), ("What happened in 2026-02", False),
    ]  # fmt: skip
    assert "settled 6 · 34,572.50 CNY · paid 33,792.50 CNY" in chips(end)
    assert end.words.split("Show all")[0].endswith(
        "As of 2026-02-28 · Period 2026-02 · State settled · "
    )
    [_, (_, _, switch)] = modes(end)
    assert switch == {"time": "2026-02", "state": "settled", "within": "period"}
    within = marketplace.see(**switch)
    assert [shown for _, shown, _ in modes(within)] == [False, True]
    assert "settled 3 · 15,740.00 CNY · paid 15,460.00 CNY" in chips(within)
    assert "paid 3 · 15,460.00 CNY" in chips(within)
    assert (
        "What happened from 2026-02-01 to 2026-02-28 · Period 2026-02 · State settled"
        in within.words
    )
    assert modes(within)[0][2] == {"time": "2026-02", "state": "settled"}


def test_without_a_period_there_is_nothing_to_choose(marketplace: Reader) -> None:
    seen = marketplace.see(within="period")
    assert (modes(seen), "As of 2026-06-01" in seen.words) == ([], True)
    assert modes(marketplace.see(time="2026-02", within="nonsense"))[0][1]


def test_what_is_chosen_is_kept_by_the_other_filters(marketplace: Reader) -> None:
    seen = marketplace.see(**FEBRUARY, state="settled", moved="paid", search="cargo")
    leads = [query_of(link) for link in seen.links if "/extension/Vouchers/" in link]
    kept = [each for each in leads if "voucher" not in each and each.get("view") != "help"]
    without = [each for each in kept if each.get("within") != "period"]
    assert (without, len(kept) > 20) == (
        [{"time": "2026-02", "state": "settled", "search": "cargo"}],
        True,
    )
    assert {each["within"] for each in leads if "voucher" in each} == {"period"}
    hidden = seen.all(".//form[@role='search']/input[@type='hidden']")
    assert {each.get("name"): each.get("value") for each in hidden} == {
        "time": "2026-02", "state": "settled", "within": "period", "moved": "paid",
    }  # fmt: skip


@pytest.mark.parametrize("period", ["2026-01", "2026-02", "2026-Q1", "2026"])
def test_the_register_of_a_period_is_the_commands(marketplace: Reader, period: str) -> None:
    listing = ["-f", str(ALL), "list", "--format", "json", "--period", period]
    said = json.loads(CliRunner().invoke(main, listing).stdout)
    shown = marketplace.csv(time=period, within="period")
    assert [row["id"] for row in shown] == [each["id"] for each in said]
    for row, wanted in zip(shown, said, strict=True):
        for key in row.keys() & wanted.keys():
            assert row[key] == (wanted[key] or "")
        assert len(row.keys() & wanted.keys()) > 10


# --- Figures and what is behind them ----------------------------------------------------

BEHIND = {
    "opening": ["CAR-001"], "issued": ["AS-004", "CAR-002", "CG-002", "CG-004", "RF-003", "RF-004"],
    "paid": ["AS-004", "CAR-001", "CG-004"], "released": ["AS-004"],
    "voided": ["CAR-002", "CG-002", "RF-003", "RF-004"], "closing": [],
}  # fmt: skip


def test_each_figure_of_the_roll_forward_leads_to_its_vouchers(marketplace: Reader) -> None:
    seen = marketplace.see(**FEBRUARY)
    assert seen.table("rolled") == [
        ["figure", "cash CNY", "credit CNY"], ["opening", "4,860.00", "0.00"],
        ["+ issued", "22,324.90", "15,040.00"], ["− paid", "15,460.00", "0.00"],
        ["− released", "280.00", "0.00"], ["− voided", "11,444.90", "15,040.00"],
        ["closing", "0.00", "0.00"],
    ]  # fmt: skip
    links = [str(link) for link in seen.all(".//table[contains(@class, 'rolled')]//td[1]/a/@href")]
    for link, (line, vouchers) in zip(links, BEHIND.items(), strict=True):
        query = query_of(link)
        assert query["moved"] == f"{line}:cash:CNY"
        assert marketplace.ids(**query) == vouchers
        assert f"Figure {line} cash CNY" in marketplace.see(**query).words
        current = marketplace.see(**query).all(
            ".//table[contains(@class, 'rolled')]//a[@aria-current]"
        )
        assert len(current) == 1


def test_a_figures_chip_shows_its_vouchers(marketplace: Reader) -> None:
    said = chips(marketplace.see(**FEBRUARY))
    assert list(said) == [
        "all 12", "settled 3 · 15,740.00 CNY · paid 15,460.00 CNY", "voided 9 · 26,484.90 CNY",
        "all that happened 12", "issued 11 · 37,364.90 CNY", "accepted 6 · 23,560.00 CNY",
        "settled 3 · 15,740.00 CNY", "paid 3 · 15,460.00 CNY", "released 1 · 280.00 CNY",
    ]  # fmt: skip
    assert said["paid 3 · 15,460.00 CNY"] == {"moved": "paid"} | FEBRUARY
    assert said["voided 9 · 26,484.90 CNY"] == {"moved": "voided"} | FEBRUARY  # not the state's
    assert marketplace.ids(**FEBRUARY, moved="paid") == BEHIND["paid"]
    assert marketplace.ids(**FEBRUARY, moved="nonsense") == []
    assert "Figure nonsense" in marketplace.see(**FEBRUARY, moved="nonsense").words


def test_rare_lines_stand_where_something_is_in_them(tmp_path: Path) -> None:
    offer = event("amend", "2026-03-10", "1", "120.00 CNY").replace('"1"', "1")
    reader = read(tmp_path, issue() + ACCEPT + offer)
    seen = reader.see(time="2026-03", within="period")
    assert ["+ increased", "20.00"] in seen.table("rolled")
    assert "increased" in seen.table("register")[0]
    nothing = reader.see(time="2026-02", within="period")
    assert nothing.all(".//table[contains(@class, 'rolled')]") == []


def test_credit_that_was_only_asked_for_is_not_rolled(tmp_path: Path) -> None:
    seen = read(tmp_path, issue(kind="request")).see(time="2026-03", within="period")
    assert (seen.all(".//table[contains(@class, 'rolled')]"), "V-1" in seen.words) == ([], True)


# --- Exports, print, totals -------------------------------------------------------------


def test_exports_are_of_the_period(marketplace: Reader) -> None:
    seen = marketplace.see("export.csv", **FEBRUARY, table="roll-forward")
    name = "roll-forward-2026-02-01-to-2026-02-28.csv"
    assert seen.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    rows = list(csv.DictReader(io.StringIO(seen.text[1:])))
    assert [(row["funding"], row["paid"], row["closing"]) for row in rows] == [
        ("cash", "15460.00", "0.00"), ("credit", "0.00", "0.00"),
    ]  # fmt: skip
    text = marketplace.see("export.beancount", **FEBRUARY).text
    assert text.startswith(
        ";; Vouchers of Marketplace: the books of all parties from 2026-02-01 to 2026-02-28\n"
    )
    entries, errors, _ = loader.load_string(text)
    dates = [entry.date for entry in entries if isinstance(entry, Transaction)]
    assert (errors, min(dates) >= dt.date(2026, 2, 1), max(dates) <= dt.date(2026, 2, 28)) == (
        [],
        True,
        True,
    )


def test_the_print_view_says_the_period_and_has_the_totals(marketplace: Reader) -> None:
    text = " ".join(marketplace.see("print", **FEBRUARY).text.split())
    assert "What happened from 2026-02-01 to 2026-02-28" in text
    for caption in (
        "What happened in the period (12 rows)",
        "Totals (6 rows)",
        "Roll-forward of what is frozen (2 rows)",
    ):
        assert f"<caption>{caption}</caption>" in text


def test_the_totals_keep_apart_what_lives_was_paid_or_came_to_nothing(marketplace: Reader) -> None:
    heads, *rows = marketplace.see(time="2026-03").table("totals")
    assert heads == ["state", "currency", "vouchers", "amount", "held now", "settled"]
    assert rows == [
        ["refused", "CNY", "1", "36.00", "0.00", "0.00"], ["issued", "CNY", "2", "4,150.00", "4,150.00", "0.00"],
        ["accepted", "CNY", "3", "12,703.40", "12,703.40", "0.00"], ["applied", "CNY", "5", "17,961.20", "17,961.20", "0.00"],
        ["rejected", "CNY", "2", "5,060.00", "0.00", "0.00"], ["settled", "CNY", "7", "34,871.50", "0.00", "34,091.50"],
        ["voided", "CNY", "11", "28,893.70", "0.00", "0.00"],
    ]  # fmt: skip
    text = " ".join(marketplace.see("print", time="2026-03").text.split())
    assert "<caption>Totals (7 rows)</caption>" in text
    assert [row["state"] for row in marketplace.csv(time="2026-03", table="totals")] == [
        row[0] for row in rows
    ]


def test_the_other_views_are_as_of_the_end(marketplace: Reader) -> None:
    for view in ("exceptions", "ageing", "reconciliation"):
        seen = marketplace.see(**FEBRUARY, view=view)
        assert ("As of 2026-02-28" in seen.words, modes(seen)) == (True, [])


def test_hidden_amounts_are_hidden(tmp_path: Path) -> None:
    seen = read(tmp_path, HAPPY, incognito=True).see(time="2026-03", within="period")
    assert seen.table("rolled")[1][1] == "X.XX"
    assert "100.00" not in seen.words
