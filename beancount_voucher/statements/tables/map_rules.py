"""What makes a map wrong, as a table: the first rule that finds something refuses the map."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.statements.tables.currencies import currency_of
from beancount_voucher.statements.tables.date_forms import ERAS, DateFormError, base_year, date_form
from beancount_voucher.statements.tables.map_settings import (
    COLUMNS,
    DIRECTION,
    FILE_SAYS,
    MAP_SETTINGS,
    MINUS,
    STATUS,
    TABLES,
)
from beancount_voucher.statements.tables.number_forms import NEGATIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Said = dict[str, Any]
"""A map as TOML has it."""


class MapRule(NamedTuple):
    """A rule of maps.

    Attributes:
        holds: what must be so, as the manual says it.
        wrong: what in a map is not so, in a few words; nothing, if all is.
        expected: what to write instead.
    """

    holds: str
    wrong: Callable[[Said], Iterable[str]]
    expected: str


def listed(value: object) -> list[Any]:
    """What may be one, or a list of several, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _written(name: str, value: object) -> str:
    return f"{name} = {shortened(value)}"  # however deep it is nested


def _unknown(said: Said) -> Iterator[str]:
    known = [*MAP_SETTINGS, *TABLES]
    for name, value in said.items():
        if name not in known:
            near = [f" (is {each} meant?)" for each in get_close_matches(name, known, 1, 0.75)]
            column = [" (it belongs under [columns])"] if name in (*COLUMNS, "text") else []
            yield _written(name, value) + "".join((column or near)[:1])


def _wrong_type(said: Said) -> Iterator[str]:
    for name, value in said.items():
        if name in TABLES:
            fits = isinstance(value, dict)
        elif isinstance(MAP_SETTINGS[name].default, tuple):
            fits = all(type(each) is str for each in listed(value))
        else:
            fits = type(value) is type(MAP_SETTINGS[name].default)
        if not fits:
            yield _written(name, value)


def _wrong_columns(said: Said) -> Iterator[str]:
    for name, value in said.get("columns", {}).items():
        several = listed(value) if name == "text" else [value]
        if name not in (*COLUMNS, "text") or not all(map(_is_column, several)):
            yield _written(name, value)


def _is_column(value: object) -> bool:
    is_number = type(value) is int and 0 < value < 10_000  # noqa: PLR2004
    return is_number or (isinstance(value, str) and bool(value.strip()))


def _wrong_words(table: str, known: Iterable[str]) -> Callable[[Said], Iterator[str]]:
    def wrong(said: Said) -> Iterator[str]:
        for name, value in said.get(table, {}).items():
            words = [each if isinstance(each, str) else "" for each in listed(value)]
            if name not in known or not words or not all(map(str.strip, words)):
                yield _written(f"{table}.{name}", value)

    return wrong


def _in_two_lists(said: Said) -> Iterator[str]:
    for table in ("direction", "status"):
        words = [word for value in said.get(table, {}).values() for word in listed(value)]
        yield from (f"{table}: {shortened(each)}" for each in words if words.count(each) > 1)


def _wrong_file(said: Said) -> Iterator[str]:
    for name, value in said.get("file", {}).items():
        words = value.split("*") if isinstance(value, str) else [""]
        if name not in FILE_SAYS or not all(word.strip() for word in words):
            yield _written(f"file.{name}", value)


def _wrong_currencies(said: Said) -> Iterator[str]:
    for name, value in said.get("currencies", {}).items():
        if not isinstance(value, str) or currency_of(value, {}) != value:
            yield _written(f"currencies.{name}", value)
    currency = said.get("currency")
    if currency and currency_of(currency, said.get("currencies", {})) is None:
        yield _written("currency", currency)


def _columns(said: Said) -> Said:
    columns: Said = said.get("columns", {})
    return columns


def _missing_columns(said: Said) -> Iterator[str]:
    columns = _columns(said)
    if "date" not in columns or not ("amount" in columns or {"debit", "credit"} <= set(columns)):
        yield "a column is missing"


def _missing_from_file(said: Said) -> Iterator[str]:
    for name in ("account", "currency"):
        if not said.get(name) and name not in _columns(said) and name not in said.get("file", {}):
            yield f"{name} is missing"


def _headings_without_rows(said: Said) -> Iterator[str]:
    rows = said.get("heading-rows", 1)
    named = [each for value in _columns(said).values() for each in listed(value)]
    if rows == 0:
        yield from (f"the heading {shortened(each)}" for each in named if isinstance(each, str))
    elif not 0 < rows < 4:  # noqa: PLR2004
        yield _written("heading-rows", rows)


def _wrong_characters(said: Said) -> Iterator[str]:
    delimiter, decimal = said.get("delimiter", ","), said.get("decimal", ".")
    if not _is_delimiter(delimiter):
        yield _written("delimiter", delimiter)
    if len(decimal) != 1 or decimal.isalnum() or decimal in "+-()\"' ":
        yield _written("decimal", decimal)
    thousands = said.get("thousands", ",")
    if len(thousands) > 1 or thousands.isalnum() or thousands in tuple('+-()"'):
        yield _written("thousands", thousands)


def _is_delimiter(text: str) -> bool:
    """What a row can be cut at: not at a quote or the end of a line."""
    return len(text) == 1 and text != '"' and (text == "\t" or text.isprintable())


def _decimal_is_thousands(said: Said) -> Iterator[str]:
    decimal = said.get("decimal", ".")
    if decimal == said.get("thousands", ","):  # 12,50 would be read as 1250
        yield f"decimal and thousands are both {shortened(decimal)}"


def _wrong_negative(said: Said) -> Iterator[str]:
    forms = listed(said.get("negative", "-5.00"))
    yield from (_written("negative", each) for each in forms if each not in NEGATIVE)


def _wrong_minus(said: Said) -> Iterator[str]:
    if said.get("minus", "") not in ("", *MINUS):
        yield _written("minus", said["minus"])


def _minus_without_sides(said: Said) -> Iterator[str]:
    if said.get("minus") and "amount" in _columns(said) and not said.get("direction"):
        yield _written("minus", said["minus"])


def _direction_without_words(said: Said) -> Iterator[str]:
    has_words = {"in", "out"} <= set(said.get("direction", {}))
    columns = _columns(said)
    if "direction" in columns and not (has_words and "amount" in columns):
        yield _written("direction", columns["direction"])
    elif said.get("direction") and not has_words:
        yield "[direction] has only one side"


def _status_without_words(said: Said) -> Iterator[str]:
    if ("status" in _columns(said)) != ("booked" in said.get("status", {})):
        yield "only one of them is there"


def _wrong_dates(said: Said) -> Iterator[str]:
    forms = listed(said.get("date-format", "%Y-%m-%d"))
    if not forms:
        yield _written("date-format", forms)
    for form in forms:
        try:
            date_form(form, said.get("year-from", ""))
        except DateFormError as error:
            yield f"{error}"


def _wrong_year_from(said: Said) -> Iterator[str]:
    year_from = said.get("year-from", "")
    if year_from and base_year(year_from) is None:
        yield _written("year-from", year_from)


def _wrong_skip(said: Said) -> Iterator[str]:
    if said.get("skip", 0) < 0:
        yield _written("skip", said["skip"])


_NAMES = ", ".join([*COLUMNS, "text"])
_ERAS = ", ".join(f'"{each}"' for each in ERAS if len(each) > 1)

RULES: tuple[MapRule, ...] = (
    MapRule("each name is one of the tables here", _unknown, f"one of {', '.join(MAP_SETTINGS)}"),
    MapRule(
        "each value has the form of its default", _wrong_type, "a value of the form in the manual"
    ),
    MapRule(
        "`[columns]` gives headings, or numbers of columns from 1",
        _wrong_columns,
        f"headings for {_NAMES}",
    ),
    MapRule(
        "`[direction]` gives words for `in`, `out` and perhaps `neither`",
        _wrong_words("direction", DIRECTION),
        f"words for {', '.join(DIRECTION)}",
    ),
    MapRule(
        "`[status]` gives words for `booked`, and perhaps `pending` and `not-booked`",
        _wrong_words("status", STATUS),
        f"words for {', '.join(STATUS)}",
    ),
    MapRule("a word stands in one list only", _in_two_lists, "each word once"),
    MapRule(
        "`[file]` gives the words before each value; `*` in them stands for anything",
        _wrong_file,
        f"words before {', '.join(FILE_SAYS)}",
    ),
    MapRule(
        "`currency` and `[currencies]` give currencies that a ledger can have",
        _wrong_currencies,
        'a code, as in currency = "CNY" or "人民币" = "CNY" under [currencies]',
    ),
    MapRule(
        "there are `date`, and `amount` or both `debit` and `credit`",
        _missing_columns,
        "date, and amount or both debit and credit",
    ),
    MapRule(
        "there are `account` and `currency`, as a setting, a column or in `[file]`",
        _missing_from_file,
        'it as a setting (account = "…"), or under [columns], or under [file]',
    ),
    MapRule(
        "headings have rows; without, columns have numbers",
        _headings_without_rows,
        "heading-rows = 1, 2 or 3; or 0, and the numbers of columns",
    ),
    MapRule(
        "`delimiter`, `decimal` and `thousands` are one character each",
        _wrong_characters,
        "one character that no number and no cell has",
    ),
    MapRule(
        "`decimal` and `thousands` differ",
        _decimal_is_thousands,
        "thousands as another character, or empty",
    ),
    MapRule(
        "`negative` is one of its forms",
        _wrong_negative,
        f"one or several of {', '.join(NEGATIVE)}",
    ),
    MapRule("`minus` is one of its words", _wrong_minus, f"one of {', '.join(MINUS)}"),
    MapRule(
        "`minus` is said where a column or a word says in or out",
        _minus_without_sides,
        "debit and credit, or a direction; a minus of a signed amount means what goes out",
    ),
    MapRule(
        "`direction` goes with `amount` and the words for `in` and `out`",
        _direction_without_words,
        'amount, and [direction] with in = "…" and out = "…"',
    ),
    MapRule(
        "`status` goes with the words for `booked`",
        _status_without_words,
        'status under [columns], and [status] with booked = "…"',
    ),
    MapRule("`year-from` is a century or an era", _wrong_year_from, f'"2000", or one of {_ERAS}'),
    MapRule(
        "`date-format` tells year, month and day once each; `year-from`, what a short year counts",
        _wrong_dates,
        'a format of a day such as "%Y-%m-%d"; with %y or %Ey, year-from = "2000" or an era',
    ),
    MapRule("`skip` is a number of lines", _wrong_skip, "0 or more"),
)
"""Every rule, in the order in which they are tried."""


def first_wrong(said: Said) -> tuple[str, str] | None:
    """What is wrong with a map, and what was expected; None if nothing is."""
    for rule in RULES:
        with suppress(StopIteration):
            return next(iter(rule.wrong(said))), rule.expected
    return None
