"""One working copy of a ledger in git signs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.review import signing_copy
from tests.support.banks import ISSUED, banks

if TYPE_CHECKING:
    from pathlib import Path


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Li", "-c", "user.email=li@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "copy" / "books" / "ledger.beancount"
    path.parent.mkdir(parents=True)
    path.write_text("")
    _git(tmp_path / "copy", "init", "-q")
    return path


CONFIGURED = {
    "nothing": (None, False),
    "true": ("true", True),
    "yes": ("yes", True),
    "false": ("false", False),
    "what is no boolean": ("perhaps", False),
}


@pytest.mark.parametrize("name", CONFIGURED)
def test_what_the_configuration_says(name: str, ledger: Path) -> None:
    value, signs = CONFIGURED[name]
    _git(ledger.parent, "add", ".")
    if value is not None:
        _git(ledger.parent, "config", signing_copy.NAME, value)
    told = signing_copy.bar(ledger)
    assert (told is None) is signs
    assert told is None or told.endswith("git config --worktree beanvoucher.signs true")


def test_a_ledger_that_git_does_not_know(ledger: Path) -> None:
    assert signing_copy.bar(ledger) is None


def test_another_working_copy_of_the_same_repository_does_not_sign(ledger: Path) -> None:
    _git(ledger.parent, "add", ".")
    _git(ledger.parent, "config", signing_copy.NAME, "true")
    _git(ledger.parent, "commit", "-qm", "one")
    _git(ledger.parent, "worktree", "add", "-q", "../../other")
    # git tells them apart by worktreeConfig alone: without, neither is known to be the one.
    other = ledger.parents[2] / "other" / "books" / "ledger.beancount"
    assert None not in (signing_copy.bar(ledger), signing_copy.bar(other))
    _git(ledger.parent, "config", "extensions.worktreeConfig", "true")
    _git(ledger.parent, "config", "--worktree", signing_copy.NAME, "true")
    assert signing_copy.bar(ledger) is None
    assert signing_copy.bar(other) is not None


def test_a_repository_that_is_broken(ledger: Path) -> None:
    (ledger.parents[1] / ".git" / "HEAD").write_text("nothing")
    told = signing_copy.bar(ledger)
    assert told is not None
    assert told.startswith("git cannot tell whether this working copy signs: ")


def test_without_git(tmp_path: Path) -> None:
    assert signing_copy.bar(tmp_path / "ledger.beancount") is None


def test_what_has_come_is_recorded_where_nothing_is_signed(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    _git(second.folder, "init", "-q")
    _git(second.folder, "add", "ledger.beancount")
    first.say(ISSUED).turn("2026-03-02")
    ran = second.turn("2026-03-02")
    assert (ran.status, second.state(), second.facts("sent")) == (3, "issued", [])
    assert "this working copy does not sign" in ran.err
    assert "; what was told so far is recorded" in ran.err
    assert second.turn("2026-03-02").status == 3
    _git(second.folder, "config", signing_copy.NAME, "true")
    assert second.turn("2026-03-02").status == 0
    assert second.facts("sent") == ["2026-03-02 sent Acc Iss 1"]
