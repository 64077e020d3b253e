"""The line that git runs to merge: it cannot lose a branch, whatever becomes of the command."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.review import merge_driver
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.work_tree import WorkTree
from tests.support import ACCEPT, SETTLE, event, issue
from tests.support.repository import APPLIED, TOP, VOUCHERS, Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND = Path(sys.executable).with_name("bean-voucher")
ATTRIBUTES = "*.beancount merge=bean-voucher\n"
KEY = "merge.bean-voucher.driver"

# --- git runs it ------------------------------------------------------------------------


def merging(repository: Repository, command: Path | str, *texts: str | bytes, name: str = VOUCHERS) -> tuple[int, str]:  # fmt: skip
    """Merge two changes of a file; git's exit status, and what is in the file then."""
    base, ours, theirs = (each.encode() if isinstance(each, str) else each for each in texts)
    repository.git("config", KEY, merge_driver.driver(command))
    path = repository.folder / name
    repository.write({".gitattributes": ATTRIBUTES})
    for content, branch in ((base, "base"), (theirs, "theirs"), (ours, "ours")):
        repository.git("checkout", "--quiet", "-b", branch, *(["base"] if branch != "base" else []))
        path.write_bytes(content)
        repository.commit({})
    status = 0
    try:
        repository.git("merge", "--quiet", "--no-edit", "theirs")
    except AssertionError:
        status = 1
    return status, path.read_bytes().decode(errors="replace")


def script(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


RETURN = event("return", "2026-03-05")
LATER = issue("V-2")


def test_what_goes_together_is_merged(repository: Repository) -> None:
    status, text = merging(repository, COMMAND, APPLIED, APPLIED + SETTLE, LATER + APPLIED)
    assert (status, text) == (0, LATER + APPLIED + SETTLE)
    assert not repository.git("ls-files", "--unmerged")


def test_a_dispute_is_marked_once(repository: Repository) -> None:
    status, text = merging(repository, COMMAND, APPLIED, APPLIED + SETTLE, APPLIED + RETURN)
    assert status == 1
    assert text.count("<<<<<<<") == text.count(">>>>>>>") == 1
    assert f"<<<<<<< ours\n{SETTLE}=======\n{RETURN}>>>>>>> theirs\n" in text
    assert repository.git("ls-files", "--unmerged")


# What stands where the command should be.
MISSING = {
    "nothing": None,
    "what cannot be started": "exit 126",
    "what fails before it reads": "exit 1",
    "what is used wrongly": "exit 2",
    "what refuses to write": "exit 3",
    "what is killed": "kill -9 $$",
}


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("theirs", [APPLIED + RETURN, LATER + APPLIED])
def test_a_command_that_does_not_run_loses_nobodys_lines(
    repository: Repository, tmp_path: Path, name: str, theirs: str
) -> None:
    """git's own merge of lines is in the file, and it counts as unmerged in any case."""
    text = MISSING[name]
    command = tmp_path / "none" if text is None else script(tmp_path / "bin", "bean-voucher", text)
    status, found = merging(repository, command, APPLIED, APPLIED + SETTLE, theirs)
    assert status == 1
    for line in (*SETTLE.splitlines(), *theirs.splitlines()):
        assert line in found
    assert ("<<<<<<< ours" in found) is (theirs == APPLIED + RETURN)
    assert repository.git("ls-files", "--unmerged")


def test_what_git_cannot_merge_either_is_not_merged(repository: Repository, tmp_path: Path) -> None:
    """A file that is no text: git takes nothing of it, and says so."""
    texts = [f"; {each}\0\n".encode() for each in ("base", "ours", "theirs")]
    status, text = merging(repository, tmp_path / "none", *texts)
    assert (status, text) == (1, "; ours\0\n")
    repository.git("merge", "--quiet", "--no-edit", "theirs", status=128)  # it did not end


@pytest.mark.parametrize("name", ["a b.beancount", "it's.beancount", '"$(x)".beancount', "%O.beancount", "-x.beancount"])  # fmt: skip
def test_a_file_may_have_any_name(repository: Repository, tmp_path: Path, name: str) -> None:
    status, text = merging(repository, COMMAND, APPLIED, APPLIED + SETTLE, LATER + APPLIED, name=name)  # fmt: skip
    assert (status, text) == (0, LATER + APPLIED + SETTLE)
    repository.git("reset", "--quiet", "--hard", "HEAD^1")
    repository.git("config", KEY, merge_driver.driver(tmp_path / "none"))
    repository.git("merge", "--quiet", "--no-edit", "theirs", status=1)
    assert "voucher-settle" in (repository.folder / name).read_text()


@pytest.mark.parametrize("folder", ["a b", "it's", "50%O %A", '"$(x)"'])
def test_the_command_may_lie_anywhere(repository: Repository, tmp_path: Path, folder: str) -> None:
    command = script(tmp_path / folder, "bean-voucher", f'exec {shlex.quote(str(COMMAND))} "$@"')
    status, _ = merging(repository, command, APPLIED, APPLIED + SETTLE, LATER + APPLIED)
    assert status == 0


# --- It is installed --------------------------------------------------------------------


def installed(repository: Repository, *arguments: str, status: int = 0) -> list[str]:
    ran = repository.run(*arguments, "merge", "--install")
    assert (ran.status, ran.out) == (status, ""), ran.err
    return ran.err.splitlines()


SET = [
    "merge.bean-voucher.name is set for this clone.",
    "merge.bean-voucher.driver is set for this clone.",
]
AS_BEFORE = [f"{line.removesuffix('.')}, as before." for line in SET]
ADDED = (
    ".gitattributes has the line *.beancount merge=bean-voucher; commit it, and every clone has it."
)
THERE = ".gitattributes names the driver for ledger.beancount, as before."


def test_it_is_installed_once(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(COMMAND)])
    repository.commit(issue())
    assert installed(repository) == [*SET, ADDED]
    path = repository.folder / ".gitattributes"
    assert path.read_text() == ATTRIBUTES
    assert repository.git("config", KEY) == merge_driver.driver(COMMAND)
    config = (repository.folder / ".git" / "config").read_bytes()
    assert installed(repository) == [*AS_BEFORE, THERE]
    assert (path.read_text(), (repository.folder / ".git" / "config").read_bytes()) == (ATTRIBUTES, config)  # fmt: skip
    repository.git("config", "--add", KEY, "another")
    assert installed(repository) == [AS_BEFORE[0], SET[1], THERE]
    assert repository.git("config", "--get-all", KEY) == merge_driver.driver(COMMAND)
    assert repository.run("check").err == "0 ledger errors, 0 findings.\n"


# What .gitattributes has before -> what it has then, and what is said.
ATTRIBUTED: dict[str, tuple[str, str, str]] = {
    "other lines": ("*.pdf binary\n", "*.pdf binary\n" + ATTRIBUTES, ADDED),
    "no end of its line": ("*.pdf binary", "*.pdf binary\n" + ATTRIBUTES, ADDED),
    "nothing": ("", ATTRIBUTES, ADDED),
    "the same in other words": ("ledger.* merge=bean-voucher\n", "ledger.* merge=bean-voucher\n", THERE),
    "another driver": ("*.beancount merge=union\n", "*.beancount merge=union\n" + ATTRIBUTES, ADDED),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTRIBUTED)
def test_what_stands_in_the_attributes_stays(repository: Repository, name: str) -> None:
    before, after, said = ATTRIBUTED[name]
    repository.commit({**base(), ".gitattributes": before})
    assert installed(repository)[-1] == said
    assert (repository.folder / ".gitattributes").read_text() == after


def base() -> dict[str, str]:
    return {TOP: ";\n"}


def test_the_suffix_is_the_ledgers(repository: Repository) -> None:
    repository.commit({"books/main.bean": ";\n"})
    repository.run("merge", "--install", top="books/main.bean")
    text = (repository.folder / ".gitattributes").read_text()
    assert text == "*.bean merge=bean-voucher\n"


def test_without_a_ledger_it_is_the_repository_of_this_folder(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from beancount_voucher.cli import main  # noqa: PLC0415

    monkeypatch.chdir(repository.folder)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    ran = CliRunner().invoke(main, ["merge", "--install"], env={"BEANCOUNT_FILE": None})
    assert ran.exit_code == 0
    assert (repository.folder / ".gitattributes").read_text() == ATTRIBUTES
    assert repository.git("config", KEY) == merge_driver.driver("bean-voucher")


def test_what_cannot_be_installed(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside.beancount"
    ran = repository.run("merge", "--install", top=str(outside))
    assert (ran.status, "not a git repository" in ran.err) == (2, True)
    repository.commit(base())
    (repository.folder / ".git" / "info" / "attributes").write_text("* merge=union\n")
    assert installed(repository, status=3)[-1] == (
        ".gitattributes has the line *.beancount merge=bean-voucher, "
        "but another file of attributes says otherwise"
    )
    (repository.folder / ".gitattributes").unlink()
    (repository.folder / ".gitattributes").symlink_to(outside)
    assert installed(repository, status=3)[-1].endswith(
        ": it is a symlink, which git does not read"
    )
    assert not outside.exists()
    (repository.folder / ".git" / "config.lock").touch()
    repository.git("config", "--file", str(tmp_path / "x"), "a.b", "c")
    repository.run("merge", "--install")
    tree = WorkTree.around(repository.folder / TOP)
    with pytest.raises(GitError, match="git config: "):
        list(merge_driver.install(tree, repository.folder / TOP, "elsewhere"))
    with pytest.raises(WriteRefusedError):
        merge_driver._add(repository.folder / ".gitattributes", "x")


# --- Who checks is told -----------------------------------------------------------------

LINE_BY_LINE = (
    "git merges this ledger line by line: in this clone, run bean-voucher merge --install.\n"
)
LOSES = "where git cannot run bean-voucher, a merge loses the other branch: in this clone, run bean-voucher merge --install.\n"
OLD = "bean-voucher merge %O %A %B %P"

# The attributes and the driver -> what check says.
WARNINGS: Sequence[tuple[str, str | None, str]] = [
    ("", None, ""),
    ("*.pdf binary\n", None, ""),
    ("", OLD, ""),
    (ATTRIBUTES, None, LINE_BY_LINE),
    ("vouchers.* merge=bean-voucher\n", None, LINE_BY_LINE),
    (ATTRIBUTES, OLD, LOSES),
    (ATTRIBUTES, merge_driver.driver("bean-voucher"), ""),
    (ATTRIBUTES.replace("=", "=x"), None, ""),
]


@pytest.mark.parametrize(("attributes", "line", "said"), WARNINGS)
def test_a_clone_that_does_not_merge_by_fact_is_told(
    repository: Repository, attributes: str, line: str | None, said: str
) -> None:
    repository.write(issue() + ACCEPT).write({".gitattributes": attributes})
    if line is not None:
        repository.git("config", KEY, line)
    ran = repository.run("check")
    assert (ran.status, ran.out, ran.err) == (0, "", f"0 ledger errors, 0 findings.\n{said}")
    assert repository.run("--quiet", "check").err == ""


def test_outside_of_a_repository_nothing_is_told(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write(issue()).write({".gitattributes": ATTRIBUTES})
    (repository.folder / ".git").rename(tmp_path / "away")
    assert repository.run("check").err == "0 ledger errors, 0 findings.\n"
    (tmp_path / "away").rename(repository.folder / ".git")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert repository.run("check").err == "0 ledger errors, 0 findings.\n"
