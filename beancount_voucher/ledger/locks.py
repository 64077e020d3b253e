"""Locks: one writer of a file at a time, beside which the lock lies.

A lock is a file of its own, which everybody can take who may write the file. What lies in
its place and is no such file is left alone: whoever may write to the folder, or has sent it,
can have put it there.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from beancount_voucher.ledger import permissions
from beancount_voucher.ledger.atomic_files import WriteRefusedError, check_locks, real

with suppress(ImportError):  # not everywhere: see check_locks
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock beside a file. Waits until every other writer of it has finished.

    The lock file stays, as a rule. Who removes it holds it; and who has waited for it looks
    whether it is still there, or two writers would hold two locks.

    Raises:
        WriteRefusedError: the lock cannot be taken.
    """
    check_locks(path)
    target = real(path)
    lock = target.with_name(f".{target.name}.lock")
    renewed = False
    while True:
        with _open(lock, path) as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
            except OSError as error:
                raise _not_taken(lock, path, error) from error
            if _is_at(handle, lock):
                if renewed or not _keeps_out(handle, target):
                    yield
                    return
                # Made anew, and not given another mode: that is for what we have made alone.
                # Once, since some file systems give every file the same mode.
                renewed = True
                with suppress(OSError):
                    lock.unlink()


def tidy(folder: Path) -> None:
    """Remove a folder that was made for nothing: at most locks that nobody holds are in it.

    Otherwise it stays, and is in nobody's way.
    """
    with suppress(OSError), ExitStack() as held:
        locks = list(folder.iterdir())
        if all(path.match(".*.lock") for path in locks):
            for lock in locks:
                handle = _existing(lock)
                held.callback(os.close, handle)
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not _is_at(handle, lock):
                    return  # somebody else tidies here, too
            for lock in locks:
                lock.unlink()
            folder.rmdir()  # not if another lock was made since


@contextmanager
def _open(lock: Path, path: Path) -> Iterator[int]:
    """A handle of the lock of a file. It is made if it is not there yet."""
    try:
        handle = _handle(lock, real(path))
    except OSError as error:
        raise _not_taken(lock, path, error) from error
    try:
        yield handle
    finally:
        os.close(handle)


def _handle(lock: Path, target: Path) -> int:
    while True:  # as often as others make it and remove it in between
        with suppress(FileNotFoundError):
            return _existing(lock)
        with suppress(FileExistsError):
            return _made(lock, target)


def _existing(lock: Path) -> int:
    """A handle of a lock that is there: of a file of its own, and not of any that it leads to.

    Its owner and its mode are left alone. Whoever may write to the folder, or has sent it, can
    have put there what he likes.

    Raises:
        OSError: it cannot be opened, or is no lock.
    """
    try:
        handle = _for_writing_or_reading(lock)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symlink, and is none of ours; remove it") from error
        raise
    found = os.fstat(handle)
    # Of a lock that was removed meanwhile there are no links any more: see _is_at.
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1:
        return handle
    os.close(handle)
    what = "has another name, too" if stat.S_ISREG(found.st_mode) else "is no regular file"
    raise OSError(errno.EINVAL, f"it {what}, and is none of ours; remove it")


def _for_writing_or_reading(lock: Path) -> int:
    """A handle of a lock that is there, for reading if it can only be read.

    Some network file systems want a handle for writing; others lock with any.
    """
    flags = os.O_NOFOLLOW | os.O_NONBLOCK  # or one waits for the other end of a pipe
    try:
        return os.open(lock, os.O_RDWR | flags)
    except PermissionError:
        with suppress(OSError):
            return os.open(lock, os.O_RDONLY | flags)
        raise


def _made(lock: Path, target: Path) -> int:
    """A handle of a new lock, for whoever may write the file.

    Until it has the file's group, that is among all others, who can read it from the first
    moment on: it may be wanted by then.

    Raises:
        FileExistsError: somebody was first.
    """
    mode = _needed(target, None)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode or 0o666)
    if mode:
        with suppress(OSError):
            group = permissions.given(handle, target.stat()).st_gid
            os.fchmod(handle, _needed(target, group) or mode)
    return handle


def _not_taken(lock: Path, path: Path, error: OSError) -> WriteRefusedError:
    return WriteRefusedError(f"{path}: its lock {lock} cannot be taken: {error.strerror}")


def _is_at(handle: int, lock: Path) -> bool:
    """Whether a lock is still where it was opened; who waits cannot see that it is removed."""
    try:
        return os.path.samestat(os.fstat(handle), lock.lstat())
    except OSError:
        return False


def _keeps_out(handle: int, target: Path) -> bool:
    """Whether a lock of ours is not for everybody who may write the file by now.

    The file was not shared yet, or an older version made the lock. It is empty, or none.
    """
    found = os.fstat(handle)
    ours = found.st_uid == os.geteuid() and not found.st_size
    return ours and bool(_needed(target, found.st_gid) & ~found.st_mode)


def _needed(target: Path, group: int | None) -> int:
    """The mode with which whoever may write a file can take its lock, if that has this group.

    None (0) for a file that is still to be written: it has no owner to look at.
    """
    try:
        found, acl = target.stat(), permissions.acl_of(target)
    except OSError:
        return 0
    # Whom an access control list names is among all others for the lock, which has none.
    return _lock_mode(found.st_mode, in_group=group == found.st_gid and not acl)


def _lock_mode(mode: int, *, in_group: bool) -> int:
    """The mode of a lock, by that of its file.

    Args:
        mode: the file's. If it is write-protected, that says nothing of who writes the ledger:
            its owner will, and its group if that reads it.
        in_group: whether the lock has the file's group. Otherwise that is among all others,
            and must be able to read the lock.
    """
    if not mode & 0o200:
        mode |= (mode & 0o040) >> 1
    if not in_group:
        mode |= (mode & 0o040) >> 3
    return (mode & 0o666) | 0o600
