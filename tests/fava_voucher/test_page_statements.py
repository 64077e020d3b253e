"""What the page says of bank statements: accounts, settled vouchers, one voucher."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import pytest

import fava_voucher
from beancount_voucher.ledger.loader import load
from beancount_voucher.views.reconciled_statements import digest_of, overview
from tests.support import ACCEPT, APPLY, HAPPY, LEDGERS, event, issue
from tests.support import load as loaded
from tests.support.bank_files import STATEMENTS
from tests.support.clerk import Clerk
from tests.support.reader import Reader, read

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "reconcile --write --prepared-by … --reviewed-by … STATEMENT"
INSURER = "Assets:Ins:Acc"
POLICYHOLDER = "Assets:Ann:Iss"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: dt.date(2026, 6, 1))


[PAID] = [
    entry
    for entry in loaded(HAPPY).generated
    if (entry.meta["voucher-event"], entry.meta["voucher-book"]) == ("settle", "Ins")
]
PROVEN = f"V-1 2026-03-06 100.00 CNY {digest_of(PAID)}"


def reconciled(
    statement: str = "S-1",
    *,
    account: str = INSURER,
    start: str = "2026-03-01",
    until: str = "2026-03-10",
    vouchers: str = PROVEN,
    differences: int = 0,
) -> str:
    return (
        f'{until} custom "voucher-reconciled" {account} "{statement}"\n'
        f'  sha256: "{"0" * 64}"\n  period-start: {start}\n  closing: 100.00 CNY\n'
        f"  lines: 3\n  matched: {3 - differences}\n  differences: {differences}\n"
        + (f'  vouchers: "{vouchers}"\n' if vouchers else "")
        + '  prepared-by: "Lin"\n  reviewed-by: "Wang"\n'
    )


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """The marketplace, after its command has recorded the quarter of Li Ming's bank."""
    folder = tmp_path_factory.mktemp("books") / "marketplace"
    shutil.copytree(LEDGERS / "marketplace", folder)
    clerk = Clerk(folder)
    clerk.path = folder / "all.beancount"
    file = folder / "statements" / "LiMing-QingHe-2026-Q1.xml"
    assert file.read_bytes() == (STATEMENTS / file.name).read_bytes()
    ran = clerk.run(
        "reconcile", str(file), "--write", "--prepared-by", "Lin", "--reviewed-by", "Wang"
    )
    assert ran.status == 0, ran.err
    return Reader(clerk.path)


def test_what_is_recorded_by_the_command_is_what_the_page_shows(marketplace: Reader) -> None:
    query = {"view": "reconciliation", "time": "2026-03"}
    rows = marketplace.csv(table="statements", **query)
    own = [row for row in rows if row["account"] == "Assets:LiMing:QingHe"]
    assert [
        (row["reconciled"], row["start"], row["until"], row["statement"], row["lines"], row["matched"], row["differences"])
        for row in own
    ] == [
        ("reconciled", "2026-01-01", "2026-01-31", "QH-1-2026-01", "4", "4", "0"),
        ("reconciled", "2026-02-01", "2026-02-28", "QH-1-2026-02", "5", "5", "0"),
        ("reconciled", "2026-03-01", "2026-03-31", "QH-1-2026-03", "4", "4", "0"),
    ]  # fmt: skip
    assert {(row["prepared_by"], row["reviewed_by"]) for row in own} == {("Lin", "Wang")}
    assert own[0]["source"].startswith("books/LiMing.bean:")
    others = [row for row in rows if row not in own]
    assert {row["reconciled"] for row in others} == {"not reconciled"}
    assert {row["account"] for row in others} == {
        "Assets:HengXin:LanTian", "Assets:HengXin:QingHe", "Assets:YuanHang:LanTian",
        "Assets:YunShang:QingHe",
    }  # fmt: skip
    settled = marketplace.csv(table="settled", **query)
    proven = {row["voucher"]: row["statement"] for row in settled if row["statement"]}
    assert proven["RF-001"] == "QH-1-2026-01"
    assert proven["CAR-001"] == "QH-1-2026-02"
    for row in settled:
        mine = row["account"] == "Assets:LiMing:QingHe"
        assert (row["reconciled"] == "reconciled") == mine, row
    assert {row["voucher"] for row in settled} == {
        row["id"] for row in marketplace.csv(state="settled", time="2026-03")
    }


def test_as_of_the_end_of_the_period(marketplace: Reader) -> None:
    rows = marketplace.csv(view="reconciliation", table="statements", time="2026-02")
    assert [row["statement"] for row in rows if row["statement"]] == [
        "QH-1-2026-01", "QH-1-2026-02",
    ]  # fmt: skip
    before = marketplace.see(view="reconciliation", time="2026-01-30")
    assert "No bank statement was recorded as reconciled by 2026-01-30." in before.words
    assert COMMAND in before.words
    assert (
        marketplace.see(
            "export.csv", view="reconciliation", table="settled", time="2026-01-30"
        ).status
        == 404
    )


def test_within_favas_filters_and_the_chosen_book(marketplace: Reader) -> None:
    def accounts(table: str, **query: str) -> set[str]:
        rows = marketplace.csv(view="reconciliation", table=table, time="2026-03", **query)
        return {row["account"] for row in rows}

    for table in ("statements", "settled"):
        assert accounts(table, account="Assets:LiMing") == {"Assets:LiMing:QingHe"}
        assert accounts(table, book="LiMing") == {"Assets:LiMing:QingHe"}
        assert accounts(table, book="HengXin") == {
            "Assets:HengXin:LanTian",
            "Assets:HengXin:QingHe",
        }
        assert accounts(table, book="QingHe") == set()
    rows = marketplace.csv(
        view="reconciliation", table="settled", time="2026-03", filter="^CAR-001"
    )
    assert {row["voucher"] for row in rows} == {"CAR-001"}


def test_on_the_page_in_print_and_beside_one_figure(marketplace: Reader) -> None:
    seen = marketplace.see(view="reconciliation", time="2026-03")
    table = seen.table("statements")
    assert table[0][:4] == ["account", "with the bank", "reconciled until", "statement"]
    assert len(table) == 1 + 3 + 4
    assert len(seen.table("settled")) > 10
    links = [link for link in seen.links if "/export.csv?" in link]
    assert [link.partition("table=")[2].partition("&")[0] for link in links] == [
        "reconciliation", "reconciliation-vouchers", "statements", "settled",
    ]  # fmt: skip
    printed = marketplace.see("print", view="reconciliation", time="2026-03").text
    assert "<caption>Bank statements (7 rows)</caption>" in printed
    assert "QH-1-2026-02" in printed
    figure = marketplace.see(
        view="reconciliation", time="2026-03", figure="Assets:LiMing:QingHe:Frozen CNY"
    )
    assert "With the bank" not in figure.words


def test_one_voucher_says_which_statement_proves_it(marketplace: Reader) -> None:
    def said(voucher: str, time: str = "2026-03") -> str:
        return marketplace.see(view="voucher", voucher=voucher, time=time).words

    assert (
        "QingHe : reconciled by statement QH-1-2026-02 until 2026-02-28 books/LiMing.bean:"
        in said("CAR-001")
    )
    assert "HengXin: QingHe : not reconciled" in said("CAR-001")
    assert "reconciled by" not in said("CAR-001", "2026-02-27")
    assert "not reconciled" in said("CAR-001", "2026-02-27")
    assert "reconciled" not in said("CAR-001", "2026-01-30")  # nothing is recorded yet
    assert "reconciled" not in said("CAR-003")  # still frozen


def test_a_ledger_without_a_statement_names_the_command(tmp_path: Path) -> None:
    reader = read(tmp_path, HAPPY)
    seen = reader.see(view="reconciliation")
    assert "No bank statement was recorded as reconciled by 2026-06-01." in seen.words
    assert "bean-voucher -f ledger.beancount " + COMMAND in seen.words
    assert "reconciled" not in reader.see(view="voucher", voucher="V-1").words
    assert seen.table("statements") == []


def test_differences_and_a_later_statement(tmp_path: Path) -> None:
    text = (
        HAPPY
        + reconciled(differences=2)
        + reconciled("S-2", start="2026-03-11", until="2026-03-20")
    )
    reader = read(tmp_path, text)
    first, second = [
        row for row in reader.csv(view="reconciliation", table="statements") if row["statement"]
    ]
    assert (first["reconciled"], first["differences"], first["matched"]) == (
        "recorded with 2 differences",
        "2",
        "1",
    )
    assert second["reconciled"] == "reconciled"
    rows = reader.csv(view="reconciliation", table="settled")
    assert [(row["account"], row["statement"]) for row in rows] == [
        (POLICYHOLDER, ""), (INSURER, "S-2"),
    ]  # fmt: skip


def test_a_settlement_that_changed_since_is_told(tmp_path: Path) -> None:
    reader = read(tmp_path, HAPPY + reconciled(vouchers=PROVEN.replace("100.00", "90.00")))
    rows = reader.csv(view="reconciliation", table="statements")
    assert [row["reconciled"] for row in rows if row["statement"]] == ["changed since"]
    assert "changed since" in reader.see(view="reconciliation").words


def test_a_hostile_statement_id_is_text(tmp_path: Path) -> None:
    text = HAPPY + reconciled("<script>alert(1)</script>{date}")
    reader = read(tmp_path, text)
    for query in ({"view": "reconciliation"}, {"view": "voucher", "voucher": "V-1"}):
        seen = reader.see(**query)
        assert "<script>alert" not in seen.text
        assert "<script>alert(1)</script>{date}" in seen.page.text_content()


def test_in_chinese(tmp_path: Path) -> None:
    text = '2026-01-01 custom "fava-option" "language" "zh"\n' + HAPPY + reconciled(differences=1)
    reader = read(tmp_path, text)
    assert "银行对账单" in reader.see(view="reconciliation").words
    assert "已记录，有 1 项差异" in reader.see(view="reconciliation").words
    assert "已由对账单 S-1 核对，截至 2026-03-10" in reader.see(view="voucher", voucher="V-1").words
    before = reader.see(view="reconciliation", time="2026-03-01").words
    assert "截至 2026-03-01 没有已核对的银行对账单记录。" in before


def test_the_overview_of_a_ledger(tmp_path: Path) -> None:
    """Requested only, credit, books that are not kept, and a statement of a foreign account."""
    asked = issue(
        "V-2",
        kind="request",
        issuer=None,
        acceptor=None,
        funding=None,
        accept_by=None,
        apply_by=None,
    )
    line = '2026-01-01 custom "voucher-credit-line" "Bob" "Iss" 1000.00 CNY\n'
    credit = "".join(
        part.replace("V-1", "V-3")
        for part in (
            issue(policyholder='"Bob"', funding='"credit"'),
            ACCEPT,
            APPLY,
            event("settle", "2026-03-06"),
        )
    )
    foreign = reconciled("S-9", account="Assets:Bob:Iss", vouchers="")
    reader = read(tmp_path, line + HAPPY + asked + credit + foreign)
    day = dt.date(2026, 3, 31)

    def seen(*kept: str) -> tuple[list[str], list[tuple[str, str]]]:
        ledger = load(reader.path)
        found = overview(ledger.evaluation, ledger.names, kept or None, day)
        accounts = [f"{each.account} {each.until}" for each in found.accounts]
        return accounts, [(each.voucher, each.account) for each in found.vouchers]

    assert seen() == (
        [f"{POLICYHOLDER} None", "Assets:Bob:Iss 2026-03-10", f"{INSURER} None"],
        [("V-1", POLICYHOLDER), ("V-1", INSURER), ("V-3", INSURER)],
    )
    assert seen("Ann") == (
        [f"{POLICYHOLDER} None", "Assets:Bob:Iss 2026-03-10"],
        [("V-1", POLICYHOLDER)],
    )
    rows = reader.csv(view="reconciliation", table="statements", book="Ann")
    assert [row["account"] for row in rows] == [POLICYHOLDER]
