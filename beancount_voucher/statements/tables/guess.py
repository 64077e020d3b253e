"""A map guessed from a file: what the file leaves open is a question, and never a guess.

``guess`` is asked again with each answer, until there is nothing left to ask. Whatever it takes
for sure stands in the map and in the lines that are read by it, for a person to look at.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_voucher.statements.statement import StatementError, decoded
from beancount_voucher.statements.tables import spreadsheets
from beancount_voucher.statements.tables.cells import Row, as_text, heading, stripped
from beancount_voucher.statements.tables.csv_map import made_map
from beancount_voucher.statements.tables.csv_reader import cut, of_rows
from beancount_voucher.statements.tables.currencies import currency_of
from beancount_voucher.statements.tables.date_forms import date_form
from beancount_voucher.statements.tables.guess_cells import (
    around,
    date_settings,
    is_date,
    number_settings,
)
from beancount_voucher.statements.tables.known_words import (
    ACCOUNT,
    CURRENCY,
    DELIMITERS,
    ENCODINGS,
    NUMBER,
    OPPOSITE,
    TOTALS,
    kinds_of,
    side_of,
)
from beancount_voucher.statements.tables.map_rules import listed
from beancount_voucher.statements.tables.map_settings import DIRECTION, MINUS, STATUS, TABLES
from beancount_voucher.statements.tables.number_forms import NEGATIVE, plain
from beancount_voucher.statements.tables.questions import Answer, Question, UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from beancount_voucher.statements.statement import Statement
    from beancount_voucher.statements.tables.cells import Cell
    from beancount_voucher.statements.tables.date_forms import DateForm

    Given = Mapping[str, Sequence[str]]

_BEGINNINGS = ("end", "totals", "leave-out")
_NUMBERS = ("amount", "debit", "credit", "balance", "available")
_BY_HAND = "a map written by hand: bean-voucher help csv-maps"
_HEAD = 200
"""Rows at the top among which the headings are looked for."""


def guess(content: bytes, path: Path, given: Given) -> tuple[dict[str, Any], list[Statement]]:
    """A map for a file, and what is read by it.

    Args:
        content: the file's bytes.
        path: what to call it.
        given: what a person said, by the names of the map, with dots below tables.

    Raises:
        UnsureError: the file leaves something open.
        StatementError: it is no table, or none that such a map can read.
    """
    form = spreadsheets.form_of(content)
    if form is None:
        said, rows = _cut(content, str(path), given)
    else:
        sheet = given.get("sheet", ("",))[0]
        said, rows = {}, spreadsheets.rows(content, str(path), sheet)
        said |= {"sheet": sheet} if sheet else {}
    table = _Table(str(path), rows, given)
    said |= table.settings()
    _put(said, given)
    ways = [said | order | minus for order in table.orders(said) for minus in table.minuses(said)]
    read, errors = [], []
    for way in map(_in_order, ways):
        try:
            read.append((way, of_rows(rows, path, "", made_map(way, path), form or "CSV")))
        except StatementError as error:
            errors.append(error)
    if not read:
        raise errors[0]
    if len(read) > 1:
        raise UnsureError(_what_minus_means())
    return read[0]


def _what_minus_means() -> Question:
    meanings = {
        "taken-back": "it takes an entry back",
        "goes-out": "it goes out, as the column says, too",
    }
    answers = [Answer(f"{word}: {meanings[word]}", (("minus", word),)) for word in MINUS]
    return Question("what does a minus mean, where a column says in or out", tuple(answers))


def _in_order(said: Mapping[str, Any]) -> dict[str, Any]:
    """Settings first, tables behind them, as TOML must have them."""
    settings = {name: value for name, value in said.items() if name not in TABLES}
    return settings | {name: said[name] for name in TABLES if said.get(name)}


def _put(said: dict[str, Any], given: Given) -> None:
    """What a person said goes before what is guessed; what rows begin with is added to it."""
    for name, values in given.items():
        table, dot, word = name.rpartition(".")
        if table in ("columns", "direction", "status") and word in said.get(table, {}):
            continue  # is in it already
        at = said.setdefault(table, {}) if dot else said
        before = listed(at.get(word, [])) if name in _BEGINNINGS else []
        several = list(dict.fromkeys([*before, *(_value(name, each) for each in values)]))
        at[word] = several[0] if len(several) == 1 else several


def _value(name: str, text: str) -> str | int | bool:
    """A setting's value from a text."""
    is_number = name in ("skip", "heading-rows") or name.startswith("columns.")
    if is_number and re.fullmatch(r"[0-9]{1,4}", text):
        return int(text)
    return text == "true" if name == "newest-first" else text


# --- From bytes to rows -----------------------------------------------------------------


def _cut(content: bytes, where: str, given: Given) -> tuple[dict[str, Any], list[Row]]:
    encodings = given.get("encoding") or _encodings(content)
    delimiters = given.get("delimiter") or DELIMITERS
    ways: list[tuple[int, int, str, str, list[Row]]] = []
    for encoding in encodings:
        text = decoded(content, encoding, where)
        for delimiter in delimiters:
            try:
                rows = list(cut(text, where, delimiter, 0))
            except StatementError:
                continue
            best = max((_score(row, given) for row in rows[:_HEAD]), default=(0, 0))
            ways.append((*best, encoding, delimiter, rows))
    most = max((way[:2] for way in ways), default=(0, 0))
    best_ways = [way for way in ways if way[:2] == most and most[0] > 1]
    if not best_ways:
        raise StatementError("bad-csv", where, "no row looks like headings", _BY_HAND)
    if len(best_ways) > 1:
        answers = [
            Answer(
                f"{encoding}, {delimiter!r}: {_sample(rows, given)}",
                (("encoding", encoding), ("delimiter", delimiter)),
            )
            for _, _, encoding, delimiter, rows in best_ways
        ]
        raise UnsureError(
            Question("how is the file encoded, and what is between cells", tuple(answers))
        )
    _, _, encoding, delimiter, rows = best_ways[0]
    said = {"encoding": encoding} if encoding != "utf-8" else {}
    return said | ({"delimiter": delimiter} if delimiter != "," else {}), rows


def _encodings(content: bytes) -> list[str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    found = []
    for encoding in ENCODINGS:
        try:
            content.decode(encoding)
        except ValueError:
            continue
        found.append(encoding)
    return ["utf-8"] if "utf-8" in found else found


def _sample(rows: Sequence[Row], given: Given) -> str:
    best = max(rows[:_HEAD], key=lambda row: _score(row, given))
    return " | ".join(heading(cell) for cell in best.cells if heading(cell))[:60]


def _score(row: Row, given: Given) -> tuple[int, int]:
    """How many headings of a row are known, and how many cells it has, at most as many as that."""
    named = [
        value for name, values in given.items() if name.startswith("columns.") for value in values
    ]
    kinds = [kinds_of(heading(cell)) or heading(cell) in named for cell in row.cells]
    known = sum(map(bool, kinds))
    return known, known


# --- From rows to a map -----------------------------------------------------------------


@dataclass(slots=True)
class _Table:
    """A table whose map is looked for.

    Attributes:
        headings: of its columns.
        entries: the rows that have a day.
        above: the rows above the headings.
    """

    where: str
    rows: Sequence[Row]
    given: Given
    headings: list[str] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    above: list[Row] = field(default_factory=list)
    strip: list[str] = field(default_factory=list)
    columns: dict[str, str | int | list[str | int]] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """All that the table tells of itself."""
        start = self._find_headings()
        body = [row for row in self.rows[start + 1 :] if any(map(as_text, row.cells))]
        self.strip = around(cell for row in body[:_HEAD] for cell in row.cells)
        self._find_columns(body)
        said: dict[str, Any] = {"strip": self.strip[0]} if self.strip else {}
        said |= self._edges(body)
        if not self.entries:
            raise StatementError("bad-csv", self.where, "no row has a date", _BY_HAND)
        said |= date_settings(self._cells("date"), self.given, self.strip)
        numbers = [cell for name in _NUMBERS for cell in self._cells(name)]
        written, marks = number_settings(numbers, self.given, self.strip, self.where)
        said |= written
        said["columns"] = self.columns
        if "direction" in self.columns:
            said["direction"] = self._sorted("direction", self._words("direction"))
        elif marks:
            said["direction"] = self._sorted("direction", marks)
        if "status" in self.columns:
            said["status"] = self._sorted("status", self._words("status"))
        own: dict[str, str] = {}
        for name in ("account", "currency"):
            if (
                name not in self.columns
                and name not in self.given
                and f"file.{name}" not in self.given
            ):
                own[name] = self._above(name)
        return said | ({"file": own} if own else {})

    def _find_headings(self) -> int:
        scores = [(_score(row, self.given), -at) for at, row in enumerate(self.rows[:_HEAD])]
        (known, _), at = max(scores, default=((0, 0), 0))
        if known < 2:  # noqa: PLR2004
            raise StatementError("bad-csv", self.where, "no row looks like headings", _BY_HAND)
        self.headings = [heading(cell) for cell in self.rows[-at].cells]
        self.above = list(self.rows[:-at])
        return -at

    def _cells(self, name: str) -> list[Cell]:
        """The cells of a column in all entries, without those that are empty."""
        at = self._index(self.columns.get(name))
        cells = [row.cells[at] for row in self.entries if at is not None and at < len(row.cells)]
        return [cell for cell in cells if stripped(as_text(cell), self.strip)]

    def _index(self, column: object) -> int | None:
        if isinstance(column, int):
            return column - 1
        return self.headings.index(column) if column in self.headings else None

    def _words(self, name: str) -> list[str]:
        return list(
            dict.fromkeys(stripped(as_text(cell), self.strip) for cell in self._cells(name))
        )

    # --- Columns ------------------------------------------------------------------------

    def _find_columns(self, body: Sequence[Row]) -> None:
        kinds = self._kinds(body)
        texts = kinds.pop("text", [])
        for kind in ("date", *([] if "debit" in kinds else ["amount"])):
            if not kinds.get(kind):  # any column may be it
                kinds[kind] = [at for at, name in enumerate(self.headings) if name]
        for kind, found in kinds.items():
            self.columns[kind] = self._one(kind, found)
        if texts:
            self.columns["text"] = [self._name(at) for at in texts]
        for key, values in self.given.items():
            table, _, kind = key.partition(".")
            if table == "columns":
                several = [_value(key, each) for each in values]
                self.columns[kind] = several[0] if len(several) == 1 else several

    def _kinds(self, body: Sequence[Row]) -> dict[str, list[int]]:
        """The columns that may be of a kind: of amounts, or of both sides, but not of all three."""
        kinds: dict[str, list[int]] = {}
        for at, name in enumerate(self.headings):
            for kind in kinds_of(name):
                kinds.setdefault(kind, []).append(at)
        kinds["date"] = [at for at in kinds.get("date", ()) if self._has_dates(body, at)]
        sides = {"debit", "credit"}
        for kind in ("amount", "direction") if sides <= set(kinds) else sides:
            kinds.pop(kind, None)
        return kinds

    def _has_dates(self, body: Sequence[Row], at: int) -> bool:
        cells = [row.cells[at] for row in body if at < len(row.cells)]
        return any(is_date(cell, self.strip) for cell in cells if as_text(cell))

    def _name(self, at: int) -> str | int:
        name = self.headings[at]
        return name if self.headings.count(name) == 1 else at + 1

    def _one(self, kind: str, found: Sequence[int]) -> str | int:
        given = self.given.get(f"columns.{kind}")
        if given:
            return _value("columns.", given[0])
        if len(found) > 1:
            names = [self._name(at) for at in found]
            answers = [Answer(f"{each}", ((f"columns.{kind}", f"{each}"),)) for each in names]
            raise UnsureError(Question(f"which column is the {kind}", tuple(answers)))
        return self._name(found[0])

    # --- Above and below ----------------------------------------------------------------

    def _edges(self, body: Sequence[Row]) -> dict[str, Any]:
        """Where the table ends, and which of its rows are sums."""
        at = self._index(self.columns["date"])
        dated = [
            at is not None and at < len(row.cells) and is_date(row.cells[at], self.strip)
            for row in body
        ]
        last = max((number for number, is_one in enumerate(dated) if is_one), default=-1)
        said: dict[str, list[str]] = {name: [] for name in _BEGINNINGS}
        known = tuple(word for name in _BEGINNINGS for word in self.given.get(name, ()))
        for number, (row, is_one) in enumerate(zip(body, dated, strict=True)):
            first = next(
                (text for text in (stripped(as_text(cell)) for cell in row.cells) if text), ""
            )
            sums = TOTALS.match(first)
            if is_one:
                self.entries.append(row)
            elif first.startswith(known):
                continue
            elif sums is not None:
                said["totals"].append(sums[0])
            elif number > last:
                said["end"].append(self._beginning(row, first))
                break
            else:
                beginning = self._beginning(row, first)
                shown = f'"{beginning}" begins a row that is no entry'
                question = f'what is row {row.line}, "{first[:40]}", which has no date'
                raise UnsureError(Question(question, (Answer(shown, (("leave-out", beginning),)),)))
        found = {name: list(dict.fromkeys(words)) for name, words in said.items()}
        return {
            name: words[0] if len(words) == 1 else words for name, words in found.items() if words
        }

    def _beginning(self, row: Row, first: str) -> str:
        """What a row begins with in any month: no figures, and nothing that begins an entry."""
        beginning = re.split(r"[0-9:：]", first)[0].strip()[:30]
        firsts = [stripped(as_text(each.cells[0])) for each in self.entries if each.cells]
        if not beginning or any(each.startswith(beginning) for each in firsts):
            raise UnsureError(
                Question(
                    f'with what does row {row.line}, "{first[:40]}", begin in any month', key="end"
                )
            )
        return beginning

    def _above(self, name: str) -> str:
        """The words behind which a line above the table has the account, or its currency."""
        pattern = ACCOUNT if name == "account" else CURRENCY
        found: dict[str, str] = {}
        for row in self.above:
            cells = [stripped(as_text(cell)) for cell in row.cells]
            for at, cell in enumerate(cells):
                match = pattern.fullmatch(cell)
                if match is None:
                    continue
                behind = match["rest"].lstrip(" :：[=(（")
                words = cell[: len(cell) - len(behind)].rstrip() if behind else cell
                beside = [each for each in cells[at + 1 :] if each][:1]
                for value, its in ((behind, words), *((each, cell) for each in beside)):
                    if self._is(name, value):
                        found.setdefault(value, its)
                        break
        if len(found) == 1 and "*" not in next(iter(found)):
            return next(iter(found.values()))
        what = "the account's number" if name == "account" else "the currency, such as CNY"
        seen = f" ({', '.join(found)} stands above the table)" if found else ""
        raise UnsureError(Question(f"what is {what}{seen}", key=name))

    def _is(self, name: str, value: str) -> bool:
        if name == "account":
            return NUMBER.match(value) is not None
        word = re.match(r"[^\s\],;，)）]+", value)
        return word is not None and currency_of(word[0], {}) is not None

    # --- Words --------------------------------------------------------------------------

    def _sorted(self, table: str, words: Iterable[str]) -> dict[str, Any]:
        """Words of a column by what they say; each that is not known is asked for."""
        known = {
            word: name.partition(".")[2]
            for name, values in self.given.items()
            for word in values
            if name.startswith(f"{table}.")
        }
        lists: dict[str, list[str]] = {}
        for word in words:
            says = known.get(word) or (side_of(word) if table == "direction" else None)
            if says is None:
                meanings = (
                    {name: text for name, (_, text) in DIRECTION.items()}
                    if table == "direction"
                    else STATUS
                )
                answers = [
                    Answer(f"{name}: {meaning}", ((f"{table}.{name}", word),))
                    for name, meaning in meanings.items()
                ]
                raise UnsureError(Question(f'what does the {table} "{word}" say', tuple(answers)))
            lists.setdefault(says, []).append(word)
        if table == "direction":
            self._fill(lists)
        return {name: found[0] if len(found) == 1 else found for name, found in lists.items()}

    def _fill(self, lists: dict[str, list[str]]) -> None:
        """The word of the side that nothing stands on in this file."""
        for side, other in (("in", "out"), ("out", "in")):
            if side in lists:
                continue
            given = self.given.get(f"direction.{side}")
            known = [OPPOSITE[word] for word in lists.get(other, ()) if word in OPPOSITE]
            if not given and not known:
                means = DIRECTION[side][1]
                raise UnsureError(
                    Question(f"which word says that {means}", key=f"direction.{side}")
                )
            lists[side] = list(given or known)

    # --- What only a reading shows ------------------------------------------------------

    def orders(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Whether the last line stands first: by the days, else both ways."""
        if "newest-first" in self.given:
            return [{}]
        forms = [
            date_form(each, said.get("year-from", ""))
            for each in listed(said.get("date-format", "%Y-%m-%d"))
        ]
        days = [self._day(cell, forms) for cell in self._cells("date")]
        first, last = days[0], days[-1]
        if first is not None and last is not None and first != last:
            return [{"newest-first": True}] if first > last else [{}]
        return [{}, {"newest-first": True}] if "balance" in self.columns and len(days) > 1 else [{}]

    def _day(self, cell: Cell, forms: Sequence[DateForm]) -> dt.date | None:
        if isinstance(cell, dt.date):
            return cell
        text = stripped(as_text(cell), self.strip)
        return next((day for form in forms if (day := form.read(text)) is not None), None)

    def minuses(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a minus may mean where something else says in or out; nothing, if there is none."""
        sided = ["debit", "credit"] + (["amount"] if said.get("direction") else [])
        if "minus" in self.given or not any(
            _is_negative(cell, said) for name in sided for cell in self._cells(name)
        ):
            return [{}]
        return [{"minus": each} for each in MINUS]


def _is_negative(cell: Cell, said: Mapping[str, Any]) -> bool:
    if isinstance(cell, Decimal):
        return cell < 0
    forms = listed(said.get("negative", "-5.00"))
    text = plain(as_text(cell)).strip("".join(listed(said.get("units", ""))) + " `'")
    marks = [NEGATIVE[form] for form in forms]
    return any(
        text.startswith(before) and text.endswith(behind) for before, behind in marks
    ) and any(each.isdecimal() for each in text)
