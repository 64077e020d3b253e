"""Notes of what is about to be appended: by them, half of it is told from what others wrote.

A note lies beside the file from before the write until after it. Where one is found while the
file's lock is held, its writer is dead.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beancount_voucher.ledger import permissions
from beancount_voucher.ledger.atomic_files import WriteRefusedError, real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 512
"""Bytes: whatever cuts a write in two, does so at a multiple of it."""


@dataclass(frozen=True)
class UndoNote:
    """What was going to be appended.

    Attributes:
        place: the note.
        file: the number of the disk, and that of the file on it.
        start: the byte at which it was going to begin.
        text: it.
    """

    place: Path
    file: tuple[int, int]
    start: int
    text: bytes

    def half(self, file: tuple[int, int], content: bytes) -> int:
        """How many bytes of the text stand where it was going to: 0 also if all do, or none.

        Args:
            file: the numbers of the file that is there now.
            content: all that it holds.
        """
        found = content[self.start :]
        pairs = zip(found, self.text, strict=False)
        same = (number for number, (one, other) in enumerate(pairs) if one != other)
        count = next(same, min(len(found), len(self.text)))
        is_cut = count < len(self.text) and not (self.start + count) % _BLOCK
        return count if file == self.file and is_cut else 0


@contextmanager
def noted(path: Path, handle: int, start: int, text: bytes) -> Iterator[None]:
    """Keep a note while a text is appended to a file.

    Args:
        path: the file.
        handle: of the file.
        start: its size.
        text: what is appended.

    Raises:
        WriteRefusedError: the note cannot be written.
    """
    place = place_of(path)
    found = os.fstat(handle)
    content = b"%d %d %d %d\n" % (found.st_dev, found.st_ino, start, len(text)) + text
    try:
        _write(place, content, found)
    except OSError as error:
        place.unlink(missing_ok=True)
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    try:
        yield
    finally:
        with suppress(OSError):  # it tells the next writer nothing that he does not see
            place.unlink()


def left(path: Path) -> UndoNote | None:
    """The note that a killed writer of a file has left. None if there is none, or half of one.

    Raises:
        WriteRefusedError: it cannot be read, or is none of ours.
    """
    place = place_of(path)
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(path, place, error.strerror or "") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _refused(path, place, "it is no regular file")
    with os.fdopen(handle, "rb") as file:
        header, _, text = file.read().partition(b"\n")
    with suppress(ValueError):
        device, number, start, length = map(int, header.split())
        if length == len(text):
            return UndoNote(place, (device, number), start, text)
    place.unlink()  # it was not finished, so nothing was appended
    return None


def place_of(path: Path) -> Path:
    """Where the note of a file lies."""
    target = real(path)
    return target.with_name(f".{target.name}.undo")


def _refused(path: Path, place: Path, reason: str) -> WriteRefusedError:
    return WriteRefusedError(
        f"{path}: what a killed writer noted in {place} cannot be read: {reason}; "
        "see whether the end of the file is whole, and remove the note"
    )


def _write(place: Path, content: bytes, found: os.stat_result) -> None:
    """Write a note, for whoever may read and write the file that it is about."""
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with suppress(OSError):
            if permissions.given(handle, found).st_gid == found.st_gid:
                os.fchmod(handle, found.st_mode & 0o666 | 0o600)
        file.write(content)
        file.flush()
        os.fsync(handle)
