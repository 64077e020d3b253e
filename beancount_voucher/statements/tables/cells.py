"""Cells of a table, from a text or from a spreadsheet, and what stands around a text in one."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell = str | Decimal | dt.date
"""A cell: a text, or what a spreadsheet knows to be a number or a day."""


class Row(NamedTuple):
    """A row, with the number of its line or row in the file."""

    line: int
    cells: Sequence[Cell]


_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)
_AROUND = " \t\r\n\f\v\u00a0\u3000\u200b\ufeff"


def as_text(cell: Cell) -> str:
    """A cell as a text: numbers without an exponent, days as ISO 8601 has them."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell if isinstance(cell, str) else cell.isoformat()


def stripped(text: str, words: Iterable[str] = ()) -> str:
    """A text without blanks, a formula that only quotes it, and words at its ends."""
    text = text.strip(_AROUND)
    formula = _FORMULA.fullmatch(text)
    if formula is not None:
        text = formula[1].replace('""', '"').strip(_AROUND)
    for word in words:
        while word and text.startswith(word):
            text = text[len(word) :].strip(_AROUND)
        while word and text.endswith(word):
            text = text[: -len(word)].strip(_AROUND)
    return text


def heading(cell: Cell) -> str:
    """A heading as it is compared: in one line, with one blank for several."""
    return " ".join(stripped(as_text(cell)).split())
