"""The demo: the main job, from an empty folder to pages in Fava."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cheroot.wsgi import Server
from click.testing import CliRunner, Result

from beancount_voucher.audit import invariants
from beancount_voucher.cli import main
from beancount_voucher.ledger.loader import load as load_ledger
from tests.support.browser import browsing, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOKS = ("all", "HengXin", "LanTian", "LiMing", "QingHe", "YuanHang", "YunShang")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def demo(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["demo", *arguments])


def test_the_demo_runs_the_day_and_prints_the_register() -> None:
    result = demo("--no-serve")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    at = lines.index("The day's run, as of 2026-03-31:")
    assert lines[at + 1 : at + 7] == [
        "  CAR-003: void (no-application) on 2026-03-26: no application by 2026-03-25",
        "  CG-005: void (insurance-returned) on 2026-03-31: the insurance was returned on 2026-03-29",
        '  CG-006: void (conditions-unmet) on 2026-03-31: requires-event: event "waybill-CG-006" is '
        '"lost" since 2026-03-22, not "departed"',
        '  COD-004: settle on 2026-03-31: requires-event: "order-8804" is "delivered" since '
        '2026-03-27, "order-8805" is "delivered" since 2026-03-29',
        "  FA-004: void (not-accepted) on 2026-03-28: no acceptance by 2026-03-27",
        "  RF-005: settle on 2026-03-31: requires-policy: the application names policy P-RF-1207",
    ]
    register = {
        line.split()[0]: line.split()[1] for line in lines if re.match(r"[A-Z]+-\d{3} ", line)
    }
    assert len(register) == 31
    assert register["COD-004"] == register["RF-005"] == "settled"
    assert register["COD-005"] == register["AS-005"] == "applied"
    [settled] = [line for line in lines if line.startswith("settled ")]
    assert settled.split() == ["settled", "CNY", "9", "40,482.70", "0.00", "39,702.70"]
    assert "http" not in result.stdout


def test_the_books_are_sound_afterwards_and_nothing_is_left_to_do() -> None:
    demo("--no-serve")
    for book in BOOKS:
        ledger = load_ledger(Path("voucher-demo") / f"{book}.beancount")
        assert ledger.errors == []
        assert list(invariants.findings(ledger)) == []
    run = ["-f", "voucher-demo/all.beancount", "run", "--as-of", "2026-03-31"]
    again = CliRunner().invoke(main, run)
    assert (again.exit_code, again.stdout) == (0, "")


def test_what_the_demo_says_to_try_works() -> None:
    out = demo("--no-serve").stdout
    commands = re.findall(r"^  bean-voucher (.*)$", out, re.MULTILINE)
    assert len(commands) == 2
    shown, checked = (CliRunner().invoke(main, command.split()) for command in commands)
    assert shown.exit_code == 0
    assert "CG-006 is voided" in shown.stdout
    # Twelve days on, nobody has decided what could be applied for again until the day before.
    assert checked.exit_code == 1
    assert "COD-005" in [line.split(": ")[1] for line in checked.stdout.splitlines()]


def test_it_takes_a_fresh_name_or_an_empty_folder() -> None:
    assert demo("--no-serve").exit_code == 0
    assert "into voucher-demo-2." in demo("--no-serve").stdout
    Path("mine").mkdir()
    assert demo("mine", "--no-serve").exit_code == 0
    assert demo("deep/er", "--no-serve").exit_code == 0
    assert Path("deep/er/all.beancount").is_file()


def test_it_never_writes_where_something_is() -> None:
    Path("full").mkdir()
    Path("full/mine").write_text("mine")
    Path("file").write_text("mine")
    Path("dangling").symlink_to("nowhere")
    for target in ("full", "file", "dangling", "file/below"):
        result = demo(target, "--no-serve")
        assert result.exit_code == 3, target
        assert "Traceback" not in result.stderr
    assert sorted(path.name for path in Path("full").iterdir()) == ["mine"]
    assert Path("file").read_text() == "mine"


@pytest.fixture
def _signals() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("_signals")
def test_it_serves_every_book_until_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_server: Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve", interrupted)
    result = demo()
    assert result.exit_code == 0
    assert re.search(r"Fava shows the books at http://127\.0\.0\.1:\d+/", result.stdout)
    assert result.stderr.endswith("Press Ctrl-C to stop.\nStopped.\n")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_real_command_serves_real_pages(tmp_path: Path, stop: signal.Signals) -> None:
    command = Path(sys.executable).parent / "bean-voucher"
    with subprocess.Popen(
        [command, "demo", str(tmp_path / "books")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            if "Fava shows the books at" in line:
                address = line.split()[-1]
                break
        with urllib.request.urlopen(address) as response:  # noqa: S310
            assert response.status == 200
            assert "books-of-all" in response.url
        process.send_signal(stop)
        try:
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()


def test_a_person_sees_in_fava_what_happened() -> None:
    demo("--no-serve")
    tops = [Path("voucher-demo") / f"{book}.beancount" for book in BOOKS]
    with serving(*tops) as address, browsing() as page:
        page.goto(address)
        page.wait_for_url("**/income_statement/")
        home = page.url.removesuffix("income_statement/")
        # The life of one voucher: directives and what they brought into each book.
        page.goto(home + 'journal/?filter=voucher:"^CG-001$"')
        page.get_by_text("CG-001 settled: 18,000.00 CNY paid, 500.00 CNY released").first.wait_for()
        journal = page.locator("article").inner_text()
        assert journal.count("CG-001 issued: 18,500.00 CNY of credit line frozen") == 2
        assert journal.count("CG-001 settled:") == 4
        assert "清河银行 Qinghe Bank" in journal
        assert "voucher-apply" in journal
        # The link finds its transactions.
        page.goto(home + "journal/?filter=^RF-005")
        page.get_by_text("RF-005 settled: 11.20 CNY paid").first.wait_for()
        # What is frozen stands under the bank account.
        page.goto(home + "account/Assets:YunShang:QingHe:Frozen/")
        page.get_by_text("COD-005 issued: 2,050.00 CNY frozen").first.wait_for()
        # An auditor's query.
        page.goto(home + "query/?query_string=.run holds-by-voucher")
        page.get_by_role("link", name="Liabilities:QingHe:Held:YunShang").wait_for()
        # No errors, in the book of one party either.
        page.goto(home + "errors/")
        page.get_by_text("No errors.").wait_for()
        page.goto(address + "/marketplace-the-book-of-liming/errors/")
        page.get_by_text("No errors.").wait_for()
        page.goto(address + "/marketplace-the-book-of-liming/balance_sheet/")
        page.get_by_text("PrepaidInsurance").wait_for()
        assert "HengXin" not in page.locator("article").inner_text()


def test_an_error_leads_to_its_line() -> None:
    demo("--no-serve")
    facts = Path("voucher-demo/vouchers.beancount")
    lines = facts.read_text(encoding="utf-8").count("\n")
    facts.write_text(
        facts.read_text(encoding="utf-8") + '2026-03-31 custom "voucher-settle" "RF-001"\n',
        encoding="utf-8",
    )
    with serving(Path("voucher-demo/all.beancount")) as address, browsing() as page:
        page.goto(address + "/marketplace-the-books-of-all-parties/errors/")
        page.get_by_text("settle after it was settled on 2026-01-16").wait_for()
        row = page.locator("table tbody tr").first.inner_text()
        assert str(lines + 1) in row
        assert "[final]" in row
        page.locator("table tbody tr a").first.click()
        page.wait_for_url("**/editor/**")


def test_a_folder_that_cannot_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("closed").mkdir()

    def closed(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", closed)
    result = demo("--no-serve", "closed")
    assert result.exit_code == 3
    assert result.stderr == "closed cannot be read: Permission denied; nothing was written\n"


def test_a_folder_whose_name_beancount_could_not_load() -> None:
    result = demo("--no-serve", "\udcff")
    assert result.exit_code == 3
    assert result.stderr.endswith("Beancount could not load it; nothing was written\n")
    assert list(Path.cwd().iterdir()) == []
