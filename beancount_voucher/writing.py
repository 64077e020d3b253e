"""Text to files: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class WriteRefusedError(Exception):
    """A file that cannot be written, with the reason; nothing was changed."""


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet, so that it is never seen half written.

    Raises:
        WriteRefusedError: it exists, or its folder cannot be written to.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike a rename, fails if somebody was first
        sync_folder(path.parent)
    except FileExistsError as error:
        raise WriteRefusedError(f"{path} exists already") from error
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    finally:
        temporary.unlink()


def remove(path: Path) -> None:
    """Take back a file that was just written."""
    path.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the folder's list of names survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
