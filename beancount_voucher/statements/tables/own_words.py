"""What a file says of itself above and below its table: account, period, balances, counts, sums.

A map gives the words behind which each stands: in the same cell, else in the next one of its row,
else in the cell below. ``*`` in the words stands for anything.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from beancount_voucher.statements.statement import StatementError, account_number
from beancount_voucher.statements.tables.cells import as_text, stripped
from beancount_voucher.statements.tables.currencies import currency_of
from beancount_voucher.statements.tables.number_forms import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from beancount_voucher.statements.tables.cells import Row
    from beancount_voucher.statements.tables.csv_map import Map

_Value = TypeVar("_Value")

_ACCOUNT = re.compile(r"(?=[^ ]*[0-9])[0-9A-Za-z*./-]+(?: [0-9A-Z]+\b)*")
_WORD = re.compile(r"[^\s\],;|]+")
_BEGINNING = r"[(+△▲-]?[^\s\d()+-]{0,4} ?[(+-]?\d[\d.,' ]*"
_NUMBERS = (
    re.compile(_BEGINNING + r"[^\s\d()+-]{0,4}[-)]"),  # a unit, and what makes it negative
    re.compile(_BEGINNING + r"-?\)?"),
)
_GROUP = re.compile(r"[0-9]{3}(?![0-9])")
"""What goes on with a number that was cut at its separator of thousands."""

_PUNCTUATION = " \t:=[\"'"
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What a file says of itself, by the keys of ``[file]``."""

    said: dict[str, Any] = field(default_factory=dict)
    where: dict[str, int] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        """A text, if the file says it."""
        return self.said.get(key)

    def day(self, key: str) -> dt.date | None:
        """A day, if the file says it."""
        return self.said.get(key)

    def number(self, key: str) -> Decimal | None:
        """A number, if the file says it."""
        return self.said.get(key)


def own_words(rows: Sequence[Row], file: str, how: Map) -> OwnWords:
    """What a file says of itself around its table.

    Raises:
        StatementError: the map's words stand nowhere, or at two things that differ.
    """
    texts = [[plain(stripped(as_text(cell)))[:_LONGEST] for cell in row.cells] for row in rows]
    # A line of prose has delimiters, too: words that no cell has may stand across several.
    delimiter = how.settings["delimiter"]
    lines = [[delimiter.join(cells)] for cells in texts]
    own = OwnWords()
    for key, words in how.file.items():
        read = _READ.get(key, _number)
        found = list(_found(texts, words, read, how))
        if not found:
            across = delimiter.join(part.strip() for part in words.split(delimiter))
            found = list(_found(lines, across, read, how))
        values = list(dict.fromkeys(value for _, value in found))
        if len(values) != 1:
            wrong = f'"{words}" says nothing' if not values else f'"{words}" says two things'
            expected = f"the {key} of the file behind these words, once, above or below the table"
            line = rows[found[0][0]].line if found else None
            raise StatementError("missing-field", file, wrong, expected, line)
        own.said[key], own.where[key] = values[0], rows[found[0][0]].line
    return own


def _found(
    texts: list[list[str]], words: str, read: Callable[[str, Map], _Value | None], how: Map
) -> Iterator[tuple[int, _Value]]:
    """What stands behind the words; where cells begin with them, in these alone."""
    parts = [plain(part) for part in words.split("*")]
    places = [
        (row, column, start, end)
        for row, cells in enumerate(texts)
        for column, cell in enumerate(cells)
        for start, end in [_span(cell, parts)]
        if end
    ]
    beginning = [place for place in places if place[2] == 0]
    for row, column, _, end in beginning or places:
        cells = texts[row]
        behind = cells[column][end:].lstrip(_PUNCTUATION)
        if behind[-1:].isdecimal() and _GROUP.match("".join(cells[column + 1 : column + 2])):
            behind = how.settings["delimiter"].join((behind, *cells[column + 1 :]))
        right = next((cell for cell in cells[column + 1 :] if cell), "")
        below = texts[row + 1][column : column + 1] if row + 1 < len(texts) else []
        for cell in (behind, right, *below):
            value = read(cell, how)
            if value is not None:
                yield row, value
                break


def _span(cell: str, parts: list[str]) -> tuple[int, int]:
    """Where the words begin in a cell, and where they end; (0, 0) if they are not there."""
    start = end = cell.find(parts[0])
    for part in parts:
        end = cell.find(part, end) if end >= 0 else -1
        if end < 0:
            return 0, 0
        end += len(part)
    return start, end


def _account(text: str, how: Map) -> str | None:
    match = _ACCOUNT.match(_bare(text, how).lstrip("("))
    return None if match is None else account_number(match[0])


def _currency(text: str, how: Map) -> str | None:
    match = _WORD.match(_bare(text, how).lstrip("("))
    return None if match is None else currency_of(match[0].rstrip(")"), how.currencies)


def _word(text: str, how: Map) -> str | None:
    match = _WORD.match(_bare(text, how).lstrip("("))
    return None if match is None else match[0]


def _bare(text: str, how: Map) -> str:
    return stripped(text, how.words("strip")).lstrip(_PUNCTUATION)


def _number(text: str, how: Map) -> Decimal | None:
    for pattern in _NUMBERS:
        match = pattern.match(_bare(text, how))
        if match is None:
            continue
        found = match[0].rstrip(" ,.'")
        closed = found if found.startswith("(") else found.removesuffix(")")
        number = how.numbers.read(closed)
        if number is not None:
            return number.signed
    return None


def _first_day(text: str, how: Map) -> dt.date | None:
    days = [form.begins(_bare(text, how).lstrip("(")) for form in how.dates]
    return next((each[0] for each in days if each is not None), None)


def _last_day(text: str, how: Map) -> dt.date | None:
    """A last moment at midnight is the end of the day before."""
    for form in how.dates:
        found = form.begins(_bare(text, how).lstrip("("))
        if found is not None:
            day, at_midnight = found
            return day - dt.timedelta(days=at_midnight)
    return None


_READ: dict[str, Callable[[str, Map], Any]] = {
    "account": _account,
    "currency": _currency,
    "id": _word,
    "from": _first_day,
    "to": _last_day,
}
