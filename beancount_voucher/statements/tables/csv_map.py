"""CSV statements and spreadsheets, each bank's in its own way: a small TOML file says how.

::

    encoding = "gb18030"
    date-format = "%Y-%m-%d %H:%M:%S"
    end = "#"                   # what the row behind the table begins with

    [columns]
    date = "交易时间"           # the heading of the column, or its number
    amount = "交易金额"
    direction = "借贷"
    balance = "余额"
    text = ["摘要", "对方户名"]

    [direction]                 # what the amount's column `direction` says
    in = "贷"
    out = "借"

    [file]                      # what stands above or below the table, behind which words
    account = "账号："
    currency = "币种："

Headings are found by their names, wherever the table begins. A row with a balance and no amount
is a balance at its date: the opening before, the closing after all lines. All settings stand in
the tables here, from which the manual is written.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beancount_voucher.statements.statement import StatementError, is_regular
from beancount_voucher.statements.tables.date_forms import date_form
from beancount_voucher.statements.tables.map_rules import first_wrong, listed
from beancount_voucher.statements.tables.map_settings import DIRECTION, MAP_SETTINGS, TABLES
from beancount_voucher.statements.tables.number_forms import NumberForm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from beancount_voucher.statements.tables.date_forms import DateForm

_MAX_MAP = 16 * 1024
"""Bytes of a map: what names a few columns, and what TOML's reader takes no time for."""

Heading = str | int
"""A column, by its heading or by its number from 1."""


@dataclass(frozen=True, slots=True)
class Map:
    """A column map.

    Attributes:
        settings: every setting; what may be a list, as a tuple.
        columns: the heading or the number of each column.
        texts: of the columns of text.
        direction: words for in (1), out (-1) and neither (0).
        status: words for booked, pending and not-booked.
        currencies: further names of currencies.
        file: the words behind which the file says something of itself.
        dates: how dates are written.
        numbers: how numbers are written.
    """

    path: Path
    settings: Mapping[str, Any]
    columns: Mapping[str, Heading]
    texts: tuple[Heading, ...]
    direction: Mapping[str, int]
    status: Mapping[str, str]
    currencies: Mapping[str, str]
    file: Mapping[str, str]
    dates: tuple[DateForm, ...]
    numbers: NumberForm

    def words(self, name: str) -> tuple[str, ...]:
        """The texts of a setting that may be a list."""
        return tuple(self.settings[name])


def read_map(path: Path) -> Map:
    """A map from its TOML file.

    Raises:
        StatementError: it is no TOML, or says something that no map says.
    """
    return made_map(_toml(path, str(path)), path)


def made_map(said: dict[str, Any], path: Path) -> Map:
    """A map from what its TOML says.

    Raises:
        StatementError: it says something that no map says.
    """
    wrong = first_wrong(said)
    if wrong is not None:
        raise StatementError("bad-map", str(path), *wrong)
    settings = {name: each.default for name, each in MAP_SETTINGS.items()} | {
        name: value for name, value in said.items() if name not in TABLES
    }
    for name, each in MAP_SETTINGS.items():
        if isinstance(each.default, tuple):
            settings[name] = tuple(each for each in listed(settings[name]) if each)
    columns = {
        name: " ".join(value.split()) if isinstance(value, str) else value
        for name, value in said["columns"].items()
        if name != "text"
    }
    direction = {
        word.strip(): DIRECTION[name][0]
        for name, words in said.get("direction", {}).items()
        for word in listed(words)
    }
    return Map(
        path=path,
        settings=settings,
        columns=columns,
        texts=tuple(
            " ".join(each.split()) if isinstance(each, str) else each
            for each in listed(said["columns"].get("text", []))
        ),
        direction=direction,
        status={
            word.strip(): name
            for name, words in said.get("status", {}).items()
            for word in listed(words)
        },
        currencies=said.get("currencies", {}),
        file=said.get("file", {}),
        dates=tuple(date_form(each, settings["year-from"]) for each in settings["date-format"]),
        numbers=NumberForm(
            decimal=settings["decimal"],
            thousands=settings["thousands"],
            units=settings["units"],
            negative=settings["negative"],
            marks=None if "direction" in columns else direction,
        ),
    )


def _toml(path: Path, where: str) -> dict[str, Any]:
    try:
        if not is_regular(path):
            raise StatementError("unreadable", where, "it is no file", "a column map")
        with path.open("rb") as file:
            content = file.read(_MAX_MAP + 1)
    except OSError as error:
        raise StatementError("unreadable", where, f"{error.strerror}", "a column map") from error
    if len(content) > _MAX_MAP:
        raise StatementError(
            "too-large", where, "the map is too large", f"at most {_MAX_MAP >> 10} KiB"
        )
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # of TOML, UTF-8, a number or nesting
        raise StatementError("bad-map", where, f"it is no TOML: {error}", "a column map") from error
