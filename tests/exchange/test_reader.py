"""The text of a message: what is one, what is none, and what is one fact's fault."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.conditions import installed
from beancount_voucher.exchange import reader
from beancount_voucher.exchange.message import (
    MOST_BYTES,
    Header,
    Message,
    Said,
    file_name,
    in_messages,
    named,
    text_of,
)
from beancount_voucher.exchange.reader import MalformedError, read_message
from tests.directives.test_public_keys import KEY
from tests.support import event, issue

NAME = ("Iss", "Acc", 2)
SHA = "ab" * 32
HEAD = f'2026-03-02 custom "voucher-message" "Iss" "Acc" 2\n  format: 1\n  previous: "{SHA}"\n  seen: 0\n'
_POSITION = '2026-03-02 custom "voucher-position" "V-1" 100.00 CNY\n  as-of: 2026-03-01\n  state: "accepted"\n  more: TRUE\n'


def _read(text: str | bytes, name: tuple[str, str, int] = NAME) -> reader.Readable:
    content = text if isinstance(text, bytes) else text.encode()
    return read_message(content, name, installed())


GOOD = {
    "nothing": "",
    "an issue": issue(),
    "an acceptance": event("accept", "2026-03-02"),
    "a text with everything that is escaped": event("return", "2026-03-02", reason=r'"a \"b\" \\ c\nd\te\r 李"'),
    "a condition that nobody knows": issue(requires_weather='"dry"'),
    "a refusal": '2026-03-02 custom "voucher-refusal" "Acc" 3 "V-1"\n  of: "accept"\n  on: 2026-03-01\n  code: "final"\n',
    "a position": _POSITION,
    "a key": f'2026-03-02 custom "voucher-key" "Iss" "{KEY}"\n  until: 2026-12-31\n',
    "a party": '2026-01-01 custom "voucher-party" "Ins" "insurer"\n  name: "阳光"\n',
    "a document of a refund": event("refund", "2026-03-02", "1.00 CNY", reason='"r"', document_sha256=f'"{SHA}"'),
    "an effective date": event("void", "2026-03-02", reason='"cancelled"', note_effective="2026-03-01"),
    "a credit line": '2026-03-02 custom "voucher-credit-line" "Ann" "Iss" 5.00 CNY\n',
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_is_read_is_written_just_so(name: str) -> None:
    text = HEAD + GOOD[name]
    found = _read(text)
    assert found.faulty == ()
    assert found.facts == text.count("custom") - 1
    assert text_of(found.message) == text


@pytest.mark.parametrize(
    ("extra", "stays"),
    [
        ('  note: "of our own"\n', ""),
        ("  note-effective: 2026-03-01\n", "  note-effective: 2026-03-01\n"),
        ('  note-effective: "soon"\n', ""),
        ("  document-2: 5\n", ""),
        ('  document: "a.pdf"\n', '  document: "a.pdf"\n'),
        ("  document: 5\n", ""),
    ],
)
def test_notes_do_not_travel(extra: str, stays: str) -> None:
    found = _read(HEAD + event("accept", "2026-03-02") + extra)
    assert text_of(found.message) == HEAD + event("accept", "2026-03-02") + stays


_ACCEPT = event("accept", "2026-03-02")
BAD = {
    "nothing at all": b"",
    "a line that does not end": HEAD[:-1].encode(),
    "bytes that are no text": HEAD.encode() + b"\xff\n",
    "lines of another system": HEAD.replace("\n", "\r\n").encode(),
    "an empty line": (HEAD + "\n" + _ACCEPT).encode(),
    "a comment": ("; hello\n" + HEAD).encode(),
    "a comment behind": HEAD.replace("seen: 0", "seen: 0 ; none").encode(),
    "a mark of byte order": b"\xef\xbb\xbf" + HEAD.encode(),
    "an option": (HEAD + 'option "title" "x"\n').encode(),
    "a plugin": (HEAD + 'plugin "x"\n').encode(),
    "an include": (HEAD + 'include "x"\n').encode(),
    "a transaction": (HEAD + '2026-03-02 * "x"\n').encode(),
    "metadata before anything": b"  seen: 0\n",
    "no header": _ACCEPT.encode(),
    "a second header": (HEAD + HEAD).encode(),
    "a header that is not the first": (_ACCEPT + HEAD).encode(),
    "a header of another message": HEAD.replace('"Acc" 2', '"Acc" 3').encode(),
    "a header of another format": HEAD.replace("format: 1", "format: 2").encode(),
    "a header without a format": HEAD.replace("  format: 1\n", "").encode(),
    "a header without the one before": HEAD.replace(f'  previous: "{SHA}"\n', "").encode(),
    "a digest that is none": HEAD.replace(SHA, "ab").encode(),
    "a key that no header has": (HEAD + '  colour: "red"\n').encode(),
    "something seen, and no digest": HEAD.replace("seen: 0", "seen: 1").encode(),
    "a header with a text for a number": HEAD.replace('"Acc" 2', '"Acc" "2"').encode(),
    "a number that is no number": HEAD.replace("seen: 0", "seen: 0.5").encode(),
    "a directive that is recorded only": (HEAD + f'2026-03-02 custom "voucher-sent" "Iss" "Acc" 1\n  sha256: "{SHA}"\n  facts: 0\n').encode(),
    "a directive that does not exist": (HEAD + '2026-03-02 custom "voucher-dance" "V-1"\n').encode(),
    "a close": (HEAD + '2026-03-02 custom "voucher-close" "2026-03"\n').encode(),
    "a key twice": (HEAD + event("return", "2026-03-02", reason='"a"') + '  reason: "b"\n').encode(),
    "a place of its own": (HEAD + _ACCEPT + "  lineno: 5\n").encode(),
    "a message of its own": (HEAD + _ACCEPT + '  message: "Iss Acc 1"\n').encode(),
    "a sum": (HEAD + event("apply", "2026-03-02", "1.00 + 1.00 CNY")).encode(),
    "two spaces": (HEAD + _ACCEPT.replace(' "V-1"', '  "V-1"')).encode(),
    "a space behind": (HEAD + _ACCEPT.replace('"V-1"', '"V-1" ')).encode(),
    "nothing between": (HEAD + _ACCEPT.replace('"V-1"', '"V-1""V-1"')).encode(),
    "a text that does not end": (HEAD + _ACCEPT.replace('"V-1"', '"V-1')).encode(),
    "a day that there is not": (HEAD + _ACCEPT.replace("03-02", "02-30")).encode(),
    "a day in metadata that there is not": (HEAD + event("void", "2026-03-02", reason='"cancelled"', note_effective="2026-02-30")).encode(),
    "an empty value": (HEAD + _ACCEPT + "  by: \n").encode(),
    "an escape that is none": (HEAD + event("return", "2026-03-02", reason=r'"\x41"')).encode(),
    "a byte that controls": (HEAD + event("return", "2026-03-02", reason='"\x07"')).encode(),
    "a position with another key": (HEAD + _POSITION + '  colour: "red"\n').encode(),
    "a position without a state": (HEAD + _POSITION.replace('  state: "accepted"\n', "")).encode(),
    "too large": HEAD.encode() + b" " * MOST_BYTES,
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_message(name: str) -> None:
    with pytest.raises(MalformedError):
        _read(BAD[name])


def test_more_facts_than_a_message_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_FACTS", 2)
    assert _read(HEAD + _ACCEPT * 2).facts == 2
    with pytest.raises(MalformedError, match="it has 3 facts, and 2 are the most"):
        _read(HEAD + _ACCEPT * 3)


FAULTY = {
    "a reason that is none": (event("void", "2026-03-02", reason='"whim"'), "V-1", "bad-reason"),
    "an unknown key": (_ACCEPT + '  colour: "red"\n', "V-1", "unknown-key"),
    "no reason": (event("void", "2026-03-02"), "V-1", "missing-key"),
    "no voucher's id": (event("accept", "2026-03-02", voucher="-1"), None, "bad-id"),
    "a number for an id": ('2026-03-02 custom "voucher-accept" 5\n', None, "bad-value"),
    "too few values of a refusal": ('2026-03-02 custom "voucher-refusal" "Iss"\n', None, "bad-value"),
    "a party with an account": ('2026-01-01 custom "voucher-party" "Ins" "insurer"\n  bank: "Assets:X"\n', None, "unknown-key"),
    "a line below nothing": ('2026-03-02 custom "voucher-credit-line" "Ann" 5.00 CNY\n', None, "bad-value"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_what_is_one_facts_fault(name: str) -> None:
    text, voucher, code = FAULTY[name]
    found = _read(HEAD + text + event("apply", "2026-03-02"))
    assert [(each.voucher, each.code) for each in found.faulty] == [(voucher, code)]
    assert (found.message.facts, found.facts) == (1, 2)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("Iss_Acc_000042.beancount", ("Iss", "Acc", 42)),
        ("Iss_Acc_1234567.beancount", ("Iss", "Acc", 1234567)),
        ("Iss_Acc_0000042.beancount", None),
        ("Iss_Acc_42.beancount", None),
        ("Iss_Acc_000042.beancount.sig", None),
        ("Iss_Acc_Ins_000042.beancount", None),
        (".Iss_Acc_000042.beancount.x.new", None),
    ],
)
def test_names_of_files(file: str, expected: tuple[str, str, int] | None) -> None:
    assert named(file) == expected
    if expected is not None:
        assert file_name(expected) == file


def test_as_many_messages_as_are_needed() -> None:
    said = _read(
        HEAD + "".join(event("accept", f"2026-03-{day:02}") for day in range(1, 8))
    ).message.said
    assert [len(group) for group in in_messages(said, most=3)] == [3, 3, 1]
    large = Said(said[0].fact._replace(kind="return", terms={"reason": "x" * (MOST_BYTES // 2)}))
    assert [len(group) for group in in_messages([large] * 3)] == [1, 1, 1]
    assert list(in_messages([])) == []


def test_refusals_stand_first_and_positions_last() -> None:
    kinds = "position", "apply", "refusal"
    texts = {
        "position": _POSITION,
        "apply": event("apply", "2026-03-01"),
        "refusal": GOOD["a refusal"],
    }
    said = tuple(_read(HEAD + texts[kind]).message.said[0] for kind in kinds)
    written = text_of(Message(Header(dt.date(2026, 3, 2), *NAME, SHA), said))
    assert [each.fact.kind for each in _read(written).message.said] == [
        "refusal",
        "apply",
        "position",
    ]
