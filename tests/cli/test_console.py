"""What a command does where something is missing on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from beancount_voucher.cli import console
from beancount_voucher.ledger import atomic_files
from tests.support import issue

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.clerk import Clerk


def _without(*names: str) -> Any:
    return lambda name: None if name in names else find_spec(name)


def test_without_file_locks_nothing_is_written(
    clerk: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_files, "find_spec", _without("fcntl"))
    before = clerk.write(issue()).files()
    assert clerk.run("list", "--as-of", "2026-03-03").status == 0
    ran = clerk.run("accept", "V-1", "--date", "2026-03-03", "--write")
    assert (ran.status, "this system has no file locks (fcntl)" in ran.err) == (3, True)
    made = clerk.run("demo", str(tmp_path / "new"), "--no-serve")
    assert (made.status, "this system has no file locks (fcntl)" in made.err) == (3, True)
    assert clerk.files() == before


def test_what_is_not_installed_is_named(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "find_spec", _without("beanquery"))
    ran = clerk.write(issue()).run("query", "SELECT id FROM #vouchers")
    assert (ran.status, ran.out) == (2, "")
    assert "needs what is not installed here: beanquery" in ran.err
