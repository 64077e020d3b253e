"""Locks: whoever may write the file may take it, and nothing but a lock is ever taken for one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from beancount_voucher.ledger import permissions
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.ledger.locks import locked, tidy
from tests.support.file_modes import MODES, mode_of, umask


def test_a_lock_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WriteRefusedError, match="No such file"), locked(tmp_path / "no" / "file"):
        pass


@pytest.mark.parametrize(("mask", "mode"), MODES)
def test_a_lock_for_a_new_file_is_for_whoever_may_make_one(
    tmp_path: Path, mask: int, mode: int
) -> None:
    with umask(mask), locked(tmp_path / "new"):
        assert mode_of(tmp_path / ".new.lock") == mode


# The mode of a file, and of its lock.
LOCKS = [
    (0o600, 0o600),
    (0o640, 0o640),
    (0o664, 0o664),
    (0o755, 0o644),
    # Who writes the ledger does not show in a file that is write-protected.
    (0o444, 0o664),
    (0o555, 0o664),
    (0o440, 0o660),
    (0o400, 0o600),
    (0o060, 0o660),
]


@pytest.mark.parametrize(("mode", "of_lock"), LOCKS)
def test_a_lock_is_for_whoever_may_write_the_file(tmp_path: Path, mode: int, of_lock: int) -> None:
    path, lock = tmp_path / "file", tmp_path / ".file.lock"
    path.write_bytes(b"")
    path.chmod(mode)
    for _ in range(2):
        with locked(path):
            assert mode_of(lock) == of_lock
        lock.chmod(0o444)  # as older versions left it beside a write-protected file


def test_a_lock_without_the_files_group_can_be_read_by_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    path.chmod(0o660)
    monkeypatch.setattr(permissions, "given", lambda *_: os.stat_result([-1] * 10))
    with locked(path):
        assert mode_of(tmp_path / ".file.lock") == 0o664


_opened = os.open


def _write_protected(name: Any, flags: int, *mode: int) -> int:
    """What is there can only be read, and nothing be made. (Root would be let in.)"""
    if not flags & os.O_CREAT:
        handle = _opened(name, flags & ~os.O_RDWR, *mode)
        if not flags & os.O_RDWR:
            return handle
        os.close(handle)
    raise PermissionError(13, "Permission denied")


def test_a_lock_that_can_only_be_read_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", _write_protected)
        with pytest.raises(WriteRefusedError, match="Permission denied"), locked(path):
            pass  # there is none yet, and nobody may make one
    with locked(path):
        pass
    monkeypatch.setattr(os, "open", _write_protected)
    with (
        locked(path),
        (tmp_path / ".file.lock").open() as second,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_lock_that_cannot_even_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "file", tmp_path / ".file.lock"
    path.write_bytes(b"old")
    lock.touch()
    tried: list[int] = []

    def refusing(_name: Any, flags: int, *_mode: int) -> int:
        tried.append(flags & os.O_ACCMODE)
        raise OSError(13 if len(tried) == 1 else 5, "Permission denied or worse")

    monkeypatch.setattr(os, "open", refusing)
    said = rf"^{path}: its lock {lock} cannot be taken: Permission denied or worse$"
    with pytest.raises(WriteRefusedError, match=said) as refused, locked(path):
        pass
    assert tried == [os.O_RDWR, os.O_RDONLY]
    assert isinstance(refused.value.__cause__, PermissionError)


def test_a_lock_that_cannot_be_taken_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refusing(*_args: object) -> None:
        raise OSError(37, "No locks available")

    lock = tmp_path / ".file.lock"
    said = rf"^{path}: its lock {lock} cannot be taken: "
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", refusing)
        with pytest.raises(WriteRefusedError, match=said + "No locks available$"), locked(path):
            pass
    lock.unlink()
    lock.mkdir()
    with pytest.raises(WriteRefusedError, match=said + "Is a directory$"), locked(path):
        pass


@pytest.mark.parametrize("planted", ["symlink", "dangling", "hard link", "pipe"])
@pytest.mark.parametrize("read_only", [False, True])
def test_what_somebody_has_put_in_a_locks_place_is_refused_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str, read_only: bool
) -> None:
    """What a clone or a colleague has made lead to another file, which is not for everybody."""
    path, lock, secret = (tmp_path / name for name in ("file", ".file.lock", "secret"))
    path.write_bytes(b"old")
    path.chmod(0o666)
    secret.write_bytes(b"secret")
    secret.chmod(0o600)
    if planted == "symlink":
        lock.symlink_to(secret)
    elif planted == "dangling":
        lock.symlink_to("nowhere")
    elif planted == "hard link":
        lock.hardlink_to(secret)
    else:
        os.mkfifo(lock, 0o600)
    what = {"hard link": "has another name, too", "pipe": "is no regular file"}
    said = (
        f"{path}: its lock {lock} cannot be taken: it {what.get(planted, 'is a symlink')}, "
        "and is none of ours; remove it"
    )
    given: list[object] = []
    monkeypatch.setattr(os, "chown", lambda *args: given.append(args))
    if read_only:
        monkeypatch.setattr(os, "open", _write_protected)
    before, entries = secret.stat(), sorted(tmp_path.iterdir())
    for _ in range(2):
        with pytest.raises(WriteRefusedError) as refused, locked(path):
            pass
        assert str(refused.value) == said
    assert (secret.stat(), sorted(tmp_path.iterdir()), given) == (before, entries, [])
    assert lock.is_symlink() is (planted in ("symlink", "dangling"))
    lock.unlink()
    monkeypatch.undo()
    with locked(path):
        assert mode_of(lock) == 0o666


def test_a_file_that_is_not_empty_is_not_ours_to_share(tmp_path: Path) -> None:
    path, lock = tmp_path / "file", tmp_path / ".file.lock"
    path.write_bytes(b"old")
    path.chmod(0o666)
    lock.write_bytes(b"secret")
    lock.chmod(0o600)
    before = lock.stat()
    with locked(path):
        pass
    assert lock.stat() == before


def test_a_lock_of_before_the_file_was_shared_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its owner; where that cannot be, it is a lock all the same."""
    path, lock = tmp_path / "file", tmp_path / ".file.lock"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with locked(path):
        assert mode_of(lock) == 0o600
    path.chmod(0o666)
    held = lock.open()

    def refused(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patched:
        patched.setattr(os, "geteuid", lambda: -2)
        with locked(path):
            assert mode_of(lock) == 0o600  # another's
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        with locked(path):
            assert mode_of(lock) == 0o600
            _assert_held(lock)
    with locked(path):
        assert mode_of(lock) == 0o666
        _assert_held(lock)
    assert os.fstat(held.fileno()).st_mode & 0o777 == 0o600  # no mode of what was there is changed
    held.close()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fchmod", refused)  # such as on a FAT disk
        with umask(0o077), locked(path):
            assert mode_of(lock) == 0o666
        lock.unlink()
        for _ in range(2):
            with umask(0o077), locked(path):
                assert mode_of(lock) == 0o600


def _assert_held(lock: Path) -> None:
    with lock.open() as second, pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_lock_that_is_removed_while_we_wait_for_it_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "new", tmp_path / ".new.lock"
    flock, calls = fcntl.flock, list[int]()

    def waiting(handle: int, how: int) -> None:
        calls.append(handle)
        if len(calls) < 3:
            lock.unlink()
            if len(calls) == 2:
                lock.touch()  # and by now another holds another
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", waiting)
    with locked(path):
        assert len(calls) == 3
        monkeypatch.undo()
        _assert_held(lock)


def test_a_lock_that_somebody_else_makes_first_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "new", tmp_path / ".new.lock"
    opened = os.open

    def second(name: Any, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            lock.write_bytes(b"")
            lock.chmod(0o604)
        return opened(name, flags, *mode)

    monkeypatch.setattr(os, "open", second)
    with locked(path):
        _assert_held(lock)
        assert mode_of(lock) == 0o604


def test_a_lock_can_be_read_before_it_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the file's group: another writer may come between the one step and the other."""
    path, lock = tmp_path / "file", tmp_path / ".file.lock"
    path.write_bytes(b"old")
    path.chmod(0o660)
    given, seen = permissions.given, list[int]()

    def seeing(*args: Any) -> os.stat_result:
        seen.append(mode_of(lock))
        return given(*args)

    monkeypatch.setattr(permissions, "given", seeing)
    with umask(0o002), locked(path):
        assert (seen, mode_of(lock)) == ([0o664], 0o660)


def test_a_lock_whose_file_goes_in_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    given = permissions.given

    def going(*args: Any) -> os.stat_result:
        path.unlink()
        return given(*args)

    monkeypatch.setattr(permissions, "given", going)
    with umask(0o077), locked(path):
        assert mode_of(tmp_path / ".file.lock") == 0o644


# --- Folders that were made for nothing --------------------------------------------------


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """A file to be, whose lock is in a folder of its own, with another's."""
    folder = tmp_path / "2027"
    folder.mkdir()
    for name in ("01", "02"):
        with locked(folder / name):
            pass
    return folder / "01"


def test_a_folder_with_locks_that_nobody_holds_is_removed(month: Path) -> None:
    tidy(month.parent)
    assert not month.parent.exists()
    tidy(month.parent)


@pytest.mark.parametrize("name", ["03", "03.new", "Cargo.lock", "..03.lock.new"])
def test_a_folder_with_anything_else_stays(month: Path, name: str) -> None:
    (month.parent / name).touch()
    tidy(month.parent)
    assert {path.name for path in month.parent.iterdir()} == {".01.lock", ".02.lock", name}


@pytest.mark.parametrize("name", ["01", "02"])
def test_a_folder_with_a_lock_that_is_held_stays(month: Path, name: str) -> None:
    with locked(month.with_name(name)):
        tidy(month.parent)
        _assert_held(month.with_name(f".{name}.lock"))
    assert len(list(month.parent.iterdir())) == 2


def test_a_folder_with_a_symlink_for_a_lock_stays(month: Path) -> None:
    (month.parent / ".03.lock").symlink_to(".02.lock")
    tidy(month.parent)
    assert len(list(month.parent.iterdir())) == 3


def test_a_folder_in_which_a_lock_is_made_meanwhile_stays(
    month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, rmdir = month.with_name(".03.lock"), Path.rmdir

    def late(folder: Path) -> None:
        new.touch()
        rmdir(folder)

    monkeypatch.setattr(Path, "rmdir", late)
    tidy(month.parent)
    assert list(month.parent.iterdir()) == [new]


def test_a_folder_that_another_tidies_and_uses_meanwhile_stays(
    month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock that we hold is no longer the one that is there."""
    flock = fcntl.flock

    def late(handle: int, how: int) -> None:
        for lock in month.parent.iterdir():
            lock.unlink()
            lock.touch()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    tidy(month.parent)
    assert len(list(month.parent.iterdir())) == 2


def test_tidying_leaves_no_handle_open(month: Path) -> None:
    before = os.open(month.parent, os.O_RDONLY)
    os.close(before)
    (month.parent / ".03.lock").symlink_to(".02.lock")
    tidy(month.parent)
    (month.parent / ".03.lock").unlink()
    (month.parent / ".03.lock").hardlink_to(month.parent / ".02.lock")
    tidy(month.parent)
    (month.parent / ".03.lock").unlink()
    tidy(month.parent)
    after = os.open(month.parent.parent, os.O_RDONLY)
    os.close(after)
    assert after == before
    assert not month.parent.exists()
