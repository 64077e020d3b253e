"""Bank statements: what is read of each format, what is proven, what is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from beancount_voucher.statements import files, xml_stream
from beancount_voucher.statements.faults import FAULTS, PROOFS
from beancount_voucher.statements.files import read
from beancount_voucher.statements.proof import Closing, prove
from beancount_voucher.statements.statement import Statement, StatementError
from tests.support.bank_files import (
    CSV_MAP,
    FILES,
    LI_MING,
    STATEMENTS,
    YUAN_HANG,
    Entry,
    Sheet,
    camt,
    csv,
)
from tests.support.bank_files import (
    mt940 as sta,
)

SHEET = Sheet("S-1", "ACC1", "2026-03-01", "2026-03-31", "1000.00", (
    Entry("03-02", "-100.00", "V-1", "premium"),
    Entry("03-05", "250.50", text="salary"),
), "40.00")  # fmt: skip


def write(folder: Path, content: str | bytes, name: str = "s.xml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def one(folder: Path, content: str | bytes, name: str = "s.xml") -> Statement:
    [statement] = read(write(folder, content, name))
    return statement


# --- Reading ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["052", "053"])
@pytest.mark.parametrize("version", ["02", "04", "06", "08", "10", "12"])
@pytest.mark.parametrize("prefix", ["", "bank"])
def test_camt_of_every_version_and_prefix(
    tmp_path: Path, kind: str, version: str, prefix: str
) -> None:
    statement = one(tmp_path, camt(SHEET, kind=kind, version=version, prefix=prefix))
    assert statement.form == f"camt.{kind}"
    assert (statement.id, statement.account, statement.currency) == ("S-1", "ACC1", "CNY")
    assert (statement.start, statement.end) == (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert statement.is_proven
    assert statement.hold == Decimal("40.00")
    first, second = statement.lines
    assert (first.amount, first.end_to_end, first.text) == (Decimal("-100.00"), "V-1", "premium")
    assert (second.amount, second.end_to_end) == (Decimal("250.50"), None)
    assert first.bank_reference == "S-1-001"


def test_an_advice_has_no_balances_and_proves_nothing(tmp_path: Path) -> None:
    statement = one(tmp_path, camt(SHEET, kind="054"))
    assert (statement.opening, statement.closing, statement.hold) == (None, None, None)
    assert not statement.is_proven
    assert [flaw.code for flaw in prove([statement]).flaws] == ["unproven"]


def test_mt940(tmp_path: Path) -> None:
    statement = one(tmp_path, sta(SHEET), "s.sta")
    assert (statement.form, statement.id, statement.account) == ("MT940", "S-1 1/1", "ACC1")
    assert (statement.start, statement.end) == (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert statement.is_proven
    assert statement.hold == Decimal("40.00")
    assert [(line.amount, line.end_to_end, line.references) for line in statement.lines] == [
        (Decimal("-100.00"), "V-1", ("V-1",)),
        (Decimal("250.50"), None, ()),
    ]


MT942 = """\
:20:INTRADAY
:25:ACC1
:28C:7
:34F:CNYD0,
:13D:2603311200+0800
:61:2603310331D1,00NTRFV-1
:61:2603310331RC2,50NTRFNONREF
of the bank
:90D:1CNY1,00
:90C:0CNY0,00
"""


def test_mt942(tmp_path: Path) -> None:
    statement = one(tmp_path, MT942, "s.txt")
    assert (statement.form, statement.opening, statement.end) == (
        "MT942",
        None,
        dt.date(2026, 3, 31),
    )
    assert [line.amount for line in statement.lines] == [Decimal("-1.00"), Decimal("-2.50")]
    assert [line.reversal for line in statement.lines] == [False, True]


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ("/EREF/V-1/REMI/premium", "V-1"),
        ("?20EREF+V-1?21SVWZ+premium", "V-1"),
        ("EREF: V-1 premium", "V-1"),
        ("/ROC/V-1/BENM/x", "V-1"),
        ("/EREF/NOTPROVIDED/REMI/premium", None),
        ("premium", None),
    ],
)
def test_the_end_to_end_id_in_every_dialect_of_field_86(
    tmp_path: Path, details: str, expected: str | None
) -> None:
    text = sta(replace(SHEET, entries=[Entry("03-02", "1.00")])).replace("/REMI/", details)
    assert one(tmp_path, text, "s.sta").lines[0].end_to_end == expected


def test_a_full_line_of_field_86_goes_on_without_a_space(tmp_path: Path) -> None:
    long = "x" * 57 + " V-1234567 is the voucher"
    sheet = replace(SHEET, entries=[Entry("03-02", "-1.00", text=long)])
    assert "V-1234567 is" in one(tmp_path, sta(sheet), "s.sta").lines[0].text


def test_csv_with_its_map_beside_it(tmp_path: Path) -> None:
    write(tmp_path, CSV_MAP, "csv.toml")
    statement = one(tmp_path, "\ufeff" + csv(YUAN_HANG), "s.csv")
    assert (statement.form, statement.id, statement.account) == ("CSV", "s", "6229000000000012")
    assert (statement.start, statement.end) == (dt.date(2026, 1, 1), dt.date(2026, 3, 31))
    assert statement.is_proven
    assert statement.hold == Decimal("0.00")
    assert [line.end_to_end for line in statement.lines] == [
        "FA-001",
        "CG-001",
        "CG-004",
        None,
        "FA-005",
    ]


def test_csv_in_another_way(tmp_path: Path) -> None:
    how = """
encoding = "latin-1"
delimiter = ";"
decimal = ","
thousands = "."
date-format = "%d.%m.%Y"
skip = 2
newest-first = true
account = "DE1"
currency = "EUR"
id = "2026-03"
[columns]
date = "Tag"
amount = "Betrag"
reference = "Referenz"
text = "Zweck"
"""
    text = "Bank\nKonto\nTag;Betrag;Referenz;Zweck\n03.03.2026;-1.234,50;V-1;Prämie\n\n02.03.2026;+10,00;;x\n"
    path = write(tmp_path, text.encode("latin-1"), "s.csv")
    [statement] = read(path, write(tmp_path, how, "map.toml"))
    assert (statement.id, statement.currency, statement.opening) == ("2026-03", "EUR", None)
    assert (statement.start, statement.end) == (dt.date(2026, 3, 2), dt.date(2026, 3, 3))
    assert [(line.amount, line.text) for line in statement.lines] == [
        (Decimal("10.00"), "x"),
        (Decimal("-1234.50"), "Prämie"),
    ]
    assert statement.lines[1].references == ("V-1",)


BATCH = (
    "<NtryDtls><Btch><PmtInfId>B-1</PmtInfId></Btch>"
    '<TxDtls><Refs><EndToEndId>V-1</EndToEndId></Refs><Amt Ccy="CNY">60.00</Amt></TxDtls>'
    '<TxDtls><Refs><EndToEndId>V-2</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="CNY">{}</Amt></TxAmt></AmtDtls>'
    "<CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls>"
)


def batch(second: str) -> str:
    text = camt(replace(SHEET, entries=[Entry("03-02", "-100.00", text="many")]))
    start, end = text.index("<NtryDtls>"), text.index("</NtryDtls>") + len("</NtryDtls>")
    return text[:start] + BATCH.format(second) + text[end:]


def test_the_payments_of_a_batch_are_lines_where_they_come_to_the_entry(tmp_path: Path) -> None:
    first, second = one(tmp_path, batch("40.00")).lines
    assert (first.amount, first.end_to_end, first.batch) == (Decimal("-60.00"), "V-1", "B-1")
    assert (second.amount, second.end_to_end, second.position) == (Decimal("-40.00"), "V-2", 1)


def test_and_one_line_with_all_references_where_they_do_not(tmp_path: Path) -> None:
    [line] = one(tmp_path, batch("39.00")).lines
    assert (line.amount, line.end_to_end) == (Decimal("-100.00"), None)
    assert {"V-1", "V-2"} <= set(line.references)


def test_pending_entries_are_kept_apart(tmp_path: Path) -> None:
    entries = [
        *SHEET.entries,
        Entry("03-31", "-9.00", "V-2", status="PDNG"),
        Entry("03-31", "-8.00", status="INFO"),
    ]
    statement = one(tmp_path, camt(replace(SHEET, entries=entries), version="02"))
    assert statement.is_proven
    assert len(statement.lines) == 2
    assert [line.end_to_end for line in statement.pending] == ["V-2"]


def test_a_value_date_stands_in_for_a_missing_booking_date(tmp_path: Path) -> None:
    text = camt(SHEET).replace("<BookgDt><Dt>2026-03-02</Dt></BookgDt>", "")
    assert one(tmp_path, text).lines[0].date == dt.date(2026, 3, 2)


def test_without_a_period_the_balances_say_it(tmp_path: Path) -> None:
    text = camt(replace(SHEET, start="2026-02-28"))
    start, end = text.index("<FrToDt>"), text.index("</FrToDt>") + len("</FrToDt>\n")
    statement = one(tmp_path, text[:start] + text[end:])
    assert (statement.start, statement.end) == (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    on_the_day = one(tmp_path, camt(SHEET)[:start] + camt(SHEET)[end:])
    assert on_the_day.start == dt.date(2026, 3, 2)
    same_day = replace(SHEET, start="2026-03-02")
    assert one(tmp_path, camt(same_day)[:start] + camt(same_day)[end:]).start == dt.date(2026, 3, 2)
    advice = camt(SHEET, kind="054")
    start, end = advice.index("<FrToDt>"), advice.index("</FrToDt>") + len("</FrToDt>\n")
    assert one(tmp_path, advice[:start] + advice[end:]).end == dt.date(2026, 3, 5)


def test_what_else_a_bank_sends_is_left_alone(tmp_path: Path) -> None:
    more = "<SplmtryData><Id>X</Id></SplmtryData>\n"
    text = camt(replace(SHEET, extra=more)).replace(
        "</Document>", f"<Other>{more}</Other></Document>"
    )
    assert one(tmp_path, text).is_proven


def test_an_iban_and_another_encoding(tmp_path: Path) -> None:
    text = camt(SHEET).replace("<Othr><Id>ACC1</Id></Othr>", "<IBAN>ch56 0483</IBAN>")
    text = text.replace("<Ccy>CNY</Ccy>", "").replace('encoding="UTF-8"', 'encoding="UTF-16"')
    statement = one(tmp_path, text.encode("utf-16"))
    assert (statement.account, statement.currency) == ("CH560483", "CNY")


def test_what_is_streamed_is_one_entry_at_a_time(tmp_path: Path) -> None:
    from beancount_voucher.statements import camt as reader  # noqa: PLC0415

    path = write(tmp_path, camt(SHEET))
    with path.open("rb") as file:
        seen = list(reader.stream(file, path, "", keep=False))
    assert [len(each.lines) for each in seen] == [1, 1, 0]
    statement = seen[-1].statement
    assert statement is not None
    assert statement.is_proven
    assert len(statement.lines) == 1


# --- Proof ------------------------------------------------------------------------------


def test_the_statements_that_ship_are_those_of_the_builder_and_prove() -> None:
    assert {path.name for path in STATEMENTS.iterdir()} == set(FILES)
    for name, text in FILES.items():
        assert (STATEMENTS / name).read_text(encoding="utf-8") == text
    found = [
        each for name in FILES if not name.endswith(".toml") for each in read(STATEMENTS / name)
    ]
    proof = prove(found)
    assert (len(proof.statements), proof.flaws) == (9, ())


def flaws(folder: Path, *sheets: Sheet) -> list[str]:
    found = [
        each
        for number, sheet in enumerate(sheets)
        for each in read(write(folder, camt(sheet), f"{number}.xml"))
    ]
    return [flaw.code for flaw in prove(found).flaws]


NEXT = replace(SHEET, id="S-2", start="2026-04-01", end="2026-04-30", opening="1150.50", entries=())

FLAWED = {
    "sound": ((SHEET, NEXT), []),
    "closing is wrong": ((replace(SHEET, closing="1150.51"),), ["unproven"]),
    "sent twice": ((SHEET, SHEET, NEXT), ["repeated"]),
    "a gap": ((SHEET, replace(NEXT, opening="1150.00")), ["gap"]),
    "another account is no gap": ((SHEET, replace(NEXT, opening="7.00", account="ACC2")), []),
}


@pytest.mark.parametrize("name", FLAWED)
def test_flaws(tmp_path: Path, name: str) -> None:
    sheets, expected = FLAWED[name]
    assert flaws(tmp_path, *sheets) == expected
    assert set(expected) <= set(PROOFS)


def closed(name: str, start: str, end: str, number: str, **changed: str) -> Closing:
    """A recorded statement of the account of SHEET."""
    of = {"account": "ACC1", "currency": "CNY", **changed}
    first, last = (dt.date.fromisoformat(f"2026-{each}") for each in (start, end))
    return Closing(of["account"], of["currency"], name, first, last, Decimal(number))


FEBRUARY = closed("S-0", "02-01", "02-28", "1000.00")
WRONG = FEBRUARY._replace(number=Decimal(7))
RECORDED: dict[str, tuple[list[Closing], list[str]]] = {
    "it goes on": ([FEBRUARY], []),
    "it does not": ([WRONG], ["gap"]),
    "the latest counts": ([closed("S", "01-01", "01-31", "7.00"), FEBRUARY], []),
    "the latest counts, in any order": ([FEBRUARY, closed("S", "01-01", "01-31", "7.00")], []),
    "the latest is that which ends last": ([FEBRUARY, closed("S", "02-07", "02-13", "7.00")], []),
    "days between, and the same balance": ([closed("S", "01-01", "01-31", "1000.00")], []),
    "days between, and another balance": ([closed("S", "01-01", "01-31", "7.00")], ["gap"]),
    "its first day is the last of the one before": ([closed("S", "02-01", "03-01", "1000.00")], []),
    "another account": ([WRONG._replace(account="ACC2")], []),
    "the same statement": ([closed("S-1", "03-01", "03-31", "1150.50")], []),
    "one of the same days": ([closed("S-9", "03-07", "03-20", "7.00")], []),
    "one that comes after it": ([closed("S-2", "04-01", "04-30", "7.00")], []),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_gap_to_what_was_recorded_before(tmp_path: Path, name: str) -> None:
    recorded, expected = RECORDED[name]
    found = read(write(tmp_path, camt(SHEET)))
    assert [flaw.code for flaw in prove(found, recorded).flaws] == expected


def test_of_a_day_with_several_statements_each_goes_on_from_the_one_before(tmp_path: Path) -> None:
    noon = closed("D-9", "03-02", "03-02", "1150.50")
    night = closed("D-10", "03-02", "03-02", "1301.00")
    first = replace(SHEET, id="D-9", start="2026-03-02", end="2026-03-02")
    second = replace(first, id="D-10", opening="1150.50")
    month = replace(first, id="S-1", opening="1301.00", end="2026-03-31")
    missed = replace(first, id="D-11", opening="7.00")
    for sheet, expected in ((first, []), (second, []), (month, []), (missed, ["gap"])):
        found = read(write(tmp_path, camt(sheet)))
        flaws = prove(found, [FEBRUARY, noon, night]).flaws
        assert [flaw.code for flaw in flaws] == expected


def test_what_is_recorded_between_two_statements_is_no_gap(tmp_path: Path) -> None:
    may = replace(NEXT, id="S-3", start="2026-05-01", end="2026-05-31", opening="7.00")
    found = read(write(tmp_path, camt(SHEET, may)))
    assert [flaw.code for flaw in prove(found).flaws] == ["gap"]
    assert prove(found, [closed("S-2", "04-01", "04-30", "7.00")]).flaws == ()


def test_a_flaw_says_where_and_what(tmp_path: Path) -> None:
    path = write(tmp_path, camt(replace(SHEET, closing="1.00")))
    [flaw] = prove(read(path)).flaws
    assert flaw.message == (
        f"{path}: S-1: opening 1000.00 and what is booked come to 1150.50, closing is 1.00 CNY [unproven]"
    )


@pytest.mark.parametrize("turned", [False, True])
def test_the_proof_decides_what_the_mark_of_a_reversal_means(
    tmp_path: Path, *, turned: bool
) -> None:
    entries = [
        Entry("03-02", "-100.00", "V-1"),
        Entry("03-03", "-100.00" if turned else "100.00", "V-1", extra="<RvslInd>true</RvslInd>"),
    ]
    statement = one(tmp_path, camt(replace(SHEET, entries=entries, closing="1000.00")))
    proof = prove([statement])
    assert proof.flaws == ()
    assert [line.amount for line in proof.statements[0].lines] == [Decimal(-100), Decimal(100)]


def test_a_reversal_that_proves_neither_way_stays_as_it_is(tmp_path: Path) -> None:
    entries = [Entry("03-02", "-100.00", "V-1", extra="<RvslInd>true</RvslInd>")]
    proof = prove([one(tmp_path, camt(replace(SHEET, entries=entries, closing="7.00")))])
    assert [flaw.code for flaw in proof.flaws] == ["unproven"]
    assert proof.statements[0].booked == Decimal(-100)


# --- What is refused --------------------------------------------------------------------

BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
FETCH = '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/evil.dtd">\n'
CAMT = camt(SHEET)
MT = sta(SHEET)

# content, file name, code, line (None: the file as a whole)
BROKEN: dict[str, tuple[str | bytes, str, str, int | None]] = {
    "truncated": (CAMT[:600], "s.xml", "bad-xml", None),
    "no end": (CAMT.removesuffix("</Document>\n"), "s.xml", "bad-xml", None),
    "wrong encoding": (CAMT.replace("premium", "Prämie").encode("latin-1"), "s.xml", "bad-xml", None),
    "unknown encoding": (CAMT.replace("UTF-8", "GBK-99"), "s.xml", "bad-xml", None),
    "multi-byte encoding": (CAMT.replace("UTF-8", "gb18030"), "s.xml", "bad-xml", None),
    "entity bomb": (camt(SHEET, head=BOMB), "s.xml", "forbidden-xml", 2),
    "outer DTD": (camt(SHEET, head=FETCH), "s.xml", "forbidden-xml", 2),
    "undefined entity": (CAMT.replace("premium", "&b;"), "s.xml", "bad-xml", None),
    "no id": (CAMT.replace("<Id>S-1</Id>", ""), "s.xml", "missing-field", 5),
    "no account": (CAMT.replace("<Id>ACC1</Id>", ""), "s.xml", "missing-field", 5),
    "another message": (CAMT.replace("BkToCstmrStmt", "CstmrCdtTrfInitn"), "s.xml", "unknown-format", 3),
    "only a document": ("<Document/>", "s.xml", "unknown-format", None),
    "a web page": ("<html><body><p>404</p></body></html>", "s.xml", "unknown-format", 1),
    "another namespace": (CAMT.replace("urn:iso:std:iso:20022:tech:xsd:camt", "urn:x"), "s.xml", "unknown-version", 3),
    "no statement": (camt(), "s.xml", "missing-field", None),
    "neither": ("hello", "s.txt", "unknown-format", None),
    "nothing": ("", "s.xml", "unknown-format", None),
    "mt: a balance that is none": (MT.replace("C260228CNY1000,00", "CNY"), "s.sta", "bad-mt", 4),
    "mt: no message": ("{1:F01BANK}", "s.sta", "missing-field", None),
    "mt: wrong encoding": (MT.replace("premium", "Prämie").encode("latin-1"), "s.sta", "bad-encoding", None),
    "csv: no map": ("a,b\n", "s.csv", "bad-map", None),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_or_hostile_file_gives_one_clear_error(tmp_path: Path, name: str) -> None:
    content, file, code, line = BROKEN[name]
    path = write(tmp_path, content, file)
    with pytest.raises(StatementError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert message.endswith(f"[{code}]")
    assert "; expected " in message
    assert "\n" not in message


def test_every_fault_is_in_the_table() -> None:
    assert {code for _, _, code, _ in BROKEN.values()} < set(FAULTS)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(StatementError, match=r"\[unreadable\]$"):
            read(path)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_BYTES", 100)
    monkeypatch.setattr(files, "MAX_TEXT", 100)
    for name, text in (("s.xml", CAMT), ("s.sta", MT)):
        with pytest.raises(StatementError, match=r"\[too-large\]$"):
            read(write(tmp_path, text, name))


def test_the_id_of_a_csv_is_its_name_unless_the_map_says_it(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS, "Bank 2026.Q1.csv")
    how = write(tmp_path, SMALL_MAP, "map.toml")
    assert [each.id for each in read(path, how)] == ["Bank 2026.Q1"]
    write(tmp_path, 'id = "7"\n' + SMALL_MAP, "map.toml")
    assert [each.id for each in read(path, how)] == ["7"]


def test_mt940_in_another_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, MT.replace("premium", "保费").encode("gb18030"), "s.sta")
    assert "保费" in read(path, encoding="gb18030")[0].lines[0].text
    with pytest.raises(StatementError, match=r"\[bad-encoding\]$"):
        read(path, encoding="none-such")


def test_details_before_a_line_are_dropped_or_told(tmp_path: Path) -> None:
    text = ":20:X\n:25:A\n:60F:C260101CNY1,00\n:86:lost\n:62F:C260131CNY1,00\n"
    assert one(tmp_path, text, "s.sta").lines == ()


def test_a_balance_in_another_currency(tmp_path: Path) -> None:
    text = MT.replace(":62F:C260331CNY", ":62F:C260331USD")
    with pytest.raises(StatementError, match=r"\[bad-currency\]$"):
        read(write(tmp_path, text, "s.sta"))


SMALL_MAP = 'account = "A"\ncurrency = "CNY"\n[columns]\ndate = "d"\ndebit = "out"\ncredit = "in"\nbalance = "b"\n'
ROWS = "d,out,in,b\n2026-03-01,,,10\n2026-03-02,1,,9\n2026-03-03,,2,11\n"

# map, rows -> code, line (in the map, where the file is map.toml)
BROKEN_CSV: dict[str, tuple[str | bytes, str, str, int | None]] = {
    "no TOML": ("x =", ROWS, "bad-map", None),
    "not UTF-8": (b"\xff", ROWS, "bad-map", None),
    "unknown setting": ("colour = 1\n" + SMALL_MAP, ROWS, "bad-map", None),
    "wrong type": ("skip = true\n" + SMALL_MAP, ROWS, "bad-map", None),
    "unknown column": (SMALL_MAP + 'colour = "c"\n', ROWS, "bad-map", None),
    "text is no list": (SMALL_MAP + "text = true\n", ROWS, "bad-map", None),
    "columns is no table": ('columns = "x"\n', ROWS, "bad-map", None),
    "no date": (SMALL_MAP.replace('date = "d"\n', ""), ROWS, "bad-map", None),
    "no credit": (SMALL_MAP.replace('credit = "in"\n', ""), ROWS, "bad-map", None),
    "delimiter": ('delimiter = ";;"\n' + SMALL_MAP, ROWS, "bad-map", None),
    "delimiter is a quote": ("delimiter = '\"'\n" + SMALL_MAP, ROWS, "bad-map", None),
    "delimiter is the end of a line": ('delimiter = "\\n"\n' + SMALL_MAP, ROWS, "bad-map", None),
    "decimals at the thousands that are left out": ('decimal = ","\n' + SMALL_MAP, ROWS, "bad-map", None),
    "nested without end": ("a = " + "[" * 5000, ROWS, "bad-map", None),
    "a setting nested without end": ("a." * 5000 + "a = 1\n" + SMALL_MAP, ROWS, "bad-map", None),
    "a number without end": ("skip = " + "9" * 5000 + "\n" + SMALL_MAP, ROWS, "bad-map", None),
    "a map without end": ("#" * 300_000, ROWS, "too-large", None),
    "more lines to skip than anybody can": (f"skip = {10**30}\n" + SMALL_MAP, ROWS, "missing-field", None),
    "less than no lines to skip": ("skip = -1\n" + SMALL_MAP, ROWS, "bad-map", None),
    "a date format without a year": ('date-format = "%d.%m."\n' + SMALL_MAP, ROWS, "bad-map", None),
    "a date format with two years": ('date-format = "%Y%Y"\n' + SMALL_MAP, ROWS, "bad-map", None),
    "a date format that is broken": ('date-format = "%"\n' + SMALL_MAP, ROWS, "bad-map", None),
    "an encoding of host names": ('encoding = "punycode"\n' + SMALL_MAP, ROWS, "bad-encoding", None),
    "an encoding with a zero": ('encoding = "\\u0000"\n' + SMALL_MAP, ROWS, "bad-encoding", None),
    "encoding": ('encoding = "nix"\n' + SMALL_MAP, ROWS, "bad-encoding", None),
    "no heading": (SMALL_MAP, ROWS.replace("out", "off"), "bad-csv", 1),
    "heading twice": (SMALL_MAP, ROWS.replace("out,in", "out,out"), "bad-csv", 1),
    "a cell too many": (SMALL_MAP, ROWS + "2026-03-04,1,,10,x\n", "bad-csv", 5),
    "debit and credit": (SMALL_MAP, ROWS + "2026-03-04,1,2,12\n", "bad-csv", 5),
    "a wrong balance": (SMALL_MAP, ROWS + "2026-03-04,1,,11\n", "bad-csv", 5),
    "a negative debit": (SMALL_MAP, ROWS + "2026-03-04,-1,,12\n", "bad-amount", 5),
    "a word": (SMALL_MAP, ROWS + "2026-03-04,one,,12\n", "bad-amount", 5),
    "a day": (SMALL_MAP, ROWS + "04.03.2026,1,,10\n", "bad-date", 5),
    "an open quote": (SMALL_MAP, ROWS + '2026-03-04,"1,,10\n', "bad-csv", 5),
    "no rows": (SMALL_MAP, "d,out,in,b\n", "missing-field", None),
    "empty": (SMALL_MAP, "", "missing-field", None),
    "an account that is empty": (
        SMALL_MAP.replace('account = "A"\n', "") + 'account = "b"\n', "d,out,in,b\n2026-03-02,1,,\n", "missing-field", 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_CSV)
def test_a_broken_csv_or_map(tmp_path: Path, name: str) -> None:
    how, rows, code, line = BROKEN_CSV[name]
    path = write(tmp_path, rows, "s.csv")
    write(tmp_path, how, "s.toml")
    with pytest.raises(StatementError, match=rf"\[{code}\]$") as caught:
        read(path)
    if line is not None:
        assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_device_or_a_pipe_is_no_map(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS, "s.csv")
    for device in ("/dev/zero", tmp_path):
        with pytest.raises(StatementError, match=r"\[unreadable\]$"):
            read(path, Path(device))


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StatementError, match=r"\[unreadable\]$"):
        read(write(tmp_path, ROWS, "s.csv"), tmp_path / "none.toml")


def test_a_csv_without_thousands_and_with_a_zero(tmp_path: Path) -> None:
    write(tmp_path, 'thousands = ""\n' + SMALL_MAP, "s.toml")
    statement = one(tmp_path, ROWS + "2026-03-04,0,3,14\n", "s.csv")
    assert statement.is_proven
    assert statement.start == dt.date(2026, 3, 2)
    assert LI_MING[0].closes == Decimal("17147.15")


def test_the_digest_of_what_cannot_be_read(tmp_path: Path) -> None:
    assert files.sha256_of(tmp_path / "none") is None
    assert files.sha256_of(Path("a\0b")) is None
