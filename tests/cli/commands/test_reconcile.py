"""``reconcile``: its reports, its record, what ``check`` says of it later, and its refusals."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.ledger.append import target_file_of_account
from beancount_voucher.ledger.loader import load
from tests.support import HAPPY, LEDGERS, PLUGIN, WORLD, code_of, event, issue
from tests.support import load as loaded
from tests.support.bank_files import (
    HENG_XIN_LANTIAN,
    HENG_XIN_QINGHE,
    LI_MING,
    STATEMENTS,
    Entry,
    Sheet,
    camt,
    mt940,
)
from tests.support.clerk import Clerk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.clerk import Ran

ANN, INSURER = "Assets:Ann:Iss", "Assets:Ins:Acc"
ACCOUNTS = ("--account", f"1={ANN}", "--account", f"2={INSURER}")
PEOPLE = ("--prepared-by", "Lin", "--reviewed-by", "Wang")
WRITE = ("--write", *PEOPLE)

MARCH = Sheet("S-1", "1", "2026-03-01", "2026-03-31", "100000.00", (
    Entry("03-06", "-100.00", "V-1", "Premium"),
))  # fmt: skip
"""What Ann's bank says of V-1, which is settled on 6 March."""

BACK = Entry("03-10", "100.00", "V-1", "Reversal", extra="<RvslInd>true</RvslInd>")
TAKEN_BACK = "paid on 2026-03-06 and taken back on 2026-03-10"
SETTLED_EARLIER = '2026-02-27 * "Shop" ^L-1\n  Assets:Ann:Iss  -7.00 CNY\n  Equity:Opening\n'

INSURED = Sheet("S-2", "2", "2026-03-01", "2026-03-31", "0.00", (
    Entry("03-06", "100.00", "V-1", "Premium"),
))  # fmt: skip


@pytest.fixture
def clerk(tmp_path: Path) -> Clerk:
    return Clerk(tmp_path).write(HAPPY)


def reconcile(clerk: Clerk, *sheets: Sheet, options: tuple[str, ...] = ()) -> Ran:
    """The command, on one file with these statements."""
    path = clerk.folder / "march.xml"
    path.write_text(camt(*sheets), encoding="utf-8")
    return clerk.run("reconcile", str(path), *ACCOUNTS, *options)


def data(ran: Ran) -> Any:
    return json.loads(ran.out)


def items(clerk: Clerk, *sheets: Sheet) -> list[tuple[str, str]]:
    """Reason and text of every open item."""
    found = data(reconcile(clerk, *sheets, options=("--format", "json")))["items"]
    return [(each["status"], each["text"]) for each in found]


# --- What a signed message has brought ----------------------------------------------------

BROUGHT = '  message: "Iss Acc 3"\n'
BY_HAND = '2026-03-09 * "Shop"\n  Assets:Ann:Iss  -7.00 CNY\n  Equity:Opening\n'

# What settles the voucher, what the bank says -> what is told of the ledger's movements.
EVIDENCE: dict[str, tuple[str, Sequence[Entry], list[tuple[str, str]]]] = {
    "matched": (HAPPY + BROUGHT, MARCH.entries, [("reference", "by message Iss Acc 3")]),
    "matched without one": (HAPPY, MARCH.entries, [("reference", "")]),
    "not paid": (HAPPY + BROUGHT, (), [("missing-in-bank", "by message Iss Acc 3")]),
    "not paid, and by hand": (HAPPY + BY_HAND, MARCH.entries, [("missing-in-bank", ""), ("reference", "")]),
    "another amount": (HAPPY + BROUGHT, (Entry("03-06", "-99.00", "V-1", "Premium"),), [("amount-differs", "by 1.00 CNY; by message Iss Acc 3")]),
}  # fmt: skip


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_match_names_the_message_as_evidence(name: str, clerk: Clerk) -> None:
    text, entries, expected = EVIDENCE[name]
    clerk.write(text)
    sheet = replace(MARCH, entries=entries)
    found = data(reconcile(clerk, sheet, options=("--format", "json", "--all")))["items"]
    told = [(each["status"], each["text"]) for each in found if each["side"] == "ledger"]
    assert told == expected


def test_why_a_line_is_matched_names_the_message(clerk: Clerk) -> None:
    clerk.write(HAPPY + BROUGHT)
    ran = reconcile(clerk, MARCH, options=("--explain", "S-1:1"))
    assert "V-1 of 2026-03-06, -100.00 CNY, by message Iss Acc 3" in ran.out


# --- The marketplace's quarter ------------------------------------------------------------


def market(book: str, *arguments: str) -> Ran:
    clerk = Clerk(LEDGERS / "marketplace")
    clerk.path = clerk.folder / f"{book}.beancount"
    return clerk.run("reconcile", *arguments)


QUARTER = [
    ("LiMing", "LiMing-QingHe-2026-Q1.xml", 13),
    ("YunShang", "YunShang-QingHe-2026-Q1.sta", 11),
    ("YuanHang", "YuanHang-LanTian-2026-Q1.csv", 5),
    ("HengXin", "HengXin-LanTian-2026-Q1.xml", 3),
    ("HengXin", "HengXin-QingHe-2026-Q1.sta", 1),
]


@pytest.mark.parametrize(("book", "file", "lines"), QUARTER)
def test_the_quarter_reconciles_to_zero_differences(book: str, file: str, lines: int) -> None:
    ran = market(book, str(STATEMENTS / file), "--format", "json")
    matched = "1 line" if lines == 1 else f"{lines} lines"
    assert (ran.status, ran.err) == (0, f"{matched} matched, 0 differences, 0 outstanding.\n")
    [account] = data(ran)["accounts"]
    assert (account["lines"], account["matched"]) == (lines, lines)
    assert account["closing"] == account["ledger"]
    assert {each["difference"] for each in data(ran)["holds"]} <= {"0.00"}
    assert data(ran)["flaws"] == data(ran)["items"] == data(ran)["ageing"] == []


def test_all_statements_at_once_in_the_whole_market() -> None:
    files = [str(STATEMENTS / file) for _, file, _ in QUARTER]
    ran = market("all", *files, "--format", "json")
    assert ran.status == 0, ran.err
    assert [each["account"] for each in data(ran)["accounts"]] == [
        "Assets:HengXin:LanTian", "Assets:HengXin:QingHe", "Assets:LiMing:QingHe",
        "Assets:YuanHang:LanTian", "Assets:YunShang:QingHe",
    ]  # fmt: skip
    assert [each["id"] for each in data(ran)["accounts"][2]["statements"]] == [
        "QH-1-2026-01", "QH-1-2026-02", "QH-1-2026-03",
    ]  # fmt: skip


def test_pages_of_one_number_and_file_are_recorded_each(clerk: Clerk) -> None:
    path = clerk.folder / "pages.sta"
    page = ":20:S\n:25:1\n:28C:3\n:60{}:C260306CNY{}\n:61:2603060306{}\n:62{}:C260306CNY{}\n-\n"
    path.write_text(
        page.format("F", "100000,", "D100,NTRFV-1", "M", "99900,")
        + page.format("M", "99900,", "C100,NTRFX", "F", "100000,"),
        encoding="utf-8",
    )
    ran = clerk.run("reconcile", str(path), *ACCOUNTS, *WRITE)
    assert "S 3: reconciled\nS 3 (2): recorded with 1 difference\n" in ran.err
    written = clerk.path.read_text(encoding="utf-8")
    assert [written.count(f'"S 3{each}"') for each in ("", " (2)")] == [1, 1]
    assert clerk.run("check").status == 0
    again = clerk.run("reconcile", str(path), *ACCOUNTS, *WRITE)
    assert "S 3: reconciled already\nS 3 (2): recorded with 1 difference already\n" in again.err
    path.write_text(path.read_text(encoding="utf-8").split("-\n")[1], encoding="utf-8")
    ran = clerk.run("reconcile", str(path), *ACCOUNTS, "--format", "json")
    [statement] = data(ran)["accounts"][0]["statements"]
    assert statement["id"] == "S 3 (2)"


def test_a_note_is_told_and_is_no_flaw(clerk: Clerk) -> None:
    path = clerk.folder / "march.xml"
    path.write_text(camt(MARCH, version="15"), encoding="utf-8")
    ran = clerk.run("reconcile", str(path), *ACCOUNTS)
    assert (ran.status, "S-1: it is of version 15" in ran.err) == (0, True)


def test_all_shows_what_is_matched_and_by_what() -> None:
    file = str(STATEMENTS / "LiMing-QingHe-2026-Q1.xml")
    out = market("LiMing", file, "--all", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out.removeprefix("\ufeff"))))
    assert {row["status"] for row in rows} == {"reference", "amount", "opening"}
    car = [row for row in rows if row["reference"] == "CAR-001"]
    assert [(row["status"], row["side"], row["amount"]) for row in car] == [
        ("reference", "bank", "-4860.00"), ("reference", "ledger", "-4860.00"),
    ]  # fmt: skip
    assert car[0]["item"] == car[1]["item"]
    assert car[0]["where"].endswith("LiMing-QingHe-2026-Q1.xml, entry 2")
    assert market("LiMing", file, "--format", "csv").out.removeprefix("\ufeff").splitlines() == [
        "item,status,account,side,date,amount,currency,reference,age,where,text"
    ]


@pytest.mark.parametrize("shape", ["table", "markdown"])
def test_for_people_and_pull_requests(shape: str) -> None:
    file = str(STATEMENTS / "LiMing-QingHe-2026-Q1.xml")
    few = market("LiMing", file, "--format", shape).out
    more = market("LiMing", file, "--format", shape, "--all").out
    assert "CAR-003 4990.00, FA-004 350.00, RF-005 11.20, RF-006 13.40" in few
    assert few.startswith("|") == (shape == "markdown")
    assert "reference" not in few
    assert "Salary January" in more
    assert len(few.split("\n\n")) == 2
    assert len(more.split("\n\n")) == 3


# --- Planted differences ------------------------------------------------------------------

RENT, FLIGHT, CARDS, SALARY = LI_MING[2].entries
PLANTED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"entries": (RENT, replace(FLIGHT, amount="-298.00"), CARDS, SALARY)}, ["amount-differs"]),
    ({"entries": (RENT, replace(FLIGHT, amount="299.00"), CARDS, SALARY)}, ["sign-differs"]),
    ({"entries": (RENT, FLIGHT, FLIGHT, CARDS, SALARY)}, ["duplicate"]),
    ({"entries": (RENT, replace(FLIGHT, day="03-30"), CARDS, SALARY)}, ["late"]),
    ({"entries": (RENT, FLIGHT, CARDS)}, ["in-transit"]),
    ({"entries": (RENT, CARDS, SALARY)}, ["missing-in-bank"]),
    ({"entries": (RENT, FLIGHT, SALARY)}, ["missing-in-bank"]),
    ({"entries": (RENT, FLIGHT, CARDS, SALARY, Entry("03-30", "-1.00"))}, ["missing-in-ledger"]),
    ({"entries": (RENT, replace(FLIGHT, status="PDNG"), CARDS, SALARY)}, ["pending"]),
    ({"entries": (RENT, RENT, FLIGHT, CARDS, SALARY)}, ["ambiguous"]),
    ({"opening": "17054.54"}, ["opening-differs"]),
    ({"held": "5364.59"}, ["hold-differs"]),
]


@pytest.mark.parametrize(("changed", "reasons"), PLANTED)
def test_each_planted_difference_gives_its_reason_and_nothing_else(
    tmp_path: Path, changed: dict[str, Any], reasons: list[str]
) -> None:
    path = tmp_path / "march.xml"
    path.write_text(camt(replace(LI_MING[2], **changed)), encoding="utf-8")
    ran = market("LiMing", str(path), "--format", "json")
    found = {each["item"]: each["status"] for each in data(ran)["items"]}
    assert list(found.values()) == reasons
    assert data(ran)["flaws"] == []
    assert ran.status == int(not set(reasons) <= {"in-transit", "pending"})


def test_on_another_account_of_the_ledger(tmp_path: Path) -> None:
    own, other = tmp_path / "own.sta", tmp_path / "other.sta"
    entries = HENG_XIN_QINGHE.entries
    own.write_text(mt940(replace(HENG_XIN_QINGHE, entries=())), encoding="utf-8")
    other.write_text(
        mt940(replace(HENG_XIN_LANTIAN, entries=(*HENG_XIN_LANTIAN.entries, *entries))),
        encoding="utf-8",
    )
    ran = market("HengXin", str(own), str(other), "--format", "json")
    assert ran.status == 1
    assert {(each["item"], each["status"]) for each in data(ran)["items"]} == {(1, "wrong-account")}


def test_in_another_currency(tmp_path: Path) -> None:
    path = tmp_path / "march.xml"
    dollars = replace(LI_MING[2], opening="299.00", currency="USD", entries=(FLIGHT,), held="0.00")
    path.write_text(camt(dollars), encoding="utf-8")
    ran = market("LiMing", str(path), "--format", "json")
    assert ran.status == 1
    assert [(each["status"], each["text"]) for each in data(ran)["items"]] == [
        ("opening-differs", "0 in the ledger, 299.00 USD on the statement"),
        ("currency-differs", "USD for CNY"),
        ("currency-differs", "USD for CNY"),
    ]


# --- Open items, their age, holds ---------------------------------------------------------


def test_open_items_in_every_format(clerk: Clerk) -> None:
    clerk.append(
        '2026-03-30 * "Rent"\n  Assets:Ann:Iss  -50.00 CNY\n  Equity:Opening\n'
        '2026-03-04 * "Shop"\n  reference: "R-7"\n  Assets:Ann:Iss  -7.00 CNY\n  Equity:Opening\n'
    )
    entries = (
        *MARCH.entries,
        Entry("03-09", "-7.50", "R-7"),
        Entry("03-20", "-3.00", text="Fee"),
    )
    sheet = replace(MARCH, entries=entries)
    ran = reconcile(clerk, sheet, options=("--format", "json"))
    assert ran.status == 1
    assert ran.err == "1 line matched, 2 differences, 1 outstanding.\n"
    found = data(ran)
    assert [(row["item"], row["status"], row["side"], row["age"]) for row in found["items"]] == [
        (1, "amount-differs", "bank", 22), (1, "amount-differs", "ledger", 27),
        (2, "missing-in-ledger", "bank", 11), (3, "in-transit", "ledger", 1),
    ]  # fmt: skip
    assert found["ageing"] == [
        {"status": "amount-differs", "currency": "CNY", "0-3": 0, "4-10": 0, "11-30": 1, "31+": 0, "amount": "-0.50"},
        {"status": "missing-in-ledger", "currency": "CNY", "0-3": 0, "4-10": 0, "11-30": 1, "31+": 0, "amount": "-3.00"},
        {"status": "in-transit", "currency": "CNY", "0-3": 1, "4-10": 0, "11-30": 0, "31+": 0, "amount": "-50.00"},
    ]  # fmt: skip
    later = reconcile(clerk, sheet, options=("--format", "json", "--as-of", "2026-05-01"))
    assert [row["31+"] for row in data(later)["ageing"]] == [1, 1, 1]
    last = reconcile(clerk, sheet, options=("--format", "json", "--as-of", "9999-12-31"))
    assert [row["31+"] for row in data(last)["ageing"]] == [1, 1, 1]
    table = reconcile(clerk, sheet).out
    assert all(each in table for each in ("amount-differs", "R-7", "0-3", "4-10", "11-30", "31+"))
    tolerant = reconcile(clerk, sheet, options=("--format", "json", "--tolerance", "0.50"))
    assert "amount-differs" not in tolerant.out


VOIDED = issue("V-3", "70.00 CNY") + event(
    "void", "2026-03-30", voucher="V-3", reason='"cancelled"'
)
HELD = [
    ("100.00", issue(), []),
    ("0.00", issue(), [("hold-differs", "0.00 held by the bank, 100.00 CNY frozen in the ledger")]),
    ("0.00", issue(date="2026-03-31", accept_by="2026-04-05", apply_by="2026-04-30"),
     [("in-transit", "0.00 held by the bank, 100.00 CNY frozen in the ledger; the bank's is that of 2026-03-30")]),
    ("70.00", VOIDED,
     [("in-transit", "70.00 held by the bank, 0.00 CNY frozen in the ledger; the bank's is that of 2026-03-29")]),
    ("170.00", VOIDED + issue(date="2026-03-31", accept_by="2026-04-05", apply_by="2026-04-30"),
     [("in-transit", "170.00 held by the bank, 100.00 CNY frozen in the ledger; "
       "the bank has released nothing since 2026-03-29")]),
    (None, issue(), []),
]  # fmt: skip


@pytest.mark.parametrize(("held", "text", "expected"), HELD)
def test_what_the_bank_holds_beside_what_is_frozen(
    tmp_path: Path, held: str | None, text: str, expected: list[tuple[str, str]]
) -> None:
    clerk = Clerk(tmp_path).write(text)
    sheet = replace(MARCH, entries=(), held=held)
    assert items(clerk, sheet) == expected
    assert reconcile(clerk, sheet).status == int(expected[:1] != [] and "hold" in expected[0][0])
    holds = data(reconcile(clerk, sheet, options=("--format", "json")))["holds"]
    assert [each["bank"] for each in holds] == ([] if held is None else [held])


def test_what_a_bank_holds_of_an_insurer_is_shown_and_no_difference(clerk: Clerk) -> None:
    ran = reconcile(clerk, replace(INSURED, held="30.00"), options=("--format", "json"))
    assert (ran.status, data(ran)["items"]) == (0, [])
    assert [(each["bank"], each["ledger"]) for each in data(ran)["holds"]] == [("30.00", "0")]
    assert data(reconcile(clerk, INSURED, options=("--format", "json")))["holds"] == []


def test_frozen_money_that_stands_elsewhere_belongs_to_the_bank_account(tmp_path: Path) -> None:
    elsewhere = WORLD.replace(
        '"Ann" "policyholder"\n', '"Ann" "policyholder"\n  frozen: "Assets:Held:{bank}"\n'
    )
    clerk = Clerk(tmp_path).write(issue(), world=elsewhere)
    sheet = replace(MARCH, entries=(), held="100.00")
    ran = reconcile(clerk, sheet, options=("--format", "json"))
    assert (ran.status, data(ran)["items"]) == (0, []), ran.out
    [account] = data(ran)["accounts"]
    assert account["closing"] == account["ledger"] == "100000.00"


# --- Opening balances ---------------------------------------------------------------------


def test_the_opening_balance(clerk: Clerk) -> None:
    text = "100000.00 in the ledger, 99000.00 CNY on the statement"
    assert items(clerk, replace(MARCH, opening="99000.00")) == [("opening-differs", text)]


def test_a_first_entry_against_equity_is_brought_forward(tmp_path: Path) -> None:
    first = WORLD.replace('2020-01-01 * "Opening', '2026-03-02 * "Opening')
    first = first.replace("  Assets:Bob:Iss   100000.00 CNY\n", "")
    clerk = Clerk(tmp_path).write(HAPPY.replace("2026-03-02", "2026-03-03"), world=first)
    assert items(clerk, MARCH) == []
    shown = reconcile(clerk, MARCH, options=("--all", "--format", "json"))
    assert [each["status"] for each in data(shown)["items"]] == [
        "opening", "reference", "reference",
    ]  # fmt: skip
    reasons = [reason for reason, _ in items(clerk, replace(MARCH, opening="99000.00"))]
    assert reasons == ["opening-differs", "missing-in-bank"]


def test_what_the_bank_booked_late_stands_in_the_ledgers_opening(clerk: Clerk) -> None:
    late = replace(MARCH, start="2026-03-07", entries=(Entry("03-09", "-100.00", "V-1"),))
    assert items(clerk, late) == []


@pytest.mark.parametrize(
    ("opening", "reasons"),
    [
        ("100000.00", ["missing-in-bank"]),  # the bank had not paid V-1 by then, and has not now
        ("99900.00", []),  # it had, and paid it a second time
        ("99000.00", ["opening-differs", "missing-in-bank"]),
    ],
)
def test_the_opening_tells_whether_what_was_taken_back_had_been_paid_before(
    clerk: Clerk, opening: str, reasons: list[str]
) -> None:
    week = replace(
        MARCH, start="2026-03-07", end="2026-03-13", opening=opening,
        entries=(Entry("03-09", "-100.00", "V-1"), replace(BACK, day="03-11")),
    )  # fmt: skip
    assert [reason for reason, _ in items(clerk, week)] == reasons
    reconcile(clerk, week, options=WRITE)
    [fact] = [each for each in load(clerk.path).reading.facts if each.kind == "reconciled"]
    assert fact.terms["differences"] == len(reasons)


def test_what_was_taken_back_later_does_not_depend_on_the_opening(clerk: Clerk) -> None:
    clerk.append(SETTLED_EARLIER)
    entries = (
        Entry("03-02", "-7.00", "L-1"), replace(BACK, day="03-03", amount="7.00", reference="L-1"),
        *MARCH.entries, BACK,
    )  # fmt: skip
    sheet = replace(MARCH, opening="99993.00", entries=entries)
    assert items(clerk, sheet) == [("missing-in-bank", TAKEN_BACK)]


# --- Wrong statements and wrong usage -----------------------------------------------------

FLAWS = [
    ((replace(MARCH, closing="5.00"),), ["unproven"]),
    ((MARCH, MARCH), ["repeated"]),
    ((MARCH, replace(MARCH, id="S-3", start="2026-04-01", end="2026-04-30", opening="1.00", entries=())), ["gap"]),
    ((MARCH, replace(INSURED, account="9")), ["unknown-account"]),
    ((replace(MARCH, closing="5.00"), replace(INSURED, account="9")), ["unproven", "unknown-account"]),
]  # fmt: skip


@pytest.mark.parametrize(("sheets", "codes"), FLAWS)
def test_flaws_of_statements_are_told_and_bar_a_record(
    clerk: Clerk, sheets: tuple[Sheet, ...], codes: list[str]
) -> None:
    ran = reconcile(clerk, *sheets, options=("--format", "json"))
    assert ran.status == 1
    assert [each["status"] for each in data(ran)["flaws"]] == codes
    assert [code_of(line) for line in ran.err.splitlines()[:-1]] == codes
    before = clerk.files()
    refused = reconcile(clerk, *sheets, options=WRITE)
    assert refused.status == 3
    assert all(f"refused: {line}" in refused.err for line in ran.err.splitlines()[:-1])
    assert refused.err.endswith("not everything can be done; nothing was written\n")
    assert {**clerk.files(), "march.xml": b""} == {**before, "march.xml": b""}


@pytest.mark.parametrize(
    ("number", "known"),
    [("1", True), ("CHN-77/1", True), ("1CNY", True), ("CHN-77/1CNY", True), ("1/2/3", False)],
)
def test_how_banks_write_an_account_number(clerk: Clerk, number: str, *, known: bool) -> None:
    ran = reconcile(clerk, replace(MARCH, account=number))
    assert ("[unknown-account]" not in ran.err) == known
    assert ran.status == int(not known)


def test_an_advice_without_balances_reconciles_and_proves_nothing(clerk: Clerk) -> None:
    path = clerk.folder / "advice.xml"
    path.write_text(camt(replace(MARCH, held=None), kind="054"), encoding="utf-8")
    ran = clerk.run("reconcile", str(path), *ACCOUNTS, "--format", "json")
    assert ran.status == 1
    assert [each["status"] for each in data(ran)["flaws"]] == ["unproven"]
    [account] = data(ran)["accounts"]
    assert (account["opening"], account["closing"], account["matched"]) == (None, None, 1)
    refused = clerk.run("reconcile", str(path), *ACCOUNTS, *WRITE)
    assert (refused.status, "has no opening and closing balance" in refused.err) == (3, True)


@pytest.mark.parametrize(("options", "status"), [((), 1), (WRITE, 3), (("--diff", *PEOPLE), 3)])
@pytest.mark.parametrize("content", ["<Document", "what is this?", None])
def test_an_unreadable_statement_changes_nothing(
    clerk: Clerk, content: str | None, options: tuple[str, ...], status: int
) -> None:
    path = clerk.folder / "march.xml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    before = clerk.files()
    ran = clerk.run("reconcile", str(path), *ACCOUNTS, *options)
    assert (ran.status, ran.out) == (status, "")
    assert len(ran.err.splitlines()) == 1
    assert code_of(ran.err.strip()) in {"bad-xml", "unknown-format", "unreadable"}
    assert clerk.files() == before


@pytest.mark.parametrize("path", ["/dev/zero", "."])
def test_what_is_no_file_is_no_statement(clerk: Clerk, path: str) -> None:
    ran = clerk.run("reconcile", path)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"{path}: it is no file; expected a statement [unreadable]\n"


USAGE = [
    (("--account", "1"), "1: NUMBER=ACCOUNT is expected"),
    (("--account", "=Assets:Ann:Iss"), "NUMBER=ACCOUNT is expected"),
    (("--account", "1="), "NUMBER=ACCOUNT is expected"),
    (("--account", "1=Assets:Nobody"), "the ledger opens no account Assets:Nobody"),
    (("--tolerance", "much"), "much is no amount such as 0.05"),
    (("--tolerance", "-1"), "-1 is no amount such as 0.05"),
    (("--tolerance", "nan"), "nan is no amount such as 0.05"),
    (("--window", "11"), "11 is not in the range 0<=x<=10"),
    (("--as-of", "soon"), "soon"),
    (("--write",), "a record needs --prepared-by and --reviewed-by"),
    (("--write", "--prepared-by", "Lin"), "a record needs --prepared-by and --reviewed-by"),
    (("--diff",), "a record needs --prepared-by and --reviewed-by"),
    (("-o", "ledger.beancount"), "a record needs --prepared-by and --reviewed-by"),
]


@pytest.mark.parametrize(("options", "message"), USAGE)
def test_wrong_usage(clerk: Clerk, options: tuple[str, ...], message: str) -> None:
    before = clerk.files()
    ran = reconcile(clerk, MARCH, options=options)
    assert (ran.status, ran.out) == (2, "")
    assert message in " ".join(ran.err.split())
    assert {**clerk.files(), "march.xml": b""} == {**before, "march.xml": b""}


def test_two_accounts_of_one_number(tmp_path: Path) -> None:
    world = WORLD
    for name in (ANN, "Assets:Bob:Iss"):
        world = world.replace(f"open {name}\n", f'open {name}\n  bank-account: "62 28"\n')
    ran = reconcile(Clerk(tmp_path).write(HAPPY, world=world), MARCH)
    assert ran.status == 2
    assert "Assets:Ann:Iss and Assets:Bob:Iss have one bank-account, 6228" in ran.err
    assert reconcile(Clerk(tmp_path).write(HAPPY), MARCH).status == 0
    assert Clerk(tmp_path).run("reconcile").status == 2


# --- The record ---------------------------------------------------------------------------


def test_a_record_says_what_was_reconciled(clerk: Clerk) -> None:
    before = clerk.path.read_text(encoding="utf-8")
    ran = reconcile(clerk, MARCH, INSURED, options=WRITE)
    assert ran.status == 0, ran.err
    assert "S-1: reconciled" in ran.err
    after = clerk.path.read_text(encoding="utf-8")
    assert after.startswith(before)
    digest = hashlib.sha256((clerk.folder / "march.xml").read_bytes()).hexdigest()
    first, second = [fact for fact in load(clerk.path).reading.facts if fact.kind == "reconciled"]
    assert (first.date.isoformat(), first.ids) == ("2026-03-31", (ANN, "S-1"))
    assert second.ids == (INSURER, "S-2")
    assert first.terms["sha256"] == digest
    assert first.terms["document"] == "march.xml"
    assert [str(first.terms[key]) for key in ("lines", "matched", "differences")] == ["1", "1", "0"]
    assert str(first.terms["closing"]) == "99900.00 CNY"
    assert first.terms["vouchers"].startswith("V-1 2026-03-06 -100.00 CNY ")
    assert (first.terms["prepared-by"], first.terms["reviewed-by"]) == ("Lin", "Wang")
    assert "open-items" not in first.terms
    assert clerk.run("check").status == 0


@pytest.mark.parametrize("end", ["2026-03-10", "2026-03-31"])
def test_a_payment_that_the_bank_takes_back_is_not_recorded(clerk: Clerk, end: str) -> None:
    sheet = replace(MARCH, end=end, entries=(*MARCH.entries, BACK))
    assert items(clerk, sheet) == [("missing-in-bank", TAKEN_BACK)]
    ran = reconcile(clerk, sheet, options=WRITE)
    assert (ran.status, "S-1: recorded with 1 difference" in ran.err) == (1, True)
    [fact] = [each for each in load(clerk.path).reading.facts if each.kind == "reconciled"]
    assert "vouchers" not in fact.terms
    assert fact.terms["differences"] == 1
    assert fact.terms["open-items"] == f"missing-in-bank V-1 2026-03-06 -100.00 CNY {TAKEN_BACK}"


def test_a_record_goes_into_the_file_that_opens_the_account(tmp_path: Path) -> None:
    folder = tmp_path / "market"
    shutil.copytree(LEDGERS / "marketplace", folder)
    clerk = Clerk(folder)
    clerk.path = folder / "LiMing.beancount"
    before = clerk.files()
    file = str(folder / "statements" / "LiMing-QingHe-2026-Q1.xml")
    shown = clerk.run("reconcile", file, "--diff", *PEOPLE)
    assert (shown.status, clerk.files()) == (0, before)
    assert shown.out.count("+2026-") == 3
    assert clerk.run("reconcile", file, *WRITE).status == 0
    after = clerk.files()
    assert [name for name in after if after[name] != before[name]] == ["books/LiMing.bean"]
    assert b'document: "../statements/LiMing-QingHe-2026-Q1.xml"' in after["books/LiMing.bean"]
    assert clerk.run("check").status == 0


def test_a_record_into_a_named_file(clerk: Clerk) -> None:
    target = clerk.folder / "records" / "march.beancount"
    target.parent.mkdir()
    ran = reconcile(clerk, MARCH, options=("-o", str(target), *PEOPLE))
    assert ran.status == 0, ran.err
    assert 'document: "../march.xml"' in target.read_text(encoding="utf-8")


def test_a_record_says_what_is_open(clerk: Clerk) -> None:
    clerk.append(
        issue("V-2", "40.00 CNY", "2026-03-09", accept_by="2026-03-12")
        + '2026-03-16 * "Rent"\n  Assets:Ann:Iss  -50.00 CNY\n  Equity:Opening\n'
        + '2026-03-17 * ""\n  Assets:Ann:Iss  -51.00 CNY\n  Equity:Opening\n'
    )
    first = replace(MARCH, opening="99999.00", end="2026-03-15")
    entries = (Entry("03-20", "-3.00", text="Fee; of the bank"),)
    second = replace(MARCH, id="S-9", start="2026-03-16", opening="99899.00", entries=entries)
    ran = reconcile(clerk, first, second, options=WRITE)
    assert ran.status == 1, ran.err
    one, two = [fact.terms for fact in load(clerk.path).reading.facts if fact.kind == "reconciled"]
    assert one["open-items"].split("; ") == [
        "opening-differs 100000.00 in the ledger, 99999.00 CNY on the statement",
        "hold-differs 0.00 held by the bank, 40.00 CNY frozen in the ledger",
    ]
    assert two["open-items"].split("; ") == [
        "missing-in-bank Rent 2026-03-16 -50.00 CNY",
        "missing-in-bank  2026-03-17 -51.00 CNY",
        "missing-in-ledger bank 2026-03-20 -3.00 CNY",
        "hold-differs 0.00 held by the bank, 40.00 CNY frozen in the ledger",
    ]
    assert (str(one["differences"]), str(two["differences"])) == ("2", "4")
    assert "vouchers" in one
    assert "vouchers" not in two
    assert clerk.run("check").status == 0


@pytest.mark.parametrize(
    ("prepared", "reviewed"),
    [("Lin", "Lin"), ("Lin", " LIN "), ("Lin Wei", "lin  wei"), ("Lin", "Ｌｉｎ")],
)
def test_nobody_reviews_what_they_prepared(clerk: Clerk, prepared: str, reviewed: str) -> None:
    people = ("--prepared-by", prepared, "--reviewed-by", reviewed)
    before = clerk.path.read_bytes()
    ran = reconcile(clerk, MARCH, options=("--write", *people))
    assert ran.status == 3
    assert "[same-person]" in ran.err
    assert clerk.path.read_bytes() == before


def test_a_second_reconciliation_of_a_statement_is_refused(clerk: Clerk) -> None:
    assert reconcile(clerk, MARCH, options=WRITE).status == 0
    before = clerk.path.read_bytes()
    again = reconcile(clerk, MARCH, options=WRITE)
    assert (again.status, "S-1: reconciled already\nNothing to write.\n" in again.err) == (0, True)
    other = reconcile(clerk, replace(MARCH, held="1.00"), options=WRITE)
    assert (other.status, "[duplicate]" in other.err) == (3, True)
    shown = reconcile(clerk, MARCH, options=("--diff", *PEOPLE))
    assert (shown.status, "Nothing to write." in shown.err) == (0, True)
    assert clerk.path.read_bytes() == before
    assert reconcile(clerk, MARCH).status == 0  # to look at it again is no record


def test_a_changed_file_of_an_earlier_statement_still_proves_its_vouchers(clerk: Clerk) -> None:
    assert reconcile(clerk, MARCH, options=WRITE).status == 0
    empty = replace(MARCH, id="S-9", start="2026-03-07", opening="99900.00", entries=())
    assert items(clerk, empty) == []


def test_what_banks_and_clerks_write_is_only_text(clerk: Clerk) -> None:
    clerk.append(
        '2026-03-16 * "Say \\"no\\"; \\\\ or\nnot"\n  Assets:Ann:Iss  -50.00 CNY\n  Equity:Opening\n'
    )
    sheet = replace(MARCH, id='S"1\\" ; 2026-03-31 close Assets:Ann:Iss')
    path = clerk.folder / 'a "statement"; {0}.xml'
    path.write_text(camt(sheet), encoding="utf-8")
    people = ("--prepared-by", 'Lin "the\nquick"', "--reviewed-by", "Wang\\")
    ran = clerk.run("reconcile", str(path), *ACCOUNTS, "--write", *people)
    assert ran.status == 1, ran.err  # what is open is a difference
    [fact] = [each for each in load(clerk.path).reading.facts if each.kind == "reconciled"]
    assert fact.ids == (ANN, sheet.id)
    assert fact.terms["document"] == path.name
    assert (fact.terms["prepared-by"], fact.terms["reviewed-by"]) == people[1::2]
    said = 'missing-in-bank Say "no", \\ or\nnot 2026-03-16 -50.00 CNY'
    assert fact.terms["open-items"] == said
    assert clerk.run("check").status == 0


def test_a_spreadsheet_takes_a_banks_text_as_text(clerk: Clerk) -> None:
    entries = (*MARCH.entries, Entry("03-20", "-3.00", text='=HYPERLINK("evil")'))
    ran = reconcile(clerk, replace(MARCH, entries=entries), options=("--format", "csv"))
    [row] = csv.DictReader(io.StringIO(ran.out.removeprefix("\ufeff")))
    assert (ran.status, row["status"], row["amount"]) == (1, "missing-in-ledger", "-3.00")
    assert not row["reference"].startswith("=")


# --- The form of a record -----------------------------------------------------------------

RECORD = f"""\
2026-03-31 custom "voucher-reconciled" {ANN} "S-1"
  sha256: "{"0" * 64}"
  period-start: 2026-03-01
  closing: 99900.00 CNY
  lines: 1
  matched: 1
  differences: 0
  prepared-by: "Lin"
  reviewed-by: "Wang"
"""
PROVEN = "V-1 2026-03-06 -100.00 CNY 0123456789abcdef"


def proven(text: str, key: str = "vouchers") -> tuple[str, str]:
    return ('prepared-by: "Lin"', f'prepared-by: "Lin"\n  {key}: "{text}"')


FORMS = [
    ("", "", None),
    (ANN, f'"{ANN}"', None),
    ("99900.00 CNY", "-1 CNY", None),
    (*proven(PROVEN), None),
    (*proven(f"{PROVEN};  {PROVEN}"), None),
    (*proven(""), "bad-value"),
    (*proven(f"{PROVEN};"), "bad-value"),
    (*proven(PROVEN.replace("2026-03", "2026-13")), "bad-value"),
    (*proven(PROVEN.replace("2026-03-06", "2026-02-30")), "bad-value"),
    (*proven(PROVEN.replace("2026", "２０２６")), "bad-value"),
    (*proven(PROVEN.replace("100.00", "1.0.0")), "bad-value"),
    (*proven(PROVEN.replace("100.00", ".")), "bad-value"),
    (*proven(PROVEN.replace("abcdef", "ABCDEF")), "bad-value"),
    (*proven(PROVEN.replace("V-1", "v-1")), "bad-value"),
    (*proven("2026-03-06 -100.00 CNY; 2026-03-06 7 CNY", "transactions"), None),
    (*proven("", "transactions"), "bad-value"),
    (*proven("2026-03-06 -100.00 CNY;", "transactions"), "bad-value"),
    (*proven("2026-02-30 -100.00 CNY", "transactions"), "bad-value"),
    (*proven("2026-03-06 -100.00", "transactions"), "bad-value"),
    (*proven("Rent 2026-03-06 -100.00 CNY", "transactions"), "bad-value"),
    (f'{ANN} "S-1"', f"{ANN}", "bad-value"),
    (f'{ANN} "S-1"', f'{ANN} "S-1" "more"', "bad-value"),
    (f'{ANN} "S-1"', f"{ANN} {ANN}", "bad-value"),
    (f'{ANN} "S-1"', f'{ANN} ""', "bad-value"),
    (f'{ANN} "S-1"', '"Ann" "S-1"', "bad-value"),
    (f'{ANN} "S-1"', '7 "S-1"', "bad-value"),
    ('"' + "0" * 64 + '"', '"0"', "bad-value"),
    ('"' + "0" * 64 + '"', "7", "bad-value"),
    ("2026-03-01", '"2026-03-01"', "bad-value"),
    ("99900.00 CNY", "99900.00", "bad-value"),
    ("lines: 1", "lines: 1.5", "bad-value"),
    ("lines: 1", "lines: -1", "bad-value"),
    ("lines: 1", "lines: " + "9" * 40, None),
    ("lines: 1", "lines: " + "9" * 40 + ".5", "bad-value"),
    ("lines: 1", 'lines: "1"', "bad-value"),
    ('"Wang"', '""', "bad-value"),
    ('"Wang"', '" "', "bad-value"),
    ('"Lin"', '"\u3000"', "bad-value"),
    ('"Wang"', '"lin"', "same-person"),
    ('  reviewed-by: "Wang"\n', "", "missing-key"),
    ("  matched: 1\n", "", "missing-key"),
    ("matched", "machted", "unknown-key"),
]


@pytest.mark.parametrize(("old", "new", "code"), FORMS)
def test_the_form_of_a_record(tmp_path: Path, old: str, new: str, code: str | None) -> None:
    clerk = Clerk(tmp_path).write(HAPPY.replace("V-1", "V-9") + RECORD.replace(old, new))
    lines = clerk.run("check").out.splitlines()
    # This ledger has no V-1: where the form is right, that is what is wrong.
    expected = ["reconciled-changed"] * new.count("V-1") if code is None else [code]
    assert [code_of(line) for line in lines] == expected
    if code is not None:
        start = RECORD.splitlines()[0].replace(old, new)
        number = clerk.path.read_text(encoding="utf-8").splitlines().index(start) + 1
        assert lines[0].startswith(f"{clerk.path}:{number}: ")


LATER = RECORD.replace("2026-03-31", "2026-04-30").replace(
    "period-start: 2026-03", "period-start: 2026-04"
)
OTHER = RECORD.replace("0" * 64, "1" * 64)
TWICE = [
    (RECORD, ["duplicate"]),
    (OTHER, ["duplicate", "duplicate"]),  # they disagree: neither counts
    (LATER, []),  # a bank that does not number its statements gives all of them one id
    (LATER.replace("period-start: 2026-04-01", "period-start: 2026-03-31"), []),
    (LATER.replace("period-start: 2026-04-01", "period-start: 2026-03-30"), ["duplicate"]),
    (RECORD.replace('"S-1"', '"S-2"'), ["duplicate"]),  # one file under two names
    (OTHER.replace('"S-1"', '"S-2"'), []),
    (LATER.replace('"S-1"', '"S-2"'), []),  # a file may have two statements
    (RECORD.replace(ANN, INSURER), []),
]


@pytest.mark.parametrize(("second", "codes"), TWICE)
def test_a_statement_is_recorded_once(second: str, codes: list[str]) -> None:
    found = loaded(HAPPY + RECORD + second)
    assert found.codes == codes
    assert len(found.evaluation.reconciled) == 2 - len(codes)


# --- What changed since -------------------------------------------------------------------


@pytest.fixture
def recorded(clerk: Clerk) -> Clerk:
    assert reconcile(clerk, MARCH, INSURED, options=WRITE).status == 0
    assert clerk.run("check").status == 0
    return clerk


def findings(clerk: Clerk) -> list[str]:
    """What ``check`` finds, without its places, which must be those of the records."""
    ran = clerk.run("check")
    lines = clerk.path.read_text(encoding="utf-8").splitlines()
    found = []
    for line in ran.out.splitlines():
        number, _, text = line.removeprefix(f"{clerk.path}:").partition(": ")
        assert "voucher-reconciled" in lines[int(number) - 1]
        found.append(text)
    assert ran.status == int(bool(found))
    return found


def edit(clerk: Clerk, old: str, new: str) -> None:
    text = clerk.path.read_text(encoding="utf-8")
    assert old in text
    clerk.path.write_text(text.replace(old, new), encoding="utf-8")


def test_check_tells_a_changed_statement(recorded: Clerk) -> None:
    path = recorded.folder / "march.xml"
    path.write_bytes(path.read_bytes() + b"\n")
    assert findings(recorded) == [
        "march.xml is not the file of statement S-1 [statement-changed]",
        "march.xml is not the file of statement S-2 [statement-changed]",
    ]
    path.unlink()
    assert [code_of(each) for each in findings(recorded)] == ["missing-document"] * 2


@pytest.mark.parametrize("document", ["/dev/zero", ".", "a\0b", "a" * 300])
def test_a_document_that_is_no_file_is_missing(recorded: Clerk, document: str) -> None:
    edit(recorded, '"march.xml"', f'"{document}"')
    assert [code_of(each) for each in findings(recorded)] == ["missing-document"] * 2


def test_a_record_that_names_no_file_and_no_voucher_has_nothing_to_change(clerk: Clerk) -> None:
    clerk.append(RECORD)
    assert findings(clerk) == []


def test_check_tells_a_changed_settlement(recorded: Clerk) -> None:
    edit(recorded, '2026-03-06 custom "voucher-settle"', '2026-03-09 custom "voucher-settle"')
    assert findings(recorded) == [
        f"V-1 was reconciled at {number} CNY on 2026-03-06; {account} now has "
        f"{number} CNY on 2026-03-09 [reconciled-changed]"
        for number, account in (("-100.00", ANN), ("100.00", INSURER))
    ]


def test_check_tells_a_settlement_that_is_gone(recorded: Clerk) -> None:
    edit(recorded, '2026-03-06 custom "voucher-settle" "V-1"\n', "")
    assert findings(recorded) == [
        f"V-1 was reconciled at {number} CNY on 2026-03-06; {account} now has no settlement "
        "[reconciled-changed]"
        for number, account in (("-100.00", ANN), ("100.00", INSURER))
    ]


@pytest.mark.parametrize(
    ("books", "accounts"),
    [("Ann", [ANN]), ("Ins", [INSURER]), ("Iss", []), ("Ann Acc Ins", [ANN, INSURER])],
)
def test_only_the_books_that_are_kept_can_tell(
    recorded: Clerk, books: str, accounts: list[str]
) -> None:
    """The records stand in a file that the ledgers of all parties include."""
    edit(recorded, PLUGIN, f'plugin "beancount_voucher_plugin" "{books}"\n')
    assert findings(recorded) == []
    edit(recorded, '2026-03-06 custom "voucher-settle"', '2026-03-09 custom "voucher-settle"')
    found = findings(recorded)
    assert [each.split("; ")[1].split(" now ")[0] for each in found] == accounts


def test_check_tells_the_same_money_in_other_postings(recorded: Clerk) -> None:
    edit(recorded, '"Ins" "insurer"\n', '"Ins" "insurer"\n  receivable: "Assets:Ins:Due"\n')
    assert findings(recorded) == [
        f"V-1 was reconciled at 100.00 CNY on 2026-03-06; {INSURER} now has "
        "the same money in other postings [reconciled-changed]"
    ]


def test_a_ledger_that_keeps_no_such_books_cannot_tell(recorded: Clerk) -> None:
    """Without the plugin, no settlement is written out; without the account, it is another's."""
    text = recorded.path.read_text(encoding="utf-8")
    recorded.path.write_text(text.removeprefix(PLUGIN), encoding="utf-8")
    codes = [code_of(line) for line in recorded.run("check").out.splitlines()]
    assert "reconciled-changed" not in codes
    records = text[text.index('2026-03-31 custom "voucher-reconciled"') :]
    others = records.replace(ANN, "Assets:Far:Away").replace(INSURER, "Assets:Far:Off")
    (recorded.folder / "march.xml").write_text("", encoding="utf-8")
    recorded.path.write_text(PLUGIN + WORLD + HAPPY + others, encoding="utf-8")
    assert findings(recorded) == []


def test_the_file_of_an_account_that_none_opens_is_the_top_file(clerk: Clerk) -> None:
    ledger = load(clerk.path)
    assert target_file_of_account(ledger, ANN) == clerk.path
    assert target_file_of_account(ledger, "Assets:Nobody") == clerk.path.absolute()
    ran = reconcile(clerk, INSURED, options=("--account", "3=Assets:Nobody", *WRITE))
    assert (ran.status, "the ledger opens no account Assets:Nobody" in ran.err) == (2, True)


# --- Business days ----------------------------------------------------------------------

GOLDEN_WEEK = '2026-09-30 * "Shop"\n  Assets:Ann:Iss  -7.00 CNY\n  Equity:Opening\n'
OCTOBER = Sheet("S-9", "1", "2026-10-01", "2026-10-31", "100000.00", (
    Entry("10-08", "-7.00", text="Shop"),
))  # fmt: skip
CHINA = '2026-01-01 custom "voucher-option" "calendar" "CN"\n'


def test_a_calendar_of_the_ledger_bridges_its_holidays(tmp_path: Path) -> None:
    """From 30 September to 8 October a Chinese bank works on one day."""
    for option, expected in (("", {"late"}), (CHINA, set())):
        clerk = Clerk(tmp_path).write(GOLDEN_WEEK + option)
        assert {reason for reason, _ in items(clerk, OCTOBER)} == expected


def test_days_beyond_a_calendar_are_told(tmp_path: Path) -> None:
    sheet = Sheet("S-9", "1", "2027-02-01", "2027-02-28", "100000.00")
    clerk = Clerk(tmp_path).write(CHINA)
    ran = reconcile(clerk, sheet)
    told = "S-9: calendar CN ends on 2026-12-31; later days are weekdays"
    assert told in ran.err
    [note] = data(reconcile(clerk, sheet, options=("--format", "json")))["notes"]
    assert note["text"] == told.removeprefix("S-9: ")
