"""What leaves the page: CSV, Beancount text, print, documents; and what must not."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from beancount import loader
from beancount.core.data import Transaction
from lxml import html

import fava_voucher
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.views.columns import Column
from fava_voucher.tables import Table
from tests.support import ACCEPT, HAPPY, LEDGERS, WORLD, booked, event, issue
from tests.support.reader import Reader, read

if TYPE_CHECKING:
    from pathlib import Path

ALL = LEDGERS / "marketplace" / "all.beancount"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: dt.date(2026, 6, 1))


@pytest.fixture(scope="module")
def marketplace() -> Reader:
    return Reader(ALL)


# --- CSV --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("plain", "plain"), ("", ""), (None, ""), (7, "7"), (-7, "-7"),
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "-1"), ("-1-1", "'-1-1"), ("@x", "'@x"), ("＝1", "'＝1"),
        (" =1", "' =1"), ("\t=1", "�=1"), ("\r\n=1", "��=1"), ("a=1", "a=1"),
        ('say "hi", you', 'say "hi", you'), ("\u202ertl", "�rtl"),
        (dt.date(2026, 3, 1), "2026-03-01"), (SourceLine("=x.beancount", 3), "'=x.beancount:3"),
    ],
)  # fmt: skip
def test_a_cell_of_csv(cell: str | int | dt.date | SourceLine | None, written: str) -> None:
    columns: list[Column[str]] = [
        Column("c", "c", "text", lambda _: cell),
        Column("d", "d", "text", str),
    ]
    table = Table("t", "T", columns, ["x"])
    text = table.csv(lambda place: f"{place.filename}:{place.lineno}")
    assert text.startswith("\ufeffc,d\r\n")
    [_, [read_back, _]] = csv.reader(io.StringIO(text[1:], newline=""))
    assert read_back == written


def test_csv_is_a_file_to_save(marketplace: Reader) -> None:
    seen = marketplace.see("export.csv", time="2026-03", view="ageing", table="holds")
    assert seen.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert seen.headers["Content-Disposition"] == 'attachment; filename="holds-2026-03-31.csv"'
    assert seen.data.startswith(b"\xef\xbb\xbfid,insurer,")
    assert marketplace.see("export.csv", table="no-such-table").status == 404


@pytest.mark.parametrize("view", ["register", "exceptions", "reconciliation", "ageing", "voucher"])
def test_every_table_has_a_csv_link_that_gives_its_rows(marketplace: Reader, view: str) -> None:
    query = {"view": view, "voucher": "CG-001", "time": "2026-03"}
    links = [link for link in marketplace.see(**query).links if "/export.csv?" in link]
    assert links
    for link in links:
        rows = list(csv.reader(io.StringIO(marketplace.ask(link).text[1:], newline="")))
        assert len(rows) > 1
        assert len({len(row) for row in rows}) == 1


# --- Beancount text ---------------------------------------------------------------------


def test_beancount_text_is_what_the_books_have_by_the_day(marketplace: Reader) -> None:
    seen = marketplace.see("export.beancount", time="2026-02")
    assert (
        seen.headers["Content-Disposition"]
        == 'attachment; filename="vouchers-2026-02-28.beancount"'
    )
    assert seen.text.startswith(
        ";; Vouchers of Marketplace: the books of all parties as of 2026-02-28\n"
    )
    entries, errors, _ = loader.load_string(seen.text)
    assert errors == []
    ledger = marketplace.ledgers[marketplace.ledgers.first_slug()]
    day = dt.date(2026, 2, 28)
    wanted = [
        e for e in ledger.all_entries if e.meta.get("voucher-book") and e.date <= day and e.links
    ]
    got = [e for e in entries if isinstance(e, Transaction) and e.meta.get("voucher-book")]
    assert Counter(map(booked, got)) == Counter(map(booked, wanted))
    assert len(got) > 80


def test_beancount_text_of_some_vouchers_and_of_one(marketplace: Reader) -> None:
    def vouchers(**query: str) -> set[str]:
        text = marketplace.see("export.beancount", **query).text
        return set(re.findall(r"\^([A-Z]+-\d+)", text))

    assert vouchers(filter="^CG-001") == {"CG-001"}
    assert vouchers(search="after-sales", state="settled") == {"AS-004"}
    assert vouchers(view="voucher", voucher="RF-002") == {"RF-002"}
    text = marketplace.see("export.beancount", filter="^CG-001", search="cargo").text
    assert text.splitlines()[1:3] == [";; Filter: ^CG-001", ";; Filter: cargo"]


# --- Print ------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["register", "exceptions", "reconciliation", "ageing", "voucher"])
def test_the_print_view_has_everything_and_says_what_it_is(marketplace: Reader, view: str) -> None:
    query = {"view": view, "voucher": "CG-001", "time": "2026-03", "account": "LiMing|YunShang"}
    seen = marketplace.see("print", **query)
    assert seen.status == 200
    assert "As of 2026-03-31 · Period 2026-03 · Account filter LiMing|YunShang" in seen.text
    assert "<script" not in seen.text
    tables = seen.text.count("<table>")
    assert tables == len(
        [link for link in marketplace.see(**query).links if "/export.csv?" in link]
    )


def test_the_print_view_tells_what_was_settled(marketplace: Reader) -> None:
    [table, _] = html.fromstring(marketplace.see("print", time="2026-03").text).xpath("//table")
    heads, *rows = [[each.text_content() for each in row] for row in table.xpath("./*/tr")]
    assert heads[5:8] == ["amount", "held now", "settled"]
    assert [row[5:8] for row in rows if row[0] == "CG-001"] == [["18,500.00", "0.00", "18,000.00"]]


def test_the_print_view_has_no_pages(tmp_path: Path) -> None:
    reader = read(tmp_path, "".join(issue(f"V-{at:03}", "0.10 CNY") for at in range(250)))
    assert reader.see("print").text.count('class="as-voucher"') == 250


# --- Incognito --------------------------------------------------------------------------


def test_incognito_hides_every_amount_and_gives_no_files() -> None:
    reader = Reader(ALL, incognito=True)
    for query in (
        {},
        {"view": "exceptions"},
        {"view": "reconciliation"},
        {"view": "ageing"},
        {"view": "voucher", "voucher": "CG-001"},
    ):
        for seen in (
            reader.see(time="2026-03", **query),
            reader.see("print", time="2026-03", **query),
        ):
            shown = re.sub(
                r"<script.*?</script>|<style>.*?</style>", "", seen.text, flags=re.DOTALL
            )
            assert re.findall(r"\d[\d,]*\.\d\d\b", shown) == []
        assert not [link for link in reader.see(**query).links if "/export." in link]
        assert reader.see("export.csv", **query).status == 404
        assert reader.see("export.beancount", **query).status == 404
    assert "XX,XXX.XX CNY" in reader.see().words


# --- Documents --------------------------------------------------------------------------


def test_documents(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    folder = tmp_path / "books"
    (folder / "sub").mkdir(parents=True)
    (folder / "shown.txt").write_text("evidence")
    (folder / "run.html").write_text("<script>alert(1)</script>")
    (folder / "link.txt").symlink_to(outside)
    notes = issue(
        document='"shown.txt"', document_2='"run.html"', document_3='"../outside.txt"',
        document_4='"link.txt"', document_5='"gone.txt"', document_6=f'"{"x" * 10_000}"',
        document_7="TRUE",
    )  # fmt: skip
    known = f'2026-03-02 document Assets:Ann:Iss "{folder}/sub" ^V-1\n'.replace(
        "/sub", "/shown.txt"
    )
    reader = read(folder, notes + ACCEPT)
    seen = reader.see(view="voucher", voucher="V-1")
    links = [link for link in seen.links if "/document?" in link]
    assert len(links) == 2
    assert "gone.txt (there is no such file in the ledger's folder)" in seen.words
    shown, saved = (reader.ask(link) for link in links)
    assert shown.text == "evidence"
    assert shown.headers.get("Content-Disposition", "inline").startswith("inline")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    for name in ("../outside.txt", "link.txt", "gone.txt", "ledger.beancount", ""):
        assert reader.see("document", view="voucher", voucher="V-1", name=name).status == 404
    assert reader.see("document", view="voucher", voucher="V-2", name="shown.txt").status == 404
    assert (
        reader.see(
            "document", view="voucher", voucher="V-1", name="shown.txt", time="2026-02"
        ).status
        == 404
    )
    another = known.replace("shown.txt", "run.html").replace("^V-1", "^V-2")
    entry = read(folder, issue() + known + another)
    [link] = [
        link for link in entry.see(view="voucher", voucher="V-1").links if "/document/?" in link
    ]
    assert entry.ask(link).text == "evidence"


def test_a_file_that_is_not_the_ledgers_has_no_link_to_the_editor(tmp_path: Path) -> None:
    """A plugin may write directives of its own, which stand nowhere."""
    (tmp_path / "by_plugin.py").write_text(
        "from beancount.core.data import Custom, new_metadata\n"
        "__plugins__ = ['add']\n"
        "def add(entries, options):\n"
        "    first = next(e for e in entries if getattr(e, 'type', '') == 'voucher-issue')\n"
        "    return [*entries, first._replace(type='voucher-accept', values=first.values[:1],\n"
        "                                     meta=new_metadata('<by_plugin>', 7))], []\n"
    )
    plugins = (
        'option "insert_pythonpath" "True"\nplugin "by_plugin"\nplugin "beancount_voucher_plugin"\n'
    )
    seen = read(tmp_path, issue(), plugin=plugins).see(view="voucher", voucher="V-1")
    assert "2026-03-02 accept → accepted" in seen.words
    assert "<by_plugin>" not in seen.words


def test_without_documents_it_is_said(tmp_path: Path) -> None:
    assert (
        "No directive names a document."
        in read(tmp_path, HAPPY).see(view="voucher", voucher="V-1").words
    )


# --- Hostile text -----------------------------------------------------------------------

SCRIPT = "<script>alert('x')</script>"
HOSTILE = (
    SCRIPT,
    "' onmouseover='x",
    '\\"><img src=x onerror=x>',
    "=HYPERLINK(1)",
    "{{ 7*7 }}",
    "\u202e evil",
    "x" * 10_000,
    "]]>",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text_everywhere(tmp_path: Path, text: str) -> None:
    world = WORLD.replace('"Ann" "policyholder"\n', f'"Ann" "policyholder"\n  name: "{text}"\n')
    ledger = (
        issue(product=f'"{text}"', document=f'"{text}"', note=f'"{text}"', requires_event=f'"{text}=y"')
        + event("accept", "2026-03-03", note=f'"{text}"')
        + event("apply", "2026-03-04", policy=f'"{text}"')
        + event("settle", "2026-03-05", note_two=f'"{text}"')
        + event("accept", "2026-03-06", by=f'"{text}"')
        + issue("V-2") + event("reject", "2026-03-03", voucher="V-2", reason=f'"{text}"')
        + f'2026-03-01 event "{text}" "{text}"\n'
        + f'2026-03-02 custom "voucher-accept" "{text}"\n'
    )  # fmt: skip
    reader = read(tmp_path, ledger, world=world)
    raw = text.replace("\\", "")
    queries = [{"view": view} for view in ("register", "exceptions", "reconciliation", "ageing")]
    queries += [{"view": "voucher", "voucher": voucher} for voucher in ("V-1", "V-2", raw)]
    queries += [
        {"search": raw},
        {"state": raw},
        {"sort": raw},
        {"book": raw},
        {"figure": raw},
        {"kind": raw},
    ]
    for query in queries:
        for endpoint in ("", "print"):
            seen = reader.see(endpoint, **query)
            assert seen.status == 200
            assert len(set(re.findall(r"<(?:script|img)[^>]*>", seen.text)) - KNOWN) == 0
            assert "onmouseover='x" not in seen.text.replace("&#39;", "")
        found = reader.see("export.csv", **query)
        assert found.status in (200, 404)
        if found.status == 200:
            for row in csv.reader(io.StringIO(found.text[1:], newline="")):
                assert not any(re.match(r"[=+@]", cell) for cell in row)
                assert "\u202e" not in "".join(row)
    shown = reader.see().words
    assert " ".join(raw.split()) in shown


KNOWN = {
    '<script type="application/json">',
    '<script type="application/json" id="page-title">',
    '<script type="application/json" id="ledger-data">',
    '<script type="application/json" id="ledger-mtime">',
    '<script type="application/json" id="translations">',
}


@pytest.fixture(autouse=True)
def _known_scripts(marketplace: Reader) -> None:
    """Fava's own scripts."""
    KNOWN.update(re.findall(r'<script type="module" src="[^"]*"[^>]*>', marketplace.see().text))
