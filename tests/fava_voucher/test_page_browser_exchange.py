"""The Exchange tab in a real browser, on what ``demo --two-banks`` leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from beancount_voucher.cli import main
from tests.fava_voucher.test_page_browser import FIGURES, click, go
from tests.support.browser import axe, browsing, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

# What the page is made of is covered without a browser, and much faster.
pytestmark = pytest.mark.untraced

PAGE = "/two-banks-lantian/extension/Vouchers/"
LOOKED_AT = (
    {"view": "exchange", "time": "2026-03"},
    {"view": "exchange", "message": "QingHe+LanTian+1"},
    {"view": "voucher", "voucher": "CAR-104", "time": "2026-03"},
)


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The top files of both banks after the month."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert CliRunner().invoke(main, ["demo", "--two-banks", "--no-serve"]).exit_code == 0
    return [folder / "voucher-demo" / bank / "ledger.beancount" for bank in ("LanTian", "QingHe")]


@pytest.fixture
def page() -> Iterator[Page]:
    with browsing() as opened:
        yield opened


def test_from_an_event_to_the_message_that_says_it(page: Page, banks: list[Path]) -> None:
    with visiting(page, *banks) as served:
        go(page, served + PAGE, time="2026-03")
        click(page, "CAR-104")
        life = page.locator("#vouchers ol.life")
        expect(life).to_contain_text("accept struck on 2026-03-10, counts no longer")
        life.get_by_role("link", name="QingHe LanTian 3").click()
        expect(page.locator("#vouchers h2")).to_contain_text(
            "QingHe LanTian 3 signature and text are as they were recorded"
        )
        expect(page.locator("#vouchers pre.message")).to_contain_text('"voucher-void" "CAR-104"')
        with page.expect_download() as saved:
            click(page, "Save its signature")
        assert saved.value.suggested_filename == "QingHe_LanTian_000003.beancount.sig"
        assert saved.value.path().read_bytes().startswith(b"-----BEGIN SSH SIGNATURE-----")
        click(page, "Back to all messages")
        expect(page.locator("#vouchers [aria-current=page]")).to_have_text("Exchange")
        expect(page.locator("#vouchers table.counterparties tbody tr")).to_have_count(1)


def test_two_banks_in_one_fava(page: Page, banks: list[Path]) -> None:
    with visiting(page, *banks) as served:
        for name, other in (("two-banks-lantian", "Qinghe"), ("two-banks-qinghe", "Lantian")):
            go(page, f"{served}/{name}/extension/Vouchers/", view="exchange", time="2026-03")
            expect(page.locator("#vouchers table.counterparties")).to_contain_text(other)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_cut(page: Page, banks: list[Path], width: int, language: str) -> None:
    ledger = _in_language(banks[0], language)
    page.set_viewport_size({"width": width, "height": 900})
    with visiting(page, ledger) as served:
        for query in LOOKED_AT:
            go(page, served + PAGE, **query)
            seen = page.evaluate(FIGURES)
            assert (seen["wide"], seen["scrolled"], seen["cut"], seen["unnamed"]) == (
                0,
                [],
                [],
                [],
            ), query


def _in_language(ledger: Path, language: str) -> Path:
    """Another top file of the ledger, that Fava shows in a language."""
    path = ledger.with_name(f"{language}.beancount")
    option = f'2026-01-01 custom "fava-option" "language" "{language}"\n'
    path.write_text(ledger.read_text(encoding="utf-8") + option, encoding="utf-8")
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(page: Page, banks: list[Path], theme: str) -> None:
    script = axe()
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    with visiting(page, banks[0]) as served:
        for query in LOOKED_AT:
            go(page, served + PAGE, **query)
            page.evaluate(script)
            found = page.evaluate(
                "axe.run({include: [['#vouchers']], exclude: [['svelte-component']]})"
                ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
            )
            assert found == [], query
