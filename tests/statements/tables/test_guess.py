"""Guessed maps: what they read is right, or it is asked; nothing is guessed in silence."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables.csv_map import made_map
from beancount_voucher.statements.tables.guess import guess
from beancount_voucher.statements.tables.known_words import HEADINGS, OPPOSITE, SIDES, side_of
from beancount_voucher.statements.tables.map_settings import COLUMNS
from beancount_voucher.statements.tables.map_text import map_text
from beancount_voucher.statements.tables.questions import UnsureError
from tests.statements.tables.test_csv_reader import KINDS
from tests.statements.tables.test_export_forms import (
    EUROPE,
    FORMS,
    MOVES,
    Form,
    Move,
    content,
    rows,
    told,
)
from tests.support.exports import xls, xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence

PATH = Path("s.csv")
MINE = {"account": ["62001"], "currency": ["CNY"]}

# the kind of export -> what a person must say, in the order in which it is asked
SAID: dict[str, dict[str, list[str]]] = {
    "a column says in or out": {"columns.direction": ["DC"], **MINE},
    "units, placeholders, full width, totals": MINE,
    "a list of orders": {
        "direction.neither": ["不计收支"], "status.booked": ["等待确认", "交易成功"], "status.not-booked": ["交易关闭"], **MINE,
    },
    "a minus that goes out, lines around": {"currency": ["CNY"]},
    "backticks, and sums below with headings of their own": {"columns.direction": ["类型"], **MINE},
    "labels above in two languages": {},
    "formulas that quote, named .xls": {},
    "a minus that takes back": MINE,
    "lakhs, Cr behind the balance, a summary": {"currency": ["INR"], "date-format": ["%d/%m/%y"]},
    "Cr and Dr behind the amount": MINE,
    "a status that is pending": {"status.booked": ["Posted"], "status.pending": ["Pending"], **MINE},
    "comma, minus behind, a unit": {"account": ["62001"], "currency": ["EUR"]},
    "the minus of print": MINE,
    "rows too short and too long, blanks around quotes": MINE,
    "balances above": {"currency": ["CNY"]},
    "a sum of both directions, marks on both sides": MINE | {"columns.direction": ["类型"], "direction.neither": ["不计"], "strip": ["^"]},
}  # fmt: skip


def asked(
    content: bytes, said: dict[str, list[str]]
) -> tuple[dict[str, Any], list[Any], list[str]]:
    """A guess with the answers that are needed, and the questions that they answer."""
    given: dict[str, list[str]] = {}
    questions: list[str] = []
    while True:
        try:
            return *guess(content, PATH, given), questions
        except UnsureError as unsure:
            question = unsure.question
            questions.append(question.text)
            keys = [(question.key, "")] if question.key else [
                pair for answer in question.answers for pair in answer.said
            ]  # fmt: skip
            fitting = [
                (key, word) for key, word in keys if key in said and word in ("", *said[key])
            ]
            assert fitting, question
            for key, word in fitting:
                given.setdefault(key, []).append(word or said[key][0])


@pytest.mark.parametrize("name", SAID)
def test_a_kind_of_export_is_understood(name: str) -> None:
    kind = KINDS[name]
    answers = {key: value for key, value in SAID[name].items() if key != "strip"}
    given = {"strip": SAID[name]["strip"]} if "strip" in SAID[name] else {}
    if given:
        map_, statements = guess(kind.text.encode(kind.encoding), PATH, given | answers)
    else:
        map_, statements, _ = asked(kind.text.encode(kind.encoding), answers)
    [statement] = statements
    assert [str(line.amount) for line in statement.lines] == list(kind.lines)
    assert (statement.account, statement.currency) == (kind.account, kind.currency)
    assert statement.is_proven == (kind.opening is not None and name != "balances above")
    text = map_text(map_)
    assert tomllib.loads(text) == map_
    assert made_map(tomllib.loads(text), PATH).path == PATH


# export -> what is asked, and the answers
OPEN: dict[str, tuple[str, str, list[str]]] = {
    "day or month": (
        "Date,Amount,Balance\n02/03/2026,-1.00,9.00\n", 'how is the date "02/03/2026" written',
        ["date-format=%d/%m/%Y", "date-format=%m/%d/%Y"],
    ),
    "day, month or year": (
        "Date,Amount,Balance\n02/03/04,-1.00,9.00\n", 'how is the date "02/03/04" written',
        ["date-format=%d/%m/%y", "date-format=%m/%d/%y", "date-format=%y/%m/%d"],
    ),
    "a year of which era": (
        "Date,Amount,Balance\n08.13.02,-1.00,9.00\n26.03.31,-1.00,8.00\n", "", [],
    ),
    "comma or point": (
        'Date,Amount\n2026-03-02,"-1,234"\n', 'what number is "-1,234"',
        ["decimal=. thousands=,", "decimal=, thousands=."],
    ),
    "two dates": (
        "Booking date,Post Date,Amount,Balance\n2026-03-02,2026-03-03,-1.00,9.00\n", "which column is the date",
        ["columns.date=Booking date", "columns.date=Post Date"],
    ),
    "no date": ("When,Amount,Balance\n2026-03-02,-1.00,9.00\n", "which column is the date", ["columns.date=When", "columns.date=Amount", "columns.date=Balance"]),
    "no amount": ("Date,Sum,Balance\n2026-03-02,-1.00,9.00\n", "which column is the amount", ["columns.amount=Date", "columns.amount=Sum", "columns.amount=Balance"]),
    "two headings that are the same": (
        "Date,Amount,Amount,Balance\n2026-03-02,-1.00,5,9.00\n", "which column is the amount", ["columns.amount=2", "columns.amount=3"],
    ),
    "an unknown direction": (
        "Date,Amount,DrCr,Balance\n2026-03-02,1.00,Xx,9.00\n", 'what does the direction "Xx" say',
        ["direction.in=Xx", "direction.out=Xx", "direction.neither=Xx"],
    ),
    "a direction whose other word is not known": ("Date,Amount,DrCr,Balance\n2026-03-02,1.00,出,9.00\n", "which word says that the amount comes in", ["direction.in=…"]),
    "a word at the amount": ("Date,Amount,Balance\n2026-03-02,1.00 zz,9.00\n", 'what does the direction "zz" say', ["direction.in=zz", "direction.out=zz", "direction.neither=zz"]),
    "a status": ("Date,Amount,Status,Balance\n2026-03-02,1.00,ok,9.00\n", 'what does the status "ok" say', ["status.booked=ok", "status.pending=ok", "status.not-booked=ok"]),
    "no sign anywhere": (
        "Date,Amount,Way,Text\n2026-03-02,1.00,a,x\n2026-03-02,2.00,b,x\n", "no amount has a minus; what says which go out",
        ["columns.direction=none", "columns.direction=Way"],
    ),
    "a minus of two meanings": (
        "Date,Debit,Credit\n2026-03-02,-1.00,\n", "what does a minus mean, where a column says in or out", ["minus=taken-back", "minus=goes-out"],
    ),
    "a row without a date in between": (
        "Date,Amount,Balance\n2026-03-02,-1.00,9.00\nCarried 3,,\n2026-03-03,-1.00,8.00\n", 'what is row 3, "Carried 3", which has no date', ["leave-out=Carried"],
    ),
    "an end that begins with figures": ("Date,Amount,Balance\n2026-03-02,-1.00,9.00\n1 line,,\n", 'with what does row 3, "1 line", begin in any month', ["end=…"]),
    "an end that begins as an entry": (
        "What,Date,Amount,Balance\nfee,2026-03-02,-1.00,9.00\nfee,,,\n", 'with what does row 3, "fee", begin in any month', ["end=…"],
    ),
    "an order": (
        "Date,Amount,Balance\n2026-03-02,-1.00,9.00\n2026-03-02,1.00,10.00\n", "in which order are the lines", ["newest-first=false", "newest-first=true"],
    ),
    "an account in part": (
        "Account: 62****01\nDate,Amount,Balance\n2026-03-02,-1.00,9.00\n", "what is the account's number (62****01 stands above the table)", ["account=…"],
    ),
    "two accounts above": (
        "Account: 62001\nAccount no. 62002\nDate,Amount,Balance\n2026-03-02,-1.00,9.00\n",
        "what is the account's number (62001, 62002 stands above the table)", ["account=…"],
    ),
    "no account": ("Date,Amount,Balance\n2026-03-02,-1.00,9.00\n", "what is the account's number", ["account=…"]),
    "no currency": ("Account 62001\nDate,Amount,Balance\n2026-03-02,-1.00,9.00\n", "what is the currency, such as CNY", ["currency=…"]),
    "a currency that is none": ("Account 62001,Currency: ?\nDate,Amount,Balance\n2026-03-02,-1.00,9.00\n", "what is the currency, such as CNY", ["currency=…"]),
}  # fmt: skip
del OPEN["a year of which era"]


@pytest.mark.parametrize("name", OPEN)
def test_what_is_open_is_asked(name: str) -> None:
    text, question, answers = OPEN[name]
    with pytest.raises(UnsureError) as caught:
        guess(text.encode(), PATH, {} if answers[0] in ("account=…", "currency=…") else MINE)
    found = caught.value.question
    assert found.text == question
    said = [" ".join(f"{key}={word}" for key, word in answer.said) for answer in found.answers]
    assert (said or [f"{found.key}=…"]) == answers
    assert len({answer.shown for answer in found.answers}) == len(found.answers)


def test_what_a_short_year_counts_from_is_asked() -> None:
    text = "Date,Amount,Balance\n08/03/31,-1.00,9.00\n"
    map_, [statement], questions = asked(
        text.encode(), {"year-from": ["令和"], "date-format": ["%y/%m/%d"], **MINE}
    )
    assert 'what does the year in "08/03/31" count from' in questions
    assert map_["year-from"] == "令和"
    assert statement.start == dt.date(2026, 3, 31)
    us = "Date,Amount,Balance\n03/31/26,-1.00,9.00\n"
    assert guess(us.encode(), PATH, MINE)[0]["year-from"] == "2000"


def test_how_it_is_encoded_is_asked_where_several_fit() -> None:
    text = "Date,Amount,Balance,Text\n2026-03-02,-1.00,9.00,Prämie\n"
    with pytest.raises(UnsureError) as caught:
        guess(text.encode("latin-1"), PATH, MINE)
    said = [dict(answer.said)["encoding"] for answer in caught.value.question.answers]
    assert "cp1252" in said
    assert len(said) > 1
    given = MINE | {"encoding": ["cp1252"]}
    assert guess(text.encode("latin-1"), PATH, given)[1][0].lines[0].text == "Prämie"


REFUSED: dict[str, tuple[bytes, dict[str, list[str]], str]] = {
    "no table": (b"hello\nworld\n", {}, "no row looks like headings"),
    "nothing": (b"", {}, "no row looks like headings"),
    "no headings in a spreadsheet": (xlsx({"S": [["a"]]}), {}, "no row looks like headings"),
    "nothing in a spreadsheet": (xlsx({"S": []}), {}, "no row looks like headings"),
    "no rows": (b"Date,Amount,Balance\n", {"columns.date": ["Date"]}, "no row has a date"),
    "a word for a number": (b"Date,Amount,Balance\n2026-03-02,-1.00,#9\n", MINE, '"#9" stands among numbers'),
    "a wrong setting": (b"Date,Amount,Balance\n2026-03-02,-1.00,9\n", MINE | {"colour": ["x"]}, "colour = 'x'"),
    "a wrong format": (b"Date,Amount,Balance\n2026-03-02,-1.00,9\n", MINE | {"date-format": ["%Q"]}, "date-format says %Q"),
    "a form that does not fit": (b"Date;Amount;Balance\n2026-03-02;-1.00;9,5\n", MINE | {"decimal": [","]}, 'amount is "-1.00"'),
    "a column that there is not": (
        b"Date,Amount,Balance\n2026-03-02,-1.00,9\n", MINE | {"columns.date": ["x"]}, 'there is no column "x" for date; expected one of "Date", "Amount"',
    ),
    "balances that do not agree": (b"Date,Amount,Balance\n2026-03-02,-1.00,9\n2026-03-03,-1,7\n", MINE, "the balance is 7"),
    "another encoding": (b"Date,Amount,Balance\n\xff\n", {"encoding": ["utf-8"]}, "can't decode"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    content, given, wrong = REFUSED[name]
    with pytest.raises(StatementError, match=wrong.replace("%", "%")):
        guess(content, PATH, given)


def test_what_a_person_says_goes_before_what_is_guessed() -> None:
    text = "Day,Other day,Amount,Balance,Note,Text\n2026-03-02,2026-03-01,-1.00,9.00,a,x\nSum,,-1.00,,,\n* end,,,,,\n"
    given = MINE | {
        "columns.date": ["Other day"], "columns.text": ["Text", "Note"], "end": ["*"], "id": ["7"],
        "file.count": ["none"], "newest-first": ["true"], "skip": ["0"],
    }  # fmt: skip
    with pytest.raises(StatementError, match='"none" says nothing'):
        guess(text.encode(), PATH, given)
    del given["file.count"]
    map_, [statement] = guess(text.encode(), PATH, given)
    assert (map_["end"], map_["totals"], map_["newest-first"]) == ("*", "Sum", True)
    assert (statement.id, statement.lines[0].text) == ("7", "x a")
    assert statement.start == dt.date(2026, 3, 1)


def test_all_amounts_may_come_in() -> None:
    text = b"Date,Amount\n2026-03-02,1.00\n2026-03-03,2.00\n"
    map_, [statement] = guess(text, PATH, MINE | {"columns.direction": ["none"]})
    assert "direction" not in map_["columns"]
    assert statement.booked == 3


@pytest.mark.parametrize("made", [xls, xlsx])
def test_a_spreadsheet_is_understood(made: Any) -> None:
    day = dt.date(2026, 3, 2)
    table = [["Account", "62001"], ["Currency", "人民币"], ["Date", "Debit", "Credit", "Balance"]]
    table += [[day, None, 0.5, 9], [day, 1.5, None, 7.5], ["Total", 1.5, 0.5, None]]  # type: ignore[list-item]
    map_, [statement] = guess(made({"A": table, "B": []}), PATH, {})
    assert statement.is_proven
    assert map_["file"] == {"account": "Account", "currency": "Currency"}
    table[4][1] = -1.5  # type: ignore[call-overload]
    table[5][1] = -1.5  # type: ignore[call-overload]
    map_, [statement] = guess(made({"A": table, "B": [["x"]]}), PATH, {"sheet": ["A"]})
    assert (map_["sheet"], map_["minus"]) == ("A", "goes-out")
    with pytest.raises(StatementError, match="several sheets"):
        guess(made({"A": table, "B": [["x"]]}), PATH, {})


def test_the_words_are_each_in_one_list() -> None:
    names = [name for kinds in HEADINGS.values() for name in kinds.split()]
    assert len(names) == len(set(names))
    assert set(HEADINGS) == set(COLUMNS)
    words = [word for words in SIDES.values() for word in words.split()]
    assert len(words) == len(set(words))
    assert all({side_of(one), side_of(other)} == {"in", "out"} for one, other in OPPOSITE.items())


def test_a_map_is_written_as_toml() -> None:
    said = {
        "end": ["#", '"'], "skip": 0, "newest-first": True, "columns": {"date": 1, "text": ["a\\b", "银\x7f"]},
        "currencies": {"Rs. / 银": "INR"},
    }  # fmt: skip
    assert tomllib.loads(map_text(said)) == said
    assert map_text({"columns": {"date": 1}}) == "[columns]\ndate = 1\n"


# --- Never another list than that which was written -------------------------------------


def moved(form: Form, moves: Sequence[Move]) -> bytes:
    return content(form, rows(form, moves, moves[0].amount * 0 + 7))


@settings(max_examples=150)
@given(st.one_of(FORMS, EUROPE), MOVES)
def test_what_is_guessed_is_right_or_asked(form: Form, moves: list[Move]) -> None:
    try:
        _, [statement] = guess(moved(form, moves), PATH, {} if form.preamble else MINE)
    except (UnsureError, StatementError):
        return
    assert told(statement) == moves


@settings(max_examples=100)
@given(st.one_of(FORMS, EUROPE), MOVES)
def test_with_what_the_form_is_nothing_is_left_to_ask(form: Form, moves: list[Move]) -> None:
    """Each setting of the form that was written answers what is asked of it."""
    if "%y" in form.date and moves[0].day.year < 2019:
        return
    given = {} if form.preamble else dict(MINE)
    how = form.how()
    for name in (
        "encoding",
        "delimiter",
        "decimal",
        "thousands",
        "date-format",
        "year-from",
        "minus",
        "units",
    ):
        value = how.get(name, "")
        if value and name != "units":
            given[name] = [value]
    given["newest-first"] = ["true" if form.newest_first else "false"]
    if form.sides in ("direction", "words"):
        given |= {"direction.in": ["贷"], "direction.out": ["借"]}
    elif form.sides == "signed":
        given["columns.direction"] = ["none"]
    _, [statement] = guess(moved(form, moves), PATH, given)
    assert told(statement) == moves


def test_a_column_may_be_said_by_its_number() -> None:
    text = b"Date,Amount,Amount,Balance\n2026-03-02,-1.00,-5,9.00\n"
    map_, [statement] = guess(text, PATH, MINE | {"columns.amount": ["3"]})
    assert map_["columns"]["amount"] == 3
    assert statement.booked == -5


def test_a_leap_day_leaves_eras_out() -> None:
    text = b"Date,Amount,Balance\n08/02/29,-1.00,9.00\n"
    with pytest.raises(UnsureError) as caught:
        guess(text, PATH, MINE | {"date-format": ["%y/%m/%d"]})
    said = [answer.said[0][1] for answer in caught.value.question.answers]
    assert said == ["2000", "平成"]
