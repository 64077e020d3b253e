"""Takes the pictures of README and manual: ``python -m tests.support.screenshots``.

Needs Chromium. The pictures go to ``tests/screenshots/``; look at them before they are kept.
"""

from __future__ import annotations

import shutil
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from beancount_voucher.cli import main as command
from tests.support import LEDGERS
from tests.support.browser import browsing, serving

FOLDER = Path(__file__).parents[1] / "screenshots"
LEDGER = LEDGERS / "marketplace" / "all.beancount"
PAGE = "marketplace-the-books-of-all-parties/extension/Vouchers/"

PICTURES = {
    "register": "time=2026-03",
    "voucher": "view=voucher&voucher=CG-001&time=2026-01",
    "exceptions": "view=exceptions&time=2026-03",
    "reconciliation": "view=reconciliation&time=2026-03&book=QingHe",
    "ageing": "view=ageing&time=2026-03",
}
EXCHANGE = "view=exchange&time=2026-03"
WIDTHS = (1280, 390)

# The first language and theme shows every view; the others what differs in them.
LOOKS = {
    ("en", "light"): tuple(PICTURES),
    ("en", "dark"): ("register",),
    ("zh", "light"): ("register", "reconciliation"),
    ("zh", "dark"): ("exceptions",),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for (language, theme), names in LOOKS.items():
        look = "" if (language, theme) == ("en", "light") else f"-{language}-{theme}"
        with (
            TemporaryDirectory() as folder,
            serving(_in_language(Path(folder), language)) as address,
            browsing() as page,
        ):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            for name in names:
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    page.goto(f"{address}/{PAGE}?{PICTURES[name]}")
                    page.locator("#vouchers").wait_for()
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=FOLDER / f"{name}{look}-{width}.png")
    _of_two_banks()


def _of_two_banks() -> None:
    """What the demo of two banks leaves behind, which has keys of its own each time."""
    with TemporaryDirectory() as folder, chdir(folder):
        CliRunner().invoke(command, ["demo", "--two-banks", "--no-serve", "demo"])
        with serving(Path("demo/LanTian/ledger.beancount")) as address, browsing() as page:
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(f"{address}/two-banks-lantian/extension/Vouchers/?{EXCHANGE}")
                page.locator("#vouchers").wait_for()
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"exchange-{width}.png")
                page.goto("about:blank")


def _in_language(folder: Path, language: str) -> Path:
    """A copy of the ledger that Fava shows in a language."""
    shutil.copytree(LEDGER.parent, folder, dirs_exist_ok=True)
    ledger = folder / LEDGER.name
    option = f'2026-01-01 custom "fava-option" "language" "{language}"\n'
    ledger.write_text(ledger.read_text(encoding="utf-8") + option, encoding="utf-8")
    return ledger


if __name__ == "__main__":
    main()
