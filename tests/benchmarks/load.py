"""Loading the voucher form beside the plain form: ``python -m tests.benchmarks.load [VOUCHERS…]``.

The plain form holds the same transactions written by hand (``bean-voucher print``). Each
load is a process of its own, without a load cache; the two forms take turns. What is
printed: CPU seconds, medians of five, and ratios.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from beancount import loader
from beancount.core.data import Transaction
from click.testing import CliRunner

import beancount_voucher_plugin
from beancount_voucher.cli import main as command
from tests.benchmarks.made import ledger

_RUNS = 5


def measured(path: str) -> dict[str, float]:
    """One load in this process: CPU seconds, the plugin's among them, and peak memory."""
    spent: list[float] = []
    real = beancount_voucher_plugin.voucher_books

    def timed(*arguments: Any) -> Any:
        started = time.process_time()
        result = real(*arguments)
        spent.append(time.process_time() - started)
        return result

    beancount_voucher_plugin.voucher_books = timed  # type: ignore[assignment]
    started = time.process_time()
    entries, errors, _ = loader._load([(path, True)], None, None, None)
    cpu = time.process_time() - started
    assert errors == []
    made = sum(isinstance(entry, Transaction) for entry in entries)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": cpu, "plugin": sum(spent), "transactions": made, "memory": peak}


def in_a_process(path: Path) -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", "--measure", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, float] = json.loads(ran.stdout)
    return result


def compare(vouchers: int, folder: Path) -> None:
    forms = {
        name: folder / f"{name}-{vouchers}.beancount" for name in ("voucher", "plain", "party")
    }
    forms["voucher"].write_text(ledger(vouchers))
    forms["party"].write_text(ledger(vouchers, plugin="Insurer0"))
    printed = CliRunner().invoke(command, ["-f", str(forms["voucher"]), "print"])
    assert printed.exit_code == 0
    forms["plain"].write_text(printed.stdout)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in forms}
    for _ in range(_RUNS):
        for name, path in forms.items():
            runs[name].append(in_a_process(path))
    figure = {
        (name, key): median(run[key] for run in each)
        for name, each in runs.items()
        for key in each[0]
    }
    voucher, plain, party = figure["voucher", "cpu"], figure["plain", "cpu"], figure["party", "cpu"]
    made = int(figure["voucher", "transactions"])
    plugin = figure["voucher", "plugin"]
    print(f"{vouchers} vouchers, {made} transactions")
    print(
        f"  load, voucher form {voucher:8.2f} s  plain form {plain:8.2f} s  ratio {voucher / plain:.2f}"
    )
    memory = figure["voucher", "memory"], figure["plain", "memory"]
    print(
        f"  memory             {memory[0]:8.0f} MB            {memory[1]:8.0f} MB ratio "
        f"{memory[0] / memory[1]:.2f}"
    )
    print(
        f"  the plugin         {plugin:8.2f} s  share of the load {plugin / voucher:.2f}, "
        f"{plugin / made * 1e6:.1f} µs a transaction"
    )
    print(f"  one party's books  {party:8.2f} s  ratio to all books {party / voucher:.2f}")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measured(arguments[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        for vouchers in map(int, arguments or ["1000", "10000"]):
            compare(vouchers, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
