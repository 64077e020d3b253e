"""Text to files: whole, or not at all, and never over somebody else's change.

Beside the file stands a lock that every writer takes (``locks``); under it the content must be what
was read when the change was decided. The new content goes into a temporary file in the
same folder, to the disk, and takes the old one's place in one step. So a writer that is
killed at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
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
        os.fsync(folder)


def real(path: Path) -> Path:
    """The file itself, behind any symlink."""
    return Path(os.path.realpath(path))


# --- How --------------------------------------------------------------------------------


@contextmanager
def _temporary(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A file beside ``path`` with this content, on the disk; it is gone afterwards."""
    check_locks(path)
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
