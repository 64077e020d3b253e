"""Another id for a voucher: in all that means it, and in nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from beancount import loader
from beancount.core.data import Transaction

from beancount_voucher.ledger import rewrite
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NotUndoneError,
    WriteRefusedError,
)
from beancount_voucher.ledger.loader import Ledger, LedgerError, load
from beancount_voucher.ledger.rewrite import rewrite as rewritten
from beancount_voucher.review.renumber import renumber
from beancount_voucher.views.reconciled_statements import digest_of
from tests.support import ACCEPT, APPLY, PLUGIN, SETTLE, WORLD, event, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

EXCEPTION = '2026-03-31 custom "voucher-exception" "V-1" "new-error"\n  reason: "as V-1 was late"\n  by: "audit"\n'
TWICE = (
    issue()
    + ACCEPT
    + ";; theirs\n"
    + issue(amount="7.00 CNY", date="2026-03-01")
    + event("accept", "2026-03-04")
)

# A voucher's text -> as it is once V-1 is V-9; "" for what is as it was.
TABLE: dict[str, tuple[str, str]] = {
    "its events": (issue() + ACCEPT + APPLY + SETTLE, (issue() + ACCEPT + APPLY + SETTLE).replace("V-1", "V-9")),
    "a request": (issue(kind="request") + issue(), (issue(kind="request") + issue()).replace("V-1", "V-9")),
    "only its own": (issue() + issue("V-10") + issue("V-1-1") + issue("AV-1"), issue("V-9") + issue("V-10") + issue("V-1-1") + issue("AV-1")),
    "an exception": (issue() + EXCEPTION, issue("V-9") + EXCEPTION.replace('"V-1"', '"V-9"')),
    "an amendment": (
        issue() + event("amend", "2026-03-03", "1", "90.00 CNY"), (issue() + event("amend", "2026-03-03", "1", "90.00 CNY")).replace("V-1", "V-9"),
    ),
    "links": (
        issue() + '2026-03-04 * "V-1" "paid" ^V-1 ^V-10 ^xV-1 #V-1\n  Equity:Opening  0 CNY\n',
        issue("V-9") + '2026-03-04 * "V-1" "paid" ^V-9 ^V-10 ^xV-1 #V-1\n  Equity:Opening  0 CNY\n',
    ),
    "notes and metadata that name it": (
        issue(note='"V-1"', note_more='"as V-1"') + '2026-03-04 * "x"\n  voucher: "V-1"\n  other: "V-1"\n  Equity:Opening  0 CNY\n',
        issue("V-9", note='"V-9"', note_more='"as V-1"') + '2026-03-04 * "x"\n  voucher: "V-9"\n  other: "V-1"\n  Equity:Opening  0 CNY\n',
    ),
    "comments": (";; V-1\n* V-1\n" + issue().replace(" CNY\n", ' CNY ; "V-1"\n', 1), ";; V-1\n* V-1\n" + issue("V-9").replace(" CNY\n", ' CNY ; "V-1"\n', 1)),
    "texts of lines": (issue(note='"a\n2026-03-02 custom \\"voucher-accept\\" \\"V-1\\"\nb"'), issue("V-9", note='"a\n2026-03-02 custom \\"voucher-accept\\" \\"V-1\\"\nb"')),
    "the same value as another term": (issue(product='"V-1"'), issue("V-9", product='"V-1"')),
    "Windows": ((issue() + ACCEPT).replace("\n", "\r\n"), (issue() + ACCEPT).replace("V-1", "V-9").replace("\n", "\r\n")),
    "no newline at the end": ((issue() + ACCEPT).rstrip(), (issue() + ACCEPT).replace("V-1", "V-9").rstrip()),
    "an unreadable directive of it": (issue() + event("accept", "2026-03-03", unknown='"x"'), (issue() + event("accept", "2026-03-03", unknown='"x"')).replace("V-1", "V-9")),
    "another party's name": (issue() + '2026-01-01 custom "voucher-party" "V-1" "insurer"\n', issue("V-9") + '2026-01-01 custom "voucher-party" "V-1" "insurer"\n'),
    "accounts of its own": (
        '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n' + issue() + "2026-03-05 balance Assets:Ann:Iss:Frozen:V-1  100.00 CNY\n",
        '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n' + issue("V-9") + "2026-03-05 balance Assets:Ann:Iss:Frozen:V-9  100.00 CNY\n",
    ),
    "an account that is not its own": (
        issue() + "2026-01-01 open Assets:Policies:V-1\n2026-03-05 balance Assets:Policies:V-1  0 CNY\n",
        issue("V-9") + "2026-01-01 open Assets:Policies:V-1\n2026-03-05 balance Assets:Policies:V-1  0 CNY\n",
    ),
}  # fmt: skip


def text_of(clerk: Clerk) -> str:
    return clerk.path.read_bytes().decode().removeprefix(PLUGIN + WORLD)


@pytest.mark.parametrize("name", TABLE)
def test_what_means_it_is_changed(clerk: Clerk, name: str) -> None:
    before, after = TABLE[name]
    desk = clerk.write("")
    desk.path.write_bytes((PLUGIN + WORLD + before).encode())
    shown = desk.run("renumber", "V-1", "V-9")
    assert text_of(desk) == before
    errors = len(load(desk.path).errors)
    assert shown.status == bool(errors)
    assert shown.out.count("\n+") > 1
    ran = desk.run("renumber", "V-1", "V-9", "--write")
    assert (ran.status, ran.out) == (shown.status, "")
    assert "Wrote " in ran.err
    assert text_of(desk) == after
    assert len(load(desk.path).errors) == errors
    lines = {number for number, line in enumerate(after.splitlines(), 1) if "V-1" in line.replace("V-10", "").replace("V-1-1", "").replace("xV-1", "").replace("AV-1", "").replace("#V-1", "")}  # fmt: skip
    told = {line.split(":")[1] for line in ran.err.splitlines() if "is left as it is" in line}
    first = (PLUGIN + WORLD).count("\n")
    assert told <= {str(first + number) for number in lines}
    assert bool(told) == bool(lines)


def test_a_reconciled_voucher_stays_proven(clerk: Clerk) -> None:
    """Its name in the list, and what is proven where its accounts are others."""
    option = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'
    desk = clerk.write(option + issue() + ACCEPT + APPLY + SETTLE + issue("V-2"))
    [digest] = {
        digest_of(entry)
        for entry in load(desk.path).entries
        if isinstance(entry, Transaction)
        and (entry.meta.get("voucher-event"), entry.meta.get("voucher-book")) == ("settle", "Ann")
    }
    recorded = f"""\
2026-03-31 custom "voucher-reconciled" Assets:Ann:Iss "2026-Q1"
  sha256: "{"0" * 64}"
  period-start: 2026-03-01
  closing: 99800.00 CNY
  lines: 1
  matched: 1
  differences: 1
  prepared-by: "V-1"
  reviewed-by: "Wang"
  vouchers: "V-1 2026-03-06 -100.00 CNY {digest}; V-11 2026-03-07 1.00 CNY {"0" * 16}"
  open-items: "missing-in-bank V-1 2026-03-06 -100.00 CNY"
"""
    desk.path.write_text(desk.path.read_text() + recorded)
    assert desk.run("renumber", "V-1", "V-9", "--write").status == 0
    text = text_of(desk)
    assert f'"V-9 2026-03-06 -100.00 CNY {digest}; V-11 2026-03-07' not in text
    assert '  vouchers: "V-9 2026-03-06 -100.00 CNY ' in text
    assert '  open-items: "missing-in-bank V-9 2026-03-06 -100.00 CNY"' in text
    assert '  prepared-by: "V-1"' in text
    assert "reconciled-voucher" not in desk.run("check").out.replace("V-11", "")
    assert desk.run("renumber", "V-9", "V-1", "--write").status == 0
    assert text_of(desk).endswith(recorded)


# --- Which of two -----------------------------------------------------------------------


def test_of_two_that_are_numbered_alike(clerk: Clerk) -> None:
    desk = clerk.write(TWICE)
    first = (PLUGIN + WORLD).count("\n") + 1
    second = first + (issue() + ACCEPT).count("\n") + 1
    ran = desk.run("renumber", "V-1", "V-9", "--write")
    assert ran.status == 3
    assert f"V-1: 2 vouchers have this id; expected --at one of {desk.path}:{first}, {desk.path}:{second} [not-found]" in ran.err  # fmt: skip
    ran = desk.run("renumber", "V-1", "V-9", "--at", f"{desk.path}:{second}", "--write")
    assert ran.status == 0
    ours, theirs = TWICE.split(";; theirs\n")
    assert text_of(desk) == ours + ";; theirs\n" + theirs.replace("V-1", "V-9")
    assert "left as it is" not in ran.err


def test_the_first_of_two(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = clerk.write(TWICE + EXCEPTION)
    monkeypatch.chdir(desk.path.parent)
    first = (PLUGIN + WORLD).count("\n") + 1
    place = f"{desk.path.name}:{first}"
    ran = desk.run("renumber", "V-1", "V-9", "--at", place, "--write")
    ours, theirs = TWICE.split(";; theirs\n")
    assert text_of(desk) == ours.replace("V-1", "V-9") + ";; theirs\n" + theirs + EXCEPTION
    assert ran.status == 0


def test_another_file_may_mean_either(clerk: Clerk) -> None:
    desk = clerk.write(issue() + 'include "b.beancount"\ninclude "c.beancount"\n')
    other, third = (desk.path.with_name(name) for name in ("b.beancount", "c.beancount"))
    other.write_text(issue(date="2026-03-01") + issue("V-3"))
    third.write_text(EXCEPTION + issue(kind="request", date="2026-03-01"))
    ran = desk.run("renumber", "V-1", "V-9", "--at", f"{other}:1", "--write")
    assert ran.status == 0
    assert other.read_text() == issue("V-9", date="2026-03-01") + issue("V-3")
    assert third.read_text() == EXCEPTION + issue(kind="request", date="2026-03-01")
    assert "c.beancount:1: names V-1, and is left as it is" in ran.err


def test_a_place_may_be_given_though_there_is_one(clerk: Clerk) -> None:
    desk = clerk.write(issue(kind="request") + issue())
    first = (PLUGIN + WORLD).count("\n") + 1
    at = f"{desk.path}:{first + issue().count(chr(10))}"
    assert desk.run("renumber", "V-1", "V-9", "--at", at, "--write").status == 0
    assert "V-1" not in text_of(desk)


# --- What is refused --------------------------------------------------------------------

# The ids, options -> what is said, without --write and with it.
REFUSED: dict[str, tuple[list[str], str]] = {
    "no such voucher": (["V-7", "V-9"], r"refused: V-7: there is no such voucher; expected the id of a voucher-issue or voucher-request [not-found]"),
    "an id that is taken": (["V-1", "V-2"], "refused: V-2 is the id of a voucher already; the next free id is V-3 [duplicate]"),
    "an id that is taken by what cannot be read": (["V-1", "W-1"], "refused: W-1 is the id of a voucher already; the next free id is W-2 [duplicate]"),
    "the same": (["V-1", "V-1"], "refused: V-1 is the id of a voucher already"),
    "no id": (["V-1", "v 1"], "refused: v 1 can be no voucher id; expected up to 35 of A-Z a-z 0-9 -, the first a capital or a digit [bad-id]"),
    "another place": (["V-1", "V-9", "--at", "no.beancount:1"], "refused: V-1: it does not stand there; expected --at one of "),
    "a number that has no next": (["V-1", "X" * 34 + "9"], f"refused: {'X' * 34}9 is the id of a voucher already [duplicate]"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be(clerk: Clerk, name: str) -> None:
    arguments, expected = REFUSED[name]
    bad = event("accept", "2026-03-03", voucher="W-1")
    desk = clerk.write(issue() + issue("V-2") + bad + issue("X" * 34 + "9"))
    before = desk.path.read_bytes()
    for options, status in (((), 1), (("--write",), 3)):
        ran = desk.run("renumber", *arguments, *options)
        assert (ran.status, ran.out) == (status, "")
        assert ran.err.startswith(expected)
    assert desk.path.read_bytes() == before


def test_a_place_is_a_file_and_a_line(clerk: Clerk) -> None:
    desk = clerk.write(issue())
    for at in ("3", "a:b", ":3", "a:³"):
        assert desk.run("renumber", "V-1", "V-9", "--at", at).status == 2


def test_what_would_break_a_rule_then(clerk: Clerk) -> None:
    """Both have accepted: one acceptance is before the other's issue, and cannot be its."""
    desk = clerk.write(
        issue()
        + issue(date="2026-03-03")
        + event("accept", "2026-03-02")
        + event("accept", "2026-03-04")
    )
    first = (PLUGIN + WORLD).count("\n") + 1
    at = f"{desk.path}:{first + issue().count(chr(10))}"
    ran = desk.run("renumber", "V-1", "V-9", "--at", at, "--write")
    assert ran.status == 3
    assert "[not-found]" in ran.err


def test_a_file_that_is_not_utf_8(clerk: Clerk) -> None:
    desk = clerk.write(issue())
    ledger = load(desk.path)
    contents = {desk.path: desk.path.read_bytes() + b";\xff\n", Path("other"): b"\xff"}
    with pytest.raises(Exception, match=r"it is not UTF-8 \(byte [0-9]+\); .* \[bad-value\]"):
        renumber(ledger, "V-1", "V-9", contents, None)


# --- Written, all or none ---------------------------------------------------------------


@pytest.fixture
def two(clerk: Clerk) -> tuple[Clerk, Path]:
    """A ledger with a voucher in one file and its acceptance in another."""
    desk = clerk.write(issue() + 'include "b.beancount"\ninclude "c.beancount"\n')
    other = desk.path.with_name("b.beancount")
    desk.path.with_name("c.beancount").write_text(issue("V-2"))
    other.write_text(ACCEPT)
    return desk, other


def test_several_files(two: tuple[Clerk, Path]) -> None:
    desk, other = two
    assert desk.run("renumber", "V-1", "V-9", "--write").status == 0
    assert other.read_text() == ACCEPT.replace("V-1", "V-9")
    assert load(desk.path).errors == []


def contents_of(desk: Clerk, other: Path) -> tuple[bytes, bytes]:
    return desk.path.read_bytes(), other.read_bytes()


def test_a_file_that_cannot_be_written_takes_the_others_back(two: tuple[Clerk, Path]) -> None:
    desk, other = two
    before = contents_of(desk, other)
    _, last = sorted((desk.path, other))
    last.chmod(0o444)
    real_access = os.access
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            os,
            "access",
            lambda path, mode, **more: (
                (mode, Path(path)) != (os.W_OK, last) and real_access(path, mode, **more)
            ),
        )
        ran = desk.run("renumber", "V-1", "V-9", "--write")
    assert (ran.status, ran.err) == (3, f"{last} is read-only; nothing was written\n")
    assert contents_of(desk, other) == before


# What the ledger is found to be once it is written -> what is said.
SPOILT: dict[str, tuple[str, str]] = {
    "a new error": ("error", "the ledger would have a new error: "),
    "another fact": ("fact", "the ledger would not say what it is to say"),
    "no ledger": ("none", "it cannot be loaded"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_written_is_read_again(
    two: tuple[Clerk, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    desk, other = two
    before = contents_of(desk, other)
    kind, expected = SPOILT[name]

    def found(path: Path) -> Ledger:
        if kind == "none":
            raise LedgerError("it cannot be loaded")
        more = {"error": "2026-03-10 balance Assets:Ann:Iss 1 CNY\n", "fact": issue("V-4")}[kind]
        return load(path, more)

    monkeypatch.setattr(rewrite, "load", found)
    ran = desk.run("renumber", "V-1", "V-9", "--write")
    assert ran.status == 3
    assert ran.err.startswith(expected)
    assert ran.err.endswith("nothing was written\n")
    assert contents_of(desk, other) == before


def test_what_others_have_written_meanwhile_is_not_taken_back(
    two: tuple[Clerk, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, other = two

    def found(path: Path) -> Ledger:
        other.write_text("; theirs\n")
        return load(path)

    monkeypatch.setattr(rewrite, "load", found)
    ran = desk.run("renumber", "V-1", "V-9", "--write")
    assert ran.status == 3
    assert ran.err.endswith(f"; not undone in {other}\n")
    assert other.read_text() == "; theirs\n"
    assert '"V-1"' in desk.path.read_text()


def test_an_interruption_takes_it_back(
    two: tuple[Clerk, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, other = two
    ledger, before = load(desk.path), contents_of(desk, other)

    def found(_path: Path) -> Ledger:
        raise KeyboardInterrupt

    monkeypatch.setattr(rewrite, "load", found)
    files = {other: (before[1], b"; nothing\n")}
    with pytest.raises(KeyboardInterrupt):
        rewritten(ledger, files, [])
    assert contents_of(desk, other) == before

    def spoilt(_path: Path) -> Ledger:
        other.write_text("; theirs\n")
        raise KeyboardInterrupt

    monkeypatch.setattr(rewrite, "load", spoilt)
    with pytest.raises(NotUndoneError, match="interrupted; not undone in"):
        rewritten(ledger, files, [])


def test_a_ledger_that_was_changed_is_asked_again(
    two: tuple[Clerk, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, other = two
    stale = load(desk.path)
    other.write_text(ACCEPT + APPLY)
    with pytest.raises(ChangedMeanwhileError):
        rewritten(stale, {}, [])
    asked: list[Path] = []

    def changed(*_arguments: object) -> None:
        asked.append(other)
        raise ChangedMeanwhileError("changed")

    from beancount_voucher.cli.commands import renumber as command  # noqa: PLC0415

    monkeypatch.setattr(command, "rewrite", changed)
    ran = desk.run("renumber", "V-1", "V-9", "--write")
    assert (ran.status, len(asked)) == (3, 10)
    assert ran.err == "the ledger is changed again and again; nothing was written\n"


def test_the_ledger_is_loaded_by_beancount_alone(two: tuple[Clerk, Path]) -> None:
    desk, _ = two
    desk.run("renumber", "V-1", "V-9", "--write")
    _, errors, _ = loader.load_file(str(desk.path))
    assert errors == []
    assert issubclass(NotUndoneError, WriteRefusedError)
