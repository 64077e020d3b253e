"""What the views say: one voucher, exceptions, reconciliation, ageing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fava_voucher
from beancount_voucher.directives.account_roles import RECONCILED_ROLES
from beancount_voucher.views.ageing import AGE, LEFT
from beancount_voucher.views.exceptions import KINDS
from beancount_voucher.views.register import rows as register_rows
from tests.support import (
    ACCEPT,
    APPLY,
    HAPPY,
    LEDGERS,
    LINES,
    SETTLE,
    WORLD,
    event,
    issue,
    line_of,
)
from tests.support.reader import Reader, query_of, read

if TYPE_CHECKING:
    from lxml.html import HtmlElement

ALL = LEDGERS / "marketplace" / "all.beancount"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: dt.date(2026, 6, 1))


@pytest.fixture(scope="module")
def marketplace() -> Reader:
    return Reader(ALL)


# --- One voucher ------------------------------------------------------------------------


def said(element: HtmlElement) -> str:
    """What a person reads of it: lines and columns apart, words whole."""
    for apart in element.iter("br", "dd", "div", "p"):
        apart.tail = f" {apart.tail or ''}"
        apart.text = f" {apart.text or ''}"
    return " ".join(element.text_content().split())


def timeline(reader: Reader, voucher: str, **query: str) -> list[tuple[str, list[str]]]:
    """Each moment: its line, and what each book says."""
    seen = reader.see(view="voucher", voucher=voucher, **query)
    return [
        (said(moment.xpath("./p")[0]), [said(book) for book in moment.xpath(".//*[@class='book']")])
        for moment in seen.all(".//ol[@class='life']/li")
    ]


def test_the_life_with_each_books_postings_side_by_side(tmp_path: Path) -> None:
    reader = read(tmp_path, issue(cover_start="2026-03-10") + ACCEPT + APPLY + SETTLE)
    life = timeline(reader, "V-1", time="2026-03-07")
    source = "ledger.beancount:"
    assert [line.rsplit(source)[0] for line, _ in life] == [
        "2026-03-02 issue → issued amount 100.00 CNY ",
        "2026-03-03 accept → accepted ",
        "2026-03-05 apply → applied amount 100.00 CNY ",
        "2026-03-06 settle → settled amount 100.00 CNY ",
    ]
    assert life[0][1] == [
        "policyholder: Ann (transaction) Assets:Ann:Iss:Frozen 100.00 CNY Assets:Ann:Iss -100.00 CNY",
        "issuer: Iss (transaction) Liabilities:Iss:Deposits:Ann 100.00 CNY"
        " Liabilities:Iss:Held:Ann -100.00 CNY",
        "acceptor: Acc nothing is posted",
        "insurer: Ins nothing is posted",
    ]
    assert life[2][1] == []
    assert [book.split()[0] for book in life[3][1]] == [
        "policyholder:", "issuer:", "acceptor:", "insurer:",
    ]  # fmt: skip
    later = timeline(reader, "V-1", time="2026-04")
    assert len(later) == 4  # cover starts past the horizon


def test_what_no_directive_states_is_said_to_be_so(tmp_path: Path) -> None:
    covered = issue(cover_start="2026-03-04") + ACCEPT + APPLY
    lines = [line for line, _ in timeline(read(tmp_path, covered), "V-1")]
    assert lines[2].startswith("2026-03-04 recognise (by its terms) ledger.beancount:")


def test_one_bank_has_one_book(tmp_path: Path) -> None:
    world = WORLD + "2020-01-01 open Liabilities:Iss:Deposits:Ins\n2020-01-01 open Assets:Ins:Iss\n"
    reader = read(tmp_path, issue(acceptor=None) + ACCEPT, world=world)
    [_, (_, books)] = timeline(reader, "V-1", time="2026-03-03")[:2]
    assert [book.split(":")[0] for book in books] == ["policyholder", "issuer, acceptor", "insurer"]


def test_a_book_that_is_not_kept_is_said_to_be_so(tmp_path: Path) -> None:
    reader = read(tmp_path, HAPPY, plugin='plugin "beancount_voucher_plugin" "Ann"\n')
    [(_, books), *_] = timeline(reader, "V-1")
    assert books[1] == "issuer: Iss this ledger does not keep this book"


def test_refused_events_are_red_and_say_why(tmp_path: Path) -> None:
    wrong = event("accept", "2026-03-09") + event("apply", "2026-04-04")
    reader = read(tmp_path, issue() + ACCEPT + APPLY + wrong)
    seen = reader.see(view="voucher", voucher="V-1", time="2026-03")
    refused = [said(each) for each in seen.all(".//li[@class='refused']")]
    assert len(refused) == 1
    assert refused[0].startswith("2026-03-09 accept refused event ledger.beancount:")
    assert refused[0].endswith("[duplicate]")
    happened = [line.split()[1] for line, _ in timeline(reader, "V-1")]
    assert happened == ["issue", "accept", "recognise", "apply", "accept", "apply"]


def test_refused_events_of_a_voucher_that_there_is_not(tmp_path: Path) -> None:
    seen = read(tmp_path, event("accept", "2026-03-09")).see(view="voucher", voucher="V-1")
    assert "No voucher V-1 was known on 2026-06-01." in seen.words
    assert "2026-03-09 accept refused event" in seen.words
    assert "[not-found]" in seen.words


def test_a_voucher_that_was_not_known_yet(marketplace: Reader) -> None:
    seen = marketplace.see(view="voucher", voucher="CG-006", time="2026-01")
    assert "No voucher CG-006 was known on 2026-01-31." in seen.words
    assert (
        marketplace.see("export.csv", view="voucher", voucher="CG-006", time="2026-01").status
        == 404
    )
    assert (
        "No voucher CG-006 was known"
        in marketplace.see("print", view="voucher", voucher="CG-006", time="2026-01").text
    )


def test_a_requested_voucher_shows_what_was_requested(marketplace: Reader) -> None:
    seen = marketplace.see(view="voucher", voucher="AS-001")
    assert "AS-001 refused 36.00 CNY" in seen.words
    assert "closed on 2026-01-19: below the bank's minimum for merchants" in seen.words
    assert "No settlement condition is set." in seen.words


def conditions(reader: Reader, voucher: str, **query: str) -> list[tuple[str, str]]:
    seen = reader.see(view="voucher", voucher=voucher, **query)
    [section] = seen.all(".//h3[starts-with(., 'Conditions')]/following-sibling::*[1]")
    return list(
        zip(map(said, section.xpath("./dt")), map(said, section.xpath("./dd")), strict=True)
    )


@pytest.mark.parametrize(
    ("voucher", "time", "judged"),
    [
        ("CG-001", "", ("met", 'requires-event: waybill-CG-001=departed "waybill-CG-001" is "departed" '
                        "since 2026-01-16 2026-01-16 waybill-CG-001: departed")),
        ("CG-001", "2026-01-15", ("not yet", 'requires-event: waybill-CG-001=departed there is no event '
                                  '"waybill-CG-001"')),
        ("FA-001", "", ("met", "requires-document: TRUE the application names document "
                        "documents/FA-001-ticket.txt 2026-01-20 apply")),
        ("FA-001", "2026-01-12", ("not yet", "requires-document: TRUE there is no application")),
    ],
)  # fmt: skip
def test_conditions_with_verdict_and_evidence(
    marketplace: Reader, voucher: str, time: str, judged: tuple[str, str]
) -> None:
    assert conditions(marketplace, voucher, time=time) == [judged]


def test_what_nobody_has_applied_for_is_grey_and_what_is_unmet_is_red(tmp_path: Path) -> None:
    reader = read(tmp_path, issue(requires_policy="TRUE") + ACCEPT + APPLY)
    for day, shown in (("2026-03-04", ("not yet", "quiet")), ("2026-03-05", ("unmet", "unmet"))):
        seen = reader.see(view="voucher", voucher="V-1", time=day)
        [word] = seen.all(".//h3[starts-with(., 'Conditions')]/following-sibling::*[1]//b")
        assert (word.text, word.get("class")) == shown


def test_what_was_paid_before_it_was_recognised_is_called_so(marketplace: Reader) -> None:
    words = {
        voucher: marketplace.see(view="voucher", voucher=voucher).words
        for voucher in ("FA-001", "FA-005", "CAR-001")
    }
    assert "recognised and paid 320.00 CNY" in words["FA-001"]
    assert "paid before cover starts 299.00 CNY" in words["FA-005"]
    assert "recognised 4,860.00 CNY" in words["CAR-001"]


def test_a_waiting_condition(tmp_path: Path) -> None:
    reader = read(tmp_path, issue(not_before="2026-03-20") + ACCEPT + APPLY)
    waits = ("waiting", "not-before: 2026-03-20 not before 2026-03-20")
    assert conditions(reader, "V-1", time="2026-03-10") == [waits]


def test_links_to_the_journal_show_the_whole_life_up_to_the_day(marketplace: Reader) -> None:
    seen = marketplace.see(
        view="voucher", voucher="CG-001", time="2026-02", account="LiMing", filter="#x"
    )
    assert "No voucher passes" not in seen.words
    journals = [query_of(link) for link in seen.links if "/journal/" in link]
    assert journals == [
        {"filter": "^CG-001", "time": "2026-01-14 - 2026-02-28"},
        {"filter": 'voucher:"^CG-001$"', "time": "2026-01-14 - 2026-02-28"},
    ]
    free = [
        query_of(link)
        for link in marketplace.see(view="voucher", voucher="CG-001").links
        if "/journal/" in link
    ]
    assert free == [{"filter": "^CG-001"}, {"filter": 'voucher:"^CG-001$"'}]


# --- Exceptions -------------------------------------------------------------------------

ALL_KINDS = (
    issue("V-1")
    + issue("V-2", date="2026-03-03") + event("accept", "2026-03-03", voucher="V-2")
    + issue("V-3") + event("return", "2026-03-04", voucher="V-3")
    + issue("V-4") + event("accept", "2026-03-03", voucher="V-4") + event("apply", "2026-03-05", voucher="V-4")
    + event("settle", "2026-03-06", voucher="V-9")
    + '2026-03-07 * "by hand"\n  Assets:Ann:Iss:Frozen  1.00 CNY\n  Assets:Ann:Iss\n'
)  # fmt: skip


def exceptions(reader: Reader, **query: str) -> list[tuple[str, str, str, str]]:
    keys = ("kind", "voucher", "since", "age")
    found = reader.csv(view="exceptions", **query)
    return [tuple(row[key] for key in keys) for row in found]  # type: ignore[misc]


def test_every_kind_of_exception_with_its_age_and_line(tmp_path: Path) -> None:
    reader = read(tmp_path, ALL_KINDS)
    expected = [
        ("broken invariant", "", "2026-03-07", "24"),
        ("overdue for acceptance", "V-1", "2026-03-05", "26"),
        ("overdue for application", "V-2", "2026-03-31", "0"),
        ("returned, not voided", "V-3", "2026-03-04", "27"),
        ("applied for, not judged", "V-4", "2026-03-05", "26"),
        ("event with an error", "V-9", "2026-03-06", "25"),
    ]
    assert exceptions(reader, time="2026-03") == [row for row in expected if row[1] != "V-2"]
    assert exceptions(reader, time="2026-04-01")[2] == (
        "overdue for application",
        "V-2",
        "2026-03-31",
        "1",
    )
    assert exceptions(reader, time="2026-03-05") == [
        ("returned, not voided", "V-3", "2026-03-04", "1")
    ]
    seen = reader.see(view="exceptions", time="2026-04")
    chips = [said(chip) for chip in seen.all(".//ul[@class='chips']//a")]
    assert chips == ["all 6"] + [f"{kind} 1" for kind in KINDS.values()]
    todo = {row["voucher"]: row["remedy"] for row in reader.csv(view="exceptions", time="2026-04")}
    assert todo == {
        "V-1": "bean-voucher void V-1 --reason not-accepted",
        "V-2": "bean-voucher void V-2 --reason no-application",
        "V-3": "bean-voucher void V-3 --reason insurance-returned",
        "V-4": "bean-voucher run",
        "": "bean-voucher check",
        "V-9": "correct the directive",
    }
    lines = {row["voucher"]: row["source"] for row in reader.csv(view="exceptions", time="2026-04")}
    at = line_of(ALL_KINDS, '2026-03-06 custom "voucher-settle" "V-9"') + 1  # the extension's line
    assert lines["V-9"] == f"ledger.beancount:{at}"


def test_exceptions_name_whose_money_and_how_much_the_largest_first(tmp_path: Path) -> None:
    text = (
        issue("V-1", "5.00 CNY") + issue("V-2", "7.00 EUR") + issue("V-3", "60.00 CNY")
        + issue("V-4", "9.00 CNY") + event("accept", "2026-03-03", voucher="V-4") + event("apply", "2026-03-05", voucher="V-4")
        + event("settle", "2026-03-06", voucher="V-4") + event("settle", "2026-03-07", voucher="V-4")
        + event("request", "2026-03-01", "70.00 CNY", voucher="V-5", policyholder='"Ann"', insurer='"Ins"')
        + event("settle", "2026-03-06", voucher="V-5")
        + event("settle", "2026-03-06", voucher="V-9")
    )  # fmt: skip
    keys = ("voucher", "party", "amount", "currency")
    found = read(tmp_path, text).csv(view="exceptions", time="2026-03-09")
    assert [" ".join(row[key] for key in keys).strip() for row in found] == [
        "V-5 Ann 70.00 CNY",
        "V-3 Ann 60.00 CNY",
        "V-4 Ann 9.00 CNY",
        "V-1 Ann 5.00 CNY",
        "V-2 Ann 7.00 EUR",  # overdue
        "V-2 Ann 7.00 EUR",  # and there are no euros
        "V-9",
    ]


def test_what_is_unmet_under_represent_needs_a_new_application_while_there_is_time(
    tmp_path: Path,
) -> None:
    text = issue(requires_policy="TRUE", on_unmet='"represent"', apply_by="2026-03-20") + ACCEPT
    reader = read(tmp_path, text + APPLY)
    assert reader.csv(view="exceptions", time="2026-03-21") == []
    [row] = reader.csv(view="exceptions", time="2026-03-22")
    assert (row["kind"], row["remedy"]) == ("applied for, not judged", "bean-voucher run")
    assert (row["since"], row["age"]) == ("2026-03-21", "1")
    # Until then it waits, and every view says the same.
    waits = "waiting for a new application until 2026-03-20"
    [row] = reader.csv(time="2026-03-15")
    assert (row["overdue"], row["waiting"]) == ("", waits)
    assert waits in reader.see(view="voucher", voucher="V-1", time="2026-03-15").words
    [hold] = reader.csv(view="ageing", table="holds", time="2026-03-15")
    assert (hold["waiting"], hold["deadline"], hold["left"]) == (waits, "2026-03-20", "5")
    late = reader.see(view="voucher", voucher="V-1", time="2026-03-22").words
    assert "overdue since 2026-03-21" in late


@pytest.mark.parametrize("claim", ["filename: 5 CNY", "filename: #tag", "lineno: 7 CNY"])
def test_an_exception_that_stands_nowhere(tmp_path: Path, claim: str) -> None:
    """An ordinary transaction may say of itself that it stands on five yuan."""
    by_hand = '2026-03-07 * "by hand"\n  Assets:Ann:Iss:Frozen  1.00 CNY\n  Assets:Ann:Iss\n'
    odd = by_hand.replace("\n", f"\n  {claim}\n", 1)
    reader = read(tmp_path, issue() + odd + odd.replace("03-07", "03-08"))
    assert reader.see(view="exceptions").status == 200
    assert ("broken invariant", "", "2026-03-07", "24") in exceptions(reader, time="2026-03")


def test_one_kind_of_exception(tmp_path: Path) -> None:
    reader = read(tmp_path, ALL_KINDS)
    assert [row[1] for row in exceptions(reader, kind="void")] == ["V-3"]
    assert "No exception of this kind." in reader.see(view="exceptions", kind="no such kind").words
    assert [row[1] for row in exceptions(reader, filter="^V-1")] == ["", "V-1"]


def test_no_exceptions_is_said(tmp_path: Path) -> None:
    seen = read(tmp_path, HAPPY).see(view="exceptions")
    assert "Nothing needs attention." in seen.words
    assert [said(chip).split()[-1] for chip in seen.all(".//ul[@class='chips']//a")] == ["0"] * 7


def test_an_error_without_a_directive_always_shows(tmp_path: Path) -> None:
    plugin = 'plugin "beancount_voucher_plugin" "Nobody"\n'
    reader = read(tmp_path, issue(), plugin=plugin)
    [row] = reader.csv(view="exceptions", time="2020")
    assert (row["kind"], row["since"], row["age"], row["source"]) == (
        "event with an error",
        "",
        "",
        "",
    )
    assert row["text"].endswith("[unknown-party]")


# --- Reconciliation ---------------------------------------------------------------------


def test_the_marketplace_agrees_on_every_day(marketplace: Reader) -> None:
    day = dt.date(2026, 1, 1)
    figures = 0
    while day < dt.date(2026, 4, 3):
        for row in marketplace.csv(view="reconciliation", time=str(day)):
            assert Decimal(row["difference"]) == 0, (day, row)
            figures += 1
        day += dt.timedelta(days=1)
    assert figures > 1000
    roles = {row["role"] for row in marketplace.csv(view="reconciliation")}
    assert roles == set(RECONCILED_ROLES)


def test_the_books_of_one_party(marketplace: Reader) -> None:
    shown = marketplace.csv(view="reconciliation", time="2026-03", book="QingHe")
    assert {row["book"] for row in shown} == {"QingHe"}
    [interbank] = [row for row in shown if row["role"] == "interbank-payable"]
    assert [interbank[key] for key in ("held", "other", "said", "difference", "vouchers")] == [
        "-299.00", "28932.50", "-29231.50", "0.00", "6",
    ]  # fmt: skip
    held = [row for row in shown if row["role"] == "held"]
    assert [(row["account"], row["held"], row["said"]) for row in held] == [
        ("Liabilities:QingHe:Held:LiMing", "-5364.60", "-5364.60"),
        ("Liabilities:QingHe:Held:YunShang", "-9750.00", "-9750.00"),
    ]


def test_the_parts_are_the_figure(marketplace: Reader) -> None:
    """Σ of the vouchers of each figure, and other entries, is the figure; and so says the register."""
    figures = marketplace.csv(view="reconciliation", time="2026-03")
    parts = marketplace.csv(view="reconciliation", table="reconciliation-vouchers", time="2026-03")
    for figure in figures:
        mine = [
            p
            for p in parts
            if (p["account"], p["currency"]) == (figure["account"], figure["currency"])
        ]
        assert sum(Decimal(p["said"]) for p in mine) == Decimal(figure["said"])
        assert sum(Decimal(p["posted"]) for p in mine) + Decimal(figure["other"]) == Decimal(
            figure["held"]
        )
        # The repayments of a credit line are no voucher's.
        assert sum(bool(p["voucher"]) for p in mine) == int(figure["vouchers"])
    held = {
        row["id"]: row["held"] for row in marketplace.csv(time="2026-03") if Decimal(row["held"])
    }
    frozen = {p["voucher"]: p["posted"] for p in parts if p["account"].endswith(":Frozen")}
    assert frozen == held


def test_what_somebody_posts_by_hand_is_a_difference(tmp_path: Path) -> None:
    by_hand = '2026-03-07 * "by hand"\n  Assets:Ann:Iss:Frozen  1.00 CNY\n  Assets:Ann:Iss\n'
    reader = read(tmp_path, issue() + by_hand)
    before = reader.csv(view="reconciliation", time="2026-03-06")
    assert {row["difference"] for row in before} == {"0.00"}
    assert "Every figure agrees." in reader.see(view="reconciliation", time="2026-03-06").words
    [wrong] = [row for row in reader.csv(view="reconciliation") if Decimal(row["difference"])]
    assert [wrong[key] for key in ("account", "held", "other", "said", "difference")] == [
        "Assets:Ann:Iss:Frozen", "101.00", "1.00", "100.00", "1.00",
    ]  # fmt: skip
    seen = reader.see(view="reconciliation")
    assert "1 figure differs." in seen.words
    assert seen.all(".//td//span[@class='differs']/text()") == ["1.00"]
    # An account that is looked at alone is looked at whole.
    for account in ("Assets:Ann:Iss:Frozen", "Ann"):
        seen = reader.see(view="reconciliation", account=account)
        assert "1 figure differs." in seen.words
        assert "Only accounts that pass Fava's account filter are shown." in seen.words
        rows = reader.csv(view="reconciliation", account=account)
        [wrong] = [row for row in rows if Decimal(row["difference"])]
        assert (wrong["held"], wrong["difference"]) == ("101.00", "1.00")
    # The share of chosen vouchers has nothing to do with it, and says nothing of the account.
    assert {row["difference"] for row in reader.csv(view="reconciliation", filter="^V-1")} == {
        "0.00"
    }
    seen = reader.see(view="reconciliation", filter="^V-1")
    assert "Shares of the vouchers that pass the text filter" in seen.words
    assert "Every figure agrees." not in seen.words
    assert "Only vouchers that pass Fava's filters are shown." in seen.words
    headings = seen.all("//table[@class='data reconciliation']/thead//th")
    assert "posted" in [said(heading) for heading in headings]
    assert "account holds" not in [said(heading) for heading in headings]


def test_an_account_for_each_voucher_counts_under_its_parent(tmp_path: Path) -> None:
    option = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'
    reader = read(tmp_path, option + issue() + issue("V-2"))
    [frozen] = [row for row in reader.csv(view="reconciliation") if row["role"] == "frozen"]
    assert (frozen["account"], frozen["held"], frozen["vouchers"]) == (
        "Assets:Ann:Iss:Frozen",
        "200.00",
        "2",
    )


def test_credit_that_is_repaid_is_no_vouchers(tmp_path: Path) -> None:
    credit = LINES + issue(funding='"credit"') + ACCEPT + APPLY + SETTLE
    repaid = '2026-03-20 custom "voucher-repay" "Ann" "Iss" 30.00 CNY\n'
    reader = read(tmp_path, credit + repaid)
    rows = {row["account"]: row for row in reader.csv(view="reconciliation")}
    drawn = rows["Equity:Ann:Memo:CreditLine:Iss:Drawn"]
    assert (drawn["held"], drawn["said"], drawn["vouchers"]) == ("70.00", "70.00", "1")
    assert "no voucher: the credit line" in reader.see(view="reconciliation").words


def test_the_shares_of_the_books_that_are_kept(tmp_path: Path) -> None:
    """A bank's book alone: nothing is said of accounts that are in nobody's book here."""
    reader = read(tmp_path, HAPPY, plugin='plugin "beancount_voucher_plugin" "Iss"\n')
    shown = [
        (row["book"], row["role"], row["difference"]) for row in reader.csv(view="reconciliation")
    ]
    assert shown == [("Iss", "held", "0.00"), ("Iss", "interbank-payable", "0.00")]


def test_a_posting_without_an_amount_is_not_counted(tmp_path: Path) -> None:
    """Beancount leaves one behind where it cannot balance a transaction."""
    odd = '2026-03-07 * "two gaps"\n  Assets:Ann:Iss:Frozen\n  Assets:Ann:Iss\n'
    reader = read(tmp_path, issue() + odd)
    [frozen] = [row for row in reader.csv(view="reconciliation") if row["role"] == "frozen"]
    assert (frozen["held"], frozen["difference"]) == ("100.00", "0.00")


def test_the_account_filter_chooses_rows(marketplace: Reader) -> None:
    shown = marketplace.csv(view="reconciliation", account="Held")
    assert {row["role"] for row in shown} == {"held"}
    shown = marketplace.csv(view="reconciliation", account="Liabilities:QingHe:Held:LiMing")
    assert [row["account"] for row in shown] == ["Liabilities:QingHe:Held:LiMing"]


def test_a_figure_of_many_vouchers_shows_some_and_leads_to_all(tmp_path: Path) -> None:
    many = "".join(issue(f"V-{at:03}", "0.50 CNY") for at in range(230))
    reader = read(tmp_path, many)
    seen = reader.see(view="reconciliation")
    [more, *_] = seen.all(".//details/a")
    assert said(more) == "Show all 230"
    assert len(seen.all("(.//details)[1]//tbody/tr")) == 20
    whole = reader.ask(more.get("href"))
    assert len(whole.all(".//details")) == 1
    assert len(whole.all(".//details//tbody/tr")) == 200
    assert "Page 1 of 2 · 230 rows Next" in whole.words
    assert "Back to all figures" in whole.words
    [following, *_] = whole.all(".//a[@rel='next']/@href")
    assert len(reader.ask(following).all(".//details//tbody/tr")) == 30


# --- Ageing -----------------------------------------------------------------------------

AGED = (
    issue("V-1", "1.00 CNY", "2026-03-24", accept_by="2026-03-27")  # 7 days, overdue
    + issue("V-2", "2.00 CNY", "2026-03-23", accept_by="2026-04-03", apply_by="2026-05-31")  # 8, 3 left
    + issue("V-3", "4.00 CNY", "2026-02-28", accept_by="2026-04-04", apply_by="2026-05-31", insurer='"Oth"')
    + issue("V-4", "8.00 CNY", "2026-01-01", accept_by="2026-04-08", apply_by="2026-05-31")  # 89, 8
    + issue("V-5", "16.00 CNY", "2025-12-30", accept_by="2026-05-01", apply_by="2026-05-31")  # 91, 31
    + issue("V-6", "32.00 CNY", "2026-03-01") + event("return", "2026-03-02", voucher="V-6")
    + LINES + issue("V-7", "64.00 CNY", "2026-03-01", funding='"credit"')
    + event("accept", "2026-03-02", voucher="V-7") + event("apply", "2026-03-03", voucher="V-7")
    + issue("V-8", "128.00 CNY", "2026-03-01") + event("void", "2026-03-02", voucher="V-8", reason='"cancelled"')
)  # fmt: skip
OLD = WORLD.replace("2026-01-01 custom", "2025-01-01 custom")


def test_ageing(tmp_path: Path) -> None:
    reader = read(tmp_path, AGED, world=OLD)
    query = {"view": "ageing", "time": "2026-03"}
    by_age = [list(row.values()) for row in reader.csv(**query)]
    assert by_age == [
        ["CNY", "cash", "Ins", "1.00", "34.00", "8.00", "16.00", "59.00", "5"],
        ["CNY", "cash", "Oth", "0.00", "0.00", "4.00", "0.00", "4.00", "1"],
        ["CNY", "credit", "Ins", "0.00", "64.00", "0.00", "0.00", "64.00", "1"],
    ]
    by_left = [list(row.values()) for row in reader.csv(table="ageing-by-days-left", **query)]
    assert by_left == [
        ["CNY", "cash", "33.00", "2.00", "4.00", "8.00", "16.00", "0.00", "63.00", "6"],
        ["CNY", "credit", "64.00", "0.00", "0.00", "0.00", "0.00", "0.00", "64.00", "1"],
    ]
    holds = [
        (row["id"], row["age"], row["deadline"], row["left"])
        for row in reader.csv(table="holds", **query)
    ]
    assert holds == [
        ("V-5", "91", "2026-05-01", "31"),
        ("V-4", "89", "2026-04-08", "8"),
        ("V-3", "31", "2026-04-04", "4"),
        ("V-6", "30", "2026-03-02", "-29"),
        ("V-7", "30", "2026-03-03", "-28"),
        ("V-2", "8", "2026-04-03", "3"),
        ("V-1", "7", "2026-03-27", "-4"),
    ]
    words = reader.see(**query).words
    for title in (
        "7 days or less",
        "8 to 30 days",
        "more than 90 days",
        "overdue",
        "waiting for a decision",
    ):
        assert title in words
    assert "Nothing is held." in reader.see(view="ageing", time="2024").words


@pytest.mark.parametrize("bands", [AGE, LEFT])
def test_every_number_of_days_is_in_one_band(bands: tuple[object, ...]) -> None:
    for days in range(-400, 400):
        assert sum(days in band for band in bands) == 1  # type: ignore[operator]
    assert not any(None in band for band in bands)  # type: ignore[operator]


def test_what_is_open_is_what_the_register_holds(marketplace: Reader) -> None:
    ledger = marketplace.ledgers[marketplace.ledgers.first_slug()]
    extension = ledger.extensions.get_extension("Vouchers")
    evaluation = extension.reports.ledger.evaluation
    held = {row.id for row in register_rows(evaluation, dt.date(2026, 3, 31)) if row.held}
    shown = marketplace.csv(view="ageing", table="holds", time="2026-03")
    assert {row["id"] for row in shown} == held
    assert Path(extension.extension_dir, "Vouchers.js").is_file()


def test_a_voucher_whose_directive_is_cut_short_is_marked(tmp_path: Path) -> None:
    cut = issue() + "\n  requires-policy: TRUE\n" + ACCEPT
    reader = read(tmp_path, cut)
    [row] = reader.csv(view="exceptions", time="2026-03-05")
    assert (row["voucher"], row["kind"]) == ("V-1", "event with an error")
    assert "lost below: requires-policy" in " ".join(row.values())
    assert "nobody decides about its voucher" in " ".join(row.values())
    seen = reader.see(view="voucher", voucher="V-1", time="2026-03-05")
    assert "lost below: requires-policy" in seen.text
