"""A map guessed from a file: what the file leaves open is a question, and never a guess.

``guess`` is asked again with each answer, until there is nothing left to ask. Whatever it takes
for sure stands in the map and in the lines that are read by it, for a person to look at.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from beancount_voucher.statements.statement import StatementError, decoded
from beancount_voucher.statements.tables import spreadsheets
from beancount_voucher.statements.tables.cells import Row, heading
from beancount_voucher.statements.tables.csv_map import made_map
from beancount_voucher.statements.tables.csv_reader import cut, of_rows
from beancount_voucher.statements.tables.date_forms import DateFormError
from beancount_voucher.statements.tables.guess_table import (
    BEGINNINGS,
    BY_HAND,
    HEAD,
    NONE,
    GuessedTable,
    score,
    value_of,
)
from beancount_voucher.statements.tables.known_words import (
    DELIMITERS,
    ENCODINGS,
)
from beancount_voucher.statements.tables.map_rules import listed
from beancount_voucher.statements.tables.map_settings import (
    MINUS,
    TABLES,
)
from beancount_voucher.statements.tables.questions import Answer, Question, UnsureError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from beancount_voucher.statements.statement import Statement

    Given = Mapping[str, Sequence[str]]


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
    table = GuessedTable(str(path), rows, given)
    try:
        said |= table.settings()
        _put(said, given)
        orders = table.orders(said)
    except DateFormError as error:
        expected = 'a format such as "%Y-%m-%d"'
        raise StatementError("bad-map", str(path), f"{error}", expected) from error
    ways = [said | order | minus for order in orders for minus in table.minuses(said)]
    read, errors = [], []
    for way in map(_in_order, ways):
        try:
            read.append((way, of_rows(rows, path, "", made_map(way, path), form or "CSV")))
        except StatementError as error:
            errors.append(error)
    if not read:
        question = table.signs_question(said)
        raise errors[0] if question is None else UnsureError(question)
    if len(read) > 1:
        raise UnsureError(_open(read[0][0], read[-1][0]))
    return read[0]


def _open(one: Mapping[str, Any], other: Mapping[str, Any]) -> Question:
    """What two maps differ in that both can read all."""
    if one.get("newest-first") != other.get("newest-first"):
        answers = [
            Answer("the first line is the oldest", (("newest-first", "false"),)),
            Answer("the first line is the newest", (("newest-first", "true"),)),
        ]
        return Question("in which order are the lines", tuple(answers))
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
        is_in = table in ("columns", "direction", "status") and word in said.get(table, {})
        if is_in or (table == "columns" and values == [NONE]):
            continue
        at = said.setdefault(table, {}) if dot else said
        before = listed(at.get(word, [])) if name in BEGINNINGS else []
        several = list(dict.fromkeys([*before, *(value_of(name, each) for each in values)]))
        at[word] = several[0] if len(several) == 1 else several


# --- From bytes to rows -----------------------------------------------------------------


def _cut(content: bytes, where: str, given: Given) -> tuple[dict[str, Any], list[Row]]:
    encodings = given.get("encoding") or _encodings(content)
    delimiters = given.get("delimiter") or DELIMITERS
    ways: list[tuple[int, str, str, list[Row]]] = []
    for encoding in encodings:
        text = decoded(content, encoding, where)
        for delimiter in delimiters:
            try:
                rows = list(islice(cut(text, where, delimiter, 0), HEAD))
            except StatementError:
                continue
            best = max((score(row, given) for row in rows), default=0)
            ways.append((best, encoding, delimiter, rows))
    most = max((way[0] for way in ways), default=0)
    best_ways = [way for way in ways if way[0] == most > 1]
    if not best_ways:
        raise StatementError("bad-csv", where, "no row looks like headings", BY_HAND)
    if len(best_ways) > 1:
        answers = [
            Answer(
                f"{encoding}, {delimiter!r}: {_sample(rows, given)}",
                (("encoding", encoding), ("delimiter", delimiter)),
            )
            for _, encoding, delimiter, rows in best_ways
        ]
        raise UnsureError(
            Question("how is the file encoded, and what is between cells", tuple(answers))
        )
    _, encoding, delimiter, _ = best_ways[0]
    rows = list(cut(decoded(content, encoding, where), where, delimiter, 0))
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
    best = max(rows, key=lambda row: score(row, given))
    return " | ".join(heading(cell) for cell in best.cells if heading(cell))[:60]
