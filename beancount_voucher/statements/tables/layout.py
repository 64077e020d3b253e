"""Where the table stands in a file: its headings, its rows, and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from beancount_voucher.directives.wording import counted
from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables.cells import as_text, heading, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from beancount_voucher.statements.tables.cells import Row
    from beancount_voucher.statements.tables.csv_map import Heading, Map

_NUMBERS = ("amount", "debit", "credit", "balance", "available")
_MUST_STAND = ("date", "direction", "status", "account", "currency", *_NUMBERS)
"""Columns whose cell must be there in each row, if only to be empty."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table in a file.

    Attributes:
        at: the index of each column's cell.
        texts: the indices of the columns of text.
        rows: its rows, without empty ones and what the map leaves out.
        totals: rows of sums, each with how many of the rows stand above it.
        around: what stands above and below, rows of sums included.
        below: the last part of it.
    """

    at: Mapping[str, int]
    texts: tuple[int, ...]
    rows: Sequence[Row]
    totals: Sequence[tuple[int, Row]]
    around: Sequence[Row]
    below: Sequence[Row]


def layout(rows: Sequence[Row], where: str, how: Map) -> Layout:
    """Find the table of a map in a file's rows.

    Raises:
        StatementError: its headings are nowhere, or a row has cells beyond them.
    """
    start, headings = _headings(rows, where, how)
    at = {name: _index(each, headings) for name, each in how.columns.items()}
    texts = tuple(_index(each, headings) for each in how.texts)
    above = [row for row in rows[: start - how.settings["heading-rows"]] if not _is_empty(row)]
    body: list[Row] = []
    totals: list[tuple[int, Row]] = []
    below: list[Row] = []
    for number, row in enumerate(rows[start:], start):
        if _is_empty(row):
            continue
        first = _first(row)
        if first.startswith(how.words("end")):
            below = [each for each in rows[number:] if not _is_empty(each)]
            break
        if first.startswith(how.words("totals")):
            totals.append((len(body), row))
        elif first.startswith(how.words("leave-out")) or _repeats(row, headings):
            continue
        else:
            _check(row, headings, [at[each] for each in _MUST_STAND if each in at], where)
            body.append(row)
    around = [*above, *(row for _, row in totals), *below]
    return Layout(at, texts, body, totals, around, below)


def _headings(rows: Sequence[Row], where: str, how: Map) -> tuple[int, list[str] | None]:
    """The index of the first row below the headings, and the headings; None without any."""
    size = how.settings["heading-rows"]
    names = [each for each in (*how.columns.values(), *how.texts) if isinstance(each, str)]
    if size == 0:
        return 0, None
    best: tuple[int, int, list[str]] = (-1, 0, [])
    for number in range(len(rows) - size + 1):
        if _is_empty(rows[number]):
            continue
        headings = _joined([row.cells for row in rows[number : number + size]])
        known = sum(headings.count(name) == 1 for name in names)
        if known == len(names):
            return number + size, headings
        if known > best[0]:
            best = known, rows[number].line, headings
    if best[0] < 0:
        raise StatementError("missing-field", where, "there are no rows", "one at least")
    missing = next(name for name in names if best[2].count(name) != 1)
    raise StatementError(
        "bad-csv",
        where,
        f'there is no one column "{missing}"',
        f"a column for each of the map; there are {_told(best[2])}",
        best[1],
    )


def _told(headings: Iterable[str]) -> str:
    return ", ".join(f'"{each}"' for each in headings if each) or "none"


def _joined(rows: Sequence[Sequence[object]]) -> list[str]:
    """The headings of one row, or of several under merged cells: "Amount In", "Amount Out"."""
    texts = [[heading(cell) for cell in row] for row in rows]  # type: ignore[arg-type]
    width = max(map(len, texts))
    texts = [row + [""] * (width - len(row)) for row in texts]
    joined = texts[-1]
    for upper in reversed(texts[:-1]):
        above, merged = "", []
        for own, lower in zip(upper, joined, strict=True):
            above = own or above
            merged.append(" ".join(filter(None, (above if lower else own, lower))))
        joined = merged
    return joined


def _index(each: Heading, headings: list[str] | None) -> int:
    return each - 1 if isinstance(each, int) else (headings or []).index(each)


def _is_empty(row: Row) -> bool:
    return not any(stripped(cell) if isinstance(cell, str) else True for cell in row.cells)


def _first(row: Row) -> str:
    """The first text of a row that is not empty: it tells whether the row is an entry."""
    texts = (stripped(as_text(cell)) for cell in row.cells)
    return next(text for text in texts if text)


def _repeats(row: Row, headings: list[str] | None) -> bool:
    """Whether it is the headings once more, as on each page of a printed statement."""
    return headings is not None and [heading(cell) for cell in row.cells] == headings


def _check(row: Row, headings: list[str] | None, needed: list[int], where: str) -> None:
    """Empty cells beyond the headings do no harm; any other may be a delimiter in a text."""
    size = len(row.cells)
    beyond = [] if headings is None else row.cells[len(headings) :]
    if size <= max(needed) or any(stripped(as_text(cell)) for cell in beyond):
        expected = max(needed) + 1 if headings is None else len(headings)
        wrong = f"the row has {counted(size, 'cell')}"
        raise StatementError("bad-csv", where, wrong, f"{expected}, as the headings", row.line)
