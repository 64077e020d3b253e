"""Maps: what each rule refuses, and what it says to write instead."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables.csv_map import made_map, read_map
from beancount_voucher.statements.tables.currencies import CURRENCY_NAMES, currency_of
from beancount_voucher.statements.tables.map_rules import RULES, first_wrong
from beancount_voucher.statements.tables.map_settings import MAP_SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'account = "A"\ncurrency = "CNY"\n'
COLUMNS = '[columns]\ndate = "d"\namount = "a"\n'
SMALL = HEAD + COLUMNS
SIDES = HEAD + '[columns]\ndate = "d"\ndebit = "o"\ncredit = "i"\n'
DIRECTED = SMALL + 'direction = "x"\n[direction]\nin = "C"\nout = "D"\n'

SOUND = {
    "small": SMALL,
    "two columns": SIDES,
    "directed": DIRECTED,
    "words at the number": SMALL + '[direction]\nin = ["Cr", "CR"]\nout = "Dr"\n',
    "neither": DIRECTED + 'neither = ["-", "/"]\n',
    "minus beside a direction": 'minus = "taken-back"\n' + DIRECTED,
    "minus beside two columns": 'minus = "goes-out"\n' + SIDES,
    "status": SMALL + 'status = "s"\n[status]\nbooked = "ok"\npending = "soon"\nnot-booked = ["no", "back"]\n',
    "the file says the rest": COLUMNS + '[file]\naccount = "No.:"\ncurrency = "Ccy"\nsum-in = "in:*together"\n',
    "numbers of columns": HEAD + "heading-rows = 0\n[columns]\ndate = 1\namount = 2\ntext = [3, 5]\n",
    "a name of a currency": SMALL.replace('"CNY"', '"人民币"'),
    "a name of a currency of one's own": SMALL.replace('"CNY"', '"Taler"') + '[currencies]\n"Taler" = "THL"\n',
    "several formats of dates": 'date-format = ["%Y-%m-%d", "%d/%m/%y"]\nyear-from = "2000"\n' + SMALL,
    "one of several": 'negative = ["-5.00", "(5.00)"]\n' + SMALL,
    "no thousands": 'thousands = ""\n' + SMALL,
}  # fmt: skip

# what a map says, what the error tells
WRONG: dict[str, tuple[str, str]] = {
    "unknown": ("colour = 1\n" + SMALL, "colour = 1; expected one of encoding, "),
    "almost known": ('delimeter = ";"\n' + SMALL, "(is delimiter meant?)"),
    "a column in the wrong place": ('balance = "b"\n' + SMALL, "(it belongs under [columns]); expected"),
    "a table that is none": ("columns = 1\n" + HEAD, "columns = 1; expected a value of the form"),
    "a number for a text": ("encoding = 8\n" + SMALL, "encoding = 8; expected"),
    "a truth for a number": ("skip = true\n" + SMALL, "skip = True; expected"),
    "a number in a list": ("end = [1]\n" + SMALL, "end = [1]; expected"),
    "unknown column": (SMALL + 'colour = "c"\n', "colour = 'c'; expected headings for date, amount"),
    "an empty heading": (SMALL + 'balance = " "\n', "balance = ' '; expected"),
    "column 0": (SMALL + "balance = 0\n", "balance = 0; expected"),
    "a list of headings": (SMALL + 'balance = ["a", "b"]\n', "balance = ['a', 'b']; expected"),
    "a word of no kind": (DIRECTED + 'up = "u"\n', "direction.up = 'u'; expected words for in, out"),
    "an empty word": (DIRECTED.replace('"C"', '""'), "direction.in = ''; expected"),
    "no words": (DIRECTED.replace('"C"', "[]"), "direction.in = []; expected"),
    "a status of no kind": (SMALL + '[status]\nup = "u"\n', "status.up = 'u'; expected words for booked"),
    "a word in two lists": (DIRECTED.replace('"D"', '["D", "C"]'), "direction: 'C'; expected each word once"),
    "words of the file": (SMALL + '[file]\nname = "x"\n', "file.name = 'x'; expected words before account"),
    "empty words of the file": (SMALL + '[file]\nsum-in = "in:*"\n', "file.sum-in = 'in:*'; expected"),
    "words of the file in a list": (SMALL + '[file]\nid = ["x"]\n', "file.id = ['x']; expected"),
    "a currency that no ledger has": (SMALL.replace('"CNY"', '"1"'), "currency = '1'; expected a code"),
    "a name for no currency": (SMALL + '[currencies]\nx = "y z"\n', "currencies.x = 'y z'; expected a code"),
    "a name for a number": (SMALL + "[currencies]\nx = 1\n", "currencies.x = 1; expected a code"),
    "no date": (HEAD + '[columns]\namount = "a"\n', "a column is missing; expected date, and amount"),
    "no columns": (HEAD, "a column is missing; expected date, and amount"),
    "one of two columns": (HEAD + '[columns]\ndate = "d"\ndebit = "o"\n', "a column is missing; expected"),
    "no account": (SMALL.replace('account = "A"\n', ""), "account is missing; expected it as a setting"),
    "no currency": (SMALL.replace('currency = "CNY"\n', ""), "currency is missing; expected"),
    "headings without rows": ("heading-rows = 0\n" + SMALL, "the heading 'd'; expected heading-rows = 1"),
    "many rows of headings": ("heading-rows = 9\n" + SMALL, "heading-rows = 9; expected"),
    "two characters": ('delimiter = ";;"\n' + SMALL, "delimiter = ';;'; expected one character"),
    "a digit": ('decimal = "0"\n' + SMALL, "decimal = '0'; expected one character"),
    "a sign": ('thousands = "-"\n' + SMALL, "thousands = '-'; expected one character"),
    "both the same": ('decimal = ","\n' + SMALL, "decimal and thousands are both ','; expected thousands as"),
    "no form of a negative": ('negative = "5"\n' + SMALL, "negative = '5'; expected one or several of -5.00"),
    "no word for a minus": ('minus = "out"\n' + SIDES, "minus = 'out'; expected one of taken-back, goes-out"),
    "a minus where none needs a word": ('minus = "goes-out"\n' + SMALL, "minus = 'goes-out'; expected debit and"),
    "a direction without words": (SMALL + 'direction = "x"\n', "direction = 'x'; expected amount, and"),
    "a direction of two columns": (
        SIDES + 'direction = "x"\n[direction]\nin = "C"\nout = "D"\n', "direction = 'x'; expected amount, and",
    ),
    "one side": (SMALL + '[direction]\nin = "C"\n', "[direction] has only one side; expected"),
    "a status without words": (SMALL + 'status = "s"\n', "only one of them is there; expected status under"),
    "words without a status": (SMALL + '[status]\nbooked = "ok"\n', "only one of them is there; expected"),
    "no century": ('year-from = "20"\n' + SMALL, "year-from = '20'; expected \"2000\", or one of"),
    "no day": ('date-format = "%d.%m."\n' + SMALL, "date-format is '%d.%m.', which does not tell one day"),
    "no format": ("date-format = []\n" + SMALL, "date-format = []; expected a format of a day"),
    "a short year": ('date-format = "%d.%m.%y"\n' + SMALL, "year-from not what it counts from; expected"),
    "less than no lines": ("skip = -1\n" + SMALL, "skip = -1; expected 0 or more"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_map(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(SOUND[name], encoding="utf-8")
    how = read_map(path)
    assert how.path == path
    assert set(how.settings) == set(MAP_SETTINGS)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_map_is_told_with_what_to_write(tmp_path: Path, name: str) -> None:
    text, told = WRONG[name]
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StatementError, match=r"\[bad-map\]$") as caught:
        read_map(path)
    assert told in str(caught.value)


def test_every_rule_refuses_something() -> None:
    broken = {first_wrong(tomllib.loads(text)) for text, _ in WRONG.values()}
    assert {each[1] for each in broken if each is not None} == {each.expected for each in RULES}
    assert len({each.holds for each in RULES}) == len(RULES)


def test_what_may_be_a_list_is_one(tmp_path: Path) -> None:
    how = made_map(tomllib.loads('end = "x"\n' + SMALL + 'text = "t  t"\n'), tmp_path)
    assert how.words("end") == ("x",)
    assert how.words("totals") == ()
    assert made_map(tomllib.loads('end = ["", "x"]\n' + SMALL), tmp_path).words("end") == ("x",)
    assert how.texts == ("t t",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("人民币", "CNY"), ("人民币元", "CNY"), ("RMB", "CNY"), ("rmb", "CNY"), ("CNY", "CNY"), (" usd ", "USD"),
        ("港币", "HKD"), ("美元", "USD"), ("円", "JPY"), ("Rs.", "INR"), ("ＵＳＤ", "USD"), ("Taler", "THL"),
        ("未知", None), ("", None), ("NULL", None), ("A B", None),
    ],
)  # fmt: skip
def test_a_currency_as_a_ledger_has_it(text: str, expected: str | None) -> None:
    assert currency_of(text, {"Taler": "THL"}) == expected


def test_each_name_of_a_currency_is_of_one() -> None:
    names = [name for names in CURRENCY_NAMES.values() for name in names]
    assert len(names) == len(set(names))
    assert all(currency_of(code, {}) == code for code in CURRENCY_NAMES)
    assert all(name == name.upper() for name in names)
