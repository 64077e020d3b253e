"""camt messages as banks really write them: each kind of deviation, and what is right."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pytest

from beancount_voucher.reconciliation.references import References
from beancount_voucher.statements.camt import accounts, statements, stream
from beancount_voucher.statements.proof import prove
from beancount_voucher.statements.statement import Statement, StatementError

NAMES = References(("V-1", "V-2", "V-12"))

D20 = (
    '<Ntry><Amt Ccy="EUR">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>2026-03-06</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>V-1</EndToEndId></Refs>"
    "</TxDtls></NtryDtls></Ntry>\n"
)
D30 = D20.replace("20.00", "30.00").replace("V-1", "V-2")


def bal(
    code: str, amount: str, date: str = "2026-03-06", more: str = "", currency: str = "EUR"
) -> str:
    when = f"<DtTm>{date}</DtTm>" if "T" in date else f"<Dt>{date}</Dt>"
    kind, _, subtype = code.partition("/")
    sub = f"<SubTp><Cd>{subtype}</Cd></SubTp>" if subtype else ""
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry>{sub}</Tp>{more}<Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt>{when}</Dt></Bal>\n"
    )


OPBD, CLBD = bal("OPBD", "1000.00", "2026-03-05"), bal("CLBD", "980.00")
ACCOUNT = "<Acct><Id><IBAN>NL00TEST0000000001</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def stmt(
    content: str, name: str = "S1", page: str = "", created: str = "2026-03-09T01:00:00"
) -> str:
    pages = f"<StmtPgntn><PgNb>{page}</PgNb></StmtPgntn>" if page else ""
    made = f"<CreDtTm>{created}</CreDtTm>" if created else ""
    return f"<Stmt><Id>{name}</Id>{pages}{made}{ACCOUNT}{content}</Stmt>\n"


def message(*each: str, namespace: str = NAMESPACE, head: str = "") -> str:
    body = "".join(each)
    return f'<Document xmlns="{namespace}"><BkToCstmrStmt>{head}{body}</BkToCstmrStmt></Document>\n'


def all_of(text: str) -> list[Statement]:
    return list(statements(io.BytesIO(text.encode()), Path("s.xml"), ""))


def one(content: str, **said: str) -> Statement:
    [statement] = all_of(message(stmt(content, **said)))
    return statement


# --- Entries ------------------------------------------------------------------------------

# How an entry of 20 is changed -> the codes' words, and the amount if it is read.
UNREAD: dict[str, tuple[str, str, str]] = {
    "a negative amount": (">20.00<", ">-20.00<", 'an amount is "-20.00"'),
    "an amount with letters": (">20.00<", ">1e2<", 'an amount is "1e2"'),
    "an amount with a comma": (">20.00<", ">20,00<", 'an amount is "20,00"'),
    "no number": (">20.00<", ">NaN<", 'an amount is "NaN"'),
    "a point": (">20.00<", ">.<", 'an amount is "."'),
    "dust": (">20.00<", ">20.000000000000001<", "an amount is"),
    "no amount": ('<Amt Ccy="EUR">20.00</Amt>', "", 'an amount is ""'),
    "another currency": ('Ccy="EUR"', 'Ccy="USD"', "an amount is in USD; expected EUR"),
    "no currency": (' Ccy="EUR"', "", "an amount is in no currency; expected EUR"),
    "no mark": ("<CdtDbtInd>DBIT</CdtDbtInd>", "", "an entry has no CdtDbtInd"),
    "another mark": ("DBIT", "D", 'CdtDbtInd of an entry is "D"'),
    "the 30th of February": ("2026-03-06", "2026-02-30", 'BookgDt/Dt is "2026-02-30"'),
    "a day after which there is none": ("2026-03-06", "9999-12-31", "BookgDt/Dt is"),
    "nested too deep": ("V-1", "<a>" * 60 + "</a>" * 60, "elements are nested too deep"),
    "deep in a payment": ("<Refs>", "<Refs>" + "<a>" * 60 + "</a>" * 60, "elements are nested too deep"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_an_entry_that_cannot_be_read_costs_the_proof_not_the_file(name: str) -> None:
    old, new, wrong = UNREAD[name]
    assert old in D20
    first, second = all_of(
        message(
            stmt(OPBD + bal("CLBD", "970.00") + D20.replace(old, new) + D30),
            stmt(OPBD + CLBD + D20),
        )
    )
    assert [line.amount for line in first.lines] == [Decimal("-30.00")]
    assert first.opening is not None
    assert first.closing is not None
    assert first.opening.number + first.booked == first.closing.number  # the sums say nothing
    [flaw] = prove([first, second]).flaws[:1]
    assert (flaw.code, flaw.statement.id) == ("unproven", "S1")
    assert flaw.text.startswith("line 4: ")
    assert wrong in flaw.text
    assert second.is_proven


AMOUNTS = {".05": "0.05", "+10.00": "10", "110.": "110", "0" * 20 + "7.10": "7.10", " 5.00\n": "5"}


@pytest.mark.parametrize("said", AMOUNTS)
def test_an_amount_as_xml_schema_has_it(said: str) -> None:
    [line] = one(D20.replace("20.00", said)).lines
    assert line.amount == -Decimal(AMOUNTS[said])


def test_nothing_is_no_minus() -> None:
    assert str(one(D20.replace("20.00", "0.00")).lines[0].amount) == "0.00"


NO_DATE = D20.replace("<BookgDt><Dt>2026-03-06</Dt></BookgDt>", "")
DATES = {
    "a booking date": (D20, "2026-03-06"),
    "a day with a time": (D20.replace("<Dt>2026-03-06</Dt>", "<DtTm>2026-03-06T10:00:00Z</DtTm>"), "2026-03-06"),
    "a plain day": (D20.replace("<Dt>2026-03-06</Dt>", "2026-03-06"), "2026-03-06"),
    "a value date": (D20.replace("BookgDt", "ValDt"), "2026-03-06"),
    "an empty booking date": (D20.replace("<BookgDt>", "<BookgDt/><ValDt>").replace("</BookgDt>", "</ValDt>"), "2026-03-06"),
    "a day of settlement": (
        NO_DATE.replace("</Refs>", "</Refs><RltdDts><IntrBkSttlmDt>2026-03-05</IntrBkSttlmDt></RltdDts>"), "2026-03-05",
    ),
    "none: that of the statement": (NO_DATE, "2026-03-09"),
}  # fmt: skip


@pytest.mark.parametrize("name", DATES)
def test_the_day_of_an_entry(name: str) -> None:
    entry, expected = DATES[name]
    statement = one(entry)
    assert [str(line.date) for line in statement.lines] == [expected]
    assert str(statement.end) == expected


def test_the_day_of_the_message_stands_in_for_that_of_the_statement() -> None:
    head = "<GrpHdr><CreDtTm>2026-03-10T01:00:00</CreDtTm></GrpHdr>"
    [statement] = all_of(message(stmt(NO_DATE, created=""), head=head))
    assert statement.lines[0].date == dt.date(2026, 3, 10)
    statement = one(NO_DATE + D20, created="")
    assert (len(statement.lines), len(statement.unread)) == (1, 1)
    assert "an entry has no date" in statement.unread[0]
    with pytest.raises(
        StatementError, match=r"^s.xml:1: no date says what it covers; .*\[missing-field\]$"
    ):
        one("", created="")


def details(*each: str) -> str:
    """An entry of 50 with payments."""
    return D20.replace("20.00", "50.00").replace(
        D20[D20.index("<TxDtls>") : D20.index("</NtryDtls>")], "".join(f"<TxDtls>{one}</TxDtls>" for one in each)
    )  # fmt: skip


def payment(
    name: str, amount: str, where: str = "Amt", currency: str = "EUR", mark: str = ""
) -> str:
    inner = f'<Amt Ccy="{currency}">{amount}</Amt>'
    for outer in reversed(where.split("/")[:-1]):
        inner = f"<{outer}>{inner}</{outer}>"
    sign = f"<CdtDbtInd>{mark}</CdtDbtInd>" if mark else ""
    return f"<Refs><EndToEndId>{name}</EndToEndId></Refs>{inner}{sign}"


INSTRUCTED = "AmtDtls/InstdAmt/Amt"
BATCHES: dict[str, tuple[str, list[str] | None]] = {
    "amounts": (details(payment("V-1", "20.00"), payment("V-2", "30.00")), ["-20.00", "-30.00"]),
    "of the transaction": (
        details(payment("V-1", "20.00", "AmtDtls/TxAmt/Amt"), payment("V-2", "30.00", "AmtDtls/TxAmt/Amt")),
        ["-20.00", "-30.00"],
    ),
    "as instructed": (
        details(payment("V-1", "15.00", INSTRUCTED), payment("V-2", "35.00", INSTRUCTED)), ["-15.00", "-35.00"],
    ),
    "as instructed and as booked": (
        details(payment("V-1", "19.00", INSTRUCTED) + '<Amt Ccy="EUR">20.00</Amt>', payment("V-2", "30.00")),
        ["-20.00", "-30.00"],
    ),
    "of which only those as instructed come to the whole": (
        details(
            payment("V-1", "20.00", INSTRUCTED) + '<Amt Ccy="EUR">21.00</Amt>',
            payment("V-2", "30.00", INSTRUCTED) + '<Amt Ccy="EUR">31.00</Amt>',
        ),
        ["-20.00", "-30.00"],
    ),
    "in another currency": (details(payment("V-1", "20.00", INSTRUCTED, "USD"), payment("V-2", "30.00")), None),
    "that do not come to it": (details(payment("V-1", "20.00"), payment("V-2", "31.00")), None),
    "one of the other sign": (
        details(payment("V-1", "60.00"), payment("V-2", "10.00", mark="CRDT")), ["-60.00", "10.00"],
    ),
    "none": (details("<Refs><EndToEndId>V-1</EndToEndId></Refs>", "<Refs><EndToEndId>V-2</EndToEndId></Refs>"), None),
    "one that is empty": (details(payment("V-1", "50.00"), ""), ["-50.00"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHES)
def test_the_payments_of_a_batch(name: str) -> None:
    entry, expected = BATCHES[name]
    lines = one(entry).lines
    assert [str(line.amount) for line in lines] == (expected or ["-50.00"])
    if expected is None:
        assert set(NAMES.named(lines[0])) == {"V-1", "V-2"}
    else:
        assert [set(NAMES.named(line)) for line in lines] == [{"V-1"}, {"V-2"}][: len(lines)]


def test_a_payment_whose_sign_is_none_is_no_payment() -> None:
    entry = details(payment("V-1", "20.00", mark="?"), payment("V-2", "30.00"))
    assert 'CdtDbtInd of a payment is "?"' in one(entry).unread[0]


OTHER = D20.replace('"EUR">20.00', '"USD">21.50')
AMOUNT = '<AmtDtls><TxAmt><Amt Ccy="EUR">20.00</Amt></TxAmt></AmtDtls>'
OTHERS = {
    "of the entry": OTHER.replace("<NtryDtls>", f"{AMOUNT}<NtryDtls>"),
    "of its payment": OTHER.replace("</Refs>", f"</Refs>{AMOUNT}"),
    "at its value": OTHER.replace("</Refs>", f"</Refs>{AMOUNT.replace('TxAmt', 'CntrValAmt')}"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_an_entry_in_another_currency_has_the_accounts_amount_elsewhere(name: str) -> None:
    statement = one(OPBD + CLBD + OTHERS[name])
    assert statement.is_proven
    assert [line.amount for line in statement.lines] == [Decimal("-20.00")]


PLACES = {
    "<Refs><AcctOwnrTxId>V-2</AcctOwnrTxId></Refs>", "<Refs><ClrSysRef>V-2</ClrSysRef></Refs>",
    "<Refs><InstrId>V-2</InstrId></Refs>", "<Refs><Prtry><Ref>V-2</Ref></Prtry></Refs>",
    "<RltdRmtInf><RmtId>V-2</RmtId></RltdRmtInf>", "<RmtInf><Ustrd>premium</Ustrd><Ustrd>of V-2</Ustrd></RmtInf>",
    "<RmtInf><Strd><RfrdDocInf><Nb>V-2</Nb></RfrdDocInf></Strd></RmtInf>",
    "<RmtInf><Strd><RfrdDocInf><Nb>x</Nb></RfrdDocInf><RfrdDocInf><Nb>V-2</Nb></RfrdDocInf></Strd></RmtInf>",
    "<RmtInf><Strd><CdtrRefInf><Ref>invoice V-2</Ref></CdtrRefInf></Strd></RmtInf>",
    "<RmtInf><Strd><AddtlRmtInf>premium V-2</AddtlRmtInf></Strd></RmtInf>", "<AddtlTxInf>premium V-2</AddtlTxInf>",
    "<RtrInf><AddtlInf>of V-2</AddtlInf></RtrInf>",
}  # fmt: skip


@pytest.mark.parametrize("place", sorted(PLACES))
def test_where_a_reference_may_stand(place: str) -> None:
    none = "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    [line] = one(D20.replace("<Refs><EndToEndId>V-1</EndToEndId></Refs>", none + place)).lines
    assert set(NAMES.named(line)) == {"V-2"}
    assert line.returned == ("RtrInf" in place)


FULL = f"{'V-1':>140}"
REMITTANCES = {
    "full, and no more": (f"<Ustrd>{FULL}</Ustrd>", {"V-1", "V-12"}),
    "full, and more": (f"<Ustrd>{FULL}</Ustrd><Ustrd>2 of March</Ustrd>", {"V-12"}),
    "full, and full": (f"<Ustrd>{FULL}</Ustrd><Ustrd>9 {FULL[2:]}</Ustrd>", {"V-1", "V-12"}),
    "full, and another kind": (f"<Ustrd>{FULL}</Ustrd><Strd><AddtlRmtInf>2</AddtlRmtInf></Strd>", {"V-1", "V-12"}),
    "full of blanks at its end": (f"<Ustrd>{'V-1':140}</Ustrd>", {"V-1"}),
    "not full": (f"<Ustrd>{FULL[1:]}</Ustrd><Ustrd>2 of March</Ustrd>", {"V-1"}),
}  # fmt: skip


@pytest.mark.parametrize("name", REMITTANCES)
def test_a_remittance_text_that_is_full_may_be_cut(name: str) -> None:
    said, expected = REMITTANCES[name]
    none = "<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    entry = D20.replace(
        "<Refs><EndToEndId>V-1</EndToEndId></Refs>", f"{none}<RmtInf>{said}</RmtInf>"
    )
    [line] = one(entry).lines
    assert set(NAMES.named(line)) == expected
    [line] = one(
        entry.replace("</TxDtls>", "</TxDtls><TxDtls><Purp><Cd>X</Cd></Purp></TxDtls>")
    ).lines
    assert set(NAMES.named(line)) == expected


def test_a_return_without_a_mark_takes_back() -> None:
    back = D20.replace("DBIT", "CRDT").replace(
        "</Refs>", "</Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    )
    paid, returned = one(OPBD + bal("CLBD", "1000.00") + D20 + back).lines
    assert (paid.takes_back, returned.takes_back, returned.reversal) == (False, True, False)
    [line] = one(
        details(payment("V-1", "20.00"), payment("V-2", "31.00") + "<RtrInf><Rsn/></RtrInf>")
    ).lines
    assert not line.returned


def test_the_banks_references() -> None:
    entry = D20.replace("<NtryDtls>", "<NtryRef>7</NtryRef><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>")
    inner = entry.replace("<EndToEndId>", "<AcctSvcrRef>B2</AcctSvcrRef><EndToEndId>")
    [line] = one(inner).lines
    assert (line.references, line.bank_reference) == (("7",), "B1")
    assert (
        one(D20.replace("<EndToEndId>", "<AcctSvcrRef>B2</AcctSvcrRef><EndToEndId>"))
        .lines[0]
        .bank_reference
        == "B2"
    )


STATUSES = {
    "<Sts>BOOK</Sts>": ("booked", ""), "<Sts><Cd>BOOK</Cd></Sts>": ("booked", ""), "": ("booked", ""),
    "<Sts><Prtry>Booked</Prtry></Sts>": ("booked", ""), "<Sts>PDNG</Sts>": ("pending", ""),
    "<Sts><Cd>FUTR</Cd></Sts>": ("pending", ""), "<Sts><Prtry>PENDING</Prtry></Sts>": ("pending", ""),
    "<Sts><Cd>INFO</Cd></Sts>": ("", ""),
    "<Sts><Prtry>VORGEMERKT</Prtry></Sts>": ("", 'entries of the status "VORGEMERKT" do not count as booked'),
}  # fmt: skip


@pytest.mark.parametrize("said", STATUSES)
def test_only_what_is_booked_is_booked(said: str) -> None:
    expected, note = STATUSES[said]
    statement = one(OPBD + CLBD + D20 + D30.replace("<Sts><Cd>BOOK</Cd></Sts>", said) * 2)
    amounts = [
        [str(line.amount) for line in each] for each in (statement.lines[1:], statement.pending)
    ]
    assert amounts == [["-30.00"] * 2 * (expected == which) for which in ("booked", "pending")]
    assert statement.notes == ((note,) if note else ())


def test_of_many_statuses_of_the_banks_own_some_are_told() -> None:
    own = (D20.replace("<Cd>BOOK</Cd>", f"<Prtry>{number}</Prtry>") for number in range(9))
    statement = one("".join(own))
    assert (len(statement.notes), statement.lines) == (5, ())


def test_a_report_of_what_is_pending_has_its_days() -> None:
    pending = D30.replace("BOOK<", "PDNG<")
    first, second = all_of(
        message(stmt(pending + pending.replace("03-06", "03-07")), stmt(OPBD + CLBD + D20))
    )
    assert (first.start, first.end, first.lines) == (dt.date(2026, 3, 6), dt.date(2026, 3, 7), ())
    assert second.is_proven
    undated = one(D20 + NO_DATE.replace("BOOK<", "PDNG<"))
    assert [str(line.date) for line in (*undated.lines, *undated.pending)] == [
        "2026-03-06",
        "2026-03-09",
    ]


def test_an_entry_in_another_place_counts() -> None:
    statement = one(OPBD + CLBD + D20 + f"<Other>{D30}</Other>")
    assert statement.unread == ("it has 2 entries (Ntry), 1 in their place",)
    assert not statement.is_proven


# --- Balances -----------------------------------------------------------------------------

# balances -> opening, closing
ENDS: dict[str, tuple[str, tuple[str | None, str | None]]] = {
    "both": (OPBD + CLBD, ("1000.00", "980.00")),
    "closing first": (CLBD + OPBD, ("1000.00", "980.00")),
    "previously closed": (bal("PRCD", "1000.00", "2026-03-05") + CLBD, ("1000.00", "980.00")),
    "interim twice": (
        bal("ITBD", "1000.00", "2026-03-06T08:00:00") + bal("ITBD", "980.00", "2026-03-06T12:00:00"),
        ("1000.00", "980.00"),
    ),
    "interim twice, the latest first": (
        bal("ITBD", "980.00", "2026-03-06T12:00:00") + bal("ITBD", "1000.00", "2026-03-06T08:00:00"),
        ("1000.00", "980.00"),
    ),
    "interim thrice": (bal("ITBD", "1000.00") + bal("ITBD", "7.00") + bal("ITBD", "980.00"), ("1000.00", "980.00")),
    "a page that opens with one": (bal("ITBD", "1000.00") + CLBD, ("1000.00", "980.00")),
    "a page that closes with one": (OPBD + bal("ITBD", "980.00"), ("1000.00", "980.00")),
    "a page that says which": (bal("ITBD/CIBD", "980.00") + bal("ITBD/OIBD", "1000.00"), ("1000.00", "980.00")),
    "all": (OPBD + bal("ITBD", "7.00") + CLBD, ("1000.00", "980.00")),
    "one interim": (bal("ITBD", "980.00"), (None, "980.00")),
    "two days": (
        bal("OPBD", "1000.00") + bal("CLBD", "7.00") + bal("OPBD", "7.00", "2026-03-07") + bal("CLBD", "980.00", "2026-03-07"),
        ("1000.00", "980.00"),
    ),
    "one in another currency": (OPBD + CLBD + bal("INFO", "1.00", currency="USD"), ("1000.00", "980.00")),
    "those of another currency": (
        OPBD + bal("OPBD", "7.00", currency="USD") + CLBD + bal("CLBD", "7.00", currency="USD"), ("1000.00", "980.00"),
    ),
    "a plain day": (OPBD.replace("<Dt><Dt>2026-03-05</Dt></Dt>", "<Dt>2026-03-05</Dt>") + CLBD, ("1000.00", "980.00")),
    "none": (bal("XPCD", "1.00"), (None, None)),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_which_balances_open_and_close(name: str) -> None:
    balances, expected = ENDS[name]
    statement = one(balances + D20)
    assert tuple(
        None if each is None else str(each.number) for each in (statement.opening, statement.closing)
    ) == expected  # fmt: skip
    assert statement.is_proven == (None not in expected)


def test_the_currency_of_an_account_that_says_none() -> None:
    text = message(stmt(bal("INFO", "1.00", currency="USD") + OPBD + CLBD + D20)).replace(
        "<Ccy>EUR</Ccy>", ""
    )
    [statement] = all_of(text)
    assert (statement.currency, statement.is_proven) == ("EUR", True)
    [statement] = all_of(message(stmt(D20)).replace("<Ccy>EUR</Ccy>", ""))
    assert statement.currency == "EUR"
    [statement] = all_of(message(stmt(D20.replace(' Ccy="EUR"', ""))).replace("<Ccy>EUR</Ccy>", ""))
    assert "an amount is in no currency" in statement.unread[0]


CREDIT = '<CdtLine><Incl>{}</Incl><Amt Ccy="{}">500.00</Amt></CdtLine>'
AVAILABLE = {
    "none": ("", "1450.00"),
    "included": (CREDIT.format("true", "EUR"), "950.00"),
    "not included": (CREDIT.format("false", "EUR"), "1450.00"),
    "two": (CREDIT.format("1", "EUR") * 2, "450.00"),
    "in another currency": (CREDIT.format("true", "USD"), "1450.00"),
    "without an amount": ("<CdtLine><Incl>true</Incl></CdtLine>", "1450.00"),
}


@pytest.mark.parametrize("name", AVAILABLE)
def test_a_credit_line_is_not_available(name: str) -> None:
    line, expected = AVAILABLE[name]
    assert one(bal("CLAV", "1450.00", more=line)).available == Decimal(expected)
    assert one(bal("ITAV", "1450.00", more=line)).available == Decimal(expected)
    assert one(bal("CLAV", "1.00") + bal("ITAV", "1450.00", more=line)).available == Decimal("1.00")


REFUSED = {
    "no date": (OPBD.replace("<Dt><Dt>2026-03-05</Dt></Dt>", ""), "missing-field", r"a balance \(OPBD\) has no date"),
    "a date that is none": (OPBD.replace("2026-03-05", "2026-02-30"), "bad-date", "Dt of a balance"),
    "no mark": (OPBD.replace("<CdtDbtInd>CRDT</CdtDbtInd>", ""), "missing-field", "a balance has no CdtDbtInd"),
    "no amount": (OPBD.replace('<Amt Ccy="EUR">1000.00</Amt>', ""), "bad-amount", "an amount is"),
    "no currency": (OPBD.replace(' Ccy="EUR"', ""), "bad-currency", "an amount is in no currency"),
    "a period": ("<FrToDt><FrDtTm>x</FrDtTm></FrToDt>", "bad-date", 'FrDtTm is "x"'),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_statement_that_cannot_be_read(name: str) -> None:
    content, code, wrong = REFUSED[name]
    with pytest.raises(StatementError, match=rf"^s.xml:2: {wrong}.*\[{code}\]$"):
        one(content)


def test_a_balance_of_nothing_needs_no_mark() -> None:
    statement = one(OPBD.replace("1000.00", "0.00").replace("<CdtDbtInd>CRDT</CdtDbtInd>", ""))
    assert statement.opening is not None
    assert statement.opening.number == 0


# --- Pages --------------------------------------------------------------------------------

PAGES = (
    stmt(OPBD + bal("ITBD", "980.00") + D20, page="1"),
    stmt(bal("ITBD", "980.00") + bal("ITBD", "980.00"), page="2"),
    stmt(bal("ITBD", "980.00") + bal("CLBD", "950.00") + D30, page="3"),
)


def test_a_page_of_what_is_pending_goes_before_one_of_earlier_days() -> None:
    entry = D20.replace("BOOK<", "PDNG<")
    first = stmt(bal("OPBD", "1000.00") + bal("ITBD", "1000.00", "2026-03-08") + entry, page="1")
    second = stmt(bal("ITBD", "1000.00") + bal("CLBD", "980.00", "2026-03-08") + D20, page="2")
    proof = prove(all_of(message(second, first)))
    assert proof.flaws == ()
    assert [len(each.lines) for each in proof.statements] == [0, 1]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_pages_of_one_id_are_one_sequence(order: tuple[int, ...]) -> None:
    proof = prove(all_of(message(*(PAGES[each] for each in order))))
    assert proof.flaws == ()
    assert [each.id for each in proof.statements] == ["S1", "S1 (2)", "S1 (3)"]
    assert [line.amount for each in proof.statements for line in each.lines] == [-20, -30]


def test_what_is_sent_again_is_repeated() -> None:
    again = PAGES[0].replace("T01:00:00", "T07:00:00")
    proof = prove(all_of(message(PAGES[0], again)))
    assert [flaw.code for flaw in proof.flaws] == ["repeated"]


# --- Messages -----------------------------------------------------------------------------

SOUND = message(stmt(OPBD + CLBD + D20))
AROUND = {
    "Austrian": SOUND.replace(NAMESPACE, "ISO:camt.053.001.02:APC:STUZZA:payments:003"),
    "in capitals": SOUND.replace("camt.053", "CAMT.053"),
    "of a slip": SOUND.replace("iso:20022", "iso:20023"),
    "of SWIFT": SOUND.replace(NAMESPACE, "urn:swift:xsd:camt.053.001.02"),
    "none": SOUND.replace(f' xmlns="{NAMESPACE}"', ""),
    "version 13": SOUND.replace("001.08", "001.13"),
    "version 14": SOUND.replace("001.08", "001.14"),
    "an envelope": f'<message><AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.01"><Fr/></AppHdr>{SOUND}</message>',
    "more of the message's own": SOUND.replace("<Stmt>", "<SplmtryData><Envlp/></SplmtryData><Stmt>"),
    "with prefixes": f'<w:Envelope xmlns:w="u"><w:Body>{SOUND}</w:Body></w:Envelope>',
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_what_is_around_a_message(name: str) -> None:
    [statement] = all_of(AROUND[name])
    assert (statement.is_proven, statement.notes) == (True, ())


def test_a_later_version_is_read_with_a_word() -> None:
    [statement] = all_of(SOUND.replace("001.08", "001.15"))
    assert statement.is_proven
    assert statement.notes == ("it is of version 15; 02 to 14 were tried",)


@pytest.mark.parametrize("namespace", ["camt.053.001.01", "camt.052.001.08", "pain.001.001.03"])
def test_what_is_another_message_is_refused(namespace: str) -> None:
    with pytest.raises(StatementError, match=r"^s.xml:1: it is .*\[unknown-version\]$"):
        all_of(SOUND.replace("camt.053.001.08", namespace))


def test_several_documents_in_one_file() -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    second = message(stmt(bal("OPBD", "980.00") + bal("CLBD", "950.00", "2026-03-07") + D30, "S2"))
    found = all_of(head + SOUND + head + second)
    assert [each.id for each in found] == ["S1", "S2"]
    assert prove(found).flaws == ()
    with pytest.raises(
        StatementError, match=r"^s.xml:9: it is a Other message; .*\[unknown-format\]$"
    ):
        all_of(head + SOUND + head + "<Document><Other/></Document>")


def test_an_account_may_go_by_another_name() -> None:
    text = SOUND.replace(
        "<Id><IBAN>NL00TEST0000000001</IBAN></Id>", "<Prxy><Id>+31 6 12</Id></Prxy>"
    )
    assert [each.account for each in all_of(text)] == ["+31612"]
    assert list(accounts(io.BytesIO(text.encode()), Path("s.xml"))) == [("camt.053", "+31612")]


def test_an_entry_is_given_with_its_status_or_its_flaw() -> None:
    entry = D20.replace("<NtryDtls>", "<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd><NtryDtls>")
    text = message(stmt(entry + D30.replace("BOOK<", "PDNG<") + D20.replace("20.00", "x")))
    found = list(stream(io.BytesIO(text.encode()), Path("s.xml"), "", keep=False))
    assert [(each.status, each.code, len(each.lines)) for each in found] == [
        ("BOOK", "X", 1),
        ("PDNG", "", 1),
        ("", "", 0),
        ("", "", 0),
    ]
    assert found[2].flaw is not None
    assert found[2].flaw.code == "bad-amount"
    statement = found[3].statement
    assert statement is not None
    assert (len(statement.lines), statement.pending, len(statement.unread)) == (1, (), 1)
