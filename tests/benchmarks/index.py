"""What the index saves: ``python -m tests.benchmarks.index --before DIR [VOUCHERS]``.

CPU seconds of whole processes, medians of five, taken in turns with a checkout of an earlier
version: without an index, the first time (which makes it), the next time, after one directive
was appended, and a write after a whole check.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks.made import ledger
from tests.benchmarks.processes import RUNS, medians, table
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.benchmarks.processes import Figures

_AS_OF = ("--as-of", "2026-11-25")
_COMMANDS: Mapping[str, Sequence[str]] = {
    "list, as CSV": ("list", *_AS_OF, "--format", "csv"),
    "list": ("list", *_AS_OF),
    "show": ("show", "V-000500", *_AS_OF),
    "run, nothing due": ("run", "--as-of", "2026-01-01"),
    "run": ("run", *_AS_OF),
}


class _Program(NamedTuple):
    """One version of the command, with a cache of its own."""

    checkout: Path
    cache: Path

    def run(self, path: Path, arguments: Sequence[str], *statuses: int) -> Figures:
        """Its CPU seconds on a ledger."""
        environment = os.environ | {
            "PYTHONPATH": f"{self.checkout}{os.pathsep}{self.checkout / 'plugins'}",
            "BEAN_VOUCHER_CACHE": str(self.cache),
        }
        command = [sys.executable, "-m", "beancount_voucher", "-f", str(path), *arguments]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run(
            command, capture_output=True, check=False, env=environment, cwd=path.parent
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert ran.returncode in (statuses or (0,)), ran.stderr.decode()
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"cpu": cpu, "bytes": float(len(ran.stdout))}

    def forget(self) -> None:
        """Remove what it has remembered."""
        for each in self.cache.glob("*"):
            each.unlink()


def _appended(path: Path, at: int) -> None:
    """A line more, for a voucher that is still open."""
    with path.open("a") as file:
        file.write(f'2026-11-24 custom "voucher-return" "V-{at:06}"\n')


def asked(now: _Program, before: _Program, path: Path) -> dict[str, dict[str, Figures]]:
    """The medians of each command, by how it is asked."""
    runs: dict[str, dict[str, list[Figures]]] = {
        name: {"before": [], "without": [], "first": [], "again": [], "appended": []}
        for name in _COMMANDS
    }
    for at in range(RUNS):
        for number, (name, arguments) in enumerate(_COMMANDS.items()):
            figures = runs[name]
            figures["before"].append(before.run(path, arguments))
            figures["without"].append(now.run(path, ("--no-index", *arguments)))
            now.forget()
            figures["first"].append(now.run(path, arguments))
            figures["again"].append(now.run(path, arguments))
            _appended(path, (at * len(_COMMANDS) + number) * 50)
            figures["appended"].append(now.run(path, arguments))
    return {name: medians(each) for name, each in runs.items()}


def written(now: _Program, before: _Program, path: Path) -> dict[str, Figures]:
    """The medians of a write of one event, before, without an index, and after a whole check."""
    runs: dict[str, list[Figures]] = {"before": [], "without": [], "checked": []}
    for at in range(RUNS):
        voucher = at * 50 + 1
        for number, (name, program, more) in enumerate(
            (("before", before, ()), ("without", now, ("--no-index",)), ("checked", now, ()))
        ):
            if name == "checked":
                now.run(path, ("check", *_AS_OF), 0, 1)
            event = ("return", f"V-{voucher + number:06}", "--date", "2026-11-25", "--write")
            runs[name].append(program.run(path, (*more, *event)))
    return medians(runs)


def main(before: Path, vouchers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        caches = [Path(folder) / name for name in ("now", "before")]
        now, then = _Program(ROOT, caches[0]), _Program(before, caches[1])
        path = Path(folder) / "ledger" / "made.beancount"
        path.parent.mkdir()
        path.write_text(ledger(vouchers))
        size = path.stat().st_size
        found = asked(now, then, path)
        kept = sum(each.stat().st_size for each in caches[0].glob("*.sqlite"))
        writes = written(now, then, path)
    unit = found["list, as CSV"]["before"]["cpu"]
    print(f"{vouchers:,} vouchers; the index is {kept / size:.2f} of the text\n")
    print(table(_HEADERS, [_row(name, figures) for name, figures in found.items()]))
    print(
        f"The first list, which makes the index: {found['list, as CSV']['first']['cpu'] / unit:.2f}\n"
    )
    rows = [
        (name, f"{each['cpu']:.2f} s", f"{each['cpu'] / unit:.2f}") for name, each in writes.items()
    ]
    print(table(("a write of one event", "CPU", "of list as CSV before"), rows))


_HEADERS = ("command", "before", "without an index", "the first time", "again", "after an append")


def _row(name: str, figures: Mapping[str, Figures]) -> list[str]:
    before, *others = (each["cpu"] for each in figures.values())
    return [name, f"{before:.2f} s", *(f"{each:.2f} s, {each / before:.3f}" for each in others)]


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] != "--before":
        sys.exit("Which checkout is the earlier version? --before DIR")
    main(Path(sys.argv[2]).absolute(), int(sys.argv[3]) if len(sys.argv) > 3 else 100_000)
