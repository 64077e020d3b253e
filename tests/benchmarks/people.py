"""Several people at the page at once: ``python -m tests.benchmarks.people BEFORE [VOUCHERS [RUNS]]``.

BEFORE is a checkout of an earlier version (``git worktree add``). Eight people ask a Fava that has
just loaded a ledger twelve questions each, over all views, everyone beginning with another one,
and then the same again: seconds that an answer takes, of three forms in turns: before, now, and
now with daily postings.
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

from tests.benchmarks.daily import CLEARING_HOUSE
from tests.benchmarks.made import Shape, ledger
from tests.benchmarks.processes import RUNS, medians, python, table
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.processes import Figures

_PEOPLE = 8

_DAILY = (("postings", "daily"),)

_RELOADS = (4, 20)

_RELOADED = 2_000
"""Vouchers of what is reloaded."""


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
def fava(root: Path, path: Path) -> Iterator[tuple[str, int]]:
    """One version's Fava in a process of its own, as ``fava`` serves it: its page and number."""
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
            yield f"http://127.0.0.1:{port}/{slug}/extension/Vouchers/", server.pid
        finally:
            server.terminate()


def answers(root: Path, path: Path) -> Figures:
    """How long the answers take, and how large a full page of one voucher is."""
    with fava(root, path) as (address, process):
        first, loaded = _round(address), _cpu(process)
        again, taken = _round(address), _cpu(process) - loaded
        with urlopen(f"{address}?view=voucher&voucher=V-000017") as answer:  # noqa: S310
            size = len(answer.read())
    return {
        "median": median(first),
        "95th": first[len(first) * 95 // 100],
        "95th again": again[len(again) * 95 // 100],
        "CPU again": taken / len(again),
        "size": size,
    }


def _cpu(process: int) -> float:
    """The seconds of the processor that another process has taken."""
    figures = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, figures[11:13])) / os.sysconf("SC_CLK_TCK")


def _round(address: str) -> list[float]:
    """The seconds that everybody's answers take, the shortest first."""
    taken: list[float] = []

    def work(person: int) -> None:
        for question in questions(person):
            started = time.perf_counter()
            with urlopen(f"{address}?{question}") as answer:  # noqa: S310
                assert answer.status == 200
                answer.read()
            taken.append(time.perf_counter() - started)

    people = [threading.Thread(target=work, args=(person,)) for person in range(_PEOPLE)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert len(taken) == _PEOPLE * len(questions(0))
    return sorted(taken)


def measured(what: str, path: Path) -> Figures:
    """What a process of its own tells of the page: how long it opens, or what it keeps."""
    from fava.core import FavaLedger  # noqa: PLC0415

    from tests.support.reader import Reader  # noqa: PLC0415

    if what == "opening":
        started = time.process_time()
        FavaLedger(str(path))
        load = time.process_time() - started
        reader = Reader(path)
        started = time.process_time()
        reader.see()
        return {"load": load, "open": (load + time.process_time() - started) / load}
    reader = Reader(path)
    [loaded] = reader.ledgers.ledgers
    found = {}
    for at in range(1, _RELOADS[-1] + 1):
        loaded.load_file()
        for question in questions(at % _PEOPLE):
            assert reader.ask(f"{reader.base}?{question}").status == 200
        if at in _RELOADS:
            found[str(at)] = _megabytes()
    return found


def _megabytes() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(before: Path, vouchers: int, runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, shape in (("as in life", Shape()), ("a clearing house", CLEARING_HOUSE)):
            each, daily = (Path(folder) / f"{form}.beancount" for form in ("each", "daily"))
            each.write_text(ledger(vouchers, shape))
            daily.write_text(ledger(vouchers, shape._replace(options=_DAILY)))
            print(f"{vouchers:,} vouchers, {name}, {_PEOPLE} people", flush=True)
            versions = {"before": (before, each), "now": (ROOT, each), "daily": (ROOT, daily)}
            print(_compared(versions, runs), flush=True)
            opened: dict[str, list[Figures]] = {path.stem: [] for path in (each, daily)}
            for _ in range(runs):
                for path in (each, daily):
                    figures = python("tests.benchmarks.people", "opening", str(path))
                    opened[path.stem].append(figures)
            for form, found in medians(opened).items():
                print(f"{form}: opens within {found['open']:.2f} times a load", flush=True)
        daily.write_text(ledger(min(vouchers, _RELOADED), Shape(options=_DAILY)))
        kept = python("tests.benchmarks.people", "memory", str(daily))
        few, many = (kept[str(number)] for number in _RELOADS)
        print(f"memory after {_RELOADS[1]} reloads / after {_RELOADS[0]}: {many / few:.2f}")


def _compared(versions: Mapping[str, tuple[Path, Path]], runs: int) -> str:
    taken: dict[str, list[Figures]] = {version: [] for version in versions}
    for _ in range(runs):
        for version, (root, path) in versions.items():
            taken[version].append(answers(root, path))
    found = medians(taken)
    rows = [
        [
            version,
            *(f"{each[figure]:.2f} s" for figure in _SECONDS),
            *(f"{each[figure] / found['before'][figure]:.2f}" for figure in _SECONDS),
            f"{each['size'] / 1e3:.0f} kB",
            f"{each['size'] / found['before']['size']:.2f}",
        ]
        for version, each in found.items()
    ]
    return table(_HEADERS, rows)


_SECONDS = ("median", "95th", "95th again", "CPU again")
_HEADERS = ("", *_SECONDS, *(f"{each} / before" for each in _SECONDS), "a voucher", "/ before")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        print(json.dumps(measured(sys.argv[2], Path(sys.argv[3]))))
    else:
        numbers = [int(each) for each in sys.argv[2:]]
        vouchers, runs = (*numbers, *(10_000, RUNS)[len(numbers) :])
        main(Path(sys.argv[1]), vouchers, runs)
