"""A large camt.053 file beside plain XML: ``python -m tests.benchmarks.statements [ENTRIES]``.

Our reader beside ``xml.etree.ElementTree.iterparse`` that clears each entry, alternately:
entry by entry, and as the whole statement that ``reconcile`` takes. Then the peak memory of
each in a process of its own, for a quarter of the entries and for all.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from xml.etree.ElementTree import iterparse

from beancount_voucher.statements import camt
from tests.support.bank_files import Entry, Sheet
from tests.support.bank_files import camt as written

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = 5


def made(entries: int) -> str:
    """A statement of so many entries, each of which names a voucher."""
    booked = [
        Entry(
            f"03-{number % 28 + 1:02}",
            f"{12 + number % 90}.50",
            f"RF-{number:06}",
            f"premium RF-{number:06}",
        )
        for number in range(entries)
    ]
    return written(Sheet("QH-1-2026-03", "6228", "2026-03-01", "2026-03-31", "0.00", booked))


def plain(path: Path) -> int:
    """How many entries there are, by the standard library alone."""
    found = 0
    with path.open("rb") as file:
        for _, element in iterparse(file):  # noqa: S314
            if element.tag.endswith("}Ntry"):
                found += 1
                element.clear()
    return found


def streamed(path: Path) -> int:
    """How many there are, by our reader, one by one."""
    found, total = 0, Decimal(0)
    with path.open("rb") as file:
        for read in camt.stream(file, path, "", keep=False):
            found += read.statement is None
            total += sum((line.amount for line in read.lines), Decimal(0))
            if read.statement is not None:
                assert read.statement.closing is not None
                assert read.statement.closing.number == total
    return found


def kept(path: Path) -> int:
    """How many the statement has."""
    with path.open("rb") as file:
        [statement] = camt.statements(file, path, "")
    assert statement.is_proven
    return len(statement.lines)


WAYS: dict[str, Callable[[Path], int]] = {"plain": plain, "streamed": streamed, "kept": kept}


def seconds(way: str, path: Path, entries: int) -> float:
    """How long one way takes, by the clock on the wall."""
    started = time.perf_counter()
    assert WAYS[way](path) == entries
    return time.perf_counter() - started


def peak(way: str, path: Path) -> float:
    """What a process of its own takes at most to read, beyond what it has before, in MiB."""
    code = (
        "import sys; from pathlib import Path;"
        "from tests.benchmarks.statements import WAYS, held;"
        "Path('/proc/self/clear_refs').write_text('5'); before = held('VmRSS');"
        "WAYS[sys.argv[1]](Path(sys.argv[2])); print(held('VmHWM') - before)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, way, str(path)], capture_output=True, text=True, check=True
    )
    return int(ran.stdout) / 1024


def held(name: str) -> int:
    """Memory of this process as Linux counts it, in KiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{name}:")[2].split()[0])


def main(entries: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.xml", Path(folder) / "small.xml"
        large.write_text(made(entries), encoding="utf-8")
        small.write_text(made(entries // 4), encoding="utf-8")
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(_RUNS):
            for way, taken in times.items():
                taken.append(seconds(way, large, entries))
        base = median(times["plain"])
        print(f"{entries} entries, {large.stat().st_size >> 20} MiB, medians of {_RUNS}")
        for way, taken in times.items():
            few, all_ = peak(way, small), peak(way, large)
            print(
                f"{way:8}  {median(taken):.3f} s  {median(taken) / base:4.2f} × plain"
                f"  peak {few:5.1f} MiB for {entries // 4}, {all_:5.1f} MiB for {entries}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
