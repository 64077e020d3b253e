"""``--write``: where it goes, what it refuses, and that nothing is lost or half done."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fava.core import FavaLedger

from beancount_voucher.cli import console, deliver
from beancount_voucher.ledger import append, atomic_files, file_append, leases, locks, undo_notes
from beancount_voucher.ledger import dry_run as trial_module
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError, WriteRefusedError
from beancount_voucher.ledger.file_append import Appended
from beancount_voucher.ledger.leases import is_being_written
from beancount_voucher.ledger.loader import LedgerError, stamps
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.lifecycle.decisions import Decision
from tests.support import ACCEPT, HAPPY, PLUGIN, SETTLE, WORLD, event, issue, load_path

if TYPE_CHECKING:
    from beancount_voucher.ledger.dry_run import Draft
    from beancount_voucher.ledger.loader import Ledger
    from tests.support.clerk import Clerk

ACCEPTING = ("accept", "V-1", "--date", "2026-03-03", "--write")


def _split(clerk: Clerk, **files: str) -> Clerk:
    """A ledger in several files, all included."""
    for name, text in files.items():
        path = clerk.folder / f"{name.replace('__', '/')}.beancount"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    includes = "".join(f'include "{name.replace("__", "/")}.beancount"\n' for name in files)
    return clerk.write(includes)


# --- Where it goes ----------------------------------------------------------------------


def test_events_go_into_the_file_of_the_issue(clerk: Clerk) -> None:
    _split(clerk, old=issue("V-0"), new=issue(), asked=issue("V-2", kind="request"))
    assert clerk.run(*ACCEPTING).status == 0
    assert (clerk.folder / "new.beancount").read_text() == issue() + "\n" + ACCEPT
    assert clerk.run("refuse", "V-2", "--date", "2026-03-03", "--write").status == 0
    assert "voucher-refuse" in (clerk.folder / "asked.beancount").read_text()


def test_a_new_voucher_goes_where_the_latest_event_stands(clerk: Clerk) -> None:
    _split(clerk, a=issue("V-0") + event("accept", "2026-03-04", voucher="V-0"), b=issue())
    clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02", "--write")
    assert '"V-2"' in (clerk.folder / "a.beancount").read_text()


def test_what_is_no_event_of_a_voucher_does_not_count_as_the_latest(clerk: Clerk) -> None:
    _split(clerk, a=issue(), b='2026-03-31 custom "voucher-close" "2026-03"\n')
    clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-01", "--write")
    assert '"V-2"' in (clerk.folder / "a.beancount").read_text()


def test_a_month_in_which_no_voucher_stands_is_no_home_of_vouchers(clerk: Clerk) -> None:
    """The ordinary journal of a month is not where they are kept."""
    _split(clerk, vouchers=issue(), **{"2026__03": "; groceries\n"})
    for date in ("2026-03-02", "2026-04-02"):
        ran = clerk.run("issue", "--id", "V-{n}", "--like", "V-1", "--date", date, "--write")
        assert ran.status == 0
    assert (clerk.folder / "vouchers.beancount").read_text().count('"voucher-issue"') == 3


def test_the_first_voucher_goes_into_the_file_of_its_month(clerk: Clerk) -> None:
    _split(clerk, **{"2026__03": "; nothing yet\n"})
    asked = ["--policyholder", "Ann", "--insurer", "Ins", "--write"]
    ran = clerk.run("request", "V-1", "5.00 CNY", "--date", "2026-03-02", *asked)
    assert ran.status == 0
    assert '"V-1"' in (clerk.folder / "2026" / "03.beancount").read_text()


def test_of_two_trees_of_months_the_last_by_name_counts(clerk: Clerk) -> None:
    _split(clerk, archive__2026__03=issue(), books__2026__03=issue("V-0"))
    clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02", "--write")
    assert '"V-2"' in (clerk.folder / "books" / "2026" / "03.beancount").read_text()


def test_what_is_about_an_account_goes_where_that_is_opened(clerk: Clerk) -> None:
    ann, bob = (f"2020-01-01 open Assets:{name}:Cash\n" for name in ("Ann", "Bob"))
    ledger = load_ledger(_split(clerk, ann=ann, bob=bob).path)
    for account, name in (("Ann:Cash", "ann"), ("Bob:Cash", "bob"), ("Ann:Iss", "ledger")):
        home = append.target_file_of_account(ledger, f"Assets:{account}")
        assert home == clerk.folder / f"{name}.beancount"


@pytest.mark.parametrize("claim", ["5 CNY", '"elsewhere.beancount"', '"<string>"'])
def test_a_file_that_an_account_claims_to_stand_in_is_not_written(clerk: Clerk, claim: str) -> None:
    """Metadata says it; nobody has read it from there."""
    (clerk.folder / "elsewhere.beancount").write_text("not ours")
    clerk.write(issue(), world=WORLD.replace("Ann:Iss\n", f"Ann:Iss\n  filename: {claim}\n", 1))
    ledger = load_ledger(clerk.path)
    assert append.target_file_of_account(ledger, "Assets:Ann:Iss") == clerk.path


def test_a_new_voucher_goes_into_the_file_of_its_month(clerk: Clerk) -> None:
    _split(clerk, vouchers__2026__03=issue())
    text = clerk.path.read_text().replace("vouchers/2026/03.beancount", "vouchers/*/*.beancount")
    clerk.path.write_text(text)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2027-01-02", "--write", "--diff")
    assert ran.status == 0
    assert ran.out.startswith("--- /dev/null\n+++ b/")
    new = (clerk.folder / "vouchers" / "2027" / "01.beancount").read_text()
    assert new.startswith('2027-01-02 custom "voucher-issue" "V-2" 100.00 CNY\n')
    assert load_path(clerk.path).state("V-2") == "issued"


def test_a_month_that_the_ledger_does_not_include_is_taken_back(clerk: Clerk) -> None:
    _split(clerk, vouchers__2026__03=issue())
    before = clerk.files()
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-02", "--write")
    assert ran.status == 3
    assert f"the ledger does not include {clerk.folder}/vouchers/2026/04.beancount" in ran.err
    # A month of another year leaves no folder either.
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2027-04-02", "--write")
    assert ran.status == 3
    assert not (clerk.folder / "vouchers" / "2027").exists()
    assert clerk.files() == before


def test_the_first_event_of_all(clerk: Clerk) -> None:
    clerk.write("")
    assert clerk.run("close", "2026-03", "--date", "2026-03-31", "--write").status == 0
    assert clerk.path.read_text().endswith('"voucher-close" "2026-03"\n')
    clerk.write("", world="")
    assert clerk.run("close", "2026-03", "--date", "2026-03-31", "--write").status == 0
    assert clerk.path.read_text() == PLUGIN + '\n2026-03-31 custom "voucher-close" "2026-03"\n'


def test_another_file_of_the_ledger_may_be_named(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clerk.folder)
    _split(clerk, facts=issue(), more=";; more\n")
    ran = clerk.run(*ACCEPTING, "-o", "more.beancount")
    assert ran.err == "Wrote more.beancount.\n"
    assert (clerk.folder / "more.beancount").read_text() == ";; more\n\n" + ACCEPT
    assert (clerk.folder / "facts.beancount").read_text() == issue()


def test_a_file_that_the_ledger_does_not_include_is_refused(clerk: Clerk) -> None:
    clerk.write(issue())
    other = clerk.folder / "other.beancount"
    other.write_text("mine")
    ran = clerk.run(*ACCEPTING, "-o", str(other))
    assert ran.status == 3
    assert f"{other} is no file of the ledger; nothing was written" in ran.err
    assert other.read_text() == "mine"


def test_decisions_go_into_the_files_of_their_vouchers(clerk: Clerk) -> None:
    _split(clerk, one=issue("V-1"), two=issue("V-2"))
    ran = clerk.run("run", "--as-of", "2026-03-09", "--write")
    assert ran.status == 0
    for name, voucher in (("one", "V-1"), ("two", "V-2")):
        text = (clerk.folder / f"{name}.beancount").read_text()
        assert text.count("voucher-void") == 1
        assert text.endswith(f'"voucher-void" "{voucher}"\n  reason: "not-accepted"\n')
    before = clerk.files()
    again = clerk.run("run", "--as-of", "2026-03-09", "--write")
    assert (again.status, again.err) == (0, "Nothing to write.\n")
    assert clerk.files() == before


def test_newlines_a_missing_last_one_and_a_symlink_are_kept(clerk: Clerk) -> None:
    real = clerk.folder / "real.txt"
    real.write_bytes((PLUGIN + WORLD + issue()).rstrip("\n").replace("\n", "\r\n").encode())
    real.chmod(0o600)
    clerk.path.symlink_to(real)
    before = real.read_bytes()
    assert clerk.run(*ACCEPTING).status == 0
    assert clerk.path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    added = ACCEPT.replace("\n", "\r\n").encode()
    assert real.read_bytes() == before + b"\r\n\r\n" + added


# --- What is shown ----------------------------------------------------------------------


def test_the_diff_alone_writes_nothing(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clerk.folder)
    clerk.write(issue())
    before = clerk.files()
    ran = clerk.run("accept", "V-1", "--date", "2026-03-03", "--diff")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("--- a/ledger.beancount\n+++ b/ledger.beancount\n@@ ")
    assert ran.out.endswith('+\n+2026-03-03 custom "voucher-accept" "V-1"\n')
    assert clerk.files() == before


def test_the_diff_comes_before_the_write(clerk: Clerk) -> None:
    ran = clerk.write(issue()).run(*ACCEPTING, "--diff")
    assert ran.out.endswith('+2026-03-03 custom "voucher-accept" "V-1"\n')
    assert load_path(clerk.path).state() == "accepted"


def test_quiet_says_only_what_went_wrong(clerk: Clerk) -> None:
    clerk.write(issue())
    ran = clerk.run("-q", *ACCEPTING)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert clerk.run("-q", *ACCEPTING) == ran
    ran = clerk.run("-q", "accept", "V-1", "--date", "2026-03-04", "--write")
    assert ran.status == 3
    assert "[duplicate]" in ran.err


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_only_where_it_is_wanted(clerk: Clerk, no_color: str, coloured: bool) -> None:
    clerk.write(issue())
    ran = clerk.run(*ACCEPTING, color=True, env={"NO_COLOR": no_color})
    assert ("\x1b[32m" in ran.err) is coloured
    assert "\x1b" not in clerk.run("accept", "V-1", "--date", "2026-03-04").err


def test_what_takes_long_is_announced(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    clerk.write(issue())

    def slow(path: Path) -> Ledger:
        said.wait(10)
        return load_ledger(path)

    said = threading.Event()
    heard: list[str] = []

    def hear(text: str, _colour: str | None) -> None:
        heard.append(text)
        said.set()

    monkeypatch.setattr(console, "_LONG", 0.01)
    monkeypatch.setattr(console, "_print", hear)
    monkeypatch.setattr(console, "load", slow)
    clerk.run("list")
    assert heard == [f"Loading {clerk.path} …"]
    assert capfd.readouterr().err == ""


# --- What is refused, and taken back ----------------------------------------------------


def _copied(ledger: Ledger, *months: tuple[int, int]) -> dict[Path, list[Draft]]:
    """The issue of V-1 once more in each of these months, by the file that it goes into."""
    [fact] = [fact for fact in ledger.reading.facts if fact.ids == ("V-1",)]
    copies = [
        fact._replace(ids=(f"C-{year}-{month}",), date=dt.date(year, month, 2))
        for year, month in months
    ]
    drafts = [Decision(copy, "", copy.date) for copy in copies]
    return append.by_file(ledger, drafts, None)


def test_every_month_that_the_ledger_does_not_include_is_named(clerk: Clerk) -> None:
    ledger = load_ledger(_split(clerk, vouchers__2026__03=issue()).path)
    before = clerk.files()
    with pytest.raises(WriteRefusedError) as refused:
        append.submit(ledger, _copied(ledger, (2026, 5), (2026, 4)))
    folder = clerk.folder / "vouchers" / "2026"
    assert str(refused.value) == (
        f"the ledger does not include {folder}/04.beancount, {folder}/05.beancount"
    )
    assert clerk.files() == before


def test_a_folder_that_was_made_before_one_that_cannot_be_is_removed(clerk: Clerk) -> None:
    ledger = load_ledger(_split(clerk, vouchers__2026__03=issue()).path)
    (clerk.folder / "vouchers" / "2028").write_text("in the way")
    with pytest.raises(WriteRefusedError, match=r"/vouchers/2028/01.beancount: File exists$"):
        append.submit(ledger, _copied(ledger, (2027, 1), (2028, 1)))
    assert not (clerk.folder / "vouchers" / "2027").exists()


@pytest.fixture
def unread(clerk: Clerk) -> tuple[Ledger, dict[Path, list[Draft]]]:
    """A ledger, and drafts for two months of a new year that it does not include."""
    ledger = load_ledger(_split(clerk, vouchers__2026__03=issue()).path)
    return ledger, _copied(ledger, (2027, 1), (2027, 2))


def test_a_folder_is_made_and_removed_while_the_ledger_is_locked(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, unread: tuple[Ledger, Any]
) -> None:
    """Or another writer of the ledger would find it, and then not any more."""
    seen: list[str] = []

    def seeing(name: str, call: Any) -> Any:
        def seen_by(*args: Any, **options: Any) -> Any:
            with (
                (clerk.folder / ".ledger.beancount.lock").open() as second,
                pytest.raises(BlockingIOError),
            ):
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            seen.append(name)
            return call(*args, **options)

        return seen_by

    for name in ("mkdir", "rmdir"):
        monkeypatch.setattr(Path, name, seeing(name, getattr(Path, name)))
    with (
        pytest.raises(WriteRefusedError, match=r"^the ledger does not include "),
        append.turn(clerk.path),
    ):
        append.submit(*unread)
    assert seen == ["mkdir", "mkdir", "rmdir"]
    assert not (clerk.folder / "vouchers" / "2027").exists()


def test_a_folder_in_which_another_ledger_writes_stays(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, unread: tuple[Ledger, Any]
) -> None:
    folder = clerk.folder / "vouchers" / "2027"
    with ExitStack() as theirs:

        def meanwhile(*_args: object) -> None:
            theirs.enter_context(locks.locked(folder / "03.beancount"))
            raise WriteRefusedError("a new error")

        monkeypatch.setattr(append, "_verify", meanwhile)
        with pytest.raises(WriteRefusedError, match=r"^a new error$"):
            append.submit(*unread)
        assert (folder / ".03.beancount.lock").exists()
        atomic_files.write_new(folder / "03.beancount", "theirs")


def test_a_folder_that_cannot_be_removed_is_in_nobodys_way(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, unread: tuple[Ledger, Any]
) -> None:
    def refused(_folder: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "rmdir", refused)
    with pytest.raises(WriteRefusedError, match=r"^the ledger does not include "):
        append.submit(*unread)
    assert list((clerk.folder / "vouchers" / "2027").iterdir()) == []


def test_a_folder_that_another_ledger_removes_is_made_once_more(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its write was refused, and it had made the folder before we came."""
    _split(clerk, vouchers__2026__03=issue())
    clerk.path.write_text(clerk.path.read_text().replace("2026/03.bean", "*/*.bean"))
    folder = clerk.folder / "vouchers" / "2027"
    folder.mkdir()
    locked, calls = locks.locked, list[Path]()

    def late(path: Path) -> Any:
        calls.append(path)
        if len(calls) == 2:
            folder.rmdir()
        return locked(path)

    monkeypatch.setattr(locks, "locked", late)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2027-01-02", "--write")
    assert (ran.status, ran.err) == (0, f"Wrote {folder}/01.beancount.\n")
    assert calls == [clerk.path, folder / "01.beancount", folder / "01.beancount"]
    assert load_path(clerk.path).state("V-2") == "issued"


@pytest.mark.parametrize("name", [".ledger.beancount.lock", "vouchers/.a.beancount.lock"])
def test_a_lock_that_is_a_symlink_is_refused(clerk: Clerk, name: str) -> None:
    """As it may come with a clone: neither is it followed, nor what it leads to shared."""
    _split(clerk, vouchers__a=issue())
    secret, lock = clerk.folder / "secret", clerk.folder / name
    secret.write_text("secret")
    secret.chmod(0o600)
    lock.symlink_to(secret)
    before, files = secret.stat(), clerk.files()
    path = lock.with_name(lock.name[1:].removesuffix(".lock"))
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (
        3,
        f"{path}: its lock {lock} cannot be taken: it is a symlink, and is none of ours; "
        "remove it; nothing was written\n",
    )
    assert (secret.stat(), clerk.files()) == (before, files)


@pytest.mark.parametrize("month", [3, 4])
def test_a_write_that_fails_leaves_nothing_to_undo(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, month: int
) -> None:
    """Neither of a file that is there, nor of a new one."""
    _split(clerk, vouchers__2026__03=issue())
    before = clerk.files()

    def failing(*_args: object) -> None:
        raise WriteRefusedError("the disk is full")

    monkeypatch.setattr(file_append, "append", failing)
    monkeypatch.setattr(atomic_files, "write_new", failing)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", f"2026-0{month}-02", "--write")
    assert (ran.status, ran.err) == (3, "the disk is full; nothing was written\n")
    assert clerk.files() == before


def test_a_ledger_that_is_another_by_now_is_not_written_to(clerk: Clerk) -> None:
    ledger = load_ledger(_split(clerk, vouchers__2026__03=issue()).path)
    drafts = _copied(ledger, (2026, 3))
    clerk.append(issue("V-2"))
    before = clerk.files()
    said = "^the ledger was changed meanwhile$"
    with pytest.raises(ChangedMeanwhileError, match=said):
        append.submit(ledger, drafts)
    assert clerk.files() == before
    with pytest.raises(ChangedMeanwhileError, match=said):
        append._verify(ledger, {}, {})


def test_a_file_that_does_not_hold_what_was_written_was_changed(clerk: Clerk) -> None:
    ledger = load_ledger(clerk.write(issue()).path)
    files, contents = _copied(ledger, (2026, 3)), {clerk.path: (b"", b"what was written")}
    with pytest.raises(ChangedMeanwhileError, match=f"^{clerk.path} was changed meanwhile$"):
        append._verify(ledger, files, contents)


def test_a_ledger_that_is_another_by_now_is_not_tried(clerk: Clerk) -> None:
    clerk.write(issue() + "2027-01-01 balance Assets:Ann:Iss:Frozen 100.00 CNY\n")
    ledger = load_ledger(clerk.path)
    [drafts] = _copied(ledger, (2026, 3)).values()
    clerk.append(issue("V-2"))
    with pytest.raises(ChangedMeanwhileError, match=r"^the ledger was changed meanwhile$"):
        trial_module.dry_run(ledger, drafts)


def test_a_write_that_would_bring_an_error_changes_no_byte(clerk: Clerk) -> None:
    proof = "2026-03-21 balance Assets:Ins:Acc 0 CNY\n"
    clerk.write(HAPPY.replace(SETTLE, "") + proof + issue("V-2"))
    before = clerk.files()
    ran = clerk.run("run", "--as-of", "2026-03-20", "--write")
    assert ran.status == 3
    assert "refused: V-1: Balance failed for 'Assets:Ins:Acc'" in ran.err
    assert "not everything can be done; nothing was written" in ran.err
    assert clerk.files() == before


UNCLOSED = '2026-01-01 note Assets:Ann:Iss "unclosed'
MISREAD = "what was appended is not read as the directives that it is"


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are appended to, and cut off again, one after the other."""
    append_to, take_back, written = file_append.append, Appended.take_back, list[Path]()

    def counted(path: Path, before: bytes, text: str) -> Appended:
        written.append(path)
        return append_to(path, before, text)

    def counted_back(appended: Appended) -> bool:
        written.append(appended.path)
        return take_back(appended)

    monkeypatch.setattr(file_append, "append", counted)
    monkeypatch.setattr(Appended, "take_back", counted_back)
    return written


def test_what_a_file_swallows_is_refused_at_once(clerk: Clerk, writes: list[Path]) -> None:
    """Nobody else is to blame, and the second time it would be no better."""
    one, two = "2026-01-01 nothing\n" + issue("V-1") + UNCLOSED, issue("V-2")
    _split(clerk, one=one, two=two)
    clerk.append("oops\n")  # a syntax error of another file has nothing to do with it
    before = clerk.files()
    path, line = clerk.folder / "one.beancount", one.count("\n") + 1
    said = f"{path}: {MISREAD}; mend the syntax error in line {line} first; nothing was written\n"
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, said)
    assert writes == [path, path]  # there, and back
    writes.clear()
    ran = clerk.run("run", "--as-of", "2026-03-09", "--write")
    assert (ran.status, ran.err) == (3, said)
    assert len(writes) == 4
    assert clerk.files() == before


def test_what_a_plugin_swallows_is_refused_at_once(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, writes: list[Path]
) -> None:
    (clerk.folder / "swallowing.py").write_text(
        "__plugins__ = ['run']\n"
        "def run(entries, options):\n"
        "    return [each for each in entries if 'voucher-accept' not in str(each)], []\n"
    )
    monkeypatch.syspath_prepend(str(clerk.folder))
    clerk.write(issue(), plugin='plugin "swallowing"\n' + PLUGIN)
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, f"{clerk.path}: {MISREAD}; nothing was written\n")
    assert len(writes) == 2


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_file_that_is_read_twice_is_not_written(
    clerk: Clerk, writes: list[Path], link: str
) -> None:
    _split(clerk, v__a=issue())
    clerk.path.write_text(clerk.path.read_text().replace("v/a.", "v/*."))
    getattr(clerk.folder / "v" / "b.beancount", link)(clerk.folder / "v" / "a.beancount")
    before = clerk.files()
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (
        3,
        f"the ledger reads one file twice: {clerk.folder}/v/a.beancount and "
        f"{clerk.folder}/v/b.beancount; nothing was written\n",
    )
    assert (clerk.files(), writes) == (before, [])


def test_what_only_the_written_ledger_shows_is_undone(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial saw nothing; the ledger, loaded again, has an error in one of two files."""
    _split(clerk, one=issue("V-1"), two=issue("V-2"))
    clerk.append("2026-03-09 balance Assets:Ann:Iss:Frozen 200.00 CNY\n")
    before = clerk.files()
    monkeypatch.setattr(deliver, "dry_run", lambda _ledger, drafts: (list(drafts), []))
    ran = clerk.run(
        "void", "V-1", "V-2", "--reason", "cancelled", "--as-of", "2026-03-03", "--write"
    )
    assert ran.status == 3
    assert "the ledger would have a new error: Balance failed" in ran.err
    assert clerk.files() == before


def test_a_ledger_that_no_longer_loads_is_undone(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())
    before = clerk.files()

    def failing(_path: Path) -> Ledger:
        raise LedgerError("cannot load it")

    monkeypatch.setattr(append, "load", failing)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 3
    assert "cannot load it; nothing was written" in ran.err
    assert clerk.files() == before


def test_an_interrupted_write_is_undone(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.write(issue())
    before = clerk.files()

    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(append, "_verify", interrupted)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 130
    assert clerk.files() == before


def test_an_interrupted_write_that_others_have_written_behind_is_told(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())

    def interrupted(*_args: object) -> None:
        clerk.append(";; theirs\n")
        raise KeyboardInterrupt

    monkeypatch.setattr(append, "_verify", interrupted)
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, f"interrupted; not undone in {clerk.path}\n")
    assert clerk.path.read_text().endswith("\n" + ACCEPT + ";; theirs\n")


@pytest.mark.parametrize("name", ["one", "two"])
def test_what_a_killed_writer_left_half_is_cut_off_by_the_next(clerk: Clerk, name: str) -> None:
    """In whichever file of the ledger it stands; and then all is decided anew."""
    _split(clerk, one=issue(), two=";; two\n")
    path = clerk.folder / f"{name}.beancount"
    before, note = path.read_bytes(), undo_notes.place_of(path)
    text = b"\n" + issue("V-2").encode() * 9
    found = path.stat()
    note.write_bytes(b"%d %d %d %d\n" % (found.st_dev, found.st_ino, len(before), len(text)) + text)
    path.write_bytes(before + text[: 512 - len(before)])
    assert clerk.run(*ACCEPTING).status == 0
    assert path.read_bytes() == before + (b"\n" + ACCEPT.encode() if name == "one" else b"")
    assert not note.exists()


def test_a_file_that_is_not_utf8_is_refused(clerk: Clerk) -> None:
    _split(clerk, facts=issue())
    facts = clerk.folder / "facts.beancount"
    facts.write_bytes(issue().encode() + b"; caf\xe9\n")
    before = clerk.files()
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 3
    assert "it is not UTF-8" in ran.err
    assert clerk.files() == before


def test_a_read_only_folder_is_refused(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.write(issue())
    before = clerk.files()
    opened = os.open

    def read_only(path: Any, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT and str(path).startswith(str(clerk.folder)):
            raise PermissionError(13, "Permission denied")  # root would be let in
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, "open", read_only)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 3
    assert "Permission denied; nothing was written" in ran.err
    assert clerk.files() == before


def test_a_write_protected_top_file_is_in_no_later_writes_way(clerk: Clerk) -> None:
    _split(clerk, facts=issue() + issue("V-2"))
    clerk.path.chmod(0o444)
    for voucher in ("V-1", "V-2"):
        assert clerk.run("accept", voucher, "--date", "2026-03-03", "--write").status == 0
        assert (clerk.folder / ".ledger.beancount.lock").stat().st_mode & 0o777 == 0o664


def test_a_folder_that_cannot_be_made_is_refused(clerk: Clerk) -> None:
    _split(clerk, vouchers__2026__03=issue())
    (clerk.folder / "vouchers" / "2027").write_text("in the way")
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2027-01-02", "--write")
    path = clerk.folder / "vouchers" / "2027" / "01.beancount"
    assert (ran.status, ran.err) == (3, f"{path}: File exists; nothing was written\n")


def test_one_that_cannot_be_done_leaves_the_others_unwritten(clerk: Clerk) -> None:
    clerk.write(HAPPY.replace(SETTLE, "") + issue("V-2"))
    before = clerk.files()
    for extra in (["--write"], ["-o", str(clerk.folder / "new")]):
        ran = clerk.run("settle", "V-1", "V-2", "--as-of", "2026-03-07", *extra)
        assert ran.status == 3
        assert "refused: V-2: settle of a voucher that is issued" in ran.err
        assert clerk.files() == before


@pytest.mark.parametrize("edited", [["one"], ["one", "two"]])
def test_what_somebody_else_changed_meanwhile_is_not_undone_but_named(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, edited: list[str]
) -> None:
    """Two files are written, and some edited, before an error shows: the others are restored."""
    _split(clerk, one=issue("V-1"), two=issue("V-2"))
    before = clerk.files()
    paths = [clerk.folder / f"{name}.beancount" for name in edited]

    def editing(*_args: object) -> None:
        for path in paths:
            path.write_text(path.read_text() + "; edited\n")
        raise WriteRefusedError("a new error")

    monkeypatch.setattr(append, "_verify", editing)
    ran = clerk.run("run", "--as-of", "2026-03-09", "--write")
    named = ", ".join(map(str, paths))
    assert ran.status == 3
    assert ran.err == f"a new error; not undone in {named}\n"
    changed = {name for name, content in clerk.files().items() if content != before[name]}
    assert changed == {path.name for path in paths}


def test_a_file_that_cannot_be_restored_is_named(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())

    def failing(*_args: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(file_append, "_cut", failing)
    monkeypatch.setattr(append, "_verify", _refusing)
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, f"a new error; not undone in {clerk.path}\n")


def _refusing(*_args: object) -> None:
    raise WriteRefusedError("a new error")


# --- A running Fava ----------------------------------------------------------------------

MONTHLY_ISSUE = ("issue", "V-2", "--like", "V-1", "--write", "--date")


def _watched(clerk: Clerk) -> FavaLedger:
    """The ledger as a running Fava has it: asked for changes at each page."""
    ledger = FavaLedger(str(clerk.path), poll_watcher=True)
    assert not ledger.changed()
    return ledger


def _vouchers(ledger: FavaLedger) -> list[str]:
    return [
        each.values[0].value
        for each in ledger.all_entries_by_type.Custom
        if each.type == "voucher-issue"
    ]


@pytest.mark.parametrize("nested", [False, True])
def test_a_running_fava_sees_the_file_of_a_new_month_at_once(clerk: Clerk, nested: bool) -> None:
    """It watches the files that it has loaded: the one whose pattern finds the new one is touched."""
    _split(clerk, v__2026__03=issue())
    pattern = 'include "2026/*.beancount"\n'
    if nested:
        (clerk.folder / "v" / "all.beancount").write_text(pattern)
    text = clerk.path.read_text().replace(
        'include "v/2026/03.beancount"\n',
        'include "v/all.beancount"\n' if nested else f'include "v/{pattern[9:]}',
    )
    clerk.path.write_text(text)
    before = clerk.files()
    ledger = _watched(clerk)
    assert clerk.run(*MONTHLY_ISSUE, "2026-04-02").status == 0
    assert ledger.changed()
    assert _vouchers(ledger) == ["V-1", "V-2"]
    assert {name: content for name, content in clerk.files().items() if name in before} == before
    assert clerk.run(*ACCEPTING).status == 0
    assert ledger.changed()
    assert [each for each in ledger.errors if each.entry is not None] == []


def test_a_file_that_is_not_ours_to_touch(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The voucher is recorded all the same, and Fava sees it later."""

    def refused(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    _split(clerk, **{"2026__03": issue()})
    clerk.path.write_text(clerk.path.read_text().replace("2026/03.", "*/*."))
    monkeypatch.setattr(os, "utime", refused)
    assert clerk.run(*MONTHLY_ISSUE, "2026-04-02").status == 0
    assert load_path(clerk.path).state("V-2") == "issued"


# --- Where it cannot go -----------------------------------------------------------------


def test_a_ledger_that_comes_through_a_stream(clerk: Clerk) -> None:
    clerk.write(issue())
    command = [sys.executable, "-m", "beancount_voucher", "-f", "/dev/stdin", *ACCEPTING]
    before = clerk.files()
    with clerk.path.open() as file:
        ran = subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)
    said = "/dev/stdin is a stream: name the file itself; nothing was written\n"
    assert (ran.returncode, ran.stderr) == (3, said)
    for name in ("/dev/fd/0", "/proc/self/fd/0"):
        with pytest.raises(WriteRefusedError, match=f"^{name} is a stream: name the file itself$"):
            append.turn(Path(name)).__enter__()
    assert clerk.files() == before


def test_another_name_of_the_ledger_is_not_cut_off(clerk: Clerk) -> None:
    other = clerk.write(issue()).folder / "other"
    other.hardlink_to(clerk.path)
    assert clerk.run(*ACCEPTING).status == 0
    assert other.read_bytes() == clerk.path.read_bytes()
    assert other.samefile(clerk.path)


def test_a_file_system_without_hard_links_and_without_synced_folders(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def of_files(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(handle)

    def refused(*_args: object, **_options: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    _split(clerk, **{"2026__03": issue()})
    clerk.path.write_text(clerk.path.read_text().replace("2026/03.", "*/*."))
    monkeypatch.setattr(os, "fsync", of_files)
    monkeypatch.setattr(os, "link", refused)
    assert clerk.run(*MONTHLY_ISSUE, "2026-04-02").status == 0
    assert clerk.run(*ACCEPTING).status == 0
    assert load_path(clerk.path).errors == []


def test_a_new_file_is_taken_back(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    _split(clerk, vouchers__2026__03=issue())
    before = clerk.files()
    monkeypatch.setattr(append, "_verify", _refusing)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-02", "--write")
    assert ran.status == 3
    assert "a new error; nothing was written" in ran.err
    assert clerk.files() == before


def test_a_ledgers_file_by_another_name(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    _split(clerk, facts=issue(), more=";; more\n")
    (clerk.folder / "below").mkdir()
    monkeypatch.chdir(clerk.folder / "below")
    assert clerk.run(*ACCEPTING, "-o", "../more.beancount").status == 0
    assert ACCEPT in (clerk.folder / "more.beancount").read_text()


def test_the_diff_of_a_new_file(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clerk.folder)
    clerk.write(issue())
    ran = clerk.run("accept", "V-1", "--date", "2026-03-03", "-o", "new.beancount", "--diff")
    assert ran.out == "--- /dev/null\n+++ b/new.beancount\n@@ -0,0 +1 @@\n+" + ACCEPT
    assert (clerk.folder / "new.beancount").read_text() == ACCEPT


def test_a_period_named_like_a_voucher(clerk: Clerk) -> None:
    _split(clerk, old=issue("2026-03"), new=issue("V-1", date="2026-03-04"))
    assert clerk.run("close", "2026-03", "--date", "2026-03-31", "--write").status == 0
    assert "voucher-close" in (clerk.folder / "new.beancount").read_text()


# --- Others write, too ------------------------------------------------------------------


def _saving(path: Path, text: str, after: float = 0.5) -> threading.Thread:
    """An editor that has emptied a file, and writes the rest a moment later."""
    file = path.open("w", encoding="utf-8")

    def rest() -> None:
        time.sleep(after)
        file.write(text)
        file.close()

    thread = threading.Thread(target=rest)
    thread.start()
    return thread


def test_a_month_that_is_being_saved_is_waited_for(clerk: Clerk) -> None:
    """Its vouchers are not read; yet no number is given out twice, and no text lost."""
    month = _split(clerk, **{"2026__03": issue()}).folder / "2026" / "03.beancount"
    if is_being_written(month) is None:
        pytest.skip(f"NOT TESTED: {month} is on a file system that does not tell")
    editor = _saving(month, issue() + ";; edited\n")
    asked = ["--id", "V-{n}", "5.00 CNY", "--policyholder", "Ann", "--insurer", "Ins"]
    ran = clerk.run("request", *asked, "--date", "2026-03-10", "--write")
    editor.join()
    assert (ran.status, ran.err) == (0, f"Wrote {month}.\n")
    assert month.read_text().startswith(issue() + ";; edited\n\n2026-03-10 custom")
    assert list(load_path(clerk.path).evaluation.vouchers) == ["V-1", "V-2"]


def test_a_file_that_was_emptied_is_not_written(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody tells who has it open, either: its editor may be about to fill it."""
    month = _split(clerk, **{"2026__03": issue(), "2026__04": ""}).folder / "2026" / "04.beancount"
    for told in (True, False):
        if not told:
            monkeypatch.setattr(leases, "_ask", lambda *_: errno.ENOSYS)
            monkeypatch.setattr(file_append, "_PATIENCE", 0.01)
        ran = clerk.run(*MONTHLY_ISSUE, "2026-04-02")
        assert (ran.status, ran.err) == (
            3,
            f"{month} was emptied a moment ago: somebody may be about to save it; "
            "if it is meant to be empty, put a comment into it; nothing was written\n",
        )
        assert month.read_bytes() == b""


def test_a_ledger_that_is_saved_while_it_is_verified(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it is read, and says nothing: it is read once more."""
    clerk.write(issue())
    os.utime(clerk.path, (0, 0))  # or it is read again before, too
    loads: list[Path] = []

    def half(path: Path) -> Ledger:
        loads.append(path)
        whole = clerk.path.read_bytes()
        if len(loads) == 1:
            clerk.path.write_bytes(whole[:-20])
        ledger = load_ledger(path)
        clerk.path.write_bytes(whole)
        return ledger

    monkeypatch.setattr(append, "load", half)
    assert clerk.run(*ACCEPTING).status == 0
    assert len(loads) == 2
    assert clerk.path.read_text() == PLUGIN + WORLD + issue() + "\n" + ACCEPT


def test_a_ledger_that_is_saved_again_and_again(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())
    looks: list[object] = []

    def never(*_args: object) -> None:
        looks.append(_args)
        clerk.append(f";; {len(looks)}\n")
        raise ChangedMeanwhileError("changed")

    monkeypatch.setattr(append, "_verify", never)
    monkeypatch.setattr(deliver, "_ATTEMPTS", 1)
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, f"changed; not undone in {clerk.path}\n")
    assert len(looks) == file_append.LOOKS + 1


def test_an_editor_that_saves_once_all_is_verified(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())
    before, verify, calls = clerk.path.read_bytes(), append._verify, list[object]()

    def late(*args: Any) -> None:
        calls.append(args)
        verify(*args)
        if len(calls) == 1:
            clerk.path.write_bytes(before)

    monkeypatch.setattr(append, "_verify", late)
    assert clerk.run(*ACCEPTING).status == 0
    assert len(calls) == 2
    assert clerk.path.read_text() == PLUGIN + WORLD + issue() + "\n" + ACCEPT


@pytest.mark.parametrize("moment", ["when it decides", "when it is about to look"])
def test_git_takes_a_file_away_before_it_puts_another_there(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """In between, it is no new file, and all is decided anew."""
    month = _split(clerk, **{"2026__03": issue()}).folder / "2026" / "03.beancount"
    trial, samefile = trial_module.dry_run, Path.samefile
    away, calls = clerk.folder / "away", list[object]()

    def trying(ledger: Ledger, drafts: Any) -> Any:
        calls.append(drafts)
        found = trial(ledger, drafts)
        if len(calls) == 1 and moment == "when it decides":
            month.rename(away)
        return found

    def looking(path: Path, other: Path) -> bool:
        calls.append(other)
        if len(calls) == 2 and moment == "when it is about to look":
            month.rename(away)
        return samefile(path, other)

    def back(ledger: Ledger) -> Ledger:
        if away.exists():
            away.rename(month)
        return load_ledger(ledger.path)

    monkeypatch.setattr(deliver, "dry_run", trying)
    monkeypatch.setattr(Path, "samefile", looking)
    monkeypatch.setattr(deliver, "reopen", back)
    assert clerk.run(*ACCEPTING).status == 0
    assert month.read_text() == issue() + "\n" + ACCEPT


def test_a_file_of_the_ledger_that_is_gone_is_no_new_file(clerk: Clerk) -> None:
    """Git would find ours in the place of what it is about to write."""
    ledger = load_ledger(_split(clerk, facts=issue(), more=";; more\n").path)
    more = clerk.folder / "more.beancount"
    more.unlink()
    with pytest.raises(ChangedMeanwhileError, match=f"^{more} was changed meanwhile$"):
        append._written(ledger, more, None, ACCEPT)
    assert not more.exists()


def test_a_file_that_git_has_taken_away_while_it_is_verified(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _split(clerk, **{"2026__03": issue()})
    clerk.path.write_text(clerk.path.read_text().replace("2026/03.", "2026/*."))
    month, away = clerk.folder / "2026" / "03.beancount", clerk.folder / "away"

    def gone(path: Path) -> Ledger:
        if month.exists():
            month.rename(away)
        month.with_name("04.beancount").write_text(";; another\n")
        return load_ledger(path)

    def back(ledger: Ledger) -> Ledger:
        if away.exists():
            month.write_text(issue())
            monkeypatch.setattr(append, "load", load_ledger)
        return load_ledger(ledger.path)

    for path in (month, clerk.path):
        os.utime(path, (0, 0))
    monkeypatch.setattr(append, "load", gone)
    monkeypatch.setattr(deliver, "reopen", back)
    assert clerk.run(*ACCEPTING).status == 0
    assert month.read_text() == issue() + "\n" + ACCEPT


def test_while_it_decides_nobody_else_writes(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or of many clerks who write at once none would get far."""
    clerk.write(issue())
    tried = list[object]()

    def trying(_ledger: Ledger, drafts: Any) -> Any:
        with (
            (clerk.folder / ".ledger.beancount.lock").open("w") as file,
            pytest.raises(BlockingIOError),
        ):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tried.append(drafts)
        return list(drafts), []

    monkeypatch.setattr(deliver, "dry_run", trying)
    assert clerk.run(*ACCEPTING).status == 0
    assert len(tried) == 1


def test_what_was_written_while_it_waited_for_its_turn(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())
    locked = locks.locked

    def waiting(path: Path) -> Any:
        clerk.append("\n" + event("return", "2026-03-02"))
        return locked(path)

    monkeypatch.setattr(locks, "locked", waiting)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 3
    assert "[returned]" in ran.err
    assert "voucher-accept" not in clerk.path.read_text()


def test_what_was_decided_on_an_older_ledger_is_decided_anew(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody records a return between the decision and the write: nothing is settled."""
    clerk.write(HAPPY.replace(SETTLE, ""))
    trial, calls = trial_module.dry_run, []

    def meanwhile(ledger: Ledger, drafts: Any) -> Any:
        calls.append(drafts)
        found = trial(ledger, drafts)
        if len(calls) == 1:
            clerk.append("\n" + event("return", "2026-03-06"))
        return found

    monkeypatch.setattr(deliver, "dry_run", meanwhile)
    ran = clerk.run("settle", "V-1", "--as-of", "2026-03-07", "--write")
    assert ran.status == 3
    assert "[returned]" in ran.err
    assert load_path(clerk.path).state() == "applied"


def test_a_ledger_that_never_rests(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.write(issue())
    trial = trial_module.dry_run

    def always(ledger: Ledger, drafts: Any) -> Any:
        clerk.append("\n" + issue(f"X-{len(ledger.reading.facts)}"))
        return trial(ledger, drafts)

    monkeypatch.setattr(deliver, "dry_run", always)
    monkeypatch.setattr(deliver, "_ATTEMPTS", 3)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 3
    assert "the ledger is changed again and again; nothing was written" in ran.err


def test_a_writer_that_comes_between_the_trial_and_the_end_is_told(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who takes no lock adds a fact while ours is being verified: ours is decided anew."""
    clerk.write(issue())
    verify, calls = append._verify, []

    def joined(before: Ledger, files: Any, contents: Any) -> None:
        calls.append(files)
        if len(calls) == 1:
            (clerk.folder / "facts").mkdir()
            (clerk.folder / "facts" / "new.beancount").write_text(issue("V-2"))
        verify(before, files, contents)

    (clerk.folder / "fact").mkdir()
    (clerk.folder / "fact" / "old.beancount").write_text("")
    clerk.append('include "fact*/*.beancount"\n')
    monkeypatch.setattr(append, "_verify", joined)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 0
    assert len(calls) == 2
    assert load_path(clerk.path).errors == []
    assert clerk.path.read_text().count("voucher-accept") == 1


def test_what_was_decided_on_half_a_file_is_decided_anew(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor had written no more when we read it, and all of it a moment later."""
    _split(clerk, one=issue("V-1"), two=issue("V-2"))
    calls: list[object] = []

    def half(path: Path) -> Ledger:
        (clerk.folder / "two.beancount").write_text(";; half\n" if not calls else issue("V-2"))
        calls.append(path)
        ledger = load_ledger(path)
        (clerk.folder / "two.beancount").write_text(issue("V-2"))
        return dataclasses.replace(ledger, stamps=stamps(ledger.files))

    monkeypatch.setattr(console, "load", half)
    verify, verified = append._verify, list[object]()

    def counted(*args: Any) -> None:
        verified.append(args)
        verify(*args)

    monkeypatch.setattr(append, "_verify", counted)
    ran = clerk.run(
        "accept",
        "V-1",
        "--date",
        "2026-03-03",
        "-o",
        str(clerk.folder / "two.beancount"),
        "--write",
    )
    assert (ran.status, len(calls), len(verified)) == (0, 2, 2)
    assert (clerk.folder / "two.beancount").read_text() == issue("V-2") + "\n" + ACCEPT


@pytest.mark.parametrize("name", ["one", "two"])
def test_an_editor_that_saves_what_it_had_meanwhile(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It takes no lock: ours is gone from the one file, a fact from the other. Once more, then."""
    _split(clerk, one=issue("V-1"), two=issue("V-2"))
    verify, calls = append._verify, list[object]()
    saved = issue("V-1") if name == "one" else ";; nothing\n"

    def saving(before: Ledger, files: Any, contents: Any) -> None:
        calls.append(files)
        if len(calls) == 1:
            (clerk.folder / f"{name}.beancount").write_text(saved)
        verify(before, files, contents)

    monkeypatch.setattr(append, "_verify", saving)
    assert clerk.run(*ACCEPTING).status == 0
    assert (clerk.folder / "one.beancount").read_text() == issue("V-1") + "\n" + ACCEPT
    assert (clerk.folder / f"{name}.beancount").read_text().startswith(saved)
    assert len(calls) == 3  # once more at rest, and then what was decided anew


def test_a_fact_that_claims_to_stand_where_drafts_do_is_no_change(clerk: Clerk) -> None:
    """Metadata says so: nobody has changed the ledger, and the trial must see that."""
    claim = issue("V-2").rstrip("\n") + '\n  filename: "<string>"\n'
    proof = "2026-03-09 balance Assets:Ann:Iss:Frozen 200.00 CNY\n"
    clerk.write(issue() + claim + proof)
    ran = clerk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (0, f"Wrote {clerk.path}.\n")


def test_a_ledger_that_breaks_meanwhile(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.write(issue())

    def breaking(_ledger: Ledger, drafts: Any) -> Any:
        clerk.append(event("accept", "2026-03-02", voucher="V-9") + '  lineno: "x"\n')
        return list(drafts), []

    monkeypatch.setattr(deliver, "dry_run", breaking)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 3
    assert "Beancount cannot load it" in ran.err
    assert '"voucher-accept" "V-1"' not in clerk.path.read_text()


def test_a_ledger_that_breaks_before_it_is_decided_anew(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())

    def breaking(_ledger: Ledger, _files: object) -> None:
        clerk.append(event("accept", "2026-03-02", voucher="V-9") + '  lineno: "x"\n')
        raise ChangedMeanwhileError("changed")

    monkeypatch.setattr(deliver, "submit", breaking)
    ran = clerk.run(*ACCEPTING)
    assert ran.status == 1
    assert "Beancount cannot load it" in ran.err


RECORDING = """
import sys
from click.testing import CliRunner
from beancount_voucher.cli import main

path, name = sys.argv[1:]
for number in range(25):
    ran = CliRunner().invoke(main, [
        "-f", path, "issue", f"{name}-{number}", "1.00 CNY", "--like", "V-1",
        "--date", "2026-03-02", "--write",
    ])
    assert ran.exit_code == 0, (ran.stdout, ran.stderr)
"""


MONTHLY = """
import sys
from click.testing import CliRunner
from beancount_voucher.cli import main

path, month = sys.argv[1:]
for number in range(4):
    ran = CliRunner().invoke(main, [
        "-f", path, "issue", "--id", "N-{n:03}", "1.00 CNY", "--like", "V-1",
        "--date", f"2026-{int(month):02}-02", "--write",
    ])
    assert ran.exit_code == 0, (ran.stdout, ran.stderr)
"""


# Somebody who appends lines of a journal, each by one write, for some seconds; now and then
# with the file open for a while before.
JOURNAL = """
import os, random, sys, time

path, lines, chance = sys.argv[1], int(sys.argv[2]), random.Random(1)
for number in range(lines):
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    if not number % 500:
        time.sleep(chance.choice((0, 0.01, 0.02, 0.04)))
    os.write(handle, f"; {number}\\n".encode())
    os.close(handle)
    time.sleep(0.0001)
"""


def test_20_000_lines_beside_our_writers(clerk: Clerk) -> None:
    """None is lost, and no voucher either."""
    clerk.write(issue(amount="1.00 CNY"))
    journal = subprocess.Popen([sys.executable, "-c", JOURNAL, str(clerk.path), "20000"])
    recorded: list[str] = []
    while journal.poll() is None:
        name = f"C-{len(recorded)}"
        recording = ["issue", name, "1.00 CNY", "--like", "V-1", "--date", "2026-03-02", "--write"]
        assert clerk.run(*recording).status == 0
        recorded.append(name)
    assert journal.returncode == 0
    lines = [line for line in clerk.path.read_text().splitlines() if line.startswith("; ")]
    assert lines == [f"; {number}" for number in range(20_000)]
    assert len(recorded) >= 10
    ledger = load_path(clerk.path)
    assert ledger.errors == []
    assert sorted(ledger.evaluation.vouchers) == sorted(["V-1", *recorded])


def test_clerks_who_write_different_files_lose_nothing_either(clerk: Clerk) -> None:
    """And no two of their vouchers get the same number."""
    _split(clerk, vouchers__2026__03=issue(amount="1.00 CNY"))
    clerk.path.write_text(clerk.path.read_text().replace("2026/03.bean", "*/*.bean"))
    clerks = [
        subprocess.Popen([sys.executable, "-c", MONTHLY, str(clerk.path), str(month)])
        for month in range(4, 10)
    ]
    assert [clerk.wait() for clerk in clerks] == [0] * 6
    ledger = load_path(clerk.path)
    assert ledger.errors == []
    assert set(ledger.evaluation.vouchers) == {"V-1"} | {f"N-{n:03}" for n in range(1, 25)}


def test_eight_clerks_lose_nothing(clerk: Clerk) -> None:
    """Eight processes record 25 vouchers each in one ledger: 200 of 200 are kept."""
    clerk.write(issue(amount="1.00 CNY"))
    clerks = [
        subprocess.Popen([sys.executable, "-c", RECORDING, str(clerk.path), f"C{number}"])
        for number in range(8)
    ]
    assert [clerk.wait() for clerk in clerks] == [0] * 8
    ledger = load_path(clerk.path)
    assert ledger.errors == []
    expected = {f"C{clerk}-{number}" for clerk in range(8) for number in range(25)}
    assert set(ledger.evaluation.vouchers) == expected | {"V-1"}
    assert Path(clerk.path).read_text().count("voucher-issue") == 201
