"""The plugin beside others that generate entries: ``python -m tests.benchmarks.others [ENTRIES]``.

CPU microseconds for each transaction that a plugin makes or makes anew, without Beancount's
own work; medians of five processes, in turns. The others are compared where they are
installed: ``pip install autobean beancount-interpolate beancount-periodic
beancount-reds-plugins``.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount import loader
from beancount.core.data import Transaction

from tests.benchmarks.made import ledger
from tests.benchmarks.processes import RUNS, medians, python, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FIRST = dt.date(2024, 1, 1)
_OPEN = "".join(
    f"2020-01-01 open {account}\n"
    for account in (
        "Assets:Bank",
        "Assets:Stock",
        "Expenses:Rent",
        "Assets:Hold:Expenses",
        "Liabilities:Hold:Expenses",
    )
)


class Plugin(NamedTuple):
    """A plugin: its module, its configuration, and a ledger from which it makes so many."""

    module: str
    config: str | None
    text: Callable[[int], str]


def _paid(entries: int, meta: str) -> str:
    """Rent that is paid on many days; ``meta`` marks it for a plugin."""
    return "".join(
        f'{day} * "Rent"\n  Assets:Bank  -{100 + at % 50}.00 EUR\n'
        f"  Expenses:Rent  {100 + at % 50}.00 EUR\n    {meta.format(day=day)}\n"
        for at, day in enumerate(_days(entries))
    )


def _days(entries: int) -> Iterator[dt.date]:
    return (_FIRST + dt.timedelta(days=at % 300) for at in range(entries))


def _split(entries: int) -> str:
    bought = "2023-01-01 *\n  Assets:Stock  10 HOOL {1.00 EUR}\n  Assets:Bank\n"
    split = '{} custom "autobean.stock_split" 1 HOOL\n'
    return bought + "".join(split.format(day) for day in _days(entries))


PLUGINS: dict[str, Plugin] = {
    "beancount-voucher": Plugin(
        "beancount_voucher_plugin", None, lambda entries: ledger(entries // 8)
    ),
    "autobean, stock_split": Plugin("autobean.stock_split", None, _split),
    "reds, effective_date": Plugin(
        "beancount_reds_plugins.effective_date.effective_date",
        "{}",
        lambda entries: _paid(entries, "effective_date: 2025-02-03"),
    ),
    "periodic, amortize": Plugin(
        "beancount_periodic.amortize",
        "{'generate_until': '2030-01-01'}",
        lambda entries: _paid(entries // 12, 'amortize: "1 Year @{day} /Monthly"'),
    ),
    "interpolate, spread": Plugin(
        "beancount_interpolate.spread",
        None,
        lambda entries: _paid(entries // 30, 'spread: "30 @ {day} / day"'),
    ),
}


def measured(module: str, config: str, path: str) -> dict[str, float]:
    """What a plugin takes on a ledger that was loaded without it."""
    text = Path(path).read_text()
    plain = "".join(line for line in text.splitlines(True) if not line.startswith("plugin "))
    entries, _, options = loader.load_string(plain)
    plugin = importlib.import_module(module)
    names = plugin.__plugins__
    work = [each if callable(each) else getattr(plugin, each) for each in names]
    known = {id(entry) for entry in entries}
    started = time.process_time()
    for each in work:
        entries, errors = each(entries, options, *([config] if config else []))
        assert not errors, errors[:3]
    cpu = time.process_time() - started
    made = sum(isinstance(each, Transaction) and id(each) not in known for each in entries)
    return {"cpu": cpu, "made": made, "each": cpu / made * 1e6}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        warnings.simplefilter("ignore")
        print(json.dumps(measured(*arguments[1:])))
        return
    entries = int(arguments[0]) if arguments else 4000
    installed = {
        name: plugin
        for name, plugin in PLUGINS.items()
        if find_spec(plugin.module.partition(".")[0]) is not None
    }
    print("not installed: " + (", ".join(PLUGINS.keys() - installed) or "none"), file=sys.stderr)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in installed}
    with tempfile.TemporaryDirectory() as folder:
        for at, plugin in enumerate(installed.values()):
            (Path(folder) / str(at)).write_text(_OPEN + plugin.text(entries))
        for _ in range(RUNS):
            for at, (name, plugin) in enumerate(installed.items()):
                path = str(Path(folder) / str(at))
                given: list[Any] = [plugin.module, plugin.config or "", path]
                runs[name].append(python("tests.benchmarks.others", *given))
    rows = [
        (name, f"{int(each['made']):,}", f"{each['each']:.1f} µs")
        for name, each in medians(runs).items()
    ]
    print(table(("plugin", "transactions", "each"), rows))


if __name__ == "__main__":
    main(sys.argv[1:])
