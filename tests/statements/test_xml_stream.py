"""A large statement is read entry by entry, and nothing of what was read is kept."""

from __future__ import annotations

import gc
import io
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.statements import camt, xml_stream
from beancount_voucher.statements.statement import StatementError
from tests.benchmarks.statements import made

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = 20_000
EVERY = 500


@pytest.mark.untraced  # long, and of lines that others cover
def test_twenty_thousand_entries_leave_nothing_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    path.write_text(made(ENTRIES), encoding="utf-8")
    assert path.stat().st_size > 6_000_000
    entries, total = 0, Decimal(0)
    blocks: list[int] = []
    gc.collect()
    before = sys.getallocatedblocks()
    with path.open("rb") as file:
        for read in camt.stream(file, path, "", keep=False):
            if read.statement is None:
                entries += 1
                total += sum((line.amount for line in read.lines), Decimal(0))
                if entries % EVERY == 0:
                    blocks.append(sys.getallocatedblocks() - before)
            else:
                assert len(read.statement.lines) == 1  # their sum, which proves it
                assert read.statement.is_proven
                assert read.statement.booked == total
    assert entries == ENTRIES
    # one chunk's entries are there at a time; kept, they would be a million blocks and more
    assert max(blocks) < 100_000
    assert sum(blocks[-10:]) < 2 * sum(blocks[:10])


@pytest.mark.untraced  # long, and of lines that others cover
def test_what_is_kept_would_show(tmp_path: Path) -> None:
    """The measure above sees what it is there to see."""
    path = tmp_path / "large.xml"
    path.write_text(made(ENTRIES), encoding="utf-8")
    gc.collect()
    before = sys.getallocatedblocks()
    with path.open("rb") as file:
        read = list(camt.stream(file, path, "", keep=False))
    assert len(read) == ENTRIES + 1
    assert sys.getallocatedblocks() - before > 100_000


# --- Messages, documents and what is beyond what is read ----------------------------------

_MESSAGES = {"Message": "Part"}
_TEXT = (
    "<Document><Message><Head>{}</Head><Part><Entry><Id>{}</Id></Entry></Part></Message></Document>"
)


def told(*content: str | bytes) -> list[tuple[str, str | None]]:
    """Each part by its name, and the text of what is in it."""
    said = b"".join(each if isinstance(each, bytes) else each.encode() for each in content)
    return [
        (part.path[-1], "".join(part.element.itertext()))
        for part in xml_stream.parts(io.BytesIO(said), "s.xml", _MESSAGES, "Entry")
        if part.element is not None
    ]


def test_documents_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = _TEXT.format("é", 1), _TEXT.format("b", 2)
    expected = [("Head", "é"), ("Entry", "1"), ("Head", "b"), ("Entry", "2")]
    head = '<?xml version="1.0" encoding="{}"?>\n'
    for size in (64, 100, 1 << 16):  # wherever a chunk of the file ends
        monkeypatch.setattr(xml_stream, "_CHUNK", size)
        assert told(one, other) == expected
        assert told(one, "\n", head.format("UTF-8"), other, "\n") == expected
        assert told("\n ", head.format("UTF-8"), one, other) == expected
        assert (
            told((head.format("latin-1") + one).encode("latin-1"), head.format("UTF-8"), other)
            == expected
        )
        assert told(f"<Envelope><Head/>{one}{other}</Envelope>") == expected


def test_a_line_is_that_of_the_file() -> None:
    content = f"{_TEXT.format('a', 1)}\n\n{_TEXT.format('b', 2)}\n<broken"
    with pytest.raises(StatementError, match=r"unclosed token: line 4, column 0; .*\[bad-xml\]$"):
        told(content)
    found = xml_stream.parts(io.BytesIO(content.encode()), "s", _MESSAGES, "Entry")
    assert [next(found).line for _ in range(10)] == [1] * 5 + [3] * 5


@pytest.mark.parametrize("between", ["x", "&", "<!DOCTYPE a>"])
def test_what_stands_between_documents_is_no_document(between: str) -> None:
    with pytest.raises(StatementError, match=r"\[(bad-xml|forbidden-xml)\]$"):
        told(_TEXT, between, _TEXT)


def test_documents_are_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_DOCUMENTS", 2)
    assert len(told(_TEXT * 2)) == 4
    with pytest.raises(StatementError, match=r"it has more than 2 documents; .*\[bad-xml\]$"):
        told(_TEXT * 3)


def test_a_document_without_a_message_says_what_it_is() -> None:
    for content, heading in (
        ("<Document/>", ""),
        ("<Document><Other/></Document>", "Other"),
        ("<Envelope><Head><A/></Head><Document><Other/></Document><B/></Envelope>", "Other"),
        ("<html><head/><body/></html>", "head"),
    ):
        [part] = xml_stream.parts(io.BytesIO(content.encode()), "s", _MESSAGES, "Entry")
        assert (part.path, part.element) == ((heading,), None)


def test_namespaces_are_those_of_the_message() -> None:
    for content in (
        '<Document xmlns="u:1"><Message/></Document>',
        '<a:Document xmlns:a="u:1"><a:Message/></a:Document>',
        '<Envelope xmlns="u:2"><Head xmlns="u:3"/><Document xmlns="u:1"><Message/></Document></Envelope>',
        '<Message xmlns="u:1"/>',
    ):
        [part] = xml_stream.parts(io.BytesIO(content.encode()), "s", _MESSAGES, "Entry")
        assert part.namespace == "u:1"


def test_the_counted_are_counted_wherever_they_stand() -> None:
    content = (
        "<Message><Part><Entry/><Other><Entry><Entry/></Entry></Other></Part><Part/></Message>"
    )
    found = xml_stream.parts(io.BytesIO(content.encode()), "s", _MESSAGES, "Entry")
    assert [part.counted for part in found if not part.begins] == [3, 0]


def test_a_part_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "_CHUNK", 64)
    deep = "<Message><Part><Entry>" + "<a>" * 60
    with pytest.raises(StatementError, match=r"nested too deep; .*\[too-large\]$"):
        told(deep)
    with pytest.raises(StatementError, match=r"nested too deep; .*\[too-large\]$"):
        told("<a>" * 60)
    monkeypatch.setattr(xml_stream, "MAX_PART", 200)
    assert told("<Message><Part><Entry>" + "<a/>" * 20 + "</Entry></Part></Message>")
    with pytest.raises(
        StatementError, match=r"a part of the message is too large; .*\[too-large\]$"
    ):
        told("<Message><Part><Entry>" + "<a/>" * 100)
