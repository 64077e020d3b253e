"""The statement readers: arbitrary bytes, and what banks send with something wrong in it."""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
import tomllib
from contextlib import suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount import loader
from beangulp.exceptions import Error
from hypothesis import strategies as st

from beancount_voucher.cli.commands.reconcile import _plain
from beancount_voucher.importer import Advices
from beancount_voucher.ledger.loader import Ledger
from beancount_voucher.reconciliation import report
from beancount_voucher.reconciliation.ledger_side import numbers
from beancount_voucher.reconciliation.matching import MatchOptions
from beancount_voucher.reconciliation.reconcile import LedgerSide
from beancount_voucher.reconciliation.reconcile import reconcile as reconciled
from beancount_voucher.reconciliation.to_directives import facts_of
from beancount_voucher.statements.faults import FAULTS
from beancount_voucher.statements.files import read
from beancount_voucher.statements.statement import Statement, StatementError
from beancount_voucher.statements.tables.guess import guess
from beancount_voucher.statements.tables.map_text import map_text
from beancount_voucher.statements.tables.questions import Question, UnsureError
from tests.fuzz.target import Target
from tests.support import ACCOUNTS, HAPPY, PARTIES, PLUGIN, code_of, event, issue
from tests.support.bai_files import Account, File
from tests.support.bai_files import Entry as Transaction
from tests.support.bank_files import CSV_MAP, Entry, Sheet, camt, csv, mt940

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# --- The ledger's side ------------------------------------------------------------------

_NUMBERED = ACCOUNTS.replace("open Assets:Ann:Iss\n", 'open Assets:Ann:Iss\n  bank-account: "A1"\n')
_LEDGER = (
    PLUGIN
    + PARTIES
    + _NUMBERED
    + HAPPY
    + issue("V-2")
    + event("accept", "2026-03-03", voucher="V-2")
)


@cache
def _ledger() -> Ledger:
    return Ledger.of(Path("ledger.beancount"), *loader.load_string(_LEDGER))


def _books() -> LedgerSide:
    it = _ledger()
    return LedgerSide(it.entries, it.evaluation, it.names, it.kept, it.options["name_equity"])


# --- What must hold ---------------------------------------------------------------------


def assert_refused(error: StatementError) -> None:
    """One line that says where and why, with a known code."""
    message = str(error)
    assert message.isprintable(), message
    assert len(message) < 2300, len(message)
    assert code_of(message) == error.code
    assert error.code in FAULTS
    assert "; expected " in message


def assert_read(found: Sequence[Statement]) -> None:
    """Statements as all that follows takes them."""
    assert found
    for statement in found:
        assert statement.account, statement
        assert type(statement.start) is type(statement.end) is dt.date
        for line in (*statement.lines, *statement.pending):
            assert type(line.date) is dt.date
            assert isinstance(line.amount, Decimal)
            assert line.amount.is_finite()
        for balance in (statement.opening, statement.closing):
            assert balance is None or balance.number.is_finite()


def _read(path: Path, how: Path | None) -> list[Statement] | str:
    try:
        return read(path, how)
    except StatementError as error:
        assert_refused(error)
        return str(error)


def assert_borne(path: Path, how: Path | None) -> None:
    """A file is read or refused, twice the same, and whatever is read can be reconciled."""
    found = _read(path, how)
    assert found == _read(path, how)
    if isinstance(found, str):
        return
    assert_read(found)
    terms = MatchOptions(window=3, tolerance=Decimal("0.01"))
    result = reconciled(found, _books(), numbers(_ledger().entries, {}), terms)
    as_of = max(each.end for each in found)
    json.dumps(_plain(report.data(result, as_of, matched=True)))
    assert report.items(result, as_of, matched=True) == report.items(result, as_of, matched=True)
    report.ageing(result, as_of)
    report.holds(result)
    if not result.flaws:
        facts = facts_of(result, "Lin", "Wang", lambda _, statement: statement.path.name)
        assert all(fact.terms["sha256"] for fact in facts)
    assert all(row[-3:] for row in report.explanations(result, [*result.matching.named][:9]))
    assert all(flaw.message for flaw in result.flaws)


def check_statement(content: bytes) -> None:
    """Any format: the content tells which it is."""
    with tempfile.TemporaryDirectory() as folder:
        how = Path(folder) / "map.toml"
        how.write_text(CSV_MAP, encoding="utf-8")
        path = Path(folder) / "statement.csv"
        path.write_bytes(content)
        assert_borne(path, how)


def check_advice(content: bytes) -> None:
    """camt.054 through the importer, as beangulp calls it."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.beancount"
        ledger.write_text(_LEDGER, encoding="utf-8")
        path = Path(folder) / "advice.xml"
        path.write_bytes(content)
        importer = Advices("Assets:Ann:Iss", "A1", ledger, {"ZDJD": "void"})
        importer.identify(str(path))
        assert importer.date(str(path)) is None or type(importer.date(str(path))) is dt.date
        importer.filename(str(path))
        with suppress(Error):
            entries = importer.extract(str(path), [])
            assert all(isinstance(each.meta["filename"], str) for each in entries)
            assert all(type(each.meta["lineno"]) is int for each in entries)
            importer.deduplicate(entries, entries)


def check_guess(content: bytes) -> None:
    """A map is guessed, or something is asked, or it is no table; twice the same."""
    given = {"account": ["A1"], "currency": ["CNY"], "columns.date": ["日期"]}
    for said in ({}, given):
        found = [_told(content, said) for _ in range(2)]
        assert found[0] == found[1]
        if isinstance(found[0], dict):
            assert tomllib.loads(map_text(found[0])) == found[0]


def _told(content: bytes, said: dict[str, list[str]]) -> dict[str, Any] | Question | str:
    """A map, a question, or an error."""
    try:
        how, statements = guess(content, Path("s.csv"), said)
    except UnsureError as unsure:
        return unsure.question
    except StatementError as error:
        assert_refused(error)
        return str(error)
    assert_read(statements)
    return how


def check_map(content: bytes) -> None:
    """A column map, with a statement that it may fit."""
    with tempfile.TemporaryDirectory() as folder:
        how = Path(folder) / "map.toml"
        how.write_bytes(content)
        path = Path(folder) / "statement.csv"
        path.write_text(csv(_SHEET), encoding="utf-8")
        assert_borne(path, how)


# --- What banks send --------------------------------------------------------------------

_SHEET = Sheet("S-1", "A1", "2026-03-01", "2026-03-31", "100000.00", (
    Entry("03-06", "-100.00", "V-1", "Premium"),
    Entry("03-07", "-12.50", text="Card payments"),
    Entry("03-09", "100.00", "V-1", extra="<RvslInd>true</RvslInd>"),
    Entry("03-10", "5.00", status="PDNG"),
), "100.00")  # fmt: skip
_DETAILS = "<BkTxCd><Prtry><Cd>ZDJD</Cd></Prtry></BkTxCd><NtryDtls><Btch><MsgId>B</MsgId></Btch></NtryDtls>"
_ADVICE = Sheet("N-1", "A1", "2026-03-01", "2026-03-31", "0.00", (
    Entry("03-06", "-100.00", "V-1", "Premium"),
    Entry("03-08", "100.00", "V-2", extra=_DETAILS),
))  # fmt: skip

_CAMT = tuple(
    camt(_SHEET, kind=kind, version=version).encode()
    for kind, version in (("053", "08"), ("053", "02"), ("052", "06"), ("054", "12"))
)
_CAMT += (re.sub(b"<FrToDt>.*?</FrToDt>", b"", _CAMT[0]),)
_ADVICES = (camt(_ADVICE, kind="054").encode(), camt(_ADVICE, kind="054", prefix="n").encode())
_MT942 = (
    b":20:R1\n:25:A1\n:28C:1\n:34F:CNY0,\n:13D:2603061200+0800\n:61:2603060306D100,00NTRFV-1//B1\n"
    b":86:/EREF/V-1/REMI/Premium\n:90D:1CNY100,00\n:90C:0CNY0,00\n-\n"
)
_MT = (
    mt940(_SHEET).encode(),
    b"{1:F01BANKXXXX0000000000}{2:I940BANKXXXXN}{4:\r\n"
    + mt940(_SHEET).replace("\n", "\r\n").encode()
    + b"}",
    mt940(_SHEET).replace("D100,00NTRF", "RC100,00NTRF").encode(),
    _MT942,
)
_BAI_ACCOUNT = Account(entries=(
    Transaction("195", 120000, "V,260302,,T1,X-1,PREMIUM/"), Transaction("495", 30000, "S,1,2,3,T2,X-2,A/\n88,B, C"),
    Transaction("890", 0, "D,1,0,5,,,TEXT/"),
))  # fmt: skip
_GUESSED = (
    "账号：62001\n币种：人民币\n日期,收入,支出,余额,摘要\n2026-03-02,300.00,,1300.00,V-1\n2026-03-03,,-5.00,1295.00,V-2\n合计,300.00,-5.00,\n".encode("gb18030"),
    "Date;Amount;DrCr;Status\n02/03/26;1.234,50 €;Cr;ok\n#end\n".encode(),
)  # fmt: skip
_CSV = (csv(_SHEET).encode(), csv(_SHEET).replace("\n", "\r\n").encode("utf-8-sig"))
_FULL_MAP = (
    'encoding = "utf-8"\ndelimiter = ","\ndecimal = "."\nthousands = ","\ndate-format = "%Y-%m-%d"\n'
    'skip = 0\nnewest-first = false\naccount = "A1"\ncurrency = "CNY"\nid = "Q1"\n[columns]\ndate = "交易日期"\n'
    'debit = "借方发生额"\ncredit = "贷方发生额"\nbalance = "余额"\ntext = "摘要"\n'
)
_WALLET_MAP = (
    'currency = "人民币"\nunits = ["¥", "元"]\nempty = "-"\nstrip = "`"\nend = "#"\ntotals = "合计"\nminus = "taken-back"\n'
    'leave-out = "承前"\nnegative = ["-5.00", "(5.00)"]\nyear-from = "令和"\ndate-format = ["%Y-%m-%d", "%y/%m/%d"]\n'
    '[columns]\ndate = "交易日期"\namount = 5\ndirection = "摘要"\nstatus = "对方户名"\nbalance = "余额"\n'
    '[direction]\nin = ["Premium", "收"]\nout = "Card payments"\nneither = "-"\n[status]\nbooked = "x"\nnot-booked = "y"\n'
    '[currencies]\n"Taler" = "THL"\n[file]\naccount = "账号"\ncount = "共*笔"\nsum-in = "收："\nfrom = "从"\nto = "到"\n'
)
_MAPS = (CSV_MAP.encode(), _FULL_MAP.encode(), _WALLET_MAP.encode())
_BAI = (File([_BAI_ACCOUNT]).text().encode(), File([_BAI_ACCOUNT, _BAI_ACCOUNT]).text().encode())

CAMT_WORDS = (
    "<Ntry>", "</Ntry>", '<Amt Ccy="CNY">', "</Amt>", "<CdtDbtInd>", "DBIT", "CRDT", "BOOK", "PDNG",
    "<Bal>", "</Bal>", "<Dt>", "9999-12-31", "0001-01-01", "<NtryDtls>", "<TxDtls>", "<Stmt>", "</Stmt>",
    "<!DOCTYPE a>", "<![CDATA[", "]]>", "&amp;", "&#0;", "&#x10FFFF;", "&lol;", "<?xml", "<!--", "-->",
    'encoding="UTF-16"', 'encoding="gb18030"', 'encoding="base64"', "xmlns:a", "camt.053.001.99",
)  # fmt: skip
MT_WORDS = (
    ":20:", ":25:", ":28C:", ":60F:", ":61:", ":62F:", ":64:", ":65:", ":86:", ":34F:", ":13D:", ":90D:",
    ":NS:", "RC", "RD", "C", "D", "991231", "000101", "0229", "1231", "NTRF", "NONREF", "//", "CNY", "EUR",
    "99999999999999,99", ",", "/EREF/", "?20EREF+", "EREF: ", "-\n", "{1:", "{4:", "-}", "\r\n",
)  # fmt: skip
BAI_WORDS = (
    "01,", "02,", "03,", "16,", "88,", "49,", "98,", "99,", "/", ",,", "\n", "S,", "V,", "D,", "D,999999999,", "890", "010",
    "9" * 18, "9" * 5000, "-1", "991231", "000000", "JPY", "U$", "\x1a", "\r\n",
)  # fmt: skip
MAP_WORDS = (
    "[file]\n", "[direction]\n", "[status]\n", "[currencies]\n", 'end = "', 'strip = "', 'units = ["', "heading-rows = 0\n",
    "[columns]\n", "[" * 5000, "{a=" * 5000, '"""', "'''", "1979-05-27T07:32:00Z", "nan", "0x1", "9" * 5000, "=",
    'delimiter = "', 'date-format = "%', 'encoding = "', "skip = ", "newest-first = true\n", 'text = ["',
)  # fmt: skip
CSV_WORDS = (
    '"',
    ",",
    "\n",
    "\r",
    "\0",
    "9" * 200_000,
    "9999-12-31",
    "0001-01-01",
    "-",
    "+",
    "1e9",
    "１２",
    "NaN",
)

_SETTINGS: dict[str, tuple[str, ...]] = {
    "encoding": (
        "utf-8", "utf-16", "idna", "punycode", "undefined", "base64", "rot13", "unicode_escape", "\\u0000",
        "é", "", "mbcs", "utf-7", "cp037", "raw_unicode_escape",
    ),
    "delimiter": (",", ";", "\\n", "\\r", '\\"', " ", "\\u0000", "银", "", ",,"),
    "decimal": (".", ",", "", "-", "0", ".."),
    "thousands": (",", ".", "", "0", "'"),
    "date-format": (
        "%Y-%m-%d", "%Y%Y", "%", "%d%d", "(", "%G-%V-%u", "%j", "%Z", "%z", "%c", "%y-%m-%d", "", "%Q",
        "%Y-%m-%d\\u0000", "%s", "[", "%Y-%m-%d" * 20,
    ),
    "skip": ("0", "1", "-1", "99999999999999999999", "9" * 5000, "true", "1.0"),
    "newest-first": ("true", "false", "1"),
    "account": ("A1", "", " ", "银"),
    "currency": ("CNY", "", " ", "not a currency"),
    "id": ("Q1", "", "\\n"),
    "negative": ("-5.00", "(5.00)", "5", ""),
    "minus": ("taken-back", "goes-out", "", "x"),
    "units": ("¥", "0", "", ".", "-"),
    "empty": ("-", "", "2026-03-06"),
    "strip": ("`", "2", "", '\\"'),
    "year-from": ("2000", "令和", "", "x"),
    "heading-rows": ("0", "1", "2", "3", "-1", "4"),
    "end": ("2026", "", "账"),
    "totals": ("2026", "6229", "账"),
    "leave-out": ("A1", "", "2026"),
    "sheet": ("x", ""),
}  # fmt: skip
_BARE = ("skip", "newest-first", "heading-rows")
_COLUMNS = (
    *((key, name) for key, name in (
        ("date", "交易日期"), ("debit", "借方发生额"), ("credit", "贷方发生额"), ("balance", "余额"),
        ("available", "可用余额"), ("account", "账号"), ("end-to-end", "凭证号"), ("text", "摘要"),
    )),
    ("amount", "借方发生额"), ("currency", "摘要"), ("date", "摘要"), ("amount", "交易日期"), ("batch", ""),
)  # fmt: skip


@st.composite
def _made_map(draw: st.DrawFn) -> bytes:
    """A map of the right form, which may say what no map says."""
    said = {"account": "A1", "currency": "CNY"} | {
        key: draw(st.one_of(st.sampled_from(_SETTINGS[key]), st.text("%Yyzmdj \n\\-0", max_size=6)))
        for key in draw(st.lists(st.sampled_from(list(_SETTINGS)), max_size=4, unique=True))
    }
    columns = dict(_COLUMNS[:4]) | dict(draw(st.lists(st.sampled_from(_COLUMNS), max_size=4)))
    lines = [
        f"{key} = {value}" if key in _BARE else f'{key} = "{value}"' for key, value in said.items()
    ]
    return "\n".join(
        [*lines, "[columns]", *(f'{key} = "{name}"' for key, name in columns.items())]
    ).encode()


_TOKEN = re.compile(rb"[A-Za-z0-9.,+-]+")
_ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "gb18030", "latin-1", "cp037")
_VALUES = (
    "9999-12-31",
    "0001-01-01",
    "991231",
    "0229",
    "9" * 18,
    "9" * 30,
    "0." + "1" * 10,
    "-1",
    "",
    "银" * 20,
)


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes], words: Sequence[str]) -> bytes:
    """A sound file with something wrong in it."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        at, to = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        kind = draw(
            st.sampled_from(
                ["token", "token", "token", "cut", "end", "twice", "flip", "word", "splice", "code"]
            )
        )
        if kind == "token":  # one value becomes another
            found = list(_TOKEN.finditer(content))
            if found:
                one = draw(st.sampled_from(found))
                value = draw(
                    st.one_of(st.sampled_from(_VALUES), st.text(max_size=8), st.sampled_from(words))
                )
                content = (
                    content[: one.start()] + value.encode(errors="ignore") + content[one.end() :]
                )
        elif kind == "cut":
            content = content[:at] + content[to:]
        elif kind == "end":
            content = content[:at]
        elif kind == "twice":
            content = content[:to] + content[at:]
        elif kind == "flip":
            content = content[:at] + draw(st.binary(min_size=1, max_size=2)) + content[at + 1 :]
        elif kind == "word":
            content = content[:at] + draw(st.sampled_from(words)).encode() + content[at:]
        elif kind == "splice":
            other = draw(st.sampled_from(seeds))
            content = content[:at] + other[min(at, len(other)) :]
        else:
            encoding = draw(st.sampled_from(_ENCODINGS))
            content = content.decode(errors="replace").encode(encoding, errors="replace")
    return content


def _inputs(seeds: Sequence[bytes], words: Sequence[str]) -> st.SearchStrategy[bytes]:
    return st.one_of(damaged(seeds, words), damaged(seeds, words), st.binary(max_size=300))


def _target(
    name: str,
    check: Callable[[bytes], None],
    examples: int,
    seeds: Sequence[bytes],
    words: Sequence[str],
) -> Target:
    return Target(name, _inputs(seeds, words), check, examples, seeds, words)


TARGETS = (
    _target("camt", check_statement, 150, _CAMT, CAMT_WORDS),
    _target("mt940", check_statement, 150, _MT, MT_WORDS),
    _target("csv", check_statement, 150, _CSV, CSV_WORDS),
    Target(
        "map", st.one_of(_made_map(), _inputs(_MAPS, MAP_WORDS)), check_map, 200, _MAPS, MAP_WORDS
    ),
    _target("bai2", check_statement, 150, _BAI, BAI_WORDS),
    _target("guess", check_guess, 150, (*_CSV, *_GUESSED), CSV_WORDS),
    _target("advice", check_advice, 60, _ADVICES, CAMT_WORDS),
)
