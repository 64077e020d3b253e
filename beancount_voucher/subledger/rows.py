"""Rows as text that DuckDB reads: each with the column's own type, and never rounded.

Money is ``DECIMAL(38, 12)`` beside a column with its currency. A number that has more digits than
that is refused here, by voucher and place: DuckDB would round it, or end with an error of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.money import exact
from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.views.columns import columns_of
from beancount_voucher.views.events import EVENTS, EventRow, said
from beancount_voucher.views.register import REGISTER, row

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from beancount_voucher.books.batches import Batch
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.views.columns import Column

BEFORE, AFTER = 26, 12
"""Digits before and after the point of ``DECIMAL(38, 12)``."""

_TYPES = {
    "money": f"DECIMAL({BEFORE + AFTER}, {AFTER})",
    "date": "DATE",
    "count": "BIGINT",
    "overdue": "BOOLEAN",
    "parties": "VARCHAR[]",
}
"""What DuckDB calls a column of a kind; all others are ``VARCHAR``."""


class Table(NamedTuple):
    """A table that is written as Parquet.

    Attributes:
        name: of its folder.
        columns: each with its type.
        order: what its rows are sorted by.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    order: tuple[str, ...]


def _typed(columns: Iterable[Column[Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((column.key, _TYPES.get(column.kind, "VARCHAR")) for column in columns)


_REGISTER = columns_of(REGISTER, "data")

TABLES: dict[str, Table] = {
    each.name: each
    for each in (
        Table("register", _typed(_REGISTER), ("id",)),
        Table("events", (*_typed(EVENTS), ("nr", "BIGINT")), ("date", "voucher", "nr")),
        Table(
            "days",
            (
                ("date", "DATE"),
                ("book", "VARCHAR"),
                ("account", "VARCHAR"),
                ("commodity", "VARCHAR"),
                ("debit", _TYPES["money"]),
                ("credit", _TYPES["money"]),
                ("change", _TYPES["money"]),
            ),
            ("date", "book", "account", "commodity"),
        ),
    )
}


def register_rows(
    evaluation: Evaluation, date: dt.date, as_of: dt.date, prefix: str
) -> Iterator[tuple[str, str]]:
    """The register of some vouchers, each row with the month that it is filed under.

    Args:
        evaluation: of the vouchers.
        date: the day on which the books are read.
        as_of: the day for which is told what is overdue.
        prefix: what is cut from the names of files.

    Raises:
        RefusedError: an amount has more digits than its column.
    """
    writer = _Writer(_REGISTER, prefix)
    for _, voucher in sorted(evaluation.vouchers.items()):
        first = voucher.events[0].date
        if first <= date:
            each = row(evaluation, voucher, date, as_of)
            month = (each.issued or first).isoformat()[:7]
            yield month, writer.line(each, voucher.id, each.place)


def event_rows(evaluation: Evaluation, prefix: str) -> Iterator[tuple[str, str]]:
    """Every event of some vouchers, likewise, with its number in the life of its voucher."""
    writer = _Writer(EVENTS, prefix)
    for _, voucher in sorted(evaluation.vouchers.items()):
        for at, event in enumerate(voucher.events, 1):
            line = writer.line(EventRow(voucher, event, said(event)), voucher.id, event.place)
            yield event.date.isoformat()[:7], f"{line},{at}"


class _TooLongError(ValueError):
    """A number that does not fit into its column."""


class _Writer:
    """Writes rows under columns. There are millions: what cells have in common is looked up."""

    def __init__(self, columns: Sequence[Column[Any]], prefix: str) -> None:
        self._prefix = prefix
        self._days: dict[dt.date | None, str] = {None: ""}
        by_kind: dict[str, Callable[[Any], str]] = {
            "money": money,
            "date": self._day,
            "count": _plain,
            "overdue": _plain,
            "parties": _parties,
        }
        self._cells: list[tuple[Callable[[Any], Any], Callable[[Any], str]]] = [
            (each.value, self._file if each.key == "file" else by_kind.get(each.kind, text))
            for each in columns
        ]

    def line(self, each: object, voucher: str, place: SourceLine) -> str:
        """A row of a voucher, found at a place."""
        try:
            return ",".join([write(value(each)) for value, write in self._cells])
        except _TooLongError as error:
            where = f"{place.filename.removeprefix(self._prefix)}:{place.lineno}"
            raise RefusedError(f"{where}: {voucher}: an amount is {error}") from error

    def _day(self, date: dt.date | None) -> str:
        found = self._days.get(date)
        if found is None:
            assert date is not None
            found = self._days[date] = date.isoformat()
        return found

    def _file(self, name: str) -> str:
        return text(name.removeprefix(self._prefix))


def text(value: str | None) -> str:
    """A text in quotes; nothing for none, which an empty text is not."""
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if '"' in value else f'"{value}"'


def _parties(names: Sequence[str]) -> str:
    return text(";".join(names))


def _plain(value: object) -> str:
    """A number, or whether something is so: there always is one."""
    return str(value).lower()


def money(number: Decimal) -> str:
    """A number that fits into its column.

    Raises:
        ValueError: it does not.
    """
    told = f"{number:f}"
    if len(told) > AFTER and not fits(told):
        raise _TooLongError(too_long(told))
    return told


def fits(number: str) -> bool:
    """Whether a number, as it is written, has no more digits than its column."""
    before, _, after = number.lstrip("-").partition(".")
    return len(before) <= BEFORE and not after[AFTER:].strip("0")


def too_long(number: str) -> str:
    """Why a number is refused."""
    return (
        f"{number}, which a table cannot hold to the last digit; expected at most {BEFORE} "
        f"digits before the point and {AFTER} after it"
    )


@exact
def day_rows(batches: Iterable[Batch]) -> list[str]:
    """What batches come to by day, book, account and commodity.

    Raises:
        RefusedError: a sum has more digits than its column.
    """
    sums: dict[tuple[str, str, str, str], tuple[Decimal, Decimal]] = {}
    for batch in batches:
        day, book = batch.key.date.isoformat(), batch.key.book
        for (account, commodity), number in batch.posted.items():
            debit, credit = sums.get((day, book, account, commodity), (_ZERO, _ZERO))
            if number > 0:
                debit += number
            else:
                credit -= number
            sums[day, book, account, commodity] = debit, credit
    return [
        ",".join((day, *map(text, names), *_sides(debit, credit, (day, *names))))
        for (day, *names), (debit, credit) in sorted(sums.items())
    ]


_ZERO = Decimal(0)


def _sides(debit: Decimal, credit: Decimal, names: Iterable[str]) -> Iterator[str]:
    for number in (debit, credit, debit - credit):
        try:
            yield money(number)
        except _TooLongError as error:
            raise RefusedError(f"{' '.join(names)}: the sum is {error}") from error
