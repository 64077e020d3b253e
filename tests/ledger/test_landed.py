"""What was appended, told by the files that hold it; or left to a whole load to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli.commands.record import RecordCommand
from beancount_voucher.directives.facts import Fact
from beancount_voucher.ledger import append
from beancount_voucher.ledger.landed import told_by_changed_files
from beancount_voucher.ledger.loader import load, load_facts
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from tests.support import ACCEPT, APPLY, HAPPY, PLUGIN, SETTLE, WORLD, event, issue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger
    from tests.support.clerk import Clerk

ACCEPTING = ("accept", "V-1", "--date", "2026-03-03", "--write")
TWO = {"one": issue(), "two": issue("V-2") + event("accept", "2026-03-03", voucher="V-2")}


def _accepts(ledger: Ledger) -> dict[Path, list[RecordCommand]]:
    date: dt.date = ledger.reading.facts[-1].date
    fact = Fact("accept", date.replace(day=3), ("V-1",), None, {}, NOT_WRITTEN)
    return {append.target_file(ledger, fact): [RecordCommand(fact)]}


def _two(clerk: Clerk) -> Path:
    clerk.split(**TWO)
    clerk.path.write_text(clerk.path.read_text().replace('"two.', '"tw*.'))
    return clerk.path


# What is done once it is written, and whether the file alone tells that it is as it should be.
AFTERWARDS: dict[str, tuple[Callable[[Path], object], bool]] = {
    "nothing": (lambda _: None, True),
    "another file changes": (lambda folder: _append(folder / "two.beancount", ";; x\n"), False),
    "a file is new": (lambda folder: (folder / "two_b.beancount").write_text(""), False),
    "more is appended": (lambda folder: _append(folder / "one.beancount", ";; x\n"), False),
    "it is gone": (lambda folder: (folder / "one.beancount").write_text(issue()), False),
}


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize("loading", [load, load_facts])
@pytest.mark.parametrize("name", AFTERWARDS)
def test_what_happens_meanwhile(clerk: Clerk, name: str, loading: Callable[[Path], Ledger]) -> None:
    ledger = loading(_two(clerk))
    files = _accepts(ledger)
    contents = append.changes(files)
    for path, (_, after) in contents.items():
        path.write_bytes(after)
    change, told = AFTERWARDS[name]
    change(clerk.folder)
    landed = told_by_changed_files(ledger, files, contents)
    assert (landed is not None) is told
    if landed is not None:
        assert landed == (load(clerk.path).fingerprint, 0)


# What stands in the file before, and whether the file alone tells.
BEFORE = {
    "a voucher": (issue(), True),
    "without an end of the line": (issue()[:-1], True),
    "a directive that claims another line": (issue(lineno="99999"), False),
    "a balance later": (issue() + "2026-03-09 balance Equity:Opening -1 CNY\n", False),
    "a directive that claims no line": ('2026-01-09 custom "x" 1\n  lineno: "a"\n' + issue(), True),
    "one of another that claims one below": ('2026-01-09 custom "x" 1\n  lineno: 9999\n' + issue(), True),
    "an error": (issue() + event("accept", "2026-03-09"), False),
}  # fmt: skip


@pytest.mark.parametrize("name", BEFORE)
def test_what_stood_there(clerk: Clerk, name: str) -> None:
    text, told = BEFORE[name]
    ledger = load(clerk.write(text).path)
    files = _accepts(ledger)
    contents = append.changes(files)
    for path, (_, after) in contents.items():
        path.write_bytes(after)
    landed = told_by_changed_files(ledger, files, contents)
    assert (landed is not None) is told


def test_a_new_file_is_seen_by_the_whole(clerk: Clerk) -> None:
    clerk.split(**{"2026__02": issue(date="2026-02-02", accept_by="2026-02-05")})
    clerk.path.write_text(clerk.path.read_text().replace("2026/02.", "2026/*."))
    ledger = load(clerk.path)
    new = clerk.folder / "2026" / "03.beancount"
    fact = Fact("close", ledger.reading.facts[-1].date, ("2026-02",), None, {}, NOT_WRITTEN)
    files = {new: [RecordCommand(fact)]}
    contents = append.changes(files)
    assert told_by_changed_files(ledger, files, contents) is None
    new.write_bytes(contents[new][1])
    assert told_by_changed_files(ledger, files, contents) is None


def test_the_file_was_another_when_it_was_decided(clerk: Clerk) -> None:
    ledger = load(clerk.write(issue()).path)
    clerk.append(";; later\n")
    files = _accepts(ledger)
    contents = append.changes(files)
    clerk.path.write_bytes(contents[clerk.path][1])
    assert told_by_changed_files(ledger, files, contents) is None


# The command, what stands in the ledger, and how often the whole is loaded for it.
LOADS = {
    "an acceptance": (("accept", "V-1", "--date", "2026-03-03"), issue(), 0),
    "a settlement": (("run", "--as-of", "2026-03-06"), issue() + ACCEPT + APPLY, 0),
    "an issue": (("issue", "V-2", "--like", "V-1", "--date", "2026-03-09"), HAPPY, 1),
    "with an error": (("settle", "V-2", "--as-of", "2026-03-07"), HAPPY + SETTLE + "".join(
        each.replace("V-1", "V-2") for each in (issue(), ACCEPT, APPLY)
    ), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", LOADS)
def test_how_often_the_whole_is_loaded_after_a_write(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    arguments, text, times = LOADS[name]
    loads: list[Path] = []

    def counted(path: Path) -> Ledger:
        loads.append(path)
        return load(path)

    monkeypatch.setattr(append, "load", counted)
    ran = clerk.write(text).run(*arguments, "--write")
    assert "Wrote" in ran.err
    assert len(loads) == times
    assert clerk.path.read_text().startswith(PLUGIN + WORLD + text)
