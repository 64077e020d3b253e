"""Takes the pictures of README and manual: ``python -m tests.support.screenshots``.

Needs Chromium. The pictures go to ``tests/screenshots/``; look at them before they are kept.
"""

from __future__ import annotations

from pathlib import Path

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
WIDTHS = (1280, 390)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with serving(LEDGER) as address, browsing() as page:
        for name, query in PICTURES.items():
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(f"{address}/{PAGE}?{query}")
                page.locator("#vouchers").wait_for()
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"{name}-{width}.png")


if __name__ == "__main__":
    main()
