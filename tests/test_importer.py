"""Voucher directives out of bank advices: the importer in beangulp and on Fava's Import page."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from beancount import loader
from beancount.parser import printer
from beangulp.exceptions import Error
from beangulp.extract import DUPLICATE

import beancount_voucher.importer
from beancount_voucher.importer import Advices
from tests.support import ACCEPT, APPLY, HAPPY, PLUGIN, WORLD, event, issue
from tests.support.bank_files import Entry, Sheet, camt
from tests.support.browser import browsing, serving
from tests.support.manual import TOPICS, blocks
from tests.support.reader import read

if TYPE_CHECKING:
    from pathlib import Path

INSURER = "Assets:Ins:Acc"
POLICYHOLDER = "Assets:Ann:Iss"
NUMBER = "6230000000000002"
CODES = {"ZDCJ": "accept", "ZDJD": "void"}
APPLIED = issue() + ACCEPT + APPLY


def code(text: str) -> str:
    return f"<BkTxCd><Prtry><Cd>{text}</Cd></Prtry></BkTxCd>"


def advice(
    *entries: Entry, number: str = NUMBER, currency: str = "CNY", name: str = "ADV-1"
) -> str:
    sheet = Sheet(
        name, number, "2026-03-06", "2026-03-06", "0.00", entries, held=None, currency=currency
    )
    return camt(sheet, kind="054")


class Bank:
    """A ledger in a folder, and a bank that sends advices there."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.beancount"
        self.ledger.write_text(PLUGIN + WORLD + text, encoding="utf-8")

    def send(self, text: str, name: str = "advice.xml") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def drawn(self, text: str, account: str = INSURER, **options: Any) -> list[str]:
        """What an advice becomes, as beangulp prints it; a duplicate begins with ``=``."""
        importer = Advices(account, NUMBER, self.ledger, **options)
        found = importer.extract(self.send(text), [])
        return [
            ("= " if DUPLICATE in each.meta else "") + " ".join(printer.format_entry(each).split())
            for each in found
        ]


SETTLED = (
    '2026-03-06 custom "voucher-settle" "V-1" 100.00 CNY note-advice: "ADV-1, entry 1, ADV-1-001"'
)
BROUGHT = '  message: "Iss Acc 3"\n'
PAID = Entry("03-06", "100.00", "V-1")
TWO = APPLIED + "".join(
    part.replace("V-1", "V-2") for part in (issue(), ACCEPT, APPLY)
)  # a premium of the same amount


@pytest.mark.parametrize(
    ("ledger", "account", "text", "expected"),
    [
        # what a payment proves
        (APPLIED, INSURER, advice(PAID), [SETTLED]),
        (APPLIED, POLICYHOLDER, advice(Entry("03-06", "-100.00", "V-1")), [SETTLED]),
        (APPLIED, INSURER, advice(Entry("03-06", "100.00", "", "premium V-1 of Ann")), [SETTLED]),
        (APPLIED, INSURER, advice(PAID, PAID), []),
        (TWO, INSURER, advice(PAID, Entry("03-06", "100.00", "V-2")), [SETTLED, SETTLED.replace('"V-1"', '"V-2"').replace("entry 1, ADV-1-001", "entry 2, ADV-1-002")]),
        # what a message has brought keeps it
        (APPLIED + event("settle", "2026-03-06") + BROUGHT, INSURER, advice(PAID), [f"= {SETTLED} {BROUGHT.strip()}"]),
        (issue() + ACCEPT + APPLY + BROUGHT, INSURER, advice(PAID), [SETTLED]),
        # what it does not
        (APPLIED, POLICYHOLDER, advice(PAID), []),
        (APPLIED, INSURER, advice(Entry("03-06", "-100.00", "V-1")), []),
        (APPLIED, INSURER, advice(Entry("03-06", "99.99", "V-1")), []),
        (APPLIED, INSURER, advice(Entry("03-06", "100.00")), []),
        (APPLIED, INSURER, advice(Entry("03-06", "100.00", "V-9")), []),
        (TWO, INSURER, advice(Entry("03-06", "100.00", "", "V-1 V-2")), []),
        (APPLIED, INSURER, advice(Entry("03-06", "100.00", "V-1", extra="<RvslInd>true</RvslInd>")), []),
        (APPLIED, INSURER, advice(Entry("03-06", "100.00", "V-1", status="PDNG")), []),
        (APPLIED, INSURER, advice(Entry("03-06", "100.00", "V-1", status="INFO")), []),
        (APPLIED, INSURER, advice(PAID, currency="USD"), []),
        (APPLIED, INSURER, advice(PAID, number="1"), []),
        (APPLIED, "Assets:Oth:Acc", advice(PAID), []),
        (APPLIED, INSURER, advice(Entry("03-04", "100.00", "V-1")), []),
        (issue() + ACCEPT, INSURER, advice(PAID), []),
        (issue(requires_policy="TRUE") + ACCEPT + APPLY, INSURER, advice(PAID), []),
        (issue(kind="request", issuer=None, acceptor=None, funding=None, accept_by=None, apply_by=None), INSURER, advice(PAID), []),
        (APPLIED + event("return", "2026-03-06"), INSURER, advice(PAID), []),
        (APPLIED, INSURER, advice(PAID, Entry("03-07", "-100.00", "V-1")), []),
        (APPLIED, INSURER, advice(PAID, Entry("03-07", "100.00", "V-1", extra="<RvslInd>true</RvslInd>")), []),
        (APPLIED, INSURER, advice(PAID, Entry("03-07", "-0.50", "V-1", "fee")), [SETTLED]),
        (issue() + "\n  requires-policy: TRUE\n" + ACCEPT + APPLY, INSURER, advice(PAID), []),
        # what the ledger says already
        (HAPPY, INSURER, advice(PAID), ["= " + SETTLED]),
        (HAPPY, INSURER, advice(Entry("03-06", "60.00", "V-1")), []),
        # a closed period moves the directive, and it says so
        (APPLIED + '2026-03-31 custom "voucher-close" "2026-03"\n', INSURER, advice(PAID), [SETTLED.replace("2026-03-06", "2026-04-01") + " note-effective: 2026-03-06"]),
    ],
)  # fmt: skip
def test_what_an_advice_of_a_payment_becomes(
    tmp_path: Path, ledger: str, account: str, text: str, expected: list[str]
) -> None:
    assert Bank(tmp_path, ledger).drawn(text, account) == expected


def test_credit_moves_nothing_on_the_policyholders_account(tmp_path: Path) -> None:
    line = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 1000.00 CNY\n'
    bank = Bank(tmp_path, line + issue(funding='"credit"') + ACCEPT + APPLY)
    assert bank.drawn(advice(Entry("03-06", "-100.00", "V-1")), POLICYHOLDER) == []
    assert bank.drawn(advice(PAID)) == [SETTLED]


ACCEPTED = '2026-03-03 custom "voucher-accept" "V-1" note-advice: "ADV-1, entry 1, ADV-1-001"'
VOIDED = '2026-03-06 custom "voucher-void" "V-1" reason: "not-accepted" note-advice: "ADV-1, entry 1, ADV-1-001"'


def told(day: str, its_code: str, amount: str = "100.00", status: str = "INFO") -> str:
    return advice(Entry(day, amount, "V-1", status=status, extra=code(its_code)))


@pytest.mark.parametrize(
    ("ledger", "account", "text", "expected"),
    [
        (issue(), INSURER, told("03-03", "ZDCJ"), [ACCEPTED]),
        (issue(), INSURER, told("03-03", "ZDCJ", "99.00"), []),
        (issue(), INSURER, told("03-03", "ZDCJ", status="PDNG"), []),
        (issue(), INSURER, told("03-03", "XXXX"), []),
        (issue(), INSURER, told("03-06", "ZDCJ"), []),  # after accept-by
        (issue(), POLICYHOLDER, told("03-03", "ZDCJ"), []),
        (issue() + ACCEPT, INSURER, told("03-03", "ZDCJ"), ["= " + ACCEPTED]),
        (issue(), POLICYHOLDER, told("03-06", "ZDJD"), [VOIDED]),
        (issue(), POLICYHOLDER, told("03-10", "ZDJD"), [VOIDED.replace("2026-03-06", "2026-03-10")]),
        (issue(), POLICYHOLDER, told("03-05", "ZDJD"), []),  # the ledger knows no reason yet
        (APPLIED, POLICYHOLDER, told("03-06", "ZDJD"), []),  # to be settled, not voided
        (issue(), INSURER, told("03-06", "ZDJD"), []),
        (issue() + event("void", "2026-03-06", reason='"not-accepted"'), POLICYHOLDER, told("03-06", "ZDJD"), ["= " + VOIDED]),
    ],
)  # fmt: skip
def test_what_a_code_of_the_bank_becomes(
    tmp_path: Path, ledger: str, account: str, text: str, expected: list[str]
) -> None:
    assert Bank(tmp_path, ledger).drawn(text, account, codes=CODES) == expected


def test_without_the_banks_code_nothing_is_an_acceptance(tmp_path: Path) -> None:
    assert Bank(tmp_path, issue()).drawn(told("03-03", "ZDCJ")) == []


def test_a_code_stands_for_an_acceptance_or_a_release_only() -> None:
    with pytest.raises(ValueError, match='ZD stands for "settle"; expected "accept" or "void"'):
        Advices(INSURER, NUMBER, "ledger.beancount", {"ZD": "settle"})


def test_the_same_advice_twice_is_one(tmp_path: Path) -> None:
    text = advice(PAID)
    inner = text[text.index("<Ntfctn>") : text.index("</BkToCstmrDbtCdtNtfctn>")]
    twice = text.replace(inner, inner + inner)
    assert Bank(tmp_path, APPLIED).drawn(twice) == [SETTLED]


def test_what_is_drawn_is_what_the_ledger_takes(tmp_path: Path) -> None:
    bank = Bank(tmp_path, APPLIED)
    hostile = advice(PAID, name='A"1\\').replace("<AcctSvcrRef>", "<AcctSvcrRef>\t&quot;;\u202e")
    importer = Advices(INSURER, NUMBER, bank.ledger)
    [entry] = importer.extract(bank.send(hostile), [])
    text = bank.ledger.read_text(encoding="utf-8") + printer.format_entry(entry)
    bank.ledger.write_text(text, encoding="utf-8")
    entries, errors, _ = loader.load_file(str(bank.ledger))
    assert errors == []
    [settled] = [each for each in entries if getattr(each, "type", "") == "voucher-settle"]
    assert settled.meta["note-advice"].startswith('A"1\\, entry 1, ')
    assert settled.meta["note-advice"].isprintable()


# --- The files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (advice(PAID), True),
        (advice(PAID)[:-60], True),  # cut off: extracting it tells so
        (advice(PAID, number="1"), False),
        (camt(Sheet("S", NUMBER, "2026-03-06", "2026-03-06", "0.00"), kind="053"), False),
        ("no XML", False),
        ("", False),
        ('<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>', False),
    ],
)
def test_which_files_it_takes(tmp_path: Path, text: str, found: bool) -> None:
    bank = Bank(tmp_path, "")
    assert (
        Advices(INSURER, f"{NUMBER[:4]} {NUMBER[4:]}", bank.ledger).identify(bank.send(text))
        is found
    )


def test_how_a_file_is_archived(tmp_path: Path) -> None:
    bank = Bank(tmp_path, "")
    importer = Advices(INSURER, NUMBER, bank.ledger)
    whole = bank.send(advice(PAID, name="ADV/../1"))
    assert importer.account(whole) == INSURER
    assert importer.date(whole) == dt.date(2026, 3, 6)
    assert importer.filename(whole) == "camt054-ADV-1.xml"
    for name, text in (("cut.xml", advice(PAID)[:-60]), ("other.xml", advice(PAID, number="1"))):
        path = bank.send(text, name)
        assert (importer.date(path), importer.filename(path)) == (None, None)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda bank: bank.send(advice(PAID)[:-60]), r"advice.xml: it is no XML: .* \[bad-xml\]"),
        (
            lambda bank: bank.send(advice(PAID).replace(">100.00<", ">x<")),
            r'advice.xml:\d+: an amount is "x"; .* \[bad-amount\]',
        ),
        (lambda bank: (bank.folder / "advice.xml").unlink(), "advice.xml: No such file"),
        (
            lambda bank: bank.ledger.write_text(
                WORLD + event("close", "2026-01-01", '"x"', lineno='"x"')
            ),
            "Beancount cannot load it",
        ),
        (
            lambda bank: bank.ledger.write_text(WORLD + APPLIED),
            "its top file does not load the plugin",
        ),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, spoil: Any, expected: str) -> None:
    bank = Bank(tmp_path, APPLIED)
    path = bank.send(advice(PAID))
    spoil(bank)
    importer = Advices(INSURER, NUMBER, bank.ledger)
    with pytest.raises(Error, match=expected) as raised:
        importer.extract(path, [])
    assert "\n" not in str(raised.value)


# --- beangulp's command -----------------------------------------------------------------

CONFIG = f"""\
from pathlib import Path
import beangulp
from beangulp import testing
from beancount_voucher.importer import Advices

CONFIG = [Advices("{INSURER}", "{NUMBER}", Path(__file__).with_name("ledger.beancount"))]

if __name__ == "__main__":
    import sys
    if sys.argv[1] in ("test", "generate"):
        testing.main(CONFIG[0])
    else:
        beangulp.Ingest(CONFIG)()
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "import.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_import_flow_of_beangulp(tmp_path: Path) -> None:
    bank = Bank(tmp_path, TWO)
    (tmp_path / "import.py").write_text(CONFIG, encoding="utf-8")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    bank.send(advice(PAID), "inbox/1.xml")
    bank.send(advice(Entry("03-06", "100.00", "V-2"), name="ADV-2"), "inbox/2.xml")
    bank.send(advice(PAID, name="ADV-3"), "inbox/3.xml")
    identified = run(tmp_path, "identify", "inbox")
    assert identified.stdout.count(f"beancount_voucher.importer.{INSURER}") == 3
    extracted = run(tmp_path, "extract", "-e", "ledger.beancount", "inbox")
    assert extracted.returncode == 0, extracted.stderr
    lines = extracted.stdout.splitlines()
    assert '2026-03-06 custom "voucher-settle" "V-1" 100.00 CNY' in lines
    assert '2026-03-06 custom "voucher-settle" "V-2" 100.00 CNY' in lines
    assert '; 2026-03-06 custom "voucher-settle" "V-1" 100.00 CNY' in lines  # told twice
    bank.ledger.write_text(
        bank.ledger.read_text(encoding="utf-8") + extracted.stdout, encoding="utf-8"
    )
    assert loader.load_file(str(bank.ledger))[1] == []
    again = run(tmp_path, "extract", "-e", "ledger.beancount", "inbox")
    assert [line for line in again.stdout.splitlines() if line.startswith("2026")] == []
    (tmp_path / "documents").mkdir()
    archived = run(tmp_path, "archive", "-o", "documents", "inbox")
    assert archived.returncode == 0, archived.stderr
    names = sorted(each.name for each in (tmp_path / "documents/Assets/Ins/Acc").iterdir())
    assert names == [f"2026-03-06.camt054-ADV-{number}.xml" for number in (1, 2, 3)]


def test_a_broken_advice_on_the_command_line(tmp_path: Path) -> None:
    bank = Bank(tmp_path, APPLIED)
    (tmp_path / "import.py").write_text(CONFIG, encoding="utf-8")
    bank.send(advice(PAID)[:-60])
    ran = run(tmp_path, "extract", "advice.xml")
    assert ran.returncode == 1
    assert "[bad-xml]" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_beangulps_own_test_of_an_importer(tmp_path: Path) -> None:
    bank = Bank(tmp_path, APPLIED)
    (tmp_path / "import.py").write_text(CONFIG, encoding="utf-8")
    bank.send(advice(PAID))
    assert run(tmp_path, "generate", "advice.xml").returncode == 0
    expected = (tmp_path / "advice.xml.beancount").read_text(encoding="utf-8")
    assert f";; Account: {INSURER}\n;; Date: 2026-03-06\n;; Name: camt054-ADV-1.xml\n" in expected
    assert 'custom "voucher-settle" "V-1" 100.00 CNY' in expected
    ran = run(tmp_path, "test", "advice.xml")
    assert (ran.returncode, "PASSED" in ran.stdout) == (0, True)


def test_the_configuration_that_the_manual_shows(tmp_path: Path) -> None:
    [(_, shown, *_)] = blocks(TOPICS["bank-statements"].read_text(encoding="utf-8"), "python")
    assert shown.split("if __name__")[0] in (beancount_voucher.importer.__doc__ or "").replace(
        "\n    ", "\n"
    )
    (tmp_path / "import.py").write_text(shown, encoding="utf-8")
    number = re.findall(r'"(\d{16})"', shown)[0]
    (tmp_path / "advice.xml").write_text(advice(PAID, number=number), encoding="utf-8")
    ran = run(tmp_path, "identify", "-v", "advice.xml")
    assert "Assets:Sunrise:SecondBank" in ran.stdout


# --- Fava's Import page -----------------------------------------------------------------

OPTIONS = """\
2026-01-01 custom "fava-option" "import-config" "import.py"
2026-01-01 custom "fava-option" "import-dirs" "inbox"
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "import.py").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    path = tmp_path / "inbox" / "advice.xml"
    path.write_text(advice(PAID, Entry("03-06", "100.00", "V-2")), encoding="utf-8")
    (tmp_path / "inbox" / "cut.xml").write_text(advice(PAID)[:-60], encoding="utf-8")
    return path


def test_favas_import_page_lists_and_extracts(tmp_path: Path, inbox: Path) -> None:
    reader = read(tmp_path, TWO + OPTIONS + event("settle", "2026-03-06", voucher="V-2"))
    ledger = reader.ledgers[reader.ledgers.first_slug()]
    assert list(ledger.ingest.errors) == []
    listed = {each.basename: each.importers for each in ledger.ingest.import_data()}
    assert sorted(listed) == ["advice.xml", "cut.xml"]
    [info] = listed["advice.xml"]
    assert (info.account, str(info.date), info.name) == (INSURER, "2026-03-06", "camt054-ADV-1.xml")
    assert len(listed["cut.xml"]) == 1
    base = reader.base.replace("extension/Vouchers/", "")
    assert reader.ask(f"{base}import/").status == 200
    query = {"filename": str(inbox), "importer": info.importer_name}
    answer = reader.client.get(f"{base}api/extract", query_string=query)
    assert answer.status_code == 200, answer.text
    first, second = answer.get_json()["data"]
    assert (first["t"], first["type"], first["date"]) == ("Custom", "voucher-settle", "2026-03-06")
    assert first["values"][0] == "V-1"
    assert DUPLICATE not in first["meta"]
    assert second["meta"][DUPLICATE]
    query["filename"] = str(inbox.with_name("cut.xml"))
    cut = reader.client.get(f"{base}api/extract", query_string=query)
    assert "[bad-xml]" in cut.text


def test_favas_page_in_a_browser_shows_how_many_there_are(tmp_path: Path, inbox: Path) -> None:
    inbox.with_name("cut.xml").unlink()
    ledger = tmp_path / "ledger.beancount"
    ledger.write_text(PLUGIN + OPTIONS + WORLD + TWO, encoding="utf-8")
    with serving(ledger) as address, browsing() as page:
        page.goto(f"{address}/beancount/import/")
        page.get_by_role("button", name="Extract").click()
        page.get_by_text("Entry 1 of 2 (2 to import)").wait_for()
        page.get_by_text("Entry type Custom is not supported for editing.").wait_for()


# --- Several settlements of one voucher, and refunds ---------------------------------------

MULTIPLE = issue(draws='"multiple"') + ACCEPT


def drawn(day: str, amount: str, voucher: str = "V-1") -> str:
    """An application and its settlement."""
    return event("apply", f"2026-03-{day}", f"{amount} CNY", voucher=voucher) + event(
        "settle", f"2026-03-{day}", voucher=voucher
    )


def refund(day: str, amount: str, **said: str) -> str:
    return event("refund", f"2026-03-{day}", f"{amount} CNY", reason='"r"', **said)


def becomes(date: str, kind: str, amount: str, entry: int, *, known: bool = True) -> str:
    said = ' reason: "r"' if kind == "refund" else ""
    return (
        "= " * known + f'2026-{date} custom "voucher-{kind}" "V-1" {amount} CNY{said} '
        f'note-advice: "ADV-1, entry {entry}, ADV-1-00{entry}"'
    )


CREDIT_LINE = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 1000.00 CNY\n'

# Ledger, account, entries -> what they become.
SEVERAL: dict[str, tuple[str, str, tuple[Entry, ...], list[str]]] = {
    "each draw by itself": (
        MULTIPLE + drawn("05", "60.00") + drawn("07", "40.00"),
        INSURER,
        (Entry("03-05", "60.00", "V-1"), Entry("03-07", "40.00", "V-1")),
        [becomes("03-05", "settle", "60.00", 1), becomes("03-07", "settle", "40.00", 2)],
    ),
    "the last of them is new": (
        MULTIPLE + drawn("05", "60.00") + event("apply", "2026-03-07", "40.00 CNY"),
        INSURER,
        (Entry("03-05", "60.00", "V-1"), Entry("03-07", "40.00", "V-1")),
        [
            becomes("03-05", "settle", "60.00", 1),
            becomes("03-07", "settle", "40.00", 2, known=False),
        ],
    ),
    "of the same amount, by their days": (
        MULTIPLE + drawn("05", "50.00") + event("apply", "2026-03-07", "50.00 CNY"),
        INSURER,
        (Entry("03-06", "50.00", "V-1"), Entry("03-08", "50.00", "V-1")),
        [
            becomes("03-05", "settle", "50.00", 1),
            becomes("03-08", "settle", "50.00", 2, known=False),
        ],
    ),
    "two may be the new one": (
        MULTIPLE + drawn("05", "50.00") + event("apply", "2026-03-07", "50.00 CNY"),
        INSURER,
        (Entry("03-07", "50.00", "V-1"), Entry("03-08", "50.00", "V-1")),
        [],
    ),
    "one more than is recorded": (
        MULTIPLE + drawn("05", "50.00"),
        INSURER,
        (Entry("03-05", "50.00", "V-1"), Entry("03-06", "50.00", "V-1")),
        [becomes("03-05", "settle", "50.00", 1)],
    ),
    "a refund that the ledger has, on the insurer's account": (
        HAPPY + refund("09", "10.00"),
        INSURER,
        (Entry("03-09", "-10.00", "V-1"), Entry("03-06", "100.00", "V-1")),
        [becomes("03-06", "settle", "100.00", 2), becomes("03-09", "refund", "10.00", 1)],
    ),
    "and on the policyholder's": (
        HAPPY + refund("09", "10.00"),
        POLICYHOLDER,
        (Entry("03-09", "10.00", "V-1"),),
        [becomes("03-09", "refund", "10.00", 1)],
    ),
    "two refunds of one amount": (
        HAPPY + refund("09", "10.00", reference='"A"') + refund("09", "10.00", reference='"B"'),
        INSURER,
        (Entry("03-09", "-10.00", "V-1"), Entry("03-10", "-10.00", "V-1")),
        [becomes("03-09", "refund", "10.00", 1), becomes("03-09", "refund", "10.00", 2)],
    ),
    "a refund that the ledger does not have proves nothing": (
        HAPPY + refund("09", "10.00"),
        INSURER,
        (Entry("03-09", "-11.00", "V-1"),),
        [],
    ),
    "of the whole settlement, that the ledger does not have: it may be taken back": (
        MULTIPLE + drawn("05", "60.00") + refund("06", "5.00") + event("apply", "2026-03-07"),
        INSURER,
        (Entry("03-08", "40.00", "V-1"), Entry("03-09", "-40.00", "V-1")),
        [],
    ),
    "of the whole settlement, that the ledger has": (
        MULTIPLE + drawn("05", "60.00") + refund("06", "40.00") + event("apply", "2026-03-07"),
        INSURER,
        (Entry("03-08", "40.00", "V-1"), Entry("03-06", "-40.00", "V-1")),
        [
            becomes("03-06", "refund", "40.00", 2),
            becomes("03-08", "settle", "40.00", 1, known=False),
        ],
    ),
    "what goes to the loan is on no bank account": (
        CREDIT_LINE
        + issue(funding='"credit"')
        + ACCEPT
        + APPLY
        + event("settle", "2026-03-06")
        + '2026-03-07 custom "voucher-repay" "Ann" "Iss" 70.00 CNY\n'
        + refund("09", "40.00"),
        POLICYHOLDER,
        (Entry("03-09", "10.00", "V-1"), Entry("03-09", "40.00", "V-1")),
        [becomes("03-09", "refund", "40.00", 1)],
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_payments_of_one_voucher(tmp_path: Path, name: str) -> None:
    ledger, account, entries, expected = SEVERAL[name]
    assert Bank(tmp_path, ledger).drawn(advice(*entries), account) == expected


def test_a_voucher_that_nobody_may_decide_about_is_left_alone(tmp_path: Path) -> None:
    bank = Bank(tmp_path, MULTIPLE + '\n  note: "x"\n' + drawn("05", "60.00"))
    assert bank.drawn(advice(Entry("03-05", "60.00", "V-1"))) == []


def test_a_later_draw_of_the_same_amount_is_no_duplicate_of_the_earlier(tmp_path: Path) -> None:
    bank = Bank(
        tmp_path,
        MULTIPLE + drawn("05", "50.00") + event("apply", "2026-03-07", "50.00 CNY"),
    )
    importer = Advices(INSURER, NUMBER, bank.ledger)
    existing, _, _ = loader.load_file(str(bank.ledger))
    path = bank.send(advice(Entry("03-08", "50.00", "V-1")))
    found = importer.extract(path, existing)
    importer.deduplicate(found, existing)
    assert [DUPLICATE in each.meta for each in found] == [False]
    importer.deduplicate(found, found)  # as if another file of this import had told it
    assert [DUPLICATE in each.meta for each in found] == [True]
    other = importer.extract(bank.send(advice(Entry("03-08", "50.00", "V-1"))), existing)
    importer.deduplicate(
        other, loader.load_string('2026-03-08 custom "voucher-settle" "V-1" 49.00 CNY')[0]
    )
    assert [DUPLICATE in each.meta for each in other] == [False]
