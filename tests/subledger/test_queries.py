"""The ten questions of the manual's topic, each asked of a ledger that ships."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from beancount import loader
from beancount.core.data import Transaction
from beanquery.query import run_query

from beancount_voucher.cli.help import topics
from beancount_voucher.directives.entries import amounts_of
from tests.support import LEDGERS
from tests.support.shards import duckdb, issue, judged, ledger, said

if TYPE_CHECKING:
    from pathlib import Path

QUERIES = re.findall(r"```sql\n(.*?)```", topics()["subledger"].text, re.DOTALL)
QUESTIONS = re.findall(r"^(.*\?.*)\n\n```sql", topics()["subledger"].text, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("asked")
    shutil.copytree(LEDGERS / "marketplace", made / "marketplace")
    judged(made / "marketplace" / "all.beancount", made / "OUT", 3)
    return made


def asked(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect()) as connection:
        found = connection.execute(query.replace("'OUT/", f"'{folder}/OUT/")).fetchall()
    return list(found)


def test_there_are_ten() -> None:
    assert len(QUERIES) == len(QUESTIONS) == 10


@pytest.mark.parametrize("at", range(10), ids=lambda at: QUESTIONS[at])
def test_each_is_answered(folder: Path, at: int) -> None:
    found = asked(folder, QUERIES[at])
    assert bool(found) is ("what differs" not in QUESTIONS[at].lower()), found


def test_the_register_is_held_against_the_books(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "OUT", tmp_path / "OUT")
    next((tmp_path / "OUT" / "days").iterdir()).unlink()
    assert asked(tmp_path, next(each for each in QUERIES if "FULL JOIN" in each)) != []


def test_answers_are_those_of_the_register(folder: Path) -> None:
    """The same figures stand in the manual's topic on queries."""
    voids = next(each for each in QUERIES if "'voided'" in each)
    assert sum(count for _, count, _ in asked(folder, voids)) == 11
    paid: dict[str, Any] = {}
    for insurer, _, _, amount in asked(folder, next(each for each in QUERIES if "AS paid" in each)):
        paid[insurer] = paid.get(insurer, 0) + amount
    told = {insurer: f"{amount:.2f}" for insurer, amount in paid.items()}
    assert told == {"HengXin": "5872.50", "YuanHang": "28219.00"}


def test_what_vouchers_moved_and_other_entries_are_what_stood_there(folder: Path) -> None:
    """The second is the line of beanquery that stands below the first."""
    moved = next(each for each in QUERIES if "AS moved" in each)
    [said] = re.findall(r'`bean-query OUT/(\S+) "(.*?)"`', topics()["subledger"].text)
    entries, errors, options = loader.load_file(str(folder / "OUT" / said[0]))
    assert not errors
    _, rows = run_query(entries, options, said[1])
    stood = {(row[0], each.units.currency): each.units.number for row in rows for each in row[1]}
    expected = {(account, currency): number for account, currency, number in asked(folder, moved)}
    assert expected != {at: number for at, number in stood.items() if number}
    for entry in entries:
        if not isinstance(entry, Transaction) or "voucher-batch" in entry.meta:
            continue
        for account, number, currency in amounts_of(entry):
            if entry.date <= dt.date(2026, 2, 28):
                expected[account, currency] = expected.get((account, currency), 0) + number
    for found in (expected, stood):
        assert found.pop(("Liabilities:QingHe:Interbank:LanTian", "CNY"), 0) == 0  # it has paid
    assert {at: number for at, number in expected.items() if number} == {
        at: number for at, number in stood.items() if number
    }


def test_what_is_pending_and_what_was_only_asked_for_counts_nowhere(tmp_path: Path) -> None:
    """A second application that nobody has decided, two draws, and a request."""
    drawn = issue("A", "2026-02-01", "90.00 CNY", more='  draws: "multiple"\n')
    for kind, day in (
        ("accept", "2026-02-02"),
        ("apply", "2026-02-03"),
        ("settle", "2026-02-06"),
        ("apply", "2026-02-10"),
        ("settle", "2026-02-11"),
        ("apply", "2026-02-27"),
    ):
        drawn += said(kind, "A", day, " 30.00 CNY" * (kind == "apply"))
    voided = issue("B", "2026-02-01", "9.00 CNY")
    voided += said("void", "B", "2026-02-03", '\n  reason: "cancelled"')
    request = issue("C", "2026-02-01", "9.00 CNY").replace("voucher-issue", "voucher-request")
    judged(ledger(tmp_path / "books", drawn, voided, request), tmp_path / "OUT", 2)
    [taken] = (each for each in QUERIES if "longest" in each)
    assert asked(tmp_path, taken) == [("BA", 2, 2.0, 3)]
    [voids] = (each for each in QUERIES if "'voided'" in each)
    assert asked(tmp_path, voids) == [("cancelled", 1, 50.0)]
