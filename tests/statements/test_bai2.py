"""BAI2: what is read of it, and that each of its sums and counts is held against its records."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beancount_voucher.statements import bai2
from beancount_voucher.statements.files import read
from beancount_voucher.statements.proof import prove
from beancount_voucher.statements.statement import Statement, StatementError
from tests.support.bai_files import SOUND, Account, Entry, File

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.date(2026, 3, 2)


def written(folder: Path, text: str) -> Path:
    path = folder / "s.bai"
    path.write_text(text, encoding="utf-8")
    return path


def one(folder: Path, text: str) -> Statement:
    [statement] = read(written(folder, text))
    return statement


def test_a_file(tmp_path: Path) -> None:
    statement = one(tmp_path, SOUND.text())
    assert (statement.form, statement.id) == ("BAI2", "260303 7 2026-03-02")
    assert (statement.account, statement.currency) == ("6200010", "USD")
    assert (statement.start, statement.end) == (DAY, DAY)
    assert statement.opening is not None
    assert statement.opening.number == Decimal("1000.00")
    assert statement.available == Decimal("1892.80")
    assert statement.is_proven
    assert [
        (each.amount, each.bank_reference, each.references, each.text) for each in statement.lines
    ] == [
        (Decimal("1200.00"), "T1", ("X-1",), "PREMIUM, QINGHE"),
        (Decimal("-300.00"), "T2", ("X-2",), "SURRENDER SECOND LINE, WITH A COMMA"),
        (Decimal("-7.20"), "T3", (), "FEE"),
    ]


# what follows the amount -> bank's reference, customer's reference, text
TAILS: dict[str, tuple[str, str | None, tuple[str, ...], str]] = {
    "nothing": (",,,/", None, (), ""),
    "no fields at all": ("/", None, (), ""),
    "one day": ("1,B,C,T/", "B", ("C",), "T"),
    "three amounts": ("S,1,2,3,B,C,T/", "B", ("C",), "T"),
    "three amounts, and references on the next line": ("S,1,2,3/\n88,B,C,A CORP./\n88,MISC. RECEIVABLES/", "B", ("C",), "A CORP. MISC. RECEIVABLES"),
    "a day and a time": ("V,260304,0900,B,C,T/", "B", ("C",), "T"),
    "days and amounts": ("D,2,0,100,1,620,B,C,T/", "B", ("C",), "T"),
    "a slash in the text": (",B,C,A/B/C/", "B", ("C",), "A/B/C"),
    "no slash at the end": (",B,C,T", "B", ("C",), "T"),
    "blanks behind the slash": (",B,C,T/      ", "B", ("C",), "T"),
    "references over two lines": (",B/\n88,C,T/", "B", ("C",), "T"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAILS)
def test_what_follows_an_amount(tmp_path: Path, name: str) -> None:
    tail, bank, references, text = TAILS[name]
    [line] = one(tmp_path, File([Account(entries=[Entry("115", 720, tail)])]).text()).lines
    assert (line.bank_reference, line.references, line.text) == (bank, references, text)


def test_a_text_that_fills_its_record_goes_on_without_a_blank(tmp_path: Path) -> None:
    header = "01,BANK,CLIENT,260303,0600,7,40,,2/"
    tail = ",B,C,PREMIUM V-2026-0012"
    assert len(f"16,195,120000,{tail}") == 38
    full = Entry("195", 120000, tail + "34\n88,5 AND MORE")
    [line] = one(tmp_path, File([Account(entries=[full])], header=header).text()).lines
    assert line.text == "PREMIUM V-2026-0012345 AND MORE"
    short = Entry("195", 120000, tail + "\n88,34 AND MORE/\n88,")
    [line] = one(tmp_path, File([Account(entries=[short])], header=header).text()).lines
    assert line.text == "PREMIUM V-2026-0012 34 AND MORE"
    assert line.joined == ("V-2026-001234",)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("101", 5), ("399", 5), ("401", -5), ("699", -5), ("925", 5), ("965", -5)],
)
def test_the_type_code_says_in_or_out(tmp_path: Path, code: str, expected: int) -> None:
    [line] = one(tmp_path, File([Account(entries=[Entry(code, 500)])]).text()).lines
    assert line.amount == expected


@pytest.mark.parametrize(("currency", "expected"), [("JPY", "500"), ("KWD", "0.500"), ("", "5.00")])
def test_the_currency_says_the_decimals(tmp_path: Path, currency: str, expected: str) -> None:
    statement = one(
        tmp_path, File([Account(currency=currency, entries=[Entry("195", 500)])]).text()
    )
    assert str(statement.lines[0].amount) == expected
    assert statement.currency == (currency or "USD")


def test_a_text_without_money_is_no_line(tmp_path: Path) -> None:
    file = File([Account(entries=[Entry("890", 0, ",,,DEPOSIT SLIP LOST/"), Entry("195", 5)])])
    statement = one(tmp_path, file.text())
    assert len(statement.lines) == 1
    assert statement.is_proven
    assert statement.available is None


def test_the_day_that_is_not_over_has_balances_of_its_own(tmp_path: Path) -> None:
    text = File([Account(more=",060,90000,,", more_total=90000)], group="1,260302,,,3").text()
    statement = one(tmp_path, text.replace(",015,", ",030,"))
    assert (statement.currency, statement.available) == ("USD", Decimal("900.00"))
    assert statement.is_proven


def test_an_account_without_balances(tmp_path: Path) -> None:
    text = "01,B,C,260303,0600,7,,,2/\n02,C,B,3,260302,,,/\n03,0001,,,,,/\n49,0,2/\n98,0,1,4/\n99,0,1,6/\n\x1a"
    statement = one(tmp_path, text)
    assert (statement.opening, statement.closing) == (None, None)
    assert [flaw.code for flaw in prove([statement]).flaws] == ["unproven"]


def test_a_balance_may_be_empty(tmp_path: Path) -> None:
    assert one(tmp_path, File([Account(more=",057,,,,060,,,")]).text()).available is None


def test_a_file_of_nothing_has_no_end(tmp_path: Path) -> None:
    with pytest.raises(StatementError, match="the file has no end"):
        bai2.statements(" \n", tmp_path, "")


def test_accounts_and_days_are_statements_of_their_own(tmp_path: Path) -> None:
    file = File([Account("1"), Account("2"), Account("1", opening=7)])
    found = read(written(tmp_path, file.text()))
    assert [(each.account, each.id) for each in found] == [
        ("1", "260303 7 2026-03-02"), ("2", "260303 7 2026-03-02"), ("1", "260303 7 2026-03-02 2"),
    ]  # fmt: skip


def test_it_may_have_another_encoding_and_a_byte_order_mark(tmp_path: Path) -> None:
    text = SOUND.text().replace("SURRENDER", "R\xc3\xbcckkauf")
    path = tmp_path / "s.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("latin-1"))
    assert "Rückkauf" in read(path)[0].lines[1].text


# --- What refuses a file ----------------------------------------------------------------

TEXT = SOUND.text()

# old, new -> what the error says, its line
REFUSED: dict[str, tuple[str, str, str, int | None]] = {
    "an amount that is another": ("16,195,120000", "16,195,120001", "record 49 tells 629280 of its amounts; expected 629281", 8),
    "an amount of a balance": ("015,189280", "015,189281", "record 49 tells 629280 of its amounts; expected 629281", 8),
    "a line that is gone": ("88,SECOND LINE, WITH A COMMA\n", "", "record 49 tells 6 of its records; expected 5", 7),
    "a transaction that is gone": ("16,698,720,,T3,,FEE/\n", "", "record 49 tells 629280 of its amounts; expected 628560", 7),
    "a sum of the group": ("98,629280", "98,629281", "record 98 tells 629281 of its accounts; expected 629280", 9),
    "a count of accounts": ("98,629280,1", "98,629280,2", "record 98 tells 2 of accounts; expected 1", 9),
    "a count of the group's records": ("98,629280,1,8", "98,629280,1,9", "record 98 tells 9 of its records; expected 8", 9),
    "a count of groups": ("99,629280,1", "99,629280,3", "record 99 tells 3 of groups; expected 1", 10),
    "a count of the file's records": ("99,629280,1,10", "99,629280,1,", "record 99 tells nothing of its records; expected 10", 10),
    "no count": ("99,629280,1,10/", "99,629280,1/", "a record 99 has 2 fields; expected 3 at least", 10),
    "the end is gone": ("99,629280,1,10/\n", "", "the file has no end; expected a record 99", None),
    "a record of no kind": ("16,698", "17,698", "a record 17 stands here; expected a record 16 or 49", 7),
    "an account without a group": ("02,CLIENT,BANK,1,260302,2359,USD,2/\n", "", "a record 03 stands here; expected a record 02", 2),
    "a type that says neither": ("16,698", "16,720", 'a transaction of type "720" has the amount "720"; expected a type of credits', 7),
    "a total for a transaction": ("16,698", "16,400", 'a transaction of type "400" has the amount "720"', 7),
    "a type of letters": ("16,698", "16,fee", 'a transaction of type "fee" has the amount "720"', 7),
    "a signed amount": ("16,698,720", "16,698,-720", 'a transaction of type "698" has the amount "-720"', 7),
    "a decimal point": ("16,698,720", "16,698,7.20", 'a transaction of type "698" has the amount "7.20"', 7),
    "an amount in a text without money": ("16,698,720", "16,890,720", 'a transaction of type "890" has the amount "720"', 7),
    "funds of no type": ("16,698,720,", "16,698,720,X", 'the type of funds is "X"; expected Z, 0, 1, 2, S, V or D', 7),
    "funds of no type in a balance": ("189280,,,045", "189280,,X,045", 'the type of funds is "X"', 3),
    "a balance of letters": ("015,189280", "015,1892.80", 'type "015" has the amount "1892.80"; expected digits', 3),
    "no account number": ("03,6200010", "03,", "an account has no number", 3),
    "a deletion": ("BANK,1,26", "BANK,2,26", 'the status of the group is "2", a deletion; expected 1, an update', 2),
    "a test": ("BANK,1,26", "BANK,4,26", 'the status of the group is "4", a test', 2),
    "no status": ("BANK,1,26", "BANK,,26", 'the status of the group is ""; expected', 2),
    "no such day": ("1,260302", "1,260231", 'the day is "260231"; expected a day as YYMMDD [bad-date]', 2),
    "no day": ("1,260302", "1,20260302", 'the day is "20260302"', 2),
    "no currency of a ledger": ("2359,USD", "2359,U$", 'the currency is "U$"; expected a code such as USD [bad-currency]', 2),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_refuses_a_file(tmp_path: Path, name: str) -> None:
    old, new, told, line = REFUSED[name]
    assert old in TEXT
    path = written(tmp_path, TEXT.replace(old, new, 1))
    with pytest.raises(StatementError) as caught:
        read(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{line}: " if line else f"{path}: ")


# --- Whatever is written is what is read ------------------------------------------------

_TEXTS = st.text("ABC xyz,/-0123", max_size=30).map(lambda text: text.replace("\n", ""))
_FUNDS = st.sampled_from(["", "Z", "0", "1", "2", "S,1,2,3", "V,260302,0900", "D,1,0,5"])


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    code = draw(st.sampled_from(["115", "195", "399", "495", "698", "930", "970"]))
    tail = (
        f"{draw(_FUNDS)},{draw(st.sampled_from(['', 'B-1']))},{draw(st.sampled_from(['', 'V-1']))},"
    )
    cut = draw(_TEXTS), draw(st.lists(_TEXTS, max_size=2))
    tail += "\n88,".join(text + draw(st.sampled_from(["", "/"])) for text in (cut[0], *cut[1]))
    return Entry(code, draw(st.integers(0, 10**12)), tail)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**12), st.lists(entries(), max_size=5)), min_size=1, max_size=3
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.data(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_entry_comes_back_or_the_file_is_refused(
    tmp_path: Path, accounts: list[tuple[int, list[Entry]]], end: str, data: st.DataObject
) -> None:
    made = [
        Account(str(at), "USD", opening, lines) for at, (opening, lines) in enumerate(accounts, 1)
    ]
    text = File(made).text()
    found = bai2.statements(text.replace("\n", end), tmp_path, "")
    assert [[int(line.amount * 100) for line in each.lines] for each in found] == [
        [entry.signed for entry in account.entries] for account in made
    ]
    assert all(each.is_proven for each in found)
    lines = text.splitlines()
    gone = data.draw(st.integers(0, len(lines) - 1))
    with pytest.raises(StatementError):
        bai2.statements("\n".join(lines[:gone] + lines[gone + 1 :]), tmp_path, "")
