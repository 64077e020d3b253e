"""How the plugin's time grows: ``python -m tests.benchmarks.growth [FEW MANY]``.

For each shape of ledger (``made.SHAPES``): the plugin's CPU seconds at 1,000 and 100,000
vouchers, each the median of five processes that take turns, and the exponent between the
two: 1.0 is in proportion to the number of vouchers.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from beancount import loader

import beancount_voucher_plugin
from tests.benchmarks.made import SHAPES, ledger
from tests.benchmarks.processes import RUNS, medians, python, table


def measured(path: str) -> dict[str, float]:
    """The plugin's CPU seconds on a ledger, without what Beancount does after it."""
    given: list[Any] = []

    def keep(*arguments: Any) -> Any:
        given.append(arguments)
        return list(arguments[0]), []

    work = beancount_voucher_plugin.voucher_books
    beancount_voucher_plugin.voucher_books = keep  # type: ignore[assignment]
    loader._load([(path, True)], None, None, None)
    [arguments] = given
    started = time.process_time()
    entries, errors = work(*arguments)
    cpu = time.process_time() - started
    return {"cpu": cpu, "made": len(entries) - len(arguments[0]), "errors": len(errors)}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measured(arguments[1])))
        return
    few, many = map(int, arguments or ["1000", "100000"])
    rows = []
    for name, shape in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            paths = {}
            for vouchers in (few, many):
                paths[str(vouchers)] = Path(folder) / f"{vouchers}.beancount"
                paths[str(vouchers)].write_text(ledger(vouchers, shape))
            runs: dict[str, list[dict[str, float]]] = {size: [] for size in paths}
            for _ in range(RUNS):
                for size, path in paths.items():
                    runs[size].append(python("tests.benchmarks.growth", str(path)))
        small, large = medians(runs).values()
        exponent = math.log(large["cpu"] / small["cpu"]) / math.log(many / few)
        spent = [f"{each['cpu']:.3f} s" for each in (small, large)]
        rows.append((name, *spent, f"{exponent:.2f}", f"{int(large['errors']):,}"))
        print(*rows[-1], sep="  ", file=sys.stderr)
    print(table(("shape", f"{few:,}", f"{many:,}", "exponent", "errors"), rows))


if __name__ == "__main__":
    main(sys.argv[1:])
