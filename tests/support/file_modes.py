"""Modes of files, and of the process that makes them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Of the process, and of the file that it makes then.
MODES = [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)]


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """The process makes its files with this mode mask meanwhile."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
