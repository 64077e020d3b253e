"""How dates and numbers are written, by all the cells of their columns."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables.cells import as_text, stripped
from beancount_voucher.statements.tables.date_forms import DateForm, date_form
from beancount_voucher.statements.tables.known_words import AROUND, DATES, NOTHING, NUMBERS, UNITS
from beancount_voucher.statements.tables.number_forms import NEGATIVE, NumberForm, plain
from beancount_voucher.statements.tables.questions import Answer, Question, UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from beancount_voucher.statements.tables.cells import Cell

_SHORT = ("%y", "%Ey")
_ERA_FIRST = re.compile(r"%(?:y|Ey)")
_MARK = re.compile(
    r"(?P<before>[A-Za-z]{1,6}\b|[贷借收支])?[^A-Za-z贷借收支]*(?P<behind>\b[A-Za-z]{1,6}|[贷借收支])?\.?"
)


def around(cells: Iterable[Cell]) -> list[str]:
    """What stands before cells and belongs to none of them."""
    texts = [stripped(cell) for cell in cells if isinstance(cell, str)]
    return [mark for mark in AROUND if any(text.startswith(mark) for text in texts)]


def _forms(year_from: str) -> Iterator[DateForm]:
    for form in DATES:
        is_short = any(each in form for each in _SHORT) and "%EC" not in form
        yield date_form(form, year_from if is_short else "")


def is_date(cell: Cell, strip: Sequence[str] = ()) -> bool:
    """Whether a cell can be a date in any format."""
    if isinstance(cell, dt.date):
        return True
    text = stripped(as_text(cell), strip)
    return any(form.read(text) for form in _forms("2000"))


def date_settings(
    cells: Sequence[Cell], given: Mapping[str, Sequence[str]], strip: Sequence[str]
) -> dict[str, Any]:
    """``date-format`` and ``year-from`` of a column of dates.

    Raises:
        UnsureError: several formats read all of it as other days.
    """
    texts = [stripped(as_text(cell), strip) for cell in cells if not isinstance(cell, dt.date)]
    if not texts or "date-format" in given:
        formats = list(given.get("date-format", ()))
    else:
        formats = [_one_format(texts)]
    settings: dict[str, Any] = {}
    if formats not in ([], ["%Y-%m-%d"]):
        settings["date-format"] = formats[0] if len(formats) == 1 else formats
    if any(each in form for form in formats for each in _SHORT if "%EC" not in form):
        settings["year-from"] = given.get("year-from", [""])[0] or _century(formats[0], texts[0])
    return settings


def _one_format(texts: Sequence[str]) -> str:
    """The one format of all texts, or of the most of them if no other reads more."""
    read: dict[tuple[dt.date | None, ...], str] = {}
    most = 0
    for form in _forms("2000"):
        days = tuple(form.read(text) for text in texts)
        known = len(days) - days.count(None)
        if known > most:
            read, most = {}, known
        if known == most and known:
            read.setdefault(days, form.format)
    if len(read) > 1:
        answers = [
            Answer(f"{form}: {texts[0]} is {_first(days)}", (("date-format", form),))
            for days, form in read.items()
        ]
        raise UnsureError(Question(f'how is the date "{texts[0]}" written', tuple(answers)))
    return next(iter(read.values()))


def _first(days: Iterable[dt.date | None]) -> dt.date:
    return next(day for day in days if day is not None)


def _century(form: str, text: str) -> str:
    """Where a short year comes first it may be one of an era; else it is of this century."""
    if not _ERA_FIRST.match(form):
        return "2000"
    answers = []
    for base in ("2000", "令和", "平成", "民國"):
        day = date_form(form, base).read(text)
        if day is not None:
            answers.append(Answer(f"{base}: {text} is {day}", (("year-from", base),)))
    raise UnsureError(Question(f'what does the year in "{text}" count from', tuple(answers)))


# --- Numbers ----------------------------------------------------------------------------


def number_settings(
    cells: Sequence[Cell], given: Mapping[str, Sequence[str]], strip: Sequence[str], where: str
) -> tuple[dict[str, Any], list[str]]:
    """How numbers are written, and the words for in and out that stand at them.

    Raises:
        UnsureError: they are other amounts in another form.
        StatementError: a cell is a number in no form.
    """
    texts = [stripped(cell, strip) for cell in cells if isinstance(cell, str)]
    texts = [text for text in texts if text]
    empty = sorted({text for text in texts if text in NOTHING})
    numbers = [plain(text) for text in texts if text not in NOTHING]
    units = [unit for unit in UNITS if any(plain(unit) in text for text in numbers)]
    units = [unit for unit in units if not any(unit != each and unit in each for each in units)]
    bare = [_without(text, units) for text in numbers]
    marks = sorted({word for text in bare for word in _words(text)})
    bare = [_without(text, marks) for text in bare]
    negative = [form for form in NEGATIVE if any(_is_negative(text, form) for text in bare)]
    settings: dict[str, Any] = {}
    for name, found in (("empty", empty), ("units", units)):
        if found:
            settings[name] = found[0] if len(found) == 1 else found
    if negative not in ([], ["-5.00"]):
        settings["negative"] = negative[0] if len(negative) == 1 else negative
    forms = _separators(bare, negative, given, where)
    return settings | forms, marks


def _without(text: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(plain(word), "")
    return text.strip()


def _words(text: str) -> list[str]:
    match = _MARK.fullmatch(text)
    has_digits = any(each.isdecimal() for each in text)
    return [] if match is None or not has_digits else [word for word in match.groups() if word]


def _is_negative(text: str, form: str) -> bool:
    before, behind = NEGATIVE[form]
    return text.startswith(before) and text.endswith(behind) and text not in NOTHING


def _separators(
    texts: Sequence[str], negative: Sequence[str], given: Mapping[str, Sequence[str]], where: str
) -> dict[str, str]:
    known = {name: given[name][0] for name in ("decimal", "thousands") if name in given}
    read: dict[tuple[Decimal, ...], tuple[str, str]] = {}
    worst = ""
    for decimal, thousands in NUMBERS:
        if known and (known.get("decimal", decimal), known.get("thousands", thousands)) != (
            decimal,
            thousands,
        ):
            continue
        form = NumberForm(decimal, thousands, negative=tuple(negative) or ("-5.00",))
        found = [form.read(text) for text in texts]
        if None in found:
            worst = worst or texts[found.index(None)]
            continue
        read.setdefault(
            tuple(each.signed for each in found if each is not None), (decimal, thousands)
        )
    if not read:
        if known:  # the reader tells which cell does not fit
            apart = "." if known.get("decimal") == "," else ","
            return {"thousands": apart} | known
        raise StatementError("bad-amount", where, f'"{worst}" stands among numbers', "a number")
    if len(read) > 1:
        at = next(at for at in range(len(texts)) if len({values[at] for values in read}) > 1)
        answers = [
            Answer(
                f'{values[at]}: decimal "{decimal}"',
                (("decimal", decimal), ("thousands", thousands)),
            )
            for values, (decimal, thousands) in read.items()
        ]
        raise UnsureError(Question(f'what number is "{texts[at]}"', tuple(answers)))
    [(decimal, thousands)] = read.values()
    said = {}
    if decimal != ".":
        said["decimal"] = decimal
    if thousands != ",":
        said["thousands"] = thousands
    return said
