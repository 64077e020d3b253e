"""Tables as wide as a terminal: texts are folded, columns left out, amounts never shortened.

Only what a person reads on a terminal is: a pipe, a file and a program get all of it.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import combining, east_asian_width

from beancount_voucher.cli.language import word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BETWEEN = 2
"""Blanks between two columns; and beside a heading, where its cells are narrower."""

_FOLDED = 28
"""How wide a text that is folded stays."""

LEAST = (
    "funding",
    "insurer",
    "apply-by",
    "issued",
    "closed",
    "accept-by",
    "policyholder",
    "reason",
)
"""What a reader of the register misses least, in this order."""


class Fitted(NamedTuple):
    """What there is room for: columns, their cells, and the columns that were left out."""

    headers: list[str]
    rows: list[list[str]]
    left_out: list[str]


def terminal_width() -> int | None:
    """How wide the terminal is that stdout goes to; None if it goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def fitted(
    headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str], width: int
) -> Fitted:
    """A table that a terminal has room for.

    Long texts are folded first. Then columns go: those that say nothing, those of ``LEAST``,
    and the others from the right, as far as they have no room. The first column stays, and so
    do amounts: should they alone be too wide, the table is.

    Args:
        headers: the columns.
        rows: their texts, one line each.
        right: the columns that hold amounts and counts.
        width: that of the terminal.
    """
    columns = [[row[at] for row in rows] for at in range(len(headers))]
    shown = list(range(len(headers)))
    if _width(headers, columns, shown) > width:
        columns = [
            cells if header in right else list(map(_fold, cells))
            for header, cells in zip(headers, columns, strict=True)
        ]
    gone: list[int] = []
    for at in _to_go(headers, columns, right):
        if _width(headers, columns, shown) <= width:
            break
        shown.remove(at)
        gone.append(at)
    for at in reversed(gone):  # a narrow one may have room where a wide one has gone
        more = sorted((*shown, at))
        if _width(headers, columns, more) <= width:
            shown = more
    return Fitted(
        [headers[at] for at in shown],
        [[columns[at][row] for at in shown] for row in range(len(rows))],
        [header for at, header in enumerate(headers) if at not in shown],
    )


def _to_go(
    headers: Sequence[str], columns: Sequence[Sequence[str]], right: Sequence[str]
) -> Iterator[int]:
    """The columns that may be left out, in this order; not what an amount is of."""
    kept = {*right, word("currency")}
    may = [at for at, header in enumerate(headers) if at and header not in kept]
    blank = [at for at in may if not any(columns[at])]
    named = [headers.index(name) for name in map(word, LEAST) if name in headers]
    yield from dict.fromkeys((*blank, *(at for at in named if at in may), *reversed(may)))


def _width(headers: Sequence[str], columns: Sequence[Sequence[str]], shown: Sequence[int]) -> int:
    widths = (max((_cells(headers[at]) + _BETWEEN, *map(_of_lines, columns[at]))) for at in shown)
    return sum(widths) + _BETWEEN * (len(shown) - 1)


def _of_lines(cell: str) -> int:
    return max(map(_cells, cell.split("\n")))


def _cells(text: str) -> int:
    """How much room a text takes: a Chinese character two cells, an accent none."""
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def _fold(cell: str) -> str:
    """A long text on several lines; what has no blank is one word, and stays whole."""
    if _cells(cell) <= _FOLDED:
        return cell
    return "\n".join(textwrap.wrap(cell, _FOLDED, break_long_words=False, break_on_hyphens=False))
