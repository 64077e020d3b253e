"""The register out of the index: rows that are still as they were found, without their vouchers.

Most rows change no more: a voucher that has ended, one that waits for its deadline. Each row is
kept with the days on which it holds; of a block in which all hold, the lines of CSV are kept as
they are printed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.ledger.index_build import Parts
from beancount_voucher.lifecycle.days import day_after
from beancount_voucher.lifecycle.events import OPEN, State
from beancount_voucher.views.columns import columns_of
from beancount_voucher.views.register import REGISTER, row
from beancount_voucher.views.spreadsheet import as_csv, csv_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.ledger.index_part import Remembered
    from beancount_voucher.ledger.index_state import Block
    from beancount_voucher.ledger.index_store import Json
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.views.columns import Cell, Column

_DATA = columns_of(REGISTER, "data")
_AT = {column.key: at for at, column in enumerate(_DATA)}
_FIRST, _LAST = str(dt.date.min), str(dt.date.max)


class Kept(NamedTuple):
    """A row, with the first and the last day on which it holds.

    Attributes:
        first: as text.
        last: likewise.
        cells: texts, whole numbers, true, false and lists of texts, as JSON has them; None where
            there is no row on these days.
    """

    first: str
    last: str
    cells: Sequence[Any] | None


class RememberedRow:
    """A row of the register without its voucher: what the columns of ``of_remembered`` read."""

    __slots__ = ("_cells",)

    def __init__(self, cells: Sequence[Any]) -> None:
        """Take the cells of a row."""
        self._cells = cells

    def __getattr__(self, key: str) -> Any:  # noqa: ANN401
        """A cell, by the key of its column."""
        at = _AT.get(key)
        if at is None:
            raise AttributeError(key)
        return _typed(_DATA[at].kind, self._cells[at])

    @property
    def cells(self) -> Sequence[Any]:
        """All of them, as JSON has them."""
        return self._cells

    @property
    def parties(self) -> tuple[str | None, ...]:
        """Everybody who has a part in the voucher."""
        return self.policyholder, self.issuer, self.acceptor, self.insurer


def _typed(kind: str, cell: Any) -> Cell:  # noqa: ANN401
    if cell is None:
        return None
    if kind == "money":
        return Decimal(cell)
    if kind == "date":
        return dt.date.fromisoformat(cell)
    return tuple(cell) if kind == "parties" else cell


def of_remembered(of: Column[Any]) -> Column[RememberedRow]:
    """A column of the register that programs have, for rows that are remembered."""
    at, kind = _AT[of.key], of.kind
    return replace(of, value=lambda row: _typed(kind, row.cells[at]))


class Register:
    """The register of a day, as far as possible out of the index."""

    def __init__(
        self, known: Remembered, as_of: dt.date, evaluation: Evaluation | None = None
    ) -> None:
        """Find it; what does not hold on the day is found anew, and kept.

        Args:
            known: what is remembered.
            as_of: the day.
            evaluation: what all facts come to, if somebody has just found it.

        Raises:
            DamagedError: what is remembered is gone.
        """
        self._known = known
        self._evaluation = evaluation
        day = str(as_of)
        self._blocks = list(known.state.blocks)
        self._rows: dict[int, list[Kept]] = {}
        self._csv: dict[int, str] = {}
        stale = [at for at, each in enumerate(self._blocks) if not _holds(each, day)]
        if stale:
            self._renew(stale, as_of)

    def as_csv(self) -> str:
        """All rows under all columns that programs have, as CSV."""
        wanted = [at for at in range(len(self._blocks)) if at not in self._csv]
        kept = self._known.parts(self._blocks[at].rows["parts"][0] for at in wanted)
        lines = {**self._csv, **dict(zip(wanted, kept, strict=True))}
        return as_csv(list(_AT), []) + "".join(lines[at] for at in range(len(self._blocks)))

    def rows(self) -> Iterator[RememberedRow]:
        """All rows, by voucher id."""
        for at, block in enumerate(self._blocks):
            if at not in self._rows:
                (kept,) = self._known.parts([block.rows["parts"][1]])
                self._rows[at] = [Kept(*each) for each in kept]
            for each in self._rows[at]:
                if each.cells is not None:
                    yield RememberedRow(each.cells)

    # --- What does not hold any more ----------------------------------------------------------

    def _renew(self, stale: Sequence[int], as_of: dt.date) -> None:
        known, day = self._known, str(as_of)
        before = {at: self._kept_of(self._blocks[at]) for at in stale}
        missing = {
            voucher
            for at in stale
            for voucher in self._ids(at)
            if not _is_on(before[at].get(voucher), day)
        }
        evaluation = self._evaluation or known.part(missing).evaluation
        found = _found(evaluation, missing, as_of)
        parts = Parts()
        for at in stale:
            kept = [found.get(each) or before[at][each] for each in self._ids(at)]
            csv = csv_lines(_printed(each.cells) for each in kept if each.cells is not None)
            self._rows[at], self._csv[at] = kept, csv
            self._blocks[at] = self._blocks[at]._replace(
                rows={
                    "first": max(each.first for each in kept),
                    "last": min(each.last for each in kept),
                    "parts": [parts.add(csv), parts.add(kept)],
                }
            )
        known.change(replace(known.state, blocks=self._blocks), parts)

    def _ids(self, at: int) -> list[str]:
        (summary,) = self._known.parts([self._blocks[at].summary])
        return [each[0] for each in summary]

    def _kept_of(self, block: Block) -> Mapping[str, Kept]:
        """The rows that are kept of a block, by voucher."""
        if block.rows is None:
            return {}
        summary, kept = self._known.parts([block.summary, block.rows["parts"][1]])
        return {each[0]: Kept(*row) for each, row in zip(summary, kept, strict=True)}


def _holds(block: Block, day: str) -> bool:
    return block.rows is not None and block.rows["first"] <= day <= block.rows["last"]


def _is_on(kept: Kept | None, day: str) -> bool:
    return kept is not None and kept.first <= day <= kept.last


def _found(evaluation: Evaluation, ids: Iterable[str], as_of: dt.date) -> dict[str, Kept]:
    """The rows of vouchers on a day, each with the days on which it holds."""
    found: dict[str, Kept] = {}
    for each in ids:
        voucher, horizon = evaluation.vouchers.get(each), evaluation.horizon
        if voucher is None or horizon is None:
            found[each] = Kept(_FIRST, _LAST, None)
            continue
        date, begins = min(as_of, horizon), voucher.events[0].date
        if begins > date:
            found[each] = Kept(_FIRST, str(begins - dt.timedelta(1)), None)
            continue
        of_day = row(evaluation, voucher, date, as_of)
        cells = [_cell(column.value(of_day)) for column in _DATA]
        first, last = _days(voucher, date, as_of)
        found[each] = Kept(str(first), str(last), cells)
    return found


def _days(voucher: Voucher, date: dt.date, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """The first and last day on which a row holds: surely, and as long as nothing is added.

    What is overdue or waits changes at deadlines; of an application, from day to day.
    """
    since, status, terms = voucher.events[-1].date, voucher.status, voucher.terms
    if since > date:
        return as_of, as_of
    if status.state not in OPEN or terms is None:
        return since, dt.date.max
    if status.returned is not None:
        turns = status.returned
    elif status.applied is not None:
        return as_of, as_of
    else:
        turns = terms.accept_by if status.state is State.ISSUED else terms.apply_by
    return (since, turns) if as_of <= turns else (max(since, day_after(turns)), dt.date.max)


def _printed(cells: Sequence[Any]) -> list[Any]:
    """Cells as CSV has them: what is listed with spaces between."""
    return [" ".join(each) if isinstance(each, list) else each for each in cells]


def _cell(value: Cell) -> Json:
    """A cell as JSON has it: numbers as texts with all their digits."""
    if isinstance(value, tuple):
        return list(value)
    if value is None or isinstance(value, str | int):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
