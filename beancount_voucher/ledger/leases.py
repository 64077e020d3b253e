"""Leases: whether another program has a file open, and how to keep it waiting for a moment.

Linux grants them on a machine's own disks to a file's owner (``fcntl(2)``, under "Leases"). A
lease for reading is granted while nobody has the file open for writing; one for writing while
nobody else has it open at all, and then whoever opens it waits until the lease is given back.
A process that dies gives back what it holds.

Elsewhere, and to others, nothing is granted: then nobody seems to have the file open, and
nobody is kept waiting. So leases make windows small; nothing else may depend on them.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 0.5
"""Seconds to wait for readers: Beancount stumbles over a file that grows while it reads it."""

_MOUNTS = Path("/proc/self/mountinfo")
_OWN_DISKS = frozenset(
    ("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "tmpfs", "xfs", "zfs")
)
"""File systems on which a lease is refused for no other reason than that a file is open.

A network's file systems refuse it, too, where the server has not lent the file to us.
"""


def is_being_written(path: Path) -> bool | None:
    """Whether a program has a file open for writing; None if that is not told."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except BlockingIOError:  # somebody holds a lease on it
        return True
    except OSError:
        return None
    try:
        refused = _ask(handle, "F_RDLCK")
        if not refused:
            _ask(handle, "F_UNLCK")
            return False
    finally:
        os.close(handle)
    return True if refused == errno.EAGAIN and _file_system(path) in _OWN_DISKS else None


@contextmanager
def alone(handle: int) -> Iterator[bool]:
    """Keep everybody else from opening a file, for a moment.

    Who has it open to read it, gets some time to finish.

    Args:
        handle: of the file, open for writing.

    Yields:
        Whether that is granted.
    """
    deadline = time.monotonic() + _PATIENCE
    while (refused := _ask(handle, "F_WRLCK")) == errno.EAGAIN and time.monotonic() < deadline:
        time.sleep(0.002)
    granted = not refused
    try:
        yield granted
    finally:
        if granted:
            _ask(handle, "F_UNLCK")


def _ask(handle: int, kind: str) -> int:
    """Ask for a lease, or give it back. The number of the error, 0 if there is none."""
    try:
        import fcntl  # noqa: PLC0415  not everywhere

        # That somebody waits is told by a signal: by one that does nothing, or it would end us.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, getattr(fcntl, kind))
    except (ImportError, AttributeError):  # not on Linux
        return errno.ENOSYS
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _file_system(path: Path) -> str:
    """The kind of file system that a file is on, as Linux calls it; empty if it is not told."""
    try:
        mounts = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    kinds = {}
    for mount in mounts:  # the last one over a folder is the one that is seen
        before, _, after = mount.partition(" - ")
        kinds[Path(_unescaped(before.split(" ")[4]))] = after.split(" ")[0]
    real = Path(os.path.realpath(path))
    return next((kinds[folder] for folder in real.parents if folder in kinds), "")


def _unescaped(name: str) -> str:
    r"""A folder's name, in which Linux writes a blank as ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), name)
