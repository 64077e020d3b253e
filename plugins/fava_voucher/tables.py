"""Tables as data: one description for the page, the print view and CSV."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic

from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.directives.wording import printable
from beancount_voucher.views.columns import Row, stacks_of
from beancount_voucher.views.spreadsheet import as_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beancount_voucher.views.columns import Cell, Column


@dataclass(frozen=True)
class Table(Generic[Row]):
    """Rows of one kind, and the columns that are read from each."""

    name: str
    caption: str
    columns: Sequence[Column[Row]]
    rows: Sequence[Row]

    @property
    def stacks(self) -> list[list[Column[Row]]]:
        """Its columns as the page shows them: some one below the other in the same cells."""
        return stacks_of(self.columns)

    def sorted(self, by: str) -> Table[Row]:
        """By a column's key, descending with a ``-`` before it; empty cells come last.

        An unknown key leaves the order as it is.
        """
        key = by.removeprefix("-")
        column = next((column for column in self.columns if column.key == key), None)
        if column is None:
            return self
        cells = [(column.cell(row), row) for row in self.rows]
        full = [(cell, row) for cell, row in cells if cell not in (None, "")]
        empty = [row for cell, row in cells if cell in (None, "")]
        full.sort(key=lambda each: _order(each[0]), reverse=by.startswith("-"))
        return replace(self, rows=[row for _, row in full] + empty)

    def slice(self, first: int, last: int) -> Table[Row]:
        """Some of its rows."""
        return replace(self, rows=self.rows[first:last])

    def without(self, *keys: str) -> Table[Row]:
        """Without some of its columns."""
        return replace(self, columns=[each for each in self.columns if each.key not in keys])

    def csv(self, place: Callable[[SourceLine], str]) -> str:
        """As spreadsheets take it.

        Args:
            place: how a source line is written.
        """
        return as_csv(
            [column.key for column in self.columns],
            ([_exported(column.cell(row), place) for column in self.columns] for row in self.rows),
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
