"""Rows as text that DuckDB reads: each with the column's own type, and never rounded.

Money is ``DECIMAL(38, 12)`` beside a column with its currency. A number that has more digits than
that is refused here, by voucher and place: DuckDB would round it, or end with an error of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.money import digits_behind_the_point, exact
from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.views.columns import columns_of
from beancount_voucher.views.events import EVENTS, EventRow, said
from beancount_voucher.views.register import REGISTER, row

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

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
    """
    writers = _writers(_REGISTER, prefix)
    for _, voucher in sorted(evaluation.vouchers.items()):
        if voucher.events[0].date > date:
            continue
        each = row(evaluation, voucher, date, as_of)
        month = (each.issued or voucher.events[0].date).isoformat()[:7]
        yield month, ",".join([write(each, each.place, voucher.id) for write in writers])


def event_rows(evaluation: Evaluation, prefix: str) -> Iterator[tuple[str, str]]:
    """Every event of some vouchers, likewise, with its number in the life of its voucher."""
    writers = _writers(EVENTS, prefix)
    for _, voucher in sorted(evaluation.vouchers.items()):
        for at, event in enumerate(voucher.events, 1):
            each = EventRow(voucher, event, said(event))
            cells = [write(each, event.place, voucher.id) for write in writers]
            yield event.date.isoformat()[:7], f"{','.join(cells)},{at}"


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
        if not fits(number):
            raise RefusedError(f"{' '.join(names)}: the sum is {too_long(number)}")
        yield f"{number:f}"


def _writers(columns: Iterable[Column[Any]], prefix: str) -> list[Callable[..., str]]:
    """For each column what writes the cell of a row, found in a directive of a voucher."""
    return [_writer(column, prefix) for column in columns]


def _writer(column: Column[Any], prefix: str) -> Callable[..., str]:
    value, kind, key = column.value, column.kind, column.key
    if kind == "money":
        return lambda each, place, voucher: money(value(each), prefix, place, voucher, key)
    if key == "file":
        return lambda _each, place, _voucher: text(place.filename.removeprefix(prefix))
    if kind == "parties":
        return lambda each, _place, _voucher: text(";".join(value(each)))
    if kind in ("date", "count", "overdue"):
        return lambda each, _place, _voucher: _plain(value(each))
    return lambda each, _place, _voucher: text(value(each))


def text(value: str | None) -> str:
    """A text in quotes; nothing for none, which an empty text is not."""
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def money(
    number: Decimal | None, prefix: str, place: SourceLine, voucher: str, key: str
) -> str:
    """A number that fits into its column.

    Raises:
        RefusedError: it does not.
    """
    if number is None:
        return ""
    if not fits(number):
        where = f"{place.filename.removeprefix(prefix)}:{place.lineno}"
        raise RefusedError(f"{where}: {voucher}: {key} is {too_long(number)}")
    return f"{number:f}"


def too_long(number: Decimal) -> str:
    """Why a number is refused."""
    return (
        f"{number:f}, which a table cannot hold to the last digit; expected at most {BEFORE} "
        f"digits before the point and {AFTER} after it"
    )


@exact
def fits(number: Decimal) -> bool:
    """Whether a number has no more digits than its column."""
    return (not number or number.adjusted() < BEFORE) and (
        number.as_tuple().exponent >= -AFTER or digits_behind_the_point(number) <= AFTER  # type: ignore[operator]
    )
