"""Spreadsheets: numbers, days, sheets and merged cells, and what ends the process that reads."""

from __future__ import annotations

import datetime as dt
import io
import json
import resource
import runpy
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.statements.files import read, table_content
from beancount_voucher.statements.statement import Statement, StatementError
from beancount_voucher.statements.tables import sheet_process, spreadsheets
from tests.support.exports import xls, xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

HOW = (
    'currency = "CNY"\nheading-rows = 2\ntotals = "合计"\n[columns]\ndate = "Day"\ndebit = "Amount Out"\n'
    'credit = "Amount In"\nbalance = "Balance"\nreference = "Ref"\ntext = "Text"\n[file]\naccount = "Account"\n'
)
DAY = dt.date(2026, 3, 2)
ROWS: list[list[Any]] = [
    ["Statement", None, None, None, None, None],
    ["Account", "62001", None, None, None, None],
    [],
    ["Day", "Amount", None, "Balance", "Ref", "Text"],
    [None, "In", "Out", None, None, None],
    [DAY, Decimal("300.10"), None, Decimal("1300.1"), "007", "X-1"],
    [dt.date(2026, 3, 3), None, Decimal(120), 0.1 + 0.2 + 1179.8, Decimal(42), DAY],
    ["2026-03-04", None, "5.00", "1,175.10", None, "fee"],
    ["合计", Decimal("300.1"), Decimal(125), None, None, None],
]
FORMS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "xls": xls,
    "xlsx": lambda sheets: xlsx(sheets, merged="B4:C4"),
}


def one(folder: Path, content: bytes, name: str = "s.xls", how: str = HOW) -> Statement:
    path = folder / name
    path.write_bytes(content)
    path.with_suffix(".toml").write_text(how, encoding="utf-8")
    [statement] = read(path)
    return statement


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["s.xls", "s.xlsx", "s.csv", "s.dat"])
def test_a_spreadsheet_is_read_whatever_its_name_ends_in(
    tmp_path: Path, form: str, name: str
) -> None:
    statement = one(tmp_path, FORMS[form]({"Sheet1": ROWS, "Sheet2": []}), name)
    assert (statement.form, statement.account) == (form.upper(), "62001")
    assert statement.is_proven
    assert statement.opening is not None
    assert str(statement.opening.number) == "1000.0"
    assert [
        (line.date.day, line.amount, line.references, line.text) for line in statement.lines
    ] == [
        (2, Decimal("300.10"), ("007",), "X-1"),
        (3, Decimal(-120), ("42",), "2026-03-02"),
        (4, Decimal("-5.00"), (), "fee"),
    ]


def test_only_first_bytes_tell_a_form() -> None:
    assert [spreadsheets.form_of(FORMS[form]({"S": ROWS})[:8]) for form in FORMS] == ["XLS", "XLSX"]
    assert spreadsheets.form_of(b"Day,Amount\n") is None


SMALL = 'account = "A"\ncurrency = "CNY"\n[columns]\ndate = "Day"\namount = "Amount"\nbalance = "Balance"\n'
HEAD: list[Any] = ["Day", "Amount", "Balance", "Ref"]

# rows, further words of the map -> what refuses it
REFUSED: dict[str, tuple[Sequence[Sequence[Any]], str, str]] = {
    "a third of a cent": ([[DAY, 1 / 3, 1]], "", 'amount is "0.333333333333333"; expected at most 2 decimals'),
    "too many digits": ([[DAY, 12345678901234.56, 1]], "", "of which a spreadsheet keeps 15 digits"),
    "an account that was rounded": (
        [[DAY, 1, 1, 6.217000010001e18]], 'account = "Ref"\n', "account is a number of more than 15 digits, which the spreadsheet has rounded",
    ),
    "a day for an amount": ([[DAY, DAY, 1]], "", 'amount is "2026-03-02"; expected a number'),
    "an error for an amount": ([[DAY, None, 1], [DAY, None, None]], "", "the row has no amount and no balance"),
    "a number for a day": ([[46083, 1, 1]], "", 'the date is "46083"; expected a date as %Y-%m-%d'),
    "a balance that is another": ([[DAY, 1, 1], [DAY, 1, 1]], "", "the balance is 1; expected 2"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", REFUSED)
def test_a_float_never_becomes_money_silently(tmp_path: Path, form: str, name: str) -> None:
    rows, more, told = REFUSED[name]
    content = {"xls": xls, "xlsx": xlsx}[form]({"S": [HEAD, *rows]})
    how = SMALL.replace('account = "A"\n', "") + more if more else SMALL
    with pytest.raises(StatementError) as caught:
        one(tmp_path, content, how=how)
    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["20260302", "46083", "46083.5"])
def test_a_day_may_be_a_number_by_its_format(tmp_path: Path, text: str) -> None:
    how = 'date-format = ["%Y%m%d", "serial"]\n' + SMALL
    statement = one(tmp_path, xlsx({"S": [HEAD, [Decimal(text), 1, 1]]}), how=how)
    assert statement.start == DAY


def test_lines_at_the_top_can_be_left_out(tmp_path: Path) -> None:
    how = "skip = 1\n" + SMALL
    assert one(tmp_path, xlsx({"S": [HEAD, HEAD, [DAY, 1, 1]]}), how=how).is_proven
    with pytest.raises(StatementError, match=r"s\.xls:3: the balance is 7; expected 2"):
        one(tmp_path, xlsx({"S": [HEAD, [DAY, 1, 1], [DAY, 1, 7]]}), how=SMALL)


TWO = {"March": [HEAD, [DAY, 1, 1]], "April": [HEAD, [DAY, 2, 2]]}


def test_of_several_sheets_the_map_names_one(tmp_path: Path) -> None:
    told = r'several sheets have cells; expected sheet = "…" in the map, one of "March", "April" \[bad-sheet\]'
    with pytest.raises(StatementError, match=told):
        one(tmp_path, xlsx(TWO), how=SMALL)
    statement = one(tmp_path, xlsx(TWO), how='sheet = "April"\n' + SMALL)
    assert statement.booked == Decimal(2)
    with pytest.raises(
        StatementError, match=r'there is no sheet "May" with cells; expected .* "March", "April"'
    ):
        one(tmp_path, xlsx(TWO), how='sheet = "May"\n' + SMALL)
    with pytest.raises(StatementError, match=r"one of none \[bad-sheet\]"):
        one(tmp_path, xlsx({"S": []}), how='sheet = "May"\n' + SMALL)


def test_a_spreadsheet_without_cells(tmp_path: Path) -> None:
    with pytest.raises(StatementError, match=r"there are no rows; .*\[missing-field\]"):
        one(tmp_path, xlsx({"S": []}), how=SMALL)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 and no more", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600]
)
def test_a_broken_spreadsheet(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(StatementError, match=r"it cannot be read: CalamineError: .*\[bad-sheet\]"):
        one(tmp_path, content, how=SMALL)


@pytest.mark.parametrize("name", ["s.xls", "s.xlsx"])
@pytest.mark.parametrize(
    "content", [b"<html><table>", b"\xef\xbb\xbf <?xml version='1.0'?><Workbook/>"]
)
def test_a_web_page_that_is_named_like_a_spreadsheet(
    tmp_path: Path, name: str, content: bytes
) -> None:
    told = "it is a web page or XML, and only named .*saved as .xlsx; or CSV"
    with pytest.raises(StatementError, match=told):
        one(tmp_path, content, name, SMALL)
    with pytest.raises(StatementError, match=told):
        table_content(tmp_path / name)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "find_spec", lambda _: None)
    with pytest.raises(
        StatementError, match=r"expected the extra excel \(pip install .*\[no-package\]"
    ):
        one(tmp_path, xlsx(TWO), how=SMALL)


# --- The process that reads -------------------------------------------------------------


def test_a_process_that_ends_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(-6, "python")

    monkeypatch.setattr(subprocess, "run", ended)
    with pytest.raises(
        StatementError, match=r"more memory or time than any statement does.*\[bad-sheet\]"
    ):
        one(tmp_path, xlsx(TWO), how=SMALL)


def test_its_memory_is_bounded() -> None:
    script = (
        "from beancount_voucher.statements.tables import sheet_process as it\n"
        "it.MOST_MEMORY = 256 << 20\nit.bound()\nb = b'x' * (512 << 20)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "MemoryError" in ran.stderr


def test_cells_and_text_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = xlsx({"S": ROWS})
    monkeypatch.setattr(sheet_process, "MOST_CELLS", 50)
    assert sheet_process.told(content, "") == {"error": "more than 50 cells"}
    monkeypatch.setattr(sheet_process, "MOST_CELLS", 5_000)
    monkeypatch.setattr(sheet_process, "MOST_TEXT", 9)
    assert sheet_process.told(content, "") == {"error": "more than 0 MiB of text"}


def test_what_it_tells_of_each_cell() -> None:
    cells: list[Any] = [
        "a",
        1.5,
        0.1 + 0.2,
        float("nan"),
        7,
        True,
        DAY,
        dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC),
        dt.time(9),
    ]
    assert list(map(sheet_process._cell, cells)) == [
        "a", ["number", "1.5"], ["number", "0.3"], "nan", ["number", "7"], "True",
        ["day", "2026-03-02"], ["day", "2026-03-02"], "09:00:00",
    ]  # fmt: skip


def test_it_is_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = {}
    monkeypatch.setattr(resource, "setrlimit", lambda kind, both: limits.update({kind: both}))
    for sheets, expected in (
        ({"S": [["a"]]}, {"rows": [["a"]]}),
        ({"S": []}, {"rows": []}),
        ({"S": [["a"]], "T": [["b"]]}, {"sheets": ["S", "T"]}),
    ):
        stdin = type("Stdin", (), {"buffer": io.BytesIO(xlsx(sheets))})()
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "argv", ["sheet_process.py", ""])
        runpy.run_path(sheet_process.__file__, run_name="__main__")
        assert json.loads(capsys.readouterr().out) == expected
    assert limits[resource.RLIMIT_AS] == (sheet_process.MOST_MEMORY,) * 2
    assert sheet_process.told(b"PK", "") == {"error": "CalamineError: Cannot detect file format"}
