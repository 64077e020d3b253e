"""Text to the end of a file that others write, too: theirs is not lost, and ours is whole.

How a write is made
    The text goes in by one write at the end of the file as it is at that moment (``O_APPEND``),
    and to the disk; the file is never replaced. So what others append is kept, whatever the
    timing, even by a program that opened the file long before; and a second name of the file
    (hard link), its owner, mode and access control list stay as they are.
    Writers of ours come one at a time (``locks``).

What others do meanwhile
    *Somebody saves in place*: truncates, and writes a moment later. ``wait_until_saved`` waits
    while another program has a file of the ledger open for writing, and refuses if that does
    not end; from the last look at the content until after the write, whoever wants to open the
    file waits for us (``leases``). A file that was emptied a moment ago is never appended to.
    *Somebody puts another file in its place* (git, most editors): our text is then in a file
    without a name, which is seen after the write.
    *Either of it later*: once the ledger has been loaded with our text, the text must still be
    there (``Appended.stands``). Otherwise all is decided anew, on what is there then.

What can go wrong
    *The disk is full*: what part of the text fitted is cut off again.
    *We are killed*: one write is not interrupted within a page of memory, but it may be
    between two. So a note beside the file says first what is going to be appended and where,
    and whoever writes next cuts off the half that it finds (``mend``).
    *It is to be taken back*: it is cut off, if nothing was appended behind it; otherwise it
    stays, and is named.

Windows that remain
    1. A program that read the file before our write, and saves or replaces it after we have
       reported ours, without looking again, takes ours away, as anybody's. So does git.
    2. Where no leases are granted (not on Linux, a network's file system, another's file): one
       that stops in the middle of saving a file, part of which is written, for more than a tenth
       of a second. Its text stays whole; but if it goes on within the time that we take to load
       the ledger, the end of our text may be left behind its own, which is told; if it goes on
       later still, what we have reported is gone.
    3. Where no leases are granted, between the last look and taking something back: some
       microseconds, in which what somebody appends is cut off with ours.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.ledger import atomic_files, leases
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NotUndoneError,
    WriteRefusedError,
    real,
)
from beancount_voucher.ledger.undo_notes import left, noted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

_PATIENCE = 5.0
"""Seconds for which a program may keep a file open for writing before we give up."""

LOOKS = 20
"""How often we look at a file that is saved again and again."""

_SHORT = 1.0
"""Seconds that somebody who has emptied a file gets to fill it."""

_QUIET = 0.1
"""Seconds for which a file was not written, where nobody tells whether it is being written."""

_TELLING = 8
"""Bytes in common that are no accident."""

_FRESH = 60.0
"""Seconds for which an empty file may be one that somebody is about to fill."""


class Stamp(NamedTuple):
    """What tells that a file was changed, without reading it.

    Attributes:
        number: that of the file on its disk, another if it was replaced.
        size: in bytes.
        written: when, in nanoseconds.
    """

    number: int
    size: int
    written: int


def stamps(paths: Iterable[Path]) -> dict[Path, Stamp | None]:
    """The stamps of files; None for one that is not there."""
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Appended:
    """What was written, and where it stands.

    Attributes:
        path: the file.
        start: the byte at which it begins.
        text: it.
        is_new: whether the file is new, and this all of it.
    """

    path: Path
    start: int
    text: bytes
    is_new: bool = False

    def stands(self) -> bool:
        """Whether the file still holds it, wherever others have moved it to."""
        for _ in range(LOOKS):
            found = stamps([self.path])
            with suppress(WriteRefusedError):  # git takes a file away before it writes the other
                if self.text in atomic_files.read(self.path):
                    return True
            wait_until_saved([self.path])
            if stamps([self.path]) == found:
                break
        return False

    def take_back(self) -> bool:
        """Remove it, and tell whether nothing of it is left.

        Not if others have written behind it since, or moved it: theirs is not touched.
        """
        try:
            wait_until_saved([self.path])
            with _opened(self.path) as handle, leases.alone(handle):
                if _read(handle, self.start) == self.text:
                    self._remove(handle)
                    return True
            return not self.stands() and not self.left_its_end()
        except (OSError, WriteRefusedError):
            return self._is_gone()

    def _is_gone(self) -> bool:
        try:
            return not self.stands()
        except WriteRefusedError:
            return False

    def left_its_end(self) -> bool:
        """Whether its end stands at its place, behind what somebody has saved over the rest."""
        end = self.start + len(self.text)
        telling = self.text[-_TELLING:]
        return atomic_files.read(self.path)[:end][end - len(telling) :] == telling

    def _remove(self, handle: int) -> None:
        if self.is_new and not self.start:
            atomic_files.remove(self.path)
        else:
            _cut(handle, self.start)


def wait_until_saved(paths: Collection[Path]) -> None:
    """Wait while files are being saved in place.

    Raises:
        WriteRefusedError: one still is, after some seconds.
    """
    begun = time.monotonic()
    for path in paths:
        while (reason := _is_being_saved(path)) is not None:
            if time.monotonic() > begun + (_PATIENCE if reason else _SHORT):
                if reason:
                    raise WriteRefusedError(f"{path} {reason}")
                break
            time.sleep(0.002)


def _is_being_saved(path: Path) -> str | None:
    """Why somebody seems to be saving a file; empty if all that we know is that it is fresh."""
    written = leases.is_being_written(path)
    if written:
        return "is open for writing in another program; let it save, and close it"
    if written is not None:
        return None
    if _was_just_emptied(path):
        return _EMPTIED
    return "" if _was_written(path, _QUIET) else None


_EMPTIED = (
    "was emptied a moment ago: somebody may be about to save it; "
    "if it is meant to be empty, put a comment into it"
)


def _was_just_emptied(path: Path) -> bool:
    with suppress(OSError):
        return not path.stat().st_size and _was_written(path, _FRESH)
    return False


def _was_written(path: Path, ago: float) -> bool:
    """Whether a file was written in the last seconds, by its disk's clock."""
    with suppress(OSError):
        return abs(time.time() - path.stat().st_mtime) < ago
    return False


def append(path: Path, before: bytes, text: str) -> Appended:
    """Append text to a file, with the lock held.

    Args:
        path: the file, or a symlink to it.
        before: its content when the text was decided on; what was appended since is kept.
        text: the text, which is to start on a line of its own.

    Raises:
        ChangedMeanwhileError: the content is another by now; nothing of the text is in it.
        NotUndoneError: it cannot be written, and some of the text is in it.
        WriteRefusedError: it cannot be written; it is as it was.
    """
    with _opened(path) as handle, leases.alone(handle):
        found = _read(handle)
        if not found.startswith(before) or not _is_at(handle, path):
            raise ChangedMeanwhileError(f"{path} was changed meanwhile")
        if _was_just_emptied(path):
            raise WriteRefusedError(f"{path} {_EMPTIED}")
        added = atomic_files.appended(found, text)[len(found) :]
        with noted(path, handle, len(found), added):
            appended = Appended(path, _write(path, handle, added), added)
        if appended.start >= len(found) and _is_at(handle, path):
            return appended
    return _overtaken(appended)


def _overtaken(appended: Appended) -> Appended:
    """What has become of a text that was written while somebody emptied or replaced the file.

    What is to come is theirs, so nothing is cut off.
    """
    path, text = appended.path, appended.text
    deadline = time.monotonic() + _SHORT
    while appended.stands() and time.monotonic() < deadline:
        time.sleep(0.01)
    if text in atomic_files.read(path):
        return appended
    if appended.left_its_end():
        raise NotUndoneError(f"{path} was saved while we wrote: see what stands at its end")
    raise ChangedMeanwhileError(f"{path} was changed meanwhile")


def mend(path: Path) -> None:
    """Cut off the half of a text that a killed writer has left, with the lock held.

    Raises:
        WriteRefusedError: others have written behind it; or it cannot be cut off.
    """
    atomic_files.tidy(real(path))
    note = left(path)
    if note is None:
        return
    with _opened(path) as handle, leases.alone(handle):
        found, content = os.fstat(handle), _read(handle)
        half = note.half((found.st_dev, found.st_ino), content)
        line = content.count(b"\n", 0, note.start) + 1
        if half and len(content) > note.start + half:
            raise WriteRefusedError(
                f"{path}: from line {line} on stands half of what a writer has written that was "
                f"killed, and others have written behind it; mend it, and remove {note.place}"
            )
        if half:
            _cut(handle, note.start)
    note.place.unlink()


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A handle of a file, for reading it and appending to it.

    Raises:
        WriteRefusedError: it cannot be opened, or is no file that keeps what is written.
    """
    target = real(path)
    if not os.access(target, os.W_OK) and target.exists():
        raise WriteRefusedError(f"{path} is read-only")
    try:
        handle = os.open(target, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise WriteRefusedError(f"{path} is no regular file")
        yield handle
    finally:
        os.close(handle)


def _write(path: Path, handle: int, text: bytes) -> int:
    """Write text at the end of a file, to the disk, and tell at which byte it begins."""
    count = 0
    try:
        count = os.write(handle, text)
        _check_all(count, len(text))
        os.fsync(handle)
    except OSError as error:
        start = os.lseek(handle, 0, os.SEEK_CUR) - count
        if count and _read(handle, start) != text[:count]:
            raise NotUndoneError(f"{path}: {error.strerror}; see what stands at its end") from error
        if count:
            _cut(handle, start)
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    return os.lseek(handle, 0, os.SEEK_CUR) - count


def _check_all(count: int, length: int) -> None:
    if count < length:
        raise OSError(errno.ENOSPC, "the disk is full, or the file may not grow further")


def _cut(handle: int, size: int) -> None:
    os.ftruncate(handle, size)
    os.fsync(handle)


def _read(handle: int, start: int = 0) -> bytes:
    """What a file holds from a byte on."""
    parts = []
    while part := os.pread(handle, 1 << 24, start):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _is_at(handle: int, path: Path) -> bool:
    """Whether a file still has its name."""
    try:
        return os.path.samestat(os.fstat(handle), real(path).stat())
    except OSError:
        return False
