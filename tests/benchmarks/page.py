"""How long the page takes with 10,000 vouchers: ``python -m tests.benchmarks.page [VOUCHERS]``.

Load: what the page makes of a ledger that Fava has loaded, beside that load, alternately.
Server: the register, warm, beside one of Fava's own pages on the same ledger, alternately.
Browser: from the click on the sidebar to the table, in Chromium.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from fava.core import FavaLedger

from fava_voucher.ledger_reports import LedgerReports
from tests.benchmarks.made import ledger
from tests.benchmarks.processes import RUNS
from tests.support.browser import browsing, serving
from tests.support.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = 7


def seconds(work: Callable[[], object]) -> float:
    """How long it takes, by the clock on the wall."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cpu(work: Callable[[], object]) -> float:
    """How much time of the processor it takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def loads(path: Path) -> tuple[float, float]:
    """CPU seconds of a load by Fava, and of what the page then makes of it at its first request."""
    fava = FavaLedger(str(path))
    times = [(cpu(fava.load_file), cpu(lambda: LedgerReports.of(fava))) for _ in range(RUNS)]
    load, model = (median(column) for column in zip(*times, strict=True))
    return load, model


def main(vouchers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.beancount"
        path.write_text(ledger(vouchers))
        reader = Reader(path)
        first = seconds(reader.see)
        own = reader.base.replace("extension/Vouchers", "options")
        times = [(seconds(reader.see), seconds(lambda: reader.ask(own))) for _ in range(_RUNS)]
        page, favas = (median(column) for column in zip(*times, strict=True))
        load, model = loads(path)
        print(f"{vouchers} vouchers, medians of {_RUNS} (loads: of {RUNS})")
        print(f"a load by Fava                 {load:.3f} s CPU")
        print(
            f"what the page makes of it      {model:.3f} s CPU   share of both {model / (load + model):.1%}"
        )
        print(f"first register after a load    {first:.3f} s")
        print(f"register, warm                 {page:.3f} s")
        print(f"Fava's options page            {favas:.3f} s   ratio {page / favas:.2f}")
        with serving(path) as address, browsing() as chromium:
            chromium.goto(address + own)
            rows = chromium.locator("#vouchers table.register tbody tr")
            link = chromium.get_by_role("link", name="Vouchers")

            def follow() -> None:
                link.click()
                rows.nth(199).wait_for()

            follow()
            shown = []
            for _ in range(_RUNS):
                chromium.get_by_role("link", name="Options").click()
                chromium.locator("#vouchers").wait_for(state="detached")
                shown.append(seconds(follow))
            print(f"click to table, in the browser {median(shown):.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
