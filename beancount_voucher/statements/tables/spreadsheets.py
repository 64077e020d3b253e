"""Spreadsheets of banks: .xls and .xlsx by their first bytes, whatever the file's ending.

Numbers come as floats. A spreadsheet keeps 15 digits of a number, and so does this:
305.00000000000006 is 305. An amount that misses the decimals of its currency by less than a
millionth is meant to have them (a sum of binary fractions); what has more digits than 15, or more
decimals, is refused. A day is a cell with the format of a date; the number of a day is one by
``date-format = "serial"``. Of a formula its last result counts; one without, or an error, is an
empty cell.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables import sheet_process
from beancount_voucher.statements.tables.cells import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.statements.tables.cells import Cell

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PATIENCE = 300


def form_of(head: bytes) -> str | None:
    """The form of a spreadsheet, by its first bytes; None if it is none."""
    if head.startswith(_OLE):
        return "XLS"
    return "XLSX" if head.startswith(_ZIP) else None


def rows(content: bytes, where: str, sheet: str) -> list[Row]:
    """The rows of a spreadsheet.

    Args:
        content: its bytes.
        where: what to call it in an error.
        sheet: the name of the sheet; empty, if only one has cells.

    Raises:
        StatementError: it cannot be read, or several sheets have cells.
    """
    if find_spec("python_calamine") is None:
        raise StatementError(
            "no-package",
            where,
            "spreadsheets cannot be read",
            "the extra excel (pip install 'beancount-voucher[excel]'), or CSV from the bank",
        )
    said = _told(content, where, sheet)
    if "error" in said:
        expected = "a whole spreadsheet without a password, or CSV from the bank"
        raise StatementError("bad-sheet", where, f"it cannot be read: {said['error']}", expected)
    if "sheets" in said:
        names = ", ".join(f'"{each}"' for each in said["sheets"]) or "none"
        wrong = f'there is no sheet "{sheet}" with cells' if sheet else "several sheets have cells"
        raise StatementError("bad-sheet", where, wrong, f'sheet = "…" in the map, one of {names}')
    return [Row(line, [_cell(cell) for cell in row]) for line, row in enumerate(said["rows"], 1)]


def _told(content: bytes, where: str, sheet: str) -> dict[str, Any]:
    """What the process says that reads it, which may end without a word."""
    command = [sys.executable, "-P", str(Path(sheet_process.__file__)), sheet]
    try:
        ran = subprocess.run(  # noqa: S603  this very package
            command, input=content, capture_output=True, check=True, timeout=_PATIENCE
        )
        said: dict[str, Any] = json.loads(ran.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise StatementError(
            "bad-sheet",
            where,
            "reading it takes more memory or time than any statement does",
            "a spreadsheet of one table, or CSV from the bank",
        ) from error
    return said


def _cell(cell: str | Sequence[str]) -> Cell:
    if isinstance(cell, str):
        return cell
    kind, text = cell
    return dt.date.fromisoformat(text) if kind == "day" else Decimal(text)
