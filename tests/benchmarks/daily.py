"""Daily postings beside a transaction for each event: ``python -m tests.benchmarks.daily [VOUCHERS…]``.

Load: CPU seconds and peak memory of either, and of the plain form (``bean-voucher print`` of the
first); processes of their own that take turns. Fava: its journal, all pages of it, and the report
of the busiest account, of 10,000 vouchers on 30 days of 10 policyholders of one clearing house: seconds and megabytes,
in turns. What is printed are medians of five, and ratios.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from statistics import median

from tests.benchmarks.load import measured
from tests.benchmarks.made import Shape, ledger
from tests.benchmarks.processes import RUNS, medians, python, table
from tests.support.reader import Reader

_FORMS: dict[str, tuple[tuple[str, str], ...]] = {"each": (), "daily": (("postings", "daily"),)}

CLEARING_HOUSE = Shape(policyholders=10, banks=1, insurers=1, days=30)

_FAVAS = 10_000
"""Vouchers of what is looked at in Fava."""


def loads(vouchers: int, folder: Path) -> list[str]:
    """A row: the loads of both forms beside the plain one."""
    paths = {name: folder / f"{name}-{vouchers}.beancount" for name in (*_FORMS, "plain")}
    for name, options in _FORMS.items():
        paths[name].write_text(ledger(vouchers, Shape(options=options)))
    with paths["plain"].open("wb") as plainly:
        program = [sys.executable, "-m", "beancount_voucher", "-f", str(paths["each"]), "print"]
        subprocess.run(program, check=True, stdout=plainly)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in paths}
    for _ in range(RUNS):
        for name, path in paths.items():
            taken[name].append(python("tests.benchmarks.daily", str(path)))
    each, daily, plain = (medians(taken)[name] for name in paths)
    return [
        f"{vouchers:,}",
        f"{int(each['transactions']):,}",
        f"{int(daily['transactions']):,}",
        *(
            f"{form[figure] / plain[figure]:.3f}"
            for figure in ("cpu", "memory")
            for form in (each, daily)
        ),
    ]


def _asked(reader: Reader, urls: list[str]) -> tuple[float, float]:
    """Seconds that some answers take, and their megabytes."""
    started = time.perf_counter()
    size = sum(len(reader.ask(url).data) for url in urls)
    return time.perf_counter() - started, size / 1e6


def in_fava(vouchers: int, folder: Path) -> list[list[str]]:
    """Rows: the journal, and the report of the account with the most postings."""
    readers = {}
    for name, options in _FORMS.items():
        path = folder / f"fava-{name}.beancount"
        path.write_text(ledger(vouchers, CLEARING_HOUSE._replace(options=options)))
        readers[name] = Reader(path)
    busiest = _busiest(readers["each"])
    rows = []
    for what in ("journal", "account"):
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in readers}
        for _ in range(RUNS):
            for name, reader in readers.items():
                taken[name].append(_asked(reader, _urls(reader, what, busiest)))
        seconds, sizes = (
            [median(run[figure] for run in taken[name]) for name in readers] for figure in (0, 1)
        )
        rows.append(
            [
                what,
                f"{seconds[0]:.2f} s",
                f"{seconds[1]:.2f} s",
                f"{seconds[1] / seconds[0]:.3f}",
                f"{sizes[0]:.1f} MB",
                f"{sizes[1]:.1f} MB",
                f"{sizes[1] / sizes[0]:.3f}",
            ]
        )
    return rows


def _busiest(reader: Reader) -> str:
    """The account with the most postings."""
    postings = Counter(
        posting.account
        for entry in reader.ledgers[reader.ledgers.first_slug()].all_entries_by_type.Transaction
        for posting in entry.postings
    )
    return str(postings.most_common(1)[0][0])


def _urls(reader: Reader, what: str, account: str) -> list[str]:
    """What Fava's own page asks of its server: transactions alone, as its reader chooses them."""
    api = reader.base.replace("extension/Vouchers/", "api/")
    if what == "account":
        return [f"{api}account_report?a={account}"]
    first = f"{api}journal_page?page={{}}&order=asc&filter=%23voucher"
    pages = json.loads(reader.ask(first.format(1)).text)["data"]["total_pages"]
    return [first.format(page) for page in range(1, pages + 1)]


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measured(arguments[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = [loads(size, Path(folder)) for size in map(int, arguments or ["10000", "100000"])]
        print(table(_LOADS, rows))
        print(table(_IN_FAVA, in_fava(_FAVAS, Path(folder))))


_LOADS = (
    "vouchers",
    "transactions",
    "batches",
    "CPU, each ÷ plain",
    "daily ÷ plain",
    "memory, each ÷ plain",
    "daily ÷ plain",
)
_IN_FAVA = ("Fava", "each", "daily", "daily ÷ each", "each", "daily", "daily ÷ each")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1:])
