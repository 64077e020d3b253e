"""What a review costs beside loading the ledger twice.

    python tests/benchmarks/review.py [VOUCHERS] [ROUNDS]

Writes a repository with a ledger of so many vouchers in one file for each month, and a second
commit that settles the last tenth of them and issues as many. Then times, alternately in one
run, loading the ledger twice from the disk and reviewing the two commits, and prints the
medians and their ratio; and the same with everything in one file.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.ledger.loader import load
from beancount_voucher.review.git import Repository
from beancount_voucher.review.review import review, span_of
from tests.support import PLUGIN, WORLD, event, issue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOP = "ledger.beancount"
MONTHS = 10


def life(number: int, *, settled: bool) -> str:
    name = f"V-{number}"
    text = issue(name, "10.00 CNY") + event("accept", "2026-03-03", voucher=name)
    text += event("apply", "2026-03-05", voucher=name)
    return text + (event("settle", "2026-03-06", voucher=name) if settled else "")


def parts(vouchers: int, *, later: bool) -> Iterator[str]:
    """The files of the ledger, a tenth of the vouchers each."""
    size = vouchers // MONTHS
    for month in range(MONTHS + later):
        settled = later or month < MONTHS - 1
        yield "".join(life(month * size + n, settled=settled) for n in range(size))


def write(folder: Path, vouchers: int, *, later: bool, split: bool) -> None:
    texts = list(parts(vouchers, later=later))
    if not split:
        texts = ["".join(texts)]
    for number, text in enumerate(texts):
        (folder / f"part-{number:02}.beancount").write_text(text)
    (folder / TOP).write_text(PLUGIN + WORLD + 'include "part-*.beancount"\n')
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "later" if later else "earlier")


def git(folder: Path, *arguments: str) -> None:
    me = ("-c", "user.name=Lin", "-c", "user.email=lin@example.org")
    subprocess.run(["git", "-C", str(folder), *me, *arguments], check=True)


def timed(work: Callable[[], object]) -> float:
    start = time.process_time_ns()
    before = time.perf_counter()
    work()
    assert time.process_time_ns() >= start
    return time.perf_counter() - before


def measure(vouchers: int, rounds: int, *, split: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        git(folder, "init", "--quiet", "--initial-branch", "main")
        for later in (False, True):
            write(folder, vouchers, later=later, split=split)
        repository = Repository.around(folder / TOP)
        span = span_of(repository, "HEAD~1..HEAD")

        def twice() -> None:
            load(folder / TOP)
            load(folder / TOP)

        def reviewed() -> None:
            found = review(repository, TOP, span)
            changed = len(found.comparison.vouchers)
            assert changed == 2 * (vouchers // MONTHS), changed

        loads, reviews = [], []
        for _ in range(rounds):
            loads.append(timed(twice))
            reviews.append(timed(reviewed))
        two, one = statistics.median(loads), statistics.median(reviews)
        files = f"{MONTHS} files" if split else "one file"
        print(
            f"{vouchers} vouchers in {files}: two loads {two:.2f} s, "
            f"review {one:.2f} s, ratio {one / two:.2f} (median of {rounds})"
        )


if __name__ == "__main__":
    number, times = [*map(int, sys.argv[1:]), 5000, 5][:2]
    for in_files in (True, False):
        measure(number, times, split=in_files)
