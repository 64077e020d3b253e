"""The directive reader: ledgers of arbitrary voucher directives, through Beancount's loader."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from beancount import loader
from beancount.core import account
from beancount.core.amount import Amount
from beancount.core.data import Custom, Transaction
from beancount.parser import printer
from beancount.parser.grammar import ValueType
from beancount.parser.options import OPTIONS_DEFAULTS
from fava.application import create_app
from hypothesis import strategies as st

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.codes import CODES
from beancount_voucher.directives.errors import VoucherError
from beancount_voucher.directives.schema import (
    CHOICES,
    DIRECTIVES,
    OPTIONS,
    PARTY_ROLES,
    REVIEW_RULES,
    TERMS,
    VOID_REASONS,
    Kind,
    Slot,
)
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher_plugin import voucher_books
from tests.fuzz.target import Target
from tests.support import LINES, PLUGIN, WORLD, Loaded, booked, code_of, event, issue
from tests.support.clerk import Clerk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount.core.data import Directive

# --- A voucher whose books nothing else may touch ----------------------------------------

_PARTIES = {"CtlAnn": "policyholder", "CtlIss": "bank", "CtlAcc": "bank", "CtlIns": "insurer"}

CONTROL = (
    "".join(f'2025-01-01 custom "voucher-party" "{name}" "{role}"\n' for name, role in _PARTIES.items())
    + "2025-01-01 open Assets:CtlAnn:CtlIss\n2025-01-01 open Assets:CtlIns:CtlAcc\n"
    + "2025-01-01 open Liabilities:CtlIss:Deposits:CtlAnn\n"
    + "2025-01-01 open Liabilities:CtlAcc:Deposits:CtlIns\n"
    + '2025-01-02 * "Opening"\n  Assets:CtlAnn:CtlIss  500.00 CNY\n  Equity:Opening\n'
    + issue(
        "CONTROL", date="2025-03-02", policyholder='"CtlAnn"', issuer='"CtlIss"',
        acceptor='"CtlAcc"', insurer='"CtlIns"', accept_by="2025-03-05", apply_by="2025-03-31",
    )
    + event("accept", "2025-03-03", voucher="CONTROL")
    + event("apply", "2025-03-04", voucher="CONTROL")
    + event("settle", "2025-03-05", voucher="CONTROL")
)  # fmt: skip

BEFORE = WORLD + LINES + CONTROL


@cache
def _books_of_control() -> tuple[str, ...]:
    return tuple(_control(Loaded(*loader.load_string(PLUGIN + BEFORE))))


def _control(ledger: Loaded) -> list[str]:
    return sorted(
        booked(each) for each in ledger.generated if each.meta.get("voucher") == "CONTROL"
    )


# --- What must hold ---------------------------------------------------------------------


def assert_placed(entries: Iterable[Directive]) -> None:
    """Whatever the plugin made or has been at knows its position, and so do its postings."""
    for entry in entries:
        if SEEN not in entry.meta:
            continue
        postings = entry.postings if isinstance(entry, Transaction) else ()
        for meta in (entry.meta, *(posting.meta for posting in postings)):
            assert meta is not None, entry
            assert isinstance(meta["filename"], str), entry
            assert type(meta["lineno"]) is int, entry


def assert_errors(errors: Iterable[Any]) -> None:
    """Each error of the plugin: a place, one printable line, a known code, an entry or None."""
    for error in errors:
        assert not error.message.startswith(("Error applying plugin", "Error importing")), (
            error.message
        )
        if isinstance(error, VoucherError):
            assert isinstance(error.source["filename"], str), error
            assert type(error.source["lineno"]) is int, error
            assert error.message.isprintable(), error
            assert len(error.message) < 2100, len(error.message)
            assert code_of(error.message) in CODES, error
            assert error.entry is None or isinstance(error.entry, Custom), error


def _has_control(plain: Loaded) -> bool:
    """Whether the control voucher came through Beancount's parser, and under the usual policies."""
    customs = [each for each in plain.entries if isinstance(each, Custom)]
    said = sum(bool(each.values) and str(each.values[0].value) == "CONTROL" for each in customs)
    roots = all(
        plain.options[key] == OPTIONS_DEFAULTS[key]
        for key in OPTIONS_DEFAULTS
        if key.startswith("name_")
    )
    return said == 4 and roots and not any(each.type == "voucher-option" for each in customs)


def _told(errors: Iterable[Any]) -> list[tuple[object, ...]]:
    return [(type(each).__name__, str(each.source), each.message) for each in errors]


def _kept(entries: Iterable[Directive]) -> Counter[tuple[object, ...]]:
    """Entries that a ledger has, with or without the plugin: not what it, or ``pad``, made."""
    return Counter(
        (
            type(entry).__name__,
            entry.date,
            getattr(entry, "type", ""),
            getattr(entry, "account", ""),
        )
        for entry in entries
        if isinstance(entry, Custom)
        or (SEEN not in entry.meta and getattr(entry, "flag", None) != "P")
    )


def assert_bears(content: bytes) -> None:
    """A ledger of the control voucher and arbitrary bytes after it."""
    with tempfile.TemporaryDirectory() as folder:
        clerk = Clerk(Path(folder))

        def load(plugin: str) -> Loaded:
            clerk.path.write_bytes((plugin + BEFORE).encode() + content)
            return Loaded(*loader.load_file(str(clerk.path)))

        try:
            plain = load("\n")
        except Exception:  # noqa: BLE001  it is no ledger for Beancount itself
            return
        known = _told(plain.errors)
        ledger = load(PLUGIN)
        assert_placed(ledger.entries)
        fresh = [each for each in ledger.errors if _told([each])[0] not in known]
        assert_errors(fresh)
        assert _kept(ledger.entries) == _kept(plain.entries)
        assert all(each.values is not None for each in ledger.entries if isinstance(each, Custom))
        if _has_control(plain):
            assert tuple(_control(ledger)) == _books_of_control()
        again = load(PLUGIN)
        assert _told(again.errors) == _told(ledger.errors)
        printer.print_errors(fresh, file=io.StringIO())  # type: ignore[no-untyped-call]
        assert voucher_books(ledger.entries, ledger.options)[0] == ledger.entries
        if crc32(content) % _SAMPLED == 0:
            assert_shown(clerk.path)
        for command in _COMMANDS[crc32(content) % len(_COMMANDS)]:
            before = clerk.files()
            assert clerk.run(*command).status in (0, 1, 2, 3)
            assert clerk.files() == before


def assert_shown(path: Path) -> None:
    """Fava starts, and shows the ledger and its errors."""
    client = create_app([str(path)], load=True, poll_watcher=True).test_client()
    with client.get("/") as response:
        home = response.headers["Location"].removesuffix("income_statement/")
    for page in ("errors/", "journal/", "api/errors", "api/changed"):
        with client.get(home + page, follow_redirects=True) as response:
            assert response.status_code == 200, page


_SAMPLED = 16
"""One ledger of so many is shown by Fava, which takes its time."""

# One of these sets is run on each ledger.
_COMMANDS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("check", "--as-of", "2026-04-01"),),
    (("list", "--as-of", "9999-12-31", "--format", "json"), ("list", "--as-of", "0001-01-01")),
    (("show", "V-1"), ("show", "V-2", "--as-of", "9999-12-31")),
    (("print",),),
    (("run", "--as-of", "2026-04-01"), ("run", "--as-of", "9999-12-31")),
    (("issue", "--id", "V-{n}", "--like", "V-1"), ("apply", "V-1", "--date", "2026-03-05")),
    (("query", "SELECT * FROM #vouchers"), ("query", "SELECT * FROM #voucher_events")),
)


# --- Directives as text -----------------------------------------------------------------

_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LONG = st.integers(100, 5000).flatmap(
    lambda size: st.sampled_from(["V", "9", "银", "{", "a=b;"]).map(lambda c: c * size)
)
_IDS = st.sampled_from(["V-1", "V-2", "V-3"])
_NAMES = st.sampled_from(["Ann", "Bob", "Iss", "Acc", "Ins", "Oth", "New"])
_TEXTS = st.one_of(_IDS, _NAMES, _ANY_TEXT, LONG)

_SMALL = ["100.00", "1000.00", "0", "-5.00", "0.01", "1,000.00", "3650.00"]
_ODD = ["9" * 40, f"0.{'0' * 40}1", "-0.00", f"{'9' * 28}.{'9' * 28}", "1" * 400, "1."]
NUMBERS = st.one_of(
    st.sampled_from(_SMALL),
    st.sampled_from(_ODD),
    st.integers(-(10**30), 10**30).map(str),
    st.decimals(-(10**9), 10**9, places=4).map(str),
)
_CURRENCIES = st.sampled_from(["CNY", "USD", "CNY.MEMO", "X" * 24, "A'B", "CNY"])
_NEAR = st.dates(dt.date(2026, 2, 27), dt.date(2026, 4, 2))
DATES = st.one_of(
    _NEAR, _NEAR, st.dates(), st.sampled_from([dt.date.min, dt.date.max, dt.date(1000, 1, 1)])
).map(str)
_ACCOUNTS = st.sampled_from(["Assets:Ann:Iss", "Liabilities:New:X", "Equity:P", "Income:银行"])


def _escaped(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_STRINGS = _TEXTS.map(_escaped)
_AMOUNTS = st.builds("{} {}".format, NUMBERS, _CURRENCIES)
_LITERALS = st.one_of(
    _STRINGS, _AMOUNTS, NUMBERS, DATES, _ACCOUNTS, _CURRENCIES,
    st.sampled_from(["TRUE", "FALSE", "#tag", "^link", "NULL", "", "1 -2", "1/3 CNY", ",", '"']),
)  # fmt: skip


def _strings(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from([f'"{word}"' for word in words])


_RIGHT_VALUES: dict[Slot, st.SearchStrategy[str]] = {
    Slot.VOUCHER: _IDS.map(_escaped),
    Slot.PARTY: _NAMES.map(_escaped),
    Slot.ROLE: _strings(*PARTY_ROLES),
    Slot.TEXT: _strings(*OPTIONS, "V-1", "2026-03"),
    Slot.ACCOUNT: _ACCOUNTS,
    Slot.RULE: _strings(*REVIEW_RULES),
    Slot.NUMBER: st.sampled_from(["1", "2", "0", "10", "1.5"]),
    Slot.COUNT: st.sampled_from(["0", "1", "42", "1.5"]),
}
_RIGHT_METADATA: dict[Kind, st.SearchStrategy[str]] = {
    Kind.TEXT: st.one_of(_NAMES.map(_escaped), _STRINGS),
    Kind.DATE: DATES,
    Kind.REASON: _strings(*VOID_REASONS),
    Kind.AMOUNT: _AMOUNTS,
    Kind.COUNT: NUMBERS,
    Kind.SHA256: st.just('"' + "0" * 64 + '"'),
    Kind.PROVEN: _strings("V-1 2026-03-06 -120.00 CNY 0123456789abcdef"),
    Kind.DATED: _strings("2026-03-06 -120.00 CNY"),
    Kind.BASIS: _strings("pro-rata", "short-rate 0.90"),
    Kind.MESSAGE: _strings("Iss Acc 1", "Acc Iss 42"),
    Kind.FACTS: _strings("accept reject apply", "accept"),
    Kind.FACT: _strings("accept", "apply"),
    Kind.CONDITIONS: _strings("requires-policy", "not-before; requires-policy"),
    **{kind: _strings(*words) for kind, words in CHOICES.items()},
}
assert _RIGHT_VALUES.keys() == set(Slot)
assert {*_RIGHT_METADATA, Kind.FLAG, Kind.ANY} == set(Kind)
_CONDITIONS: dict[str, st.SearchStrategy[str]] = {
    "requires-policy": st.just("TRUE"),
    "requires-amount": st.just('"exact"'),
    "requires-document": st.just("TRUE"),
    "requires-event": st.one_of(_strings("a=b", "a=b;c=d"), _STRINGS),
    "requires-code": st.just('"sha256:' + "0" * 64 + '"'),
    "not-before": DATES,
}
_RESERVED = st.sampled_from(
    ["lineno", "filename", "voucher", "voucher-event", "note", "document", "requires-luck", "type",
     "date", "bank", "held", "frozen", "line-limit", "deposits", "name", "by", "reason"]
)  # fmt: skip
_KEYS = st.one_of(_RESERVED, st.from_regex(r"[a-z][a-zA-Z0-9_-]{1,8}", fullmatch=True))


@st.composite
def _directive(draw: st.DrawFn) -> str:
    """A directive which is often right in most of its parts."""
    name = draw(st.sampled_from([*DIRECTIVES, *DIRECTIVES, "", "isue"]))
    known = DIRECTIVES.get(name)
    right = st.integers(0, 9).map(bool)  # nine of ten parts are as they should be
    parts = [_RIGHT_VALUES[slot] for slot in known.slots] if known else []
    if known and known.amount:
        parts.append(_AMOUNTS)
    values = [draw(each if draw(right) else _LITERALS) for each in parts]
    if not draw(right):
        values = draw(st.lists(_LITERALS, max_size=4))
    lines = [
        f'{draw(DATES if draw(st.booleans()) else _NEAR)} custom "voucher-{name}" {" ".join(values)}'
    ]
    keys: dict[str, Kind] = {**known.keys} if known else {}
    terms = (
        keys
        if name in ("request", "issue")
        else {key: keys[key] for key in keys if draw(st.booleans())}
    )
    if name == "issue":
        terms = {**TERMS}
    for key, kind in terms.items():
        if draw(right):
            lines.append(f"  {key}: {draw(_right_term(key, kind) if draw(right) else _LITERALS)}")
    if known is not None and known.also == "conditions":
        chosen = draw(st.lists(st.sampled_from(list(BUILT_IN)), max_size=2, unique=True))
        lines += [
            f"  {key}: {draw(_CONDITIONS[key] if draw(right) else _LITERALS)}" for key in chosen
        ]
    if not draw(right) or name == "party":
        others = draw(st.lists(_KEYS, max_size=2))
        lines += [f"  {key}: {draw(st.one_of(_ACCOUNTS, _LITERALS))}" for key in others]
    return "\n".join(lines) + "\n"


def _right_term(key: str, kind: Kind) -> st.SearchStrategy[str]:
    """The usual world's parties, so that vouchers come to live."""
    usual = {"policyholder": "Ann", "issuer": "Iss", "acceptor": "Acc", "insurer": "Ins"}
    if key in usual:
        return st.one_of(_strings(usual[key]), _RIGHT_METADATA[kind])
    return _NEAR.map(str) if kind is Kind.DATE else _RIGHT_METADATA[kind]


# What is no voucher directive, and bears on them.
_OTHERS = st.one_of(
    st.builds('{} event "{}" "{}"\n'.format, DATES, st.sampled_from("ac"), st.sampled_from("bd")),
    st.builds("{} close Assets:Ann:Iss\n".format, DATES),
    st.builds("{} open Assets:Ann:Iss:Frozen\n".format, DATES),
    st.builds("{} balance Assets:Ann:Iss {}\n".format, DATES, _AMOUNTS),
    st.builds("{} pad Assets:Ann:Iss Equity:Opening\n".format, DATES),
    st.builds('{} custom "other" {}\n'.format, DATES, st.sampled_from(["", '"x"', "1"])),
    st.just('option "name_assets" "Activa"\n'),
)

LIFE = issue() + event("accept", "2026-03-03") + event("apply", "2026-03-04")


def _joined(parts: list[str]) -> bytes:
    return "".join(parts).encode()


DIRECTIVE_TEXTS = st.lists(
    st.one_of(_directive(), _directive(), _directive(), _OTHERS, st.just(LIFE)),
    min_size=1, max_size=6,
).map(_joined)  # fmt: skip

# --- Any bytes --------------------------------------------------------------------------

_FORBIDDEN = (b"include", b"plugin", b"pythonpath", b"Ctl", b"documents", b"/")
"""What leads out of the ledger (and would run code), or to the control voucher.

Beancount 3.2.3 itself does not survive an amount that divides by zero: the process ends.
"""


def _harmless(content: bytes) -> bool:
    return not any(word in content for word in _FORBIDDEN)


def check_bytes(content: bytes) -> None:
    if _harmless(content):
        assert_bears(content)


WORDS = (
    *(f'"voucher-{name}"' for name in DIRECTIVES), *(f"\n  {key}:" for key in (*TERMS, *BUILT_IN)),
    " custom ", "\n2026-03-02", '"V-1"', '"Ann"', " 100.00 CNY", "\n  lineno:", "\n  filename:",
    "TRUE", " event ", " open ", "pushmeta", "Assets:Ann:Iss", "9999-12-31", "option",
)  # fmt: skip
SEEDS = (LIFE.encode(), event("void", "2026-03-06", reason='"cancelled"').encode(), LINES.encode())
_RAW = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass")),
    st.lists(st.one_of(st.sampled_from(WORDS), _LITERALS), max_size=20)
    .map(" ".join)
    .map(str.encode),
)

# --- Entries that no ledger could hold --------------------------------------------------

_ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.binary(max_size=4), st.text(max_size=5),
    st.decimals(), st.dates(), st.datetimes(), _TEXTS, st.lists(st.none(), max_size=2),
    st.builds(Amount, st.one_of(st.none(), st.decimals()), st.sampled_from(["CNY", ""])),
    st.dictionaries(st.integers(), st.none(), max_size=1), st.just(ValueType("V-1", str)),
)  # fmt: skip
_DTYPES = st.one_of(st.sampled_from([str, Decimal, Amount, account.TYPE, None, bool]), _ODD_VALUES)
_GIVEN = st.builds(ValueType, st.one_of(_IDS, _NAMES, _ODD_VALUES), _DTYPES)
_META_KEYS = st.one_of(
    st.sampled_from([*TERMS, *BUILT_IN, "filename", "lineno", "voucher", "__x", "", "reason"]),
    st.text(max_size=5),
)
_META_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["Ann", "Iss", "cash", dt.date(2026, 3, 5)]), _ODD_VALUES
)
_PLACES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{"filename": "<made>", "lineno": 3}, {"filename": "a"}, {"lineno": 4}, {}]
)


@st.composite
def _custom(draw: st.DrawFn) -> Custom:
    meta = {**draw(_PLACES), **draw(st.dictionaries(_META_KEYS, _META_VALUES, max_size=5))}
    values = draw(st.one_of(st.none(), st.lists(_GIVEN, max_size=3)))
    name = draw(st.sampled_from([*DIRECTIVES, "x", ""]))
    return Custom(meta, draw(st.dates()), f"voucher-{name}", values)


MADE = st.tuples(
    st.lists(_custom(), max_size=4), st.one_of(st.none(), st.text(max_size=10), _NAMES)
)


def check_made(given: tuple[list[Custom], str | None]) -> None:
    """Entries that another plugin made, straight to ours."""
    customs, config = given
    entries = [*_world(), *customs]
    copies = [(each, dict(each.meta)) for each in customs]
    after, errors = voucher_books(entries, {**OPTIONS_DEFAULTS}, config)
    again = voucher_books(entries, {**OPTIONS_DEFAULTS}, config)
    assert isinstance(after, list)
    assert isinstance(errors, list)
    if not any(SEEN in each.meta for each in customs):
        assert_placed(after)
        assert sum(isinstance(each, Custom) for each in after) == sum(
            isinstance(each, Custom) for each in entries
        )
    assert_errors(errors)
    assert _told(again[1]) == _told(errors)
    for each, meta in copies:
        assert each.meta.keys() == meta.keys(), "an entry was changed in place"


@cache
def _world() -> tuple[Directive, ...]:
    entries, errors, _ = loader.load_string(BEFORE + LIFE)
    assert errors == []
    return tuple(entries)


TARGETS = (
    Target("directives", DIRECTIVE_TEXTS, assert_bears, 150),
    Target("ledger", _RAW, check_bytes, 120, seeds=SEEDS, words=WORDS),
    Target("entries", MADE, check_made, 300),
)
