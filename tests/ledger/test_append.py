"""``--write``: where it goes, what it refuses, and that nothing is lost or half done."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fava.core import FavaLedger

from beancount_voucher.cli import console, deliver
from beancount_voucher.ledger import append, atomic_files, file_append, locks, undo_notes
from beancount_voucher.ledger import dry_run as trial_module
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError, WriteRefusedError
from beancount_voucher.ledger.file_append import Appended
from beancount_voucher.ledger.loader import LedgerError
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.lifecycle.decisions import Decision
from tests.support import ACCEPT, HAPPY, PLUGIN, SETTLE, WORLD, event, issue, load_path

if TYPE_CHECKING:
    from beancount_voucher.ledger.dry_run import Draft
    from beancount_voucher.ledger.loader import Ledger
    from tests.support.clerk import Clerk

ACCEPTING = ("accept", "V-1", "--date", "2026-03-03", "--write")


# --- Where it goes ----------------------------------------------------------------------


def test_events_go_into_the_file_of_the_issue(clerk: Clerk) -> None:
    clerk.split(old=issue("V-0"), new=issue(), asked=issue("V-2", kind="request"))
    assert clerk.run(*ACCEPTING).status == 0
    assert (clerk.folder / "new.beancount").read_text() == issue() + "\n" + ACCEPT
    assert clerk.run("refuse", "V-2", "--date", "2026-03-03", "--write").status == 0
    assert "voucher-refuse" in (clerk.folder / "asked.beancount").read_text()


def test_a_new_voucher_goes_where_the_latest_event_stands(clerk: Clerk) -> None:
    clerk.split(a=issue("V-0") + event("accept", "2026-03-04", voucher="V-0"), b=issue())
    clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02", "--write")
    assert '"V-2"' in (clerk.folder / "a.beancount").read_text()


def test_what_is_no_event_of_a_voucher_does_not_count_as_the_latest(clerk: Clerk) -> None:
    clerk.split(a=issue(), b='2026-03-31 custom "voucher-close" "2026-03"\n')
    clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-01", "--write")
    assert '"V-2"' in (clerk.folder / "a.beancount").read_text()


def test_a_month_in_which_no_voucher_stands_is_no_home_of_vouchers(clerk: Clerk) -> None:
    """The ordinary journal of a month is not where they are kept."""
    clerk.split(vouchers=issue(), **{"2026__03": "; groceries\n"})
    for date in ("2026-03-02", "2026-04-02"):
        ran = clerk.run("issue", "--id", "V-{n}", "--like", "V-1", "--date", date, "--write")
        assert ran.status == 0
    assert (clerk.folder / "vouchers.beancount").read_text().count('"voucher-issue"') == 3


def test_the_first_voucher_goes_into_the_file_of_its_month(clerk: Clerk) -> None:
    clerk.split(**{"2026__03": "; nothing yet\n"})
    asked = ["--policyholder", "Ann", "--insurer", "Ins", "--write"]
    ran = clerk.run("request", "V-1", "5.00 CNY", "--date", "2026-03-02", *asked)
    assert ran.status == 0
    assert '"V-1"' in (clerk.folder / "2026" / "03.beancount").read_text()


def test_of_two_trees_of_months_the_last_by_name_counts(clerk: Clerk) -> None:
    clerk.split(archive__2026__03=issue(), books__2026__03=issue("V-0"))
    clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02", "--write")
    assert '"V-2"' in (clerk.folder / "books" / "2026" / "03.beancount").read_text()


def test_what_is_about_an_account_goes_where_that_is_opened(clerk: Clerk) -> None:
    ann, bob = (f"2020-01-01 open Assets:{name}:Cash\n" for name in ("Ann", "Bob"))
    ledger = load_ledger(clerk.split(ann=ann, bob=bob).path)
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
    clerk.split(vouchers__2026__03=issue())
    text = clerk.path.read_text().replace("vouchers/2026/03.beancount", "vouchers/*/*.beancount")
    clerk.path.write_text(text)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2027-01-02", "--write", "--diff")
    assert ran.status == 0
    assert ran.out.startswith("--- /dev/null\n+++ b/")
    new = (clerk.folder / "vouchers" / "2027" / "01.beancount").read_text()
    assert new.startswith('2027-01-02 custom "voucher-issue" "V-2" 100.00 CNY\n')
    assert load_path(clerk.path).state("V-2") == "issued"


def test_a_month_that_the_ledger_does_not_include_is_taken_back(clerk: Clerk) -> None:
    clerk.split(vouchers__2026__03=issue())
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
    clerk.split(facts=issue(), more=";; more\n")
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
    clerk.split(one=issue("V-1"), two=issue("V-2"))
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

    def slow(path: Path, **_: object) -> Ledger:
        said.wait(10)
        return load_ledger(path)

    said = threading.Event()
    heard: list[str] = []

    def hear(text: str, _colour: str | None) -> None:
        heard.append(text)
        said.set()

    monkeypatch.setattr(console, "_LONG", 0.01)
    monkeypatch.setattr(console, "_print", hear)
    monkeypatch.setattr(console, "load_facts", slow)
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
    ledger = load_ledger(clerk.split(vouchers__2026__03=issue()).path)
    before = clerk.files()
    with pytest.raises(WriteRefusedError) as refused:
        append.submit(ledger, _copied(ledger, (2026, 5), (2026, 4)))
    folder = clerk.folder / "vouchers" / "2026"
    assert str(refused.value) == (
        f"the ledger does not include {folder}/04.beancount, {folder}/05.beancount"
    )
    assert clerk.files() == before


def test_a_folder_that_was_made_before_one_that_cannot_be_is_removed(clerk: Clerk) -> None:
    ledger = load_ledger(clerk.split(vouchers__2026__03=issue()).path)
    (clerk.folder / "vouchers" / "2028").write_text("in the way")
    with pytest.raises(WriteRefusedError, match=r"/vouchers/2028/01.beancount: File exists$"):
        append.submit(ledger, _copied(ledger, (2027, 1), (2028, 1)))
    assert not (clerk.folder / "vouchers" / "2027").exists()


@pytest.fixture
def unread(clerk: Clerk) -> tuple[Ledger, dict[Path, list[Draft]]]:
    """A ledger, and drafts for two months of a new year that it does not include."""
    ledger = load_ledger(clerk.split(vouchers__2026__03=issue()).path)
    return ledger, _copied(ledger, (2027, 1), (2027, 2))


def test_a_new_file_that_is_gone_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, unread: tuple[Ledger, dict[Path, list[Draft]]]
) -> None:
    ledger, drafts = unread

    def gone(path: Path) -> Ledger:
        for each in drafts:
            each.unlink()
        return load_ledger(path)

    monkeypatch.setattr(append, "load", gone)
    with pytest.raises(ChangedMeanwhileError):
        append.submit(ledger, drafts)


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
    clerk.split(vouchers__2026__03=issue())
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
    clerk.split(vouchers__a=issue())
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
    clerk.split(vouchers__2026__03=issue())
    before = clerk.files()

    def failing(*_args: object) -> None:
        raise WriteRefusedError("the disk is full")

    monkeypatch.setattr(file_append, "append", failing)
    monkeypatch.setattr(atomic_files, "write_new", failing)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", f"2026-0{month}-02", "--write")
    assert (ran.status, ran.err) == (3, "the disk is full; nothing was written\n")
    assert clerk.files() == before


def test_a_ledger_that_is_another_by_now_is_not_written_to(clerk: Clerk) -> None:
    ledger = load_ledger(clerk.split(vouchers__2026__03=issue()).path)
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


def test_the_first_new_error_that_drafts_would_bring(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue() + "2027-01-01 balance Assets:Ann:Iss:Frozen 100.00 CNY\n")
    ledger = load_ledger(clerk.path)
    [drafts] = _copied(ledger, (2026, 3)).values()
    told = trial_module.first_new_error(ledger, drafts)  # a second issue of the same voucher
    assert (told is not None, trial_module.first_new_error(ledger, [])) == (True, None)
    monkeypatch.setattr(trial_module, "passes", lambda *_: False)
    assert trial_module.first_new_error(ledger, []) is None

    def failing(*_arguments: object) -> Ledger:
        raise LedgerError("cannot load it")

    monkeypatch.setattr(trial_module, "load", failing)
    assert trial_module.first_new_error(ledger, drafts) == "cannot load it"


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
    clerk.split(one=one, two=two)
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
    clerk.split(v__a=issue())
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
    clerk.split(one=issue("V-1"), two=issue("V-2"))
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
    monkeypatch.setattr(append, "told_by_changed_files", lambda *_: None)  # or none is loaded
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
    clerk.split(one=issue(), two=";; two\n")
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
    clerk.split(facts=issue())
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
    clerk.split(facts=issue() + issue("V-2"))
    clerk.path.chmod(0o444)
    for voucher in ("V-1", "V-2"):
        assert clerk.run("accept", voucher, "--date", "2026-03-03", "--write").status == 0
        assert (clerk.folder / ".ledger.beancount.lock").stat().st_mode & 0o777 == 0o664


def test_a_folder_that_cannot_be_made_is_refused(clerk: Clerk) -> None:
    clerk.split(vouchers__2026__03=issue())
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
    clerk.split(one=issue("V-1"), two=issue("V-2"))
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
    clerk.split(v__2026__03=issue())
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

    clerk.split(**{"2026__03": issue()})
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

    clerk.split(**{"2026__03": issue()})
    clerk.path.write_text(clerk.path.read_text().replace("2026/03.", "*/*."))
    monkeypatch.setattr(os, "fsync", of_files)
    monkeypatch.setattr(os, "link", refused)
    assert clerk.run(*MONTHLY_ISSUE, "2026-04-02").status == 0
    assert clerk.run(*ACCEPTING).status == 0
    assert load_path(clerk.path).errors == []


def test_a_new_file_is_taken_back(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.split(vouchers__2026__03=issue())
    before = clerk.files()
    monkeypatch.setattr(append, "_verify", _refusing)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-02", "--write")
    assert ran.status == 3
    assert "a new error; nothing was written" in ran.err
    assert clerk.files() == before


def test_a_ledgers_file_by_another_name(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.split(facts=issue(), more=";; more\n")
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
    clerk.split(old=issue("2026-03"), new=issue("V-1", date="2026-03-04"))
    assert clerk.run("close", "2026-03", "--date", "2026-03-31", "--write").status == 0
    assert "voucher-close" in (clerk.folder / "new.beancount").read_text()
