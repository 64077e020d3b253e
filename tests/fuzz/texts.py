"""What is typed, written, merged, reviewed and asked of the page."""

from __future__ import annotations

import base64
import datetime as dt
import os
import tempfile
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from beancount.parser import parser
from hypothesis import strategies as st

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money, money_of
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.printer import directive
from beancount_voucher.directives.schema import (
    A_NUMBER,
    CALENDAR_DAYS,
    CHOICES,
    DIRECTIVES,
    OPTIONS,
    PARTY_ROLES,
    REVIEW_RULES,
    VOID_REASONS,
    Directive,
    HasAmount,
    Kind,
    Slot,
)
from beancount_voucher.directives.values import listed
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.review.blocks import BlockError, blocks
from beancount_voucher.review.merge import merge
from fava_voucher.view_state import TABS
from tests.fuzz.ledgers import DIRECTIVE_TEXTS, LIFE
from tests.fuzz.target import Target
from tests.support import LINES, PLUGIN, SETTLE, WORLD, event
from tests.support.reader import EXTENSION, Reader
from tests.support.repository import Repository

# --- An amount that a person typed ------------------------------------------------------


def check_money(text: str) -> None:
    """None, or an amount that is written as it can be read again."""
    money = money_of(text)
    if money is not None:
        assert money.number.is_finite()
        assert money.number >= 0
        assert money_of(str(money)) == money
        assert money_of(money.grouped) == money


_MONEY = st.one_of(
    st.text(max_size=20),
    st.from_regex(r"[0-9,.]{1,12} ?[A-Z0-9'._-]{0,4}", fullmatch=True),
    st.builds(
        "{:,f} {}".format,
        st.decimals(0, 10**12, places=3),
        st.sampled_from(["CNY", "A'B", "X.MEMO"]),
    ),
)

# --- What is written is read back -------------------------------------------------------

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
_IDS = st.from_regex(r"[A-Z0-9][A-Za-z0-9-]{0,34}", fullmatch=True)
_PARTIES = st.sampled_from(["Ann", "FirstBank", "B银行1", "X-1"])
_NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6
)
_DAYS = st.dates(dt.date(1900, 1, 1))
_MONIES = st.builds(Money, _NUMBERS, st.sampled_from(["CNY", "USD", "A'B"]))
_SLOTS: dict[Slot, st.SearchStrategy[str]] = {
    Slot.VOUCHER: _IDS,
    Slot.PARTY: _PARTIES,
    Slot.ROLE: st.sampled_from(PARTY_ROLES),
    Slot.TEXT: _TEXT,
    Slot.ACCOUNT: st.sampled_from(["Assets:Ann:Iss", "Liabilities:B银行:X"]),
    Slot.RULE: st.sampled_from(list(REVIEW_RULES)),
    Slot.NUMBER: st.integers(1, 10**9 - 1).map(str),
    Slot.COUNT: st.integers(0, 10**9 - 1).map(str),
}
_KINDS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: _TEXT,
    Kind.DATE: _DAYS,
    Kind.REASON: st.sampled_from(list(VOID_REASONS)),
    Kind.AMOUNT: _MONIES,
    Kind.COUNT: st.integers(0, 10**9).map(Decimal),
    Kind.SHA256: st.text("0123456789abcdef", min_size=64, max_size=64),
    Kind.PROVEN: st.just("V-1 2026-03-06 -120.00 CNY 0123456789abcdef"),
    Kind.DATED: st.just("2026-03-06 -120.00 CNY"),
    Kind.BASIS: st.sampled_from(["pro-rata", "short-rate 0.90"]),
    Kind.MESSAGE: st.just("Iss Acc 42"),
    Kind.FACTS: st.sampled_from(["accept reject apply", "accept"]),
    Kind.FACT: st.sampled_from(["accept", "apply"]),
    Kind.CONDITIONS: st.sampled_from(["requires-policy", "not-before; requires-policy"]),
    **{kind: st.sampled_from(words) for kind, words in CHOICES.items()},
}
_KEY = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
_MARKS = {"key": f"ssh-ed25519 {_KEY} ours", "revoke": "SHA256:" + "A" * 43}
_CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "requires-policy": st.just(True),
    "requires-event": st.sampled_from(["a=b", "a=b; c=d"]),
    "not-before": _DAYS,
}


@st.composite
def _facts(draw: st.DrawFn) -> Fact:
    """A fact of any kind that has the right form."""
    kind: Directive = draw(st.sampled_from([DIRECTIVES[name] for name in DIRECTIVES]))
    ids = [draw(_SLOTS[slot]) for slot in kind.slots]
    if kind.name == "option":
        name = draw(st.sampled_from(sorted(OPTIONS)))
        choice = draw(st.sampled_from(OPTIONS[name]))
        ids = [name, "5" if choice in (A_NUMBER, CALENDAR_DAYS) else choice]
    if kind.name in _MARKS:
        ids[1] = _MARKS[kind.name]
    amounts = {HasAmount.NO: st.none(), HasAmount.MUST: _MONIES}
    amount = draw(amounts.get(kind.amount, st.one_of(st.none(), _MONIES)))
    terms = {
        key: draw(_KINDS[each])
        for key, each in kind.keys.items()
        if key in kind.required or draw(st.booleans())
    }
    if kind.also == "conditions":
        terms |= {
            key: draw(_CONDITIONS[key])
            for key in draw(st.sets(st.sampled_from(sorted(_CONDITIONS))))
        }
    if kind.name == "reconciled":
        terms |= {"prepared-by": "Lin", "reviewed-by": "Wang"}
    date = draw(_DAYS)
    if kind.name == "refund":
        terms["from"] = date
    for key in listed(terms.get("drop", "")):
        terms.pop(key, None)
    return Fact(kind.name, date, tuple(ids), amount, terms, NOT_WRITTEN)


def check_written(fact: Fact) -> None:
    """What is written is read back as the same fact."""
    entries, errors, _ = parser.parse_string(directive(fact))
    assert errors == []
    reading = read(entries, Names({}), BUILT_IN)
    assert reading.problems == [], reading.problems[0].message
    [back] = reading.facts
    assert (back.kind, back.date, back.ids) == (fact.kind, fact.date, fact.ids)
    assert str(back.amount) == str(fact.amount)
    said = {key: str(value) for key, value in fact.terms.items()}
    assert {key: str(value) for key, value in back.terms.items()} == said


# --- Three files to merge ---------------------------------------------------------------


def _is_ledger(content: bytes) -> bool:
    try:
        blocks(content)
    except BlockError:
        return False
    return True


def check_merge(given: tuple[bytes, bytes, bytes]) -> None:
    """Three files are merged, or both sides stand in conflict: never an exception."""
    base, ours, theirs = given
    merged = merge(base, ours, theirs)
    assert merge(base, ours, theirs) == merged
    assert isinstance(merged.content, bytes)
    if not merged.disputes:
        assert _is_ledger(merged.content)
    same = merge(ours, ours, ours)
    if _is_ledger(ours) and b"\r" not in ours:
        assert not same.disputes
        assert same.content.rstrip(b"\n") == ours.rstrip(b"\n")


_SIDES = st.one_of(
    DIRECTIVE_TEXTS,
    st.sampled_from(
        [b"", LIFE.encode(), (LIFE + "\n" + SETTLE).encode(), b"; x\n\n; y\n", b"* x\n"]
    ),
    st.binary(max_size=60),
    st.text("\n\r\t ;*a\x0b\x0c\x1c\u2028\x85", max_size=20).map(str.encode),
)


def check_merge_bytes(content: bytes) -> None:
    """As atheris has it: three files in one, with a rare byte between."""
    base, ours, theirs = [*content.split(b"\xfe"), b"", b""][:3]
    check_merge((base, ours, theirs))


# --- The page ---------------------------------------------------------------------------

_TODAY = dt.date(2026, 6, 1)


@cache
def _reader() -> Reader:
    """One ledger for all queries: what is asked changes nothing."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "ledger.beancount"
    cancelled = event("void", "2026-03-03", voucher="V-1", reason='"cancelled"')
    path.write_text(
        PLUGIN + EXTENSION + WORLD + LINES + LIFE + LIFE.replace("V-1", "V-2") + cancelled
    )
    return Reader(path)


def check_query(given: tuple[str, dict[str, str]]) -> None:
    """Whatever a URL asks, the page answers, or says that it is not found or makes no sense."""
    endpoint, query = given
    with patch("fava_voucher._today", lambda: _TODAY):
        seen = _reader().see(endpoint, **query)
    assert seen.status in (200, 302, 308, 400, 404), seen.text[:500]
    if endpoint == "" and not {"time", "filter", "account"} & query.keys():
        assert seen.status == 200
        assert seen.all(".//h2|.//h3|.//table|.//p"), "an empty page"


_WORDS = st.one_of(
    st.text(max_size=10),
    st.sampled_from([
        *TABS, "voucher", "V-1", "V-2", "CONTROL", "Ann", "Iss", "Ins", "overdue", "accepted", "-id", "id", "amount",
        "2026-03", "9999", "0001-01-01", "9999-12-31", "2026-03 - 9999", "day", "any(", "(", "#voucher", "^V-1", "0", "-1",
        "99999999", "999999999", "٣", "Assets:Ann:Iss", "Assets:Ann:Iss:Frozen CNY", "reconciliation", "settle",
    ]),
)  # fmt: skip
_KEYS = st.sampled_from(
    ["view", "voucher", "state", "kind", "book", "figure", "search", "sort", "page", "time", "account", "filter",
     "table", "file", "format", "conversion", "interval", "x"]
)  # fmt: skip
_ENDPOINTS = st.one_of(
    st.sampled_from(["", "", "", "export.csv", "export.beancount", "document", "print"]),
    st.text("a./%", max_size=5),
)

# --- Two revisions to review ------------------------------------------------------------


def check_review(given: tuple[bytes, bytes]) -> None:
    """``review`` and ``blame`` of a file that was anything, and became anything."""
    before, after = (
        each.replace(b"/", b"").replace(b"include", b"").replace(b"plugin", b"") for each in given
    )
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, quiet):
        repository = Repository(Path(folder) / "books")
        repository.commit("")
        vouchers = repository.folder / "vouchers.beancount"
        vouchers.write_bytes(before)
        repository.commit()
        vouchers.write_bytes(after)
        for style in ("text", "json"):
            ran = repository.run("review", "HEAD", "--format", style)
            assert ran.status in (0, 1, 2), ran.err
            assert repository.run("review", "HEAD", "--format", style) == ran
        assert repository.run("blame", "V-1").status in (0, 1, 2)


TARGETS = (
    Target("money", _MONEY, check_money, 300),
    Target("written", _facts(), check_written, 150),
    Target("merge", st.tuples(_SIDES, _SIDES, _SIDES), check_merge, 60),
    Target("page", st.tuples(_ENDPOINTS, st.dictionaries(_KEYS, _WORDS, max_size=4)), check_query, 80),
    Target("review", st.tuples(DIRECTIVE_TEXTS, DIRECTIVE_TEXTS), check_review, 8),
    Target(
        "merge-bytes", st.binary(max_size=100), check_merge_bytes, 20,
        seeds=(b"\xfe".join([LIFE.encode()] * 3), b"\xfe".join([b"; a\n\n", b"; b\n", LIFE.encode()])),
        words=("\n\n", "; ", "\n  ", "2026-03-02", "custom", "pushtag"),
    ),
)  # fmt: skip
