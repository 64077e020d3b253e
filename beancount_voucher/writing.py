"""Text to files: whole, or not at all, and never over somebody else's change.

Beside the file stands a lock that every writer takes; under it the content must be what
was read when the change was decided. The new content goes into a temporary file in the
same folder, to the disk, and takes the old one's place in one step. So a writer that is
killed at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import difflib
import errno
import fcntl
import grp
import hashlib
import os
import re
import stat
import struct
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class WriteRefusedError(Exception):
    """A file that cannot be written, with the reason; nothing was changed."""


class ChangedMeanwhileError(WriteRefusedError):
    """The file is not what it was when the change was decided."""


# --- New files --------------------------------------------------------------------------


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet.

    Raises:
        WriteRefusedError: it exists, or its folder cannot be written to.
    """
    with (
        _temporary(path, text.encode(), 0o666 & ~_umask()) as temporary,
        _folder(path.parent) as folder,
    ):
        os.link(temporary, path)  # unlike a rename, fails if somebody was first
        os.fsync(folder)


def remove(path: Path) -> None:
    """Take back a file that was just written."""
    with _folder(path.parent) as folder:
        path.unlink()
        os.fsync(folder)


# --- Changes to files -------------------------------------------------------------------


def digest(content: bytes) -> str:
    """What tells one content from another."""
    return hashlib.sha256(content).hexdigest()


def appended(content: bytes, text: str) -> bytes:
    """A file's content with text after it, in the file's own newline style.

    The text starts on a line of its own, after an empty one.

    Raises:
        WriteRefusedError: the content is not UTF-8, so nobody knows what would follow.
    """
    try:
        before = content.decode()
    except UnicodeDecodeError as error:
        raise WriteRefusedError(f"it is not UTF-8 (byte {error.start})") from error
    newline = "\r\n" if "\r\n" in before else "\n"
    gap = ""
    if before and not before.endswith("\n"):
        gap = "\n"
    if before.strip() and not before.replace("\r\n", "\n").endswith("\n\n"):
        gap += "\n"
    return content + (gap + text).replace("\n", newline).encode()


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def difference(name: str, before: bytes | None, after: bytes) -> str:
    """The unified diff of a change, as git would show it; before is None for a new file."""
    old, new = (
        _LINE.findall(content.decode(errors="replace")) for content in (before or b"", after)
    )
    source = "/dev/null" if before is None else f"a/{name}"
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(old, new, source, f"b/{name}")
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock beside a file. Waits until every other writer of it has finished.

    The lock file stays, as a rule. Who removes it holds it; and who has waited for it looks
    whether it is still there, or two writers would hold two locks.

    Raises:
        WriteRefusedError: the lock cannot be taken.
    """
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


def read(path: Path) -> bytes:
    """The content of a file.

    Raises:
        WriteRefusedError: it cannot be read.
    """
    try:
        return real(path).read_bytes()
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error


def replace(path: Path, expected: str, content: bytes) -> None:
    """Give a file new content, with the lock held.

    Its mode, its access control list and a symlink to it are kept, its owner and group as far as
    we may keep them: but nobody gains or loses a right by it.

    Args:
        path: the file, or a symlink to it.
        expected: the digest of the content that the change was decided on.
        content: the new content.

    Raises:
        ChangedMeanwhileError: the content is another by now.
        WriteRefusedError: it cannot be written.
    """
    target = real(path)
    if digest(read(target)) != expected:
        raise ChangedMeanwhileError(f"{path} was changed meanwhile")
    if not os.access(target, os.W_OK):
        raise WriteRefusedError(f"{path} is read-only")
    found = target.stat()
    with (
        _temporary(target, content, found.st_mode & 0o7777) as temporary,
        _folder(target.parent) as folder,
    ):
        acl = _acl(target)
        if _rights_differ(found, _given(temporary, found), acl):
            raise WriteRefusedError(
                f"{path}: you cannot keep its owner and its group ({_group(found.st_gid)}), "
                "and with others, who may read or write it would change"
            )
        try:
            _set_acl(temporary, acl)
        except OSError as error:
            raise WriteRefusedError(
                f"{path}: its access control list cannot be kept ({error.strerror}), "
                "and with another, who may read or write it would change"
            ) from error
        _keep_attributes(target, temporary)
        os.replace(temporary, target)  # noqa: PTH105
        os.fsync(folder)


def real(path: Path) -> Path:
    """The file itself, behind any symlink."""
    return Path(os.path.realpath(path))


# --- Locks ------------------------------------------------------------------------------


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
            group = _given(handle, target.stat()).st_gid
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
        found, acl = target.stat(), _acl(target)
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


# --- Owners and groups ------------------------------------------------------------------


def _given(place: int | Path, found: os.stat_result) -> os.stat_result:
    """Give a file the owner and the group of another, as far as we may, and tell whose it is.

    Only root gives files away; but whoever is in a group may give them to that.
    """
    for owner in (found.st_uid, -1):
        with suppress(OSError):
            os.chown(place, owner, found.st_gid)
            break
    return os.stat(place)  # noqa: PTH116  a handle, too


def _rights_differ(old: os.stat_result, new: os.stat_result, acl: bytes) -> bool:
    """Whether anybody may do more or less with a new file of the same mode and list.

    Who is not the owner any more is one of the group then, and who is in another group is one
    of all others.
    """
    owner, group, others = (old.st_mode >> shift & 0o6 for shift in (6, 3, 0))
    group &= _of_group(acl)
    return (new.st_uid != old.st_uid and owner != group) or (
        new.st_gid != old.st_gid and group != others
    )


def _group(number: int) -> str:
    """A group by its name, if it has one."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


# --- Access control lists, and other extended attributes --------------------------------


_ACL = "system.posix_acl_access"
_NONE = (errno.ENODATA, errno.ENOTSUP)


def _acl(path: Path) -> bytes:
    """A file's POSIX access control list, as Linux hands it out; empty if its mode says all."""
    if not hasattr(os, "getxattr"):  # anywhere but on Linux
        return b""
    try:
        return os.getxattr(path, _ACL)
    except OSError as error:
        if error.errno in _NONE:
            return b""
        raise


def _set_acl(path: Path, acl: bytes) -> None:
    """Give a file this access control list and no other, such as its folder's default."""
    if acl:
        os.setxattr(path, _ACL, acl)
    elif _acl(path):
        os.removexattr(path, _ACL)


def _of_group(acl: bytes) -> int:
    """What a list allows the file's group. The mode's bits for it are only the most for anybody.

    After four bytes of a version each entry is a kind (4 is the group), a right, and a number.
    """
    entries = struct.iter_unpack("<HHI", acl[4:])
    return next((int(allowed) for kind, allowed, _ in entries if kind == 4), 0o7)  # noqa: PLR2004


def _keep_attributes(path: Path, copy: Path) -> None:
    """Copy what people have noted on a file, where that is possible; no right depends on it."""
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(path):
                if name.startswith("user."):
                    os.setxattr(copy, name, os.getxattr(path, name))


# --- How --------------------------------------------------------------------------------


@contextmanager
def _temporary(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A file beside ``path`` with this content, on the disk; it is gone afterwards."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        yield temporary
    except FileExistsError as error:
        raise WriteRefusedError(f"{path} exists already") from error
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _folder(folder: Path) -> Iterator[int]:
    """A folder's handle, so that its list of names can be made to survive a power cut.

    Opened before anything is changed: a folder that cannot be read is told in time.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
