"""Exports in every form, written from a known list: what comes back is that list, or an error."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from beancount_voucher.statements.statement import Statement, StatementError
from beancount_voucher.statements.tables import csv_reader, sheet_process, spreadsheets
from beancount_voucher.statements.tables.cells import Row
from beancount_voucher.statements.tables.csv_map import made_map
from tests.support.exports import xls, xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence

PATH = Path("s.csv")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Move:
    """What is booked: day, amount, reference."""

    day: dt.date
    amount: Decimal
    reference: str


MOVES = st.lists(
    st.builds(
        Move,
        st.dates(dt.date(2020, 1, 1), dt.date(2089, 12, 31)),
        st.integers(-(10**9), 10**9).filter(bool).map(lambda cents: cents * CENT),
        st.from_regex(r"V-[0-9]{1,6}", fullmatch=True),
    ),
    min_size=1,
    max_size=8,
).map(lambda moves: sorted(moves, key=lambda each: each.day))


@dataclass(frozen=True)
class Form:
    """A way of writing exports: how numbers, days, sides and the table are written."""

    decimal: str
    thousands: str
    negative: str
    unit: str
    date: str
    sides: str
    minus: str
    newest_first: bool
    padded: bool
    quoted: bool
    balance: bool
    preamble: bool
    totals: bool
    delimiter: str
    encoding: str

    def how(self) -> dict[str, Any]:
        """The map of this form."""
        columns = {"date": "日期", "reference": "Ref"}
        said: dict[str, Any] = {
            "encoding": self.encoding, "delimiter": self.delimiter, "decimal": self.decimal,
            "thousands": self.thousands, "negative": self.negative, "date-format": self.date,
            "year-from": "令和" if "%y" in self.date else "", "newest-first": self.newest_first,
            "units": [self.unit] if self.unit else [], "empty": "--", "columns": columns,
        }  # fmt: skip
        if self.sides == "columns":
            columns |= {"debit": "支出", "credit": "收入"}
            said["minus"] = self.minus
        else:
            columns["amount"] = "金额"
        if self.sides in ("direction", "words"):
            said["direction"] = {"in": "贷", "out": "借"}
        if self.sides == "direction":
            columns["direction"] = "借/贷"
        if self.balance:
            columns["balance"] = "余额"
        if self.totals:
            said["totals"] = "合计"
        if self.preamble:
            said["file"] = {
                "account": "账号：",
                "currency": "币种：",
                "count": "笔数：",
                "sum-in": "收入：*共",
            }
        else:
            said |= {"account": "62001", "currency": "人民币"}
        return {name: value for name, value in said.items() if value != ""}

    def number(self, value: Decimal) -> str:
        """A number in this form."""
        text = (
            f"{abs(value):,.2f}".replace(",", "\0")
            .replace(".", self.decimal)
            .replace("\0", self.thousands)
        )
        text = f"{text}{self.unit}"
        if value >= 0:
            return text
        return {
            "-5.00": f"-{text}",
            "5.00-": f"{text}-",
            "(5.00)": f"({text})",
            "▲5.00": f"▲{text}",
        }[self.negative]

    def day(self, day: dt.date) -> str:
        """A day in this form."""
        return day.strftime(self.date.replace("%y", f"{day.year - 2018:02}"))


FORMS = st.builds(
    Form,
    decimal=st.just("."), thousands=st.sampled_from([",", "", "'", " "]),
    negative=st.sampled_from(["-5.00", "5.00-", "(5.00)", "▲5.00"]), unit=st.sampled_from(["", "元", "¥"]),
    date=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%Y年%m月%d日", "%m/%d/%Y", "%y/%m/%d", "%d-%b-%Y"]),
    sides=st.sampled_from(["signed", "columns", "direction", "words"]),
    minus=st.sampled_from(["", "goes-out", "taken-back"]),
    newest_first=st.booleans(), padded=st.booleans(), quoted=st.booleans(), balance=st.booleans(),
    preamble=st.booleans(), totals=st.booleans(), delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)  # fmt: skip
EUROPE = FORMS.map(lambda form: Form(**{**form.__dict__, "decimal": ",", "thousands": "."}))


def sides(form: Form, move: Move) -> list[str]:
    """The cells that say the amount."""
    number, bare = form.number(move.amount), form.number(abs(move.amount))
    is_out = move.amount < 0
    if form.sides == "signed":
        return [number]
    if form.sides == "direction":
        return ["借" if is_out else "贷", bare]
    if form.sides == "words":
        return [f"{bare} 借" if is_out else f"{bare} 贷"]
    if form.minus == "goes-out":
        return [number if is_out else "--", "--" if is_out else number]
    if form.minus == "taken-back" and move.reference.endswith("7"):  # the other side, taken back
        turned = form.number(-abs(move.amount))
        return ["--" if is_out else turned, turned if is_out else "--"]
    return [bare if is_out else "--", "--" if is_out else bare]


HEADINGS = {
    "signed": ["金额"], "direction": ["借/贷", "金额"], "words": ["金额"], "columns": ["支出", "收入"],
}  # fmt: skip


def side_of(form: Form, move: Move) -> int:
    """Where the amount stands: with what comes in, or goes out."""
    turned = form.sides == "columns" and form.minus == "taken-back" and move.reference.endswith("7")
    return (1 if move.amount > 0 else -1) * (-1 if turned else 1)


def rows(form: Form, moves: Sequence[Move], opening: Decimal) -> list[list[str]]:
    """The rows of an export."""
    made: list[list[str]] = []
    coming = sum((each.amount for each in moves if side_of(form, each) > 0), Decimal(0))
    going = sum((each.amount for each in moves if side_of(form, each) < 0), Decimal(0))
    if form.preamble:
        made += [
            ["账号：62001", "币种：人民币"], [f"笔数：{len(moves)}"], [f"收入：1共{form.number(coming)}"],
        ]  # fmt: skip
    made.append(["日期", "Ref", *HEADINGS[form.sides], "余额", ""])
    balance, body = opening, []
    for each in moves:
        balance += each.amount
        body.append(
            [form.day(each.day), each.reference, *sides(form, each), form.number(balance), ""]
        )
    made += body[::-1] if form.newest_first else body
    if form.totals and form.sides == "columns" and form.minus != "goes-out":
        made.append(["合计", "", form.number(-going), form.number(coming)])
    return [[f" {cell}\t" if form.padded and cell else cell for cell in row] for row in made]


def content(form: Form, made: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    if form.quoted:
        writer = csv.writer(text, delimiter=form.delimiter, quoting=csv.QUOTE_ALL)
    else:
        writer = csv.writer(text, delimiter=form.delimiter)
    writer.writerows(made)
    return text.getvalue().encode(form.encoding)


def back(form: Form, made: Sequence[Sequence[str]]) -> Statement:
    [statement] = csv_reader.statements(content(form, made), PATH, "", made_map(form.how(), PATH))
    return statement


def told(statement: Statement) -> list[Move]:
    return [Move(each.date, each.amount, each.references[0]) for each in statement.lines]


@given(st.one_of(FORMS, EUROPE), MOVES, st.integers(-(10**9), 10**9))
def test_what_is_written_comes_back(form: Form, moves: list[Move], cents: int) -> None:
    assume("%y" not in form.date or moves[0].day.year > 2018)
    opening = cents * CENT
    statement = back(form, rows(form, moves, opening))
    assert told(statement) == moves
    assert (statement.account, statement.currency) == ("62001", "CNY")
    assert statement.is_proven == form.balance
    assert statement.opening is None or statement.opening.number == opening


@given(st.one_of(FORMS, EUROPE), MOVES, st.integers(-(10**9), 10**9), st.data())
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_no_entry_is_lost_from_a_proven_statement(
    form: Form, moves: list[Move], cents: int, data: st.DataObject
) -> None:
    """A row that is cut out, twice there, or cut off: refused, or not proven, or another chain."""
    form = Form(**{**form.__dict__, "balance": True})
    made = rows(form, moves, cents * CENT)
    start = made.index(next(row for row in made if "日期" in row[0])) + 1
    inner = range(start + 1, start + len(moves) - 1)
    assume(len(inner) > 0)
    at = data.draw(st.sampled_from(inner))
    kind = data.draw(st.sampled_from(["gone", "twice", "cut"]))
    damaged = {"gone": [*made[:at], *made[at + 1 :]], "twice": [*made[: at + 1], *made[at:]]}
    damaged["cut"] = [*made[:at], made[at][:3], *made[at + 1 :]]
    with pytest.raises(StatementError):
        back(form, damaged[kind])


@given(st.one_of(FORMS, EUROPE), st.one_of(FORMS, EUROPE), MOVES, st.integers(-(10**9), 10**9))
def test_the_map_of_another_form_gives_the_same_or_an_error(
    form: Form, other: Form, moves: list[Move], cents: int
) -> None:
    """Only how numbers are written differs: no amount becomes another."""
    how = form.how() | {key: other.how()[key] for key in ("decimal", "negative")}
    how["thousands"] = other.how().get("thousands", "")
    made = rows(form, moves, cents * CENT)
    try:
        [statement] = csv_reader.statements(content(form, made), PATH, "", made_map(how, PATH))
    except StatementError:
        return
    assert [each.amount for each in statement.lines] == [each.amount for each in moves]


@pytest.mark.parametrize("made", [xls, xlsx])
@given(moves=MOVES, cents=st.integers(-(10**9), 10**9))
@settings(max_examples=20)
def test_what_is_written_to_a_spreadsheet_comes_back(
    made: Any, moves: list[Move], cents: int
) -> None:
    """Whatever sums of floats the numbers of its cells are."""
    balance, table = cents * CENT, [["Day", "Ref", "Amount", "Balance"]]
    total = float(balance)
    for each in moves:
        balance += each.amount
        total += float(each.amount)
        table.append([each.day, each.reference, float(each.amount), total])  # type: ignore[list-item]
    how = made_map(
        {
            "account": "62001",
            "currency": "CNY",
            "columns": {
                "date": "Day",
                "reference": "Ref",
                "amount": "Amount",
                "balance": "Balance",
            },
        },
        PATH,
    )
    cells = sheet_process.told(made({"S": table}), "")["rows"]
    found = [Row(at, [spreadsheets._cell(cell) for cell in row]) for at, row in enumerate(cells, 1)]
    [statement] = csv_reader.of_rows(found, PATH, "", how, "XLS")
    assert told(statement) == moves
    assert statement.is_proven
    assert statement.closing is not None
    assert statement.closing.number == balance
