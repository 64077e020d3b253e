"""Tables for people, spreadsheets and programs."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core.inventory import Inventory

from beancount_voucher.cli.console import say
from beancount_voucher.cli.fitting import fitted, terminal_width
from beancount_voucher.cli.language import locale, told, word
from beancount_voucher.directives.wording import printable
from beancount_voucher.views.columns import Column, Row, columns_of, values_of
from beancount_voucher.views.spreadsheet import as_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> str:
    """A table for a terminal: Chinese text aligned, amounts to the right and never shortened.

    Args:
        headers: the columns.
        rows: their texts; a cell may have several lines.
        right: the columns that are aligned to the right.
    """
    from tabulate import tabulate  # noqa: PLC0415  whoever wants CSV does not wait for it

    return tabulate(
        rows,
        headers,
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if header in right else "left" for header in headers] if rows else None,
    )


def as_json(rows: Sequence[Any] | Mapping[str, Any]) -> str:
    """JSON with Chinese as it is; amounts and dates as strings."""
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def escaped(text: str) -> str:
    """A text in Markdown that is no markup of its own."""
    return _MARKUP.sub(r"\\\1", printable(text))


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> str:
    """A table for a pull request: amounts to the right, no cell a markup of its own."""
    from tabulate import tabulate  # noqa: PLC0415  see above

    return tabulate(
        [[escaped(cell) for cell in row] for row in rows],
        headers,
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["right" if header in right else "left" for header in headers] if rows else None,
    )


def in_format(
    style: str, headers: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str]
) -> str:
    """Rows in one of the formats of ``--format``, with a final newline.

    Args:
        style: table, csv, json or markdown.
        headers: the columns.
        rows: their values; amounts keep every digit.
        right: the columns that are aligned to the right.
    """
    if style == "json":
        return as_json([dict(zip(headers, map(_in_json, row), strict=True)) for row in rows])
    if style == "csv":
        return as_csv(headers, [[_plain(cell) for cell in row] for row in rows])
    cells = [[_shown(cell) for cell in row] for row in rows]
    if style == "markdown":
        return markdown(headers, cells, right) + "\n"
    return _on_terminal(headers, [list(map(printable, row)) for row in cells], right) + "\n"


def _on_terminal(
    headers: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]
) -> str:
    """A table as wide as the terminal, if there is one; what had no room is told."""
    width = terminal_width()
    if width is None:
        return aligned(headers, cells, right)
    fits = fitted(headers, cells, right, width)
    if fits.left_out:
        left_out = ", ".join(fits.left_out)
        say(f"No room for {left_out}: a wider terminal, a pipe or --columns has them.")
    return aligned(fits.headers, fits.rows, right)


def dashed(column: Column[Any]) -> str:
    """What a column is called in a table: its key as an option would be."""
    return column.key.replace("_", "-")


def for_people(
    style: str,
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    named: Callable[[Column[Any]], str] = dashed,
) -> str:
    """Rows as a table or Markdown, in the language of who reads.

    Args:
        style: table or markdown.
        columns: those to show.
        rows: what stands under them.
        named: what a column is called in English; in another language it has its title.
    """
    headers = _headings(columns, named)
    right = _headings([column for column in columns if column.numeric], named)
    return in_format(style, headers, _cells(columns, rows), right)


def _headings(columns: Iterable[Column[Any]], named: Callable[[Column[Any]], str]) -> list[str]:
    if not locale():
        return [named(column) for column in columns]
    # The word alone is what an insurer has received.
    counted = {"vouchers": "number of vouchers"}
    return [word(counted.get(column.title, column.title)) for column in columns]


def _cells(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> list[list[Any]]:
    return [
        [
            word(cell) if column.kind in ("state", "word") and isinstance(cell, str) else cell
            for column, cell in zip(columns, row, strict=True)
        ]
        for row in values_of(columns, rows)
    ]


def in_columns(style: str, columns: Iterable[Column[Row]], rows: Sequence[Row]) -> str:
    """Rows under the columns that the format's reader has: programs other ones than people."""
    if style in ("json", "csv"):
        shown = columns_of(columns, "data")
        return in_format(style, [column.key for column in shown], values_of(shown, rows), ())
    if not rows:
        return told("Nothing.") + "\n"
    return for_people(style, columns_of(columns, "table"), rows, lambda column: column.key)


def _plain(cell: object) -> object:
    """A cell as JSON and CSV have it: numbers that are exact, and texts."""
    return cell if isinstance(cell, _PLAIN) else _text(cell)


def _in_json(cell: object) -> object:
    """Likewise; what the register lists is a list."""
    return list(cell) if type(cell) is tuple else _plain(cell)


_PLAIN = (str, int, type(None))
_SEVERAL = (set, frozenset, list)


def _text(cell: object) -> str:
    """What Beancount's own values look like: amounts, positions, inventories, sets of tags."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if type(cell) is tuple:
        return " ".join(cell)
    if isinstance(cell, _SEVERAL):
        return ", ".join(sorted(map(str, cell)))
    if isinstance(cell, Inventory):
        return ", ".join(sorted(str(position) for position in cell))
    return str(cell)


def _shown(cell: object) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:,f}"
    if isinstance(cell, bool):
        return word("yes") if cell else ""
    return "" if cell is None else _text(cell)
