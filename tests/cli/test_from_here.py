"""Messages name files from the folder where the command runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli.console import from_here
from tests.support import HAPPY, event

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clerk import Clerk


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}/a.beancount:3: why", "a.beancount:3: why"),
        ("结算之后（{}/b.beancount:3）", "结算之后（b.beancount:3）"),
        ("V-1：{}/b.beancount:3", "V-1：b.beancount:3"),
        ("V-1: stands in ({}/b/c.beancount:4)", "V-1: stands in (b/c.beancount:4)"),
        ("{} is a folder", "{} is a folder"),
        ("{}/ is, too", "{}/ is, too"),
        ("/mnt{}/a.beancount", "/mnt{}/a.beancount"),
        ("nothing", "nothing"),
    ],
)
def test_files_are_named_from_here(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_here(text.replace("{}", str(tmp_path))) == told.replace("{}", str(tmp_path))


def test_files_are_named_whole_at_the_root_and_where_the_folder_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone() -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", lambda: "/")
    assert from_here("/a.beancount") == "/a.beancount"
    monkeypatch.setattr(os, "getcwd", gone)
    assert from_here("/a.beancount") == "/a.beancount"


def test_messages_of_commands_name_files_from_here(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(HAPPY + event("accept", "2026-03-09"))
    monkeypatch.chdir(clerk.folder)
    assert clerk.run("check").out.startswith("ledger.beancount:")
    assert str(clerk.folder) not in clerk.run("show", "V-1").out
    assert "(ledger.beancount:" in clerk.run("accept", "V-1", "--date", "2026-03-10").err
