"""A commit as its object has it, whatever it has."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.review.commits import Commit, Person, commit, headers
from tests.support import ACCEPT, issue
from tests.support.repository import APPLIED, VOUCHERS, WANG, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

TREE = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
WHEN = b" 1772539200 +0800"
GPGSIG = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----\n"


def raw(
    author: bytes = b"Lin <lin@x>" + WHEN, message: bytes = b"one\n", more: bytes = b""
) -> bytes:
    return (
        TREE + b"author " + author + b"\ncommitter C <c@x>" + WHEN + b"\n" + more + b"\n" + message
    )


# What a commit has -> author, address, date, subject.
COMMITS: dict[str, tuple[bytes, tuple[str, str, str, str]]] = {
    "as git writes it": (raw(), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
    "west of Greenwich": (raw(b"Lin <lin@x> 1772539200 -0330"), ("Lin", "lin@x", "2026-03-03T08:30:00-03:30", "one")),
    "a subject of two lines": (raw(message=b"one\ntwo\n\nthree\n"), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one two")),
    "empty lines above": (raw(message=b"\n\none\n"), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
    "no message": (raw(message=b""), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "")),
    "separators and controls": (
        raw(b"L\x1fi\x1en <l\x1fin@x>" + WHEN, b"sub\x1fject\x1b[31m\0\r"), ("L\x1fi\x1en", "l\x1fin@x", "2026-03-03T20:00:00+08:00", "sub\x1fject\x1b[31m\0"),
    ),
    "signed": (raw(more=GPGSIG), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
    "GB18030": (
        raw("李明 <li@x>".encode("gb18030") + WHEN, "签发\n".encode("gb18030"), b"encoding GB18030\n"),
        ("李明", "li@x", "2026-03-03T20:00:00+08:00", "签发"),
    ),
    "Latin-1": (raw("José <j@x>".encode("latin-1") + WHEN, more=b"encoding ISO-8859-1\n"), ("José", "j@x", "2026-03-03T20:00:00+08:00", "one")),
    "Latin-1 that says nothing of it": (raw(b"Jos\xe9 <j@x>" + WHEN), ("Jos�", "j@x", "2026-03-03T20:00:00+08:00", "one")),
    "an encoding that nobody knows": (raw(more=b"encoding x-klingon\n"), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
    "an encoding that is none": (raw(more=b"encoding rot13\n"), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
    "an encoding that masks an address": (raw(rb"Lin <l\x69n@x>" + WHEN, more=b"encoding unicode_escape\n"), ("Lin", r"l\x69n@x", "2026-03-03T20:00:00+08:00", "one")),
    "an encoding of no letters": (raw(more=b"encoding \xff\0\n"), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
    "an encoding without end": (raw(more=b"encoding " + b"x" * 9999 + b"\n"), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
    "nobody": (raw(b" <>" + WHEN), ("", "", "2026-03-03T20:00:00+08:00", "one")),
    "no author": (TREE + b"\none", ("", "", "", "one")),
    "no address": (raw(b"Lin" + WHEN), ("Lin 1772539200 +0800", "", "", "one")),
    "no date": (raw(b"Lin <lin@x>"), ("Lin", "lin@x", "", "one")),
    "a date after the last day": (raw(b"Lin <lin@x> 999999999999 +0000"), ("Lin", "lin@x", "", "one")),
    "a zone of more than a day": (raw(b"Lin <lin@x> 1772539200 +9900"), ("Lin", "lin@x", "", "one")),
    "two addresses": (raw(b"Lin <a@x> <b@x>" + WHEN), ("Lin", "a@x", "2026-03-03T20:00:00+08:00", "one")),
    "two authors": (raw(b"Lin <lin@x>" + WHEN + b"\nauthor Wang <wang@x>" + WHEN), ("Lin", "lin@x", "2026-03-03T20:00:00+08:00", "one")),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMITS)
def test_what_a_commit_says(name: str) -> None:
    content, expected = COMMITS[name]
    found = commit("1" * 40, content, "not signed", "nobody")
    made_by = Person("C", "c@x") if b"committer" in content else Person("", "")
    assert found == Commit("1" * 40, *expected, "not signed", "nobody", made_by)


def test_a_signature_is_one_header() -> None:
    assert headers(raw(more=GPGSIG))[b"gpgsig"].split(b"\n")[2] == b"iQEz"


# What stands below the subject -> who has worked on it, too.
CO_AUTHORS: dict[str, list[str]] = {
    "": [],
    "Co-authored-by: Wang <w@x>": ["Wang <w@x>"],
    "co-authored-BY:\tWang <w@x>\nSigned-off-by: Lin <l@x>\nCo-authored-by: <z@x>": ["Wang <w@x>", " <z@x>"],
    "Co-authored-by: Wang": [],
    "as in Co-authored-by: Wang <w@x>": [],
}  # fmt: skip


@pytest.mark.parametrize("text", CO_AUTHORS)
def test_who_has_worked_on_it_too(text: str) -> None:
    found = commit("1" * 40, TREE + b"author A <a@x>" + WHEN + b"\n\nsubject\n\n" + text.encode())
    assert [str(each) for each in found.authors] == ["A <a@x>", *CO_AUTHORS[text]]


def test_the_id_as_people_write_it() -> None:
    assert Commit("1234567890abc", "", "", "", "").short == "1234567890"
    assert Commit("", "", "", "", "").short == "(not committed)"


@given(st.binary(), st.binary(max_size=12))
def test_any_bytes_are_a_commit(said: bytes, encoding: bytes) -> None:
    for content in (said, raw(said), raw(message=said), raw(said, more=b"encoding " + encoding)):
        found = commit("", content)
        assert "\n" not in found.subject
        assert isinstance(found.author, str)


def made(repository: Repository, content: bytes) -> str:
    """Make a commit of what git would not write itself, and check it out."""
    command = ["git", "-C", str(repository.folder), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]  # fmt: skip
    oid = subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode().strip()  # fmt: skip
    repository.git("reset", "--quiet", "--hard", oid)
    return oid


def strange(repository: Repository) -> Iterator[str]:
    """The commit that is checked out, with what a log of git stumbles over."""
    head = repository.git("cat-file", "commit", "HEAD").partition("\nauthor")[0].encode()
    committer = b"\ncommitter C <c@x>" + WHEN
    for author, message, more in (
        (b"Li\x1fn\x1b[31m <lin\x1f@x>" + WHEN, b"sub\x1fject\x1e\x1b[31m", b""),
        ("李明 <li@x>".encode("gb18030") + WHEN, "签\x00发".encode("gb18030"), b"\nencoding GB18030"),
        (b"\xff\xfe <\xff>" + WHEN, b"\xff", b"\nencoding utf-16"),
        (b'Lin | `x` *y* <b>,"=1+1 <lin@x>' + WHEN, b"| a | ``` <b>", b""),
    ):  # fmt: skip
        yield made(repository, head + b"\nauthor " + author + committer + more + b"\n\n" + message)


def test_whatever_a_commit_says_is_told_and_harmless(repository: Repository) -> None:
    repository.commit(issue())
    repository.commit(issue() + ACCEPT)
    for oid in strange(repository):
        for style in ("text", "markdown", "github", "json"):
            ran = repository.run("review", f"main~1..{oid}", "--signatures", "--format", style)
            assert (ran.status, ran.out.isascii() or "\x1f" not in ran.out) == (0, True), ran.err
            assert "\x1b" not in ran.out
        for style in ("table", "csv", "json"):
            ran = repository.run("blame", "V-1", "--format", style)
            assert ran.status == 0, ran.err
            assert not {"\x1b", "\x1f", "\x1e", "\0"} & set(ran.out)
            assert oid[:10] in ran.out


def test_an_encoding_tells_the_same_people_apart(repository: Repository) -> None:
    """Who applies in GB18030 and settles in UTF-8 is one."""
    repository.commit(issue() + ACCEPT)
    repository.write(APPLIED)
    repository.git("add", "--all")
    repository.git("-c", "i18n.commitEncoding=GB18030", "commit", "--quiet", "-m", "x", "--author", "W <wang@example.org>")  # fmt: skip
    repository.commit({VOUCHERS: APPLIED + '2026-03-06 custom "voucher-settle" "V-1"\n'}, WANG)
    found = repository.review("HEAD~2..HEAD")
    assert [each["rule"] for each in found["violations"]] == ["segregation-of-duties"]
    rows = json.loads(repository.run("blame", "V-1", "--format", "json").out)
    assert rows[2]["author"] == "W <wang@example.org>"
