"""``--write`` while others write: of nobody is anything lost, and nothing is decided on what was."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.cli import console, deliver
from beancount_voucher.ledger import append, file_append, leases, locks
from beancount_voucher.ledger import dry_run as trial_module
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError
from beancount_voucher.ledger.leases import is_being_written
from beancount_voucher.ledger.loader import load as load_ledger
from tests.support import ACCEPT, HAPPY, PLUGIN, SETTLE, WORLD, event, issue, load_path

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger
    from tests.support.clerk import Clerk

ACCEPTING = ("accept", "V-1", "--date", "2026-03-03", "--write")
MONTHLY_ISSUE = ("issue", "V-2", "--like", "V-1", "--write", "--date")


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
    month = clerk.split(**{"2026__03": issue()}).folder / "2026" / "03.beancount"
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
    month = clerk.split(**{"2026__03": issue(), "2026__04": ""}).folder / "2026" / "04.beancount"
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
    monkeypatch.setattr(append, "told_by_changed_files", lambda *_: None)  # or none is loaded
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

    def late(*args: Any) -> Any:
        calls.append(args)
        landed = verify(*args)
        if len(calls) == 1:
            clerk.path.write_bytes(before)
        return landed

    monkeypatch.setattr(append, "_verify", late)
    assert clerk.run(*ACCEPTING).status == 0
    assert len(calls) == 2
    assert clerk.path.read_text() == PLUGIN + WORLD + issue() + "\n" + ACCEPT


@pytest.mark.parametrize("moment", ["when it decides", "when it is about to look"])
def test_git_takes_a_file_away_before_it_puts_another_there(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """In between, it is no new file, and all is decided anew."""
    month = clerk.split(**{"2026__03": issue()}).folder / "2026" / "03.beancount"
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

    def back(ledger: Ledger, **_: object) -> Ledger:
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
    ledger = load_ledger(clerk.split(facts=issue(), more=";; more\n").path)
    more = clerk.folder / "more.beancount"
    more.unlink()
    with pytest.raises(ChangedMeanwhileError, match=f"^{more} was changed meanwhile$"):
        append._written(ledger, more, None, ACCEPT)
    assert not more.exists()


def test_a_file_that_git_has_taken_away_while_it_is_verified(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.split(**{"2026__03": issue()})
    clerk.path.write_text(clerk.path.read_text().replace("2026/03.", "2026/*."))
    month, away = clerk.folder / "2026" / "03.beancount", clerk.folder / "away"

    def gone(path: Path) -> Ledger:
        if month.exists():
            month.rename(away)
        month.with_name("04.beancount").write_text(";; another\n")
        return load_ledger(path)

    def back(ledger: Ledger, **_: object) -> Ledger:
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

    def joined(before: Ledger, files: Any, contents: Any) -> Any:
        calls.append(files)
        if len(calls) == 1:
            (clerk.folder / "facts").mkdir()
            (clerk.folder / "facts" / "new.beancount").write_text(issue("V-2"))
        return verify(before, files, contents)

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
    clerk.split(one=issue("V-1"), two=issue("V-2"))
    calls: list[object] = []

    def half(path: Path, **_: object) -> Ledger:
        (clerk.folder / "two.beancount").write_text(";; half\n" if not calls else issue("V-2"))
        calls.append(path)
        ledger = load_ledger(path)
        (clerk.folder / "two.beancount").write_text(issue("V-2"))
        return ledger

    monkeypatch.setattr(console, "load_facts", half)
    monkeypatch.setattr(console, "load", half)
    verify, verified = append._verify, list[object]()

    def counted(*args: Any) -> Any:
        verified.append(args)
        return verify(*args)

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
    assert (ran.status, len(calls), len(verified)) == (0, 2, 1)
    assert (clerk.folder / "two.beancount").read_text() == issue("V-2") + "\n" + ACCEPT


@pytest.mark.parametrize("name", ["one", "two"])
def test_an_editor_that_saves_what_it_had_meanwhile(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It takes no lock: ours is gone from the one file, a fact from the other. Once more, then."""
    clerk.split(one=issue("V-1"), two=issue("V-2"))
    verify, calls = append._verify, list[object]()
    saved = issue("V-1") if name == "one" else ";; nothing\n"

    def saving(before: Ledger, files: Any, contents: Any) -> Any:
        calls.append(files)
        if len(calls) == 1:
            (clerk.folder / f"{name}.beancount").write_text(saved)
        return verify(before, files, contents)

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
    clerk.split(vouchers__2026__03=issue(amount="1.00 CNY"))
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
