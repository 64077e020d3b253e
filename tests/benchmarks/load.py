"""Loading the voucher form beside the plain form: ``python -m tests.benchmarks.load [VOUCHERS…]``.

The plain form holds the same transactions written by hand (``bean-voucher print``). Each
load is a process of its own, without a load cache; the forms take turns. What is printed:
CPU seconds, medians of five, ratios, and where the time of the voucher form goes.

The bare loop builds the tuples that the plugin has made, once more, from parts that lie
ready, in the process that has loaded them: as thriftily as can be (the collector
paused, equal amounts and links shared, no calls of constructors), and as one would write it
without a thought of speed (the collector as it is, every tuple by its constructor).
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount import loader
from beancount.core.amount import Amount
from beancount.core.data import Custom, Posting, Transaction
from beancount.ops import balance, pad, validation
from beancount.parser import booking, parser

import beancount_voucher_plugin
from beancount_voucher.ledger.gc_pause import gc_paused
from tests.benchmarks.made import ledger
from tests.benchmarks.processes import RUNS, medians, python, table

if TYPE_CHECKING:
    from collections.abc import Callable

_STAGES: tuple[tuple[str, Any, str], ...] = (
    ("parse", parser, "parse_file"),
    ("booking", booking, "book"),
    ("plugin", beancount_voucher_plugin, "voucher_books"),
    ("pad and balance", pad, "pad"),
    ("pad and balance", balance, "check"),
    ("validation", validation, "validate"),
)


def measured(path: str) -> dict[str, float]:
    """One load in this process: CPU seconds in all and by stage, and peak memory."""
    spent: dict[str, float] = defaultdict(float)
    for name, module, function in _STAGES:
        setattr(module, function, _timed(getattr(module, function), name, spent))
    started = time.process_time()
    entries, errors, _ = loader._load([(path, True)], None, None, None)
    cpu = time.process_time() - started
    assert errors == []
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    made = [entry for entry in entries if isinstance(entry, Transaction)]
    figures = {"cpu": cpu, "transactions": len(made), "memory": peak, **spent}
    if spent["plugin"]:
        figures |= _bare(entries)
    return figures


def _timed(work: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        started = time.process_time()
        try:
            return work(*arguments, **named)
        finally:
            spent[name] += time.process_time() - started

    return timed


def _bare(entries: list[Any]) -> dict[str, float]:
    generated = [
        (
            *entry[:8],
            [(posting.account, posting.units) for posting in entry.postings],
        )
        for entry in entries
        if isinstance(entry, Transaction) and "voucher-book" in entry.meta
    ]
    customs = [entry for entry in entries if isinstance(entry, Custom)]
    with gc_paused():
        started = time.process_time()
        made = [_shared(*parts) for parts in generated], [_marked(entry) for entry in customs]
        thoughtful = time.process_time() - started
    del made
    gc.collect()
    started = time.process_time()
    made = [_called(*parts) for parts in generated], [_marked(entry) for entry in customs]
    thoughtless = time.process_time() - started
    del made
    return {"generated": len(generated), "bare": thoughtful, "bare, plainly": thoughtless}


_new: Callable[..., Any] = tuple.__new__


def _shared(meta: Any, *rest: Any) -> Any:
    *said, tags, links, _, postings = rest
    known = meta.copy()
    position = {"filename": known["filename"], "lineno": known["lineno"]}
    made = [
        _new(Posting, (account, units, None, None, None, position)) for account, units in postings
    ]
    return _new(Transaction, (known, *said, tags, links, made))


def _called(meta: Any, *rest: Any) -> Any:
    *said, tags, links, _, postings = rest
    known = meta.copy()
    made = [
        Posting(
            account,
            Amount(units.number, units.currency),
            None,
            None,
            None,
            {"filename": known["filename"], "lineno": known["lineno"]},
        )
        for account, units in postings
    ]
    date, flag, payee, narration = said
    return Transaction(known, date, flag, payee, narration, frozenset(tags), frozenset(links), made)


def _marked(entry: Custom) -> Any:
    return _new(Custom, (entry.meta.copy(), *entry[1:]))


def compare(vouchers: int, folder: Path, runs: int = RUNS) -> tuple[list[str], list[str]]:
    """A row of ratios and a row of stages for a ledger with so many vouchers."""
    forms = {
        name: folder / f"{name}-{vouchers}.beancount" for name in ("voucher", "plain", "party")
    }
    forms["voucher"].write_text(ledger(vouchers))
    forms["party"].write_text(ledger(vouchers, plugin="Insurer0"))
    with forms["plain"].open("wb") as plainly:
        program = Path(sys.executable).parent / "bean-voucher"
        subprocess.run([program, "-f", forms["voucher"], "print"], check=True, stdout=plainly)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in forms}
    for _ in range(runs):
        for name, path in forms.items():
            taken[name].append(python("tests.benchmarks.load", str(path)))
    figures = medians(taken)
    voucher, plain, party = (figures[name] for name in forms)
    each = voucher["plugin"] / voucher["generated"]
    ratios = [
        f"{vouchers:,}",
        f"{int(voucher['transactions']):,}",
        f"{voucher['cpu']:.2f} s / {plain['cpu']:.2f} s = **{voucher['cpu'] / plain['cpu']:.2f}**",
        f"{voucher['memory'] / plain['memory']:.2f}",
        f"{voucher['plugin'] / voucher['cpu']:.0%}",
        f"{each * 1e6:.1f} µs",
        f"{voucher['plugin'] / voucher['bare']:.1f} and "
        f"{voucher['plugin'] / voucher['bare, plainly']:.1f}",
        f"{party['cpu'] / voucher['cpu']:.2f}",
    ]
    names = list(dict.fromkeys(name for name, _, _ in _STAGES))
    rest = voucher["cpu"] - sum(voucher[name] for name in names)
    stages = [voucher[name] / voucher["cpu"] for name in names] + [rest / voucher["cpu"]]
    return ratios, [f"{vouchers:,}", *(f"{share:.0%}" for share in stages)]


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measured(arguments[1])))
        return
    rows, stages = [], []
    with tempfile.TemporaryDirectory() as folder:
        for vouchers in map(int, arguments or ["1000", "10000", "100000"]):
            row, shares = compare(vouchers, Path(folder))
            rows.append(row)
            stages.append(shares)
            print(*row, sep="  ", file=sys.stderr)
    print(
        table(
            (
                "vouchers",
                "transactions",
                "CPU, voucher form / plain form",
                "memory",
                "the plugin's share",
                "a transaction",
                "times the bare loops",
                "one party's books",
            ),
            rows,
        )
    )
    names = list(dict.fromkeys(name for name, _, _ in _STAGES))
    print(table(("vouchers", *names, "sorting and the rest"), stages))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1:])
