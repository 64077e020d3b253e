"""What one machine says of a ledger, and what shards say of it: to be the same in every digit."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from beancount import loader
from beancount.core.data import Open, Transaction

from beancount_voucher.directives.entries import amounts_of
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.ledger.loader import load
from beancount_voucher.subledger.run import Request, run
from beancount_voucher.subledger.workers import Here
from beancount_voucher.views.columns import columns_of, values_of
from beancount_voucher.views.events import EVENTS, events
from beancount_voucher.views.register import REGISTER, rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from beancount_voucher.subledger.workers import Workers

duckdb = pytest.importorskip("duckdb", reason="pip install 'beancount-voucher[cluster]'")

Said = dict[str, Any]


def one_machine(top: Path, as_of: dt.date | None = None) -> Said:
    """What the plugin says."""
    ledger = load(top)
    prefix = f"{top.parent}/"
    evaluation = ledger.evaluation
    horizon = evaluation.horizon or dt.date.min
    columns = columns_of(REGISTER, "data")
    found = rows(evaluation, as_of or horizon)
    return {
        "register": [_cells(row, columns, prefix) for row in values_of(columns, found)],
        "events": sorted(
            _cells(row, EVENTS, prefix) for row in values_of(EVENTS, events(evaluation))
        ),
        "problems": sorted(
            (
                error.source.get("filename", "").removeprefix(prefix),
                error.source.get("lineno", 0),
                error.message,
            )
            for error in ledger.errors
        ),
        "transactions": sorted(
            _transaction(entry, f"{entry.meta['filename']}:{entry.meta['lineno']}", prefix)
            for entry in ledger.entries
            if isinstance(entry, Transaction) and SEEN in entry.meta
        ),
        "opens": sorted(
            (entry.date, entry.account) for entry in ledger.entries if isinstance(entry, Open)
        ),
        "balances": _balances(ledger.entries),
        "horizon": evaluation.horizon,
    }


def _cells(row: Iterable[Any], columns: Iterable[Any], prefix: str) -> tuple[Any, ...]:
    cells = []
    for column, cell in zip(columns, row, strict=True):
        if column.kind == "money" and cell is not None:
            cells.append(f"{cell:.12f}")
        elif column.key == "file":
            cells.append(cell.removeprefix(prefix))
        else:
            cells.append(str(list(cell) if isinstance(cell, tuple) else cell))
    return tuple(cells)


def _transaction(entry: Transaction, place: str, prefix: str) -> tuple[Any, ...]:
    # Beancount groups the postings that it reads by currency.
    posted = sorted(
        (account, f"{number:f}", currency) for account, number, currency in amounts_of(entry)
    )
    return (
        entry.date,
        entry.meta["voucher-book"],
        entry.meta["voucher-event"],
        str(entry.meta["voucher-count"]),
        place.removeprefix(prefix),
        entry.payee or "",
        entry.narration,
        sorted(entry.tags),
        posted,
    )


def _balances(entries: Iterable[Any]) -> dict[Any, Decimal]:
    """What stands on every account at the end of every day on which it moves."""
    totals: dict[Any, Decimal] = defaultdict(Decimal)
    found = {}
    for entry in entries:
        if isinstance(entry, Transaction):
            for account, number, currency in amounts_of(entry):
                totals[account, currency] += number
                found[account, currency, entry.date] = totals[account, currency]
    return found


def judged(
    top: Path,
    out: Path,
    shards: int | None = None,
    as_of: dt.date | None = None,
    workers: Workers | None = None,
) -> None:
    """Let shards judge a ledger."""
    out.mkdir(exist_ok=True)
    run(Request(str(top), shards, 1, as_of), out, workers or Here(lambda *_: None))


def written(out: Path) -> Said:
    """What stands in the folder."""
    entries, errors, _ = loader.load_file(str(out / "gl" / "all.beancount"))
    problems = csv.DictReader(io.StringIO((out / "problems.csv").read_text("utf-8-sig")))
    return {
        "register": _parquet(out, "register", "id"),
        "events": sorted(row[:-1] for row in _parquet(out, "events", "date, voucher, nr")),
        "problems": sorted((row["file"], int(row["line"]), row["text"]) for row in problems),
        "transactions": sorted(
            _transaction(entry, entry.meta["voucher-from"], "")
            for entry in entries
            if isinstance(entry, Transaction) and "voucher-batch" in entry.meta
        ),
        "opens": sorted(
            (entry.date, entry.account) for entry in entries if isinstance(entry, Open)
        ),
        "balances": _balances(entries),
        "errors": errors,
    }


def _parquet(out: Path, name: str, order: str) -> list[tuple[Any, ...]]:
    if not (out / name).exists():
        return []
    query = f"SELECT * FROM '{out}/{name}/*.parquet' ORDER BY {order}"  # noqa: S608
    with closing(duckdb.connect()) as connection:
        found = connection.execute(query).fetchall()
    return [
        tuple(f"{cell:f}" if isinstance(cell, Decimal) else str(cell) for cell in row)
        for row in found
    ]


WORLD = """\
2026-01-01 custom "voucher-option" "postings" "daily"
2026-01-01 custom "voucher-party" "PA" "policyholder"
2026-01-01 custom "voucher-party" "BA" "bank"
2026-01-01 custom "voucher-party" "BB" "bank"
2026-01-01 custom "voucher-party" "IA" "insurer"
2026-01-01 open Assets:PA:BA
2026-01-01 open Liabilities:BA:Deposits:PA
2026-01-01 open Liabilities:BA:Deposits:IA
2026-01-01 open Liabilities:BB:Deposits:IA
2026-01-01 open Assets:IA:BA
2026-01-01 open Assets:IA:BB
2026-01-01 open Equity:World
2026-01-02 * "money"
  Assets:PA:BA  1000.00 CNY
  Equity:World
2026-01-02 custom "voucher-credit-line" "PA" "BA" 100.00 CNY
"""
"""One policyholder, two banks, one insurer, some money, and a short credit line."""


def issue(voucher: str, day: str, amount: str, funding: str = "cash", more: str = "") -> str:
    """An issue in that world."""
    return (
        f'{day} custom "voucher-issue" "{voucher}" {amount}\n'
        f'  policyholder: "PA"\n  insurer: "IA"\n  issuer: "BA"\n  acceptor: "BB"\n'
        f'  funding: "{funding}"\n  accept-by: 2026-03-31\n  apply-by: 2026-06-30\n{more}'
    )


def said(kind: str, voucher: str, day: str, more: str = "") -> str:
    """Any other directive in that world."""
    return f'{day} custom "voucher-{kind}" "{voucher}"{more}\n'


def ledger(folder: Path, *files: str, head: str = "", world: str = WORLD) -> Path:
    """Write a ledger: the world in its top file, and any number of files below it."""
    (folder / "facts").mkdir(parents=True)
    for at, text in enumerate(files):
        (folder / "facts" / f"{at}.beancount").write_text(text, encoding="utf-8")
    top = folder / "top.beancount"
    include = 'include "facts/*.beancount"\n' if files else ""
    plugin = "" if "plugin" in head else 'plugin "beancount_voucher_plugin"\n'
    top.write_text(f"{head}{plugin}{include}{world}", encoding="utf-8")
    return top


def require_the_same(top: Path, shards: Iterable[int | None], as_of: dt.date | None = None) -> Said:
    """Let shards judge a ledger, and hold it against one machine; what that says is given back."""
    one = one_machine(top, as_of)
    for count in shards:
        out = top.parent / f"out-{count}"
        judged(top, out, count, as_of)
        found = written(out)
        for name in ("register", "events", "problems", "transactions", "opens", "balances"):
            assert found[name] == one[name], (name, count)
    return one
