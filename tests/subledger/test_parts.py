"""The parts of the subledger, one by one: text, files taken apart, plan, credit lines, rows, store."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Custom

from beancount_voucher.conditions import installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.lifecycle.credit_lines import CreditLine
from beancount_voucher.subledger import common, files, lines, plan, rows, split, store, text
from beancount_voucher.subledger.workers import Here
from tests.support.shards import WORLD, issue, ledger, said

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.date(2026, 3, 1)
PLACE = SourceLine("/l/f.beancount", 12)


# --- Text -------------------------------------------------------------------------------

VALUES: list[Any] = [
    'a "text"\n',
    True,
    DAY,
    Decimal("1.50"),
    Decimal("-0E+2"),
    Amount(Decimal("0.000000000001"), "US.D-X"),
    None,
]


def fact(kind: str, terms: dict[str, Any], notes: dict[str, Any]) -> Fact:
    meta = {"filename": PLACE.filename, "lineno": PLACE.lineno, **terms, **notes}
    entry = Custom(meta, DAY, f"voucher-{kind}", [])
    return Fact(kind, DAY, ("V-1",), Money(Decimal("3.10"), "CNY"), terms, PLACE, entry)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_fact_comes_back_from_its_line(value: object) -> None:
    for terms, notes in (({"x": value}, {}), ({}, {"note": value, "__tag__": "x"}), ({}, {})):
        known = fact("apply", terms, notes)
        line = text.line_of(known)
        again = text.fact_of(line, PLACE.filename)
        assert again[:6] == known[:6]
        assert repr(again.terms) == repr(known.terms)
        assert again.entry is not None
        kept = {key: each for key, each in notes.items() if key == "note"}
        assert repr(again.entry.meta) == repr(
            {"filename": PLACE.filename, "lineno": PLACE.lineno, **terms, **kept}
        )
        assert text.line_of(again) == line
        assert "\n" not in line


def test_a_directive_is_only_made_for_who_looks_at_it() -> None:
    line = text.line_of(fact("apply", {}, {}))
    assert text.fact_of(line, PLACE.filename, shown=False).entry is None
    assert text.fact_of(line, PLACE.filename).entry is not None
    line = text.line_of(fact("accept", {}, {})._replace(entry=None, amount=None))
    assert text.fact_of(line, PLACE.filename).entry is None


def test_digests_tell_where_one_text_ends() -> None:
    assert text.digest("ab", "c") != text.digest("a", "bc") != text.digest(b"a", b"bc", b"")
    assert text.digest("ä") == text.digest("ä".encode())


# --- Files taken apart ------------------------------------------------------------------


def apart(content: str) -> split.Split:
    return split.split(PLACE.filename, content.encode(), installed())


def test_what_is_left_of_a_file_keeps_its_lines() -> None:
    content = (
        "; first\n"
        + issue("V-1", "2026-02-01", "1.00 CNY")
        + "2026-02-01 open Assets:X ; here\n"
        + said("accept", "V-1", "2026-02-02")
        + said("accept", "V-1", "2026-02-02", " 1.00 CNY")
    )
    found = apart(content)
    left = found.rest.decode().split("\n")
    assert [at for at, line in enumerate(left, 1) if line] == [1, 10, 12]
    assert left[9] == "2026-02-01 open Assets:X ; here"
    assert [(block.first, block.last, block.facts, block.vouchers) for block in found.blocks] == [
        ("V-1", "V-1", 2, 1)
    ]


@pytest.mark.parametrize(
    ("more", "facts"),
    [
        # The second line of the text reads like a directive, and is not indented.
        ('  note: "one\n2026-01-01 open Assets:X\n"\n', 0),
        ('  note: "one\n   two"\n', 1),
        ('\n\n  note: "behind blank lines"\n', None),
    ],
)
def test_what_cannot_be_taken_apart_stays_whole(more: str, facts: int | None) -> None:
    content = issue("V-1", "2026-02-01", "1.00 CNY", more=more)
    found = apart(content)
    count = sum(block.facts for block in found.blocks)
    if facts is None:  # whatever Beancount makes of it, nothing of it is lost
        facts = count
        left = common.rest_of(PLACE.filename, found.rest)
        whole = common.rest_of(PLACE.filename, content.encode())
        assert len(left.entries) + count == len(whole.entries)
        assert list(map(repr, left.errors)) == list(map(repr, whole.errors))
    assert count == facts
    assert (found.rest == content.encode()) is (count == 0)


def test_no_voucher_is_in_two_blocks() -> None:
    many = [(f"V-{at // 3:05}", at, "2026-02-01", f"line {at}") for at in range(9001)]
    blocks = list(split.blocks_of(many))
    assert [block.facts for block in blocks] == [4002, 4002, 997]
    assert all(one.last < other.first for one, other in pairwise(blocks))
    assert all(len(block.marks) <= 16 for block in blocks)
    assert blocks[0].latest == "2026-02-01"


# --- The plan ---------------------------------------------------------------------------


def block(*marks: str, vouchers: int | None = None) -> dict[str, Any]:
    return {"marks": list(marks), "vouchers": vouchers or len(marks)}


@pytest.mark.parametrize(
    ("blocks", "count", "expected"),
    [
        ([], 3, [("", None)]),
        ([block("A", "B", "C", "D")], 1, [("", None)]),
        ([block("A", "B", "C", "D")], 2, [("", "C"), ("C", None)]),
        ([block("A", "C"), block("B", "D")], 2, [("", "C"), ("C", None)]),
        ([block("A", "B")], 9, [("", "B"), ("B", None)]),
        ([block("A", vouchers=100), block("B", "C")], 2, [("", "B"), ("B", None)]),
    ],
)
def test_shards_are_ranges_of_ids(
    blocks: list[dict[str, Any]], count: int, expected: list[tuple[str, str | None]]
) -> None:
    assert plan.ranges(blocks, count) == [plan.Range(*each) for each in expected]


@pytest.mark.parametrize(
    ("vouchers", "workers", "expected"),
    [(0, 4, 1), (3, 4, 3), (1000, 4, 4), (25_000, 1, 1), (25_001, 1, 2), (1_000_000, 2, 40)],
)
def test_as_many_shards_as_workers_have_memory_for(
    vouchers: int, workers: int, expected: int
) -> None:
    assert plan.shard_count([{"vouchers": vouchers}], workers) == expected


def test_a_range_meets_what_overlaps_it() -> None:
    middle = plan.Range("B", "D")
    met = [middle.meets(*each) for each in (("A", "A"), ("A", "B"), ("C", "Z"), ("D", "E"))]
    assert met == [False, True, True, False]


# --- Credit lines -----------------------------------------------------------------------

PAIR = ("PA", "BA", "CNY")


def test_actions_and_lines_come_back_from_their_text() -> None:
    moves = (
        lines.Move(Decimal("1.00"), Decimal(-2)),
        lines.Move(Decimal(-3), Decimal(0), "2026-03-02"),
    )
    for needed in (None, Decimal("4.50")):
        action = lines.Action(("2026-03-01", 7, ("V-1",)), PAIR, needed, moves)
        told = json.loads(text.as_text(lines.action_text(action)))
        assert repr(lines.action_of(told)) == repr(action)
    for freed in (None, (DAY, Decimal("2.0"))):
        line = CreditLine(Decimal("9.00"), Decimal(1), Decimal("0.5"), freed)
        known: lines.Known = {}
        known["2026-03-01", 7, ("V-1", "000000001")] = lines.Seen.of(PAIR, line)
        told = json.loads(text.as_text(lines.known_text(known)))
        assert lines.known_of(told) == known
        assert repr(next(iter(known.values())).made()) == repr(line)


# --- Rows -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0", True),
        ("-99999999999999999999999999.999999999999", True),
        ("100000000000000000000000000", False),
        ("0.0000000000001", False),
        ("0.1000000000000000", True),
        ("1.000000000001", True),
    ],
)
def test_what_fits_into_a_column(number: str, expected: bool) -> None:
    assert rows.fits(number) is expected
    if expected:
        assert rows.money(Decimal(number)) == number
    else:
        with pytest.raises(ValueError, match="at most 26 digits before the point and 12 after it"):
            rows.money(Decimal(number))


@pytest.mark.parametrize(
    ("value", "expected"), [(None, ""), ("", '""'), ("a", '"a"'), ('=1,"2"\n', '"=1,""2""\n"')]
)
def test_texts_in_quotes(value: str | None, expected: str) -> None:
    assert rows.text(value) == expected


# --- What is kept -----------------------------------------------------------------------


def test_a_folder_is_read_as_it_was_written_or_not_at_all(tmp_path: Path) -> None:
    folder = store.Folder(tmp_path / "a" / "x")
    assert folder.index() is None
    assert not folder.is_whole()
    folder.write([("one", b"1"), ("two-1", b"2")], {"n": 1})
    folder.write([("one", b"other")], {"n": 2})  # somebody was faster
    assert folder.index() == {"n": 1}
    assert folder.text("one") == b"1"
    assert list(folder.names("two")) == ["two-1"]
    (folder.path / "one").write_bytes(b"")
    assert not folder.is_whole()
    folder.write([("one", b"other")], {"n": 2})
    assert folder.index() == {"n": 2}
    (folder.path / "one").unlink()
    assert not folder.is_whole()
    assert [each.name for each in tmp_path.glob("a/*")] == ["x"]


def test_nothing_is_left_of_what_could_not_be_written(tmp_path: Path) -> None:
    def texts() -> Any:
        yield "one", b"1"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.Folder(tmp_path / "x").write(texts(), {})
    with pytest.raises(TypeError):
        store.write(tmp_path / "y", "no bytes")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_folders_say_the_same_however_they_are_packed(tmp_path: Path) -> None:
    one, other = store.Folder(tmp_path / "1"), store.Folder(tmp_path / "2")
    one.write([("a", b"1")], {"n": 1})
    for texts, index, same in (
        ([("a", b"1")], {"n": 1}, True),
        ([("a", b"2")], {"n": 1}, False),
        ([("b", b"1")], {"n": 1}, False),
        ([("a", b"1")], {"n": 2}, False),
    ):
        other.write(texts, index)
        assert one.says_the_same(other) is same
        (other.path / "index.json").unlink()


# --- Files and what they have in common -------------------------------------------------


def test_files_elsewhere_are_found_and_read(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    for name, content in (
        (
            "top.beancount",
            f'plugin "beancount_voucher_plugin"\ninclude "facts/*.beancount"\n{WORLD}',
        ),
        ("facts/1.beancount", issue("V-1", "2026-02-01", "1.00 CNY")),
        ("facts/2.beancount", 'include "none/*"\n' + said("accept", "V-1", "2026-02-02")),
    ):
        system.pipe_file(f"/books/{name}", content.encode())
    found = files.find("memory://books/top.beancount", tmp_path, Here(lambda *_: None))
    names = [each["filename"] for each in found.told]
    assert names == [
        f"memory://books/{each}"
        for each in ("top.beancount", "facts/1.beancount", "facts/2.beancount")
    ]
    assert found.faults == ['File glob "none/*" does not match any files']
    assert [sum(each["facts"] for each in told["blocks"]) for told in found.told] == [0, 1, 1]


def test_a_shard_knows_the_setting_of_its_ledger(tmp_path: Path) -> None:
    top = ledger(tmp_path, '2026-02-01 event "o" "a"\n  note: 1\n2026-02-02 close Equity:World\n')
    found = files.find(str(top), tmp_path / "kept", Here(lambda *_: None))
    known = common.common_of(found.rests, found.faults, installed())
    told = common.setting_text(known)
    setting = common.setting_of(told, installed())
    assert {each.ids for each in setting.facts} == {
        ("PA", "policyholder"),
        ("BA", "bank"),
        ("BB", "bank"),
        ("IA", "insurer"),
    }
    assert setting.accounts.opened == known.accounts.opened
    assert setting.accounts.closed == {"Equity:World": dt.date(2026, 2, 2)}
    assert setting.events.latest("o", DAY) == (dt.date(2026, 2, 1), frozenset({"a"}))
    with pytest.raises(common.RefusedError, match="expected those of the ledger"):
        common.setting_of(told, {})


def test_facts_are_read_alike_here_and_there() -> None:
    content = issue("V-1", "2026-02-01", "1.00 CNY", more='  requires-code: "sha256:zz"\n')
    found = apart(content)
    entries = common.rest_of(PLACE.filename, found.rest).entries
    problems = read(entries, Names({}), installed()).problems
    assert [each.code for each in problems] == ["bad-value"]
    assert found.blocks == []
