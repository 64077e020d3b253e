"""Text to files that are ours: whole, or not at all.

The content goes into a temporary file in the same folder, to the disk, and takes its name, or
the old file's place, in one step. So a writer that is killed at any moment leaves the old file
or the new one, and a temporary file that the next one removes.

A file that others write, too, is not replaced: what they write meanwhile would be gone with
the old one. It is appended to (``file_append``).
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import os
import re
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.ledger import permissions

if TYPE_CHECKING:
    from collections.abc import Iterator


class WriteRefusedError(Exception):
    """A file that cannot be written, with the reason; nothing was changed."""


class ChangedMeanwhileError(WriteRefusedError):
    """The file is not what it was when the change was decided."""


class NewErrorError(WriteRefusedError):
    """The ledger would have a new error."""


class NotUndoneError(WriteRefusedError):
    """A write that could not be taken back everywhere: files that it names are not as before."""


def check_locks(path: Path) -> None:
    """Refuse to write on a system where one writer cannot keep another out, such as Windows.

    Raises:
        WriteRefusedError: files cannot be locked.
    """
    if find_spec("fcntl") is None:
        raise WriteRefusedError(
            f"{path}: this system has no file locks (fcntl), so ledgers can only be read here"
        )


# --- New files --------------------------------------------------------------------------


def write_new(path: Path, content: str | bytes) -> None:
    """Write a file that does not exist yet: a text, or bytes as they are.

    Raises:
        WriteRefusedError: it exists, or its folder cannot be written to.
    """
    with (
        _temporary(path, _encoded(content), 0o666 & ~_umask()) as temporary,
        _folder(path.parent) as folder,
    ):
        _name(temporary, path)
        try:
            _sync(folder)
        except OSError:
            path.unlink()
            raise


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def remove(path: Path) -> None:
    """Take back a file that was just written."""
    with _folder(path.parent) as folder:
        path.unlink()
        _sync(folder)


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
        acl = permissions.acl_of(target)
        if permissions.differ(found, permissions.given(temporary, found), acl):
            group = permissions.group_name(found.st_gid)
            raise WriteRefusedError(
                f"{path}: you cannot keep its owner and its group ({group}), "
                "and with others, who may read or write it would change"
            )
        try:
            permissions.set_acl(temporary, acl)
        except OSError as error:
            raise WriteRefusedError(
                f"{path}: its access control list cannot be kept ({error.strerror}), "
                "and with another, who may read or write it would change"
            ) from error
        permissions.keep_attributes(target, temporary)
        os.replace(temporary, target)  # noqa: PTH105
        _sync(folder)


def real(path: Path) -> Path:
    """The file itself, behind any symlink."""
    return Path(os.path.realpath(path))


# --- How --------------------------------------------------------------------------------


@contextmanager
def _temporary(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A file beside ``path`` with this content, on the disk; it is gone afterwards.

    As long as it is locked, its writer lives (``tidy``).
    """
    check_locks(path)
    tidy(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _lock(handle)
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


def tidy(path: Path) -> None:
    """Remove the temporary files that killed writers of a file have left beside it.

    That is ours, no younger than a minute, and its writer holds no lock on it.
    """
    name = re.compile(re.escape(f".{path.name}.") + r"[a-z0-9_]{8}\.new")
    with suppress(OSError):
        for found in list(path.parent.iterdir()):
            if name.fullmatch(found.name):
                _remove_if_dead(found)


def _remove_if_dead(temporary: Path) -> None:
    with suppress(OSError):
        handle = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(handle)
            ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
            if ours and time.time() - found.st_mtime > _YOUNG and _lock(handle):
                temporary.unlink()
        finally:
            os.close(handle)


def _lock(handle: int) -> bool:
    """Lock a temporary file, and tell whether nobody else has."""
    try:
        import fcntl  # noqa: PLC0415  see check_locks

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


_YOUNG = 60.0
"""Seconds; a temporary file is locked no sooner than it is made."""


def _name(temporary: Path, path: Path) -> None:
    """Give a file its name, unless that is taken.

    Raises:
        FileExistsError: it is.
    """
    try:
        os.link(temporary, path)  # unlike a rename, fails if somebody was first
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links. The name is taken first, and is an empty file until
        # the next step; a writer that is killed between them leaves that.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        os.replace(temporary, path)  # noqa: PTH105


_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""What file systems answer that know no hard links, and no syncing of folders."""


def _sync(folder: int) -> None:
    """Let a folder's names survive a power cut, where the file system can."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


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
