"""Several people at the page at once: ``python -m tests.benchmarks.people BEFORE [VOUCHERS]``.

BEFORE is a checkout of an earlier version (``git worktree add``). Eight people ask a Fava that has
just loaded a ledger twelve questions each, over all views, everyone beginning with another one:
seconds that an answer takes, of three forms in turns: before, now, and now with daily postings.
Then the size of a full page of one voucher; how much longer than the load it takes until the page
is open; and the memory after four and after twenty reloads, with every view seen after each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.benchmarks.daily import _CLEARING_HOUSE
from tests.benchmarks.made import Shape, ledger
from tests.benchmarks.processes import RUNS, medians, python, table
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.processes import Figures

_PEOPLE = 8

_DAILY = (("postings", "daily"),)

_RELOADS = (4, 20)


def questions(person: int) -> list[str]:
    """What one of them asks: every view, and some of what only this person looks for."""
    asked: list[dict[str, str]] = [
        {"view": "register"},
        {"view": "exceptions"},
        {"view": "reconciliation"},
        {"view": "lines"},
        {"view": "ageing"},
        {"view": "forecast"},
        {"view": "help"},
        {"view": "voucher", "voucher": f"V-{person * 17:06}"},
        {"state": "settled", "sort": "-amount"},
        {"page": f"{person + 2}"},
        {"within": "period", "time": f"2026-{person % 6 + 2:02}"},
        {"search": f"Holder{person}"},
    ]
    return [urlencode(each) for each in asked[person:] + asked[:person]]


@contextmanager
def fava(root: Path, path: Path) -> Iterator[str]:
    """One version's Fava in a process of its own, as ``fava`` serves it: the page's address."""
    paths = os.pathsep.join(map(str, (root, root / "plugins")))
    # Nothing of this version may be imported there.
    code = (
        "import sys; from cheroot.wsgi import Server; from fava.application import create_app;"
        "app = create_app([sys.argv[1]], load=True, poll_watcher=True);"
        "server = Server(('127.0.0.1', 0), app); server.prepare();"
        "print(server.bind_addr[1], app.config['LEDGERS'].first_slug(), flush=True);"
        "server.serve()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            port, slug = server.stdout.readline().split()
            yield f"http://127.0.0.1:{port}/{slug}/extension/Vouchers/"
        finally:
            server.terminate()


def answers(root: Path, path: Path) -> Figures:
    """How long the answers take, and how large a full page of one voucher is."""
    taken: list[float] = []
    with fava(root, path) as address:

        def work(person: int) -> None:
            for question in questions(person):
                started = time.perf_counter()
                with urlopen(f"{address}?{question}") as answer:
                    assert answer.status == 200  # noqa: PLR2004
                    answer.read()
                taken.append(time.perf_counter() - started)

        people = [threading.Thread(target=work, args=(person,)) for person in range(_PEOPLE)]
        for each in people:
            each.start()
        for each in people:
            each.join()
        with urlopen(f"{address}?view=voucher&voucher=V-000017") as answer:
            size = len(answer.read())
    assert len(taken) == _PEOPLE * len(questions(0))
    taken.sort()
    return {"median": median(taken), "95th": taken[len(taken) * 95 // 100], "size": size}


def measured(what: str, path: Path) -> Figures:
    """What a process of its own tells of the page: how long it opens, or what it keeps."""
    from fava.core import FavaLedger  # noqa: PLC0415

    from fava_voucher.ledger_reports import LedgerReports  # noqa: PLC0415
    from tests.support.reader import Reader  # noqa: PLC0415

    if what == "opening":
        started = time.process_time()
        FavaLedger(str(path))
        load = time.process_time() - started
        reader = Reader(path)
        started = time.process_time()
        reader.see()
        return {"load": load, "open": (load + time.process_time() - started) / load}
    assert LedgerReports
    reader = Reader(path)
    [loaded] = reader.ledgers.ledgers
    found = {}
    for at in range(1, _RELOADS[-1] + 1):
        loaded.load_file()
        for question in questions(at % _PEOPLE):
            assert reader.ask(f"{reader.base}?{question}").status == 200  # noqa: PLR2004
        if at in _RELOADS:
            found[str(at)] = _megabytes()
    return found


def _megabytes() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(before: Path, vouchers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, shape in (("as in life", Shape()), ("a clearing house", _CLEARING_HOUSE)):
            each, daily = (Path(folder) / f"{form}.beancount" for form in ("each", "daily"))
            each.write_text(ledger(vouchers, shape))
            daily.write_text(ledger(vouchers, shape._replace(options=_DAILY)))
            versions = {"before": (before, each), "now": (ROOT, each), "daily": (ROOT, daily)}
            runs: dict[str, list[Figures]] = {version: [] for version in versions}
            for _ in range(RUNS):
                for version, (root, path) in versions.items():
                    runs[version].append(answers(root, path))
            found = medians(runs)
            base = found["before"]
            rows = [
                [version, f"{each['median']:.2f} s", f"{each['95th']:.2f} s"]
                + [f"{each[figure] / base[figure]:.2f}" for figure in ("median", "95th")]
                + [f"{each['size'] / 1e3:.0f} kB", f"{each['size'] / base['size']:.2f}"]
                for version, each in found.items()
            ]
            print(f"{vouchers:,} vouchers, {name}, {_PEOPLE} people")
            print(table(_HEADERS, rows))
            opened = {path.stem: [] for path in (each, daily)}
            for _ in range(RUNS):
                for path in (each, daily):
                    opened[path.stem].append(
                        python("tests.benchmarks.people", "opening", str(path))
                    )
            for form, figures in medians(opened).items():
                print(f"{form}: opens within {figures['open']:.2f} times a load")
            kept = python("tests.benchmarks.people", "memory", str(daily))
            after, later = (kept[str(number)] for number in _RELOADS)
            print(f"after {_RELOADS[1]} reloads / after {_RELOADS[0]}: {later / after:.2f}\n")


_HEADERS = ("", "median", "95th of 100", "to before", "to before", "a voucher", "to before")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        print(json.dumps(measured(sys.argv[2], Path(sys.argv[3]))))
    else:
        main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)  # noqa: PLR2004
