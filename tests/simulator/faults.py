"""A process that ends at one of its file operations, or finds the disk full at one."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHANGES = ("open", "write", "replace", "rename", "link", "unlink", "mkdir", "ftruncate", "fsync")
"""The file operations that change something; of ``open`` those that make a file."""


class KilledError(BaseException):
    """The process is gone: no handler of its own does anything any more."""


class Operations:
    """Counts the file operations of a process, and lets one of them be its last.

    Attributes:
        done: how many there were.
        killed_at: the number of the one at which the process ends; None: it lives.
        full_at: likewise for a full disk.
    """

    def __init__(self, killed_at: int | None = None, full_at: int | None = None) -> None:
        """Take what goes wrong."""
        self.killed_at, self.full_at, self.done = killed_at, full_at, 0

    def before(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Let an operation pass, or not."""
        if self.killed_at is not None and self.done >= self.killed_at:
            if self.done == self.killed_at and name == "write":
                _write_half(real, *arguments)
            self.done += 1
            raise KilledError
        self.done += 1
        if self.done - 1 == self.full_at and name not in ("unlink", "ftruncate"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_PAGE = 512


def _write_half(write: Callable[..., Any], handle: int, content: bytes) -> None:
    """Write up to the end of a page: within one, no writer is interrupted."""
    fits = _PAGE - os.fstat(handle).st_size % _PAGE
    if fits < len(content):
        write(handle, content[:fits])


@contextmanager
def counted(operations: Operations) -> Iterator[None]:
    """Count file operations; nothing is carried to the disk itself, which takes its time."""
    originals = {name: getattr(os, name) for name in CHANGES}
    for name, real in originals.items():
        setattr(os, name, _counting(operations, name, real))
    try:
        yield
    finally:
        for name, real in originals.items():
            setattr(os, name, real)


def _counting(operations: Operations, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def operation(*arguments: Any, **named: Any) -> Any:
        if _changes(name, arguments):
            operations.before(name, real, arguments)
        return None if name == "fsync" else real(*arguments, **named)

    return operation


def _changes(name: str, arguments: tuple[Any, ...]) -> bool:
    if name == "open":
        return bool(arguments[1] & os.O_CREAT)
    if name in ("write", "ftruncate"):
        return stat.S_ISREG(os.fstat(arguments[0]).st_mode)
    return True
