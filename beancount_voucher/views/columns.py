"""Columns: key, heading, kind and value of each said once, for every face that shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from beancount_voucher.directives.source_lines import SourceLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Row = TypeVar("Row")

Cell = str | int | Decimal | dt.date | SourceLine | tuple[str, ...] | None

Face = Literal["data", "table", "page"]
"""Who reads: a program (JSON, CSV and BQL), a terminal, or the page in Fava."""

EVERYWHERE: frozenset[Face] = frozenset(("data", "table", "page"))
DATA: frozenset[Face] = frozenset(("data",))
PAGE: frozenset[Face] = frozenset(("page",))
PEOPLE: frozenset[Face] = frozenset(("table", "page"))

_TYPES: dict[str, type] = {
    "count": int,
    "date": dt.date,
    "difference": Decimal,
    "money": Decimal,
    "overdue": bool,
    "parties": set,
}


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column of a table: a line of it is all that a new one needs.

    Attributes:
        key: its name in URLs, CSV, JSON and BQL.
        title: its heading on the page, in English.
        kind: what its cells are, and how the page shows them: text, word (which is
            translated), role (of an account), code, money, difference (money that should be
            zero), currency, count, date, voucher, party, parties (a list), account, state,
            place, figure, overdue (true or false).
        value: the cell of a row.
        shown_in: the faces that have it.
        after: for a face that does not have it where its line stands, the key of an earlier
            column that it follows there.
        searched: whether the page's search looks into it; into a party's name, too.
        under: on the page, the key of an earlier column in whose cells it is the next line, so
            that a table of many columns is not cut.
    """

    key: str
    title: str
    kind: str
    value: Callable[[Row], Cell]
    shown_in: frozenset[Face] = EVERYWHERE
    after: Mapping[Face, str] = field(default_factory=dict)
    searched: bool = False
    under: str = ""

    @property
    def numeric(self) -> bool:
        """Whether its cells are aligned by their last digit."""
        return self.kind in ("money", "difference", "count")

    @property
    def datatype(self) -> type:
        """The type of its cells in BQL, where a missing one has no type of its own."""
        return _TYPES.get(self.kind, str)

    def cell(self, row: Row) -> Cell:
        """The value as a person reads it: the heading for what is true, nothing for what is not."""
        value = self.value(row)
        if isinstance(value, bool):
            return self.title if value else ""
        return value


def columns_of(columns: Iterable[Column[Row]], face: Face) -> list[Column[Row]]:
    """The columns that a face shows, in its order."""
    shown: list[Column[Row]] = []
    for column in columns:
        if face not in column.shown_in:
            continue
        before = column.after.get(face)
        at = len(shown) if before is None else [each.key for each in shown].index(before) + 1
        shown.insert(at, column)
    return shown


def stacks_of(columns: Iterable[Column[Row]]) -> list[list[Column[Row]]]:
    """The columns of the page, each with those that stand under it; alone if it stands nowhere."""
    stacks: dict[str, list[Column[Row]]] = {}
    for column in columns:
        stacks.setdefault(column.under if column.under in stacks else column.key, []).append(column)
    return list(stacks.values())


def values_of(columns: Iterable[Column[Row]], rows: Iterable[Row]) -> list[list[Cell]]:
    """The cells of rows under columns."""
    each = [column.value for column in columns]
    return [[value(row) for value in each] for row in rows]
