"""Tables for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from beancount_voucher.problems import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> str:
    """A table for a terminal: Chinese text aligned, amounts to the right and never shortened.

    Args:
        headers: the columns.
        rows: their texts, one line each.
        right: the columns that are aligned to the right.
    """
    return tabulate(
        [[printable(cell) for cell in row] for row in rows],
        headers,
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if header in right else "left" for header in headers] if rows else None,
    )


def as_csv(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """CSV that a spreadsheet opens as text: marked as UTF-8, and without formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return "\ufeff" + out.getvalue()


def _harmless(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """JSON with Chinese as it is."""
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
