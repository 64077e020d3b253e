"""Processes that are killed before any of their file operations, or find the disk full at one.

An operation is whatever changes a file or a folder, and the start of another program. What is
written at once may be cut in two, at a block, as a disk does.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHANGING = ("write", "fsync", "ftruncate", "link", "replace", "unlink", "mkdir", "rmdir", "fchmod")
FILLING = ("write", "fsync", "open", "link", "mkdir")
"""What a full disk refuses."""

_BLOCK = 512
_KILLED = 9


def _changes(name: str, arguments: tuple[Any, ...]) -> bool:
    """Whether it changes a file: one is not opened for reading, and is no pipe."""
    if name == "open":
        return bool(arguments[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR))
    return name != "write" or stat.S_ISREG(os.fstat(arguments[0]).st_mode)


@contextmanager
def _each(before: Callable[[str, tuple[Any, ...]], None]) -> Iterator[None]:
    """Call something before each operation of this process."""

    def wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:
            if _changes(name, arguments):
                before(name, arguments)
            return function(*arguments, **options)

        return instead

    with ExitStack() as patched:
        for name in (*_CHANGING, "open"):
            patched.enter_context(patch.object(os, name, wrapped(name, getattr(os, name))))
        patched.enter_context(patch.object(subprocess, "run", wrapped("run", subprocess.run)))
        yield


def operations(deed: Callable[[], object]) -> list[str]:
    """What a deed does to files, in order."""
    done: list[str] = []
    with _each(lambda name, _arguments: done.append(name)):
        deed()
    return done


def killed(deed: Callable[[], object], at: int, *, halfway: bool = False) -> bool:
    """Do something in a process of its own that ends before an operation, or halfway in it.

    Tells whether it came to that: what others hold, and for how long, adds one here and there.

    Args:
        deed: what it does.
        at: which operation, from 0 on.
        halfway: whether half of what is written arrives.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a thread may be about to end
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == _KILLED
    left, write = iter(range(at)), os.write

    def end(name: str, arguments: tuple[Any, ...]) -> None:
        if next(left, None) is None:
            if halfway and name == "write":
                handle, text = arguments
                start = os.fstat(handle).st_size
                half = (start + len(text) // 2) // _BLOCK * _BLOCK - start
                write(handle, text[: max(half, 0)])
            os._exit(_KILLED)

    try:
        with _each(end):
            deed()
    finally:
        os._exit(1)


@contextmanager
def full(at: int) -> Iterator[None]:
    """Let the disk be full from one operation on, until it is through."""
    left, told = iter(range(at)), list[str]()

    def refuse(name: str, _arguments: tuple[Any, ...]) -> None:
        if next(left, None) is not None or (name == "fsync" and told):  # it tells an error once
            return
        if name in FILLING:
            told.append(name)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with _each(refuse):
        yield
