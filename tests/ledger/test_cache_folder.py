"""Which folder is fit to hold an answer about money, and which is not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import platformdirs
import pytest

from beancount_voucher.ledger import cache_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def top(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    folder.mkdir()
    path = folder / "top.beancount"
    path.write_text("")
    return path


def named(monkeypatch: pytest.MonkeyPatch, path: object) -> None:
    monkeypatch.setenv("BEAN_VOUCHER_CACHE", str(path))


def test_it_is_made_for_its_user_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, top: Path
) -> None:
    named(monkeypatch, tmp_path / "a" / "cache")
    assert cache_folder.usable(top) == tmp_path / "a" / "cache"
    assert (tmp_path / "a" / "cache").stat().st_mode & 0o777 == 0o700
    assert cache_folder.usable(top) == tmp_path / "a" / "cache"


def test_where_nobody_names_one_it_is_the_platform_s(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BEAN_VOUCHER_CACHE")
    monkeypatch.setattr(
        platformdirs, "user_cache_path", lambda *names: tmp_path.joinpath(*filter(None, names))
    )
    assert cache_folder.named() == tmp_path / "bean-voucher"


@pytest.mark.parametrize("name", ["", "here", "./here", "a\0b", "/" + "x" * 5000])
def test_a_name_that_is_no_folder(monkeypatch: pytest.MonkeyPatch, top: Path, name: str) -> None:
    monkeypatch.setattr(os, "environ", {"BEAN_VOUCHER_CACHE": name})
    assert cache_folder.usable(top) is None


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701, 0o770, 0o777, 0o1777])
def test_others_may_look_into_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, top: Path, mode: int
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(mode)
    named(monkeypatch, folder)
    assert cache_folder.usable(top) is None
    assert folder.stat().st_mode & 0o7777 == mode
    assert list(folder.iterdir()) == []


def test_it_is_somebody_else_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, top: Path) -> None:
    named(monkeypatch, tmp_path / "cache")
    assert cache_folder.usable(top)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert cache_folder.usable(top) is None
    monkeypatch.delattr(os, "geteuid")
    assert cache_folder.usable(top) is None


def test_it_is_a_file_or_a_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, top: Path) -> None:
    (tmp_path / "file").write_text("")
    named(monkeypatch, tmp_path / "file")
    assert cache_folder.usable(top) is None
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    named(monkeypatch, tmp_path / "link")
    assert cache_folder.usable(top) is None
    named(monkeypatch, tmp_path / "link" / "below")
    assert cache_folder.usable(top) == tmp_path / "real" / "below"


@pytest.mark.parametrize("inside", ["cache", "a/b/cache", "../link/cache", "../ledger/cache"])
def test_it_lies_where_the_ledger_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, top: Path, inside: str
) -> None:
    (tmp_path / "link").symlink_to(top.parent)
    named(monkeypatch, top.parent / inside)
    assert cache_folder.usable(top) is None
    assert [path.name for path in top.parent.iterdir()] == [top.name]


def test_the_top_file_is_a_link_or_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, top: Path
) -> None:
    named(monkeypatch, tmp_path / "cache")
    link = tmp_path / "link.beancount"
    link.symlink_to(top)
    assert cache_folder.usable(link) == tmp_path / "cache"
    top.unlink()
    assert cache_folder.usable(link) is None
