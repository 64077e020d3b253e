"""Any input: every target of ``tests.fuzz`` bears it, and every target finds planted faults."""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import HealthCheck, assume, given, settings

import beancount_voucher_plugin
from beancount_voucher.audit.source_checks import repeated_keys
from beancount_voucher.conditions import BUILT_IN, Case, Condition, EventDirectives, Verdict
from beancount_voucher.directives import printer
from beancount_voucher.directives.account_roles import Names, template_fault
from beancount_voucher.directives.errors import VoucherError
from beancount_voucher.directives.facts import VOUCHER_ID, is_party_id
from beancount_voucher.directives.money import Money, money_of
from beancount_voucher.directives.schema import Kind
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.directives.values import HAS_FORM
from beancount_voucher.directives.wording import quoted
from beancount_voucher.ledger import atomic_files
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.reconciliation import references
from beancount_voucher.review import contradictions, faults
from beancount_voucher.review import merge as merging_module
from beancount_voucher.review.merge import merge
from beancount_voucher.statements import narrative
from beancount_voucher.statements.files import read
from beancount_voucher.statements.statement import StatementError
from beancount_voucher.statements.tables import csv_map, csv_reader
from beancount_voucher.statements.tables.guess import guess
from beancount_voucher.statements.tables.questions import UnsureError
from beancount_voucher.views.spreadsheet import _NUMBER
from tests.fuzz import __main__ as fuzz
from tests.fuzz import command, conditions, growth, ledgers, statements, texts
from tests.fuzz.target import bounded
from tests.fuzz.targets import TARGETS
from tests.support import HAPPY, ROOT, event, issue, load
from tests.support.bai_files import SOUND as BAI_FILE
from tests.support.bank_files import CSV_MAP, Entry, Sheet, camt, csv
from tests.support.bank_files import mt940 as sta
from tests.support.reader import Seen
from tests.support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

# A hunt draws more, by its profile (tests/conftest.py).
_MORE = max(settings().max_examples // 100, 1)
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.mark.parametrize("name", TARGETS)
def test_any_input_is_borne(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=target.examples * _MORE, deadline=None, suppress_health_check=_SLOW)
    @given(target.inputs)
    def bears(one: Any) -> None:
        target.bears(one)

    bears()


@pytest.mark.parametrize("name", [name for name in TARGETS if TARGETS[name].seeds])
def test_what_a_fuzzer_begins_from_is_borne(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].bears(seed)


@settings(max_examples=6 * _MORE, deadline=None, suppress_health_check=_SLOW)
@given(command.WORDS)
def test_the_installed_command_answers_any_words(given_words: list[str]) -> None:
    """A process of its own, with the bytes that an operating system hands over."""
    words = [command.safe(word) for word in given_words]
    assume("demo" not in words)  # it serves until it is stopped
    run = Path(sys.executable).parent / "bean-voucher"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in command.FILES.items():
            (folder / file).write_text(content, encoding="utf-8")
        before = command.contents(folder)
        ran = subprocess.run(
            [run, "-f", "ledger.beancount", *map(os.fsencode, words)],
            capture_output=True, check=False, cwd=folder, stdin=subprocess.DEVNULL, timeout=100,
        )  # fmt: skip
        assert b"Traceback" not in ran.stderr
        command.assert_answered(ran.returncode, words, before, command.contents(folder))


# --- A hang is a failure ----------------------------------------------------------------


def _for_ever() -> None:
    while True:
        pass


@pytest.mark.parametrize("hang", [_for_ever, lambda: time.sleep(60)])
def test_a_hang_is_found(hang: Callable[[], None]) -> None:
    with pytest.raises(AssertionError, match="a hang"), bounded(cpu=0.05, wall=0.2):
        hang()


def test_a_hang_is_found_behind_what_catches_every_exception() -> None:
    def patient() -> None:
        while True:
            with suppress(Exception):
                _for_ever()

    with pytest.raises(AssertionError, match="a hang"), bounded(cpu=0.05):
        patient()


# --- Planted faults ---------------------------------------------------------------------

_BAD = b'2026-03-02 custom "voucher-settle" "NONE"\n'
Books = tuple[list[Any], list[Any]]


def _each(change: Callable[[Any], Any], wanted: Callable[[Any], bool]) -> Callable[[Books], Books]:
    """A fault in the first entry that is wanted."""

    def planted(books: Books) -> Books:
        at = next(at for at, entry in enumerate(books[0]) if wanted(entry))
        return [*books[0][:at], *change(books[0][at]), *books[0][at + 1 :]], books[1]

    return planted


def _made(entry: Any) -> bool:
    return SEEN in entry.meta and hasattr(entry, "postings")


def _meta(entry: Any, **changed: Any) -> list[Any]:
    return [entry._replace(meta=entry.meta | changed)]


def _postings(entry: Any, meta: Any) -> list[Any]:
    return [entry._replace(postings=[each._replace(meta=meta) for each in entry.postings])]


def _error(**changed: Any) -> Callable[[Books], Books]:
    def planted(books: Books) -> Books:
        return books[0], [VoucherError(**(books[1][0]._asdict() | changed))]

    return planted


def _raising(*_: object) -> Any:
    raise KeyError("planted")


_SOURCE = {"filename": "a", "lineno": 1}

PLUGIN_FAULTS: dict[str, Callable[[Books], Books]] = {
    "it raises": _raising,
    "an entry without its line": _each(lambda entry: _meta(entry, lineno=True), _made),
    "an entry without its file": _each(lambda entry: _meta(entry, filename=None), _made),
    "a posting without a position": _each(lambda entry: _postings(entry, None), _made),
    "a posting whose line is none": _each(lambda entry: _postings(entry, {"filename": "a", "lineno": True}), _made),
    "an entry lost": _each(lambda _: [], lambda entry: not _made(entry)),
    "a directive lost": _each(lambda _: [], lambda entry: entry.meta.get("voucher") == "CONTROL" and not _made(entry)),
    "a directive with no values": _each(lambda entry: [entry._replace(values=None)], lambda entry: hasattr(entry, "values")),
    "a transaction of another voucher lost": _each(lambda _: [], lambda entry: _made(entry) and entry.meta.get("voucher") == "CONTROL"),
    "a transaction of another voucher twice": _each(lambda entry: [entry] * 2, lambda entry: _made(entry) and entry.meta.get("voucher") == "CONTROL"),
    "an error without a code": _error(message="it is wrong"),
    "an error of an unknown code": _error(message="it is wrong [no-such-code]"),
    "an error in two lines": _error(message="it is\nwrong [final]"),
    "an error without an end": _error(message="x" * 5000 + " [final]"),
    "an error without a line": _error(source={"filename": "a", "lineno": None}),
    "an error in no file": _error(source={"filename": None, "lineno": 1}),
    "an error about something else": _error(entry="V-1"),
    "an error that changes": lambda books: (books[0], [VoucherError(_SOURCE, f"{random.random()} [final]", None)]),  # noqa: S311
}  # fmt: skip


@pytest.mark.parametrize("name", PLUGIN_FAULTS)
def test_a_fault_of_the_plugin_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = beancount_voucher_plugin.voucher_books
    TARGETS["directives"].bears(_BAD)

    def planted(*arguments: Any) -> Books:
        return PLUGIN_FAULTS[name](right(*arguments))

    monkeypatch.setattr(beancount_voucher_plugin, "voucher_books", planted)
    with pytest.raises(AssertionError):
        TARGETS["directives"].bears(_BAD)
    monkeypatch.setattr(ledgers, "voucher_books", _raising)
    with pytest.raises(KeyError):
        TARGETS["entries"].bears(([], None))


_CAMT = TARGETS["camt"].seeds[0]


def _read_with(change: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda path, how: [change(each) for each in read(path, how)]


def _refusing(message: str) -> Callable[..., Any]:
    def refuse(*_: object) -> Any:
        error = StatementError("bad-mt", "s", "a", "b")
        error.args = (message,)
        raise error

    return refuse


def _with_amount(statement: Any, amount: Decimal) -> Any:
    return replace(statement, lines=(replace(statement.lines[0], amount=amount),))


STATEMENT_FAULTS: dict[str, Callable[..., Any]] = {
    "it raises": _raising,
    "no statement": lambda *_: [],
    "an amount that is none": _read_with(lambda each: _with_amount(each, Decimal("NaN"))),
    "a moment for a day": _read_with(lambda each: replace(each, end=dt.datetime(2026, 3, 1))),  # noqa: DTZ001
    "something else each time": _read_with(lambda each: replace(each, id=str(random.random()))),  # noqa: S311
    "a refusal in two lines": _refusing("s: a\n; expected b [bad-mt]"),
    "a refusal without a code": _refusing("s: a; expected b"),
    "a refusal of another code": _refusing("s: a; expected b [bad-csv]"),
    "a refusal without an end": _refusing(f"s: {'a' * 5000}; expected b [bad-mt]"),
}


@pytest.mark.parametrize("name", STATEMENT_FAULTS)
def test_a_fault_of_a_reader_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    TARGETS["camt"].bears(_CAMT)
    monkeypatch.setattr(statements, "read", STATEMENT_FAULTS[name])
    with pytest.raises((AssertionError, KeyError)):
        TARGETS["camt"].bears(_CAMT)


def test_a_fault_of_the_matching_or_the_importer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "reconciled", _raising)
    for name in ("camt", "map"):
        with pytest.raises(KeyError):
            TARGETS[name].bears(TARGETS[name].seeds[0])
    monkeypatch.setattr(statements, "Advices", _raising)
    with pytest.raises(KeyError):
        TARGETS["advice"].bears(b"")


def _command(status: int = 0, *, said: str = "", writes: str = "") -> click.Command:
    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1)
    def planted(words: object) -> None:  # noqa: ARG001
        if writes:
            Path(writes).write_text("planted")
        click.echo(said, err=True)
        sys.exit(status)

    return planted


COMMAND_FAULTS: dict[str, tuple[click.Command, list[str]]] = {
    "an exit status of its own": (_command(4), ["list"]),
    "a traceback that is told": (_command(1, said="Traceback (most recent call last):"), ["list"]),
    "written without being asked": (_command(writes="ledger.beancount"), ["accept", "V-1"]),
    "a file made without being asked": (_command(writes="x"), ["list"]),
    "written and refused": (_command(3, writes="ledger.beancount"), ["accept", "V-1", "--write"]),
    "written on wrong usage": (_command(2, writes="x"), ["accept", "--write"]),
    "overwritten": (_command(writes="ledger.beancount"), ["accept", "V-1", "--write"]),
}


@pytest.mark.parametrize("name", COMMAND_FAULTS)
def test_a_fault_of_the_command_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planted, words = COMMAND_FAULTS[name]
    monkeypatch.setattr(command, "main", _command())
    TARGETS["command"].bears(words)
    monkeypatch.setattr(command, "main", planted)
    with pytest.raises(AssertionError):
        TARGETS["command"].bears(words)


def test_an_exception_of_the_command_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1)
    def planted(words: object) -> None:
        _raising(words)

    monkeypatch.setattr(command, "main", planted)
    with pytest.raises(KeyError):
        TARGETS["command"].bears([])


class _Planted(Condition):
    """A condition with a fault."""

    def __init__(self, expected: Any = None, verdict: Any = None) -> None:
        self.said, self.verdict = expected, verdict

    def expected(self, _: object) -> Any:
        return self.said() if callable(self.said) else self.said

    def judge(self, *_: object) -> Any:
        return self.verdict() if callable(self.verdict) else self.verdict


CONDITION_FAULTS = {
    "it raises": _Planted(verdict=_raising),
    "it raises where it is read": _Planted(expected=_raising),
    "no verdict": _Planted(),
    "another verdict": _Planted(verdict=Verdict("perhaps", "x")),  # type: ignore[arg-type]
    "no reason": _Planted(verdict=Verdict("unmet", "")),
    "met without an application": _Planted(verdict=Verdict("met", "x")),
    "another reason each time": _Planted(verdict=lambda: Verdict("unmet", str(random.random()))),  # noqa: S311
    "nothing expected": _Planted(expected=""),
    "expected in two lines": _Planted(expected="a\nb"),
}


@pytest.mark.parametrize("name", CONDITION_FAULTS)
def test_a_fault_of_a_condition_is_found(name: str) -> None:
    case = Case(dt.date(2026, 3, 5), Decimal(1), None, None, {}, EventDirectives())
    conditions.assert_judged("requires-policy", BUILT_IN["requires-policy"], True, case)
    with pytest.raises((AssertionError, KeyError)):
        conditions.assert_judged("requires-policy", CONDITION_FAULTS[name], True, case)


def test_a_fault_of_what_is_typed_written_or_merged_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "money_of", lambda _: Money(Decimal("NaN"), "CNY"))
    with pytest.raises(AssertionError):
        TARGETS["money"].bears("1 CNY")
    [fact] = load(HAPPY).evaluation.vouchers["V-1"].events[:1]
    texts.check_written(fact.fact)
    monkeypatch.setattr(
        texts, "directive", lambda fact: printer.directive(fact).replace("100.00", "100")
    )
    with pytest.raises(AssertionError):
        TARGETS["written"].bears(fact.fact)
    three = (HAPPY.encode(),) * 3
    TARGETS["merge"].bears(three)
    monkeypatch.setattr(merging_module, "_fault", lambda _: None)
    monkeypatch.setattr(merging_module, "_written", lambda *_: ["2026-03-02 x\n"])
    with pytest.raises(AssertionError):
        TARGETS["merge"].bears(three)
    monkeypatch.setattr(texts, "merge", _raising)
    for name, given_bytes in (("merge", three), ("merge-bytes", b"")):
        with pytest.raises(KeyError):
            TARGETS[name].bears(given_bytes)


def test_a_fault_of_the_page_or_the_review_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class _Reader:
        def see(self, *_: object, **__: object) -> Seen:
            return Seen(500, b"", {})

    monkeypatch.setattr(texts, "_reader", _Reader)
    with pytest.raises(AssertionError):
        TARGETS["page"].bears(("", {}))
    monkeypatch.setattr(Repository, "run", _raising)
    with pytest.raises(KeyError):
        TARGETS["review"].bears((b"", b""))


# --- Long inputs ------------------------------------------------------------------------

_NAMES = Names({})
_SHEET = Sheet(
    "S-1", "A1", "2026-03-01", "2026-03-31", "1.00", (Entry("03-06", "-1.00", "V-1", "@"),)
)


def _file(name: str) -> Callable[[str], object]:
    """Read a text as a statement: what is wrong with it must be told soon."""

    def run(content: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            how = Path(folder) / "map.toml"
            how.write_text(content if name == "map.toml" else CSV_MAP, encoding="utf-8")
            path = Path(folder) / ("s.csv" if name == "map.toml" else name)
            path.write_text(csv(_SHEET) if name == "map.toml" else content, encoding="utf-8")
            with suppress(StatementError):
                read(path, how)

    return run


def _mapped(settings: str, tables: str = "") -> Callable[[str], object]:
    """Read a text as a CSV whose map says this, too."""

    def run(content: str) -> None:
        path = Path("s.csv")
        with suppress(StatementError):
            how = csv_map.made_map(tomllib.loads(f"{settings}{CSV_MAP}{tables}"), path)
            csv_reader.statements(content.encode(), path, "", how)

    return run


def _guessed(content: str) -> None:
    with suppress(StatementError, UnsureError):
        guess(content.encode(), Path("s.csv"), {"account": ["A"], "currency": ["CNY"]})


def _within(whole: str, part: str, unit: str, end: str = "") -> Callable[[int], str]:
    assert part in whole
    return lambda size: whole.replace(part, unit * (size // len(unit)) + end, 1)


def _of(unit: str, end: str = "", start: str = "") -> Callable[[int], str]:
    return lambda size: start + unit * (size // len(unit)) + end


def _judge(key: str) -> Callable[[str], object]:
    case = Case(
        dt.date(2026, 3, 5), Decimal(1), Decimal(1), Decimal(1), {"code": "x"}, EventDirectives()
    )

    def run(value: str) -> None:
        BUILT_IN[key].expected(value)
        BUILT_IN[key].judge(value, case)

    return run


def _details(details: str) -> None:
    narrative.narrative([details], narrative.widths([[details]]))


def _both_changed(size: int) -> tuple[bytes, bytes, bytes]:
    one = '2026-03-01 * "{} {}"\n  Assets:A  1 CNY\n  Assets:B\n\n'
    base, ours, theirs = (
        "".join(one.format(side, n) for n in range(size // 16)).encode() for side in "abc"
    )
    return base, ours, theirs


def _both_decided(size: int) -> tuple[bytes, bytes, bytes]:
    ids = [f"V-{n}" for n in range(size // 64)]
    base = "".join(issue(each) for each in ids)
    accepted, voided = (
        "".join(event(kind, "2026-03-03", voucher=each, **said) for each in ids)
        for kind, said in (("accept", {}), ("void", {"reason": '"cancelled"'}))
    )
    return base.encode(), (base + accepted).encode(), (base + voided).encode()


# What is run, and a text of any size on which a careless pattern would run away.
LONG: dict[str, tuple[Callable[[Any], object], Callable[[int], Any]]] = {
    "a voucher id": (VOUCHER_ID.fullmatch, _of("V")),
    "a party id": (is_party_id, _of("A-", "!")),
    "an account": (_NAMES.valid, _of(":A-1", "!", "Assets")),
    "an account without an end": (_NAMES.valid, _of("A", "!", "Assets:")),
    "placeholders": (lambda template: template_fault(template, "bank", "held", _NAMES), _of("{")),
    "placeholders that are right": (lambda template: template_fault(template, "bank", "held", _NAMES), _of(":{party}", "", "Assets")),
    "an amount": (money_of, _of(",111", "x", "1")),
    "an amount of digits": (money_of, _of("1", "x")),
    "a number of a sheet": (_NUMBER.fullmatch, _of("1", "x", "-")),
    "proven vouchers": (HAS_FORM[Kind.PROVEN], _of("V-1 2026-03-06 -120.00 CNY 0123456789abcdef;", "x")),
    "dated amounts": (HAS_FORM[Kind.DATED], _of("2026-03-06 -120.00 CNY;", "x")),
    "a proven amount": (HAS_FORM[Kind.PROVEN], _of("1", "x", "V-1 2026-03-06 -")),
    "events": (_judge("requires-event"), _of("a=b;", "a=b")),
    "events of equals signs": (_judge("requires-event"), _of("=")),
    "a code": (_judge("requires-code"), _of("0", "", "sha256:")),
    "a quoted text": (quoted, _of("\x07")),
    "a written text": (printer.value, _of('"\\\n')),
    "references in slashes": (_details, _of("/EREF/")),
    "references in question marks": (_details, _of("?20EREF+")),
    "references with colons": (_details, _of("EREF: ")),
    "words of a line": (references._WORD.findall, _of("V-")),
    "a distinct word": (references._DISTINCT.fullmatch, _of("V")),
    "positions in an error": (lambda said: faults._POSITION.sub("", said), _of("a")),
    "colons in an error": (lambda said: faults._POSITION.sub("", said), _of("a:")),
    "lines in an error": (lambda said: contradictions._PLACE.sub("", said), _of(" (line 1")),
    "lines of a file": (atomic_files._LINE.findall, _of("\r")),
    "camt: text": (_file("s.xml"), _within(camt(_SHEET), "@", " a")),
    "camt: elements": (_file("s.xml"), _within(camt(_SHEET).replace("<RmtInf>", "<X/><RmtInf>"), "<X/>", "<X/>")),
    "camt: payments of an entry": (_file("s.xml"), _within(camt(_SHEET).replace("<NtryDtls>", "<NtryDtls><TxDtls/>"), "<TxDtls/>", "<TxDtls><Refs><EndToEndId>V-1</EndToEndId></Refs></TxDtls>")),
    "camt: no end of a tag": (_file("s.xml"), _of("a", "", "<Document ")),
    "camt: comments": (_file("s.xml"), _of("<!---->", "", "<Document>")),
    "mt: a line": (_file("s.sta"), _within(sta(_SHEET), "D1,00NTRF", "D1")),
    "mt: an amount": (_file("s.sta"), _within(sta(_SHEET), "D1,00", "1")),
    "mt: details": (_file("s.sta"), _within(sta(_SHEET), "/REMI/", "/A")),
    "mt: tags": (_file("s.sta"), _of(":20:", "", ":20:X\n")),
    "mt: blank": (_file("s.sta"), _of("\n ", "", ":20:X\n")),
    "mt: a balance": (_file("s.sta"), _within(sta(_SHEET), ":62F:C", "9")),
    "csv: quotes": (_file("s.csv"), _of('"')),
    "csv: cells": (_file("s.csv"), _of(",", "", csv(_SHEET))),
    "csv: empty rows": (_file("s.csv"), _of("\n", "", csv(_SHEET))),
    "csv: rows of sums": (_mapped('totals = "t"\n'), _of("t,,,,,1\n", "", csv(_SHEET))),
    "csv: pages": (_mapped(""), _of(csv(_SHEET).split("\n", maxsplit=1)[0] + "\n", "", csv(_SHEET))),
    "csv: words of the file": (_mapped('end = "#"\n', '[file]\nid = "a*b"\n'), _of("a", "", csv(_SHEET) + "#\n")),
    "csv: blanks behind a quote": (_mapped(""), _of(" ", "x", csv(_SHEET) + '"a"')),
    "bai: text": (_file("s.bai"), _within(BAI_FILE.text(), "FEE", "A,")),
    "bai: lines": (_file("s.bai"), _within(BAI_FILE.text(), "FEE/", "FEE\n88,")),
    "bai: balances": (_file("s.bai"), _within(BAI_FILE.text(), ",,015", ",,010,1,")),
    "guess: cells": (_guessed, _of(",", "", csv(_SHEET))),
    "guess: rows": (_guessed, _of("2026-03-02,-1.00,9.00\n", "", "Date,Amount,Balance\n")),
    "guess: rows without a date": (_guessed, _of("x,,\n", "", "Date,Amount,Balance\n")),
    "guess: a cell": (_guessed, _of("Account", "", "Date,Amount,Balance\n2026-03-02,-1.00,9.00\n")),
    "map: nesting": (_file("map.toml"), _of("[", "", "a = ")),
    "map: settings": (_file("map.toml"), lambda size: "".join(f"a{n} = 1\n" for n in range(size // 8))),
    "two changes of everything": (lambda three: merge(*three), _both_changed),
    "two decisions on everything": (lambda three: merge(*three), _both_decided),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_a_long_input_takes_time_in_proportion(name: str) -> None:
    run, made = LONG[name]
    growth.assert_proportional(run, made)


def test_the_largest_map_takes_no_time() -> None:
    """Python's reader of TOML takes quadratic time for dots, so a map is bounded."""
    dots = "a." * (csv_map._MAX_MAP // 2 - 4) + "a = 1\n"
    with bounded(cpu=4):
        _file("map.toml")(dots)


def test_repeated_keys_take_time_in_proportion() -> None:
    ledger = load_ledger(ROOT / "ledgers/marketplace/all.beancount")
    growth.assert_proportional(
        lambda said: list(repeated_keys(ledger, lambda _: said)),
        _of("2026-03-02 custom\n  a: b\n  a:"),
    )


def test_what_is_quadratic_is_found() -> None:
    with pytest.raises(AssertionError, match="times as long"):
        growth.assert_proportional(lambda said: re.search("a+b", said), lambda size: "a" * size)


# --- Guided by coverage -----------------------------------------------------------------

_NO_ATHERIS = (
    'atheris is not installed (pip install "beancount-voucher[fuzz]"): not fuzzed by coverage'
)


@pytest.mark.skipif(find_spec("atheris") is None, reason=_NO_ATHERIS)
@pytest.mark.parametrize("name", TARGETS)
def test_a_second_guided_by_coverage(name: str, tmp_path: Path) -> None:
    ran = _fuzz(name, "1", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr[-3000:]
    [runs] = re.findall(r"Done (\d+) runs", ran.stderr)
    assert int(runs) > 0
    assert list(tmp_path.glob("crash-*")) == []


@pytest.mark.skipif(find_spec("atheris") is None, reason=_NO_ATHERIS)
def test_an_input_is_run_again(tmp_path: Path) -> None:
    (tmp_path / "crash").write_bytes(_CAMT)
    assert _fuzz("camt", "--again", str(tmp_path / "crash"), cwd=tmp_path).returncode == 0
    unknown = _fuzz("nothing", cwd=tmp_path)
    assert unknown.returncode == 2
    assert all(name in unknown.stdout for name in TARGETS)


def _fuzz(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments],
        capture_output=True,
        check=False,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
        timeout=300,
    )


def test_without_atheris_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert fuzz.main(["camt"]) == 1
    assert "beancount-voucher[fuzz]" in capsys.readouterr().err
