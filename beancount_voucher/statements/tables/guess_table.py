"""What a table tells of its own map: its columns, how they are written, what stands around."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables.cells import Row, as_text, heading, stripped
from beancount_voucher.statements.tables.currencies import CURRENCY_NAMES, currency_of
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
    NUMBER,
    OPPOSITE,
    TOTALS,
    kinds_of,
    side_of,
)
from beancount_voucher.statements.tables.map_rules import listed
from beancount_voucher.statements.tables.map_settings import (
    COLUMNS,
    DIRECTION,
    MINUS,
    STATUS,
)
from beancount_voucher.statements.tables.number_forms import NEGATIVE, plain
from beancount_voucher.statements.tables.questions import Answer, Question, UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from beancount_voucher.statements.tables.cells import Cell
    from beancount_voucher.statements.tables.date_forms import DateForm

    Given = Mapping[str, Sequence[str]]

BEGINNINGS = ("end", "totals", "leave-out")
_NUMBERS = ("amount", "debit", "credit", "balance", "available")
BY_HAND = "a map written by hand: bean-voucher help csv-maps"
NONE = "none"
"""What a person says of a column that there is not."""

_FEW = 6
"""How many words a column has at most that says in or out."""

HEAD = 200
"""Rows at the top among which the headings are looked for."""


def value_of(name: str, text: str) -> str | int | bool:
    """A setting's value from a text."""
    is_number = name in ("skip", "heading-rows") or name.startswith("columns.")
    if is_number and re.fullmatch(r"[0-9]{1,4}", text):
        return int(text)
    return text == "true" if name == "newest-first" else text


def score(row: Row, given: Given) -> int:
    """How many headings of a row are known."""
    named = [
        value for name, values in given.items() if name.startswith("columns.") for value in values
    ]
    return sum(bool(kinds_of(heading(cell))) or heading(cell) in named for cell in row.cells)


@dataclass(slots=True)
class GuessedTable:
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
        cells = (cell for row in body[:HEAD] for cell in row.cells)
        self.strip = list(self.given["strip"]) if "strip" in self.given else around(cells)
        self._find_columns(body)
        said: dict[str, Any] = {"strip": self.strip[0]} if self.strip else {}
        said |= self._edges(body)
        if not self.entries:
            raise StatementError("bad-csv", self.where, "no row has a date", BY_HAND)
        said |= date_settings(self._cells("date"), self.given, self.strip)
        numbers = [cell for name in _NUMBERS for cell in self._cells(name)]
        written, marks = number_settings(numbers, self.given, self.strip, self.where)
        said |= written
        said["columns"] = self.columns
        if "direction" in self.columns:
            said["direction"] = self._sorted("direction", self._words("direction"))
        elif marks:
            said["direction"] = self._sorted("direction", marks)
        elif "amount" in self.columns and "balance" not in self.columns:
            question = self.signs_question(said)
            if question is not None:
                raise UnsureError(question)
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

    def signs_question(self, said: Mapping[str, Any]) -> Question | None:
        """Amounts without a minus may all come in; or something else says which go out."""
        amounts = self._cells("amount")
        is_said = "columns.direction" in self.given or "direction" in said
        if is_said or not amounts or any(_is_negative(cell, said) for cell in amounts):
            return None
        answers = [Answer("none: all amounts come in", (("columns.direction", NONE),))]
        for at, name in enumerate(self.headings):
            words = {
                stripped(as_text(row.cells[at])) for row in self.entries if at < len(row.cells)
            }
            if name and name not in self.columns.values() and 0 < len(words - {""}) <= _FEW:
                shown = f"{name}: {', '.join(sorted(words))}"
                answers.append(Answer(shown, (("columns.direction", f"{self._name(at)}"),)))
        return Question("no amount has a minus; what says which go out", tuple(answers))

    def _find_headings(self) -> int:
        scores = [(score(row, self.given), -at) for at, row in enumerate(self.rows[:HEAD])]
        known, at = max(scores, default=(0, 0))
        if known < 2:  # noqa: PLR2004
            raise StatementError("bad-csv", self.where, "no row looks like headings", BY_HAND)
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
            names = [self._name(at) for at in texts]
            self.columns["text"] = names if len(names) > 1 else names[0]
        for key, values in self.given.items():
            table, _, kind = key.partition(".")
            if table == "columns":
                several = [value_of(key, each) for each in values]
                self.columns[kind] = several[0] if len(several) == 1 else several
                if values == [NONE]:
                    del self.columns[kind]
        self._check_named()
        named = self.columns
        self.columns = {kind: named[kind] for kind in (*COLUMNS, "text", *named) if kind in named}

    def _check_named(self) -> None:
        for kind, column in self.columns.items():
            for each in listed(column):
                if isinstance(each, str) and each not in self.headings:
                    expected = ", ".join(f'"{name}"' for name in self.headings if name)
                    wrong = f'there is no column "{each}" for {kind}'
                    raise StatementError("bad-csv", self.where, wrong, f"one of {expected}")

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
            return value_of("columns.", given[0])
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
        said: dict[str, list[str]] = {name: [] for name in BEGINNINGS}
        known = tuple(word for name in BEGINNINGS for word in self.given.get(name, ()))
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
        is_code = word is not None and re.fullmatch(r"[A-Z]{3}", word[0]) is not None
        return word is not None and (is_code or currency_of(word[0], {}) in CURRENCY_NAMES)

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
