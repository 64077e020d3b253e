"""New files: whole, or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.writing import WriteRefusedError, remove, write_new

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new.beancount"
    mask = os.umask(0o027)
    try:
        write_new(path, "凭证\n")
    finally:
        os.umask(mask)
    assert path.read_bytes() == "凭证\n".encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
    remove(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "old.beancount"
    path.write_text("old")
    with pytest.raises(WriteRefusedError, match="exists already"):
        write_new(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WriteRefusedError, match="No such file or directory"):
        write_new(tmp_path / "no" / "new.beancount", "new")


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteRefusedError, match="No space left on device"):
        write_new(tmp_path / "new.beancount", "new")
    assert list(tmp_path.iterdir()) == []
