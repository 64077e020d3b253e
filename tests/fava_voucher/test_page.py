"""The page in Fava, through Fava's own test client: every view, filter and link."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from fava import application
from flask import url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

import fava_voucher
from beancount_voucher.cli import main
from fava_voucher.ledger_reports import LedgerReports
from tests.benchmarks.made import Shape
from tests.benchmarks.made import ledger as made
from tests.support import ACCEPT, HAPPY, LEDGERS, LINES, PLUGIN, WORLD, event, issue
from tests.support.reader import EXTENSION, Reader, Seen, query_of, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fava.core import FavaLedger

    from beancount_voucher.books.expansion import Expansion

ALL = LEDGERS / "marketplace" / "all.beancount"
TODAY = dt.date(2026, 6, 1)
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-W07", "2025", "2026-02-14")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: TODAY)


@pytest.fixture(scope="module")
def marketplace() -> Reader:
    return Reader(ALL)


# --- The register -----------------------------------------------------------------------


AMOUNTS = ("amount", "held", "settled")


def last_day(period: str) -> str:
    return {"2026-W07": "2026-02-15", "2025": "2025-12-31", "2026-02-14": "2026-02-14"}.get(
        period, f"{period}-{ {'01': 31, '02': 28, '03': 31, '04': 30}.get(period[-2:], 0) }"
    )


@pytest.mark.parametrize("period", MONTHS)
def test_the_register_is_the_commands_as_of_the_periods_end(
    marketplace: Reader, period: str
) -> None:
    listing = ["-f", str(ALL), "list", "--format", "json", "--as-of", last_day(period)]
    said = json.loads(CliRunner().invoke(main, listing).stdout)
    shown = marketplace.csv(time=period)
    assert len(shown) == len(said)
    for row, wanted in zip(shown, said, strict=True):
        for key in ("id", "state", *AMOUNTS, "currency", "policyholder", "insurer"):
            assert row[key] == wanted[key]
        for key in ("issued", "accept_by", "apply_by", "closed", "funding", "product", "reason"):
            assert row[key] == (wanted[key] or "")
        assert row["overdue"] == ("overdue" if wanted["overdue"] else "")
        assert row["source"] == f"vouchers.beancount:{wanted['line']}"
        if wanted["issued"]:
            end = dt.date.fromisoformat(wanted["closed"] or last_day(period))
            assert int(row["days_open"]) == (end - dt.date.fromisoformat(wanted["issued"])).days


def known_on(day: dt.date, text: str) -> str:
    """A ledger's text without the facts that were not yet written on a day."""
    blocks = re.split(r"(?m)^(?=\d{4}-\d\d-\d\d )", text)
    dated = re.compile(r"(\d{4}-\d\d-\d\d) (custom \"voucher-(?!party|option)|event )")
    kept = []
    for block in blocks:
        match = dated.match(block)
        if match is None or dt.date.fromisoformat(match[1]) <= day:
            kept.append(block)
    return "".join(kept) + f'{day} custom "voucher-close" "{day}"\n'


@pytest.mark.parametrize("day", ["2026-01-11", "2026-01-21", "2026-02-10", "2026-03-20"])
def test_nothing_shows_that_was_not_known_on_the_day(
    marketplace: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    """The page of the whole ledger, on a day, is that of the ledger as it was on that day."""
    # Without git: its commits are the history of the text, and only one of the two is in it.
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    folder = ALL.parent
    facts = (folder / "vouchers.beancount").read_text()
    runs = "".join(path.read_text() for path in sorted((folder / "runs").glob("*")))
    facts = facts.replace('include "runs/*.beancount"\n', "").replace(
        'include "queries.beancount"\n', ""
    )
    (tmp_path / "vouchers.beancount").write_text(known_on(dt.date.fromisoformat(day), facts + runs))
    books = "".join(path.read_text() for path in sorted((folder / "books").glob("*")))
    books = re.sub(r"(?m)^\d{4}-\d\d-\d\d balance .*\n", "", books)
    (tmp_path / "books.bean").write_text(books)
    top = 'plugin "beancount_voucher_plugin"\ninclude "vouchers.beancount"\ninclude "books.bean"\n'
    (tmp_path / "all.beancount").write_text(top)
    shutil.copytree(folder / "documents", tmp_path / "documents")
    then = Reader(tmp_path / "all.beancount")
    query = {"time": day}

    def without_lines(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{key: row[key] for key in row if key != "source"} for row in rows]

    assert without_lines(marketplace.csv(**query)) == without_lines(then.csv(**query))
    for table in ("exceptions", "ageing", "reconciliation"):
        now = without_lines(marketplace.csv(view=table, **query))
        assert now == without_lines(then.csv(view=table, **query))
    for voucher in marketplace.ids(**query):
        asked = {"view": "voucher", "voucher": voucher, **query}
        assert without_lines(marketplace.csv(**asked)) == without_lines(then.csv(**asked))
        assert shape(marketplace.see(**asked)) == shape(then.see(**asked))


def shape(seen: Seen) -> str:
    """What stands on a voucher's page, but for line numbers."""
    return re.sub(r"\S+:\d+", "", seen.words)


def test_without_a_period_the_page_is_as_of_today_or_the_horizon(tmp_path: Path) -> None:
    reader = read(tmp_path, issue())
    assert "As of 2026-06-01 (no period is chosen" in reader.see().words
    assert reader.csv()[0]["overdue"] == "overdue"
    later = read(tmp_path, issue(date="2026-08-02", accept_by="2026-08-05", apply_by="2026-08-31"))
    assert "As of 2026-08-02 (no period is chosen" in later.see().words
    assert later.csv()[0]["overdue"] == ""


SOME = ("CG-001", "CG-002")


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"filter": "^CG-001"}, ["CG-001"]),
        ({"filter": 'voucher:"^CG-001$"'}, ["CG-001"]),
        ({"filter": 'policy:"P-RF-1001"'}, ["RF-001"]),
        ({"filter": "#voucher-reject"}, ["AS-002", "COD-002"]),
        ({"account": "Assets:LiMing:QingHe:Frozen", "time": "2026-01"}, ["CAR-001", "RF-001", "RF-002"]),
        ({"account": "LiMing", "filter": "^RF-001"}, ["RF-001"]),
        ({"filter": "^NOT-THERE"}, []),
        ({"filter": "#voucher-settle", "time": "2026-01-15"}, []),
        ({"filter": "#voucher-settle", "time": "2026-01-16"}, ["RF-001"]),
        ({"search": "远航", "state": "rejected"}, []),
        ({"search": "hengXIN", "state": "rejected"}, ["AS-002", "COD-002"]),
        ({"search": "cargo", "time": "2026-01"}, ["CG-001"]),
        ({"search": "below the bank's"}, ["AS-001"]),
        ({"search": "  cod-002 "}, ["COD-002"]),
        ({"state": "refused"}, ["AS-001"]),
        ({"state": "no such state"}, []),
    ],
)  # fmt: skip
def test_filters_and_search(marketplace: Reader, filters: dict[str, str], ids: list[str]) -> None:
    assert marketplace.ids(**filters) == ids
    page = marketplace.see(**filters)
    shown = [row[0] for row in page.table("register")[1:]]
    assert shown == ids
    assert ids or "No voucher passes the filters." in page.words


def test_the_filters_are_said_and_kept_in_every_link(marketplace: Reader) -> None:
    seen = marketplace.see(
        time="2026-03", account="LiMing", filter="#voucher", search="car", state="issued"
    )
    assert "Period 2026-03" in seen.words
    assert "Account filter LiMing" in seen.words
    assert "Text filter #voucher" in seen.words
    assert "Only vouchers that pass Fava's filters are shown." in seen.words
    for link in seen.links:
        if link.startswith(marketplace.base):
            assert query_of(link)["time"] == "2026-03"
            assert query_of(link)["filter"] == "#voucher"
    hidden = {each.get("name"): each.get("value") for each in seen.all(".//input[@type='hidden']")}
    assert hidden == {
        "time": "2026-03",
        "account": "LiMing",
        "filter": "#voucher",
        "state": "issued",
    }


def test_the_state_chips(marketplace: Reader) -> None:
    chips = {
        " ".join(chip.text_content().split()): query_of(chip.get("href"))
        for chip in marketplace.see(time="2026-03", state="issued").all(".//ul[@class='chips']//a")
    }
    assert list(chips) == [
        "all 31", "refused 1 · 36.00 CNY", "issued 2 · 4,150.00 CNY",
        "accepted 3 · 12,703.40 CNY", "applied 5 · 17,961.20 CNY", "rejected 2 · 5,060.00 CNY",
        "settled 7 · 34,871.50 CNY · paid 34,091.50 CNY", "voided 11 · 28,893.70 CNY", "overdue 6 · 27,051.20 CNY",
    ]  # fmt: skip
    assert chips["overdue 6 · 27,051.20 CNY"] == {"time": "2026-03", "state": "overdue"}
    assert len(marketplace.csv(time="2026-03", state="overdue")) == 6
    current = marketplace.see(time="2026-03", state="issued").all(
        ".//ul[@class='chips']//a[@aria-current]"
    )
    assert [chip.xpath("string(b)") for chip in current] == ["issued"]


def test_sums_of_two_currencies_stand_apart_and_nothing_is_summed_of_all(tmp_path: Path) -> None:
    world = WORLD.replace("Assets:Ann:Iss   1", "Assets:Ann:Iss   500.00 EUR\n  Assets:Ann:Iss   1")
    reader = read(tmp_path, issue("V-1", "10.00 CNY") + issue("V-2", "7.50 EUR"), world=world)
    chips = reader.see(time="2026-03-02").all(".//ul[@class='chips']//a")
    said = [" ".join(each.text_content().split()) for each in chips]
    assert said == ["all 2", "issued 2 · 10.00 CNY + 7.50 EUR"]


@pytest.mark.parametrize(
    ("applied", "chip"),
    [
        (("100.00", "7.50"), "settled 2 · 100.00 CNY + 7.50 EUR"),
        (("100", "7.5"), "settled 2 · 100.00 CNY + 7.50 EUR"),
        (("60.00", "7.50"), "settled 2 · 100.00 CNY + 7.50 EUR · paid 60.00 CNY + 7.50 EUR"),
        (("60.00", "0.01"), "settled 2 · 100.00 CNY + 7.50 EUR · paid 60.00 CNY + 0.01 EUR"),
    ],
)
def test_what_was_paid_stands_beside_the_premiums_where_it_differs(
    tmp_path: Path, applied: tuple[str, str], chip: str
) -> None:
    world = WORLD.replace("Assets:Ann:Iss   1", "Assets:Ann:Iss   500.00 EUR\n  Assets:Ann:Iss   1")
    facts = ""
    for voucher, paid, amount in zip(
        ("V-1", "V-2"), applied, ("100.00 CNY", "7.50 EUR"), strict=True
    ):
        facts += issue(voucher, amount) + event("accept", "2026-03-03", voucher=voucher)
        facts += event("apply", "2026-03-05", f"{paid} {amount[-3:]}", voucher=voucher)
        facts += event("settle", "2026-03-06", voucher=voucher)
    seen = read(tmp_path, facts, world=world).see()
    chips = seen.all(".//ul[@class='chips']//a")
    assert [" ".join(each.text_content().split()) for each in chips] == [
        "all 2",
        chip,
    ]
    heads, *rows = seen.table("register")
    settled = heads.index("settled")
    assert [row[settled] for row in rows] == list(applied)


COLUMNS = [
    "id", "issued", "state", "overdue", "waiting", "amount", "held", "settled", "currency", "funding",
    "policyholder", "insurer", "product", "accept_by", "apply_by", "closed", "reason", "days_open", "source",
]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_sorts_both_ways_with_nothing_last(marketplace: Reader, column: str) -> None:
    def key(row: dict[str, str]) -> object:
        if column in AMOUNTS:
            return Decimal(row[column])
        if column == "source":
            return int(row[column].split(":")[1])
        return int(row[column]) if column == "days_open" else row[column].casefold()

    ascending = marketplace.csv(sort=column)
    descending = marketplace.csv(sort=f"-{column}")
    for rows, backwards in ((ascending, False), (descending, True)):
        full = [row for row in rows if row[column]]
        assert full == sorted(full, key=key, reverse=backwards)  # type: ignore[arg-type]
        assert all(not row[column] for row in rows[len(full) :])
    assert list(ascending[0]) == COLUMNS


def test_a_heading_says_how_it_sorts_and_turns_round(marketplace: Reader) -> None:
    def heading(sort: str) -> tuple[str, str]:
        [cell] = marketplace.see(sort=sort).all(".//th[.//a[@id='sort-register-amount']]")
        [link] = cell.xpath("./a/@href")
        return cell.get("aria-sort"), query_of(link)["sort"]

    assert heading("") == ("none", "amount")
    assert heading("amount") == ("ascending", "-amount")
    assert heading("-amount") == ("descending", "amount")
    assert marketplace.ids(sort="no-such-column") == marketplace.ids()


@pytest.mark.parametrize(
    ("page", "first", "rows", "says"),
    [
        ("1", "V-000000", 200, "Page 1 of 3 · 450 rows Next"),
        ("2", "V-000200", 200, "Previous Page 2 of 3 · 450 rows Next"),
        ("3", "V-000400", 50, "Previous Page 3 of 3 · 450 rows"),
        ("99999999999", "V-000000", 200, "Page 1 of 3"),
        ("77", "V-000400", 50, "Page 3 of 3"),
        ("0", "V-000000", 200, "Page 1 of 3"),
        ("-1", "V-000000", 200, "Page 1 of 3"),
        ("二", "V-000000", 200, "Page 1 of 3"),
    ],
)
def test_pages_of_two_hundred(many: Reader, page: str, first: str, rows: int, says: str) -> None:
    seen = many.see(page=page)
    table = seen.table("register")[1:]
    assert (table[0][0], len(table)) == (first, rows)
    assert says in seen.words
    assert len(many.csv(page=page)) == 450


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("many") / "made.beancount"
    path.write_text(made(450, Shape(policyholders=1)))
    return Reader(path)


# --- Charts -----------------------------------------------------------------------------


def lines(seen: Seen) -> dict[str, str]:
    """The path of each line by the name in its legend."""
    [frozen] = seen.all(".//figure[.//div[@class='plot']/svg]")
    keys = [said(key) for key in frozen.xpath(".//span[@class='key']")]
    return dict(zip(keys, frozen.xpath(".//div[@class='plot']/svg/path/@d"), strict=True))


def said(element: Any) -> str:
    return " ".join(element.text_content().split())


def bars(seen: Seen) -> list[str]:
    return [str(title) for title in seen.all(".//div[@class='bars']//i/@title")]


def test_the_charts(tmp_path: Path) -> None:
    credit = issue("V-2", "40.00 CNY", "2026-03-04", funding='"credit"', policyholder='"Bob"')
    line = '2026-01-01 custom "voucher-credit-line" "Bob" "Iss" 1000.00 CNY\n'
    cancelled = event("void", "2026-04-02", voucher="V-2", reason='"cancelled"')
    reader = read(tmp_path, line + HAPPY + credit + cancelled)
    seen = reader.see(time="2026-03")
    march = ["2026-03-31 issued: 2", "2026-03-31 accepted: 1"]
    march += ["2026-03-31 applied: 1", "2026-03-31 settled: 1"]
    assert bars(seen) == march
    assert lines(seen) == {  # day 1, 2, 4, 6 and 31 of 31
        "CNY frozen money 0.00": "M0.0,100.0H3.3V0.0H10.0V0.0H16.7V100.0H100.0V100.0H100",
        "CNY frozen credit 40.00": "M0.0,100.0H3.3V100.0H10.0V60.0H16.7V60.0H100.0V60.0H100",
    }
    assert list(lines(reader.see(time="2026-04"))) == [
        "CNY frozen money 0.00", "CNY frozen credit 0.00",
    ]  # fmt: skip
    assert bars(reader.see()) == [*march, "2026-04-30 voided or rejected: 1"]
    assert len(reader.see(interval="day").all(".//div[@class='bars']/div")) == 32
    assert reader.see(search="nothing like it").all(".//figure") == []


def test_a_colour_belongs_to_what_is_shown(marketplace: Reader) -> None:
    """In every language the same; and where there is only credit, it is not money's."""
    ledger = marketplace.ledgers[marketplace.ledgers.first_slug()]
    colours = ".//figure//path/@class | .//figure//i/@class"
    english = marketplace.see().all(colours)
    ledger.fava_options.language = "zh"
    try:
        assert marketplace.see().all(colours) == english
    finally:
        ledger.fava_options.language = "en"
    credit = marketplace.see(search="CG-006").all(".//div[@class='plot']/svg/path/@class")
    assert credit == ["series-4 dashes-0"]


def test_what_a_bar_stands_for(tmp_path: Path) -> None:
    reader = read(tmp_path, HAPPY)
    links = reader.see(interval="week", state="settled").all(".//figcaption/a")
    assert [said(link) for link in links] == ["day", "week", "month", "quarter", "year"]
    assert [said(link) for link in links if link.get("aria-current")] == ["week"]
    assert query_of(links[0].get("href")) == {"state": "settled", "interval": "day"}


def test_a_chart_to_the_end_of_time(tmp_path: Path) -> None:
    reader = read(
        tmp_path, issue(apply_by="9999-12-31") + '9999-12-31 custom "voucher-close" "x"\n'
    )
    assert reader.see(interval="year").status == 200
    for period in ("9999-12-31", "0000", "2026-W99"):  # on which Fava itself fails
        seen = reader.see(time=period, interval="day")
        assert (seen.status, "Failed to parse filter" in seen.text) == (200, True)
        assert reader.see("export.csv", time=period).status == 400
    for account in (")", "[", "\\", "a{99999999999}"):  # which are no regular expressions
        seen = reader.see(account=account)
        assert (seen.status, "Failed to parse filter" in seen.text) == (200, True)


# --- Every link -------------------------------------------------------------------------

VIEWS: tuple[dict[str, str], ...] = (
    {},
    {"view": "exceptions"},
    {"view": "reconciliation"},
    {"view": "ageing"},
)
HELP = ({"view": "help"}, {"view": "help", "topic": "books"})


def follow(reader: Reader, seen: Seen) -> Iterator[tuple[str, int]]:
    for link in seen.links:
        if link.startswith("#context-"):
            entry = link.removeprefix("#context-")
            base = reader.base.split("extension")[0]
            yield link, reader.ask(f"{base}api/context?entry_hash={entry}").status
        else:
            yield link, reader.ask(link).status


def test_every_link_leads_somewhere(marketplace: Reader) -> None:
    seen = [marketplace.see(time="2026-03", **view) for view in (*VIEWS, *HELP)]
    seen += [
        marketplace.see(view="voucher", voucher=voucher)
        for voucher in ("FA-001", "CAR-001", "AS-001")
    ]
    followed = {link: status for each in seen for link, status in follow(marketplace, each)}
    assert len(followed) > 150
    assert {link: status for link, status in followed.items() if status != 200} == {}
    kinds = {link.split("?")[0].split("/")[2] for link in followed if link.startswith("/")}
    assert kinds == {"extension", "account", "editor", "journal"}


def test_the_page_only_reads(marketplace: Reader) -> None:
    for method in ("post", "put", "delete"):
        for endpoint in ("", "export.csv", "print", "document"):
            with getattr(marketplace.client, method)(marketplace.base + endpoint) as answer:
                assert answer.status_code in (404, 405)


def test_behind_a_prefix_every_link_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(ALL)
    monkeypatch.setattr(application, "_cached_url_for", url_for)  # Fava's cache knows no prefixes
    client = Client(DispatcherMiddleware(lambda *_: [], {"/books": reader.app}))
    for view in (*VIEWS, *HELP, {"view": "voucher", "voucher": "CG-001"}):
        with client.get("/books" + reader.base, query_string=view) as answer:
            seen = Seen(answer.status_code, answer.get_data(), {})
        assert seen.status == 200
        assert all(link.startswith(("/books/", "#context-")) for link in seen.links)
        assert [form.get("action") for form in seen.all(".//form")] in (
            [],
            ["/books" + reader.base],
        )


def test_read_only_shows_everything() -> None:
    reader = Reader(ALL, read_only=True)
    assert [reader.see(**view).status for view in (*VIEWS, *HELP)] == [200] * 6
    assert reader.see("export.csv").status == 200


# --- What a ledger may lack --------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ({"time": "sometime"}, "The filter cannot be read: Failed to parse date: sometime"),
        ({"filter": "#"}, 'The filter cannot be read: Illegal character "#"'),
    ],
)
def test_a_filter_that_cannot_be_read(
    marketplace: Reader, filters: dict[str, str], says: str
) -> None:
    seen = marketplace.see(**filters)
    assert seen.status == 200
    assert says in seen.words
    assert "Correct it in the fields at the top of the page." in seen.words
    assert marketplace.see("export.csv", **filters).status == 400


def test_a_ledger_without_the_plugin_line(tmp_path: Path) -> None:
    reader = read(tmp_path, HAPPY + ACCEPT, plugin="")
    for view in VIEWS:
        words = reader.see(**view).words
        assert (
            "The top file of this ledger does not load the plugin, so no books are kept." in words
        )
        assert 'Add this line to ledger.beancount: plugin "beancount_voucher_plugin"' in words
    assert [row["state"] for row in reader.csv()] == ["settled"]
    assert "No account of a kept book is touched" not in reader.see(view="reconciliation").words
    kinds = [row["text"][-12:] for row in reader.csv(view="exceptions")]
    assert kinds == [" [no-plugin]", " [duplicate]"]


def test_a_ledger_without_vouchers(tmp_path: Path) -> None:
    reader = read(tmp_path, "", world="")
    seen = reader.see()
    assert (
        "There is no voucher yet. A voucher begins with a directive such as this one:" in seen.words
    )
    [example] = seen.all(".//pre/text()")
    assert example.startswith(
        '2026-06-01 custom "voucher-issue" "V-001" 100.00 CNY\n  policyholder:'
    )
    assert "Nothing needs attention." in reader.see(view="exceptions").words
    assert (
        "No account of a kept book is touched by a voucher."
        in reader.see(view="reconciliation").words
    )
    assert "Nothing is held." in reader.see(view="ageing").words
    assert reader.csv() == []
    assert reader.see(view="voucher", voucher="V-1").status == 200


def test_before_the_first_voucher(tmp_path: Path) -> None:
    assert "No voucher was known on 2026-02-28." in read(tmp_path, HAPPY).see(time="2026-02").words


def test_errors_are_counted_and_lead_to_where_they_are_listed(tmp_path: Path) -> None:
    wrong = event("accept", "2026-03-09") + "2026-05-01 balance Assets:Bob:Iss 1 CNY\n"
    reader = read(tmp_path, issue() + wrong)
    seen = reader.see()
    assert "1 voucher directives have errors: see Exceptions" in seen.words
    assert "The ledger has 1 other errors: see Fava's list of errors" in seen.words
    assert "voucher directives have errors" not in reader.see(time="2026-03-08").words
    [errors] = [link for link in seen.links if "/errors/" in link]
    assert reader.ask(errors).status == 200


def test_a_configuration_is_refused_where_fava_lists_errors(tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + EXTENSION.replace('"fava_voucher"', '"fava_voucher" "{}"'))
    reader = Reader(path)
    errors = [error.message for error in reader.ledgers[reader.ledgers.first_slug()].errors]
    assert any("fava_voucher takes no configuration" in message for message in errors)
    assert reader.see().status == 404


# --- The model is made once for each load ------------------------------------------------


def test_the_model_is_made_once_and_follows_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of: list[object] = []
    real = LedgerReports.of

    def counted(fava: FavaLedger, heard: Iterable[Expansion]) -> LedgerReports:
        made_of.append(fava)
        return real(fava, heard)

    monkeypatch.setattr(LedgerReports, "of", counted)
    reader = read(tmp_path, issue())
    assert made_of == []
    for view in VIEWS:
        reader.see(**view)
    assert len(made_of) == 1
    with reader.path.open("a") as file:
        file.write(ACCEPT)
    assert [row["state"] for row in reader.csv()] == ["accepted"]
    assert len(made_of) == 2


@pytest.mark.untraced  # long, and of lines that others cover
def test_ten_thousand_vouchers(tmp_path: Path) -> None:
    path = tmp_path / "made.beancount"
    path.write_text(made(10_000))
    reader = Reader(path)
    assert len(reader.see().table("register")) == 201
    assert len(reader.see(view="ageing").table("holds")) == 201
    assert len(reader.see(view="exceptions").table("exceptions")) == 201
    seen = reader.see(view="reconciliation")
    assert len(seen.table("reconciliation")) == 201
    assert "Every figure agrees." in seen.words


# --- Translation ------------------------------------------------------------------------


def test_in_chinese(tmp_path: Path) -> None:
    reader = read(tmp_path, HAPPY + ACCEPT + issue("V-2", on_unmet='"void"') + LINES)
    ledger = reader.ledgers[reader.ledgers.first_slug()]
    ledger.fava_options.language = "zh"
    page = reader.see()
    assert "<title>电子凭证 - " in page.text
    assert page.all("string(.//nav[@class='views'])")
    assert "登记簿 例外事项 账实核对 授信额度 账龄" in page.words
    assert "已结算" in page.words
    for view in (*VIEWS, {"view": "voucher", "voucher": "V-1"}):
        said = reader.see(**view).words
        assert "As of" not in said
        assert "截至 2026-06-01" in said
    assert 'lang="zh"' in reader.see("print").text
    assert "申请结算" in reader.see(view="voucher", voucher="V-1").words
    ledger.fava_options.language = "fr"
    assert "As of 2026-06-01" in reader.see().words


SAID = (
    issue("V-1", note='"by phone"') + event("accept", "2026-03-03")
    + event("apply", "2026-03-05", policy='"P-77/Q"', code='"4711x"', document='"proof.pdf"', by='"Ins"', **{"document-2": '"photo.png"'})
    + issue("V-2", "1900.50 CNY", "2026-03-02") + event("return", "2026-03-04", voucher="V-2", by='"Ins"')
)  # fmt: skip


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("p-77/q", ["V-1"]),
        ("4711X", ["V-1"]),
        ("proof", ["V-1"]),
        ("photo", ["V-1"]),
        ("by phone", ["V-1"]),
        ("1,900.50", ["V-2"]),
        ("1900.5", ["V-2"]),
        ("1900.50 cny", ["V-2"]),
        ("1900.50 EUR", []),
        ("900.5", []),
        ("100", ["V-1"]),
        ("100.00 CNY", ["V-1"]),
        ("1,2.3.4", []),
    ],
)
def test_a_search_finds_what_events_say_and_amounts(
    tmp_path: Path, search: str, found: list[str]
) -> None:
    reader = read(tmp_path, SAID)
    assert [row["id"] for row in reader.csv(search=search)] == found
    if search == "p-77/q":  # nothing was known of it the day before
        assert reader.csv(search=search, time="2026-03-04") == []


def test_the_voucher_s_table_has_what_its_events_say(tmp_path: Path) -> None:
    rows = read(tmp_path, SAID).csv(view="voucher", voucher="V-1")
    keys = ("by", "policy", "code", "document", "note")
    assert {row["event"]: [row[key] for key in keys] for row in rows} == {
        "issue": ["", "", "", "", "by phone"],
        "accept": ["", "", "", "", ""],
        "recognise": ["", "", "", "", ""],
        "apply": ["Ins", "P-77/Q", "4711x", "proof.pdf; document-2: photo.png", ""],
    }
