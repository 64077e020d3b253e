"""Tables as data: one description for the page, the print view and CSV."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.directives.wording import printable
from beancount_voucher.views.spreadsheet import as_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Cell = str | int | Decimal | dt.date | SourceLine | None


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        key: its name in the URL and in CSV.
        title: its heading, in English.
        kind: how a cell is shown: text, money, currency, count, date, voucher, party, account,
            state, place, and difference, which is money that should be zero.
    """

    key: str
    title: str
    kind: str = "text"

    @property
    def numeric(self) -> bool:
        """Whether its cells are aligned by their last digit."""
        return self.kind in ("money", "difference", "count")


@dataclass(frozen=True)
class Table:
    """Rows under columns; a cell has the type that its column's kind asks for."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]

    def sorted(self, by: str) -> Table:
        """By a column's key, descending with a ``-`` before it; empty cells come last.

        An unknown key leaves the order as it is.
        """
        keys = [column.key for column in self.columns]
        key = by.removeprefix("-")
        if key not in keys:
            return self
        at = keys.index(key)
        full = [row for row in self.rows if row[at] not in (None, "")]
        empty = [row for row in self.rows if row[at] in (None, "")]
        full.sort(key=lambda row: _order(row[at]), reverse=by.startswith("-"))
        return Table(self.name, self.caption, self.columns, full + empty)

    def slice(self, first: int, last: int) -> Table:
        """Some of its rows."""
        return Table(self.name, self.caption, self.columns, self.rows[first:last])

    def csv(self, place: Callable[[SourceLine], str]) -> str:
        """As spreadsheets take it.

        Args:
            place: how a source line is written.
        """
        return as_csv(
            [column.key for column in self.columns],
            ([_exported(cell, place) for cell in row] for row in self.rows),
        )


def _exported(cell: Cell, place: Callable[[SourceLine], str]) -> object:
    if isinstance(cell, SourceLine):
        cell = place(cell)
    return printable(cell) if isinstance(cell, str) else cell


def _order(cell: Cell) -> Any:  # noqa: ANN401
    """Texts without regard to case; all cells of one column have one type."""
    if isinstance(cell, SourceLine):
        return cell.filename, cell.lineno
    return cell.casefold() if isinstance(cell, str) else cell
