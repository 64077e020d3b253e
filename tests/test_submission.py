"""``--write``: where it goes, what it refuses, and that nothing is lost or half done."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.cli import console, deliver
from beancount_voucher.ledger import append, atomic_files, locks
from beancount_voucher.ledger import dry_run as trial_module
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError, WriteRefusedError
from beancount_voucher.ledger.loader import LedgerError
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.lifecycle.decisions import Decision
from tests.support import ACCEPT, HAPPY, PLUGIN, SETTLE, WORLD, event, issue, load_path

if TYPE_CHECKING:
    from beancount_voucher.ledger.dry_run import Draft
    from beancount_voucher.ledger.loader import Ledger
    from tests.desk import Desk

ACCEPTING = ("accept", "V-1", "--date", "2026-03-03", "--write")


def _split(desk: Desk, **files: str) -> Desk:
    """A ledger in several files, all included."""
    for name, text in files.items():
        path = desk.folder / f"{name.replace('__', '/')}.beancount"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    includes = "".join(f'include "{name.replace("__", "/")}.beancount"\n' for name in files)
    return desk.write(includes)


# --- Where it goes ----------------------------------------------------------------------


def test_events_go_into_the_file_of_the_issue(desk: Desk) -> None:
    _split(desk, old=issue("V-0"), new=issue(), asked=issue("V-2", kind="request"))
    assert desk.run(*ACCEPTING).status == 0
    assert (desk.folder / "new.beancount").read_text() == issue() + "\n" + ACCEPT
    assert desk.run("refuse", "V-2", "--date", "2026-03-03", "--write").status == 0
    assert "voucher-refuse" in (desk.folder / "asked.beancount").read_text()


def test_a_new_voucher_goes_where_the_latest_event_stands(desk: Desk) -> None:
    _split(desk, a=issue("V-0") + event("accept", "2026-03-04", voucher="V-0"), b=issue())
    desk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02", "--write")
    assert '"V-2"' in (desk.folder / "a.beancount").read_text()


def test_what_is_no_event_of_a_voucher_does_not_count_as_the_latest(desk: Desk) -> None:
    _split(desk, a=issue(), b='2026-03-31 custom "voucher-close" "2026-03"\n')
    desk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-01", "--write")
    assert '"V-2"' in (desk.folder / "a.beancount").read_text()


def test_a_month_in_which_no_voucher_stands_is_no_home_of_vouchers(desk: Desk) -> None:
    """The ordinary journal of a month is not where they are kept."""
    _split(desk, vouchers=issue(), **{"2026__03": "; groceries\n"})
    for date in ("2026-03-02", "2026-04-02"):
        ran = desk.run("issue", "--id", "V-{n}", "--like", "V-1", "--date", date, "--write")
        assert ran.status == 0
    assert (desk.folder / "vouchers.beancount").read_text().count('"voucher-issue"') == 3


def test_the_first_voucher_goes_into_the_file_of_its_month(desk: Desk) -> None:
    _split(desk, **{"2026__03": "; nothing yet\n"})
    asked = ["--policyholder", "Ann", "--insurer", "Ins", "--write"]
    ran = desk.run("request", "V-1", "5.00 CNY", "--date", "2026-03-02", *asked)
    assert ran.status == 0
    assert '"V-1"' in (desk.folder / "2026" / "03.beancount").read_text()


def test_of_two_trees_of_months_the_last_by_name_counts(desk: Desk) -> None:
    _split(desk, archive__2026__03=issue(), books__2026__03=issue("V-0"))
    desk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02", "--write")
    assert '"V-2"' in (desk.folder / "books" / "2026" / "03.beancount").read_text()


def test_what_is_about_an_account_goes_where_that_is_opened(desk: Desk) -> None:
    ann, bob = (f"2020-01-01 open Assets:{name}:Cash\n" for name in ("Ann", "Bob"))
    ledger = load_ledger(_split(desk, ann=ann, bob=bob).path)
    for account, name in (("Ann:Cash", "ann"), ("Bob:Cash", "bob"), ("Ann:Iss", "ledger")):
        home = append.target_file_of_account(ledger, f"Assets:{account}")
        assert home == desk.folder / f"{name}.beancount"


@pytest.mark.parametrize("claim", ["5 CNY", '"elsewhere.beancount"', '"<string>"'])
def test_a_file_that_an_account_claims_to_stand_in_is_not_written(desk: Desk, claim: str) -> None:
    """Metadata says it; nobody has read it from there."""
    (desk.folder / "elsewhere.beancount").write_text("not ours")
    desk.write(issue(), world=WORLD.replace("Ann:Iss\n", f"Ann:Iss\n  filename: {claim}\n", 1))
    ledger = load_ledger(desk.path)
    assert append.target_file_of_account(ledger, "Assets:Ann:Iss") == desk.path


def test_a_new_voucher_goes_into_the_file_of_its_month(desk: Desk) -> None:
    _split(desk, vouchers__2026__03=issue())
    text = desk.path.read_text().replace("vouchers/2026/03.beancount", "vouchers/*/*.beancount")
    desk.path.write_text(text)
    ran = desk.run("issue", "V-2", "--like", "V-1", "--date", "2027-01-02", "--write", "--diff")
    assert ran.status == 0
    assert ran.out.startswith("--- /dev/null\n+++ b/")
    new = (desk.folder / "vouchers" / "2027" / "01.beancount").read_text()
    assert new.startswith('2027-01-02 custom "voucher-issue" "V-2" 100.00 CNY\n')
    assert load_path(desk.path).state("V-2") == "issued"


def test_a_month_that_the_ledger_does_not_include_is_taken_back(desk: Desk) -> None:
    _split(desk, vouchers__2026__03=issue())
    before = desk.files()
    ran = desk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-02", "--write")
    assert ran.status == 3
    assert f"the ledger does not include {desk.folder}/vouchers/2026/04.beancount" in ran.err
    # A month of another year leaves no folder either.
    ran = desk.run("issue", "V-2", "--like", "V-1", "--date", "2027-04-02", "--write")
    assert ran.status == 3
    assert not (desk.folder / "vouchers" / "2027").exists()
    assert desk.files() == before


def test_the_first_event_of_all(desk: Desk) -> None:
    desk.write("")
    assert desk.run("close", "2026-03", "--date", "2026-03-31", "--write").status == 0
    assert desk.path.read_text().endswith('"voucher-close" "2026-03"\n')
    desk.write("", world="")
    assert desk.run("close", "2026-03", "--date", "2026-03-31", "--write").status == 0
    assert desk.path.read_text() == PLUGIN + '\n2026-03-31 custom "voucher-close" "2026-03"\n'


def test_another_file_of_the_ledger_may_be_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    _split(desk, facts=issue(), more=";; more\n")
    ran = desk.run(*ACCEPTING, "-o", "more.beancount")
    assert ran.err == "Wrote more.beancount.\n"
    assert (desk.folder / "more.beancount").read_text() == ";; more\n\n" + ACCEPT
    assert (desk.folder / "facts.beancount").read_text() == issue()


def test_a_file_that_the_ledger_does_not_include_is_refused(desk: Desk) -> None:
    desk.write(issue())
    other = desk.folder / "other.beancount"
    other.write_text("mine")
    ran = desk.run(*ACCEPTING, "-o", str(other))
    assert ran.status == 3
    assert f"{other} is no file of the ledger; nothing was written" in ran.err
    assert other.read_text() == "mine"


def test_decisions_go_into_the_files_of_their_vouchers(desk: Desk) -> None:
    _split(desk, one=issue("V-1"), two=issue("V-2"))
    ran = desk.run("run", "--as-of", "2026-03-09", "--write")
    assert ran.status == 0
    for name, voucher in (("one", "V-1"), ("two", "V-2")):
        text = (desk.folder / f"{name}.beancount").read_text()
        assert text.count("voucher-void") == 1
        assert text.endswith(f'"voucher-void" "{voucher}"\n  reason: "not-accepted"\n')
    before = desk.files()
    again = desk.run("run", "--as-of", "2026-03-09", "--write")
    assert (again.status, again.err) == (0, "Nothing to write.\n")
    assert desk.files() == before


def test_newlines_a_missing_last_one_and_a_symlink_are_kept(desk: Desk) -> None:
    real = desk.folder / "real.txt"
    real.write_bytes((PLUGIN + WORLD + issue()).rstrip("\n").replace("\n", "\r\n").encode())
    real.chmod(0o600)
    desk.path.symlink_to(real)
    before = real.read_bytes()
    assert desk.run(*ACCEPTING).status == 0
    assert desk.path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    added = ACCEPT.replace("\n", "\r\n").encode()
    assert real.read_bytes() == before + b"\r\n\r\n" + added


# --- What is shown ----------------------------------------------------------------------


def test_the_diff_alone_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    desk.write(issue())
    before = desk.files()
    ran = desk.run("accept", "V-1", "--date", "2026-03-03", "--diff")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("--- a/ledger.beancount\n+++ b/ledger.beancount\n@@ ")
    assert ran.out.endswith('+\n+2026-03-03 custom "voucher-accept" "V-1"\n')
    assert desk.files() == before


def test_the_diff_comes_before_the_write(desk: Desk) -> None:
    ran = desk.write(issue()).run(*ACCEPTING, "--diff")
    assert ran.out.endswith('+2026-03-03 custom "voucher-accept" "V-1"\n')
    assert load_path(desk.path).state() == "accepted"


def test_quiet_says_only_what_went_wrong(desk: Desk) -> None:
    desk.write(issue())
    ran = desk.run("-q", *ACCEPTING)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    ran = desk.run("-q", *ACCEPTING)
    assert ran.status == 3
    assert "[duplicate]" in ran.err


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_only_where_it_is_wanted(desk: Desk, no_color: str, coloured: bool) -> None:
    desk.write(issue())
    ran = desk.run(*ACCEPTING, color=True, env={"NO_COLOR": no_color})
    assert ("\x1b[32m" in ran.err) is coloured
    assert "\x1b" not in desk.run("accept", "V-1", "--date", "2026-03-04").err


def test_what_takes_long_is_announced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    desk.write(issue())

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
    desk.run("list")
    assert heard == [f"Loading {desk.path} …"]
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


def test_every_month_that_the_ledger_does_not_include_is_named(desk: Desk) -> None:
    ledger = load_ledger(_split(desk, vouchers__2026__03=issue()).path)
    before = desk.files()
    with pytest.raises(WriteRefusedError) as refused:
        append.submit(ledger, _copied(ledger, (2026, 5), (2026, 4)))
    folder = desk.folder / "vouchers" / "2026"
    assert str(refused.value) == (
        f"the ledger does not include {folder}/04.beancount, {folder}/05.beancount"
    )
    assert desk.files() == before


def test_a_folder_that_was_made_before_one_that_cannot_be_is_removed(desk: Desk) -> None:
    ledger = load_ledger(_split(desk, vouchers__2026__03=issue()).path)
    (desk.folder / "vouchers" / "2028").write_text("in the way")
    with pytest.raises(WriteRefusedError, match=r"/vouchers/2028/01.beancount: File exists$"):
        append.submit(ledger, _copied(ledger, (2027, 1), (2028, 1)))
    assert not (desk.folder / "vouchers" / "2027").exists()


@pytest.fixture
def unread(desk: Desk) -> tuple[Ledger, dict[Path, list[Draft]]]:
    """A ledger, and drafts for two months of a new year that it does not include."""
    ledger = load_ledger(_split(desk, vouchers__2026__03=issue()).path)
    return ledger, _copied(ledger, (2027, 1), (2027, 2))


def test_a_folder_is_made_and_removed_while_the_ledger_is_locked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, unread: tuple[Ledger, Any]
) -> None:
    """Or another writer of the ledger would find it, and then not any more."""
    seen: list[str] = []

    def seeing(name: str, call: Any) -> Any:
        def seen_by(*args: Any, **options: Any) -> Any:
            with (
                (desk.folder / ".ledger.beancount.lock").open() as second,
                pytest.raises(BlockingIOError),
            ):
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            seen.append(name)
            return call(*args, **options)

        return seen_by

    for name in ("mkdir", "rmdir"):
        monkeypatch.setattr(Path, name, seeing(name, getattr(Path, name)))
    with pytest.raises(WriteRefusedError, match=r"^the ledger does not include "):
        append.submit(*unread)
    assert seen == ["mkdir", "mkdir", "rmdir"]
    assert not (desk.folder / "vouchers" / "2027").exists()


def test_a_folder_in_which_another_ledger_writes_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, unread: tuple[Ledger, Any]
) -> None:
    folder = desk.folder / "vouchers" / "2027"
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
    desk: Desk, monkeypatch: pytest.MonkeyPatch, unread: tuple[Ledger, Any]
) -> None:
    def refused(_folder: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "rmdir", refused)
    with pytest.raises(WriteRefusedError, match=r"^the ledger does not include "):
        append.submit(*unread)
    assert list((desk.folder / "vouchers" / "2027").iterdir()) == []


def test_a_folder_that_another_ledger_removes_is_made_once_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its write was refused, and it had made the folder before we came."""
    _split(desk, vouchers__2026__03=issue())
    desk.path.write_text(desk.path.read_text().replace("2026/03.bean", "*/*.bean"))
    folder = desk.folder / "vouchers" / "2027"
    folder.mkdir()
    locked, calls = locks.locked, list[Path]()

    def late(path: Path) -> Any:
        calls.append(path)
        if len(calls) == 2:
            folder.rmdir()
        return locked(path)

    monkeypatch.setattr(locks, "locked", late)
    ran = desk.run("issue", "V-2", "--like", "V-1", "--date", "2027-01-02", "--write")
    assert (ran.status, ran.err) == (0, f"Wrote {folder}/01.beancount.\n")
    assert calls == [desk.path, folder / "01.beancount", folder / "01.beancount"]
    assert load_path(desk.path).state("V-2") == "issued"


@pytest.mark.parametrize("name", [".ledger.beancount.lock", "vouchers/.a.beancount.lock"])
def test_a_lock_that_is_a_symlink_is_refused(desk: Desk, name: str) -> None:
    """As it may come with a clone: neither is it followed, nor what it leads to shared."""
    _split(desk, vouchers__a=issue())
    secret, lock = desk.folder / "secret", desk.folder / name
    secret.write_text("secret")
    secret.chmod(0o600)
    lock.symlink_to(secret)
    before, files = secret.stat(), desk.files()
    path = lock.with_name(lock.name[1:].removesuffix(".lock"))
    ran = desk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (
        3,
        f"{path}: its lock {lock} cannot be taken: it is a symlink, and is none of ours; "
        "remove it; nothing was written\n",
    )
    assert (secret.stat(), desk.files()) == (before, files)


@pytest.mark.parametrize("month", [3, 4])
def test_a_write_that_fails_leaves_nothing_to_undo(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, month: int
) -> None:
    """Neither of a file that is there, nor of a new one."""
    _split(desk, vouchers__2026__03=issue())
    before = desk.files()

    def failing(*_args: object) -> None:
        raise WriteRefusedError("the disk is full")

    monkeypatch.setattr(atomic_files, "replace", failing)
    monkeypatch.setattr(atomic_files, "write_new", failing)
    ran = desk.run("issue", "V-2", "--like", "V-1", "--date", f"2026-0{month}-02", "--write")
    assert (ran.status, ran.err) == (3, "the disk is full; nothing was written\n")
    assert desk.files() == before


def test_a_ledger_that_is_another_by_now_is_not_written_to(desk: Desk) -> None:
    ledger = load_ledger(_split(desk, vouchers__2026__03=issue()).path)
    drafts = _copied(ledger, (2026, 3))
    desk.append(issue("V-2"))
    before = desk.files()
    said = "^the ledger was changed meanwhile$"
    with pytest.raises(ChangedMeanwhileError, match=said):
        append.submit(ledger, drafts)
    assert desk.files() == before
    with pytest.raises(ChangedMeanwhileError, match=said):
        append._verify(ledger, {}, {})


def test_a_file_that_does_not_hold_what_was_written_was_changed(desk: Desk) -> None:
    ledger = load_ledger(desk.write(issue()).path)
    files, contents = _copied(ledger, (2026, 3)), {desk.path: (b"", b"what was written")}
    with pytest.raises(ChangedMeanwhileError, match=f"^{desk.path} was changed meanwhile$"):
        append._verify(ledger, files, contents)


def test_a_ledger_that_is_another_by_now_is_not_tried(desk: Desk) -> None:
    desk.write(issue() + "2027-01-01 balance Assets:Ann:Iss:Frozen 100.00 CNY\n")
    ledger = load_ledger(desk.path)
    [drafts] = _copied(ledger, (2026, 3)).values()
    desk.append(issue("V-2"))
    with pytest.raises(ChangedMeanwhileError, match=r"^the ledger was changed meanwhile$"):
        trial_module.dry_run(ledger, drafts)


def test_a_write_that_would_bring_an_error_changes_no_byte(desk: Desk) -> None:
    proof = "2026-03-21 balance Assets:Ins:Acc 0 CNY\n"
    desk.write(HAPPY.replace(SETTLE, "") + proof + issue("V-2"))
    before = desk.files()
    ran = desk.run("run", "--as-of", "2026-03-20", "--write")
    assert ran.status == 3
    assert "refused: V-1: Balance failed for 'Assets:Ins:Acc'" in ran.err
    assert "not everything can be done; nothing was written" in ran.err
    assert desk.files() == before


UNCLOSED = '2026-01-01 note Assets:Ann:Iss "unclosed'
MISREAD = "what was appended is not read as the directives that it is"


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are given new content, one after the other."""
    replace, written = atomic_files.replace, list[Path]()

    def counted(path: Path, expected: str, content: bytes) -> None:
        written.append(path)
        replace(path, expected, content)

    monkeypatch.setattr(atomic_files, "replace", counted)
    return written


def test_what_a_file_swallows_is_refused_at_once(desk: Desk, writes: list[Path]) -> None:
    """Nobody else is to blame, and the second time it would be no better."""
    one, two = "2026-01-01 nothing\n" + issue("V-1") + UNCLOSED, issue("V-2")
    _split(desk, one=one, two=two)
    desk.append("oops\n")  # a syntax error of another file has nothing to do with it
    before = desk.files()
    path, line = desk.folder / "one.beancount", one.count("\n") + 1
    said = f"{path}: {MISREAD}; mend the syntax error in line {line} first; nothing was written\n"
    ran = desk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, said)
    assert writes == [path, path]  # there, and back
    writes.clear()
    ran = desk.run("run", "--as-of", "2026-03-09", "--write")
    assert (ran.status, ran.err) == (3, said)
    assert len(writes) == 4
    assert desk.files() == before


def test_what_a_plugin_swallows_is_refused_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, writes: list[Path]
) -> None:
    (desk.folder / "swallowing.py").write_text(
        "__plugins__ = ['run']\n"
        "def run(entries, options):\n"
        "    return [each for each in entries if 'voucher-accept' not in str(each)], []\n"
    )
    monkeypatch.syspath_prepend(str(desk.folder))
    desk.write(issue(), plugin='plugin "swallowing"\n' + PLUGIN)
    ran = desk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, f"{desk.path}: {MISREAD}; nothing was written\n")
    assert len(writes) == 2


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_file_that_is_read_twice_is_not_written(
    desk: Desk, writes: list[Path], link: str
) -> None:
    _split(desk, v__a=issue())
    desk.path.write_text(desk.path.read_text().replace("v/a.", "v/*."))
    getattr(desk.folder / "v" / "b.beancount", link)(desk.folder / "v" / "a.beancount")
    before = desk.files()
    ran = desk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (
        3,
        f"the ledger reads one file twice: {desk.folder}/v/a.beancount and "
        f"{desk.folder}/v/b.beancount; nothing was written\n",
    )
    assert (desk.files(), writes) == (before, [])


def test_what_only_the_written_ledger_shows_is_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial saw nothing; the ledger, loaded again, has an error in one of two files."""
    _split(desk, one=issue("V-1"), two=issue("V-2"))
    desk.append("2026-03-09 balance Assets:Ann:Iss:Frozen 200.00 CNY\n")
    before = desk.files()
    monkeypatch.setattr(deliver, "tried", lambda _ledger, drafts: (list(drafts), []))
    ran = desk.run(
        "void", "V-1", "V-2", "--reason", "cancelled", "--as-of", "2026-03-03", "--write"
    )
    assert ran.status == 3
    assert "the ledger would have a new error: Balance failed" in ran.err
    assert desk.files() == before


def test_a_ledger_that_no_longer_loads_is_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(issue())
    before = desk.files()
    loads = []

    def failing(path: Path) -> Ledger:
        loads.append(path)
        if len(loads) > 1:
            raise LedgerError("cannot load it")
        return load_ledger(path)

    monkeypatch.setattr(append, "load", failing)
    ran = desk.run(*ACCEPTING)
    assert ran.status == 3
    assert "cannot load it; nothing was written" in ran.err
    assert desk.files() == before


def test_an_interrupted_write_is_undone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(issue())
    before = desk.files()

    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(append, "_verify", interrupted)
    ran = desk.run(*ACCEPTING)
    assert ran.status == 1
    assert desk.files() == before


def test_a_file_that_is_not_utf8_is_refused(desk: Desk) -> None:
    _split(desk, facts=issue())
    facts = desk.folder / "facts.beancount"
    facts.write_bytes(issue().encode() + b"; caf\xe9\n")
    before = desk.files()
    ran = desk.run(*ACCEPTING)
    assert ran.status == 3
    assert "it is not UTF-8" in ran.err
    assert desk.files() == before


def test_a_read_only_folder_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(issue())
    before = desk.files()
    opened = os.open

    def read_only(path: Any, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT and str(path).startswith(str(desk.folder)):
            raise PermissionError(13, "Permission denied")  # root would be let in
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, "open", read_only)
    ran = desk.run(*ACCEPTING)
    assert ran.status == 3
    assert "Permission denied; nothing was written" in ran.err
    assert desk.files() == before


def test_a_write_protected_top_file_is_in_no_later_writes_way(desk: Desk) -> None:
    _split(desk, facts=issue() + issue("V-2"))
    desk.path.chmod(0o444)
    for voucher in ("V-1", "V-2"):
        assert desk.run("accept", voucher, "--date", "2026-03-03", "--write").status == 0
        assert (desk.folder / ".ledger.beancount.lock").stat().st_mode & 0o777 == 0o664


def test_a_folder_that_cannot_be_made_is_refused(desk: Desk) -> None:
    _split(desk, vouchers__2026__03=issue())
    (desk.folder / "vouchers" / "2027").write_text("in the way")
    ran = desk.run("issue", "V-2", "--like", "V-1", "--date", "2027-01-02", "--write")
    path = desk.folder / "vouchers" / "2027" / "01.beancount"
    assert (ran.status, ran.err) == (3, f"{path}: File exists; nothing was written\n")


def test_one_that_cannot_be_done_leaves_the_others_unwritten(desk: Desk) -> None:
    desk.write(HAPPY.replace(SETTLE, "") + issue("V-2"))
    before = desk.files()
    for extra in (["--write"], ["-o", str(desk.folder / "new")]):
        ran = desk.run("settle", "V-1", "V-2", "--as-of", "2026-03-07", *extra)
        assert ran.status == 3
        assert "refused: V-2: settle of a voucher that is issued" in ran.err
        assert desk.files() == before


@pytest.mark.parametrize("edited", [["one"], ["one", "two"]])
def test_what_somebody_else_changed_meanwhile_is_not_undone_but_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, edited: list[str]
) -> None:
    """Two files are written, and some edited, before an error shows: the others are restored."""
    _split(desk, one=issue("V-1"), two=issue("V-2"))
    before = desk.files()
    paths = [desk.folder / f"{name}.beancount" for name in edited]

    def editing(*_args: object) -> None:
        for path in paths:
            path.write_text(path.read_text() + "; edited\n")
        raise WriteRefusedError("a new error")

    monkeypatch.setattr(append, "_verify", editing)
    ran = desk.run("run", "--as-of", "2026-03-09", "--write")
    named = ", ".join(map(str, paths))
    assert ran.status == 3
    assert ran.err == f"a new error; not undone in {named}\n"
    changed = {name for name, content in desk.files().items() if content != before[name]}
    assert changed == {path.name for path in paths}


def test_a_file_that_cannot_be_restored_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(issue())
    replace = atomic_files.replace
    calls: list[Path] = []

    def once(path: Path, expected: str, content: bytes) -> None:
        calls.append(path)
        if len(calls) > 1:
            raise WriteRefusedError("no")
        replace(path, expected, content)

    monkeypatch.setattr(atomic_files, "replace", once)
    monkeypatch.setattr(append, "_verify", _refusing)
    ran = desk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (3, f"a new error; not undone in {desk.path}\n")


def _refusing(*_args: object) -> None:
    raise WriteRefusedError("a new error")


def test_a_new_file_is_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _split(desk, vouchers__2026__03=issue())
    before = desk.files()
    monkeypatch.setattr(append, "_verify", _refusing)
    ran = desk.run("issue", "V-2", "--like", "V-1", "--date", "2026-04-02", "--write")
    assert ran.status == 3
    assert "a new error; nothing was written" in ran.err
    assert desk.files() == before


def test_a_ledgers_file_by_another_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _split(desk, facts=issue(), more=";; more\n")
    (desk.folder / "below").mkdir()
    monkeypatch.chdir(desk.folder / "below")
    assert desk.run(*ACCEPTING, "-o", "../more.beancount").status == 0
    assert ACCEPT in (desk.folder / "more.beancount").read_text()


def test_the_diff_of_a_new_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    desk.write(issue())
    ran = desk.run("accept", "V-1", "--date", "2026-03-03", "-o", "new.beancount", "--diff")
    assert ran.out == "--- /dev/null\n+++ b/new.beancount\n@@ -0,0 +1 @@\n+" + ACCEPT
    assert (desk.folder / "new.beancount").read_text() == ACCEPT


def test_a_period_named_like_a_voucher(desk: Desk) -> None:
    _split(desk, old=issue("2026-03"), new=issue("V-1", date="2026-03-04"))
    assert desk.run("close", "2026-03", "--date", "2026-03-31", "--write").status == 0
    assert "voucher-close" in (desk.folder / "new.beancount").read_text()


# --- Others write, too ------------------------------------------------------------------


def test_what_was_decided_on_an_older_ledger_is_decided_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody records a return between the decision and the write: nothing is settled."""
    desk.write(HAPPY.replace(SETTLE, ""))
    trial, calls = trial_module.dry_run, []

    def meanwhile(ledger: Ledger, drafts: Any) -> Any:
        calls.append(drafts)
        found = trial(ledger, drafts)
        if len(calls) == 1:
            desk.append("\n" + event("return", "2026-03-06"))
        return found

    monkeypatch.setattr(deliver, "tried", meanwhile)
    ran = desk.run("settle", "V-1", "--as-of", "2026-03-07", "--write")
    assert ran.status == 3
    assert "[returned]" in ran.err
    assert load_path(desk.path).state() == "applied"


def test_a_ledger_that_never_rests(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(issue())
    trial = trial_module.dry_run

    def always(ledger: Ledger, drafts: Any) -> Any:
        desk.append("\n" + issue(f"X-{len(ledger.reading.facts)}"))
        return trial(ledger, drafts)

    monkeypatch.setattr(deliver, "tried", always)
    monkeypatch.setattr(deliver, "_ATTEMPTS", 3)
    ran = desk.run(*ACCEPTING)
    assert ran.status == 3
    assert "the ledger is changed again and again; nothing was written" in ran.err


def test_a_writer_that_comes_between_the_trial_and_the_end_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who takes no lock adds a fact while ours is being verified: ours is decided anew."""
    desk.write(issue())
    verify, calls = append._verify, []

    def joined(before: Ledger, files: Any, contents: Any) -> None:
        calls.append(files)
        if len(calls) == 1:
            (desk.folder / "facts").mkdir()
            (desk.folder / "facts" / "new.beancount").write_text(issue("V-2"))
        verify(before, files, contents)

    (desk.folder / "fact").mkdir()
    (desk.folder / "fact" / "old.beancount").write_text("")
    desk.append('include "fact*/*.beancount"\n')
    monkeypatch.setattr(append, "_verify", joined)
    ran = desk.run(*ACCEPTING)
    assert ran.status == 0
    assert len(calls) == 2
    assert load_path(desk.path).errors == []
    assert desk.path.read_text().count("voucher-accept") == 1


@pytest.mark.parametrize("name", ["one", "two"])
def test_an_editor_that_saves_what_it_had_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It takes no lock: ours is gone from the one file, a fact from the other. Once more, then."""
    _split(desk, one=issue("V-1"), two=issue("V-2"))
    verify, calls = append._verify, list[object]()
    saved = issue("V-1") if name == "one" else ";; nothing\n"

    def saving(before: Ledger, files: Any, contents: Any) -> None:
        calls.append(files)
        if len(calls) == 1:
            (desk.folder / f"{name}.beancount").write_text(saved)
        verify(before, files, contents)

    monkeypatch.setattr(append, "_verify", saving)
    assert desk.run(*ACCEPTING).status == 0
    assert (desk.folder / "one.beancount").read_text() == issue("V-1") + "\n" + ACCEPT
    assert (desk.folder / f"{name}.beancount").read_text().startswith(saved)
    assert len(calls) == 2


def test_a_fact_that_claims_to_stand_where_drafts_do_is_no_change(desk: Desk) -> None:
    """Metadata says so: nobody has changed the ledger, and the trial must see that."""
    claim = issue("V-2").rstrip("\n") + '\n  filename: "<string>"\n'
    proof = "2026-03-09 balance Assets:Ann:Iss:Frozen 200.00 CNY\n"
    desk.write(issue() + claim + proof)
    ran = desk.run(*ACCEPTING)
    assert (ran.status, ran.err) == (0, f"Wrote {desk.path}.\n")


def test_a_ledger_that_breaks_meanwhile(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(issue())

    def breaking(_ledger: Ledger, drafts: Any) -> Any:
        desk.append(event("accept", "2026-03-02", voucher="V-9") + '  lineno: "x"\n')
        return list(drafts), []

    monkeypatch.setattr(deliver, "tried", breaking)
    ran = desk.run(*ACCEPTING)
    assert ran.status == 3
    assert "Beancount cannot load it" in ran.err
    assert '"voucher-accept" "V-1"' not in desk.path.read_text()


def test_a_ledger_that_breaks_before_it_is_decided_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(issue())

    def breaking(_ledger: Ledger, _files: object) -> None:
        desk.append(event("accept", "2026-03-02", voucher="V-9") + '  lineno: "x"\n')
        raise ChangedMeanwhileError("changed")

    monkeypatch.setattr(deliver, "submit", breaking)
    ran = desk.run(*ACCEPTING)
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


def test_clerks_who_write_different_files_lose_nothing_either(desk: Desk) -> None:
    """And no two of their vouchers get the same number."""
    _split(desk, vouchers__2026__03=issue(amount="1.00 CNY"))
    desk.path.write_text(desk.path.read_text().replace("2026/03.bean", "*/*.bean"))
    clerks = [
        subprocess.Popen([sys.executable, "-c", MONTHLY, str(desk.path), str(month)])
        for month in range(4, 10)
    ]
    assert [clerk.wait() for clerk in clerks] == [0] * 6
    ledger = load_path(desk.path)
    assert ledger.errors == []
    assert set(ledger.evaluation.vouchers) == {"V-1"} | {f"N-{n:03}" for n in range(1, 25)}


def test_eight_clerks_lose_nothing(desk: Desk) -> None:
    """Eight processes record 25 vouchers each in one ledger: 200 of 200 are kept."""
    desk.write(issue(amount="1.00 CNY"))
    clerks = [
        subprocess.Popen([sys.executable, "-c", RECORDING, str(desk.path), f"C{number}"])
        for number in range(8)
    ]
    assert [clerk.wait() for clerk in clerks] == [0] * 8
    ledger = load_path(desk.path)
    assert ledger.errors == []
    expected = {f"C{clerk}-{number}" for clerk in range(8) for number in range(25)}
    assert set(ledger.evaluation.vouchers) == expected | {"V-1"}
    assert Path(desk.path).read_text().count("voucher-issue") == 201
