"""Waking up: when the file system tells that something has come, and at least each minute.

By ``watchfiles`` where it is installed (extra ``exchange``); else, and for what lies on a file
system of the network, which tells nobody here what others do there, by looking again and again.
"""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from threading import Event

LONGEST = 60.0
"""Seconds between two turns at most: a day begins, a deadline passes, and no file tells it."""

_LOOKS = 1.0
"""Seconds between two looks."""

_MOUNTS = Path("/proc/self/mounts")
_OF_NETWORKS = frozenset(
    {
        *("9p", "afs", "ceph", "cifs", "davfs", "glusterfs"),
        *("nfs", "nfs4", "smb3", "smbfs", "virtiofs"),
    }
)
"""File systems on which others write from other machines."""

Seen = dict[str, object]
"""What lies where: the names in a folder, and of a file what tells that it is another."""


def seen(paths: Iterable[Path]) -> Seen:
    """Files, and what lies in folders, as they are now."""
    return {os.fspath(path): _seen(path) for path in paths}


def _seen(path: Path) -> object:
    try:
        if path.is_dir():
            return frozenset(os.listdir(path))  # noqa: PTH208  names are enough
        there = path.stat()
    except OSError:
        return None
    return there.st_ino, there.st_size, there.st_mtime_ns


def wait(paths: Iterable[Path], stop: Event, longest: float = LONGEST) -> None:
    """Wait until something is another in folders, or a file, or it is time, or to stop.

    Args:
        paths: the folders and files; what is in folders of those is not looked at.
        stop: what ends it.
        longest: seconds.
    """
    watched = [path for path in paths if path.exists()]
    by_looking = find_spec("watchfiles") is None or any(map(is_far, watched))
    (_by_looking if by_looking else _by_watching)(watched, stop, longest)


def _by_looking(paths: Collection[Path], stop: Event, longest: float) -> None:
    before, until = seen(paths), time.monotonic() + longest
    while not stop.is_set() and seen(paths) == before:
        left = until - time.monotonic()
        if left <= 0:
            return
        stop.wait(min(_LOOKS, left))


def _by_watching(paths: Collection[Path], stop: Event, longest: float) -> None:
    import watchfiles  # noqa: PLC0415  where it is installed

    watching = watchfiles.watch(
        *paths,
        watch_filter=None,
        stop_event=stop,
        rust_timeout=int(longest * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
        recursive=False,
    )
    try:
        next(watching, None)
    except (OSError, RuntimeError):  # no more watches are to be had, or a folder went
        _by_looking(paths, stop, longest)


def is_far(path: Path) -> bool:
    """Whether a path lies on a file system of the network."""
    where, kind = "", ""
    target = os.path.realpath(path)
    for mounted, what in _mounts():
        inside = target == mounted or target.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(where):
            where, kind = mounted, what
    return kind in _OF_NETWORKS or kind.startswith("fuse")


def _mounts() -> list[tuple[str, str]]:
    """Where file systems are mounted, and of which kind they are; nothing where nobody tells."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    words = (line.split(" ") for line in lines)
    return [(each[1].replace("\\040", " "), each[2]) for each in words if len(each) > 2]  # noqa: PLR2004
