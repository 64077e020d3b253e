"""Beyond one machine: ``python -m tests.benchmarks.subledger [VOUCHERS [PLAIN]]``.

A year of so many vouchers in twelve files (``many``), judged by one and by two workers, with the
facts of a voucher in one file and anywhere, beside ``bean-check`` of ``PLAIN`` vouchers in plain
form: wall-clock and CPU seconds, in turns, and the peak memory of the largest process; then what
comes out of it, by ``bean-check`` and as Fava's first page. What is serial is what no worker does:
how much of the time it is says how far more workers would help.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from http import HTTPStatus
from pathlib import Path

from fava.application import create_app

from tests.benchmarks import made, many
from tests.benchmarks.processes import table

_PROGRAM = ("-c", "from beancount_voucher.cli import program; program()")


def measured(command: list[str]) -> dict[str, float]:
    """One command in this process' children: seconds, CPU seconds, and peak memory in MiB."""
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "wall": time.monotonic() - started,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
    }


def apart(*command: str | Path) -> dict[str, float]:
    """The same in a process of its own, so that no two commands are added up."""
    asked = [sys.executable, "-m", "tests.benchmarks.subledger", "--measure", *map(str, command)]
    done = subprocess.run(asked, check=True, stdout=subprocess.PIPE, env=os.environ)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def first_page(path: str) -> None:
    """What somebody sees first who opens a ledger in Fava."""
    client = create_app([path], load=True, poll_watcher=True).test_client()
    answer = client.get("/", follow_redirects=True)
    assert answer.status_code == HTTPStatus.OK
    assert b"income_statement" in answer.get_data()


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measured(arguments[1:])))
        return
    if arguments[:1] == ["--first-page"]:
        first_page(arguments[1])
        return
    vouchers, plain = map(int, (arguments + ["10000", "10000"][len(arguments) :])[:2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        voucher_form, plain_form = folder / "voucher.beancount", folder / "plain.beancount"
        voucher_form.write_text(made.ledger(plain), encoding="utf-8")
        with plain_form.open("wb") as out:
            command = [sys.executable, *_PROGRAM, "-f", str(voucher_form), "print"]
            subprocess.run(command, check=True, stdout=out)
        check = Path(sys.executable).parent / "bean-check"
        before = apart(check, plain_form)
        rows = [_row(f"bean-check, {plain:,} in plain form", before, before)]
        for how in ("together", "shuffled"):
            top = many.write(folder / how, vouchers, how)
            for workers in ("1", "2"):
                done = apart(
                    *(sys.executable, *_PROGRAM, "subledger", top),
                    *("-o", folder / f"{how}-{workers}", "--workers", workers),
                )
                rows.append(_row(f"{vouchers:,} {how}, {workers} workers", done, before))
        gl = folder / "together-2" / "gl" / "all.beancount"
        page = (sys.executable, "-m", "tests.benchmarks.subledger", "--first-page", gl)
        rows.append(_row("bean-check of gl", apart(check, gl), before))
        rows.append(_row("Fava's first page of gl", apart(*page), before))
    print(table(("", "seconds", "ratio", "CPU seconds", "peak memory of a process"), rows))


def _row(name: str, figures: dict[str, float], before: dict[str, float]) -> list[str]:
    return [
        name,
        f"{figures['wall']:.1f}",
        f"{figures['wall'] / before['wall']:.2f}",
        f"{figures['cpu']:.1f}",
        f"{figures['memory']:,.0f} MiB",
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
