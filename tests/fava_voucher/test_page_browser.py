"""The page in a real browser: every view, by mouse and by keyboard, in both languages and themes."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from beancount_voucher.cli.help import topics
from fava_voucher.view_state import TABS
from tests.benchmarks.made import ledger as made
from tests.support import LEDGERS, PLUGIN, WORLD, event, issue
from tests.support.browser import axe, browsing, serving, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

# What the page is made of is covered without a browser, and much faster.
pytestmark = pytest.mark.untraced

PAGE = "/marketplace-the-books-of-all-parties/extension/Vouchers/"


RECONCILED = f"""\
2026-01-31 custom "voucher-reconciled" Assets:LiMing:QingHe "QH-1-2026-01"
  sha256: "{"0" * 64}"
  period-start: 2026-01-01
  closing: 17147.15 CNY
  lines: 4
  matched: 4
  differences: 0
  vouchers: "RF-001 2026-01-16 -12.50 CNY dae904c2e7e28a60"
  prepared-by: "Lin"
  reviewed-by: "Wang"
"""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the marketplace, with a refused event and a reconciled statement."""
    folder = tmp_path_factory.mktemp("books") / "marketplace"
    shutil.copytree(LEDGERS / "marketplace", folder)
    with (folder / "all.beancount").open("a") as file:
        file.write(event("accept", "2026-02-01", voucher="RF-001") + RECONCILED)
    return folder / "all.beancount"


@pytest.fixture(scope="module")
def address(books: Path) -> Iterator[str]:
    with serving(books) as served:
        yield served + PAGE


@pytest.fixture
def page() -> Iterator[Page]:
    with browsing() as opened:
        yield opened


def go(page: Page, address: str, **query: str) -> None:
    page.goto(address + "?" + "&".join(f"{key}={value}" for key, value in query.items()))
    page.locator("#vouchers").wait_for()


def click(page: Page, name: str) -> None:
    page.locator("#vouchers").get_by_role("link", name=name, exact=True).first.click()


def cells(page: Page, heading: str) -> list[str]:
    return page.locator(
        f"#vouchers table.register tbody [data-label='{heading}']"
    ).all_inner_texts()


def test_what_was_paid_in_february(page: Page, address: str) -> None:
    """In two clicks: what happened in the period, and the vouchers behind what was paid."""
    go(page, address, time="2026-02", state="settled")
    chosen = page.locator("#vouchers .chips [aria-current]").first
    expect(chosen).to_contain_text("paid 33,792.50 CNY")
    click(page, "What happened in 2026-02")
    expect(chosen).to_contain_text("paid 15,460.00 CNY")
    page.locator("#vouchers table.rolled").get_by_role("link", name="15,460.00").click()
    expect(page.locator("#vouchers table.register tbody tr")).to_have_count(3)
    shown = page.locator("#vouchers table.register tbody td.as-voucher")
    expect(shown).to_have_text(["AS-004", "CAR-001", "CG-004"])
    expect(page.locator("#vouchers .seen")).to_contain_text("Figure paid cash CNY")
    click(page, "As of 2026-02-28, the end of 2026-02")
    expect(page.locator("#vouchers .seen")).to_contain_text("As of 2026-02-28")
    expect(page.locator("#vouchers table.rolled")).to_have_count(0)


def test_through_all_views(page: Page, address: str) -> None:
    go(page, address, time="2026-03")
    expect(page.locator("#vouchers .plot > svg")).to_be_visible()
    expect(page.locator("#vouchers table.register tbody tr")).to_have_count(31)
    assert page.locator("#vouchers figure button").count() == 0
    click(page, "day")
    expect(page.locator("#vouchers .bars > div")).to_have_count(31)
    for view, text in (
        ("Exceptions", "overdue for acceptance"),
        ("Reconciliation", "Every figure agrees."),
        ("Lines", "Every line adds up"),
        ("Ageing", "Open holds by age"),
        ("Forecast", "By day and account"),
        ("Register", "CG-001"),
    ):
        click(page, view)
        expect(page.locator("#vouchers [aria-current=page]")).to_have_text(view)
        expect(page.locator("#vouchers")).to_contain_text(text)
        expect(page.locator("#vouchers .seen")).to_contain_text("As of 2026-03-31")
    click(page, "CG-001")
    expect(page.locator("#vouchers h2")).to_contain_text("CG-001 settled 18,500.00 CNY")
    assert "time=2026-03" in page.url
    page.go_back()
    expect(page.locator("#vouchers table.register")).to_be_visible()


def test_through_the_manual(page: Page, address: str) -> None:
    go(page, address, time="2026-03")
    click(page, "Help")
    click(page, "Your first voucher")
    expect(page.locator("#vouchers article h2")).to_have_text("Your first voucher")
    click(page, "directives")
    expect(page.locator("#vouchers article h2")).to_have_text("Directives")
    assert "time=2026-03" in page.url
    click(page, "All topics")
    expect(page.locator("#vouchers .topics dt")).to_have_count(len(topics()))


def test_sorting_by_keyboard_keeps_the_focus(page: Page, address: str) -> None:
    go(page, address, time="2026-03")
    heading = page.locator("#sort-register-amount")
    heading.focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("amount")
    expect(heading).to_be_focused()
    amounts = [float(text.replace(",", "")) for text in cells(page, "amount")]
    assert amounts == sorted(amounts)
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_have_text("amount")
    expect(heading).to_be_focused()
    assert [float(text.replace(",", "")) for text in cells(page, "amount")] == amounts[::-1]


def test_searching_and_choosing_a_state(page: Page, address: str) -> None:
    go(page, address, time="2026-03")
    page.evaluate("window.still = true")
    page.get_by_role("searchbox").fill("cargo")
    page.keyboard.press("Enter")
    expect(page.locator("#vouchers .seen")).to_contain_text("Search cargo")
    assert page.evaluate("window.still")  # within the single page
    assert {text[:3] for text in cells(page, "voucher")} == {"CG-"}
    page.locator("#vouchers .chips a", has_text="settled").click()
    expect(page.locator("#vouchers .chips [aria-current]")).to_contain_text("settled")
    assert "search=cargo" in page.url
    click(page, "Show all")
    expect(page.locator("#vouchers table.register tbody tr")).to_have_count(31)


def test_favas_own_filters(page: Page, address: str) -> None:
    go(page, address)
    time = page.get_by_placeholder("Time")
    time.fill("2026-01")
    time.press("Enter")
    expect(page.locator("#vouchers .seen")).to_contain_text("As of 2026-01-31 · Period 2026-01")
    state = page.locator("#vouchers tr", has_text="CG-001").locator(".state")
    expect(state).to_have_text("settled")
    text = page.get_by_placeholder("Filter by tag")
    text.fill("^CG-001")
    text.press("Enter")
    expect(page.locator("#vouchers table.register tbody tr")).to_have_count(1)


def test_to_the_popup_the_editor_the_journal_the_account_and_the_errors(
    page: Page, address: str
) -> None:
    go(page, address, view="voucher", voucher="RF-001")
    click(page, "issue")
    expect(page.get_by_role("dialog")).to_contain_text("vouchers.beancount")
    page.keyboard.press("Escape")
    page.locator("#vouchers .book").first.get_by_role("link", name="transaction").click()
    expect(page.get_by_role("dialog")).to_contain_text("RF-001")
    page.keyboard.press("Escape")
    expect(page.locator("#vouchers li.refused")).to_contain_text("2026-02-01 accept refused event")
    click(page, "Journal: transactions")
    expect(page.locator("ol.journal.show-transaction")).to_contain_text(
        "RF-001 issued: 12.50 CNY frozen"
    )
    page.go_back()
    click(page, "Journal: transactions and directives")
    expect(page.locator("ol.journal.show-custom li.custom").first).to_be_attached()
    page.go_back()
    page.locator("#vouchers .book").first.get_by_role(
        "link", name="Assets:LiMing:QingHe:Frozen"
    ).click()
    expect(page).to_have_url(re.compile("/account/Assets:LiMing:QingHe:Frozen/"))
    page.go_back()
    expect(page.locator("#vouchers ol.life")).to_be_visible()
    page.locator("#vouchers ol.life a", has_text="vouchers.beancount:").first.click()
    expect(page.locator(".cm-content")).to_be_visible()
    page.go_back()
    click(page, "Exceptions")
    expect(page.locator("#vouchers table.exceptions")).to_contain_text("[final]")


def test_a_figure_opens_on_its_vouchers(page: Page, address: str) -> None:
    go(page, address, view="reconciliation", time="2026-03", book="LiMing")
    details = page.locator("#vouchers details").first
    details.locator("summary").click()
    details.get_by_role("link", name="CAR-003").click()
    expect(page.locator("#vouchers h2")).to_contain_text("CAR-003")


def test_files_and_print(page: Page, address: str) -> None:
    go(page, address, time="2026-03", search="cargo")
    with page.expect_download() as download:
        click(page, "CSV: Register")
    assert download.value.suggested_filename == "register-2026-03-31.csv"
    with page.expect_download() as download:
        click(page, "Beancount text")
    assert download.value.suggested_filename == "vouchers-2026-03-31.beancount"
    with page.context.expect_page() as opened:
        click(page, "Print view")
    expect(opened.value.locator("header")).to_contain_text("Period 2026-03 · Search cargo")
    opened.value.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_bars_anybody_from_reading(page: Page, address: str, theme: Any) -> None:
    """axe-core finds nothing in our part of the page."""
    page.emulate_media(color_scheme=theme)
    script = axe()
    for query in (
        {"time": "2026-03"},
        {"view": "exceptions"},
        {"view": "reconciliation", "time": "2026-01-10"},
        {"view": "reconciliation", "time": "2026-03"},
        {"view": "ageing", "time": "2026-03"},
        {"view": "voucher", "voucher": "RF-001"},
        {"view": "voucher", "voucher": "AS-001"},
        {"view": "help"},
        {"view": "register", "time": "2026-02", "within": "period"},
        {"view": "help", "topic": "bank-statements"},
    ):
        go(page, address, **query)
        for details in page.locator("#vouchers summary").all()[:1]:
            details.click()
        page.evaluate(script)
        found = page.evaluate(
            "axe.run({include: [['#vouchers']], exclude: [['svelte-component']]})"
            ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html + n.failureSummary)]))"
        )
        assert found == []
    page.goto(address + "print?time=2026-03")
    page.evaluate(script)
    assert page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.help]))") == []


LOOKED_AT = [
    *({"view": view, "time": "2026-03"} for view in TABS),
    {"view": "register", "time": "2026-02", "within": "period"},
    {"view": "help", "topic": "bank-statements"},
    *({"view": "voucher", "voucher": voucher} for voucher in ("RF-001", "AS-001", "COD-003")),
]

FIGURES = """() => {
  for (const details of document.querySelectorAll('#vouchers details')) details.open = true;
  const figures = [...document.querySelectorAll('#vouchers td, #vouchers td.stack > div')]
    .filter(cell => !cell.classList.contains('stack') && !cell.closest('.manual'))
    .filter(cell => cell.innerText.trim() !== '');
  const boxes = figures.map(cell => [cell, cell.getBoundingClientRect()]);
  return {
    wide: document.documentElement.scrollWidth - innerWidth,
    scrolled: [...document.querySelectorAll('#vouchers .wide')]
      .filter(each => !each.closest('.manual') && each.scrollWidth > each.clientWidth)
      .map(each => each.getAttribute('aria-label')),
    cut: boxes
      .filter(([cell, box]) => box.width === 0 || box.left < 0 || box.right > innerWidth
              || cell.scrollWidth > cell.clientWidth + 1)
      .map(([cell]) => cell.dataset.label + ': ' + cell.innerText),
    unnamed: figures.filter(cell => !cell.dataset.label && !cell.closest('.parts'))
      .map(cell => cell.innerText),
    figures: figures.length,
  };
}"""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_figure_is_seen_on_a_desk_and_on_a_phone(
    page: Page, books: Path, language: str, width: int
) -> None:
    """Nothing is wider than the screen, no table is scrolled and no cell cut."""
    page.set_viewport_size({"width": width, "height": 900})
    with visiting(page, in_language(books, language)) as served:
        for query in LOOKED_AT:
            go(page, served + PAGE, **query)
            seen = page.evaluate(FIGURES)
            tables = page.locator("#vouchers table.data").count()
            assert (seen.pop("figures") > 0) == bool(tables), query
            assert seen == {"wide": 0, "scrolled": [], "cut": [], "unnamed": []}, query


def in_language(books: Path, language: str) -> Path:
    """A copy of the ledger that Fava shows in a language."""
    folder = books.parent.parent / language
    shutil.copytree(books.parent, folder, dirs_exist_ok=True)
    ledger = folder / "all.beancount"
    text = books.read_text(encoding="utf-8")
    option = f'2026-01-01 custom "fava-option" "language" "{language}"\n'
    ledger.write_text(text + option, encoding="utf-8")
    return ledger


def test_in_chinese_and_back(page: Page, books: Path) -> None:
    ledger = in_language(books, "zh")
    with visiting(page, ledger) as served:
        go(page, served + PAGE, time="2026-03")
        expect(page.locator("#vouchers nav.views")).to_have_text(
            re.compile(r"登记簿\s+例外事项\s+账实核对\s+授信额度\s+账龄\s+付款预测\s+帮助")
        )
        expect(page.locator("aside")).to_contain_text("电子凭证")
        expect(page).to_have_title(re.compile("电子凭证"))
        click(page, "例外事项")
        expect(page.locator("#vouchers table.exceptions")).to_contain_text("逾期未承兑")
        ledger.write_text(books.read_text(encoding="utf-8"), encoding="utf-8")
        page.reload()
        expect(page.locator("#vouchers nav.views")).to_contain_text("Exceptions")


def test_the_page_follows_the_file(page: Page, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.beancount"
    extension = '2026-01-01 custom "fava-extension" "fava_voucher"\n'
    ledger.write_text('option "title" "Mine"\n' + PLUGIN + extension + WORLD + issue())
    with visiting(page, ledger) as served:
        go(page, served + "/mine/extension/Vouchers/", time="2026-03")
        expect(page.locator("#vouchers table.register tbody .state")).to_have_text(["issued"])
        with ledger.open("a") as file:
            file.write(event("accept", "2026-03-03"))
        page.get_by_role("link", name="Vouchers").click()
        expect(page.locator("#vouchers table.register tbody .state")).to_have_text(["accepted"])


def test_ten_thousand_vouchers(page: Page, tmp_path: Path) -> None:
    ledger = tmp_path / "made.beancount"
    ledger.write_text(made(10_000))
    with visiting(page, ledger) as served:
        go(page, served + "/made/extension/Vouchers/")
        expect(page.locator("#vouchers table.register tbody tr")).to_have_count(200)
        page.locator("#vouchers a[rel=next]").first.click()
        expect(page.locator("#vouchers .pager").first).to_contain_text("Page 2 of 50")


def test_from_a_batch_to_its_vouchers_in_one_click(page: Page) -> None:
    """From Fava's journal, and from the page's own table of batches."""
    with visiting(page, LEDGERS / "daily-postings" / "ledger.beancount") as served:
        book = served + "/daily-postings/"
        page.goto(book + "journal/?time=2026-03-02")
        batch = page.locator("li.transaction", has_text="3 vouchers issued: 49.75 CNY frozen")
        batch.locator(".vouchers-of-batch").click()
        page.locator("#vouchers").wait_for()
        shown = page.locator("#vouchers table.register tbody td.as-voucher")
        expect(shown).to_have_text(["F-1", "F-2", "F-3"])
        expect(page.locator("#vouchers .seen")).to_contain_text("Event issue · Book House")
        go(page, book + "extension/Vouchers/", time="2026-03", within="period")
        expect(page.locator("#vouchers table.batches tbody tr")).to_have_count(18)
        click(page, "2 vouchers issued: 42.50 CNY frozen")
        expect(shown).to_have_text(["F-1", "F-3"])
        page.goto(book + "account/Liabilities:House:Held/?time=2026-03-06")
        settled = page.locator("li.transaction", has_text="3 vouchers settled")
        settled.locator(".vouchers-of-batch").click()
        page.locator("#vouchers").wait_for()
        expect(shown).to_have_text(["F-1", "F-2", "F-3"])
