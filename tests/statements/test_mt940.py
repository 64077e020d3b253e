"""MT940 and MT942 as banks really write them: each kind of deviation, and what is right."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.reconciliation.references import References
from beancount_voucher.statements.files import read
from beancount_voucher.statements.mt940 import statements
from beancount_voucher.statements.proof import Closing, prove
from beancount_voucher.statements.statement import Statement, StatementError

if TYPE_CHECKING:
    from beancount_voucher.statements.statement import StatementLine

KNOWN = (
    *("V-1", "V-2", "V-12", "V-2026-00", "V-2026-0012", "POLICY-2026-0001", "POLICY-2026-00012"),
    *("INSURANCE-2026-03-00-1", "INSURANCE-2026-03-00-12", "Rf-2"),
)
NAMES = References(KNOWN)

HEAD = ":20:ST1\n:25:NL00TEST0000000001\n:28C:3/1\n:60F:C260305EUR1000,00\n"
FOOT = ":62F:C260306EUR{}\n"
D20 = ":61:2603060306D20,00NTRF"


def mt(entries: str, closing: str = "980,00") -> str:
    """A statement of entries, which opens with 1,000 EUR."""
    return HEAD + entries + FOOT.format(closing)


def all_of(text: str) -> list[Statement]:
    return statements(text, Path("s.sta"), "")


def one(text: str) -> Statement:
    [statement] = all_of(text)
    return statement


def named(line: StatementLine) -> set[str]:
    return set(NAMES.named(line))


# --- Field 86: what a line names ----------------------------------------------------------

DETAILS: dict[str, tuple[str, set[str]]] = {
    "German: an id over two subfields": (
        "177?00TRANSFER?20EREF+INSURANCE-2026-03-00-1?212?22SVWZ+premium?30TESTDEFF",
        {"INSURANCE-2026-03-00-12"},
    ),
    "German: a text over two subfields": (
        "177?00TRANSFER?20EREF+NOTPROVIDED?21SVWZ+premium for V-2026-00?2212 of March?30TESTDEFF",
        {"V-2026-0012"},
    ),
    "German: an id begins a subfield": ("166?00TRANSFER?20V-2?21premium of March?30TESTDEFF", {"V-2"}),
    "German: an id ends with its subfield": ("166?20EREF+V-1?21SVWZ+premium", {"V-1"}),
    "German: with colons": ("166?20EREF: V-1 SVWZ: premium V-2?21of March", {"V-1"}),
    "German: a free text follows": ("166?20EREF+V-1?21premium?22of March", {"V-1"}),
    "German: and may belong to the id": ("166?20EREF+V-1?212?22of March", {"V-1", "V-12"}),
    "German: the customer's reference": ("166?20KREF+V-2?21SVWZ+premium V-1", {"V-2"}),
    "German: a full id, and another subfield": (
        f"166?20EREF+{'V-2026-0012':>22}?21SVWZ+premium?32V-1", {"V-2026-0012"},
    ),
    "German: the account of the other side goes not on": ("166?20EREF+V-1?302", {"V-1"}),
    "German: 60 goes on from 29": (f"166?29{'for V-2026-00':>27}?6012 of March", {"V-2026-0012"}),
    "German: 31 does not, and what is full may be cut off": (
        f"166?29{'for V-2026-00':>27}?3112 of March", {"V-2026-00", "V-2026-0012"},
    ),
    "German: the last is full": (f"166?20{'for V-2026-00':>27}", {"V-2026-00", "V-2026-0012"}),
    "German: the last is full, and ends with another word": (f"166?20{'for V-2026-00 x':>27}", {"V-2026-00"}),
    "German: cut in the midst of a keyword": (f"166?20{'SVWZ+x':<25}ER?21EF+V-1?22MREF+M", {"V-1"}),
    "German: broken in lines anywhere": ("166?00TRANSFER?2\n0EREF+ V-2026-00\n12?21SVWZ+x", {"V-2026-0012"}),
    "Polish: with <": ("020<00Przelew<20V-2<21za marzec<27JAN KOWALSKI", {"V-2"}),
    "Polish: with ~, each on a line": ("020\n~00Przelew\n~20za V-2\n~21za marzec\n~27JAN KOWALSKI", {"V-2"}),
    "Polish: subfields of 35": (f"~20{'za V-2026-00':>35}~2112 marca", {"V-2026-0012"}),
    "Dutch: first line of 61": (f"/REMI/{'premium V-2026-00':>55}\n12 of March", {"V-2026-0012"}),
    "Dutch: a full line of 65 first": (f"/REMI/{'premium V-2026-00':>59}\n12 of March", {"V-2026-0012"}),
    "Dutch: the next line of 65": (f"/REMI/x\n{'premium V-2026-00':>65}\n12 of March", {"V-2026-0012"}),
    "Dutch: a short line may go on or not": ("/REMI/premium V-2026-00\n12 of March", {"V-2026-00", "V-2026-0012"}),
    "Dutch: the last line is full": (f"/REMI/{'premium V-2026-00':>59}", {"V-2026-00", "V-2026-0012"}),
    "Dutch: the last line is full with an id": (f"/REMI/{'x':>44}/EREF/V-2026-00", {"V-2026-00", "V-2026-0012"}),
    "Dutch: the last line is full with the end of an id": (f"/REMI/{'x':>43}/EREF/V-2026-00/", {"V-2026-00"}),
    "Dutch: an id": ("/TRTP/SEPA/EREF/V-1/REMI/premium V-2/", {"V-1"}),
    "Dutch: an id with a slash is whole": ("/EREF/V-1/22/REMI/premium", set()),
    "Dutch: an id at the end": ("/REMI/USTD//premium/EREF/V-1//", {"V-1"}),
    "Dutch: an id that another bank gives": ("/ROC/V-1/BENM/x", {"V-1"}),
    "Dutch: an invoice": ("/INV/V-2/REMI/premium V-1", {"V-2"}),
    "Dutch: none": ("/EREF/NOTPROVIDED/REMI/premium V-1", {"V-1"}),
    "Swiss: free": ("EREF: V-1, premium V-2", {"V-1"}),
    "American: free": ("END-TO-END ID: V-1 PREMIUM", {"V-1"}),
    "Baltic: free": ("premium V-1", {"V-1"}),
    "free: an id alone on its line": ("NL00TEST0000000009 an insurer\n\nV-1", {"V-1"}),
    "free: all in capitals": ("PREMIUM RF-2 OF MARCH", {"Rf-2"}),
    "free: two ids": ("V-1 and V-2", {"V-1", "V-2"}),
    "free: a line of a payment order": (f"{'premium V-2026-00':>35}\n12 of March", {"V-2026-0012"}),
    "free: the last line is that of a payment order": (f"{'premium V-1':>35}", {"V-1", "V-12"}),
    "empty": ("", set()),
}  # fmt: skip


@pytest.mark.parametrize("name", DETAILS)
def test_what_a_line_names(name: str) -> None:
    details, expected = DETAILS[name]
    [line] = one(mt(f"{D20}NONREF\n:86:{details}\n")).lines
    assert named(line) == expected


def test_a_first_line_of_61_is_not_full_where_others_are_longer() -> None:
    first = f"{'premium V-2026-00':>61}"
    text = mt(f"{D20}NONREF\n:86:{first}\n12 pieces\n{D20}NONREF\n:86:{'x' * 62}\n", "960,00")
    assert named(one(text).lines[0]) == {"V-2026-00", "V-2026-0012"}


def test_the_text_of_structured_details_is_for_people() -> None:
    [line] = one(
        mt(f"{D20}NONREF\n:86:166?00TRANSFER?20SVWZ+premium?30TESTDEFF?32AN INSURER\n")
    ).lines
    assert line.text == "TRANSFER premium TESTDEFF AN INSURER"
    [line] = one(mt(f"{D20}NONREF\nmore\n:86:/CNTP/NL00/TESTNL2A/REMI/premium\n")).lines
    assert line.text == "more NL00/TESTNL2A premium"


# --- Field 61 ------------------------------------------------------------------------------

# What follows the amount of 20 -> what it names, or the text.
ENTRIES: dict[str, tuple[str, set[str]]] = {
    "the owner's reference": ("NTRFV-1//B1", {"V-1"}),
    "of more than 16 characters": ("NTRFPOLICY-2026-00012", {"POLICY-2026-00012"}),
    "of more, and a supplement": ("NTRFPOLICY-2026-00012-EXT\nTransfer", set()),
    "of 16 that may be cut": ("NTRFPOLICY-2026-0001", {"POLICY-2026-0001", "POLICY-2026-00012"}),
    "which the details tell": ("NTRFPOLICY-2026-0001\n:86:POLICY-2026-00012", {"POLICY-2026-00012"}),
    "of 16 that nothing begins with": ("NTRFPOLICY-2026-0002", set()),
    "filled with blanks, and a name": (f"NTRF{'V-1':16}AN INSURER V-2", {"V-1"}),
    "filled, and a name after a blank": ("NTRFPOLICY-2026-0001 AN INSURER", {"POLICY-2026-0001", "POLICY-2026-00012"}),
    "nothing, and a name": (f"NTRF{'NONREF':16}AN INSURER V-2", {"V-2"}),
    "a supplement": ("NTRFNONREF\npremium V-1", {"V-1"}),
    "a full supplement, which may be cut off": (f"NTRFNONREF\n{'V-2026-00':>34}", {"V-2026-00", "V-2026-0012"}),
    "a full supplement that goes on": (f"NTRFNONREF\n{'V-2026-00':>34}\n12 x", {"V-2026-0012"}),
    "a supplement with words": ("NTRFNONREF\n/EREF/V-1/22/REMI/x", set()),
    "34 characters and a name": ("NOVBNL00TEST0000000009\nan insurer\n:86:V-1", {"V-1"}),
    "no type": ("\n:86:premium V-1", {"V-1"}),
    "no type, a reference": ("V-1", {"V-1"}),
    "no type, and no reference": ("NONREF//B1", set()),
    "a type in numbers": ("N062V-1", {"V-1"}),
    "a type of a message": ("S103V-1", {"V-1"}),
    "a reference that begins like a type": ("FA00V-1", set()),
    "the reference is in field 86": ("NTRFEREF//B1\n:86:/EREF/V-1", {"V-1"}),
    "and the German way": ("NTRFKREF+\n:86:166?20KREF+V-1", {"V-1"}),
    "two fields 86": ("NTRFNONREF\n:86:/EREF/V-1/\n:86:/REMI/V-2", {"V-1"}),
    "more text of the bank's own": ("NTRFNONREF\n:86:V-1\n:NS:22V-2", {"V-1"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry(name: str) -> None:
    rest, expected = ENTRIES[name]
    statement = one(mt(f":61:2603060306D20,00{rest}\n"))
    [line] = statement.lines
    assert (line.amount, named(line)) == (Decimal(-20), expected)
    assert statement.is_proven
    assert line.bank_reference == ("B1" if "//B1" in rest else None)


AMOUNTS = {
    "20,75": "20.75", "20,": "20", "20": "20", "20.75": "20.75", ",50": "0.50", "1.020,75": "1020.75",
    "1,020.75": "1020.75", "1020,755": "1020.755", "1.020": None, "20.5": None, "1.02,75": None,
    "20,0012": None, "20-": None, "20,75,1": None, "": None, "1,02.75": None, "9" * 20: None, "１２,00": None,
}  # fmt: skip


@pytest.mark.parametrize("said", AMOUNTS)
def test_an_amount_is_read_whole_or_costs_the_proof(said: str) -> None:
    expected = AMOUNTS[said]
    for sign, closing in (("D", ""), ("C", "")):
        statement = one(mt(f":61:2603060306{sign}{said}NTRFV-1\n", closing or "1,00"))
        if expected is None:
            assert (statement.lines, len(statement.unread)) == ((), 1)
            assert "line 5: an entry says" in statement.unread[0]
        else:
            assert [abs(line.amount) for line in statement.lines] == [Decimal(expected)]
            assert (statement.lines[0].amount < 0) == (sign == "D")


def test_an_entry_that_cannot_be_read_costs_the_proof_whatever_the_sums_say() -> None:
    lost = ":61:2603060306D5-NTRFX\n:61:2603060306C5-NTRFX\n"
    statement = one(mt(f"{lost}{D20}V-1\n"))
    assert [line.amount for line in statement.lines] == [Decimal(-20)]
    assert not statement.is_proven
    [flaw] = prove([statement]).flaws
    assert flaw.code == "unproven"
    assert flaw.text.count("an entry says") == 2


def test_many_that_cannot_be_read_are_counted() -> None:
    [flaw] = prove([one(mt(":61:X\n" * 5))]).flaws
    assert flaw.text.endswith("; and 2 more")


@pytest.mark.parametrize("hidden", [f" {D20}V-1", f"text{D20}V-1"])
def test_what_looks_like_an_entry_counts(hidden: str) -> None:
    statement = one(mt(f"{D20}V-1\n:86:x\n{hidden}\n"))
    assert statement.unread == (
        "line 1: its text has 2 times :61:; expected 1, as it has fields of that tag",
    )
    assert not statement.is_proven


def test_an_entry_without_a_type_is_one(tmp_path: Path) -> None:
    rest = ":61:2603060306D20,00\n:86:direct debit\n:61:2603060306C20,00\n:86:other credit\n"
    path = tmp_path / "s.sta"
    path.write_text(
        mt(f"{rest}{D20}V-1\n:61:2603060306D30,00NTRFV-2\n", "950,00"), encoding="utf-8"
    )
    [statement] = read(path)
    assert [(line.amount, line.text) for line in statement.lines[:2]] == [
        (Decimal(-20), "direct debit"),
        (Decimal(20), "other credit"),
    ]
    assert (len(statement.lines), statement.is_proven) == (4, True)


def test_a_mark_and_an_amount_on_two_lines() -> None:
    assert one(mt(":61:2603060306DR\n20,00NTRFV-1\n")).is_proven


MARKS = {
    "D": ("-20", False), "C": ("20", False), "RC": ("-20", True), "RD": ("20", True), "d": ("-20", False),
    "DR": ("-20", False), "CD": ("20", False),
}  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_marks(mark: str) -> None:
    [line] = one(mt(f":61:2603060306{mark}20,00NTRFV-1\n")).lines
    assert (str(line.amount), line.reversal) == (f"{MARKS[mark][0]}.00", MARKS[mark][1])


def test_what_is_expected_is_pending() -> None:
    statement = one(mt(f"{D20}V-1\n:61:2603060306ED30,00NTRFV-2\n:61:2603060306EC5,00NTRFV-12\n"))
    assert statement.is_proven
    assert [str(line.amount) for line in statement.pending] == ["-30.00", "5.00"]


def test_nothing_is_no_minus() -> None:
    assert str(one(mt(":61:2603060306D0,00NTRFV-1\n")).lines[0].amount) == "0.00"


@pytest.mark.parametrize(
    ("entry", "details"),
    [("NRTIV-1", ""), ("NTRFV-1", "109?20SVWZ+x"), ("NTRFV-1", "/RTRN/MD06/REMI/x")],
)
def test_a_payment_that_comes_back(entry: str, details: str) -> None:
    [line] = one(mt(f":61:2603060306C20,00{entry}\n:86:{details}\n")).lines
    assert (line.returned, line.reversal, line.takes_back) == (True, False, True)


# --- Dates ---------------------------------------------------------------------------------

# value date, entry date, balances -> booking date
DATES: dict[str, tuple[str, tuple[str, str], str]] = {
    "the same day": ("2603060306", ("260305", "260306"), "2026-03-06"),
    "no entry date": ("260306", ("260305", "260306"), "2026-03-06"),
    "booked before the new year": ("2601021231", ("251230", "251231"), "2025-12-31"),
    "booked after it": ("2512310102", ("251231", "260102"), "2026-01-02"),
    "a value date of half a year later": ("2702010805", ("260801", "260831"), "2026-08-05"),
    "the 29th of February": ("2402290229", ("240228", "240301"), "2024-02-29"),
    "valued on the 30th of February": ("2602300227", ("260226", "260228"), "2026-02-27"),
}


@pytest.mark.parametrize("name", DATES)
def test_the_year_is_the_nearest_to_the_balances(name: str) -> None:
    dates, (first, last), expected = DATES[name]
    text = f":25:A\n:60F:C{first}EUR20,\n:61:{dates}D20,00NTRF\n:62F:C{last}EUR0,\n"
    statement = one(text)
    assert [str(line.date) for line in statement.lines] == [expected]
    assert statement.is_proven


@pytest.mark.parametrize("dates", ["260230", "2603060230", "2613061301", "2603061306"])
def test_a_day_that_is_none_costs_the_proof(dates: str) -> None:
    statement = one(mt(f":61:{dates}D20,00NTRFV-1\n"))
    assert (statement.lines, len(statement.unread)) == ((), 1)


def test_without_balances_the_value_date_or_the_time_tells_the_year() -> None:
    report = ":25:A\n:34F:EUR0,\n{}:61:2601021231D20,00NTRF\n"
    assert one(report.format("")).lines[0].date == dt.date(2025, 12, 31)
    assert one(report.format(":13D:2612310900+0100\n")).lines[0].date == dt.date(2026, 12, 31)
    assert one(report.format("").replace("260102", "260230")).lines[0].date == dt.date(2025, 12, 31)
    with pytest.raises(StatementError, match=r"^s.sta:3: an entry says .*\[bad-mt\]$"):
        all_of(report.format("").replace("260102", "261302"))


# --- Balances and reports ------------------------------------------------------------------

BALANCES: dict[str, tuple[str, str | None]] = {
    "C260306EUR980,00": ("980", None),
    "D260306EUR980,00": ("-980", None),
    "C260306EUR1.980,75": ("1980.75", None),
    "C260306EUR950.75": ("950.75", None),
    "C260306980,00": ("980", None),
    "C260306EUR980,00ABC": ("", "bad-mt"),
    "C260306EUR980,00 EUR": ("", "bad-mt"),
    "C260306EUR1.980": ("", "bad-mt"),
    "C260230EUR980,00": ("", "bad-mt"),
    "X260306EUR980,00": ("", "bad-mt"),
    "C260306USD980,00": ("", "bad-currency"),
    "": ("", "bad-mt"),
}


@pytest.mark.parametrize("said", BALANCES)
def test_a_balance_is_read_whole_or_refused(said: str) -> None:
    expected, code = BALANCES[said]
    text = HEAD + f":62F:{said}\n"
    if code is None:
        statement = one(text)
        assert statement.closing is not None
        assert (statement.closing.number, statement.currency) == (Decimal(expected), "EUR")
    else:
        with pytest.raises(StatementError, match=rf"^s.sta:5: .*\[{code}\]$"):
            all_of(text)


def test_no_balance_has_a_currency() -> None:
    text = ":25:A\n:60F:C2603051000,\n:62F:C2603061000,\n"
    with pytest.raises(StatementError, match=r"no balance has a currency; .*\[missing-field\]$"):
        all_of(text)
    assert one(f"{text}:90D:1EUR0,\n").currency == "EUR"


REPORT = ":20:INTRADAY\n:25:A\n:28C:0/1\n{}:61:2603060306D20,00NTRFV-1\n:90D:1EUR20,\n:90C:0EUR0,\n:86:V-2\n-\n"


@pytest.mark.parametrize(
    "floor", [":34F:EUR0,\n", ":34F:EURC0,\n", ":34F:EURD0,\n:34F:EURC1,\n", ""]
)
def test_an_interim_report(floor: str) -> None:
    statement = one(REPORT.format(floor))
    assert (statement.form, statement.currency, statement.end) == (
        "MT942",
        "EUR",
        dt.date(2026, 3, 6),
    )
    assert [named(line) for line in statement.lines] == [{"V-1"}]


def test_reports_of_a_day_count_each() -> None:
    first = REPORT.format(":34F:EUR0,\n:13D:2603061000+0100\n")
    second = first.replace("1000+", "1400+").replace("V-1", "V-2")
    found = all_of(first + second + first)
    assert [each.id for each in found[:2]] == [
        "INTRADAY 0/1 2603061000+0100",
        "INTRADAY 0/1 2603061400+0100",
    ]
    proof = prove(found)
    assert [flaw.code for flaw in proof.flaws] == ["repeated", "unproven", "unproven"]
    assert [named(line) for each in proof.statements for line in each.lines] == [{"V-1"}, {"V-2"}]


def test_a_report_of_what_is_expected_or_of_nothing() -> None:
    expected = one(REPORT.format(":34F:EUR0,\n").replace("D20", "ED20"))
    assert (expected.lines, len(expected.pending), expected.end) == ((), 1, dt.date(2026, 3, 6))
    empty = one(":25:A\n:34F:EUR0,\n:13:2603061000\n:90D:0EUR0,\n")
    assert (empty.lines, empty.end) == ((), dt.date(2026, 3, 6))


# --- Messages in a file --------------------------------------------------------------------

OTHER = (
    ":25:NL00TEST0000000002\n:28:061/01\n:60F:C260305EUR500,00\n:61:2603060306D30,00NTRFV-2\n"
    ":62F:C260306EUR470,00\n"
)  # fmt: skip
FIRST = mt(f"{D20}V-1\n:86:premium\n")
WITH_20 = f":20:ST2\n{OTHER}"
AVAILABLE = ":64:C260306EUR980,00\n"
ABOUT = ":86:/SUM/V-12/0/\n"

JOINED: dict[str, str] = {
    "nothing between": FIRST + WITH_20,
    "end marks": f"{FIRST}-\n{WITH_20}-\n",
    "end marks with blanks": f"{FIRST}- \n{WITH_20}- \n",
    "no 20": f"{FIRST}-\n{OTHER}-\n",
    "no 20 and no end mark": FIRST + OTHER,
    "lines of the bank's own": f"TESTNL2A\n940\nTESTNL2A\n{FIRST}TESTNL2A\n940\nTESTNL2A\n{OTHER}",
    "and end marks": f"TESTNL2A\n940\n{FIRST}-\nTESTNL2A\n940\nTESTNL2A\n{OTHER}-\n",
    "envelopes": "{1:F01TESTNL2AXXXX0000000000}{2:I940TESTNL2AXXXXN}{4:\n" + FIRST
    + "-}{5:{CHK:000000000000}}\n{1:F01TESTNL2AXXXX0000000000}{2:I940TESTNL2AXXXXN}{4:\n" + WITH_20 + "-}\n",
    "envelopes on the lines of fields": "{1:F01TESTNL2A}{4:" + FIRST + "-}{5:{CHK:0}}{1:F01TESTNL2A}{4:" + OTHER + "-}",
    "an acknowledgement before": "{1:F21TESTNL2A}{4:{177:2603060900}{451:0}}{1:F01TESTNL2A}{4:\n" + FIRST
    + "-}\n{1:F21TESTNL2A}{4:{177:2603060900}{451:0}}{1:F01TESTNL2A}{4:\n" + WITH_20 + "-}",
    "blocks on lines of their own": "{1:F01X}\n{2:I940X}\n{4:\n" + FIRST + "-}\n{1:F01X}\n{4:\n" + WITH_20 + "}",
    "the form RJE": "{1:F01X}{4:\n" + FIRST + "-}$\n{1:F01X}{4:\n" + WITH_20 + "-}$",
    "an end mark on the last line": FIRST.rstrip() + "-}\n{1:F01X}{4:\n" + WITH_20 + "-}",
    "ends of files": f"{FIRST}\x1a{WITH_20}\x1a",
    "byte order marks": f"\ufeff{FIRST}\ufeff{WITH_20}",
    "the form DOS-PCC": "\x01{1:F01X}{4:\n" + FIRST + "-}\x03\0\0\0\x01{1:F01X}{4:\n" + WITH_20 + "-}\x03\0",
    "a text about the statement": f"{FIRST}{AVAILABLE}{ABOUT}-}}\n{WITH_20}",
    "old ends of lines": (FIRST + WITH_20).replace("\n", "\r"),
    "double ends of lines": (FIRST + WITH_20).replace("\n", "\r\r\n"),
    "the number before the account": FIRST + ":28:061/01\n" + OTHER.replace(":28:061/01\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", JOINED)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_messages_are_told_apart(tmp_path: Path, name: str, ends: str) -> None:
    path = tmp_path / "s.sta"
    path.write_bytes(JOINED[name].replace("\n", ends).encode())
    first, second = read(path)
    assert (first.account[-1], second.account[-1]) == ("1", "2")
    assert [(line.amount, named(line)) for line in first.lines] == [(Decimal(-20), {"V-1"})]
    assert [(line.amount, named(line)) for line in second.lines] == [(Decimal(-30), {"V-2"})]
    assert first.is_proven
    assert second.is_proven
    assert first.lines[0].text == "premium"
    assert prove([first, second]).flaws == ()


def test_a_line_that_is_a_dash_is_no_end() -> None:
    statement = one(mt(f"{D20}NONREF\n:86:premium\n-\nV-1\n{D20}V-2\n", "960,00"))
    assert [line.text for line in statement.lines] == ["premium - V-1", ""]
    assert statement.is_proven


def test_what_stands_before_any_message_is_left_out() -> None:
    assert all_of("TESTNL2A\n\n") == []
    assert len(all_of(f"x\n-\n{FIRST}")) == 1


REFUSED = {
    "no account": (FIRST.replace(":25:NL00TEST0000000001\n", ""), "missing-field", 1),
    "an account that is empty": (FIRST.replace("NL00TEST0000000001", " "), "missing-field", 1),
    "no balance": (":20:X\n:25:A\n:61:2603020302D1,00NTRFX\n", "missing-field", 1),
    "no day": (":20:X\n:25:A\n:34F:CNYD0,\n", "missing-field", 1),
    "entries of no message": (f"{FIRST}-}}\n{{4:\n{D20}V-1\n", "missing-field", 10),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_message_that_is_none(name: str) -> None:
    text, code, line = REFUSED[name]
    with pytest.raises(StatementError, match=rf"^s.sta:{line}: .*\[{code}\]$"):
        all_of(text)


# --- Pages ---------------------------------------------------------------------------------


def page(opening: str, closing: str, entry: str, marks: str = "FF", number: str = "3") -> str:
    return (
        f":20:ST1\n:25:A\n:28C:{number}\n:60{marks[0]}:C260306EUR{opening}\n:61:2603060306{entry}\n"
        f":62{marks[1]}:C260306EUR{closing}\n-\n"
    )


PAGES = (
    page("1000,", "980,", "D20,NTRFV-1", "FM"),
    page("980,", "980,", "D0,NTRFNONREF", "MM"),
    page("980,", "950,", "D30,NTRFV-2", "MF"),
)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_pages_of_one_number_are_one_sequence(order: tuple[int, ...]) -> None:
    proof = prove(all_of("".join(PAGES[each] for each in order)))
    assert proof.flaws == ()
    assert [each.id for each in proof.statements] == ["ST1 3", "ST1 3 (2)", "ST1 3 (3)"]
    assert [line.amount for each in proof.statements for line in each.lines] == [-20, 0, -30]


def test_a_page_that_is_missing_is_a_gap() -> None:
    third = page("950,", "900,", "D50,NTRF", "MF")
    proof = prove(all_of(PAGES[0] + third))
    assert [flaw.code for flaw in proof.flaws] == ["gap"]


def test_the_same_page_again_is_repeated() -> None:
    proof = prove(all_of("".join((*PAGES, PAGES[1]))))
    assert [flaw.code for flaw in proof.flaws] == ["repeated"]
    assert len(proof.statements) == 3


def recorded(name: str, number: str) -> Closing:
    day = dt.date(2026, 3, 6)
    return Closing("A", "EUR", name, day, day, Decimal(number))


GOES_ON: dict[str, tuple[tuple[str, ...], list[Closing], list[str]]] = {
    "the first is recorded": (PAGES[1:], [recorded("ST1 3", "980")], ["ST1 3", "ST1 3 (2)"]),
    "the second page alone": (PAGES[2:], [recorded("ST1 3", "980")], ["ST1 3 (2)"]),
    "the third alone": (
        (page("950,", "900,", "D50,NTRF"),),
        [recorded("ST1 3", "980"), recorded("ST1 3 (2)", "950")],
        ["ST1 3 (3)"],
    ),
    "all are": (
        (PAGES[0], PAGES[2]),
        [recorded("ST1 3", "980"), recorded("ST1 3 (2)", "950")],
        ["ST1 3", "ST1 3 (2)"],
    ),
    "it is another of that id": (PAGES[2:], [recorded("ST1 3", "7")], ["ST1 3"]),
}


@pytest.mark.parametrize("name", GOES_ON)
def test_a_page_after_what_is_recorded_under_its_id(name: str) -> None:
    pages, known, expected = GOES_ON[name]
    assert [each.id for each in prove(all_of("".join(pages)), known).statements] == expected
