"""A column is one line, which the command, CSV, JSON, BQL and the page all read."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.views.columns import Column, columns_of, stacks_of, values_of
from beancount_voucher.views.register import REGISTER
from tests.support import ACCEPT, PLUGIN, ROOT, WORLD, issue
from tests.support.reader import EXTENSION

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.views.columns import Face

ORDER: dict[Face, str] = {
    "data": "id state amount currency funding policyholder issuer acceptor insurer product issued"
    " accept_by apply_by accepted applied returned closed reason held settled released recognised"
    " overdue file line draws refund_by amendment offered consent_due refunded kept earned"
    " overdue_since waits_for waits_until policy document",
    "table": "id state amount held settled currency funding policyholder insurer issued accept_by"
    " apply_by closed reason overdue",
    "page": "id issued state overdue amount held settled currency funding policyholder insurer"
    " product accept_by apply_by closed reason days_open source",
}


@pytest.mark.parametrize("face", ORDER)
def test_who_shows_which_columns_of_the_register(face: Face) -> None:
    assert [column.key for column in columns_of(REGISTER, face)] == ORDER[face].split()


def test_keys_are_unique() -> None:
    assert len({column.key for column in REGISTER}) == len(REGISTER)


def test_a_column_follows_one_that_stands_before_it() -> None:
    lost: Column[str] = Column("b", "b", "text", str, after={"page": "a"})
    assert columns_of([lost], "data") == [lost]
    with pytest.raises(ValueError, match="'a' is not in list"):
        columns_of([lost], "page")


def test_a_column_stands_under_one_that_stands_before_it() -> None:
    a, b, c, d = (
        Column(key, key, "text", str, under=under)
        for key, under in (("a", ""), ("b", "c"), ("c", ""), ("d", "a"))
    )
    assert stacks_of([a, b, c, d]) == [[a, d], [b], [c]]
    stacks = stacks_of(columns_of(REGISTER, "page"))
    assert [each.key for stack in stacks for each in stack[1:]] == [
        "closed", "overdue", "funding", "insurer", "reason", "apply_by", "source",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value", "cell", "datatype", "numeric"),
    [
        ("text", "x", "x", str, False),
        ("money", Decimal("1.00"), Decimal("1.00"), Decimal, True),
        ("difference", Decimal(0), Decimal(0), Decimal, True),
        ("count", 0, 0, int, True),
        ("date", dt.date(2026, 3, 1), dt.date(2026, 3, 1), dt.date, False),
        ("overdue", True, "late", bool, False),
        ("overdue", False, "", bool, False),
        ("party", None, None, str, False),
    ],
)
def test_a_cell(kind: str, value: Any, cell: Any, datatype: type, *, numeric: bool) -> None:
    column: Column[None] = Column("key", "late", kind, lambda _: value)
    assert column.cell(None) == cell
    assert (column.datatype, column.numeric) == (datatype, numeric)
    assert values_of([column], [None, None]) == [[value], [value]]


# What somebody writes who wants to see when cover starts; nothing else of the program changes.
ONE_LINE = """\
Column("cover_start", "cover from", "date", lambda row: row.terms.get("cover-start"), searched=True)
"""

EVERY_FACE = """\
import json, sys
from pathlib import Path
from beancount_voucher.views import register
from beancount_voucher.views.columns import Column
register.REGISTER += (ONE_LINE,)
from click.testing import CliRunner
from beancount_voucher.cli import main
from tests.support.reader import Reader
path = sys.argv[1]
def ran(*said):
    return CliRunner().invoke(main, ["-f", path, *said]).stdout
page = Reader(Path(path))
print(json.dumps([
    json.loads(ran("list", "--format", "json")), ran("list", "--format", "csv"), ran("list"),
    ran("query", "SELECT id, cover_start + 1 AS next FROM #vouchers"),
    page.see(sort="-cover_start").table("register"),
    page.csv(search="2026-03-20"), page.csv(search="2026-03-21"),
]))
""".replace("ONE_LINE", ONE_LINE.strip())


def test_a_new_column_is_one_line(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.beancount"
    ledger.write_text(PLUGIN + EXTENSION + WORLD + issue(cover_start="2026-03-20") + ACCEPT)
    ran = subprocess.run(
        [sys.executable, "-c", EVERY_FACE, str(ledger)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"},
        capture_output=True,
        check=True,
        text=True,
    )
    data, csv, table, bql, page, found, lost = json.loads(ran.stdout)
    assert [row["cover_start"] for row in data] == ["2026-03-20"]
    assert [line.rpartition(",")[2] for line in csv.splitlines()] == ["cover_start", "2026-03-20"]
    assert [line.split()[-1] for line in table.splitlines()[:3:2]] == ["cover-start", "2026-03-20"]
    assert bql.splitlines()[-1].split() == ["V-1", "2026-03-21"]
    assert [row[-1] for row in page] == ["cover from", "2026-03-20"]
    assert [row["cover_start"] for row in found] == ["2026-03-20"]
    assert lost == []
