"""The page on daily postings: every voucher as before, and from a batch to its vouchers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

import fava_voucher
from fava_voucher import ledger_reports
from tests.books.test_daily import both
from tests.support import DAILY, HAPPY, LINES, event, issue
from tests.support.reader import query_of, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.reader import Reader

MARCH = {"time": "2026-03", "within": "period"}
BOOKS = (
    LINES
    + both(HAPPY)
    + issue("V-3", "7.00 CNY", policyholder='"Bob"')
    + event("accept", "2026-03-03", voucher="V-3")
    + issue("V-4", "5.00 CNY", "2026-03-09", funding='"credit"', accept_by="2026-03-12")
)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: dt.date(2026, 6, 1))


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reader, Reader]:
    """Readers of the same lines: with a transaction for each event, and with batches."""
    each = read(tmp_path_factory.mktemp("each"), ";\n" + BOOKS)
    return each, read(tmp_path_factory.mktemp("daily"), DAILY + BOOKS)


# What of the page is the same, by its query.
SAME = {
    "register": {},
    "voucher": {"view": "voucher", "voucher": "V-1"},
    "voucher on a day": {"view": "voucher", "voucher": "V-2", "time": "2026-03-04"},
    "no voucher": {"view": "voucher", "voucher": "V-9"},
    "reconciliation": {"view": "reconciliation"},
    "reconciliation of a day": {"view": "reconciliation", "time": "2026-03-05"},
    "lines": {"view": "lines"},
    "exceptions": {"view": "exceptions"},
    "ageing": {"view": "ageing"},
    "an account": {"account": "Assets:Bob:Iss:Frozen"},
    "a part of accounts": {"account": "Memo:CreditLine"},
    "a tag": {"filter": "#voucher-settle"},
    "a link": {"filter": "^V-1"},
    "a payee": {"filter": 'payee:"Iss"'},
    "what a voucher is": {"filter": 'voucher:"^V-2$"'},
    "an account and a tag": {"account": "Assets:Ins", "filter": "#voucher-recognise"},
    "nothing": {"filter": "#nothing"},
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_shown_of_vouchers_is_the_same(readers: tuple[Reader, Reader], name: str) -> None:
    each, daily = (reader.see(**SAME[name]) for reader in readers)
    assert (daily.status, daily.words) == (each.status, each.words)


def contexts(reader: Reader, voucher: str) -> dict[str, str]:
    """What Fava's popups of a voucher show, by what calls them."""
    links = reader.see(view="voucher", voucher=voucher).links
    hashes = {link.partition("#context-")[2] for link in links if "#context-" in link}
    url = f"/{reader.ledgers.first_slug()}/api/context"
    said = {each: reader.client.get(url, query_string={"entry_hash": each}) for each in hashes}
    assert {each.status_code for each in said.values()} == {200}
    told: dict[str, Any] = {name: each.json for name, each in said.items()}
    return {name: str(each["data"]["entry"]) for name, each in told.items()}


@pytest.mark.parametrize(
    ("at", "narration"), [(0, "V-1 issued: 100.00"), (1, "2 vouchers issued: 150.00")]
)
def test_popups_show_what_stands_in_fava(
    readers: tuple[Reader, Reader], at: int, narration: str
) -> None:
    assert any(narration in each for each in contexts(readers[at], "V-1").values())


def test_an_increase_and_a_decrease_of_a_day_are_shown_apart(tmp_path: Path) -> None:
    lives = "".join(
        issue(voucher, "50.00 CNY")
        + event("accept", "2026-03-03", voucher=voucher)
        + event("amend", "2026-03-04", "1", amount, voucher=voucher)
        + event("consent", "2026-03-05", "1", voucher=voucher, by='"Ins"')
        for voucher, amount in (("V-1", "60.00 CNY"), ("V-2", "30.00 CNY"))
    )
    reader = read(tmp_path, DAILY + lives)
    for voucher, mine, others in (
        ("V-1", "10.00 CNY more", "20.00"),
        ("V-2", "20.00 CNY less", "10.00"),
    ):
        shown = [
            each for each in contexts(reader, voucher).values() if "amendment in force" in each
        ]
        assert shown
        assert all(mine in each and others not in each for each in shown)


def test_what_does_not_stand_in_fava_is_no_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_reports, "batches_by_event", lambda _ledger: {})
    seen = read(tmp_path, DAILY + BOOKS).see(view="voucher", voucher="V-1")
    links = {each.text for each in seen.all(".//a[contains(@href, '#context-')]")}
    assert "transaction" not in links
    assert "issue" in links
    assert "(transaction)" in seen.words


def test_more_events_than_are_filtered_at_once(
    readers: tuple[Reader, Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fava_voucher.passing._AT_ONCE", 3)
    assert [reader.ids(account="Assets:Bob:Iss:Frozen") for reader in readers] == [["V-3"]] * 2


@pytest.mark.parametrize("query", [{}, {"state": "settled"}, {"time": "2026-03-03"}])
def test_what_is_exported_of_vouchers_is_the_same(
    readers: tuple[Reader, Reader], query: dict[str, str]
) -> None:
    texts = [reader.see("export.beancount", **query).text.splitlines() for reader in readers]
    each, daily = ([line for line in text if "postings" not in line] for text in texts)
    assert daily == each


def test_the_batches_of_a_period_each_lead_to_their_vouchers(
    readers: tuple[Reader, Reader],
) -> None:
    daily = readers[1]
    seen = daily.see(**MARCH)
    heading, *rows = seen.table("batches")
    assert heading == ["date", "book", "event", "what is posted", "vouchers", "source"]
    assert ["2026-03-02", "Ann", "issue", "2 vouchers issued: 150.00 CNY frozen", "2"] in [
        row[:5] for row in rows
    ]
    links = seen.all(".//table[contains(@class, 'batches')]//a[contains(@href, 'event=')]")
    assert len(links) == len(rows)
    for row, link in zip(rows, links, strict=True):
        query = query_of(link.get("href"))
        assert (query["time"], query["within"]) == (row[0], "period")
        assert len(daily.ids(**query)) == int(row[4])
    [url] = [
        link.get("href")
        for row, link in zip(rows, links, strict=True)
        if row[:3] == ["2026-03-02", "Iss", "issue"] and row[4] == "2"
    ]
    assert daily.ids(**query_of(url)) == ["V-1", "V-2"]
    shown = daily.see(**query_of(url))
    assert "Event issue · Book Iss" in shown.words
    wider = {key: each for key, each in query_of(url).items() if key != "accounts"}
    assert daily.ids(**wider) == ["V-1", "V-2", "V-3"]
    [whole] = [
        a for a in shown.all(".//ul[@class='chips']//a") if "all that happened" in a.text_content()
    ]
    assert query_of(whole.get("href")).keys() == {"time", "within"}
    [end] = [a for a in shown.all(".//nav[@class='modes']/a") if "As of" in a.text]
    assert query_of(end.get("href")).keys() == {"time"}


def test_a_batch_leads_out_of_any_filter(readers: tuple[Reader, Reader]) -> None:
    seen = readers[1].see(**MARCH, filter="#voucher-settle", search="V-1")
    links = seen.all(".//table[contains(@class, 'batches')]//a[contains(@href, 'event=')]")
    assert {frozenset(query_of(link.get("href"))) for link in links} == {
        frozenset({"time", "within", "event", "book", "accounts"})
    }


def test_batches_are_exported_and_hidden_in_incognito(
    readers: tuple[Reader, Reader], tmp_path: Path
) -> None:
    found = readers[1].csv(**MARCH, table="batches")
    assert found[0]["text"] == "1 credit line: limit changed by 1,000.00 CNY" or found[0][
        "text"
    ].startswith("2 vouchers issued")
    hidden = read(tmp_path, DAILY + BOOKS, incognito=True).see(**MARCH)
    assert "150.00" not in hidden.words


def test_without_daily_postings_there_are_none(readers: tuple[Reader, Reader]) -> None:
    seen = readers[0].see(**MARCH)
    assert seen.all(".//table[contains(@class, 'batches')]") == []
    assert "Daily postings" not in seen.words


def test_the_page_is_chinese(readers: tuple[Reader, Reader]) -> None:
    text = (
        readers[1]
        .client.get(readers[1].base, query_string=MARCH, headers={"Accept-Language": "zh"})
        .get_data(as_text=True)
    )
    assert "按日汇总过账" in text
    assert "分录内容" in text
