"""CSV as spreadsheets take it: UTF-8 with its mark, CRLF, every digit, and no formulas."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?: [A-Z][A-Z0-9'._-]*)?")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def as_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as the text of a CSV file.

    Args:
        headers: the columns.
        rows: their values; numbers stay numbers, any other text is only ever text.
    """
    out = io.StringIO()
    csv.writer(out).writerow(headers)
    return f"\ufeff{out.getvalue()}{csv_lines(rows)}"


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows as lines of a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula, also behind spaces and control characters."""
    if type(cell) is str and cell[:1].isalnum():  # as most cells
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    text = str(cell)
    if text.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
