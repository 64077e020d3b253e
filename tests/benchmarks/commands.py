"""The command beside ``bean-check``: ``python -m tests.benchmarks.commands [VOUCHERS]``.

CPU seconds of whole processes, medians of five, taken in turns: bean-check without its
cache; what a command takes to load the ledger (``show`` of a voucher that is not there); and
the commands.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.made import ledger
from tests.benchmarks.processes import RUNS, command, medians, table

_AS_OF = ("--as-of", "2026-11-25")
_LOADS = "show of none"
_COMMANDS = {
    "check": (("check",), (0,)),
    _LOADS: (("show", "V-NONE"), (1,)),
    "show": (("show", "V-000500"), (0,)),
    "list": (("list", *_AS_OF), (0,)),
    "list, as CSV": (("list", *_AS_OF, "--format", "csv"), (0,)),
    "run, nothing due": (("run", "--as-of", "2026-01-01"), (0,)),
    "run": (("run", *_AS_OF), (0,)),
}


def main(vouchers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.beancount"
        path.write_text(ledger(vouchers))
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in ("bean-check", *_COMMANDS)}
        for _ in range(RUNS):
            runs["bean-check"].append(command("bean-check", "--no-cache", str(path)))
            for name, (arguments, statuses) in _COMMANDS.items():
                whole = ("bean-voucher", "-f", str(path), *arguments)
                runs[name].append(command(*whole, statuses=statuses))
    taken = {name: figures["cpu"] for name, figures in medians(runs).items()}
    rows = [
        (
            name,
            f"{cpu:.2f} s",
            f"{cpu / taken['bean-check']:.2f}",
            f"{cpu / taken[_LOADS] - 1:+.0%}",
        )
        for name, cpu in taken.items()
    ]
    print(f"{vouchers:,} vouchers\n")
    print(table(("command", "CPU", "of bean-check", "beside a load"), rows))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
